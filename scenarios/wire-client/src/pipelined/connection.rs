//! A stream, and what has come over it that is not understood yet.

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::one_at_a_time::{greeting, turned_away};
use crate::protocol::{Command, Decoder, Limits, Value};
use crate::{Address, Error};

/// How much is read at once.
pub(super) const READ: usize = 64 << 10;

#[derive(Debug)]
pub(super) struct Connection<S> {
    pub(super) stream: S,
    pub(super) decoder: Decoder,
    pub(super) incoming: BytesMut,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    pub(super) fn new(stream: S, limits: Limits) -> Self {
        let incoming = BytesMut::with_capacity(READ);
        Self { stream, decoder: Decoder::new(limits), incoming }
    }

    /// What a connection begins with: the version of the protocol, who we are, and which
    /// database. Each waits for its reply, so that no command runs before all is as it
    /// should be.
    pub(super) async fn greet(&mut self, address: &Address) -> Result<(), Error> {
        for command in greeting(address) {
            self.ask(&command).await.map_err(|error| turned_away(address, error))?;
        }
        Ok(())
    }

    async fn ask(&mut self, command: &Command) -> Result<Value, Error> {
        self.stream.write_all(command.as_bytes()).await.map_err(|error| Error::broken(&error))?;
        loop {
            match self.decoder.decode(&mut self.incoming)? {
                Some(Value::Push(_)) => {}
                Some(reply) => return super::refusal(reply),
                None => self.read().await?,
            }
        }
    }

    async fn read(&mut self) -> Result<(), Error> {
        self.incoming.reserve(READ);
        match self.stream.read_buf(&mut self.incoming).await {
            Ok(0) => Err(Error::lost(super::CLOSED)),
            Ok(_) => Ok(()),
            Err(error) => Err(Error::broken(&error)),
        }
    }
}
