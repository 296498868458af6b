//! What a server did with the requests of a client, in one recording of what both of
//! them recorded.
//!
//! A server knows nothing of a request that it has not read, and its client nothing of
//! what becomes of one that it has sent. Together they know both: the lanes of the
//! [joined](join) recording are the server's, and each begins when its client asked.
//!
//! Which lanes are one request is told by a [`TraceParent`], which the client has in the
//! field `traceparent` of its span and sends as the header of that name, and the server
//! has in that field of its own. How their times lie to each other is told by the system's
//! clock: it has to be the same for both.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::TraceParent;
use crate::label::{LONGEST_NAME, cut};
use crate::recording::{
    Begins, Held, Inner, Lane, Outcome, Place, Recording, Stretch, Thread, optional_seconds,
    seconds,
};

/// No recording is as long, and none was made so many seconds after 1970.
const LONGEST: Duration = Duration::from_secs(100_000_000_000);

/// Times that were written as a number of seconds and read again are as close as this.
const CLOSE: Duration = Duration::from_micros(1);

/// What two programs read from the system's clock at the same moment is as close as this.
const AT_ONCE: Duration = Duration::from_millis(1);

/// A recording, and when it was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dated {
    /// When it began, by the system's clock: seconds since 1970.
    #[serde(rename = "began_s", with = "seconds")]
    pub began: Duration,
    /// What was recorded from then on.
    pub recording: Recording,
    /// What it does not tell any more; left out if it tells all.
    #[serde(default, skip_serializing_if = "Forgotten::is_nothing")]
    pub forgotten: Forgotten,
}

/// What a recording [of one trace](crate::Lens::recording_of) does not tell any more, since
/// its memory is bounded: times from its beginning, before which something may be missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forgotten {
    /// When the newest request was read of which it has no lane any more.
    #[serde(
        rename = "lanes_s",
        default,
        with = "optional_seconds",
        skip_serializing_if = "Option::is_none"
    )]
    pub lanes: Option<Duration>,
    /// When the newest stretch ended that held an event loop for long, and of which it
    /// does not tell any more.
    #[serde(
        rename = "blocks_s",
        default,
        with = "optional_seconds",
        skip_serializing_if = "Option::is_none"
    )]
    pub blocks: Option<Duration>,
}

impl Forgotten {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl Dated {
    /// When it was taken, by the system's clock: since 1970.
    pub fn taken(&self) -> Duration {
        self.began.saturating_add(self.recording.elapsed)
    }
}

/// Why two recordings cannot be joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unjoined {
    /// The server's is none that there can be.
    Unsound,
    /// So many requests are not in the server's, and it may have read them.
    Missing(usize),
    /// The server's does not tell any more who held its event loop meanwhile.
    Forgotten,
}

impl fmt::Display for Unjoined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsound => f.write_str("its recording is none that there can be"),
            Self::Missing(1) => f.write_str("its recording does not hold one of the requests"),
            Self::Missing(more) => write!(f, "its recording does not hold {more} of the requests"),
            Self::Forgotten => {
                f.write_str("it does not know any more who held its event loop meanwhile")
            }
        }
    }
}

impl std::error::Error for Unjoined {}

/// The server's lanes of the requests that this client asked for, each from then on. One
/// that the server had not read is among them, and so is whoever else held its event
/// loop for long meanwhile, by a name that says that it is another's.
///
/// The server's recording may come from anywhere: of its texts as much is taken as a
/// picture has room for.
pub fn join(client: &Dated, server: &Dated) -> Result<Recording, Unjoined> {
    if server.began > LONGEST || !is_sound(server) {
        return Err(Unjoined::Unsound);
    }
    if forgot(client, server, server.forgotten.blocks) {
        return Err(Unjoined::Forgotten);
    }
    let mut joining = Joining::new(client, server);
    let missing = joining.add_those_of_client();
    if missing > 0 {
        return Err(Unjoined::Missing(missing));
    }
    Ok(joining.recording())
}

/// Whether what the server does not tell up to this moment may be of when its client came,
/// or later.
fn forgot(client: &Dated, server: &Dated, until: Option<Duration>) -> bool {
    until.is_some_and(|until| server.began + until + AT_ONCE > client.began)
}

