//! Statements that take longer than they may.

use std::time::Duration;

use database::blocking::{Connection, Driver};
use database::{Error, Row, Trouble};
use database_test::{Place, on_both};
use tokio::time::timeout;

use crate::silence::block_on;

on_both! {
    a_statement_that_takes_longer_is_ended_and_its_connection_goes_on
    what_was_ended_was_not_done
    what_nobody_waits_for_any_more_is_ended_too
    without_a_limit_nothing_is_ended
}

const LIMIT: Duration = Duration::from_millis(100);

const ENDLESS: &str = "\
    WITH RECURSIVE n (i) AS (\
    SELECT CAST(1 AS bigint) UNION ALL SELECT i + 1 FROM n WHERE i < 100000000000) \
    SELECT count(*) FROM n";

/// So many that it takes many times as long as the limit.
const LONG: &str = "\
    WITH RECURSIVE n (i) AS (\
    SELECT CAST(1 AS bigint) UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) \
    SELECT count(*) FROM n";

const TABLE: &str = "CREATE TABLE people (id bigint); INSERT INTO people VALUES (1)";

const ADD_MANY: &str = "\
    INSERT INTO people (id) WITH RECURSIVE n (i) AS (\
    SELECT CAST(1 AS bigint) UNION ALL SELECT i + 1 FROM n WHERE i < 100000000000) \
    SELECT i FROM n";

/// A connection after a statement that was ended.
fn limited(place: &Place) -> Connection {
    let mut connection = place.connect();
    connection.limit_statements(LIMIT).unwrap();
    assert_ended(&connection.integer(ENDLESS).unwrap_err());
    connection
}

#[track_caller]
fn assert_ended(error: &Error) {
    assert!(matches!(error.trouble, Trouble::Ended(_)), "{error:?}");
    assert!(error.to_string().contains(" has ended the statement: "), "{error}");
}

fn id(row: &Row<'_>) -> Result<i64, Error> {
    row.integer(0)
}

fn a_statement_that_takes_longer_is_ended_and_its_connection_goes_on(place: &Place) {
    place.execute(TABLE);
    let mut connection = place.connect();
    connection.limit_statements(LIMIT).unwrap();
    for _ in 0..2 {
        assert_ended(&connection.integer(ENDLESS).unwrap_err());
        assert_eq!(connection.query("SELECT id FROM people", &[], id).unwrap(), [1]);
        assert_ended(&connection.query(ENDLESS, &[], id).unwrap_err());
    }
    block_on(async {
        let mut connection = place.database().connect_async().await.unwrap();
        connection.limit_statements(LIMIT).await.unwrap();
        for _ in 0..2 {
            assert_ended(&connection.integer(ENDLESS).await.unwrap_err());
            assert_eq!(connection.query("SELECT id FROM people", &[], id).await.unwrap(), [1]);
            assert_ended(&connection.query(ENDLESS, &[], id).await.unwrap_err());
        }
        connection.close().await.unwrap();
    });
}

fn what_was_ended_was_not_done(place: &Place) {
    place.execute(TABLE);
    let mut connection = place.connect();
    connection.limit_statements(LIMIT).unwrap();
    assert_ended(&connection.query(ADD_MANY, &[], id).unwrap_err());
    block_on(async {
        let mut connection = place.database().connect_async().await.unwrap();
        connection.limit_statements(LIMIT).await.unwrap();
        assert_ended(&connection.query(ADD_MANY, &[], id).await.unwrap_err());
        // The lock is gone as well.
        place.execute("INSERT INTO people VALUES (2)");
    });
    assert_eq!(place.integer("SELECT count(*) FROM people"), 2);
}

fn what_nobody_waits_for_any_more_is_ended_too(place: &Place) {
    place.execute(TABLE);
    block_on(async {
        let mut connection = place.database().connect_async().await.unwrap();
        connection.limit_statements(LIMIT).await.unwrap();
        let given_up = timeout(LIMIT / 2, connection.integer(ENDLESS)).await;
        given_up.expect_err("it has no end");
        // The same connection, which is at the other statement until that is ended.
        loop {
            let asked = connection.query("SELECT id FROM people", &[], id);
            match timeout(Duration::from_secs(60), asked).await.expect("it is free again") {
                Ok(ids) => break assert_eq!(ids, [1]),
                Err(error) => assert_ended(&error),
            }
        }
    });
}

fn without_a_limit_nothing_is_ended(place: &Place) {
    place.execute(TABLE);
    if let Driver::Sqlite(file) = &limited(place).driver {
        let counted = file.query_row(LONG, (), |row| row.get::<_, i64>(0));
        assert_eq!(counted.unwrap(), 3_000_000, "it is the driver's own");
    }
    assert_eq!(place.connect().integer(LONG).unwrap(), Some(3_000_000));
    block_on(async {
        let mut connection = place.database().connect_async().await.unwrap();
        connection.limit_statements(Duration::from_secs(3600)).await.unwrap();
        assert_eq!(connection.integer(LONG).await.unwrap(), Some(3_000_000));
    });
}
