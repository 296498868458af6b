//! Without `DATABASE_URL`: a file that the first run fills.

use std::fs;
use std::path::Path;
use std::process::Command;

use db_client::Strategy;
use program_test::Ran;
use tempfile::TempDir;

use crate::support::{program, replies};

/// A copy of the program that lies outside of cargo's target folder, and so
/// keeps its file in the folder it is run in.
struct Installed(TempDir);

impl Installed {
    fn new(strategy: Strategy) -> Self {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        fs::copy(program(strategy), folder.path().join("program")).expect("there is room");
        Self(folder)
    }

    fn folder(&self) -> &Path {
        self.0.path()
    }

    fn command(&self, folder: &Path, args: &[&str]) -> Command {
        let mut command = program_test::command(self.folder().join("program"), args);
        command.current_dir(folder).env_remove("DATABASE_URL");
        command
    }

    fn run(&self, args: &[&str]) -> Ran {
        program_test::run(&mut self.command(self.folder(), args))
    }
}

/// The first note on stderr, if there is one.
fn note(ran: &Ran) -> Option<&str> {
    ran.stderr.lines().find(|line| line.starts_with("note: "))
}

#[test]
fn the_first_run_fills_the_file_and_says_so() {
    let program = Installed::new(Strategy::Sync);
    let first = program.run(&["--copies", "2"]);
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    let note = note(&first).expect("it says so");
    assert!(note.contains("cities-2.sqlite") && note.contains("11,142 cities"), "{note}");

    let second = program.run(&["--copies", "2"]);
    assert_eq!((second.code, second.stderr.as_str()), (Some(0), ""));
    assert_eq!(replies(&second), replies(&first));
}

#[test]
fn each_number_of_copies_has_a_file_of_its_own() {
    let program = Installed::new(Strategy::Async);
    for copies in [3, 1] {
        let ran = program.run(&["--copies", &copies.to_string()]);
        let mut replies = replies(&ran);
        replies.sort();
        assert_eq!(replies[0], ("R1".to_owned(), 5571 * copies), "{}", ran.stderr);
        assert!(program.folder().join(format!("cities-{copies}.sqlite")).is_file());
    }
}

#[test]
fn an_empty_database_url_is_none() {
    let program = Installed::new(Strategy::Sync);
    let mut command = program.command(program.folder(), &["--copies", "1"]);
    command.env("DATABASE_URL", "");
    let ran = program_test::run(&mut command);
    assert_eq!((ran.code, replies(&ran).len()), (Some(0), 3), "{}", ran.stderr);
}

/// Permissions do not stop an administrator, so a folder is taken where nobody
/// can make a file.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_cannot_be_written_is_told() {
    for strategy in Strategy::ALL {
        let program = Installed::new(strategy);
        let ran = program_test::run(&mut program.command(Path::new("/proc"), &["--copies", "1"]));
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{strategy:?}");
        assert_eq!(
            ran.stderr,
            "error: sqlite:cities-1.sqlite cannot be written: No such file or directory (os error 2)\n\
             hint: name a file that may be written, in a folder that may be too\n"
        );
    }
}

/// A file that another program left there is not overwritten.
#[test]
fn a_default_file_that_is_no_database_is_left_alone() {
    let program = Installed::new(Strategy::Sync);
    let path = program.folder().join("cities-1.sqlite");
    let text = "not a database\n".repeat(100);
    fs::write(&path, &text).unwrap();
    let ran = program.run(&["--copies", "1"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert!(ran.stderr.starts_with("error: sqlite:cities-1.sqlite is no SQLite database\nhint: "));
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}
