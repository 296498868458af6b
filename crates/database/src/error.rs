//! What can go wrong with a database, in words.

use std::error::Error as StdError;
use std::fs::File;
use std::time::Duration;
use std::{fmt, io, iter};

use rusqlite::ffi::ErrorCode;
use tokio_postgres::error::SqlState;

use crate::Database;

/// What went wrong, and with which database.
#[derive(Debug, Clone)]
pub struct Error {
    /// What went wrong.
    pub trouble: Trouble,
    /// Where, as a URL without its password.
    database: Option<String>,
}

/// The ways in which a database fails. The texts are the server's or the driver's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The URL begins with something else than `sqlite:`, `postgres:` or `mongodb:`.
    UnknownScheme(String),
    /// The URL cannot be read. It is not repeated: it may hold a password.
    NotAUrl,
    /// The URL is one of a server, and names none.
    NoHost,
    /// The URL is one of MongoDB's that stands for a list of hosts, which has to be looked up.
    NoLookUp,
    /// MongoDB is named, and the program was built without the feature for it.
    NotBuilt,
    /// MongoDB is named, and what is asked is asked in SQL.
    NoSql,
    /// No server listens there.
    NobodyThere(String),
    /// Something listens there, and has not let anybody in for so long.
    Silent(Duration),
    /// The system gives this program no more threads, or no more open files.
    NoMore(String),
    /// The server does not let this user in.
    Refused(String),
    /// The server has no database of this name.
    NoDatabase,
    /// There is no such SQLite file.
    NoFile,
    /// There is something of that name, but it cannot be opened.
    CannotOpen,
    /// A table is missing.
    NoTable(String),
    /// The server or the connection went away in the middle of a query.
    Stopped(String),
    /// The file holds something else than an SQLite database.
    NotADatabase,
    /// Another program has locked the file.
    Locked,
    /// The database has ended the statement, and nothing of it was done: it took longer
    /// than it may, or somebody wanted it ended.
    Ended(String),
    /// The file, or its folder, cannot be written.
    ReadOnly(String),
    /// The disk is full.
    Full(String),
    /// A generator was told to stop.
    Interrupted,
    /// Anything else.
    Other(String),
}

impl Error {
    /// The same error, with the database it is about.
    pub fn at(mut self, database: &Database) -> Self {
        self.database.get_or_insert_with(|| database.to_string());
        // To SQLite these are all the same.
        if self.trouble == Trouble::NoFile
            && let Database::Sqlite(path) = database
        {
            match File::open(path) {
                Err(error) if is_for_want_of_more(&error) => {
                    self.trouble = Trouble::NoMore(error.to_string());
                }
                _ if path.exists() => self.trouble = Trouble::CannotOpen,
                _ => {}
            }
        }
        self
    }

