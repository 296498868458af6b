//! What this chapter says is what happens.

use chapter_test::{Chapter, Mask};

#[test]
fn the_chapter_prints_what_it_says() {
    // Whether one is answered before the next one asks is a matter of milliseconds.
    Chapter::new("README.md").masking(&[Mask::Polls]).in_any_order("find").check();
}
