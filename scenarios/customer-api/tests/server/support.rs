//! Running the servers, and a plain HTTP client for them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use customer_api::Server;
use database_test::Place;
use program_test::{PATIENCE, Program, command};
use serde_json::Value;

/// Leaves an empty database, whatever a server has made of it.
pub(crate) fn forget(place: &Place) {
    if place.clear() {
        return;
    }
    place.execute("CREATE TABLE IF NOT EXISTS customers (id int)");
    place.execute("CREATE TABLE IF NOT EXISTS purchases (id int)");
    place.execute("DROP TABLE customers; DROP TABLE purchases");
}

/// A server while it runs, and where it listens.
pub(crate) struct Running {
    pub(crate) program: Program,
    pub(crate) address: SocketAddr,
}

fn path(server: Server) -> &'static str {
    match server {
        Server::Async => env!("CARGO_BIN_EXE_customers-async"),
        Server::AsyncWithBlocking => env!("CARGO_BIN_EXE_customers-async-with-blocking"),
        Server::ThreadPool => env!("CARGO_BIN_EXE_customers-thread-pool"),
    }
}

impl Running {
    /// With few purchases, if it has to fill the database.
    pub(crate) fn start(server: Server, url: &str, args: &[&str]) -> Self {
        let mut command = command(path(server), &["--addr", "127.0.0.1:0"]);
        if !args.contains(&"--purchases") {
            command.args(["--purchases", "1000"]);
        }
        if !args.contains(&"--statement-timeout") {
            // What is slow on purpose is slower still beside others.
            command.args(["--statement-timeout", "3600"]);
        }
        let program = Program::start(command.args(args).env("DATABASE_URL", url));
        let before = if args.contains(&"--json") {
            program.until_it_notes("/report\n");
            program.stderr()
        } else {
            program.until_it_says("/report\n");
            program.stdout()
        };
        let port = before.split_once("127.0.0.1:").and_then(|(_, rest)| rest.split('/').next());
        let port = port.and_then(|port| port.parse().ok()).expect("it says where it listens");
        Self { program, address: ([127, 0, 0, 1], port).into() }
    }

    /// As after [`forget`], whatever another server has made of the database.
    pub(crate) fn fresh(server: Server, place: &Place, args: &[&str]) -> Self {
        forget(place);
        Self::start(server, &place.url, args)
    }

    /// Sends a request, and does not wait for what comes back.
    pub(crate) fn send(&self, request: &str) -> Client {
        let stream = TcpStream::connect(self.address).expect("a server that accepts");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        let mut client = Client(stream);
        client.send(request);
        client
    }

    pub(crate) fn begin(&self, target: &str) -> Client {
        self.send(&head("GET", target, ""))
    }

    pub(crate) fn get(&self, target: &str) -> Response {
        self.begin(target).response()
    }

    /// A request with these lines in its head, and this body.
    pub(crate) fn request(&self, method: &str, target: &str, lines: &str, body: &str) -> Response {
        self.send(&whole(method, target, lines, body)).response()
    }

    /// Changes a customer's name, if it is still the one with this tag.
    pub(crate) fn rename(&self, id: u32, tag: &str, name: &str) -> Response {
        let body = format!(r#"{{"name":"{name}","email":"a@b.c","city":"Saltbay"}}"#);
        let lines = format!("content-type: application/json\r\nif-match: {tag}\r\n");
        self.request("PUT", &format!("/customers/{id}"), &lines, &body)
    }

    /// The lines of the transcript that say this, in their order.
    pub(crate) fn said(&self, what: &str) -> Vec<String> {
        let lines = self.program.stdout();
        lines.lines().filter(|line| line.contains(what)).map(str::to_owned).collect()
    }
}

pub(crate) fn head(method: &str, target: &str, lines: &str) -> String {
    format!("{method} {target} HTTP/1.1\r\nhost: localhost\r\n{lines}\r\n")
}

pub(crate) fn whole(method: &str, target: &str, lines: &str, body: &str) -> String {
    let length = body.len();
    head(method, target, &format!("{lines}content-length: {length}\r\n")) + body
}

/// One connection.
pub(crate) struct Client(TcpStream);

/// A response, taken apart.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Client {
    pub(crate) fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).expect("a server that reads");
    }

    pub(crate) fn response(&mut self) -> Response {
        let head = program_test::read_head(&mut self.0).to_lowercase();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("the head of a response, not {head:?}"));
        let mut body = vec![0; header(&head, "content-length").parse().unwrap_or(0)];
        self.0.read_exact(&mut body).expect("the body of a response");
        Response { status, head, body: String::from_utf8(body).expect("a body in UTF-8") }
    }

    /// Nothing more comes: the server has ended the connection.
    pub(crate) fn assert_at_end(mut self) {
        let mut rest = Vec::new();
        // A server that has not read everything resets the connection.
        let _ = self.0.read_to_end(&mut rest);
        assert_eq!(String::from_utf8_lossy(&rest), "");
    }
}

fn header<'h>(head: &'h str, name: &str) -> &'h str {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find_map(|(other, value)| (other == name).then_some(value)).unwrap_or_default()
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> &str {
        header(&self.head, name)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// It is a problem of this kind, and this is its sentence.
    #[track_caller]
    pub(crate) fn assert_problem(&self, status: u16, title: &str, sentence: &str) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let problem = self.json();
        assert_eq!((self.status, &problem["status"]), (status, &Value::from(status)), "{self:?}");
        assert_eq!((&problem["title"], &problem["detail"]), (&title.into(), &sentence.into()));
        assert_eq!(problem["type"], "about:blank");
    }
}
