//! Several programs on one database.

use std::thread;

use cities_db::generator::{Order, Start};
use database::generator::fill_if_missing;

use crate::support::Place;

on_both! {
    of_two_at_once_both_finish
    two_resets_at_once_leave_the_copies_of_one
    a_database_is_filled_once_however_many_ask_for_it
    what_is_filled_already_is_left_alone
    empty_tables_are_not_filled_already
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

fn a_database_is_filled_once_however_many_ask_for_it(place: &Place) {
    let order = Order::new(5, Start::Add);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| fill_if_missing(&place.database(), &order).unwrap());
        }
    });
    place.assert_holds_copies(5);
}

fn what_is_filled_already_is_left_alone(place: &Place) {
    place.generate(&["--copies", "1"]);
    fill_if_missing(&place.database(), &Order::new(2, Start::Add)).unwrap();
    place.assert_holds_copies(1);
}

fn empty_tables_are_not_filled_already(place: &Place) {
    place.generate(&["--copies", "1"]);
    place.execute("DELETE FROM cities");
    fill_if_missing(&place.database(), &Order::new(2, Start::Add)).unwrap();
    place.assert_holds_copies(2);
}
