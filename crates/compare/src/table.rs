//! What was found, as text of 80 columns.

use std::time::Duration;

use anstyle::{AnsiColor, Style};
use lens::recording::Recording;
use lens::time::{exact, rounded};
use lens::timeline;

use crate::columns::Columns;
use crate::numbers::bytes;
use crate::results::{Attempt, Compared, Comparison, Failed, Ladder, Measured};

/// As wide as a table may be.
pub(crate) const WIDTH: usize = 80;

const BOLD: Style = Style::new().bold();
const RED: Style = AnsiColor::Red.on_default();

/// For a figure that a strategy does not have.
pub(crate) const NONE: &str = "-";

/// The figures of every strategy, and below them their timelines; or the ladder.
///
/// Styled, so it is to be printed through `anstream`.
pub fn draw(comparison: &Comparison) -> String {
    let mut parts = Vec::new();
    if !comparison.strategies.is_empty() {
        parts.push(figures(&comparison.strategies));
        parts.extend(measured_drawn(&comparison.strategies));
        parts.extend(spread(&comparison.strategies));
        parts.extend(timelines(&comparison.strategies));
    }
    parts.extend(comparison.ladder.as_ref().map(|it| ladder(it, &comparison.nouns.counts)));
    parts.join("\n\n")
}

/// A row for each strategy: the run whose elapsed time is in the middle.
fn figures(strategies: &[Compared]) -> String {
    let mut columns = Columns::new(&[
        ["", "strategy"],
        ["", "elapsed"],
        ["above", "ideal"],
        ["most at", "once"],
        ["", "threads"],
        ["CPU", "time"],
        ["peak", "memory"],
        ["loop", "blocked"],
    ]);
    for strategy in strategies {
        let run = middle(strategy);
        if let Some(run) = run {
            columns.row(row(&strategy.name, run));
        }
        let failures: Vec<&Failed> =
            strategy.runs.iter().filter_map(|run| run.as_ref().err()).collect();
        if let Some(first) = failures.first() {
            let times = match (failures.len(), strategy.runs.len()) {
                (_, 1) => String::new(),
                (failed, all) => format!("{failed} of {all} runs: "),
            };
            let name = if run.is_some() { "" } else { strategy.name.as_str() };
            columns.row_with_texts(vec![name.to_owned()], failure(&times, first));
        }
    }
    columns.fitted_to(WIDTH).drawn(WIDTH)
}

pub(crate) fn row(name: &str, Measured { report, cost }: &Measured) -> Vec<String> {
    let recording = &report.recording;
    let above = report.ideal.map(|ideal| rounded(recording.elapsed.saturating_sub(ideal)));
    let blocked = recording.event_loops().next().map(|_| match report.recording.figures.blocked {
        Duration::ZERO => "never".to_owned(),
        blocked => rounded(blocked),
    });
    vec![
        name.to_owned(),
        exact(recording.elapsed),
        above.unwrap_or_else(|| NONE.to_owned()),
        report.recording.figures.most_in_flight.to_string(),
        report.recording.figures.threads.to_string(),
        rounded(cost.cpu),
        bytes(cost.peak),
        blocked.unwrap_or_else(|| NONE.to_owned()),
    ]
}

/// How a run failed, and the last that it said.
fn failure(times: &str, failed: &Failed) -> Vec<(String, Style)> {
    let last = failed.last_line.iter().filter(|line| !line.contains(&failed.how));
    let how = (format!("{times}{}", failed.how), RED);
    [how].into_iter().chain(last.map(|line| (line.clone(), Style::new()))).collect()
}

/// The run in the middle of those that came to their end, by elapsed time.
pub(crate) fn middle(strategy: &Compared) -> Option<&Measured> {
    let mut runs = good(strategy);
    runs.sort_by_key(|run| run.report.recording.elapsed);
    runs.get(runs.len() / 2).copied()
}

pub(crate) fn good(strategy: &Compared) -> Vec<&Measured> {
    strategy.runs.iter().filter_map(|run| run.as_ref().ok()).collect()
}

/// What the programs have measured themselves in the same runs, each with a time for
/// every strategy; empty if that is nothing.
pub(crate) fn measured(strategies: &[Compared]) -> Vec<(String, Vec<String>)> {
    let of = |strategy| middle(strategy).map_or(&[][..], |run| &run.report.measured);
    let all = strategies.iter().map(of).max_by_key(|measured| measured.len()).unwrap_or_default();
    let time = |what: &str, strategy| {
        let known = of(strategy).iter().find(|it| it.what == what);
        known.map_or_else(|| NONE.to_owned(), |it| rounded(it.time))
    };
    let times = |what: &str| strategies.iter().map(|strategy| time(what, strategy)).collect();
    all.iter().map(|it| (it.what.clone(), times(&it.what))).collect()
}

/// The same as a table.
fn measured_drawn(strategies: &[Compared]) -> Option<String> {
    let measured = measured(strategies);
    let head = |(what, _): &'_ (String, Vec<String>)| match what.split_once(": ") {
        Some((of_what, what)) => [of_what.to_owned(), what.to_owned()],
        None => [String::new(), what.clone()],
    };
    let heads: Vec<[String; 2]> = measured.iter().map(head).collect();
    let heads = heads.iter().map(|head| [head[0].as_str(), head[1].as_str()]);
    let heads: Vec<[&str; 2]> = [["", "strategy"]].into_iter().chain(heads).collect();
    let mut columns = Columns::new(&heads);
    for (row, strategy) in strategies.iter().enumerate() {
        let times = measured.iter().map(|(_, times)| times[row].clone());
        columns.row([strategy.name.clone()].into_iter().chain(times).collect());
    }
    (!measured.is_empty()).then(|| columns.drawn(WIDTH))
}

