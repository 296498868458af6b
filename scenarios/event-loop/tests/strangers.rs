//! The client written out here makes of every server what the others make of it,
//! or refuses in a sentence what it does not read.

#[path = "../../http-client/tests/strangers/table.rs"]
mod table;

use std::process::Command;

use harness::text::harmless_lines;
use table::{Outcome, Then, strangers};

#[test]
fn every_server_is_taken_as_by_the_other_clients() {
    for stranger in strangers() {
        let what = stranger.name();
        let endless = stranger.then == Then::Stalls;
        let timeout = if endless { "0.3" } else { "60" };
        let url = format!("{}/delay-me", stranger.start());
        let mut command = Command::new(env!("CARGO_BIN_EXE_event-loop"));
        command.args(["--url", &url, "--seconds", "0", "--timeout", timeout]);
        let ran = command.output().expect("the program was built");
        let text = |bytes| String::from_utf8(bytes).expect("programs print UTF-8");
        let (stdout, stderr) = (text(ran.stdout), text(ran.stderr));
        for text in [&stdout, &stderr] {
            assert_eq!(harmless_lines(text), *text, "{what}");
        }
        match stranger.in_1_0.unwrap_or(stranger.wanted) {
            Outcome::Replies(text) => {
                let wanted = format!("R1: Request is finally done! Server replied '{text}'\n");
                assert!(stdout.contains(&wanted), "{what}: {stdout}{stderr}");
                assert_eq!(ran.status.code(), Some(0), "{what}");
            }
            Outcome::Fails(cause) => {
                let error = stderr.lines().next().unwrap_or_default();
                let failed = error.starts_with("error: R1: ") && error.contains(cause);
                assert!(failed && stderr.lines().count() == 2, "{what}: {stderr}");
                assert_eq!(ran.status.code(), Some(1), "{what}");
            }
        }
    }
}
