//! Running the programs, and what they ask for.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use character_ingest::Strategy;
use delay_server::{Config, Server};
use program_test::{Ran, ok};

/// What the delay server answers, a character per line.
pub(crate) const CHARACTERS: &str =
    include_str!("../../../../crates/delay-server/data/characters.jsonl");

/// Where the characters are.
pub(crate) const PATH: &str = "/api/character";

/// One with a blocking client, and one without.
pub(crate) const BOTH: [Strategy; 2] = [Strategy::Sync, Strategy::Async];

/// What was told of one of the characters: its messages, without time and thread.
pub(crate) fn told<'a>(ran: &'a Ran, by: &str) -> Vec<&'a str> {
    let mark = format!("] - {by}: ");
    ran.stdout.lines().filter_map(|line| Some(line.split_once(&mark)?.1)).collect()
}

/// The causes of its failures, in the order in which they were told.
pub(crate) fn errors(ran: &Ran) -> Vec<&str> {
    ran.stderr.lines().filter_map(|line| line.strip_prefix("error: ")).collect()
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
    program_test::command(program(strategy), args)
}

pub(crate) fn run(strategy: Strategy, args: &[&str]) -> Ran {
    program_test::run(&mut command(strategy, args))
}

/// A delay server of this test's own with this trouble, and the `--url` that names it.
pub(crate) fn delay_server(trouble: &[&str]) -> (Server, String) {
    let troubles = trouble.iter().map(|it| it.parse().expect("a trouble")).collect();
    let config = Config { addr: "localhost:0".to_owned(), troubles, ..Config::default() };
    let server = Server::start(config).expect("a free port");
    let url = format!("{}{PATH}", server.url());
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

/// Sends this as the body of a good answer.
pub(crate) fn send_body(stream: &mut TcpStream, body: &str) {
    // A client that has gone wants nothing.
    let _ = stream.write_all(ok(body).as_bytes());
}

/// The character whose id is at the end of what was asked for.
pub(crate) fn asked_for(target: &str) -> &'static str {
    let path = target.split('?').next().unwrap_or_default();
    let id: usize = path.rsplit('/').next().and_then(|id| id.parse().ok()).expect("an id");
    CHARACTERS.lines().nth(id - 1).expect("a known character")
}
