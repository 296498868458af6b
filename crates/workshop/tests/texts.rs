//! What every exercise has, and how much of it.

use std::path::Path;

use workshop::exercises::ALL;

#[test]
fn a_task_is_one_screen_and_a_starter_sixty_lines() {
    for exercise in ALL {
        let (name, texts) = (exercise.name, &exercise.texts);
        assert!(texts.task.lines().count() <= 14, "{name}: the task is too long");
        assert!(
            texts.task.lines().all(|line| line.chars().count() <= 80),
            "{name}: a line is too wide"
        );
        assert!(texts.starter.lines().count() <= 60, "{name}: the starter is too long");
        assert!((2..=3).contains(&texts.hints().count()), "{name}: two or three hints");
        let run = format!("cargo workshop run {name}");
        assert!(texts.starter.contains(&run), "{name}: the starter does not say how to run it");
    }
}

#[test]
fn every_exercise_has_wrong_programs_and_one_that_is_right_in_another_way() {
    for exercise in ALL {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("exercises").join(exercise.name);
        let files = std::fs::read_dir(folder).unwrap();
        let names: Vec<String> =
            files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        let count = |start: &str| names.iter().filter(|name| name.starts_with(start)).count();
        assert!((2..=5).contains(&count("wrong-")), "{}: two wrong ones at least", exercise.name);
        assert!(count("right-") >= 1, "{}: one that is right in another way", exercise.name);
    }
}

#[test]
fn every_exercise_belongs_to_a_chapter_that_names_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for exercise in ALL {
        let chapter =
            std::fs::read_to_string(root.join(exercise.chapter).join("README.md")).unwrap();
        let run = format!("cargo workshop run {}", exercise.name);
        assert!(chapter.contains(&run), "{} does not say: {run}", exercise.chapter);
        let minutes = format!("{} minutes", exercise.minutes);
        let line = chapter.lines().find(|line| line.contains(&run)).unwrap();
        assert!(line.contains(&exercise.minutes.to_string()), "{run} takes {minutes}: {line}");
    }
}
