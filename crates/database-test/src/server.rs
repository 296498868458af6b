//! The Postgres that tests use.

use std::env;

use database::Database;
use database::blocking::Driver;

pub(crate) fn url() -> String {
    env::var("DATABASE_URL").expect("DATABASE_URL names a Postgres: run scripts/test")
}

/// The server's URL with another database's name.
///
/// # Panics
///
/// When `DATABASE_URL` names no database.
pub fn url_of(database: &str) -> String {
    let url = url();
    let (server, _) = url.rsplit_once('/').expect("a URL with the name of a database");
    format!("{server}/{database}")
}

/// The server's URL with another user and password, such as `me:secret`.
///
/// # Panics
///
/// When `DATABASE_URL` is no URL.
pub fn url_as(user: &str) -> String {
    let url = url();
    let (scheme, rest) = url.split_once("://").expect("a URL");
    let server = rest.split_once('@').map_or(rest, |(_, server)| server);
    format!("{scheme}://{user}@{server}")
}

/// Runs these statements.
pub(crate) fn administrate(statements: &str) {
    let database = Database::parse(&url()).expect("a URL");
    let mut connection = database.connect().expect("the server answers");
    let Driver::Postgres(client) = &mut connection.driver else {
        panic!("DATABASE_URL names no Postgres, but {database}")
    };
    client.batch_execute(statements).expect("the server lets a test have a schema");
}
