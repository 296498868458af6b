//! Servers that take the call and say nothing, or that there are none of.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use database::asynchronous::Pool;
use database::{Database, Error, Trouble};
use futures::future::select_all;
use tokio::runtime::Builder;

/// A server that takes every call and says nothing, and how many have come.
fn frozen() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://me@{}/cities", listener.local_addr().unwrap());
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    thread::spawn(move || {
        let mut kept = Vec::new();
        for call in listener.incoming() {
            kept.push(call);
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    (url, calls)
}

pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

#[test]
fn a_connection_that_blocks_takes_as_long_to_open_as_it_is_given() {
    let (url, _) = frozen();
    let given = |url: &str| Database::parse(url).unwrap().with_connect_timeout(LONGEST);
    const LONGEST: Duration = Duration::from_secs(1);
    assert!(is_silent(&given(&url).connect().err().unwrap()));
    let said = given(&(url + "?connect_timeout=2")).connect().err().unwrap();
    assert_eq!(said.trouble, Trouble::Silent(Duration::from_secs(2)), "the URL comes first");
}

fn is_silent(error: &Error) -> bool {
    error.trouble == Trouble::Silent(Duration::from_secs(1))
}

#[test]
fn both_drivers_give_up_on_a_frozen_server_when_the_url_says_so() {
    let database = Database::parse(&(frozen().0 + "?connect_timeout=1")).unwrap();
    let error = database.connect().err().unwrap();
    assert!(is_silent(&error), "{error}");
    assert!(error.hint().contains("connect_timeout"), "{}", error.hint());
    let error = block_on(database.connect_async()).err().unwrap();
    assert!(is_silent(&error), "{error}");
    let error = block_on(async { Pool::new(&database, 1).text("SELECT 1").await }).unwrap_err();
    assert!(is_silent(&error), "{error}");
    let error = block_on(async { database.connect().err().unwrap() });
    assert!(is_silent(&error), "on the thread of an event loop: {error}");
}

/// One connection for the pool, and one to ask why it does not come.
#[test]
fn however_many_wait_one_of_them_asks_why() {
    let (url, calls) = frozen();
    let database = Database::parse(&(url + "?connect_timeout=2")).unwrap();
    block_on(async {
        let pool = Pool::new(&database, 1);
        let first_answer =
            select_all((0..8).map(|_| Box::pin(async { pool.text("SELECT 1").await.is_err() })));
        assert!(first_answer.await.0);
    });
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

#[test]
fn a_url_without_a_host_is_told_before_anything_is_asked() {
    for url in ["postgres://", "postgres:///cities", "postgresql://"] {
        let error = Database::parse(url).err().unwrap();
        assert_eq!(error.trouble, Trouble::NoHost, "{url}");
        assert_eq!(error.to_string(), "the database's URL names no host");
        assert!(error.hint().contains("HOST:PORT"), "{}", error.hint());
    }
    for url in ["postgres:///cities?host=/run/postgresql", "postgres://here"] {
        assert!(Database::parse(url).is_ok(), "{url}");
    }
}
