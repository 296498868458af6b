//! A database, and what of it has to go.

use std::env;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::thread;

use database::Database;
use database::blocking::{Connection, Driver};
use tempfile::TempDir;

#[cfg(feature = "mongodb")]
use crate::documents::Documents;
use crate::server::{self, administrate};
use program_test::Proxy;

/// A database of one test's own, without tables. It goes with the test.
#[derive(Debug)]
pub struct Place {
    /// As `DATABASE_URL` would name it. In Postgres, the connections that are made by
    /// it have an `application_name` of their own too.
    pub url: String,
    held: Held,
}

#[derive(Debug)]
enum Held {
    /// Of an SQLite file, which is not there yet.
    Folder(TempDir),
    /// In the database that `DATABASE_URL` names.
    Schema(String),
    /// In the server that `MONGODB_URL` names.
    #[cfg(feature = "mongodb")]
    Documents(Box<Documents>),
}

impl Place {
    /// A file that is not there yet.
    ///
    /// # Panics
    ///
    /// When there can be no folder for it.
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        let url = format!("sqlite:{}", path_in(&folder).display());
        Self { url, held: Held::Folder(folder) }
    }

    /// An empty schema, one for each test.
    ///
    /// # Panics
    ///
    /// When `DATABASE_URL` names no Postgres that lets a test have one.
    pub fn postgres() -> Self {
        let server = server::url();
        let schema = name();
        // One that was killed may have left it.
        administrate(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}"));
        let separator = if server.contains('?') { '&' } else { '?' };
        let named = format!("application_name={schema}&options=-csearch_path%3D{schema}");
        Self { url: format!("{server}{separator}{named}"), held: Held::Schema(schema) }
    }

    /// An empty database, one for each test. Its URL leads through a [`proxy`](Self::proxy).
    ///
    /// # Panics
    ///
    /// When `MONGODB_URL` names no MongoDB that lets a test have one.
    #[cfg(feature = "mongodb")]
    pub fn mongo() -> Self {
        let documents = Documents::new(&name());
        Self { url: documents.url.clone(), held: Held::Documents(Box::new(documents)) }
    }

    /// What a program opens that is told its URL. It displays as in messages.
    ///
    /// # Panics
    ///
    /// When the URL was changed to something else.
    pub fn database(&self) -> Database {
        Database::parse(&self.url).expect("it is a URL")
    }

    /// The file.
    ///
    /// # Panics
    ///
    /// In Postgres.
    pub fn path(&self) -> PathBuf {
        match &self.held {
            Held::Folder(folder) => path_in(folder),
            _ => panic!("{} is no file", self.url),
        }
    }

    /// What leads to MongoDB; none elsewhere.
    pub fn proxy(&self) -> Option<&Proxy> {
        match &self.held {
            #[cfg(feature = "mongodb")]
            Held::Documents(documents) => Some(&documents.proxy),
            _ => None,
        }
    }

    /// Removes all collections from MongoDB. Gives false elsewhere, and does nothing.
    pub fn clear(&self) -> bool {
        match &self.held {
            #[cfg(feature = "mongodb")]
            Held::Documents(documents) => documents.clear(),
            _ => return false,
        }
        #[allow(unreachable_code, reason = "without MongoDB it has returned")]
        true
    }

    /// The names of the collections in MongoDB, in their order.
    ///
    /// # Panics
    ///
    /// Elsewhere.
    #[cfg(feature = "mongodb")]
    pub fn collections(&self) -> Vec<String> {
        self.documents().collections()
    }

    /// Adds documents to a collection of MongoDB.
    ///
    /// # Panics
    ///
    /// Elsewhere.
    #[cfg(feature = "mongodb")]
    pub fn insert(&self, collection: &str, all: Vec<mongodb::bson::Document>) {
        self.documents().insert(collection, all);
    }

    /// Does something with MongoDB.
    ///
    /// # Panics
    ///
    /// Elsewhere.
    #[cfg(feature = "mongodb")]
    pub fn client<T>(&self, with: impl FnOnce(&database::mongo::Client) -> T) -> T {
        self.documents().client(with)
    }

    #[cfg(feature = "mongodb")]
    fn documents(&self) -> &Documents {
        match &self.held {
            Held::Documents(documents) => documents,
            _ => panic!("{} is no MongoDB", self.url),
        }
    }

    /// A connection to it, which blocks.
    ///
    /// # Panics
    ///
    /// When there is no such file or server.
    pub fn connect(&self) -> Connection {
        self.database().connect().expect("it is there")
    }

    /// Runs these statements; an SQLite file is made first.
    ///
    /// # Panics
    ///
    /// When they cannot be run.
    pub fn execute(&self, statements: &str) {
        if let Held::Folder(folder) = &self.held {
            // An empty file is a database without tables.
            let made = File::options().create(true).append(true).open(path_in(folder));
            made.expect("the file can be made");
        }
        match self.connect().driver {
            Driver::Sqlite(file) => file.execute_batch(statements).expect("it is SQL"),
            Driver::Postgres(mut client) => client.batch_execute(statements).expect("it is SQL"),
            _ => panic!("{} knows no SQL", self.url),
        }
    }

    /// The integer in the one row and column of the query's answer.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn integer(&self, query: &'static str) -> i64 {
        self.connect().integer(query).expect("it is SQL").expect("it is not NULL")
    }

    /// The text in the one row and column of the query's answer.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn text(&self, query: &'static str) -> String {
        self.connect().text(query).expect("it is SQL").expect("it is not NULL")
    }
}

fn path_in(folder: &TempDir) -> PathBuf {
    folder.path().join("test.sqlite")
}

/// A name for this test, the same each time it is run: what to read of it, and what
/// tells it from all others. The server keeps 63 bytes.
fn name() -> String {
    let thread = thread::current();
    let test = thread.name().expect("tests have names");
    let mut all = DefaultHasher::new();
    (env::current_exe().expect("this program"), test).hash(&mut all);
    let short: String = test.rsplit("::").take(1).flat_map(str::chars).take(40).collect();
    format!("{short}_{:016x}", all.finish())
}

impl Drop for Place {
    fn drop(&mut self) {
        #[cfg(feature = "mongodb")]
        if let Held::Documents(documents) = &self.held
            && !thread::panicking()
        {
            documents.clear();
        }
        let Held::Schema(schema) = &self.held else { return };
        // A program that has just been killed may still hold a lock for a moment.
        let drop = format!("SET lock_timeout = '60s'; DROP SCHEMA {schema} CASCADE");
        // A second panic would hide the first; the next run of the test clears up.
        if !thread::panicking() {
            administrate(&drop);
        }
    }
}
