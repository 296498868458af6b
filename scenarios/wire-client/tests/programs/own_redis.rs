//! Redis as the programs start it themselves, and one that a test may kill. The program
//! redis-server is needed; scripts/test leaves these tests out by this name where it is not
//! installed.

use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::{env, iter};

use program_test::{Program as Running, signal, until};
use tempfile::TempDir;
use wire_client::Program;

use crate::clients::{ALL, command, command_at, run_at};

/// A redis-server in front of the real one, which tells its number before it is that one.
struct Watched {
    folder: TempDir,
}

impl Watched {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let script = format!(
            "#!/bin/sh\n[ \"$1\" = --version ] || echo $$ >>'{0}/numbers'\nexec '{1}' \"$@\"\n",
            folder.path().display(),
            real().display()
        );
        let program = folder.path().join("redis-server");
        fs::write(&program, script).expect("it is ours");
        fs::set_permissions(&program, Permissions::from_mode(0o755)).expect("it is ours");
        fs::create_dir(folder.path().join("temporary")).expect("it is ours");
        Self { folder }
    }

    /// A program that is to start this one, and has its own folder for what is temporary.
    fn command(&self, program: Program, args: &[&str]) -> Command {
        let mut command = command(program, args);
        let path = env::var_os("PATH").expect("there is one");
        let path = env::join_paths(
            iter::once(self.folder.path().to_owned()).chain(env::split_paths(&path)),
        );
        command.env_remove("REDIS_URL").env("PATH", path.expect("no path has a colon"));
        command.env("TMPDIR", self.folder.path().join("temporary"));
        command
    }

    /// The server that runs, or has run.
    fn number(&self) -> String {
        let numbers = fs::read_to_string(self.folder.path().join("numbers"));
        // More than one only where a port was taken.
        numbers.expect("it was started").lines().last().expect("a line").to_owned()
    }

    #[track_caller]
    fn assert_gone(&self) {
        let number = self.number();
        until("Redis has ended", || !signal("0", &number));
        let temporary = self.folder.path().join("temporary");
        until("its folder is gone", || {
            fs::read_dir(&temporary).expect("it is there").next().is_none()
        });
    }
}

fn real() -> PathBuf {
    let path = env::var_os("PATH").expect("there is one");
    let mut places = env::split_paths(&path).map(|folder| folder.join("redis-server"));
    places.find(|place| place.is_file()).expect("redis-server is installed")
}

/// Each of them waits for the other side of a long way.
fn all_at_once<T: Send>(these: impl IntoIterator<Item = T>, test: impl Fn(T) + Sync) {
    thread::scope(|scope| {
        for this in these {
            scope.spawn(|| test(this));
        }
    });
}

