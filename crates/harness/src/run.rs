//! A run: from the start of its clock to its picture.

use std::mem;
use std::path::PathBuf;
use std::process::{self, ExitCode};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use lens::guess::Guess;
use lens::joined::{Dated, Forgotten};
use lens::recording::Begins;
use lens::stages::{self, Stages};
use lens::{Lens, Recording, Sample, timeline};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::failure::Failure;
use crate::files::LaterFile;
use crate::live::Live;
use crate::log_file::LogFile;
use crate::note;
use crate::options::Options;
use crate::report::{Measured, Prepared, Report, picture};
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
/// needs and does not bring has been made ready by then.
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
///
/// Such a run has no end of its own, so Ctrl-C is no interruption: it is left to
/// the program, which answers what it has accepted and then finishes the run.
pub fn start_open(strategy: &str, options: &Options) -> Run {
    begin(strategy, Sample::of_first(), None, options)
}

fn begin(strategy: &str, sample: Sample, ideal: Option<Duration>, options: &Options) -> Run {
    if let Some(failure) = options.one_file_for_two() {
        failure.print();
        process::exit(2);
    }
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

/// Taken by whoever ends the run first.
type OnceEnding = Arc<Mutex<State>>;

enum State {
    Running(Box<Ending>),
    Ended(By),
}

/// Who has ended a run.
#[derive(Clone, Copy)]
enum By {
    /// Its own thread.
    Itself,
    /// Ctrl-C, which also ends the process when the picture is drawn.
    Interrupt,
}

fn lock(ending: &OnceEnding) -> MutexGuard<'_, State> {
    ending.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The ending, or who has it.
fn take(ending: &OnceEnding, by: By) -> Result<Box<Ending>, By> {
    let mut state = lock(ending);
    match mem::replace(&mut *state, State::Ended(by)) {
        State::Running(ending) => Ok(ending),
        State::Ended(first) => {
            *state = State::Ended(first);
            Err(first)
        }
    }
}

/// For whom Ctrl-C forestalled: it is drawing, and ends the process. If it panics
/// instead, that ends the process too, and so does another Ctrl-C.
fn wait_for_the_end() -> ! {
    loop {
        thread::park();
    }
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
    svg: Option<LaterFile>,
    report: Option<LaterFile>,
    trace: Option<Trace>,
    log_file: Option<LogFile>,
    measured: Vec<Measured>,
    /// Drawn in place of the lanes.
    stages: Option<Stages>,
    /// Whether the clock was stopped, and the run goes on to ask others for its picture.
    is_over: bool,
    /// What is left to be done when Ctrl-C ends the process, which drops nothing.
    tidy: Option<Box<dyn FnOnce() + Send>>,
}

impl Run {
    fn start(
        strategy: &str,
        sample: Sample,
        ideal: Option<Duration>,
        options: &Options,
    ) -> Result<Self, Failure> {
        let later = |path: &Option<PathBuf>| path.as_deref().map(LaterFile::new).transpose();
        let (svg, report) = (later(&options.svg)?, later(&options.report)?);
        let log_file = options.log_file.as_deref().map(LogFile::open).transpose()?;
        let screen = Screen::new(if options.json { Stream::Stderr } else { Stream::Stdout });

        screen.print(RULE);
        if let Some(note) = sample.note() {
            screen.print(&note);
        }
        let (lens, begun) = (Lens::new(), Instant::now());
        let lens = if sample.is_open() { lens.of_requests() } else { lens };
        let live = Live::start(&screen, sample, lens.clone());
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
        let ending = Ending {
            strategy,
            ideal,
            lens,
            screen,
            live,
            guess,
            json,
            svg,
            report,
            trace,
            log_file,
            measured: Vec::new(),
            stages: None,
            is_over: false,
            tidy: None,
        };
        let ending = OnceEnding::new(Mutex::new(State::Running(Box::new(ending))));
        if !sample.is_open() {
            draw_on_interrupt(ending.clone());
        }
        Ok(Self { ending })
    }

    /// Prints a line among those of the requesters, for what none of them can
    /// say alone: a result of all.
    pub fn say(&self, text: &str) {
        if let State::Running(ending) = &*lock(&self.ending) {
            let lines: Vec<_> = text.split('\n').map(|line| ending.screen.fitted(line)).collect();
            ending.screen.print(&lines.join("\n"));
        }
    }

    /// Adds to the report a time that only the program itself can tell.
    pub fn measured(&self, what: &str, time: Duration) {
        if let State::Running(ending) = &mut *lock(&self.ending) {
            ending.measured.push(Measured { what: what.to_owned(), time });
        }
    }

    /// Has this done when Ctrl-C has ended the run, before it ends the process, in which
    /// nothing is dropped then.
    pub fn when_interrupted(&self, tidy: impl FnOnce() + Send + 'static) {
        if let State::Running(ending) = &mut *lock(&self.ending) {
            ending.tidy = Some(Box::new(tidy));
        }
    }

    /// Has the picture show this in place of the lanes, and adds it to the report.
    pub fn shows(&self, stages: Stages) {
        if let State::Running(ending) = &mut *lock(&self.ending) {
            ending.stages = Some(stages);
        }
    }

    /// What records it, for a server that others may ask for that; none if the run has
    /// ended.
    pub fn lens(&self) -> Option<Lens> {
        match &*lock(&self.ending) {
            State::Running(ending) => Some(ending.lens.clone()),
            State::Ended(_) => None,
        }
    }

    /// Stops the clock, and gives what was recorded. What happens from here on to
    /// [`Self::finish_as`] is no part of the run; none if the run has ended.
    pub fn stop(&self) -> Option<Dated> {
        let lens = match &mut *lock(&self.ending) {
            State::Running(ending) => {
                ending.lens.stop();
                ending.is_over = true;
                ending.lens.clone()
            }
            State::Ended(_) => return None,
        };
        let recording = lens.settled(PATIENCE);
        Some(Dated { began: lens.began(), recording, forgotten: Forgotten::default() })
    }

    /// Says that the calling thread runs an event loop, which [`start`] knows by
    /// itself of tokio's alone.
    pub fn on_event_loop(self) -> Self {
        if let State::Running(ending) = &*lock(&self.ending) {
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
        self.end(result, None)
    }

    /// The same with another recording in the picture and in the report: one that tells
    /// more of the run than its own.
    pub fn finish_as<E: Into<Failure>>(
        self,
        result: Result<(), E>,
        drawn: Option<Recording>,
    ) -> ExitCode {
        self.end(result.map_err(|failure| [failure]), drawn)
    }

    fn end<E>(self, result: Result<(), E>, drawn: Option<Recording>) -> ExitCode
    where
        E: IntoIterator<Item: Into<Failure>>,
    {
        let failures = result.err().into_iter().flatten().map(Into::into).collect();
        let Ok(ending) = take(&self.ending, By::Itself) else { wait_for_the_end() };
        let own = ending.lens.settled(PATIENCE);
        let drawn = drawn.or_else(|| match own.begins {
            Begins::Read => Some(own.clone().of_its_time()),
            _ => None,
        });
        ExitCode::from(ending.end(own, drawn, failures, false))
    }
}

/// A strategy that panics leaves a picture too.
impl Drop for Run {
    fn drop(&mut self) {
        let taken = take(&self.ending, By::Itself);
        if !thread::panicking() {
            return;
        }
        match taken {
            Ok(ending) => {
                let recording = ending.lens.settled(Duration::ZERO);
                ending.end(recording, None, vec![panicked()], false);
            }
            // Its exit code tells what ended this run.
            Err(By::Interrupt) => wait_for_the_end(),
            // What panics is `finish`.
            Err(By::Itself) => {}
        }
    }
}

fn draw_on_interrupt(ending: OnceEnding) {
    let watching = signals::on_first(&[Signal::Interrupt], move |_| {
        if let Ok(mut ending) = take(&ending, By::Interrupt) {
            let tidy = ending.tidy.take();
            let recording = ending.lens.settled(Duration::ZERO);
            let failure = if ending.is_over { interrupted_when_over() } else { interrupted() };
            let code = ending.end(recording, None, vec![failure], true);
            if let Some(tidy) = tidy {
                tidy();
            }
            process::exit(code.into());
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

fn interrupted_when_over() -> Failure {
    Failure::new(
        "interrupted when the run was over, before its picture was complete",
        "run it again; the picture shows what the run itself has recorded",
    )
}

impl Ending {
    /// Draws everything, the run's own recording or another; gives the exit code.
    fn end(
        mut self,
        own: Recording,
        drawn: Option<Recording>,
        mut failures: Vec<Failure>,
        interrupted: bool,
    ) -> u8 {
        if let Some(live) = self.live.take() {
            live.stop(interrupted);
        }
        let elapsed = own.elapsed.as_secs_f64();
        self.screen.print(&format!("{THIN_RULE}\nTime elapsed: {elapsed:.3}\n{RULE}\n"));
        let recording = drawn.as_ref().unwrap_or(&own);
        let width = self.screen.width();
        self.screen.print(&match &self.stages {
            Some(stages) => stages::draw(stages, width),
            None => timeline::draw(recording, width),
        });
        let guess = self.guess.map(|guess| Guess::told(guess, recording, failures.is_empty()));
        if let Some(guess) = &guess {
            self.screen
                .print(&format!("\n{}", timeline::wrapped(&guess.told, self.screen.width())));
        }

        if let Some(file) = self.svg {
            match file.write_text(&picture(&self.strategy, recording, self.stages.as_ref())) {
                Ok(path) => note(&format!("the picture is in '{}'", path.display())),
                Err(failure) => failures.push(failure),
            }
        }
        if let Some(trace) = self.trace {
            let path = trace.path().to_owned();
            match trace.finish(&own) {
                Ok(()) => note(&format!(
                    "the trace is in '{}': open it at ui.perfetto.dev",
                    path.display()
                )),
                Err(failure) => failures.push(failure),
            }
        }
        failures.extend(self.log_file.and_then(|file| file.finish().err()));
        failures.extend(self.screen.finish().err());
        if self.json || self.report.is_some() {
            let recording = drawn.unwrap_or(own);
            let report = Report::new(&self.strategy, recording, interrupted, failures.first());
            let measured = self.measured;
            let report =
                Report { guess, ideal: self.ideal, measured, stages: self.stages, ..report };
            if let Some(file) = self.report {
                match file.write(|file| report.write(file)) {
                    Ok(path) => note(&format!("the report is in '{}'", path.display())),
                    Err(failure) => failures.push(failure),
                }
            }
            if self.json {
                failures.extend(report.print().err());
            }
        }
        failures.iter().for_each(Failure::print);
        match (interrupted, failures.is_empty()) {
            (true, _) => Signal::Interrupt.exit_code(),
            (false, true) => 0,
            (false, false) => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::{env, panic};

    use program_test::command;

    use super::*;

    const IS_CHILD: &str = "RUN_CHILD";

    fn code_of(test: &str) -> Option<i32> {
        let this = env::current_exe().expect("this program");
        let name = format!("run::tests::{test}");
        program_test::run(command(this, &["--exact", &name, "--nocapture"]).env(IS_CHILD, "1")).code
    }

    fn panic_when_ended(by: By) -> ! {
        let _run = Run { ending: OnceEnding::new(Mutex::new(State::Ended(by))) };
        panic!("on purpose")
    }

    #[test]
    fn a_panic_does_not_forestall_ctrl_c_that_came_first() {
        if env::var_os(IS_CHILD).is_some() {
            let (tell, panicked) = mpsc::channel();
            panic::set_hook(Box::new(move |_| tell.send(()).expect("somebody waits")));
            thread::spawn(move || {
                let _ = panicked.recv();
                // For as long as the picture is being drawn.
                thread::sleep(Duration::from_millis(500));
                process::exit(Signal::Interrupt.exit_code().into());
            });
            panic_when_ended(By::Interrupt);
        }
        assert_eq!(code_of("a_panic_does_not_forestall_ctrl_c_that_came_first"), Some(130));
    }

    #[test]
    fn a_run_whose_finish_panics_ends() {
        if env::var_os(IS_CHILD).is_some() {
            panic_when_ended(By::Itself);
        }
        assert_eq!(code_of("a_run_whose_finish_panics_ends"), Some(101));
    }
}
