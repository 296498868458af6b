//! An echo, and those who want to hear it, by streams: each `.await` is a place where
//! the event loop may turn to another connection.
//!
//! `cargo run --bin wire-echo`

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;

use futures::future::{try_join, try_join_all};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tracing::{Instrument, info};
use wire_client::echo::{Failure, Plan, Request};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args("wire-echo", "A TCP echo, by streams");
    let run = plan.start();
    run.finish(ask_all(&plan).await)
}

async fn ask_all(plan: &Plan) -> Result<(), Failure> {
    let (listener, address) = plan.listen().await?;
    let asked = try_join_all(plan.requests().map(|request| {
        let span = request.span();
        ask(address, request).instrument(span)
    }));
    // Whoever listens is dropped when all have their echo, and every echo with it.
    tokio::select! {
        Err(error) = serve(listener) => Err(error.into()),
        asked = asked => asked.map(drop),
    }
}

async fn serve(listener: TcpListener) -> io::Result<Infallible> {
    let mut echoes = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await?;
        echoes.spawn(echo(stream));
        while echoes.try_join_next().is_some() {}
    }
}

/// Reads on only when all that was read is written: who does not listen is not heard.
pub(crate) async fn echo(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..count]).await?;
    }
}

async fn ask(address: SocketAddr, mut request: Request<'_>) -> Result<(), Failure> {
    info!("Sending {}", request.told());
    let mut stream = TcpStream::connect(address).await?;
    let (mut reader, mut writer) = stream.split();
    while let Some(text) = request.text() {
        let mut echo = Vec::new();
        let mut reader = (&mut reader).take(text.len() as u64);
        // Both at the same time: an echo that cannot be written is not read on.
        try_join(writer.write_all(text), reader.read_to_end(&mut echo)).await?;
        request.accept(&echo)?;
    }
    // The echo is told that there is no more, and then ends too.
    writer.shutdown().await?;
    let more = reader.read(&mut [0]).await?;
    request.end(more)?;
    info!("All of it came back");
    Ok(())
}
