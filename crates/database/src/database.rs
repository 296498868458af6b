//! Which database a program works on.

use std::env;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use tokio_postgres::config::{Config, Host};

use crate::error::{Error, Trouble};
#[cfg(feature = "mongodb")]
use crate::mongo;
use crate::{asynchronous, blocking};

/// The environment variable that names the database.
const DATABASE_URL: &str = "DATABASE_URL";

/// How long a server may take to let somebody in, unless `connect_timeout` in
/// the URL says otherwise. Whoever has that much to do has not stopped.
pub(crate) const USUAL_PATIENCE: Duration = Duration::from_secs(30);

/// Where Postgres listens unless a URL says otherwise.
const USUAL_PORT: u16 = 5432;

/// A database that can be opened, any number of times.
#[derive(Clone)]
#[non_exhaustive]
pub enum Database {
    /// An SQLite file.
    Sqlite(PathBuf),
    /// A database of a Postgres server.
    Postgres(Box<Address>),
    /// A database of a MongoDB server.
    #[cfg(feature = "mongodb")]
    Mongo(Box<mongo::Address>),
}

/// Where a Postgres database is, as the driver of connections and that of pools want to be told.
/// Holds the password, and never shows it.
#[derive(Clone)]
pub struct Address {
    pub(crate) driver: Config,
    pub(crate) pool: PgConnectOptions,
}

impl Database {
    /// Reads a URL: `sqlite:PATH`, `postgres://…` or `postgresql://…`, and with the
    /// feature `mongodb` also `mongodb://…`.
    pub fn parse(url: &str) -> Result<Self, Error> {
        match url.split_once(':') {
            Some(("sqlite", path)) => sqlite(path.strip_prefix("//").unwrap_or(path)),
            Some(("postgres" | "postgresql", _)) => postgres(url),
            Some(("mongodb", _)) => mongodb(url),
            Some(("mongodb+srv", _)) => Err(Trouble::NoLookUp.into()),
            // Anything but letters may be a part of a password, and is not repeated.
            Some((scheme, _)) if scheme.chars().all(|letter| letter.is_ascii_lowercase()) => {
                Err(Trouble::UnknownScheme(scheme.to_owned()).into())
            }
            _ => Err(Trouble::NotAUrl.into()),
        }
    }

    /// The database that `DATABASE_URL` names; none if it is not set, or empty. It is
    /// asked in SQL: MongoDB is refused.
    pub fn from_env() -> Result<Option<Self>, Error> {
        match url_in_env()? {
            Some(url) if is_of_mongodb(&url) => Err(Trouble::NoSql.into()),
            url => url.map(|url| Self::parse(&url)).transpose(),
        }
    }

    /// The same for a program that can ask MongoDB as well: there it is the database of
    /// this name, unless the URL names one.
    pub fn from_env_or_named(name: &str) -> Result<Option<Self>, Error> {
        let named = url_in_env()?.map(|url| Self::parse(&url)).transpose()?;
        Ok(named.map(|database| database.or_named(name)))
    }

    #[cfg(not(feature = "mongodb"))]
    fn or_named(self, _: &str) -> Self {
        self
    }

    #[cfg(feature = "mongodb")]
    fn or_named(self, name: &str) -> Self {
        match self {
            Self::Mongo(address) => Self::Mongo(Box::new(address.or_named(name))),
            other => other,
        }
    }

    /// Tells in a program's help which database it uses: the one that
    /// `DATABASE_URL` names, or `otherwise`, such as `a file that the first run fills`.
    pub fn help(otherwise: &str) -> String {
        format!(
            "The database is the one that {DATABASE_URL} names, as sqlite:PATH or postgres://…\n\
             Without it, {otherwise}."
        )
    }

    /// The same for a program that can ask MongoDB as well, if it is built so.
    pub fn help_with_mongodb(otherwise: &str) -> String {
        if cfg!(feature = "mongodb") {
            Self::help(otherwise).replace(" or postgres://…", ", postgres://… or mongodb://…")
        } else {
            Self::help(otherwise)
        }
    }

    /// The default, which needs nothing installed: the SQLite file `NAME.sqlite`
    /// in cargo's target folder if the program lies there, else in the current folder.
    pub fn embedded(name: &str) -> Self {
        Self::Sqlite(target_folder().unwrap_or_default().join(format!("{name}.sqlite")))
    }

