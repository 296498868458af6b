//! Starting a program, and what can be done with it while it runs.

use std::ffi::OsStr;
use std::io::{self, ErrorKind, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::patience::is_so_within;
use crate::{PATIENCE, Ran};

/// The program, about to be run without any input. What it prints is kept.
pub fn command(program: impl AsRef<OsStr>, args: &[&str]) -> Command {
    #[cfg(target_os = "linux")]
    crate::signals::let_programs_be_signalled();
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs it to its end.
///
/// # Panics
///
/// When it cannot be started, or goes on for longer than [`PATIENCE`].
#[track_caller]
pub fn run(command: &mut Command) -> Ran {
    Program::start(command).end()
}

/// Sends a signal, such as `INT`, to the process with this number, or with a minus
/// before it to that group of processes. Tells whether there was one.
///
/// # Panics
///
/// Where there is no `kill`.
#[cfg(unix)]
pub fn signal(name: &str, to: impl std::fmt::Display) -> bool {
    let mut kill = Command::new("kill");
    kill.args(["-s", name, "--", &to.to_string()]).stderr(Stdio::null());
    kill.status().expect("every Unix has kill").success()
}

/// A program while it runs. It is ended when the test is done with it.
#[derive(Debug)]
pub struct Program {
    name: String,
    patience: Duration,
    child: Child,
    stdout: Stream,
    stderr: Stream,
}

impl Program {
    /// Starts what [`command`] has made.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    #[track_caller]
    pub fn start(command: &mut Command) -> Self {
        let mut child = spawn(command);
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        Self::new(command, child, Stream::read(stdout), Stream::read(stderr))
    }

    /// The same with both streams in one, as they come: all of it is its stdout.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    #[track_caller]
    pub fn start_with_one_stream(command: &mut Command) -> Self {
        let (reader, writer) = io::pipe().expect("a pipe");
        command.stdout(writer.try_clone().expect("a pipe")).stderr(writer);
        let child = spawn(command);
        // The pipe ends when its last writer goes, and the command holds two.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Self::new(command, child, Stream::read(Some(reader)), Stream::default())
    }

    fn new(command: &Command, child: Child, stdout: Stream, stderr: Stream) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        Self { name, patience: PATIENCE, child, stdout, stderr }
    }

    /// With another patience than [`PATIENCE`].
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has printed so far.
    pub fn stdout(&self) -> String {
        self.stdout.so_far()
    }

    /// What it has noted so far.
    pub fn stderr(&self) -> String {
        self.stderr.so_far()
    }

    /// Waits until it has printed this.
    ///
    /// # Panics
    ///
    /// When it has ended without, or takes too long.
    #[track_caller]
    pub fn until_it_says(&self, text: &str) {
        self.stdout.until_it_has(text, self.patience);
    }

    /// The same for what it notes on stderr.
    ///
    /// # Panics
    ///
    /// When it has ended without, or takes too long.
    #[track_caller]
    pub fn until_it_notes(&self, text: &str) {
        self.stderr.until_it_has(text, self.patience);
    }

    /// Sends it a signal, such as `INT`.
    ///
    /// # Panics
    ///
    /// When it has ended already.
    #[cfg(unix)]
    #[track_caller]
    pub fn signal(&self, name: &str) {
        assert!(signal(name, self.id()), "{} has ended already", self.name);
    }

    /// Kills it, which no program can prevent. Gives what it had left by then.
    ///
    /// # Panics
    ///
    /// When it had ended already.
    #[track_caller]
    pub fn kill(mut self) -> Ran {
        assert!(!self.has_ended(), "{} has ended already", self.name);
        self.child.kill().expect("it is ours");
        self.end()
    }

    /// Whether it has ended.
    ///
    /// # Panics
    ///
    /// When the system does not tell.
    pub fn has_ended(&mut self) -> bool {
        self.status().is_some()
    }

    /// Waits for its end, and for that of every program of its own that writes where
    /// it writes.
    ///
    /// # Panics
    ///
    /// When it goes on for too long.
    #[track_caller]
    pub fn end(mut self) -> Ran {
        let patience = self.patience;
        let ended = is_so_within(patience, || {
            self.has_ended() && self.stdout.is_at_end() && self.stderr.is_at_end()
        });
        let Some(status) = self.status().filter(|_| ended) else {
            let (stdout, stderr) = (self.stdout(), self.stderr());
            panic!("{} goes on after {patience:?}, and said\n{stdout}{stderr}", self.name);
        };
        Ran {
            code: status.code(),
            signal: signal_of(status),
            stdout: self.stdout.whole(),
            stderr: self.stderr.whole(),
        }
    }

    fn status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("it is ours")
    }
}

