//! Timelines of several runs in one picture, for programs that compare them.

use crate::recording::Recording;
use crate::screen::{Screen, Stream};
use crate::timeline;

/// Draws the lanes of each run under its title, all on one time axis, at most
/// `width` columns wide; then says what the signs mean. Styled, so it is to be
/// printed through `anstream`.
pub fn together(runs: &[(&str, &Recording)], width: usize) -> String {
    timeline::draw_together(runs, width)
}

/// How many columns a picture on stdout may take: the terminal's, from 60 to
/// 120, and 80 where there is none.
pub fn width() -> usize {
    Screen::new(Stream::Stdout).width()
}
