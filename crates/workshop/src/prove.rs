//! The proof that verdicts are right: of every exercise the starter fails with the
//! message it is meant to, the solution passes, so do solutions written another way,
//! and each wrong one that people write fails with a message of its own.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use harness::Failure;

use crate::exercise::Exercise;
use crate::exercises::ALL;
use crate::folder::Folder;
use crate::program::{self, Built};
use crate::trial;

/// How many programs are tried at the same time.
const AT_ONCE: usize = 4;

/// A program, and what is to be said of it.
pub struct Case {
    /// The exercise it belongs to.
    pub exercise: &'static Exercise,
    /// What it is called there, such as `wrong-lazy`.
    pub name: String,
    source: PathBuf,
    /// A part of the verdict that it must get; none if it is right.
    pub says: Option<String>,
}

/// What became of a case.
pub struct Proved {
    /// What is wrong with the verdict; none if it is as it should be.
    pub complaint: Option<String>,
    /// The verdict, in the words of a learner.
    pub verdict: String,
}

/// Every program there is, by the files in the exercises' folders.
pub fn cases() -> io::Result<Vec<Case>> {
    let mut all = Vec::new();
    for exercise in ALL {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("exercises").join(exercise.name);
        let says: BTreeMap<String, String> =
            serde_json::from_slice(&fs::read(folder.join("says.json"))?)?;
        let mut sources: Vec<PathBuf> =
            fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
        sources.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
        sources.sort();
        for source in sources {
            let name = source.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let says = says.get(&name).cloned();
            let is_right = name == "solution" || name.starts_with("right-");
            if is_right == says.is_some() {
                let wanted = if is_right { "must say nothing" } else { "must say something" };
                let problem = format!("{}: says.json {wanted} of {name}", exercise.name);
                return Err(io::Error::other(problem));
            }
            all.push(Case { exercise, name, source, says });
        }
    }
    Ok(all)
}

/// Builds all programs, in a folder of their own.
pub fn build(cases: &[Case]) -> Result<Vec<Built>, Failure> {
    let failed = |error: io::Error| {
        let cause = format!("the programs cannot be laid out: {error}");
        Failure::new(cause, "see whether the project's target folder can be written to")
    };
    let folder = (|| {
        let root = Folder::root_of_project()?;
        let folder = Folder::at(root.join("target/workshop-proof"), root)?;
        folder.keep_only(&cases.iter().map(Case::program).collect::<Vec<_>>())?;
        for case in cases {
            folder.put(&case.program(), &fs::read_to_string(&case.source)?)?;
        }
        Ok(folder)
    })()
    .map_err(failed)?;
    let named = |is_wanted: fn(&Case) -> bool| {
        cases.iter().filter(|case| is_wanted(case)).map(Case::program).collect::<Vec<_>>()
    };
    let wrong =
        || Failure::new("a program of an exercise does not compile", "the compiler says above why");
    let programs = program::build(&folder, &named(|_| true))?.ok_or_else(wrong)?;
    let names = named(|case| case.exercise.orders.is_some());
    let scheduled = match names.is_empty() {
        true => Vec::new(),
        false => program::build_scheduled(&folder, &names)?.ok_or_else(wrong)?,
    };
    let mut scheduled = scheduled.into_iter();
    let built = |(case, program): (&Case, PathBuf)| {
        let scheduled = case.exercise.orders.and_then(|_| scheduled.next());
        Built { program, scheduled }
    };
    Ok(cases.iter().zip(programs).map(built).collect())
}

impl Case {
    fn program(&self) -> String {
        format!("{}--{}", self.exercise.name, self.name)
    }

    /// Tries its program, and holds the verdict against what it should be.
    fn prove(&self, program: &Built) -> Proved {
        let outcome = match trial::run(self.exercise, program) {
            Ok(outcome) => outcome,
            Err(error) => {
                let complaint = Some(format!("cannot be run: {error}"));
                return Proved { complaint, verdict: String::new() };
            }
        };
        let seen = outcome.wrong.map(|wrong| wrong.seen);
        let complaint = match (&self.says, &seen) {
            (None, None) => None,
            (None, Some(seen)) => Some(format!("is right, and was told: {seen}")),
            (Some(says), None) => Some(format!("is wrong, and was let pass; wanted: {says}")),
            (Some(says), Some(seen)) if seen.contains(says) => None,
            (Some(says), Some(seen)) => Some(format!("was told: {seen}; wanted: {says}")),
        };
        Proved { complaint, verdict: seen.unwrap_or_else(|| "right".to_owned()) }
    }
}

/// Tries all of them, some at a time, and gives what became of each, in order.
pub fn prove(cases: &[Case], programs: &[Built]) -> Vec<Proved> {
    let waiting = Mutex::new(cases.iter().zip(programs).enumerate());
    let proved = Mutex::new(Vec::new());
    let lock = |error: std::sync::PoisonError<_>| error.into_inner();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().unwrap_or_else(lock).next();
                    let Some((place, (case, program))) = next else { break };
                    let one = case.prove(program);
                    proved.lock().unwrap_or_else(|error| error.into_inner()).push((place, one));
                }
            });
        }
    });
    let mut proved = proved.into_inner().unwrap_or_else(|error| error.into_inner());
    proved.sort_by_key(|(place, _)| *place);
    proved.into_iter().map(|(_, one)| one).collect()
}
