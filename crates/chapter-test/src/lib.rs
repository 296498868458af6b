//! Runs the console blocks of a chapter and compares what they print.
//!
//! A chapter shows what its reader will see: real times, real ports, a picture
//! of a real run. No two runs agree on those, so both sides are masked before
//! they are compared; words, names, order and the shape of the picture remain.
//! What else differs between the runs of one chapter, that chapter names: see [`Mask`].
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
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use program_test::Program;
use regex_lite::Regex;

/// How long a command may take: what it runs may have to be built first.
const PATIENCE: Duration = Duration::from_secs(1200);

/// How the sentence begins that says when the system took the core away.
const BUSY: &str = "The machine was busy: ";

/// What is said of a stretch in which it did.
const WITHOUT_A_CORE: &str = "without a core";

/// What is said of the longest of those that blocked nobody.
const COUNTING: &str = ", counting what it waited for a core";

/// How often a command is run whose picture the machine may have changed. If one of two
/// requesters is starved, what the other does may be shorter than a cell.
const RUNS: usize = 3;

/// A command of a chapter, and what the chapter says it prints.
#[derive(Debug, PartialEq, Eq)]
struct Example {
    command: String,
    output: Vec<String>,
}

/// What differs from run to run in some chapters, and would hide a fault in others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mask {
    /// The time and the process of a line of a log.
    Log,
    /// How often futures were polled.
    Polls,
    /// How many beats of a heart came in time, and of how many.
    Beats,
    /// The numbers of processes.
    Processes,
    /// What has been made up at random so that nobody can guess it: 128 bits.
    Secrets,
}

impl Mask {
    /// Patterns, and what stands in the place of each.
    fn patterns(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Log => {
                &[(r"\[[-0-9]+ [0-9:.]+Z\]", "[WHEN]"), (r"\[Process [0-9]+, ", "[PROCESS, ")]
            }
            Self::Polls => &[(r"\b[0-9]+ polls?\b", "POLLS")],
            Self::Beats => &[(r"\b[0-9]+ of [0-9]+ beats\b", "BEATS")],
            Self::Processes => &[(r"\bprocess [0-9]+", "process ID")],
            Self::Secrets => &[(r"\b[0-9a-f]{32}\b", "SECRET")],
        }
    }
}

/// A Markdown file, and how its console blocks are run.
#[derive(Debug, Clone)]
pub struct Chapter {
    file: PathBuf,
    masks: Vec<Mask>,
    in_any_order: Option<&'static str>,
    at_once: usize,
}

