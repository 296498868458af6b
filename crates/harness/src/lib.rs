//! The timing harness: runs a strategy, records what its requesters did with
//! their threads and their time, and draws it.
//!
//! A program's `main` is three lines, whatever its strategy:
//!
//! ```no_run
//! # #[derive(clap::Parser)] struct Plan { #[command(flatten)] options: harness::Options }
//! # fn pull_all() -> Result<(), harness::Failure> { Ok(()) }
//! # let plan: Plan = clap::Parser::parse();
//! let run = harness::start("sync", 3, &plan.options);
//! run.finish(pull_all());
//! ```
//!
//! In between, a requester is an ordinary `tracing` span named `requester` with
//! a `name` and, if it likes, what it `asks` for; what it says are ordinary
//! events inside that span. It ends with [`done`] or with a [`Failure`]; one
//! that ends with neither was dropped.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{self, ExitCode};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::runtime::{Handle, RuntimeFlavor};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

pub use failure::Failure;
pub use guess::Guess;
pub use options::{Log, Options};
pub use report::{Prepared, Report, ReportedFailure};
pub use strategy::{Programs, Strategy};

pub mod args;
mod failure;
mod options;
pub mod recorder;
pub mod recording;
pub mod signals;
pub mod svg;
pub mod time;
pub mod timelines;

mod axis;
mod explain;
mod guess;
mod interrupt;
mod live;
mod log_file;
mod report;
mod sample;
mod screen;
mod strategy;
mod timeline;
mod trace;
mod transcript;
mod words;

use live::Live;
use log_file::LogFile;
use recorder::Recorder;
use recording::{Outcome, Recording};
use sample::Sample;
use screen::{Screen, Stream};
use trace::Trace;

/// The target of events in which an event loop tells its decisions. They are
/// printed as what `loop` says, whichever requester it says them in, unless
/// there are so many requesters that only a sample of them is shown.
pub const LOOP: &str = "loop";

/// The exit code of a run that Ctrl-C ended: 128 and the signal's number.
const INTERRUPTED: u8 = 130;

/// How long a finished run waits for what its drivers' threads have yet to say.
const PATIENCE: Duration = Duration::from_millis(50);

const RULE: &str = "==========";
const THIN_RULE: &str = "----------";

/// Begins a run of this strategy with this many requesters: everything that
/// happens from here to [`Run::finish`] is recorded and timed.
///
/// Call it on the thread that runs the strategy: inside a current-thread
/// runtime, that thread is the event loop's. Once per process.
///
/// A file among the options that cannot be written is an error at once: the
/// process ends with exit code 1, before anything was asked of anyone.
///
/// With `--prepare` the process ends here, with exit code 0: all that the run
/// needs has been made ready by then.
pub fn start(strategy: &str, requesters: usize, options: &Options) -> Run {
    begin(strategy, requesters, None, options)
}

/// The same for a run that knows how long it would take if nothing but the
/// delays it asks for took time ([`Strategy::ideal`]); its report tells that too.
pub fn start_with_ideal(
    strategy: &str,
    requesters: usize,
    ideal: Duration,
    options: &Options,
) -> Run {
    begin(strategy, requesters, Some(ideal), options)
}

fn begin(strategy: &str, requesters: usize, ideal: Option<Duration>, options: &Options) -> Run {
    if options.prepare {
        Prepared { strategy: strategy.to_owned(), ideal }.finish(options.json);
    }
    Run::start(strategy, requesters, ideal, options).unwrap_or_else(|failure| exit(&failure))
}

/// Says that the requester whose span the caller is in has what it asked for.
pub fn done() {
    Recorder::mark(Outcome::Done);
}

/// What the requester whose span the caller is in asks for; none outside a
/// requester, or if its span does not say.
pub fn asked() -> Option<String> {
    Recorder::current_lane().and_then(|(_, lane)| lane.asks.clone())
}

/// Prints a note for the user on stderr.
pub fn note(text: &str) {
    let _ = writeln!(anstream::stderr(), "note: {text}");
}

/// Prints the failure and ends the process with exit code 1: for what goes
/// wrong before a run begins.
pub fn exit(failure: &Failure) -> ! {
    failure.print();
    process::exit(1)
}

/// A run that has begun.
#[must_use = "only `finish` stops the clock and draws the picture"]
pub struct Run {
    ending: OnceEnding,
}

/// Taken by whoever ends the run first: its own thread, or Ctrl-C.
type OnceEnding = Arc<Mutex<Option<Ending>>>;

