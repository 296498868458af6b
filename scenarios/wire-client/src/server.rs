//! The Redis of a run: the one that `REDIS_URL` names, else one of its own.

use std::env;

use crate::{Address, AddressError, Failure, binary};

#[cfg(unix)]
mod own;

/// Where the database comes from, if the user says so.
const REDIS_URL: &str = "REDIS_URL";

/// A Redis that can be asked. One that was started for the run ends when this is dropped,
/// and also when the process ends, however that comes about.
pub struct Server {
    address: Address,
    /// Whether it is that of `REDIS_URL`.
    is_given: bool,
    #[cfg(unix)]
    _own: Option<own::Own>,
    /// In place of a Redis.
    binary: Option<binary::Server>,
}

impl Server {
    /// The one of `REDIS_URL`, whether anybody answers there or not; else one is started.
    ///
    /// # Errors
    ///
    /// When `REDIS_URL` is no address, or there is no program to start.
    pub fn find_or_start() -> Result<Self, Failure> {
        match given()? {
            Some(address) => Ok(Self::given(address)),
            None => Self::start(),
        }
    }

    /// Whether `REDIS_URL` could be used, if it is set; nobody is asked.
    ///
    /// # Errors
    ///
    /// When it is no address.
    pub(crate) fn check_given() -> Result<(), Failure> {
        given().map(drop)
    }

    fn given(address: Address) -> Self {
        Self {
            address,
            is_given: true,
            #[cfg(unix)]
            _own: None,
            binary: None,
        }
    }

    #[cfg(unix)]
    fn start() -> Result<Self, Failure> {
        let own = own::Own::start()?;
        Ok(Self {
            address: Address::new("127.0.0.1", own.port()),
            is_given: false,
            _own: Some(own),
            binary: None,
        })
    }

    /// There is no Redis for Windows.
    #[cfg(not(unix))]
    fn start() -> Result<Self, Failure> {
        Err(Failure::new(
            "no Redis is named, and there is none that could be started here",
            "set REDIS_URL to the address of one, such as redis://localhost:6379",
        ))
    }

    /// One that speaks [the binary protocol](crate::binary), and is no Redis.
    ///
    /// # Errors
    ///
    /// When the system has no port or no thread for it.
    pub fn start_binary() -> Result<Self, Failure> {
        let server = binary::Server::start()?;
        Ok(Self {
            address: Address::new("127.0.0.1", server.address().port()),
            is_given: false,
            #[cfg(unix)]
            _own: None,
            binary: Some(server),
        })
    }

    /// Where it is.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Whether it is that of `REDIS_URL`, and so holds what is others'.
    pub fn is_given(&self) -> bool {
        self.is_given
    }

    /// Which it is, as a note of the run.
    pub fn told(&self) -> String {
        if self.binary.is_some() {
            "this run brings its own server of the binary protocol".to_owned()
        } else if self.is_given {
            format!("the database is that of {REDIS_URL}, {}", self.address)
        } else {
            format!("{REDIS_URL} is not set, so this run brings its own Redis")
        }
    }
}

/// The address of `REDIS_URL`, if it is set.
fn given() -> Result<Option<Address>, Failure> {
    match env::var(REDIS_URL) {
        Err(env::VarError::NotPresent) => Ok(None),
        Ok(url) => Ok(Some(url.parse()?)),
        Err(env::VarError::NotUnicode(_)) => Err(AddressError::Scheme.into()),
    }
}
