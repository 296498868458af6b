//! Programs that no exercise has foreseen: each of them gets an answer, and none
//! leaves anything behind.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic, in its helpers too")]

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use program_test::until;
use workshop::program::Built;
use workshop::{Exercise, Folder, Wrong, exercises, program, show, trial};

fn exercise() -> &'static Exercise {
    exercises::find("wait-together").unwrap()
}

/// What stands in the place of the loop of the first exercise's starter.
const PROGRAMS: [(&str, &str); 14] = [
    ("unwrap-in-a-task", "tokio::spawn(async { None::<u8>.unwrap() }).await.unwrap(); Ok(())"),
    (
        "sleep-in-a-task",
        "let mut all = tokio::task::JoinSet::new();
        for request in plan.requests() {
            let (client, span) = (client.clone(), request.span());
            let slow = async move {
                std::thread::sleep(std::time::Duration::from_millis(100));
                fetch(client, request).await
            };
            all.spawn(slow.instrument(span));
        }
        let _ = all.join_next().await;
        Ok(())",
    ),
    (
        "block-on",
        "for request in plan.requests() {
            let fetch = fetch(client.clone(), request);
            tokio::runtime::Handle::current().block_on(fetch)?;
        }
        Ok(())",
    ),
    (
        "forgotten-question-mark",
        "for mut request in plan.requests() {
            let span = request.span();
            request.url = request.url.replace(\"=0.\", \"=x\");
            let _ = fetch(client.clone(), request).instrument(span).await;
        }
        Ok(())",
    ),
    (
        "failed-and-goes-on",
        "for mut request in plan.requests() {
            let span = request.span();
            request.url = request.url.replace(\"=0.\", \"=x\");
            let endless = async {
                let _ = fetch(client.clone(), request).await;
                std::future::pending::<()>().await;
            };
            endless.instrument(span).await;
        }
        Ok(())",
    ),
    (
        "endless-yields",
        "for request in plan.requests() {
            let endless = async { loop { tokio::task::yield_now().await } };
            let () = endless.instrument(request.span()).await;
        }
        Ok(())",
    ),
    (
        "endless-loop",
        "for request in plan.requests() {
            request.span().in_scope(|| loop { std::hint::spin_loop() });
        }
        Ok(())",
    ),
    ("exit", "std::process::exit(0)"),
    (
        "million-lines",
        "for number in 0..1_000_000 { println!(\"line {number}\"); }
        Ok(())",
    ),
    (
        "thousand-threads",
        "let wait = || std::thread::sleep(std::time::Duration::from_secs(60));
        let all: Vec<_> = (0..1000).map(|_| std::thread::spawn(wait)).collect();
        for one in all { one.join().unwrap(); }
        Ok(())",
    ),
    (
        "two-gigabytes",
        "let mut all = vec![1_u8; 2 << 30];
        all.iter_mut().step_by(4096).for_each(|byte| *byte += 1);
        std::hint::black_box(&mut all);
        std::thread::sleep(std::time::Duration::from_secs(60));
        Ok(())",
    ),
    (
        "left-behind",
        "std::process::Command::new(\"sleep\").arg(\"4711\").spawn().unwrap();
        Ok(())",
    ),
    (
        "pipe-for-a-report",
        "let mut words = std::env::args().skip_while(|word| word != \"--report\");
        let report = words.nth(1).unwrap();
        assert!(std::process::Command::new(\"mkfifo\").arg(report).status().unwrap().success());
        Ok(())",
    ),
    ("own-words", "println!(\"what I print\"); eprintln!(\"\\x1b[2Jand this\"); Ok(())"),
];

/// What stands in the place of the end of its `main`.
const ENDS: [(&str, &str); 2] = [
    ("exit-afterwards", "run.finish(fetch_all(&plan).await); std::process::exit(7)"),
    ("panic-afterwards", "run.finish(fetch_all(&plan).await); panic!(\"too late\")"),
];

fn folder() -> Folder {
    let root = Folder::root_of_project().unwrap();
    Folder::at(root.join("target/workshop-tests"), root).unwrap()
}

/// The folder in which all of them have been built.
fn built() -> &'static Path {
    static BUILT: OnceLock<std::path::PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        // One of them never ends, and a test may be killed.
        supervisor::guarded_by(env!("CARGO_BIN_EXE_workshop")).expect("it can be started");
        let folder = folder();
        let starter = exercise().texts.starter;
        let (from, to) =
            (starter.find("    for request in").unwrap(), starter.find("    Ok(())").unwrap());
        let in_loop =
            |text| format!("{}{text}{}", &starter[..from], &starter[to + "    Ok(())".len()..]);
        let solution = exercise().texts.solution;
        let at_end = |text| solution.replacen("run.finish(fetch_all(&plan).await)", text, 1);
        let sources = PROGRAMS.map(|(name, text)| (name, in_loop(text)));
        let sources = sources.into_iter().chain(ENDS.map(|(name, text)| (name, at_end(text))));
        let mut names = Vec::new();
        for (name, source) in sources {
            let source = source.replacen("use std", "#![allow(unused)]\n\nuse std", 1);
            let name = format!("answers--{name}");
            folder.put(&name, &source).unwrap();
            names.push(name);
        }
        let programs = program::build(&folder, &names).unwrap().expect("they compile");
        programs[0].parent().unwrap().to_owned()
    })
}

fn tried(name: &str) -> trial::Outcome {
    let program = built().join(format!("answers--{name}{}", std::env::consts::EXE_SUFFIX));
    trial::run(exercise(), &Built { program, scheduled: None }).unwrap()
}

