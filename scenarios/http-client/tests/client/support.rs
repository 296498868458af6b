//! Running the programs, and servers that behave in every possible way.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::thread;

use delay_server::{Config, Server};
use harness::Report;
use http_client::Strategy;
use socket2::{Domain, Socket, Type};

/// What a run left on its two streams, and how it ended.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The lines that one of the requesters said.
    pub(crate) fn said(&self, by: &str) -> Vec<&str> {
        self.stdout.lines().filter(|line| line.starts_with(&format!("{by}: "))).collect()
    }

    pub(crate) fn report(&self) -> Report {
        serde_json::from_str(&self.stdout).expect("stdout is the report and nothing else")
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("programs print UTF-8");
        Self {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

pub(crate) fn command(strategy: Strategy, args: &[&str]) -> Command {
    let mut command = Command::new(program(strategy));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn run(strategy: Strategy, args: &[&str]) -> Ran {
    command(strategy, args).output().expect("the program was built").into()
}

pub(crate) fn program(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Sync => env!("CARGO_BIN_EXE_sync"),
        Strategy::Async => env!("CARGO_BIN_EXE_async"),
        Strategy::AsyncWithBlocking => env!("CARGO_BIN_EXE_async-with-blocking"),
        Strategy::Thread => env!("CARGO_BIN_EXE_thread"),
        Strategy::ThreadPool => env!("CARGO_BIN_EXE_thread-pool"),
    }
}

/// A delay server of this test's own, and the `--url` that names it.
pub(crate) fn delay_server(config: Config) -> (Server, String) {
    let config = Config { addr: "localhost:0".to_owned(), ..config };
    let server = Server::start(config).expect("a free port");
    let url = format!("{}/delay-me", server.url());
    (server, url)
}

/// A stranger's server: reads the head of one request from each connection,
/// sends these bytes, and does with the connection what `then` does.
pub(crate) fn stranger(reply: &'static str, then: fn(TcpStream)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream, reply, then));
        }
    });
    format!("http://{address}/delay-me")
}

fn answer(mut stream: TcpStream, reply: &str, then: fn(TcpStream)) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        head.extend(byte);
    }
    if stream.write_all(reply.as_bytes()).is_ok() {
        then(stream);
    }
}

/// Ends the connection once the reply is sent.
pub(crate) fn close(stream: TcpStream) {
    drop(stream);
}

/// Keeps the connection open and says no more, until the client has gone.
pub(crate) fn stall(mut stream: TcpStream) {
    let _ = stream.read(&mut [0]);
}

/// A port that is taken, so that no other test gets it, and at which nobody answers.
pub(crate) fn nobody() -> (Socket, String) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a free port");
    let port = socket.local_addr().ok().and_then(|address| address.as_socket()).map(|it| it.port());
    (socket, format!("http://127.0.0.1:{}/delay-me", port.expect("it is bound")))
}
