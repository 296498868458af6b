//! What is going on right now, on a terminal.

use std::fmt::Write;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

const REDRAWN_EVERY: Duration = Duration::from_millis(100);

/// A line on stderr that is drawn over until it is dropped. Where that is not a
/// terminal, nothing is drawn.
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Of so many runs.
    pub(crate) fn new(runs: usize) -> Self {
        let bar = ProgressBar::new(runs as u64);
        if let Ok(style) = ProgressStyle::with_template("run {pos} of {len}: {msg}{since}") {
            bar.set_style(style.with_key("since", since));
        }
        bar.enable_steady_tick(REDRAWN_EVERY);
        Self { bar }
    }

    /// The next one begins.
    pub(crate) fn next(&self, what: &str) {
        self.bar.inc(1);
        self.bar.reset_elapsed();
        self.bar.set_message(what.to_owned());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn since(state: &ProgressState, line: &mut dyn Write) {
    // A failure to write would be one to draw, and there is no other place to tell.
    let _ = write!(line, ", {} s", state.elapsed().as_secs());
}
