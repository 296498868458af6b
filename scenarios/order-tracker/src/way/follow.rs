//! What became of each position, for each watcher, from what the programs have noted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Station;
use super::station::{AT_ONCE, Log};

/// What an instance tells.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Heard {
    /// Whether its orders are in Redis.
    pub(crate) is_shared: bool,
    pub(crate) log: Log,
}

/// All that is known of one ride.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Observed {
    /// Of the courier and its watchers.
    pub(crate) courier: Log,
    /// Of the instance that the courier tells; none if it does not tell us.
    pub(crate) told: Option<Heard>,
    /// Of the one where its watchers are.
    pub(crate) watched: Option<Heard>,
    /// What the watchers are called.
    pub(crate) watchers: Vec<u64>,
}

/// One position's way to one watcher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) sequence: u64,
    pub(crate) watcher: u64,
    /// When it set out: microseconds since 1970.
    pub(crate) from: u64,
    /// Where it was from then on, one after the other, each until this moment.
    pub(crate) stays: Vec<(Place, u64)>,
    pub(crate) end: End,
}

/// Where a position is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// With the courier, or between it and the instance that it tells.
    Courier,
    /// From the instance that has read it to the one that has the watcher: at Redis, or
    /// inside of the one instance.
    Orders,
    /// In the `watch` channel, where it waits for the watcher's turn.
    Channel,
    /// Being written to the watcher's socket.
    Writing,
    /// Written, and not read by the watcher.
    Sockets,
    /// Nobody has told.
    Unknown,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Read,
    /// A newer one took its place, where it was then. `writing` is the one that was just
    /// being written to this watcher's socket.
    Replaced {
        by: Option<u64>,
        writing: Option<u64>,
    },
    /// The same before this watcher was there.
    TooEarly,
    /// The courier had no good answer to it.
    NotDelivered,
    /// It was written, and the watcher did not read it before the end of the run.
    Unread,
    Unknown,
}

/// Notes that contradict each other: something is seen before it can have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unclear {
    pub(crate) sequence: u64,
}

impl fmt::Display for Unclear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sequence = self.sequence;
        write!(f, "#{sequence} was seen before it can have been there: their clocks are not one")
    }
}

impl Way {
    pub(crate) fn to(&self) -> u64 {
        self.stays.last().map_or(self.from, |(_, to)| *to)
    }

    pub(crate) fn took(&self) -> u64 {
        self.to() - self.from
    }

    /// Each place, from when to when.
    pub(crate) fn stages(&self) -> impl Iterator<Item = (Place, u64, u64)> {
        let begins = std::iter::once(self.from).chain(self.stays.iter().map(|(_, to)| *to));
        begins.zip(&self.stays).map(|(from, (place, to))| (*place, from, *to))
    }

    /// Where it was at its end.
    pub(crate) fn last_place(&self) -> Option<Place> {
        self.stays.last().map(|(place, _)| *place)
    }
}

/// The way of each position that the courier has set out with, to each watcher.
pub(crate) fn follow(observed: &Observed) -> Result<Vec<Way>, Unclear> {
    let courier = Seen::of(&observed.courier);
    let told = observed.told.as_ref().map(Seen::of_instance);
    let watched = observed.watched.as_ref().map(Seen::of_instance);
    let mut ways = Vec::new();
    for watcher in &observed.watchers {
        for (sequence, from) in courier.set_out() {
            // Of what was before this, an instance may have forgotten something.
            let known = |seen: &Option<Seen>| seen.as_ref().is_some_and(|it| !it.forgot(from));
            let walk = Walk {
                courier: &courier,
                told: told.as_ref().filter(|_| known(&told)),
                watched: watched.as_ref().filter(|_| known(&watched)),
                way: Way {
                    sequence,
                    watcher: *watcher,
                    from,
                    stays: Vec::new(),
                    end: End::Unknown,
                },
            };
            ways.push(walk.finish()?);
        }
    }
    Ok(ways)
}

/// The first moment at which each thing was seen.
struct Seen {
    first: BTreeMap<(u64, Station, Option<u64>), u64>,
    is_shared: bool,
    forgotten: Option<u64>,
}

impl Seen {
    fn of(log: &Log) -> Self {
        let mut first = BTreeMap::new();
        for mark in &log.marks {
            let at = first.entry((mark.sequence, mark.station, mark.watcher));
            let at = at.or_insert(mark.at_us);
            *at = mark.at_us.min(*at);
        }
        Self { first, is_shared: false, forgotten: log.forgotten_us }
    }

