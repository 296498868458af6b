//! Running the programs, and servers that behave in every possible way.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::thread;

use delay_server::{Config, Server};
use harness::Report;
use harness::recording::Lane;

pub(crate) const NEVER_AWAITED: &str = env!("CARGO_BIN_EXE_never-awaited");
pub(crate) const SPAWNED_TASK: &str = env!("CARGO_BIN_EXE_spawned-task");
pub(crate) const PRINT_AFTER_SLEEP: &str = env!("CARGO_BIN_EXE_print-after-sleep");
pub(crate) const EVENT_LOOP: &str = env!("CARGO_BIN_EXE_event-loop");

/// What a run left on its two streams, and how it ended.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The lines that these requesters said, in the order in which they said them.
    pub(crate) fn said(&self, by: &[&str]) -> Vec<&str> {
        let by_one = |line: &&str| {
            let speaker = line.split(": ").next().unwrap_or_default();
            line.contains(": ") && by.contains(&speaker)
        };
        self.stdout.lines().filter(by_one).collect()
    }

    pub(crate) fn report(&self) -> Report {
        serde_json::from_str(&self.stdout).expect("stdout is the report and nothing else")
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("programs print UTF-8");
        Self {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

pub(crate) fn command(program: &str, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn run(program: &str, args: &[&str]) -> Ran {
    command(program, args).output().expect("the program was built").into()
}

/// Runs it to a good end.
pub(crate) fn run_well(program: &str, args: &[&str]) -> Ran {
    let ran = run(program, args);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    ran
}

/// The lane of this requester.
pub(crate) fn lane(report: &Report, name: &str) -> Lane {
    let lanes = &report.recording.lanes;
    lanes.iter().find(|lane| lane.name == name).expect("it has a lane").clone()
}

/// A delay server of this test's own, and the `--url` that names it.
pub(crate) fn delay_server(config: Config) -> (Server, String) {
    let config = Config { addr: "localhost:0".to_owned(), ..config };
    let server = Server::start(config).expect("a free port");
    let url = format!("{}/delay-me", server.url());
    (server, url)
}

/// A stranger's server: reads the head of one request from each connection,
/// sends these bytes, and does with the connection what `then` does.
pub(crate) fn stranger(reply: &'static str, then: fn(TcpStream)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream, reply, then));
        }
    });
    format!("http://{address}/delay-me")
}

fn answer(mut stream: TcpStream, reply: &str, then: fn(TcpStream)) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        head.extend(byte);
    }
    if stream.write_all(reply.as_bytes()).is_ok() {
        then(stream);
    }
}

/// Ends the connection once the reply is sent.
pub(crate) fn close(stream: TcpStream) {
    drop(stream);
}

/// Keeps the connection open and says no more, until the client has gone.
pub(crate) fn stall(mut stream: TcpStream) {
    let _ = stream.read(&mut [0]);
}
