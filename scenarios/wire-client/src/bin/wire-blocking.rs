//! Commands to Redis, one on its way at a time, each sent by a thread of its own: who has
//! one to send keeps a thread while the connection is not free, and then for the reply.
//!
//! `cargo run --bin wire-blocking`

use std::panic::resume_unwind;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread::{self, Builder, ScopedJoinHandle};

use tracing::info;
use wire_client::blocking::Client;
use wire_client::{Failure, Plan, Program, Request};

fn main() -> ExitCode {
    let plan = Plan::from_args(Program::BLOCKING);
    let clients = plan.ready(connect(&plan));
    let run = plan.start();
    run.finish(send_all(&plan, &clients))
}

fn connect(plan: &Plan) -> Result<Vec<Mutex<Client>>, Failure> {
    let connect = || Client::connect(plan.address()).map(Mutex::new).map_err(Failure::from);
    thread::scope(|scope| {
        let thread = |_| Builder::new().spawn_scoped(scope, connect);
        let threads: Result<Vec<_>, _> = (0..plan.connections()).map(thread).collect();
        threads?.into_iter().map(joined).collect()
    })
}

fn send_all(plan: &Plan, clients: &[Mutex<Client>]) -> Result<(), Failure> {
    let (tell, told) = mpsc::channel();
    thread::scope(|scope| {
        for (request, client) in plan.requests().zip(clients.iter().cycle()) {
            let (span, tell) = (request.span(), tell.clone());
            let thread = Builder::new().name(format!("thread of {}", request.name));
            let turn = move || {
                let mut its_turn = client.lock().unwrap_or_else(PoisonError::into_inner);
                // While it is: so an error is told before those that come of it.
                let _ = tell.send(send(&mut its_turn, request));
            };
            thread.spawn_scoped(scope, move || span.in_scope(turn))?;
        }
        Ok::<_, Failure>(())
    })?;
    drop(tell);
    told.into_iter().collect()
}

fn joined<T>(thread: ScopedJoinHandle<'_, Result<T, Failure>>) -> Result<T, Failure> {
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}

fn send(client: &mut Client, mut request: Request) -> Result<(), Failure> {
    info!("Sending {}", request.asks());
    while let Some(command) = request.command() {
        let reply = client.call(command)?;
        request.accept(&reply)?;
    }
    info!("{}", request.told());
    Ok(())
}
