//! The chapter's console blocks, run as a reader would run them.

#[test]
fn the_chapter_prints_what_it_says() {
    chapter_test::check(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"));
}
