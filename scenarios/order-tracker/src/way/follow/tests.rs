//! What is told of recordings that were made by hand.

use super::super::station::Mark;
use super::*;
use Place::{Channel, Courier, Orders, Sockets, Unknown, Writing};
use Station::{
    Begun, Came, Heard as Hears, HeardAgain, LaidOut, NotDelivered, Older, Read, Sent, Taken, Told,
    Watches, Written,
};

/// What is seen of which position, and at which millisecond; of the watcher where it is
/// of one.
type Line = (Station, u64, u64);

/// An hour after 1970 by the clock of all programs.
const HOUR: u64 = 3_600_000_000;

fn log(lines: &[Line]) -> Log {
    let mark = |(station, sequence, ms): &Line| {
        let is_of_watcher = matches!(station, Watches | Begun | Written | Read);
        let watcher = is_of_watcher.then_some(1);
        let at_us = HOUR + ms * 1_000;
        Mark { station: *station, sequence: *sequence, watcher, at_us }
    };
    Log { marks: lines.iter().map(mark).collect(), forgotten_us: None }
}

fn heard(is_shared: bool, lines: &[Line]) -> Option<Heard> {
    Some(Heard { is_shared, log: log(lines) })
}

/// A ride with one watcher.
fn ride(courier: &[Line], told: Option<Heard>, watched: Option<Heard>) -> Observed {
    Observed { courier: log(courier), told, watched, watchers: vec![1] }
}

/// Two instances, and a Redis between them.
fn two(courier: &[Line], told: &[Line], watched: &[Line]) -> Observed {
    ride(courier, heard(true, told), heard(true, watched))
}

/// One instance, which has its orders inside.
fn one(courier: &[Line], instance: &[Line]) -> Observed {
    ride(courier, heard(false, instance), heard(false, instance))
}

/// Where the position was until which millisecond, and what became of it.
fn way(observed: &Observed, sequence: u64) -> (Vec<(Place, u64)>, End) {
    let ways = follow(observed).expect("notes that go together");
    let way = ways.into_iter().find(|way| way.sequence == sequence).expect("a way of it");
    let stays = way.stays.into_iter().map(|(place, to)| (place, (to - HOUR) / 1_000));
    (stays.collect(), way.end)
}

fn replaced(by: u64, writing: Option<u64>) -> End {
    End::Replaced { by: Some(by), writing }
}

#[test]
fn a_position_is_followed_from_the_courier_to_who_reads_it() {
    let observed = two(
        &[(Sent, 1, 10), (Read, 1, 70)],
        &[(Came, 1, 20), (Taken, 1, 35)],
        &[(Watches, 0, 5), (Hears, 1, 30), (Begun, 1, 40), (Written, 1, 50)],
    );
    let stays = [(Courier, 20), (Orders, 30), (Channel, 40), (Writing, 50), (Sockets, 70)];
    assert_eq!(way(&observed, 1), (stays.into(), End::Read));
}

#[test]
fn in_one_process_it_is_seen_when_it_is_taken() {
    let observed = one(
        &[(Sent, 1, 10), (Read, 1, 70)],
        &[(Watches, 0, 5), (Came, 1, 20), (Taken, 1, 25), (Begun, 1, 40), (Written, 1, 50)],
    );
    let stays = [(Courier, 20), (Orders, 25), (Channel, 40), (Writing, 50), (Sockets, 70)];
    assert_eq!(way(&observed, 1), (stays.into(), End::Read));
}

#[test]
fn what_is_read_before_its_writer_goes_on_was_written_by_then() {
    let observed = one(
        &[(Sent, 1, 10), (Read, 1, 45)],
        &[(Watches, 0, 5), (Came, 1, 20), (Taken, 1, 25), (Begun, 1, 40), (Written, 1, 50)],
    );
    let stays = [(Courier, 20), (Orders, 25), (Channel, 40), (Writing, 45)];
    assert_eq!(way(&observed, 1), (stays.into(), End::Read));
}

