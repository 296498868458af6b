//! What this chapter says is what happens.

use chapter_test::{Chapter, Mask};

#[test]
#[ignore = "needs Redis: scripts/test"]
fn the_chapter_prints_what_it_says() {
    Chapter::new("README.md").masking(&[Mask::Polls]).check();
}

/// It is of no recording, so no other test looks at it.
#[test]
fn the_picture_of_swapped_replies_is_of_the_present_style() {
    let picture =
        std::fs::read_to_string("examples/swapped-replies/replies.svg").expect("it is there");
    // A checkout may have other ends of lines.
    let is_present = picture.replace("\r\n", "\n").contains(&lens::svg::style());
    assert!(is_present, "it is out of date: scripts/pictures");
}
