//! The colours of lanes.

use anstyle::{AnsiColor, Style};

/// The colour of a lane in text, the same wherever it is shown. Red is left to errors.
pub fn style(number: usize) -> Style {
    const COLOURS: [AnsiColor; 5] =
        [AnsiColor::Cyan, AnsiColor::Yellow, AnsiColor::Magenta, AnsiColor::Green, AnsiColor::Blue];
    COLOURS[number % COLOURS.len()].on_default()
}
