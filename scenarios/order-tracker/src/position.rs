//! Where a courier is, in the one shape that everything here speaks of.

use hyper_tungstenite::tungstenite::Utf8Bytes;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How far a courier's clock may be ahead of ours: clocks differ.
const SKEW: SignedDuration = SignedDuration::from_secs(10);

/// The largest number of a position: up to here numbers are whole in JavaScript, and in
/// the Lua of Redis.
const LAST_SEQUENCE: u64 = (1 << 53) - 1;

/// A place, a time, and which of a courier's positions it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// Degrees to the north.
    pub lat: f64,
    /// Degrees to the east.
    pub lon: f64,
    /// When the courier was there.
    pub at: Timestamp,
    /// Larger than that of every position before it.
    pub sequence: u64,
}

/// Why a position is none.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub(crate) enum Impossible {
    #[error("the latitude is {0}, and not from -90 to 90")]
    Latitude(f64),
    #[error("the longitude is {0}, and not from -180 to 180")]
    Longitude(f64),
    #[error("the position is of {0}, which is in the future")]
    Future(Timestamp),
    #[error("the time of the position is none")]
    Time,
    #[error("the sequence is {0}, and not {LAST_SEQUENCE} at most")]
    Sequence(u64),
}

impl Position {
    /// The same, if somebody can have been there by now.
    pub(crate) fn possible(self, now: Timestamp) -> Result<Self, Impossible> {
        if !(-90.0..=90.0).contains(&self.lat) {
            return Err(Impossible::Latitude(self.lat));
        }
        if !(-180.0..=180.0).contains(&self.lon) {
            return Err(Impossible::Longitude(self.lon));
        }
        if self.at.duration_since(now) > SKEW {
            return Err(Impossible::Future(self.at));
        }
        if self.sequence > LAST_SEQUENCE {
            return Err(Impossible::Sequence(self.sequence));
        }
        Ok(self)
    }

    /// As it is sent. All watchers of an order share it.
    pub(crate) fn published(&self) -> Published {
        // Numbers and times can always be written.
        let text = serde_json::to_string(self).unwrap_or_default();
        Published { sequence: self.sequence, text: text.into() }
    }
}

/// A position as watchers are sent it.
#[derive(Debug, Clone)]
pub(crate) struct Published {
    pub(crate) sequence: u64,
    pub(crate) text: Utf8Bytes,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(json: &str) -> Result<Position, Impossible> {
        let position: Position = serde_json::from_str(json).unwrap();
        position.possible("2026-11-29T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn the_ends_of_the_earth_are_possible_and_nothing_beyond() {
        let at = |lat: &str, lon: &str| {
            let json = format!(
                r#"{{"lat":{lat},"lon":{lon},"at":"2026-11-29T12:00:00Z","sequence":9007199254740991}}"#
            );
            position(&json).map_err(|why| why.to_string())
        };
        for (lat, lon) in [("90", "180"), ("-90.0", "-180"), ("0", "0"), ("-23.5", "-46.6")] {
            assert!(at(lat, lon).is_ok(), "{lat} {lon}");
        }
        assert_eq!(at("90.1", "0"), Err("the latitude is 90.1, and not from -90 to 90".into()));
        assert_eq!(at("0", "-181"), Err("the longitude is -181, and not from -180 to 180".into()));
    }

    #[test]
    fn a_clock_may_be_ahead_a_little() {
        let at = |time: &str| {
            position(&format!(r#"{{"lat":0,"lon":0,"at":"{time}","sequence":0}}"#)).is_ok()
        };
        assert!(
            at("2026-11-29T12:00:10Z")
                && at("2026-11-29T09:00:00-03:00")
                && at("1970-01-01T00:00:00Z")
        );
        assert!(!at("2026-11-29T12:00:11Z") && !at("2026-11-29T12:00:00-03:00"));
    }

    #[test]
    fn a_sequence_that_others_cannot_count_is_none() {
        let json = r#"{"lat":0,"lon":0,"at":"1970-01-01T00:00:00Z","sequence":9007199254740992}"#;
        assert_eq!(position(json), Err(Impossible::Sequence(1 << 53)));
    }
}
