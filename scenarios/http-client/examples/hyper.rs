//! What would happen if no buffer were larger than it has to be? The client is
//! the one inside of reqwest: here it reads into 512 bytes, and no task stands
//! between a request and its connection.
//!
//! `cargo run -p http-client --example hyper`

use std::process::ExitCode;

use futures::TryFutureExt;
use futures::future::try_join_all;
use http_body_util::Empty;
use http_client::{Failure, Plan, Request, Strategy};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::HOST;
use hyper::{Uri, http};
use hyper_util::rt::TokioIo;
use tokio::task::unconstrained;
use tokio::try_join;
use tracing::{Instrument, info};

/// As many bytes of a reply are read at a time; reqwest makes room for 8 KiB.
const READ_BUFFER: usize = 512;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args(Strategy::Async);
    let run = plan.start();
    // One task makes all requests, so tokio need not pause it for others.
    run.finish(unconstrained(pull_all(&plan)).await)
}

async fn pull_all(plan: &Plan) -> Result<(), Failure> {
    let mut client = http1::Builder::new();
    client.read_buf_exact_size(Some(READ_BUFFER));
    try_join_all(plan.requests().map(|request| {
        let span = request.span();
        plan.in_time(pull_from_server(plan, &client, request)).instrument(span)
    }))
    .await?;
    Ok(())
}

async fn pull_from_server(
    plan: &Plan,
    client: &http1::Builder,
    request: Request,
) -> Result<(), Failure> {
    info!("Requesting '{}'", request.url);
    let stream = TokioIo::new(plan.connect().await?);
    let (mut sender, connection) = client.handshake(stream).await?;
    let pulling = async move {
        let reply = sender.send_request(get(&request.url)?).await?;
        let content = request.accept_from_hyper(reply).await?;
        info!("Request is finally done! Server replied '{content}'");
        Ok(())
    };
    // The connection lives as long as somebody may send something on it.
    try_join!(pulling, connection.map_err(Failure::from))?;
    Ok(())
}

fn get(url: &str) -> http::Result<hyper::Request<Empty<Bytes>>> {
    let url: Uri = url.parse()?;
    let host = url.authority().map_or("", |host| host.as_str());
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    hyper::Request::get(path).header(HOST, host).body(Empty::new())
}
