//! The ladder as a chart: a line for each strategy, both axes in steps of ten.

use std::ops::Range;

use harness::numbers::thousands;
use lens::svg::COLOURS;
use plotters::backend::SVGBackend;
use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::combinators::{BindKeyPoints, IntoLogRange, LogCoord, WithKeyPoints};
use plotters::drawing::{DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{Circle, EmptyElement, PathElement, Polygon};
use plotters::series::{DashedLineSeries, LineSeries};
use plotters::style::{Color, IntoFont, RGBColor, ShapeStyle};

use crate::results::{Climber, Ladder, Measured};

/// Pixels.
const SIZE: (u32, u32) = (450, 330);
/// How far a sign reaches from its middle. The later ones are drawn on top of
/// the earlier ones, which are to be seen behind them.
const REACH: [i32; 5] = [7, 6, 6, 4, 4];

/// Stand for the page's own colours: its style sheet replaces them.
const INK: RGBColor = RGBColor(1, 1, 1);
const GRID: RGBColor = RGBColor(2, 2, 2);

type Point = (f64, f64);
type Scale = WithKeyPoints<LogCoord<f64>>;
type Plane = Cartesian2d<Scale, Scale>;
type Chart<'a> = ChartContext<'a, SVGBackend<'a>, Plane>;
type Wrong = DrawingAreaErrorKind<std::io::Error>;

/// Draws what `value` gives of each step, over its size, which counts these, as an `<svg>` element.
///
/// It needs the page's [`style`].
pub(super) fn draw(
    ladder: &Ladder,
    (title, counts): (&str, &str),
    value: fn(&Measured) -> f64,
    words: fn(f64) -> String,
) -> String {
    let lines: Vec<Line> =
        ladder.climbers.iter().map(|climber| Line::of(climber, &ladder.sizes, value)).collect();
    let mut svg = String::new();
    // Drawing into a string cannot fail.
    let _ = plot(&mut svg, &lines, (&ladder.sizes, counts), words);
    let labelled = format!(
        r#"<svg class="chart" role="img" aria-label="{title} over {counts}s: the figures are in the table below" "#
    );
    svg.replacen("<svg ", &labelled, 1)
}

/// The style that gives a chart the page's colours.
pub(super) fn style() -> String {
    let of = |hex: &str, property: &str| {
        ["stroke", "fill"].map(|what| {
            format!(".chart [{what}=\"{}\"] {{ {what}: var({property}) }}\n", hex.to_uppercase())
        })
    };
    let lines = COLOURS.iter().enumerate();
    let lines = lines.flat_map(|(number, [light, _])| of(light, &format!("--c{number}")));
    of("#010101", "--quiet").into_iter().chain(of("#020202", "--grid")).chain(lines).collect()
}

/// What is drawn of a strategy.
struct Line {
    points: Vec<Point>,
    /// Where it ended, if it did: as high as its last point.
    end: Option<Point>,
}

impl Line {
    fn of(climber: &Climber, sizes: &[usize], value: fn(&Measured) -> f64) -> Self {
        let steps = climber.steps.iter().zip(sizes);
        let points: Vec<Point> = steps
            .clone()
            .filter_map(|(step, size)| {
                let run = step.as_ref().ok()?;
                // No logarithm is there of nothing.
                Some((*size as f64, value(run).max(1e-6)))
            })
            .collect();
        let failed = steps.clone().find(|(step, _)| step.is_err());
        let end = failed.zip(points.last()).map(|((_, size), last)| (*size as f64, last.1));
        Self { points, end }
    }
}

fn plot(
    svg: &mut String,
    lines: &[Line],
    (sizes, counts): (&[usize], &str),
    words: fn(f64) -> String,
) -> Result<(), Wrong> {
    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    let all = || lines.iter().flat_map(|line| &line.points);
    let across = span(sizes.iter().map(|size| *size as f64), 1.25);
    let up = span(all().map(|point| point.1), 1.6);
    let mut chart = ChartBuilder::on(&area)
        .margin_top(12)
        .margin_right(16)
        .x_label_area_size(44)
        .y_label_area_size(68)
        .build_cartesian_2d(scale(across), scale(up))?;
    let font = ("sans-serif", 16).into_font().color(&INK);
    chart
        .configure_mesh()
        .bold_line_style(GRID)
        .light_line_style(GRID.mix(0.0))
        .axis_style(GRID)
        .label_style(font)
        .x_desc(format!("{counts}s"))
        .x_labels(6)
        .y_labels(6)
        .x_label_formatter(&|size| thousands(size.round() as u64))
        .y_label_formatter(&|value| words(*value))
        .draw()?;
    for (place, line) in lines.iter().enumerate() {
        draw_line(&mut chart, place, line)?;
    }
    drop(chart);
    area.present()
}

/// From a little below the least to a little above the most.
fn span(values: impl Iterator<Item = f64> + Clone, around: f64) -> Range<f64> {
    let least = values.clone().fold(f64::INFINITY, f64::min);
    let most = values.fold(0.0, f64::max);
    if most <= 0.0 {
        return 1.0..10.0;
    }
    least / around..most * around
}

/// An axis in steps of ten, with round numbers: the powers of ten, or if there
/// are too few of them in this range, what lies between them too.
fn scale(range: Range<f64>) -> Scale {
    let round = |digits: &[f64]| -> Vec<f64> {
        let powers = -7..12;
        let all =
            powers.flat_map(|power| digits.iter().map(move |digit| digit * 10_f64.powi(power)));
        all.filter(|number| range.contains(number)).collect()
    };
    let few: [&[f64]; 3] =
        [&[1.0], &[1.0, 2.0, 5.0], &[1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0]];
    let marks = few.into_iter().map(round).find(|marks| marks.len() > 2).unwrap_or_default();
    range.log_scale().with_key_points(marks)
}

fn draw_line(chart: &mut Chart, place: usize, line: &Line) -> Result<(), Wrong> {
    let style = ShapeStyle::from(colour(place)).stroke_width(2);
    let points = || line.points.iter().copied();
    if is_dashed(place) {
        chart.draw_series(DashedLineSeries::new(points(), 7, 6, style))?;
    } else {
        chart.draw_series(LineSeries::new(points(), style))?;
    }
    if let (Some(last), Some(end)) = (line.points.last(), line.end) {
        chart.draw_series(DashedLineSeries::new([*last, end], 2, 4, style))?;
        cross(chart, end, style)?;
    }
    for point in points() {
        sign_at(chart, place, point)?;
    }
    Ok(())
}

/// A sign whose shape tells the strategy too.
fn sign_at(chart: &mut Chart, place: usize, at: Point) -> Result<(), Wrong> {
    let style = ShapeStyle::from(colour(place)).filled();
    let area = chart.plotting_area();
    if place.is_multiple_of(COLOURS.len()) {
        return area.draw(&Circle::new(at, REACH[0], style));
    }
    area.draw(&(EmptyElement::at(at) + Polygon::new(corners(place), style)))
}

fn cross(chart: &mut Chart, at: Point, style: ShapeStyle) -> Result<(), Wrong> {
    let reach = 7;
    let stroke = style.stroke_width(3);
    let path = |points: [(i32, i32); 2]| PathElement::new(points, stroke);
    chart.plotting_area().draw(
        &(EmptyElement::at(at)
            + path([(-reach, -reach), (reach, reach)])
            + path([(-reach, reach), (reach, -reach)])),
    )
}

/// The corners of a square, a triangle, a diamond, and a triangle that points down.
fn corners(place: usize) -> Vec<(i32, i32)> {
    let number = place % COLOURS.len();
    let r = REACH[number];
    match number {
        1 => vec![(-r, -r), (r, -r), (r, r), (-r, r)],
        2 => vec![(0, -r - 1), (r + 1, r), (-r - 1, r)],
        3 => vec![(0, -r - 2), (r + 2, 0), (0, r + 2), (-r - 2, 0)],
        _ => vec![(-r - 1, -r), (r + 1, -r), (0, r + 1)],
    }
}

/// Strategies that take the same time lie on one line: through the gaps of one
/// shows the other.
fn is_dashed(place: usize) -> bool {
    matches!(place % COLOURS.len(), 2 | 3)
}

fn colour(place: usize) -> RGBColor {
    let hex = COLOURS[place % COLOURS.len()][0].trim_start_matches('#');
    let part = |from: usize| u8::from_str_radix(&hex[from..from + 2], 16).unwrap_or(0);
    RGBColor(part(0), part(2), part(4))
}

/// A strategy's sign on a piece of its line, as an `<svg>` element.
pub(super) fn sign(place: usize) -> String {
    let number = place % COLOURS.len();
    let dashes = if is_dashed(place) { r#" stroke-dasharray="7 6""# } else { "" };
    let shape = if number == 0 {
        format!(r#"<circle cx="20" cy="8" r="{}"/>"#, REACH[0])
    } else {
        let corners = corners(place).into_iter().map(|(x, y)| format!("{},{}", x + 20, y + 8));
        format!(r#"<polygon points="{}"/>"#, corners.collect::<Vec<_>>().join(" "))
    };
    format!(
        r#"<svg class="sign" width="40" height="16" aria-hidden="true" style="color: var(--c{number})"><line x1="0" x2="40" y1="8" y2="8"{dashes}/>{shape}</svg>"#
    )
}
