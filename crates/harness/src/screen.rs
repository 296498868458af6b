//! Where a run's text goes: one stream, in colour where that is welcome.

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use anstream::{AutoStream, ColorChoice};
use lens::timeline::wrapped;

use crate::failure::Failure;
use crate::output::not_lost;

/// The stream that a run prints to, and the live view that must make room for
/// every line.
#[derive(Clone)]
pub(crate) struct Screen {
    stream: Stream,
    live: Arc<Mutex<Drawn>>,
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

/// As many rows has a terminal that does not tell.
const USUAL_HEIGHT: usize = 24;

/// The lines below all that was printed, which are drawn over again and again.
///
/// The cursor stands at the beginning of the row below them. A terminal echoes Ctrl-C
/// there, which moves it to no other row: what is drawn next goes over all of it.
#[derive(Default)]
struct Drawn(Vec<String>);

impl Drawn {
    /// What goes back to where the first line begins, and takes all of them away.
    fn wipe(&self) -> String {
        match self.0.len() {
            0 => String::new(),
            lines => format!("\r\x1b[{lines}A\x1b[J"),
        }
    }

    fn text(&self) -> String {
        self.0.iter().flat_map(|line| [line, "\n"]).collect()
    }
}

impl Screen {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { stream, live: Arc::default(), error: Arc::default() }
    }

    /// Whether lines can be drawn over again here.
    pub(crate) fn is_lively(&self) -> bool {
        let terminal = match self.stream {
            Stream::Stdout => io::stdout().is_terminal(),
            Stream::Stderr => io::stderr().is_terminal(),
        };
        terminal && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
    }

    /// Whether the terminal is this program's to draw on: a shell that has started it in
    /// the background, as with `&`, has given it to another.
    #[cfg(unix)]
    pub(crate) fn is_in_front(&self) -> bool {
        let of_terminal = match self.stream {
            Stream::Stdout => rustix::termios::tcgetpgrp(io::stdout()),
            Stream::Stderr => rustix::termios::tcgetpgrp(io::stderr()),
        };
        // One that does not tell belongs to nobody else.
        of_terminal.map_or(true, |group| group == rustix::process::getpgrp())
    }

    /// Elsewhere a terminal has one program at a time.
    #[cfg(not(unix))]
    pub(crate) fn is_in_front(&self) -> bool {
        true
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

    /// How many columns and rows the terminal has; none if it is something else.
    fn terminal_size(&self) -> Option<(usize, usize)> {
        let size = match self.stream {
            Stream::Stdout => terminal_size::terminal_size_of(io::stdout()),
            Stream::Stderr => terminal_size::terminal_size_of(io::stderr()),
        };
        size.map(|(width, height)| (width.0.into(), height.0.into()))
    }

    fn terminal_width(&self) -> Option<usize> {
        self.terminal_size().map(|(width, _)| width)
    }

    /// How many columns and rows the live view has.
    pub(crate) fn size(&self) -> (usize, usize) {
        self.terminal_size().unwrap_or((USUAL_WIDTH, USUAL_HEIGHT))
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

    /// Prints text, styled or not; the stream takes styles out where they are
    /// not wanted. Where they cannot be written, the run goes on, and its files
    /// are still written: [`Self::finish`] tells.
    pub(crate) fn print(&self, text: &str) {
        let live = self.lock();
        self.put(&live.wipe());
        let written = match self.stream {
            Stream::Stdout => writeln!(anstream::stdout().lock(), "{text}"),
            Stream::Stderr => writeln!(anstream::stderr().lock(), "{text}"),
        };
        if let Err(error) = written {
            // Only the first one counts.
            let _ = self.error.set(error);
        }
        self.put(&live.text());
    }

    /// Lets something else be printed above the live view.
    pub(crate) fn make_way(&self, print: impl FnOnce()) {
        self.make_way_of(Some(&self.lock()), print);
    }

    /// The same where whoever prints just now may be the caller: then nobody waits for it.
    pub(crate) fn make_way_at_once(&self, print: impl FnOnce()) {
        self.make_way_of(self.live.try_lock().ok().as_deref(), print);
    }

    fn make_way_of(&self, live: Option<&Drawn>, print: impl FnOnce()) {
        self.put(&live.map(Drawn::wipe).unwrap_or_default());
        print();
        self.put(&live.map(Drawn::text).unwrap_or_default());
    }

    fn lock(&self) -> MutexGuard<'_, Drawn> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws these lines below all that was printed, in place of those that are there.
    pub(crate) fn draw_live(&self, lines: Vec<String>) {
        let mut live = self.lock();
        let wipe = live.wipe();
        live.0 = lines;
        self.put(&(wipe + &live.text()));
    }

    /// Leaves the lines where they are: what is printed from here on stands below them.
    pub(crate) fn leave_live(&self) {
        let mut live = self.lock();
        live.0.clear();
        self.put("\n");
    }

    /// Leaves them where they are, for another program to print over.
    pub(crate) fn give_up_live(&self) {
        self.lock().0.clear();
    }

    /// Writes to the terminal as it is. If it has gone, nobody misses the live view.
    fn put(&self, text: &str) {
        let put = |to: &mut dyn Write| to.write_all(text.as_bytes()).and_then(|()| to.flush());
        let _ = match self.stream {
            _ if text.is_empty() => Ok(()),
            // Where a terminal has to be told that codes will come, this tells it.
            Stream::Stdout => put(&mut AutoStream::always(io::stdout().lock())),
            Stream::Stderr => put(&mut AutoStream::always(io::stderr().lock())),
        };
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

/// The line as it fits on stdout, if that is a terminal: broken between its words.
pub fn fitted(line: &str) -> String {
    Screen::new(Stream::Stdout).fitted(line)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What a terminal of eight columns shows of this, row by row.
    fn shown(text: &str) -> Vec<String> {
        let (mut rows, mut row, mut column) = (vec![String::new()], 0, 0);
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            let code = match letter {
                '\x1b' => letters.by_ref().skip(1).take_while(char::is_ascii_digit).collect(),
                _ => String::new(),
            };
            match letter {
                // It goes up, unless it is told to clear the rest of the screen.
                '\x1b' if code.is_empty() => rows.truncate(row),
                '\x1b' => row -= code.parse::<usize>().expect("a number of rows"),
                '\r' => column = 0,
                '\n' => (row, column) = (row + 1, 0),
                _ => {
                    if column == 8 {
                        (row, column) = (row + 1, 0);
                    }
                    rows.resize(rows.len().max(row + 1), String::new());
                    let rest = rows[row].chars().skip(column + 1).collect::<String>();
                    let begin = rows[row].chars().take(column).collect::<String>();
                    rows[row] = format!("{begin:column$}{letter}{rest}");
                    column += 1;
                }
            }
            rows.resize(rows.len().max(row + 1), String::new());
        }
        rows
    }

    #[test]
    fn the_live_view_is_there_once_whatever_a_terminal_echoes() {
        let live = Drawn(["R1 waits", "R2", "R3"].map(str::to_owned).to_vec());
        for echo in ["", "^C", "^C^C", "^Z"] {
            let drawn = live.text() + echo + &live.wipe() + "R2: done\n" + &live.text();
            assert_eq!(shown(&drawn), ["R2: done", "R1 waits", "R2", "R3", ""], "{echo}");
        }
        assert_eq!(shown(&(live.text() + "^C" + &live.wipe() + "end")), ["end"]);
        assert_eq!(Drawn::default().text() + &Drawn::default().wipe(), "");
    }
}
