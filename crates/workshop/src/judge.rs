//! What was seen of a program, and the rules that most exercises share.

use std::time::Duration;

use delay_server::Visit;
use harness::Report;
use harness::text::harmless;
use lens::Recording;
use lens::recording::{Lane, Outcome, Stretch};
use lens::time::rounded;

use crate::exercise::Trial;

/// Everything that is known of a program that came to its end by itself.
pub struct Seen {
    /// What it was run with.
    pub trial: &'static Trial,
    /// What it recorded.
    pub report: Report,
    /// What the server saw, in the order of arrival.
    pub visits: Vec<Visit>,
    /// The end of what it printed on stdout.
    pub stdout: String,
}

/// Why a program is not right yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// What was seen instead of what was asked for.
    pub seen: String,
}

impl Wrong {
    /// This was seen. Much of it is a program's own words, and made harmless here.
    pub fn seen(seen: impl Into<String>) -> Self {
        Self { seen: harmless(&seen.into()).into_owned() }
    }
}

impl Seen {
    /// What the requesters did.
    pub fn recording(&self) -> &Recording {
        &self.report.recording
    }

    /// The lanes in the order in which they were made.
    pub fn lanes(&self) -> &[Lane] {
        &self.report.recording.lanes
    }

    /// What the server saw of the requests for so many seconds, as they were written.
    pub fn visits_for<'a>(&'a self, seconds: &'a str) -> impl Iterator<Item = &'a Visit> {
        self.visits.iter().filter(move |visit| asks_for(visit, seconds))
    }

    /// Each of these delays was asked for once, by R1, R2 … in turn, and all of them
    /// have their replies.
    pub fn each_answered_once(&self, seconds: &[&str]) -> Result<(), Wrong> {
        for (seconds, number) in seconds.iter().zip(1..) {
            self.got_its_reply(&format!("R{number}"), seconds)?;
        }
        self.nothing_else(seconds.len())?;
        self.all_requesters_are_done()
    }

    /// The server refused nobody.
    pub fn nobody_is_refused(&self) -> Result<(), Wrong> {
        let refused = self.visits.iter().find_map(|visit| visit.refused());
        refused.map_or(Ok(()), |status| {
            Err(Wrong::seen(format!("the server refused a request with {status}")))
        })
    }

    /// The server was asked for no more than these.
    pub fn nothing_else(&self, wanted: usize) -> Result<(), Wrong> {
        match self.visits.len() {
            visits if visits <= wanted => Ok(()),
            visits => Err(Wrong::seen(format!("the server was asked {visits} times"))),
        }
    }

    /// This requester asked for so many seconds once, the server answered, and it has
    /// the reply.
    pub fn got_its_reply(&self, name: &str, seconds: &str) -> Result<(), Wrong> {
        if !self.asked_for_once(name, seconds)?.is_answered() {
            return Err(Wrong::seen(format!("{name} left before the server answered")));
        }
        self.has_it(name)
    }

    /// This requester asked for so many seconds once, whatever became of that.
    pub fn asked_for_once<'a>(&'a self, name: &str, seconds: &'a str) -> Result<&'a Visit, Wrong> {
        let visits: Vec<&Visit> = self.visits_for(seconds).collect();
        match visits.as_slice() {
            [] => Err(self.never_asked_for(name)),
            [one] => Ok(one),
            more => Err(Wrong::seen(format!("{name} was asked for {} times", more.len()))),
        }
    }

    /// What this requester asked for was taken, as far as is known: a reply may be taken
    /// outside of its span, such as in a task that it has spawned. Then nobody says how
    /// it ends, and one that was polled again passes for one that was dropped.
    pub(crate) fn has_it(&self, name: &str) -> Result<(), Wrong> {
        let well = |lane: &Lane| match lane.outcome {
            Outcome::Done | Outcome::Ended => true,
            Outcome::Dropped => lane.polls > 1,
            Outcome::Failed | Outcome::Unfinished => false,
        };
        let mut lanes = self.lanes().iter().filter(|lane| lane.name == name).peekable();
        if lanes.peek().is_none() || lanes.any(well) {
            return Ok(());
        }
        Err(Wrong::seen(format!("{name} has not got what it asked for")))
    }

