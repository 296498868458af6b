//! Several programs on one database.

use std::ops::ControlFlow::{Break, Continue};
use std::thread;
use std::time::Duration;

use cities_db::Trouble;
use cities_db::generator::{self, Order, Outcome, Progress, Start};

use crate::support::Place;

on_both! {
    of_two_at_once_both_finish
    two_resets_at_once_leave_the_copies_of_one
    one_that_waits_says_so_and_can_be_stopped
    one_that_has_waited_enough_says_that_another_is_at_work
    a_database_is_filled_once_however_many_ask_for_it
    what_is_filled_already_is_left_alone
}

fn of_two_at_once_both_finish(place: &Place) {
    let both = [(); 2].map(|()| place.command(&["--copies", "30"]).spawn().unwrap());
    for child in both {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    place.assert_holds_copies(60);
    assert_eq!(place.integer("SELECT count(*) FROM states"), 27);
}

fn two_resets_at_once_leave_the_copies_of_one(place: &Place) {
    place.generate(&["--copies", "1"]);
    let args = ["--copies", "30", "--reset", "--yes"];
    let both = [(); 2].map(|()| place.command(&args).spawn().unwrap());
    for child in both {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    place.assert_holds_copies(30);
}

/// The second begins in the middle of the first.
fn one_that_waits_says_so_and_can_be_stopped(place: &Place) {
    let order = Order::new(2, Start::Add);
    let mut second = None;
    let first = generator::fill(&place.database(), &order, |progress| {
        if progress == Progress::Added(0) {
            let stop = |progress| {
                assert_eq!(progress, Progress::Waiting);
                Break(())
            };
            second = Some(generator::fill(&place.database(), &order, stop).unwrap());
        }
        Continue(())
    });
    assert_eq!(second, Some(Outcome::Stopped));
    assert_eq!(first.unwrap(), Outcome::Filled(order.cities()));
    place.assert_holds_copies(2);
}

fn one_that_has_waited_enough_says_that_another_is_at_work(place: &Place) {
    let order = Order { patience: Duration::ZERO, ..Order::new(2, Start::Add) };
    let mut second = None;
    let first = generator::fill(&place.database(), &order, |progress| {
        if progress == Progress::Finishing {
            second = Some(generator::fill(&place.database(), &order, |_| Continue(())));
        }
        Continue(())
    });
    let error = second.unwrap().unwrap_err();
    assert_eq!(error.trouble, Trouble::Locked);
    assert!(error.to_string().contains("locked by another program"), "{error}");
    assert_eq!(first.unwrap(), Outcome::Filled(order.cities()));
    place.assert_holds_copies(2);
}

fn a_database_is_filled_once_however_many_ask_for_it(place: &Place) {
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| generator::fill_if_missing(&place.database(), 5).unwrap());
        }
    });
    place.assert_holds_copies(5);
}

fn what_is_filled_already_is_left_alone(place: &Place) {
    place.generate(&["--copies", "1"]);
    let order = Order::new(2, Start::Missing);
    let never = |progress| panic!("{progress:?}");
    let outcome = generator::fill(&place.database(), &order, never).unwrap();
    assert_eq!(outcome, Outcome::Left);
    place.assert_holds_copies(1);
}

/// A reader keeps the file from being changed, though not from being prepared for it.
#[test]
fn a_reader_is_waited_for() {
    let place = Place::sqlite();
    place.generate(&["--copies", "1"]);
    let reader = place.url.strip_prefix("sqlite:").unwrap();
    let reader = rusqlite::Connection::open(reader).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM cities").unwrap();

    let hurried = Order { patience: Duration::ZERO, ..Order::new(1, Start::Add) };
    let error = generator::fill(&place.database(), &hurried, |_| Continue(())).unwrap_err();
    assert_eq!(error.trouble, Trouble::Locked);
    place.assert_holds_copies(1);

    let patient = Order::new(1, Start::Add);
    let watch = |progress| {
        if progress == Progress::Waiting {
            // The second time there is no transaction to end.
            let _ = reader.execute_batch("COMMIT");
        }
        Continue(())
    };
    generator::fill(&place.database(), &patient, watch).unwrap();
    place.assert_holds_copies(2);
}
