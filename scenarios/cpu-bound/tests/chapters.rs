//! What this chapter says is what happens.

use chapter_test::{Chapter, Mask};

#[test]
fn the_chapter_prints_what_it_says() {
    let chapter = Chapter::new("README.md");
    let chapter = chapter.masking(&[Mask::Beats, Mask::Polls, Mask::Processes]);
    // Ranges that are looked through at the same time.
    chapter.in_any_order(": Found ").check();
}
