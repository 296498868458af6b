//! The same echo by polls: what an `async fn` keeps between two of its `.await`s stands
//! in a struct, and each `.await` is a `ready!`, which leaves the function.
//!
//! `cargo run --bin wire-echo-poll`

use std::convert::Infallible;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use std::process::ExitCode;
use std::task::{Context, Poll, ready};

use futures::future::try_join_all;
use tokio::io::AsyncWrite;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tracing::{Instrument, info};
use wire_client::echo::{Failure, Plan, Request};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let plan = Plan::from_args("wire-echo-poll", "A TCP echo, by polls");
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
        let (stream, _) = poll_fn(|context| listener.poll_accept(context)).await?;
        echoes.spawn(echo(stream));
        while echoes.try_join_next().is_some() {}
    }
}

pub(crate) async fn echo(stream: TcpStream) -> io::Result<()> {
    let mut echo = Echo { stream, buffer: [0; 4096], written: 0, read: 0 };
    poll_fn(|context| echo.poll(context)).await
}

/// What an echo has to remember while it waits.
struct Echo {
    stream: TcpStream,
    buffer: [u8; 4096],
    /// How much of what was read is written again.
    written: usize,
    read: usize,
}

impl Echo {
    /// Reads on only when all that was read is written: who does not listen is not heard.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            while self.written < self.read {
                let rest = &self.buffer[self.written..self.read];
                self.written += ready!(poll_write(&self.stream, context, rest))?;
            }
            let count = ready!(poll_read(&self.stream, context, &mut self.buffer))?;
            if count == 0 {
                return Poll::Ready(Ok(()));
            }
            (self.written, self.read) = (0, count);
        }
    }
}

async fn ask(address: SocketAddr, mut request: Request<'_>) -> Result<(), Failure> {
    info!("Sending {}", request.told());
    let mut stream = TcpStream::connect(address).await?;
    while let Some(text) = request.text() {
        let mut ask = Ask { stream: &stream, text, written: 0, echo: Vec::new() };
        poll_fn(|context| ask.poll(context)).await?;
        request.accept(&ask.echo)?;
    }
    // The echo is told that there is no more, and then ends too.
    poll_fn(|context| Pin::new(&mut stream).poll_shutdown(context)).await?;
    let more = poll_fn(|context| poll_read(&stream, context, &mut [0])).await?;
    request.end(more)?;
    info!("All of it came back");
    Ok(())
}

/// What a requester has to remember while it waits.
struct Ask<'a> {
    stream: &'a TcpStream,
    text: &'a [u8],
    written: usize,
    echo: Vec<u8>,
}

impl Ask<'_> {
    /// Both at the same time: an echo that cannot be written is not read on.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Neither of them leaves this function before the other has had its turn.
        let sent = self.poll_send(context)?;
        let received = self.poll_receive(context)?;
        ready!(sent);
        ready!(received);
        Poll::Ready(Ok(()))
    }

    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.written < self.text.len() {
            let rest = &self.text[self.written..];
            self.written += ready!(poll_write(self.stream, context, rest))?;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_receive(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut buffer = [0; 4096];
        while self.echo.len() < self.text.len() {
            let rest = buffer.len().min(self.text.len() - self.echo.len());
            let count = ready!(poll_read(self.stream, context, &mut buffer[..rest]))?;
            if count == 0 {
                break;
            }
            self.echo.extend_from_slice(&buffer[..count]);
        }
        Poll::Ready(Ok(()))
    }
}

/// Readiness is what was so a moment ago. Where it is not so any more, the try fails, tokio
/// notes that, and the next poll of it keeps the waker.
fn poll_read(
    stream: &TcpStream,
    context: &mut Context<'_>,
    buffer: &mut [u8],
) -> Poll<io::Result<usize>> {
    loop {
        ready!(stream.poll_read_ready(context))?;
        match stream.try_read(buffer) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            read => return Poll::Ready(read),
        }
    }
}

fn poll_write(
    stream: &TcpStream,
    context: &mut Context<'_>,
    bytes: &[u8],
) -> Poll<io::Result<usize>> {
    loop {
        ready!(stream.poll_write_ready(context))?;
        match stream.try_write(bytes) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            written => return Poll::Ready(written),
        }
    }
}
