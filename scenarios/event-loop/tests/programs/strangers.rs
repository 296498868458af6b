//! The client written out here makes of every server what the others make of it,
//! or refuses in a sentence what it does not read.

use harness::text::harmless_lines;
use program_test::{Then, behaviours};

use crate::support::{EVENT_LOOP, run};

#[test]
fn every_server_is_taken_as_by_the_other_clients() {
    for behaviour in behaviours() {
        let (what, server) = (behaviour.name(), behaviour.start());
        // What does not end is refused here before any time-out, but for silence.
        let timeout = if behaviour.then == Then::Stalls { "0.3" } else { "60" };
        let url = server.url("/delay-me");
        let ran = run(EVENT_LOOP, &["--url", &url, "--seconds", "0", "--timeout", timeout]);
        for text in [&ran.stdout, &ran.stderr] {
            assert_eq!(harmless_lines(text), *text, "{what}");
        }
        behaviour.in_1_0.unwrap_or(behaviour.wanted).assert_came(&ran, "R1", &what);
    }
}
