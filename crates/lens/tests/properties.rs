//! What holds of every recording, whatever was recorded: random ones, made by
//! hand and recorded from spans.

use std::time::Duration;

use lens::recording::{Figures, Lane, Outcome, Recording, Stretch, Thread, Worker};
use lens::{Lens, done, failed, svg, timeline};
use proptest::collection::vec;
use proptest::prelude::*;
use tracing::{Span, info_span};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt;

/// Moments are milliseconds, and a recording by hand is so long.
const END: u64 = 200;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A lane that lives between two of these moments, and holds threads in between.
#[derive(Debug, Clone)]
struct Life {
    made: u64,
    ends: Option<u64>,
    held: Vec<(usize, u64, u64)>,
    outcome: Outcome,
    parent: Option<prop::sample::Index>,
}

fn life() -> impl Strategy<Value = Life> {
    let held = vec((1..4_usize, 0..END, 0..40_u64), 0..5);
    let outcome = prop_oneof![
        Just(Outcome::Done),
        Just(Outcome::Failed),
        Just(Outcome::Dropped),
        Just(Outcome::Ended)
    ];
    let parent = prop::option::weighted(0.2, any::<prop::sample::Index>());
    (0..END, 0..END, held, outcome, parent, any::<bool>()).prop_map(
        |(made, lasts, held, outcome, parent, goes_on)| {
            let end = (made + lasts).min(END);
            let within = |(thread, from, lasts): (usize, u64, u64)| {
                let from = from.clamp(made, end);
                (thread, from, (from + lasts).min(end))
            };
            let held = held.into_iter().map(within).collect();
            Life { made, ends: (!goes_on).then_some(end), held, outcome, parent }
        },
    )
}

/// A recording of lanes like these. The thread of this number runs an event loop,
/// one of so many.
fn recording() -> impl Strategy<Value = Recording> {
    (vec(life(), 0..12), prop::option::of(1..4_usize), 1..3_usize).prop_map(
        |(lives, event_loop, workers)| {
            let lane = |(number, life): (usize, &Life)| {
                let stretch = |&(thread, from, to): &(usize, u64, u64)| Stretch {
                    thread,
                    on_loop: Some(thread) == event_loop,
                    from: ms(from),
                    to: ms(to),
                    held: ms(to - from),
                    polls: 1,
                };
                let stretches: Vec<Stretch> = life.held.iter().map(stretch).collect();
                let parent = life.parent.filter(|_| number > 0).map(|parent| parent.index(number));
                Lane {
                    number,
                    name: format!("R{}", number / 2),
                    asks: None,
                    trace: None,
                    place: None,
                    parent,
                    outcome: life.ends.map_or(Outcome::Unfinished, |_| life.outcome),
                    future: true,
                    created: ms(life.made),
                    read: None,
                    started: stretches.iter().map(|stretch| stretch.from).min(),
                    said: None,
                    ended: life.ends.map(ms),
                    held: stretches.iter().map(|stretch| stretch.held).sum(),
                    longest: stretches.iter().map(|stretch| stretch.held).max().unwrap_or_default(),
                    polls: stretches.len() as u64,
                    stretches,
                }
            };
            let thread = |id| Thread {
                id,
                name: "unnamed".to_owned(),
                worker: (Some(id) == event_loop).then_some(Worker {
                    index: 0,
                    of: workers,
                    stays: workers == 1,
                }),
            };
            let lanes = lives.iter().enumerate().map(lane).collect();
            Recording::of_lanes(ms(END), (1..4).map(thread).collect(), lanes)
        },
    )
}

/// Whether a lane is in a stretch of this kind at the millisecond after this one.
fn holds(lane: &Lane, at: u64, which: impl Fn(&Stretch) -> bool) -> bool {
    let here = |it: &&Stretch| it.from <= ms(at) && ms(at) < it.to;
    lane.stretches.iter().filter(here).any(which)
}

