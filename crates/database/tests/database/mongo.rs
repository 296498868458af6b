//! MongoDB, through both kinds of client.

use std::net::TcpListener;
use std::time::Duration;

use database::{Database, Trouble, asynchronous, blocking};
use database_test::Place;
use mongodb::bson::{Document, doc};

use crate::silence::block_on;

#[test]
#[ignore = "needs MongoDB: scripts/test"]
fn both_clients_find_what_is_there() {
    let place = Place::mongo();
    place.insert("people", vec![doc! { "name": "Anna" }, doc! { "name": "Benê" }]);
    let database = place.database();
    let connection = database.connect().unwrap();
    let blocking::Driver::Mongo(client) = &connection.driver else { panic!("{database}") };
    assert_eq!(client.run(count).unwrap(), 2);
    block_on(async {
        let connection = database.connect_async().await.unwrap();
        let asynchronous::Driver::Mongo(client) = &connection.driver else { panic!("{database}") };
        assert_eq!(client.run(count).await.unwrap(), 2);
    });
}

async fn count(database: mongodb::Database) -> mongodb::error::Result<u64> {
    database.collection::<Document>("people").count_documents(doc! {}).await
}

#[test]
#[ignore = "needs MongoDB: scripts/test"]
fn blocking_connections_work_on_the_thread_of_an_event_loop_and_after_it() {
    let place = Place::mongo();
    let connection = block_on(async { place.database().connect().unwrap() });
    let blocking::Driver::Mongo(client) = &connection.driver else { panic!() };
    assert_eq!(client.run(count).unwrap(), 0);
    block_on(async { assert_eq!(client.run(count).unwrap(), 0) });
    block_on(async { drop(connection) });
}

/// Each with monitors of its own would have ten at least.
#[test]
#[ignore = "needs MongoDB: scripts/test"]
fn connections_to_one_database_share_what_the_driver_has() {
    let place = Place::mongo();
    let database = place.database();
    let before = place.proxy().unwrap().connections();
    let _five = [(); 5].map(|()| database.connect().unwrap());
    let made = place.proxy().unwrap().connections() - before;
    assert!((1..10).contains(&made), "{made}");
}

/// The event loop that a client lived on is gone then.
#[test]
#[ignore = "needs MongoDB: scripts/test"]
fn a_database_can_be_asked_on_one_event_loop_after_another() {
    let place = Place::mongo();
    let database = place.database();
    for _ in 0..3 {
        block_on(async {
            let connection = database.connect_async().await.unwrap();
            let asynchronous::Driver::Mongo(client) = &connection.driver else { panic!() };
            assert_eq!(client.run(count).await.unwrap(), 0);
        });
    }
}

#[test]
#[ignore = "needs MongoDB: scripts/test"]
fn sql_is_refused() {
    let place = Place::mongo();
    let error = place.database().connect().unwrap().integer("SELECT 1").unwrap_err();
    assert_eq!(error.trouble, Trouble::NoSql);
    let pool = asynchronous::Pool::new(&place.database(), 1);
    assert_eq!(block_on(pool.integer("SELECT 1")).unwrap_err().trouble, Trouble::NoSql);
}

#[test]
fn both_clients_give_up_on_a_server_that_says_nothing() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("mongodb://{}/?serverSelectionTimeoutMS=300", silent.local_addr().unwrap());
    let database = Database::parse(&url).unwrap();
    let wanted = Trouble::Silent(Duration::from_millis(300));
    assert_eq!(database.connect().err().unwrap().trouble, wanted);
    let error = block_on(database.connect_async()).err().unwrap();
    assert_eq!(error.trouble, wanted);
    assert!(error.hint().contains("serverSelectionTimeoutMS"), "{}", error.hint());
}

#[test]
fn both_clients_are_told_at_once_that_nobody_is_there() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let database = Database::parse(&format!("mongodb://{nobody}")).unwrap();
    for error in
        [database.connect().err().unwrap(), block_on(database.connect_async()).err().unwrap()]
    {
        assert!(matches!(error.trouble, Trouble::NobodyThere(_)), "{error}");
        let text = error.to_string();
        assert!(
            text.starts_with(&format!("nobody answers at mongodb://{nobody}/test: ")),
            "{text}"
        );
    }
}

#[test]
fn a_url_is_shown_without_its_password() {
    for (url, shown) in [
        ("mongodb://localhost", "mongodb://localhost:27017/test"),
        (
            "mongodb://me:secret@host:1,[::1]:2/shop?authSource=admin",
            "mongodb://me@host:1,::1:2/shop",
        ),
    ] {
        assert_eq!(Database::parse(url).unwrap().to_string(), shown);
    }
}

#[test]
fn a_url_that_cannot_be_read_or_has_to_be_looked_up_is_told() {
    for url in ["mongodb:", "mongodb://", "mongodb://a:b:c@d:e", "mongodb://h/?socketTimeoutMS=1"] {
        assert_eq!(Database::parse(url).err().unwrap().trouble, Trouble::NotAUrl, "{url}");
    }
    let error = Database::parse("mongodb+srv://me:secret@example.com").err().unwrap();
    assert_eq!(error.trouble, Trouble::NoLookUp);
}
