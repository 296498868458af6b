//! The live page: one file that asks for nothing but its events.

use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::stats::Stats;

const PAGE: &str = include_str!("page.html");

/// What the page may load: its events from here, and nothing else.
const POLICY: &str = "default-src 'none'; connect-src 'self'; img-src data:; \
                      script-src 'unsafe-inline'; style-src 'unsafe-inline'";

/// The page with the figures of the moment, which it shows until its first event
/// comes, or for good where no scripts run.
pub(crate) fn response(stats: &Stats) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, filled_in(stats)).into_response()
}

fn filled_in(stats: &Stats) -> String {
    PAGE.replace("{{in_flight}}", &stats.in_flight.to_string())
        .replace("{{most_in_flight}}", &stats.most_in_flight.to_string())
        .replace("{{answered}}", &stats.answered.to_string())
        .replace("{{given_up}}", &stats.given_up.to_string())
        .replace("{{rejected}}", &stats.rejected.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_has_its_place() {
        let stats =
            Stats { in_flight: 11, most_in_flight: 12, answered: 13, rejected: 14, given_up: 15 };
        let page = filled_in(&stats);
        for number in ["11", "12", "13", "14", "15"] {
            assert!(page.contains(&format!(">{number}</dd>")), "{number}");
        }
        assert!(!page.contains("{{"), "a place is left empty");
    }
}
