//! However a generator ends early, the database is as it was.

use database_test::{Place, on_both};

use crate::support::Generator;

on_both! {
    told_to_stop_it_leaves_the_database_as_it_was
}

/// By the one that watches it.
fn told_to_stop_it_leaves_the_database_as_it_was(place: &Place) {
    use std::ops::ControlFlow::{Break, Continue};

    use cities_db::generator::{Order, Start};
    use database::Trouble;
    use database::generator::{Filling, Progress, fill};

    place.generate(&["--copies", "1"]);
    for start in [Start::Add, Start::Over] {
        let order = Order::new(100, start);
        for stop_at in [Progress::Added(0), Progress::Added(order.all_rows()), Progress::Finishing]
        {
            let watch = |progress| if progress == stop_at { Break(()) } else { Continue(()) };
            let error = fill(&place.database(), &order, watch).unwrap_err();
            assert_eq!(error.trouble, Trouble::Interrupted, "{stop_at:?}");
            place.assert_holds_copies(1);
        }
    }
}

/// Signals come from Unix; Ctrl-C of Windows cannot be sent to one process.
#[cfg(unix)]
mod signals {
    use std::time::{Duration, Instant};

    use database_test::{Place, on_both};
    use program_test::Ran;

    use crate::support::Generator;

    on_both! {
        ctrl_c_leaves_the_database_as_it_was
        sigterm_leaves_the_database_as_it_was
        sigkill_leaves_the_database_as_it_was
    }

    fn ctrl_c_leaves_the_database_as_it_was(place: &Place) {
        let (ran, took) = signalled(place, "INT");
        assert_eq!(ran.code, Some(130));
        // A database that is busy for as long as this is left to put it back by itself.
        let right = match ran.stderr.starts_with("error: interrupted while the database was busy") {
            true => took >= Duration::from_secs(2),
            false => ran.stderr.starts_with("error: interrupted before "),
        };
        assert!(right, "{}", ran.stderr);
    }

    fn sigterm_leaves_the_database_as_it_was(place: &Place) {
        assert_eq!(signalled(place, "TERM").0.code, Some(143));
    }

    fn sigkill_leaves_the_database_as_it_was(place: &Place) {
        let (ran, _) = signalled(place, "KILL");
        assert_eq!(ran.code, None);
        assert_eq!(ran.stderr, "");
    }

    /// Sends the signal in the middle of the work, and looks at what is left. Gives how
    /// long the end took too.
    fn signalled(place: &Place, signal: &str) -> (Ran, Duration) {
        place.generate(&["--copies", "1"]);
        let generator = place.begin();
        let told = Instant::now();
        generator.signal(signal);
        let ran = generator.end();
        let took = told.elapsed();
        assert_eq!(ran.stdout, "");
        place.assert_holds_copies(1);
        place.generate(&["--copies", "1"]);
        place.assert_holds_copies(2);
        // Not even a number is missing.
        assert_eq!(place.integer("SELECT CAST(max(id) AS bigint) FROM cities"), 2 * 5_571);
        (ran, took)
    }
}

/// The system's limit of a file's size stands for a full disk: writing fails
/// in the middle of the work.
#[cfg(unix)]
#[test]
fn a_file_that_may_not_grow_is_left_as_it_was() {
    let place = Place::sqlite();
    place.generate(&["--copies", "1"]);
    let before = place.bytes();
    // Ignored, the signal becomes an error of the write.
    let script = "trap '' XFSZ; ulimit -f 4000; exec \"$0\" --copies 100";
    let mut limited =
        program_test::command("sh", &["-c", script, env!("CARGO_BIN_EXE_generatedb")]);
    let ran = program_test::run(limited.env("DATABASE_URL", &place.url));
    ran.assert_fails("sqlite:", "");
    // The room it took is given back at once.
    assert_eq!(place.bytes(), before);
    place.assert_holds_copies(1);
    assert_eq!(place.text("PRAGMA integrity_check"), "ok");
    place.generate(&["--copies", "1"]);
    place.assert_holds_copies(2);
}

#[test]
#[ignore = "needs Postgres: scripts/test"]
fn a_table_that_can_take_no_more_is_left_as_it_was() {
    let place = Place::postgres();
    place.generate(&["--copies", "1"]);
    place.execute("ALTER SEQUENCE cities_id_seq MAXVALUE 500000");
    let ran = place.run(&["--copies", "200"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("is out of bounds for sequence"), "{}", ran.stderr);
    place.assert_holds_copies(1);
}

#[test]
#[ignore = "needs Postgres: scripts/test"]
fn a_table_without_a_sequence_of_keys_is_left_as_it_was() {
    let place = Place::postgres();
    place.generate(&["--copies", "1"]);
    place.execute("ALTER SEQUENCE cities_id_seq OWNED BY NONE");
    let ran = place.run(&["--copies", "1"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("has no sequence to take keys from\nhint: "), "{}", ran.stderr);
    place.assert_holds_copies(1);
}

#[test]
#[ignore = "needs Postgres: scripts/test"]
fn a_server_that_hangs_up_has_kept_nothing() {
    let place = Place::postgres();
    place.generate(&["--copies", "1"]);
    let generator = place.begin();
    place.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_locks \
         WHERE relation = 'cities'::regclass AND mode = 'RowExclusiveLock'",
    );
    generator.end().assert_fails("postgres://", "");
    place.assert_holds_copies(1);
}
