//! The server, asked through a socket.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;

use bytes::{Bytes, BytesMut};
use program_test::PATIENCE;
use wire_client::binary::{Code, Decoder, Message, Payload, Server};

struct Connection {
    stream: TcpStream,
    decoder: Decoder,
    buffer: BytesMut,
}

impl Connection {
    fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time");
        Self { stream, decoder: Decoder::new(Server::LARGEST), buffer: BytesMut::new() }
    }

    fn say(&mut self, messages: &[Message]) {
        let mut said = BytesMut::new();
        messages.iter().for_each(|message| message.encode(&mut said));
        self.stream.write_all(&said).expect("it reads");
    }

    /// The next answer, or nothing when the other side has closed.
    fn read(&mut self) -> Option<Message> {
        loop {
            if let Some(message) = self.decoder.decode(&mut self.buffer).expect("a message") {
                return Some(message);
            }
            let mut read = [0; 4096];
            let count = self.stream.read(&mut read).expect("an answer");
            if count == 0 {
                return None;
            }
            self.buffer.extend_from_slice(&read[..count]);
        }
    }

    fn ask(&mut self, message: Message) -> Message {
        self.say(&[message]);
        self.read().expect("an answer")
    }
}

fn reply(payload: Payload) -> Message {
    Message { code: Code::Reply, payload }
}

fn refusal(reason: &'static str) -> Message {
    let payload = Payload::Bytes(Bytes::from_static(reason.as_bytes()));
    Message { code: Code::Refusal, payload }
}

fn integer(number: i64) -> Message {
    reply(Payload::Integer(number))
}

#[test]
fn it_counts_for_all_connections_together() {
    let server = Server::start().unwrap();
    let [mut one, mut other] = [(); 2].map(|()| Connection::to(server.address()));
    assert_eq!(one.ask(Message::about(Code::Get, "seats")), reply(Payload::Nothing));
    assert_eq!(one.ask(Message::about(Code::Increment, "seats")), integer(1));
    assert_eq!(other.ask(Message::about(Code::Increment, "seats")), integer(2));
    assert_eq!(other.ask(Message::about(Code::Increment, "others")), integer(1));
    assert_eq!(one.ask(Message::about(Code::Get, "seats")), integer(2));
}

#[test]
fn it_says_the_same_again() {
    let server = Server::start().unwrap();
    let mut connection = Connection::to(server.address());
    let large = Payload::Bytes(vec![7; Server::LARGEST].into());
    for payload in [Payload::Nothing, Payload::Integer(i64::MIN), large] {
        let request = Message { code: Code::Echo, payload: payload.clone() };
        assert_eq!(connection.ask(request), reply(payload));
    }
}

#[test]
fn many_at_once_are_answered_in_order() {
    let server = Server::start().unwrap();
    let mut connection = Connection::to(server.address());
    let mut writer = connection.stream.try_clone().unwrap();
    let count = 20_000;
    // More than both sockets hold: who writes alone would stand still.
    let writing = thread::spawn(move || {
        let mut said = BytesMut::new();
        (0..count).for_each(|_| Message::about(Code::Increment, "seats").encode(&mut said));
        writer.write_all(&said).expect("it reads");
        writer.shutdown(Shutdown::Write).expect("a socket");
    });
    for number in 1..=count {
        assert_eq!(connection.read(), Some(integer(number)));
    }
    assert_eq!(connection.read(), None, "all was said");
    writing.join().unwrap();
}

#[test]
fn what_is_no_request_is_refused_and_the_next_one_answered() {
    let server = Server::start().unwrap();
    let mut connection = Connection::to(server.address());
    let nothing = |code| Message { code, payload: Payload::Nothing };
    assert_eq!(connection.ask(nothing(Code::Get)), refusal("a name is bytes"));
    assert_eq!(connection.ask(nothing(Code::Increment)), refusal("a name is bytes"));
    assert_eq!(connection.ask(nothing(Code::Reply)), refusal("an answer is no request"));
    let long = Message::about(Code::Increment, &"x".repeat(Server::NAME + 1));
    assert_eq!(connection.ask(long), refusal("the name is too long"));
    let longest = Message::about(Code::Increment, &"x".repeat(Server::NAME));
    assert_eq!(connection.ask(longest), integer(1));
}

#[test]
fn rubbish_is_told_its_cause_and_closed() {
    let server = Server::start().unwrap();
    let mut connection = Connection::to(server.address());
    connection.stream.write_all(b"\x01\x01\xff\xff\xff\xff").unwrap();
    let words = "a payload has 4294967295 bytes, and 65536 are allowed";
    assert_eq!(connection.read(), Some(refusal(words)));
    assert_eq!(connection.read(), None);
}

#[test]
fn it_keeps_so_many_numbers_and_no_more() {
    let server = Server::start().unwrap();
    let mut connection = Connection::to(server.address());
    for number in 0..Server::NUMBERS {
        let request = Message::about(Code::Increment, &format!("number {number}"));
        assert_eq!(connection.ask(request), integer(1));
    }
    let one_more = Message::about(Code::Increment, "one more");
    assert_eq!(connection.ask(one_more), refusal("there are as many numbers as there may be"));
    assert_eq!(connection.ask(Message::about(Code::Increment, "number 0")), integer(2));
}

#[test]
fn one_connection_too_many_waits_for_a_place() {
    let server = Server::start().unwrap();
    let echo = || Message { code: Code::Echo, payload: Payload::Integer(7) };
    let mut connections: Vec<_> =
        (0..Server::CONNECTIONS).map(|_| Connection::to(server.address())).collect();
    for connection in &mut connections {
        assert_eq!(connection.ask(echo()), integer(7));
    }
    let mut late = Connection::to(server.address());
    late.say(&[echo()]);
    late.stream.set_nonblocking(true).unwrap();
    // All others are answered once more, and it is not.
    for connection in &mut connections {
        assert_eq!(connection.ask(echo()), integer(7));
    }
    assert!(
        late.stream.read(&mut [0]).is_err_and(|it| it.kind() == std::io::ErrorKind::WouldBlock)
    );
    late.stream.set_nonblocking(false).unwrap();
    connections.pop();
    assert_eq!(late.read(), Some(integer(7)));
}

#[test]
fn it_ends_with_its_connections_when_it_is_dropped() {
    let server = Server::start().unwrap();
    let mut connection = Connection::to(server.address());
    assert_eq!(connection.ask(Message::about(Code::Increment, "seats")), integer(1));
    drop(server);
    let ended = connection.stream.read(&mut [0]);
    assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
}