#[test]
fn in_the_watch_channel_the_next_one_takes_its_place_and_not_the_one_that_is_read() {
    let instance = [
        (Watches, 0, 5),
        (Hears, 1, 10),
        (Begun, 1, 11),
        (Written, 1, 45),
        (Hears, 2, 20),
        (Hears, 3, 30),
        (Hears, 4, 40),
        (Begun, 4, 46),
        (Written, 4, 47),
    ];
    let courier =
        [(Sent, 1, 8), (Sent, 2, 18), (Sent, 3, 28), (Sent, 4, 38), (Read, 1, 60), (Read, 4, 70)];
    let told = [(Came, 1, 9), (Came, 2, 19), (Came, 3, 29), (Came, 4, 39)];
    let observed = two(&courier, &told, &instance);
    let stays = |came, hears, at| vec![(Courier, came), (Orders, hears), (Channel, at)];
    assert_eq!(way(&observed, 2), (stays(19, 20, 30), replaced(3, Some(1))));
    assert_eq!(way(&observed, 3), (stays(29, 30, 40), replaced(4, Some(1))));
    assert_eq!(way(&observed, 4).1, End::Read);
}

#[test]
fn where_nothing_was_being_written_that_is_not_told() {
    let courier = [(Sent, 1, 8), (Sent, 2, 10), (Read, 2, 70)];
    let instance = [
        (Watches, 0, 5),
        (Came, 1, 9),
        (Taken, 1, 10),
        (Came, 2, 11),
        (Taken, 2, 12),
        (Begun, 2, 20),
        (Written, 2, 21),
    ];
    assert_eq!(way(&one(&courier, &instance), 1).1, replaced(2, None));
}

#[test]
fn at_redis_an_older_one_is_not_taken() {
    let observed = two(
        &[(Sent, 1, 10), (Sent, 2, 11)],
        &[(Came, 2, 20), (Taken, 2, 22), (Came, 1, 21), (Older, 1, 23)],
        &[(Watches, 0, 5), (Hears, 2, 25)],
    );
    assert_eq!(way(&observed, 1), (vec![(Courier, 21), (Orders, 23)], replaced(2, None)));
    // Which one was newer another instance may have taken, and nobody tells.
    let observed = two(&[(Sent, 1, 10)], &[(Came, 1, 21), (Older, 1, 23)], &[]);
    assert_eq!(way(&observed, 1).1, End::Replaced { by: None, writing: None });
}

#[test]
fn one_that_is_told_twice_is_not_older_than_itself() {
    let observed = one(
        &[(Sent, 1, 10), (Read, 1, 60)],
        &[
            (Watches, 0, 5),
            (Came, 1, 20),
            (Taken, 1, 21),
            (Begun, 1, 22),
            (Written, 1, 23),
            (Came, 1, 30),
            (Older, 1, 31),
        ],
    );
    let stays = [(Courier, 20), (Orders, 21), (Channel, 22), (Writing, 23), (Sockets, 60)];
    assert_eq!(way(&observed, 1), (stays.into(), End::Read));
}

#[test]
fn one_that_is_heard_twice_counts_from_the_first_time() {
    let lines = |hears: &[Line]| {
        let written = [(Watches, 0, 5), (Begun, 1, 40), (Written, 1, 50)];
        let watched: Vec<Line> = hears.iter().copied().chain(written).collect();
        two(&[(Sent, 1, 10), (Read, 1, 60)], &[(Came, 1, 20), (Taken, 1, 25)], &watched)
    };
    let once = way(&lines(&[(Hears, 1, 30)]), 1);
    assert_eq!(way(&lines(&[(Hears, 1, 30), (HeardAgain, 1, 35)]), 1), once);
    assert_eq!(way(&lines(&[(Hears, 1, 30), (Hears, 1, 37)]), 1), once);
    // However they were written down.
    assert_eq!(way(&lines(&[(Hears, 1, 37), (Hears, 1, 30)]), 1), once);
}

#[test]
fn one_that_comes_where_a_newer_one_is_heard_already_is_replaced_there() {
    let observed = two(
        &[(Sent, 1, 10), (Sent, 2, 11)],
        &[(Came, 1, 20), (Taken, 1, 21), (Came, 2, 22), (Taken, 2, 23)],
        &[(Watches, 0, 5), (Hears, 2, 25), (HeardAgain, 1, 26)],
    );
    assert_eq!(way(&observed, 1), (vec![(Courier, 20), (Orders, 26)], replaced(2, None)));
}

