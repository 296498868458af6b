//! Running the programs, and databases of each test's own.

use std::ops::ControlFlow::Continue;
use std::process::{self, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs};

use cities_db::generator::{Order, Start};
use database::blocking::{Connection, Driver};
use database::{Database, generator};
use db_client::Strategy;
use harness::Report;
use tempfile::TempDir;

/// The cities as they were exported, a line each: name and state.
const CITIES: &str = include_str!("../../../../crates/cities-db/data/municipalities.csv");

/// What a run left on its two streams, and how it ended.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn report(&self) -> Report {
        serde_json::from_str(&self.stdout).expect("stdout is the report and nothing else")
    }

    /// What each requester said the database replied, in the order in which they said it.
    pub(crate) fn replies(&self) -> Vec<(String, usize)> {
        self.stdout.lines().filter_map(reply).collect()
    }
}

/// The requester and its number of rows, if that is what the line says.
fn reply(line: &str) -> Option<(String, usize)> {
    let (requester, rest) = line.split_once(": Query made! Db replied '")?;
    let rows = rest.strip_suffix("' rows").expect("the line ends with rows");
    Some((requester.to_owned(), rows.parse().expect("a whole number")))
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
        Strategy::Sync => env!("CARGO_BIN_EXE_db-sync"),
        Strategy::Async => env!("CARGO_BIN_EXE_db-async"),
        Strategy::AsyncWithBlocking => env!("CARGO_BIN_EXE_db-async-with-blocking"),
        Strategy::Thread => env!("CARGO_BIN_EXE_db-thread"),
        Strategy::ThreadPool => env!("CARGO_BIN_EXE_db-thread-pool"),
    }
}

/// The program, told to use this database.
pub(crate) fn command(strategy: Strategy, url: &str, args: &[&str]) -> Command {
    let mut command = Command::new(program(strategy));
    command.args(args).env("DATABASE_URL", url);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn run(strategy: Strategy, url: &str, args: &[&str]) -> Ran {
    command(strategy, url, args).output().expect("the program was built").into()
}

/// Each city's name and the two letters of its state.
pub(crate) fn cities() -> impl Iterator<Item = (&'static str, &'static str)> {
    let head = "name,state";
    CITIES.lines().filter(move |line| *line != head).map(|line| {
        let (name, state) = line.rsplit_once(',').expect("two columns");
        (name, state)
    })
}

/// Adds every city so many times.
fn fill(url: &str, copies: u32) {
    let order = Order::new(copies, Start::Add);
    generator::fill(&database(url), &order, |_| Continue(())).expect("it can be written");
}

fn database(url: &str) -> Database {
    Database::parse(url).expect("it is a URL")
}

pub(crate) fn connect(url: &str) -> Connection {
    database(url).connect().expect("it is there")
}

/// Runs statements that a test has put together.
pub(crate) fn execute(connection: &mut Connection, sql: &str) {
    match &mut connection.driver {
        Driver::Sqlite(connection) => connection.execute_batch(sql).expect("it is SQL"),
        Driver::Postgres(client) => client.batch_execute(sql).expect("it is SQL"),
    }
}

/// An SQLite file, and the folder that goes with it.
pub(crate) struct File {
    pub(crate) folder: TempDir,
    pub(crate) url: String,
}

/// A file that holds these bytes.
pub(crate) fn file(bytes: &[u8]) -> File {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let path = folder.path().join("cities.sqlite");
    fs::write(&path, bytes).expect("it can be written");
    File { url: format!("sqlite:{}", path.display()), folder }
}

/// A file with every city so many times.
pub(crate) fn sqlite(copies: u32) -> File {
    let file = file(b"");
    fill(&file.url, copies);
    file
}

/// A Postgres database of one test's own, which goes with it.
pub(crate) struct Postgres {
    name: String,
    pub(crate) url: String,
}

impl Postgres {
    /// One without tables.
    pub(crate) fn empty() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("db_client_{}_{number}", process::id());
        execute(&mut connect(&server_url()), &format!("CREATE DATABASE {name}"));
        Self { url: url_of(&name), name }
    }

    /// One with every city so many times.
    pub(crate) fn filled(copies: u32) -> Self {
        let database = Self::empty();
        fill(&database.url, copies);
        database
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        execute(&mut connect(&server_url()), &format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

fn server_url() -> String {
    env::var("DATABASE_URL").expect("DATABASE_URL names a Postgres: run scripts/test")
}

/// The server's URL with another database's name.
pub(crate) fn url_of(name: &str) -> String {
    let url = server_url();
    let (server, _) = url.rsplit_once('/').expect("a URL with the name of a database");
    format!("{server}/{name}")
}

/// The server's URL with another user and password, such as `me:secret`.
pub(crate) fn url_as(user: &str) -> String {
    let url = server_url();
    let (scheme, rest) = url.split_once("://").expect("a URL");
    let server = rest.split_once('@').map_or(rest, |(_, server)| server);
    format!("{scheme}://{user}@{server}")
}
