//! The live view: on a terminal, what the unfinished requesters do right now, and who
//! blocks an event loop for how long already.

use std::panic;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use lens::time::rounded;
use lens::timeline::wrapped;
use lens::{Doing, Going, Lens, Recording, Sample, style};

use crate::screen::Screen;

const REDRAWN_EVERY: Duration = Duration::from_millis(100);

/// Lines below the transcript that are drawn over until the run ends.
pub(crate) struct Live {
    screen: Screen,
    drawer: JoinHandle<()>,
    /// Dropping it ends the drawer.
    stop: Sender<()>,
}

impl Live {
    /// Begins to draw below whatever `screen` prints. Gives none where lines
    /// cannot be drawn over, or no thread is left to draw them.
    pub(crate) fn start(screen: &Screen, sample: Sample, lens: Lens) -> Option<Self> {
        if !screen.is_lively() {
            return None;
        }
        let (stop, stopped) = mpsc::channel();
        let drawn = screen.clone();
        let draw = move || {
            let colour = drawn.has_colour();
            while stopped.recv_timeout(REDRAWN_EVERY) == Err(RecvTimeoutError::Timeout) {
                if drawn.is_in_front() {
                    drawn.draw_live(lines(&lens, sample, colour, drawn.size()));
                } else {
                    drawn.give_up_live();
                }
            }
        };
        let drawer = thread::Builder::new().name("live view".to_owned()).spawn(draw);
        let (printed, tell) = (screen.clone(), panic::take_hook());
        panic::set_hook(Box::new(move |panic| printed.make_way_at_once(|| tell(panic))));
        *drawn_on() = Some(screen.clone());
        drawer.ok().map(|drawer| Self { screen: screen.clone(), drawer, stop })
    }

    /// Stops drawing, and wipes the lines unless they are to `stay`.
    pub(crate) fn stop(self, stay: bool) {
        drop(self.stop);
        // A drawer that panicked draws no more either.
        let _ = self.drawer.join();
        drawn_on().take();
        if stay {
            self.screen.leave_live();
        } else {
            self.screen.draw_live(Vec::new());
        }
    }
}

/// Where a live view is drawn at present.
static DRAWN_ON: Mutex<Option<Screen>> = Mutex::new(None);

fn drawn_on() -> MutexGuard<'static, Option<Screen>> {
    DRAWN_ON.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets something be printed above the live view, if there is one.
pub(crate) fn above(print: impl FnOnce()) {
    let screen = drawn_on().clone();
    match screen {
        Some(screen) => screen.make_way(print),
        None => print(),
    }
}

/// A line for each that is going, none of them as wide as the terminal: one that
/// fills it is broken and put together again when the terminal is resized, and what
/// is then drawn over is the transcript. There are no more than fit between a row of
/// the transcript, since a terminal may keep a screen that is cleared as a whole, and
/// that of the cursor.
fn lines(lens: &Lens, sample: Sample, colour: bool, size: (usize, usize)) -> Vec<String> {
    let (columns, rows) = size;
    let (going, all) = lens.going();
    let shown: Vec<_> = going.iter().filter(|going| sample.shows(going.number)).collect();
    let width = shown.iter().map(|going| going.name.chars().count()).max().unwrap_or(0);
    let blocked = blocked(lens.while_blocked().as_ref(), columns);
    let line_of = |going: &&Going| {
        let state = match going.doing {
            Doing::NotYetRun => "· made, not yet run".to_owned(),
            // Who waits holds no thread, but the one that it needs may be held.
            Doing::Waits if !blocked.is_empty() => "░ waits".to_owned(),
            Doing::Waits => "░ waits, thread free".to_owned(),
            Doing::HoldsLoop => "█ holds the event loop".to_owned(),
            Doing::Holds(thread) => format!("█ holds thread {thread}"),
        };
        let style = if colour { style(going.number) } else { anstyle::Style::new() };
        let line = line(&going.name, width, &state, &rounded(going.age), columns);
        format!("{style}{line}{style:#}")
    };
    let more = (shown.len() < all).then(|| format!("… and {} more", all - shown.len()));
    let mut lines: Vec<_> = shown.iter().map(line_of).chain(more).collect();
    let rows = rows.saturating_sub(2);
    // Who blocks the loop is why the others wait: that is told before the last of them.
    lines.truncate(rows.saturating_sub(blocked.len()));
    lines.into_iter().chain(blocked).take(rows).collect()
}