    fn of_instance(heard: &Heard) -> Self {
        Self { is_shared: heard.is_shared, ..Self::of(&heard.log) }
    }

    fn forgot(&self, from: u64) -> bool {
        self.forgotten.is_some_and(|until| until.saturating_add(AT_ONCE) >= from)
    }

    fn at(&self, station: Station, sequence: u64) -> Option<u64> {
        self.first.get(&(sequence, station, None)).copied()
    }

    fn at_watcher(&self, station: Station, sequence: u64, watcher: u64) -> Option<u64> {
        self.first.get(&(sequence, station, Some(watcher))).copied()
    }

    /// All positions with which a courier set out, and when.
    fn set_out(&self) -> Vec<(u64, u64)> {
        let sequences: BTreeSet<u64> = self.first.keys().map(|(sequence, ..)| *sequence).collect();
        let from =
            |it: &u64| self.at(Station::Sent, *it).or_else(|| self.at(Station::LaidOut, *it));
        sequences.iter().filter_map(|it| Some((*it, from(it)?))).collect()
    }

    /// When this watcher could see it: as all could, or as the only one, where each of
    /// them hears of it apart.
    fn visible(&self, sequence: u64, watcher: u64) -> Option<u64> {
        self.at_any(self.shown(), sequence, watcher)
    }

    /// By what watchers can see a position.
    fn shown(&self) -> Station {
        if self.is_shared { Station::Heard } else { Station::Taken }
    }

    fn at_any(&self, station: Station, sequence: u64, watcher: u64) -> Option<u64> {
        let of_all = self.at(station, sequence);
        of_all.or_else(|| self.at_watcher(station, sequence, watcher))
    }

    /// The first newer one that was seen there from this moment on, by all or by this
    /// watcher.
    fn next(
        &self,
        station: Station,
        sequence: u64,
        from: u64,
        watcher: Option<u64>,
    ) -> Option<(u64, u64)> {
        let newer = self.first.iter().filter(|((newer, kind, by), at)| {
            let is_its = by.is_none() || *by == watcher;
            *newer > sequence && *kind == station && is_its && **at >= from
        });
        newer.map(|((newer, ..), at)| (*newer, *at)).min_by_key(|(_, at)| *at)
    }

    /// The newest that was so seen up to this moment, if it is newer.
    fn newest(
        &self,
        station: Station,
        sequence: u64,
        until: u64,
        watcher: Option<u64>,
    ) -> Option<u64> {
        let newer = self.first.iter().filter(|((newer, kind, by), at)| {
            let is_its = by.is_none() || *by == watcher;
            *newer > sequence && *kind == station && is_its && **at <= until
        });
        newer.map(|((newer, ..), _)| *newer).max()
    }

    /// The one that was being written to this watcher then.
    fn writing(&self, watcher: u64, moment: u64) -> Option<u64> {
        let begun = self.first.iter().filter(|((_, kind, to), at)| {
            *kind == Station::Begun && *to == Some(watcher) && **at <= moment
        });
        let newest = begun.max_by_key(|(_, at)| **at).map(|((sequence, ..), _)| *sequence)?;
        let written = self.at_watcher(Station::Written, newest, watcher);
        written.is_none_or(|written| written >= moment).then_some(newest)
    }
}

struct Walk<'a> {
    courier: &'a Seen,
    told: Option<&'a Seen>,
    watched: Option<&'a Seen>,
    way: Way,
}

