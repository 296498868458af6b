//! The file of what was ingested: whole characters, whatever happens.

use std::fs;

use character_ingest::Strategy;
use program_test::{Program, until};

use crate::support::{CHARACTERS, command, delay_server, errors, ids_in, program, run};

#[test]
fn the_file_is_begun_anew() {
    let (_server, url) = delay_server(&[]);
    let out = tempfile::NamedTempFile::new().unwrap();
    fs::write(out.path(), "from before\n".repeat(1_000)).unwrap();
    let path = out.path().to_str().unwrap();
    let ran = run(Strategy::Sync, &["--url", &url, "--delay", "0", "--out", path]);
    assert_eq!((ran.code, ids_in(out.path())), (Some(0), Vec::from_iter(1..=10)));
}

#[test]
fn killed_half_way_it_leaves_whole_characters() {
    for strategy in Strategy::ALL {
        let stalled: Vec<String> = (4..=10).map(|id| format!("{id}=stall")).collect();
        let stalled: Vec<&str> = stalled.iter().map(String::as_str).collect();
        let (server, url) = delay_server(&stalled);
        let out = tempfile::NamedTempFile::new().unwrap();
        let path = out.path().to_str().unwrap();
        let args = ["--url", &url, "--speed", "50", "--timeout", "60", "--out", path];
        let client = Program::start(&mut command(strategy, &args));
        until("the others wait", || server.stats().answered == 3 && server.stats().in_flight >= 1);
        until("three are in the file", || {
            fs::read_to_string(out.path()).unwrap().lines().count() == 3
        });
        client.kill();
        assert_eq!(ids_in(out.path()), [1, 2, 3], "{strategy:?}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_what_is_there_and_draws() {
    for strategy in Strategy::ALL {
        let (server, url) = delay_server(&["3=stall"]);
        let out = tempfile::NamedTempFile::new().unwrap();
        let path = out.path().to_str().unwrap();
        let args = ["--url", &url, "--speed", "50", "--characters", "1-3", "--timeout", "60"];
        let log = tempfile::NamedTempFile::new().unwrap();
        let log_file = ["--log-file", log.path().to_str().unwrap()];
        let args = [&args[..], &["--out", path], &log_file].concat();
        let client = Program::start(&mut command(strategy, &args));
        until("one waits and two have said that they are done", || {
            let said = fs::read_to_string(log.path()).unwrap();
            server.stats().in_flight == 1 && said.matches("Ingested successfully").count() == 2
        });
        client.signal("INT");
        let ran = client.end();
        assert_eq!((ran.code, ids_in(out.path())), (Some(130), vec![1, 2]), "{strategy:?}");
        assert!(ran.stdout.contains("2 done, 1 still going."), "{strategy:?}: {}", ran.stdout);
    }
}

#[test]
fn a_file_that_cannot_be_opened_is_told_before_anything_is_asked() {
    let (server, url) = delay_server(&[]);
    let ran = run(Strategy::Sync, &["--url", &url, "--out", "no/such/folder/characters"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert!(errors(&ran)[0].starts_with("cannot write 'no/such/folder/characters': "));
    assert_eq!(server.stats().answered, 0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_fails_each_character_by_itself() {
    for strategy in Strategy::ALL {
        let (server, url) = delay_server(&[]);
        let args = ["--url", &url, "--speed", "50", "--characters", "1-3", "--out", "/dev/full"];
        let ran = run(strategy, &args);
        assert_eq!((ran.code, server.stats().answered), (Some(1), 3), "{strategy:?}");
        let errors = errors(&ran);
        assert_eq!(errors.len(), 3, "{strategy:?}: {errors:?}");
        assert!(errors[0].starts_with("C1: cannot write '/dev/full': No space left"), "{errors:?}");
    }
}

/// A limit of the file's size fails in the middle of a line, as a full disk does.
#[cfg(target_os = "linux")]
#[test]
fn a_line_that_does_not_fit_is_taken_back() {
    let (_server, url) = delay_server(&[]);
    for strategy in Strategy::ALL {
        let out = tempfile::NamedTempFile::new().unwrap();
        let path = out.path().to_str().unwrap();
        // Some blocks of 512 bytes; what does not fit is an error, not a signal.
        let script = "trap '' XFSZ; ulimit -f 4; exec \"$@\"";
        let args = ["-c", script, "sh", program(strategy), "--url", &url, "--speed", "50"];
        let mut limited = program_test::command("sh", &args);
        let ran = program_test::run(limited.args(["--log", "short", "--out", path]));
        let ids = ids_in(out.path());
        let length = fs::metadata(path).unwrap().len() as usize;
        let shortest = CHARACTERS.lines().map(str::len).min().unwrap();
        assert_eq!(ran.code, Some(1), "{strategy:?}");
        assert_eq!(ids.len() + errors(&ran).len(), 10, "{strategy:?}: {}", ran.stderr);
        assert!(!ids.is_empty() && length > 4 * 512 - 2 * shortest, "{strategy:?}: {ids:?}");
        assert!(ran.stderr.contains("File too large"), "{strategy:?}: {}", ran.stderr);
    }
}