/// Every figure once more, counted a millisecond at a time.
fn counted(recording: &Recording) -> Figures {
    let lanes = &recording.lanes;
    let under_way = |at: u64| {
        let is = |lane: &&Lane| {
            lane.started.is_some_and(|it| it <= ms(at)) && ms(at) < lane.end(recording)
        };
        lanes.iter().filter(is).count()
    };
    let threads_held = |at: u64| {
        let held = |id: &usize| lanes.iter().any(|lane| holds(lane, at, |it| it.thread == *id));
        (1..4).filter(held).count() as u64
    };
    let ended = |outcome| lanes.iter().filter(|lane| lane.outcome == outcome).count();
    let stretches = || lanes.iter().flat_map(|lane| &lane.stretches);
    let mut threads: Vec<usize> = stretches().map(|stretch| stretch.thread).collect();
    threads.sort_unstable();
    threads.dedup();
    let any_ran = usize::from(lanes.iter().any(|lane| lane.started.is_some()));
    Figures {
        requesters: lanes.len(),
        done: ended(Outcome::Done),
        failed: ended(Outcome::Failed),
        dropped: ended(Outcome::Dropped),
        ended: ended(Outcome::Ended),
        unfinished: ended(Outcome::Unfinished),
        // Who took no time was under way alone.
        most_in_flight: (0..END).map(under_way).max().unwrap_or_default().max(any_ran),
        threads: threads.len(),
        held: ms((0..END).map(threads_held).sum()),
        longest: stretches().map(|stretch| stretch.held).max().unwrap_or_default(),
        one_by_one: ms((0..END).map(|at| under_way(at) as u64).sum()),
        blocks: recording.blocked.len(),
        blocked: recording.blocked.iter().map(|held| held.to - held.from).sum(),
        preempted: 0,
        preempted_for: Duration::ZERO,
    }
}

proptest! {
    #[test]
    fn figures_are_what_anybody_would_count(recording in recording()) {
        prop_assert_eq!(&recording.figures, &counted(&recording));
    }

    #[test]
    fn no_sum_of_held_time_exceeds_all_threads_all_the_time(recording in recording()) {
        let most = recording.elapsed * recording.figures.threads as u32;
        prop_assert!(recording.figures.held <= most);
        for lane in &recording.lanes {
            prop_assert!(lane.longest <= lane.held);
        }
    }

    #[test]
    fn nobody_is_said_to_have_been_kept_who_was_not(recording in recording()) {
        for held in &recording.blocked {
            prop_assert!(held.time() >= ms(10));
            for kept in recording.kept_waiting(held) {
                prop_assert_eq!(recording.event_loop(), Some(held.thread));
                prop_assert!(kept.number != held.lane);
                prop_assert!(kept.created <= held.from && kept.end(&recording) >= held.to);
                for at in held.from.as_millis() as u64..held.to.as_millis() as u64 {
                    prop_assert!(!holds(kept, at, |_| true), "{kept:#?} held a thread");
                }
            }
        }
    }

    #[test]
    fn who_is_alone_is_so(recording in recording()) {
        let told = recording.sentences();
        if told.iter().any(|it| it.contains("no other requester was there")) {
            let alone = recording.blocked.iter().any(|held| {
                let there = |lane: &Lane| {
                    lane.created < held.to && lane.end(&recording) > held.from
                };
                let family = |lane: &Lane| {
                    lane.number == held.lane
                        || recording.is_inside(lane.number, held.lane)
                        || recording.is_inside(held.lane, lane.number)
                };
                recording.lanes.iter().all(|lane| family(lane) || !there(lane))
            });
            prop_assert!(alone, "{told:#?}");
        }
    }

    #[test]
    fn whatever_was_recorded_can_be_drawn(recording in recording(), width in 60..140_usize) {
        let drawn = anstream::adapter::strip_str(&timeline::draw(&recording, width)).to_string();
        // A word may be wider than a line; a row may not.
        for line in drawn.lines().filter(|line| line.contains('▏')) {
            prop_assert!(line.chars().count() <= width, "{drawn}");
        }
        let svg = svg::draw(&recording, "any");
        prop_assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
        prop_assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }

    #[test]
    fn a_guess_is_answered_whatever_happened(recording in recording(), guess in 0.001..1.0_f64) {
        let told = lens::guess::Guess::told(guess, &recording, true).told;
        prop_assert!(told.ends_with('.') && !told.contains("ready"), "{told}");
        let outside = told.contains("no requester was under way");
        let under_way = |at: u64| {
            recording.lanes.iter().any(|lane| {
                lane.started.is_some_and(|it| it <= ms(at)) && ms(at) < lane.end(&recording)
            })
        };
        let nobody = (0..END).filter(|at| !under_way(*at)).count() as u64;
        prop_assert!(!outside || nobody >= END / 20, "{nobody} ms: {told}");
    }
}