#[track_caller]
fn assert_seen(name: &str, wanted: &str) {
    let outcome = tried(name);
    let seen = outcome.wrong.expect("it is wrong").seen;
    assert!(seen.contains(wanted), "{name}: {seen}");
}

#[test]
fn a_panic_is_told_with_its_place() {
    assert_seen("unwrap-in-a-task", "it panicked: called `Option::unwrap()` on a `None` value");
    assert_seen("unwrap-in-a-task", "answers--unwrap-in-a-task.rs:");
    assert_seen("block-on", "it panicked: Cannot start a runtime from within a runtime");
}

#[test]
fn what_came_too_early_to_its_end_is_told() {
    // It ends with the first reply: on a busy machine others may be on their way by then.
    let seen = tried("sleep-in-a-task").wrong.expect("it is wrong").seen;
    let is_told = ["left before the server answered", "has not got what it asked for"];
    assert!(is_told.iter().any(|told| seen.contains(told)), "{seen}");
    assert_seen("forgotten-question-mark", "R1 was never asked for");
    assert_seen("exit", "it ended with exit code 0, and its run had not come to an end");
}

#[test]
fn what_comes_after_the_run_counts_too() {
    assert_seen("exit-afterwards", "it ended with exit code 7 after its run");
    assert_seen("panic-afterwards", "it panicked: too late");
}

#[cfg(unix)]
#[test]
fn a_report_that_is_no_file_is_none() {
    assert_seen("pipe-for-a-report", "it ended with exit code 1, and its run had not come");
}

#[test]
fn what_a_program_prints_of_its_own_is_shown_and_harmless() {
    let verdict = show::verdict(exercise(), &tried("own-words"), false, 80);
    let (before, _) = verdict.split_once("No requester was made").unwrap();
    assert_eq!(before.trim_end(), "what I print\n\\u{1b}[2Jand this");
    let all = show::verdict(exercise(), &tried("own-words"), true, 80);
    assert!(all.contains("==========\nwhat I print\n----------\n"), "{all}");
}

#[test]
fn what_is_seen_of_a_program_is_harmless() {
    let seen = Wrong::seen("\u{1b}]0;title\u{7}").seen;
    assert_eq!(seen, "\\u{1b}]0;title\\u{7}");
}

#[test]
fn a_program_that_was_moved_here_is_built_however_old_it_is() {
    let folder = folder();
    let name = ["answers-moved".to_owned()];
    let source = folder.programs().join("answers-moved.rs");
    let mut printed = Vec::new();
    for text in ["one", "two", "one"] {
        fs::write(&source, format!("fn main() {{ print!(\"{text}\") }}\n")).unwrap();
        let file = fs::File::options().append(true).open(&source).unwrap();
        file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1)).unwrap();
        let program = program::build(&folder, &name).unwrap().unwrap().swap_remove(0);
        let output = std::process::Command::new(program).output().unwrap();
        printed.push(String::from_utf8(output.stdout).unwrap());
    }
    assert_eq!(printed, ["one", "two", "one"]);
}

#[test]
fn places_in_a_program_are_told_from_the_projects_folder() {
    let (folder, name) = (folder(), "answers-placed".to_owned());
    let source = folder.programs().join(&name).with_extension("rs");
    fs::write(source, "fn main() { panic!(\"here\") }\n").unwrap();
    let program = program::build(&folder, &[name]).unwrap().unwrap().swap_remove(0);
    let ran = program_test::run(&mut program_test::command(program, &[]));
    let place = Path::new("target/workshop-tests/src/bin/answers-placed.rs");
    assert!(ran.stderr.contains(&format!("panicked at {}:1:", place.display())), "{}", ran.stderr);
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_no_fault_of_a_program() {
    const PROGRAM: &str = "ANSWERS_PROGRAM";
    if let Some(program) = std::env::var_os(PROGRAM) {
        let built = Built { program: program.into(), scheduled: None };
        let error = trial::run(exercise(), &built).err().expect("there is no room");
        assert!(error.to_string().starts_with("nothing can be written to '"), "{error}");
        return;
    }
    let this = std::env::current_exe().unwrap();
    // No file may have a byte, and whoever writes one is told so instead of being killed.
    let script = "trap '' 25; ulimit -f 0; exec \"$0\" --exact \"$1\" --nocapture";
    let test = "a_full_disk_is_no_fault_of_a_program";
    let mut full =
        program_test::command("sh", &["-c", script, this.to_str().expect("a plain path"), test]);
    full.env(PROGRAM, built().join("answers--own-words"));
    program_test::run(&mut full).well();
}

#[test]
fn what_does_not_end_is_explained() {
    assert_seen("failed-and-goes-on", "it had not ended after 10 s: R1 still waited, and held no");
    assert_seen("endless-yields", "it had not ended after 10 s: R1 was polled");
    assert_seen("endless-loop", "it had not ended after 10 s: R1 held the event loop for");
}

#[test]
fn what_takes_too_much_is_stopped() {
    assert_seen("million-lines", "it printed more than 4 MB");
    if cfg!(target_os = "linux") {
        assert_seen("thousand-threads", "it ran more than 500 threads at a time");
        assert_seen("two-gigabytes", "it took more than 1024 MB of memory");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_leaves_no_process_behind() {
    assert_seen("left-behind", "R1 was never asked for");
    let is_it = |process: fs::DirEntry| {
        fs::read(process.path().join("cmdline")).is_ok_and(|it| it == b"sleep\x004711\0")
    };
    // It has been killed, and on a busy machine is there for a moment longer.
    until("it is gone", || !fs::read_dir("/proc").unwrap().map(Result::unwrap).any(is_it));
}