    fn never_asked_for(&self, name: &str) -> Wrong {
        let made = self.lanes().iter().any(|lane| lane.name == name && lane.started.is_none());
        let seen = if made { "was made, and never ran" } else { "was never asked for" };
        Wrong::seen(format!("{name} {seen}"))
    }

    /// Every requester has what it asked for.
    pub fn all_requesters_are_done(&self) -> Result<(), Wrong> {
        self.lanes().iter().try_for_each(|lane| self.has_it(&lane.name))
    }

    /// The server had so many requests waiting at the same time.
    pub fn at_once(&self, wanted: usize) -> Result<(), Wrong> {
        let most = self.most_at_once();
        if most >= wanted {
            return Ok(());
        }
        let mut seen = format!("at most {most} at once");
        let after = self
            .visits
            .windows(2)
            .zip(1..)
            .find(|(pair, _)| pair[0].ended.is_some_and(|ended| ended <= pair[1].arrived));
        if let Some((_, number)) = after {
            let (before, after) = (self.name_of(number - 1), self.name_of(number));
            seen += &format!(": {after} was asked for when {before} had ended");
        }
        Err(Wrong::seen(seen))
    }

    /// How many requests the server had waiting at the same time, at most.
    pub fn most_at_once(&self) -> usize {
        let at = |one: &Visit| self.visits.iter().filter(|it| it.is_there(one.arrived)).count();
        self.visits.iter().map(at).max().unwrap_or_default()
    }

    /// The requester whose request was the one that arrived as this number, from 0. Of
    /// several who ask for the same, the first to be made is taken for the first to ask.
    pub fn name_of(&self, visit: usize) -> String {
        let Some(it) = self.visits.get(visit) else { return "one".to_owned() };
        let before = self.visits[..visit].iter().filter(|other| other.target == it.target).count();
        let asks = |lane: &&Lane| lane.asks.as_deref().is_some_and(|url| url.ends_with(&it.target));
        let lane = self.lanes().iter().filter(asks).nth(before);
        lane.map_or_else(|| "one".to_owned(), |lane| lane.name.clone())
    }

    /// The last number that it printed before this word, as it stands there.
    pub fn number_before(&self, word: &str) -> Option<&str> {
        let words = self.stdout.split(|letter: char| !letter.is_alphanumeric());
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        let mut before = words.windows(2).filter(|pair| pair[1] == word).map(|pair| pair[0]);
        before.rfind(|number| number.parse::<u32>().is_ok())
    }

    /// The last number that it printed next to this word, before it or behind it, such as
    /// `4 left` or `Left: 4`.
    pub fn number_beside(&self, word: &str) -> Option<&str> {
        self.stdout.lines().rev().find_map(|line| number_beside(line, word))
    }

    /// It said, at last, that its result is this.
    pub fn results_in(&self, wanted: &str) -> Result<(), Wrong> {
        let said = self.stdout.lines().filter_map(|line| line.strip_prefix("Result: ")).next_back();
        match said {
            Some(result) if result == wanted => Ok(()),
            Some(result) => Err(Wrong::seen(format!("the result was {result}"))),
            None => Err(Wrong::seen("it had no result")),
        }
    }

    /// The requesters held no more than one thread, all of them together.
    pub fn on_one_thread(&self) -> Result<(), Wrong> {
        match self.recording().figures.threads {
            0 | 1 => Ok(()),
            threads => Err(Wrong::seen(format!("the requests were made on {threads} threads"))),
        }
    }

    /// Nobody held the event loop's thread for long.
    pub fn nobody_blocks(&self) -> Result<(), Wrong> {
        let mut blocked = self.recording().blocked.iter();
        let Some(held) = blocked.find(|held| held.own_time() >= TOO_LONG) else { return Ok(()) };
        let (name, time) = (self.recording().called(held.lane), rounded(held.time()));
        let what = self.recording().event_loop_called(held.thread);
        Err(Wrong::seen(format!("{name} held {what} for {time}")))
    }
}

/// Whether it asked for so many seconds, as they were written.
pub(crate) fn asks_for(visit: &Visit, seconds: &str) -> bool {
    visit.target.split_once("?seconds=").is_some_and(|(_, asked)| asked == seconds)
}

/// What a request's query has under this name, such as `3` of `…?seconds=2&position=3`.
pub(crate) fn part<'a>(visit: &'a Visit, name: &str) -> Option<&'a str> {
    let mut parts = visit.target.split_once('?')?.1.split('&').filter_map(|it| it.split_once('='));
    parts.find_map(|(key, value)| (key == name).then_some(value))
}

