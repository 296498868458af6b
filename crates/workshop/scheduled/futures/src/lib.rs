//! futures, without what would hide orders: its locks and channels give nobody else a turn
//! where another one could come between.

pub use futures_as_it_is::*;

/// There is none: use that of `tokio::sync`, whose order is chosen.
pub mod lock {}

/// There is none: use those of `tokio::sync`, whose order is chosen.
pub mod channel {}

/// There is none: a thread that waits in one would keep all others waiting.
pub mod executor {}
