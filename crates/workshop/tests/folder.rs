//! The learner's folder: nothing in it is overwritten unasked.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic, in its helpers too")]

use std::fs;

use workshop::exercises::{ALL, find};
use workshop::progress::Progress;
use workshop::{Exercise, Folder, show};

fn folder() -> (tempfile::TempDir, Folder) {
    let place = tempfile::tempdir().unwrap();
    let folder = open(&place);
    (place, folder)
}

fn open(place: &tempfile::TempDir) -> Folder {
    Folder::at(place.path().join("workshop"), Folder::root_of_project().unwrap()).unwrap()
}

fn first() -> &'static Exercise {
    &ALL[0]
}

#[test]
fn an_exercise_begins_with_its_starter_and_once() {
    let (_place, folder) = folder();
    let program = folder.begin(first()).unwrap();
    assert_eq!(fs::read_to_string(&program).unwrap(), first().texts.starter);
    fs::write(&program, "mine").unwrap();
    folder.begin(first()).unwrap();
    assert_eq!(fs::read_to_string(&program).unwrap(), "mine");
}

#[test]
fn what_was_written_before_a_reset_is_kept_each_time() {
    let (_place, folder) = folder();
    assert_eq!(folder.reset(first()).unwrap(), None);
    // A starter is no work that could be lost.
    assert_eq!(folder.reset(first()).unwrap(), None);
    for text in ["one", "two"] {
        fs::write(folder.program(first()), text).unwrap();
        let kept = folder.reset(first()).unwrap().unwrap();
        assert_eq!(fs::read_to_string(kept).unwrap(), text);
        assert_eq!(fs::read_to_string(folder.program(first())).unwrap(), first().texts.starter);
    }
    assert_eq!(fs::read_dir(folder.path().join("kept")).unwrap().count(), 2);
}

#[test]
fn a_manifest_that_a_learner_has_changed_stays() {
    let (place, folder) = folder();
    let manifest = folder.path().join("Cargo.toml");
    let ours = fs::read_to_string(&manifest).unwrap();
    assert!(ours.contains("\nhttp-client = { path = ") && ours.contains("[profile.dev]"), "{ours}");
    // One that was written for an older state of the project is brought up to date.
    fs::write(&manifest, "older").unwrap();
    fs::write(folder.path().join(".written/Cargo.toml"), "older").unwrap();
    open(&place);
    assert_eq!(fs::read_to_string(&manifest).unwrap(), ours);
    fs::write(&manifest, "mine").unwrap();
    open(&place);
    assert_eq!(fs::read_to_string(&manifest).unwrap(), "mine");
}

#[test]
fn a_program_that_is_there_already_stays_built() {
    let (_place, folder) = folder();
    let file = folder.programs().join("one.rs");
    let time = || fs::metadata(&file).unwrap().modified().unwrap();
    folder.put("one", "fn main() {}").unwrap();
    let old = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1);
    fs::File::options().append(true).open(&file).unwrap().set_modified(old).unwrap();
    folder.put("one", "fn main() {}").unwrap();
    assert_eq!(time(), old);
    folder.put("one", "fn main() { }").unwrap();
    assert!(time() > old);
    assert_eq!(fs::read_to_string(file).unwrap(), "fn main() { }");
}

#[test]
fn progress_lasts_and_leads_from_one_exercise_to_the_next() {
    let (_place, folder) = folder();
    let mut progress = Progress::read(&folder).unwrap();
    assert_eq!((progress.solved(), progress.current().name), (0, first().name));
    progress.choose(progress.current()).unwrap();
    progress.solve(first()).unwrap();
    assert_eq!(progress.next().unwrap().name, ALL[1].name);
    let mut progress = Progress::read(&folder).unwrap();
    // It is still the one to be run, and the next one is the one to be shown.
    assert_eq!((progress.solved(), progress.current().name), (1, first().name));
    assert_eq!(progress.open().name, ALL[1].name);
    let last = &ALL[ALL.len() - 1];
    progress.choose(last).unwrap();
    let progress = Progress::read(&folder).unwrap();
    assert_eq!((progress.current().name, progress.open().name), (last.name, last.name));
    // After the last one comes the first that is open.
    assert_eq!(progress.next().unwrap().name, ALL[1].name);
}

#[test]
fn when_all_are_solved_there_is_no_next_one() {
    let (_place, folder) = folder();
    let mut progress = Progress::read(&folder).unwrap();
    for exercise in ALL {
        progress.solve(exercise).unwrap();
    }
    assert!(progress.next().is_none());
    assert_eq!(progress.current().name, ALL[ALL.len() - 1].name);
}

#[test]
fn hints_come_one_by_one_and_stay() {
    let (_place, folder) = folder();
    let all: Vec<&str> = first().texts.hints().collect();
    for given in (1..=all.len()).chain([all.len()]) {
        let mut progress = Progress::read(&folder).unwrap();
        assert_eq!(progress.hint(first()).unwrap(), (all[..given].to_vec(), all.len()));
    }
}

#[test]
fn progress_that_cannot_be_read_is_kept_beside() {
    let (_place, folder) = folder();
    let file = folder.path().join("progress.json");
    fs::write(&file, "{ broken").unwrap();
    assert_eq!(Progress::read(&folder).unwrap().solved(), 0);
    let kept = fs::read_to_string(folder.path().join("progress.json.unreadable")).unwrap();
    assert_eq!(kept, "{ broken");
}

#[test]
fn none_of_those_kept_beside_is_lost() {
    let (_place, folder) = folder();
    for text in ["{ one", "{ two", "{ three"] {
        fs::write(folder.path().join("progress.json"), text).unwrap();
        Progress::read(&folder).unwrap();
    }
    for (ending, text) in [("", "{ one"), (".2", "{ two"), (".3", "{ three")] {
        let kept = folder.path().join(format!("progress.json.unreadable{ending}"));
        assert_eq!(fs::read_to_string(kept).unwrap(), text);
    }
}

#[test]
fn an_exercise_that_begins_anew_is_open_again() {
    let (_place, folder) = folder();
    let mut progress = Progress::read(&folder).unwrap();
    for exercise in [first(), &ALL[1]] {
        progress.choose(exercise).unwrap();
        progress.solve(exercise).unwrap();
    }
    progress.choose(first()).unwrap();
    progress.reopen(first()).unwrap();
    let progress = Progress::read(&folder).unwrap();
    assert_eq!((progress.solved(), progress.current().name), (1, first().name));
    let list = show::list(&progress);
    assert!(list.contains(&format!("\n  current  {}", first().name)), "{list}");
    assert!(list.contains(&format!("\n  done     {}", ALL[1].name)), "{list}");
}

#[test]
fn exercises_are_found_by_their_names() {
    assert!(
        ALL.iter().all(|exercise| find(exercise.name).is_some_and(|it| it.name == exercise.name))
    );
    assert!(find("nothing-like-that").is_none());
}
