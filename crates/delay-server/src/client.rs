//! What clients of this server need: a server to ask, the addresses of its host,
//! and words for what they may meet instead of a reply.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::iter;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

use harness::Failure;
use hyper::{StatusCode, Uri};

pub use reply::{
    ENOUGH_OF_A_REFUSAL, LONGEST_HEAD, LONGEST_REPLY, MOST_HEADERS, check_head, length, read,
    read_blocking, text,
};

mod known_host;
mod reply;

use crate::home::{HOME, is_delay_server};
use crate::{Config, Server};

/// More of a refusal's text is not worth a line.
const LONGEST_REFUSAL: usize = 160;

/// Gives the address of a route, such as `/delay-me`, of the delay server at
/// `localhost:8000`. If none answers there, one is started on a free port for
/// this run, which a note says; it stops when it is dropped.
pub fn find_or_start(route: &str) -> Result<(String, Option<Server>), Failure> {
    if is_delay_server(HOME) {
        return Ok((format!("http://{HOME}{route}"), None));
    }
    let server = Server::start(Config { addr: "localhost:0".to_owned(), ..Config::default() })?;
    harness::note(&format!("no delay server at http://{HOME}, so this run brings its own"));
    Ok((format!("{}{route}", server.url()), Some(server)))
}

/// Where a host is, which is written as in a URL: `localhost` is two addresses.
pub fn look_up(host: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
    // An IPv6 address stands in brackets in a URL, and here without.
    let name = host.trim_start_matches('[').trim_end_matches(']');
    (name, port).to_socket_addrs().map(Iterator::collect).map_err(|error| {
        let cause = format!("nobody knows where the host '{host}' is: {error}");
        Failure::new(cause, "check the host's name in --url")
    })
}

/// What the user of a client can do about what it meets, in words of its options.
#[derive(Debug, Clone, Copy)]
pub struct Hints {
    /// The server does not wait as long as it was asked to.
    pub bad_request: &'static str,
    /// It does not have what it was asked for.
    pub not_found: &'static str,
    /// It has no place for one more request.
    pub unavailable: &'static str,
    /// There was no whole reply in time.
    pub timed_out: &'static str,
    /// The connection ended before the reply did.
    pub lost: &'static str,
    /// Something else was in the way of a reply, such as one that is no HTTP.
    pub failed: &'static str,
}

impl Hints {
    /// Those of a client of `/delay-me` with the options `--url`, `--seconds` and
    /// `--timeout`.
    pub const OF_DELAY_ME: Self = Self {
        bad_request: "ask for other --seconds",
        not_found: "check --url: it is the route without its query, such as http://localhost:8000/delay-me",
        unavailable: "try again later, or give the server a larger --max-in-flight",
        timed_out: "raise --timeout, or leave it out to wait as long as it takes",
        lost: "look at what the server itself says",
        failed: "check that an HTTP server answers there, and what it says itself",
    };
}

/// The server answered, but not with what was asked for: with this status, such
/// as 404, and this text.
pub fn refused(status: u16, text: &str, hints: &Hints) -> Failure {
    let said: String = text.trim().chars().take(LONGEST_REFUSAL).collect();
    let colon = if said.is_empty() { "" } else { ": " };
    let hint = match status {
        400 => hints.bad_request,
        404 => hints.not_found,
        503 => hints.unavailable,
        500..=599 => "look at what the server itself says",
        _ => "check --url",
    };
    let hint = fitting(hint);
    // The usual words for it, whatever the server's own are.
    let words = StatusCode::from_u16(status).ok().and_then(|it| it.canonical_reason());
    let words = words.map(|words| format!(" {words}")).unwrap_or_default();
    Failure::new(format!("the server answered {status}{words}{colon}{said}"), hint)
}

/// Why there is no reply that could be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// Nobody takes connections there.
    #[error("nobody answers")]
    NobodyThere,
    /// It took too long.
    #[error("no complete reply within the time-out")]
    TimedOut,
    /// The connection ended before the reply did.
    #[error("the connection was closed before the reply was complete")]
    Lost,
    /// What came is no HTTP, or none that the client reads, in the words of
    /// whoever noticed.
    #[error("this is not HTTP: {0}")]
    NotHttp(String),
    /// The head has more than [`LONGEST_HEAD`] bytes or [`MOST_HEADERS`] lines.
    #[error("the head of the reply is longer than 8 KiB or 100 lines")]
    HeadTooLong,
    /// One of the two that follow, or a length that nobody can count: not every client
    /// tells which.
    #[error(
        "the head of the reply is longer than 8 KiB or 100 lines, or the reply is longer than 1 MiB"
    )]
    HeadOrReplyTooLong,
    /// The reply has more than [`LONGEST_REPLY`] bytes.
    #[error("the reply is longer than 1 MiB")]
    TooLong,
    /// It is not UTF-8.
    #[error("the reply is not UTF-8 text")]
    NotText,
    /// Something else, in the words of whoever noticed.
    #[error("{0}")]
    Failed(String),
}