    /// What to do about it, in one line.
    ///
    /// Which command fills a missing table, and which option asks for less where
    /// there is no room, knows the package whose tables these are: a better hint
    /// about [`Trouble::NoFile`], [`Trouble::NoTable`] and [`Trouble::Full`] is its to give.
    pub fn hint(&self) -> &'static str {
        match self.trouble {
            Trouble::UnknownScheme(_) | Trouble::NotAUrl | Trouble::NoHost => {
                "name a database as sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/NAME"
            }
            Trouble::NoLookUp => "name the hosts themselves, as mongodb://HOST:PORT",
            Trouble::NotBuilt => "build it with --features mongodb",
            Trouble::NoSql => {
                "name one as sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/NAME in DATABASE_URL"
            }
            Trouble::NobodyThere(_) => {
                "start the server that DATABASE_URL names, or leave DATABASE_URL out to use an SQLite file"
            }
            Trouble::Silent(_) if self.is_of_mongodb() => {
                "see whether it is stopped or has too much to do; to wait for longer, say ?serverSelectionTimeoutMS=60000 in DATABASE_URL"
            }
            Trouble::Silent(_) => {
                "see whether it is stopped or has too much to do; to wait for longer, say ?connect_timeout=SECONDS in DATABASE_URL"
            }
            Trouble::NoMore(_) => {
                "ask for less at once, or have the limits raised (ulimit -n and ulimit -u show them)"
            }
            Trouble::Refused(_) => "check the user and the password in DATABASE_URL",
            Trouble::NoDatabase => "create it with createdb, or name another one in DATABASE_URL",
            Trouble::NoFile | Trouble::NoTable(_) => {
                "fill it first, or name another one in DATABASE_URL"
            }
            Trouble::Stopped(_) => "look at what the server itself says, and run it again",
            Trouble::CannotOpen | Trouble::NotADatabase => {
                "name another file in DATABASE_URL, or move this one away"
            }
            Trouble::Locked => "wait until the program that writes to it is done",
            Trouble::Ended(_) => "ask for less, or let statements take longer",
            Trouble::ReadOnly(_) => "name a file that may be written, in a folder that may be too",
            Trouble::Full(_) => "make room",
            Trouble::Interrupted => {
                "the database holds what it held before; the same command begins anew"
            }
            Trouble::Other(_) => "look at what the database itself says",
        }
    }

    fn is_of_mongodb(&self) -> bool {
        self.database.as_ref().is_some_and(|url| url.starts_with("mongodb:"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.database.as_deref().unwrap_or("the database");
        match &self.trouble {
            Trouble::UnknownScheme(scheme) => {
                write!(f, "'{scheme}:' is no kind of database that is known here")
            }
            Trouble::NotAUrl => f.write_str("the database's URL cannot be read"),
            Trouble::NoHost => f.write_str("the database's URL names no host"),
            Trouble::NoLookUp => f.write_str(
                "a URL of mongodb+srv has to be looked up in the DNS, which is not done here",
            ),
            Trouble::NotBuilt => f.write_str("this program was built without MongoDB"),
            Trouble::NoSql => {
                f.write_str("this program asks its database in SQL, which MongoDB does not know")
            }
            Trouble::Silent(time) => {
                write!(f, "{place} has not answered for {} s", time.as_secs_f64())
            }
            Trouble::NoMore(why) => write!(f, "no connection to {place} can be opened: {why}"),
            Trouble::NobodyThere(why) => write!(f, "nobody answers at {place}: {why}"),
            Trouble::Refused(why) => write!(f, "{place} does not let you in: {why}"),
            Trouble::NoDatabase => write!(f, "there is no database {place}"),
            Trouble::NoFile => write!(f, "there is no file {place}"),
            Trouble::NoTable(why) => write!(f, "{place} lacks a table: {why}"),
            Trouble::CannotOpen => write!(f, "{place} cannot be opened"),
            Trouble::Stopped(why) => write!(f, "{place} went away: {why}"),
            Trouble::NotADatabase => write!(f, "{place} is no SQLite database"),
            Trouble::Locked => write!(f, "{place} is locked by another program"),
            Trouble::Ended(why) => write!(f, "{place} has ended the statement: {why}"),
            Trouble::ReadOnly(why) => write!(f, "{place} cannot be written: {why}"),
            Trouble::Full(why) => write!(f, "{place} has no room left: {why}"),
            Trouble::Interrupted => {
                write!(f, "interrupted before {place} was filled")
            }
            Trouble::Other(why) => write!(f, "{place}: {why}"),
        }
    }
}

impl StdError for Error {}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        Self { trouble, database: None }
    }
}

/// Of a file or a thread; what goes wrong on the network has a driver's error.
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        let why = error.to_string();
        match error.kind() {
            _ if is_for_want_of_more(&error) => Trouble::NoMore(why),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Trouble::Full(why),
            _ => Trouble::ReadOnly(why),
        }
        .into()
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        let why = error.to_string();
        match error.sqlite_error() {
            Some(error) => sqlite(error.extended_code, why),
            None => Trouble::Other(why),
        }
        .into()
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        match (error.as_db_error(), io_error(&error)) {
            (Some(said), _) => server(said.code().code(), said.message()),
            (_, Some(io)) => network(io),
            _ if error.is_closed() => Trouble::Stopped(error.to_string()),
            _ => match innermost(&error) {
                why if why == "password missing" => Trouble::Refused(why),
                why => Trouble::Other(why),
            },
        }
        .into()
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(said) => {
                let code = said.code().unwrap_or_default();
                match said.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
                    Some(said) => server(said.code(), said.message()),
                    None => sqlite(code.parse().unwrap_or_default(), said.message().to_owned()),
                }
            }
            sqlx::Error::Io(io) => network(io),
            _ => Trouble::Other(innermost(&error)),
        }
        .into()
    }
}

#[cfg(feature = "mongodb")]
impl From<mongodb::error::Error> for Error {
    fn from(error: mongodb::error::Error) -> Self {
        use mongodb::error::{ErrorKind, WriteFailure};
        match &*error.kind {
            ErrorKind::Authentication { message, .. } => Trouble::Refused(message.clone()),
            ErrorKind::Command(said) => document_server(said.code, &said.message),
            ErrorKind::Write(WriteFailure::WriteError(said)) => {
                document_server(said.code, &said.message)
            }
            ErrorKind::Io(io) => network(io),
            ErrorKind::ConnectionPoolCleared { message, .. } => Trouble::Stopped(message.clone()),
            ErrorKind::ServerSelection { .. } => {
                Trouble::NobodyThere("no server was there in time".to_owned())
            }
            _ => Trouble::Other(innermost(&error)),
        }
        .into()
    }
}

