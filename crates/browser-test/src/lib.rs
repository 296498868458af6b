//! Tests of web pages in a real browser: Chromium without a window, spoken to
//! through its driver.
//!
//! ```no_run
//! use browser_test::{Browser, Settings};
//!
//! let browser = Browser::start(&Settings::default());
//! browser.open("http://localhost:8000/");
//! browser.until("a bar is drawn", |browser| browser.count(".bar") == 1);
//! browser.screenshot("live-one-bar");
//! browser.assert_quiet();
//! ```
//!
//! A test that needs it stands in a module called `in_browser`, and says so:
//! `#[ignore = "needs Chromium and its driver: scripts/test"]`. Where there is no
//! browser, `scripts/test` leaves out what has `in_browser::` in its name.
//!
//! What is not as it should be is a panic: this is for tests alone. All calls
//! block the thread, and so none may be made inside `async` code.

mod browser;
mod key;
mod settings;

mod driver;
mod logs;
mod programs;
mod session;

pub use browser::Browser;
pub use key::Key;
pub use settings::Settings;
