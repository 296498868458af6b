//! The progress bar.

use std::fmt::Write;

use indicatif::{HumanCount, ProgressBar, ProgressState, ProgressStyle};

use super::{Filling, Progress};

const TEMPLATE: &str = "{bar:30} {human_pos} of {human_len} {prefix}, {rate}{msg}";

/// A progress bar on stderr. Where that is not a terminal, nothing is drawn.
pub struct Bar {
    bar: ProgressBar,
    waits: bool,
}

impl Bar {
    /// A bar for what is to be written.
    pub fn new<F: Filling>(filling: &F) -> Self {
        let bar = ProgressBar::new(filling.all_rows()).with_prefix(F::ROWS);
        let style = ProgressStyle::with_template(TEMPLATE).expect("every test of it draws it");
        bar.set_style(style.with_key("rate", rate));
        Self { bar, waits: false }
    }

    /// Draws how it goes.
    pub fn show(&mut self, progress: Progress) {
        match progress {
            Progress::Waiting if self.waits => {}
            Progress::Waiting => {
                self.waits = true;
                let note = "another program writes to the same tables; waiting for it";
                self.bar.suspend(|| harness::note(note));
            }
            Progress::Added(rows) => {
                self.waits = false;
                if rows == 0 {
                    // What was waited for does not count.
                    self.bar.reset();
                }
                self.bar.set_position(rows);
            }
            Progress::Finishing => self.bar.set_message("; writing the rest"),
        }
    }
}

/// Leaves the bar as it was drawn last, and goes to the next line.
impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.set_message("");
        self.bar.abandon();
    }
}

fn rate(state: &ProgressState, line: &mut dyn Write) {
    // A failure to write would be one to draw, and there is no other place to tell.
    let _ = write!(line, "{} rows/s", HumanCount(state.per_sec() as u64));
}
