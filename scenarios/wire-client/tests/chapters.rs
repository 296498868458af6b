//! What this chapter says is what happens.

use chapter_test::{Chapter, Mask};

#[test]
#[ignore = "needs Redis: scripts/test"]
fn the_chapter_prints_what_it_says() {
    Chapter::new("README.md").masking(&[Mask::Polls]).check();
}