/// A span that was kept entered while the server's event loop slept, with its client there
/// or later. The newest alone is known, and may hide another.
fn across_await<'a>(client: &Dated, server: &'a Dated) -> Option<&'a Held> {
    let held = server.recording.across_await.as_ref();
    held.filter(|held| server.began + held.to > client.began)
}

struct Joining<'a> {
    client: &'a Dated,
    server: &'a Dated,
    of_trace: HashMap<TraceParent, &'a Lane>,
    /// Who else held an event loop for long while the client was there, by number.
    others: HashSet<usize>,
    /// The beginning of the joined recording, on the system's clock.
    zero: Duration,
    /// Lanes, and their numbers at the server.
    lanes: Vec<(Option<usize>, Lane)>,
}

impl<'a> Joining<'a> {
    fn new(client: &'a Dated, server: &'a Dated) -> Self {
        let theirs = &server.recording;
        let mut of_trace = HashMap::new();
        for lane in &theirs.lanes {
            if let Some(trace) = lane.trace {
                of_trace.entry(trace).or_insert(lane);
            }
        }
        let asked = client.recording.lanes.iter().filter_map(|lane| of_trace.get(&lane.trace?));
        let asked: HashSet<usize> = asked.map(|lane| lane.number).collect();
        let meanwhile = |held: &&Held| {
            server.began + held.to > client.began && server.began + held.from < client.taken()
        };
        let others = theirs.blocked.iter().filter(meanwhile).chain(across_await(client, server));
        let others = others.map(|held| held.lane);
        let others: HashSet<usize> = others.filter(|lane| !asked.contains(lane)).collect();
        let made = others.iter().filter_map(|number| theirs.lane(*number));
        let first = made.map(|lane| server.began + lane.created).min();
        let zero = first.map_or(client.began, |first| first.min(client.began));
        Self { client, server, of_trace, others, zero, lanes: Vec::new() }
    }

    fn at_client(&self, moment: Duration) -> Duration {
        self.client.began + moment - self.zero
    }

    fn at_server(&self, moment: Duration) -> Duration {
        (self.server.began + moment).saturating_sub(self.zero)
    }

    /// Gives how many the server has no lane of, and may have read.
    fn add_those_of_client(&mut self) -> usize {
        let forgot = forgot(self.client, self.server, self.server.forgotten.lanes);
        let mut missing = 0;
        for asked in &self.client.recording.lanes {
            let answered = asked.trace.and_then(|trace| self.of_trace.get(&trace).copied());
            match answered {
                Some(answered) => {
                    self.lanes.push((Some(answered.number), self.both(asked, answered)))
                }
                None if forgot || asked.outcome == Outcome::Done => missing += 1,
                None => self.lanes.push((None, self.unread(asked))),
            }
        }
        missing
    }

    fn both(&self, asked: &Lane, answered: &Lane) -> Lane {
        let created = self.at_client(asked.created);
        let had_answer = asked.ended.filter(|_| asked.outcome == Outcome::Done);
        let had_answer = had_answer.map(|ended| self.at_client(ended));
        let done = answered.ended.or(answered.said).map(|it| self.at_server(it).max(created));
        // Its span may be open for a moment more than it takes to answer.
        let ended = match had_answer {
            Some(had) => Some(done.unwrap_or_default().max(had)),
            None => done,
        };
        let lane = self.of_server(answered, created);
        Lane { name: asked.name.clone(), asks: asked.asks.clone(), created, ended, ..lane }
    }

    /// A lane of the server, in which nothing happens before it is made at this moment.
    fn of_server(&self, lane: &Lane, created: Duration) -> Lane {
        let at = |moment: Duration| self.at_server(moment).max(created);
        let stretch = |it: &Stretch| Stretch { from: at(it.from), to: at(it.to), ..*it };
        Lane {
            number: 0,
            name: cut(&lane.name, LONGEST_NAME).into(),
            asks: lane.asks.as_deref().map(|asks| cut(asks, LONGEST_NAME).into()),
            trace: lane.trace,
            place: lane.place.as_deref().map(short),
            parent: None,
            outcome: lane.outcome,
            future: lane.future,
            created,
            read: Some(at(lane.created)),
            started: lane.started.map(at),
            said: lane.said.map(at),
            ended: lane.ended.map(at),
            held: lane.held,
            longest: lane.longest,
            polls: lane.polls,
            stretches: lane.stretches.iter().map(stretch).collect(),
        }
    }