#[test]
fn at_the_courier_the_next_one_takes_the_place_of_what_nobody_has_asked_for() {
    let observed = one(
        &[(LaidOut, 1, 10), (LaidOut, 2, 20), (LaidOut, 3, 30), (Told, 3, 40), (Told, 1, 15)],
        &[(Came, 3, 50)],
    );
    assert_eq!(way(&observed, 2), (vec![(Courier, 30)], replaced(3, None)));
    // It was told, so it was not lost at the courier. Where then, nobody has seen.
    assert_eq!(way(&observed, 1), (vec![], End::Unknown));
}

#[test]
fn one_that_the_courier_could_not_deliver_is_told() {
    let observed = one(&[(Sent, 1, 10), (NotDelivered, 1, 30)], &[]);
    assert_eq!(way(&observed, 1), (vec![(Courier, 30)], End::NotDelivered));
    assert_eq!(way(&one(&[(Sent, 1, 10)], &[]), 1), (vec![], End::Unknown));
}

#[test]
fn before_the_watcher_is_there_nothing_is_replaced_for_it() {
    let courier = [(Sent, 1, 10), (Sent, 2, 30), (Read, 2, 60)];
    let taken = [(Came, 1, 11), (Taken, 1, 12), (Came, 2, 31), (Taken, 2, 32)];
    let here = [(Watches, 0, 40), (Begun, 2, 41), (Written, 2, 42)];
    let all: Vec<Line> = taken.iter().chain(&here).copied().collect();
    assert_eq!(way(&one(&courier, &all), 1).1, End::TooEarly);
    // Of two instances the one has not even heard of it.
    let watched: Vec<Line> = [(Hears, 2, 39)].iter().chain(&here).copied().collect();
    let observed = two(&courier, &taken, &watched);
    assert_eq!(way(&observed, 1), (vec![(Courier, 11), (Orders, 12)], End::TooEarly));
    assert_eq!(way(&observed, 2).1, End::Read);
}

#[test]
fn what_a_watcher_has_not_read_is_not_told_to_be_replaced() {
    let lines = [(Watches, 0, 5), (Came, 1, 11), (Taken, 1, 12), (Begun, 1, 13), (Written, 1, 14)];
    let stays = vec![(Courier, 11), (Orders, 12), (Channel, 13), (Writing, 14)];
    assert_eq!(way(&one(&[(Sent, 1, 10)], &lines), 1), (stays, End::Unread));
    // The last one may be there still.
    assert_eq!(way(&one(&[(Sent, 1, 10)], &lines[..3]), 1).1, End::Unknown);
    assert_eq!(way(&one(&[(Sent, 1, 10)], &lines[..4]), 1).1, End::Unknown);
}

#[test]
fn what_an_instance_does_not_tell_is_not_known() {
    let courier = [(Sent, 1, 10), (Read, 1, 60), (Sent, 2, 20)];
    let told = [(Came, 1, 15), (Taken, 1, 16), (Came, 2, 21), (Taken, 2, 22)];
    let watched = [(Watches, 0, 5), (Hears, 1, 17), (Begun, 1, 18), (Written, 1, 19)];
    let neither = ride(&courier, None, None);
    assert_eq!(way(&neither, 1), (vec![(Unknown, 60)], End::Read));
    assert_eq!(way(&neither, 2), (vec![], End::Unknown));
    let first = ride(&courier, heard(true, &told), None);
    assert_eq!(way(&first, 1), (vec![(Courier, 15), (Unknown, 60)], End::Read));
    assert_eq!(way(&first, 2), (vec![(Courier, 21)], End::Unknown));
    let second = ride(&courier, None, heard(true, &watched));
    let stays = [(Unknown, 17), (Channel, 18), (Writing, 19), (Sockets, 60)];
    assert_eq!(way(&second, 1), (stays.into(), End::Read));
    assert_eq!(way(&second, 2), (vec![], End::Unknown));
}

#[test]
fn a_station_that_is_missing_leaves_a_gap_and_no_guess() {
    let observed = |watched: &[Line]| {
        two(&[(Sent, 1, 10), (Read, 1, 60)], &[(Came, 1, 20), (Taken, 1, 21)], watched)
    };
    let begun = observed(&[(Watches, 0, 5), (Begun, 1, 40), (Written, 1, 50)]);
    let stays = [(Courier, 20), (Unknown, 40), (Writing, 50), (Sockets, 60)];
    assert_eq!(way(&begun, 1), (stays.into(), End::Read));
    let hears = observed(&[(Watches, 0, 5), (Hears, 1, 30)]);
    assert_eq!(way(&hears, 1), (vec![(Courier, 20), (Orders, 30), (Unknown, 60)], End::Read));
}

