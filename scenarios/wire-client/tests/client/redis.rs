//! Redis as these tests need it: the common one, and one that a test may stop and kill.

use std::env;
use std::net::{TcpListener, TcpStream};

use program_test::{Program, command, until};
use tempfile::TempDir;
use wire_client::Address;
use wire_client::pipelined::{Client, Settings};
use wire_client::protocol::{Command, Value};

/// The common one.
pub(crate) fn address() -> Address {
    let url = env::var("REDIS_URL").expect("REDIS_URL: scripts/test sets it");
    url.parse().expect("it is an address")
}

pub(crate) async fn client() -> Client {
    Client::connect(&address()).await.expect("Redis is there")
}

/// Words as a command, as one types them.
pub(crate) fn say(words: &str) -> Command {
    let mut words = words.split(' ');
    let name = words.next().unwrap_or_default();
    words.fold(Command::new(name), Command::arg)
}

pub(crate) async fn integer(client: &Client, words: &str) -> i64 {
    let reply = client.call(&say(words)).await.expect("a reply");
    reply.as_integer().unwrap_or_else(|| panic!("{words}: {reply:?}"))
}

pub(crate) async fn text(client: &Client, words: &str) -> String {
    match client.call(&say(words)).await {
        Ok(Value::Null) => String::new(),
        reply => {
            let reply = reply.expect("a reply");
            let text = reply.as_text().unwrap_or_else(|| panic!("{words}: {reply:?}"));
            String::from_utf8_lossy(text).into_owned()
        }
    }
}

/// A key that no other test and no other run has.
pub(crate) fn own_key() -> String {
    format!("wire-test-{}-{}", std::process::id(), fastrand::u64(..))
}

/// As many ports are tried. Somebody may take one before Redis does.
const ATTEMPTS: usize = 20;

/// A server of a test's own.
pub(crate) struct Redis {
    port: u16,
    folder: TempDir,
    program: Option<Program>,
}

impl Redis {
    pub(crate) fn start() -> Self {
        for _ in 0..ATTEMPTS {
            let folder = TempDir::new().expect("a folder");
            let mut redis = Self { port: free_port(), folder, program: None };
            if redis.begin() {
                return redis;
            }
        }
        panic!("no Redis could be started")
    }

    fn begin(&mut self) -> bool {
        let port = self.port.to_string();
        let args = ["--port", &port, "--bind", "127.0.0.1", "--save", ""];
        let mut command = command("redis-server", &args);
        let mut program = Program::start(command.current_dir(self.folder.path()));
        let listens = || TcpStream::connect(("127.0.0.1", self.port)).is_ok();
        until("Redis listens", || program.has_ended() || listens());
        let is_there = !program.has_ended();
        self.program = Some(program);
        is_there
    }

    /// As `kill -9` does.
    pub(crate) fn kill(&mut self) {
        self.program.take().expect("it runs").kill();
    }

    pub(crate) fn start_again(&mut self) {
        // The system may still hold the port for a moment.
        until("Redis is there again", || self.begin());
    }

    /// From here on it does nothing, until it is sent `CONT`.
    pub(crate) fn signal(&self, name: &str) {
        self.program.as_ref().expect("it runs").signal(name);
    }

    pub(crate) async fn connect(&self, settings: Settings) -> Client {
        let address = Address::new("127.0.0.1", self.port);
        Client::connect_with(&address, settings).await.expect("it is there")
    }
}

/// One at which nobody listens. It is below those that Linux gives to outgoing connections.
fn free_port() -> u16 {
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let mut ports = std::iter::repeat_with(|| fastrand::u16(12_000..30_000)).take(1_000);
    ports.find(is_free).expect("a port is free")
}
