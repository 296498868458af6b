//! The client that has a thread, where its server misbehaves or its caller goes away.

use std::future::ready;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;

use tokio::select;
use tokio::sync::oneshot;
use wire_client::protocol::{Command, Value};
use wire_client::{Address, Error, threaded};

use crate::server::{Act, Server};

const HELLO: &[Act] = &[Act::Says(b"+OK\r\n")];

fn incr() -> Command {
    Command::new("INCR").arg("price")
}

#[tokio::test]
async fn closing_waits_for_the_thread() {
    let server = Server::start(&[HELLO, &[Act::Says(b":1\r\n")]]);
    let client = threaded::Client::connect(&server.address).await.expect("it says hello");
    assert_eq!(client.call(&incr()).await, Ok(Value::Integer(1)));
    client.close().await;
    assert_eq!(server.end(), 0);
}

#[tokio::test]
async fn a_refusal_is_no_end() {
    let server = Server::start(&[HELLO, &[Act::Says(b"-ERR no\r\n")], &[Act::Says(b":1\r\n")]]);
    let client = threaded::Client::connect(&server.address).await.expect("it says hello");
    assert_eq!(client.call(&incr()).await, Err(Error::Refused("ERR no".to_owned())));
    assert_eq!(client.call(&incr()).await, Ok(Value::Integer(1)));
    drop(client);
    server.end();
}

#[tokio::test]
async fn nobody_there_is_told_by_whoever_connects() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let nobody = Address::new("127.0.0.1", listener.local_addr().expect("it is bound").port());
    drop(listener);
    let error = threaded::Client::connect(&nobody).await.expect_err("nobody is there");
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
}

/// Takes a connection and says hello.
fn accept(listener: &TcpListener) -> TcpStream {
    let (mut client, _) = listener.accept().expect("a client");
    expect(&mut client, b"+OK\r\n");
    client
}

/// Reads a command, and replies with this.
fn expect(client: &mut TcpStream, reply: &[u8]) {
    assert_ne!(client.read(&mut [0; 1024]).expect("it is connected"), 0, "a command");
    client.write_all(reply).expect("it listens");
}

#[tokio::test]
async fn a_connection_that_is_lost_is_made_anew_for_the_next_command() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = Address::new("127.0.0.1", listener.local_addr().expect("it is bound").port());
    let server = thread::spawn(move || {
        expect(&mut accept(&listener), b":");
        expect(&mut accept(&listener), b":2\r\n");
    });
    let client = threaded::Client::connect(&address).await.expect("it says hello");
    let lost = client.call(&incr()).await;
    assert!(matches!(lost, Err(Error::Lost { may_have_run: true, .. })), "{lost:?}");
    assert_eq!(client.call(&incr()).await, Ok(Value::Integer(2)));
    client.close().await;
    server.join().expect("it had what it waited for");
}

#[tokio::test]
async fn a_call_that_is_dropped_shifts_nobodys_reply() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = Address::new("127.0.0.1", listener.local_addr().expect("it is bound").port());
    let (tell_half_said, half_said) = oneshot::channel();
    let (dropped, go_on) = mpsc::channel();
    let server = thread::spawn(move || {
        let mut client = accept(&listener);
        expect(&mut client, b":1");
        tell_half_said.send(()).expect("the test waits");
        go_on.recv().expect("the call is dropped");
        client.write_all(b"\r\n").expect("it listens");
        expect(&mut client, b":2\r\n");
    });
    let client = threaded::Client::connect(&address).await.expect("it says hello");
    let command = incr();
    select! {
        reply = client.call(&command) => panic!("half a reply is none: {reply:?}"),
        _ = half_said => {}
    }
    // The thread has not begun with this one, and need not.
    select! {
        biased;
        reply = client.call(&command) => panic!("the thread waits for another: {reply:?}"),
        () = ready(()) => {}
    }
    dropped.send(()).expect("the server waits");
    assert_eq!(client.call(&command).await, Ok(Value::Integer(2)));
    client.close().await;
    server.join().expect("it had what it waited for");
}
