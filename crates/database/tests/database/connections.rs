//! What comes back from a database, through either driver.

use database::Database;
use database::asynchronous::Pool;
use database_test::{Place, on_both};
use tokio::runtime::Builder;

on_both! {
    rows_are_handed_over_in_their_order
    a_text_or_an_integer_may_be_null
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
