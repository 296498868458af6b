//! Running `compare`, and a server that counts what it is asked.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use delay_server::{Config, Server};
use program_test::{Program, Ran};
use tempfile::TempDir;

/// How long a run may take: what it compares may have to be built first.
pub(crate) const PATIENCE: Duration = Duration::from_secs(600);

/// The rows that begin with one of the five names, up to the first empty line: the
/// first table. Their cells are parted by single spaces.
pub(crate) fn rows(ran: &Ran) -> Vec<String> {
    let table = ran.stdout.lines().take_while(|line| !line.is_empty());
    let row = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    table.skip_while(|line| !line.starts_with("strategy")).skip(1).map(row).collect()
}

/// The row of this strategy.
pub(crate) fn row(ran: &Ran, strategy: &str) -> String {
    let mut rows = rows(ran).into_iter();
    let row = rows.find(|row| row.split(' ').next() == Some(strategy));
    row.unwrap_or_else(|| panic!("no row of {strategy} in\n{}{}", ran.stdout, ran.stderr))
}

pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = program_test::command(env!("CARGO_BIN_EXE_compare"), args);
    // What cargo says about building differs from run to run.
    command.env("CARGO_TERM_QUIET", "true").env_remove("DATABASE_URL");
    command
}

pub(crate) fn start(command: &mut Command) -> Program {
    Program::start(command).with_patience(PATIENCE)
}

pub(crate) fn run(args: &[&str]) -> Ran {
    start(&mut command(args)).end()
}

/// The same in another folder, with programs built there.
pub(crate) fn run_in(folder: &Path, args: &[&str]) -> Ran {
    let mut command = command(args);
    command.current_dir(folder).env("CARGO_TARGET_DIR", folder.join("target"));
    start(&mut command).end()
}

/// Another workspace, of a package `other` that says this of itself and has
/// programs of these names and statements.
pub(crate) fn workspace(said: &str, programs: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let head = "[workspace]\n[package]\nname = \"other\"\nedition = \"2024\"";
    let manifest = format!("{head}\n[package.metadata.compare]\n{said}\n");
    let sources = folder.path().join("src/bin");
    fs::create_dir_all(&sources).expect("there is room");
    fs::write(folder.path().join("Cargo.toml"), manifest).expect("there is room");
    for (name, statements) in programs {
        let program = format!("fn main() {{ {statements} }}");
        fs::write(sources.join(format!("{name}.rs")), program).expect("there is room");
    }
    folder
}

/// A delay server of this test's own, and the `--url` that names it.
pub(crate) fn delay_server() -> (Server, String) {
    let config = Config { addr: "localhost:0".to_owned(), ..Config::default() };
    let server = Server::start(config).expect("a free port");
    let url = format!("{}/delay-me", server.url());
    (server, url)
}

/// Processes whose parent has this number: their numbers and names.
#[cfg(target_os = "linux")]
pub(crate) fn children(of: u32) -> Vec<(u32, String)> {
    let processes = fs::read_dir("/proc").expect("Linux tells").flatten();
    let child = |process: fs::DirEntry| {
        let stat = fs::read_to_string(process.path().join("stat")).ok()?;
        let (id, rest) = stat.split_once(" (")?;
        let (name, rest) = rest.rsplit_once(") ")?;
        let parent: u32 = rest.split(' ').nth(1)?.parse().ok()?;
        (parent == of).then(|| Some((id.parse().ok()?, name.to_owned())))?
    };
    processes.filter_map(child).collect()
}
