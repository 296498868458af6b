//! The table of a page: a row for each strategy.

use lens::time::{exact, rounded};
use maud::{Markup, html};

use crate::numbers::bytes;
use crate::results::{Compared, Failed, Nouns};
use crate::table;

/// The headings, in the order of the cells that the text has.
const HEADS: [&str; 8] = [
    "strategy",
    "elapsed",
    "above the ideal",
    "most at once",
    "threads",
    "CPU time",
    "peak memory",
    "event loop blocked for",
];

/// How to read them, where a row of a picture is one of these.
fn terms(row: &str) -> [(&'static str, String); 7] {
    [
        ("elapsed", "how long you wait".to_owned()),
        ("above the ideal", "what is left of it without the delays that were asked for".to_owned()),
        ("most at once", format!("{row}s under way at the same time")),
        ("threads", format!("those that a {row} held")),
        (
            "CPU time, peak memory",
            "of the whole process, as the operating system counts them; of a server where that is what is compared".to_owned(),
        ),
        ("event loop blocked", format!("how long {row}s held its thread for 10 ms or longer")),
        ("a dash", "there is no such thing here".to_owned()),
    ]
}

/// The table of all strategies.
pub(super) fn section(strategies: &[Compared], nouns: &Nouns) -> Markup {
    let rounds = strategies.iter().map(|strategy| strategy.runs.len()).max().unwrap_or(0);
    html! {
        section aria-labelledby="figures" {
            h2 #figures { "What each one took" }
            div.scroll tabindex="0" role="region" aria-labelledby="figures" {
                table {
                    caption {
                        @if rounds > 1 {
                            "Of " (rounds) " runs each, the one whose elapsed time is in the middle. "
                            "Small below a figure: the least, the median and the most of all runs."
                        } @else {
                            "One run each."
                        }
                    }
                    thead { tr { @for head in HEADS { th scope="col" { (head) } } } }
                    tbody { @for strategy in strategies { (row(strategy)) } }
                }
            }
            (measured(strategies))
            dl.terms {
                @for (term, meaning) in terms(&nouns.row) { div { dt { (term) } dd { (meaning) } } }
            }
        }
    }
}

/// What the programs have measured themselves, if anything.
fn measured(strategies: &[Compared]) -> Markup {
    let measured = table::measured(strategies);
    html! {
        @if !measured.is_empty() {
            div.scroll tabindex="0" role="region" aria-label="Measured by the programs" {
                table {
                    caption { "What the programs have measured themselves." }
                    thead {
                        tr {
                            th scope="col" { "strategy" }
                            @for (what, _) in &measured { th scope="col" { (what) } }
                        }
                    }
                    tbody {
                        @for (row, strategy) in strategies.iter().enumerate() {
                            tr {
                                th scope="row" { code { (strategy.name) } }
                                @for (_, times) in &measured { td { (times[row]) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn row(strategy: &Compared) -> Markup {
    let failed: Vec<&Failed> = strategy.runs.iter().filter_map(|run| run.as_ref().err()).collect();
    let middle = table::middle(strategy);
    html! {
        @if let Some(run) = middle {
            @let spread = spread(strategy);
            tr {
                @for (column, cell) in table::row(&strategy.name, run).into_iter().enumerate() {
                    @if column == 0 {
                        th scope="row" { code { (cell) } }
                    } @else {
                        td {
                            (cell)
                            @if let Some((_, spread)) = spread.iter().find(|(of, _)| *of == HEADS[column]) {
                                small { (spread) }
                            }
                        }
                    }
                }
            }
        }
        @if let Some(first) = failed.first() {
            tr.failed {
                th scope="row" { code { (strategy.name) } }
                td colspan=(HEADS.len() - 1) { (failure(first, failed.len(), strategy.runs.len())) }
            }
        }
    }
}

/// The least, the median and the most, by the heading of the column; none of a single run.
fn spread(strategy: &Compared) -> Vec<(&'static str, String)> {
    let runs = table::good(strategy);
    if runs.len() < 2 {
        return Vec::new();
    }
    let elapsed = runs.iter().map(|run| run.report.recording.elapsed);
    let cpu = runs.iter().map(|run| run.cost.cpu);
    let peak = runs.iter().map(|run| run.cost.peak);
    let of = ["", ""];
    [
        ("elapsed", table::three(of, elapsed, exact)),
        ("CPU time", table::three(of, cpu, rounded)),
        ("peak memory", table::three(of, peak, bytes)),
    ]
    .map(|(head, values)| (head, values[of.len()..].join(" · ")))
    .into()
}

/// How a run failed, and the last that it said.
pub(super) fn failure(failed: &Failed, times: usize, of: usize) -> Markup {
    html! {
        strong {
            @if of > 1 { (times) " of " (of) " runs: " }
            (failed.how)
        }
        @if let Some(line) = failed.last_line.as_ref().filter(|line| !line.contains(&failed.how)) {
            " " samp { (line) }
        }
    }
}
