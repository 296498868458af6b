//! Running the program on a test's database, and looking at what it left.

use std::fs;
use std::process::Command;

use cities_db::MUNICIPALITIES;
use database::Database;
use database_test::Place;
use program_test::{Program, Ran, until};

/// What the generator does with a database.
pub(crate) trait Generator {
    /// The program, about to run on this database.
    fn command(&self, args: &[&str]) -> Command;

    fn run(&self, args: &[&str]) -> Ran {
        program_test::run(&mut self.command(args))
    }

    /// Runs it to a good end.
    fn generate(&self, args: &[&str]) -> Ran {
        self.run(args).well()
    }

    /// Begins to add many cities, and returns in the middle of it. There have to be some already.
    fn begin(&self) -> Program;

    /// What the table takes on disk, rows included that nobody can see yet.
    fn bytes(&self) -> u64;

    /// Nothing is there of what a generator has begun and not ended.
    fn assert_holds_copies(&self, copies: u32);
}

impl Generator for Place {
    fn command(&self, args: &[&str]) -> Command {
        let mut command = program_test::command(env!("CARGO_BIN_EXE_generatedb"), args);
        command.env("DATABASE_URL", &self.url);
        command
    }

    fn begin(&self) -> Program {
        let before = self.bytes();
        let generator = Program::start(&mut self.command(&["--copies", "3000"]));
        until("it writes", || self.bytes() > before + 20_000_000);
        generator
    }

    fn bytes(&self) -> u64 {
        match self.database() {
            Database::Sqlite(path) => fs::metadata(path).unwrap().len(),
            _ => self.integer("SELECT pg_relation_size('cities')").unsigned_abs(),
        }
    }

    fn assert_holds_copies(&self, copies: u32) {
        let cities = self.integer("SELECT count(*) FROM cities");
        assert_eq!(cities, i64::from(copies) * i64::from(MUNICIPALITIES));
    }
}
