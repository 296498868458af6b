//! The way of one position: from the courier over one instance, or two and a Redis, to a
//! watcher's socket, or to where a newer one took its place.
//!
//! Each program notes what it sees itself, and when: the courier and its watchers, and the
//! instances for those on the same machine who ask for it by a `traceparent`. What lies
//! between two notes is told from both, and where one is missing it is not told.

pub(crate) use ask::ask;
pub(crate) use follow::{Heard, Observed};
pub(crate) use kept::Ways;
pub(crate) use notes::Notes;
pub(crate) use picture::{Which, picture};
pub(crate) use station::Station;

mod station;

mod kept;
mod notes;

mod ask;
mod follow;
mod picture;
