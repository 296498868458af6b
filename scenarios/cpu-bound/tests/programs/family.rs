//! Parents and children that are ended while they compute: none is left over.
//! Unix only, because it takes signals.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{self, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use cpu_bound::Strategy;

use crate::support::{Ran, command};

/// A parent whose children would compute for hours, and their process ids.
struct Family {
    parent: process::Child,
    stdout: BufReader<ChildStdout>,
    children: Vec<u32>,
}

impl Family {
    fn start() -> Self {
        let mut command = command(Strategy::Process, &["--up-to", "1000000000", "--workers", "3"]);
        // A group of its own, as a shell gives to what is started in a terminal.
        command.process_group(0);
        let mut parent = command.spawn().expect("the program was built");
        let mut stdout = BufReader::new(parent.stdout.take().expect("it is piped"));
        let mut children = Vec::new();
        while children.len() < 3 {
            let mut line = String::new();
            let read = stdout.read_line(&mut line).expect("it prints UTF-8");
            assert!(read > 0, "it ended after {children:?}");
            if let Some((_, id)) = line.trim_end().split_once(" in process ") {
                children.push(id.parse().expect("a process id"));
            }
        }
        Self { parent, stdout, children }
    }

    /// Waits until parent and children have ended: each of them writes to the
    /// same stderr, which is at its end when the last of them is.
    fn ended(mut self) -> Ran {
        let mut stderr = self.parent.stderr.take().expect("it is piped");
        let (told, hears) = mpsc::channel();
        thread::spawn(move || {
            let mut text = String::new();
            let _ = stderr.read_to_string(&mut text);
            let _ = told.send(text);
        });
        let Ok(stderr) = hears.recv_timeout(Duration::from_secs(30)) else {
            let alive = self.children.iter().filter(|child| signal("KILL", &child.to_string()));
            let alive: Vec<&u32> = alive.collect();
            panic!("some are left over, of the children {alive:?}");
        };
        let mut stdout = String::new();
        self.stdout.read_to_string(&mut stdout).expect("it prints UTF-8");
        let code = self.parent.wait().expect("it was started").code();
        Ran { code, stdout, stderr }
    }
}

/// Whether the process, or with a minus before it the group, was there.
fn signal(name: &str, process: &str) -> bool {
    let mut kill = Command::new("kill");
    let kill = kill.args(["-s", name, "--", process]).stderr(Stdio::null());
    kill.status().expect("kill is installed").success()
}

#[test]
fn a_child_that_dies_is_told_with_its_range_and_ends_the_others() {
    let family = Family::start();
    let second = family.children[1];
    assert!(signal("KILL", &second.to_string()));
    let ran = family.ended();
    let cause = format!(
        "error: R2: process {second}, with the numbers from 333333334 to 666666666, \
         ended early: signal: 9 (SIGKILL)\nhint: somebody ended it"
    );
    assert!(ran.stderr.starts_with(&cause), "{}", ran.stderr);
    assert_eq!(ran.stderr.lines().count(), 2, "{}", ran.stderr);
    assert!(ran.stdout.contains("1 failed, 2 dropped before the end."), "{}", ran.stdout);
    assert_eq!(ran.code, Some(1));
}

#[test]
fn ctrl_c_ends_the_children_too() {
    // A terminal sends it to the whole group.
    for whole_group in [false, true] {
        let family = Family::start();
        let parent = family.parent.id();
        let target = if whole_group { format!("-{parent}") } else { parent.to_string() };
        assert!(signal("INT", &target));
        let ran = family.ended();
        assert!(ran.stderr.starts_with("error: interrupted"), "{}", ran.stderr);
        assert!(ran.stdout.contains("3 still going."), "{}", ran.stdout);
        assert_eq!(ran.code, Some(130));
    }
}

#[test]
fn children_do_not_outlive_a_parent_that_was_killed() {
    let family = Family::start();
    assert!(signal("KILL", &family.parent.id().to_string()));
    assert_eq!(family.ended().code, None);
}