/// One that waits for a reply, and for a long time. Of threads, any may be the first.
fn waiting(watched: &Watched, program: Program) -> Running {
    let running = Running::start(&mut watched.command(program, &["--round-trip", "5"]));
    running.until_it_says(": Sending INCR\n");
    assert!(signal("0", watched.number()), "Redis is there");
    running
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn a_run_brings_its_own_redis_and_takes_it_away() {
    for program in ALL {
        let watched = Watched::new();
        let ran = program_test::run(&mut watched.command(program, &["--round-trip", "0"])).well();
        let note = "note: REDIS_URL is not set, so this run brings its own Redis\n";
        assert_eq!(ran.stderr, note, "{}", program.name);
        assert!(!signal("0", watched.number()), "{}: it ends before the run", program.name);
        watched.assert_gone();
    }
}

/// As `times` of a shell says it, such as `0m1.250000s`.
fn seconds(text: &str) -> f64 {
    let (minutes, seconds) = text.trim_end_matches('s').split_once('m').expect("minutes");
    60.0 * minutes.parse::<f64>().expect("a number") + seconds.parse::<f64>().expect("a number")
}

/// Time on the processor of a shell, or of the children that it has waited for.
fn charged(times: &str, line: usize) -> f64 {
    let line = times.lines().nth(line).unwrap_or_else(|| panic!("two lines: {times}"));
    line.split_whitespace().map(seconds).sum()
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn what_its_redis_costs_is_not_charged_to_a_run() {
    let watched = Watched::new();
    let own = watched.folder.path().join("times");
    let script = format!(
        "#!/bin/sh\ni=0; while [ $i -lt 3000000 ]; do i=$((i+1)); done\n\
         times >'{}'\nexec '{}' \"$@\"\n",
        own.display(),
        real().display()
    );
    fs::write(watched.folder.path().join("redis-server"), script).expect("it is ours");
    let run = watched.command(Program::SIMPLE, &["--round-trip", "0"]);
    let mut shell = program_test::command("sh", &["-c", "\"$@\" >&2; times", "sh"]);
    shell.arg(run.get_program()).args(run.get_args()).env_remove("REDIS_URL");
    shell.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let ran = program_test::run(&mut shell).well();
    let of_redis = charged(&fs::read_to_string(own).expect("it was started"), 0);
    let of_run = charged(&ran.stdout, 1);
    assert!(of_run < of_redis, "{of_run} s, and its Redis alone took {of_redis} s");
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn ctrl_c_leaves_a_picture_and_no_redis() {
    all_at_once(ALL, |program| {
        let watched = Watched::new();
        let running = waiting(&watched, program);
        running.signal("INT");
        let ran = running.end();
        assert_eq!(ran.code, Some(130), "{}: {}", program.name, ran.stderr);
        assert!(ran.stdout.contains("Time elapsed: "), "{}: {}", program.name, ran.stdout);
        let (error, _) = ran.error_and_hint();
        assert_eq!(error, "interrupted before every requester was done", "{}", program.name);
        watched.assert_gone();
    });
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn however_a_run_is_ended_its_redis_ends_too() {
    all_at_once(["TERM", "HUP", "KILL"], |name| {
        let watched = Watched::new();
        let running = waiting(&watched, Program::SIMPLE);
        running.signal(name);
        let ran = running.end();
        assert_eq!(ran.code, None, "{name} ends it");
        watched.assert_gone();
    });
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn a_redis_that_cannot_begin_is_told_in_its_own_words() {
    let watched = Watched::new();
    let script = "#!/bin/sh\n[ \"$1\" = --version ] || echo 'Failed to lock the memory'\n";
    fs::write(watched.folder.path().join("redis-server"), script).expect("it is ours");
    let ran = program_test::run(&mut watched.command(Program::SIMPLE, &[]));
    let cause = "redis-server could not be started for this run: Failed to lock the memory";
    ran.assert_fails(cause, "set REDIS_URL to a Redis that runs");
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn without_a_place_for_its_folder_it_is_said_that_there_is_none() {
    let watched = Watched::new();
    let mut command = watched.command(Program::SIMPLE, &[]);
    let ran = program_test::run(command.env("TMPDIR", watched.folder.path().join("nowhere")));
    let cause = "redis-server could not be started for this run: no folder can be made for it: ";
    ran.assert_fails(cause, "set REDIS_URL to a Redis that runs");
}

/// One for the programs' REDIS_URL.
struct Redis {
    url: String,
    place: (&'static str, u16),
    program: Running,
    _folder: TempDir,
}

impl Redis {
    fn start() -> Self {
        let folder = TempDir::new().expect("a folder");
        // Somebody may take a port before Redis does.
        for _ in 0..20 {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
            let port = listener.local_addr().expect("it is bound").port();
            drop(listener);
            let args = ["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""];
            let mut command = program_test::command("redis-server", &args);
            command.stderr(Stdio::null()).current_dir(folder.path());
            let mut program = Running::start(&mut command);
            let place = ("127.0.0.1", port);
            let says_so = |program: &Running| program.stdout().contains("eady to accept");
            until("Redis begins", || program.has_ended() || says_so(&program));
            if !program.has_ended() {
                return Self {
                    url: format!("redis://127.0.0.1:{port}"),
                    place,
                    program,
                    _folder: folder,
                };
            }
        }
        panic!("no Redis could be started")
    }

    /// What it replies to a command that is one line.
    fn ask(&self, command: &str) -> String {
        let mut socket = TcpStream::connect(self.place).expect("it runs");
        socket.write_all(format!("{command}\r\nQUIT\r\n").as_bytes()).expect("it listens");
        let mut replies = String::new();
        socket.read_to_string(&mut replies).expect("it replies, and closes");
        replies.strip_suffix("+OK\r\n").expect("it says goodbye").to_owned()
    }
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn nothing_is_left_in_a_redis_that_others_use() {
    let redis = Redis::start();
    for program in ALL {
        run_at(&redis.url, program, &["--round-trip", "0"]).well();
        assert_eq!(redis.ask("DBSIZE"), ":0\r\n", "{}", program.name);
    }
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn ctrl_c_leaves_nothing_in_a_redis_that_others_use() {
    let redis = Redis::start();
    for program in ALL {
        let mut command = command_at(&redis.url, program, &["--round-trip", "5"]);
        let running = Running::start(&mut command);
        running.until_it_says(": Sending INCR\n");
        running.signal("INT");
        assert_eq!(running.end().code, Some(130), "{}", program.name);
        assert_eq!(redis.ask("DBSIZE"), ":0\r\n", "{}", program.name);
    }
}

/// Its first thread is the distance's, or else that of its first connection.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs Redis: scripts/test"]
fn who_has_no_thread_for_a_connection_says_so_and_leaves_nothing() {
    let redis = Redis::start();
    let path = command(Program::THREADED, &[]).get_program().display().to_string();
    for (args, cause, hint) in [
        (&[][..], "no more threads can be started: ", "--round-trip 0"),
        (&["--round-trip", "0"], "each connection has one", "fewer --connections"),
    ] {
        let folder = TempDir::new().expect("a folder");
        let mut command = program_test::command_without_threads(folder.path(), &path, args);
        let ran = program_test::run(command.env("REDIS_URL", &redis.url));
        ran.assert_fails(cause, hint);
        ran.assert_fails("", "ulimit -u");
        assert_eq!(redis.ask("DBSIZE"), ":0\r\n", "{}", ran.stderr);
    }
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn what_a_run_that_is_killed_leaves_goes_by_itself() {
    let redis = Redis::start();
    let mut command = command_at(&redis.url, Program::SIMPLE, &["--round-trip", "5"]);
    let running = Running::start(&mut command);
    running.until_it_says("R1: Sending INCR\n");
    running.kill();
    let keys = redis.ask("KEYS *");
    let key = keys.lines().find(|line| line.starts_with("wire-client:")).expect("it is there");
    let left = redis.ask(&format!("TTL {key}"));
    let left: i64 = left.trim_start_matches(':').trim().parse().expect("a number");
    assert!((1..=24 * 60 * 60).contains(&left), "{left}");
}

#[test]
#[ignore = "needs Redis: scripts/test"]
fn a_database_that_goes_away_is_told_by_whoever_waits() {
    for program in ALL {
        let redis = Redis::start();
        let mut command = command_at(&redis.url, program, &["--round-trip", "1"]);
        let running = Running::start(&mut command);
        running.until_it_says(": Sending INCR\n");
        redis.program.kill();
        let ran = running.end();
        let (error, hint) = ran.error_and_hint();
        assert_eq!(ran.code, Some(1), "{}: {error}", program.name);
        assert!(error.starts_with('R'), "{}: {error}", program.name);
        assert!(!hint.is_empty(), "{}", program.name);
        assert!(ran.stdout.contains("Time elapsed: "), "{}", ran.stdout);
    }
}
