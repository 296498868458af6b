//! Running the programs, on databases of each test's own.

use std::env;
use std::path::PathBuf;
use std::process::{self, Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use harness::Report;
use postgres::{Client, NoTls};
use table_stats::{Contents, Database, Strategy, Table, fill, values};
use tempfile::TempDir;

/// What a run left on its two streams, and how it ended.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The lines of the requesters, as they came.
    pub(crate) fn said(&self) -> Vec<&str> {
        self.stdout.lines().filter(|line| line.contains("-> The ")).collect()
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

pub(crate) fn program(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Sync => env!("CARGO_BIN_EXE_stats-sync"),
        Strategy::Async => env!("CARGO_BIN_EXE_stats-async"),
        Strategy::AsyncWithBlocking => env!("CARGO_BIN_EXE_stats-async-with-blocking"),
        Strategy::Thread => env!("CARGO_BIN_EXE_stats-thread"),
        Strategy::ThreadPool => env!("CARGO_BIN_EXE_stats-thread-pool"),
    }
}

pub(crate) const GENERATOR: &str = env!("CARGO_BIN_EXE_generate-tables");

/// The program, to be run on the database with this URL.
fn command(program: &str, url: &str, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args).env("DATABASE_URL", url);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn start(program: &str, url: &str, args: &[&str]) -> Child {
    command(program, url, args).spawn().expect("the program was built")
}

pub(crate) fn ended(child: Child) -> Ran {
    child.wait_with_output().expect("it was started").into()
}

pub(crate) fn run(strategy: Strategy, url: &str, args: &[&str]) -> Ran {
    ended(start(program(strategy), url, args))
}

pub(crate) fn generate(url: &str, args: &[&str]) -> Ran {
    ended(start(GENERATOR, url, args))
}

/// A database of this test's own; it goes with the test.
pub(crate) struct Own {
    pub(crate) url: String,
    _folder: Option<TempDir>,
    server: Option<Server>,
}

/// Where a database was created, to be dropped there again.
struct Server {
    administrator: Client,
    name: String,
}

impl Own {
    /// An SQLite file that is not there yet.
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", folder.path().join("test.sqlite").display());
        Self { url, _folder: Some(folder), server: None }
    }

    /// An empty database of the server that `DATABASE_URL` names.
    pub(crate) fn postgres() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let given = env::var("DATABASE_URL").expect("scripts/test sets DATABASE_URL");
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("stats_test_{}_{number}", process::id());
        let mut administrator = Client::connect(&given, NoTls).expect("the server answers");
        administrator.batch_execute(&format!("CREATE DATABASE {name}")).expect("it may be created");
        let (server, _) = given.rsplit_once('/').expect("it names a database");
        let url = format!("{server}/{name}");
        Self { url, _folder: None, server: Some(Server { administrator, name }) }
    }

    /// The same with tables of so many rows.
    pub(crate) fn filled(self, contents: Contents) -> Self {
        fill(&Database::parse(&self.url).expect("a URL"), contents).expect("they can be filled");
        self
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.url.strip_prefix("sqlite:").expect("an SQLite file").into()
    }

    pub(crate) fn sqlite_client(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path()).expect("it can be opened")
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(&self.url, NoTls).expect("the server answers")
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        if let Some(Server { administrator, name }) = &mut self.server {
            let drop = format!("DROP DATABASE {name} WITH (FORCE)");
            // It may not throw out an autovacuum, which soon ends by itself.
            until("dropping the database", || {
                administrator.batch_execute(&drop).is_ok() || thread::panicking()
            });
        }
    }
}

/// Waits for what is going to happen.
pub(crate) fn until(what: &str, mut happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !happened() {
        assert!(Instant::now() < deadline, "{what} did not happen");
        thread::sleep(Duration::from_millis(2));
    }
}

/// The sum of each table, without a database.
pub(crate) fn sums(contents: Contents) -> [u64; 4] {
    let sum = |table| values(contents.seed, table).take(contents.rows).map(u64::from).sum();
    Table::ALL.map(sum)
}

/// The eight lines that any strategy says, table by table, on SQLite: its
/// averages are floating-point numbers of 15 digits.
pub(crate) fn told_by_sqlite(contents: Contents) -> Vec<String> {
    let average = |sum: u64| {
        let digits = format!("{:.14}", sum as f64 / contents.rows as f64);
        let short = digits.trim_end_matches('0');
        if short.ends_with('.') { format!("{short}0") } else { short.to_owned() }
    };
    told(contents, average)
}

/// The same on Postgres: its averages are decimal numbers with 16 places.
pub(crate) fn told_by_postgres(contents: Contents) -> Vec<String> {
    const PLACES: u128 = 10_u128.pow(16);
    let average = |sum: u64| {
        let (sum, rows) = (u128::from(sum), contents.rows as u128);
        let rounded = (2 * sum * PLACES + rows) / (2 * rows);
        format!("{}.{:016}", rounded / PLACES, rounded % PLACES)
    };
    told(contents, average)
}

fn told(contents: Contents, average: impl Fn(u64) -> String) -> Vec<String> {
    let names = ["first_table", "second_table", "third_table", "fourth_table"];
    let tables = names.into_iter().zip(sums(contents)).zip(1..);
    tables
        .flat_map(|((name, sum), number)| {
            let average = average(sum);
            [
                format!("avg {number}: ----> The Average for the table '{name}', is: {average}"),
                format!("sum {number}: --> The Sum for the table '{name}', is: {sum}"),
            ]
        })
        .collect()
}
