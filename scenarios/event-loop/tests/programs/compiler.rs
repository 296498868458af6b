//! What the compiler says of a future that is forgotten.

use std::process::Command;
use std::{env, fs};

/// Compiles the source as a program of its own; gives what the compiler says.
fn compiler_on(source: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("forgotten.rs"), source).expect("it can be written");
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--edition", "2024", "--emit", "metadata", "forgotten.rs"])
        .current_dir(folder.path())
        .output()
        .expect("who compiled this test can compile another file");
    let said = String::from_utf8(output.stderr).expect("the compiler says UTF-8");
    assert!(output.status.success(), "{said}");
    said
}

fn example() -> String {
    fs::read_to_string("examples/forgotten.rs").expect("the example is there")
}

/// The same file once it no longer says that it forgets on purpose.
fn example_without_its_excuse() -> String {
    example().lines().filter(|line| !line.starts_with("#![expect")).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_compiler_warns_of_a_forgotten_future() {
    let said = compiler_on(&example_without_its_excuse());
    for wanted in [
        "warning: unused implementer of `Future` that must be used",
        "futures do nothing unless you `.await` or poll them",
        "greet();",
    ] {
        assert!(said.contains(wanted), "{wanted} is not in\n{said}");
    }
}

#[test]
fn the_chapter_quotes_the_warning() {
    let chapter = fs::read_to_string("README.md").unwrap();
    let said = compiler_on(&example_without_its_excuse());
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("unused implementer") || line.contains("= note: futures do"))
        .collect();
    assert_eq!(lines.len(), 2, "{said}");
    for line in lines {
        assert!(chapter.contains(line.trim_start()), "{line} is not in the chapter");
    }
}

#[test]
fn a_future_that_is_awaited_is_no_warning() {
    let awaited = example_without_its_excuse()
        .replace("fn main() {", "fn main() { drop(wait()); }\nasync fn wait() {")
        .replace("    greet();", "    greet().await;");
    assert_eq!(compiler_on(&awaited), "");
}
