//! What the README and this chapter say is what happens.

use chapter_test::{Chapter, Mask};

#[test]
fn the_readme_prints_what_it_says() {
    Chapter::new("../../README.md").masking(&[Mask::Polls]).at_once(6).check();
}

#[test]
fn the_chapter_prints_what_it_says() {
    Chapter::new("README.md").masking(&[Mask::Polls]).at_once(6).check();
}
