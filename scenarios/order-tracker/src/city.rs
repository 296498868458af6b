//! The map of the watcher's page: the courier's way, and around it a city of our own.
//!
//! No map is asked of anybody. Each street is the avenue or the road of the way once
//! more, shifted to a corner of the other one. So streets cross the way where it has its
//! corners, and none of them is where a street of the real city is.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::street::{BEND, CORNERS, DEGREE};

/// Metres to the east and to the south of the bend.
type Point = (f64, f64);

/// The part of the plane that has streets, in metres from the bend: more than the widest
/// screen shows while the courier is on its way.
const EAST: std::ops::RangeInclusive<f64> = -2_600.0..=4_600.0;
const SOUTH: std::ops::RangeInclusive<f64> = -2_600.0..=2_900.0;

/// The bend, counted along the way.
#[expect(clippy::cast_possible_wrap, reason = "it is small")]
const BEND_STEP: i32 = BEND as i32;

/// How many streets to either side. What is beyond the city is cut off.
const SIDE: i32 = 30;

/// One of so many streets is a wide one.
const WIDE: i32 = 4;

/// The way's own two streets.
const AVENUE: &str = "Avenida Paulista";
const ROAD: &str = "Rua da Consolação";

/// What crosses the way at each of its corners, but for its ends and the bend. Invented.
const CROSSED: [&str; CORNERS.len()] = [
    "",
    "Rua da Aroeira",
    "Rua do Cedro",
    "Rua da Peroba",
    "Rua do Jatobá",
    "Rua da Paineira",
    "Rua do Ipê",
    "Rua da Figueira",
    "Rua do Angico",
    "Rua da Embaúba",
    "Rua do Guapuruvu",
    "",
    "Rua da Canela",
    "Rua do Jacarandá",
    "Rua da Imbuia",
    "Rua do Pinheiro",
    "Rua da Quaresmeira",
    "Rua do Manacá",
    "Rua da Pitangueira",
    "Rua do Araçá",
    "Rua da Jabuticabeira",
    "",
];

/// Parks, each from a crossing to the one on its other side.
const PARKS: [[(i32, i32); 2]; 4] =
    [[(4, 3), (7, 5)], [(12, -5), (15, -2)], [(8, 12), (11, 14)], [(0, -6), (2, -4)]];

/// A river, in the west of all this.
const RIVER: &str = "M-1150 2900C-850 2300-1550 1900-1200 1300S-350 700-550 0S-1350-700-950-1400S-150-2100-350-2600";

/// Where a place is on the map.
fn point((lat, lon): (f64, f64)) -> Point {
    let (lat_0, lon_0) = CORNERS[BEND];
    ((lon - lon_0) * lat_0.to_radians().cos() * DEGREE, (lat_0 - lat) * DEGREE)
}

/// A corner of a line that goes on at both ends as it goes on inside.
fn corner(line: &[(f64, f64)], step: i32) -> Point {
    let last = i32::try_from(line.len()).unwrap_or(i32::MAX) - 1;
    let beyond = |end: usize, step| {
        let (end, same) = (point(line[end]), corner(line, step));
        (2.0 * end.0 - same.0, 2.0 * end.1 - same.1)
    };
    match usize::try_from(step) {
        Err(_) => beyond(0, -step),
        Ok(_) if step > last => beyond(line.len() - 1, 2 * last - step),
        Ok(place) => point(line[place]),
    }
}

/// Where a street that is parallel to the avenue crosses one that is parallel to the
/// road. Both are counted along the way: the avenue's corners, and the road's.
fn crossing(avenue: i32, road: i32) -> Point {
    let (along, aside) = (corner(&CORNERS[..=BEND], avenue), corner(&CORNERS[BEND..], road));
    (along.0 + aside.0, along.1 + aside.1)
}

fn path(points: impl IntoIterator<Item = Point>) -> String {
    let mut path = String::new();
    for point in points {
        let is_begun = !path.is_empty();
        step(&mut path, is_begun, point);
    }
    path
}

/// Adds a point: with a line to it, if one has begun.
fn step(path: &mut String, is_begun: bool, (x, y): Point) {
    let sign = if is_begun { 'L' } else { 'M' };
    // Text can always be written to.
    let _ = write!(path, "{sign}{x:.0} {y:.0}");
}

fn is_in_city((x, y): Point) -> bool {
    EAST.contains(&x) && SOUTH.contains(&y)
}

/// Whether a street goes on beyond a crossing. All do near the way, and elsewhere some
/// end, so that not every block is as large as the next one.
fn goes_on(avenue: i32, road: i32) -> bool {
    let is_near_way = avenue.abs() <= 1 || road.abs() <= 1;
    is_near_way || (avenue * 7 + road * 5 + avenue * road).rem_euclid(6) != 0
}

/// A street along these crossings, as far as it is in the city.
fn street(crossings: impl Iterator<Item = (i32, i32)>, is_whole: bool) -> String {
    let (mut path, mut is_begun) = (String::new(), false);
    for (avenue, road) in crossings {
        let (x, y) = crossing(BEND_STEP + avenue, road);
        if !is_in_city((x, y)) {
            is_begun = false;
            continue;
        }
        step(&mut path, is_begun, (x, y));
        is_begun = is_whole || goes_on(avenue, road);
    }
    path
}

/// The streets of these steps to either side of the way, in both directions.
fn streets(is_wanted: impl Fn(i32) -> bool, are_whole: bool) -> String {
    let all = -SIDE..=SIDE;
    let mut path = String::new();
    for aside in all.clone().filter(|aside| is_wanted(*aside)) {
        path += &street(all.clone().map(|along| (along, aside)), are_whole);
        path += &street(all.clone().map(|along| (aside, along)), are_whole);
    }
    path
}