    /// The same, whose server may take so long to let somebody in, unless `connect_timeout`
    /// in its URL says otherwise.
    pub fn with_connect_timeout(mut self, time: Duration) -> Self {
        if let Self::Postgres(address) = &mut self
            && address.driver.get_connect_timeout().is_none()
        {
            address.driver.connect_timeout(time);
        }
        self
    }

    /// Opens a connection that blocks the thread.
    ///
    /// It fails if no server answers or lets the user in, or if there is no such file.
    pub fn connect(&self) -> Result<blocking::Connection, Error> {
        blocking::Connection::open(self).map_err(|error| error.at(self))
    }

    /// Opens a connection that gives the thread back while it waits.
    ///
    /// It fails as [`connect`](Self::connect) does.
    pub async fn connect_async(&self) -> Result<asynchronous::Connection, Error> {
        asynchronous::Connection::open(self).await.map_err(|error| error.at(self))
    }
}

fn url_in_env() -> Result<Option<String>, Error> {
    match env::var(DATABASE_URL) {
        Ok(url) if url.is_empty() => Ok(None),
        Ok(url) => Ok(Some(url)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(Trouble::NotAUrl.into()),
    }
}

fn is_of_mongodb(url: &str) -> bool {
    matches!(url.split_once(':'), Some(("mongodb" | "mongodb+srv", _)))
}

#[cfg(feature = "mongodb")]
fn mongodb(url: &str) -> Result<Database, Error> {
    mongo::Address::parse(url).map(|address| Database::Mongo(Box::new(address)))
}

#[cfg(not(feature = "mongodb"))]
fn mongodb(_: &str) -> Result<Database, Error> {
    Err(Trouble::NotBuilt.into())
}

fn sqlite(path: &str) -> Result<Database, Error> {
    if path.is_empty() {
        return Err(Trouble::NotAUrl.into());
    }
    Ok(Database::Sqlite(path.into()))
}

fn postgres(url: &str) -> Result<Database, Error> {
    // What the parsers say of a bad URL may hold a part of the password.
    let driver: Config = url.parse().map_err(|_| Trouble::NotAUrl)?;
    // One driver would look for a server nearby, and the other would not.
    if driver.get_hosts().is_empty() && driver.get_hostaddrs().is_empty() {
        return Err(Trouble::NoHost.into());
    }
    let pool = url.parse().map_err(|_| Trouble::NotAUrl)?;
    Ok(Database::Postgres(Box::new(Address { driver, pool })))
}

impl Address {
    /// How long a server may take to let somebody in.
    pub(crate) fn patience(&self) -> Duration {
        self.driver.get_connect_timeout().copied().unwrap_or(USUAL_PATIENCE)
    }

    /// Fails where the system gives no thread. The drivers have tokio look a host's name
    /// up on one, and tokio panics without.
    pub(crate) fn can_be_looked_up(&self) -> Result<(), Error> {
        let is_name = |host: &Host| match host {
            Host::Tcp(host) => host.parse::<IpAddr>().is_err(),
            #[cfg(unix)]
            Host::Unix(_) => false,
        };
        if self.driver.get_hosts().iter().any(is_name) {
            // It does nothing, and so cannot panic.
            let _ = thread::Builder::new().spawn(|| ())?.join();
        }
        Ok(())
    }
}

/// Cargo leaves these in the folder it builds in: the first one only if it made that
/// folder itself.
const MARKS: [&str; 2] = ["CACHEDIR.TAG", ".rustc_info.json"];

fn target_folder() -> Option<PathBuf> {
    let program = env::current_exe().ok()?;
    let is_marked = |folder: &&Path| MARKS.iter().any(|mark| folder.join(mark).is_file());
    program.ancestors().find(is_marked).map(Path::to_owned)
}

/// As a URL, without the password.
impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(address) => write!(f, "{address}"),
            #[cfg(feature = "mongodb")]
            Self::Mongo(address) => write!(f, "{address}"),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let config = &self.driver;
        let user = config.get_user().map(|user| format!("{user}@")).unwrap_or_default();
        let host = match config.get_hosts().first() {
            Some(Host::Tcp(host)) => host.clone(),
            #[cfg(unix)]
            Some(Host::Unix(folder)) => folder.display().to_string(),
            None => String::new(),
        };
        let port = config.get_ports().first().unwrap_or(&USUAL_PORT);
        let name = config.get_dbname().or(config.get_user()).unwrap_or_default();
        write!(f, "postgres://{user}{host}:{port}/{name}")
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
