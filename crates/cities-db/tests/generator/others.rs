//! Several programs on one database.

use std::thread;

use cities_db::generator::{Order, Start};
use database::generator::fill_if_missing;
use database_test::{Place, on_both};
use program_test::Program;

use crate::support::Generator;

on_both! {
    of_two_at_once_both_finish
    two_resets_at_once_leave_the_copies_of_one
    a_database_is_filled_once_however_many_ask_for_it
    what_is_filled_already_is_left_alone
    empty_tables_are_not_filled_already
}

fn run_two_at_once(place: &Place, args: &[&str]) {
    let both = [(); 2].map(|()| Program::start(&mut place.command(args)));
    for generator in both {
        generator.end().well();
    }
}

fn of_two_at_once_both_finish(place: &Place) {
    run_two_at_once(place, &["--copies", "30"]);
    place.assert_holds_copies(60);
    assert_eq!(place.integer("SELECT count(*) FROM states"), 27);
}

fn two_resets_at_once_leave_the_copies_of_one(place: &Place) {
    place.generate(&["--copies", "1"]);
    run_two_at_once(place, &["--copies", "30", "--reset", "--yes"]);
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
