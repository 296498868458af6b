//! Without `DATABASE_URL`: a file that the first run fills.

use std::fs;
use std::path::{Path, PathBuf};

use program_test::Program;
use table_stats::{Contents, PROGRAMS, Strategy};
use tempfile::TempDir;

use crate::support::{program, said, told_by_sqlite};

/// A folder that looks like cargo's, with the program in it.
fn installed(strategy: Strategy) -> (TempDir, PathBuf) {
    // Near the program, which can have a second name on the same disk only.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("cargo made its folder");
    fs::write(folder.path().join("CACHEDIR.TAG"), "").expect("the folder is new");
    let link = folder.path().join(PROGRAMS.name(strategy));
    fs::hard_link(program(strategy), &link).expect("the program was built");
    (folder, link)
}

fn start(program: &Path, rows: usize) -> Program {
    let mut command = program_test::command(program, &[&format!("--rows={rows}")]);
    Program::start(command.env_remove("DATABASE_URL"))
}

#[test]
fn the_first_run_fills_a_file_and_says_so() {
    let (folder, program) = installed(Strategy::Sync);
    let first = start(&program, 1001).end();
    let file = folder.path().join("tables-1001.sqlite");
    let note = format!(
        "note: the first run fills sqlite:{} with four tables of 1,001 random digits each, seed 1\n",
        file.display()
    );
    assert_eq!((first.code, first.stderr.as_str()), (Some(0), note.as_str()));
    let again = start(&program, 1001).end();
    assert_eq!((again.code, again.stderr.as_str()), (Some(0), ""), "it is filled once");
    let wanted = told_by_sqlite(Contents { rows: 1001, seed: 1 });
    assert_eq!(
        (first.stdout.matches("is: ").count(), said(&again)),
        (8, wanted.iter().map(String::as_str).collect())
    );
}

#[test]
fn each_number_of_rows_has_a_file_of_its_own() {
    let (folder, program) = installed(Strategy::Thread);
    for rows in [10, 20, 10] {
        let ran = start(&program, rows).end();
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(folder.path().join(format!("tables-{rows}.sqlite")).is_file());
    }
}

#[test]
fn two_first_runs_at_once_fill_it_once() {
    let (_folder, program) = installed(Strategy::Sync);
    let both = [(); 2].map(|()| start(&program, 200_000));
    let wanted = told_by_sqlite(Contents { rows: 200_000, seed: 1 });
    for child in both {
        let ran = child.end();
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert_eq!(said(&ran), wanted);
    }
}
