//! Building the programs in a folder.

use std::env;
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use harness::Failure;
use supervisor::Running;

use crate::folder::Folder;

/// Builds these programs of the folder; gives where they are. What the compiler says
/// goes to stderr; none if it says that one is wrong.
pub fn build(folder: &Folder, names: &[String]) -> Result<Option<Vec<PathBuf>>, Failure> {
    let target = target(folder);
    let program =
        |name: &String| target.join("debug").join(format!("{name}{}", env::consts::EXE_SUFFIX));
    let programs: Vec<PathBuf> = names.iter().map(program).collect();
    for name in names {
        folder.freshen(name).map_err(|error| {
            let cause = format!("{name}.rs cannot be read or touched: {error}");
            Failure::new(cause, "see whether it is there, and whose it is")
        })?;
    }
    let mut cargo = cargo(folder, &["build", "--offline"]);
    if folder.is_built() {
        // It takes a second or two, and only what is wrong is news.
        cargo.arg("--quiet");
    } else {
        fetch(folder)?;
        harness::note("the libraries that programs use are built now, once");
    }
    cargo.args(names.iter().flat_map(|name| ["--bin", name])).arg("--target-dir").arg(&target);
    let is_right = run(&mut cargo)?;
    if is_right {
        folder.note_built();
    }
    Ok(is_right.then_some(programs))
}

/// Asks the network for the libraries, if not all of them are here.
fn fetch(folder: &Folder) -> Result<(), Failure> {
    let mut here = cargo(folder, &["fetch", "--offline", "--quiet"]);
    if run(here.stderr(Stdio::null()))? || run(&mut cargo(folder, &["fetch"]))? {
        return Ok(());
    }
    let cause = "the libraries that programs use cannot be fetched";
    Err(Failure::new(cause, "connect to the network once; scripts/prepare does it ahead"))
}

fn cargo(folder: &Folder, arguments: &[&str]) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(folder.path()).args(arguments).stdin(Stdio::null());
    cargo
}

/// Whether it ended well. Ctrl-C ends it too.
fn run(cargo: &mut Command) -> Result<bool, Failure> {
    let ended = Running::start(cargo).and_then(|cargo| cargo.wait());
    let failed = |error: io::Error| {
        let cause = format!("cargo cannot be run: {error}");
        Failure::new(cause, "see whether `cargo --version` works here")
    };
    ended.map(|ended| ended.status.success()).map_err(failed)
}

/// Where the project's own programs are built: of what others wrote nothing is built twice.
fn target(folder: &Folder) -> PathBuf {
    let given = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    folder.root().join(given)
}
