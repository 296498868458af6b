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
use serde::Deserialize;

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
    text: String,
    /// A part of the verdict that it must get; none if it is right.
    pub says: Option<String>,
}

/// What stands in `says.json` for a program that is wrong.
#[derive(Deserialize)]
#[serde(untagged)]
enum Says {
    /// A part of the verdict on a program that is a file.
    OfFile(String),
    /// The same for one that is another with one place changed.
    OfChanged { of: String, replace: String, by: String, says: String },
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
    let all = ALL.iter().map(|exercise| {
        let problem = |problem: String| io::Error::other(format!("{}: {problem}", exercise.name));
        of_exercise(exercise)?.map_err(problem)
    });
    Ok(all.collect::<io::Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// Those of one exercise, or why its `says.json` does not go with its files.
fn of_exercise(exercise: &'static Exercise) -> io::Result<Result<Vec<Case>, String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("exercises").join(exercise.name);
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            files.insert(name, fs::read_to_string(path)?);
        }
    }
    let says = serde_json::from_slice(&fs::read(folder.join("says.json"))?)?;
    Ok(paired(&files, says).map(|programs| {
        let case = |(name, (text, says))| Case { exercise, name, text, says };
        programs.into_iter().map(case).collect()
    }))
}

/// Each program by its name, with what is to be said of it.
fn paired(
    files: &BTreeMap<String, String>,
    says: BTreeMap<String, Says>,
) -> Result<BTreeMap<String, (String, Option<String>)>, String> {
    let mut programs: BTreeMap<_, _> =
        files.iter().map(|(name, text)| (name.clone(), (text.clone(), None))).collect();
    for (name, says) in says {
        match says {
            Says::OfFile(says) => {
                let program = programs.get_mut(&name);
                program.ok_or_else(|| format!("there is no {name}"))?.1 = Some(says);
            }
            Says::OfChanged { of, replace, by, says } => {
                let text = files.get(&of).ok_or_else(|| format!("there is no {of}"))?;
                if text.matches(&replace).count() != 1 {
                    return Err(format!("what {name} changes is not there once in {of}"));
                }
                let changed = (text.replace(&replace, &by), Some(says));
                if programs.insert(name.clone(), changed).is_some() {
                    return Err(format!("{name} is there twice"));
                }
            }
        }
    }
    for (name, (_, says)) in &programs {
        let is_right = name == "solution" || name.starts_with("right-");
        if is_right == says.is_some() {
            let wanted = if is_right { "must say nothing" } else { "must say something" };
            return Err(format!("says.json {wanted} of {name}"));
        }
    }
    Ok(programs)
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
            folder.put(&case.program(), &case.text)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn names(files: &[&str], says: &str) -> Result<Vec<String>, String> {
        let files = files.iter().map(|name| ((*name).to_owned(), "one two".to_owned())).collect();
        let programs = paired(&files, serde_json::from_str(says).unwrap())?;
        let told = programs.into_iter().map(|(name, (text, says))| {
            format!("{name}: {text}: {}", says.as_deref().unwrap_or("right"))
        });
        Ok(told.collect())
    }

    #[test]
    fn a_wrong_program_is_a_file_or_another_with_one_place_changed() {
        let says = r#"{
            "wrong-a": "no",
            "wrong-b": { "of": "solution", "replace": "two", "by": "three", "says": "never" }
        }"#;
        let wanted =
            ["solution: one two: right", "wrong-a: one two: no", "wrong-b: one three: never"];
        assert_eq!(names(&["solution", "wrong-a"], says).unwrap(), wanted);
    }

    #[test]
    fn what_does_not_go_together_is_told() {
        let changed = |name: &str, of: &str, replace: &str| {
            let change =
                format!(r#"{{ "of": "{of}", "replace": "{replace}", "by": "", "says": "" }}"#);
            names(
                &["solution", "starter"],
                &format!(r#"{{ "starter": "no", "{name}": {change} }}"#),
            )
        };
        for (told, wanted) in [
            (names(&["starter"], "{}"), "says.json must say something of starter"),
            (
                names(&["solution"], r#"{ "solution": "no" }"#),
                "says.json must say nothing of solution",
            ),
            (names(&["solution"], r#"{ "wrong-a": "no" }"#), "there is no wrong-a"),
            (changed("wrong-a", "other", "two"), "there is no other"),
            (
                changed("wrong-a", "solution", "ten"),
                "what wrong-a changes is not there once in solution",
            ),
            (
                changed("wrong-a", "solution", "o"),
                "what wrong-a changes is not there once in solution",
            ),
            (changed("solution", "starter", "two"), "solution is there twice"),
            (changed("right-a", "starter", "two"), "says.json must say nothing of right-a"),
        ] {
            assert_eq!(told.unwrap_err(), wanted);
        }
    }
}
