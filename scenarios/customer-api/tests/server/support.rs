//! Running the servers, and a plain HTTP client for them.

use std::net::SocketAddr;

use customer_api::Server;
use database_test::Place;
use program_test::{Program, command};

pub(crate) use program_test::http::{Client, Response, head, whole};

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

pub(crate) fn path(server: Server) -> &'static str {
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
        let mut client = Client::connect(self.address);
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