/// What one of MongoDB's error codes means.
#[cfg(feature = "mongodb")]
fn document_server(code: i32, said: &str) -> Trouble {
    let said = said.to_owned();
    match code {
        // Unauthorized, AuthenticationFailed
        13 | 18 => Trouble::Refused(said),
        // MaxTimeMSExpired
        50 => Trouble::Ended(said),
        // NamespaceNotFound
        26 => Trouble::NoTable(said),
        // ShutdownInProgress, InterruptedAtShutdown
        91 | 11600 => Trouble::Stopped(said),
        // OutOfDiskSpace
        14031 => Trouble::Full(said),
        _ => Trouble::Other(said),
    }
}

/// What one of SQLite's result codes means.
fn sqlite(extended_code: i32, why: String) -> Trouble {
    match rusqlite::ffi::Error::new(extended_code).code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Trouble::Locked,
        ErrorCode::OperationInterrupted => Trouble::Ended(why),
        ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt => Trouble::NotADatabase,
        ErrorCode::CannotOpen => Trouble::NoFile,
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied => Trouble::ReadOnly(why),
        ErrorCode::DiskFull => Trouble::Full(why),
        _ if why.contains("no such table") => Trouble::NoTable(why),
        _ => Trouble::Other(why),
    }
}

/// What one of Postgres' error codes means.
fn server(code: &str, said: &str) -> Trouble {
    let said = said.to_owned();
    match SqlState::from_code(code) {
        SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            Trouble::Refused(said)
        }
        SqlState::INVALID_CATALOG_NAME => Trouble::NoDatabase,
        SqlState::QUERY_CANCELED => Trouble::Ended(said),
        SqlState::UNDEFINED_TABLE => Trouble::NoTable(said),
        SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN => Trouble::Stopped(said),
        // While it starts or stops.
        SqlState::CANNOT_CONNECT_NOW => Trouble::NobodyThere(said),
        SqlState::READ_ONLY_SQL_TRANSACTION => Trouble::ReadOnly(said),
        SqlState::DISK_FULL => Trouble::Full(said),
        _ => Trouble::Other(said),
    }
}

fn network(error: &io::Error) -> Trouble {
    match error.kind() {
        // In the words of the other driver; this one tells how many bytes are missing.
        io::ErrorKind::UnexpectedEof => Trouble::Stopped("connection closed".to_owned()),
        _ if is_for_want_of_more(error) => Trouble::NoMore(error.to_string()),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe => Trouble::Stopped(error.to_string()),
        _ => Trouble::NobodyThere(error.to_string()),
    }
}

/// Whether the system has no threads left for this program, or no open files.
fn is_for_want_of_more(error: &io::Error) -> bool {
    #[cfg(unix)]
    let has_no_files = {
        use rustix::io::Errno;
        let code = error.raw_os_error().map(Errno::from_raw_os_error);
        matches!(code, Some(Errno::MFILE | Errno::NFILE))
    };
    #[cfg(not(unix))]
    let has_no_files = false;
    // A thread is to be had again later, in the words of Unix.
    has_no_files || matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::OutOfMemory)
}

fn io_error(error: &tokio_postgres::Error) -> Option<&io::Error> {
    chain(error).find_map(|error| error.downcast_ref())
}

/// The outer errors only say that there is an inner one.
fn innermost(error: &(dyn StdError + 'static)) -> String {
    chain(error).last().unwrap_or(error).to_string()
}

fn chain<'e>(
    error: &'e (dyn StdError + 'static),
) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    iter::successors(Some(error), |error| (*error).source())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_gone_is_told_in_the_same_words_by_both_drivers() {
        let end = io::Error::new(io::ErrorKind::UnexpectedEof, "expected to read 5 bytes");
        let error = Error::from(sqlx::Error::Io(end));
        assert_eq!(error.trouble, Trouble::Stopped("connection closed".to_owned()));
    }

    #[cfg(unix)]
    #[test]
    fn want_of_threads_or_files_is_not_told_as_a_missing_server() {
        use rustix::io::Errno;
        for errno in [Errno::MFILE, Errno::NFILE, Errno::AGAIN] {
            let error = || io::Error::from_raw_os_error(errno.raw_os_error());
            let wanted = Trouble::NoMore(error().to_string());
            assert_eq!(Error::from(sqlx::Error::Io(error())).trouble, wanted);
            assert_eq!(Error::from(error()).trouble, wanted);
        }
    }

    #[test]
    fn a_full_disk_is_not_told_as_a_folder_that_is_missing() {
        let trouble = |kind| Error::from(io::Error::from(kind)).trouble;
        assert!(matches!(trouble(io::ErrorKind::StorageFull), Trouble::Full(_)));
        assert!(matches!(trouble(io::ErrorKind::NotFound), Trouble::ReadOnly(_)));
    }
}
