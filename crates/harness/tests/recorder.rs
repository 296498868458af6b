//! The recorder, driven by real threads and real futures.

use std::future::Future;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use harness::recorder::Recorder;
use harness::recording::{Lane, Outcome, Recording};
use harness::{Failure, done};
use tokio::runtime::Builder;
use tokio::task::yield_now;
use tracing::{Instrument, Span, info_span};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt;

/// Records what `act` does, as the run of an event loop or of plain threads.
fn record(event_loop: bool, act: impl FnOnce()) -> Recording {
    let recorder = Recorder::new(event_loop);
    tracing::subscriber::with_default(Registry::default().with(recorder.clone()), act);
    recorder.recording()
}

/// The same for what a future does on a current-thread runtime.
fn record_future(future: impl Future) -> Recording {
    record(true, || {
        Builder::new_current_thread().enable_time().build().expect("a runtime").block_on(future);
    })
}

fn requester(name: &str) -> Span {
    info_span!("requester", name)
}

fn outcomes(recording: &Recording) -> Vec<Outcome> {
    recording.lanes.iter().map(|lane| lane.outcome).collect()
}

/// Holds the thread long enough to count as blocking.
fn block() {
    thread::sleep(Duration::from_millis(15));
}

async fn yields(times: usize) {
    for _ in 0..times {
        yield_now().await;
    }
    done();
}

#[test]
fn a_thread_that_works_in_its_span_is_one_call() {
    let recording = record(false, || requester("R1").in_scope(done));
    let [lane] = recording.lanes.as_slice() else { panic!("one lane, not {:?}", recording.lanes) };
    assert_eq!(
        (lane.name.as_str(), lane.outcome, lane.polls, lane.future),
        ("R1", Outcome::Done, 1, false)
    );
    assert!(lane.created <= lane.started.unwrap() && lane.started < lane.ended);
    assert_eq!(
        recording.threads[lane.stretches[0].thread - 1].name,
        thread::current().name().unwrap()
    );
}

#[test]
fn threads_at_the_same_time_are_in_flight_together_each_on_its_own() {
    let meet = Barrier::new(3);
    let recording = record(false, || {
        let dispatch = tracing::dispatcher::get_default(Clone::clone);
        thread::scope(|scope| {
            for name in ["R1", "R2", "R3"] {
                let (span, dispatch, meet) = (requester(name), dispatch.clone(), &meet);
                let work = move || span.in_scope(|| (meet.wait(), done()).1);
                let spawned = move || tracing::dispatcher::with_default(&dispatch, work);
                thread::Builder::new()
                    .name(format!("of {name}"))
                    .spawn_scoped(scope, spawned)
                    .unwrap();
            }
        });
    });
    let figures = recording.figures();
    assert_eq!((figures.most_in_flight, figures.threads, figures.done), (3, 3, 3));
    for lane in &recording.lanes {
        let thread = &recording.threads[lane.stretches[0].thread - 1];
        assert_eq!(thread.name, format!("of {}", lane.name));
    }
}

#[test]
fn each_poll_of_a_future_is_a_stretch_and_its_drop_is_none() {
    let recording = record_future(async { yields(4).instrument(requester("R1")).await });
    let lane = &recording.lanes[0];
    assert_eq!((lane.polls, lane.stretches.len(), lane.future), (5, 5, true));
    assert_eq!(lane.outcome, Outcome::Done);
    assert_eq!(lane.held, lane.stretches.iter().map(|stretch| stretch.held).sum());
}

#[test]
fn futures_that_wait_together_share_a_thread() {
    let recording = record_future(async {
        let all = ["R1", "R2", "R3"].map(|name| yields(2).instrument(requester(name)));
        futures::future::join_all(all).await
    });
    let figures = recording.figures();
    assert_eq!((figures.most_in_flight, figures.threads, figures.done), (3, 1, 3));
}

#[test]
fn a_future_made_early_and_polled_late_shows_both_moments() {
    let recording = record_future(async {
        let (first, second) =
            (yields(0).instrument(requester("R1")), yields(0).instrument(requester("R2")));
        async { block() }.instrument(first.span().clone()).await;
        first.await;
        second.await;
    });
    let [first, second] = recording.lanes.as_slice() else { panic!("two lanes") };
    assert!(second.created < first.stretches[0].to, "R2 was ready while R1 held the thread");
    assert!(second.started.unwrap() >= first.stretches[0].to, "and was polled only afterwards");
}

#[test]
fn blocking_inside_a_future_blocks_the_event_loop_and_names_who_waited() {
    let recording = record_future(async {
        let blocking = async { (block(), done()).1 };
        futures::join!(blocking.instrument(requester("R1")), yields(1).instrument(requester("R2")))
    });
    let [blocked] = recording.blocked.as_slice() else {
        panic!("one block, not {:?}", recording.blocked)
    };
    assert_eq!(blocked.lane, 0);
    assert!(blocked.held() >= Duration::from_millis(15));
    let waiting: Vec<&str> =
        recording.kept_waiting(blocked).map(|lane: &Lane| lane.name.as_str()).collect();
    assert_eq!(waiting, ["R2"]);
}

