//! A comparison as one page that a browser opens from disk: nothing in it is
//! loaded from anywhere, and it can be read without its script.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use harness::{Failure, unwritable};
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

/// A file that a page will be written to.
#[derive(Debug)]
pub struct Page {
    file: File,
    path: PathBuf,
}

impl Page {
    /// Opens the file, or makes it; a failure if it cannot be written. What is
    /// in it stays until there is something to write.
    pub fn create(path: &Path) -> Result<Self, Failure> {
        let file = File::options().write(true).create(true).truncate(false).open(path);
        let file = file.map_err(|error| unwritable(path, &error))?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// Writes the comparison to it, and tells where that is.
    pub fn write(mut self, comparison: &Comparison) -> Result<PathBuf, Failure> {
        let page = render(comparison);
        let written = self.file.set_len(0).and_then(|()| self.file.write_all(page.as_bytes()));
        written.map_err(|error| unwritable(&self.path, &error))?;
        Ok(self.path)
    }
}

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
                        (figures::section(&comparison.strategies))
                        (lanes::section(&comparison.strategies))
                    }
                    @if let Some(ladder) = &comparison.ladder { (growth::section(ladder)) }
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
