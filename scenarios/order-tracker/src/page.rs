//! The watcher's page: where the courier is, on a map, and whether that is true now.
//!
//! It is the same for every order. Its script reads in its address which one it is of,
//! so nothing that a request says is ever put into it.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::State;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY, RETRY_AFTER,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::city;
use crate::order::OrderId;
use crate::orders::Trouble;
use crate::routes::{App, Named, order_in};

const TRACK: &str = include_str!("page/track.html");
const MISSING: &str = include_str!("page/missing.html");
const STYLE: &str = include_str!("page/page.css");
const WAY: &str = include_str!("page/way.js");
const SCRIPT: &str = include_str!("page/track.js");

/// What a page may load: what is here, and nothing else. Text that is made into elements
/// or into a script is refused by the browser, whatever our script does.
const POLICY: &str = "default-src 'none'; connect-src 'self'; img-src data:; script-src 'self'; \
                      style-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'; require-trusted-types-for 'script'; \
                      trusted-types 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// The page with the map in it, which never changes.
static FILLED_IN: LazyLock<String> = LazyLock::new(|| {
    TRACK.replace("{{map}}", &city::picture()).replace("{{city}}", &city::facts().to_string())
});

/// The page, and the files that it is made of.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/track/{order}", get(track))
        .route("/page/page.css", get(async || file(StatusCode::OK, CSS, STYLE)))
        .route("/page/way.js", get(async || file(StatusCode::OK, JAVASCRIPT, WAY)))
        .route("/page/track.js", get(async || file(StatusCode::OK, JAVASCRIPT, SCRIPT)))
}

/// Where an order is watched.
pub(crate) fn path_of(order: OrderId) -> String {
    format!("/track/{order}")
}

async fn track(State(app): State<App>, order: Named) -> Response {
    let there = match order_in(order) {
        Ok(order) => app.orders.knows(order).await,
        Err(_) => Err(Trouble::Unknown),
    };
    match there {
        Ok(()) => file(StatusCode::OK, HTML, &FILLED_IN),
        Err(Trouble::Unknown) => file(StatusCode::NOT_FOUND, HTML, MISSING),
        // Nobody knows whether there is one. The page asks again until somebody does.
        Err(_) => {
            let page = file(StatusCode::SERVICE_UNAVAILABLE, HTML, &FILLED_IN);
            ([(RETRY_AFTER, HeaderValue::from_static("3"))], page).into_response()
        }
    }
}

fn file(status: StatusCode, kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, kind),
        // The next build may have others, and they have to be of one.
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // The address is the key to the order.
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("x-robots-tag"), "noindex"),
    ];
    (status, headers, text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_in_the_page_is_filled_in() {
        assert!(TRACK.contains("{{map}}") && TRACK.contains("{{city}}"));
        assert!(!FILLED_IN.contains("{{"), "a place is left empty");
        assert!(FILLED_IN.contains("Avenida Paulista"));
    }

    /// The browser would refuse it, and only tell the console.
    #[test]
    fn no_page_has_a_script_or_a_style_inside_of_it() {
        for page in [FILLED_IN.as_str(), MISSING] {
            for tag in page.split('<').skip(1) {
                let is_script = tag.starts_with("script");
                let is_data = tag.starts_with("script type=\"application/json\"");
                assert!(!is_script || is_data || tag.contains(" src=\"/page/"), "{tag}");
                let begins = tag.split('>').next().unwrap_or_default();
                assert!(!tag.starts_with("style") && !begins.contains("style="), "{tag}");
                assert!(!begins.contains(" on"), "{tag}");
            }
        }
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere() {
        for text in [FILLED_IN.as_str(), MISSING, STYLE, WAY, SCRIPT] {
            let mut places = text.match_indices("//").filter(|(place, _)| {
                // What comments begin with has a space before it, or stands first.
                let before = text[..*place].chars().last();
                !before.is_none_or(char::is_whitespace)
            });
            let elsewhere = places.find(|(place, _)| {
                !text[..*place].ends_with("http:")
                    || !text[*place..].starts_with("//www.w3.org/2000/svg")
            });
            let here = elsewhere.map(|(place, _)| &text[place.saturating_sub(20)..][..40]);
            // The script makes the address of its WebSocket from where it comes from.
            assert!(here.is_none_or(|it| it.contains("${location")), "{here:?}");
        }
    }
}
