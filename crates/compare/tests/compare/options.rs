//! What is for `compare`, and what goes to the programs.

use crate::support::{delay_server, row, rows, run};

#[test]
fn options_of_the_programs_pass_through() {
    let (server, url) = delay_server();
    let ran =
        run(&["http-client", "--url", &url, "--seconds", "0.1,0.1,0.1,0.1", "--workers", "3"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert_eq!(server.stats().answered, 5 * 4, "the given server is asked, and no other");
    assert!(row(&ran, "thread-pool").contains("ms 3 3 "), "{}", ran.stdout);
}

#[test]
fn what_stands_after_two_dashes_is_for_the_programs_alone() {
    let ran =
        run(&["http-client", "--strategies", "sync", "--", "--timeout", "0.2", "--seconds", "1"]);
    assert_eq!(ran.code, Some(1));
    assert!(row(&ran, "sync").contains("no complete reply"), "{}", ran.stdout);
}

#[test]
fn some_strategies_can_be_picked_by_either_name() {
    let ran = run(&["http-client", "--strategies", "thread,sync", "--speed", "100"]);
    assert_eq!((ran.code, rows(&ran).len()), (Some(0), 2), "{}", ran.stdout);
    let args = ["db-client", "--copies", "1", "--strategies"];
    for names in ["sync,thread-pool", "db-thread-pool,db-sync", "sync,db-thread-pool"] {
        let ran = run(&[&args[..], &[names]].concat());
        assert_eq!((ran.code, rows(&ran).len()), (Some(0), 2), "{}{}", ran.stdout, ran.stderr);
        assert!(row(&ran, "db-sync").contains(" - 1 1 "), "{}", ran.stdout);
    }
}

/// One line of cause, one of what to do, and exit code 2; nothing is built for it.
#[test]
fn what_is_not_there_is_told_with_what_is() {
    for (args, cause, hint) in [
        (
            &["no-client"][..],
            "there is no scenario 'no-client'",
            "db-client, http-client, table-stats",
        ),
        (&[], "no scenario is named", "http-client"),
        (&["harness"], "there is no scenario 'harness'", "http-client"),
        (&["http-client", "--strategies", "sync,asink"], "no strategy 'asink'", "sync, async, "),
        (&["db-client", "--ladder", "1,2"], "no size that could grow", "leave --ladder out"),
        (
            &["http-client", "--ladder", "1", "--requests", "1"],
            "--requests is what --ladder sets",
            "leave",
        ),
        (
            &["http-client", "--ladder", "1", "--requests=1"],
            "--requests is what --ladder sets",
            "leave",
        ),
        (&["http-client", "--json"], "--json is not for a comparison", "by itself"),
        (&["http-client", "--svg", "run.svg"], "--svg is not for a comparison", "by itself"),
        (&["http-client", "--report", "it"], "--report is not for a comparison", "by itself"),
    ] {
        let ran = run(args);
        ran.assert_refuses(cause);
        let (_, advice) = ran.error_and_hint();
        assert!(advice.contains(hint), "{advice}");
    }
}

#[test]
fn wrong_values_are_told_with_what_is_wanted() {
    for (args, wanted) in [
        (["--repeat", "0"], "a whole number from 1 up is wanted"),
        (["--repeat", "18446744073709551615"], "a whole number from 1 up is wanted"),
        (["--ladder", "10,ten"], "a whole number from 1 up is wanted"),
        (["--timeout", "0"], "a number of seconds above 0 is wanted"),
        (["--timeout", "soon"], "a number of seconds above 0 is wanted"),
        (["--most-memory", "4XB"], "a size above 0 is wanted"),
        (["--most-threads", "0"], "a whole number from 1 up is wanted"),
    ] {
        run(&[&["http-client"], &args[..]].concat()).assert_refuses(wanted);
    }
    let ran = run(&["http-client", "--ladder", "1", "--repeat", "2"]);
    assert_eq!(ran.code, Some(2));
}

#[test]
fn an_option_that_no_program_knows_is_told_once() {
    let ran = run(&["http-client", "--sped", "10"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    assert_eq!(ran.stderr.matches("unexpected argument '--sped'").count(), 1, "{}", ran.stderr);
}

#[test]
fn help_tells_every_option_with_its_default() {
    for args in [&["--help"][..], &["http-client", "--help"]] {
        let ran = run(args);
        assert_eq!(ran.code, Some(0));
        for wanted in [
            "--strategies",
            "--repeat",
            "--guess",
            "--ladder",
            "[default: 60]",
            "[default: half of",
            "[default: 20000",
        ] {
            assert!(ran.stdout.contains(wanted), "{wanted} in {}", ran.stdout);
        }
    }
}
