//! Running the tracker, and watching an order.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::process::Command;
use std::time::Instant;

use hyper_tungstenite::tungstenite::protocol::CloseFrame;
use hyper_tungstenite::tungstenite::{Error, Message, WebSocket, client};
use program_test::http::{Client, Response, head, whole};
use program_test::{PATIENCE, Program, command, until};
use serde_json::{Value, json};

const TRACKER: &str = env!("CARGO_BIN_EXE_order-tracker");
const PER_WATCHER: &str = env!("CARGO_BIN_EXE_tracker-connection-per-watcher");

/// A port that is free, of this machine alone.
const ANYWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

pub(crate) const JSON: &str = "content-type: application/json\r\n";

/// A tracker while it runs, and where it listens.
pub(crate) struct Running {
    pub(crate) program: Program,
    pub(crate) address: SocketAddr,
}

impl Running {
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::start_with(args, &[])
    }

    /// With these variables in its environment, and no others of its own.
    pub(crate) fn start_with(args: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::begin(tracker(args).envs(variables.iter().copied()), args)
    }

    /// The same at this address, which has to be free.
    pub(crate) fn start_at(address: SocketAddr, args: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = without_variables(TRACKER, address, args);
        Self::begin(command.envs(variables.iter().copied()), args)
    }

    /// An instance that uses this Redis.
    pub(crate) fn at(redis: &str, args: &[&str]) -> Self {
        Self::start_with(args, &[("REDIS_URL", redis)])
    }

    /// The same where each watcher has a connection to it.
    pub(crate) fn per_watcher_at(redis: &str, args: &[&str]) -> Self {
        Self::begin(per_watcher(args).env("REDIS_URL", redis), args)
    }

    fn begin(command: &mut Command, args: &[&str]) -> Self {
        let mut program = Program::start(command);
        let is_json = args.contains(&"--json");
        let said = |program: &Program| if is_json { program.stderr() } else { program.stdout() };
        until("it listens", || said(&program).contains(" instance") || program.has_ended());
        let before = said(&program);
        assert!(before.contains(" instance"), "it has ended: {}", program.stderr());
        let place = before.split_once("http://").and_then(|(_, rest)| rest.split(": ").next());
        let address = place.and_then(|it| it.parse().ok()).expect("it says where it listens");
        Self { program, address }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A request with these lines in its head, and this body.
    pub(crate) fn request(&self, method: &str, target: &str, lines: &str, body: &str) -> Response {
        let mut client = Client::connect(self.address);
        client.send(&whole(method, target, lines, body));
        client.response()
    }

    /// A new order.
    pub(crate) fn open(&self) -> String {
        let opened = self.request("POST", "/orders", "", "");
        assert_eq!(opened.status, 201, "{opened:?}");
        opened.json()["order"].as_str().expect("an order").to_owned()
    }

    pub(crate) fn deliver(&self, order: &str, position: &Value) -> Response {
        self.request("POST", &format!("/orders/{order}/position"), JSON, &position.to_string())
    }

    /// Delivers a position, which is the newest.
    #[track_caller]
    pub(crate) fn take(&self, order: &str, sequence: u64) {
        let answer = self.deliver(order, &position(sequence));
        assert_eq!((answer.status, answer.json()), (202, json!({ "taken": true })));
    }

    pub(crate) fn watch(&self, order: &str) -> Watcher {
        let stream = TcpStream::connect(self.address).expect("a server that accepts");
        self.watch_by(stream, order)
    }

    /// The same on a connection that is there already.
    pub(crate) fn watch_by(&self, stream: TcpStream, order: &str) -> Watcher {
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        let url = format!("ws://{}/ws/orders/{order}", self.address);
        let (socket, _) = client(url, stream).unwrap_or_else(|error| panic!("no watcher: {error}"));
        Watcher(socket)
    }

    /// Asks for a WebSocket, and is answered something else.
    pub(crate) fn no_watcher(&self, order: &str, lines: &str) -> Response {
        let mut client = Client::connect(self.address);
        client.send(&handshake(order, lines));
        client.response()
    }

    pub(crate) fn stop(self) -> program_test::Ran {
        self.program.signal("TERM");
        self.program.end()
    }
}

/// The program, with none of our variables in its environment.
pub(crate) fn tracker(args: &[&str]) -> Command {
    without_variables(TRACKER, ANYWHERE, args)
}

/// The same of the other one.
pub(crate) fn per_watcher(args: &[&str]) -> Command {
    without_variables(PER_WATCHER, ANYWHERE, args)
}

fn without_variables(program: &str, address: SocketAddr, args: &[&str]) -> Command {
    let mut command = command(program, &["--addr", &address.to_string()]);
    command.args(args).env_remove("REDIS_URL").env_remove("DELIVERY_SECRET");
    command
}

pub(crate) fn handshake(order: &str, lines: &str) -> String {
    let lines = format!(
        "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{lines}"
    );
    head("GET", &format!("/ws/orders/{order}"), &lines)
}

pub(crate) fn position(sequence: u64) -> Value {
    json!({ "lat": -23.5614, "lon": -46.6559, "at": "2026-01-02T03:04:05Z", "sequence": sequence })
}

/// Who watches an order.
pub(crate) struct Watcher(pub(crate) WebSocket<TcpStream>);

impl Watcher {
    /// The next message that is none of the protocol's own.
    #[track_caller]
    pub(crate) fn next(&mut self) -> Value {
        let begun = Instant::now();
        // Pings come also where nothing else does.
        while begun.elapsed() < PATIENCE {
            match self.0.read() {
                // As after a process was stopped for a while.
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => match read.expect("a message") {
                    Message::Text(text) => return serde_json::from_str(&text).expect("JSON"),
                    Message::Close(frame) => panic!("a message, and not {frame:?}"),
                    _ => {}
                },
            }
        }
        panic!("no message came within {PATIENCE:?}")
    }

    #[track_caller]
    pub(crate) fn sees(&mut self, sequence: u64) {
        assert_eq!(self.next(), position(sequence));
    }

    #[track_caller]
    pub(crate) fn is_told(&mut self, notice: &str) {
        assert_eq!(self.next(), json!({ "notice": notice }));
    }

    /// Reads up to its end, and gives the last message and the close frame.
    pub(crate) fn read_to_end(&mut self) -> (Option<Value>, Option<CloseFrame>) {
        let (mut last, mut frame) = (None, None);
        let begun = Instant::now();
        loop {
            assert!(begun.elapsed() < PATIENCE, "it has not ended within {PATIENCE:?}");
            match self.0.read() {
                Ok(Message::Text(text)) => last = serde_json::from_str(&text).ok(),
                Ok(Message::Close(close)) => frame = close,
                Ok(_) => {}
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    panic!("it does not end")
                }
                Err(_) => return (last, frame),
            }
        }
    }

    #[track_caller]
    pub(crate) fn is_closed_with(&mut self, code: u16) {
        let (_, frame) = self.read_to_end();
        assert_eq!(frame.map(|it| u16::from(it.code)), Some(code));
    }
}
