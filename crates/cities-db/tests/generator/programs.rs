//! What the program says, and to whom.

use std::fs;

use database_test::{Place, on_both};

use crate::support::Generator;

on_both! {
    nothing_is_drawn_into_a_pipe
    a_reset_is_not_made_unasked
}

fn nothing_is_drawn_into_a_pipe(place: &Place) {
    let ran = place.generate(&["--copies", "3"]);
    assert_eq!(ran.stderr, "");
    let database = place.database();
    assert_eq!(ran.stdout, format!("16,713 cities in {database}\n"));
}

fn a_reset_is_not_made_unasked(place: &Place) {
    place.generate(&["--copies", "1"]);
    let ran = place.run(&["--copies", "2", "--reset"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.starts_with("error: --reset removes all cities"), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: add --yes"), "{}", ran.stderr);
    place.assert_holds_copies(1);
}

#[test]
fn wrong_options_exit_with_2() {
    // A place that nothing can be written to, whatever the options.
    let mut place = Place::sqlite();
    place.url = "sqlite:no/such/folder/cities.sqlite".to_owned();
    for args in [
        &["--copies", "0"][..],
        &["--copies", "-1"],
        &["--copies", "many"],
        &["--copies", "1.5"],
        // One more than an integer key has room for.
        &["--copies", "385476"],
        &["--yes"],
        &["400"],
    ] {
        place.run(args).assert_refuses("");
    }
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let mut place = Place::sqlite();
    place.url = "sqlite:no/such/folder/cities.sqlite".to_owned();
    let ran = place.run(&[]);
    assert_eq!(ran.code, Some(1));
    let cause = "error: sqlite:no/such/folder/cities.sqlite cannot be written: ";
    assert!(ran.stderr.starts_with(cause), "{}", ran.stderr);
}

#[test]
fn a_file_that_is_no_database_is_left_alone() {
    let place = Place::sqlite();
    let path = place.path();
    let text = "a letter to the city council\n".repeat(1000);
    fs::write(&path, &text).unwrap();
    let ran = place.run(&["--reset", "--yes"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("is no SQLite database\nhint: "), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_database_that_knows_no_sql_is_refused() {
    let mut place = Place::sqlite();
    place.url = "mongodb://localhost/cities".to_owned();
    let cause = "this program asks its database in SQL, which MongoDB does not know";
    place.run(&["--copies", "1"]).assert_fails(cause, "sqlite:PATH or postgres://");
}

/// A program in a folder that cargo has marked as its own, in one way or the other: one
/// that somebody else has made has no `CACHEDIR.TAG`.
#[test]
fn without_a_url_the_file_lies_in_cargos_target_folder() {
    for mark in ["CACHEDIR.TAG", ".rustc_info.json"] {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target");
        fs::create_dir_all(target.join("debug")).unwrap();
        fs::write(target.join(mark), "").unwrap();
        let program = target.join("debug").join("generatedb");
        fs::copy(env!("CARGO_BIN_EXE_generatedb"), &program).unwrap();

        let mut command = program_test::command(program, &["--copies", "1"]);
        let ran = program_test::run(command.env_remove("DATABASE_URL")).well();
        let note = "note: to use it, set DATABASE_URL=sqlite:";
        assert!(ran.stderr.starts_with(note), "{}", ran.stderr);
        assert!(target.join("cities.sqlite").is_file(), "{mark}");
    }
}
