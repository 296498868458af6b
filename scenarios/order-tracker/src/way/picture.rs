//! The picture of positions' ways, and what is said below it.

use std::time::Duration;

use clap::ValueEnum;
use harness::stages::{self, Row, Stage, Stages};
use harness::time::rounded;

use super::follow::{End, Observed, Place, Unclear, Way, follow};

/// As many rows are drawn. More would be no picture, but a list.
const MOST_ROWS: usize = 20;

/// Of which positions the ways are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Which {
    /// All of them; of many, those around the slowest one
    All,
    /// The one that took longest to be read
    Slowest,
    /// The last one
    Last,
    /// Those whose place a newer one took; of many, those around the slowest of them
    Replaced,
}

/// Draws the ways of these positions; fails where the notes contradict each other.
pub(crate) fn picture(observed: &Observed, which: Which) -> Result<Stages, Unclear> {
    let ways = follow(observed)?;
    let shown = choose(&ways, which);
    let zero = shown.iter().map(|way| way.from).min().unwrap_or_default();
    let end = shown.iter().map(|way| way.to()).max().unwrap_or(zero);
    let rows = shown.iter().map(|way| row(way, zero)).collect();
    let is_shared = observed.watched.as_ref().is_some_and(|it| it.is_shared);
    if observed.watchers.is_empty() {
        let nobody = "Nobody watched, so there is no way to draw: --watchers 1 lets somebody.";
        return Ok(Stages { sentences: vec![nobody.to_owned()], ..Stages::default() });
    }
    let mut sentences = vec![
        "Each bar begins when the courier sent the position, or laid it out, and ends when \
         the watcher had read it, or when a newer one had taken its place."
            .to_owned(),
    ];
    if shown.len() < ways.len() {
        let (shown, all) = (shown.len(), ways.len());
        let are = if shown == 1 { "is" } else { "are" };
        sentences.push(format!("{shown} of {all} ways {are} shown."));
    }
    sentences.extend(observed.watchers.iter().filter_map(|watcher| of_watcher(&ways, *watcher)));
    sentences.extend(slowest(&ways).map(|way| of_slowest(way, is_shared)));
    if observed.courier.forgotten_us.is_some() {
        sentences.push("Of the ride, only the end is kept.".to_owned());
    }
    Ok(Stages {
        elapsed: micros(end - zero),
        kinds: kinds(is_shared).map(str::to_owned).into(),
        rows,
        sentences,
    })
}

fn kinds(is_shared: bool) -> [&'static str; 6] {
    [
        "from the courier to an instance",
        if is_shared { "from there over Redis" } else { "in the instance" },
        "in the watch channel",
        "being written",
        "written, not read yet",
        "not known",
    ]
}

fn kind(place: Place) -> usize {
    match place {
        Place::Courier => 0,
        Place::Orders => 1,
        Place::Channel => 2,
        Place::Writing => 3,
        Place::Sockets => 4,
        Place::Unknown => 5,
    }
}