impl Unanswered {
    /// Finds it among an error of an HTTP client and the errors inside of that:
    /// the outer ones only say that there is an inner one.
    pub fn of(error: &(dyn Error + 'static)) -> Self {
        let chain = || iter::successors(Some(error), |error| (*error).source());
        match chain().find_map(|error| error.downcast_ref::<hyper::Error>()) {
            Some(error) if error.is_incomplete_message() => return Self::Lost,
            Some(error) if error.is_parse_too_large() => return Self::HeadOrReplyTooLong,
            Some(error) if error.is_parse() => return Self::NotHttp(error.to_string()),
            _ => {}
        }
        match chain().find_map(|error| error.downcast_ref::<io::Error>()) {
            Some(error) => error.into(),
            None => Self::Failed(chain().last().map(ToString::to_string).unwrap_or_default()),
        }
    }

    /// The failure of the requester whose request this is.
    pub fn failure(self, hints: &Hints) -> Failure {
        let asked = harness::asked().unwrap_or_default();
        let route = asked.split('?').next().unwrap_or_default();
        let (cause, hint) = match self {
            Self::NobodyThere => return nobody_there(route),
            Self::TimedOut => {
                (format!("no complete reply from {route} within the time-out"), hints.timed_out)
            }
            Self::Lost => {
                (format!("{route} closed the connection before its reply was complete"), hints.lost)
            }
            why => (format!("the request to {route} failed: {why}"), hints.failed),
        };
        Failure::new(cause, fitting(hint))
    }
}

/// Nobody takes connections where this route is. A delay server can be started there
/// if it is on this machine.
fn nobody_there(route: &str) -> Failure {
    let cause = format!("nobody answers at {route}");
    let url: Option<Uri> = route.parse().ok();
    let here = url.as_ref().filter(|url| url.scheme_str() == Some("http"));
    let here = here.and_then(|url| Some((url.host().filter(|host| is_loopback(host))?, url)));
    let Some((host, url)) = here else {
        let hint = "check the host and the port in --url, or leave it out to use a built-in server";
        return Failure::new(cause, hint);
    };
    let option = listening_at(host, url);
    Failure::new(
        cause,
        format!(
            "start it with cargo run -p delay-server{option}, or leave --url out to use a built-in one"
        ),
    )
}

/// What has a server listen there rather than where it does by itself.
fn listening_at(host: &str, url: &Uri) -> String {
    let address = format!("{host}:{}", url.port_u16().unwrap_or(80));
    if address == HOME { String::new() } else { format!(" -- --addr {address}") }
}

/// What has one of our servers listen where this URL leads, if that is on this machine: it
/// goes to the end of the command that starts the server.
pub fn there(url: &str) -> String {
    let url: Option<Uri> = url.parse().ok().filter(|it: &Uri| it.scheme_str() == Some("http"));
    let here =
        url.as_ref().and_then(|url| Some((url.host().filter(|host| is_loopback(host))?, url)));
    here.map(|(host, url)| listening_at(host, url)).unwrap_or_default()
}

/// Whether a host, which is written as in a URL, is this machine whatever its network is.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse();
    host == "localhost" || address.is_ok_and(|address: IpAddr| address.is_loopback())
}

/// A hint whose example of an address is on the server that the requester has asked.
pub fn fitting(hint: &str) -> String {
    let asked: Option<Uri> = harness::asked().and_then(|asked| asked.parse().ok());
    let server = asked.as_ref().and_then(|url| Some((url.scheme_str()?, url.authority()?)));
    match server {
        Some((scheme, place)) => {
            hint.replace(&format!("http://{HOME}/"), &format!("{scheme}://{place}/"))
        }
        None => hint.to_owned(),
    }
}

impl From<Unanswered> for io::Error {
    fn from(why: Unanswered) -> Self {
        Self::other(why)
    }
}

impl From<&io::Error> for Unanswered {
    fn from(error: &io::Error) -> Self {
        let own = error.get_ref().and_then(|inner| inner.downcast_ref::<Self>());
        if let Some(own) = own {
            return own.clone();
        }
        match error.kind() {
            ErrorKind::ConnectionRefused => Self::NobodyThere,
            ErrorKind::TimedOut => Self::TimedOut,
            ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::UnexpectedEof => Self::Lost,
            _ => Self::Failed(error.to_string()),
        }
    }
}

