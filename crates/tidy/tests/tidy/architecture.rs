//! Who stands on whom: the table and the picture of `CONTRIBUTING.md` say it, and
//! the manifests keep to it.

use std::collections::BTreeSet;

use crate::tree::{self, Member};

const DOCUMENT: &str = "CONTRIBUTING.md";
const PICTURE: &str = "docs/architecture.svg";

/// The row that tells what tests may use besides, whosever they are.
const TESTS: &str = "tests/";

/// A row of the table: folders, and what their packages stand on.
struct Row {
    /// Such as `crates/lens`, or `scenarios/*` for all of them.
    folder: String,
    /// The folders of other rows.
    stands_on: Vec<String>,
    /// Packages from elsewhere that it must do without; with `::`, what must not
    /// stand in its sources.
    never: Vec<String>,
}

fn table() -> Vec<Row> {
    let text = tree::text(DOCUMENT);
    let rows = text.lines().skip_while(|line| !line.starts_with("| folder |"));
    let rows = rows.skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|line| {
        let cells: Vec<&str> = line.split('|').collect();
        let [_, folder, _what, stands_on, never, _] = cells[..] else {
            panic!("{DOCUMENT}: not a row of four cells: {line}");
        };
        let [folder] = &names(folder)[..] else { panic!("{DOCUMENT}: no one folder: {line}") };
        Row { folder: folder.clone(), stands_on: names(stands_on), never: names(never) }
    })
    .collect()
}

/// What stands in backticks.
fn names(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// A `*` stands for a part of one name.
fn is_of(folder: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        None => folder == pattern,
        Some((before, after)) => folder
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(after))
            .is_some_and(|part| !part.contains('/')),
    }
}

/// The folders that those of this row may use: what they stand on, and what that
/// stands on in turn.
fn allowed<'a>(table: &'a [Row], folder: &'a str) -> BTreeSet<&'a str> {
    let mut allowed = BTreeSet::new();
    let mut to_follow = vec![folder];
    while let Some(folder) = to_follow.pop() {
        let row = table.iter().find(|row| row.folder == folder);
        let row = row.unwrap_or_else(|| panic!("{DOCUMENT}: no row of the table is `{folder}`"));
        let more = row.stands_on.iter().map(String::as_str);
        to_follow.extend(more.filter(|more| allowed.insert(*more)));
    }
    allowed
}

fn row_of<'a>(table: &'a [Row], member: &Member) -> &'a Row {
    let folder = &member.folder;
    let mut rows = table.iter().filter(|row| is_of(folder, &row.folder));
    let row = rows.next();
    let row = row.unwrap_or_else(|| panic!("{DOCUMENT}: {folder} has no row in the table"));
    assert!(rows.next().is_none(), "{DOCUMENT}: {folder} has two rows in the table");
    row
}

#[test]
fn each_row_of_the_table_is_of_a_package() {
    let members = tree::members();
    for row in table().iter().filter(|row| row.folder != TESTS) {
        let is_somebody = members.iter().any(|member| is_of(&member.folder, &row.folder));
        assert!(is_somebody, "{DOCUMENT}: there is no package at `{}`", row.folder);
    }
}

#[test]
fn packages_use_only_what_they_stand_on() {
    let table = table();
    for member in tree::members() {
        let allowed = allowed(&table, &row_of(&table, &member).folder);
        for neighbour in &member.neighbours {
            assert!(
                allowed.iter().any(|pattern| is_of(neighbour, pattern)),
                "{} may use {allowed:?} and no {neighbour}: {DOCUMENT} says so",
                member.folder
            );
        }
    }
}

#[test]
fn tests_use_only_that_and_what_is_for_tests() {
    let table = table();
    let of_tests = allowed(&table, TESTS);
    for member in tree::members() {
        let allowed = &allowed(&table, &row_of(&table, &member).folder) | &of_tests;
        for neighbour in &member.neighbours_of_tests {
            assert!(
                allowed.iter().any(|pattern| is_of(neighbour, pattern)),
                "tests of {} may use {allowed:?} and no {neighbour}: {DOCUMENT} says so",
                member.folder
            );
        }
    }
}

#[test]
fn packages_do_without_what_their_rows_rule_out() {
    let table = table();
    for member in tree::members() {
        let row = row_of(&table, &member);
        let (words, packages): (Vec<_>, Vec<_>) =
            row.never.iter().partition(|never| never.contains("::"));
        for dependency in &member.package.dependencies {
            let is_ruled_out = packages.iter().any(|never| **never == dependency.name);
            assert!(
                tree::is_for_tests(dependency) || !is_ruled_out,
                "{} does without {}: {DOCUMENT} says so",
                member.folder,
                dependency.name
            );
        }
        let src = format!("{}/src/", member.folder);
        let sources = tree::files(&member.folder, ".rs").into_iter();
        for source in sources.filter(|source| source.starts_with(&src)) {
            let text = tree::text(&source);
            let found = words.iter().find(|word| text.contains(**word));
            assert_eq!(found, None, "{source} does without it: {DOCUMENT} says so");
        }
    }
}

#[test]
fn the_picture_shows_the_table() {
    let picture = tree::text(PICTURE);
    let titles = picture.split("<title>").skip(1).filter_map(|rest| rest.split("</title>").next());
    let (arrows, boxes): (BTreeSet<_>, BTreeSet<_>) =
        titles.skip(1).map(str::to_owned).partition(|title| title.contains(" stands on "));
    let table = table();
    // Those that stand on others of their own row have no arrow to themselves.
    let of_table = |row: &Row| -> Vec<String> {
        let others = row.stands_on.iter().filter(|below| **below != row.folder);
        others.map(|below| format!("{} stands on {below}", row.folder)).collect()
    };
    assert_eq!(arrows, table.iter().flat_map(of_table).collect(), "the arrows of {PICTURE}");
    let folders = table.iter().map(|row| row.folder.clone()).collect();
    assert_eq!(boxes, folders, "the boxes of {PICTURE}");
}

#[test]
fn a_star_stands_for_a_part_of_one_name() {
    assert!(is_of("crates/lens", "crates/lens"));
    assert!(!is_of("crates/lens-more", "crates/lens"));
    assert!(is_of("scenarios/db-client", "scenarios/*"));
    assert!(!is_of("scenarios/db-client/inner", "scenarios/*"));
    assert!(is_of("crates/chapter-test", "crates/*-test"));
    assert!(!is_of("crates/lens", "crates/*-test"));
}
