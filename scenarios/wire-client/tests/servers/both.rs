//! The clients that have one command on their way, as one: what holds for the one holds
//! for the other.

use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use wire_client::protocol::{Command, Value};
use wire_client::{Address, Error, blocking, simple};

/// A client, whichever it is.
pub(crate) enum Client {
    Blocking(blocking::Client),
    Simple(Runtime, simple::Client),
}

/// Which one.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Blocking,
    Simple,
}

pub(crate) const BOTH: [Kind; 2] = [Kind::Blocking, Kind::Simple];

impl Kind {
    pub(crate) fn connect(self, address: &Address) -> Result<Client, Error> {
        self.connect_within(address, Duration::from_secs(60))
    }

    pub(crate) fn connect_within(
        self,
        address: &Address,
        within: Duration,
    ) -> Result<Client, Error> {
        match self {
            Self::Blocking => {
                blocking::Client::connect_within(address, within).map(Client::Blocking)
            }
            Self::Simple => {
                let runtime = Builder::new_current_thread().enable_all().build();
                let runtime = runtime.expect("a runtime");
                let client = runtime.block_on(simple::Client::connect_within(address, within))?;
                Ok(Client::Simple(runtime, client))
            }
        }
    }
}

impl Client {
    pub(crate) fn call(&mut self, command: &Command) -> Result<Value, Error> {
        match self {
            Self::Blocking(client) => client.call(command),
            Self::Simple(runtime, client) => runtime.block_on(client.call(command)),
        }
    }

    pub(crate) fn close(self) {
        match self {
            Self::Blocking(client) => client.close(),
            Self::Simple(runtime, client) => runtime.block_on(client.close()),
        }
    }
}
