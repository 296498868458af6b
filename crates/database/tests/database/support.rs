//! Databases of each test's own.

use std::{env, thread};

use database::Database;
use tempfile::TempDir;

/// A database of one test's own, without tables. It goes with the test.
pub(crate) struct Place {
    pub(crate) url: String,
    held: Held,
}

enum Held {
    /// Of an SQLite file, which is not there yet.
    Folder(TempDir),
    /// In the database that `DATABASE_URL` names.
    Schema(String),
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("test.sqlite").display());
        Self { url, held: Held::Folder(folder) }
    }

    pub(crate) fn postgres() -> Self {
        let server = server();
        let test = thread::current().name().unwrap_or_default().replace("::", "_");
        // The server keeps 63 bytes of a name.
        let schema: String = format!("db_{test}").chars().take(60).collect();
        let create = format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}");
        administrate(&server, &create);
        let separator = if server.contains('?') { '&' } else { '?' };
        let url = format!("{server}{separator}options=-csearch_path%3D{schema}");
        Self { url, held: Held::Schema(schema) }
    }

    pub(crate) fn database(&self) -> Database {
        Database::parse(&self.url).unwrap()
    }

    /// The same, with tables; an SQLite file is made first.
    pub(crate) fn with(&self, statements: &'static str) -> Database {
        if let Held::Folder(folder) = &self.held {
            std::fs::write(folder.path().join("test.sqlite"), "").unwrap();
        }
        let database = self.database();
        database.connect().unwrap().execute(statements).unwrap();
        database
    }

    pub(crate) fn integer(&self, query: &'static str) -> i64 {
        self.database().connect().unwrap().integer(query).unwrap().unwrap()
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