impl Chapter {
    /// The chapter in this file. Its blocks are run one after another.
    pub fn new(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into(), masks: Vec::new(), in_any_order: None, at_once: 1 }
    }

    /// Leaves out of the comparison what these stand for.
    pub fn masking(self, masks: &[Mask]) -> Self {
        Self { masks: masks.to_vec(), ..self }
    }

    /// Lets lines with these words stand in any order among themselves: for what is said
    /// by whoever comes first.
    pub fn in_any_order(self, words: &'static str) -> Self {
        Self { in_any_order: Some(words), ..self }
    }

    /// Runs so many blocks at the same time: for a chapter that mostly waits.
    pub fn at_once(self, blocks: usize) -> Self {
        Self { at_once: blocks, ..self }
    }

    /// Runs every console block.
    ///
    /// # Panics
    ///
    /// When a command prints something else, ends with another exit code, or is
    /// none that may be run; and when the file has no console block at all.
    pub fn check(&self) {
        let file = self.file.display();
        let text = fs::read_to_string(&self.file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let blocks = blocks(&text);
        assert!(!blocks.is_empty(), "{file} has no console block");
        let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let check_the_rest = || {
            while let Some(block) = blocks.get(next.fetch_add(1, Ordering::Relaxed)) {
                // The blocks after it are checked all the same.
                if let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.check_block(block))) {
                    failed.lock().expect("nobody panics in between").push(panic);
                }
            }
        };
        thread::scope(|scope| {
            (0..self.at_once).for_each(|_| _ = scope.spawn(check_the_rest));
        });
        let failed = failed.into_inner().expect("nobody panics in between");
        if let Some(panic) = failed.into_iter().next() {
            resume_unwind(panic);
        }
    }

    fn folder(&self) -> &Path {
        let folder = self.file.parent().filter(|folder| *folder != Path::new(""));
        folder.unwrap_or(Path::new("."))
    }

    fn check_block(&self, block: &[Example]) {
        let folder = self.folder();
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
                None => self.check_command(command, code, &example.output),
            }
        }
    }

    fn check_command(&self, command: &str, code: i32, output: &[String]) {
        let run = || {
            let ran = start(command, self.folder()).end();
            let printed = ran.stdout;
            assert_eq!(ran.code, Some(code), "exit code of `{command}`, which printed:\n{printed}");
            printed
        };
        if let Err(complaint) = undisturbed_run(run, |printed| self.compare(output, printed)) {
            panic!("`{command}` does not print what the chapter says.\n{complaint}");
        }
    }

    /// The chapter's output with a program's; where they differ, both.
    fn compare(&self, output: &[String], printed: &str) -> Result<(), String> {
        let mut wanted = calm(unwrapped(output.iter().map(|line| masked(line, &self.masks))));
        let mut given = calm(unwrapped(printed.lines().map(|line| masked(line, &self.masks))));
        if let Some(words) = self.in_any_order {
            sort_those_with(words, &mut wanted);
            sort_those_with(words, &mut given);
        }
        if alike(&wanted, &given, printed.contains(BUSY)) {
            return Ok(());
        }
        Err(format!(
            "The chapter:\n{}\n\nThe program:\n{printed}\n\nMasked, the chapter:\n{wanted:#?}\nthe program:\n{given:#?}",
            output.join("\n")
        ))
    }
}

/// Judges a run, and another one as long as it is wrong and says that the machine was busy.
fn undisturbed_run(
    run: impl Fn() -> String,
    judge: impl Fn(&str) -> Result<(), String>,
) -> Result<(), String> {
    let mut judged = Ok(());
    for _ in 0..RUNS {
        let printed = run();
        judged = judge(&printed);
        if judged.is_ok() || !is_disturbed(&printed) {
            break;
        }
    }
    judged
}

