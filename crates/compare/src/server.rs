//! A server: one that all strategies of a scenario ask, or one that is a strategy.

use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use harness::Failure;
use supervisor::{ResUse, Running};

/// It has told its address after so many lines.
const FIRST_LINES: usize = 10;

/// How long it may take to end when it is told to.
const GRACE: Duration = Duration::from_secs(5);

/// How often to look whether it has ended.
const PAUSE: Duration = Duration::from_millis(5);

/// A server's process. It ends with this.
#[derive(Debug)]
pub struct Server {
    /// What the strategies are given as `--url`.
    pub url: String,
    process: Running,
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
        match process.stdout.take().and_then(told_address) {
            Some(url) => Ok(Self { url: with_route(&url, route), process }),
            None => Err(failed("does not tell its address")),
        }
    }

    /// Has it end as Ctrl-C does, and if it does not heed that, by force. Gives what it
    /// took.
    pub fn end(self) -> io::Result<ResUse> {
        self.process.interrupt();
        let told = Instant::now();
        while told.elapsed() < GRACE {
            if let Some(ended) = self.process.ended()? {
                return Ok(ended);
            }
            thread::sleep(PAUSE);
        }
        self.process.kill();
        self.process.wait()
    }
}

/// Reads up to where it is told. What comes after it is read too, and by nobody: it could
/// not be written otherwise.
fn told_address(stdout: ChildStdout) -> Option<String> {
    let mut lines = BufReader::new(stdout).lines();
    let first = lines.by_ref().take(FIRST_LINES).map_while(Result::ok);
    let url = first.into_iter().find_map(|line| address(&line).map(str::to_owned))?;
    thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
    Some(url)
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
