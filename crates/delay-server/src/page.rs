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
    PAGE.replace("{{in_flight}}", &count(stats.in_flight))
        .replace("{{most_in_flight}}", &count(stats.most_in_flight))
        .replace("{{answered}}", &count(stats.answered))
        .replace("{{given_up}}", &count(stats.given_up))
        .replace("{{rejected}}", &count(stats.rejected))
}

/// As the page's script writes it: `20,000`.
fn count(number: impl ToString) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
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

    #[test]
    fn numbers_are_written_as_the_script_writes_them() {
        let written = [0, 7, 999, 1000, 20_000, 1_234_567].map(count);
        assert_eq!(written, ["0", "7", "999", "1,000", "20,000", "1,234,567"]);
    }

    /// Only a snapshot knows, and until the first has come it is not claimed.
    #[test]
    fn the_first_page_does_not_say_that_nobody_waits() {
        for id in ["nothing", "none"] {
            let tag = PAGE.split('<').find(|tag| tag.contains(&format!("id=\"{id}\""))).unwrap();
            assert!(tag.contains(" hidden>"), "{tag}");
        }
    }
}
