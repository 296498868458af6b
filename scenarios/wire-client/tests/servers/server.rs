//! A server that does what a test tells it to, on a thread of its own.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use wire_client::Address;

/// What it does when a command has come.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    /// It writes this, at once.
    Says(&'static [u8]),
    /// It writes this byte by byte, each a packet of its own.
    Trickles(&'static [u8]),
    /// It writes this again and again, until nobody listens.
    SaysForever(&'static [u8]),
    /// The same with a pause each time.
    TricklesForever(&'static [u8]),
    /// It does nothing.
    Stalls,
    /// It ends the connection.
    Closes,
}

/// Between two bytes that trickle.
const PAUSE: Duration = Duration::from_millis(1);

/// It has taken one connection, or will. When it is dropped, its client has to be gone.
pub(crate) struct Server {
    pub(crate) address: Address,
    thread: Option<JoinHandle<usize>>,
}

impl Server {
    /// Does these for the first command, those for the second, and so on. After the last of
    /// them it reads until its client is gone.
    pub(crate) fn start(acts: &'static [&'static [Act]]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("it is bound").port();
        let serve = move || {
            let (mut client, _) = listener.accept().expect("a client");
            client.set_nodelay(true).expect("it is connected");
            // It fails when the client has gone, which is as good an end as any.
            serve(&mut client, acts).unwrap_or_default()
        };
        let thread = Some(thread::spawn(serve));
        Self { address: Address::new("127.0.0.1", port), thread }
    }

    /// Waits until its client is gone, and says how many bytes came after the last command
    /// that it knew an answer to.
    pub(crate) fn end(mut self) -> usize {
        self.thread.take().expect("it has not ended").join().expect("it does not panic")
    }
}

fn serve(client: &mut TcpStream, acts: &[&[Act]]) -> io::Result<usize> {
    let mut command = [0; 1024];
    for acts in acts {
        // Commands are short, and come in one piece.
        if client.read(&mut command)? == 0 {
            return Ok(0);
        }
        for act in *acts {
            match act {
                Act::Says(words) => client.write_all(words)?,
                Act::Trickles(words) => trickle(client, words)?,
                Act::SaysForever(words) => loop {
                    client.write_all(words)?;
                },
                Act::TricklesForever(words) => loop {
                    trickle(client, words)?;
                },
                Act::Stalls => {}
                Act::Closes => return Ok(0),
            }
        }
    }
    let mut more = 0;
    loop {
        match client.read(&mut command)? {
            0 => return Ok(more),
            read => more += read,
        }
    }
}

fn trickle(client: &mut TcpStream, words: &[u8]) -> io::Result<()> {
    for byte in words {
        client.write_all(std::slice::from_ref(byte))?;
        thread::sleep(PAUSE);
    }
    Ok(())
}
