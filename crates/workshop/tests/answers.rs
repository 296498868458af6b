//! Programs that no exercise has foreseen: each of them gets an answer, and none
//! leaves anything behind.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic, in its helpers too")]

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use workshop::{Exercise, Folder, exercises, program, trial};

fn exercise() -> &'static Exercise {
    exercises::find("wait-together").unwrap()
}

/// What stands in the place of the loop of the first exercise's starter.
const PROGRAMS: [(&str, &str); 11] = [
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
];

/// The folder in which all of them have been built.
fn built() -> &'static Path {
    static BUILT: OnceLock<std::path::PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let root = Folder::root_of_project().unwrap();
        let folder = Folder::at(root.join("target/workshop-tests"), root).unwrap();
        let starter = exercise().texts.starter;
        let (from, to) =
            (starter.find("    for request in").unwrap(), starter.find("    Ok(())").unwrap());
        let mut names = Vec::new();
        for (name, text) in PROGRAMS {
            let source =
                format!("{}{text}{}", &starter[..from], &starter[to + "    Ok(())".len()..]);
            let source = source.replacen("use std", "#![allow(unused)]\n\nuse std", 1);
            let name = format!("answers--{name}");
            fs::write(folder.programs().join(&name).with_extension("rs"), source).unwrap();
            names.push(name);
        }
        let programs = program::build(&folder, &names).unwrap().expect("they compile");
        programs[0].parent().unwrap().to_owned()
    })
}

#[track_caller]
fn assert_seen(name: &str, wanted: &str) {
    let program = built().join(format!("answers--{name}{}", std::env::consts::EXE_SUFFIX));
    let outcome = trial::run(exercise(), &program).unwrap();
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
    assert_seen("sleep-in-a-task", "left before the server answered");
    assert_seen("forgotten-question-mark", "R1 was never asked for");
    assert_seen("exit", "it ended with exit code 0, and its run had not come to an end");
}

#[test]
fn what_does_not_end_is_explained() {
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
    assert!(!fs::read_dir("/proc").unwrap().map(Result::unwrap).any(is_it));
}
