//! A run: from the start of its clock to its picture.

use std::fs::File;
use std::path::PathBuf;
use std::process::{self, ExitCode};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use lens::guess::Guess;
use lens::{Lens, Recording, Sample, svg, timeline};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::failure::Failure;
use crate::files::{create, unwritable, written};
use crate::live::Live;
use crate::log_file::LogFile;
use crate::note;
use crate::options::Options;
use crate::report::{Prepared, Report};
use crate::screen::{Screen, Stream};
use crate::signals::{self, Signal};
use crate::trace::Trace;
use crate::transcript::Transcript;

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
    begin(strategy, Sample::of(requesters), None, options)
}

/// The same for a run that knows how long it would take if nothing but the
/// delays it asks for took time ([`Strategy::ideal`](crate::Strategy::ideal)); its report tells that too.
pub fn start_with_ideal(
    strategy: &str,
    requesters: usize,
    ideal: Duration,
    options: &Options,
) -> Run {
    begin(strategy, Sample::of(requesters), Some(ideal), options)
}

/// The same for a run whose requesters nobody knows before they come, such as
/// those of a server: what the first of them say is printed.
pub fn start_open(strategy: &str, options: &Options) -> Run {
    begin(strategy, Sample::of_first(), None, options)
}

fn begin(strategy: &str, sample: Sample, ideal: Option<Duration>, options: &Options) -> Run {
    if options.prepare {
        Prepared { strategy: strategy.to_owned(), ideal }.finish(options.json);
    }
    Run::start(strategy, sample, ideal, options).unwrap_or_else(|failure| failure.exit())
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
    lens: Lens,
    screen: Screen,
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
        sample: Sample,
        ideal: Option<Duration>,
        options: &Options,
    ) -> Result<Self, Failure> {
        let svg =
            options.svg.as_deref().map(|path| Ok((create(path)?, path.to_owned()))).transpose()?;
        let log_file = options.log_file.as_deref().map(LogFile::open).transpose()?;
        let mut screen = Screen::new(if options.json { Stream::Stderr } else { Stream::Stdout });

        screen.print(RULE);
        if let Some(note) = sample.note() {
            screen.print(&note);
        }
        let (lens, begun) = (Lens::new(), Instant::now());
        let live = Live::start(&mut screen, sample, lens.clone());
        let transcript =
            Transcript { screen: screen.clone(), sample, log: options.log, lens: lens.clone() };
        let trace = options.trace.as_deref().map(|path| Trace::create(path, lens.clone(), begun));
        let (chrome, trace) = trace.transpose()?.unzip();
        Registry::default()
            .with(chrome)
            .with(lens.clone())
            .with(transcript)
            .with(log_file.as_ref().map(|file| file.layer(lens.clone())))
            .with(LevelFilter::INFO)
            .try_init()
            .map_err(|error| Failure::new(error.to_string(), "begin one run per process"))?;

        let (strategy, guess, json) = (strategy.to_owned(), options.guess, options.json);
        let ending =
            Ending { strategy, ideal, lens, screen, live, guess, json, svg, trace, log_file };
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
            ending.lens.runs_event_loop();
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
                let recording = ending.lens.settled(PATIENCE);
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
            let recording = ending.lens.settled(Duration::ZERO);
            ending.end(recording, vec![panicked()], false);
        }
    }
}

fn draw_on_interrupt(ending: OnceEnding) {
    let watching = signals::on_first(&[Signal::Interrupt], move |_| {
        if let Some(ending) = take(&ending) {
            let recording = ending.lens.settled(Duration::ZERO);
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
        self.screen.print(&timeline::draw(&recording, self.screen.width()));
        let guess = self.guess.map(|guess| Guess::told(guess, &recording, failures.is_empty()));
        if let Some(guess) = &guess {
            self.screen
                .print(&format!("\n{}", timeline::wrapped(&guess.told, self.screen.width())));
        }

        if let Some((file, path)) = self.svg {
            let svg = svg::draw(&recording, &self.strategy);
            match written(file, &svg) {
                Ok(()) => note(&format!("the picture is in '{}'", path.display())),
                Err(error) => failures.push(unwritable(&path, &error)),
            }
        }
        if let Some(trace) = self.trace {
            let path = trace.path().to_owned();
            match trace.finish(&recording) {
                Ok(()) => note(&format!(
                    "the trace is in '{}': open it at ui.perfetto.dev",
                    path.display()
                )),
                Err(failure) => failures.push(failure),
            }
        }
        failures.extend(self.log_file.and_then(|file| file.finish().err()));
        failures.extend(self.screen.finish().err());
        if self.json {
            let report = Report::new(&self.strategy, recording, interrupted, failures.first());
            let report = Report { guess, ideal: self.ideal, ..report };
            failures.extend(report.print().err());
        }
        failures.iter().for_each(Failure::print);
        match (interrupted, failures.is_empty()) {
            (true, _) => Signal::Interrupt.exit_code(),
            (false, true) => 0,
            (false, false) => 1,
        }
    }
}
