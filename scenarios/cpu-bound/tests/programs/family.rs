//! Parents and children that are ended while they compute: none is left over.
//! Unix only, because it takes signals.

use std::os::unix::process::CommandExt;

use cpu_bound::Strategy;
use program_test::{Program, Ran, signal, until};

use crate::support::command;

/// A parent whose children would compute for hours, and their process ids.
struct Family {
    parent: Program,
    children: Vec<u32>,
    _group: Group,
}

impl Family {
    fn start() -> Self {
        let mut command = command(Strategy::Process, &["--up-to", "1000000000", "--workers", "3"]);
        // A group of its own, as a shell gives to what is started in a terminal.
        let mut parent = Program::start(command.process_group(0));
        let group = Group(parent.id());
        let mut children = Vec::new();
        until("it has three children", || {
            assert!(!parent.has_ended(), "it ended after {children:?}");
            children = children_in(&parent.stdout());
            children.len() == 3
        });
        Self { parent, children, _group: group }
    }

    /// Waits until parent and children have ended: all of them write to the same
    /// stderr, which is at its end when the last of them is.
    fn ended(self) -> Ran {
        self.parent.end()
    }
}

/// Whoever is left over at the end of a test is killed.
struct Group(u32);

impl Drop for Group {
    fn drop(&mut self) {
        signal("KILL", format!("-{}", self.0));
    }
}

/// The processes that the lines name, each at its end.
fn children_in(said: &str) -> Vec<u32> {
    let whole = said.rsplit_once('\n').map_or("", |(lines, _)| lines);
    let ids = whole.lines().filter_map(|line| line.split_once(" in process "));
    ids.map(|(_, id)| id.parse().expect("a process id")).collect()
}

#[test]
fn a_child_that_dies_is_told_with_its_range_and_ends_the_others() {
    let family = Family::start();
    let second = family.children[1];
    assert!(signal("KILL", second));
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
        assert!(signal("INT", target));
        let ran = family.ended();
        assert!(ran.stderr.starts_with("error: interrupted"), "{}", ran.stderr);
        assert!(ran.stdout.contains("3 still going."), "{}", ran.stdout);
        assert_eq!(ran.code, Some(130));
    }
}

#[test]
fn children_do_not_outlive_a_parent_that_was_killed() {
    let family = Family::start();
    assert!(signal("KILL", family.parent.id()));
    assert_eq!(family.ended().code, None);
}
