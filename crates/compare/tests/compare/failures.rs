//! A strategy that crashes, fails or hangs says so in its row, does the others no
//! harm, and leaves nothing running.

use program_test::{close_after, stranger};

use crate::support::{delay_server, row, rows, run, run_in, workspace};

/// What a program of ours prints for `--json`.
const REPORT: &str = r#"{"strategy":"bad-sync","interrupted":false,"failure":null,"ideal_s":0.25,
"elapsed_s":0.5,"figures":{"requesters":0,"done":0,"failed":0,"dropped":0,"ended":0,"unfinished":0,
"most_in_flight":0,"threads":0,"held_s":0.0,"longest_s":0.0,"one_by_one_s":0.0,"blocks":0,"blocked_s":0.0,
"preempted":0,"preempted_s":0.0},
"threads":[],"lanes":[],"blocked":[],"longest_on_loop":null,"longest_wait":null,"across_await":null}"#;

/// What a package says of programs that go wrong in every way but the first.
const BAD: &str = r#"strategies = [
    "bad-sync", "bad-async", "bad-async-with-blocking", "bad-thread", "bad-thread-pool",
    "bad-eater",
]"#;

#[test]
fn who_crashes_or_hangs_does_the_others_no_harm() {
    let folder = workspace(
        BAD,
        &[
            ("bad-sync", &format!("println!(\"{{}}\", r#\"{REPORT}\"#)")),
            ("bad-async", "eprintln!(\"one more step\"); std::process::abort()"),
            ("bad-async-with-blocking", "panic!(\"of a bug\")"),
            ("bad-thread", "println!(\"no JSON\"); eprintln!()"),
            ("bad-thread-pool", "loop { std::thread::park() }"),
            ("bad-eater", "std::hint::black_box(Vec::<u8>::with_capacity(1 << 60));"),
        ],
    );
    let ran = run_in(folder.path(), &["other", "--timeout", "2"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(row(&ran, "bad-sync").starts_with("bad-sync 0.500 s 250 ms 0 0 "), "{}", ran.stdout);
    let rows = rows(&ran);
    let below = |name: &str| rows.iter().skip_while(|row| !row.starts_with(name)).nth(1).unwrap();
    if cfg!(unix) {
        assert_eq!(row(&ran, "bad-async"), "bad-async killed by signal 6");
        assert_eq!(below("bad-async killed"), "one more step");
    }
    assert_eq!(
        row(&ran, "bad-async-with-blocking"),
        "bad-async-with-blocking ended with exit code 101"
    );
    assert_eq!(row(&ran, "bad-thread"), "bad-thread printed no report");
    assert_eq!(row(&ran, "bad-thread-pool"), "bad-thread-pool took longer than 2 s");
    assert_eq!(row(&ran, "bad-eater"), "bad-eater ran out of memory");
}

#[test]
fn a_core_that_the_system_kept_is_no_work_of_the_strategy() {
    let kept =
        REPORT.replace(r#""preempted":0,"preempted_s":0.0"#, r#""preempted":2,"preempted_s":0.09"#);
    let strategies = r#"strategies = ["bad-sync", "bad-async"]"#;
    let print = |report: &str| format!("println!(\"{{}}\", r#\"{report}\"#)");
    let programs = [("bad-sync", &*print(REPORT)), ("bad-async", &*print(&kept))];
    let ran = run_in(workspace(strategies, &programs).path(), &["other"]).well();
    let told = "The machine was busy: for up to 90 ms in all, the event loop of bad-async had no\n  core to run on.\n";
    assert!(ran.stdout.ends_with(told), "{}", ran.stdout);
    assert_eq!(ran.stdout.matches("busy").count(), 1, "{}", ran.stdout);
}

#[test]
fn who_fails_says_why_and_what_to_do() {
    let ran = run(&["http-client", "--seconds", "0,301", "--strategies", "sync,async"]);
    assert_eq!(ran.code, Some(1));
    for strategy in ["sync", "async"] {
        let row = row(&ran, strategy);
        assert!(row.starts_with(&format!("{strategy} R2: the server answered 400")), "{row}");
    }
    assert!(ran.stdout.contains("hint: ask for other --seconds"), "{}", ran.stdout);
    assert!(ran.stdout.contains("failed"), "what was recorded is drawn: {}", ran.stdout);
}

#[test]
fn who_takes_too_long_is_ended_and_drawn_as_far_as_it_came() {
    let (server, url) = delay_server();
    let ran = run(&[
        "http-client",
        "--url",
        &url,
        "--seconds",
        "2,0.1,2",
        "--timeout",
        "3.2",
        "--strategies",
        "sync,async",
    ]);
    assert_eq!(ran.code, Some(1));
    assert_eq!(row(&ran, "sync"), "sync took longer than 3.2 s");
    assert!(ran.stdout.contains("R3: Requesting"), "the last that it said: {}", ran.stdout);
    assert!(row(&ran, "async").starts_with("async 2."), "{}", ran.stdout);
    assert!(ran.stdout.contains("unfinished"), "{}", ran.stdout);
    assert_eq!(server.stats().answered, 2 + 3);
}

#[test]
fn rubbish_for_an_answer_is_told() {
    let url = stranger(close_after("SSH-2.0-OpenSSH_9.2\r\n\r\n")).url("/delay-me");
    let ran = run(&["http-client", "--url", &url, "--speed", "50"]);
    assert_eq!(ran.code, Some(1));
    assert_eq!(ran.stdout.matches(": the request to ").count(), 5, "{}", ran.stdout);
}

#[test]
fn what_cannot_even_begin_is_told_once() {
    let ran = run(&["http-client", "--url", "http://no.such.host.invalid/delay-me"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert_eq!(ran.stderr.matches("error: ").count(), 1, "{}", ran.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn more_memory_than_allowed_ends_a_run() {
    let args = ["http-client", "--speed", "10", "--most-memory", "1MB", "--strategies", "async"];
    let ran = run(&args);
    assert_eq!(ran.code, Some(1));
    assert_eq!(row(&ran, "async"), "async took more than 1.0 MB of memory");
}

#[cfg(target_os = "linux")]
mod with_signals {
    use program_test::{Program, signal, until_within};

    use crate::support::{PATIENCE, children, command, delay_server, row, start};

    /// Waits until a child of this name runs, and gives its number.
    fn until_it_runs(compare: &mut Program, name: &str) -> u32 {
        let mut found = None;
        until_within(PATIENCE, &format!("{name} runs"), || {
            assert!(!compare.has_ended(), "it ended before {name} ran");
            found = children(compare.id()).into_iter().find(|(_, child)| child == name);
            found.is_some()
        });
        found.expect("it was found").0
    }

    fn is_there(id: u32) -> bool {
        std::path::Path::new(&format!("/proc/{id}")).exists()
    }

    #[test]
    fn who_is_killed_from_outside_says_so() {
        let (server, url) = delay_server();
        let args = ["http-client", "--url", &url, "--seconds", "2", "--strategies", "sync,async"];
        let mut compare = start(&mut command(&args));
        // The first of that name only makes ready.
        until_within(PATIENCE, "it asks something", || {
            assert!(!compare.has_ended(), "it ended before it asked anything");
            server.stats().in_flight > 0
        });
        signal("KILL", until_it_runs(&mut compare, "sync"));
        let ran = compare.end();
        assert_eq!(ran.code, Some(1));
        assert_eq!(row(&ran, "sync"), "sync killed by signal 9, from outside");
        let async_took =
            row(&ran, "async").split(' ').nth(1).and_then(|took| took.parse::<f64>().ok());
        assert!(async_took.is_some_and(|seconds| seconds >= 2.0), "{}", ran.stdout);
    }

    #[test]
    fn ctrl_c_leaves_nothing_running() {
        for (asked, code) in [("INT", 130), ("TERM", 143)] {
            let mut compare = start(&mut command(&["http-client", "--seconds", "50"]));
            let server = until_it_runs(&mut compare, "delay-server");
            let strategy = until_it_runs(&mut compare, "sync");
            compare.signal(asked);
            let ran = compare.end();
            assert_eq!((ran.code, ran.stdout.as_str()), (Some(code), ""));
            assert!(ran.stderr.contains("error: interrupted before "), "{}", ran.stderr);
            assert!(!is_there(server) && !is_there(strategy));
        }
    }
}
