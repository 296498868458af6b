//! What a learner reads: the task, the list, and the verdict with its picture.

use std::path::Path;

use anstyle::{AnsiColor, Style};
use harness::text::harmless;
use lens::timeline;

use crate::exercise::Exercise;
use crate::exercises::ALL;
use crate::orders::{self, Tried};
use crate::progress::Progress;
use crate::trial::Outcome;
use crate::turns;

const BOLD: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const NOT_YET: Style = AnsiColor::Yellow.on_default().bold();

/// How many exercises are solved, in a line.
pub fn progress(progress: &Progress) -> String {
    format!("{} cargo workshop list shows them.\n", solved(progress))
}

fn solved(progress: &Progress) -> String {
    match (progress.solved(), ALL.len()) {
        (1, all) => format!("1 of {all} exercises is solved."),
        (solved, all) => format!("{solved} of {all} exercises are solved."),
    }
}

/// All exercises: done, current, open.
pub fn list(progress: &Progress) -> String {
    let current = progress.open().name;
    let width = ALL.iter().map(|exercise| exercise.name.len()).max().unwrap_or(0);
    let line = |exercise: &Exercise| {
        let sign = match (progress.is_solved(exercise), exercise.name == current) {
            (true, _) => "done   ",
            (false, true) => "current",
            (false, false) => "open   ",
        };
        let (name, title, minutes) = (exercise.name, exercise.title, exercise.minutes);
        format!("  {sign}  {name:width$}  {minutes:>2} min  {title}")
    };
    let lines: Vec<String> = ALL.iter().map(line).collect();
    format!("{}\n\n{}\n", solved(progress), lines.join("\n"))
}

/// What an exercise asks, and how to go on.
pub fn task(exercise: &Exercise, program: &Path) -> String {
    let place = ALL.iter().position(|it| it.name == exercise.name).unwrap_or_default() + 1;
    let Exercise { title, minutes, chapter, texts, .. } = exercise;
    format!(
        "{BOLD}{title}{BOLD:#}   exercise {place} of {}, {minutes} minutes\n\n{}\n\n\
         Your program:  {}\n\
         Its chapter:   {chapter}/README.md\n\n\
         Change it, and see:  cargo workshop run     (--output: all that it prints)\n\
         On every save:       cargo workshop watch\n\
         When you are stuck:  cargo workshop hint\n",
        ALL.len(),
        texts.task.trim(),
        program.display(),
    )
}

/// A hint, and whether there are more.
pub fn hint(hint: &str, (number, of): (usize, usize), width: usize) -> String {
    let words: Vec<&str> = hint.split_whitespace().collect();
    let last = if number == of { ", the last" } else { "" };
    format!("Hint {number} of {of}{last}\n{}\n", timeline::wrapped(&words.join(" "), width))
}

/// The verdict: what the program printed of its own, or all of it, the run's picture,
/// what was asked, and what was seen.
pub fn verdict(exercise: &Exercise, outcome: &Outcome, all: bool, width: usize) -> String {
    let Exercise { name, asked, why, chapter, .. } = exercise;
    let printed =
        if all { format!("{}{}", outcome.stdout, outcome.stderr) } else { own_lines(outcome) };
    let picture = outcome.report.as_ref().map(|report| timeline::draw(&report.recording, width));
    // It is in the output as well.
    let picture = picture.filter(|_| !all);
    let way = outcome.orders.as_ref().and_then(|judged| judged.way.as_ref());
    let order = way.map(|way| turns::draw(way, width));
    let picture = order.or(picture).unwrap_or_default();
    let parts = [printed, picture].into_iter().filter(|part| !part.is_empty());
    let above: String = parts.map(|part| part.trim_end().to_owned() + "\n\n").collect();
    let line = |label: &str, text: &str| timeline::wrapped(&format!("{label:7}{text}"), width);
    let asked = line("Asked", asked);
    match &outcome.wrong {
        None => format!(
            "{above}{GOOD}{name}: right{GOOD:#}\n\n{asked}\n{}\n{}\n\nIts chapter: {chapter}/README.md\n",
            line("Seen", &seen_well(outcome)),
            line("Why", why),
        ),
        Some(wrong) => {
            let again = match way {
                None => String::new(),
                Some(_) => format!("Say more with info!(…), and: cargo workshop replay {name}\n"),
            };
            format!(
                "{above}{NOT_YET}{name}: not yet{NOT_YET:#}\n\n{asked}\n{}\n\n\
                 {again}For a hint: cargo workshop hint\n",
                line("Seen", &wrong.seen),
            )
        }
    }
}

/// What was seen of a program that is right.
fn seen_well(outcome: &Outcome) -> String {
    match &outcome.orders {
        None => "just that".to_owned(),
        Some(judged) => {
            format!("just that, in each of {} orders; the one above is one of them", judged.orders)
        }
    }
}

/// What came of an order that was run once more: what the program printed, the picture,
/// and how it ended.
pub fn replayed(exercise: &Exercise, tried: &Tried, width: usize) -> String {
    let report = tried.report.as_ref();
    let way = report.and_then(|report| report.ways.first());
    let picture = way.map(|way| turns::draw(way, width)).unwrap_or_default();
    let ended = match (way, &tried.stopped) {
        (Some(way), _) => orders::ended(way),
        (None, Some(wrong)) => wrong.seen.clone(),
        (None, None) => "it did not say how it ended".to_owned(),
    };
    let as_asked = if tried.is_right(exercise) { ", as asked" } else { "" };
    let ended = format!("At the end: {}{as_asked}", harmless(&ended));
    let strayed = "Your program takes other steps now: it followed that order as far as it could.";
    let strayed = report.is_some_and(|report| report.strayed).then_some(strayed);
    let others = format!("For the other orders: cargo workshop run {}", exercise.name);
    let told = [strayed, Some(&ended), Some(&others)].into_iter().flatten();
    let told: Vec<String> = told.map(|line| timeline::wrapped(line, width)).collect();
    let [stdout, stderr] = &tried.printed;
    let parts = [stdout.as_str(), stderr, &picture, &told.join("\n")];
    let parts = parts.map(str::trim_end).into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("\n\n") + "\n"
}

/// As many lines of a program's own are shown unasked.
const MOST_LINES: usize = 8;

/// The last lines that neither a requester said nor the run itself: what a learner
/// printed to see what happens.
fn own_lines(outcome: &Outcome) -> String {
    let names: Vec<String> = outcome
        .report
        .iter()
        .flat_map(|report| &report.recording.lanes)
        .map(|lane| format!("{}: ", lane.name))
        .collect();
    // After this rule comes the picture.
    let stdout = outcome.stdout.lines().take_while(|line| !line.starts_with("----------"));
    let lines = stdout.chain(outcome.stderr.lines());
    let is_own = |line: &&str| {
        let of_run = ["note: ", "error: ", "hint: "].iter().any(|it| line.starts_with(it));
        let of_requester = names.iter().any(|name| line.starts_with(name.as_str()));
        // The rule at the beginning, and what is empty.
        let is_rule = line.chars().all(|letter| letter == '=');
        !is_rule && !of_run && !of_requester
    };
    let own: Vec<&str> = lines.filter(is_own).collect();
    own[own.len().saturating_sub(MOST_LINES)..].join("\n")
}
