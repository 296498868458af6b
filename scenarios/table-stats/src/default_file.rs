//! The database that needs nothing installed: an SQLite file, filled on first use.

use database::{Database, Error, Trouble};

use crate::Contents;
use crate::fill::{COUNT_TABLES_IN_SQLITE, fill_unless_filled};

/// The file whose tables have so many rows each, whether it is there or not.
pub fn default_file(rows: usize) -> Database {
    Database::embedded(&format!("tables-{rows}"))
}

/// Gives that file, and fills it if it is not there yet.
pub(crate) fn find_or_fill(rows: usize) -> Result<Database, Error> {
    let database = default_file(rows);
    if !is_filled(&database)? {
        let contents = Contents { rows, seed: Contents::SEED };
        harness::note(&format!("the first run fills {database} with {contents}"));
        fill_unless_filled(&database, contents)?;
    }
    Ok(database)
}

fn is_filled(database: &Database) -> Result<bool, Error> {
    let counted = database.connect().and_then(|mut file| file.integer(COUNT_TABLES_IN_SQLITE));
    match counted {
        Ok(tables) => Ok(tables == Some(4)),
        // One that is locked may be one that another program fills right now.
        Err(error) if matches!(error.trouble, Trouble::NoFile | Trouble::Locked) => Ok(false),
        Err(error) => Err(error),
    }
}
