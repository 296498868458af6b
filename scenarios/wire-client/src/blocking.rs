//! A client that blocks: it sends a command, and its thread waits until the reply is
//! there.
//!
//! [`simple`](crate::simple) is the same, awaited. `diff src/blocking.rs src/simple.rs`
//! shows all that there is to do: the functions that wait for the socket are awaited, and
//! so is whoever calls them, and so on up.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use bytes::BytesMut;

use crate::one_at_a_time::blocking::{Told, connect, uninterrupted};
use crate::one_at_a_time::{
    PATIENCE, PIECE, answer, greeting, left, lost, out_of_step, some, turned_away, unasked,
    unreachable,
};
use crate::protocol::{Command, Decoder, Value};
use crate::{Address, Error};

/// A connection, on which one command at a time is on its way.
///
/// A call that fails otherwise than by a refusal leaves it of no use: the next reply would
/// be the one to the call that was given up.
#[derive(Debug)]
pub struct Client {
    socket: TcpStream,
    /// For how long it blocks.
    told: Told,
    /// What has just been read.
    piece: Box<[u8]>,
    /// What was read, and is no part of a reply yet.
    buffer: BytesMut,
    decoder: Decoder,
    /// How long a call may take.
    patience: Duration,
    /// Whether all replies have come to what was sent.
    in_step: bool,
}

impl Client {
    /// Connects, and says as whom and to which of the server's databases.
    ///
    /// # Errors
    ///
    /// When nobody answers there, or the server refuses.
    pub fn connect(address: &Address) -> Result<Self, Error> {
        Self::connect_within(address, PATIENCE)
    }

    /// The same with other patience than half a minute, for this and for every call.
    ///
    /// # Errors
    ///
    /// As [`Self::connect`].
    pub fn connect_within(address: &Address, patience: Duration) -> Result<Self, Error> {
        let socket = connect(address, Instant::now() + patience)
            .map_err(|error| unreachable(address, &error))?;
        let mut client = Self {
            socket,
            told: Told::default(),
            piece: vec![0; PIECE].into(),
            buffer: BytesMut::new(),
            decoder: Decoder::default(),
            patience,
            in_step: true,
        };
        for command in greeting(address) {
            client.call(&command).map_err(|error| turned_away(address, error))?;
        }
        Ok(client)
    }

    /// Sends a command and waits for its reply.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] when the database says no; the client can be used on then.
    /// Otherwise there is no reply, and none to any further call.
    pub fn call(&mut self, command: &Command) -> Result<Value, Error> {
        if !self.in_step {
            return Err(out_of_step());
        }
        self.in_step = false;
        let reply = self.exchange(command)?;
        self.in_step = true;
        answer(reply)
    }

    /// Ends the connection.
    pub fn close(self) {
        // If the server has ended it first, that is as good.
        let _ = self.socket.shutdown(Shutdown::Both);
    }

    fn exchange(&mut self, command: &Command) -> Result<Value, Error> {
        let until = Instant::now() + self.patience;
        self.write_all(command.as_bytes(), until)?;
        loop {
            if let Some(reply) = self.decoded()? {
                return Ok(reply);
            }
            let read = self.read(until).map_err(|error| lost(&error, self.patience))?;
            self.buffer.extend_from_slice(&self.piece[..read]);
        }
    }

    /// The reply, if all of it is there. What nobody has asked for, and a server may say
    /// nevertheless, is passed over.
    fn decoded(&mut self) -> Result<Option<Value>, Error> {
        let mut reply = None;
        while let Some(value) = self.decoder.decode(&mut self.buffer)? {
            match value {
                Value::Push(_) => {}
                _ if reply.is_some() => return Err(unasked()),
                value => reply = Some(value),
            }
        }
        Ok(reply)
    }

    fn write_all(&mut self, mut bytes: &[u8], until: Instant) -> Result<(), Error> {
        while !bytes.is_empty() {
            let written = self.write(bytes, until).map_err(|error| lost(&error, self.patience))?;
            bytes = &bytes[written..];
        }
        Ok(())
    }

    fn write(&mut self, bytes: &[u8], until: Instant) -> io::Result<usize> {
        self.told.before_write(&self.socket, left(until)?)?;
        let written = uninterrupted(|| self.socket.write(bytes))?;
        some(written)
    }

    fn read(&mut self, until: Instant) -> io::Result<usize> {
        self.told.before_read(&self.socket, left(until)?)?;
        let read = uninterrupted(|| self.socket.read(&mut self.piece))?;
        some(read)
    }
}
