//! The picture of a run in text: a row per lane, time from left to right.
//!
//! ```text
//!     0 s       5        10        took  held a thread
//! R1  ▏░░░░░░░░░░░░░░░░░░▕    10.002 s  0.4 ms in 3 polls
//! ```

use std::collections::BTreeSet;
use std::time::Duration;

use crate::axis::Axis;
use crate::colour::style;
use crate::recording::{Begins, Lane, Outcome, Recording};
use crate::sample::{Sample, below, shown};
use crate::time::{exact, rounded};

const NOT_YET_RUN: char = '·';
/// From a thread left free all the time to one held all the time.
const SHADES: [char; 4] = ['░', '▒', '▓', '█'];
const LONGEST_NAME: usize = 12;
/// A bar is no narrower, whatever the width of the screen.
const FEWEST_COLUMNS: usize = 10;

/// Draws the lanes of a recording, or a fair choice of them, at most `width`
/// columns wide, and says below what the figures mean.
///
/// Styled with ANSI codes: print it through `anstream`, which leaves them out
/// where they are not welcome.
pub fn draw(recording: &Recording, width: usize) -> String {
    let mut rows = rows(recording);
    if Scale::of(&rows, recording.elapsed, width).is_narrow(width) {
        rows.iter_mut().for_each(Row::shorten);
    }
    let scale = Scale::of(&rows, recording.elapsed, width);
    let mut seen = String::new();
    let mut lines = Vec::new();
    // Without a row there is nothing to read off an axis.
    if !rows.is_empty() {
        lines.push(scale.head());
        lines.extend(rows.iter().map(|row| scale.line(row, recording, &mut seen)));
        lines.push(String::new());
    }
    let below = legend(&seen, recording.begins).into_iter().chain(below(recording));
    lines.extend(below.map(|line| wrapped(&line, width)));
    lines.join("\n")
}

/// Draws the lanes of several runs on one time axis that ends with the longest
/// run, each under its title, at most `width` columns wide, and says below what
/// the signs mean. Styled as [`draw`] is.
pub fn draw_together(runs: &[(&str, &Recording)], width: usize) -> String {
    let tables: Vec<Vec<Row>> = runs.iter().map(|(_, recording)| rows(recording)).collect();
    let end = runs.iter().map(|(_, recording)| recording.elapsed).max().unwrap_or_default();
    let scale = Scale::of(tables.iter().flatten(), end, width);
    let mut seen = String::new();
    let mut lines = vec![scale.head()];
    for ((title, recording), rows) in runs.iter().zip(&tables) {
        lines.push((*title).to_owned());
        lines.extend(rows.iter().map(|row| scale.line(row, recording, &mut seen)));
    }
    lines.push(String::new());
    let note = |recording: &Recording| Sample::of(recording.figures.requesters).note();
    let note = runs.iter().find_map(|(_, recording)| note(recording));
    let begins = runs.first().map(|(_, recording)| recording.begins).unwrap_or_default();
    lines.extend(legend(&seen, begins).into_iter().chain(note).map(|line| wrapped(&line, width)));
    lines.join("\n")
}

/// What stands left and right of the bars, and the time that the bars span.
struct Scale {
    name: usize,
    took: usize,
    outcome: usize,
    held: usize,
    /// The moment at the right edge.
    end: Duration,
    /// As wide are the bars, without their two edges.
    columns: usize,
}

fn rows(recording: &Recording) -> Vec<Row<'_>> {
    shown(recording).into_iter().map(|lane| Row::of(lane, recording)).collect()
}

struct Row<'a> {
    lane: &'a Lane,
    name: String,
    took: String,
    outcome: &'static str,
    held: String,
}

