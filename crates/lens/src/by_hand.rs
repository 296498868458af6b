//! Recordings made by hand, for tests.

use std::time::Duration;

use crate::recording::{Lane, Outcome, Recording, Stretch, Thread, Worker};

pub(crate) fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A future that is made at the first of these milliseconds and done at the
/// second, and in between holds threads: number, from, to.
pub(crate) fn lane(name: &str, life: [u64; 2], held: &[(usize, u64, u64)]) -> Lane {
    let stretch = |&(thread, from, to): &(usize, u64, u64)| Stretch {
        thread,
        on_loop: false,
        from: ms(from),
        to: ms(to),
        held: ms(to - from),
        polls: 1,
    };
    let stretches: Vec<Stretch> = held.iter().map(stretch).collect();
    Lane {
        number: 0,
        name: name.to_owned(),
        asks: None,
        trace: None,
        place: None,
        parent: None,
        outcome: Outcome::Done,
        future: true,
        created: ms(life[0]),
        read: None,
        started: stretches.iter().map(|stretch| stretch.from).min(),
        said: None,
        ended: Some(ms(life[1])),
        held: stretches.iter().map(|stretch| stretch.held).sum(),
        longest: stretches.iter().map(|stretch| stretch.held).max().unwrap_or_default(),
        polls: stretches.len() as u64,
        stretches,
    }
}

/// A run that ended with the last of its lanes. The thread of this number ran
/// an event loop.
pub(crate) fn recording(event_loop: Option<usize>, lanes: Vec<Lane>) -> Recording {
    let elapsed = lanes.iter().filter_map(|lane| lane.ended).max().unwrap_or_default();
    recording_until(elapsed, event_loop, lanes)
}

/// The same for one that was taken at this moment.
pub(crate) fn recording_until(
    elapsed: Duration,
    event_loop: Option<usize>,
    mut lanes: Vec<Lane>,
) -> Recording {
    for stretch in lanes.iter_mut().flat_map(|lane| &mut lane.stretches) {
        stretch.on_loop = Some(stretch.thread) == event_loop;
    }
    let stretches = lanes.iter().flat_map(|lane| &lane.stretches);
    let most = stretches.map(|stretch| stretch.thread).max().unwrap_or(1);
    let thread = |id| Thread {
        id,
        name: "unnamed".to_owned(),
        worker: (Some(id) == event_loop).then_some(Worker { index: 0, of: 1, stays: true }),
    };
    Recording::of_lanes(elapsed, (1..=most).map(thread).collect(), lanes)
}
