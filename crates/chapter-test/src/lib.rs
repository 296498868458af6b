//! Runs the console blocks of a chapter and compares what they print.
//!
//! A chapter shows what its reader will see: real times, real ports, a picture
//! of a real run. No two runs agree on those, so both sides are masked before
//! they are compared; words, names, order and the shape of the picture remain.
//!
//! In a block that begins with ```` ```console ````:
//!
//! - `$ cargo run …` is run in the folder of the chapter; the lines below it are
//!   what it prints on both streams, and a lone `...` stands for any lines.
//! - `$ cargo run … &` goes on running until the block ends. Its output is not looked at.
//! - `$ cargo run … # exits with 1` has to end with this code, others with 0.
//! - `cargo` is the only program. Any other is an error, so that no block is
//!   passed over in silence.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use program_test::Program;
use regex_lite::Regex;

/// How long a command may take: what it runs may have to be built first.
const PATIENCE: Duration = Duration::from_secs(1200);

/// A command of a chapter, and what the chapter says it prints.
#[derive(Debug, PartialEq, Eq)]
struct Example {
    command: String,
    output: Vec<String>,
}

/// Runs every console block of this Markdown file.
///
/// # Panics
///
/// When a command prints something else, ends with another exit code, or is
/// none that may be run; and when the file has no console block at all.
pub fn check(file: impl AsRef<Path>) {
    let file = file.as_ref();
    let text =
        fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let folder = file.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let blocks = blocks(&text);
    assert!(!blocks.is_empty(), "{} has no console block", file.display());
    for block in blocks {
        check_block(&block, folder);
    }
}

fn check_block(block: &[Example], folder: &Path) {
    // These run until the block ends.
    let mut background = Vec::new();
    for example in block {
        let (command, code) = match example.command.split_once(" # exits with ") {
            Some((command, code)) => (command, code.parse().expect("an exit code is a number")),
            None => (example.command.as_str(), 0),
        };
        match command.strip_suffix(" &") {
            Some(command) => {
                let program = start(command, folder);
                // It is ready when it has printed a line.
                program.until_it_says("\n");
                background.push(program);
            }
            None => check_command(command, code, &example.output, folder),
        }
    }
}

fn check_command(command: &str, code: i32, output: &[String], folder: &Path) {
    let ran = start(command, folder).end();
    let printed = ran.stdout;
    assert_eq!(ran.code, Some(code), "exit code of `{command}`, which printed:\n{printed}");
    let wanted = unwrapped(output.iter().map(|line| masked(line)));
    let given = unwrapped(printed.lines().map(masked));
    assert!(
        alike(&wanted, &given),
        "`{command}` does not print what the chapter says.\n\
         The chapter:\n{}\n\nThe program:\n{printed}\n\nMasked, the chapter:\n{wanted:#?}\nthe program:\n{given:#?}",
        output.join("\n")
    );
}

/// Both streams go into one, as the reader of a chapter sees them.
fn start(command: &str, folder: &Path) -> Program {
    Program::start_with_one_stream(&mut prepared(command, folder)).with_patience(PATIENCE)
}

fn prepared(command: &str, folder: &Path) -> Command {
    let words = shell_words::split(command).expect("quotes are closed");
    let (program, args) = words.split_first().expect("a command has a word");
    assert!(program == "cargo", "no chapter runs `{program}`: {command}");
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut prepared = program_test::command(program, &args);
    // What cargo says about building differs from run to run.
    prepared.current_dir(folder).env("CARGO_TERM_QUIET", "true");
    // A chapter shows what its reader sees, who has Rust and nothing else.
    prepared.env_remove("DATABASE_URL");
    prepared
}

/// The examples of each console block.
fn blocks(text: &str) -> Vec<Vec<Example>> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while lines.by_ref().any(|line| line == "```console") {
        let mut block: Vec<Example> = Vec::new();
        for line in lines.by_ref().take_while(|line| *line != "```") {
            match (line.strip_prefix("$ "), block.last_mut()) {
                (Some(command), _) => {
                    block.push(Example { command: command.to_owned(), output: Vec::new() });
                }
                (None, Some(example)) => example.output.push(line.to_owned()),
                (None, None) => panic!("a console block begins with a command, not with `{line}`"),
            }
        }
        blocks.push(block);
    }
    blocks
}

/// The line without what differs from run to run.
fn masked(line: &str) -> String {
    const MASKS: [(&str, &str); 13] = [
        (r"\[[-0-9]+ [0-9:.]+Z\]", "[WHEN]"),
        (r"\[Process [0-9]+, ", "[PROCESS, "),
        (r"^ +0 (s|ms) .*$", "AXIS"),
        (r"localhost:[0-9]+", "localhost:PORT"),
        (r"\.rs:[0-9]+", ".rs:LINE"),
        (r"[0-9]+\.[0-9]+", "0"),
        (r"\b[0-9]+ (s|ms)\b", "TIME"),
        (r"\b[0-9]+ polls?\b", "POLLS"),
        (r"\b[0-9]+ of [0-9]+ beats\b", "BEATS"),
        (r"\bprocess [0-9]+", "process ID"),
        // Where one kind of cell ends and another begins is a matter of rounding.
        (r"[▒▓]+", ""),
        (r"░+|█+|·+", "="),
        (r" +", " "),
    ];
    let mask = |line: String, (pattern, mask): (&str, &str)| {
        let pattern = Regex::new(pattern).expect("the masks are patterns");
        let kept = |found: &regex_lite::Captures<'_>| match &found[0].chars().next() {
            // The kind of a cell is what the picture says.
            Some(cell @ ('░' | '█' | '·')) => cell.to_string(),
            _ => mask.to_owned(),
        };
        pattern.replace_all(&line, kept).into_owned()
    };
    MASKS.into_iter().fold(line.to_owned(), mask).trim_end().to_owned()
}

