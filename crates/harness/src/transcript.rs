//! The transcript: what the requesters say, a line for each event in a lane.

use std::fmt::{self, Write};
use std::process;
use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use crate::options::Log;
use crate::recorder::{Lane, Recorder};
use crate::sample::Sample;
use crate::screen::{Screen, style};

/// Longer messages are cut: a stranger's server may answer with a whole page.
const LONGEST_MESSAGE: usize = 200;

/// Prints the events of the lanes that the sample shows.
pub(crate) struct Transcript {
    pub(crate) screen: Screen,
    pub(crate) sample: Sample,
    pub(crate) log: Log,
    pub(crate) recorder: Recorder,
}

impl<S> Layer<S> for Transcript
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(mut scope) = context.event_scope(event) else { return };
        let lane = scope.find_map(|span| span.extensions().get::<Arc<Lane>>().cloned());
        if let Some(lane) = lane.filter(|lane| self.sample.shows(lane.index)) {
            let style = style(lane.index);
            let line = self.line(event, &lane);
            self.screen.print(&format!("{style}{line}{style:#}"));
        }
    }
}

impl Transcript {
    fn line(&self, event: &Event<'_>, lane: &Lane) -> String {
        let mut line = String::new();
        if self.log == Log::Full {
            // Writing to a string cannot fail.
            let _ = SystemTime.format_time(&mut Writer::new(&mut line));
            let (level, process) = (event.metadata().level(), process::id());
            let _ =
                write!(line, " {level:>5} process {process} thread {} ", self.recorder.thread());
        }
        let mut message = Message::default();
        event.record(&mut message);
        line + &lane.name + ": " + &message.0
    }
}

/// An event's message in one line: what would move the cursor or change the
/// terminal's colours is written out, not obeyed.
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
            if character.is_control() {
                self.0.extend(character.escape_default());
            } else {
                self.0.push(character);
            }
        }
    }
}
