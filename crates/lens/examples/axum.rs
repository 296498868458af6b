//! A small web service with the lens in it. One of its handlers blocks, and it
//! tells who kept whom waiting.
//!
//! `cargo run -p lens --example axum`, and then ask it for
//! `/patient` and, at the same time, for `/blocking`; `/lens` tells what happened.

use std::io::{self, Write};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use lens::Lens;
use tokio::net::TcpListener;
use tracing::{Instrument, info_span};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let lens = Lens::of_spans(["request"]).of_requests();
    tracing_subscriber::registry().with(lens.clone()).init();

    let app = Router::new()
        .route("/patient", get(patient))
        .route("/blocking", get(blocking))
        .route("/lens", get(picture))
        .layer(middleware::from_fn(in_its_span))
        .with_state(lens);
    let listener = TcpListener::bind("localhost:0").await?;
    writeln!(io::stdout(), "Listening: http://{}", listener.local_addr()?)?;
    axum::serve(listener, app).await
}

/// Makes each request a lane of the recording.
async fn in_its_span(request: Request, next: Next) -> Response {
    let span = info_span!("request", name = request.uri().path());
    next.run(request).instrument(span).await
}

/// Waits, and leaves the thread to others.
async fn patient() -> &'static str {
    tokio::time::sleep(Duration::from_millis(500)).await;
    "I waited for 0.5 s, and held no thread.\n"
}

/// Waits, and keeps the thread.
async fn blocking() -> &'static str {
    std::thread::sleep(Duration::from_secs(1));
    "I waited for 1 s, and nobody else could run.\n"
}

/// What happened so far.
async fn picture(State(lens): State<Lens>) -> String {
    let picture = lens::timeline::draw(&lens.recording(), 80);
    anstream::adapter::strip_str(&picture).to_string() + "\n"
}