/// Whether a run says that the system took the core away, on one line or broken in two.
fn is_disturbed(printed: &str) -> bool {
    let words: Vec<&str> = printed.split_whitespace().collect();
    let words = words.join(" ");
    words.contains(BUSY) || words.contains(WITHOUT_A_CORE)
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
    for service in ["DATABASE_URL", "REDIS_URL", "DELIVERY_SECRET"] {
        prepared.env_remove(service);
    }
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

/// The line without what differs from run to run of any chapter, and what these
/// stand for.
fn masked(line: &str, masks: &[Mask]) -> String {
    const BEFORE: [(&str, &str); 4] = [
        (r"^ +0 (s|ms) .*$", "AXIS"),
        (r"localhost:[0-9]+", "localhost:PORT"),
        // One that is made a moment before it runs, on a machine that is busy then.
        (r"▏·░", "▏░"),
        (r"▏·█", "▏█"),
    ];
    const AFTER: [(&str, &str); 6] = [
        (r"[0-9]+\.[0-9]+", "0"),
        (r"\b[0-9]+ (s|ms)\b", "TIME"),
        // Where one kind of cell ends and another begins is a matter of rounding.
        (r"[▒▓]+ held it in part *", ""),
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
    let own = masks.iter().flat_map(|mask| mask.patterns()).copied();
    let all = own.chain(BEFORE).chain(AFTER);
    all.fold(line.to_owned(), mask).trim_end().to_owned()
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

/// The lines without what a busy machine adds to them.
fn calm(mut sentences: Vec<String>) -> Vec<String> {
    // The sign of a moment that was masked, where the rows are there to tell.
    let any = |cells: &str| sentences.iter().any(|row| row.contains(cells));
    if any("▏") && !any("▏·") {
        let sign = Regex::new(" *· made, not yet run").expect("it is a pattern");
        let calm = |line: String| sign.replace_all(&line, "").into_owned();
        sentences = sentences.into_iter().map(calm).collect();
    }
    let waited = format!(", up to (0 )?TIME of it {WITHOUT_A_CORE}|{COUNTING}");
    let waited = Regex::new(&waited).expect("it is a pattern");
    sentences.retain(|sentence| !sentence.starts_with(BUSY));
    let calm = |sentence: String| waited.replace_all(&sentence, "").into_owned();
    sentences.into_iter().map(calm).collect()
}

/// Sorts each row of neighbours that have these words.
fn sort_those_with(words: &str, lines: &mut [String]) {
    lines
        .chunk_by_mut(|one, other| one.contains(words) && other.contains(words))
        .for_each(<[String]>::sort);
}

/// Whether the lines agree, where `...` stands for any number of them.
fn alike(wanted: &[String], given: &[String], was_busy: bool) -> bool {
    match wanted.split_first() {
        None => given.is_empty(),
        Some((any, rest)) if any == "..." => {
            (0..=given.len()).any(|skip| alike(rest, &given[skip..], was_busy))
        }
        Some((line, rest)) => given.split_first().is_some_and(|(first, more)| {
            (line == first || was_busy && *line == undisturbed(first, line))
                && alike(rest, more, was_busy)
        }),
    }
}

/// A row or a legend without what it has of a busy machine. Somebody who otherwise
/// waited may have held a thread that had no core to run on: it looks like work, and on
/// an idle machine it is shorter than a cell. And the first poll may have come late,
/// which is the chapter's own where it is wanted.
fn undisturbed(line: &str, wanted: &str) -> String {
    let replaced = |line: &str, pattern: &str, by: &str| {
        Regex::new(pattern).expect("it is a pattern").replace_all(line, by).into_owned()
    };
    let mut line = line.to_owned();
    if !wanted.contains('·') {
        line = replaced(&line.replace("▏·", "▏"), " *· made, not yet run", "");
    }
    if line.contains('▏') && line.contains('░') {
        replaced(&line.replace('█', ""), "░+", "░")
    } else {
        replaced(&line, "^█ held a thread *(░.*)$", "$1")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn temporary(markdown: &str) -> PathBuf {
        let name = format!("chapter-test-{}-{:?}.md", std::process::id(), thread::current().id());
        let file = std::env::temp_dir().join(name);
        fs::write(&file, markdown).unwrap();
        file
    }

    /// What the first block that fails says.
    fn panics(markdown: &str) -> String {
        let file = temporary(markdown);
        let panic = std::panic::catch_unwind(|| Chapter::new(&file).check()).err();
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
    fn another_run_is_judged_where_the_machine_disturbed_one() {
        for (runs, wanted, is_right) in [
            (["right", "right"], 1, true),
            (["wrong", "right"], 1, false),
            (["wrong, 3 ms of it without a core", "right"], 2, true),
            (["wrong, 3 ms of it without\n  a core", "right"], 2, true),
            (["The machine was busy: wrong", "right"], 2, true),
            (["The machine was busy: wrong", "wrong"], 2, false),
            (["The machine was busy: wrong", "The machine was busy: wrong"], RUNS, false),
        ] {
            let made = AtomicUsize::new(0);
            let run = || runs[made.fetch_add(1, Ordering::Relaxed).min(1)].to_owned();
            let judge = |printed: &str| match printed.contains("wrong") {
                true => Err(printed.to_owned()),
                false => Ok(()),
            };
            assert_eq!(undisturbed_run(run, judge).is_ok(), is_right, "{runs:?}");
            assert_eq!(made.into_inner(), wanted, "{runs:?}");
        }
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
            ("R1  ▏░░░░▕ 1.003 s  0.6 ms in 6 polls", "R1  ▏░░░░░░▕  204 ms  1.2 s in 6 polls"),
            ("R2  ▏····▓███▕", "R2  ▏·······█▕"),
            ("R2  ▏·░░░░░▕", "R2  ▏▒░░░░░▕"),
            ("R2  ▏·█████▕", "R2   ▏█████▕"),
            ("█ held a thread  ▒▓ held it in part", "█ held a thread  ▓ held it in part"),
            ("    0 s      2    took", "    0 ms     200   took"),
        ] {
            assert_eq!(masked(one, &[]), masked(other, &[]));
        }
        for (one, other) in [
            ("R1: done", "R2: done"),
            ("▏░░▕", "▏██▕"),
            ("▏··░▕", "▏░░░▕"),
            ("▏··█▕", "▏███▕"),
            ("3 threads", "1 thread"),
            ("at most 3 at once", "at most 2 at once"),
            ("in the span of src/lib.rs:12.", "in the span of src/lib.rs:13."),
            ("in 6 polls", "in 1 poll"),
            ("R1 held the event loop", "R2 held the event loop"),
        ] {
            assert_ne!(masked(one, &[]), masked(other, &[]));
        }
    }

    #[test]
    fn what_a_chapter_names_is_masked_there_alone() {
        let log = "[2026-11-21 05:01:02.123456Z] - [INFO] - [Process 4242, Thread 1] - C1: done";
        for (mask, one, other) in [
            (Mask::Polls, "2 ms in 6 polls", "2 ms in 1 poll"),
            (Mask::Beats, "beat: 1 of 99 beats, at worst", "beat: 98 of 98 beats, at worst"),
            (Mask::Processes, "R1: numbers in process 42", "R1: numbers in process 4711"),
            (
                Mask::Secrets,
                "/0123456789abcdef0123456789abcdef",
                "/fedcba9876543210fedcba9876543210",
            ),
            (
                Mask::Log,
                log,
                "[2027-01-02 23:59:59.000001Z] - [INFO] - [Process 17, Thread 1] - C1: done",
            ),
        ] {
            assert_eq!(masked(one, &[mask]), masked(other, &[mask]));
            assert_ne!(masked(one, &[]), masked(other, &[]));
        }
        let other_thread = log.replace("Thread 1", "Thread 2");
        assert_ne!(masked(log, &[Mask::Log]), masked(&other_thread, &[Mask::Log]));
    }

    #[test]
    fn every_block_is_run_whichever_fails_and_however_many_at_once() {
        let right = "```console\n$ cargo --version\n...\n```\n";
        let wrong = "```console\n$ cargo --version\nrustc\n```\n";
        for (blocks, fails) in [(right.repeat(5), false), (right.repeat(4) + wrong, true)] {
            for at_once in [1, 3] {
                let file = temporary(&blocks);
                let checked = Chapter::new(&file).at_once(at_once);
                let panic = std::panic::catch_unwind(|| checked.check());
                fs::remove_file(&file).unwrap();
                assert_eq!(panic.is_err(), fails, "{at_once} at once");
            }
        }
    }

    #[test]
    fn what_a_busy_machine_adds_is_left_out() {
        let given = "░ waited, thread free\nR1 held the event loop for 1.2 s, up to 12 ms of it\n  without a core: meanwhile R2 could not run.\nNo requester held the event loop for longer\n  than 12 ms at a time, counting what it waited for a core.\nThe machine was busy: once, for up to\n  12 ms in all, the event loop had no core to run on.\nEnd";
        let wanted = "▒ held it in part  ░ waited, thread free\nR1 held the event loop for 1.2 s: meanwhile R2 could not run.\nNo requester held the event loop for longer than 0.2 ms at a time.\nEnd";
        let lines = |text: &str| calm(unwrapped(text.lines().map(|line| masked(line, &[]))));
        assert_eq!(lines(given), lines(wanted));
    }

    #[test]
    fn a_core_that_was_taken_away_from_one_who_waits_is_left_out_of_busy_runs_alone() {
        let lines = |text: &str| calm(unwrapped(text.lines().map(|line| masked(line, &[]))));
        let rows = |held: &str, waited: &str| {
            lines(&format!(
                "C4  ▏{held}▕  2 s\nC5  ▏{waited}▕  2 s\n\n█ held a thread  ░ waited, thread free"
            ))
        };
        let mut wanted = rows("░░", "░░░");
        wanted[2] = wanted[2].replace("█ held a thread ", "");
        for taken in ["█░░", "░░█", "░█░"] {
            assert!(alike(&wanted, &rows("░░", taken), true), "{taken}");
            assert!(!alike(&wanted, &rows("░░", taken), false), "{taken}");
        }
        assert!(
            !alike(&wanted, &rows("███", "░░░"), true),
            "who holds all the while does not wait"
        );
        assert!(!alike(&rows("███", "░░░"), &rows("░░░", "░░░"), true));
        assert!(!alike(&rows("░██", "░░░"), &rows("░░░", "░░░"), true), "a chapter's own stays");
    }

    #[test]
    fn a_late_first_poll_is_left_out_of_busy_runs_where_the_chapter_has_none() {
        let lines = |text: &str| calm(unwrapped(text.lines().map(|line| masked(line, &[]))));
        let prompt = lines("C4  ▏░░░▕  2 s\n\n░ waited, thread free");
        let late =
            lines("C4  ▏··█░▕  2 s\n\n█ held a thread  ░ waited, thread free  · made, not yet run");
        let never = lines("C4  ▏···▕  2 s\n\n· made, not yet run");
        assert!(alike(&prompt, &late, true) && !alike(&prompt, &late, false));
        assert!(!alike(&late, &prompt, true), "what the chapter shows is wanted");
        assert!(!alike(&prompt, &never, true), "who never ran did not wait");
    }

    #[test]
    fn the_sign_of_a_moment_goes_and_that_of_a_wait_stays() {
        let lines = |text: &str| calm(unwrapped(text.lines().map(|line| masked(line, &[]))));
        let waited = "R1  ▏░░░▕\n\n░ waited, thread free";
        let moment = "R1  ▏·░░▕\n\n░ waited, thread free  · made, not yet run";
        let long = "R1  ▏··░░▕\n\n░ waited, thread free  · made, not yet run";
        assert_eq!(lines(moment), lines(waited));
        assert_ne!(lines(long), lines(waited));
        assert_ne!(lines(long), lines(&long.replace("  · made, not yet run", "")));
        // A chapter may leave out the rows.
        let sign = "░ waited, thread free  · made, not yet run";
        assert_ne!(lines(sign), lines("░ waited, thread free"));
    }

    #[test]
    fn who_comes_first_is_left_open_where_a_chapter_says_so() {
        let sorted = |lines: &[&str]| {
            let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            sort_those_with(": Found", &mut lines);
            lines
        };
        let wanted = sorted(&["R1: Looking", "R1: Found 3", "R2: Found 2", "End"]);
        assert_eq!(sorted(&["R1: Looking", "R2: Found 2", "R1: Found 3", "End"]), wanted);
        assert_ne!(sorted(&["R1: Looking", "R2: Found 3", "R1: Found 2", "End"]), wanted);
        assert_ne!(sorted(&["R1: Found 3", "R1: Looking", "R2: Found 2", "End"]), wanted);
    }

    #[test]
    fn a_sentence_may_break_anywhere() {
        let lines = |text: &str| unwrapped(text.lines().map(|line| masked(line, &[])));
        assert_eq!(
            lines("on 1\n  thread, for 2 ms.\nEnd"),
            lines("on 1 thread,\n  for 2 ms.\nEnd")
        );
        assert_eq!(lines("one\n\n    0 s  1\ntwo").len(), 4);
    }

    #[test]
    fn an_ellipsis_stands_for_any_lines() {
        let lines = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(
            alike(&lines("... c"), &lines("a b c"), false)
                && alike(&lines("a ... c"), &lines("a c"), false)
        );
        assert!(
            !alike(&lines("... c"), &lines("a b"), false)
                && !alike(&lines("a"), &lines("a b"), false)
        );
    }
}
