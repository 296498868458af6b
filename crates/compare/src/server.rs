//! The server that all strategies of a scenario ask.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use harness::Failure;
use supervisor::Running;

/// A server's process. It ends with this.
#[derive(Debug)]
pub struct Server {
    /// What the strategies are given as `--url`.
    pub url: String,
    _process: Running,
}

impl Server {
    /// Starts the program and waits until it tells its address.
    ///
    /// It runs by itself, and not inside of this process: every process that is
    /// started begins with the peak memory of the one that starts it.
    /// With a route, that is asked for, and not the one that the program tells.
    pub fn start(program: &Path, args: &[String], route: Option<&str>) -> Result<Self, Failure> {
        let failed = |cause: &str| {
            let cause = format!("the server {} {cause}", program.display());
            Failure::new(cause, "name a server of your own with --url")
        };
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = Running::start(&mut command)
            .map_err(|error| failed(&format!("cannot be started: {error}")))?;
        let mut line = String::new();
        let read = process.stdout.take().map(|out| BufReader::new(out).read_line(&mut line));
        match (read, address(&line)) {
            (Some(Ok(_)), Some(url)) => Ok(Self { url: with_route(url, route), _process: process }),
            _ => Err(failed("does not tell its address")),
        }
    }
}

/// The first address in a line, up to its query.
fn address(line: &str) -> Option<&str> {
    let word = line.split_whitespace().find(|word| word.starts_with("http://"))?;
    word.split('?').next()
}

/// The address with this route, or as it is.
fn with_route(url: &str, route: Option<&str>) -> String {
    let Some(route) = route else { return url.to_owned() };
    let host = url.trim_start_matches("http://").split('/').next().unwrap_or_default();
    format!("http://{host}{route}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_address_is_found_without_its_query() {
        let line = "Listening: try http://localhost:8000/delay-me?seconds=2 and watch at http://localhost:8000/\n";
        assert_eq!(super::address(line), Some("http://localhost:8000/delay-me"));
        assert_eq!(super::address("error: no port is free"), None);
    }

    #[test]
    fn a_route_of_its_own_stands_in_for_the_one_that_is_told() {
        let announced = "http://localhost:8000/delay-me";
        assert_eq!(super::with_route(announced, None), announced);
        let url = super::with_route(announced, Some("/api/character"));
        assert_eq!(url, "http://localhost:8000/api/character");
    }
}
