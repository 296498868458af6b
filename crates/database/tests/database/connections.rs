//! What comes back from a database, through either driver.

use database::asynchronous::Pool;
use database::{Database, Error, Row};
use database_test::{Place, on_both};
use tokio::runtime::Builder;

on_both! {
    rows_are_handed_over_in_their_order
    a_text_or_an_integer_may_be_null
    statements_take_parameters_and_give_rows_that_are_read_one_by_one
    a_row_that_holds_something_else_is_an_error
    a_pool_gives_the_same_answers
    blocking_connections_work_on_the_thread_of_an_event_loop
}

const PEOPLE: &str = "\
    CREATE TABLE people (id integer, name text, state text);\
    INSERT INTO people VALUES (1, 'Anna', 'GO'), (2, 'Benê', 'SP'), (3, 'atown', NULL)";

const WITH_STATE: &str = "SELECT name, state FROM people WHERE state IS NOT NULL ORDER BY id";
const BEGINS_WITH_A: &str = "SELECT count(*) FROM people WHERE name LIKE 'A%'";
const NOBODYS_STATE: &str = "SELECT state FROM people WHERE id = 3";
const NOBODYS_ID: &str = "SELECT CAST(max(id) AS bigint) FROM people WHERE id > 3";

fn rows_are_handed_over_in_their_order(place: &Place) {
    place.execute(PEOPLE);
    let database = place.database();
    let wanted = [("Anna", "GO"), ("Benê", "SP")];
    let wanted = wanted.map(|(name, state)| (name.to_owned(), state.to_owned()));

    let mut rows = Vec::new();
    let mut connection = database.connect().unwrap();
    connection.for_each_row(WITH_STATE, |name, state| rows.push((name, state))).unwrap();
    connection.close().unwrap();
    assert_eq!(rows, wanted);

    rows.clear();
    block_on(async {
        let mut connection = database.connect_async().await.unwrap();
        let each = |name, state| rows.push((name, state));
        connection.for_each_row(WITH_STATE, each).await.unwrap();
        connection.close().await.unwrap();
    });
    assert_eq!(rows, wanted);
}

fn a_text_or_an_integer_may_be_null(place: &Place) {
    place.execute(PEOPLE);
    let database = place.database();
    let mut connection = database.connect().unwrap();
    assert_eq!(connection.text(NOBODYS_STATE).unwrap(), None);
    assert_eq!(connection.integer(NOBODYS_ID).unwrap(), None);
    assert_eq!(connection.integer(BEGINS_WITH_A).unwrap(), Some(1), "as Postgres minds the case");

    block_on(async {
        let mut connection = database.connect_async().await.unwrap();
        assert_eq!(connection.text(NOBODYS_STATE).await.unwrap(), None);
        assert_eq!(connection.integer(NOBODYS_ID).await.unwrap(), None);
        assert_eq!(connection.integer(BEGINS_WITH_A).await.unwrap(), Some(1));
    });
}

const ADD: &str = "\
    INSERT INTO people (name, id) VALUES ($1, $2) RETURNING CAST(id AS bigint), name";
const NEITHER: &str = "\
    SELECT CAST(id AS bigint), name FROM people WHERE id <> $1 AND name <> $2 ORDER BY id";

fn id_and_name(row: &Row<'_>) -> Result<(i64, String), Error> {
    Ok((row.integer(0)?, row.text(1)?))
}

fn statements_take_parameters_and_give_rows_that_are_read_one_by_one(place: &Place) {
    place.execute(PEOPLE);
    let database = place.database();
    let pairs = |pairs: &[(i64, &str)]| -> Vec<(i64, String)> {
        pairs.iter().map(|(id, name)| (*id, (*name).to_owned())).collect()
    };
    // What would end a statement is a name like any other.
    let odd = "O'Hara\"; DROP TABLE people; --";

    let mut connection = database.connect().unwrap();
    let added = connection.query(ADD, &[odd.into(), 7.into()], id_and_name).unwrap();
    assert_eq!(added, pairs(&[(7, odd)]));
    let found = connection.query(NEITHER, &[2.into(), "Anna".into()], id_and_name).unwrap();
    assert_eq!(found, pairs(&[(3, "atown"), (7, odd)]));
    connection.close().unwrap();

    block_on(async {
        let mut connection = database.connect_async().await.unwrap();
        let added = connection.query(ADD, &["Zoë".into(), 8.into()], id_and_name).await.unwrap();
        assert_eq!(added, pairs(&[(8, "Zoë")]));
        let found = connection.query(NEITHER, &[3.into(), odd.into()], id_and_name).await.unwrap();
        assert_eq!(found, pairs(&[(1, "Anna"), (2, "Benê"), (8, "Zoë")]));
        connection.close().await.unwrap();
    });
}

fn a_row_that_holds_something_else_is_an_error(place: &Place) {
    place.execute(PEOPLE);
    let database = place.database();
    let is_null = |row: &Row<'_>| row.text(0);
    database.connect().unwrap().query(NOBODYS_STATE, &[], is_null).unwrap_err();
    let is_text = |row: &Row<'_>| row.integer(0);
    database.connect().unwrap().query(WITH_STATE, &[], is_text).unwrap_err();
    block_on(async {
        let mut connection = database.connect_async().await.unwrap();
        connection.query(NOBODYS_STATE, &[], is_null).await.unwrap_err();
        connection.query(WITH_STATE, &[], is_text).await.unwrap_err();
        // Another answer can be had all the same.
        assert_eq!(connection.integer(BEGINS_WITH_A).await.unwrap(), Some(1));
    });
}

fn a_pool_gives_the_same_answers(place: &Place) {
    place.execute(PEOPLE);
    let database = place.database();
    block_on(async {
        let pool = Pool::new(&database, 1);
        assert_eq!(pool.text(NOBODYS_STATE).await.unwrap(), None);
        assert_eq!(pool.integer(BEGINS_WITH_A).await.unwrap(), Some(1));
    });
}

fn blocking_connections_work_on_the_thread_of_an_event_loop(place: &Place) {
    place.execute(PEOPLE);
    let database = place.database();
    block_on(async {
        let mut connection = database.connect().unwrap();
        assert_eq!(connection.integer(BEGINS_WITH_A).unwrap(), Some(1));
        connection.close().unwrap();
        drop(database.connect().unwrap());
    });
}

fn block_on(work: impl Future<Output = ()>) {
    Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
}

#[test]
fn a_database_is_shown_without_its_password() {
    let url = "postgres://me:open-sesame@localhost:1234/cities";
    let database = Database::parse(url).unwrap();
    assert_eq!(database.to_string(), "postgres://me@localhost:1234/cities");
    assert_eq!(format!("{database:?}"), database.to_string());
}
