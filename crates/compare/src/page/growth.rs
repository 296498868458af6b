//! The ladder of a page: what each strategy takes as the work grows.

use std::time::Duration;

use harness::numbers::thousands;
use lens::time::{exact, rounded};
use maud::{Markup, PreEscaped, html};

use super::chart;
use super::figures::failure;
use crate::numbers::bytes;
use crate::results::{Attempt, Climber, Ladder, Measured};

/// Elapsed time and memory over the size of the work, which counts these.
pub(super) fn section(ladder: &Ladder, counts: &str) -> Markup {
    let seconds = |seconds| rounded(Duration::from_secs_f64(seconds));
    let time =
        chart::draw(ladder, ("Elapsed time", counts), |run| elapsed(run).as_secs_f64(), seconds);
    let memory = chart::draw(
        ladder,
        ("Peak memory", counts),
        |run| run.cost.peak as f64,
        |size| bytes(size as u64),
    );
    html! {
        section aria-labelledby="ladder" {
            h2 #ladder { "As the work grows" }
            p.how {
                "Follow a line to the right: ten times as many " (counts) "s are always the same step. "
                "Upwards, ten times as much time or memory is the same step too. "
                "So a flat line takes no more for more work, and a line that climbs one step for each step takes ten times as much for ten times the work. "
                "A cross is where a strategy ended."
            }
            ul.climbers {
                @for (place, climber) in ladder.climbers.iter().enumerate() {
                    li { (PreEscaped(chart::sign(place))) code { (climber.name) } }
                }
            }
            div.charts {
                (pictured("Elapsed time", counts, time))
                (pictured("Peak memory", counts, memory))
            }
            ul.ends { @for climber in &ladder.climbers { (end(climber, ladder, counts)) } }
            (steps(ladder, ("Elapsed time", counts), |run| exact(elapsed(run))))
            (steps(ladder, ("Peak memory", counts), |run| bytes(run.cost.peak)))
        }
    }
}

fn elapsed(run: &Measured) -> Duration {
    run.report.recording.elapsed
}

fn pictured(title: &str, counts: &str, picture: String) -> Markup {
    html! {
        figure.growth { figcaption { h3 { (title) " over " (counts) "s" } } (PreEscaped(picture)) }
    }
}

/// Where a strategy ended, and how.
fn end(climber: &Climber, ladder: &Ladder, counts: &str) -> Markup {
    let failed = climber.steps.iter().zip(&ladder.sizes).find_map(|(step, size)| {
        let failed = step.as_ref().err()?;
        Some((size, failed))
    });
    let last = ladder.sizes.get(climber.steps.len().saturating_sub(1)).copied().unwrap_or(0);
    html! {
        li {
            code { (climber.name) } " "
            @match failed {
                Some((size, failed)) => { "ended at " (thousands(*size as u64)) " " (counts) "s: " (failure(failed, 1, 1)) },
                None => { "came to the top, " (thousands(last as u64)) " " (counts) "s." },
            }
        }
    }
}

/// A row for each size, a column for each strategy.
fn steps(ladder: &Ladder, (title, counts): (&str, &str), words: fn(&Measured) -> String) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(title) {
            table {
                caption { (title) }
                thead {
                    tr {
                        th scope="col" { (counts) "s" }
                        @for climber in &ladder.climbers { th scope="col" { code { (climber.name) } } }
                    }
                }
                tbody {
                    @for (place, size) in ladder.sizes.iter().enumerate() {
                        tr {
                            th scope="row" { (thousands(*size as u64)) }
                            @for climber in &ladder.climbers { (step(climber.steps.get(place), words)) }
                        }
                    }
                }
            }
        }
    }
}

fn step(step: Option<&Attempt>, words: fn(&Measured) -> String) -> Markup {
    html! {
        @match step {
            Some(Ok(run)) => td { (words(run)) },
            Some(Err(_)) => td.end { "ended" },
            None => td { "-" },
        }
    }
}