#[test]
fn blocking_work_on_another_thread_leaves_the_event_loop_free() {
    let recording = record_future(async {
        let dispatch = tracing::dispatcher::get_default(Clone::clone);
        let span = requester("R1");
        let blocking = move || {
            tracing::dispatcher::with_default(&dispatch, || span.in_scope(|| (block(), done()).1))
        };
        tokio::task::spawn_blocking(blocking).await.unwrap();
    });
    assert_eq!(recording.blocked, []);
    assert_eq!(recording.longest_on_loop, Duration::ZERO);
    assert_eq!(recording.figures().held, recording.lanes[0].held);
    assert_eq!(recording.lanes[0].stretches[0].thread, 2);
}

#[test]
fn a_run_without_an_event_loop_blocks_none() {
    let recording = record(false, || requester("R1").in_scope(|| (block(), done()).1));
    assert_eq!(recording.blocked, []);
}

#[test]
fn a_future_dropped_half_way_is_dropped_and_one_never_polled_never_ran() {
    let recording = record_future(async {
        let never = yields(0).instrument(requester("R1"));
        let half = std::future::pending::<()>().instrument(requester("R2"));
        tokio::time::timeout(Duration::from_millis(1), half).await.unwrap_err();
        drop(never);
    });
    assert_eq!(outcomes(&recording), [Outcome::Dropped, Outcome::Dropped]);
    assert_eq!((recording.lanes[0].polls, recording.lanes[0].started), (0, None));
    assert!(recording.lanes[1].polls >= 1 && recording.lanes[1].started.is_some());
    assert_eq!(recording.figures().most_in_flight, 1);
}

#[test]
fn a_failure_belongs_to_the_requester_it_arises_in() {
    let recording = record(false, || {
        let failure = requester("R1").in_scope(|| Failure::new("no\nway", "turn back"));
        assert_eq!(failure.to_string(), "R1: no way");
        assert_eq!(Failure::new("lost", "").requester(), None);
    });
    assert_eq!(outcomes(&recording), [Outcome::Failed]);
}

#[test]
fn the_last_word_counts_when_a_requester_tries_again() {
    let recording = record(false, || {
        requester("R1").in_scope(|| {
            Failure::new("busy", "try again");
            done();
        });
    });
    assert_eq!(outcomes(&recording), [Outcome::Done]);
}

#[test]
fn a_panic_keeps_the_call_that_panicked() {
    let recording = record(false, || {
        let panicking = || {
            let span = requester("R1");
            span.in_scope(|| panic!("on purpose"))
        };
        std::panic::catch_unwind(panicking).unwrap_err();
    });
    assert_eq!((recording.lanes[0].polls, recording.lanes[0].outcome), (1, Outcome::Dropped));
}

#[test]
fn entering_a_span_twice_is_one_stretch() {
    let recording = record(false, || {
        let span = requester("R1");
        span.in_scope(|| span.in_scope(done));
    });
    assert_eq!(recording.lanes[0].polls, 1);
}

#[test]
fn a_span_entered_on_two_threads_at_once_holds_both() {
    let recording = record(false, || {
        let dispatch = tracing::dispatcher::get_default(Clone::clone);
        let span = requester("R1");
        let _here = span.enter();
        let there = || tracing::dispatcher::with_default(&dispatch, || span.in_scope(block));
        thread::scope(|scope| scope.spawn(there).join().unwrap());
        done();
    });
    let lane = &recording.lanes[0];
    let threads: Vec<usize> = lane.stretches.iter().map(|stretch| stretch.thread).collect();
    assert_eq!((threads, lane.polls), (vec![2, 1], 2));
}

/// As the async driver of SQLite does: its thread is inside the caller's span
/// for as long as the query, and leaves it a moment after the future is gone.
fn helped_by_a_thread(recorder: &Recorder, ends: impl Future, lingers: Duration) {
    let dispatch = tracing::dispatcher::get_default(Clone::clone);
    let (span, lets_go) = (requester("R1"), Arc::new(Barrier::new(2)));
    let (inside, waits) = (span.clone(), lets_go.clone());
    let helper = thread::spawn(move || {
        tracing::dispatcher::with_default(&dispatch, || {
            inside.in_scope(|| {
                waits.wait();
                thread::sleep(lingers);
            });
        });
    });
    while recorder.recording().lanes[0].polls == 0 {
        thread::yield_now();
    }
    Builder::new_current_thread().enable_time().build().expect("a runtime").block_on(async {
        ends.instrument(span).await;
    });
    lets_go.wait();
    // The recording does not wait for it.
    if lingers.is_zero() {
        helper.join().expect("it does not panic");
    }
}

#[test]
fn a_future_is_known_by_its_own_thread_whatever_another_does_in_its_span() {
    let recorder = Recorder::new(true);
    let subscriber = Registry::default().with(recorder.clone());
    tracing::subscriber::with_default(subscriber, || {
        helped_by_a_thread(&recorder, yields(2), Duration::ZERO);
    });
    let recording = recorder.recording();
    let lane = &recording.lanes[0];
    assert_eq!((lane.outcome, lane.future, lane.polls), (Outcome::Done, true, 4));
}

