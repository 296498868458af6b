//! `--prepare`: what a run would be, told without one.

use std::net::TcpListener;
use std::time::Duration;

use harness::Prepared;
use wire_client::Program;

use crate::clients::{ALL, command, command_at};

/// The five, and the one that brings a server of another protocol.
fn all() -> impl Iterator<Item = Program> {
    ALL.into_iter().chain([Program::BINARY])
}

#[test]
fn nothing_is_started_and_the_ideal_is_told() {
    for program in all() {
        let args = ["--prepare", "--json", "--commands", "120", "--connections", "3"];
        let mut command = command(program, &args);
        // There is no redis-server on an empty path, and no shell that would start it.
        command.env_remove("REDIS_URL").env("PATH", "");
        let ran = program_test::run(&mut command).well();
        assert_eq!(ran.stderr, "", "{}", program.name);
        let prepared: Prepared = ran.report();
        assert_eq!(prepared.strategy, program.name);
        let rounds = if program.one_on_each { 40 } else { 10 };
        assert_eq!(prepared.ideal, Some(Duration::from_millis(500) * rounds), "{}", program.name);
    }
}

#[test]
fn nobody_is_asked() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("redis://{}", listener.local_addr().expect("it is bound"));
    listener.set_nonblocking(true).expect("it is ours");
    for program in all() {
        let mut command = command_at(&url, program, &["--prepare", "--round-trip", "0"]);
        let ran = program_test::run(&mut command).well();
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""), "{}", program.name);
        assert!(listener.accept().is_err(), "{} connects", program.name);
    }
}

#[test]
fn what_is_no_address_is_told() {
    let prepared =
        |program| program_test::run(&mut command_at("localhost:6379", program, &["--prepare"]));
    prepared(Program::SIMPLE)
        .assert_fails("REDIS_URL is no address of a Redis", "set it to one such as redis://");
    // What asks no Redis does not look there.
    prepared(Program::BINARY).well();
}
