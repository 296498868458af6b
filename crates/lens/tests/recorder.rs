//! The recorder, driven by real threads and real futures.

use std::future::Future;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant, UNIX_EPOCH};

use futures::future::{join, join_all, join3};
use lens::joined::{Dated, Forgotten};
use lens::recording::{Figures, Held, Lane, Outcome, Recording};
use lens::{InLane, Lens, done, failed};
use tokio::runtime::Builder;
use tokio::task::yield_now;
use tracing::{Instrument, Span, info_span};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt;

/// Records what `act` does.
fn record(act: impl FnOnce()) -> Recording {
    let lens = Lens::new();
    tracing::subscriber::with_default(Registry::default().with(lens.clone()), act);
    lens.recording()
}

/// The same for what a future does on a current-thread runtime.
fn record_future(future: impl Future) -> Recording {
    record(|| {
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

/// Longer than a machine keeps a core from a thread without telling.
fn long_block() {
    thread::sleep(Duration::from_millis(200));
}

async fn yields(times: usize) {
    for _ in 0..times {
        yield_now().await;
    }
    done();
}

#[test]
fn a_thread_that_works_in_its_span_is_one_call() {
    let recording = record(|| requester("R1").in_scope(done));
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
    let recording = record(|| {
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
    let figures = recording.figures;
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
        join_all(all).await
    });
    let figures = recording.figures;
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
        join(blocking.instrument(requester("R1")), yields(1).instrument(requester("R2"))).await
    });
    let blocked = only_block(&recording);
    assert_eq!(blocked.lane, 0);
    assert!(blocked.time() >= Duration::from_millis(15));
    let waiting: Vec<&str> =
        recording.kept_waiting(blocked).map(|lane: &Lane| lane.name.as_str()).collect();
    assert_eq!(waiting, ["R2"]);
}

fn only_block(recording: &Recording) -> &Held {
    let [blocked] = recording.blocked.as_slice() else {
        panic!("one block, not {:?}", recording.blocked)
    };
    blocked
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
    assert_eq!(recording.longest_on_loop, None);
    assert_eq!(recording.figures.held, recording.lanes[0].held);
    assert_eq!(recording.lanes[0].stretches[0].thread, 2);
    assert_eq!(
        (recording.threads[1].worker, recording.lanes[0].stretches[0].on_loop),
        (None, false)
    );
}

#[test]
fn a_run_without_an_event_loop_blocks_none() {
    let recording = record(|| requester("R1").in_scope(|| (block(), done()).1));
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
    assert_eq!(recording.figures.most_in_flight, 1);
}

#[test]
fn a_failure_belongs_to_the_requester_it_arises_in() {
    let recording = record(|| {
        requester("R1").in_scope(failed);
        failed();
    });
    assert_eq!(outcomes(&recording), [Outcome::Failed]);
}

#[test]
fn the_last_word_counts_when_a_requester_tries_again() {
    let recording = record(|| {
        requester("R1").in_scope(|| {
            failed();
            done();
        });
    });
    assert_eq!(outcomes(&recording), [Outcome::Done]);
}

#[test]
fn a_panic_keeps_the_call_that_panicked() {
    let recording = record(|| {
        let panicking = || {
            let span = requester("R1");
            // Without a word of the panic hook, which takes its time.
            span.in_scope(|| std::panic::resume_unwind(Box::new(())))
        };
        let panicked: Result<(), _> = std::panic::catch_unwind(panicking);
        assert!(panicked.is_err());
    });
    assert_eq!((recording.lanes[0].polls, recording.lanes[0].outcome), (1, Outcome::Ended));
}

#[test]
fn entering_a_span_twice_is_one_stretch() {
    let recording = record(|| {
        let span = requester("R1");
        span.in_scope(|| span.in_scope(done));
    });
    assert_eq!(recording.lanes[0].polls, 1);
}

#[test]
fn a_span_entered_on_two_threads_at_once_holds_both() {
    let recording = record(|| {
        let dispatch = tracing::dispatcher::get_default(Clone::clone);
        let span = requester("R1");
        let _here = span.enter();
        let there = || tracing::dispatcher::with_default(&dispatch, || span.in_scope(block));
        thread::scope(|scope| scope.spawn(there).join().unwrap());
        done();
    });
    let lane = &recording.lanes[0];
    let threads: Vec<usize> = lane.stretches.iter().map(|stretch| stretch.thread).collect();
    assert_eq!((threads, lane.polls), (vec![1, 2], 2));
}

/// As the async driver of SQLite does: its thread is inside the caller's span
/// for as long as the query, and leaves it a moment after the future is gone.
fn helped_by_a_thread(lens: &Lens, ends: impl Future, lingers: Duration) {
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
    while lens.recording().lanes[0].polls == 0 {
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
    let lens = Lens::new();
    let subscriber = Registry::default().with(lens.clone());
    tracing::subscriber::with_default(subscriber, || {
        helped_by_a_thread(&lens, yields(2), Duration::ZERO);
    });
    let recording = lens.recording();
    let lane = &recording.lanes[0];
    assert_eq!((lane.outcome, lane.future, lane.polls), (Outcome::Done, true, 4));
}

#[test]
fn a_future_that_was_cancelled_is_known_by_its_own_thread_too() {
    let lens = Lens::new();
    let subscriber = Registry::default().with(lens.clone());
    tracing::subscriber::with_default(subscriber, || {
        let cancelled = async {
            yield_now().await;
            yield_now().await;
        };
        helped_by_a_thread(&lens, cancelled, Duration::ZERO);
    });
    let recording = lens.recording();
    let lane = &recording.lanes[0];
    assert_eq!((lane.outcome, lane.future, lane.polls), (Outcome::Dropped, true, 4));
    let longest = lane.stretches.iter().find(|stretch| stretch.held == lane.longest).unwrap();
    assert_eq!((longest.thread, longest.to), (2, lane.ended.unwrap().min(longest.to)));
    assert_eq!(lane.stretches.iter().filter(|stretch| stretch.thread == 1).count(), 3);
}

#[test]
fn a_lane_whose_driver_leaves_it_a_moment_later_has_ended_with_the_run() {
    let lens = Lens::new();
    let subscriber = Registry::default().with(lens.clone());
    let recording = tracing::subscriber::with_default(subscriber, || {
        helped_by_a_thread(&lens, async {}, Duration::from_millis(20));
        lens.settled(Duration::from_secs(10))
    });
    let lane = &recording.lanes[0];
    assert_eq!((lane.outcome, lane.ended), (Outcome::Dropped, Some(recording.elapsed)));
    assert!(lane.stretches.iter().all(|stretch| stretch.to <= recording.elapsed), "{lane:?}");
    assert_eq!(lane.held, lane.stretches.iter().map(|stretch| stretch.held).sum());
    assert!(lane.longest <= lane.held);
}

#[test]
fn a_lane_that_goes_on_is_waited_for_no_longer_than_allowed() {
    let lens = Lens::new();
    let subscriber = Registry::default().with(lens.clone());
    let recording = tracing::subscriber::with_default(subscriber, || {
        let _open = requester("R1").entered();
        lens.settled(Duration::from_millis(5))
    });
    assert_eq!(outcomes(&recording), [Outcome::Unfinished]);
    assert_eq!(lens.recording().elapsed, recording.elapsed, "the clock stands still");
}

#[test]
fn spans_of_other_names_are_no_lanes_but_their_events_belong_to_the_lane_around_them() {
    let recording = record(|| {
        info_span!("connection").in_scope(|| ());
        requester("R1").in_scope(|| info_span!("connection").in_scope(done));
    });
    assert_eq!(recording.lanes.len(), 1);
    assert_eq!(recording.lanes[0].outcome, Outcome::Done);
}

#[test]
fn a_recording_taken_half_way_holds_what_is_still_going() {
    let lens = Lens::new();
    let subscriber = Registry::default().with(lens.clone());
    let recording = tracing::subscriber::with_default(subscriber, || {
        let half_way = async {
            block();
            lens.recording()
        };
        let runtime = Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(half_way.instrument(requester("R1")))
    });
    let lane = &recording.lanes[0];
    assert_eq!((lane.outcome, lane.ended, lane.polls), (Outcome::Unfinished, None, 1));
    assert!(lane.future, "what holds an event loop's thread and has not ended is polled");
    assert!(lane.held >= Duration::from_millis(15));
    assert_eq!(only_block(&recording).to, recording.elapsed, "it blocks at this moment");
    assert_eq!(recording.longest_on_loop.as_ref(), recording.blocked.first());
    assert_eq!(recording.figures.blocked, recording.blocked[0].time());
}

#[test]
fn who_blocks_an_event_loop_is_told_to_another_thread_while_it_does() {
    let lens = Lens::new();
    let (blocks, looked) = (Barrier::new(2), Barrier::new(2));
    let told = thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            blocks.wait();
            let told = lens.while_blocked();
            looked.wait();
            told
        });
        let runs = async {
            let waits = async { yields(2).await }.instrument(requester("R1"));
            let holds = async {
                yield_now().await;
                tracing::info!("I begin");
                block();
                blocks.wait();
                // It holds its thread until it was seen to.
                looked.wait();
            };
            join(waits, holds.instrument(requester("report"))).await
        };
        tracing::subscriber::with_default(Registry::default().with(lens.clone()), || {
            Builder::new_current_thread().build().expect("a runtime").block_on(runs)
        });
        watcher.join().expect("it looks")
    });
    let told = told.expect("it was blocked").blocked_now();
    let [sentence, place] = &told[..] else { panic!("by report: {told:?}") };
    assert!(sentence.starts_with("report has held the event loop for "), "{sentence}");
    assert!(sentence.ends_with(": R1 cannot run."), "{sentence}");
    assert!(
        place.starts_with("Where: after the event at crates/lens/tests/recorder.rs:"),
        "{place}"
    );
    assert_eq!(lens.while_blocked(), None, "it is over");
}

