//! Filling a database: with everything or nothing, by one program at a time.
//!
//! All of it is one transaction, so that whatever ends a generator early
//! (Ctrl-C, kill -9, a full disk) leaves the database as it was. A generator
//! says what it writes by [`Filling`]; the rest is here. It blocks its thread.
//!
//! In MongoDB it fills collections under other names and renames them at the end: there
//! kill -9 leaves some with `.filling` in their names, which the next one drops.

use std::fmt;
use std::ops::ControlFlow::{self, Break, Continue};
use std::process;
use std::thread;
use std::time::{Duration, Instant};

pub use bar::Bar;
pub use copy::Copy;
pub use interrupt::Interrupt;

mod bar;
mod copy;
mod interrupt;
mod transaction;

use crate::blocking::Connection;
use crate::{Database, Error, Trouble};
use transaction::Transaction;

/// What a database is filled with. It displays as what it is, such as `1,000 cities`.
pub trait Filling: fmt::Display {
    /// What its rows are called, such as `cities`.
    const ROWS: &'static str;

    /// The name of a lock in Postgres or MongoDB: who has the same name writes to the same
    /// tables, and waits for the other.
    const LOCK: &'static str;

    /// How many rows it adds in all.
    fn all_rows(&self) -> u64;

    /// How long to wait for another program that writes to the same tables, before
    /// that is an error ([`Trouble::Locked`]): a minute, unless it says otherwise.
    fn patience(&self) -> Duration {
        Duration::from_secs(60)
    }

    /// Whether it is in the database already.
    fn is_there(&self, connection: &mut Connection) -> Result<bool, Error>;

    /// Writes it, on a connection inside of a transaction, and tells how it goes.
    /// Gives the number of rows that are there now.
    fn write(&self, connection: &mut Connection, watch: &mut Watch<'_>) -> Result<u64, Error>;
}

/// What a generator is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Waiting for another program that writes to the same tables.
    Waiting,
    /// So many rows have been added.
    Added(u64),
    /// All have been added; the rest may take a while.
    Finishing,
}

/// Whoever watches a generator, and may want it to stop.
pub struct Watch<'w>(&'w mut dyn FnMut(Progress) -> ControlFlow<()>);

impl Watch<'_> {
    /// Tells how it goes. Gives [`Trouble::Interrupted`] if the generator is to stop.
    pub fn tell(&mut self, progress: Progress) -> Result<(), Error> {
        match (self.0)(progress) {
            Continue(()) => Ok(()),
            Break(()) => Err(Trouble::Interrupted.into()),
        }
    }
}

/// How long to wait before trying again.
const PAUSE: Duration = Duration::from_millis(50);

/// Fills the database, whatever is there already, and tells `watch` how it goes;
/// where `watch` breaks, it stops with [`Trouble::Interrupted`]. Gives the number
/// of rows that are there now.
///
/// An SQLite file that is not there is made. On any error the database is as it was.
pub fn fill<F: Filling>(
    database: &Database,
    filling: &F,
    mut watch: impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<u64, Error> {
    alone(database, filling, &mut Watch(&mut watch), |connection, watch| {
        write(filling, connection, watch)
    })
}

/// Fills the database unless that has been done before, with a note and a
/// progress bar on stderr. Of several that try at once, one fills it and the
/// others wait.
///
/// On any error the database is as it was. A signal that asks the process to end
/// ends it when that is so, or when it is filled, with its exit code.
pub fn fill_if_missing<F: Filling>(database: &Database, filling: &F) -> Result<(), Error> {
    // The usual case, and it needs no right to write. An error may mean that another
    // program is filling it right now; any other will come again.
    if is_there(database, filling).unwrap_or(false) {
        return Ok(());
    }
    let interrupt = Interrupt::listen();
    let mut bar = None;
    let mut show = |progress| {
        let bar = bar.get_or_insert_with(|| {
            harness::note(&format!("the first run fills {database} with {filling}"));
            Bar::new(filling)
        });
        bar.show(progress);
        if interrupt.came() { Break(()) } else { Continue(()) }
    };
    let filled = alone(database, filling, &mut Watch(&mut show), |connection, watch| {
        // Another program may have been faster.
        if !filling.is_there(connection)? {
            write(filling, connection, watch)?;
        }
        Ok(())
    });
    drop(bar);
    if let Err(error @ Error { trouble: Trouble::Interrupted, .. }) = &filled {
        harness::Failure::new(error.to_string(), error.hint()).print();
        process::exit(interrupt.code().into());
    }
    filled?;
    if interrupt.came() {
        let hint = "run it again: it has nothing left to fill";
        harness::Failure::new("interrupted when the database was filled", hint).print();
        process::exit(interrupt.code().into());
    }
    Ok(())
}

/// The database that `DATABASE_URL` names. If it names none, this one, which
/// needs nothing installed and is filled by whoever asks for it first.
pub fn given_or_filled<F: Filling>(default: Database, filling: &F) -> Result<Database, Error> {
    if let Some(given) = Database::from_env()? {
        return Ok(given);
    }
    fill_if_missing(&default, filling)?;
    Ok(default)
}

fn is_there<F: Filling>(database: &Database, filling: &F) -> Result<bool, Error> {
    filling.is_there(&mut transaction::connect(database)?)
}

fn write<F: Filling>(
    filling: &F,
    connection: &mut Connection,
    watch: &mut Watch<'_>,
) -> Result<u64, Error> {
    watch.tell(Progress::Added(0))?;
    filling.write(connection, watch)
}

/// Does it in one transaction, and while no other generator is at work.
fn alone<F: Filling, T>(
    database: &Database,
    filling: &F,
    watch: &mut Watch<'_>,
    work: impl FnOnce(&mut Connection, &mut Watch<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let in_transaction = || {
        let mut transaction = Transaction::open(database)?;
        wait(filling.patience(), watch, || transaction.begin(F::LOCK))?;
        let done = work(&mut transaction.connection, watch)?;
        wait(filling.patience(), watch, || transaction.commit())?;
        Ok(done)
    };
    in_transaction().map_err(|error: Error| error.at(database))
}

/// Tries until nobody is in the way.
fn wait(
    patience: Duration,
    watch: &mut Watch<'_>,
    mut attempt: impl FnMut() -> Result<bool, Error>,
) -> Result<(), Error> {
    let start = Instant::now();
    while !attempt()? {
        if start.elapsed() >= patience {
            return Err(Trouble::Locked.into());
        }
        watch.tell(Progress::Waiting)?;
        thread::sleep(PAUSE);
    }
    Ok(())
}
