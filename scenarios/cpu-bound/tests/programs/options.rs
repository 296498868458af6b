//! What can be asked for, and what cannot.

use cpu_bound::Strategy;
use harness::Report;

use crate::support::run;

#[test]
fn what_cannot_be_is_refused() {
    for (args, problem) in [
        (["--up-to", "0"], "a whole number from 1 up is wanted, 1000000000 at most"),
        (["--up-to", "1000000001"], "a whole number from 1 up is wanted, 1000000000 at most"),
        (["--workers", "0"], "a whole number from 1 up is wanted, 1000 at most"),
        (["--workers", "1001"], "a whole number from 1 up is wanted, 1000 at most"),
        (["--ranges", "0"], "a whole number from 1 up is wanted, 1000000 at most"),
        (["--ranges", "1000001"], "a whole number from 1 up is wanted, 1000000 at most"),
        (["--up-to=5", "--ranges=6"], "--ranges is more than there are numbers: 5"),
        (["--count", "9-5"], "the numbers from FIRST to LAST are none"),
    ] {
        run(Strategy::Process, &args).assert_refuses(problem);
    }
}

#[test]
fn workers_are_for_those_alone_that_have_any() {
    for strategy in Strategy::ALL {
        let help = run(strategy, &["--help"]).stdout;
        assert_eq!(help.contains("--workers"), strategy.has_workers(), "{help}");
        let ran = run(strategy, &["--up-to", "100", "--workers", "3"]);
        if strategy.has_workers() {
            assert_eq!(ran.well().said_by(&["R1", "R2", "R3", "R4"]).len(), 6, "{strategy:?}");
        } else {
            ran.assert_refuses("--workers means nothing here: one thread does all the work");
            assert!(help.contains("of the same length [default: 2]"), "{help}");
            let ran = run(strategy, &["--up-to", "100"]).well();
            assert_eq!(ran.said_by(&["R1", "R2", "R3"]).len(), 4, "{strategy:?}");
        }
    }
}

#[test]
fn the_help_tells_what_a_user_can_choose_and_nothing_else() {
    for strategy in Strategy::ALL {
        let help = run(strategy, &["--help"]).stdout;
        assert!(help.contains(&format!("Usage: {} ", strategy.name())), "{help}");
        assert!(help.contains("--up-to") && help.contains("[default: 10100000]"), "{help}");
        for hidden in ["--count", "--child", "--speed"] {
            assert!(!help.contains(hidden), "{hidden} in {help}");
        }
    }
}

#[test]
fn json_goes_to_stdout_and_the_primes_to_stderr() {
    for strategy in Strategy::ALL {
        let ran = run(strategy, &["--up-to", "100", "--json"]);
        assert_eq!(ran.report::<Report>().strategy, strategy.name());
        assert!(ran.stderr.contains("\nFound 25 primes from 1 to 100\n"), "{}", ran.stderr);
    }
}
