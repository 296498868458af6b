//! The chapter's console blocks, run as a reader would run them.

use chapter_test::{Chapter, Mask};

#[test]
fn the_chapter_prints_what_it_says() {
    Chapter::new("README.md").masking(&[Mask::Log, Mask::Polls]).at_once(4).check();
}
