//! What several threads touch: the standard library's, or for a test loom's,
//! which tries every order in which the threads can meet.

#[cfg(feature = "loom")]
pub(crate) use loom::{
    sync::atomic::{AtomicBool, Ordering},
    sync::{Mutex, MutexGuard},
    thread::{self, ThreadId},
};
#[cfg(not(feature = "loom"))]
pub(crate) use std::{
    sync::atomic::{AtomicBool, Ordering},
    sync::{Mutex, MutexGuard},
    thread::{self, ThreadId},
};