/// A test that copies a program may have the copy open for writing a moment longer: in
/// a process that another thread was starting meanwhile.
#[track_caller]
fn spawn(command: &mut Command) -> Child {
    let is_busy = |started: &io::Result<Child>| {
        started.as_ref().is_err_and(|error| error.kind() == ErrorKind::ExecutableFileBusy)
    };
    let mut started = command.spawn();
    is_so_within(PATIENCE, || {
        if is_busy(&started) {
            started = command.spawn();
        }
        !is_busy(&started)
    });
    started.unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// How long a program is given for ending those that it has started itself.
#[cfg(unix)]
const GRACE: Duration = Duration::from_secs(2);

impl Drop for Program {
    #[expect(clippy::print_stderr, reason = "only so does it belong to the test that fails")]
    fn drop(&mut self) {
        let status = self.status();
        if thread::panicking() {
            // It may be the reason.
            let how = status.map_or("goes on".to_owned(), |status| format!("ended: {status}"));
            let [stdout, stderr] = [&self.stdout, &self.stderr].map(Stream::so_far);
            eprintln!("{} {how}. It said\n{stdout}\nand noted\n{stderr}", self.name);
        }
        if status.is_some() {
            return;
        }
        #[cfg(unix)]
        {
            signal("TERM", self.id());
            is_so_within(GRACE, || self.has_ended());
        }
        // One that has ended by itself needs no killing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(unix)]
fn signal_of(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal_of(_status: ExitStatus) -> Option<i32> {
    None
}

/// What comes out of a pipe. A thread keeps reading it, so that the program never
/// has to wait for the test.
#[derive(Debug, Default)]
struct Stream {
    bytes: Bytes,
    /// There is none if the stream goes elsewhere.
    reader: Option<JoinHandle<()>>,
}

impl Stream {
    fn read(pipe: Option<impl Read + Send + 'static>) -> Self {
        let bytes = Bytes::default();
        let mut to = bytes.clone();
        let reader = pipe.map(|mut pipe| {
            thread::spawn(move || {
                io::copy(&mut pipe, &mut to).expect("a pipe can be read");
            })
        });
        Self { bytes, reader }
    }

    fn is_at_end(&self) -> bool {
        self.reader.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// A letter of several bytes may not have come as a whole yet.
    fn so_far(&self) -> String {
        self.bytes.with(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    #[track_caller]
    fn whole(&self) -> String {
        self.bytes.with(|bytes| String::from_utf8(bytes.clone()).expect("programs print UTF-8"))
    }

    #[track_caller]
    fn until_it_has(&self, text: &str, patience: Duration) {
        let has_it = is_so_within(patience, || {
            let is_at_end = self.is_at_end();
            let so_far = self.so_far();
            let has_it = so_far.contains(text);
            assert!(has_it || !is_at_end, "it never said '{text}', but\n{so_far}");
            has_it
        });
        let so_far = self.so_far();
        assert!(has_it, "it has not said '{text}' after {patience:?}, but\n{so_far}");
    }
}

/// Bytes that one thread adds to and another looks at.
#[derive(Debug, Clone, Default)]
struct Bytes(Arc<Mutex<Vec<u8>>>);

impl Bytes {
    fn with<T>(&self, look: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Bytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.with(|all| all.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
