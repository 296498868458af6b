//! A third party that has to be asked, in words of its own.
//!
//! Its positions are whole millionths of degrees, and its times milliseconds since 1970.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::order::OrderId;
use crate::position::{Impossible, Position};

/// What it answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Trips {
    pub(crate) trips: Vec<Trip>,
}

/// One of its couriers. What else it says of it is not read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Trip {
    /// What the client calls the trip: our order.
    pub(crate) reference: String,
    pub(crate) lat_e6: i64,
    pub(crate) lng_e6: i64,
    pub(crate) clock_ms: i64,
    /// Goes up with each position.
    pub(crate) tick: u64,
}

impl Trip {
    /// As the third party tells of a position.
    pub(crate) fn of(reference: &str, position: &Position) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "degrees are small")]
        let millionths = |degrees: f64| (degrees * 1e6).round() as i64;
        Self {
            reference: reference.to_owned(),
            lat_e6: millionths(position.lat),
            lng_e6: millionths(position.lon),
            clock_ms: position.at.as_millisecond(),
            tick: position.sequence,
        }
    }

    /// Which order it is of. Others than ours are not for us.
    pub(crate) fn order(&self) -> Option<OrderId> {
        OrderId::parse(&self.reference)
    }

    /// The same as everything here speaks of it.
    pub(crate) fn position(&self, now: Timestamp) -> Result<Position, Impossible> {
        #[expect(clippy::cast_precision_loss, reason = "what is no degree is refused")]
        let degrees = |millionths: i64| millionths as f64 / 1e6;
        let at = Timestamp::from_millisecond(self.clock_ms).map_err(|_| Impossible::Time)?;
        let (lat, lon) = (degrees(self.lat_e6), degrees(self.lng_e6));
        Position { lat, lon, at, sequence: self.tick }.possible(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn millionths_and_milliseconds_are_made_into_degrees_and_a_time() {
        let json = r#"{"trips":[{"reference":"x","lat_e6":-23561234,"lng_e6":-46655678,"clock_ms":1000,"tick":7,"colour":"red"}]}"#;
        let Trips { trips } = serde_json::from_str(json).unwrap();
        let position = trips[0].position(Timestamp::now()).unwrap();
        let at = "1970-01-01T00:00:01Z".parse().unwrap();
        assert_eq!(position, Position { lat: -23.561234, lon: -46.655678, at, sequence: 7 });
        assert_eq!(Trip::of("x", &position), trips[0]);
        assert_eq!(trips[0].order(), None);
    }

    #[test]
    fn what_nobody_can_have_said_is_no_position() {
        let trip = Trip { reference: String::new(), lat_e6: 0, lng_e6: 0, clock_ms: 0, tick: 0 };
        let of = |trip: Trip| trip.position(Timestamp::UNIX_EPOCH);
        assert!(of(trip.clone()).is_ok());
        let [max, min] = [i64::MAX, i64::MIN];
        assert!(matches!(of(Trip { lat_e6: max, ..trip.clone() }), Err(Impossible::Latitude(_))));
        assert!(matches!(of(Trip { lng_e6: min, ..trip.clone() }), Err(Impossible::Longitude(_))));
        assert_eq!(of(Trip { clock_ms: max, ..trip.clone() }), Err(Impossible::Time));
        assert!(matches!(of(Trip { clock_ms: 60_000, ..trip }), Err(Impossible::Future(_))));
    }
}
