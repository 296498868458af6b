//! The two tables. No index but the keys: the queries are slow on purpose.

/// For SQLite.
pub(crate) const SQLITE: &str = "\
    CREATE TABLE IF NOT EXISTS states (id INTEGER PRIMARY KEY, long_name TEXT, state TEXT);\
    CREATE TABLE IF NOT EXISTS cities (\
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, state_id INTEGER)";

/// For Postgres: the table `states`.
pub(crate) const POSTGRES_STATES: &str =
    "CREATE TABLE IF NOT EXISTS states (id integer PRIMARY KEY, long_name text, state text)";

/// For Postgres: the table `cities`, but for its key.
pub(crate) const POSTGRES_CITIES: &str =
    "CREATE TABLE cities (id serial, name text, state_id integer)";

/// For Postgres: the key of `cities`. It is faster to build one for all rows
/// that are there than to let it grow row by row.
pub(crate) const POSTGRES_KEY: &str = "ALTER TABLE cities ADD PRIMARY KEY (id)";

/// For either.
pub(crate) const DROP: &str = "DROP TABLE IF EXISTS cities; DROP TABLE IF EXISTS states;";
