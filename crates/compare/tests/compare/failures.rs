//! A strategy that crashes, fails or hangs says so in its row, does the others no
//! harm, and leaves nothing running.

use crate::support::{delay_server, run, run_in, workspace};

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
    assert!(ran.row("bad-sync").starts_with("bad-sync 0.500 s 250 ms 0 0 "), "{}", ran.stdout);
    let rows = ran.rows();
    let below = |name: &str| rows.iter().skip_while(|row| !row.starts_with(name)).nth(1).unwrap();
    if cfg!(unix) {
        assert_eq!(ran.row("bad-async"), "bad-async killed by signal 6");
        assert_eq!(below("bad-async killed"), "one more step");
    }
    assert_eq!(
        ran.row("bad-async-with-blocking"),
        "bad-async-with-blocking ended with exit code 101"
    );
    assert_eq!(ran.row("bad-thread"), "bad-thread printed no report");
    assert_eq!(ran.row("bad-thread-pool"), "bad-thread-pool took longer than 2 s");
    assert_eq!(ran.row("bad-eater"), "bad-eater ran out of memory");
}

#[test]
fn who_fails_says_why_and_what_to_do() {
    let ran = run(&["http-client", "--seconds", "0,301", "--strategies", "sync,async"]);
    assert_eq!(ran.code, Some(1));
    for strategy in ["sync", "async"] {
        let row = ran.row(strategy);
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
    assert_eq!(ran.row("sync"), "sync took longer than 3.2 s");
    assert!(ran.stdout.contains("R3: Requesting"), "the last that it said: {}", ran.stdout);
    assert!(ran.row("async").starts_with("async 2."), "{}", ran.stdout);
    assert!(ran.stdout.contains("unfinished"), "{}", ran.stdout);
    assert_eq!(server.stats().answered, 2 + 3);
}

#[test]
fn rubbish_for_an_answer_is_told() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/delay-me", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = std::io::Write::write_all(&mut stream, b"SSH-2.0-OpenSSH_9.2\r\n\r\n");
        }
    });
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
    assert_eq!(ran.row("async"), "async took more than 1.0 MB of memory");
}

#[cfg(target_os = "linux")]
mod with_signals {
    use std::process::Child;
    use std::thread;
    use std::time::{Duration, Instant};

    use crate::support::{Ran, children, command, delay_server, signal};

    /// Waits until a child of this name runs, and gives its number.
    fn until_it_runs(compare: &Child, name: &str) -> u32 {
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            let mut children = children(compare.id()).into_iter();
            if let Some((id, _)) = children.find(|(_, child)| child == name) {
                return id;
            }
            assert!(Instant::now() < deadline, "{name} never ran");
            thread::sleep(Duration::from_millis(2));
        }
    }

    fn is_there(id: u32) -> bool {
        std::path::Path::new(&format!("/proc/{id}")).exists()
    }

    #[test]
    fn who_is_killed_from_outside_says_so() {
        let (server, url) = delay_server();
        let args = ["http-client", "--url", &url, "--seconds", "2", "--strategies", "sync,async"];
        let mut compare = command(&args).spawn().unwrap();
        // The first of that name only makes ready.
        while server.stats().in_flight == 0 {
            assert!(compare.try_wait().unwrap().is_none(), "it ended before it asked anything");
            thread::sleep(Duration::from_millis(2));
        }
        signal("-KILL", until_it_runs(&compare, "sync"));
        let ran: Ran = compare.wait_with_output().unwrap().into();
        assert_eq!(ran.code, Some(1));
        assert_eq!(ran.row("sync"), "sync killed by signal 9, from outside");
        let async_took =
            ran.row("async").split(' ').nth(1).and_then(|took| took.parse::<f64>().ok());
        assert!(async_took.is_some_and(|seconds| seconds >= 2.0), "{}", ran.stdout);
    }

    #[test]
    fn ctrl_c_leaves_nothing_running() {
        for (asked, code) in [("-INT", 130), ("-TERM", 143)] {
            let compare = command(&["http-client", "--seconds", "50"]).spawn().unwrap();
            let server = until_it_runs(&compare, "delay-server");
            let strategy = until_it_runs(&compare, "sync");
            signal(asked, compare.id());
            let ran: Ran = compare.wait_with_output().unwrap().into();
            assert_eq!((ran.code, ran.stdout.as_str()), (Some(code), ""));
            assert!(ran.stderr.contains("error: interrupted before "), "{}", ran.stderr);
            assert!(!is_there(server) && !is_there(strategy));
        }
    }
}