#[test]
fn a_future_that_is_still_going_is_known_by_its_second_poll() {
    let lens = Lens::new();
    let subscriber = Registry::default().with(lens.clone());
    let recording = tracing::subscriber::with_default(subscriber, || {
        let going = async {
            yield_now().await;
            lens.recording()
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

#[test]
fn a_requester_ends_when_it_ends_and_not_with_the_last_that_it_spawned() {
    let recording = record_future(async {
        let outer = async {
            tokio::spawn(yields(20).instrument(requester("child")));
            yield_now().await;
            done();
        };
        outer.instrument(requester("parent")).await;
        yields(30).await;
    });
    let [parent, child] = recording.lanes.as_slice() else { panic!("two lanes") };
    assert_eq!((parent.parent, child.parent), (None, Some(0)));
    assert_eq!((parent.outcome, child.outcome), (Outcome::Done, Outcome::Done));
    assert!(parent.ended < child.ended, "{recording:#?}");
    assert_eq!(recording.figures.unfinished, 0);
}

/// Where the last stretch of a lane ended in which it says that it is done.
fn left_done(lane: &Lane) -> Option<Duration> {
    let said = lane.said?;
    let stretches = lane.stretches.iter().filter(|it| it.from <= said && said <= it.to);
    stretches.map(|it| it.to).max()
}

#[test]
fn who_is_done_has_ended_however_long_its_span_is_kept() {
    let recording = record(|| {
        let spans = ["call", "future", "nothing"].map(requester);
        spans[0].in_scope(done);
        let runtime = Builder::new_current_thread().build().expect("a runtime");
        let future = yields(3).instrument(spans[1].clone());
        // It is dropped on the event loop, as most are.
        runtime.block_on(async move {
            future.await;
        });
        spans[2].in_scope(|| {});
        thread::sleep(Duration::from_millis(20));
    });
    let [call, future, nothing] = recording.lanes.as_slice() else { panic!("three lanes") };
    assert_eq!((call.ended, future.ended), (left_done(call), left_done(future)));
    assert!((call.polls, future.polls) == (1, 4) && future.ended.is_some(), "{future:?}");
    let kept = nothing.ended.unwrap() - nothing.created;
    assert!(kept >= Duration::from_millis(20), "{nothing:?}");
}

#[test]
fn who_goes_on_after_it_was_done_ends_later() {
    let recording = record_future(async {
        let goes_on = async {
            done();
            yield_now().await;
            long_block();
        };
        goes_on.instrument(requester("R1")).await;
        let fails_after_all = requester("R2");
        fails_after_all.in_scope(done);
        fails_after_all.in_scope(failed);
        let mut waits = Box::pin(async { (done(), yields(9).await) }.instrument(requester("R3")));
        for _ in 0..3 {
            assert_eq!(futures::FutureExt::now_or_never(waits.as_mut()), None);
        }
        thread::sleep(Duration::from_millis(20));
    });
    let [goes_on, fails_after_all, waits] = recording.lanes.as_slice() else { panic!("lanes") };
    let left = waits.stretches.iter().map(|it| it.to).max().unwrap();
    assert!(waits.ended.unwrap() >= left + Duration::from_millis(20), "{waits:?}");
    let least = goes_on.said.unwrap() + Duration::from_millis(200);
    assert!(goes_on.ended.unwrap() >= least, "{goes_on:?}");
    assert_eq!(fails_after_all.outcome, Outcome::Failed);
    for lane in [goes_on, fails_after_all] {
        assert!(lane.stretches.iter().all(|it| Some(it.to) <= lane.ended), "{lane:?}");
    }
}

#[test]
fn who_is_done_on_one_thread_ends_when_it_has_left_the_others() {
    let recording = record(|| {
        let dispatch = tracing::dispatcher::get_default(Clone::clone);
        let elsewhere = |span: &Span, act: fn()| {
            let inside = || tracing::dispatcher::with_default(&dispatch, || span.in_scope(act));
            thread::scope(|scope| _ = scope.spawn(inside));
        };
        let [there, here] = ["done there", "done here"].map(requester);
        there.in_scope(|| {
            elsewhere(&there, done);
            block();
        });
        here.in_scope(|| {
            done();
            elsewhere(&here, || tracing::info!("it goes on"));
            block();
        });
    });
    for lane in &recording.lanes {
        assert_eq!((lane.stretches.len(), lane.ended), (2, left_done(lane)), "{lane:?}");
        assert!(lane.stretches.iter().all(|it| Some(it.to) <= lane.ended), "{lane:?}");
    }
}

#[test]
fn who_is_done_on_one_thread_is_inside_as_long_as_a_later_one_that_came_before_it_left() {
    let recording = record(|| {
        let span = requester("R1");
        let dispatch = tracing::dispatcher::get_default(Clone::clone);
        let (entered, enters) = std::sync::mpsc::channel();
        thread::scope(|scope| {
            span.in_scope(|| {
                done();
                scope.spawn(|| {
                    tracing::dispatcher::with_default(&dispatch, || {
                        span.in_scope(|| (entered.send(()).unwrap(), block()).1);
                    });
                });
                enters.recv().unwrap();
            });
        });
        // Its span is kept.
        thread::sleep(Duration::from_millis(20));
    });
    let [lane] = recording.lanes.as_slice() else { panic!("one lane") };
    let left = lane.stretches.iter().map(|it| it.to).max();
    assert_eq!((lane.stretches.len(), lane.ended), (2, left), "{lane:?}");
}

#[test]
fn who_says_done_and_goes_on_is_under_way_all_the_while() {
    let recording = record_future(async {
        let goes_on = |name| {
            let goes_on = async {
                yields(0).await;
                yield_now().await;
                tracing::info!("it goes on");
            };
            goes_on.instrument(requester(name))
        };
        futures::future::join(goes_on("R1"), goes_on("R2")).await;
    });
    assert_eq!(recording.figures.most_in_flight, 2, "{recording:#?}");
}

#[test]
fn a_span_of_somebody_else_ends_as_well_when_its_future_does() {
    let lens = Lens::of_spans(["run"]);
    let subscriber = Registry::default().with(lens.clone());
    tracing::subscriber::with_default(subscriber, || {
        Builder::new_current_thread().build().unwrap().block_on(async {
            let outer = async {
                let inside = async {
                    yield_now().await;
                    yield_now().await;
                };
                tokio::spawn(inside.instrument(info_span!("in the background")));
                yield_now().await;
            };
            outer.instrument(info_span!("run", peer = "127.0.0.1:9")).await;
            yields(30).await;
        });
    });
    let recording = lens.recording();
    let [lane] = recording.lanes.as_slice() else { panic!("one lane") };
    assert_eq!((lane.name.as_str(), lane.outcome), ("127.0.0.1:9", Outcome::Ended));
    assert!(lane.ended.unwrap() <= lane.stretches.last().unwrap().to + Duration::from_millis(1));
    assert_eq!((recording.figures.ended, recording.figures.dropped), (1, 0));
    assert!(
        !recording.sentences().iter().any(|it| it.contains("ended")),
        "that goes without saying"
    );
}

#[test]
fn who_has_no_name_is_called_by_its_span_and_a_number() {
    let lens = Lens::of_spans(["run", "request"]);
    tracing::subscriber::with_default(Registry::default().with(lens.clone()), || {
        info_span!("run").in_scope(|| ());
        info_span!("request", method = "GET", path = ?"/slow", later = tracing::field::Empty)
            .in_scope(|| ());
        info_span!("run", name = "R1").in_scope(|| ());
        info_span!("run").in_scope(|| ());
        info_span!("requester").in_scope(|| ());
    });
    let recording = lens.recording();
    let names: Vec<&str> = recording.lanes.iter().map(|lane| lane.name.as_str()).collect();
    assert_eq!(names, ["run 1", "GET \"/slow\"", "R1", "run 4"]);
}

/// The lane of this span.
fn lane_of(span: impl FnOnce() -> Span) -> Lane {
    let lens = Lens::of_spans(["run"]);
    tracing::subscriber::with_default(Registry::default().with(lens.clone()), || drop(span()));
    lens.recording().lanes.remove(0)
}

#[test]
fn who_has_an_empty_name_has_none() {
    assert_eq!(lane_of(|| info_span!("run", name = " ")).name, "run 1");
    assert_eq!(lane_of(|| info_span!("run", name = "", city = "Natal", id = 7)).name, "Natal 7");
}

/// However a span was given them: as text, or by `Display` or `Debug`.
#[test]
fn a_span_says_what_a_requester_is_called_and_what_it_asks() {
    let path = std::path::Path::new("/slow");
    for (span, name, asks) in [
        (lane_of(|| info_span!("run", name = "R1", asks = "/slow")), "R1", Some("/slow")),
        (lane_of(|| info_span!("run", name = %8, asks = %path.display())), "8", Some("/slow")),
        (lane_of(|| info_span!("run", name = 8, asks = ?path)), "8", Some("\"/slow\"")),
        (lane_of(|| info_span!("run", asks = "/slow")), "run 1", Some("/slow")),
        (lane_of(|| info_span!("run", name = "R1", city = "Natal")), "R1", None),
    ] {
        assert_eq!((span.name.as_str(), span.asks.as_deref()), (name, asks));
    }
}

#[test]
fn a_name_and_a_question_are_cut_after_so_many_letters_and_harmless() {
    let of = |letters: usize| "ã".repeat(letters);
    let cut = |letters: usize| of(letters) + "…";
    for (name, wanted) in
        [(of(80), of(80)), (of(81), cut(80)), ("\x1b[2J".to_owned(), r"\u{1b}[2J".to_owned())]
    {
        assert_eq!(lane_of(|| info_span!("run", name)).name, wanted);
        assert_eq!(lane_of(|| info_span!("run", city = name)).name, wanted);
    }
    for (asks, wanted) in [(of(2_000), of(2_000)), (of(2_001), cut(2_000))] {
        assert_eq!(lane_of(|| info_span!("run", asks)).asks, Some(wanted));
    }
    let two = |first: usize, second: &str| {
        lane_of(|| info_span!("run", city = of(first), state = second)).name
    };
    assert_eq!(two(77, "SP"), of(77) + " SP");
    assert_eq!(two(80, "SP"), cut(80));
}

#[test]
fn what_one_requester_calls_inside_of_another_is_held_once() {
    let recording = record_future(async {
        let query = async { requester("query").in_scope(|| (block(), done()).1) };
        let order = async {
            query.await;
            done();
        };
        join(order.instrument(requester("order")), yields(1).instrument(requester("R2"))).await
    });
    let order = recording.lanes.iter().find(|lane| lane.name == "order").unwrap();
    let query = recording.lanes.iter().find(|lane| lane.name == "query").unwrap();
    assert_eq!(query.parent, Some(order.number));
    let blocked = only_block(&recording);
    assert_eq!(blocked.lane, order.number);
    assert_eq!(blocked.inner.as_ref().map(|inner| inner.lane), Some(query.number));
    assert!(blocked.inner.as_ref().unwrap().held <= blocked.time());
    assert!(recording.figures.held < order.held + query.held);
    assert!(recording.figures.held <= recording.elapsed);
    let waiting: Vec<&str> =
        recording.kept_waiting(blocked).map(|lane| lane.name.as_str()).collect();
    assert_eq!(waiting, ["R2"]);
    let told = recording.sentences().join("\n");
    assert!(told.contains("order held the event loop for"), "{told}");
    assert!(told.contains("of it inside query"), "{told}");
    assert!(told.contains(": meanwhile R2 could not run."), "{told}");
}

#[test]
fn who_computes_elsewhere_meanwhile_was_not_kept_waiting() {
    let recording = record_future(async {
        let dispatch = tracing::dispatcher::get_default(Clone::clone);
        let elsewhere = async {
            let span = Span::current();
            let begun = Arc::new(Barrier::new(2));
            let there = begun.clone();
            let computing = tokio::task::spawn_blocking(move || {
                tracing::dispatcher::with_default(&dispatch, || {
                    span.in_scope(|| {
                        there.wait();
                        thread::sleep(Duration::from_millis(40));
                    });
                });
            });
            begun.wait();
            computing.await.unwrap();
            done();
        };
        let blocking = async { (block(), done()).1 };
        join3(
            elsewhere.instrument(requester("R1")),
            blocking.instrument(requester("R2")),
            yields(1).instrument(requester("R3")),
        )
        .await
    });
    let of_r2 = recording.blocked.iter().find(|held| held.lane == 1).unwrap();
    let waiting: Vec<&str> = recording.kept_waiting(of_r2).map(|lane| lane.name.as_str()).collect();
    assert_eq!(waiting, ["R3"]);
}

#[test]
fn the_place_is_told_between_whose_events_nothing_was_heard() {
    let recording = record_future(async {
        let blocking = async {
            tracing::info!("before");
            tracing::info!("still before");
            block();
            tracing::info!("after");
            done();
        };
        blocking.instrument(requester("R1")).await;
    });
    let place = &only_block(&recording).place;
    let line = |place: &Option<String>| {
        let place = place.as_deref().unwrap();
        let (file, line) = place.rsplit_once(':').unwrap();
        assert_eq!(file, file!());
        line.parse::<u32>().unwrap()
    };
    assert_eq!(line(&place.before) - line(&place.after), 2);
    assert!(line(&place.span) < line(&place.after));
    let told = recording.sentences().join("\n");
    assert!(
        told.contains(&format!("after the event at {}", place.after.as_ref().unwrap())),
        "{told}"
    );
}

/// A runtime of so many workers.
fn workers(number: usize, future: impl Future) -> Recording {
    let lens = Lens::new();
    let dispatch = tracing::Dispatch::new(Registry::default().with(lens.clone()));
    let there = dispatch.clone();
    let set = move || {
        // Workers have no subscriber of their own; it lasts as long as they do.
        std::mem::forget(tracing::dispatcher::set_default(&there));
    };
    tracing::dispatcher::with_default(&dispatch, || {
        let mut runtime = Builder::new_multi_thread();
        runtime.worker_threads(number).enable_time().on_thread_start(set);
        runtime.build().expect("a runtime").block_on(future);
    });
    lens.recording()
}

#[test]
fn each_worker_of_a_runtime_runs_an_event_loop() {
    let recording = workers(2, async {
        let blocking = async { (block(), done()).1 };
        tokio::spawn(blocking.instrument(requester("R1"))).await.unwrap();
    });
    let blocked = only_block(&recording);
    let worker = recording.thread(blocked.thread).unwrap().worker.unwrap();
    assert_eq!((worker.of, worker.index < 2), (2, true));
    assert_eq!(recording.event_loop(), None, "there are two");
    assert_eq!(recording.kept_waiting(blocked).count(), 0);
    let wanted = format!("R1 held the thread of worker {} of 2 for", worker.index + 1);
    let told = recording.sentences().join("\n");
    assert!(told.contains(&wanted) && !told.contains("could not run"), "{told}");
}

#[test]
fn who_was_woken_and_found_no_worker_waited() {
    let recording = workers(1, async {
        let (tell, told) = tokio::sync::oneshot::channel::<()>();
        let (begun, begins) = tokio::sync::oneshot::channel::<()>();
        let waits = async {
            begun.send(()).unwrap();
            told.await.unwrap();
            done();
        };
        let waits = tokio::spawn(waits.in_lane(requester("R1")));
        begins.await.unwrap();
        let blocking = async {
            tell.send(()).unwrap();
            block();
            done();
        };
        tokio::spawn(blocking.in_lane(requester("R2"))).await.unwrap();
        waits.await.unwrap();
    });
    let wait = recording.longest_wait.as_ref().unwrap();
    assert_eq!(recording.lane(wait.lane).unwrap().name, "R1");
    assert!(wait.time() >= Duration::from_millis(14), "{wait:?}");
    let told = recording.sentences().join("\n");
    assert!(told.contains("R1 was woken, and waited") && told.contains("to be polled."), "{told}");
}

#[test]
fn who_wakes_itself_while_it_is_polled_waits_from_the_end_of_that_poll() {
    let lens = Lens::new();
    tracing::subscriber::with_default(Registry::default().with(lens.clone()), || {
        Builder::new_current_thread().build().unwrap().block_on(async {
            let mut blocked = false;
            let own = std::future::poll_fn(move |cx| {
                if std::mem::replace(&mut blocked, true) {
                    done();
                    return std::task::Poll::Ready(());
                }
                cx.waker().wake_by_ref();
                block();
                std::task::Poll::Pending
            });
            own.in_lane(requester("R1")).await;
        });
    });
    let recording = lens.recording();
    let wait = recording.longest_wait.as_ref().unwrap();
    assert!(wait.from >= recording.lanes[0].stretches[0].to, "{wait:?}");
}

#[test]
fn who_was_polled_late_and_goes_on_is_told_of() {
    let lens = Lens::new();
    let subscriber = Registry::default().with(lens.clone());
    tracing::subscriber::with_default(subscriber, || {
        let (tell, told) = tokio::sync::oneshot::channel::<()>();
        let waits = async {
            told.await.unwrap();
            std::future::pending::<()>().await;
        };
        let mut waits = Box::pin(waits.in_lane(requester("R1")));
        assert_eq!(futures::FutureExt::now_or_never(waits.as_mut()), None);
        tell.send(()).unwrap();
        block();
        assert_eq!(futures::FutureExt::now_or_never(waits.as_mut()), None);
        let wait = lens.recording().longest_wait.unwrap();
        assert!(wait.time() >= Duration::from_millis(15), "{wait:?}");
    });
}

#[test]
fn a_drivers_thread_inside_is_not_the_poll_that_was_waited_for() {
    let recording = record_future(async {
        let (tell, told) = tokio::sync::oneshot::channel::<()>();
        let span = requester("R1");
        let mut waits = Box::pin(async { (told.await.unwrap(), done()).1 }.in_lane(span.clone()));
        assert_eq!(futures::FutureExt::now_or_never(waits.as_mut()), None);
        tell.send(()).unwrap();
        let dispatch = tracing::dispatcher::get_default(Clone::clone);
        let drive = || tracing::dispatcher::with_default(&dispatch, || span.in_scope(|| ()));
        thread::scope(|scope| scope.spawn(drive).join().unwrap());
        block();
        waits.await;
    });
    let wait = recording.longest_wait.unwrap();
    assert!(wait.time() >= Duration::from_millis(15), "{wait:?}");
}

/// One that owns this, waits, is woken, and is dropped a while later.
fn woken_and_dropped(owned: impl Sized) -> Recording {
    record_future(async {
        let (tell, told) = tokio::sync::oneshot::channel::<()>();
        let waits = async {
            let _owned = owned;
            told.await.expect("somebody tells");
            done();
        };
        let mut waits = Box::pin(waits.in_lane(requester("R1")));
        assert_eq!(futures::FutureExt::now_or_never(waits.as_mut()), None);
        tell.send(()).expect("somebody waits");
        block();
        drop(waits);
    })
}

#[test]
fn who_is_dropped_when_it_has_been_woken_was_not_polled_late() {
    assert_eq!(woken_and_dropped(()).longest_wait, None);
}

#[test]
fn what_is_dropped_may_speak_and_take_its_time() {
    struct Loud;
    impl Drop for Loud {
        fn drop(&mut self) {
            tracing::info!("closed");
            block();
        }
    }
    assert_eq!(woken_and_dropped(Loud).longest_wait, None);
}

#[test]
fn an_event_loop_that_is_not_tokios_can_say_so() {
    let lens = Lens::new();
    let recording =
        tracing::subscriber::with_default(Registry::default().with(lens.clone()), || {
            requester("R1").in_scope(|| (block(), done()).1);
            lens.runs_event_loop();
            requester("R2").in_scope(|| (block(), done()).1);
            lens.recording()
        });
    assert_eq!(recording.event_loop(), Some(1));
    assert_eq!(only_block(&recording).lane, 1);
}

#[test]
fn nothing_counts_after_the_end_of_the_recording() {
    let lens = Lens::new();
    tracing::subscriber::with_default(Registry::default().with(lens.clone()), || {
        let open = requester("R1");
        lens.stop();
        open.in_scope(done);
        requester("R2").in_scope(done);
    });
    let recording = lens.recording();
    assert_eq!(outcomes(&recording), [Outcome::Unfinished]);
    assert_eq!((recording.lanes[0].polls, recording.figures.requesters), (0, 1));
}

/// Both ways of counting are to agree as long as every lane is kept.
#[test]
fn figures_are_what_the_lanes_add_up_to() {
    let crowd = || {
        record_future(async {
            let never = yields(0).instrument(requester("never polled"));
            let mut some: Vec<_> = (1..30)
                .map(|number| yields(number % 7).instrument(requester(&format!("R{number}"))))
                .collect();
            drop(some.pop());
            drop(some.remove(3));
            join_all(some).await;
            drop(never);
            requester("fails").in_scope(failed);
            std::mem::forget(requester("goes on"));
        })
    };
    // Of a core that the system took away the lanes do not tell.
    let recording = undisturbed(crowd, |recording| recording.figures.preempted == 0);
    let Recording { elapsed, threads, lanes, figures, blocked, .. } = recording.clone();
    let again = Recording::of_lanes(elapsed, threads, lanes);
    // Dropping holds the thread for a moment, and is no stretch.
    assert!(again.figures.held <= figures.held);
    assert_eq!(Figures { held: figures.held, ..again.figures }, figures);
    assert_eq!(again.blocked.len(), blocked.len());
    assert_eq!(
        (figures.requesters, figures.failed, figures.dropped, figures.unfinished),
        (32, 1, 3, 1)
    );
}

/// The first of many runs that the machine left alone as far as the test needs it.
fn undisturbed<T>(run: impl Fn() -> T, is_so: impl Fn(&T) -> bool) -> T {
    let mut runs = (0..100).map(|_| run());
    runs.find(is_so).expect("the machine leaves one of a hundred runs alone")
}

#[test]
fn a_thread_on_which_something_was_only_dropped_was_not_held() {
    let recording = record(|| {
        let dispatch = tracing::dispatcher::get_default(Clone::clone);
        let half = std::future::pending::<()>().instrument(requester("R1"));
        let mut half = Box::pin(half);
        let polled = futures::FutureExt::now_or_never(half.as_mut());
        assert_eq!(polled, None);
        let elsewhere = move || tracing::dispatcher::with_default(&dispatch, || drop(half));
        thread::spawn(elsewhere).join().unwrap();
    });
    let lane = &recording.lanes[0];
    assert_eq!((lane.polls, lane.outcome, recording.figures.threads), (1, Outcome::Dropped, 1));
}

#[test]
fn of_a_crowd_every_figure_is_exact_and_some_lanes_are_kept() {
    const CROWD: usize = 40_000;
    let recording = record_future(async {
        for number in 0..CROWD {
            let span = requester(&format!("R{number}"));
            match number {
                30_001 => (async { (long_block(), done()).1 }).instrument(span).await,
                _ => yields(1).instrument(span).await,
            }
        }
        std::mem::forget(requester("goes on"));
    });
    let figures = &recording.figures;
    assert_eq!((figures.requesters, figures.done, figures.unfinished), (CROWD + 1, CROWD, 1));
    assert_eq!((figures.most_in_flight, figures.threads), (1, 1));
    assert!(recording.lanes.len() <= 16_500, "{} lanes", recording.lanes.len());
    assert!(recording.lanes.is_sorted_by_key(|lane| lane.number));
    let gaps = recording.lanes.windows(2).map(|pair| pair[1].number - pair[0].number);
    assert!(gaps.max() <= Some(4), "the choice is fair");
    // Who blocked the event loop is known, whether it was chosen or not.
    let worst = recording.blocked.iter().max_by_key(|held| held.own_time()).unwrap();
    assert_eq!(recording.lane(worst.lane).unwrap().name, "R30001");
    let longest = recording.longest_on_loop.as_ref().unwrap();
    // Or somebody who had no core for as long, but that is no block.
    let is_worst = (longest.lane, longest.from) == (worst.lane, worst.from);
    assert!(is_worst || longest.own_time() < worst.own_time(), "{longest:?}");
    assert!(longest.time() >= worst.time(), "{longest:?}");
    let told = recording.sentences().join("\n");
    assert!(told.contains("R30001 held the event loop for"), "{told}");
    assert!(lens::timeline::draw(&recording, 80).contains("R30001  "), "it has a row");
}

/// Threads enough to keep every core busy, until it is dropped.
#[cfg(target_os = "linux")]
struct Busy(Arc<std::sync::atomic::AtomicBool>);

#[cfg(target_os = "linux")]
impl Busy {
    fn machine() -> Self {
        let on = Arc::new(std::sync::atomic::AtomicBool::new(true));
        for _ in 0..4 * thread::available_parallelism().map_or(1, usize::from) {
            let on = on.clone();
            thread::spawn(move || while on.load(std::sync::atomic::Ordering::Relaxed) {});
        }
        Self(on)
    }
}

#[cfg(target_os = "linux")]
impl Drop for Busy {
    fn drop(&mut self) {
        self.0.store(false, std::sync::atomic::Ordering::Relaxed);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn on_a_busy_machine_nobody_is_told_of_whom_the_system_kept_from_its_core() {
    let recording = {
        let _busy = Busy::machine();
        record_future(async {
            let innocent = async {
                // Some 30 ms of work in pieces of less than 1 ms.
                for _ in 0..200 {
                    (0..200_000_u32).for_each(|number| _ = std::hint::black_box(number));
                    yield_now().await;
                }
                done();
            };
            let blocking = async {
                yield_now().await;
                block();
                done();
            };
            join(innocent.instrument(requester("R1")), blocking.instrument(requester("R2"))).await
        })
    };
    let told: Vec<usize> = recording.blocked.iter().map(|held| held.lane).collect();
    let long = |lane: usize| {
        let lane = &recording.lanes[lane];
        lane.stretches.iter().filter(|it| it.held >= Duration::from_millis(10)).count()
    };
    // In a virtual machine its host may take the core away too, and nobody counts that.
    let accused = told.iter().filter(|lane| **lane == 0).count();
    assert!(
        told.contains(&1) && accused * 20 <= long(0),
        "{accused} of {}: {recording:#?}",
        long(0)
    );
    assert_eq!(recording.figures.preempted + told.len(), long(0) + long(1));
    // Of what is not told, the system kept a part, and not all of it.
    let lanes = recording.lanes.iter().flat_map(|lane| &lane.stretches);
    let long: Duration =
        lanes.map(|it| it.held).filter(|it| *it >= Duration::from_millis(10)).sum();
    let not_told = long - recording.blocked.iter().map(Held::time).sum::<Duration>();
    let kept = recording.figures.preempted_for;
    assert!(kept > Duration::ZERO && kept < not_told, "{kept:?} of {not_told:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn who_is_dropped_while_the_system_keeps_the_core_never_ran() {
    let _busy = Busy::machine();
    let kept = || {
        let ran = Arc::default();
        let dropped = KeptFromItsCore { least: Duration::from_millis(20), ran: Arc::clone(&ran) };
        let recording = record_future(async {
            let never_ran = async move { drop(dropped) }.instrument(requester("R1"));
            yields(1).instrument(requester("R2")).await;
            drop(never_ran);
        });
        let ran = *ran.lock().unwrap();
        (recording, ran)
    };
    // It has to be brief itself, and so has what the host of a virtual machine takes, which
    // nobody counts.
    let (recording, _) = undisturbed(kept, |(_, ran)| *ran < Duration::from_micros(500));
    let figures = &recording.figures;
    assert_eq!((figures.most_in_flight, figures.dropped), (1, 1), "{recording:#?}");
}

#[test]
#[cfg(target_os = "linux")]
fn the_longest_that_held_an_event_loop_is_so_whether_it_had_a_core_or_not() {
    let _busy = Busy::machine();
    let recording = record_future(async {
        let works = async {
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_millis(2) {}
        };
        works.instrument(requester("R1")).await;
        let kept = KeptFromItsCore { least: Duration::from_millis(6), ran: Arc::default() };
        async { drop(kept) }.instrument(requester("R2")).await;
    });
    let longest = recording.longest_on_loop.as_ref().unwrap().time();
    let stretches = recording.lanes.iter().flat_map(|lane| &lane.stretches);
    assert_eq!(stretches.map(|it| it.held).max(), Some(longest), "{recording:#?}");
}

/// It gives its core away until others have had it for a while.
#[cfg(target_os = "linux")]
struct KeptFromItsCore {
    least: Duration,
    /// How much of the time it did not wait.
    ran: Arc<Mutex<Duration>>,
}

#[cfg(target_os = "linux")]
impl Drop for KeptFromItsCore {
    fn drop(&mut self) {
        let waited = || {
            let counts = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
            let waited = counts.split_whitespace().nth(1).and_then(|it| it.parse().ok());
            Duration::from_nanos(waited.expect("a number"))
        };
        let (begun, before) = (Instant::now(), waited());
        while waited() - before < self.least {
            thread::yield_now();
        }
        let ran = begun.elapsed().saturating_sub(waited() - before);
        *self.ran.lock().expect("nobody panics with it") = ran;
    }
}

#[test]
fn a_span_kept_entered_across_an_await_is_known_by_the_event_loop_that_slept() {
    async fn waits(name: &'static str) {
        let span = requester(name);
        let _entered = span.enter();
        tokio::time::sleep(Duration::from_millis(30)).await;
        done();
    }
    let recording = record_future(async {
        let other = async {
            yields(2).await;
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        tokio::join!(waits("R1"), other.instrument(requester("R2")))
    });
    let kept = recording.across_await.as_ref().unwrap();
    assert_eq!(recording.lane(kept.lane).unwrap().name, "R1");
    assert_eq!((recording.blocked.len(), recording.figures.blocks), (0, 0));
    let told = recording.sentences().join("\n");
    assert!(told.contains("slept while the span of R1 was entered"), "{told}");
    assert!(!told.contains("held the event loop") && !told.contains("could not run"), "{told}");
}

#[test]
fn a_span_that_is_still_entered_while_the_event_loop_sleeps_is_told_at_any_time() {
    let lens = Lens::new();
    let there = lens.clone();
    tracing::subscriber::with_default(Registry::default().with(lens.clone()), || {
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let _entered = requester("R1").entered();
            tokio::time::sleep(Duration::from_millis(30)).await;
            let recording = there.recording();
            assert!(recording.across_await.is_some() && recording.blocked.is_empty());
        });
    });
}

#[test]
fn futures_inside_each_other_that_never_ran_were_never_under_way() {
    let recording = record_future(async {
        let inner = yields(0).instrument(requester("inner"));
        let middle = inner.instrument(requester("middle"));
        let outer = middle.instrument(requester("outer"));
        yields(1).instrument(requester("R1")).await;
        drop(outer);
    });
    assert_eq!(recording.figures.most_in_flight, 1);
    assert_eq!(recording.figures.dropped, 3);
}

#[test]
fn who_has_failed_and_tries_again_is_still_under_way() {
    let recording = record(|| {
        let (first, second) = (requester("R1"), requester("R2"));
        first.in_scope(failed);
        second.in_scope(|| (block(), done()).1);
        first.in_scope(|| (block(), done()).1);
    });
    assert_eq!((recording.figures.most_in_flight, recording.figures.failed), (2, 0));
}

#[test]
fn who_is_done_is_under_way_no_longer_whoever_lingers_in_its_span() {
    let recording = record(|| {
        let (first, second) = (requester("R1"), requester("R2"));
        first.in_scope(done);
        second.in_scope(done);
    });
    assert_eq!(recording.figures.most_in_flight, 1);
    let said = recording.lanes[0].said.unwrap();
    assert!(
        recording.lanes[0].started.unwrap() <= said && said < recording.lanes[0].ended.unwrap()
    );
}

#[test]
fn who_goes_on_after_the_end_of_the_recording_was_going_on_then() {
    let lens = Lens::new();
    tracing::subscriber::with_default(Registry::default().with(lens.clone()), || {
        let mut polled = Box::pin(yields(3).instrument(requester("R1")));
        assert_eq!(futures::FutureExt::now_or_never(polled.as_mut()), None);
        let mut dropped = Box::pin(yields(3).instrument(requester("R2")));
        assert_eq!(futures::FutureExt::now_or_never(dropped.as_mut()), None);
        lens.stop();
        drop(dropped);
        Builder::new_current_thread().build().unwrap().block_on(polled);
    });
    let recording = lens.recording();
    assert_eq!(outcomes(&recording), [Outcome::Unfinished, Outcome::Unfinished]);
    for lane in &recording.lanes {
        assert!(lane.polls == 1 && lane.started.is_some() && lane.ended.is_none(), "{lane:?}");
    }
    assert_eq!((recording.figures.unfinished, recording.figures.most_in_flight), (2, 2));
}

#[test]
fn short_calls_in_spans_of_somebody_else_are_calls() {
    let lens = Lens::of_spans(["work"]);
    tracing::subscriber::with_default(Registry::default().with(lens.clone()), || {
        (0..3).for_each(|_| info_span!("work").in_scope(|| ()));
    });
    let recording = lens.recording();
    assert!(recording.lanes.iter().all(|lane| lane.polls == 1 && lane.started.is_some()));
    assert_eq!((recording.figures.threads, recording.figures.ended), (1, 3));
}

#[test]
#[cfg(target_os = "linux")]
fn nothing_is_kept_open_for_threads_that_have_ended() {
    let open = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let lens = Lens::new();
    let dispatch = tracing::Dispatch::new(Registry::default().with(lens.clone()));
    let before = open();
    for _ in 0..100 {
        let dispatch = dispatch.clone();
        let one = move || {
            tracing::dispatcher::with_default(&dispatch, || {
                let runtime = Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(yields(1).instrument(requester("R1")));
            });
        };
        thread::spawn(one).join().unwrap();
    }
    // Other tests open some as well.
    let after = open();
    assert!(after < before + 100, "{before} and {after}");
    assert_eq!(lens.recording().figures.done, 100);
}

#[test]
fn a_guard_is_seen_in_the_second_runtime_of_a_thread_too() {
    let recording = record(|| {
        let runtime = || Builder::new_current_thread().enable_time().build().unwrap();
        runtime().block_on(yields(1).instrument(requester("R1")));
        runtime().block_on(async {
            let span = requester("R2");
            let _entered = span.enter();
            tokio::time::sleep(Duration::from_millis(30)).await;
        });
    });
    let kept = recording.across_await.as_ref().unwrap();
    assert_eq!(recording.lane(kept.lane).unwrap().name, "R2");
}

#[test]
fn a_worker_that_is_handed_over_in_a_call_is_no_span_kept_across_an_await() {
    let recording = workers(1, async {
        let handing_over = async {
            yield_now().await;
            tokio::task::block_in_place(block);
            done();
        };
        let other = tokio::spawn(yields(20).instrument(requester("R2")));
        tokio::spawn(handing_over.instrument(requester("R1"))).await.unwrap();
        other.await.unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
    });
    assert_eq!(recording.across_await, None);
}

#[test]
fn of_a_worker_that_may_be_handed_over_only_its_thread_is_told() {
    let long = Duration::from_millis(60);
    let recording = workers(1, async move {
        let calls = async move {
            tokio::task::block_in_place(|| thread::sleep(long));
            done();
        };
        let call = tokio::spawn(calls.instrument(requester("R1")));
        while !call.is_finished() {
            yield_now().instrument(requester("R2")).await;
        }
    });
    assert_eq!(recording.event_loop(), None);
    let told = recording.sentences().join("\n");
    assert!(
        told.contains("R1 held the thread of worker 1 of 1 for") && !told.contains("meanwhile"),
        "{told}"
    );
}

#[test]
fn what_blocks_an_event_loop_inside_of_a_call_is_told() {
    let recording = record(|| {
        let outer = requester("outer");
        let _entered = outer.enter();
        Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on((async { (block(), done()).1 }).instrument(requester("R1")));
    });
    let blocked = recording.blocked.iter().map(|held| recording.lane(held.lane).unwrap());
    assert_eq!(blocked.map(|lane| lane.name.as_str()).collect::<Vec<_>>(), ["R1"]);
    assert!(recording.longest_on_loop.as_ref().unwrap().time() >= Duration::from_millis(15));
}

#[test]
fn who_is_dropped_by_the_panic_of_another_had_not_run() {
    let recording = record(|| {
        let never = yields(0).instrument(requester("R2"));
        let mut half = Box::pin(yields(3).instrument(requester("R3")));
        assert_eq!(futures::FutureExt::now_or_never(half.as_mut()), None);
        let panicking = std::panic::AssertUnwindSafe(|| {
            let _owned = (never, half);
            std::panic::resume_unwind(Box::new(()))
        });
        let panicked: Result<(), _> = std::panic::catch_unwind(panicking);
        assert!(panicked.is_err());
    });
    let [never, half] = recording.lanes.as_slice() else { panic!("two lanes") };
    assert_eq!((never.polls, never.started, never.outcome), (0, None, Outcome::Dropped));
    assert_eq!((half.polls, half.outcome), (1, Outcome::Dropped));
}

#[test]
fn who_outlives_its_child_by_a_handle_ends_when_that_goes() {
    let recording = record(|| {
        let parent = requester("R1");
        parent.in_scope(|| tracing::info!("it runs"));
        drop(info_span!(parent: &parent, "requester", name = "R2"));
        block();
        drop(parent);
    });
    let [parent, child] = recording.lanes.as_slice() else { panic!("two lanes") };
    assert!(parent.ended.unwrap() >= child.ended.unwrap() + Duration::from_millis(15));
}

#[test]
fn a_parent_that_never_ran_ends_with_its_child_and_not_before_it_began() {
    let recording = record(|| {
        let parent = requester("R1");
        let child = info_span!(parent: &parent, "requester", name = "R2");
        block();
        drop(parent);
        drop(child);
    });
    let parent = &recording.lanes[0];
    assert!(parent.ended.unwrap() >= parent.created + Duration::from_millis(15), "{parent:?}");
}

#[test]
fn threads_that_are_forgotten_have_held_what_they_held() {
    const MANY: usize = 4_300;
    let recording = record(|| {
        let dispatch = tracing::dispatcher::get_default(Clone::clone);
        for _ in 0..MANY {
            let dispatch = dispatch.clone();
            let one = move || {
                tracing::dispatcher::with_default(&dispatch, || requester("R1").in_scope(done));
            };
            thread::spawn(one).join().unwrap();
        }
    });
    let held: Duration = recording.lanes.iter().map(|lane| lane.held).sum();
    assert!(recording.threads.len() < MANY, "some are forgotten");
    assert_eq!((recording.figures.threads, recording.figures.held), (MANY, held));
}

fn asked_by(name: &str, trace: u32, span: u32) -> Span {
    info_span!("requester", name, traceparent = format!("00-{trace:032x}-{span:016x}-01"))
}

fn of_trace(lens: &Lens, trace: u128) -> Dated {
    lens.recording_of(trace.try_into().expect("it is not zero"))
}

/// The names in what a server tells of this trace.
fn names_of(lens: &Lens, trace: u128) -> Vec<String> {
    let recording = of_trace(lens, trace).recording;
    assert_eq!(recording.figures.requesters, recording.lanes.len());
    recording.lanes.into_iter().map(|lane| lane.name).collect()
}

#[test]
fn of_a_trace_its_newest_lanes_are_told_however_many_came_before_or_beside_them() {
    let lens = Lens::new().of_requests();
    tracing::subscriber::with_default(Registry::default().with(lens.clone()), || {
        asked_by("early", 7, 1).in_scope(done);
        (0..40_000).for_each(|_| requester("other").in_scope(done));
        for span in 2..5 {
            asked_by(&format!("R{span}"), 7, span).in_scope(done);
            asked_by("of another", 8, span).in_scope(done);
        }
        requester("other").in_scope(done);
        assert_eq!(names_of(&lens, 7), ["early", "R2", "R3", "R4"]);
        assert_eq!(names_of(&lens, 9), [""; 0]);
        assert_eq!(of_trace(&lens, 7).forgotten, Forgotten::default());
        (0..1_021).for_each(|span| asked_by("of another", 8, span + 10).in_scope(done));
        // Of the 1,024 newest that belong to any trace, one is R4.
        assert_eq!(names_of(&lens, 7), ["R4"]);
        let Dated { recording, forgotten, .. } = of_trace(&lens, 7);
        let [r4] = recording.lanes.as_slice() else { panic!("{recording:#?}") };
        assert!(forgotten.lanes.is_some_and(|it| it <= r4.created), "{forgotten:?}");
    });
}

#[test]
fn what_is_no_trace_belongs_to_none_and_is_no_name() {
    let recording = record(|| {
        info_span!("requester", traceparent = "\u{1b}[2J").in_scope(done);
        asked_by("R2", 0, 1).in_scope(done);
        asked_by("R3", 7, 1).in_scope(done);
    });
    let told: Vec<_> = recording.lanes.iter().map(|it| (it.name.as_str(), it.trace)).collect();
    let trace = "00-00000000000000000000000000000007-0000000000000001-01".parse().ok();
    assert_eq!(told, [("requester 1", None), ("R2", None), ("R3", trace)]);
}

#[test]
fn who_held_the_loop_for_long_is_told_beside_a_trace() {
    let lens = Lens::new().of_requests();
    let blocked = tracing::subscriber::set_default(Registry::default().with(lens.clone()));
    Builder::new_current_thread().build().expect("a runtime").block_on(async {
        async { done() }.instrument(requester("quick")).await;
        async { long_block() }.instrument(requester("blocks")).await;
        async { done() }.instrument(asked_by("R1", 7, 1)).await;
    });
    assert_eq!(names_of(&lens, 7), ["blocks", "R1"]);
    drop(blocked);
}

#[test]
fn who_held_the_loop_of_late_is_told_beside_a_trace_though_others_did_for_longer() {
    let lens = Lens::new().of_requests();
    let blocked = tracing::subscriber::set_default(Registry::default().with(lens.clone()));
    Builder::new_current_thread().build().expect("a runtime").block_on(async {
        for _ in 0..64 {
            async { thread::sleep(Duration::from_millis(30)) }.instrument(requester("early")).await;
        }
        async { block() }.instrument(requester("of late")).await;
        async { block() }.instrument(asked_by("R1", 7, 1)).await;
    });
    let recording = of_trace(&lens, 7).recording;
    let called = |held: &Held| recording.called(held.lane);
    let newest: Vec<_> = recording.blocked.iter().rev().take(2).map(called).collect();
    assert_eq!(newest, ["R1", "of late"]);
    drop(blocked);
}

#[test]
fn of_spans_kept_entered_the_newest_is_told_beside_a_trace_and_not_the_longest() {
    let lens = Lens::new().of_requests();
    let there = lens.clone();
    let kept = async |name, time| {
        let _entered = requester(name).entered();
        tokio::time::sleep(Duration::from_millis(time)).await;
        of_trace(&there, 7).recording
    };
    let told = |it: &Recording| it.across_await.as_ref().map(|held| it.called(held.lane));
    tracing::subscriber::with_default(Registry::default().with(lens.clone()), || {
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            kept("longest", 100).await;
            async { done() }.instrument(asked_by("R1", 7, 1)).await;
        });
        assert_eq!(told(&of_trace(&lens, 7).recording).as_deref(), Some("longest"));
        let goes_on = runtime.block_on(kept("newest", 20));
        assert_eq!(told(&goes_on).as_deref(), Some("newest"));
    });
    assert_eq!(told(&of_trace(&lens, 7).recording).as_deref(), Some("newest"));
}

#[test]
fn what_is_not_read_yet_no_server_claims_to_know() {
    let lens = Lens::new().of_requests();
    tracing::subscriber::with_default(Registry::default().with(lens.clone()), || {
        let runtime = Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async { long_block() }.instrument(requester("blocks")));
    });
    let told = lens.recording().sentences().join("\n");
    let wanted = "; no request beside it had been read, and who else had asked is not known.";
    assert!(told.contains(wanted), "{told}");
}

#[test]
fn a_recording_begins_on_the_systems_clock_when_it_was_made() {
    let now = || UNIX_EPOCH.elapsed().expect("it is later than 1970");
    let before = now();
    let lens = Lens::new();
    let after = now();
    let close = Duration::from_millis(1);
    assert!(before <= lens.began() + close && lens.began() <= after + close);
    lens.stop();
    block();
    // It is where it was, though the clock of the recording stands still.
    assert!(before <= lens.began() + close && lens.began() <= after + close);
}