/// The lines with each sentence on one: where it breaks depends on the length of
/// its numbers. Its further lines begin with one space, once they are masked.
fn unwrapped(lines: impl Iterator<Item = String>) -> Vec<String> {
    let mut whole: Vec<String> = Vec::new();
    for line in lines {
        match whole.last_mut() {
            Some(sentence) if line.starts_with(' ') => sentence.push_str(&line),
            _ => whole.push(line),
        }
    }
    whole
}

/// Whether the lines agree, where `...` stands for any number of them.
fn alike(wanted: &[String], given: &[String]) -> bool {
    match wanted.split_first() {
        None => given.is_empty(),
        Some((any, rest)) if any == "..." => {
            (0..=given.len()).any(|skip| alike(rest, &given[skip..]))
        }
        Some((line, rest)) => {
            given.split_first().is_some_and(|(first, more)| line == first && alike(rest, more))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panics(markdown: &str) -> String {
        let file =
            std::env::temp_dir().join(format!("chapter-test-{:?}.md", std::thread::current().id()));
        fs::write(&file, markdown).unwrap();
        let panic = std::panic::catch_unwind(|| check(&file)).err();
        fs::remove_file(&file).unwrap();
        panic.and_then(|panic| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
    }

    #[test]
    fn what_a_command_prints_is_compared() {
        assert_eq!(panics("```console\n$ cargo --version\n...\n```\n"), "");
        assert!(panics("```console\n$ cargo --version\nrustc\n```\n").contains("does not print"));
        assert!(panics("```console\n$ cargo --version\n```\n").contains("does not print"));
    }

    #[test]
    fn exit_codes_are_compared() {
        assert_eq!(panics("```console\n$ cargo no-such-command # exits with 101\n...\n```\n"), "");
        assert!(panics("```console\n$ cargo no-such-command\n...\n```\n").contains("exit code"));
    }

    #[test]
    fn nothing_is_passed_over() {
        assert!(panics("no block").contains("has no console block"));
        assert!(panics("```console\n$ echo hello\n```\n").contains("no chapter runs `echo`"));
        assert!(panics("```console\nhello\n```\n").contains("begins with a command"));
    }

    #[test]
    fn times_ports_and_widths_are_masked_and_nothing_else() {
        for (one, other) in [
            ("R1: Requesting 'http://localhost:8000/'", "R1: Requesting 'http://localhost:41233/'"),
            ("Time elapsed: 10.003", "Time elapsed: 9.1"),
            ("R1  ▏░░░░▕ 1.003 s  0.6 ms in 6 polls", "R1  ▏░░░░░░▕  204 ms  1.2 s in 1 poll"),
            ("beat: 1 of 99 beats, at worst 987 ms", "beat: 98 of 98 beats, at worst 5 ms"),
            ("R1: numbers from 1 to 9 in process 42", "R1: numbers from 1 to 9 in process 4711"),
            ("R2  ▏····▓███▕", "R2  ▏·······█▕"),
            ("    0 s      2    took", "    0 ms     200   took"),
            (
                "[2026-11-21 05:01:02.123456Z] - [INFO] - [Process 4242, Thread 1] - C1: done",
                "[2027-01-02 23:59:59.000001Z] - [INFO] - [Process 17, Thread 1] - C1: done",
            ),
        ] {
            assert_eq!(masked(one), masked(other));
        }
        for (one, other) in [
            ("R1: done", "R2: done"),
            ("▏░░▕", "▏██▕"),
            ("▏··░▕", "▏░░░▕"),
            ("3 threads", "1 thread"),
            ("[Process 4242, Thread 1] - C1", "[Process 4242, Thread 2] - C1"),
        ] {
            assert_ne!(masked(one), masked(other));
        }
    }

    #[test]
    fn a_sentence_may_break_anywhere() {
        let lines = |text: &str| unwrapped(text.lines().map(masked));
        assert_eq!(
            lines("on 1\n  thread, for 2 ms.\nEnd"),
            lines("on 1 thread,\n  for 2 ms.\nEnd")
        );
        assert_eq!(lines("one\n\n    0 s  1\ntwo").len(), 4);
    }

    #[test]
    fn an_ellipsis_stands_for_any_lines() {
        let lines = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(alike(&lines("... c"), &lines("a b c")) && alike(&lines("a ... c"), &lines("a c")));
        assert!(!alike(&lines("... c"), &lines("a b")) && !alike(&lines("a"), &lines("a b")));
    }
}
