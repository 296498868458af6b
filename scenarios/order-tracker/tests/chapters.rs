//! What this chapter says is what happens.

use chapter_test::{Chapter, Mask};

#[test]
fn the_chapter_prints_what_it_says() {
    // Who of those that are told the same says so first is a matter of luck.
    Chapter::new("README.md").masking(&[Mask::Polls, Mask::Secrets]).in_any_order(": ").check();
}
