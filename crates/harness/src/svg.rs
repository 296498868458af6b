//! The picture of a run as SVG: the same rows, axis and sentences as in text,
//! readable on a light and on a dark page, with no script and nothing to load.

use std::fmt::{self, Write};
use std::time::Duration;

use crate::axis::Axis;
use crate::recording::{Lane, Outcome, Recording, Stretch};
use crate::sample::Sample;
use crate::time::{exact, rounded};
use crate::words::sentences;

/// Measures in pixels.
const WIDTH: f64 = 900.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 130.0;
const TOP: f64 = 40.0;
const ROW: f64 = 30.0;
const BAR: f64 = 18.0;
const LINE: f64 = 20.0;

/// Narrower stretches would not be seen.
const THINNEST: f64 = 1.0;

const STYLE: &str = "\
text { font: 13px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #24292f }
.quiet { fill: #57606a } .grid { stroke: #d0d7de } .page { fill: #ffffff } .edge { fill: none; stroke-width: 1.2 }
.wait { opacity: .16 }
.c0 { fill: #0b7285; stroke: #0b7285 } .c1 { fill: #a15c00; stroke: #a15c00 } .c2 { fill: #9c36b5; stroke: #9c36b5 }
.c3 { fill: #2b8a3e; stroke: #2b8a3e } .c4 { fill: #1c5fd0; stroke: #1c5fd0 }
.wait, .held, .dots { stroke: none } .edge { fill: none }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .quiet { fill: #9198a1 } .grid { stroke: #30363d } .page { fill: #0d1117 } .wait { opacity: .28 }
.c0 { fill: #3bc9db; stroke: #3bc9db } .c1 { fill: #ffc34d; stroke: #ffc34d } .c2 { fill: #da77f2; stroke: #da77f2 }
.c3 { fill: #69db7c; stroke: #69db7c } .c4 { fill: #74a8ff; stroke: #74a8ff }
.wait, .held, .dots { stroke: none } .edge { fill: none }
}";
const COLOURS: usize = 5;

/// Draws the lanes that the sample shows.
pub(crate) fn draw(recording: &Recording, strategy: &str, sample: Sample) -> String {
    let mut svg = String::new();
    // Writing to a string cannot fail.
    let _ = Picture { recording, strategy, sample }.write(&mut svg);
    svg
}

struct Picture<'a> {
    recording: &'a Recording,
    strategy: &'a str,
    sample: Sample,
}

impl Picture<'_> {
    fn write(&self, svg: &mut String) -> fmt::Result {
        let shown =
            self.recording.lanes.iter().enumerate().filter(|(index, _)| self.sample.shows(*index));
        let rows: Vec<(usize, &Lane)> = shown.collect();
        let words: Vec<String> =
            self.sample.note().into_iter().chain(sentences(self.recording)).collect();
        let bottom = TOP + ROW * rows.len() as f64;
        let height = bottom + LINE * (words.len() as f64 + 2.5);
        let title = escaped(&format!("{}: {}", self.strategy, words.join(" ")));
        writeln!(
            svg,
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">"#
        )?;
        writeln!(svg, "<title>{title}</title>\n<style>\n{STYLE}\n</style>")?;
        writeln!(svg, r#"<rect class="page" width="100%" height="100%"/>"#)?;
        self.axis(svg, bottom)?;
        for (row, (index, lane)) in rows.into_iter().enumerate() {
            self.row(svg, TOP + ROW * row as f64, index, lane)?;
        }
        self.legend(svg, bottom + LINE)?;
        for (line, sentence) in words.iter().enumerate() {
            let y = bottom + LINE * (line as f64 + 2.2);
            writeln!(svg, r#"<text x="12" y="{y}">{}</text>"#, escaped(sentence))?;
        }
        writeln!(svg, "</svg>")
    }

    fn x(&self, moment: Duration) -> f64 {
        let whole = self.recording.elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
        LEFT + (WIDTH - LEFT - RIGHT) * moment.as_secs_f64() / whole
    }

    fn axis(&self, svg: &mut String, bottom: f64) -> fmt::Result {
        let axis = Axis::of(self.recording.elapsed, 10);
        for (place, (moment, number)) in axis.marks.iter().enumerate() {
            let (x, y) = (self.x(*moment), TOP - 14.0);
            let unit = if place == 0 { format!(" {}", axis.unit) } else { String::new() };
            writeln!(
                svg,
                r#"<line class="grid" x1="{x:.1}" x2="{x:.1}" y1="{:.1}" y2="{bottom}"/>"#,
                TOP - 8.0
            )?;
            writeln!(
                svg,
                r#"<text class="quiet" x="{x:.1}" y="{y}" text-anchor="middle">{number}{unit}</text>"#
            )?;
        }
        Ok(())
    }

    fn row(&self, svg: &mut String, top: f64, index: usize, lane: &Lane) -> fmt::Result {
        let colour = index % COLOURS;
        let (created, end) = (lane.created, lane.end(self.recording));
        let started = lane.started.unwrap_or(end);
        let (y, middle, text) = (top + (ROW - BAR) / 2.0, top + ROW / 2.0, top + ROW / 2.0 + 4.5);
        let (name, asks) = (escaped(&lane.name), escaped(lane.asks.as_deref().unwrap_or_default()));
        writeln!(svg, r#"<text x="12" y="{text}">{name}<title>{name}: {asks}</title></text>"#)?;
        self.rect(svg, ["wait", "c"], colour, (started, end), y)?;
        if self.x(started) - self.x(created) > 4.0 {
            writeln!(
                svg,
                r#"<line class="c{colour}" x1="{:.1}" x2="{:.1}" y1="{middle}" y2="{middle}" stroke-width="2" stroke-linecap="round" stroke-dasharray="0.1 8"><title>{}: ready, not yet run, for {}</title></line>"#,
                self.x(created) + 5.0,
                self.x(started),
                escaped(&lane.name),
                rounded(started.saturating_sub(created)),
            )?;
        }
        for stretch in &lane.stretches {
            self.stretch(svg, colour, lane, stretch, y)?;
        }
        self.rect(svg, ["edge", "c"], colour, (created, end), y)?;
        let ended = match lane.outcome {
            Outcome::Done => String::new(),
            Outcome::Failed => " failed".to_owned(),
            Outcome::Dropped => " dropped".to_owned(),
            Outcome::Unfinished => " …".to_owned(),
        };
        let took = exact(end.saturating_sub(created));
        writeln!(svg, r#"<text x="{}" y="{text}">{took}{ended}</text>"#, WIDTH - RIGHT + 10.0)
    }

    fn rect(
        &self,
        svg: &mut String,
        class: [&str; 2],
        colour: usize,
        span: (Duration, Duration),
        y: f64,
    ) -> fmt::Result {
        let [kind, prefix] = class;
        let (x, width) = (self.x(span.0), (self.x(span.1) - self.x(span.0)).max(THINNEST));
        writeln!(
            svg,
            r#"<rect class="{prefix}{colour} {kind}" x="{x:.1}" y="{y}" width="{width:.1}" height="{BAR}" rx="2"/>"#
        )
    }

    fn stretch(
        &self,
        svg: &mut String,
        colour: usize,
        lane: &Lane,
        stretch: &Stretch,
        y: f64,
    ) -> fmt::Result {
        let (x, width) =
            (self.x(stretch.from), (self.x(stretch.to) - self.x(stretch.from)).max(THINNEST));
        let share = stretch.held.as_secs_f64()
            / stretch.to.saturating_sub(stretch.from).as_secs_f64().max(1e-9);
        let thread = self
            .recording
            .threads
            .get(stretch.thread - 1)
            .map_or("", |thread| thread.name.as_str());
        let told = format!(
            "{} held thread {} ({thread}) for {}, from {} to {}",
            lane.name,
            stretch.thread,
            rounded(stretch.held),
            exact(stretch.from),
            exact(stretch.to)
        );
        writeln!(
            svg,
            r#"<rect class="c{colour} held" x="{x:.1}" y="{y}" width="{width:.1}" height="{BAR}" opacity="{:.2}"><title>{}</title></rect>"#,
            share.clamp(0.2, 1.0),
            escaped(&told)
        )
    }

    fn legend(&self, svg: &mut String, y: f64) -> fmt::Result {
        let box_at = |x: f64, class: &str| {
            format!(r#"<rect class="c4 {class}" x="{x}" y="{}" width="26" height="12"/>"#, y - 10.0)
        };
        let word =
            |x: f64, text: &str| format!(r#"<text class="quiet" x="{x}" y="{y}">{text}</text>"#);
        writeln!(svg, "{}{}", box_at(12.0, "held"), word(46.0, "held a thread"))?;
        writeln!(svg, "{}{}", box_at(180.0, "wait"), word(214.0, "waited, thread free"))?;
        let dots = format!(
            r#"<line class="c4" x1="398" x2="422" y1="{0}" y2="{0}" stroke-width="2" stroke-linecap="round" stroke-dasharray="0.1 8"/>"#,
            y - 4.0
        );
        writeln!(svg, "{dots}{}", word(430.0, "ready, not yet run"))
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
