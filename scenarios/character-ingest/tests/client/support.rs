//! Running the programs, and servers that behave in every possible way.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use character_ingest::Strategy;
use delay_server::{Config, Server};
use harness::Report;

/// What the delay server answers, a character per line.
pub(crate) const CHARACTERS: &str =
    include_str!("../../../../crates/delay-server/data/characters.jsonl");

/// One with a blocking client, and one without.
pub(crate) const BOTH: [Strategy; 2] = [Strategy::Sync, Strategy::Async];

/// How long to wait for what should happen soon, before a test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a run left on its two streams, and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// What was told of one of the characters: its messages, without time and thread.
    pub(crate) fn said(&self, by: &str) -> Vec<&str> {
        let mark = format!("] - {by}: ");
        self.stdout.lines().filter_map(|line| Some(line.split_once(&mark)?.1)).collect()
    }

    pub(crate) fn report(&self) -> Report {
        serde_json::from_str(&self.stdout).expect("stdout is the report and nothing else")
    }

    /// The causes of its failures, in the order in which they were told.
    pub(crate) fn errors(&self) -> Vec<&str> {
        self.stderr.lines().filter_map(|line| line.strip_prefix("error: ")).collect()
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

pub(crate) fn program(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Sync => env!("CARGO_BIN_EXE_ingest-sync"),
        Strategy::Async => env!("CARGO_BIN_EXE_ingest-async"),
        Strategy::AsyncWithBlocking => env!("CARGO_BIN_EXE_ingest-async-with-blocking"),
        Strategy::Thread => env!("CARGO_BIN_EXE_ingest-thread"),
        Strategy::ThreadPool => env!("CARGO_BIN_EXE_ingest-thread-pool"),
    }
}

pub(crate) fn command(strategy: Strategy, args: &[&str]) -> Command {
    let mut command = Command::new(program(strategy));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn run(strategy: Strategy, args: &[&str]) -> Ran {
    command(strategy, args).output().expect("the program was built").into()
}

/// A delay server of this test's own with this trouble, and the `--url` that names it.
pub(crate) fn delay_server(trouble: &[&str]) -> (Server, String) {
    let troubles = trouble.iter().map(|it| it.parse().expect("a trouble")).collect();
    let config = Config { addr: "localhost:0".to_owned(), troubles, ..Config::default() };
    let server = Server::start(config).expect("a free port");
    let url = format!("{}/api/character", server.url());
    (server, url)
}

/// The ids in a file of characters, sorted. Each line has to be one of the
/// characters that the delay server has, whole.
pub(crate) fn ids_in(file: &Path) -> Vec<usize> {
    let text = fs::read_to_string(file).expect("the file is there");
    assert!(text.is_empty() || text.ends_with('\n'), "the last line is whole: {text:?}");
    let known: Vec<&str> = CHARACTERS.lines().collect();
    let id = |line: &str| known.iter().position(|known| *known == line).map(|index| index + 1);
    let mut ids: Vec<usize> =
        text.lines().map(|line| id(line).unwrap_or_else(|| panic!("unknown: {line}"))).collect();
    ids.sort_unstable();
    ids
}

/// A stranger's server. It reads the head of one request from each connection, and
/// `answer` does the rest: it gets the connection, what was asked for, and how many
/// came before.
pub(crate) fn stranger(
    answer: impl Fn(&mut TcpStream, &str, usize) + Copy + Send + 'static,
) -> (Arc<AtomicUsize>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let counted = counted.clone();
            thread::spawn(move || {
                let head = read_head(&mut stream);
                let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
                answer(&mut stream, &target, counted.fetch_add(1, Ordering::SeqCst));
            });
        }
    });
    (count, format!("http://{address}/api/character"))
}

fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        head.extend(byte);
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// Sends this as the body of a good answer.
pub(crate) fn send_body(stream: &mut TcpStream, body: &str) {
    let length = body.len();
    let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
    // A client that has gone wants nothing.
    let _ = stream.write_all((head + body).as_bytes());
}

/// The character whose id is at the end of what was asked for.
pub(crate) fn asked_for(target: &str) -> &'static str {
    let path = target.split('?').next().unwrap_or_default();
    let id: usize = path.rsplit('/').next().and_then(|id| id.parse().ok()).expect("an id");
    CHARACTERS.lines().nth(id - 1).expect("a known character")
}

/// Looks again and again until it is so.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "still not so: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}
