//! Things that go through stages, such as a message on its way through several programs:
//! a row for each on one time axis, in text and as SVG.
//!
//! ```text
//!     0 ms  1     2       took
//! #1  ▏··░░░░░░▕      1.6 ms  read
//! ```
//!
//! No lane tells that: it is put together by whoever knows what was seen where.

use std::fmt::{self, Write};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::axis::Axis;
use crate::colour::style;
use crate::recording::seconds;
use crate::svg;
use crate::text::harmless;
use crate::time::{exact, rounded};
use crate::timeline::{axis, column, wrapped};

/// How kinds of stages are drawn in text, in their order; those beyond have the last one.
const SIGNS: [char; 6] = ['·', '░', '▒', '▓', '█', '?'];

/// As many kinds have a colour.
const COLOURED: usize = svg::COLOURS.len();

/// A bar is no narrower, whatever the width of the screen.
const FEWEST_COLUMNS: usize = 10;

/// All rows, and what is said below them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stages {
    /// How long the axis is.
    #[serde(rename = "elapsed_s", with = "seconds")]
    pub elapsed: Duration,
    /// What each kind of stage is, in a few words: five, and after them what is not known.
    pub kinds: Vec<String>,
    /// One for each thing.
    pub rows: Vec<Row>,
    /// What the rows mean, and what they do not show.
    pub sentences: Vec<String>,
}

/// One thing, from its first stage to its last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// What it is called.
    pub name: String,
    /// Where it was, without a gap; none of a row is empty.
    pub stages: Vec<Stage>,
    /// How it ended.
    pub end: End,
    /// The same in a few words.
    pub told: String,
}

/// A time that something spent somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// The place of this kind among [`Stages::kinds`].
    pub kind: usize,
    /// When it began: from the axis's zero on.
    #[serde(rename = "from_s", with = "seconds")]
    pub from: Duration,
    /// When it was over.
    #[serde(rename = "to_s", with = "seconds")]
    pub to: Duration,
}

/// How something ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// It came to where it was to go.
    Arrived,
    /// Something else took its place.
    Replaced,
    /// Nobody saw its end.
    Unknown,
}

impl End {
    fn sign(self) -> char {
        match self {
            Self::Arrived => '▕',
            Self::Replaced => '×',
            Self::Unknown => ' ',
        }
    }
}

impl Row {
    fn from(&self) -> Duration {
        self.stages.first().map(|stage| stage.from).unwrap_or_default()
    }

    fn to(&self) -> Duration {
        self.stages.last().map(|stage| stage.to).unwrap_or_default()
    }

    fn took(&self) -> String {
        exact(self.to().saturating_sub(self.from()))
    }

    /// The kind of the stage that most of this time was spent in, the later of two.
    fn kind(&self, from: Duration, to: Duration) -> usize {
        let spent = |stage: &&Stage| stage.to.min(to).saturating_sub(stage.from.max(from));
        let most = self.stages.iter().max_by_key(spent);
        most.map_or(SIGNS.len() - 1, |stage| stage.kind)
    }
}

/// Draws the rows, at most `width` columns wide, and says below what they mean.
///
/// Styled with ANSI codes: print it through `anstream`, which leaves them out where they
/// are not welcome.
pub fn draw(stages: &Stages, width: usize) -> String {
    let widest = |text: fn(&Row) -> String| {
        stages.rows.iter().map(|row| text(row).chars().count()).max().unwrap_or(0)
    };
    let (name, took) = (widest(|row| shown(&row.name)), widest(Row::took));
    let told = widest(|row| shown(&row.told));
    let columns = width.saturating_sub(name + 2 + 2 + 1 + took + 2 + told).max(FEWEST_COLUMNS);
    let mut lines = Vec::new();
    let mut seen = [false; SIGNS.len()];
    if !stages.rows.is_empty() {
        let axis = axis(stages.elapsed, columns);
        lines.push(format!("{:name$}  {axis} {:>took$}", "", "took").trim_end().to_owned());
        for row in &stages.rows {
            let bar = bar(row, stages.elapsed, columns, &mut seen);
            let (told, row_took) = (shown(&row.told), row.took());
            let line = format!("{:name$}  {bar} {row_took:>took$}  {told}", shown(&row.name));
            lines.push(line.trim_end().to_owned());
        }
        lines.push(String::new());
    }
    let signs = stages.kinds.iter().zip(SIGNS).zip(seen).filter(|(_, seen)| *seen);
    let signs: Vec<String> = signs.map(|((kind, sign), _)| format!("{sign} {kind}")).collect();
    let replaced = is_any_replaced(stages).then(|| format!("× {REPLACED}"));
    let signs = signs.into_iter().chain(replaced);
    lines.extend(filled(signs, width));
    lines.extend(stages.sentences.iter().map(|sentence| wrapped(&shown(sentence), width)));
    lines.join("\n")
}