impl Scale {
    fn of<'a, 'b: 'a>(
        rows: impl IntoIterator<Item = &'a Row<'b>> + Clone,
        end: Duration,
        width: usize,
    ) -> Self {
        let widest =
            |text: fn(&Row) -> usize| rows.clone().into_iter().map(text).max().unwrap_or(0);
        let mut scale = Self {
            name: widest(|row| row.name.chars().count()),
            took: widest(|row| row.took.chars().count()),
            outcome: widest(|row| row.outcome.len()),
            held: widest(|row| row.held.chars().count()).max(HELD.len()),
            end,
            columns: 0,
        };
        scale.columns = width.saturating_sub(scale.margin()).max(FEWEST_COLUMNS);
        scale
    }

    /// Whether the texts leave too little of so many columns for the bars.
    fn is_narrow(&self, width: usize) -> bool {
        width < self.margin() + FEWEST_COLUMNS
    }

    /// Columns that the bars cannot have: the texts, the gaps, and a bar's two edges.
    fn margin(&self) -> usize {
        let outcome = if self.outcome > 0 { self.outcome + 2 } else { 0 };
        self.name + 2 + 2 + 1 + self.took + 2 + outcome + self.held
    }

    fn head(&self) -> String {
        let axis = axis(self.end, self.columns);
        let Self { name, took, outcome, .. } = *self;
        let outcome = if outcome > 0 { outcome + 2 } else { 0 };
        format!("{:name$}  {axis} {:>took$}{:outcome$}  {HELD}", "", "took", "")
    }

    /// A row, whose signs are added to those `seen`.
    fn line(&self, row: &Row, recording: &Recording, seen: &mut String) -> String {
        let Self { name, took, outcome, held, .. } = *self;
        let bar = bar(row.lane, recording, self.end, self.columns);
        seen.push_str(&bar);
        let style = style(row.lane.number);
        let gap = if outcome > 0 { "  " } else { "" };
        format!(
            "{style}{:name$}  {bar}{style:#} {:>took$}{gap}{:outcome$}  {:held$}",
            row.name, row.took, row.outcome, row.held
        )
        .trim_end()
        .to_owned()
    }
}

const HELD: &str = "held a thread";
/// For how long, where its span was kept entered across an await.
const UNKNOWN: &str = "nobody can tell";

impl<'a> Row<'a> {
    fn of(lane: &'a Lane, recording: &Recording) -> Self {
        let mut name: String = lane.name.chars().take(LONGEST_NAME).collect();
        if name.len() < lane.name.len() {
            name.pop();
            name.push('…');
        }
        let outcome = match lane.outcome {
            Outcome::Done | Outcome::Ended => "",
            Outcome::Failed => "failed",
            Outcome::Dropped => "dropped",
            Outcome::Unfinished => "unfinished",
        };
        let took = exact(lane.end(recording).saturating_sub(lane.created));
        let kept = recording.across_await.as_ref().map(|held| held.lane);
        let held = if kept == Some(lane.number) { UNKNOWN.to_owned() } else { held(lane) };
        Self { lane, name, took, outcome, held }
    }

    /// Leaves out on how many threads it was.
    fn shorten(&mut self) {
        if let Some((held, _)) = self.held.split_once(',') {
            self.held = held.to_owned();
        }
    }
}

fn held(lane: &Lane) -> String {
    let times = match (lane.future, lane.polls) {
        (_, 0) => return "never".to_owned(),
        (true, 1) => "1 poll".to_owned(),
        (true, polls) => format!("{polls} polls"),
        (false, 1) => "1 call".to_owned(),
        (false, calls) => format!("{calls} calls"),
    };
    let threads: BTreeSet<usize> = lane.stretches.iter().map(|stretch| stretch.thread).collect();
    let on = if threads.len() > 1 { format!(", {} threads", threads.len()) } else { String::new() };
    format!("{} in {times}{on}", rounded(lane.held))
}

/// The axis above the bars: `0 s     2     4`, each number where its moment is.
pub(crate) fn axis(elapsed: Duration, columns: usize) -> String {
    let axis = Axis::of(elapsed, columns / 6);
    let mut line = format!("0 {}", axis.unit);
    for (moment, number) in axis.marks.iter().skip(1) {
        // A bar's first column is its edge; the last number may not stick out.
        let place = (column(*moment, elapsed, columns) + 1).min(columns + 2 - number.len());
        if place > line.len() {
            line = format!("{line:place$}{number}");
        }
    }
    format!("{line:0$}", columns + 2)
}

