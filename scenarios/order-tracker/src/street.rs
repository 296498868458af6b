//! A way through São Paulo, from the Paraíso end of Avenida Paulista to the Praça da
//! República. The points were put down by eye for this chapter: none of them was
//! surveyed, and nobody should find their way by them.

/// How fast a courier rides, in metres a second: some 36 km an hour.
const PACE: f64 = 10.0;

/// A degree of latitude, in metres.
pub(crate) const DEGREE: f64 = 111_200.0;

/// Which of the corners is where Avenida Paulista ends, and Rua da Consolação begins.
pub(crate) const BEND: usize = 11;

/// The corners of the way, as latitude and longitude.
pub(crate) const CORNERS: [(f64, f64); 22] = [
    (-23.57060, -46.64480),
    (-23.56950, -46.64640),
    (-23.56815, -46.64790),
    (-23.56690, -46.64935),
    (-23.56550, -46.65115),
    (-23.56415, -46.65270),
    (-23.56280, -46.65430),
    (-23.56150, -46.65590),
    (-23.56015, -46.65745),
    (-23.55870, -46.65915),
    (-23.55720, -46.66090),
    (-23.55575, -46.66235),
    (-23.55430, -46.66050),
    (-23.55310, -46.65840),
    (-23.55195, -46.65620),
    (-23.55080, -46.65400),
    (-23.54975, -46.65190),
    (-23.54880, -46.64990),
    (-23.54790, -46.64800),
    (-23.54700, -46.64620),
    (-23.54560, -46.64440),
    (-23.54390, -46.64270),
];

/// How long the whole way takes, in seconds.
pub(crate) fn seconds() -> f64 {
    CORNERS.windows(2).map(|pair| metres(pair[0], pair[1])).sum::<f64>() / PACE
}

/// Where somebody is who set out so many seconds ago. At the end they stay.
pub(crate) fn after(seconds: f64) -> (f64, f64) {
    let mut left = seconds.max(0.0) * PACE;
    for pair in CORNERS.windows(2) {
        let long = metres(pair[0], pair[1]);
        if left < long {
            let part = |from: f64, to: f64| from + (to - from) * left / long;
            return (part(pair[0].0, pair[1].0), part(pair[0].1, pair[1].1));
        }
        left -= long;
    }
    CORNERS[CORNERS.len() - 1]
}

/// How far it is between two points that are near each other.
fn metres(one: (f64, f64), other: (f64, f64)) -> f64 {
    let (north, east) = (other.0 - one.0, (other.1 - one.1) * one.0.to_radians().cos());
    north.hypot(east) * DEGREE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ride_leads_from_one_end_to_the_other_without_a_leap() {
        assert_eq!((after(0.0), after(seconds() + 1.0)), (CORNERS[0], CORNERS[21]));
        let mut before = after(0.0);
        for second in 1..=seconds().ceil() as u32 {
            let now = after(f64::from(second));
            let metres = metres(before, now);
            assert!(metres <= PACE + 0.01, "{metres} m in the second before {second} s");
            before = now;
        }
    }
}
