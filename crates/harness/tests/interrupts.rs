//! Ctrl-C while requesters come and go: whatever each thread is doing at that
//! moment, the run ends at once, with its picture.
#![cfg(unix)]

use std::env;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use clap::Parser;
use tracing::{info, info_span};

const IS_CHILD: &str = "INTERRUPTS_CHILD";

/// A run that goes on for so long after Ctrl-C will not end.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Parser)]
struct Options {
    #[command(flatten)]
    shared: harness::Options,
}

/// Makes requesters on several threads for as long as it is let.
fn be_busy() -> ! {
    let run = harness::start("busy", 3, &Options::parse_from(["busy"]).shared);
    for thread in 1.. {
        let work = move || {
            for number in 1_u64.. {
                let span = info_span!("requester", name = format!("R{number} of {thread}"));
                span.in_scope(|| {
                    info!("begins");
                    harness::done();
                });
            }
        };
        if thread == 3 {
            work();
            break;
        }
        thread::spawn(work);
    }
    run.finish(Ok::<(), harness::Failure>(()));
    unreachable!("the last loop has no end")
}

fn start() -> Child {
    let mut command = Command::new(env::current_exe().expect("this program"));
    command.args(["--exact", "every_ctrl_c_ends_a_busy_run_with_its_picture", "--nocapture"]);
    command.env(IS_CHILD, "1").stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("this program")
}

#[test]
fn every_ctrl_c_ends_a_busy_run_with_its_picture() {
    if env::var_os(IS_CHILD).is_some() {
        be_busy();
    }
    for round in 0..100 {
        let mut child = start();
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        while !line.contains(": begins") {
            line.clear();
            assert!(stdout.read_line(&mut line).expect("a line") > 0, "it never began");
        }
        let (tell, rest) = mpsc::channel();
        thread::spawn(move || {
            let mut text = String::new();
            let read = stdout.read_to_string(&mut text).map(|_| text);
            tell.send(read).expect("the test waits for it");
        });
        // Not the same moment twice.
        thread::sleep(Duration::from_micros(311) * round);
        let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        assert!(sent.is_ok_and(|sent| sent.success()));

        let rest = rest.recv_timeout(PATIENCE);
        if rest.is_err() {
            let _ = child.kill();
        }
        assert_eq!(child.wait().expect("it is ours").code(), Some(130), "round {round}");
        let rest = rest.expect("it ended in time").expect("it prints UTF-8");
        assert!(rest.contains("\nTime elapsed: "), "round {round}: {rest}");
        assert!(rest.contains(" requesters were "), "round {round}: {rest}");
    }
}
