//! What a learner reads: the task, the list, and the verdict with its picture.

use std::path::Path;

use anstyle::{AnsiColor, Style};
use lens::timeline;

use crate::exercise::Exercise;
use crate::exercises::ALL;
use crate::progress::Progress;
use crate::trial::Outcome;

const BOLD: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const NOT_YET: Style = AnsiColor::Yellow.on_default().bold();

/// How many exercises are solved, in a line.
pub fn progress(progress: &Progress) -> String {
    let (solved, all) = (progress.solved(), ALL.len());
    format!("{solved} of {all} exercises are solved; cargo workshop list shows them.\n")
}

/// All exercises: done, current, open.
pub fn list(progress: &Progress) -> String {
    let current = progress.current().name;
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
    format!("{} of {} are solved.\n\n{}\n", progress.solved(), ALL.len(), lines.join("\n"))
}

/// What an exercise asks, and how to go on.
pub fn task(exercise: &Exercise, program: &Path) -> String {
    let place = ALL.iter().position(|it| it.name == exercise.name).unwrap_or_default() + 1;
    let Exercise { name, title, minutes, chapter, texts, .. } = exercise;
    format!(
        "{BOLD}{title}{BOLD:#}   exercise {place} of {}, {minutes} minutes\n\n{}\n\n\
         Your program:  {}\n\
         Its chapter:   {chapter}/README.md\n\n\
         Change it, and see:  cargo workshop run\n\
         On every save:       cargo workshop watch\n\
         When you are stuck:  cargo workshop hint\n",
        ALL.len(),
        texts.task.trim(),
        program.display(),
    )
    .replace("{name}", name)
}

/// The verdict: what was asked, what was seen, and the run's own picture.
pub fn verdict(exercise: &Exercise, outcome: &Outcome, width: usize) -> String {
    let Exercise { name, asked, why, chapter, .. } = exercise;
    let picture = outcome.report.as_ref().map(|report| timeline::draw(&report.recording, width));
    let picture = picture.map(|picture| picture + "\n").unwrap_or_default();
    let line = |label: &str, text: &str| timeline::wrapped(&format!("{label:7}{text}"), width);
    let Some(wrong) = &outcome.wrong else {
        return format!(
            "{picture}\n{GOOD}{name}: right{GOOD:#}\n\n{}\n{}\n{}\n",
            line("Asked", asked),
            line("Seen", "just that"),
            line("Why", &format!("{why} The chapter: {chapter}/README.md")),
        );
    };
    let said = if outcome.report.is_some() || outcome.said.is_empty() {
        String::new()
    } else {
        format!("It said at last:\n{}\n\n", outcome.said)
    };
    format!(
        "{picture}\n{said}{NOT_YET}{name}: not yet{NOT_YET:#}\n\n{}\n{}\n\n\
         For a hint: cargo workshop hint\n",
        line("Asked", asked),
        line("Seen", &wrong.seen),
    )
}
