//! Each test has a database of its own.

use std::thread;

use database_test::{Place, on_both, url_as, url_of};

on_both! {
    what_was_executed_is_there_and_can_be_asked_for
}

fn what_was_executed_is_there_and_can_be_asked_for(place: &Place) {
    place.execute("CREATE TABLE sevens (seven integer); INSERT INTO sevens VALUES (7), (7)");
    assert_eq!(place.integer("SELECT count(*) FROM sevens"), 2);
    assert_eq!(place.text("SELECT CAST(max(seven) AS text) FROM sevens"), "7");
}

#[test]
fn a_file_goes_with_its_test() {
    let place = Place::sqlite();
    let path = place.path();
    assert!(!path.exists());
    place.execute("CREATE TABLE sevens (seven integer)");
    assert!(path.exists());
    drop(place);
    assert!(!path.exists() && !path.parent().unwrap().exists());
}

#[test]
#[ignore = "needs Postgres: scripts/test"]
fn a_schema_goes_with_its_test() {
    let in_all = "SELECT count(*) FROM pg_tables WHERE tablename = 'unheard_of'";
    let mine = Place::postgres();
    let [before, within] = thread::scope(|scope| {
        let other = thread::Builder::new().name("other".to_owned());
        let other = other.spawn_scoped(scope, || {
            let place = Place::postgres();
            place.execute("CREATE TABLE unheard_of (seven integer)");
            [mine.integer(in_all), mine.integer("SELECT count(to_regclass('unheard_of'))")]
        });
        other.unwrap().join().unwrap()
    });
    assert_eq!((before, within, mine.integer(in_all)), (1, 0, 0));
}

#[test]
#[ignore = "needs Postgres: scripts/test"]
fn connections_are_known_by_the_test_that_made_them() {
    let count = "SELECT count(*) FROM pg_stat_activity \
        WHERE application_name = current_setting('application_name')";
    let place = Place::postgres();
    let _other = place.connect();
    assert_eq!(place.integer(count), 2);
}

#[test]
#[ignore = "needs Postgres: scripts/test"]
fn other_users_and_databases_are_on_the_same_server() {
    assert!(url_of("other").ends_with("/other"));
    assert!(url_as("me:secret").starts_with("postgres://me:secret@"));
}