    fn unread(&self, asked: &Lane) -> Lane {
        Lane {
            parent: None,
            created: self.at_client(asked.created),
            read: None,
            started: None,
            said: None,
            ended: asked.ended.map(|ended| self.at_client(ended)),
            held: Duration::ZERO,
            longest: Duration::ZERO,
            polls: 0,
            stretches: Vec::new(),
            ..asked.clone()
        }
    }

    fn recording(mut self) -> Recording {
        let theirs = &self.server.recording;
        let own = self.client.recording.lanes.iter().filter_map(|lane| lane.trace);
        let own: HashSet<_> = own.map(|it| it.trace).collect();
        for number in &self.others {
            if let Some(lane) = theirs.lane(*number) {
                let mut other = self.of_server(lane, self.at_server(lane.created));
                // A client that sends a request again has two lanes of it.
                if !lane.trace.is_some_and(|it| own.contains(&it.trace)) {
                    // Where there is no room, a name is cut at its end.
                    other.name.insert_str(0, "another's ");
                }
                self.lanes.push((Some(*number), other));
            }
        }
        self.lanes.sort_by_key(|(_, lane)| lane.created);
        let numbers = self.lanes.iter().enumerate();
        let numbers: HashMap<usize, usize> =
            numbers.filter_map(|(new, (old, _))| Some(((*old)?, new))).collect();
        let blocked = theirs.blocked.iter().filter_map(|held| self.held(held, &numbers));
        let blocked: Vec<Held> = blocked.collect();
        let across_await = across_await(self.client, self.server);
        let across_await = across_await.and_then(|held| self.held(held, &numbers));

        let elapsed = self.at_client(self.client.recording.elapsed);
        let lanes: Vec<Lane> = self.lanes.into_iter().map(|(_, lane)| lane).collect();
        let last = |lane: &Lane| lane.stretches.iter().map(|it| it.to).chain(lane.ended).max();
        let elapsed = lanes.iter().filter_map(last).fold(elapsed, Duration::max);
        let mut recording = Recording::of_lanes(elapsed, threads(theirs), lanes);
        (recording.begins, recording.blocked) = (Begins::Asked, blocked);
        recording.across_await = across_await;
        recording.of_its_lanes()
    }

    /// One that the server's recording lists: there it is known what the system kept.
    fn held(&self, held: &Held, numbers: &HashMap<usize, usize>) -> Option<Held> {
        let Place { span, after, before } = &held.place;
        let [span, after, before] = [span, after, before].map(|it| it.as_deref().map(short));
        let inner = held.inner.as_ref();
        Some(Held {
            lane: *numbers.get(&held.lane)?,
            inner: inner
                .and_then(|it| Some(Inner { lane: *numbers.get(&it.lane)?, held: it.held })),
            thread: held.thread,
            from: self.at_server(held.from),
            to: self.at_server(held.to),
            core_wait: held.core_wait,
            place: Place { span, after, before },
        })
    }
}

fn threads(recording: &Recording) -> Vec<Thread> {
    let threads = recording.threads.iter();
    threads.map(|thread| Thread { name: short(&thread.name), ..thread.clone() }).collect()
}

fn short(text: &str) -> String {
    cut(text, LONGEST_NAME).into()
}

