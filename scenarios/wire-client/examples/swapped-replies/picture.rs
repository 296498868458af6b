//! The picture: a row for each caller, and at its end the reply in the colour of the caller
//! whose it was.

use std::fmt::{self, Write};
use std::time::Duration;

use lens::svg::{COLOURS, style};

use crate::{Called, name};

/// Measures in pixels.
const WIDTH: f64 = 900.0;
const LEFT: f64 = 60.0;
const PLOT: f64 = 640.0;
const PAD: f64 = 12.0;
const ROW: f64 = 28.0;
const BAR: f64 = 16.0;
/// A reply with its name in it.
const REPLY: f64 = 30.0;
/// A rule's title and the room above it.
const TITLE: f64 = 44.0;

/// A name on a colour is as the page is.
const IN_A_REPLY: &str = "\
.picture .whose { fill: #ffffff }
@media (prefers-color-scheme: dark) { .picture .whose { fill: #0d1117 } }
";

pub(crate) fn draw(runs: &[(&str, Vec<Called>)]) -> String {
    let mut svg = String::new();
    document(&mut svg, runs).expect("text takes all that is written");
    svg
}

fn document(svg: &mut String, runs: &[(&str, Vec<Called>)]) -> fmt::Result {
    let rows: usize = runs.iter().map(|(_, called)| called.len()).sum();
    let height = TITLE * runs.len() as f64 + ROW * rows as f64 + PAD;
    let end = runs.iter().flat_map(|(_, called)| called).map(|it| it.ended).max();
    writeln!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" class="picture" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">"#
    )?;
    writeln!(svg, "<title>Five callers under three rules for whose the next reply is</title>")?;
    writeln!(svg, "<style>\n{}{IN_A_REPLY}</style>", style())?;
    writeln!(svg, r#"<rect class="page" width="100%" height="100%"/>"#)?;
    let mut top = 0.0;
    for (rule, called) in runs {
        let y = top + TITLE - 14.0;
        writeln!(svg, r#"<text x="{PAD}" y="{y}">The next reply is for {rule}</text>"#)?;
        top += TITLE;
        for (number, called) in called.iter().enumerate() {
            row(svg, top, number, called, end.unwrap_or_default())?;
            top += ROW;
        }
    }
    writeln!(svg, "</svg>")
}

/// From the moment at which the caller asked, to the reply that it was given.
fn row(svg: &mut String, top: f64, number: usize, called: &Called, end: Duration) -> fmt::Result {
    let x = |at: Duration| LEFT + PLOT * at.as_secs_f64() / end.as_secs_f64();
    let (from, to) = (x(called.asked), x(called.ended));
    let (y, text) = (top + (ROW - BAR) / 2.0, top + ROW / 2.0 + 4.5);
    let (width, own) = (to - from, number % COLOURS.len());
    writeln!(
        svg,
        r#"<text x="{}" y="{text}" text-anchor="end">{}</text>"#,
        LEFT - PAD,
        name(number)
    )?;
    writeln!(
        svg,
        r#"<rect class="wait c{own}" x="{from:.1}" y="{y}" width="{width:.1}" height="{BAR}"/><rect class="edge c{own}" x="{from:.1}" y="{y}" width="{width:.1}" height="{BAR}"/>"#
    )?;
    let after = to + 8.0;
    let Some(reply) = called.reply else {
        return writeln!(svg, r#"<text class="quiet" x="{after:.1}" y="{text}">gave up</text>"#);
    };
    let (colour, middle) = (reply % COLOURS.len(), after + REPLY / 2.0);
    writeln!(
        svg,
        r#"<rect class="c{colour}" x="{after:.1}" y="{y}" width="{REPLY}" height="{BAR}"/><text class="whose" x="{middle:.1}" y="{text}" text-anchor="middle">{}</text>"#,
        name(reply)
    )?;
    if reply != number {
        let beside = after + REPLY + 8.0;
        writeln!(svg, r#"<text x="{beside:.1}" y="{text}">that is {}'s</text>"#, name(reply))?;
    }
    Ok(())
}
