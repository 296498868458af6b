//! The way to a server that is far away.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use wire_client::{Address, Distance};

const FAR: Duration = Duration::from_millis(60);

/// A server that says all that it hears, and ends the connection when its client does.
fn echo() -> (Address, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = Address::new("127.0.0.1", listener.local_addr().expect("it is bound").port());
    let serve = move || {
        let (mut client, _) = listener.accept().expect("a client");
        let mut reader = client.try_clone().expect("a second handle");
        std::io::copy(&mut reader, &mut client).expect("it listens");
    };
    (address, thread::spawn(serve))
}

fn connect(distance: &Distance) -> TcpStream {
    TcpStream::connect(distance.address().host_and_port()).expect("it takes connections")
}

#[test]
fn nothing_comes_back_sooner_than_a_round_trip() {
    let (address, server) = echo();
    let distance = Distance::start(&address, FAR).expect("a relay");
    let mut client = connect(&distance);
    for _ in 0..3 {
        let begun = Instant::now();
        client.write_all(b"hello").expect("it listens");
        client.read_exact(&mut [0; 5]).expect("it replies");
        assert!(begun.elapsed() >= FAR, "{:?}", begun.elapsed());
    }
    drop(client);
    server.join().expect("its client is gone");
}

#[test]
fn all_of_it_arrives_as_it_was_sent_and_then_its_end() {
    let (address, server) = echo();
    let distance = Distance::start(&address, FAR).expect("a relay");
    let mut client = connect(&distance);
    let sent: Vec<u8> = (0..5_000_000_u32).map(|it| (it % 251) as u8).collect();
    let mut writer = client.try_clone().expect("a second handle");
    let to_send = sent.clone();
    let write = thread::spawn(move || {
        writer.write_all(&to_send).expect("it listens");
        writer.shutdown(Shutdown::Write).expect("it is connected");
    });
    let mut came = Vec::new();
    client.read_to_end(&mut came).expect("it ends well");
    assert!(came == sent, "{} bytes came, of {}", came.len(), sent.len());
    write.join().expect("all was sent");
    server.join().expect("its client is gone");
}

#[test]
fn where_nobody_is_the_connection_ends() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let nobody = Address::new("127.0.0.1", listener.local_addr().expect("it is bound").port());
    drop(listener);
    let distance = Distance::start(&nobody, FAR).expect("a relay");
    assert_eq!(connect(&distance).read(&mut [0; 1]).expect("it ends well"), 0);
}

#[test]
fn with_the_relay_its_connections_end() {
    let (address, server) = echo();
    let distance = Distance::start(&address, FAR).expect("a relay");
    let mut client = connect(&distance);
    client.write_all(b"hello").expect("it listens");
    client.read_exact(&mut [0; 5]).expect("it replies");
    let place = distance.address().clone();
    drop(distance);
    assert_eq!(client.read(&mut [0; 1]).expect("it ends well"), 0);
    server.join().expect("its client is gone");
    let refused = TcpStream::connect(place.host_and_port()).expect_err("nobody is there");
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
}
