//! Where a run's text goes: one stream, in colour where that is welcome.

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, OnceLock};

use anstream::{AutoStream, ColorChoice};
use indicatif::ProgressBar;
use lens::timeline::wrapped;

use crate::failure::Failure;
use crate::output::not_lost;

/// The stream that a run prints to, and the live view that must make room for
/// every line.
#[derive(Clone)]
pub(crate) struct Screen {
    stream: Stream,
    pub(crate) live: ProgressBar,
    /// What went wrong first while printing.
    error: Arc<OnceLock<io::Error>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

/// What a picture is drawn for when nothing tells how wide the screen is.
const USUAL_WIDTH: usize = 80;

impl Screen {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { stream, live: ProgressBar::hidden(), error: Arc::default() }
    }

    pub(crate) fn stream(&self) -> Stream {
        self.stream
    }

    /// Whether lines can be drawn over again here.
    pub(crate) fn is_lively(&self) -> bool {
        let terminal = match self.stream {
            Stream::Stdout => io::stdout().is_terminal(),
            Stream::Stderr => io::stderr().is_terminal(),
        };
        terminal && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
    }

    /// Whether colours are shown here: on a terminal, unless `NO_COLOR`,
    /// `TERM=dumb` or their like forbid them.
    pub(crate) fn has_colour(&self) -> bool {
        let choice = match self.stream {
            Stream::Stdout => AutoStream::choice(&io::stdout()),
            Stream::Stderr => AutoStream::choice(&io::stderr()),
        };
        choice != ColorChoice::Never
    }

    /// How many columns the terminal has; none if it is something else.
    fn terminal_width(&self) -> Option<usize> {
        let size = match self.stream {
            Stream::Stdout => terminal_size::terminal_size_of(io::stdout()),
            Stream::Stderr => terminal_size::terminal_size_of(io::stderr()),
        };
        size.map(|(width, _)| width.0.into())
    }

    /// How many columns the terminal has, whenever that is asked.
    pub(crate) fn columns(&self) -> impl Fn() -> usize + Send + use<> {
        let screen = Self::new(self.stream);
        move || screen.terminal_width().unwrap_or(USUAL_WIDTH)
    }

    /// How many columns a picture may take.
    pub(crate) fn width(&self) -> usize {
        self.terminal_width().unwrap_or(USUAL_WIDTH).clamp(60, 120)
    }

    /// The line as it fits on a terminal, broken between its words: the terminal
    /// itself would break it within them. Elsewhere a line is a line.
    pub(crate) fn fitted(&self, line: &str) -> String {
        match self.terminal_width() {
            Some(width) if line.chars().count() > width => wrapped(line, width),
            _ => line.to_owned(),
        }
    }

    /// Leaves the live view where it is, and goes on below it.
    pub(crate) fn forget_live(&mut self) {
        self.live = ProgressBar::hidden();
        self.print("");
    }

    /// Prints text, styled or not; the stream takes styles out where they are
    /// not wanted. Where they cannot be written, the run goes on, and its files
    /// are still written: [`Self::finish`] tells.
    pub(crate) fn print(&self, text: &str) {
        self.live.suspend(|| {
            let written = match self.stream {
                Stream::Stdout => writeln!(anstream::stdout().lock(), "{text}"),
                Stream::Stderr => writeln!(anstream::stderr().lock(), "{text}"),
            };
            if let Err(error) = written {
                // Only the first one counts.
                let _ = self.error.set(error);
            }
        });
    }

    /// Fails if something that was printed is lost.
    pub(crate) fn finish(&self) -> Result<(), Failure> {
        let stream = match self.stream {
            Stream::Stdout => "stdout",
            Stream::Stderr => "stderr",
        };
        self.error.get().map_or(Ok(()), |error| not_lost(error, stream))
    }
}

/// The line as it fits on stderr.
pub(crate) fn fitted_on_stderr(line: &str) -> String {
    Screen::new(Stream::Stderr).fitted(line)
}

/// How many columns a picture on stdout may take: the terminal's, from 60 to
/// 120, and 80 where there is none.
pub fn width() -> usize {
    Screen::new(Stream::Stdout).width()
}