fn park([from, to]: [(i32, i32); 2]) -> String {
    let outline = (from.0..=to.0)
        .map(|avenue| crossing(avenue, from.1))
        .chain((from.1..=to.1).map(|road| crossing(to.0, road)))
        .chain((from.0..=to.0).rev().map(|avenue| crossing(avenue, to.1)))
        .chain((from.1..=to.1).rev().map(|road| crossing(from.0, road)));
    path(outline) + "Z"
}

/// A name beside a street, which is read from the left to the right.
fn label(name: &str, from: Point, to: Point) -> String {
    let (from, to) = if from.0 <= to.0 { (from, to) } else { (to, from) };
    let (x, y) = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
    let angle = (to.1 - from.1).atan2(to.0 - from.0).to_degrees();
    format!(
        r#"<text transform="translate({x:.0} {y:.0}) rotate({angle:.1})" dy="-.9em">{name}</text>"#
    )
}

fn labels() -> String {
    let mut labels = label(AVENUE, crossing(4, 0), crossing(8, 0));
    labels += &label(ROAD, crossing(11, 3), crossing(11, 7));
    for place in [2, 5, 8] {
        let step = i32::try_from(place).unwrap_or_default();
        labels += &label(CROSSED[place], crossing(step, -4), crossing(step, -2));
    }
    for place in [14, 17, 20] {
        let step = i32::try_from(place - BEND).unwrap_or_default();
        labels += &label(CROSSED[place], crossing(13, step), crossing(15, step));
    }
    labels
}

/// The way, as the map has it.
fn way() -> impl Iterator<Item = Point> {
    CORNERS.into_iter().map(point)
}

/// What the map shows before anybody is on it: what stands inside of its `svg`.
pub(crate) fn picture() -> String {
    let parks: String = PARKS.into_iter().map(park).collect();
    let is_wide = |step: i32| step.rem_euclid(WIDE) == 2;
    let wide = streets(is_wide, true);
    let narrow = streets(|step| !is_wide(step), false);
    let (way, labels) = (path(way()), labels());
    format!(
        r#"<path class="river" d="{RIVER}"/>
<path class="narrow" d="{narrow}"/>
<path class="park" d="{parks}"/>
<path class="wide" d="{wide}"/>
<path class="casing" d="{way}"/>
<path class="way" d="{way}"/>
<path class="ridden" id="ridden"/>
<g class="labels" id="labels">{labels}</g>"#
    )
}

/// What a page has to know to put somebody on the map.
pub(crate) fn facts() -> Value {
    let (lat, lon) = CORNERS[BEND];
    let tenths = |metres: f64| (metres * 10.0).round() / 10.0;
    let way: Vec<_> = way().map(|(x, y)| [tenths(x), tenths(y)]).collect();
    json!({
        "lat": lat,
        "lon": lon,
        "degree": DEGREE,
        "way": way,
        "bend": BEND,
        "streets": [AVENUE, ROAD],
        "crossed": CROSSED,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::street;

    #[test]
    fn the_map_has_the_way_that_couriers_ride() {
        let facts = facts();
        let way: Vec<(f64, f64)> = serde_json::from_value(facts["way"].clone()).unwrap();
        let metres: f64 =
            way.windows(2).map(|it| (it[1].0 - it[0].0).hypot(it[1].1 - it[0].1)).sum();
        let ridden = street::seconds() * 10.0;
        assert!((metres - ridden).abs() < ridden / 1000.0, "{metres} m, and {ridden} m ridden");
        assert_eq!(way[BEND], (0.0, 0.0));
        assert!(way[0].0 > 0.0 && way[0].1 > 0.0, "it begins in the south-east: {:?}", way[0]);
        let drawn = path(super::way());
        assert_eq!(picture().matches(&drawn).count(), 2, "the way and what is around it");
    }

    #[test]
    fn streets_cross_the_way_at_its_corners() {
        let streets = streets(|_| true, false);
        for (place, name) in CROSSED.into_iter().enumerate().filter(|(_, it)| !it.is_empty()) {
            let place = i32::try_from(place).unwrap();
            let steps = [-1, 0, 1].map(|aside| match place - BEND_STEP {
                before if before < 0 => crossing(place, aside),
                after => crossing(BEND_STEP + aside, after),
            });
            let [before, there, after] = steps.map(|(x, y)| format!("{x:.0} {y:.0}"));
            assert!(path(way()).contains(&there), "{name} is not at a corner of the way");
            assert!(streets.contains(&format!("{before}L{there}L{after}")), "{name} ends there");
        }
    }

    #[test]
    fn a_line_goes_on_beyond_its_ends() {
        let (before, first, second) = (crossing(-1, 0), crossing(0, 0), crossing(1, 0));
        assert!((before.0 + second.0 - 2.0 * first.0).abs() < 1e-6);
        let (before, last, after) = (crossing(11, 9), crossing(11, 10), crossing(11, 11));
        assert!((before.1 + after.1 - 2.0 * last.1).abs() < 1e-6);
    }

    #[test]
    fn each_corner_but_the_ends_and_the_bend_has_a_name_of_its_own() {
        let nameless: Vec<usize> =
            (0..CORNERS.len()).filter(|place| CROSSED[*place].is_empty()).collect();
        assert_eq!(nameless, [0, BEND, CORNERS.len() - 1]);
        let names: std::collections::BTreeSet<_> = CROSSED.into_iter().collect();
        assert_eq!(names.len(), CROSSED.len() - 2);
    }
}
