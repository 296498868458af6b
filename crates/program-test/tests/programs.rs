//! What becomes of programs that a test runs.

use std::env;
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use program_test::{
    Program, Ran, close_after, command, nobody, ok, read_head, run, stall_after, stranger,
};

#[test]
fn a_server_that_is_not_there_refuses_whoever_comes() {
    let nobody = nobody();
    assert!(TcpStream::connect(nobody.address).is_err());
    assert!(nobody.url("/here").ends_with("/here"));
}

#[test]
fn a_stranger_tells_what_it_was_asked() {
    use std::io::{Read, Write};
    let server = stranger(|stream, target, before| {
        let _ = stream.write_all(ok(&format!("{target} {before}")).as_bytes());
    });
    let address = server.url("").replace("http://", "");
    for before in 0..2 {
        let mut client = TcpStream::connect(&address).unwrap();
        client.write_all(b"GET /some/thing HTTP/1.1\r\n\r\n").unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        let end = format!("Content-Length: 13\r\n\r\n/some/thing {before}");
        assert!(answer.ends_with(&end), "{answer}");
        assert_eq!(server.asked(), before + 1);
    }
}

#[test]
fn one_stranger_hangs_up_after_its_reply_and_another_does_not() {
    use std::io::{ErrorKind, Read, Write};
    let ends = |url: String| {
        let mut client = TcpStream::connect(url.replace("http://", "")).unwrap();
        client.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        assert_eq!(read_head(&mut client), "a reply\r\n\r\n");
        client.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        match client.read(&mut [0]) {
            Ok(read) => read == 0,
            Err(error) => {
                assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut));
                false
            }
        }
    };
    assert!(!ends(stranger(stall_after("a reply\r\n\r\n")).url("")));
    assert!(ends(stranger(close_after("a reply\r\n\r\n")).url("")));
}

fn ran(code: i32, stdout: &str, stderr: &str) -> Ran {
    let (stdout, stderr) = (stdout.to_owned(), stderr.to_owned());
    Ran { code: Some(code), signal: None, stdout, stderr }
}

/// What the closure panics with.
fn complaint<T>(act: impl FnOnce() -> T) -> String {
    let Err(complaint) = catch_unwind(AssertUnwindSafe(act)) else { panic!("no complaint") };
    *complaint.downcast::<String>().expect("a panic with words")
}

#[test]
fn lines_are_told_by_who_said_them() {
    let ran = ran(0, "R1: one\nR11: two: R1: no\nR1 three\nR2: four\nR1: five\n", "");
    assert_eq!(ran.said("R1"), ["R1: one", "R1: five"]);
    assert_eq!(ran.said_by(&["R11", "R2"]), ["R11: two: R1: no", "R2: four"]);
}

#[test]
fn a_failure_is_one_error_and_one_hint_among_notes() {
    let failed = ran(1, "", "note: so\nerror: it broke\nhint: mend it\n");
    failed.assert_fails("broke", "mend");
    assert!(complaint(|| failed.assert_fails("bent", "mend")).contains("lacks: bent"));
    assert!(complaint(|| failed.assert_fails("broke", "leave")).contains("lacks: leave"));
    let well = ran(0, "", &failed.stderr);
    complaint(|| well.assert_fails("broke", "mend"));
    for stderr in ["error: it broke\n", "error: a\nhint: b\nerror: c\nhint: d\n", "a\nb\n"] {
        complaint(|| ran(1, "", stderr).assert_fails("", ""));
    }
}

#[test]
fn refused_options_print_nothing_and_exit_with_2() {
    ran(2, "", "error: one is wanted").assert_refuses("one");
    for ran in [
        ran(1, "", "error: one is wanted"),
        ran(2, "a line", "error: one is wanted"),
        ran(2, "", "one is wanted"),
        ran(2, "", "error: two are wanted"),
    ] {
        complaint(|| ran.assert_refuses("one"));
    }
}

#[cfg(unix)]
mod on_unix {
    use super::*;
    use program_test::{signal, until};

    fn sh(script: &str) -> std::process::Command {
        command("sh", &["-c", script])
    }