/// Whether there can be such a recording: nothing in it is later than its end, or ends
/// before it begins.
fn is_sound(Dated { recording, forgotten, .. }: &Dated) -> bool {
    let end = recording.elapsed.saturating_add(CLOSE);
    let within = |from: Duration, to: Duration| from <= to.saturating_add(CLOSE) && to <= end;
    let sound_lane = |lane: &Lane| {
        let moments = [lane.started, lane.said, lane.ended];
        let stretch = |it: &Stretch| within(it.from, it.to) && it.held <= end;
        moments.into_iter().flatten().all(|moment| within(lane.created, moment))
            && lane.created <= end
            && lane.longest <= end
            && lane.held <= LONGEST
            && lane.stretches.iter().all(stretch)
    };
    let held = |it: &Held| within(it.from, it.to) && it.core_wait <= end;
    let worker = |it: &Thread| it.worker.is_none_or(|worker| worker.index < worker.of);
    let ascending = |numbers: Vec<usize>| numbers.windows(2).all(|pair| pair[0] < pair[1]);
    let forgotten = [forgotten.lanes, forgotten.blocks].into_iter().flatten();
    recording.elapsed <= LONGEST
        && forgotten.into_iter().all(|moment| moment <= end)
        && recording.lanes.iter().all(sound_lane)
        && recording.blocked.iter().chain(&recording.across_await).all(held)
        && recording.threads.iter().all(worker)
        && ascending(recording.lanes.iter().map(|lane| lane.number).collect())
        && ascending(recording.threads.iter().map(|thread| thread.id).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::by_hand::{lane, ms, recording, recording_until};

    /// Those from 90 on are another client's.
    fn trace(number: u64) -> Option<TraceParent> {
        let trace = if number < 90 { 7 } else { 8 };
        format!("00-{trace:032x}-{:016x}-01", number + 1).parse().ok()
    }

    fn traced(number: u64, lane: Lane) -> Lane {
        Lane { trace: trace(number), ..lane }
    }

    fn dated(began: u64, recording: Recording) -> Dated {
        Dated { began: ms(began), recording, forgotten: Forgotten::default() }
    }

    /// So many visitors, 5 ms apart; each has its answer at this moment.
    fn visitors(ends: &[u64]) -> Dated {
        let visitor = |(place, end): (usize, &u64)| {
            let name = if place == 0 { "report 1" } else { &format!("find {}", place + 1) };
            traced(
                place as u64,
                lane(name, [5 * place as u64, *end], &[(1, 5 * place as u64, *end)]),
            )
        };
        dated(10_000, recording(Some(1), ends.iter().enumerate().map(visitor).collect()))
    }

    /// Whose request it is, when its lane is made and ended, and when that holds the loop.
    type Did<'a> = (u64, [u64; 2], &'a [(u64, u64)]);

    /// A server that was started 4 s before them. What it does with each of these is
    /// counted from when the first of them came.
    fn server(lanes: &[Did]) -> Dated {
        let at = |moment: u64| moment + 4_000;
        let lanes = lanes.iter().map(|(number, [made, ended], held)| {
            let held: Vec<_> = held.iter().map(|(from, to)| (1, at(*from), at(*to))).collect();
            traced(*number, lane("at the server", [at(*made), at(*ended)], &held))
        });
        let mut taken = recording_until(ms(4_700), Some(1), lanes.collect());
        taken.begins = Begins::Read;
        dated(6_000, taken)
    }

    fn told(client: &Dated, server: &Dated) -> Vec<String> {
        join(client, server).unwrap().sentences()
    }

    #[test]
    fn a_lane_begins_when_its_client_asks_and_then_is_what_the_server_did() {
        let server = server(&[(0, [2, 501], &[(3, 500)]), (1, [502, 510], &[(503, 509)])]);
        let joined = join(&visitors(&[503, 512]), &server).unwrap();
        assert_eq!((joined.begins, joined.elapsed), (Begins::Asked, ms(512)));
        let [report, find] = joined.lanes.as_slice() else { panic!("{joined:#?}") };
        assert_eq!((report.name.as_str(), find.name.as_str()), ("report 1", "find 2"));
        assert_eq!((find.created, find.read, find.started), (ms(5), Some(ms(502)), Some(ms(503))));
        assert_eq!((find.ended, find.stretches[0].to), (Some(ms(512)), ms(509)));
        assert_eq!((find.held, find.polls), (ms(6), 1));
        let held: Vec<_> =
            joined.blocked.iter().map(|held| (held.lane, held.from, held.to)).collect();
        assert_eq!(held, [(0, ms(3), ms(500))]);
    }

    #[test]
    fn who_had_asked_and_was_not_read_is_told() {
        let find = |number: u64| (number, [501, 507], &[(505, 506)][..]);
        for (finds, wanted) in [
            (0, "; no request beside it had been read, and who else had asked is not known."),
            (1, ": meanwhile find 2 had asked, and the server had not read that request."),
            (
                2,
                ": meanwhile find 2 and find 3 had asked, and the server had not read their requests.",
            ),
            (7, ": meanwhile 7 others had asked, and the server had not read their requests."),
        ] {
            let all: Vec<_> =
                [(0, [2, 501], &[(3, 500)][..])].into_iter().chain((1..=finds).map(find)).collect();
            let ends: Vec<u64> = (0..=finds).map(|number| 520 + number).collect();
            let told = told(&visitors(&ends), &server(&all));
            assert_eq!(
                told[1],
                "Each bar begins when a client asked, and shows what the server did."
            );
            assert_eq!(told[2], format!("report 1 held the event loop for 497 ms{wanted}"));
        }
    }

    #[test]
    fn only_who_asked_before_its_end_and_was_read_after_it_had_not_been_read() {
        let alone = "; no request beside it had been read, and who else had asked is not known.";
        for (asked, read, wanted) in [
            (499, 500, ": meanwhile find 2 had asked, and the server had not read that request."),
            (500, 500, alone),
            // It had been read, and may have been kept or not: it held nothing else.
            (2, 499, "."),
            (0, 3, ": meanwhile find 2 could not run."),
        ] {
            let mut client = visitors(&[520, 530]);
            client.recording.lanes[1].created = ms(asked);
            let server = server(&[(0, [2, 501], &[(3, 500)]), (1, [read, 512], &[(505, 511)])]);
            let told = told(&client, &server);
            assert_eq!(
                told[2],
                format!("report 1 held the event loop for 497 ms{wanted}"),
                "{asked} {read}"
            );
        }
    }

    #[test]
    fn some_could_not_run_and_others_had_not_been_read() {
        let server = server(&[
            (0, [2, 501], &[(3, 500)]),
            (1, [2, 512], &[(505, 511)]),
            (2, [502, 513], &[(511, 512)]),
        ]);
        let mut client = visitors(&[520, 530, 531]);
        client.recording.lanes[1].created = ms(0);
        let wanted = "report 1 held the event loop for 497 ms: meanwhile find 2 could not run; find 3 had asked, and the server had not read that request.";
        assert_eq!(told(&client, &server)[2], wanted);
    }

    #[test]
    fn where_other_workers_could_have_read_it_nobody_is_said_not_to_have_been_read() {
        let mut server = server(&[(0, [2, 501], &[(3, 500)]), (1, [502, 510], &[(503, 509)])]);
        for thread in &mut server.recording.threads {
            thread.worker = Some(crate::recording::Worker { index: 0, of: 2, stays: false });
        }
        let joined = join(&visitors(&[520, 530]), &server).unwrap();
        assert_eq!(joined.unread(&joined.blocked[0]).count(), 0);
        let told = joined.sentences();
        assert_eq!(told[2], "report 1 held the thread of worker 1 of 2 for 497 ms.");
    }

    #[test]
    fn where_nobody_blocks_nothing_is_claimed_of_other_requests() {
        let server = server(&[(0, [2, 501], &[(3, 4), (499, 500)]), (1, [6, 10], &[(7, 8)])]);
        let told = told(&visitors(&[503, 12]), &server);
        assert_eq!(told[2], "None of these held the event loop for longer than 1.0 ms at a time.");
    }

    #[test]
    fn a_stretch_that_was_long_for_want_of_a_core_is_no_block() {
        let mut server = server(&[(0, [2, 501], &[(3, 4), (430, 500)])]);
        server.recording.blocked.clear();
        let joined = join(&visitors(&[503]), &server).unwrap();
        let wanted = "None of these held the event loop for longer than 70 ms at a time, counting what it waited for a core.";
        assert_eq!((joined.sentences()[2].as_str(), joined.figures.blocks), (wanted, 0));
    }

    #[test]
    fn one_that_was_not_read_has_a_lane_in_which_nothing_happens() {
        let mut client = visitors(&[520, 300]);
        client.recording.lanes[1].outcome = Outcome::Failed;
        let joined = join(&client, &server(&[(0, [2, 501], &[(3, 500)])])).unwrap();
        let find = &joined.lanes[1];
        assert_eq!(
            (find.read, find.started, find.polls, find.ended),
            (None, None, 0, Some(ms(300)))
        );
        assert_eq!(find.outcome, Outcome::Failed);
        let told = joined.sentences();
        assert!(
            told.iter()
                .any(|it| it
                    .ends_with("find 2 had asked, and the server had not read that request.")),
            "{told:#?}"
        );
    }

    #[test]
    fn who_had_given_up_before_was_not_there() {
        let mut client = visitors(&[520, 7]);
        client.recording.lanes[1].outcome = Outcome::Failed;
        let told = |server| told(&client, &server).swap_remove(3);
        let wanted = |what| format!("report 1 held the event loop for {what}");
        let unread =
            "494 ms: meanwhile find 2 had asked, and the server had not read that request.";
        assert_eq!(told(server(&[(0, [2, 501], &[(6, 500)])])), wanted(unread));
        let alone =
            "493 ms; no request beside it had been read, and who else had asked is not known.";
        assert_eq!(told(server(&[(0, [2, 501], &[(7, 500)])])), wanted(alone));
    }

    #[test]
    fn what_goes_on_at_the_server_goes_on_though_its_client_has_gone() {
        let mut client = visitors(&[100]);
        client.recording.lanes[0].outcome = Outcome::Failed;
        let mut server = server(&[(0, [2, 600], &[(3, 600)])]);
        let lane = &mut server.recording.lanes[0];
        (lane.ended, lane.outcome) = (None, Outcome::Unfinished);
        let joined = join(&client, &server).unwrap();
        assert_eq!((joined.lanes[0].outcome, joined.lanes[0].ended), (Outcome::Unfinished, None));
        assert_eq!(joined.elapsed, ms(600));
    }

    /// It may be open for a moment longer, on the thread of a database driver.
    #[test]
    fn who_has_its_answer_has_ended() {
        let mut server = server(&[(0, [2, 600], &[(3, 500)])]);
        let lane = &mut server.recording.lanes[0];
        (lane.ended, lane.said) = (None, Some(ms(4_500)));
        let joined = join(&visitors(&[510]), &server).unwrap();
        assert_eq!((joined.lanes[0].ended, joined.elapsed), (Some(ms(510)), ms(510)));
    }

    #[test]
    fn a_stranger_who_held_the_loop_meanwhile_has_a_row_and_others_have_none() {
        let server = server(&[
            // Before they came, and after; and one that blocked nobody.
            (90, [0, 30], &[(1, 25)]),
            (91, [600, 650], &[(601, 649)]),
            (92, [300, 310], &[(301, 309)]),
            (93, [30, 290], &[(31, 280)]),
            (0, [281, 300], &[(282, 283)]),
        ]);
        let mut client = visitors(&[320]);
        client.began += ms(40);
        let joined = join(&client, &server).unwrap();
        let names: Vec<_> =
            joined.lanes.iter().map(|lane| (lane.name.as_str(), lane.created)).collect();
        assert_eq!(names, [("another's at the server", ms(0)), ("report 1", ms(10))]);
        let wanted = "another's at the server held the event loop for 249 ms: meanwhile report 1 had asked, and the server had not read that request.";
        assert_eq!(joined.sentences()[2], wanted);
        assert_eq!(joined.figures.blocks, 1);
    }

    #[test]
    fn who_comes_after_the_client_does_not_begin_the_picture() {
        let server = server(&[(90, [100, 200], &[(101, 190)]), (0, [201, 300], &[(202, 203)])]);
        let joined = join(&visitors(&[320]), &server).unwrap();
        let made: Vec<_> =
            joined.lanes.iter().map(|lane| (lane.name.as_str(), lane.created)).collect();
        assert_eq!(made, [("report 1", ms(0)), ("another's at the server", ms(100))]);
        assert_eq!((joined.blocked[0].from, joined.elapsed), (ms(101), ms(320)));
    }

    #[test]
    fn of_a_request_that_was_sent_again_the_first_lane_is_its_own_and_the_other_no_strangers() {
        let mut server = server(&[(0, [2, 100], &[(3, 50)]), (0, [300, 400], &[(301, 390)])]);
        let joined = join(&visitors(&[410]), &server).unwrap();
        let read = |joined: &Recording| -> Vec<_> {
            joined.lanes.iter().map(|it| (it.name.clone(), it.read)).collect()
        };
        let second = ("at the server".to_owned(), Some(ms(300)));
        assert_eq!(read(&joined), [("report 1".to_owned(), Some(ms(2))), second]);
        // Where the second held nothing for long, it has no row.
        server.recording.blocked.pop();
        let joined = join(&visitors(&[410]), &server).unwrap();
        assert_eq!(read(&joined), [("report 1".to_owned(), Some(ms(2)))]);
    }

    #[test]
    fn nothing_is_claimed_where_a_span_was_kept_entered_across_an_await() {
        let lanes: [Did; 3] =
            [(90, [0, 30], &[(1, 5)]), (91, [40, 90], &[(41, 89)]), (0, [100, 300], &[(101, 280)])];
        let slept = |from: u64, to: u64, lane: usize| {
            let mut server = server(&lanes);
            let held = server.recording.blocked.last().unwrap().clone();
            let [from, to] = [from, to].map(|it| ms(4_000 + it));
            server.recording.blocked.clear();
            server.recording.across_await = Some(Held { lane, from, to, ..held });
            let mut client = visitors(&[260]);
            client.began += ms(50);
            let joined = join(&client, &server).unwrap();
            let across = joined.across_await.as_ref();
            let from = across.map(|held| held.from);
            let who = across.map(|held| joined.called(held.lane));
            let claims = joined.sentences().iter().any(|it| it.contains("None of these held"));
            (who, from, claims)
        };
        let report = (Some("report 1".to_owned()), Some(ms(51)), false);
        assert_eq!(slept(101, 280, 2), report);
        let stranger = (Some("another's at the server".to_owned()), Some(ms(1)), false);
        assert_eq!(slept(41, 89, 1), stranger);
        // The newest was over when the client came: there was none since.
        assert_eq!(slept(1, 5, 0), (None, None, true));
    }

    #[test]
    fn what_the_system_kept_and_where_to_look_is_as_the_server_says() {
        let mut server = server(&[(0, [2, 501], &[(3, 500)])]);
        let held = &mut server.recording.blocked[0];
        held.core_wait = ms(100);
        held.place =
            Place { span: Some("a.rs:1".into()), after: Some("b.rs:2".into()), before: None };
        let told = told(&visitors(&[520]), &server);
        assert!(
            told[2].starts_with(
                "report 1 held the event loop for 497 ms, up to 100 ms of it without a core"
            ),
            "{told:#?}"
        );
        assert_eq!(told[3], "Where: after the event at b.rs:2, in the span of a.rs:1.");
    }

    #[test]
    fn whose_answer_the_server_does_not_know_of_is_not_made_up() {
        let server = server(&[(0, [2, 501], &[(3, 500)])]);
        assert_eq!(join(&visitors(&[510, 511]), &server), Err(Unjoined::Missing(1)));
        assert_eq!(join(&visitors(&[510, 511, 512]), &server), Err(Unjoined::Missing(2)));
    }

    #[test]
    fn who_has_no_answer_was_not_read_only_where_the_server_has_forgotten_nobody() {
        let mut client = visitors(&[510, 300]);
        client.recording.lanes[1].outcome = Outcome::Failed;
        let mut server = server(&[(0, [2, 501], &[(3, 500)])]);
        let missing = Some(Unjoined::Missing(1));
        // The client came 4,000 ms after the server's beginning.
        for (forgotten, wanted) in [
            (None, None),
            (Some(0), None),
            (Some(3_998), None),
            (Some(4_000), missing),
            (Some(4_200), missing),
        ] {
            server.forgotten.lanes = forgotten.map(ms);
            assert_eq!(join(&client, &server).err(), wanted, "{forgotten:?}");
        }
        assert!(join(&visitors(&[510]), &server).is_ok(), "it has its lane");
    }

    #[test]
    fn who_held_the_loop_is_told_only_where_the_server_has_forgotten_nothing_of_it() {
        let mut server = server(&[(0, [2, 501], &[(3, 500)])]);
        let forgot = Some(Unjoined::Forgotten);
        for (forgotten, wanted) in
            [(None, None), (Some(3_998), None), (Some(4_000), forgot), (Some(4_700), forgot)]
        {
            server.forgotten.blocks = forgotten.map(ms);
            assert_eq!(join(&visitors(&[510]), &server).err(), wanted, "{forgotten:?}");
        }
    }

    #[test]
    fn what_there_cannot_be_is_refused() {
        let good = || server(&[(0, [2, 501], &[(3, 500)]), (1, [502, 510], &[(503, 509)])]);
        let refused = |change: &dyn Fn(&mut Dated)| {
            let mut server = good();
            change(&mut server);
            join(&visitors(&[520, 530]), &server).err()
        };
        assert_eq!(refused(&|_| {}), None);
        let changes: [&dyn Fn(&mut Dated); 16] = [
            &|it| {
                let held = it.recording.blocked[0].clone();
                it.recording.across_await = Some(Held { to: Duration::MAX, ..held });
            },
            &|it| it.forgotten.lanes = Some(Duration::MAX),
            &|it| it.forgotten.blocks = Some(Duration::MAX),
            &|it| it.began = Duration::MAX,
            &|it| it.recording.elapsed = Duration::MAX,
            &|it| it.recording.elapsed = ms(1),
            &|it| it.recording.lanes[0].created = Duration::MAX,
            &|it| it.recording.lanes[0].ended = Some(ms(1)),
            &|it| it.recording.lanes[0].said = Some(Duration::MAX),
            &|it| it.recording.lanes[0].held = Duration::MAX,
            &|it| it.recording.lanes[0].longest = Duration::MAX,
            &|it| it.recording.lanes[0].stretches[0].held = Duration::MAX,
            &|it| it.recording.lanes[0].stretches[0].to = ms(0),
            &|it| it.recording.lanes[1].number = 0,
            &|it| it.recording.blocked[0].core_wait = Duration::MAX,
            &|it| {
                let worker = crate::recording::Worker { index: usize::MAX, of: 1, stays: true };
                it.recording.threads[0].worker = Some(worker);
            },
        ];
        for (place, change) in changes.into_iter().enumerate() {
            assert_eq!(refused(change), Some(Unjoined::Unsound), "{place}");
        }
    }

    #[test]
    fn texts_of_the_server_are_short_and_harmless() {
        let mut server = server(&[(7, [0, 300], &[(1, 280)]), (0, [281, 300], &[(282, 283)])]);
        let evil = format!("\u{1b}[2J{}", "x".repeat(500));
        let lane = &mut server.recording.lanes[0];
        (lane.name, lane.asks, lane.place) = (evil.clone(), Some(evil.clone()), Some(evil.clone()));
        server.recording.threads[0].name = evil.clone();
        let evil = Some(evil);
        server.recording.blocked[0].place =
            Place { span: evil.clone(), after: evil.clone(), before: evil };
        let joined = join(&visitors(&[320]), &server).unwrap();
        let written = serde_json::to_string(&joined).unwrap();
        assert!(
            !written.contains("\\u001b[2J") && !written.contains(&"x".repeat(100)),
            "{written}"
        );
    }

    #[test]
    fn it_is_written_and_read_as_what_it_is() {
        let joined = join(&visitors(&[510]), &server(&[(0, [2, 501], &[(3, 500)])])).unwrap();
        let written = serde_json::to_value(&joined).unwrap();
        assert_eq!(
            (&written["begins"], &written["lanes"][0]["read_s"]),
            (&"asked".into(), &0.002.into())
        );
        assert_eq!(written["lanes"][0]["trace"], trace(0).unwrap().to_string());
        assert_eq!(serde_json::from_value::<Recording>(written).unwrap(), joined);
        let made = serde_json::to_value(recording(None, vec![lane("R1", [0, 1], &[])])).unwrap();
        assert!(["begins"].iter().all(|it| made.get(it).is_none()), "{made}");
        assert!(["read_s", "trace"].iter().all(|it| made["lanes"][0].get(it).is_none()), "{made}");
    }
}
