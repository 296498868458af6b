//! The same requests by bare sockets of tokio: what the system takes for them,
//! with no HTTP library between, and no recorder.

use std::io::{self, ErrorKind};

use futures::future::try_join_all;
use http_client::{Failure, Plan, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::unconstrained;

/// The delay server's replies end so.
const END: &[u8] = b" secs";

pub(crate) async fn pull_all(plan: &Plan) -> Result<(), Failure> {
    let pulling = plan.requests().map(|request| pull_from_server(plan, request));
    unconstrained(try_join_all(pulling)).await?;
    Ok(())
}

async fn pull_from_server(plan: &Plan, request: Request) -> Result<(), Failure> {
    let mut server = plan.connect().await?;
    let path = request.url.splitn(4, '/').last().unwrap_or_default();
    let asked = format!("GET /{path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    server.write_all(asked.as_bytes()).await?;
    let mut reply = [0; 512];
    let mut length = 0;
    while !reply[..length].ends_with(END) {
        match server.read(&mut reply[length..]).await? {
            0 => return Err(io::Error::from(ErrorKind::UnexpectedEof).into()),
            read => length += read,
        }
    }
    Ok(())
}
