//! Building the programs in a folder.

use std::env;
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use harness::Failure;
use supervisor::Running;

use crate::exercise::Exercise;
use crate::folder::Folder;

/// A learner's program as it was built.
pub struct Built {
    /// As it is.
    pub program: PathBuf,
    /// With the order of its tasks to be chosen; none if its exercise does not ask for it.
    pub scheduled: Option<PathBuf>,
}

/// Builds the program of an exercise, by the name that it has in the folder, in every way
/// that its trial needs; none if the compiler says that it is wrong.
pub fn build_for(
    exercise: &Exercise,
    folder: &Folder,
    name: &str,
) -> Result<Option<Built>, Failure> {
    let Some(program) = only(build(folder, &[name.to_owned()])?) else { return Ok(None) };
    if exercise.orders.is_none() {
        return Ok(Some(Built { program, scheduled: None }));
    }
    let scheduled = only(build_scheduled(folder, &[name.to_owned()])?);
    if scheduled.is_none() {
        harness::note(
            "the order of its tasks is chosen by libraries that take the place of std and tokio: \
             what they do not have is missing above",
        );
    }
    Ok(scheduled.map(|scheduled| Built { program, scheduled: Some(scheduled) }))
}

fn only(built: Option<Vec<PathBuf>>) -> Option<PathBuf> {
    built?.into_iter().next()
}

/// Builds these programs of the folder so that the order of their tasks can be chosen.
pub fn build_scheduled(folder: &Folder, names: &[String]) -> Result<Option<Vec<PathBuf>>, Failure> {
    let scheduled = folder.scheduled().and_then(|scheduled| {
        scheduled.take(folder, names)?;
        Ok(scheduled)
    });
    let scheduled = scheduled.map_err(|error| {
        let cause = format!("the programs cannot be laid out: {error}");
        Failure::new(cause, "see whether the project's target folder can be written to")
    })?;
    build(&scheduled, names)
}

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
        harness::note(match folder.is_scheduled() {
            false => "the libraries that programs use are built now, once",
            true => {
                "what tries one order of tasks after another is built now, once; \
                 it takes a minute or two"
            }
        });
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
/// What is built to have the order of tasks chosen bears the same names, and is apart.
fn target(folder: &Folder) -> PathBuf {
    let given = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let target = folder.root().join(given);
    if folder.is_scheduled() { target.join("scheduled") } else { target }
}
