//! Two event loops on two threads, and a `main` that has none: a handle against the
//! global context, and what goes wrong when an object of one loop is used on the other.
//!
//! `cargo run --bin wire-two-loops`

use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tracing::{Instrument, info, info_span};
use wire_client::two_loops::{Failure, Loop, PING, Plan};

fn main() -> ExitCode {
    let plan = Plan::from_args();
    let run = plan.start();
    run.finish(show_all(&plan))
}

fn show_all(plan: &Plan) -> Result<(), Failure> {
    let (a, b) = (Loop::start("loop A")?, Loop::start("loop B")?);
    let [block_on, spawn, ..] = plan.pings();
    info_span!("requester", name = "context").in_scope(|| look_for_a_loop(a.handle()))?;
    a.handle().block_on(
        ping(block_on, connect(plan.server)).instrument(info_span!("requester", name = "block_on")),
    )?;
    let spawned = ping(spawn, connect(plan.server));
    let spawned = spawned.instrument(info_span!("requester", name = "spawn"));
    let spawned = a.handle().spawn(spawned);
    b.handle().block_on(spawned)??;

    // Made on A, it hears from A alone that its socket is ready.
    let of_a = a.handle().block_on(connect(plan.server))?;
    let of_a = use_while_blocked(plan, &a, &b, of_a)?;
    a.stop();
    b.handle()
        .block_on(use_after_the_end(of_a).instrument(info_span!("requester", name = "A is gone")))
}

/// `tokio::spawn` asks its thread for the loop. This thread has none until it enters the
/// context of one; the loop itself turns elsewhere.
fn look_for_a_loop(a: &Handle) -> Result<(), Failure> {
    if let Err(none) = Handle::try_current() {
        info!("On {}: {none}", thread_name());
    }
    let spawned: JoinHandle<String> = {
        let _entered = a.enter();
        tokio::spawn(async { thread_name() })
    };
    info!("Inside of enter(): tokio::spawn ran it on {}", a.block_on(spawned)?);
    harness::done();
    Ok(())
}

/// B is free, and yet who uses a connection of A there waits for A.
fn use_while_blocked(
    plan: &Plan,
    a: &Loop,
    b: &Loop,
    of_a: TcpStream,
) -> Result<TcpStream, Failure> {
    let ((begin, begun), (free, until)) = (mpsc::channel(), mpsc::channel::<()>());
    let hold = plan.hold();
    let blocks = async move {
        info!("Blocking {}", thread_name());
        let _ = begin.send(());
        thread::sleep(hold);
        // Until somebody on B has a reply.
        let _ = until.recv();
        info!("{} may turn again", thread_name());
        harness::done();
    };
    let blocks = a.handle().spawn(blocks.instrument(info_span!("requester", name = "blocker")));
    let _ = begun.recv();

    let [.., on_that_of_a, on_that_of_b] = plan.pings();
    let of_a = ping(on_that_of_a, async { Ok(of_a) });
    let of_a = of_a.instrument(info_span!("requester", name = "of A on B"));
    let of_a = b.handle().spawn(of_a);
    let of_b = ping(on_that_of_b, connect(plan.server));
    let of_b = of_b.instrument(info_span!("requester", name = "of B on B"));
    let of_b = b.handle().spawn(of_b);
    b.handle().block_on(of_b)??;
    drop(free);
    b.handle().block_on(blocks)?;
    b.handle().block_on(of_a)?
}

/// What belonged to a loop that has ended fails at once: nobody would ever wake it.
async fn use_after_the_end(mut of_a: TcpStream) -> Result<(), Failure> {
    match of_a.read_u8().await {
        Ok(_) => info!("It still works"),
        Err(error) => info!("A connection of a loop that is gone: {error}"),
    }
    harness::done();
    Ok(())
}

async fn connect(server: SocketAddr) -> io::Result<TcpStream> {
    TcpStream::connect(server).await
}

async fn ping(
    times: usize,
    stream: impl Future<Output = io::Result<TcpStream>>,
) -> Result<TcpStream, Failure> {
    let mut stream = stream.await?;
    let (often, which) = words(times);
    info!("Sending PING{often}, polled on {}", thread_name());
    for _ in 0..times {
        stream.write_all(&PING).await?;
        let mut reply = [0; 4];
        stream.read_exact(&mut reply).await?;
    }
    info!("The {which} is there, on {}", thread_name());
    harness::done();
    Ok(stream)
}

/// How often something is sent, and which reply is the one to the last.
fn words(times: usize) -> (String, &'static str) {
    match times {
        1 => (String::new(), "reply"),
        many => (format!(" {many} times"), "last reply"),
    }
}

fn thread_name() -> String {
    format!("thread '{}'", thread::current().name().unwrap_or("unnamed"))
}
