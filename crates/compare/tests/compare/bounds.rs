//! What a strategy may leave behind: no process, and not more than so much on disk.

use crate::support::{row, run, run_in, workspace};

#[test]
fn who_writes_without_end_is_ended() {
    let statements = "if !std::env::args().any(|arg| arg == \"--prepare\") { loop { \
        println!(\"{}\", \"no end \".repeat(100)) } }";
    let folder = workspace("strategies = [\"chatty\"]", &[("chatty", statements)]);
    let ran = run_in(folder.path(), &["other", "--most-output", "1MB", "--timeout", "60"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert_eq!(row(&ran, "chatty"), "chatty wrote more than 1.0 MB");
}

#[test]
fn a_page_goes_to_a_file_and_says_so() {
    for odd in ["-", "/dev/stdout", "."] {
        let ran = run(&["http-client", "--strategies", "sync", "--html", odd]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{odd}");
        assert!(ran.stderr.contains("file"), "{}", ran.stderr);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    let path = path.to_str().unwrap();
    let ran = run(&["http-client", "--strategies", "async", "--speed", "100", "--html", path]);
    assert_eq!(ran.code, Some(0));
    assert_eq!(ran.stderr, format!("note: the page is '{path}': open it in a browser\n"));
}

#[test]
fn an_option_before_the_scenario_is_told_where_it_belongs() {
    let ran = run(&["--requests", "5", "http-client"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    assert!(ran.stderr.starts_with("error: --requests is no option of compare"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("\nhint: options of the programs stand after it"),
        "{}",
        ran.stderr
    );
}

#[test]
fn help_begins_with_the_command_as_it_is_typed() {
    let usage =
        "Usage: cargo run -p compare -- <SCENARIO> [OPTIONS] [--] [OPTIONS OF ITS PROGRAMS]";
    assert!(run(&["--help"]).stdout.contains(usage));
    let version = run(&["--version"]);
    assert!(version.stdout.starts_with("compare ") && version.code == Some(0));
}

#[cfg(target_os = "linux")]
mod after_a_kill {
    use std::path::Path;

    use program_test::until_within;

    use crate::support::{PATIENCE, children, command, start, workspace};

    fn until(what: &str, is_so: impl FnMut() -> bool) {
        until_within(PATIENCE, what, is_so);
    }

    fn child(of: u32, name: &str) -> Option<u32> {
        children(of).into_iter().find(|(_, child)| child == name).map(|(id, _)| id)
    }

    fn is_there(id: u32) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        Path::new(&format!("/proc/{id}")).exists() && !stat.contains(") Z ")
    }

    #[test]
    fn nothing_is_left_running_of_a_real_scenario() {
        let compare = start(&mut command(&["http-client", "--seconds", "50"]));
        until("the server and a strategy run", || {
            child(compare.id(), "delay-server").is_some() && child(compare.id(), "sync").is_some()
        });
        let ids = children(compare.id()).into_iter().map(|(id, _)| id).collect::<Vec<_>>();
        compare.kill();
        until("all of them end", || !ids.iter().any(|id| is_there(*id)));
    }

    /// A shell that ignores what it may, and a child of its own.
    #[test]
    fn nothing_is_left_running_of_a_strategy_that_heeds_no_signal() {
        let statements = "if std::env::args().any(|arg| arg == \"--prepare\") { return } \
            let script = \"trap '' INT TERM HUP; sleep 300 & sleep 300; wait\"; \
            std::process::Command::new(\"sh\").args([\"-c\", script]).status().unwrap();";
        let folder = workspace("strategies = [\"deaf\"]", &[("deaf", statements)]);
        let mut command = command(&["other", "--timeout", "300"]);
        command.current_dir(folder.path()).env("CARGO_TARGET_DIR", folder.path().join("target"));
        let compare = start(&mut command);
        let shell = || child(child(compare.id(), "deaf")?, "sh");
        until("the shell's children run", || {
            shell().is_some_and(|shell| children(shell).len() == 2)
        });
        let deaf = child(compare.id(), "deaf").unwrap();
        let shell = shell().unwrap();
        let mut ids = vec![deaf, shell];
        ids.extend(children(shell).into_iter().map(|(id, _)| id));
        compare.kill();
        until("all of them end", || !ids.iter().any(|id| is_there(*id)));
    }
}
