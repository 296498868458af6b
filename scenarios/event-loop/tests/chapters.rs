//! What this chapter says is what happens.

use std::path::Path;

#[test]
fn the_chapter_prints_what_it_says() {
    chapter_test::check(Path::new("README.md"));
}