#[test]
fn what_is_forgotten_is_not_told() {
    let courier = [(Sent, 1, 10), (Sent, 2, 30), (Read, 1, 60), (Read, 2, 70)];
    let lines = [(Watches, 0, 5), (Came, 2, 31), (Taken, 2, 32), (Begun, 2, 33), (Written, 2, 34)];
    let mut instance = heard(false, &lines).unwrap();
    instance.log.forgotten_us = Some(HOUR + 20_000);
    let observed = ride(&courier, Some(instance.clone()), Some(instance));
    assert_eq!(way(&observed, 1), (vec![(Unknown, 60)], End::Read));
    assert_eq!(way(&observed, 2).0.len(), 5);
}

#[test]
fn another_clock_is_no_way() {
    let observed = |hears| {
        two(
            &[(Sent, 1, 10), (Read, 1, 70)],
            &[(Came, 1, 20), (Taken, 1, 35)],
            &[(Watches, 0, 5), (Hears, 1, hears), (Begun, 1, 40), (Written, 1, 50)],
        )
    };
    // Heard before the first instance had it.
    assert_eq!(follow(&observed(18)), Err(Unclear { sequence: 1 }));
    // As close as two looks at one clock.
    assert!(follow(&observed(19)).is_ok());
    let ahead = one(
        &[(Sent, 1, 10), (Read, 1, 30)],
        &[(Watches, 0, 5), (Came, 1, 20), (Taken, 1, 21), (Begun, 1, 40), (Written, 1, 50)],
    );
    assert_eq!(follow(&ahead), Err(Unclear { sequence: 1 }));
}

#[test]
fn each_watcher_has_ways_of_its_own() {
    let mut observed = one(
        &[(Sent, 1, 10), (Read, 1, 70)],
        &[(Watches, 0, 5), (Came, 1, 20), (Taken, 1, 25), (Begun, 1, 40), (Written, 1, 50)],
    );
    observed.watchers = vec![1, 2];
    let ends: Vec<_> = follow(&observed).unwrap().iter().map(|it| (it.watcher, it.end)).collect();
    assert_eq!(ends, [(1, End::Read), (2, End::Unknown)]);
}

#[test]
fn where_each_watcher_hears_of_it_apart_each_has_its_own_time() {
    let mut observed = two(
        &[(Sent, 1, 10), (Sent, 2, 60), (Read, 1, 50)],
        &[(Came, 1, 20), (Taken, 1, 25), (Came, 2, 65), (Taken, 2, 70)],
        &[(Watches, 0, 5), (Hears, 1, 30), (Begun, 1, 40), (Written, 1, 45)],
    );
    observed.watchers.push(2);
    let of = |watcher, (station, sequence, ms): Line| Mark {
        watcher: Some(watcher),
        ..log(&[(station, sequence, ms)]).marks[0]
    };
    let marks = &mut observed.watched.as_mut().expect("an instance").log.marks;
    marks.iter_mut().for_each(|mark| mark.watcher = Some(1));
    marks.push_back(of(1, (Hears, 2, 75)));
    marks.push_back(of(2, (Watches, 0, 5)));
    marks.push_back(of(2, (Hears, 1, 80)));
    marks.push_back(of(2, (Hears, 2, 90)));
    let ways = follow(&observed).expect("notes that go together");
    let stays = |watcher| {
        let way = ways.iter().find(|way| (way.sequence, way.watcher) == (1, watcher));
        let way = way.expect("a way of it");
        let stays = way.stays.iter().map(|(place, to)| (*place, (to - HOUR) / 1_000));
        (stays.collect::<Vec<_>>(), way.end)
    };
    let read = [(Courier, 20), (Orders, 30), (Channel, 40), (Writing, 45), (Sockets, 50)];
    assert_eq!(stays(1), (read.into(), End::Read));
    let in_redis = [(Courier, 20), (Orders, 80), (Channel, 90)];
    assert_eq!(stays(2), (in_redis.into(), replaced(2, None)));
}
