//! A browser that a test looks at a page with.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use crate::driver::{Driver, capabilities};
use crate::session::{Outcome, Session};
use crate::{Key, Settings, logs};

/// How long to wait for what should happen soon, before a test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// Chromium without a window, its driver, and a profile of its own. All three
/// are gone when this is dropped, also by a test that panics.
#[derive(Debug)]
pub struct Browser {
    session: Session,
    // Held for their ends, in this order: the driver before the profile.
    _driver: Driver,
    _profile: TempDir,
}

/// What the log is asked for: no page says this by itself.
const LAST: &str = "nothing was said after this";

impl Browser {
    /// Starts a browser with an empty page.
    ///
    /// # Panics
    ///
    /// When Chromium or its driver is not here or does not start.
    pub fn start(settings: &Settings) -> Self {
        let profile = tempfile::Builder::new().prefix("browser-test").tempdir();
        let profile = profile.expect("a folder for the profile");
        let driver = Driver::start();
        let session = Session::start(&driver.url, &capabilities(profile.path()));
        let session = session.unwrap_or_else(|error| panic!("the browser does not start: {error}"));
        let browser = Self { session, _driver: driver, _profile: profile };
        browser.set(settings);
        // Leave the browser's own first page, and forget what it logged.
        browser.open("about:blank");
        browser.console_errors();
        browser.requests();
        browser
    }

    /// Shows pages so from here on.
    pub fn set(&self, settings: &Settings) {
        for (command, parameters) in settings.commands() {
            self.devtools(command, parameters);
        }
    }

    /// Opens a page and returns when it has loaded.
    pub fn open(&self, url: &str) {
        expect(self.session.open(url));
        // On a busy machine a new browser may tell of its empty page that it has loaded.
        self.until(url, |browser| browser.run("return document.URL") != "data:,");
    }

    /// Opens a page that is a file of this machine.
    pub fn open_file(&self, path: &Path) {
        let path = fs::canonicalize(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        self.open(Url::from_file_path(path).expect("an absolute path").as_str());
    }

    /// Runs a script in the page, and gives what it returns:
    /// `browser.run("return document.title")`.
    pub fn run(&self, script: &str) -> Value {
        expect(self.session.run(script))
    }

    /// How many elements match this CSS selector.
    pub fn count(&self, selector: &str) -> usize {
        expect(self.session.count(selector))
    }

    /// The text of the first element that matches this CSS selector, as far as
    /// one can see it.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn text(&self, selector: &str) -> String {
        expect(self.session.find(selector).and_then(|element| self.session.text(&element)))
    }