/// Gives a scenario what the errors of its HTTP clients mean, which this package
/// does without: `of_async` for reqwest's, `of_blocking` for ureq's.
#[macro_export]
macro_rules! meaning_of_errors {
    () => {
        /// What an error of the async client means.
        pub(crate) fn of_async(error: ::reqwest::Error) -> $crate::client::Unanswered {
            use $crate::client::Unanswered;
            if error.is_timeout() { Unanswered::TimedOut } else { Unanswered::of(&error) }
        }

        /// What an error of the blocking client means.
        pub(crate) fn of_blocking(error: ::ureq::Error) -> $crate::client::Unanswered {
            use $crate::client::Unanswered;
            match error {
                ::ureq::Error::Timeout(_) => Unanswered::TimedOut,
                ::ureq::Error::LargeResponseHeader(..) => Unanswered::HeadTooLong,
                ::ureq::Error::Protocol(error) => match error.to_string() {
                    // It has no other name for this that can be asked for.
                    why if why.ends_with("too many headers") => Unanswered::HeadTooLong,
                    why => Unanswered::NotHttp(why),
                },
                other => Unanswered::from(&other.into_io()),
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_for_nobody_starts_a_server_where_it_was_asked() {
        let built_in = "or leave --url out to use a built-in one";
        for (url, option) in [
            ("http://localhost:8000/delay-me", ""),
            ("http://localhost:9000/delay-me", " -- --addr localhost:9000"),
            ("http://127.0.0.1:8000/delay-me", " -- --addr 127.0.0.1:8000"),
            ("http://[::1]:9000/delay-me", " -- --addr [::1]:9000"),
            ("http://localhost/delay-me", " -- --addr localhost:80"),
        ] {
            let wanted = format!("start it with cargo run -p delay-server{option}, {built_in}");
            assert_eq!(nobody_there(url).hint(), wanted, "{url}");
            assert_eq!(there(url), option);
        }
        for url in ["http://example.com:8000/", "https://localhost:9000/", "http://10.0.0.1/", ""] {
            let hint = nobody_there(url).hint().to_owned();
            assert!(hint.starts_with("check the host and the port in --url, "), "{url}: {hint}");
            assert_eq!(there(url), "");
        }
    }

    #[test]
    fn hosts_are_found_by_name_and_by_both_kinds_of_number() {
        for host in ["localhost", "127.0.0.1", "[::1]"] {
            let addresses = look_up(host, 8000).unwrap();
            assert!(!addresses.is_empty(), "{host}");
            assert!(addresses.iter().all(|it| it.port() == 8000 && it.ip().is_loopback()));
        }
        let failure = look_up("no.such.host.invalid", 80).unwrap_err();
        assert!(failure.cause().contains("no.such.host.invalid"), "{failure}");
    }

    #[test]
    fn a_refusal_is_told_with_the_beginning_of_what_the_server_said() {
        let words = |status, text| {
            let failure = refused(status, text, &Hints::OF_DELAY_ME);
            (failure.cause().to_owned(), failure.hint().to_owned())
        };
        let (cause, hint) = words(400, " seconds is too many\n");
        assert_eq!(cause, "the server answered 400 Bad Request: seconds is too many");
        assert_eq!(hint, "ask for other --seconds");
        let (cause, hint) = words(500, "");
        assert_eq!(
            (cause.as_str(), hint.as_str()),
            ("the server answered 500 Internal Server Error", Hints::OF_DELAY_ME.lost)
        );
        let (cause, hint) = words(302, &"x".repeat(1000));
        assert_eq!(
            cause,
            format!("the server answered 302 Found: {}", "x".repeat(LONGEST_REFUSAL))
        );
        assert_eq!(hint, "check --url");
    }

    #[test]
    fn what_is_in_the_way_is_found_inside_of_the_outer_errors() {
        #[derive(Debug, thiserror::Error)]
        #[error("there was an error")]
        struct Outer<E: Error + 'static>(#[source] E);

        let of = |kind: ErrorKind| Unanswered::of(&Outer(Outer(io::Error::from(kind))));
        assert_eq!(of(ErrorKind::ConnectionRefused), Unanswered::NobodyThere);
        assert_eq!(of(ErrorKind::TimedOut), Unanswered::TimedOut);
        assert_eq!(of(ErrorKind::ConnectionReset), Unanswered::Lost);
        assert_eq!(of(ErrorKind::UnexpectedEof), Unanswered::Lost);
        let error = Outer(io::Error::new(ErrorKind::InvalidData, "this is not HTTP"));
        assert_eq!(Unanswered::of(&error), Unanswered::Failed("this is not HTTP".to_owned()));
        let error = Outer("x".parse::<u32>().unwrap_err());
        let innermost = Unanswered::Failed("invalid digit found in string".to_owned());
        assert_eq!(Unanswered::of(&error), innermost);
    }
}
