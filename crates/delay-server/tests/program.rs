//! The program: what it prints, how it fails, how it is stopped.

mod support;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::process::Command;

use program_test::{Program, Ran, command};
use support::begin_wait;

const PROGRAM: &str = env!("CARGO_BIN_EXE_delay-server");

fn run(args: &[&str]) -> Ran {
    program_test::run(&mut command(PROGRAM, args))
}

/// The program while it runs, and where it listens.
struct Server {
    program: Program,
    address: SocketAddr,
}

impl Server {
    fn start(args: &[&str]) -> Self {
        Self::spawn(command(PROGRAM, &["--addr", "localhost:0"]).args(args))
    }

    fn spawn(command: &mut Command) -> Self {
        let program = Program::start(command);
        program.until_it_says("\n");
        Self { address: support::address(&read_url(&program.stdout())), program }
    }
}

/// The server's URL, from the one line that it prints.
fn read_url(line: &str) -> String {
    let urls = line.strip_prefix("Listening: try ").and_then(|rest| rest.strip_suffix("/\n"));
    let urls = urls.and_then(|rest| rest.split_once("/delay-me?seconds=2 and watch at "));
    let (url, same) = urls.unwrap_or_else(|| panic!("no URLs in {line:?}"));
    assert_eq!(url, same);
    url.to_owned()
}

#[test]
fn a_port_in_use_is_one_line_of_error_and_one_of_hint() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = format!("localhost:{}", taken.local_addr().unwrap().port());
    let ran = run(&["--addr", &addr]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert_eq!(
        ran.stderr,
        format!(
            "error: cannot listen on {addr}: the port is in use\n\
             hint: stop what listens there, or take any free port with --addr localhost:0\n"
        )
    );
}

#[test]
fn bad_options_are_refused_before_anything_is_done() {
    for args in [
        ["--addr", "localhost"],
        ["--addr", ":8000"],
        ["--addr", "localhost:70000"],
        ["--max-seconds", "-1"],
        ["--max-seconds", "nan"],
        ["--max-seconds", "inf"],
        ["--max-in-flight", "0"],
        ["--max-in-flight", "some"],
        ["--grace", "-0.5"],
        ["--grace", "soon"],
        ["--unknown", "1"],
    ] {
        run(&args).assert_refuses(args[0]);
    }
}

#[test]
fn the_url_it_prints_can_be_tried() {
    let server = Server::start(&[]);
    let response = support::request(server.address, "GET", "/delay-me?seconds=0.1");
    assert_eq!(response.body, "Done, I waited for 0.1 secs");
}

#[test]
fn the_options_reach_the_server() {
    let server = Server::start(&["--max-seconds", "90", "--max-in-flight", "1"]);
    let too_long = support::request(server.address, "GET", "/delay-me?seconds=91");
    assert!(too_long.body.ends_with("from 0 to 90"), "{}", too_long.body);

    let _waiting = begin_wait(server.address, "60");
    server.program.until_it_notes("request received seconds=60");
    let one_too_many = support::request(server.address, "GET", "/delay-me");
    assert_eq!(one_too_many.status, 503);
}

#[test]
fn the_log_tells_what_becomes_of_each_request() {
    let server = Server::start(&[]);
    support::request(server.address, "GET", "/delay-me?seconds=0.25");
    server.program.until_it_notes("delay_server: request received seconds=0.25\n");
    server.program.until_it_notes("delay_server: wait is over seconds=0.25\n");

    support::request(server.address, "GET", "/nowhere");
    server.program.until_it_notes("delay_server: refused with 404 Not Found: nothing is here");

    let waiting = begin_wait(server.address, "60");
    server.program.until_it_notes("delay_server: request received seconds=60\n");
    drop(waiting);
    server.program.until_it_notes("delay_server: given up before the wait was over seconds=60\n");
}

#[test]
fn a_log_that_nobody_reads_any_more_is_no_reason_to_stop() {
    let (reader, writer) = io::pipe().unwrap();
    let server = Server::spawn(command(PROGRAM, &["--addr", "localhost:0"]).stderr(writer));
    drop(reader);
    for _ in 0..3 {
        let response = support::request(server.address, "GET", "/delay-me?seconds=0");
        assert_eq!(response.status, 200);
    }
}

#[cfg(unix)]
mod signals {
    //! Stopping it the way a terminal, a script or a supervisor does.

    use std::io::{ErrorKind, Write};
    use std::net::TcpStream;
    use std::time::Duration;

    use program_test::until;

    use super::*;

    #[test]
    fn a_signal_lets_a_waiting_request_finish() {
        for signal in ["TERM", "INT"] {
            let server = Server::start(&["--grace", "60"]);
            let mut waiting = begin_wait(server.address, "0.5");
            server.program.until_it_notes("request received");
            server.program.signal(signal);
            let response = support::read_response(&mut waiting);
            assert_eq!(response.body, "Done, I waited for 0.5 secs");
            assert_eq!(server.program.end().code, Some(0), "{signal}");
        }
    }

