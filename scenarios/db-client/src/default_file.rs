//! The database that needs nothing installed: an SQLite file, filled on first use.

use cities_db::generator::fill_if_missing;
use cities_db::{Database, Error};

/// Gives the file that holds every city so many times, and fills it if it is
/// not there yet.
pub(crate) fn find_or_fill(copies: u32) -> Result<Database, Error> {
    let database = Database::embedded(&format!("cities-{copies}"));
    fill_if_missing(&database, copies)?;
    Ok(database)
}