/// The number that is in a line next to this word, in whatever case: before it with
/// nothing but a space between, or else behind it, where a colon may stand.
fn number_beside<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    let ends = |letter: char| letter.is_whitespace() || ",.;!()'\"".contains(letter);
    let words: Vec<&str> = line.split_whitespace().collect();
    let is_number = |it: &&str| it.parse::<u32>().is_ok();
    let is_word = |it: &str| it.trim_matches(|c| ends(c) || c == ':').eq_ignore_ascii_case(word);
    (0..words.len()).rev().filter(|place| is_word(words[*place])).find_map(|place| {
        let before = place.checked_sub(1).map(|before| words[before].trim_start_matches(ends));
        let behind = words[place + 1..].first().map(|behind| behind.trim_matches(ends));
        before.filter(is_number).or(behind.filter(is_number))
    })
}

/// Why a program had not come to its end, by the recording of what it did so far.
pub fn stuck(recording: &Recording) -> String {
    // One that has said that it failed may go on all the same.
    let unfinished: Vec<&Lane> =
        recording.lanes.iter().filter(|lane| lane.ended.is_none()).collect();
    // A stretch that has not ended goes on until the end of the recording. One that has
    // begun only just may be any poll of many.
    let goes_on = |stretch: &&Stretch| {
        let time = stretch.to.saturating_sub(stretch.from);
        stretch.to >= recording.elapsed && stretch.polls == 1 && time >= Duration::from_secs(1)
    };
    let name = |lane: &Lane| recording.called(lane.number);
    if let Some((lane, stretch)) =
        unfinished.iter().find_map(|lane| Some((lane, lane.stretches.iter().find(goes_on)?)))
    {
        let time = rounded(stretch.to.saturating_sub(stretch.from));
        let what = match stretch.on_loop {
            true => recording.event_loop_called(stretch.thread),
            false => "its thread".to_owned(),
        };
        let held = format!("{} held {what} for {time}, and had not let go of it", name(lane));
        // Who keeps an event loop keeps all from going on, and these may be another matter.
        let waits = |it: &&&Lane| !stretch.on_loop && !it.stretches.iter().any(|it| goes_on(&it));
        let waiting: Vec<String> = unfinished.iter().filter(waits).map(|lane| name(lane)).collect();
        return match waiting.as_slice() {
            [] => held,
            some => format!("{held}; {} still waited", listed(some)),
        };
    }
    if let Some(busy) = unfinished.iter().find(|lane| lane.polls >= MANY_POLLS) {
        return format!("{} was polled {} times, and was not done", name(busy), busy.polls);
    }
    let names: Vec<String> = unfinished.iter().map(|lane| name(lane)).collect();
    if names.is_empty() {
        return "no requester was under way any more, and the program went on".to_owned();
    }
    let all = listed(&names);
    format!("{all} still waited, and held no thread")
}

/// These names in a sentence; of many, the first and how many others.
pub fn listed(names: &[String]) -> String {
    match names {
        [one] => one.clone(),
        [first @ .., last] if names.len() <= MOST_NAMES => {
            format!("{} and {last}", first.join(", "))
        }
        many => {
            let (told, others) = many.split_at(many.len().min(MOST_NAMES - 1));
            format!("{} and {} others", told.join(", "), others.len())
        }
    }
}

const MOST_NAMES: usize = 5;

/// What holds an event loop for longer blocks it, also on a machine that has much else
/// to do. What is tried here holds it for many times as long, or for a millisecond.
const TOO_LONG: Duration = Duration::from_millis(50);

/// Who is polled so often in a run of seconds does not wait.
const MANY_POLLS: u64 = 1_000;

#[cfg(test)]
mod tests {
    use super::number_beside;

    #[test]
    fn a_number_stands_before_a_word_or_behind_it() {
        let left = |line| number_beside(line, "left");
        for one in ["1 left", "Tickets left: 1", "Sold: 3, left: 1", "3 sold, 1 left.", "(1 left)"]
        {
            assert_eq!(left(one), Some("1"), "{one}");
        }
        for none in ["", "left", "1 ticket", "none left", "1, leftover 2", "3 sold, left"] {
            assert_eq!(left(none), None, "{none}");
        }
    }
}
