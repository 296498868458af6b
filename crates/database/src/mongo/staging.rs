//! Filling a MongoDB database with everything or nothing.
//!
//! Only a replica set has transactions, and a server on a desk is none. So a generator
//! fills collections with names of its own, and renames them when all is there: the
//! server does that in one step for each. It notes before that it is going to. Who finds
//! such a note of one that was killed renames the rest; collections without a note are
//! dropped.
//!
//! The note lies in a collection of its own, whose one document is the lock as well: it
//! names its holder, and counts on while that one lives. A holder that was killed is told
//! from a slow one by that.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};
use mongodb::error::{Error as DriverError, ErrorKind, Result, WriteFailure};
use mongodb::{Collection, Database};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

use super::Client;
use crate::error::{Error, Trouble};

/// How often a holder counts on.
const BEAT: Duration = Duration::from_secs(1);

/// A holder that has not counted on for so long was killed, or stands still.
const STALE: Duration = Duration::from_secs(10);

/// How long a failed filling may take to clear up. The next one does it otherwise.
const CLEARING: Duration = Duration::from_secs(5);

/// What stands between a collection's name and its holder's, and behind the lock's.
const MARK: &str = ".filling";

/// What the server calls it when a document of that key is there, a collection of that
/// name is, and none is.
const DUPLICATE_KEY: i32 = 11000;
const NAMESPACE_EXISTS: i32 = 48;
const NAMESPACE_NOT_FOUND: i32 = 26;

/// A filling that is under way, or waits for another.
pub(super) struct Staging {
    holder: String,
    lock: String,
    /// Who has the lock instead, and since when it was seen so.
    other: Option<(Lock, Instant)>,
    beat: Option<Beat>,
}

/// The counting on of a holder.
#[derive(Clone)]
struct Beat {
    /// Held while it waits for the server.
    turn: Arc<Mutex<()>>,
    task: AbortHandle,
}

/// The one document of the lock's collection.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Lock {
    #[serde(rename = "_id")]
    id: i32,
    holder: String,
    beats: i64,
    /// Whose collections are being renamed.
    #[serde(default)]
    publishes: Option<String>,
}

impl Client {
    /// Gives false if another generator has this lock.
    pub(crate) fn begin(&mut self, lock: &str) -> std::result::Result<bool, Error> {
        let new = || Staging {
            holder: ObjectId::new().to_hex(),
            lock: format!("{lock}{MARK}"),
            other: None,
            beat: None,
        };
        let mut staging = self.staging.take().unwrap_or_else(new);
        let (me, lock, other) =
            (staging.holder.clone(), staging.lock.clone(), staging.other.take());
        let taken = self.run(async move |database| take(&database, &lock, &me, other).await)?;
        staging.other = taken;
        let has_lock = staging.other.is_none();
        if has_lock {
            let (me, lock) = (staging.holder.clone(), staging.lock.clone());
            let turn = Arc::default();
            let beats = Arc::clone(&turn);
            let task = self.spawn(|database| beat(database, lock, me, beats));
            staging.beat = Some(Beat { turn, task });
        }
        self.staging = Some(staging);
        Ok(has_lock)
    }

    /// Gives the collections their names, all or none.
    pub(crate) fn commit(&mut self) -> std::result::Result<(), Error> {
        let Some(staging) = self.staging.take() else { return Ok(()) };
        let (me, lock) = (staging.holder.clone(), staging.lock.clone());
        let beat = staging.beat.clone();
        let published = self.run(async move |database| {
            let locks = locks(&database, &lock);
            let note = doc! { "$set": { "publishes": &me } };
            if locks.update_one(doc! { "holder": &me }, note).await?.matched_count == 0 {
                let why = "another program has taken the filling over".to_owned();
                return Ok(Err(Trouble::Other(why).into()));
            }
            if let Err(error) = publish(&database, &me).await {
                if code(&error) != Some(NAMESPACE_EXISTS) {
                    return Err(error);
                }
                return Ok(Err(Error::from(error)));
            }
            end(beat).await;
            locks.drop().await?;
            Ok(Ok(()))
        });
        match published {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                self.staging = Some(staging);
                Err(error)
            }
            // What was renamed is not known. The note says that the rest is to be.
            Err(error) => Err(error),
        }
    }

    /// Leaves the database as it was, unless it has been committed. Nobody is left to be
    /// told if that fails; the next filling clears up then.
    pub(crate) fn roll_back(&mut self) {
        let Some(staging) = self.staging.take() else { return };
        if staging.beat.is_none() {
            return;
        }
        let (me, lock) = (staging.holder.clone(), staging.lock.clone());
        let beat = staging.beat.clone();
        let _ = self.run(async move |database| {
            let clearing = async {
                end(beat).await;
                clear(&database, &lock, &me).await
            };
            let _ = timeout(CLEARING, clearing).await;
            Ok(())
        });
    }
}

impl Staging {
    pub(super) fn name_of(&self, collection: &str) -> String {
        staged(collection, &self.holder)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if let Some(beat) = &self.beat {
            beat.task.abort();
        }
    }
}

