//! Text from outside, such as what a server answered or a file is called, made
//! harmless: what would move a cursor, change a terminal, turn the direction of
//! writing, hide, or break a document is written out, as in `\u{1b}`.

use std::borrow::Cow;
use std::fmt::{self, Write};

/// The text with everything in it to be seen. Most text is given back as it is.
///
/// It is for one line: the end of a line is written out as well.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut harmless = String::with_capacity(text.len() + 16);
    // Writing to a string cannot fail.
    let _ = text.chars().try_for_each(|letter| write_harmless(&mut harmless, letter));
    Cow::Owned(harmless)
}

/// The same for text of several lines, which stay lines.
pub fn harmless_lines(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|letter| letter != '\n' && is_harmful(letter)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.split('\n').map(harmless).collect::<Vec<_>>().join("\n"))
}

/// Writes the letter, or what stands for it.
pub fn write_harmless(to: &mut impl Write, letter: char) -> fmt::Result {
    if is_harmful(letter) {
        write!(to, "{}", letter.escape_default())
    } else {
        to.write_char(letter)
    }
}

/// Whether a letter does something else than to be seen.
fn is_harmful(letter: char) -> bool {
    // Most are in ASCII.
    if letter.is_ascii() {
        return letter.is_ascii_control();
    }
    let number = u32::from(letter);
    match number {
        // The second set of control codes: a terminal takes one of them for ESC [.
        0x80..=0x9F
        // The direction of writing: what follows could be read backwards.
        | 0x061C | 0x200E | 0x200F | 0x202A..=0x202E | 0x2066..=0x2069
        // The ends of a line and of a paragraph.
        | 0x2028 | 0x2029
        // Without a width of their own: two texts look alike, and are not.
        | 0x00AD | 0x034F | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x180B..=0x180F | 0x200B..=0x200D
        | 0x2060..=0x2065 | 0x206A..=0x206F | 0x3164 | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB
        // Tags, in which a whole text can hide.
        | 0xE0000..=0xE0FFF
        // No characters, which no document may hold.
        | 0xFDD0..=0xFDEF => true,
        _ => number & 0xFFFE == 0xFFFE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_only_to_be_seen_stays_as_it_is() {
        for text in ["", "R1: 200 OK, 'Done'", "São Paulo", "日本語 ░█ …", "😀\u{fe0f}", "e\u{301}"]
        {
            assert!(matches!(harmless(text), Cow::Borrowed(it) if it == text), "{text}");
        }
    }

    #[test]
    fn what_does_something_else_is_written_out() {
        for (text, wanted) in [
            ("\x1b]0;title\x07", r"\u{1b}]0;title\u{7}"),
            ("\x1b[2J\x1b[?1049h", r"\u{1b}[2J\u{1b}[?1049h"),
            ("a\r\n\tb\x7f", r"a\r\n\tb\u{7f}"),
            ("\u{9b}31m\u{85}", r"\u{9b}31m\u{85}"),
            ("\u{202e}txt.exe\u{61c}", r"\u{202e}txt.exe\u{61c}"),
            ("\u{200b}\u{feff}\u{2066}", r"\u{200b}\u{feff}\u{2066}"),
            ("\u{2028}\u{2029}\u{ad}", r"\u{2028}\u{2029}\u{ad}"),
            ("\u{fffe}\u{ffff}\u{1fffe}\u{10ffff}", r"\u{fffe}\u{ffff}\u{1fffe}\u{10ffff}"),
            ("\u{fdd0}\u{e0041}\u{e0001}", r"\u{fdd0}\u{e0041}\u{e0001}"),
        ] {
            assert_eq!(harmless(text), wanted);
        }
    }

    #[test]
    fn lines_stay_lines() {
        assert_eq!(harmless_lines("a\nb"), "a\nb");
        assert_eq!(harmless_lines("a\x1b\nb\r\n"), "a\\u{1b}\nb\\r\n");
    }
}
