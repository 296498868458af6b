//! Keys that stand for no letter.

/// A key that a test can press.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named as it is on a keyboard")]
pub enum Key {
    Tab,
    Enter,
    Escape,
    Space,
    End,
    Home,
    Left,
    Up,
    Right,
    Down,
}

impl Key {
    /// The character that stands for it in the WebDriver protocol, from
    /// <https://www.w3.org/TR/webdriver2/#keyboard-actions>.
    pub(crate) fn character(self) -> char {
        match self {
            Self::Tab => '\u{e004}',
            Self::Enter => '\u{e007}',
            Self::Escape => '\u{e00c}',
            Self::Space => '\u{e00d}',
            Self::End => '\u{e010}',
            Self::Home => '\u{e011}',
            Self::Left => '\u{e012}',
            Self::Up => '\u{e013}',
            Self::Right => '\u{e014}',
            Self::Down => '\u{e015}',
        }
    }
}
