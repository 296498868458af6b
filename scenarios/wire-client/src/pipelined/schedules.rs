//! Every order of events, and not the one that a run happens to have.
//!
//! Callers, the client's task and the server do one step at a time, and here it is chosen
//! whose step is next. In small cases all orders are tried. Larger ones are drawn at random.
//! Only what was woken is polled: where somebody forgot to wake somebody, nothing moves any
//! more, and that is seen. A caller's step may be interrupted wherever it takes the lock: what
//! has to be true at the same moment is, or is seen not to be.
//!
//! A tool that tries what threads can do to each other, such as loom, would add little: all
//! that they share stands behind one lock, and whoever has it sees all of it. What is left
//! of that is for the tests of a thousand tasks on two threads.

mod world;

use std::cell::{Cell, RefCell};

use proptest::prelude::*;

use world::{Caller, Setup, Step, World};

/// What was wrong in clients that people used, to see that it would be found here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// A reply goes to whoever asked last: so had it the sketch of a talk.
    NewestFirst,
    /// Who is cancelled takes its place along.
    PlaceGoes,
    /// A command is put down, and the task is not told.
    WakesNobody,
}

/// Who comes in between, and after how many locks.
type Others = (usize, Box<dyn FnOnce()>);

thread_local! {
    static PLANTED: Cell<Option<Fault>> = const { Cell::new(None) };
    /// What others do when the lock has been taken so often.
    static OTHERS: RefCell<Option<Others>> = const { RefCell::new(None) };
}

pub(super) fn is_planted(fault: Fault) -> bool {
    PLANTED.get() == Some(fault)
}

/// Called by whoever is about to take the lock.
pub(super) fn let_others_have_it_first() {
    let is_due = |(locks, _): &mut (usize, _)| {
        let is_due = *locks == 0;
        *locks = locks.saturating_sub(1);
        is_due
    };
    if let Some((_, others)) = OTHERS.with_borrow_mut(|it| it.take_if(is_due)) {
        others();
    }
}

/// Does this, and lets others come in between, if it takes the lock more often than so.
fn interrupted<T>(locks: usize, others: impl FnOnce() + 'static, step: impl FnOnce() -> T) -> T {
    OTHERS.set(Some((locks, Box::new(others))));
    let done = step();
    OTHERS.take();
    done
}

/// More steps than any of these needs.
const ENDLESS: usize = 10_000;

/// Runs it once. Whoever chooses is told how many steps there are.
fn run(setup: &Setup, closes: bool, mut choose: impl FnMut(usize) -> usize) -> Result<(), String> {
    let mut world = World::new(setup);
    let mut done = Vec::new();
    let mut outcome = Ok(());
    while outcome.is_ok() {
        let (steps, certain) = world.steps();
        if certain == 0 {
            outcome = world.check_at_rest().and_then(|()| world.end(closes));
            break;
        }
        let step = steps[choose(steps.len())];
        done.push(step);
        outcome = world.step(step);
        if done.len() > ENDLESS {
            outcome = Err("it never comes to rest".to_owned());
        }
    }
    outcome.map_err(|error| {
        done.truncate(50);
        format!("{error}, after {done:?}")
    })
}

/// Tries all orders, and gives how many there are. The client is closed after every second
/// one, and dropped after the others.
fn explore(setup: &Setup) -> Result<usize, String> {
    // For each step that was taken, which one it was, and how many there were.
    let mut path: Vec<(usize, usize)> = Vec::new();
    for runs in 1.. {
        let mut depth = 0;
        run(setup, runs % 2 == 0, |count| {
            if depth == path.len() {
                path.push((0, count));
            }
            depth += 1;
            path[depth - 1].0
        })?;
        while path.pop_if(|(taken, count)| *taken + 1 == *count).is_some() {}
        let Some((taken, _)) = path.last_mut() else { return Ok(runs) };
        *taken += 1;
    }
    unreachable!("it returns when all are tried")
}

/// Finds no fault in any order, and tries as many orders as there were when this was
/// written, or almost.
#[track_caller]
fn hold_in_all_orders(setup: &Setup, orders: usize) {
    let runs = explore(setup).unwrap_or_else(|error| panic!("{setup:?}: {error}"));
    assert!(runs >= orders, "{runs} orders only: {setup:?}");
}

#[test]
fn two_callers_get_their_own_replies() {
    hold_in_all_orders(&Setup::default(), 200);
    hold_in_all_orders(&Setup { cancels: 2, ..Setup::default() }, 200);
}

#[test]
fn replies_that_come_in_parts_are_for_whoever_asked() {
    hold_in_all_orders(&Setup { cuts: 2, ..Setup::default() }, 20_000);
}

#[test]
fn three_callers_share_a_window_of_one() {
    let callers = vec![Caller::Echoes(1); 3];
    hold_in_all_orders(&Setup { callers, in_flight: 1, ..Setup::default() }, 15_000);
}

#[test]
fn three_callers_share_a_window_of_two() {
    let callers = vec![Caller::Echoes(1); 3];
    hold_in_all_orders(&Setup { callers, in_flight: 2, ..Setup::default() }, 10_000);
}