/// How far several runs of a strategy lie apart; none if each ran once.
fn spread(strategies: &[Compared]) -> Option<String> {
    let rounds = strategies.iter().map(|strategy| strategy.runs.len()).max()?;
    if rounds < 2 {
        return None;
    }
    let over = format!("over {rounds} runs");
    let mut columns =
        Columns::new(&[["", &over], ["", ""], ["", "min"], ["", "median"], ["", "max"]]);
    for strategy in strategies {
        let runs = good(strategy);
        if runs.is_empty() {
            continue;
        }
        let elapsed = runs.iter().map(|run| run.report.recording.elapsed);
        columns.row(three([&strategy.name, "elapsed"], elapsed, exact));
        columns.row(three(["", "CPU time"], runs.iter().map(|run| run.cost.cpu), rounded));
        columns.row(three(["", "peak memory"], runs.iter().map(|run| run.cost.peak), bytes));
    }
    Some(columns.left(2).drawn(WIDTH))
}

pub(crate) fn three<T: Ord + Copy>(
    names: [&str; 2],
    values: impl Iterator<Item = T>,
    words: fn(T) -> String,
) -> Vec<String> {
    let mut values: Vec<T> = values.collect();
    values.sort();
    let picked = [0, values.len() / 2, values.len().saturating_sub(1)];
    let picked = picked.into_iter().filter_map(|place| values.get(place)).copied().map(words);
    names.into_iter().map(str::to_owned).chain(picked).collect()
}

/// The lanes of the runs that the figures are from, on one time axis.
fn timelines(strategies: &[Compared]) -> Option<String> {
    let drawn = strategies.iter().filter_map(|strategy| {
        Some((format!("{BOLD}{}{BOLD:#}", strategy.name), recording(strategy)?))
    });
    let drawn: Vec<(String, &Recording)> = drawn.collect();
    let titled: Vec<(&str, &Recording)> =
        drawn.iter().map(|(title, recording)| (title.as_str(), *recording)).collect();
    let drawn = || timeline::draw_together(&titled, harness::width());
    (!titled.is_empty()).then(|| [vec![drawn()], busy(strategies)].concat().join("\n"))
}

/// Whose event loop had no core for a while: in its row that looks like work.
fn busy(strategies: &[Compared]) -> Vec<String> {
    let told = strategies.iter().filter_map(|strategy| {
        let kept = recording(strategy)?.figures.preempted_for;
        (kept > Duration::ZERO).then(|| {
            let (all, name) = (rounded(kept), &strategy.name);
            let sentence = format!(
                "The machine was busy: for up to {all} in all, the event loop of {name} had no core to run on."
            );
            timeline::wrapped(&sentence, WIDTH)
        })
    });
    told.collect()
}

/// What is to be drawn of a strategy: also of one that failed, if it could tell.
pub(crate) fn recording(strategy: &Compared) -> Option<&Recording> {
    let failed = || strategy.runs.iter().find_map(|run| run.as_ref().err()?.report.as_deref());
    let report = middle(strategy).map(|run| &run.report).or_else(failed)?;
    Some(&report.recording)
}

/// A row for each step, whose size counts these.
fn ladder(ladder: &Ladder, counts: &str) -> String {
    let sizes = format!("{counts}s");
    let mut columns = Columns::new(&[
        ["", "strategy"],
        ["", &sizes],
        ["", "elapsed"],
        ["CPU", "time"],
        ["peak", "memory"],
        ["memory per", counts],
    ]);
    for climber in &ladder.climbers {
        let mut name = climber.name.as_str();
        for (size, step) in ladder.sizes.iter().zip(&climber.steps) {
            match step {
                Ok(run) => columns.row(step_row(name, *size, run)),
                Err(failed) => {
                    columns.row_with_texts(
                        vec![name.to_owned(), size.to_string()],
                        failure("", failed),
                    );
                }
            }
            name = "";
        }
    }
    columns.drawn(WIDTH)
}

fn step_row(name: &str, size: usize, Measured { report, cost }: &Measured) -> Vec<String> {
    vec![
        name.to_owned(),
        size.to_string(),
        exact(report.recording.elapsed),
        rounded(cost.cpu),
        bytes(cost.peak),
        bytes(cost.peak / size.max(1) as u64),
    ]
}

/// Whether everything that was begun ended well. On a ladder the end is what is
/// looked for, so only a strategy that could not make its first step counts.
pub fn is_well(comparison: &Comparison) -> bool {
    let mut runs = comparison.strategies.iter().flat_map(|strategy| &strategy.runs);
    let climbers = comparison.ladder.iter().flat_map(|ladder| &ladder.climbers);
    runs.all(Attempt::is_ok)
        && climbers.into_iter().all(|climber| climber.steps.first().is_some_and(Attempt::is_ok))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_values_are_the_least_the_middle_and_the_most() {
        let ms = Duration::from_millis;
        let values = [30, 10, 20].map(ms);
        let row = three(["sync", "elapsed"], values.into_iter(), rounded);
        assert_eq!(row, ["sync", "elapsed", "10 ms", "20 ms", "30 ms"]);
    }
}