fn micros(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

fn row(way: &Way, zero: u64) -> Row {
    let stage = |(place, from, to): (Place, u64, u64)| Stage {
        kind: kind(place),
        from: micros(from - zero),
        to: micros(to - zero),
    };
    let mut stages: Vec<Stage> = way.stages().map(stage).collect();
    if stages.is_empty() {
        // It set out, and that is all.
        let from = micros(way.from - zero);
        stages.push(Stage { kind: kind(Place::Unknown), from, to: from });
    }
    let (end, told) = match way.end {
        End::Read => (stages::End::Arrived, "read".to_owned()),
        End::Replaced { by: Some(by), .. } => (stages::End::Replaced, format!("#{by} instead")),
        End::Replaced { by: None, .. } => (stages::End::Replaced, "a newer one".to_owned()),
        End::TooEarly => (stages::End::Unknown, "nobody there".to_owned()),
        End::NotDelivered => (stages::End::Unknown, "not delivered".to_owned()),
        End::Unread => (stages::End::Unknown, "not read".to_owned()),
        End::Unknown => (stages::End::Unknown, "not known".to_owned()),
    };
    Row { name: format!("#{} to {}", way.sequence, way.watcher), stages, end, told }
}

fn choose(ways: &[Way], which: Which) -> Vec<&Way> {
    let slowest = slowest(ways);
    match which {
        Which::All => around(ways.iter().collect(), slowest),
        Which::Slowest => {
            let sequence = slowest.map(|way| way.sequence);
            of(ways, sequence)
        }
        Which::Last => of(ways, ways.iter().map(|way| way.sequence).max()),
        Which::Replaced => {
            let replaced: Vec<&Way> = ways.iter().filter(|way| is_replaced(way)).collect();
            let slowest = replaced.iter().max_by_key(|way| way.took()).copied();
            around(replaced, slowest)
        }
    }
}

fn of(ways: &[Way], sequence: Option<u64>) -> Vec<&Way> {
    let of_it = ways.iter().filter(|way| Some(way.sequence) == sequence);
    of_it.take(MOST_ROWS).collect()
}

/// All of them, or those around this one, to the same watcher.
fn around<'a>(ways: Vec<&'a Way>, this: Option<&'a Way>) -> Vec<&'a Way> {
    if ways.len() <= MOST_ROWS {
        return ways;
    }
    let Some(this) = this else { return ways.into_iter().take(MOST_ROWS).collect() };
    let same: Vec<&Way> = ways.into_iter().filter(|way| way.watcher == this.watcher).collect();
    let place = same.iter().position(|way| way.sequence == this.sequence).unwrap_or(0);
    let first = place.saturating_sub(MOST_ROWS / 4).min(same.len().saturating_sub(MOST_ROWS));
    same.into_iter().skip(first).take(MOST_ROWS).collect()
}

fn is_replaced(way: &Way) -> bool {
    matches!(way.end, End::Replaced { .. })
}

/// The way that took longest, of those that came to their end.
fn slowest(ways: &[Way]) -> Option<&Way> {
    ways.iter().filter(|way| way.end == End::Read).max_by_key(|way| way.took())
}

/// What became of all positions for one watcher.
fn of_watcher(ways: &[Way], watcher: u64) -> Option<String> {
    let ways: Vec<&Way> = ways.iter().filter(|way| way.watcher == watcher).collect();
    let count = |has: &dyn Fn(&Way) -> bool| ways.iter().filter(|way| has(way)).count();
    let at = |place| count(&|way| is_replaced(way) && way.last_place() == Some(place));
    let read = count(&|way| way.end == End::Read);
    let writing = count(&|way| matches!(way.end, End::Replaced { writing: Some(_), .. }));
    let channel = match (at(Place::Channel), writing) {
        (0, _) => String::new(),
        (all, 0) => format!("{all} replaced in the watch channel"),
        (all, some) if some == all => {
            format!("{all} replaced in the watch channel, while an older one was being written")
        }
        (all, some) => format!(
            "{all} replaced in the watch channel, {some} of them while an older one was being written"
        ),
    };
    let some = |count: usize, what: &str| match count {
        0 => String::new(),
        count => format!("{count} {what}"),
    };
    let parts = [
        format!("{read} read"),
        channel,
        some(at(Place::Orders), "older than one that was there"),
        some(at(Place::Courier), "replaced at the courier"),
        some(count(&|way| way.end == End::TooEarly), "before it was there"),
        some(count(&|way| way.end == End::NotDelivered), "not delivered"),
        some(count(&|way| way.end == End::Unread), "not read before the end"),
        some(count(&|way| way.end == End::Unknown), "of which that is not known"),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let (all, parts) = (ways.len(), parts.join("; "));
    let positions = if all == 1 { "position" } else { "positions" };
    (all > 0).then(|| format!("Watcher {watcher}, of {all} {positions}: {parts}."))
}

fn of_slowest(way: &Way, is_shared: bool) -> String {
    let kinds = kinds(is_shared);
    let part = |(place, from, to): (Place, u64, u64)| {
        format!("{} {}", rounded(micros(to - from)), kinds[kind(place)])
    };
    let parts: Vec<String> = way.stages().map(part).collect();
    let (sequence, watcher, took) = (way.sequence, way.watcher, rounded(micros(way.took())));
    format!(
        "The slowest that was read, #{sequence} to {watcher}, took {took}: {}.",
        parts.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::super::station::{Log, Mark};
    use super::super::{Heard, Station};
    use super::*;

    /// So many positions, a second apart, of which a watcher reads every fourth.
    fn observed(positions: u64, watchers: u64) -> Observed {
        let (mut courier, mut instance) = (Log::default(), Log::default());
        let mark = |station, sequence, watcher, at_ms: u64| {
            let at_us = at_ms * 1_000;
            Mark { station, sequence, watcher, at_us }
        };
        for watcher in 1..=watchers {
            instance.add(mark(Station::Watches, 0, Some(watcher), 1), usize::MAX);
        }
        for sequence in 1..=positions {
            let begin = sequence * 1_000;
            courier.add(mark(Station::Sent, sequence, None, begin), usize::MAX);
            instance.add(mark(Station::Came, sequence, None, begin + 2), usize::MAX);
            instance.add(mark(Station::Taken, sequence, None, begin + 3), usize::MAX);
            for watcher in (1..=watchers).filter(|_| sequence % 4 == 0) {
                let of = Some(watcher);
                instance.add(mark(Station::Begun, sequence, of, begin + 4), usize::MAX);
                instance.add(mark(Station::Written, sequence, of, begin + 3_990), usize::MAX);
                let late = begin + 4_000 + sequence;
                courier.add(mark(Station::Read, sequence, of, late), usize::MAX);
            }
        }
        let heard = Some(Heard { is_shared: false, log: instance });
        let watchers = (1..=watchers).collect();
        Observed { courier, told: heard.clone(), watched: heard, watchers }
    }

    fn names(stages: &Stages) -> Vec<&str> {
        stages.rows.iter().map(|row| row.name.as_str()).collect()
    }

    #[test]
    fn it_is_told_what_became_of_all_and_how_the_slowest_came() {
        let drawn = picture(&observed(8, 1), Which::All).unwrap();
        let wanted = [
            "Each bar begins when the courier sent the position, or laid it out, and ends when \
             the watcher had read it, or when a newer one had taken its place.",
            "Watcher 1, of 8 positions: 2 read; 6 replaced in the watch channel, 2 of them while \
             an older one was being written.",
            "The slowest that was read, #8 to 1, took 4.0 s: 2.0 ms from the courier to an \
             instance, 1.0 ms in the instance, 1.0 ms in the watch channel, 4.0 s being written, \
             18 ms written, not read yet.",
        ];
        assert_eq!(drawn.sentences, wanted);
        let told: Vec<&str> = drawn.rows.iter().map(|row| row.told.as_str()).collect();
        let instead = ["#2", "#3", "#4", "", "#6", "#7", "#8", ""];
        let instead = instead.map(|by| match by {
            "" => "read".to_owned(),
            by => format!("{by} instead"),
        });
        assert_eq!(told, instead);
        assert_eq!(drawn.elapsed, Duration::from_millis(7_000 + 4_008));
    }

    #[test]
    fn those_are_drawn_that_are_wanted() {
        let observed = observed(8, 2);
        let drawn = |which| picture(&observed, which).unwrap();
        assert_eq!(drawn(Which::All).rows.len(), 16);
        assert_eq!(names(&drawn(Which::Slowest)), ["#8 to 1", "#8 to 2"]);
        assert_eq!(names(&drawn(Which::Last)), ["#8 to 1", "#8 to 2"]);
        let one = picture(&self::observed(8, 1), Which::Last).unwrap();
        assert_eq!(one.sentences[1], "1 of 8 ways is shown.");
        let replaced = drawn(Which::Replaced);
        assert_eq!(names(&replaced)[..3], ["#1 to 1", "#2 to 1", "#3 to 1"]);
        assert!(replaced.rows.iter().all(|row| row.end == stages::End::Replaced));
        assert!(replaced.sentences.contains(&"12 of 16 ways are shown.".to_owned()));
    }

    #[test]
    fn of_many_those_around_the_slowest_are_drawn() {
        let observed = observed(100, 2);
        let all = picture(&observed, Which::All).unwrap();
        let names = names(&all);
        assert_eq!((names.len(), names[0], names[19]), (20, "#81 to 2", "#100 to 2"));
        assert!(all.sentences.contains(&"20 of 200 ways are shown.".to_owned()));
        // Their time begins with the first of them.
        assert_eq!(all.rows[0].stages[0].from, Duration::ZERO);
        assert_eq!(all.elapsed, Duration::from_millis(19_000 + 4_100));
    }

    #[test]
    fn without_a_watcher_there_is_nothing_to_draw() {
        let drawn = picture(&observed(3, 0), Which::Slowest).unwrap();
        assert_eq!((drawn.rows.len(), drawn.elapsed), (0, Duration::ZERO));
        assert!(drawn.sentences[0].starts_with("Nobody watched"), "{drawn:?}");
    }
}