#[test]
fn callers_ask_again_when_they_have_their_reply() {
    let callers = vec![Caller::Echoes(2); 2];
    hold_in_all_orders(&Setup { callers, in_flight: 1, ..Setup::default() }, 6_000);
}

#[test]
fn a_socket_that_is_full_is_waited_for() {
    // A command has 24 bytes.
    hold_in_all_orders(&Setup { room: 15, ..Setup::default() }, 5_000);
}

#[test]
fn messages_come_between_replies() {
    let callers = vec![Caller::Echoes(1), Caller::Follows(false)];
    hold_in_all_orders(&Setup { callers, pushes: 1, ..Setup::default() }, 20_000);
}

/// What is said on a channel right after it was confirmed is for whoever asked for it, and one
/// whose connection was lost is followed by nobody.
#[test]
fn a_subscription_begins_at_one_moment() {
    let callers = vec![Caller::Hears];
    let setup = Setup { callers, interrupts: 1, cancels: 0, ..Setup::default() };
    hold_in_all_orders(&setup, 10);
    hold_in_all_orders(&Setup { breaks: 1, reconnect: true, ..setup }, 200);
}

#[test]
fn what_nobody_follows_any_longer_is_not_sent() {
    let callers = vec![Caller::Follows(false); 2];
    let setup = Setup { callers, cancels: 2, ..Setup::default() };
    hold_in_all_orders(&setup, 200);
    // One leaves while another stands in line for the same channel, and leaves too.
    hold_in_all_orders(&Setup { in_flight: 1, ..setup }, 200);
}

#[test]
fn everybody_is_told_when_the_connection_is_lost() {
    let setup = Setup { breaks: 1, ..Setup::default() };
    hold_in_all_orders(&setup, 1_000);
    hold_in_all_orders(&Setup { room: 15, cancels: 0, ..setup }, 1_000);
}

#[test]
fn a_new_connection_begins_anew() {
    let callers = vec![Caller::Echoes(2), Caller::Echoes(1)];
    let setup = Setup { callers, breaks: 1, reconnect: true, cancels: 0, ..Setup::default() };
    hold_in_all_orders(&setup, 3_000);
    hold_in_all_orders(&Setup { refusals: 1, ..setup }, 2_000);
}

/// Tokio runs a task that was just woken before those that wait longer.
#[test]
fn a_crowd_is_one_write_also_where_who_was_woken_last_comes_first() {
    let callers = vec![Caller::Echoes(3); 5];
    let mut world = World::new(&Setup { callers, ..Setup::default() });
    for writes in 1..=3 {
        for number in 0..5 {
            let was_woken = world.task_is_woken();
            world.step(Step::PollCaller(number)).unwrap();
            if !was_woken && world.task_is_woken() {
                world.step(Step::PollTask).unwrap();
            }
        }
        world.step(Step::PollTask).unwrap();
        assert_eq!(world.writes(), writes);
        let replies = 5 * "$3\r\n0.0\r\n".len();
        world.step(Step::Send(replies)).unwrap();
        world.step(Step::PollTask).unwrap();
    }
}

#[test]
fn what_was_wrong_elsewhere_would_be_found() {
    for (fault, setup, told) in [
        (Fault::NewestFirst, Setup { cancels: 0, ..Setup::default() }, "got BulkString"),
        (Fault::PlaceGoes, Setup::default(), "1.0 got"),
        (Fault::WakesNobody, Setup::default(), "nobody will wake it"),
    ] {
        PLANTED.set(Some(fault));
        let outcome = explore(&setup);
        PLANTED.set(None);
        let error = outcome.expect_err("a fault is found");
        assert!(error.contains(told), "{fault:?}: {error}");
    }
}

fn setups() -> impl Strategy<Value = Setup> {
    let caller = prop_oneof![
        4 => (1..5_usize).prop_map(Caller::Echoes),
        1 => any::<bool>().prop_map(Caller::Follows),
        1 => Just(Caller::Hears),
    ];
    let small = || prop_oneof![Just(0), 0..6_usize];
    let room = prop_oneof![Just(usize::MAX), 1..60_usize];
    let few = || prop_oneof![Just(0), 0..3_usize];
    let counts = (small(), small(), small(), few(), 0..3_usize, few());
    let callers = prop::collection::vec(caller, 1..9);
    let switches = (any::<bool>(), any::<bool>());
    (callers, 1..5_usize, room, counts, switches).prop_map(
        |(callers, in_flight, room, counts, (reconnect, spurious))| {
            let (cancels, cuts, pushes, breaks, refusals, interrupts) = counts;
            Setup {
                callers,
                in_flight,
                reconnect,
                cancels,
                cuts,
                room,
                pushes,
                breaks,
                refusals,
                interrupts,
                spurious,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn many_callers_hold_in_random_orders(
        setup in setups(),
        closes: bool,
        seed: u64,
    ) {
        let mut random = fastrand::Rng::with_seed(seed);
        let outcome = run(&setup, closes, |count| random.usize(..count));
        prop_assert_eq!(outcome, Ok(()));
    }
}