impl Walk<'_> {
    fn finish(mut self) -> Result<Way, Unclear> {
        self.way.end = match self.reach_orders()? {
            Some(end) => end,
            None => self.reach_watcher()?,
        };
        Ok(self.way)
    }

    /// It was in this place until then.
    fn stay(&mut self, place: Place, until: u64) -> Result<(), Unclear> {
        let at = self.way.to();
        if until.saturating_add(AT_ONCE) < at {
            return Err(Unclear { sequence: self.way.sequence });
        }
        if until > at {
            self.way.stays.push((place, until));
        }
        Ok(())
    }

    /// From the courier to where orders are kept; gives how it ended, if it did so there.
    fn reach_orders(&mut self) -> Result<Option<End>, Unclear> {
        let sequence = self.way.sequence;
        let Some(told) = self.told else { return Ok(None) };
        let Some(came) = told.at(Station::Came, sequence) else {
            return self.end_at_courier().map(Some);
        };
        self.stay(Place::Courier, came)?;
        // The same one may be told again, and is no newer than itself.
        let was_taken = told.at(Station::Taken, sequence).is_some();
        match told.at(Station::Older, sequence).filter(|_| !was_taken) {
            Some(older) => {
                self.stay(Place::Orders, older)?;
                let by = told.newest(Station::Taken, sequence, older, None);
                Ok(Some(End::Replaced { by, writing: None }))
            }
            None => Ok(None),
        }
    }

    /// No instance has read it.
    fn end_at_courier(&mut self) -> Result<End, Unclear> {
        let Way { sequence, from, .. } = self.way;
        if let Some(failed) = self.courier.at(Station::NotDelivered, sequence) {
            self.stay(Place::Courier, failed)?;
            return Ok(End::NotDelivered);
        }
        let is_told = self.courier.at(Station::Told, sequence).is_some();
        let newer = self.courier.next(Station::LaidOut, sequence, from, None);
        match newer.filter(|_| !is_told) {
            Some((newer, at)) => {
                self.stay(Place::Courier, at)?;
                Ok(End::Replaced { by: Some(newer), writing: None })
            }
            None => Ok(End::Unknown),
        }
    }

    /// From where orders are kept to the watcher.
    fn reach_watcher(&mut self) -> Result<End, Unclear> {
        let Way { sequence, watcher, .. } = self.way;
        let read = self.courier.at_watcher(Station::Read, sequence, watcher);
        let Some(watched) = self.watched else { return self.unseen(read) };
        let begun = watched.at_watcher(Station::Begun, sequence, watcher);
        let Some(visible) = watched.visible(sequence, watcher) else {
            return match begun {
                None => self.never_visible(watched, read),
                Some(begun) => {
                    self.stay(Place::Unknown, begun)?;
                    self.in_socket(watched, read)
                }
            };
        };
        // Who is told that it is taken may be told later than others hear of it.
        self.stay(if self.told.is_some() { Place::Orders } else { Place::Unknown }, visible)?;
        match begun {
            Some(begun) => {
                self.stay(Place::Channel, begun)?;
                self.in_socket(watched, read)
            }
            None if read.is_some() => self.unseen(read),
            None => self.in_channel(watched, visible),
        }
    }

    fn unseen(&mut self, read: Option<u64>) -> Result<End, Unclear> {
        let Some(read) = read else { return Ok(End::Unknown) };
        self.stay(Place::Unknown, read)?;
        Ok(End::Read)
    }

    /// The instance of the watcher did not hear of it as of something new.
    fn never_visible(&mut self, watched: &Seen, read: Option<u64>) -> Result<End, Unclear> {
        let Way { sequence, watcher, .. } = self.way;
        if let Some(again) = watched.at_any(Station::HeardAgain, sequence, watcher) {
            self.stay(Place::Orders, again)?;
            let by = watched.newest(Station::Heard, sequence, again, Some(watcher));
            return Ok(End::Replaced { by, writing: None });
        }
        let watches = watched.at_watcher(Station::Watches, 0, watcher);
        let taken = self.told.and_then(|told| told.at(Station::Taken, sequence));
        match (read, watches, taken) {
            (None, Some(watches), Some(taken)) if taken < watches => {
                self.stay(Place::Orders, taken)?;
                Ok(End::TooEarly)
            }
            _ => self.unseen(read),
        }
    }

    /// It was never begun to be written to this watcher.
    fn in_channel(&mut self, watched: &Seen, visible: u64) -> Result<End, Unclear> {
        let Way { sequence, watcher, .. } = self.way;
        let newer = watched.next(watched.shown(), sequence, visible, Some(watcher));
        let watches = watched.at_watcher(Station::Watches, 0, watcher);
        let (Some((newer, at)), Some(watches)) = (newer, watches) else {
            return Ok(End::Unknown);
        };
        self.stay(Place::Channel, at)?;
        if at < watches {
            return Ok(End::TooEarly);
        }
        Ok(End::Replaced { by: Some(newer), writing: watched.writing(watcher, at) })
    }

    fn in_socket(&mut self, watched: &Seen, read: Option<u64>) -> Result<End, Unclear> {
        let Way { sequence, watcher, .. } = self.way;
        let written = watched.at_watcher(Station::Written, sequence, watcher);
        match (written, read) {
            (written, Some(read)) => {
                // Who reads it may be quicker than who has written it to go on.
                self.stay(Place::Writing, written.unwrap_or(read).min(read))?;
                self.stay(Place::Sockets, read)?;
                Ok(End::Read)
            }
            (Some(written), None) => {
                self.stay(Place::Writing, written)?;
                Ok(End::Unread)
            }
            (None, None) => Ok(End::Unknown),
        }
    }
}

#[cfg(test)]
mod tests;
