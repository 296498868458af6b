//! A database that is asked over HTTP.

use harness::Report;
use program_test::{Ran, close_after, command, nobody, ok, run, stranger};

const PROGRAM: &str = env!("CARGO_BIN_EXE_wire-rest");

fn ran(args: &[&str]) -> Ran {
    run(&mut command(PROGRAM, args))
}

/// How many connections the server saw, for how many calls.
#[track_caller]
fn counted(ran: &Ran) -> (u64, u64) {
    let line = ran.stdout.lines().find(|line| line.starts_with("The server saw "));
    let line = line.unwrap_or_else(|| panic!("{}{}", ran.stdout, ran.stderr));
    let mut numbers = line.split(' ').filter_map(|word| word.replace(',', "").parse().ok());
    (numbers.next().expect("connections"), numbers.next().expect("calls"))
}

#[test]
fn a_client_for_all_keeps_its_connections_and_new_ones_have_none() {
    let of_all = counted(&ran(&["--commands", "60", "--in-flight", "3"]).well());
    assert!(of_all.0 <= 3 && of_all.1 == 60, "{of_all:?}");
    let new = counted(&ran(&["--commands", "60", "--in-flight", "3", "--new-clients"]).well());
    assert_eq!(new, (60, 60));
    // Whoever calls once has nothing to keep.
    let once = counted(&ran(&["--commands", "1"]).well());
    assert_eq!(once, (1, 1));
}

#[test]
fn no_more_calls_are_under_way_than_may_be() {
    let args = ["--commands", "600", "--in-flight", "20", "--connections", "3"];
    let kept = counted(&ran(&args).well());
    assert!(kept.0 <= 3 && kept.1 == 600, "{kept:?}");
    // Who waits for its turn has not begun.
    let report: Report = ran(&[&args[..], &["--json"]].concat()).well().report();
    assert_eq!(report.recording.figures.most_in_flight, 3);
}

#[test]
fn every_call_of_every_requester_is_answered() {
    for more in [&["--json"][..], &["--json", "--new-clients"]] {
        let args = [&["--commands", "25", "--in-flight", "4"], more].concat();
        let report: Report = ran(&args).well().report();
        let figures = &report.recording.figures;
        assert_eq!((figures.done, figures.most_in_flight, figures.threads), (4, 4, 1), "{more:?}");
    }
    let ran = ran(&["--commands", "1000", "--in-flight", "1"]).well();
    let wanted = ["R1: Sending POST /counter 1,000 times", "R1: The last reply was 1,000"];
    assert_eq!(ran.said("R1"), wanted);
}

/// Its first thread is the service's.
#[cfg(target_os = "linux")]
#[test]
fn without_a_thread_for_the_service_it_is_said_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program_test::command_without_threads(folder.path(), PROGRAM, &[]);
    run(&mut command).assert_fails("no more threads can be started: ", "name a --url");
}

#[test]
fn another_server_is_asked_what_its_address_says() {
    let server = stranger(close_after(&ok("R1 is a customer")));
    let ran = ran(&["--url", &server.url("/customers/1"), "--commands", "4"]).well();
    assert!(ran.said("R1")[0].ends_with("Sending GET /customers/1"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("The server saw"), "nobody knows: {}", ran.stdout);
}

#[test]
fn what_is_wrong_is_told_with_what_to_do() {
    let nobody = nobody();
    let at = |route: &str| nobody.url(route);
    ran(&["--url", &at("/x"), "--commands", "1"])
        .assert_fails("R1: nobody answers at", "--url out");
    let no = stranger(close_after("HTTP/1.1 404 Not Found\r\n\r\nno \x1b[2J"));
    let failed = ran(&["--url", &no.url("/"), "--commands", "1"]);
    failed.assert_fails(r"R1: the server answered 404 Not Found: no \u{1b}[2J", "check --url");
    for url in ["localhost:8000", "https://localhost/", "http://me:secret@localhost/"] {
        let refused = ran(&["--url", url]);
        refused.assert_refuses("an address such as http://localhost:8000/customers/1 is wanted");
    }
    ran(&["--connections", "13"]).assert_refuses("--connections 13 is more than --in-flight 12");
    ran(&["--commands", "251", "--in-flight", "251"]).assert_refuses("--in-flight is 250 at most");
    ran(&["--commands", "2", "--in-flight", "3"]).assert_refuses("--in-flight 3 is more than");
}