/// Ends it between two beats. One that came when the collection has been dropped could
/// make it anew: some servers do that for an update.
async fn end(beat: Option<Beat>) {
    if let Some(Beat { turn, task }) = beat {
        let _turn = turn.lock().await;
        task.abort();
    }
}

fn staged(collection: &str, holder: &str) -> String {
    format!("{collection}{MARK}.{holder}")
}

fn locks(database: &Database, lock: &str) -> Collection<Lock> {
    database.collection(lock)
}

/// Takes the lock. Gives who has it instead.
async fn take(
    database: &Database,
    lock: &str,
    me: &str,
    other: Option<(Lock, Instant)>,
) -> Result<Option<(Lock, Instant)>> {
    let locks = locks(database, lock);
    let mine = Lock { id: 0, holder: me.to_owned(), beats: 0, publishes: None };
    match locks.insert_one(&mine).await {
        Ok(_) => {}
        Err(error) if code(&error) == Some(DUPLICATE_KEY) => {
            let Some(now) = locks.find_one(doc! {}).await? else {
                // It has just been given back.
                return Ok(Some((mine, Instant::now())));
            };
            match other {
                Some((before, since)) if before == now && since.elapsed() >= STALE => {
                    if !take_over(database, lock, me, &now).await? {
                        return Ok(Some((now, Instant::now())));
                    }
                }
                Some((before, since)) if before == now => return Ok(Some((now, since))),
                _ => return Ok(Some((now, Instant::now()))),
            }
        }
        Err(error) => return Err(error),
    }
    for left_behind in staged_by(database, |holder| holder != me).await? {
        database.collection::<Document>(&left_behind).drop().await?;
    }
    Ok(None)
}

/// Has the lock of one that does not count on, and brings what that one had noted to its
/// end. Gives false if another was faster.
async fn take_over(database: &Database, lock: &str, me: &str, from: &Lock) -> Result<bool> {
    let locks = locks(database, lock);
    let unchanged = doc! { "holder": &from.holder, "beats": from.beats };
    let mine = doc! { "$set": { "holder": me, "beats": 0_i64 } };
    let Some(had) = locks.find_one_and_update(unchanged, mine).await? else { return Ok(false) };
    if let Some(holder) = had.publishes {
        match publish(database, &holder).await {
            // Another has these names: what was filled is of no use.
            Err(error) if code(&error) == Some(NAMESPACE_EXISTS) => {}
            published => published?,
        }
        let done = doc! { "$unset": { "publishes": "" } };
        locks.update_one(doc! { "holder": me }, done).await?;
    }
    Ok(true)
}

async fn beat(database: Database, lock: String, me: String, turn: Arc<Mutex<()>>) {
    loop {
        sleep(BEAT).await;
        let _turn = turn.lock().await;
        let one_more = doc! { "$inc": { "beats": 1_i64 } };
        // If it fails, the next may not.
        let _ = locks(&database, &lock).update_one(doc! { "holder": &me }, one_more).await;
    }
}

/// The collections that these holders fill.
async fn staged_by(database: &Database, of: impl Fn(&str) -> bool) -> Result<Vec<String>> {
    let mut names = database.list_collection_names().await?;
    names.retain(|name| {
        let holder = name.rsplit_once('.').filter(|(rest, _)| rest.ends_with(MARK));
        holder.is_some_and(|(_, holder)| ObjectId::parse_str(holder).is_ok() && of(holder))
    });
    Ok(names)
}

/// Gives the names to the collections that this holder has filled, or to what is left of
/// them. Where a name is taken, all that have got theirs lose it again.
async fn publish(database: &Database, holder: &str) -> Result<()> {
    let mut done: Vec<String> = Vec::new();
    for from in staged_by(database, |other| other == holder).await? {
        let to = from.split(MARK).next().unwrap_or(&from).to_owned();
        match rename(database, &from, &to).await {
            Ok(()) => done.push(to),
            // Another program has taken over, and was faster.
            Err(error) if code(&error) == Some(NAMESPACE_NOT_FOUND) => {}
            Err(error) => {
                for to in &done {
                    rename(database, to, &staged(to, holder)).await?;
                }
                return Err(error);
            }
        }
    }
    Ok(())
}

/// Fails where there is one of that name already.
async fn rename(database: &Database, from: &str, to: &str) -> Result<()> {
    let name = database.name();
    let rename =
        doc! { "renameCollection": format!("{name}.{from}"), "to": format!("{name}.{to}") };
    database.client().database("admin").run_command(rename).await.map(drop)
}

/// Drops what this holder has filled, and gives the lock back.
async fn clear(database: &Database, lock: &str, me: &str) -> Result<()> {
    for mine in staged_by(database, |holder| holder == me).await? {
        database.collection::<Document>(&mine).drop().await?;
    }
    let locks = locks(database, lock);
    if locks.find_one_and_delete(doc! { "holder": me }).await?.is_some() {
        locks.drop().await?;
    }
    Ok(())
}

fn code(error: &DriverError) -> Option<i32> {
    match &*error.kind {
        ErrorKind::Command(command) => Some(command.code),
        ErrorKind::Write(WriteFailure::WriteError(write)) => Some(write.code),
        _ => None,
    }
}