fn take(ending: &OnceEnding) -> Option<Ending> {
    ending.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// All that is needed to end a run.
struct Ending {
    strategy: String,
    ideal: Option<Duration>,
    recorder: Recorder,
    screen: Screen,
    sample: Sample,
    live: Option<Live>,
    guess: Option<f64>,
    json: bool,
    svg: Option<(File, PathBuf)>,
    trace: Option<Trace>,
    log_file: Option<LogFile>,
}

impl Run {
    fn start(
        strategy: &str,
        requesters: usize,
        ideal: Option<Duration>,
        options: &Options,
    ) -> Result<Self, Failure> {
        let svg =
            options.svg.as_deref().map(|path| Ok((create(path)?, path.to_owned()))).transpose()?;
        let trace = options.trace.as_deref().map(Trace::create).transpose()?;
        let log_file = options.log_file.as_deref().map(LogFile::open).transpose()?;
        let mut screen = Screen::new(if options.json { Stream::Stderr } else { Stream::Stdout });
        let sample = Sample::of(requesters);

        screen.print(RULE);
        if let Some(note) = sample.note() {
            screen.print(&note);
        }
        let recorder = Recorder::new(is_event_loop());
        let live = Live::start(&mut screen, sample, recorder.clone());
        let transcript = transcript::Transcript {
            screen: screen.clone(),
            sample,
            log: options.log,
            recorder: recorder.clone(),
        };
        let (chrome, trace) = trace.unzip();
        Registry::default()
            .with(chrome)
            .with(recorder.clone())
            .with(transcript)
            .with(log_file.as_ref().map(|file| file.layer(recorder.clone())))
            .with(LevelFilter::INFO)
            .try_init()
            .map_err(|error| Failure::new(error.to_string(), "begin one run per process"))?;

        let (strategy, guess, json) = (strategy.to_owned(), options.guess, options.json);
        let ending = Ending {
            strategy,
            ideal,
            recorder,
            screen,
            sample,
            live,
            guess,
            json,
            svg,
            trace,
            log_file,
        };
        let ending = OnceEnding::new(Mutex::new(Some(ending)));
        draw_on_interrupt(ending.clone());
        Ok(Self { ending })
    }

    /// Prints a line among those of the requesters, for what none of them can
    /// say alone: a result of all.
    pub fn say(&self, text: &str) {
        let ending = self.ending.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ending) = ending.as_ref() {
            ending.screen.print(text);
        }
    }

    /// Says that the calling thread runs an event loop, which [`start`] knows by
    /// itself of tokio's alone.
    pub fn on_event_loop(self) -> Self {
        if let Some(ending) = self.ending.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            ending.recorder.is_on_event_loop();
        }
        self
    }

    /// Stops the clock, draws what was recorded, and says what went wrong, if
    /// anything did. Gives 0 for a result that is `Ok`, else 1.
    pub fn finish<E: Into<Failure>>(self, result: Result<(), E>) -> ExitCode {
        self.finish_all(result.map_err(|failure| [failure]))
    }

    /// The same for a strategy that goes on when a requester fails, and so may
    /// have several failures to tell of.
    pub fn finish_all<E>(self, result: Result<(), E>) -> ExitCode
    where
        E: IntoIterator<Item: Into<Failure>>,
    {
        let failures = result.err().into_iter().flatten().map(Into::into).collect();
        match take(&self.ending) {
            Some(ending) => {
                let recording = ending.recorder.settled(PATIENCE);
                ExitCode::from(ending.end(recording, failures, false))
            }
            // Ctrl-C came first and is drawing; it ends the process.
            None => loop {
                thread::park();
            },
        }
    }
}

/// A strategy that panics leaves a picture too.
impl Drop for Run {
    fn drop(&mut self) {
        if let Some(ending) = take(&self.ending).filter(|_| thread::panicking()) {
            let recording = ending.recorder.recording();
            ending.end(recording, vec![panicked()], false);
        }
    }
}

fn draw_on_interrupt(ending: OnceEnding) {
    let watching = interrupt::on_interrupt(move || {
        if let Some(ending) = take(&ending) {
            let recording = ending.recorder.recording();
            process::exit(ending.end(recording, vec![interrupted()], true).into());
        }
    });
    if let Err(error) = watching {
        note(&format!("Ctrl-C will end this run without a picture: {error}"));
    }
}

fn panicked() -> Failure {
    Failure::new("the program panicked", "the message above the picture says where and why")
}

fn interrupted() -> Failure {
    Failure::new(
        "interrupted before every requester was done",
        "run it again; the picture shows how far each of them had come",
    )
}

impl Ending {
    /// Draws everything; gives the exit code.
    fn end(mut self, recording: Recording, mut failures: Vec<Failure>, interrupted: bool) -> u8 {
        if let Some(live) = self.live.take() {
            // A terminal echoes Ctrl-C as ^C, nobody knows where: what stands
            // there cannot be drawn over any more.
            live.stop(interrupted);
            if interrupted {
                self.screen.forget_live();
            }
        }
        let elapsed = recording.elapsed.as_secs_f64();
        self.screen.print(&format!("{THIN_RULE}\nTime elapsed: {elapsed:.3}\n{RULE}\n"));
        self.screen.print(&timeline::draw(&recording, self.sample, self.screen.width()));
        let guess = self.guess.map(|guess| Guess::told(guess, &recording, failures.is_empty()));
        if let Some(guess) = &guess {
            self.screen
                .print(&format!("\n{}", timeline::wrapped(&guess.told, self.screen.width())));
        }

        if let Some((file, path)) = self.svg {
            let svg = svg::draw(&recording, &self.strategy, self.sample);
            failures.extend(written(file, &svg).err().map(|error| unwritable(&path, &error)));
        }
        failures.extend(self.trace.and_then(|trace| trace.finish().err()));
        failures.extend(self.log_file.and_then(|file| file.finish().err()));
        if self.json {
            let report = Report::new(&self.strategy, recording, interrupted, failures.first());
            Report { guess, ideal: self.ideal, ..report }.print();
        }
        failures.iter().for_each(Failure::print);
        match (interrupted, failures.is_empty()) {
            (true, _) => INTERRUPTED,
            (false, true) => 0,
            (false, false) => 1,
        }
    }
}

/// Whether the caller is on the one thread of a current-thread runtime.
fn is_event_loop() -> bool {
    Handle::try_current()
        .is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::CurrentThread)
}

fn create(path: &Path) -> Result<File, Failure> {
    File::create(path).map_err(|error| unwritable(path, &error))
}

fn written(mut file: File, text: &str) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    file.flush()
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(
        format!("cannot write '{}': {error}", path.display()),
        "name a file in a folder that exists and may be written",
    )
}
