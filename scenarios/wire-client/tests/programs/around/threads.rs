//! Which calls of async code wait on a thread after all.

use std::sync::mpsc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream, lookup_host};
use tokio::time::sleep;
use wire_client::sqlite::{Settings, Sqlite};

#[path = "../../../examples/which-calls-take-a-thread.rs"]
#[allow(dead_code, reason = "its figures alone are tested here")]
mod example;

/// How many threads a runtime starts for it.
fn started(call: impl Future<Output = ()>) -> usize {
    example::look_at(call).expect("it runs").started
}

#[test]
fn names_and_files_wait_on_a_thread_of_the_runtime() {
    assert_eq!(started(async { drop(lookup_host("localhost:80").await.unwrap()) }), 1);
    assert_eq!(started(async { drop(tokio::fs::read("Cargo.toml").await.unwrap()) }), 1);
}

#[test]
fn timers_and_sockets_wait_on_none() {
    assert_eq!(started(async { sleep(Duration::from_millis(1)).await }), 0);
    let connect = async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    };
    assert_eq!(started(connect), 0);
}

#[test]
fn a_driver_that_blocks_waits_on_one_that_the_runtime_does_not_know() {
    let call = example::look_at(async {
        let database = Sqlite::open(":memory:", Settings::default()).await.unwrap();
        let (tell, told) = mpsc::channel();
        let waits = database.call(move |it| {
            told.recv_timeout(program_test::PATIENCE).expect("the loop is free meanwhile");
            it.execute_batch("SELECT 1")
        });
        let (done, ()) = tokio::join!(waits, async { tell.send(()).unwrap() });
        done.unwrap();
    });
    let call = call.unwrap();
    assert_eq!(call.started, 0);
    assert!(call.polls > 1, "the loop was free meanwhile");
}
