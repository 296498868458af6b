//! A call of the awaited client that is dropped before its end, as by a time-out.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use tokio::select;
use tokio::sync::oneshot;
use wire_client::protocol::{Command, Value};
use wire_client::{Address, Error, simple};

/// The reply to a call that was dropped would be the first thing that the next one reads.
#[tokio::test]
async fn the_reply_to_a_call_that_was_dropped_reaches_nobody_else() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = Address::new("127.0.0.1", listener.local_addr().expect("it is bound").port());
    let (tell, half_said) = oneshot::channel();
    let (dropped, go_on) = oneshot::channel();
    let server = thread::spawn(move || {
        let (mut client, _) = listener.accept().expect("a client");
        let mut command = [0; 1024];
        let mut read = || client.read(&mut command);
        assert_ne!(read().expect("HELLO"), 0);
        client.write_all(b"+OK\r\n").expect("it listens");
        let mut read = || client.read(&mut command);
        assert_ne!(read().expect("the first call"), 0);
        client.write_all(b":1").expect("it listens");
        tell.send(()).expect("the test waits");
        go_on.blocking_recv().expect("the call is dropped");
        // From here on the client may be gone, and what it had not read resets the connection.
        let _ = client.write_all(b"\r\n");
        // What comes now is the second call, if that is sent.
        client.read(&mut command).unwrap_or_default()
    });

    let mut client = simple::Client::connect(&address).await.expect("it says hello");
    let command = Command::new("INCR").arg("price");
    select! {
        reply = client.call(&command) => panic!("half a reply is none: {reply:?}"),
        _ = half_said => {}
    }
    dropped.send(()).expect("the server waits");
    let next: Result<Value, Error> = client.call(&command).await;
    let Err(Error::Lost { reason, may_have_run: false }) = &next else { panic!("{next:?}") };
    assert_eq!(reason, "an earlier call ended without its reply, which may still come");
    client.close().await;
    let sent = server.join().expect("it does not panic");
    assert_eq!(sent, 0, "a command that has no reply may not be sent");
}
