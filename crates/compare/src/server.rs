//! The server that all strategies of a scenario ask.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use harness::Failure;

use crate::children::Running;

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
    pub fn start(program: &Path, args: &[String]) -> Result<Self, Failure> {
        let failed = |cause: &str| {
            let cause = format!("the server {} {cause}", program.display());
            Failure::new(cause, "name a server of your own with --url")
        };
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = Running::start(&mut command)
            .map_err(|error| failed(&format!("cannot be started: {error}")))?;
        let mut line = String::new();
        let told = process.stdout.take().map(|told| BufReader::new(told).read_line(&mut line));
        match (told, address(&line)) {
            (Some(Ok(_)), Some(url)) => Ok(Self { url: url.to_owned(), _process: process }),
            _ => Err(failed("does not tell its address")),
        }
    }
}

/// The first address in a line, up to its query.
fn address(line: &str) -> Option<&str> {
    let word = line.split_whitespace().find(|word| word.starts_with("http://"))?;
    word.split('?').next()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_address_is_found_without_its_query() {
        let line = "Listening: try http://localhost:8000/delay-me?seconds=2 and watch at http://localhost:8000/\n";
        assert_eq!(super::address(line), Some("http://localhost:8000/delay-me"));
        assert_eq!(super::address("error: no port is free"), None);
    }
}