pub(crate) fn column(moment: Duration, elapsed: Duration, columns: usize) -> usize {
    let part = moment.as_secs_f64() / elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
    ((part * columns as f64).round() as usize).min(columns)
}

/// One lane: edges where it was created and where it ended, and in each cell
/// what it did most of that time, up to the moment at the right edge. Always
/// `columns` wide and two for the edges.
fn bar(lane: &Lane, recording: &Recording, edge: Duration, columns: usize) -> String {
    let cell = edge / columns as u32;
    let first = column(lane.created, edge, columns).min(columns - 1);
    let last = column(lane.end(recording), edge, columns).max(first + 1);
    let mut bar = " ".repeat(first) + "▏";
    for place in first..last {
        let from = (cell * place as u32).max(lane.created);
        let to = (cell * (place as u32 + 1)).min(lane.end(recording)).max(from);
        bar.push(glyph(lane, from, to));
    }
    bar.push(if lane.ended.is_some() { '▕' } else { ' ' });
    bar + &" ".repeat(columns - last)
}

fn glyph(lane: &Lane, from: Duration, to: Duration) -> char {
    let middle = from + to.saturating_sub(from) / 2;
    match lane.started {
        Some(started) if started <= middle => {
            let share = lane.share_held(from.max(started), to).min(1.0);
            SHADES[(share * (SHADES.len() - 1) as f64).round() as usize]
        }
        _ => NOT_YET_RUN,
    }
}

/// What the signs mean, of those that were drawn.
fn legend(seen: &str, begins: Begins) -> Option<String> {
    let not_yet_run = format!("{NOT_YET_RUN} {}", begins.in_words());
    let in_part = match (seen.contains(SHADES[1]), seen.contains(SHADES[2])) {
        (true, true) => "▒▓ held it in part",
        (false, true) => "▓ held it in part",
        _ => "▒ held it in part",
    };
    let signs = [
        (seen.contains(SHADES[3]), "█ held a thread"),
        (seen.contains([SHADES[1], SHADES[2]]), in_part),
        (seen.contains(SHADES[0]), "░ waited, thread free"),
        (seen.contains(NOT_YET_RUN), not_yet_run.as_str()),
    ];
    let told: Vec<&str> = signs.iter().filter(|(drawn, _)| *drawn).map(|(_, sign)| *sign).collect();
    (!told.is_empty()).then(|| told.join("  "))
}

