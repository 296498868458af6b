//! A client of the binary protocol that is awaited: one request at a time.

use std::time::{Duration, Instant};

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Code, Decoder, Message, Payload, Server};
use crate::one_at_a_time::awaited::connect;
use crate::one_at_a_time::{PATIENCE, left, lost, out_of_step, some, unreachable};
use crate::{Address, Error};

/// A connection, on which one request at a time is on its way.
///
/// A call that fails otherwise than by a refusal leaves it of no use, and so does one that
/// is dropped before its end.
#[derive(Debug)]
pub struct Client {
    socket: TcpStream,
    buffer: BytesMut,
    decoder: Decoder,
    /// How long a call may take.
    patience: Duration,
    /// Whether all answers have come to what was sent.
    in_step: bool,
}

impl Client {
    /// Connects. Of the address only the host and the port are used: there is nobody to
    /// log in as.
    ///
    /// # Errors
    ///
    /// When nobody answers there.
    pub async fn connect(address: &Address) -> Result<Self, Error> {
        Self::connect_within(address, PATIENCE).await
    }

    /// The same with other patience than half a minute, for this and for every call.
    ///
    /// # Errors
    ///
    /// As [`Self::connect`].
    pub async fn connect_within(address: &Address, patience: Duration) -> Result<Self, Error> {
        let socket = connect(address, Instant::now() + patience)
            .await
            .map_err(|error| unreachable(address, &error))?;
        let decoder = Decoder::new(Server::LARGEST);
        Ok(Self { socket, buffer: BytesMut::new(), decoder, patience, in_step: true })
    }

    /// One more for the number of this name; gives what it is then.
    ///
    /// # Errors
    ///
    /// When the server refuses or says what is no answer, or the connection is lost.
    pub async fn increment(&mut self, name: &str) -> Result<i64, Error> {
        if !self.in_step {
            return Err(out_of_step());
        }
        self.in_step = false;
        let answer = self.exchange(&Message::about(Code::Increment, name)).await?;
        let number = match (answer.code, answer.payload) {
            (Code::Reply, Payload::Integer(number)) => Ok(number),
            (Code::Refusal, Payload::Bytes(why)) => Err(Error::refused(&why)),
            _ => return Err(Error::NoAnswer),
        };
        self.in_step = true;
        number
    }

    async fn exchange(&mut self, request: &Message) -> Result<Message, Error> {
        let until = Instant::now() + self.patience;
        let lost = |error| lost(&error, self.patience);
        let mut bytes = BytesMut::new();
        request.encode(&mut bytes);
        let written = async { timeout(left(until)?, self.socket.write_all(&bytes)).await? };
        written.await.map_err(lost)?;
        loop {
            if let Some(answer) = self.decoder.decode(&mut self.buffer)? {
                return Ok(answer);
            }
            let read = async {
                some(timeout(left(until)?, self.socket.read_buf(&mut self.buffer)).await??)
            };
            read.await.map_err(lost)?;
        }
    }
}
