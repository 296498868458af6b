//! What the web services of several scenarios share, and each of them would else
//! have a copy of: answering clients until it is told to stop, refusals as RFC 9457
//! has them, bodies that are bounded in length and in time, and a client for one
//! server, which can tell whether both have the same clock.

pub use body::{BodyError, json_body};
pub use client::{client_of, server_url, why_unanswered};
pub use clock::{AT_ONCE, Asked, clock};
pub use life::{Life, Stopping, UnderWay};
pub use refusal::{Refusal, json};
pub use runtime::{runtime, stop_signal};
pub use serve::serve;
pub use trace::{TRACE_PARENT, is_here, trace, traceparent};

mod runtime;

mod life;
mod serve;

mod body;
mod refusal;

mod client;
mod clock;
mod trace;