    #[test]
    fn both_streams_and_the_exit_code_are_kept() {
        let ran = run(&mut sh("echo out; echo error >&2; exit 3"));
        assert_eq!((ran.code, ran.signal), (Some(3), None));
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("out\n", "error\n"));
    }

    #[test]
    fn both_streams_can_be_kept_in_one() {
        let mut command = sh("echo one; echo two >&2; echo three");
        let ran = Program::start_with_one_stream(&mut command).end();
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("one\ntwo\nthree\n", ""));
    }

    #[test]
    fn a_program_that_hangs_fails_its_test_with_what_it_said() {
        let program = Program::start(&mut sh("echo begun; exec sleep 1000"));
        let id = program.id();
        program.until_it_says("begun");
        let complaint = complaint(|| program.with_patience(Duration::from_millis(50)).end());
        assert!(complaint.contains("sh goes on after 50ms, and said\nbegun"), "{complaint}");
        assert!(!signal("0", id), "it is ended");
    }

    /// Until then it may still be that whoever it has started writes something.
    #[test]
    fn a_program_has_not_ended_before_those_it_has_started() {
        let program = Program::start(&mut sh("sleep 1000 & echo $!"));
        program.until_it_says("\n");
        let started = program.stdout().trim_end().to_owned();
        complaint(|| program.with_patience(Duration::from_millis(50)).end());
        assert!(signal("KILL", started));
    }

    #[test]
    fn a_program_is_waited_for_until_it_says_something_or_ends() {
        let program = Program::start(&mut sh("echo a; echo b >&2"));
        program.until_it_says("a");
        program.until_it_notes("b");
        assert!(complaint(|| program.until_it_says("b")).contains("it never said 'b', but\na"));

        let program = Program::start(&mut sh("echo a; exec sleep 1000"));
        program.until_it_says("a");
        let program = program.with_patience(Duration::from_millis(50));
        let complaint = complaint(|| program.until_it_says("b"));
        assert!(complaint.contains("it has not said 'b' after 50ms, but\na"), "{complaint}");
    }

    #[test]
    fn a_test_that_is_done_leaves_nothing_running() {
        let mut ids = Vec::new();
        // One that ends what it has started, and one that does not let itself be ended.
        for script in [
            "trap 'kill $!; exit' TERM; sleep 1000 & echo $!; wait",
            "trap '' TERM; echo $$; while true; do sleep 0.01; done",
        ] {
            let program = Program::start(&mut sh(script));
            program.until_it_says("\n");
            ids.push(program.id());
            ids.push(program.stdout().trim_end().parse().unwrap());
        }
        for id in ids {
            until("it is gone", || !signal("0", id));
        }
    }

    #[test]
    fn a_killed_program_leaves_what_it_had_said() {
        let program = Program::start(&mut sh("echo begun; exec sleep 1000"));
        program.until_it_says("begun");
        let ran = program.kill();
        assert_eq!((ran.code, ran.signal, ran.stdout.as_str()), (None, Some(9), "begun\n"));
    }

    /// As under `nohup`, or in the background of a script.
    #[cfg(target_os = "linux")]
    #[test]
    fn signals_end_a_program_even_where_tests_ignore_them() {
        const NAME: &str = "on_unix::signals_end_a_program_even_where_tests_ignore_them";
        if env::var_os("IGNORES_SIGNALS").is_none() {
            let this = env::current_exe().expect("this program");
            let script = format!("trap '' HUP INT QUIT TERM; exec \"$0\" --exact {NAME}");
            let mut again = command("sh", &["-c", &script]);
            again.arg(this).env("IGNORES_SIGNALS", "1");
            let ran = run(&mut again).well();
            assert!(ran.stdout.contains("1 passed"), "{}", ran.stdout);
            return;
        }
        for (name, number) in [("HUP", 1), ("INT", 2), ("QUIT", 3), ("TERM", 15)] {
            let ran = run(&mut sh(&format!("kill -s {name} $$; echo it went on")));
            assert_eq!((ran.signal, ran.stdout.as_str()), (Some(number), ""));
            assert!(signal(name, std::process::id()), "and the test goes on ignoring it");
        }
    }
}
