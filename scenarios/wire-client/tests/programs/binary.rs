//! The program that speaks the binary protocol. It needs no Redis.

use harness::Report;
use program_test::Ran;
use wire_client::Program;

use crate::clients::command;

/// Whatever Redis there is.
fn run(program: Program, args: &[&str]) -> Ran {
    program_test::run(&mut command(program, args))
}

#[test]
fn it_counts_as_the_others_do() {
    let args = ["--commands", "1003", "--in-flight", "10", "--connections", "3"];
    let ran = run(Program::BINARY, &[&args[..], &["--round-trip", "0"]].concat()).well();
    assert!(ran.stdout.contains("R1: Sending INCR 101 times\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("The last reply was 1,003\n"), "{}", ran.stdout);
    assert!(ran.stderr.contains("its own server of the binary protocol"), "{}", ran.stderr);
}

#[test]
fn what_replies_is_not_called_redis() {
    let ran = run(Program::BINARY, &["--commands", "1", "--round-trip", "0"]).well();
    assert!(ran.stdout.contains("R1: The server replied 1\n"), "{}", ran.stdout);
}

#[test]
fn a_connection_has_one_request_on_its_way() {
    for (connections, at_once) in [("1", 1), ("3", 3)] {
        let args = ["--speed", "50", "--connections", connections, "--json"];
        let report: Report = run(Program::BINARY, &args).well().report();
        assert_eq!(report.recording.figures.most_in_flight, at_once);
        assert_eq!(report.ideal.map(|it| it.as_millis()), Some(120 / at_once as u128));
    }
}
