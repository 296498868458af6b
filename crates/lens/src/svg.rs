//! The picture of a run as SVG: the same rows, axis and sentences as in text,
//! readable on a light and on a dark page, with no script and nothing to load.
//!
//! Whatever a lane did tells itself in a `<title>`, which a browser shows when
//! the pointer rests on it: each is a child of an element of class `mark`.

use std::fmt::{self, Write};
use std::time::Duration;

use crate::axis::Axis;
use crate::recording::{Begins, Lane, Outcome, Recording, Stretch};
use crate::sample::{below, shown};
use crate::text::harmless;
use crate::time::{exact, rounded};
use crate::timeline::wrapped;

/// Measures in pixels.
const WIDTH: f64 = 900.0;
const PAD: f64 = 12.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 130.0;
const TOP: f64 = 40.0;
const ROW: f64 = 30.0;
const BAR: f64 = 18.0;
const LINE: f64 = 20.0;
const LETTER: f64 = 8.0;
/// So many letters fit into a line.
const COLUMNS: usize = ((WIDTH - 2.0 * PAD) / LETTER) as usize;

/// Per cent of the plot. What is shorter would not be drawn at all; its outline
/// makes it a pixel wide.
const THINNEST: f64 = 0.02;
/// The same for dots, of which a few have to fit.
const FEWEST_DOTS: f64 = 0.6;

/// The colours of lanes in turn, for a light page and for a dark one. Each can
/// be told from its page, and from its neighbours by people who see fewer colours.
pub const COLOURS: [[&str; 2]; 5] = [
    ["#0b7285", "#3bc9db"],
    ["#a15c00", "#ffc34d"],
    ["#9c36b5", "#da77f2"],
    ["#2b8a3e", "#69db7c"],
    ["#1c5fd0", "#74a8ff"],
];

/// Colours of the page itself, light and dark.
const INK: [&str; 2] = ["#24292f", "#e6edf3"];
const QUIET: [&str; 2] = ["#57606a", "#9198a1"];
const GRID: [&str; 2] = ["#d0d7de", "#30363d"];
const PAGE: [&str; 2] = ["#ffffff", "#0d1117"];
const WAIT: [f64; 2] = [0.16, 0.28];

const SHAPES: &str = "\
.picture text { font: 13px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace }
.picture .wait, .picture .area { stroke: none }
.picture .edge { fill: none; stroke-width: 1.2; pointer-events: none } .picture .held { stroke-width: .8 }
.picture .area { fill: transparent } .picture .over { stroke-dasharray: 3 4 }
.picture .dots { stroke-width: 2; stroke-linecap: round; stroke-dasharray: .1 8; stroke-dashoffset: -5 }
";

/// The style sheet that every picture needs, for a light page and for a dark one.
/// It names nothing outside of elements of class `picture`.
pub fn style() -> String {
    let (light, dark) = (colours(0), colours(1));
    // The shapes come last: some of them have no colour inside.
    format!("{light}@media (prefers-color-scheme: dark) {{\n{dark}}}\n{SHAPES}")
}

fn colours(scheme: usize) -> String {
    let mut css = format!(
        ".picture text {{ fill: {} }} .picture .quiet {{ fill: {} }} .picture .grid {{ stroke: {} }} .picture .over {{ stroke: {} }} \
         .picture .page {{ fill: {} }} .picture .wait {{ opacity: {} }} .picture .sign {{ fill: {}; stroke: {} }}\n",
        INK[scheme],
        QUIET[scheme],
        GRID[scheme],
        QUIET[scheme],
        PAGE[scheme],
        WAIT[scheme],
        QUIET[scheme],
        QUIET[scheme]
    );
    for (number, colour) in COLOURS.iter().enumerate() {
        let colour = colour[scheme];
        let _ = writeln!(css, ".picture .c{number} {{ fill: {colour}; stroke: {colour} }}");
    }
    css
}

