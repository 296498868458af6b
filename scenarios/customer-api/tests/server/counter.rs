//! A counter that is shared without a lock, and what the compiler says of one that may not be.

use std::process::Command;
use std::{env, fs};

use customer_api::Server;
use database_test::{Place, on_both};
use program_test::{Ran, command, run};

use crate::look_ups::many_purchases;
use crate::support::Running;

on_both! {
    what_is_read_and_written_between_two_awaits_is_exact
    what_is_read_before_an_await_and_written_after_it_is_lost
}

/// The first report takes many times as long as the look-ups.
fn counted(place: &Place) -> Ran {
    drop(Running::fresh(Server::Async, place, &[]));
    if place.url.starts_with("sqlite") {
        place.execute(&many_purchases(1_000_000));
    } else {
        place.execute(
            "INSERT INTO purchases SELECT i % 1000 + 1, i FROM generate_series(1, 1000000) AS i",
        );
    }
    let mut command = command(env!("CARGO_BIN_EXE_customers-counter"), &[]);
    run(command.env("DATABASE_URL", &place.url)).well()
}

fn what_is_read_and_written_between_two_awaits_is_exact(place: &Place) {
    let ran = counted(place);
    let told = "4 look-ups, and the counter says 4.\n\
                Nobody wrote between another's reading and writing.\n";
    assert!(ran.stdout.contains(told), "{}", ran.stdout);
    let wrote = ran.stdout.lines().filter_map(|line| line.split_once(": Wrote "));
    let wrote: Vec<_> = wrote.map(|(_, count)| count).take(4).collect();
    assert_eq!(wrote, ["1", "2", "3", "4"], "{}", ran.stdout);
    assert_eq!(ran.said("report 1")[1..], ["report 1: Read 3", "report 1: Wrote 4"]);
}

fn what_is_read_before_an_await_and_written_after_it_is_lost(place: &Place) {
    let ran = counted(place);
    let told = "4 look-ups, and the counter says 1.\n\
                Between report 5's reading and writing, find 6, find 7 and find 8 wrote.\n";
    assert!(ran.stdout.contains(told), "{}", ran.stdout);
    let said = ran.said("report 5");
    assert_eq!((said[0], said[2]), ("report 5: Read 0", "report 5: Wrote 1"));
}

/// What the servers ask of a handler, and a handler that has a `Cell`.
const REFUSED: &str = "\
    use std::cell::Cell;\n\
    fn serve(_: impl Fn(u32) + Send + Sync + 'static) {}\n\
    fn main() {\n\
        let counter = Cell::new(0);\n\
        serve(move |_order| counter.set(counter.get() + 1));\n\
    }\n";

#[test]
fn the_chapter_quotes_what_the_compiler_says_of_a_cell_on_several_threads() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("refused.rs"), REFUSED).unwrap();
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--edition", "2024", "--emit", "metadata", "refused.rs"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let first = said.lines().next().unwrap_or_default();
    assert!(first.starts_with("error[E0277]: "), "{said}");
    let chapter = fs::read_to_string("README.md").unwrap();
    assert!(chapter.lines().any(|line| line == first), "{first} is not in the chapter");
}
