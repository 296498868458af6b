//! The client, against the server and against those that behave badly.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use wire_client::binary::{Client, Code, HEADER, Message, Payload, Server};
use wire_client::{Address, Error};

#[tokio::test]
async fn a_client_counts_its_own_names() {
    let server = Server::start().expect("a port");
    let address = Address::new("127.0.0.1", server.address().port());
    let mut first = Client::connect(&address).await.expect("it listens");
    let mut second = Client::connect(&address).await.expect("it listens");
    assert_eq!(first.increment("a").await, Ok(1));
    assert_eq!(second.increment("a").await, Ok(2));
    assert_eq!(second.increment("b").await, Ok(1));
    assert_eq!(first.increment("a").await, Ok(3));
}

#[tokio::test]
async fn a_refusal_leaves_the_connection_of_use() {
    let server = Server::start().expect("a port");
    let address = Address::new("127.0.0.1", server.address().port());
    let mut client = Client::connect(&address).await.expect("it listens");
    let refused = client.increment(&"x".repeat(Server::NAME + 1)).await;
    assert_eq!(refused, Err(Error::Refused("the name is too long".to_owned())));
    assert_eq!(client.increment("x").await, Ok(1));
}

#[tokio::test]
async fn whatever_a_server_says_the_client_says_what_is_wrong_and_ends() {
    let echo = Message { code: Code::Echo, payload: Payload::Integer(7) };
    let bytes = Message { code: Code::Reply, payload: Payload::Bytes("seven".into()) };
    let (echo, bytes) = (encoded(&echo), encoded(&bytes));
    let cases: [(&[u8], &str); 6] = [
        (b"*2\r\n$4\r\n", "does not speak the binary protocol"),
        (&[128, 1, 0xff, 0xff, 0xff, 0xff], "4294967295 bytes, and 65536 are allowed"),
        (&[128, 2, 0, 0, 0, 7], "a payload of the encoding 2 has 7 bytes"),
        (&echo, "is no answer"),
        (&bytes, "is no answer"),
        (&[128, 2, 0, 0, 0, 8, 0, 0], "closed it before the reply was complete"),
    ];
    for (said, wanted) in cases {
        let address = says(said.to_vec());
        let mut client = Client::connect(&address).await.expect("it listens");
        let error = client.increment("a").await.expect_err("it is no answer");
        assert!(error.to_string().contains(wanted), "{said:?}: {error}");
        // Where the next answer would begin, nobody knows.
        let again = client.increment("a").await.expect_err("it is of no use");
        assert!(matches!(again, Error::Lost { may_have_run: false, .. }), "{again}");
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_leaves_no_answer_to_the_next() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = Address::new("127.0.0.1", listener.local_addr().expect("it has one").port());
    let mut client = Client::connect(&address).await.expect("it listens");
    let call = tokio::time::timeout(Duration::from_millis(20), client.increment("a"));
    call.await.expect_err("nobody answers");
    let error = client.increment("b").await.expect_err("the first answer may still come");
    assert!(matches!(error, Error::Lost { may_have_run: false, .. }), "{error}");
}

#[tokio::test]
async fn a_server_that_stalls_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = Address::new("127.0.0.1", listener.local_addr().expect("it has one").port());
    let patience = Duration::from_millis(200);
    let mut client = Client::connect_within(&address, patience).await.expect("it listens");
    let error = client.increment("a").await.expect_err("nobody answers");
    assert!(error.to_string().contains("no complete reply came in 0.2 s"), "{error}");
}

/// A server that reads one request, says this, and ends the connection.
fn says(said: Vec<u8>) -> Address {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("it has one").port();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        stream.read_exact(&mut [0; HEADER + 1]).expect("a request");
        stream.write_all(&said).expect("it reads");
    });
    Address::new("127.0.0.1", port)
}

fn encoded(message: &Message) -> Vec<u8> {
    let mut bytes = bytes::BytesMut::new();
    message.encode(&mut bytes);
    bytes.to_vec()
}