/// What a program does with the spans it has, each by its place among them.
#[derive(Debug, Clone)]
enum Act {
    Make,
    /// Enters it, or another one inside of it.
    Call(usize, Option<usize>),
    Say(usize, bool),
    Close(usize),
    OnAnotherThread(usize),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => Just(Act::Make),
        4 => (0..6_usize, prop::option::of(0..6_usize)).prop_map(|(one, inner)| Act::Call(one, inner)),
        2 => (0..6_usize, any::<bool>()).prop_map(|(one, well)| Act::Say(one, well)),
        2 => (0..6_usize).prop_map(Act::Close),
        1 => (0..6_usize).prop_map(Act::OnAnotherThread),
    ]
}

/// What is recorded of a program that does all this.
fn recorded(acts: &[Act]) -> Recording {
    let lens = Lens::new();
    let dispatch = tracing::Dispatch::new(Registry::default().with(lens.clone()));
    tracing::dispatcher::with_default(&dispatch, || {
        let (mut spans, mut said): (Vec<Span>, Vec<Span>) = Default::default();
        for act in acts {
            let of = |place: usize| (!spans.is_empty()).then(|| spans[place % spans.len()].clone());
            match act {
                Act::Make => spans.push(info_span!("requester", name = "R")),
                Act::Call(one, inner) => {
                    let inner = inner.and_then(of);
                    let Some(one) = of(*one) else { continue };
                    // An event keeps what is short from being taken for a drop.
                    one.in_scope(|| {
                        tracing::info!("called");
                        if let Some(inner) = inner {
                            inner.in_scope(|| tracing::info!("inside"));
                        }
                    });
                }
                // Who has said how it ends does nothing more.
                Act::Say(one, well) if !spans.is_empty() => {
                    let one = spans.remove(one % spans.len());
                    one.in_scope(if *well { done } else { failed });
                    said.push(one);
                }
                Act::Say(..) => said.clear(),
                Act::Close(one) if !spans.is_empty() => drop(spans.remove(one % spans.len())),
                Act::Close(_) => {}
                Act::OnAnotherThread(one) => {
                    let Some(one) = of(*one) else { continue };
                    let dispatch = dispatch.clone();
                    let there = move || {
                        tracing::dispatcher::with_default(&dispatch, || {
                            one.in_scope(|| tracing::info!("elsewhere"));
                        });
                    };
                    std::thread::spawn(there).join().expect("it does not panic");
                }
            }
        }
        // Some may be open still.
        let recording = lens.recording();
        drop((spans, said));
        recording
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// The recorder counts as things happen; the lanes it keeps add up to the same.
    #[test]
    fn what_the_recorder_counts_is_what_its_lanes_add_up_to(acts in vec(act(), 0..40)) {
        let recording = recorded(&acts);
        let Recording { elapsed, threads, lanes, figures, .. } = recording.clone();
        let again = Recording::of_lanes(elapsed, threads, lanes).figures;
        // Dropping holds the thread for a moment, and is no stretch.
        prop_assert!(again.held <= figures.held && figures.held <= elapsed * 2);
        // One that is still under way when it is counted has not ended since.
        let close = figures.one_by_one.abs_diff(again.one_by_one);
        prop_assert!(close < ms(1), "{:?} and {:?}", figures.one_by_one, again.one_by_one);
        let same = Figures { held: figures.held, one_by_one: figures.one_by_one, ..again };
        prop_assert_eq!(same, figures);
    }
}
