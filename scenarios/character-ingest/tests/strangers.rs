//! Whatever a server answers, every strategy makes the same of it as those of the
//! slow server do: what is text and no character is refused in a sentence as well.

#[path = "../../http-client/tests/strangers/table.rs"]
mod table;

use std::process::Command;
use std::thread;

use character_ingest::Strategy;
use harness::text::harmless_lines;
use table::{Outcome, Stranger, Then, strangers};

fn program(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Sync => env!("CARGO_BIN_EXE_ingest-sync"),
        Strategy::Async => env!("CARGO_BIN_EXE_ingest-async"),
        Strategy::AsyncWithBlocking => env!("CARGO_BIN_EXE_ingest-async-with-blocking"),
        Strategy::Thread => env!("CARGO_BIN_EXE_ingest-thread"),
        Strategy::ThreadPool => env!("CARGO_BIN_EXE_ingest-thread-pool"),
    }
}

fn compare(strategy: Strategy, stranger: &Stranger) {
    let what = format!("{strategy:?}, {}", stranger.name());
    let endless = stranger.then == Then::Stalls || stranger.reply.is_empty();
    let timeout = if endless && stranger.then != Then::Closes { "0.3" } else { "60" };
    let url = format!("{}/api/character", stranger.start());
    let mut command = Command::new(program(strategy));
    command.args(["--url", &url, "--characters", "1", "--delay", "0", "--timeout", timeout]);
    let ran = command.output().expect("the program was built");
    let text = |bytes| String::from_utf8(bytes).expect("programs print UTF-8");
    let (stdout, stderr) = (text(ran.stdout), text(ran.stderr));
    for text in [&stdout, &stderr] {
        assert_eq!(harmless_lines(text), *text, "{what}");
    }
    let cause = match stranger.wanted {
        Outcome::Replies(_) => "the answer is not the character that was asked for: ",
        Outcome::Fails("R1: ") => "C1: ",
        Outcome::Fails(cause) => cause,
    };
    let error = stderr.lines().next().unwrap_or_default();
    assert!(error.starts_with("error: C1: ") && error.contains(cause), "{what}: {stderr}");
    assert_eq!((stderr.lines().count(), ran.status.code()), (2, Some(1)), "{what}: {stderr}");
}

#[test]
fn every_strategy_makes_the_same_of_every_server() {
    for stranger in strangers() {
        thread::scope(|scope| {
            for strategy in Strategy::ALL {
                let stranger = &stranger;
                scope.spawn(move || compare(strategy, stranger));
            }
        });
    }
}
