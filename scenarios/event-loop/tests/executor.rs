//! The executor, with futures that do what is hard on one.

use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::mpsc;
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use event_loop::{Executor, Reactor, Sleep, Stopped, Timers};

/// As long as no test may take, and longer than any that is well.
const TOO_LONG: Duration = Duration::from_secs(20);

/// Lets a test make an executor of `T`, and watches that it comes to an end.
#[expect(clippy::print_stderr, reason = "a test that aborts has no other way to say why")]
fn with_executor<T>(test: impl FnOnce(&Timers, &Reactor) -> T) -> T {
    let (ended, watched) = mpsc::channel::<()>();
    thread::spawn(move || {
        if watched.recv_timeout(TOO_LONG) == Err(mpsc::RecvTimeoutError::Timeout) {
            eprintln!("the executor still sleeps after {TOO_LONG:?}");
            std::process::abort();
        }
    });
    let (timers, reactor) = (Timers::new(), Reactor::new().expect("something to wait with"));
    let result = test(&timers, &reactor);
    drop(ended);
    result
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Waits until `flag` is set, and leaves its waker in `place` each time it is polled.
async fn until(flag: &Cell<bool>, place: &RefCell<Option<Waker>>) {
    poll_fn(|context| {
        *place.borrow_mut() = Some(context.waker().clone());
        if flag.get() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

#[test]
fn outputs_come_in_the_order_in_which_tasks_end() {
    let outputs = with_executor(|timers, reactor| {
        let mut executor = Executor::new(timers, reactor);
        for (name, time) in [("T1", 200), ("T2", 100), ("T3", 300)] {
            executor.spawn(name, async move {
                timers.sleep(ms(time)).await;
                name
            });
        }
        executor.run().unwrap()
    });
    assert_eq!(outputs, ["T2", "T1", "T3"]);
}

#[test]
fn a_task_that_is_not_ready_is_not_polled() {
    let polls = Cell::new(0);
    with_executor(|timers, reactor| {
        let mut executor = Executor::new(timers, reactor);
        executor.spawn("counted", async {
            let mut sleep = pin!(timers.sleep(ms(50)));
            poll_fn(|context| {
                polls.set(polls.get() + 1);
                sleep.as_mut().poll(context)
            })
            .await;
        });
        executor.spawn("busy", async {
            for _ in 0..10 {
                timers.sleep(ms(2)).await;
            }
        });
        executor.run().unwrap();
    });
    assert_eq!(polls.get(), 2, "once to begin, and once when its timer was due");
}

#[test]
fn nothing_runs_before_the_executor_does() {
    let ran = Cell::new(false);
    with_executor(|timers, reactor| {
        let mut executor = Executor::new(timers, reactor);
        executor.spawn("T1", async { ran.set(true) });
        assert!(!ran.get());
        executor.run().unwrap();
    });
    assert!(ran.get());
}

#[test]
fn a_waker_may_be_called_after_its_task_is_done() {
    let (flag, waker) = (Cell::new(true), RefCell::new(None));
    let outputs = with_executor(|timers, reactor| {
        let mut executor = Executor::new(timers, reactor);
        executor.spawn("done at once", async {
            until(&flag, &waker).await;
            1
        });
        executor.spawn("caller", async {
            timers.sleep(ms(5)).await;
            waker.borrow().as_ref().unwrap().wake_by_ref();
            timers.sleep(ms(5)).await;
            2
        });
        executor.run().unwrap()
    });
    assert_eq!(outputs, [1, 2]);
    // Nor does it harm when the executor and its reactor are gone.
    let waker = waker.take().unwrap();
    thread::spawn(move || waker.wake()).join().unwrap();
}

#[test]
fn two_calls_of_a_waker_are_one_poll() {
    let (flag, waker, polls) = (Cell::new(false), RefCell::new(None), Cell::new(0));
    with_executor(|timers, reactor| {
        let mut executor = Executor::new(timers, reactor);
        executor.spawn("woken", async {
            let mut until = pin!(until(&flag, &waker));
            poll_fn(|context| {
                polls.set(polls.get() + 1);
                until.as_mut().poll(context)
            })
            .await;
        });
        executor.spawn("caller", async {
            let called = || waker.borrow().as_ref().unwrap().wake_by_ref();
            called();
            called();
            timers.sleep(ms(5)).await;
            flag.set(true);
            called();
            called();
        });
        executor.run().unwrap();
    });
    assert_eq!(polls.get(), 3);
}

#[test]
fn another_thread_wakes_the_sleeping_executor() {
    let outputs = with_executor(|timers, reactor| {
        let mut executor = Executor::new(timers, reactor);
        executor.spawn("T1", async {
            let (send, receive) = mpsc::channel();
            let mut begun = false;
            poll_fn(|context| {
                if !begun {
                    begun = true;
                    let (send, waker) = (send.clone(), context.waker().clone());
                    thread::spawn(move || {
                        // Long enough for the executor to fall asleep.
                        thread::sleep(ms(50));
                        send.send(42).unwrap();
                        waker.wake();
                    });
                }
                receive.try_recv().map_or(Poll::Pending, Poll::Ready)
            })
            .await
        });
        executor.run().unwrap()
    });
    assert_eq!(outputs, [42]);
}

#[test]
fn no_call_from_other_threads_is_lost() {
    const CALLS: usize = 2000;
    let received = with_executor(|timers, reactor| {
        let mut executor = Executor::new(timers, reactor);
        for name in ["T1", "T2", "T3"] {
            executor.spawn(name, async {
                let (send, receive) = mpsc::sync_channel(1);
                let (lend, borrow) = mpsc::channel::<Waker>();
                thread::spawn(move || {
                    // Each waker is called once, after the message was sent.
                    for (number, waker) in borrow.into_iter().take(CALLS).enumerate() {
                        send.send(number).unwrap();
                        waker.wake();
                    }
                });
                for wanted in 0..CALLS {
                    let mut lent = false;
                    let number = poll_fn(|context| {
                        if !lent {
                            lent = true;
                            lend.send(context.waker().clone()).unwrap();
                        }
                        let received = receive.try_recv();
                        // Let the call come before the end of this poll, now and then.
                        for _ in 0..wanted % 100 * 20 {
                            std::hint::spin_loop();
                        }
                        received.map_or(Poll::Pending, Poll::Ready)
                    });
                    assert_eq!(number.await, wanted);
                }
                CALLS
            });
        }
        executor.run().unwrap()
    });
    assert_eq!(received, [CALLS; 3]);
}

#[test]
fn a_task_that_wakes_itself_leaves_others_their_turn() {
    let slept = Cell::new(false);
    with_executor(|timers, reactor| {
        let mut executor = Executor::new(timers, reactor);
        executor.spawn("eager", async {
            poll_fn(|context| {
                context.waker().wake_by_ref();
                if slept.get() { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        });
        executor.spawn("sleeper", async {
            timers.sleep(ms(20)).await;
            slept.set(true);
        });
        executor.run().unwrap();
    });
}

#[test]
fn a_task_that_wakes_itself_is_not_kept_waiting_for_others() {
    let polls = Cell::new(0);
    with_executor(|timers, reactor| {
        let mut executor = Executor::new(timers, reactor);
        executor.spawn("eager", async {
            poll_fn(|context| {
                context.waker().wake_by_ref();
                polls.set(polls.get() + 1);
                if polls.get() == 100 { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        });
        executor.spawn("sleeper", async {
            timers.sleep(ms(500)).await;
            assert_eq!(polls.get(), 100);
        });
        executor.run().unwrap();
    });
}

/// Polls both; whichever is done first ends it, and the other is dropped.
async fn first_of(one: Sleep<'_>, other: Sleep<'_>) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|context| match one.as_mut().poll(context) {
        Poll::Ready(()) => Poll::Ready(()),
        Poll::Pending => other.as_mut().poll(context),
    })
    .await;
}

#[test]
fn a_future_that_is_dropped_while_it_waits_wakes_nobody() {
    with_executor(|timers, reactor| {
        let begun = Instant::now();
        let mut executor = Executor::new(timers, reactor);
        executor.spawn("T1", async {
            first_of(timers.sleep(ms(5)), timers.sleep(TOO_LONG * 2)).await;
            // With the long one gone, nobody can wake this task.
            pending::<()>().await;
        });
        assert!(matches!(executor.run(), Err(Stopped::NobodyWakes(_))));
        assert!(begun.elapsed() < TOO_LONG);
    });
}

#[test]
fn tasks_that_wait_are_dropped_with_their_executor() {
    struct Dropped<'a>(&'a Cell<u32>);
    impl Drop for Dropped<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }
    let drops = Cell::new(0);
    with_executor(|timers, reactor| {
        let mut executor = Executor::new(timers, reactor);
        for name in ["T1", "T2"] {
            executor.spawn(name, async {
                let _dropped = Dropped(&drops);
                pending::<()>().await;
            });
        }
        let Err(Stopped::NobodyWakes(names)) = executor.run() else { panic!("they wait") };
        assert_eq!(names, ["T1", "T2"]);
        assert_eq!(drops.get(), 2);
        // The timers and the reactor serve the next executor as they did this one.
        let mut executor = Executor::new(timers, reactor);
        executor.spawn("T3", timers.sleep(ms(1)));
        executor.run().unwrap();
    });
}

#[test]
fn a_thousand_tasks_end() {
    let outputs = with_executor(|timers, reactor| {
        let mut executor = Executor::new(timers, reactor);
        for number in 0..1000_u64 {
            executor.spawn(&format!("T{number}"), async move {
                timers.sleep(ms(number * 7 % 40)).await;
                timers.sleep(ms(number * 3 % 20)).await;
                number
            });
        }
        executor.run().unwrap()
    });
    let mut sorted = outputs.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, Vec::from_iter(0..1000));
    assert_ne!(outputs, sorted, "they ended in the order of their sleeps");
}

#[test]
fn timers_are_due_in_order() {
    let outputs = with_executor(|timers, reactor| {
        let mut executor = Executor::new(timers, reactor);
        // Sleeps are made here, so that they begin before any is polled.
        let sleeps = [300, 100, 200, 100, 300, 100].map(|time| (time, timers.sleep(ms(time))));
        for (number, (time, sleep)) in sleeps.into_iter().enumerate() {
            executor.spawn(&format!("T{number}"), async move {
                sleep.await;
                (time, number)
            });
        }
        executor.run().unwrap()
    });
    assert_eq!(outputs, [(100, 1), (100, 3), (100, 5), (200, 2), (300, 0), (300, 4)]);
}

#[test]
fn a_sleep_of_no_time_is_over_at_once() {
    with_executor(|timers, reactor| {
        let mut executor = Executor::new(timers, reactor);
        let mut sleep: Pin<Box<Sleep<'_>>> = Box::pin(timers.sleep(Duration::ZERO));
        executor.spawn(
            "T1",
            poll_fn(move |context| {
                assert_eq!(sleep.as_mut().poll(context), Poll::Ready(()));
                Poll::Ready(())
            }),
        );
        executor.run().unwrap();
    });
}

#[test]
fn a_sleep_may_be_longer_than_any_clock_runs() {
    with_executor(|timers, _| drop(timers.sleep(Duration::MAX)));
}

#[test]
fn a_panic_in_a_task_goes_through_the_executor_and_drops_the_others() {
    struct Dropped<'a>(&'a Cell<bool>);
    impl Drop for Dropped<'_> {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }
    let (dropped, polled) = (Cell::new(false), Cell::new(0));
    let panic = with_executor(|timers, reactor| {
        let mut executor = Executor::new(timers, reactor);
        executor.spawn("waits", async {
            let _dropped = Dropped(&dropped);
            polled.set(polled.get() + 1);
            timers.sleep(TOO_LONG).await;
        });
        executor.spawn("panics", async { panic!("as this test wants") });
        catch_unwind(AssertUnwindSafe(|| executor.run())).unwrap_err()
    });
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"as this test wants"));
    assert!(dropped.get());
    assert_eq!(polled.get(), 1);
}

#[test]
fn a_task_whose_waker_nobody_holds_is_told() {
    with_executor(|timers, reactor| {
        let mut executor = Executor::new(timers, reactor);
        executor.spawn("T1", pending::<()>());
        executor.spawn("T2", timers.sleep(ms(10)));
        let Err(Stopped::NobodyWakes(names)) = executor.run() else { panic!("T1 waits") };
        assert_eq!(names, ["T1"], "T2 could be woken, and was");
    });
}

#[test]
fn an_executor_without_tasks_ends_at_once() {
    with_executor(|timers, reactor| {
        assert!(Executor::<()>::new(timers, reactor).run().unwrap().is_empty());
    });
}
