//! Filling a database: everything or nothing, by one program at a time.

use std::ops::ControlFlow::{Break, Continue};
use std::thread;
use std::time::Duration;

use database::blocking::{Connection, Driver};
use database::generator::{Copy, Filling, Progress, Watch, fill, fill_if_missing};
use database::{Error, Trouble};
use database_test::{Place, on_both};

on_both! {
    all_rows_are_there_afterwards
    an_error_leaves_the_database_as_it_was
    told_to_stop_it_leaves_the_database_as_it_was
    one_that_waits_says_so_and_can_be_stopped
    one_that_has_waited_enough_says_that_another_is_at_work
    a_database_is_filled_once_however_many_ask_for_it
    what_is_filled_already_is_left_alone_whoever_writes_to_it
}

/// Sevens, in a table of their own.
#[derive(Debug, Clone)]
struct Sevens {
    rows: u64,
    patience: Duration,
    /// What goes wrong when all have been added.
    trouble: Option<Trouble>,
}

impl Sevens {
    fn new(rows: u64) -> Self {
        Self { rows, patience: Duration::from_secs(60), trouble: None }
    }
}

impl std::fmt::Display for Sevens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} sevens", self.rows)
    }
}

impl Filling for Sevens {
    const ROWS: &'static str = "sevens";
    const LOCK: &'static str = "sevens";

    fn all_rows(&self) -> u64 {
        self.rows
    }

    fn patience(&self) -> Duration {
        self.patience
    }

    fn is_there(&self, connection: &mut Connection) -> Result<bool, Error> {
        let tables = match connection.driver {
            Driver::Sqlite(_) => "SELECT count(*) FROM sqlite_schema WHERE name = 'sevens'",
            _ => "SELECT count(to_regclass('sevens'))",
        };
        Ok(connection.integer(tables)? == Some(1))
    }

    fn write(&self, connection: &mut Connection, watch: &mut Watch<'_>) -> Result<u64, Error> {
        connection.execute("CREATE TABLE IF NOT EXISTS sevens (seven integer)")?;
        for added in 1..=self.rows {
            match &mut connection.driver {
                Driver::Sqlite(file) => file.execute_batch("INSERT INTO sevens VALUES (7)")?,
                Driver::Postgres(client) => {
                    let mut copy = Copy::begin(client, "COPY sevens FROM STDIN")?;
                    copy.send(b"7\n".to_vec())?;
                    copy.finish()?;
                }
                _ => return Err(Trouble::NoSql.into()),
            }
            watch.tell(Progress::Added(added))?;
        }
        if let Some(trouble) = &self.trouble {
            return Err(trouble.clone().into());
        }
        watch.tell(Progress::Finishing)?;
        Ok(connection.integer(COUNT)?.unwrap().unsigned_abs())
    }
}

const COUNT: &str = "SELECT count(*) FROM sevens";

/// Adds them; gives how many there are now.
fn add(place: &Place, sevens: &Sevens) -> Result<u64, Error> {
    fill(&place.database(), sevens, |_| Continue(()))
}

fn all_rows_are_there_afterwards(place: &Place) {
    let mut told = Vec::new();
    let watch = |progress| {
        told.push(progress);
        Continue(())
    };
    let there = fill(&place.database(), &Sevens::new(2), watch).unwrap();
    assert_eq!((there, place.integer(COUNT)), (2, 2));
    let added = [0, 1, 2].map(Progress::Added);
    assert_eq!(told, [&added[..], &[Progress::Finishing]].concat());
    assert_eq!(add(place, &Sevens::new(3)).unwrap(), 5);
}

fn an_error_leaves_the_database_as_it_was(place: &Place) {
    add(place, &Sevens::new(1)).unwrap();
    let trouble = Trouble::Other("that is enough".to_owned());
    let error = add(place, &Sevens { trouble: Some(trouble), ..Sevens::new(2) }).unwrap_err();
    assert_eq!(error.to_string(), format!("{}: that is enough", place.database()));
    assert_eq!(place.integer(COUNT), 1);
}

fn told_to_stop_it_leaves_the_database_as_it_was(place: &Place) {
    add(place, &Sevens::new(1)).unwrap();
    for stop_at in [Progress::Added(0), Progress::Added(1), Progress::Finishing] {
        let watch = |progress| if progress == stop_at { Break(()) } else { Continue(()) };
        let error = fill(&place.database(), &Sevens::new(2), watch).unwrap_err();
        assert_eq!(error.trouble, Trouble::Interrupted, "{stop_at:?}");
        assert_eq!(place.integer(COUNT), 1);
    }
}

