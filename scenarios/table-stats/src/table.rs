//! The four tables, and the two things that are asked of each. Both are enums:
//! whatever SQL is sent stands in this program, never in what a user types.

use std::fmt;

/// One of the tables, each with one column, `value integer`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// `first_table`
    First,
    /// `second_table`
    Second,
    /// `third_table`
    Third,
    /// `fourth_table`
    Fourth,
}

impl Table {
    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::First, Self::Second, Self::Third, Self::Fourth];

    /// Its number, from 1.
    pub fn number(self) -> usize {
        self as usize + 1
    }

    /// Its name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::First => "first_table",
            Self::Second => "second_table",
            Self::Third => "third_table",
            Self::Fourth => "fourth_table",
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
