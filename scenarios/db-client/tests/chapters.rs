//! What this chapter says is what happens.

use chapter_test::{Chapter, Mask};

#[test]
fn the_chapter_prints_what_it_says() {
    // Replies that stand next to each other are those of threads, which keep no order:
    // SQLite's driver has one for each query, in `db-async` too.
    let chapter = Chapter::new("README.md").in_any_order("Query made!");
    chapter.masking(&[Mask::Polls]).check();
}