/// The same colours as custom properties of a page: `--ink`, `--quiet`, `--grid`,
/// `--page`, and those of the lanes from `--c0` on.
pub fn properties() -> String {
    let of = |scheme: usize| {
        let page = [("ink", INK), ("quiet", QUIET), ("grid", GRID), ("page", PAGE)];
        let page = page.map(|(name, colour)| format!("--{name}: {};", colour[scheme]));
        let lanes = COLOURS.iter().enumerate();
        let lanes = lanes.map(|(number, colour)| format!("--c{number}: {};", colour[scheme]));
        let all: Vec<String> = page.into_iter().chain(lanes).collect();
        format!(":root {{ {} }}\n", all.join(" "))
    };
    format!("{}@media (prefers-color-scheme: dark) {{\n{}}}\n", of(0), of(1))
}

/// The space that several pictures share, so that their lanes stand below each
/// other: how long their time axis is, and what the texts beside it need.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    end: Duration,
    /// Pixels.
    left: f64,
    right: f64,
}

impl Frame {
    /// The frame around all of these.
    pub fn around<'a>(recordings: impl IntoIterator<Item = &'a Recording>) -> Self {
        let mut frame = Self { end: Duration::ZERO, left: 0.0, right: 0.0 };
        for recording in recordings {
            frame.end = frame.end.max(recording.elapsed);
            for lane in shown(recording) {
                let width = |text: &str| LETTER * text.chars().count() as f64 + PAD;
                frame.left = frame.left.max(width(&lane.name));
                frame.right = frame.right.max(width(&took(lane, recording)));
            }
        }
        frame
    }

    /// Draws the lanes of a run as an `<svg>` element for a page that has the
    /// [`style`]. `name` says to those who cannot see it what the picture shows.
    ///
    /// It is as wide as its place, beside margins for the texts. Of many lanes
    /// a fair choice is drawn.
    pub fn draw(&self, recording: &Recording, name: &str) -> String {
        let picture = Picture::new(recording, self.end);
        let mut svg = String::new();
        // Writing to a string cannot fail.
        let _ = picture.inline(&mut svg, name, self);
        svg
    }
}

/// What is said below the lanes, in sentences: which are drawn, and what they mean.
pub fn sentences(recording: &Recording) -> Vec<String> {
    below(recording)
}

/// The three textures, each as an `<svg>` element for a page that has the
/// [`style`], and what it means where lanes begin with this.
pub fn signs(begins: Begins) -> [(String, &'static str); 3] {
    signs_of(begins).map(|(class, words)| {
        let svg = r#"<svg class="picture" width="28" height="14" aria-hidden="true">"#;
        (format!("{svg}{}</svg>", sign(class, 0.0, 12.0)), words)
    })
}

/// Draws a document that stands alone, for a program of this name. Of many lanes
/// a fair choice is drawn.
pub fn draw(recording: &Recording, strategy: &str) -> String {
    let mut svg = String::new();
    let picture = Picture::new(recording, recording.elapsed);
    let _ = picture.document(&mut svg, strategy);
    svg
}

struct Picture<'a> {
    recording: &'a Recording,
    end: Duration,
    rows: Vec<&'a Lane>,
    left: f64,
}

impl<'a> Picture<'a> {
    fn new(recording: &'a Recording, end: Duration) -> Self {
        let rows = shown(recording);
        let longest = rows.iter().map(|lane| lane.name.chars().count()).max().unwrap_or(0);
        let left = LEFT.max(LETTER * longest as f64 + 2.0 * PAD);
        Self { recording, end, rows, left }
    }

    /// Where the lowest row ends.
    fn bottom(&self) -> f64 {
        TOP + ROW * self.rows.len() as f64
    }

