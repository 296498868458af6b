//! Whatever a server answers, every strategy makes the same of it as those of the
//! slow server do: what is text and no character is refused in a sentence as well.

use std::thread;

use character_ingest::Strategy;
use harness::text::harmless_lines;
use program_test::{Behaviour, Outcome, behaviours};

use crate::support::run;

fn compare(strategy: Strategy, behaviour: &Behaviour) {
    let what = format!("{strategy:?}, {}", behaviour.name());
    let server = behaviour.start();
    let (url, timeout) = (server.url("/api/character"), behaviour.timeout());
    let options = ["--url", &url, "--characters", "1", "--delay", "0", "--timeout", timeout];
    let ran = run(strategy, &options);
    for text in [&ran.stdout, &ran.stderr] {
        assert_eq!(harmless_lines(text), *text, "{what}");
    }
    let wanted = match behaviour.wanted {
        Outcome::Replies(_) => "the answer is not the character that was asked for: ",
        Outcome::Fails("R1: ") => "C1: ",
        Outcome::Fails(cause) => cause,
    };
    Outcome::Fails(wanted).assert_came(&ran, "C1", &what);
}

#[test]
fn every_strategy_makes_the_same_of_every_server() {
    for behaviour in behaviours() {
        thread::scope(|scope| {
            for strategy in Strategy::ALL {
                let behaviour = &behaviour;
                scope.spawn(move || compare(strategy, behaviour));
            }
        });
    }
}