/// What the sign at the end of a row means.
const REPLACED: &str = "replaced";

fn is_any_replaced(stages: &Stages) -> bool {
    stages.rows.iter().any(|row| row.end == End::Replaced)
}

/// Puts as many of these into a line as there is room for.
fn filled(texts: impl IntoIterator<Item = String>, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for text in texts {
        let long = text.chars().count();
        match lines.last_mut().filter(|line| line.chars().count() + 2 + long <= width) {
            Some(line) => *line += &format!("  {text}"),
            None => lines.push(text),
        }
    }
    lines
}

fn shown(text: &str) -> String {
    harmless(text).into_owned()
}

/// Always `columns` wide, and two for its ends.
fn bar(row: &Row, edge: Duration, columns: usize, seen: &mut [bool]) -> String {
    let cell = edge / columns as u32;
    let first = column(row.from(), edge, columns).min(columns - 1);
    let last = column(row.to(), edge, columns).max(first + 1);
    let mut bar = " ".repeat(first) + "▏";
    let mut before = None;
    for place in first..last {
        let (from, to) = (cell * place as u32, cell * (place as u32 + 1));
        // What is shorter than its column has it all the same.
        let (from, to) = (from.max(row.from()), to.min(row.to()));
        let kind = if from < to { row.kind(from, to) } else { row.kind(row.from(), row.to()) };
        let kind = kind.min(SIGNS.len() - 1);
        seen[kind] = true;
        if before != Some(kind) {
            bar += &changed(before, kind);
            before = Some(kind);
        }
        bar.push(SIGNS[kind]);
    }
    if let Some(kind) = before.filter(|kind| *kind < COLOURED) {
        bar += &format!("{:#}", style(kind));
    }
    bar.push(row.end.sign());
    bar + &" ".repeat(columns - last)
}

/// The codes between a stage and the next.
fn changed(before: Option<usize>, kind: usize) -> String {
    let end = before.filter(|it| *it < COLOURED).map(|it| format!("{:#}", style(it)));
    let begin = (kind < COLOURED).then(|| style(kind).to_string());
    end.into_iter().chain(begin).collect()
}

/// Measures in pixels.
const WIDTH: f64 = 900.0;
const PAD: f64 = 12.0;
const TOP: f64 = 40.0;
const ROW: f64 = 24.0;
const BAR: f64 = 14.0;
const LINE: f64 = 20.0;
const LETTER: f64 = 8.0;
const COLUMNS: usize = ((WIDTH - 2.0 * PAD) / LETTER) as usize;

/// What is shorter, in per cent of the plot, would not be seen.
const THINNEST: f64 = 0.15;

/// Draws a document that stands alone, with this title.
pub fn document(stages: &Stages, title: &str) -> String {
    let mut svg = String::new();
    // Writing to a string cannot fail.
    let _ = Picture::new(stages).document(&mut svg, title);
    svg
}

struct Picture<'a> {
    stages: &'a Stages,
    left: f64,
    right: f64,
}