/// The second begins in the middle of the first.
fn one_that_waits_says_so_and_can_be_stopped(place: &Place) {
    let mut second = None;
    let first = fill(&place.database(), &Sevens::new(2), |progress| {
        if progress == Progress::Added(1) {
            let stop = |progress| {
                assert_eq!(progress, Progress::Waiting);
                Break(())
            };
            second = Some(fill(&place.database(), &Sevens::new(2), stop));
        }
        Continue(())
    });
    assert_eq!(second.unwrap().unwrap_err().trouble, Trouble::Interrupted);
    assert_eq!(first.unwrap(), 2);
}

fn one_that_has_waited_enough_says_that_another_is_at_work(place: &Place) {
    let hurried = Sevens { patience: Duration::ZERO, ..Sevens::new(2) };
    let mut second = None;
    let first = fill(&place.database(), &hurried, |progress| {
        if progress == Progress::Finishing {
            second = Some(add(place, &hurried));
        }
        Continue(())
    });
    let error = second.unwrap().unwrap_err();
    assert_eq!(error.trouble, Trouble::Locked);
    assert!(error.to_string().contains("locked by another program"), "{error}");
    assert_eq!(first.unwrap(), 2);
}

fn a_database_is_filled_once_however_many_ask_for_it(place: &Place) {
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| fill_if_missing(&place.database(), &Sevens::new(5)).unwrap());
        }
    });
    assert_eq!(place.integer(COUNT), 5);
}

/// It needs no right to write, and does not wait for who has it.
fn what_is_filled_already_is_left_alone_whoever_writes_to_it(place: &Place) {
    add(place, &Sevens::new(1)).unwrap();
    let hurried = Sevens { patience: Duration::ZERO, ..Sevens::new(3) };
    let watch = |progress| {
        if progress == Progress::Finishing {
            fill_if_missing(&place.database(), &hurried).unwrap();
        }
        Continue(())
    };
    assert_eq!(fill(&place.database(), &Sevens::new(1), watch).unwrap(), 2);
    assert_eq!(place.integer(COUNT), 2);
}

/// A reader keeps the file from being changed, though not from being prepared for it.
#[test]
fn a_reader_is_waited_for() {
    let place = Place::sqlite();
    add(&place, &Sevens::new(1)).unwrap();
    let reader = rusqlite::Connection::open(place.path()).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM sevens").unwrap();

    let hurried = Sevens { patience: Duration::ZERO, ..Sevens::new(1) };
    assert_eq!(add(&place, &hurried).unwrap_err().trouble, Trouble::Locked);
    assert_eq!(place.integer(COUNT), 1);

    let watch = |progress| {
        if progress == Progress::Waiting {
            // The second time there is no transaction to end.
            let _ = reader.execute_batch("COMMIT");
        }
        Continue(())
    };
    assert_eq!(fill(&place.database(), &Sevens::new(1), watch).unwrap(), 2);
}

#[test]
fn a_file_that_cannot_be_made_is_told_with_the_reason() {
    let mut place = Place::sqlite();
    place.url = "sqlite:no/such/folder/test.sqlite".to_owned();
    let error = add(&place, &Sevens::new(1)).unwrap_err();
    let reason = std::fs::File::create("no/such/folder/test.sqlite").unwrap_err();
    assert_eq!(error.trouble, Trouble::ReadOnly(reason.to_string()));
}

#[test]
#[ignore = "needs Postgres: scripts/test"]
fn a_server_that_goes_away_in_the_middle_of_a_copy_is_told() {
    let place = Place::postgres();
    place.execute("CREATE TABLE sevens (seven integer)");
    let mut connection = place.connect();
    let id = connection.integer("SELECT CAST(pg_backend_pid() AS bigint)").unwrap().unwrap();
    let Driver::Postgres(client) = &mut connection.driver else { panic!("it is a Postgres") };
    let mut copy = Copy::begin(client, "COPY sevens FROM STDIN").unwrap();

    let mut other = place.connect();
    let Driver::Postgres(other) = &mut other.driver else { panic!("it is a Postgres") };
    other.batch_execute(&format!("SELECT pg_terminate_backend({id})")).unwrap();
    let error = loop {
        if let Err(error) = copy.send(b"7\n".to_vec()) {
            break error;
        }
    };
    assert!(matches!(error.trouble, Trouble::Stopped(_)), "{error}");
}