/// Breaks a sentence into lines of at most `width` columns, the later ones indented.
pub fn wrapped(sentence: &str, width: usize) -> String {
    let mut text = String::new();
    let mut column = 0;
    for word in sentence.split(' ') {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            text.push_str("\n  ");
            column = 2;
        } else if column > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += length;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::by_hand::{lane as by_hand, ms, recording_until};

    /// A lane that is made at the first of these milliseconds and ends at the
    /// second, and in between holds the thread.
    fn lane(name: &str, life: [u64; 2], held: &[(u64, u64)]) -> Lane {
        let held: Vec<_> = held.iter().map(|(from, to)| (1, *from, *to)).collect();
        by_hand(name, life, &held)
    }

    fn recording(elapsed: u64, lanes: Vec<Lane>) -> Recording {
        recording_until(ms(elapsed), Some(1), lanes)
    }

    /// What a terminal without colours shows.
    fn drawn(recording: &Recording, width: usize) -> String {
        plain(&draw(recording, width))
    }

    fn plain(styled: &str) -> String {
        anstream::adapter::strip_str(styled).to_string()
    }

    #[test]
    fn requests_that_wait_together_leave_the_thread_free() {
        let lanes = vec![
            lane("R1", [0, 10_002], &[(0, 1), (10_001, 10_002)]),
            lane("R2", [0, 2_001], &[(1, 2), (2_000, 2_001)]),
            lane("R3", [0, 5_001], &[(2, 3), (5_000, 5_001)]),
        ];
        let wanted = "    0 s       2        4         6        8       10     took  held a thread
R1  ▏░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░▕ 10.002 s  2.0 ms in 2 polls
R2  ▏░░░░░░░░░▕                                       2.001 s  2.0 ms in 2 polls
R3  ▏░░░░░░░░░░░░░░░░░░░░░░░▕                         5.001 s  2.0 ms in 2 polls

░ waited, thread free
3 requesters were under way for 17.0 s, in 10.0 s of your time: at most 3 at
  once, on 1 thread, held for 6.0 ms in all.
No requester held the event loop for longer than 1.0 ms at a time.";
        assert_eq!(drawn(&recording(10_002, lanes), 80), wanted);
    }

    #[test]
    fn where_bars_would_be_too_short_the_threads_are_left_out() {
        let mut one = by_hand("first", [0, 400], &[(1, 0, 200), (2, 200, 400)]);
        one.outcome = Outcome::Dropped;
        let recording = recording_until(ms(400), None, vec![one]);
        let row = |width| drawn(&recording, width).lines().nth(1).unwrap().to_owned();
        let tells = |width: &usize| row(*width).ends_with("in 2 polls, 2 threads");
        let first = (40..120).find(tells).unwrap();
        assert!((first..120).all(|width| tells(&width)));
        let bar = row(first).split(['▏', '▕']).nth(1).unwrap().chars().count();
        assert_eq!((bar, row(first).chars().count()), (FEWEST_COLUMNS, first));
        assert!(row(first - 1).ends_with("in 2 polls"));
    }

    #[test]
    fn requests_that_block_the_loop_keep_the_others_from_running() {
        let lanes = vec![
            lane("R1", [0, 10_000], &[(0, 10_000)]),
            lane("R2", [0, 12_000], &[(10_000, 12_000)]),
            lane("R3", [0, 17_000], &[(12_000, 17_000)]),
        ];
        let recording = recording(17_000, lanes);
        let wanted = "    0 s            5             10           15          took  held a thread
R1  ▏████████████████████████████▕                    10.000 s  10.0 s in 1 poll
R2  ▏····························█████▕               12.000 s  2.0 s in 1 poll
R3  ▏·································██████████████▕ 17.000 s  5.0 s in 1 poll

█ held a thread  · made, not yet run
3 requesters were under way for 17.0 s, in 17.0 s of your time: at most 1 at
  once, on 1 thread, held for 17.0 s in all.
R1 held the event loop for 10.0 s: meanwhile R2 and R3 could not run.
R2 held the event loop for 2.0 s: meanwhile R3 could not run.
R3 held the event loop for 5.0 s; no other requester was there to wait.";
        assert_eq!(drawn(&recording, 80), wanted);
    }

    #[test]
    fn how_a_requester_ended_stands_behind_its_bar() {
        let mut lanes = vec![
            lane("R1", [0, 400], &[(0, 1), (399, 400)]),
            lane("R2", [0, 400], &[(1, 2)]),
            lane("R3", [0, 400], &[]),
            lane("R4", [0, 0], &[(3, 200)]),
        ];
        lanes[0].outcome = Outcome::Failed;
        lanes[1].outcome = Outcome::Dropped;
        lanes[2].outcome = Outcome::Dropped;
        lanes[3].outcome = Outcome::Unfinished;
        lanes[3].ended = None;
        let recording = recording_until(ms(400), None, lanes);
        let wanted = "    0 ms      100      200     300    400    took              held a thread
R1  ▏░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░▕ 0.400 s  failed      2.0 ms in 2 polls
R2  ▏░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░▕ 0.400 s  dropped     1.0 ms in 1 poll
R3  ▏···································▕ 0.400 s  dropped     never
R4  ▏█████████████████▓░░░░░░░░░░░░░░░░░  0.400 s  unfinished  197 ms in 1 poll

█ held a thread  ▓ held it in part  ░ waited, thread free  · made, not yet run
4 requesters were under way for 1.2 s, in 400 ms of your time: at most 3 at
  once, on 1 thread, held for 200 ms in all.
1 failed, 2 dropped before the end, 1 still going.";
        assert_eq!(drawn(&recording, 80), wanted);
    }

    #[test]
    fn a_stretch_that_is_held_in_part_is_shaded() {
        let mut half = lane("R1", [0, 1000], &[(0, 1000)]);
        half.stretches[0].held = ms(500);
        assert!(
            bar(&half, &recording(1000, vec![half.clone()]), ms(1000), 10).starts_with("▏▓▓▓▓")
        );
    }

    /// Ten columns of 100 ms each, between two edges.
    #[test]
    fn a_bar_spans_a_life_and_each_column_shows_what_was_done_for_most_of_it() {
        let run = recording(1000, Vec::new());
        for (life, held, wanted) in [
            ([0, 1000], &[(0, 1), (999, 1000)][..], "▏░░░░░░░░░░▕"),
            ([300, 700], &[(300, 301), (699, 700)], "   ▏░░░░▕   "),
            ([340, 660], &[(340, 341)], "   ▏░░░░▕   "),
            ([360, 640], &[(360, 361)], "    ▏░░▕    "),
            // Of a column that it began or ended in, its own part counts.
            ([0, 1000], &[(0, 50), (400, 516), (550, 600)], "▏▓░░░█▓░░░░▕"),
            ([340, 660], &[(340, 400), (600, 630)], "   ▏█░░▓▕   "),
            ([0, 1000], &[(150, 250)], "▏·█▓░░░░░░░▕"),
            ([0, 1000], &[(151, 251)], "▏··▓░░░░░░░▕"),
            ([0, 1000], &[], "▏··········▕"),
            // What takes no time has a column too.
            ([0, 0], &[], "▏·▕         "),
            ([500, 500], &[(500, 500)], "     ▏░▕    "),
            ([1000, 1000], &[(1000, 1000)], "         ▏░▕"),
        ] {
            let drawn = bar(&lane("R1", life, held), &run, run.elapsed, 10);
            assert_eq!(drawn, wanted, "{life:?} {held:?}");
        }
        let mut open = lane("R1", [800, 800], &[(800, 1000)]);
        open.ended = None;
        assert_eq!(bar(&open, &run, run.elapsed, 10), "        ▏██ ");
    }

    #[test]
    fn a_row_says_how_often_and_on_how_many_threads_it_held_one() {
        let mut call = by_hand("R1", [0, 9], &[(1, 0, 9)]);
        call.future = false;
        let mut calls = by_hand("R1", [0, 9], &[(1, 0, 1), (1, 8, 9)]);
        calls.future = false;
        for (lane, wanted) in [
            (by_hand("R1", [0, 9], &[]), "never"),
            (by_hand("R1", [0, 9], &[(2, 0, 9)]), "9.0 ms in 1 poll"),
            (by_hand("R1", [0, 9], &[(2, 0, 1), (2, 8, 9)]), "2.0 ms in 2 polls"),
            (by_hand("R1", [0, 9], &[(1, 0, 1), (2, 8, 9)]), "2.0 ms in 2 polls, 2 threads"),
            (call, "9.0 ms in 1 call"),
            (calls, "2.0 ms in 2 calls"),
        ] {
            assert_eq!(held(&lane), wanted);
        }
    }

    #[test]
    fn of_who_was_entered_across_an_await_nobody_can_tell() {
        let lanes = ["R1", "R2"].map(|name| lane(name, [0, 400], &[(0, 400)]));
        let mut recording = recording(400, lanes.into());
        recording.across_await = recording.longest_on_loop.clone();
        recording.across_await.as_mut().unwrap().lane = 1;
        let drawn = drawn(&recording, 80);
        let rows: Vec<&str> = drawn.lines().skip(1).take(2).collect();
        assert!(rows[0].ends_with(" 0.400 s  400 ms in 1 poll"), "{drawn}");
        assert!(rows[1].ends_with(" 0.400 s  nobody can tell"), "{drawn}");
    }

    #[test]
    fn a_long_name_is_cut() {
        for (name, wanted) in [
            ("twelve signs", "twelve signs  ▏"),
            ("thirteen sign", "thirteen si…  ▏"),
            ("ãããããããããããã", "ãããããããããããã  ▏"),
            ("ããããããããããããã", "ããããããããããã…  ▏"),
        ] {
            let drawn = drawn(&recording(400, vec![lane(name, [0, 400], &[])]), 80);
            assert!(drawn.lines().nth(1).unwrap().starts_with(wanted), "{drawn}");
        }
    }

    #[test]
    fn numbers_of_an_axis_stand_where_their_moments_are_and_apart() {
        for (elapsed, columns, wanted) in [
            (1000, 10, "0 s        1"),
            (1000, 20, "0 s        0.5     1.0"),
            (450, 30, "0 ms    100   200    300    400 "),
            (600_000, 18, "0 s    200   400 600"),
            // The last one would touch the one before it.
            (2_000_000, 14, "0 s     1000    "),
        ] {
            assert_eq!(axis(ms(elapsed), columns), wanted);
        }
    }

    #[test]
    fn a_sentence_is_broken_between_words() {
        for (width, wanted) in [
            (11, "one two ten"),
            (10, "one two\n  ten"),
            (7, "one two\n  ten"),
            (6, "one\n  two\n  ten"),
            (2, "one\n  two\n  ten"),
        ] {
            assert_eq!(wrapped("one two ten", width), wanted, "{width} columns");
        }
        assert_eq!(wrapped("a bc d e", 4), "a bc\n  d\n  e");
        assert_eq!(wrapped("ãã ãã", 5), "ãã ãã");
    }

    #[test]
    fn runs_drawn_together_share_one_axis_and_one_legend() {
        let waiting = recording(500, vec![lane("R1", [0, 500], &[(0, 1), (499, 500)])]);
        let holding = recording(1000, vec![lane("R1", [0, 1000], &[(0, 1000)])]);
        let drawn = draw_together(&[("async", &waiting), ("sync", &holding)], 80);
        let wanted = "    0 s       0.2       0.4      0.6       0.8    1.0    took  held a thread
async
R1  ▏░░░░░░░░░░░░░░░░░░░░░░░░▕                        0.500 s  2.0 ms in 2 polls
sync
R1  ▏███████████████████████████████████████████████▕ 1.000 s  1.0 s in 1 poll

█ held a thread  ░ waited, thread free";
        assert_eq!(plain(&drawn), wanted);
    }

    #[test]
    fn every_sign_in_a_picture_is_explained_below_it_and_no_other() {
        let signs = || SHADES.into_iter().chain([NOT_YET_RUN]);
        for many in 0..1 << signs().count() {
            let seen: String =
                signs().enumerate().filter(|(at, _)| many >> at & 1 == 1).map(|it| it.1).collect();
            let legend = legend(&seen, Begins::Made).unwrap_or_default();
            for sign in signs() {
                assert_eq!(legend.contains(sign), seen.contains(sign), "{seen}: {legend}");
            }
            assert!(legend.chars().count() < 80, "{legend}");
        }
    }

    #[test]
    fn no_line_is_wider_than_the_screen() {
        let many = (1..=30)
            .map(|number| lane(&format!("requester {number}"), [0, 5000], &[(number, 4000)]));
        let recording = recording(5000, many.collect());
        for width in [60, 72, 80, 100, 120] {
            let drawn = drawn(&recording, width);
            let widest = drawn.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(width), "{widest:?} columns of {width}:\n{drawn}");
            assert!(drawn.contains("10 of 30 requesters are shown"));
        }
    }

    #[test]
    fn a_run_in_which_nothing_happened_can_be_drawn() {
        let none = drawn(&recording(0, Vec::new()), 80);
        assert_eq!(none, "No requester was made, in 0.0 ms of your time.");
        assert!(drawn(&recording(0, vec![lane("R1", [0, 0], &[])]), 80).contains("R1"));
    }
}
