//! The processes that run on behalf of this one: none of them outlives it.

use std::io;
use std::process::{self, Child, ChildStdout, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use harness::Failure;
use harness::signals::{self, Signal};
use wait4::{ResUse, Wait4};

use crate::guardian;

/// Those that have not been waited for.
static CHILDREN: Mutex<Vec<Child>> = Mutex::new(Vec::new());

fn children() -> MutexGuard<'static, Vec<Child>> {
    CHILDREN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How often to look whether a process has ended.
const PAUSE: Duration = Duration::from_millis(5);

/// A process that has been started. Dropped before its end, it is killed.
#[derive(Debug)]
pub struct Running {
    id: u32,
    /// Its standard output, if that is a pipe.
    pub stdout: Option<ChildStdout>,
}

impl Running {
    /// Starts a process, in a group of its own: Ctrl-C reaches this process
    /// alone, which then ends all of them.
    ///
    /// # Errors
    ///
    /// When the system does not start it, as where there is no such program.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        in_own_group(command);
        let mut children = children();
        let mut child = command.spawn()?;
        guardian::started(child.id());
        let running = Self { id: child.id(), stdout: child.stdout.take() };
        children.push(child);
        Ok(running)
    }

    /// The number that the operating system gave it.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Whether it has ended, and if so how, and what it took.
    ///
    /// # Errors
    ///
    /// When that has been told already, or the system does not tell it.
    pub fn ended(&self) -> io::Result<Option<ResUse>> {
        let mut children = children();
        let Some(child) = children.iter_mut().find(|child| child.id() == self.id) else {
            return Err(io::Error::other("it has been waited for already"));
        };
        if has_ended(self.id) {
            // Those that it started itself and left behind: until it is waited
            // for, nobody else can get its number.
            kill_group(self.id);
        }
        let ended = child.try_wait4()?;
        if ended.is_some() {
            guardian::ended(self.id);
            children.retain(|child| child.id() != self.id);
        }
        Ok(ended)
    }

    /// Waits for its end.
    ///
    /// # Errors
    ///
    /// As [`Self::ended`].
    pub fn wait(&self) -> io::Result<ResUse> {
        loop {
            if let Some(ended) = self.ended()? {
                return Ok(ended);
            }
            thread::sleep(PAUSE);
        }
    }

    /// Asks it to end as Ctrl-C does, where that is possible.
    pub fn interrupt(&self) {
        if children().iter().any(|child| child.id() == self.id) {
            interrupt(self.id);
        }
    }

    /// Ends it, whatever it is doing.
    pub fn kill(&self) {
        if let Some(child) = children().iter_mut().find(|child| child.id() == self.id) {
            kill(child);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
        // One that was waited for already is what is wanted.
        let _ = self.wait();
    }
}

/// From here on Ctrl-C, and whatever else asks this process to end, ends all of
/// them first, and tells this failure. The exit code is 128 and the signal's number.
///
/// # Errors
///
/// When the system does not let it listen to signals.
pub(crate) fn end_all_on_signal(interrupted: Failure) -> io::Result<()> {
    let end = move |signal: Signal| {
        // Kept until the end, so that no other is started.
        let mut children = children();
        for child in children.iter_mut() {
            kill(child);
            let _ = child.wait();
            guardian::ended(child.id());
        }
        interrupted.print();
        process::exit(signal.exit_code().into());
    };
    signals::on_first(&[Signal::Interrupt, Signal::Terminate, Signal::Hangup], end)
}

#[cfg(unix)]
fn in_own_group(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(not(unix))]
fn in_own_group(_command: &mut Command) {}

/// Whether it has, without waiting for it as its parent does.
#[cfg(unix)]
fn has_ended(id: u32) -> bool {
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    let id = i32::try_from(id).ok().and_then(Pid::from_raw);
    id.is_some_and(|id| waitid(WaitId::Pid(id), options).is_ok_and(|status| status.is_some()))
}

#[cfg(not(unix))]
fn has_ended(_id: u32) -> bool {
    false
}

#[cfg(unix)]
fn kill(child: &mut Child) {
    kill_group(child.id());
}

/// Ends the process and those that it started itself.
#[cfg(unix)]
pub(crate) fn kill_group(id: u32) {
    signal(id, rustix::process::Signal::KILL);
}

#[cfg(not(unix))]
pub(crate) fn kill_group(_id: u32) {}

#[cfg(not(unix))]
fn kill(child: &mut Child) {
    // It fails if it has ended.
    let _ = child.kill();
}

#[cfg(unix)]
fn interrupt(id: u32) {
    signal(id, rustix::process::Signal::INT);
}

/// To the process and those that it started itself.
#[cfg(unix)]
fn signal(id: u32, signal: rustix::process::Signal) {
    use rustix::process::{Pid, kill_process_group};
    if let Some(group) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        // It fails if all of them have ended.
        let _ = kill_process_group(group, signal);
    }
}

#[cfg(not(unix))]
fn interrupt(_id: u32) {}
