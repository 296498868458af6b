//! tokio, with tasks and locks whose order is chosen.

pub use shuttle_tokio::*;

/// As `tokio::sync`, without what is not modelled.
pub mod sync {
    pub use shuttle_tokio::sync::*;

    /// There is none here.
    pub mod broadcast {}
}

/// There is no clock. A sleep is over at once, whatever its length: another task may
/// have had any number of turns meanwhile. What waits for something else and for the
/// clock, such as `timeout`, is left out.
pub mod time {
    pub use shuttle_tokio::time::{Duration, Instant, sleep};
}
