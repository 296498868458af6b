//! What this chapter says is what happens.

use std::fs;

use chapter_test::{Chapter, Mask};

#[test]
fn the_chapter_prints_what_it_says() {
    Chapter::new("README.md").masking(&[Mask::Polls]).at_once(4).check();
}

/// Each piece of Rust in the chapter, except those of the standard library.
fn pieces(chapter: &str) -> Vec<Vec<&str>> {
    let blocks = chapter.split("```rust\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.map(|block| block.lines().map(str::trim).collect()).collect()
}

#[test]
fn the_pieces_of_the_chapter_are_those_of_the_sources() {
    let chapter = fs::read_to_string("README.md").unwrap();
    let sources = ["src/executor.rs", "src/timers.rs", "src/reactor.rs"].map(|file| {
        let source = fs::read_to_string(file).unwrap();
        source.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>()
    });
    let pieces = pieces(&chapter);
    assert!(pieces.len() > 5);
    for piece in pieces {
        let found = |source: &Vec<String>| source.windows(piece.len()).any(|part| part == piece);
        assert!(sources.iter().any(found), "in no source:\n{}", piece.join("\n"));
    }
}

#[test]
fn the_executor_is_as_short_as_the_chapter_says() {
    let lines = fs::read_to_string("src/executor.rs").unwrap().lines().count();
    assert!(lines <= 150, "{lines} lines");
}
