//! The standard library, with threads and locks whose order is chosen.
//!
//! A program that says `extern crate scheduled_std as std;` has these for its own.

pub use ::std::*;

/// As `std::sync`. What is not modelled is the system's own: a `OnceLock` or a
/// `LazyLock` is one step.
pub mod sync {
    pub use ::std::sync::{
        LazyLock, LockResult, OnceLock, PoisonError, TryLockError, TryLockResult, Weak,
    };
    pub use shuttle::sync::{
        Arc, Barrier, BarrierWaitResult, Condvar, Mutex, MutexGuard, Once, OnceState, RwLock,
        RwLockReadGuard, RwLockWriteGuard, WaitTimeoutResult, atomic, mpsc,
    };
}

/// As `std::thread`.
pub mod thread {
    pub use shuttle::thread::*;
}