#[test]
fn a_future_that_was_cancelled_is_known_by_its_own_thread_too() {
    let recorder = Recorder::new(true);
    let subscriber = Registry::default().with(recorder.clone());
    tracing::subscriber::with_default(subscriber, || {
        let cancelled = async {
            yield_now().await;
            yield_now().await;
        };
        helped_by_a_thread(&recorder, cancelled, Duration::ZERO);
    });
    let recording = recorder.recording();
    let lane = &recording.lanes[0];
    assert_eq!((lane.outcome, lane.future, lane.polls), (Outcome::Dropped, true, 4));
    let longest = lane.stretches.iter().find(|stretch| stretch.held == lane.longest).unwrap();
    assert_eq!((longest.thread, longest.to), (2, lane.ended.unwrap().min(longest.to)));
    assert_eq!(lane.stretches.iter().filter(|stretch| stretch.thread == 1).count(), 3);
}

#[test]
fn a_lane_whose_driver_leaves_it_a_moment_later_has_ended_with_the_run() {
    let recorder = Recorder::new(true);
    let subscriber = Registry::default().with(recorder.clone());
    let recording = tracing::subscriber::with_default(subscriber, || {
        helped_by_a_thread(&recorder, async {}, Duration::from_millis(20));
        recorder.settled(Duration::from_secs(10))
    });
    let lane = &recording.lanes[0];
    assert_eq!((lane.outcome, lane.ended), (Outcome::Dropped, Some(recording.elapsed)));
    assert!(recording.elapsed < recorder.recording().elapsed);
    assert!(lane.stretches.iter().all(|stretch| stretch.to <= recording.elapsed), "{lane:?}");
    assert_eq!(lane.held, lane.stretches.iter().map(|stretch| stretch.held).sum());
    assert!(lane.longest <= lane.held);
}

#[test]
fn a_lane_that_goes_on_is_waited_for_no_longer_than_allowed() {
    let recorder = Recorder::new(false);
    let subscriber = Registry::default().with(recorder.clone());
    let recording = tracing::subscriber::with_default(subscriber, || {
        let _open = requester("R1").entered();
        recorder.settled(Duration::from_millis(5))
    });
    assert_eq!(outcomes(&recording), [Outcome::Unfinished]);
    assert!(recorder.recording().elapsed - recording.elapsed >= Duration::from_millis(5));
}

#[test]
fn spans_of_other_names_are_no_lanes_but_their_events_belong_to_the_lane_around_them() {
    let recording = record(false, || {
        info_span!("connection").in_scope(|| ());
        requester("R1").in_scope(|| info_span!("connection").in_scope(done));
    });
    assert_eq!(recording.lanes.len(), 1);
    assert_eq!(recording.lanes[0].outcome, Outcome::Done);
}

#[test]
fn a_recording_taken_half_way_holds_what_is_still_going() {
    let recorder = Recorder::new(true);
    let subscriber = Registry::default().with(recorder.clone());
    let recording = tracing::subscriber::with_default(subscriber, || {
        requester("R1").in_scope(|| {
            block();
            recorder.recording()
        })
    });
    let lane = &recording.lanes[0];
    assert_eq!((lane.outcome, lane.ended, lane.polls), (Outcome::Unfinished, None, 1));
    assert!(lane.held >= Duration::from_millis(15));
    assert_eq!(recording.blocked.len(), 1, "it holds the event loop at this moment");
}

#[test]
fn a_future_that_is_still_going_is_known_by_its_second_poll() {
    let recorder = Recorder::new(true);
    let subscriber = Registry::default().with(recorder.clone());
    let recording = tracing::subscriber::with_default(subscriber, || {
        let going = async {
            yield_now().await;
            recorder.recording()
        };
        let runtime = Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(going.instrument(requester("R1")))
    });
    assert_eq!((recording.lanes[0].polls, recording.lanes[0].future), (2, true));
}

#[test]
fn a_million_polls_are_counted_in_bounded_memory() {
    const POLLS: usize = 1_000_000;
    let recording = record_future(async { yields(POLLS - 1).instrument(requester("R1")).await });
    let lane = &recording.lanes[0];
    assert_eq!(lane.polls, POLLS as u64);
    assert!(lane.stretches.len() <= 2050, "{} stretches were kept", lane.stretches.len());
    assert_eq!(lane.stretches.iter().map(|stretch| stretch.polls).sum::<u64>(), POLLS as u64);
    assert_eq!(lane.stretches.iter().map(|stretch| stretch.held).sum::<Duration>(), lane.held);
    assert!(lane.stretches.is_sorted_by(|a, b| a.to <= b.from), "merged stretches stay in order");
    assert!(lane.held <= recording.elapsed);
}

#[test]
fn a_recording_survives_the_way_through_json() {
    let recording = record_future(async { yields(3).instrument(requester("R1")).await });
    let json = serde_json::to_value(&recording).unwrap();
    let again: Recording = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(serde_json::to_value(again).unwrap(), json);
    assert_eq!(json["lanes"][0]["outcome"], "done");
    assert!(json["lanes"][0]["stretches"][0]["from_s"].is_f64());
}
