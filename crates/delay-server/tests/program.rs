//! The program: what it prints, how it fails, how it is stopped.

mod support;

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use support::{begin_wait, until};

const PROGRAM: &str = env!("CARGO_BIN_EXE_delay-server");

fn run(args: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(args).output().expect("the program")
}

/// The program while it runs. It is killed when a test is done with it.
struct Program {
    child: Child,
    url: String,
    /// The log so far, which a thread keeps reading so that it never blocks.
    log: Arc<Mutex<String>>,
}

impl Program {
    fn start(args: &[&str]) -> Self {
        let mut command = Command::new(PROGRAM);
        command.args(["--addr", "localhost:0"]).args(args);
        Self::spawn(&mut command)
    }

    fn spawn(command: &mut Command) -> Self {
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program");
        let url = read_url(child.stdout.take().expect("a pipe"));
        let log = Arc::default();
        let lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        std::thread::spawn({
            let log: Arc<Mutex<String>> = Arc::clone(&log);
            move || {
                for line in lines.map_while(Result::ok) {
                    log.lock().expect("the log").push_str(&(line + "\n"));
                }
            }
        });
        Self { child, url, log }
    }

    fn address(&self) -> SocketAddr {
        support::address(&self.url)
    }

    fn until_it_logs(&self, text: &str) {
        until(text, || self.log.lock().expect("the log").contains(text));
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The server's URL, from the one line that it prints.
fn read_url(stdout: ChildStdout) -> String {
    let mut line = String::new();
    let read = BufReader::new(stdout).read_line(&mut line);
    read.expect("the line that says where it listens");
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
    let output = run(&["--addr", &addr]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        format!(
            "error: cannot listen on {addr}: the port is in use\n\
             hint: stop what listens there, or take any free port with --addr localhost:0\n"
        )
    );
    assert_eq!(output.stdout, b"");
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
        let output = run(&args);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {stderr}");
        assert!(stderr.starts_with("error: ") && stderr.contains(args[0]), "{stderr}");
    }
}

#[test]
fn the_url_it_prints_can_be_tried() {
    let program = Program::start(&[]);
    let response = support::request(program.address(), "GET", "/delay-me?seconds=0.1");
    assert_eq!(response.body, "Done, I waited for 0.1 secs");
}

#[test]
fn the_options_reach_the_server() {
    let program = Program::start(&["--max-seconds", "90", "--max-in-flight", "1"]);
    let too_long = support::request(program.address(), "GET", "/delay-me?seconds=91");
    assert!(too_long.body.ends_with("from 0 to 90"), "{}", too_long.body);

    let _waiting = begin_wait(program.address(), "60");
    program.until_it_logs("request received seconds=60");
    let one_too_many = support::request(program.address(), "GET", "/delay-me");
    assert_eq!(one_too_many.status, 503);
}

#[test]
fn the_log_tells_what_becomes_of_each_request() {
    let program = Program::start(&[]);
    support::request(program.address(), "GET", "/delay-me?seconds=0.25");
    program.until_it_logs("delay_server: request received seconds=0.25\n");
    program.until_it_logs("delay_server: wait is over seconds=0.25\n");

    support::request(program.address(), "GET", "/nowhere");
    program.until_it_logs("delay_server: refused with 404 Not Found: nothing is here");

    let waiting = begin_wait(program.address(), "60");
    program.until_it_logs("delay_server: request received seconds=60\n");
    drop(waiting);
    program.until_it_logs("delay_server: given up before the wait was over seconds=60\n");
}

#[test]
fn a_log_that_nobody_reads_any_more_is_no_reason_to_stop() {
    let mut command = Command::new(PROGRAM);
    command.args(["--addr", "localhost:0"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let url = read_url(child.stdout.take().unwrap());
    drop(child.stderr.take());
    for _ in 0..3 {
        let response = support::request(support::address(&url), "GET", "/delay-me?seconds=0");
        assert_eq!(response.status, 200);
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[cfg(unix)]
mod signals {
    //! Stopping it the way a terminal, a script or a supervisor does.

    use std::io::ErrorKind;
    use std::net::TcpStream;
    use std::process::ExitStatus;
    use std::time::Duration;

    use super::*;

    impl Program {
        fn signal(&self, name: &str) {
            let pid = self.child.id().to_string();
            let status = Command::new("kill").args([name, &pid]).status();
            assert!(status.expect("the program kill").success());
        }

        fn exit(&mut self) -> ExitStatus {
            self.child.wait().expect("its exit status")
        }
    }

    #[test]
    fn a_signal_lets_a_waiting_request_finish() {
        for signal in ["-TERM", "-INT"] {
            let mut program = Program::start(&["--grace", "60"]);
            let mut waiting = begin_wait(program.address(), "0.5");
            program.until_it_logs("request received");
            program.signal(signal);
            let response = support::read_response(&mut waiting);
            assert_eq!(response.body, "Done, I waited for 0.5 secs");
            assert_eq!(program.exit().code(), Some(0), "{signal}");
        }
    }

    #[test]
    fn a_signal_refuses_new_clients_while_others_still_wait() {
        let program = Program::start(&["--grace", "3600"]);
        let _waiting = begin_wait(program.address(), "300");
        program.until_it_logs("request received");
        program.signal("-TERM");
        until("new clients are refused", || {
            let second = Duration::from_secs(1);
            let connected = TcpStream::connect_timeout(&program.address(), second);
            connected.is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
        });
        program.until_it_logs("stopping in_flight=1");
    }

    #[test]
    fn the_grace_period_ends_what_has_not_finished() {
        let mut program = Program::start(&["--grace", "0.1"]);
        let waiting = begin_wait(program.address(), "60");
        program.until_it_logs("request received");
        program.signal("-TERM");
        assert_eq!(support::read_to_end(waiting), "");
        assert_eq!(program.exit().code(), Some(0));
        program.until_it_logs("the grace period is over in_flight=1");
    }

    #[test]
    fn a_second_signal_ends_it_at_once() {
        let mut program = Program::start(&["--grace", "3600"]);
        let waiting = begin_wait(program.address(), "60");
        program.until_it_logs("request received");
        program.signal("-INT");
        program.until_it_logs("stopping");
        program.signal("-TERM");
        assert_eq!(support::read_to_end(waiting), "");
        assert_eq!(program.exit().code(), Some(0));
    }

    #[test]
    fn too_few_descriptors_for_all_clients_only_make_them_wait() {
        let mut shell = Command::new("sh");
        let script = "ulimit -n 20 && exec \"$0\" --addr localhost:0";
        let program = Program::spawn(shell.args(["-c", script, PROGRAM]));
        let clients: Vec<_> = (0..30).map(|_| begin_wait(program.address(), "0")).collect();
        program.until_it_logs("cannot accept a connection");
        // Each one hangs up after its reply and leaves its descriptor to another.
        for mut client in clients {
            assert_eq!(support::read_response(&mut client).status, 200);
        }
        let complaints = program.log.lock().unwrap().matches("cannot accept").count();
        assert!(complaints < 100, "{complaints} complaints: it spins");
    }

    #[test]
    fn the_limit_of_descriptors_is_raised_as_far_as_it_goes() {
        let mut shell = Command::new("sh");
        let script = "ulimit -Sn 20 && exec \"$0\" --addr localhost:0";
        let program = Program::spawn(shell.args(["-c", script, PROGRAM]));
        let mut clients: Vec<_> = (0..30).map(|_| begin_wait(program.address(), "0")).collect();
        for client in &mut clients {
            assert_eq!(support::read_response(client).status, 200);
        }
    }
}