/// Who blocks an event loop right now, in lines that fit.
fn blocked(taken: Option<&Recording>, columns: usize) -> Vec<String> {
    let told = taken.map(Recording::blocked_now).unwrap_or_default();
    let width = columns.saturating_sub(1);
    let lines: Vec<String> = told.iter().map(|sentence| wrapped(sentence, width)).collect();
    let lines = lines.iter().flat_map(|lines| lines.lines());
    lines.map(|line| line.chars().take(width).collect()).collect()
}

/// Its age stands by its name: beside what it does now it would be read as how long it has
/// done that.
fn line(name: &str, width: usize, state: &str, age: &str, columns: usize) -> String {
    let line = format!("{name:<width$} {age:>8}  {state}");
    line.chars().take(columns.saturating_sub(1)).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use tokio::runtime::Builder;
    use tokio::task::yield_now;
    use tracing::{Instrument, info_span};
    use tracing_subscriber::Registry;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    /// What is drawn in these sizes while `report` blocks the loop that R1 is to run on.
    fn drawn_while_blocked<const N: usize>(sizes: [(usize, usize); N]) -> [Vec<String>; N] {
        let lens = Lens::new();
        let (blocks, looked) = (Barrier::new(2), Barrier::new(2));
        let waits = async {
            loop {
                yield_now().await;
            }
        };
        let holds = async {
            yield_now().await;
            thread::sleep(Duration::from_millis(15));
            blocks.wait();
            looked.wait();
        };
        let span = |name| info_span!("requester", name);
        thread::scope(|scope| {
            let drawer = scope.spawn(|| {
                blocks.wait();
                let drawn = sizes.map(|size| lines(&lens, Sample::of(2), false, size));
                looked.wait();
                drawn
            });
            tracing::subscriber::with_default(Registry::default().with(lens.clone()), || {
                let runtime = Builder::new_current_thread().build().expect("a runtime");
                let waits = waits.instrument(span("R1"));
                runtime.block_on(async {
                    tokio::select! { biased; () = waits => {} () = holds.instrument(span("report")) => {} }
                });
            });
            drawer.join().expect("it draws")
        })
    }

    #[test]
    fn who_blocks_the_event_loop_is_told_below_all_others_as_far_as_there_is_room() {
        let [wide, narrow, low] = drawn_while_blocked([(80, 24), (30, 24), (80, 4)]);
        assert!(wide[0].starts_with("R1     ") && wide[0].ends_with("  ░ waits"), "{wide:?}");
        assert!(wide[1].starts_with("report "), "{wide:?}");
        assert!(wide[1].ends_with("s  █ holds the event loop"), "{wide:?}");
        let told = wide[2..].join(" ");
        assert!(told.starts_with("report has held the event loop for "), "{wide:?}");
        assert!(told.contains("R1 cannot run. Where: in the span of "), "{wide:?}");
        for (lines, (columns, rows)) in [(wide, (80, 24)), (narrow, (30, 24)), (low, (80, 4))] {
            assert!(lines.len() <= rows - 2, "{lines:?}");
            assert!(lines.iter().all(|line| line.chars().count() < columns), "{lines:?}");
            assert!(lines.iter().any(|line| line.starts_with("report has held")), "{lines:?}");
        }
    }

    #[test]
    fn no_line_fills_the_terminal() {
        let line = |columns| line("R1", 3, "░ waits, thread free", "2.4 s", columns);
        assert_eq!(line(80), "R1     2.4 s  ░ waits, thread free");
        assert_eq!(line(35), line(80));
        assert_eq!(line(30), "R1     2.4 s  ░ waits, thread");
        for columns in 1..80 {
            assert!(line(columns).chars().count() < columns, "{columns}");
        }
    }
}
