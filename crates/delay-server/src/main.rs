//! Answers `GET /delay-me?seconds=2` two seconds later, until it is stopped.
//!
//! `cargo run -p delay-server`

mod options;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use delay_server::{Config, Listener, StartError};
use harness::Failure;
use harness::signals::{Signal, Signals};
use tokio::sync::oneshot;
use tracing::warn;

use crate::options::Options;

// One event loop on one thread is enough for a server that only waits.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let config = Options::read().into_config();
    log_to_stderr();
    raise_descriptor_limit();
    match run(&config).await {
        Ok(code) => code,
        Err(error) => {
            Failure::from(error).print();
            ExitCode::FAILURE
        }
    }
}

async fn run(config: &Config) -> Result<ExitCode, StartError> {
    let mut signals = Signals::listen(&[Signal::Interrupt, Signal::Terminate])?;
    let listener = Listener::bind(config)?;
    announce(listener.url());

    let (tell, grace) = oneshot::channel();
    let stop = async { grace.await.unwrap_or_default() };
    let second_signal = async {
        signals.next().await;
        // Fails only if the server has ended, and then this ends with it.
        let _ = tell.send(config.grace);
        signals.next().await
    };
    tokio::select! {
        served = listener.serve(stop) => served?,
        signal = second_signal => {
            warn!(target: "delay_server", "told to stop again: stopping at once");
            return Ok(ExitCode::from(signal.exit_code()));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The one thing that goes to stdout, for a person or for a script that let the
/// port be chosen.
fn announce(url: &str) {
    let line = format!("Listening: try {url}/delay-me?seconds=2 and watch at {url}/");
    // If stdout is closed nobody wants to know; the server serves all the same.
    let _ = writeln!(io::stdout(), "{}", harness::fitted(&line));
}

fn log_to_stderr() {
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        // It would report a broken stderr to stderr, and panic.
        .log_internal_errors(false)
        .init();
}

/// Each connection takes a descriptor, and many systems give a program 1,024.
fn raise_descriptor_limit() {
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        warn!(target: "delay_server", "cannot raise the limit of open descriptors: {error}");
    }
}