    /// The texts of all elements that match this CSS selector, in the page's
    /// order. Of one moment, even if the page is changing.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        let script = format!(
            "return Array.from(document.querySelectorAll({}), element => element.innerText)",
            json!(selector)
        );
        let texts = self.run(&script);
        serde_json::from_value(texts).expect("texts")
    }

    /// Clicks the first element that matches this CSS selector.
    ///
    /// # Panics
    ///
    /// When there is none, or something else covers it.
    pub fn click(&self, selector: &str) {
        expect(self.session.find(selector).and_then(|element| self.session.click(&element)));
    }

    /// Presses a key, wherever the focus is.
    pub fn press(&self, key: Key) {
        let key = key.character().to_string();
        expect(self.session.focused().and_then(|element| self.session.type_into(&element, &key)));
    }

    /// Looks again and again until it is so.
    ///
    /// # Panics
    ///
    /// When it is still not so after 20 seconds.
    pub fn until(&self, what: &str, mut is_so: impl FnMut(&Self) -> bool) {
        let start = Instant::now();
        while !is_so(self) {
            assert!(start.elapsed() < PATIENCE, "still not so: {what}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Writes what the screen shows to `target/screenshots/NAME.png`, and gives
    /// its path.
    pub fn screenshot(&self, name: &str) -> PathBuf {
        self.capture(name, json!({}))
    }

    /// The same of the whole page, also where one would have to scroll.
    pub fn screenshot_of_all(&self, name: &str) -> PathBuf {
        let size = &self.devtools("Page.getLayoutMetrics", json!({}))["cssContentSize"];
        let clip = json!({
            "x": 0, "y": 0, "scale": 1, "width": size["width"], "height": size["height"],
        });
        self.capture(name, json!({ "captureBeyondViewport": true, "clip": clip }))
    }

    /// The errors that the page wrote to the console, did not catch, or had in
    /// loading something, since this was asked last.
    pub fn console_errors(&self) -> Vec<String> {
        // What a page says takes its time to the log, on a machine that is busy more of
        // it. So it says one thing more, and what came before has come when that is there.
        self.run(&format!("console.error('{LAST}')"));
        let mut errors = Vec::new();
        self.until("what the page says has come", |browser| {
            errors.extend(logs::errors(&expect(browser.session.log("browser"))));
            errors.iter().any(|error| error.contains(LAST))
        });
        errors.retain(|error| !error.contains(LAST));
        errors
    }

    /// The addresses that pages asked for since this was asked last, their own
    /// among them.
    pub fn requests(&self) -> Vec<String> {
        logs::requests(&expect(self.session.log("performance")))
    }

    /// # Panics
    ///
    /// When since the last time an error was in the console, or a request would
    /// have left this machine. None can: the browser knows no other machine.
    pub fn assert_quiet(&self) {
        assert_eq!(self.console_errors(), [""; 0], "errors in the console");
        let mut requests = self.requests();
        requests.retain(|address| !logs::is_here(address));
        assert_eq!(requests, [""; 0], "requests that leave this machine");
    }

    #[track_caller]
    fn devtools(&self, command: &str, parameters: Value) -> Value {
        expect(self.session.devtools(command, &parameters))
    }

    fn capture(&self, name: &str, parameters: Value) -> PathBuf {
        let picture = self.devtools("Page.captureScreenshot", parameters);
        let picture = picture["data"].as_str().expect("a picture");
        let picture = BASE64.decode(picture).expect("base64");
        let folder = target().join("screenshots");
        let path = folder.join(name).with_extension("png");
        fs::create_dir_all(&folder).and_then(|()| fs::write(&path, picture)).expect("a file");
        path
    }
}

#[track_caller]
fn expect<T>(reply: Outcome<T>) -> T {
    reply.unwrap_or_else(|error| panic!("the browser: {error}"))
}

/// Cargo's folder for what it builds.
fn target() -> PathBuf {
    let given = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"))
}

impl Drop for Browser {
    fn drop(&mut self) {
        if self.session.quit().is_err() {
            kill(self.session.process());
        }
    }
}

/// Ends a browser that its driver does not end.
#[cfg(unix)]
fn kill(process: Option<i64>) {
    use rustix::process::{Pid, Signal, kill_process};
    let process = process.and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(process) = process {
        // It may have ended by now.
        let _ = kill_process(process, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn kill(_process: Option<i64>) {}

#[cfg(all(test, target_os = "linux"))]
mod in_browser {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    /// The numbers of all processes that name this folder in their command.
    fn processes_of(profile: &Path) -> Vec<PathBuf> {
        let name = profile.to_string_lossy();
        let entries = fs::read_dir("/proc").expect("/proc").flatten().map(|entry| entry.path());
        let names_it = |process: &PathBuf| {
            let command = fs::read(process.join("cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&command).contains(&*name)
        };
        entries.filter(names_it).collect()
    }

    fn is_there(process: u32) -> bool {
        Path::new("/proc").join(process.to_string()).exists()
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn nothing_is_left_of_it_after_a_panic() {
        let browser = Browser::start(&Settings::default());
        let (profile, driver) = (browser._profile.path().to_owned(), browser._driver.process());
        assert_ne!(processes_of(&profile), [""; 0].map(PathBuf::from));
        assert!(is_there(driver));

        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _browser = browser;
            panic!("as a test that fails");
        }));
        assert!(panicked.is_err());
        assert!(!is_there(driver));
        assert_eq!(processes_of(&profile), [""; 0].map(PathBuf::from));
        assert!(!profile.exists());
    }

    #[test]
    #[ignore = "needs Chromium and its driver: scripts/test"]
    fn a_browser_whose_driver_is_gone_ends_as_well() {
        let browser = Browser::start(&Settings::default());
        let profile = browser._profile.path().to_owned();
        let driver = rustix::process::Pid::from_raw(browser._driver.process() as i32).unwrap();
        rustix::process::kill_process(driver, rustix::process::Signal::KILL).unwrap();
        drop(browser);
        let start = Instant::now();
        while !processes_of(&profile).is_empty() {
            assert!(start.elapsed() < PATIENCE, "it goes on");
        }
    }
}
