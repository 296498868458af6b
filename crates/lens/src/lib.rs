//! Who held a thread, who only waited, and who kept whom waiting: in any program
//! that has `tracing` spans.
//!
//! [`Lens`] is a layer for `tracing-subscriber`. Each span of the name you choose is
//! a *lane*: a requester, from when it is made to its end. An instrumented future
//! enters its span for each poll, and a function for the whole call, so the lens
//! sees who holds which thread, and for how long.
//!
//! A web service, in which every request has a span and one handler blocks:
//!
//! ```
//! use axum::{Router, extract::Request, middleware, middleware::Next, routing::get};
//! # use std::time::Duration;
//! # use tokio::{io::{AsyncReadExt, AsyncWriteExt}, net::{TcpListener, TcpStream}, time::sleep};
//! # use tracing::{Instrument, info_span};
//! use tracing_subscriber::prelude::*;
//!
//! # async fn ask(address: std::net::SocketAddr, path: &str) -> std::io::Result<()> {
//! #     let mut stream = TcpStream::connect(address).await?;
//! #     let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
//! #     stream.write_all(request.as_bytes()).await?;
//! #     stream.read_to_end(&mut Vec::new()).await.map(drop)
//! # }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let lens = lens::Lens::of_spans(["request"]).of_requests();
//! tracing_subscriber::registry().with(lens.clone()).init();
//!
//! let app = Router::new()
//!     .route("/patient", get(async || sleep(Duration::from_millis(50)).await))
//!     .route("/blocking", get(async || std::thread::sleep(Duration::from_millis(300))))
//!     .layer(middleware::from_fn(async |request: Request, next: Next| {
//!         let span = info_span!("request", name = request.uri().path());
//!         next.run(request).instrument(span).await
//!     }));
//! # let listener = TcpListener::bind("localhost:0").await?;
//! # let address = listener.local_addr()?;
//! # tokio::spawn(async { axum::serve(listener, app).await });
//! # let patient = tokio::spawn(ask(address, "/patient"));
//! # sleep(Duration::from_millis(10)).await;
//! # ask(address, "/blocking").await?;
//! # patient.await??;
//! // … serve it for a while, and then:
//! for sentence in lens.recording().sentences() {
//!     println!("{sentence}");
//! }
//! # let told = lens.recording().sentences().join(" ");
//! # assert!(told.contains("/blocking held the event loop for "), "{told}");
//! # assert!(lens.recording().blocked[0].time() >= Duration::from_millis(300), "{told}");
//! # assert!(told.contains("meanwhile /patient could not run."), "{told}");
//! # assert!(told.contains("Where: in the span of "), "{told}");
//! # Ok(())
//! # }
//! ```
//!
//! That prints:
//!
//! ```text
//! 2 requesters were under way for 652 ms, in 362 ms of your time: at most 2 at once, on 1 thread, held for 301 ms in all.
//! /blocking held the event loop for 301 ms: meanwhile /patient could not run.
//! Where: in the span of src/main.rs:16.
//! ```
//!
//! [`timeline::draw`] and [`svg::draw`] make a picture of the recording, which is
//! plain data and can be had at any time, as often as you like. The whole service
//! is the example `axum`: `cargo run -p lens --example axum`.
//!
//! - What a lane is called: its field `name`, or else the values of its fields, or
//!   else its span and a number.
//! - Where events are logged inside of a lane, the lens tells between which two of
//!   them the time was lost.
//! - Every worker of a multi-thread runtime is an event loop of its own. There,
//!   [`InLane::in_lane`] in the place of `instrument` notes wakes as well: who was
//!   ready, and waited for a worker.
//! - [`of_requests`](Lens::of_requests) says that others ask for the lanes: then no
//!   sentence claims that nobody waited, since who has not been read is in no lane.
//!   [`joined`] makes one recording of a server's and its client's, in which that is known.
//! - It costs some 220 ns for each poll and 570 ns for each lane, where a bare registry
//!   of spans costs 14 and 160 (`cargo bench -p lens`). A million requesters one after
//!   another leave 13 MB behind, and exact figures: of more than 16,384, a fair choice
//!   is kept for pictures, and the worst.

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use colour::style;
pub use in_lane::{InLane, Woken};
pub use lens::{Doing, Going, Lens, REQUESTER, Requester, done, failed, requester};
pub use recording::Recording;
pub use sample::Sample;
pub use trace_parent::{NoTraceParent, TraceParent};

mod lens;

mod book;
mod clock;
mod core_wait;
mod label;
mod lane;
mod live;
mod place;
mod threads;
mod trace_parent;

mod in_lane;

pub mod joined;
pub mod recording;
pub mod stages;

pub mod guess;
mod why;
mod words;

mod axis;
mod colour;
mod sample;
pub mod svg;
pub mod text;
pub mod time;
pub mod timeline;

#[cfg(test)]
mod by_hand;

/// A panic elsewhere must not cost the picture of what was recorded before it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