    fn document(&self, svg: &mut String, strategy: &str) -> fmt::Result {
        let words = below(self.recording);
        let lines: Vec<String> = words.iter().map(|sentence| wrapped(sentence, COLUMNS)).collect();
        let lines: Vec<&str> = lines.iter().flat_map(|sentence| sentence.lines()).collect();
        let bottom = self.bottom();
        let height = bottom + LINE * (lines.len() as f64 + 2.5);
        let title = escaped(&format!("{strategy}: {}", words.join(" ")));
        writeln!(
            svg,
            r#"<svg xmlns="http://www.w3.org/2000/svg" class="picture" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">"#
        )?;
        writeln!(svg, "<title>{title}</title>\n<style>\n{}</style>", style())?;
        writeln!(svg, r#"<rect class="page" width="100%" height="100%"/>"#)?;
        let (left, width) = (self.left, WIDTH - self.left - RIGHT);
        writeln!(svg, r#"<svg x="{left}" width="{width}" height="{bottom}" overflow="visible">"#)?;
        let plot = svg.len();
        self.plot(svg)?;
        // Texts hold no such quotation mark.
        let is_drawn = |class: &str| {
            [" mark\"", "\""].iter().any(|end| svg[plot..].contains(&format!("{class}{end}")))
        };
        let signs = signs_of(self.recording.begins);
        let signs: Vec<_> = signs.into_iter().filter(|(class, _)| is_drawn(class)).collect();
        writeln!(svg, "</svg>")?;
        for (place, (class, words)) in signs.into_iter().enumerate() {
            let (x, y) = (PAD + 200.0 * place as f64, bottom + LINE);
            let sign = sign(class, x, y);
            writeln!(svg, r#"{sign}<text class="quiet" x="{}" y="{y}">{words}</text>"#, x + 34.0)?;
        }
        for (line, text) in lines.into_iter().enumerate() {
            let y = bottom + LINE * (line as f64 + 2.2);
            // A sentence goes on a little to the right.
            let x = PAD + LETTER * (text.len() - text.trim_start().len()) as f64;
            writeln!(svg, r#"<text x="{x}" y="{y}">{}</text>"#, escaped(text.trim_start()))?;
        }
        writeln!(svg, "</svg>")
    }

    fn inline(&self, svg: &mut String, name: &str, frame: &Frame) -> fmt::Result {
        let (height, name) = (self.bottom() + 4.0, escaped(name));
        let (left, right) = (frame.left, frame.right);
        writeln!(
            svg,
            r#"<svg class="picture lanes" height="{height}" overflow="visible" role="img" aria-label="{name}" style="margin: 0 {right}px 0 {left}px; width: calc(100% - {}px)">"#,
            left + right
        )?;
        self.plot(svg)?;
        writeln!(svg, "</svg>")
    }

    /// The axis and the rows, and the texts beside them.
    fn plot(&self, svg: &mut String) -> fmt::Result {
        self.axis(svg)?;
        for (row, lane) in self.rows.iter().enumerate() {
            self.row(svg, TOP + ROW * row as f64, lane)?;
        }
        Ok(())
    }

    /// Per cent of the plot's width.
    fn x(&self, moment: Duration) -> f64 {
        100.0 * moment.as_secs_f64() / self.end.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    fn axis(&self, svg: &mut String) -> fmt::Result {
        let axis = Axis::of(self.end, 10);
        let (top, bottom) = (TOP - 8.0, self.bottom());
        for (place, (moment, number)) in axis.marks.iter().enumerate() {
            let (x, y) = (self.x(*moment), TOP - 14.0);
            let unit = if place == 0 { format!(" {}", axis.unit) } else { String::new() };
            writeln!(
                svg,
                r#"<line class="grid" x1="{x:.2}%" x2="{x:.2}%" y1="{top}" y2="{bottom}"/>"#
            )?;
            // A narrow page may leave out every other number.
            let odd = if place % 2 == 1 { " odd" } else { "" };
            writeln!(
                svg,
                r#"<text class="quiet{odd}" x="{x:.2}%" y="{y}" text-anchor="middle">{number}{unit}</text>"#
            )?;
        }
        if self.recording.elapsed < self.end {
            let x = self.x(self.recording.elapsed);
            writeln!(
                svg,
                r#"<line class="over" x1="{x:.2}%" x2="{x:.2}%" y1="{top}" y2="{bottom}"><title>the run ended at {}</title></line>"#,
                exact(self.recording.elapsed)
            )?;
        }
        Ok(())
    }

    fn row(&self, svg: &mut String, top: f64, lane: &Lane) -> fmt::Result {
        let (created, end) = (lane.created, lane.end(self.recording));
        let started = lane.started.unwrap_or(end);
        let row = Row {
            picture: self,
            lane,
            colour: lane.number % COLOURS.len(),
            y: top + (ROW - BAR) / 2.0,
        };
        let text = top + ROW / 2.0 + 4.5;
        let name = escaped(&lane.name);
        let asks = lane.asks.as_ref().map(|asks| format!(": {}", escaped(asks)));
        let asks = asks.unwrap_or_default();
        writeln!(
            svg,
            r#"<text x="-{PAD}" y="{text}" text-anchor="end">{name}<title>{name}{asks}</title></text>"#
        )?;
        writeln!(svg, "<g>")?;
        row.not_yet_run(svg, created, started)?;
        let mut free = started;
        for stretch in &lane.stretches {
            row.waited(svg, free, stretch.from)?;
            row.held(svg, stretch)?;
            free = free.max(stretch.to);
        }
        row.waited(svg, free, end)?;
        writeln!(svg, "{}</g>", row.rect("edge", created, end) + "/>")?;
        let took = took(lane, self.recording);
        writeln!(svg, r#"<text x="100%" dx="{PAD}" y="{text}">{took}</text>"#)
    }
}

/// How long a lane took, and how it ended if that was not well.
fn took(lane: &Lane, recording: &Recording) -> String {
    let ended = match lane.outcome {
        Outcome::Done | Outcome::Ended => "",
        Outcome::Failed => " failed",
        Outcome::Dropped => " dropped",
        Outcome::Unfinished => " …",
    };
    exact(lane.end(recording).saturating_sub(lane.created)) + ended
}

/// One lane at its place.
struct Row<'a> {
    picture: &'a Picture<'a>,
    lane: &'a Lane,
    colour: usize,
    y: f64,
}

impl Row<'_> {
    /// A rectangle over this time, left open for more attributes.
    fn rect(&self, class: &str, from: Duration, to: Duration) -> String {
        let (x, y, colour) = (self.picture.x(from), self.y, self.colour);
        let width = (self.picture.x(to) - x).max(THINNEST);
        format!(
            r#"<rect class="c{colour} {class}" x="{x:.3}%" y="{y}" width="{width:.3}%" height="{BAR}" rx="2""#
        )
    }

    fn not_yet_run(&self, svg: &mut String, created: Duration, started: Duration) -> fmt::Result {
        let [from, to] = [created, started].map(|moment| self.picture.x(moment));
        if to - from < FEWEST_DOTS {
            return Ok(());
        }
        let words = match self.picture.recording.begins {
            Begins::Made | Begins::Read => "was made, and had not run,",
            Begins::Asked => "had asked, and was not handled,",
        };
        let title = title(&self.lane.name, words, created, started);
        let area = self.rect("area", created, started);
        let (colour, y) = (self.colour, self.y + BAR / 2.0);
        writeln!(
            svg,
            r#"<g class="mark">{title}{area}/><line class="c{colour} dots" x1="{from:.3}%" x2="{to:.3}%" y1="{y}" y2="{y}"/></g>"#
        )
    }

    fn waited(&self, svg: &mut String, from: Duration, to: Duration) -> fmt::Result {
        // Such as the moment between the last poll and the end.
        if self.picture.x(to) - self.picture.x(from) < THINNEST {
            return Ok(());
        }
        let title = title(&self.lane.name, "waited, and held no thread,", from, to);
        writeln!(svg, "{}>{title}</rect>", self.rect("wait mark", from, to))
    }

    fn held(&self, svg: &mut String, stretch: &Stretch) -> fmt::Result {
        let thread = self.picture.recording.thread(stretch.thread);
        let thread = thread.map_or("", |thread| thread.name.as_str());
        let whole = stretch.to.saturating_sub(stretch.from);
        let share = stretch.held.as_secs_f64() / whole.as_secs_f64().max(1e-9);
        let times =
            if stretch.polls > 1 { format!(", {} times,", stretch.polls) } else { String::new() };
        let told = format!(
            "{} held thread {} ({thread}){times} for {}, from {} to {}",
            self.lane.name,
            stretch.thread,
            rounded(stretch.held),
            exact(stretch.from),
            exact(stretch.to)
        );
        writeln!(
            svg,
            r#"{} opacity="{:.2}"><title>{}</title></rect>"#,
            self.rect("held mark", stretch.from, stretch.to),
            share.clamp(0.2, 1.0),
            escaped(&told)
        )
    }
}

fn title(name: &str, what: &str, from: Duration, to: Duration) -> String {
    let (from_, to_, time) = (exact(from), exact(to), rounded(to.saturating_sub(from)));
    format!("<title>{} {what} for {time}, from {from_} to {to_}</title>", escaped(name))
}

fn signs_of(begins: Begins) -> [(&'static str, &'static str); 3] {
    [("held", "held a thread"), ("wait", "waited, thread free"), ("dots", begins.in_words())]
}

/// A piece of a texture on this base line.
fn sign(class: &str, x: f64, base: f64) -> String {
    if class == "dots" {
        let (to, y) = (x + 28.0, base - 5.0);
        return format!(r#"<line class="sign dots" x1="{x}" x2="{to}" y1="{y}" y2="{y}"/>"#);
    }
    let y = base - 11.0;
    format!(r#"<rect class="sign {class}" x="{x}" y="{y}" width="26" height="12"/>"#)
}

/// As a part of a document: text from outside stays text.
pub(crate) fn escaped(text: &str) -> String {
    let text = harmless(text);
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::by_hand::{lane, ms, recording};

    #[test]
    fn no_line_is_wider_than_the_picture() {
        let lanes =
            ["R1", "R2", "R3"].map(|name| lane(name, [0, 2000], &[(1, 0, 1), (2, 1, 1999)]));
        let svg = draw(&recording(Some(1), lanes.into()), "any");
        let texts = svg.split("<text x=\"").skip(1).filter_map(|rest| rest.split_once("\" y="));
        let told: Vec<(f64, &str)> = texts
            .filter_map(|(x, rest)| {
                Some((x.parse().ok()?, rest.split_once('>')?.1.split_once("</text>")?.0))
            })
            .collect();
        assert!(told.iter().any(|(_, text)| text.starts_with("3 requesters were under way")));
        for (x, text) in told {
            assert!(x + LETTER * text.chars().count() as f64 <= WIDTH, "{text}");
        }
    }

    #[test]
    fn only_the_textures_that_are_drawn_are_explained() {
        let explained = |lanes| {
            let svg = draw(&recording(Some(1), lanes), "any");
            signs_of(Begins::Made).map(|(_, words)| svg.contains(&format!("{words}</text>")))
        };
        assert_eq!(explained(vec![lane("held", [0, 200], &[(1, 0, 200)])]), [true, false, false]);
        let waits = &[(1, 0, 1), (1, 199, 200)];
        assert_eq!(explained(vec![lane("wait", [0, 200], waits)]), [true, true, false]);
        assert_eq!(explained(vec![lane("dots", [0, 200], &[])]), [false, false, true]);
    }

    /// And its texts have the room beside it that the widest of all need.
    #[test]
    fn a_run_beside_a_longer_one_ends_where_its_time_was_over() {
        let mut lanes = vec![
            lane("R1", [0, 1100], &[(1, 0, 220), (2, 660, 1100)]),
            lane("R<2>", [220, 880], &[(1, 440, 660)]),
        ];
        lanes[0].stretches[1].held = ms(110);
        lanes[0].stretches[1].polls = 3;
        lanes[1].asks = Some("\"a&b\"".to_owned());
        lanes[1].outcome = Outcome::Failed;
        let short = recording(Some(1), lanes);
        let long = recording(None, vec![lane("patient", [0, 2200], &[(1, 0, 2200)])]);
        let frame = Frame::around([&short, &long]);
        let wanted = r#"<svg class="picture lanes" height="104" overflow="visible" role="img" aria-label="who &quot;waited&quot;" style="margin: 0 124px 0 68px; width: calc(100% - 192px)">
<line class="grid" x1="0.00%" x2="0.00%" y1="32" y2="100"/>
<text class="quiet" x="0.00%" y="26" text-anchor="middle">0 s</text>
<line class="grid" x1="22.73%" x2="22.73%" y1="32" y2="100"/>
<text class="quiet odd" x="22.73%" y="26" text-anchor="middle">0.5</text>
<line class="grid" x1="45.45%" x2="45.45%" y1="32" y2="100"/>
<text class="quiet" x="45.45%" y="26" text-anchor="middle">1.0</text>
<line class="grid" x1="68.18%" x2="68.18%" y1="32" y2="100"/>
<text class="quiet odd" x="68.18%" y="26" text-anchor="middle">1.5</text>
<line class="grid" x1="90.91%" x2="90.91%" y1="32" y2="100"/>
<text class="quiet" x="90.91%" y="26" text-anchor="middle">2.0</text>
<line class="over" x1="50.00%" x2="50.00%" y1="32" y2="100"><title>the run ended at 1.100 s</title></line>
<text x="-12" y="59.5" text-anchor="end">R1<title>R1</title></text>
<g>
<rect class="c0 held mark" x="0.000%" y="46" width="10.000%" height="18" rx="2" opacity="1.00"><title>R1 held thread 1 (unnamed) for 220 ms, from 0.0 ms to 0.220 s</title></rect>
<rect class="c0 wait mark" x="10.000%" y="46" width="20.000%" height="18" rx="2"><title>R1 waited, and held no thread, for 440 ms, from 0.220 s to 0.660 s</title></rect>
<rect class="c0 held mark" x="30.000%" y="46" width="20.000%" height="18" rx="2" opacity="0.25"><title>R1 held thread 2 (unnamed), 3 times, for 110 ms, from 0.660 s to 1.100 s</title></rect>
<rect class="c0 edge" x="0.000%" y="46" width="50.000%" height="18" rx="2"/></g>
<text x="100%" dx="12" y="59.5">1.100 s</text>
<text x="-12" y="89.5" text-anchor="end">R&lt;2&gt;<title>R&lt;2&gt;: &quot;a&amp;b&quot;</title></text>
<g>
<g class="mark"><title>R&lt;2&gt; was made, and had not run, for 220 ms, from 0.220 s to 0.440 s</title><rect class="c1 area" x="10.000%" y="76" width="10.000%" height="18" rx="2"/><line class="c1 dots" x1="10.000%" x2="20.000%" y1="85" y2="85"/></g>
<rect class="c1 held mark" x="20.000%" y="76" width="10.000%" height="18" rx="2" opacity="1.00"><title>R&lt;2&gt; held thread 1 (unnamed) for 220 ms, from 0.440 s to 0.660 s</title></rect>
<rect class="c1 wait mark" x="30.000%" y="76" width="10.000%" height="18" rx="2"><title>R&lt;2&gt; waited, and held no thread, for 220 ms, from 0.660 s to 0.880 s</title></rect>
<rect class="c1 edge" x="10.000%" y="76" width="30.000%" height="18" rx="2"/></g>
<text x="100%" dx="12" y="89.5">0.660 s failed</text>
</svg>
"#;
        assert_eq!(frame.draw(&short, "who \"waited\""), wanted);
    }

    /// In a run of 10 s, of which a pixel of a wide page is some 10 ms.
    #[test]
    fn what_holds_a_thread_is_drawn_however_short_and_what_waits_only_if_it_can_be_seen() {
        let drawn = |made, held| {
            let svg = draw(&recording(None, vec![lane("R1", [made, 10_000], held)]), "any");
            ["c0 held mark", "c0 wait mark", "c0 dots"].map(|class| svg.matches(class).count())
        };
        assert_eq!(drawn(0, &[(1, 0, 0), (1, 1, 10_000)]), [2, 0, 0]);
        assert_eq!(drawn(0, &[(1, 0, 0), (1, 2, 10_000)]), [2, 1, 0]);
        assert_eq!(drawn(0, &[(1, 59, 10_000)]), [1, 0, 0]);
        assert_eq!(drawn(0, &[(1, 60, 10_000)]), [1, 0, 1]);
        assert_eq!(drawn(5000, &[(1, 5059, 10_000)]), [1, 0, 0]);
        let svg = draw(&recording(None, vec![lane("R1", [0, 10_000], &[(1, 5000, 5001)])]), "any");
        assert!(svg.contains(r#"held mark" x="50.000%" y="46" width="0.020%""#), "{svg}");
    }

    #[test]
    fn the_less_of_a_stretch_was_held_the_paler_it_is() {
        for (held, opacity) in [(0, "0.20"), (20, "0.20"), (50, "0.50"), (100, "1.00")] {
            let mut half = lane("R1", [0, 100], &[(1, 0, 100)]);
            half.stretches[0].held = ms(held);
            let svg = draw(&recording(None, vec![half]), "any");
            let drawn = format!(
                r#"held mark" x="0.000%" y="46" width="100.000%" height="18" rx="2" opacity="{opacity}""#
            );
            assert!(svg.contains(&drawn), "{svg}");
        }
    }

    #[test]
    fn a_row_ends_with_its_time_and_with_how_it_ended_if_not_well() {
        for (outcome, wanted) in [
            (Outcome::Done, "0.200 s"),
            (Outcome::Ended, "0.200 s"),
            (Outcome::Failed, "0.200 s failed"),
            (Outcome::Dropped, "0.200 s dropped"),
            (Outcome::Unfinished, "0.200 s …"),
        ] {
            let mut lane = lane("R1", [100, 300], &[]);
            lane.outcome = outcome;
            let svg = draw(&recording(None, vec![lane]), "any");
            assert!(svg.contains(&format!(">{wanted}</text>")), "{svg}");
        }
    }

    #[test]
    fn what_stands_below_a_picture_is_what_a_document_is_called() {
        let recording = recording(Some(1), vec![lane("R1", [0, 200], &[(1, 0, 4)])]);
        let sentences = sentences(&recording);
        let wanted = [
            "1 requester was under way for 200 ms, in 200 ms of your time: at most 1 at once, on 1 thread, held for 4.0 ms in all.",
            "No requester held the event loop for longer than 4.0 ms at a time.",
        ];
        assert_eq!(sentences, wanted);
        let title = format!("<title>any: {}</title>", wanted.join(" "));
        assert!(draw(&recording, "any").contains(&title));
    }

    #[test]
    fn a_page_has_the_colours_of_its_pictures_by_name() {
        let wanted = "\
:root { --ink: #24292f; --quiet: #57606a; --grid: #d0d7de; --page: #ffffff; --c0: #0b7285; --c1: #a15c00; --c2: #9c36b5; --c3: #2b8a3e; --c4: #1c5fd0; }
@media (prefers-color-scheme: dark) {
:root { --ink: #e6edf3; --quiet: #9198a1; --grid: #30363d; --page: #0d1117; --c0: #3bc9db; --c1: #ffc34d; --c2: #da77f2; --c3: #69db7c; --c4: #74a8ff; }
}
";
        assert_eq!(properties(), wanted);
    }

    #[test]
    fn each_sign_of_a_page_is_a_picture_of_its_own() {
        let svg = r#"<svg class="picture" width="28" height="14" aria-hidden="true">"#;
        let wanted = [
            (r#"<rect class="sign held" x="0" y="1" width="26" height="12"/>"#, "held a thread"),
            (
                r#"<rect class="sign wait" x="0" y="1" width="26" height="12"/>"#,
                "waited, thread free",
            ),
            (r#"<line class="sign dots" x1="0" x2="28" y1="7" y2="7"/>"#, "made, not yet run"),
        ];
        assert_eq!(
            signs(Begins::Made),
            wanted.map(|(sign, words)| (format!("{svg}{sign}</svg>"), words))
        );
    }

    /// A bar's edge and the area of what has not yet run have no colour inside,
    /// on a dark page too.
    #[test]
    fn shapes_come_after_the_colours_of_both_pages() {
        let style = style();
        let last = |what: &str| style.rfind(what).expect(what);
        assert!(last(".edge { fill: none") > last(".c4 { fill: "));
        assert!(last(".area { fill: transparent") > last(".c4 { fill: "));
    }
}
