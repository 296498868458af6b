//! A Redis that is started for one run, and does not outlive it.
//!
//! Nobody who is killed by `kill -9` can end anything. So Redis is the child of a shell,
//! which reads from a pipe whose other end is in this process alone: the pipe ends with
//! this process, however that ends, and then the shell ends Redis.

use std::io::{self, BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::io::retry_on_intr;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::Failure;

/// What the program may be called: Valkey is Redis by other people.
const NAMES: [&str; 2] = ["redis-server", "valkey-server"];

/// What the shell does. Its arguments are the program and what that is given.
const KEEP: &str = r#"
folder=$(mktemp -d 2>&1) && cd "$folder" || {
    echo "no folder can be made for it: $folder"
    exit
}
"$@" </dev/null &
# From here on the server is the only one who writes there, so that its end is seen.
exec >/dev/null
read -r end
kill -9 $!
wait
cd / && rmdir "$folder"
"#;

/// Somebody may take a port before Redis does.
const ATTEMPTS: usize = 20;

/// How long it may take to begin. On a busy machine it takes a second.
const PATIENCE: Duration = Duration::from_secs(60);

/// More of what it says at its beginning is not read.
const ENOUGH: u64 = 64 * 1024;

/// It runs, and has been ended when this has been dropped.
pub(super) struct Own {
    port: u16,
    keeper: Child,
}

impl Own {
    pub(super) fn start() -> Result<Self, Failure> {
        let name = NAMES.into_iter().find(|name| is_there(name)).ok_or_else(not_installed)?;
        let mut said = String::new();
        for _ in 0..ATTEMPTS {
            let mut own =
                Self::begin(name).map_err(|error| not_started(name, &error.to_string()))?;
            let stdout = own.keeper.stdout.take();
            match stdout.map_or_else(|| Err(String::new()), until_ready) {
                Ok(()) => return Ok(own),
                Err(why) => said = why,
            }
            if !said.contains("in use") {
                break;
            }
        }
        Err(not_started(name, &said))
    }

    fn begin(name: &str) -> io::Result<Self> {
        let port = free_port()?;
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEP, "sh", name, "--port", &port.to_string()]);
        // It keeps nothing: what it holds ends with the run.
        keeper.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        keeper.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // Ctrl-C is for this process, which ends and so ends them.
        keeper.process_group(0);
        Ok(Self { port, keeper: keeper.spawn()? })
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        // The end of the pipe is what the shell waits for.
        drop(self.keeper.stdin.take());
        // If the system cannot tell, nothing is to be done about it.
        let _ = ended_well(&self.keeper);
    }
}

fn is_there(name: &str) -> bool {
    let mut version = Command::new(name);
    version.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    version.spawn().and_then(|child| ended_well(&child)).unwrap_or(false)
}

/// Waits for the end of a child, and leaves the rest to the system. A process is charged for
/// every child that it takes off the system's list, so whoever measures a client would
/// measure its Redis as well.
fn ended_well(child: &Child) -> io::Result<bool> {
    let child = WaitId::Pid(Pid::from_child(child));
    let wait = || waitid(child.clone(), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
    Ok(retry_on_intr(wait)?.is_some_and(|status| status.exit_status() == Some(0)))
}

/// One that nobody listens at: for now, at least.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Waits until it says that it can be asked; else it gives the last that it complained of, or
/// said at all.
fn until_ready(stdout: ChildStdout) -> Result<(), String> {
    let (tell, is_ready) = mpsc::channel();
    let read = move || {
        // Nobody waits any longer if it took too long.
        let _ = tell.send(read_until_ready(stdout));
    };
    thread::Builder::new().name("own redis".to_owned()).spawn(read).map_err(|it| it.to_string())?;
    let in_time = is_ready.recv_timeout(PATIENCE);
    in_time.unwrap_or_else(|_| Err(format!("it was not ready in {} s", PATIENCE.as_secs())))
}

fn read_until_ready(stdout: impl Read) -> Result<(), String> {
    let (mut last, mut complaint) = (String::from("it ended without a word"), None);
    for line in BufReader::new(stdout.take(ENOUGH)).lines() {
        let line = line.map_err(|error| error.to_string())?;
        if line.contains("eady to accept connections") {
            return Ok(());
        }
        if line.contains("ailed") || line.contains("rror") || line.contains("in use") {
            complaint = Some(line);
        } else if !line.trim().is_empty() {
            last = line;
        }
    }
    Err(complaint.unwrap_or(last))
}

fn not_installed() -> Failure {
    Failure::new(
        "REDIS_URL is not set, and no redis-server is installed that this run could start",
        "install it, by apt install redis-server or brew install redis, or set REDIS_URL to one",
    )
}

fn not_started(name: &str, why: &str) -> Failure {
    let hint = "set REDIS_URL to a Redis that runs, such as redis://localhost:6379";
    Failure::new(format!("{name} could not be started for this run: {why}"), hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_it_did_not_begin_is_the_last_complaint_or_its_last_word() {
        let said = "# oO0O\n* Failed listening on port 1 (tcp), aborting: in use\n";
        assert_eq!(read_until_ready(said.as_bytes()), Err(said.lines().nth(1).unwrap().to_owned()));
        assert!(read_until_ready(&b""[..]).unwrap_err().contains("without a word"));
        let said = "# The limit of 20 is not enough. Exiting.\n\n";
        assert_eq!(read_until_ready(said.as_bytes()), Err(said.trim_end().to_owned()));
        assert_eq!(read_until_ready(&b"*\n1:M * Ready to accept connections\n"[..]), Ok(()));
    }
}
