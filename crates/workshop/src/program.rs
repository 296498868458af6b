//! Building the programs in a folder.

use std::env;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use harness::Failure;
use supervisor::Running;

use crate::exercise::Exercise;
use crate::folder::Folder;
use crate::place;

/// A learner's program as it was built.
pub struct Built {
    /// As it is.
    pub program: PathBuf,
    /// With the order of its tasks to be chosen; none if its exercise does not ask for it.
    pub scheduled: Option<PathBuf>,
}

/// Why a program was not built: the compiler has told what is wrong.
pub enum NotBuilt {
    /// It does not compile.
    AsItIs,
    /// It does not compile with the libraries that choose the order of its tasks.
    Scheduled,
}

/// Builds the program of an exercise, by the name that it has in the folder, in every way
/// that its trial needs.
pub fn build_for(
    exercise: &Exercise,
    folder: &Folder,
    name: &str,
) -> Result<Result<Built, NotBuilt>, Failure> {
    let name = [name.to_owned()];
    let Some(program) = only(build(folder, &name)?) else { return Ok(Err(NotBuilt::AsItIs)) };
    if exercise.orders.is_none() {
        return Ok(Ok(Built { program, scheduled: None }));
    }
    let scheduled = only(build_scheduled(folder, &name)?);
    let built = scheduled.map(|scheduled| Built { program, scheduled: Some(scheduled) });
    Ok(built.ok_or(NotBuilt::Scheduled))
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
    build_as_in(folder, &scheduled, names)
}

/// Builds these programs of the folder; gives where they are. What the compiler says
/// goes to stderr; none if it says that one is wrong.
pub fn build(folder: &Folder, names: &[String]) -> Result<Option<Vec<PathBuf>>, Failure> {
    build_as_in(folder, folder, names)
}

/// The same for programs that were taken from a folder `written`, where their places are
/// told to be.
fn build_as_in(
    written: &Folder,
    folder: &Folder,
    names: &[String],
) -> Result<Option<Vec<PathBuf>>, Failure> {
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
    // Where the compiler finds something, as the task names it and an editor opens it.
    let mut flags: Vec<String> = Vec::new();
    if names.len() == 1 {
        flags.extend(["--".to_owned(), as_in_the_project(written)]);
        if folder.is_scheduled() {
            // The other build has warned.
            flags.push("--cap-lints=allow".to_owned());
        }
    }
    let how = if flags.is_empty() { "build" } else { "rustc" };
    let mut cargo = cargo(folder, &[how, "--offline"]);
    if folder.is_built() {
        // It takes a second or two, and only what is wrong is news.
        cargo.arg("--quiet");
    } else {
        fetch(folder)?;
        harness::note(match folder.is_scheduled() {
            false => "the libraries that programs use are built now, once",
            true => {
                "what tries one order of tasks after another is built now; the first time, \
                 that takes a few minutes"
            }
        });
    }
    cargo.args(names.iter().flat_map(|name| ["--bin", name])).arg("--target-dir").arg(&target);
    cargo.args(flags);
    let mut is_right = run(&mut cargo)?;
    if !is_right {
        // It may be the machine's fault.
        let has_room = fs::create_dir_all(&target).and_then(|()| place::has_room(&target));
        has_room.map_err(|error| {
            let hint = "make room there: TMPDIR and CARGO_TARGET_DIR name other places";
            Failure::new(format!("no program can be built: {error}"), hint)
        })?;
        if !is_fetched(folder)? {
            fetch(folder)?;
            is_right = run(&mut cargo)?;
        }
    }
    if is_right {
        folder.note_built();
    }
    Ok(is_right.then_some(programs))
}

/// Asks the network for the libraries, if not all of them are here.
fn fetch(folder: &Folder) -> Result<(), Failure> {
    if is_fetched(folder)? || run(&mut cargo(folder, &["fetch"]))? {
        return Ok(());
    }
    let cause = "the libraries that programs use cannot be fetched; cargo says above why";
    Err(Failure::new(cause, "connect to the network once; scripts/prepare does it ahead"))
}

/// Whether all libraries are here.
fn is_fetched(folder: &Folder) -> Result<bool, Failure> {
    run(cargo(folder, &["fetch", "--offline", "--quiet"]).stderr(Stdio::null()))
}

/// Has the compiler tell a program's path as it is from the project's folder. Cargo builds
/// no library again for that.
fn as_in_the_project(folder: &Folder) -> String {
    let place = folder.path().strip_prefix(folder.root()).unwrap_or(folder.path());
    format!("--remap-path-prefix=src={}", place.join("src").display())
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
