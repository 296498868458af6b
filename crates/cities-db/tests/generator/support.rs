//! Databases for tests, and running the program on them.

use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs};

use cities_db::MUNICIPALITIES;
use database::Database;
use tempfile::TempDir;

/// How long to wait for what should happen soon, before a test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// A database of one test's own.
pub(crate) struct Place {
    pub(crate) url: String,
    held: Held,
}

/// What goes when the test ends.
enum Held {
    File(TempDir),
    Schema(String),
}

impl Place {
    /// A file that is not there yet.
    pub(crate) fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite:{}", folder.path().join("cities.sqlite").display());
        Self { url, held: Held::File(folder) }
    }

    /// An empty schema in the database that `DATABASE_URL` names.
    pub(crate) fn postgres() -> Self {
        let server = server();
        let test = thread::current().name().unwrap_or_default().replace("::", "_");
        // The server keeps 63 bytes of a name.
        let schema: String = format!("gen_{test}").chars().take(60).collect();
        let create = format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}");
        administrate(&server, &create);
        let separator = if server.contains('?') { '&' } else { '?' };
        let url = format!("{server}{separator}options=-csearch_path%3D{schema}");
        Self { url, held: Held::Schema(schema) }
    }

    pub(crate) fn database(&self) -> Database {
        Database::parse(&self.url).unwrap()
    }

    /// The program, about to run on this database.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_generatedb"));
        command.args(args).env("DATABASE_URL", &self.url);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.command(args).output().expect("the program was built").into()
    }

    /// Runs it to a good end.
    pub(crate) fn generate(&self, args: &[&str]) -> Ran {
        let ran = self.run(args);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        ran
    }

    /// Begins to add many cities, and returns in the middle of it. There have to be some already.
    pub(crate) fn begin(&self) -> Child {
        let before = self.bytes();
        let child = self.command(&["--copies", "3000"]).spawn().unwrap();
        until("it writes", || self.bytes() > before + 20_000_000);
        child
    }

    /// What the table takes on disk, rows included that nobody can see yet.
    pub(crate) fn bytes(&self) -> i64 {
        match &self.held {
            Held::File(folder) => {
                let file = fs::metadata(folder.path().join("cities.sqlite")).unwrap();
                i64::try_from(file.len()).unwrap()
            }
            Held::Schema(_) => self.integer("SELECT pg_relation_size('cities')"),
        }
    }

    pub(crate) fn integer(&self, query: &'static str) -> i64 {
        self.database().connect().unwrap().integer(query).unwrap().unwrap()
    }

    pub(crate) fn text(&self, query: &'static str) -> String {
        self.database().connect().unwrap().text(query).unwrap().unwrap()
    }

    pub(crate) fn execute(&self, statements: &'static str) {
        self.database().connect().unwrap().execute(statements).unwrap();
    }

    pub(crate) fn cities(&self) -> i64 {
        self.integer("SELECT count(*) FROM cities")
    }

    /// Nothing is left of what a generator began.
    pub(crate) fn assert_holds_copies(&self, copies: u32) {
        assert_eq!(self.cities(), i64::from(copies) * i64::from(MUNICIPALITIES));
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Held::Schema(schema) = &self.held {
            administrate(&server(), &format!("DROP SCHEMA {schema} CASCADE"));
        }
    }
}

fn server() -> String {
    env::var("DATABASE_URL").expect("DATABASE_URL names a Postgres: run scripts/test")
}

fn administrate(server: &str, statements: &str) {
    let mut client = postgres::Client::connect(server, postgres::NoTls).unwrap();
    client.batch_execute(statements).unwrap();
}

/// What a run left on its two streams, and how it ended.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
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

/// Looks again and again until it is so.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "still not so: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}
