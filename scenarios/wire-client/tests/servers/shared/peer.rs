//! A server whose every connection does what a test writes down.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use bytes::BytesMut;
use wire_client::Address;
use wire_client::protocol::{Decoder, Value};

/// Serves each connection on a thread of its own; it is told the connection's number, the
/// first one being 1. It ends with the test's process.
pub(crate) fn serve(behave: impl Fn(&mut Peer, usize) + Send + Sync + 'static) -> Address {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("it is bound").port();
    let behave = std::sync::Arc::new(behave);
    thread::spawn(move || {
        for (number, stream) in listener.incoming().flatten().enumerate() {
            let behave = behave.clone();
            stream.set_nodelay(true).expect("a socket");
            let decoder = Decoder::default();
            let mut peer = Peer { stream, decoder, buffer: BytesMut::new() };
            thread::spawn(move || behave(&mut peer, number + 1));
        }
    });
    Address::new("127.0.0.1", port)
}

/// The same, after a greeting as it should be.
pub(crate) fn serve_greeted(behave: impl Fn(&mut Peer, usize) + Send + Sync + 'static) -> Address {
    serve(move |peer, number| {
        assert_eq!(peer.hears(), ["HELLO", "3"]);
        peer.says("%1\r\n$5\r\nproto\r\n:3\r\n");
        behave(peer, number);
    })
}

/// The server's end of a connection.
pub(crate) struct Peer {
    stream: TcpStream,
    decoder: Decoder,
    buffer: BytesMut,
}

impl Peer {
    /// The next command's words; none at the end.
    pub(crate) fn hears(&mut self) -> Vec<String> {
        loop {
            if let Some(command) = self.decoder.decode(&mut self.buffer).expect("a command") {
                let Value::Array(words) = command else { panic!("{command:?} is no command") };
                let text = |word: &Value| word.as_text().map(|text| text.to_vec());
                let words = words.iter().filter_map(text);
                return words.map(|it| String::from_utf8_lossy(&it).into_owned()).collect();
            }
            let mut some = [0; 4096];
            match self.stream.read(&mut some) {
                Ok(count @ 1..) => self.buffer.extend_from_slice(&some[..count]),
                _ => return Vec::new(),
            }
        }
    }

    /// Tells whether anybody is there to hear it.
    pub(crate) fn says(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).is_ok()
    }

    /// Until the client has gone. Gives how many bytes came.
    pub(crate) fn reads_on(&mut self) -> usize {
        let mut sum = self.buffer.len();
        let mut some = [0; 64 << 10];
        while let Ok(count @ 1..) = self.stream.read(&mut some) {
            sum += count;
        }
        sum
    }
}
