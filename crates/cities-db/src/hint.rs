//! What to do when a database of cities fails.

use database::{Error, Trouble};

/// What to do about it, in one line: what [`Error::hint`] says, and how the
/// cities get into the database.
pub fn hint(error: &Error) -> &'static str {
    match error.trouble {
        Trouble::NoFile | Trouble::NoTable(_) => {
            "fill it with cargo run -p cities-db --bin generatedb"
        }
        Trouble::Full(_) => "make room, or ask for fewer copies",
        _ => error.hint(),
    }
}