    #[test]
    fn what_was_sent_before_the_signal_is_answered() {
        let server = Server::start(&["--grace", "60"]);
        let mut clients: Vec<_> = (0..100).map(|_| begin_wait(server.address, "0")).collect();
        for client in &mut clients {
            assert_eq!(support::read_response(client).status, 200);
        }
        // While it cannot look, all of it comes, new clients too, and the signal last.
        server.program.signal("STOP");
        for client in &mut clients {
            let request = b"GET /delay-me?seconds=0.05 HTTP/1.1\r\nhost: localhost\r\n\r\n";
            client.write_all(request).unwrap();
        }
        clients.extend((0..100).map(|_| begin_wait(server.address, "0.05")));
        server.program.signal("TERM");
        server.program.signal("CONT");
        for client in clients {
            let reply = support::read_to_end(client);
            assert!(reply.contains("\r\nconnection: close\r\n"), "{reply:?}");
            assert!(reply.ends_with("Done, I waited for 0.05 secs"), "{reply:?}");
        }
        assert_eq!(server.program.end().code, Some(0));
    }

    /// More than an event loop hears of at a look, and more than are answered in a moment.
    #[test]
    fn a_crowd_that_had_asked_before_the_signal_is_answered() {
        let descriptors = rlimit::increase_nofile_limit(u64::MAX).unwrap();
        // Those that the other tests need are left.
        let crowd = descriptors.saturating_sub(500).min(8_000);
        let newcomers = crowd / 8;
        let server = Server::start(&["--grace", "60"]);
        let ask =
            || support::send(server.address, "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n");
        let mut clients: Vec<_> = (newcomers..crowd).map(|_| ask()).collect();
        for client in &mut clients {
            assert_eq!(support::read_response(client).status, 200);
        }
        server.program.signal("STOP");
        for client in &mut clients {
            client.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
        }
        clients.extend((0..newcomers).map(|_| ask()));
        server.program.signal("TERM");
        server.program.signal("CONT");
        for mut client in clients {
            assert_eq!(support::read_response(&mut client).status, 200);
        }
        assert_eq!(server.program.end().code, Some(0));
    }

    #[test]
    fn who_hangs_up_leaves_before_another_asks() {
        for path in ["/delay-me", "/api/character/1"] {
            let server = Server::start(&["--max-in-flight", "1"]);
            let mut next = begin_wait(server.address, "0");
            assert_eq!(support::read_response(&mut next).status, 200);
            let waiting = begin_wait(server.address, "60");
            server.program.until_it_notes("request received seconds=60");
            // While it cannot look. The system tells of sockets in the order in which they
            // first had something new, and that is not the order of what is told last.
            server.program.signal("STOP");
            next.write_all(format!("GET {path} HTTP/1.1\r\n").as_bytes()).unwrap();
            drop(waiting);
            next.write_all(b"host: localhost\r\n\r\n").unwrap();
            server.program.signal("CONT");
            assert_eq!(support::read_response(&mut next).status, 200, "{path}");
        }
    }

    #[test]
    fn a_signal_refuses_new_clients_while_others_still_wait() {
        let server = Server::start(&["--grace", "3600"]);
        let _waiting = begin_wait(server.address, "300");
        server.program.until_it_notes("request received");
        server.program.signal("TERM");
        until("new clients are refused", || {
            let second = Duration::from_secs(1);
            let connected = TcpStream::connect_timeout(&server.address, second);
            connected.is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
        });
        server.program.until_it_notes("stopping in_flight=1");
    }

    #[test]
    fn the_grace_period_ends_what_has_not_finished() {
        let server = Server::start(&["--grace", "0.1"]);
        let waiting = begin_wait(server.address, "60");
        server.program.until_it_notes("request received");
        server.program.signal("TERM");
        assert_eq!(support::read_to_end(waiting), "");
        server.program.until_it_notes("the grace period is over in_flight=1");
        assert_eq!(server.program.end().code, Some(0));
    }

    #[test]
    fn a_second_signal_ends_it_at_once() {
        let server = Server::start(&["--grace", "3600"]);
        let waiting = begin_wait(server.address, "60");
        server.program.until_it_notes("request received");
        server.program.signal("INT");
        server.program.until_it_notes("stopping");
        server.program.signal("TERM");
        assert_eq!(support::read_to_end(waiting), "");
        assert_eq!(server.program.end().code, Some(143));
    }

    #[test]
    fn too_few_descriptors_for_all_clients_only_make_them_wait() {
        let script = "ulimit -n 20 && exec \"$0\" --addr localhost:0";
        let server = Server::spawn(&mut command("sh", &["-c", script, PROGRAM]));
        let clients: Vec<_> = (0..30).map(|_| begin_wait(server.address, "0")).collect();
        server.program.until_it_notes("cannot accept a connection");
        // Each one hangs up after its reply and leaves its descriptor to another.
        for mut client in clients {
            assert_eq!(support::read_response(&mut client).status, 200);
        }
        let complaints = server.program.stderr().matches("cannot accept").count();
        assert!(complaints < 100, "{complaints} complaints: it spins");
    }

    #[test]
    fn the_limit_of_descriptors_is_raised_as_far_as_it_goes() {
        let script = "ulimit -Sn 20 && exec \"$0\" --addr localhost:0";
        let server = Server::spawn(&mut command("sh", &["-c", script, PROGRAM]));
        let mut clients: Vec<_> = (0..30).map(|_| begin_wait(server.address, "0")).collect();
        for client in &mut clients {
            assert_eq!(support::read_response(client).status, 200);
        }
    }
}
