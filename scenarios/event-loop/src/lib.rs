//! The WHAT of this chapter's programs, and an event loop written out in full:
//! [`Executor`] polls tasks, [`Timers`] and [`Reactor`] wake them.

pub use client::{Client, Reply};
pub use executor::Executor;
pub use failure::{Failure, Stopped};
pub use lesson::{Choice, How, Lesson, Nothing, lane};
pub use plan::{Plan, Request};
pub use reactor::{Connection, Reactor};

pub use timers::{Sleep, Timers};

mod executor;

mod reactor;
mod sync;
mod timers;

mod client;
mod failure;
mod lesson;
mod plan;
mod route;

mod telling;
