//! The transcript: what the requesters say, a line for each event in a lane, and
//! what an event loop says of itself.

use std::fmt;
use std::process;

use anstyle::Style;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use lens::text::write_harmless;
use lens::{Lens, Sample, style};

use crate::options::Log;
use crate::screen::Screen;

/// The target of events in which an event loop tells its decisions. They are
/// printed as what `loop` says, whichever requester it says them in, unless
/// there are so many requesters that only a sample of them is shown.
pub const LOOP: &str = "loop";

/// Longer messages are cut: a stranger's server may answer with a whole page.
const LONGEST_MESSAGE: usize = 200;

/// Prints the events of the lanes that the sample shows.
pub(crate) struct Transcript {
    pub(crate) screen: Screen,
    pub(crate) sample: Sample,
    pub(crate) log: Log,
    pub(crate) lens: Lens,
}

impl<S> Layer<S> for Transcript
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if event.metadata().target() == LOOP {
            return self.on_decision(event);
        }
        let lane = self.lens.lane_of(event, &context);
        if let Some(lane) = lane.filter(|lane| self.sample.shows(lane.number())) {
            let style = style(lane.number());
            let line = self.line(event, lane.name());
            self.screen.print(&format!("{style}{}{style:#}", self.screen.fitted(&line)));
        }
    }
}

impl Transcript {
    /// Prints what an event loop says of itself.
    fn on_decision(&self, event: &Event<'_>) {
        if self.sample.is_all() {
            let style = Style::new().dimmed();
            let line = self.screen.fitted(&self.line(event, LOOP));
            self.screen.print(&format!("{style}{line}{style:#}"));
        }
    }

    fn line(&self, event: &Event<'_>, said_by: &str) -> String {
        match self.log {
            Log::Short => short_line(event, said_by),
            Log::Full => full_line(event, said_by, &self.lens),
        }
    }
}

/// Who says it, and the message.
fn short_line(event: &Event<'_>, said_by: &str) -> String {
    let mut message = Message::default();
    event.record(&mut message);
    format!("{said_by}: {}", message.0)
}

/// The same with the time (UTC), the level, and the process and the thread that say it.
pub(crate) fn full_line(event: &Event<'_>, said_by: &str, lens: &Lens) -> String {
    let mut time = String::new();
    // Writing to a string cannot fail.
    let _ = SystemTime.format_time(&mut Writer::new(&mut time));
    let time = time.replacen('T', " ", 1);
    let (level, process) = (event.metadata().level(), process::id());
    let (thread, line) = (lens.thread(), short_line(event, said_by));
    format!("[{time}] - [{level}] - [Process {process}, Thread {thread}] - {line}")
}

/// An event's message in one line, made harmless: it may hold what a server said.
#[derive(Default)]
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() != "message" {
            return;
        }
        let text = format!("{value:?}");
        for (count, character) in text.trim_end().chars().enumerate() {
            if count == LONGEST_MESSAGE {
                self.0.push('…');
                break;
            }
            // Writing to a string cannot fail.
            let _ = write_harmless(&mut self.0, character);
        }
    }
}