impl<'a> Picture<'a> {
    fn new(stages: &'a Stages) -> Self {
        let widest = |text: fn(&Row) -> String| {
            let letters = stages.rows.iter().map(|row| text(row).chars().count()).max();
            LETTER * letters.unwrap_or(0) as f64 + 2.0 * PAD
        };
        let beside = |row: &Row| format!("{}, {}", row.took(), shown(&row.told));
        Self { stages, left: widest(|row| shown(&row.name)), right: widest(beside) }
    }

    fn bottom(&self) -> f64 {
        TOP + ROW * self.stages.rows.len() as f64
    }

    fn x(&self, moment: Duration) -> f64 {
        let end = self.stages.elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
        100.0 * (moment.as_secs_f64() / end).min(1.0)
    }

    fn document(&self, svg: &mut String, title: &str) -> fmt::Result {
        let sentences = &self.stages.sentences;
        let lines: Vec<String> = sentences.iter().map(|it| wrapped(&shown(it), COLUMNS)).collect();
        let lines: Vec<&str> = lines.iter().flat_map(|sentence| sentence.lines()).collect();
        let signs = self.signs();
        let replaced = is_any_replaced(self.stages);
        let bottom = self.bottom() + LINE * ((signs.len() + usize::from(replaced)) as f64 + 0.5);
        let height = bottom + LINE * (lines.len() as f64 + 0.5);
        let title = svg::escaped(&format!("{title}: {}", sentences.join(" ")));
        writeln!(
            svg,
            r#"<svg xmlns="http://www.w3.org/2000/svg" class="picture" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">"#
        )?;
        writeln!(svg, "<title>{title}</title>\n<style>\n{}</style>", svg::style())?;
        writeln!(svg, r#"<rect class="page" width="100%" height="100%"/>"#)?;
        let (left, width) = (self.left, (WIDTH - self.left - self.right).max(PAD));
        let plot = self.bottom();
        writeln!(svg, r#"<svg x="{left}" width="{width}" height="{plot}" overflow="visible">"#)?;
        self.axis(svg)?;
        for (place, row) in self.stages.rows.iter().enumerate() {
            self.row(svg, TOP + ROW * place as f64, row)?;
        }
        writeln!(svg, "</svg>")?;
        for (line, (sign, words)) in signs.iter().enumerate() {
            let y = plot + LINE * (line as f64 + 1.0);
            let (x, words) = (PAD + 34.0, svg::escaped(words));
            writeln!(svg, r#"{}<text class="quiet" x="{x}" y="{y}">{words}</text>"#, sign(y))?;
        }
        if replaced {
            let (sign, words, y) = (PAD + 9.0, PAD + 34.0, bottom - LINE * 0.5);
            writeln!(
                svg,
                r#"<text x="{sign}" y="{y}">×</text><text class="quiet" x="{words}" y="{y}">{REPLACED}</text>"#
            )?;
        }
        for (line, text) in lines.into_iter().enumerate() {
            let y = bottom + LINE * (line as f64 + 0.7);
            // A sentence goes on a little to the right.
            let x = PAD + LETTER * (text.len() - text.trim_start().len()) as f64;
            writeln!(svg, r#"<text x="{x}" y="{y}">{}</text>"#, svg::escaped(text.trim_start()))?;
        }
        writeln!(svg, "</svg>")
    }

    fn axis(&self, svg: &mut String) -> fmt::Result {
        let axis = Axis::of(self.stages.elapsed, 8);
        let (top, bottom, y) = (TOP - 8.0, self.bottom(), TOP - 14.0);
        for (place, (moment, number)) in axis.marks.iter().enumerate() {
            let x = self.x(*moment);
            let unit = if place == 0 { format!(" {}", axis.unit) } else { String::new() };
            writeln!(
                svg,
                r#"<line class="grid" x1="{x:.2}%" x2="{x:.2}%" y1="{top}" y2="{bottom}"/>"#
            )?;
            writeln!(
                svg,
                r#"<text class="quiet" x="{x:.2}%" y="{y}" text-anchor="middle">{number}{unit}</text>"#
            )?;
        }
        Ok(())
    }

    fn row(&self, svg: &mut String, top: f64, row: &Row) -> fmt::Result {
        let (text, y) = (top + ROW / 2.0 + 4.5, top + (ROW - BAR) / 2.0);
        let name = svg::escaped(&row.name);
        writeln!(svg, r#"<text x="-{PAD}" y="{text}" text-anchor="end">{name}</text>"#)?;
        for stage in &row.stages {
            let (x, to) = (self.x(stage.from), self.x(stage.to));
            let width = (to - x).max(THINNEST);
            let (time, words) =
                (rounded(stage.to.saturating_sub(stage.from)), self.words(stage.kind));
            let (class, opacity) = look(stage.kind);
            writeln!(
                svg,
                r#"<rect class="{class} mark" opacity="{opacity}" x="{x:.3}%" y="{y}" width="{width:.3}%" height="{BAR}"><title>{name}: {words} for {time}, from {} to {}</title></rect>"#,
                exact(stage.from),
                exact(stage.to)
            )?;
        }
        let x = self.x(row.to()).max(self.x(row.from()) + THINNEST);
        let end = match row.end {
            End::Arrived => "|",
            End::Replaced => "×",
            End::Unknown => "",
        };
        if !end.is_empty() {
            writeln!(svg, r#"<text x="{x:.3}%" y="{text}" text-anchor="start">{end}</text>"#)?;
        }
        let told = svg::escaped(&format!("{}, {}", row.took(), row.told));
        writeln!(svg, r#"<text x="100%" dx="{PAD}" y="{text}">{told}</text>"#)
    }

    fn words(&self, kind: usize) -> String {
        svg::escaped(self.stages.kinds.get(kind).map_or("", String::as_str))
    }

    /// Those that are drawn, as what draws them on a base line, and their words.
    fn signs(&self) -> Vec<(impl Fn(f64) -> String, &str)> {
        let drawn = |kind: &usize| {
            self.stages.rows.iter().flat_map(|row| &row.stages).any(|stage| stage.kind == *kind)
        };
        let kinds = self.stages.kinds.iter().enumerate().filter(move |(kind, _)| drawn(kind));
        let sign = |kind: usize| {
            let (class, opacity) = look(kind);
            move |base: f64| {
                let y = base - 11.0;
                format!(
                    r#"<rect class="{class}" opacity="{opacity}" x="{PAD}" y="{y}" width="26" height="12"/>"#
                )
            }
        };
        kinds.map(|(kind, words)| (sign(kind), words.as_str())).collect()
    }
}

/// The class and the opacity of a kind. Those in turn are told apart in grey as well.
fn look(kind: usize) -> (String, f64) {
    let opacity = [0.35, 1.0, 0.45, 1.0, 0.6].get(kind);
    opacity.map_or(("sign".to_owned(), 0.3), |opacity| (format!("c{kind}"), *opacity))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each stage with the millisecond at which it ends.
    fn row(name: &str, from: u64, stages: &[(usize, u64)], end: End) -> Row {
        let begins = std::iter::once(from).chain(stages.iter().map(|(_, to)| *to));
        let stages = begins.zip(stages).map(|(from, (kind, to))| Stage {
            kind: *kind,
            from: Duration::from_millis(from),
            to: Duration::from_millis(*to),
        });
        Row { name: name.to_owned(), stages: stages.collect(), end, told: "told".to_owned() }
    }

    fn all(elapsed: u64, rows: Vec<Row>) -> Stages {
        let kinds = ["one", "two", "three", "four", "five", "not known"].map(str::to_owned);
        let sentences = vec!["That was all.".to_owned()];
        Stages { elapsed: Duration::from_millis(elapsed), kinds: kinds.into(), rows, sentences }
    }

    fn plain(stages: &Stages, width: usize) -> String {
        anstream::adapter::strip_str(&draw(stages, width)).to_string()
    }

    #[test]
    fn each_column_has_the_sign_of_the_stage_that_most_of_it_was_spent_in() {
        let rows = vec![
            row("#1", 0, &[(0, 100), (1, 200), (2, 300), (3, 390), (4, 500)], End::Arrived),
            row("#2", 300, &[(0, 310), (2, 600)], End::Replaced),
            row("#3", 950, &[(5, 1000)], End::Unknown),
            row("#4", 500, &[(0, 501), (4, 503)], End::Arrived),
        ];
        let wanted = "    0 s        1    took
#1  ▏·░▒▓█▕      0.500 s  told
#2     ▏▒▒▒×     0.300 s  told
#3           ▏?  0.050 s  told
#4       ▏█▕      3.0 ms  told

· one  ░ two  ▒ three  ▓ four
█ five  ? not known
× replaced
That was all.";
        assert_eq!(plain(&all(1000, rows), 30), wanted);
    }

    #[test]
    fn only_signs_that_are_drawn_are_explained() {
        let drawn = plain(&all(10, vec![row("#1", 0, &[(1, 10)], End::Arrived)]), 60);
        assert!(drawn.contains("\n░ two\nThat was all."), "{drawn}");
        let svg = document(&all(10, vec![row("#1", 0, &[(1, 10)], End::Arrived)]), "any");
        assert!(svg.contains(">two</text>") && !svg.contains(">one</text>"), "{svg}");
        assert!(!svg.contains(">replaced</text>"), "{svg}");
        let svg = document(&all(10, vec![row("#1", 0, &[(1, 10)], End::Replaced)]), "any");
        assert!(svg.contains(">×</text>") && svg.contains(">replaced</text>"), "{svg}");
    }

    #[test]
    fn what_stands_in_a_picture_is_harmless() {
        let mut stages = all(10, vec![row("<b>\u{1b}[2J", 0, &[(9, 10)], End::Arrived)]);
        stages.rows[0].told = "a & \u{202e}b".to_owned();
        stages.sentences[0] = "\u{7}<i>".to_owned();
        let text = plain(&stages, 60);
        assert!(text.contains(r"<b>\u{1b}[2J") && text.contains(r"a & \u{202e}b"), "{text}");
        let svg = document(&stages, "<title>");
        assert!(svg.contains(r"&lt;b&gt;\u{1b}[2J") && svg.contains(r"a &amp; \u{202e}b"), "{svg}");
        assert!(!svg.contains("<b>") && !svg.contains("<i>") && !svg.contains('\u{7}'), "{svg}");
    }

    #[test]
    fn no_line_is_wider_than_the_screen() {
        let mut stages = all(1000, vec![row("#1", 0, &[(0, 400), (5, 1000)], End::Replaced)]);
        stages.sentences = vec!["a word and another ".repeat(20)];
        for width in [40, 60, 80, 120] {
            let drawn = plain(&stages, width);
            let widest = drawn.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(width), "{widest:?} columns of {width}:\n{drawn}");
        }
        let svg = document(&stages, "any");
        let texts = svg.split("<text x=\"12\"").skip(1).filter_map(|rest| rest.split_once('>'));
        let texts: Vec<&str> =
            texts.filter_map(|(_, rest)| rest.split_once("</text>").map(|it| it.0)).collect();
        assert!(!texts.is_empty());
        assert!(texts.iter().all(|it| PAD + LETTER * it.chars().count() as f64 <= WIDTH));
    }

    #[test]
    fn without_a_row_there_is_no_picture() {
        assert_eq!(plain(&all(0, Vec::new()), 80), "That was all.");
        assert!(
            plain(&all(0, vec![row("#1", 0, &[(0, 0)], End::Arrived)]), 80).contains("#1  ▏·▕")
        );
    }

    #[test]
    fn stages_are_read_as_they_are_written() {
        let stages = all(10, vec![row("#1", 0, &[(1, 10)], End::Replaced)]);
        let text = serde_json::to_string(&stages).unwrap();
        assert!(text.contains(r#""elapsed_s":0.01"#) && text.contains(r#""end":"replaced""#));
        assert_eq!(serde_json::from_str::<Stages>(&text).unwrap(), stages);
    }
}
