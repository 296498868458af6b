//! How far a learner has come. It is kept in the learner's folder, so that it lasts
//! across restarts and branches.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::iter;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::exercise::Exercise;
use crate::exercises::{ALL, find};
use crate::folder::Folder;

/// What has been done.
pub struct Progress {
    file: PathBuf,
    kept: Kept,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    solved: BTreeSet<String>,
    /// The exercise that was chosen last.
    current: Option<String>,
    /// How many hints of each have been given.
    hints: BTreeMap<String, usize>,
}

impl Progress {
    /// Reads it. What cannot be read as progress is kept beside, and begun anew.
    pub fn read(folder: &Folder) -> io::Result<Self> {
        let file = folder.path().join("progress.json");
        let kept = match fs::read(&file) {
            Ok(text) => serde_json::from_slice(&text).or_else(|_| {
                let kept = free_name(&file.with_extension("json.unreadable"));
                fs::rename(&file, &kept)?;
                let kept = kept.display();
                harness::note(&format!(
                    "progress.json cannot be read, and begins anew; it is kept in {kept}"
                ));
                Ok::<_, io::Error>(Kept::default())
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Kept::default(),
            Err(error) => return Err(error),
        };
        Ok(Self { file, kept })
    }

    fn write(&self) -> io::Result<()> {
        // Whoever is interrupted meanwhile has what was there before.
        let new = self.file.with_extension("json.new");
        fs::write(&new, serde_json::to_vec_pretty(&self.kept)?)?;
        fs::rename(new, &self.file)
    }

    /// Whether this exercise has been solved.
    pub fn is_solved(&self, exercise: &Exercise) -> bool {
        self.kept.solved.contains(exercise.name)
    }

    /// Notes that it is.
    pub fn solve(&mut self, exercise: &Exercise) -> io::Result<()> {
        self.kept.solved.insert(exercise.name.to_owned());
        self.write()
    }

    /// Notes that it is to be solved again.
    pub fn reopen(&mut self, exercise: &Exercise) -> io::Result<()> {
        self.kept.solved.remove(exercise.name);
        self.write()
    }

    /// The one that was chosen last, solved or not; the first one that is not if none was,
    /// or the last one if all are.
    pub fn current(&self) -> &'static Exercise {
        self.chosen().or_else(|| self.next()).unwrap_or(&ALL[ALL.len() - 1])
    }

    /// The current one if it is not solved, else the next one that is not.
    pub fn open(&self) -> &'static Exercise {
        let current = self.current();
        let next = || self.next().unwrap_or(current);
        if self.is_solved(current) { next() } else { current }
    }

    fn chosen(&self) -> Option<&'static Exercise> {
        self.kept.current.as_deref().and_then(find)
    }

    /// Chooses one.
    pub fn choose(&mut self, exercise: &Exercise) -> io::Result<()> {
        self.kept.current = Some(exercise.name.to_owned());
        self.write()
    }

    /// The next one after the chosen one that is not solved, else the first that is
    /// not; none if all others are.
    pub fn next(&self) -> Option<&'static Exercise> {
        let chosen = self.chosen().map_or("", |exercise| exercise.name);
        let after = ALL.iter().skip_while(|exercise| exercise.name != chosen).skip(1);
        let is_open = |it: &&Exercise| !self.is_solved(it) && it.name != chosen;
        after.chain(ALL).find(is_open)
    }

    /// How many have been solved.
    pub fn solved(&self) -> usize {
        ALL.iter().filter(|exercise| self.is_solved(exercise)).count()
    }

    /// Gives one hint more than before: all so far, and how many there are.
    pub fn hint(&mut self, exercise: &Exercise) -> io::Result<(Vec<&'static str>, usize)> {
        let all: Vec<&str> = exercise.texts.hints().collect();
        let given = self.kept.hints.entry(exercise.name.to_owned()).or_default();
        *given = (*given + 1).min(all.len());
        let given = *given;
        self.write()?;
        Ok((all[..given].to_vec(), all.len()))
    }
}

/// This name, or the first like it with a number that no file has.
fn free_name(name: &Path) -> PathBuf {
    let numbered = |number: u32| name.with_added_extension(number.to_string());
    let names = iter::once(name.to_owned()).chain((2..).map(numbered));
    names.into_iter().find(|path| !path.exists()).unwrap_or_else(|| name.to_owned())
}
