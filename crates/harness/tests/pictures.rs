//! The chapters' pictures are what their recordings look like when they are drawn
//! now: `scripts/pictures` draws them again.

use std::fs;
use std::path::{Path, PathBuf};

use harness::Report;

/// The files of this kind in all chapters' folders of pictures.
fn pictures(extension: &str) -> Vec<PathBuf> {
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let entries = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries(scenarios).flat_map(|chapter| entries(chapter.path().join("pictures")));
    let mut files: Vec<PathBuf> = files.map(|file| file.path()).collect();
    files.retain(|file| file.extension().is_some_and(|it| it == extension));
    files.sort();
    files
}

#[test]
fn every_picture_is_drawn_as_runs_are_drawn_now() {
    let recordings = pictures("json");
    assert!(!recordings.is_empty());
    for file in recordings {
        let text = fs::read_to_string(&file).unwrap();
        let report: Report = serde_json::from_str(&text).expect("a recording of the present form");
        let picture = file.with_extension("svg");
        let drawn = report.svg();
        // A checkout may have other ends of lines.
        let kept = fs::read_to_string(&picture).unwrap_or_default().replace("\r\n", "\n");
        assert!(kept == drawn, "{} is out of date: scripts/pictures", picture.display());
    }
}

#[test]
fn every_picture_has_its_recording() {
    let recordings = pictures("json").len();
    for picture in pictures("svg") {
        assert!(picture.with_extension("json").exists(), "{}", picture.display());
    }
    assert_eq!(pictures("svg").len(), recordings);
}
