//! The echo, by streams and by polls.

use std::io;
use std::time::Duration;

use harness::Report;
use harness::recording::Outcome;
use program_test::{Ran, command, run};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;

#[path = "../../../src/bin/wire-echo-poll.rs"]
#[allow(dead_code, reason = "its echo alone is tested here")]
mod by_polls;
#[path = "../../../src/bin/wire-echo.rs"]
#[allow(dead_code, reason = "its echo alone is tested here")]
mod by_streams;

const PROGRAMS: [&str; 2] = [env!("CARGO_BIN_EXE_wire-echo"), env!("CARGO_BIN_EXE_wire-echo-poll")];

/// Longer than anything here takes, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// More than any system takes from a writer whose reader does not read.
const MORE_THAN_FITS: usize = 200_000_000;

fn ran(program: &str, args: &[&str]) -> Ran {
    run(&mut command(program, args))
}

#[test]
fn everything_comes_back_however_much_it_is() {
    for program in PROGRAMS {
        for (bytes, connections) in [("1", "1"), ("4096", "2"), ("4097", "50"), ("9999999", "4")] {
            let args = ["--bytes", bytes, "--connections", connections, "--json"];
            let ran = ran(program, &args).well();
            assert!(ran.stderr.contains("R1: All of it came back\n"), "{}", ran.stderr);
            let report: Report = ran.report();
            assert_eq!(report.recording.figures.done.to_string(), connections, "{program}");
        }
    }
}

/// Each text comes back before the next one is sent, on the same connection.
#[test]
fn several_texts_are_shared_by_the_requesters() {
    for program in PROGRAMS {
        let args = ["--commands", "7", "--connections", "2", "--bytes", "100001"];
        let ran = ran(program, &args).well();
        for (name, times) in [("R1", 4), ("R2", 3)] {
            let wanted = format!("{name}: Sending 100,001 bytes {times} times");
            assert_eq!(ran.said(name), [&wanted, &format!("{name}: All of it came back")]);
        }
    }
    let report: Report =
        ran(PROGRAMS[0], &["--commands", "7", "--in-flight", "2", "--json"]).well().report();
    assert_eq!(report.recording.figures.most_in_flight, 2);
}

#[test]
fn all_wait_together_on_one_thread() {
    for program in PROGRAMS {
        let report: Report = ran(program, &["--json"]).well().report();
        let figures = &report.recording.figures;
        assert_eq!((figures.most_in_flight, figures.threads), (3, 1), "{program}");
        for lane in &report.recording.lanes {
            assert!(lane.outcome == Outcome::Done && lane.polls > 1, "{program}: {lane:?}");
        }
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    for program in PROGRAMS {
        for args in [["--bytes", "0"], ["--bytes", "10000001"], ["--connections", "51"]] {
            ran(program, &args).assert_refuses(args[0]);
        }
        ran(program, &["--in-flight", "2", "--connections", "3"])
            .assert_refuses("--connections 3 is not --in-flight 2");
        ran(program, &["--commands", "2", "--connections", "3"])
            .assert_refuses("--in-flight 3 is more than --commands 2");
    }
}

/// A connection, whose other end is echoed.
async fn echoed(by_polls: bool) -> (TcpStream, JoinHandle<io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it has one");
    let (here, there) = tokio::join!(TcpStream::connect(address), listener.accept());
    let there = there.expect("it is accepted").0;
    let echo = async move {
        if by_polls { by_polls::echo(there).await } else { by_streams::echo(there).await }
    };
    (here.expect("it connects"), tokio::spawn(echo))
}

async fn in_time<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("it hangs")
}

#[tokio::test]
async fn who_does_not_listen_is_not_heard_for_ever() {
    for by_polls in [false, true] {
        let (mut here, echo) = echoed(by_polls).await;
        // Of another length than any buffer, so that no piece looks like the next.
        let letters: Vec<u8> = (0..99_991).map(|it| (it % 251) as u8).collect();
        let mut sent = Vec::new();
        // Everything that is between here and the echo fills up, and stays full.
        while let Ok(count) = timeout(Duration::from_secs(1), here.write(&letters)).await {
            sent.extend_from_slice(&letters[..count.expect("the echo is there")]);
            assert!(sent.len() < MORE_THAN_FITS, "it reads on and does not write");
        }
        // What it has is all there, once somebody listens.
        let (mut reader, mut writer) = here.split();
        let read = async {
            let mut all = Vec::new();
            reader.read_to_end(&mut all).await.map(|_| all)
        };
        let (read, ended) = in_time(async { tokio::join!(read, writer.shutdown()) }).await;
        ended.expect("it can be told");
        assert!(read.expect("all of it") == sent, "what comes back is what was sent");
        in_time(echo).await.expect("no panic").expect("it ended well");
    }
}

#[tokio::test]
async fn who_has_gone_ends_the_echo() {
    for by_polls in [false, true] {
        let (here, echo) = echoed(by_polls).await;
        drop(here);
        in_time(echo).await.expect("no panic").expect("it ended well");
    }
}
