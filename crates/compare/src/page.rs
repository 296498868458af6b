//! A comparison as one page that a browser opens from disk: nothing in it is
//! loaded from anywhere, and it can be read without its script.

use lens::svg;
use lens::text::harmless_lines;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::numbers::bytes;
use crate::results::{Compared, Comparison};

mod chart;
mod figures;
mod growth;
mod lanes;

/// All that the page's style sheet has beside the pictures' own.
const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/script.js");

/// What the page may load: nothing at all.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

/// The whole page, as an HTML document.
pub fn render(comparison: &Comparison) -> String {
    let style = svg::properties() + &svg::style() + STYLE + &chart::style();
    let title = format!("{}, side by side", comparison.scenario);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                link rel="icon" href="data:,";
                title { (title) }
                style { (PreEscaped(style)) }
            }
            body {
                (head(comparison, &title))
                main {
                    @if !comparison.strategies.is_empty() {
                        (figures::section(&comparison.strategies, &comparison.nouns))
                        (lanes::section(&comparison.strategies, &comparison.nouns))
                    }
                    @if let Some(ladder) = &comparison.ladder { (growth::section(ladder, &comparison.nouns.counts)) }
                    @if !comparison.strategies.is_empty() { (commands(&comparison.strategies)) }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    // What a program said, or was given, may hold what no document may.
    harmless_lines(&page.into_string()).into_owned()
}

fn head(comparison: &Comparison, title: &str) -> Markup {
    let machine = comparison.machine;
    let cores = if machine.cores == 1 { "core" } else { "cores" };
    html! {
        header {
            h1 { (title) }
            p.lead { "The same work, done in several ways: how long each one took, and who waited for whom." }
            dl.facts {
                div { dt { "Made with" } dd { (command(&comparison.command)) } }
                div { dt { "On" } dd { (machine.cores) " " (cores) ", " (bytes(machine.memory)) " of memory" } }
            }
        }
    }
}

fn commands(strategies: &[Compared]) -> Markup {
    html! {
        section aria-labelledby="commands" {
            h2 #commands { "Each one by itself" }
            dl.commands {
                @for strategy in strategies {
                    div { dt { code { (strategy.name) } } dd { (command(&strategy.command)) } }
                }
            }
        }
    }
}

/// A command, broken between its words alone.
fn command(text: &str) -> Markup {
    html! {
        code.command { @for word in text.split(' ') { span { (word) } " " } }
    }
}

#[cfg(test)]
mod tests;
