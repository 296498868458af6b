//! The driver's process, and the capabilities that a session is opened with.

use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::{Value, json};

use crate::programs;

/// A running `chromedriver`. It ends when this is dropped; a browser that it
/// started has to be ended before.
#[derive(Debug)]
pub(crate) struct Driver {
    child: Child,
    pub(crate) url: String,
}

/// How often one is started. It takes a port that is free in one of IPv4 and IPv6, and
/// ends if somebody has that of the other.
const ATTEMPTS: usize = 5;

impl Driver {
    pub(crate) fn start() -> Self {
        let started = (0..ATTEMPTS).find_map(|_| Self::start_once());
        started.expect("chromedriver says on which port it listens")
    }

    fn start_once() -> Option<Self> {
        let mut command = Command::new(programs::driver());
        // Port 0 is any that is free; the driver says which.
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut driver = Self { child, url: String::new() };
        let mut output = BufReader::new(driver.child.stdout.take().expect("a pipe"));
        let port = read_port(&mut output)?;
        driver.url = format!("http://127.0.0.1:{port}");
        // It would stop at a pipe that is full or broken.
        thread::spawn(move || io::copy(&mut output, &mut io::sink()));
        Some(driver)
    }

    #[cfg(test)]
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // One that has ended by itself needs no killing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The port in `ChromeDriver was started successfully on port 43837.`
fn read_port(output: &mut impl BufRead) -> Option<u16> {
    output.lines().map_while(Result::ok).find_map(|line| {
        let (_, port) = line.rsplit_once("started successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    })
}

/// A browser without a window, in a profile of its own, which asks the network
/// for nothing by itself, and keeps logs.
pub(crate) fn capabilities(profile: &Path) -> Value {
    let profile = format!("--user-data-dir={}", profile.display());
    let mut arguments = vec![
        "--headless",
        profile.as_str(),
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        // Containers have little shared memory.
        "--disable-dev-shm-usage",
        // Pages would be drawn otherwise from machine to machine.
        "--hide-scrollbars",
        "--lang=en-GB",
        // Names of other machines lead nowhere.
        "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1 , EXCLUDE [::1]",
        "--no-proxy-server",
    ];
    if is_root() {
        // Chromium refuses to run as root otherwise.
        arguments.push("--no-sandbox");
    }
    let mut options = json!({ "args": arguments });
    if let Some(program) = programs::browser() {
        options["binary"] = program.to_string_lossy().into();
    }
    json!({
        "browserName": "chrome",
        "goog:chromeOptions": options,
        "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
    })
}

#[cfg(unix)]
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}
