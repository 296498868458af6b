//! Programs whose orders are tried: the same one is told the same each time, and what no
//! exercise has foreseen gets an answer, too.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic, in its helpers too")]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use workshop::orders::{self, End, Losing, Order, Tried};
use workshop::{Exercise, Folder, exercises, program, show};

fn exercise() -> &'static Exercise {
    exercises::find("lost-update").unwrap()
}

/// What stands in the place of what a task does in the starter.
const PROGRAMS: [(&str, &str); 7] = [
    ("endless", "loop { std::hint::spin_loop() }"),
    ("exit", "std::process::exit(3)"),
    ("panic", "assert!(*total.lock().await > 9, \"\\x1b[2Jtoo few\");"),
    ("for-ever", "std::future::pending::<()>().await;"),
    ("threads", "std::thread::spawn(|| ()).join().expect(\"it does not panic\");"),
    ("prints", "println!(\"hello\"); *total.lock().await += 1;"),
    ("prints-a-lot", "println!(\"{}\", \"x\".repeat(10_000)); *total.lock().await += 1;"),
];

/// Where the programs lie that have been built: these, the starter and the solution.
fn built(name: &str) -> PathBuf {
    static BUILT: OnceLock<BTreeMap<String, PathBuf>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let root = Folder::root_of_project().unwrap();
        let folder = Folder::at(root.join("target/workshop-tests"), root).unwrap();
        let texts = &exercise().texts;
        let (head, _) = texts.starter.split_once("    let before =").unwrap();
        let with = |text: &str| {
            format!("{head}{text}\n}}\n").replacen("use std", "#![allow(unused)]\n\nuse std", 1)
        };
        let mut sources = PROGRAMS.map(|(name, text)| (name, with(text))).to_vec();
        sources.push(("starter", texts.starter.to_owned()));
        sources.push(("solution", texts.solution.to_owned()));
        let names: Vec<String> =
            sources.iter().map(|(name, _)| format!("orders--{name}")).collect();
        for ((_, source), name) in sources.iter().zip(&names) {
            fs::write(folder.programs().join(name).with_extension("rs"), source).unwrap();
        }
        let programs = program::build_scheduled(&folder, &names).unwrap().expect("they compile");
        sources.into_iter().map(|(name, _)| name.to_owned()).zip(programs).collect()
    });
    built[name].clone()
}

fn losing(name: &str) -> (String, Losing) {
    let judged = orders::judge(exercise().orders.unwrap(), &built(name)).unwrap();
    let (wrong, losing) = judged.expect("it is wrong");
    (wrong.seen, losing.expect("there is an order that shows it"))
}

fn seen(name: &str) -> String {
    orders::judge(exercise().orders.unwrap(), &built(name)).unwrap().expect("it is wrong").0.seen
}

fn follow(name: &str, tasks: &[usize]) -> Tried {
    orders::follow(&built(name), &Order { tasks: tasks.to_vec(), seed: 0 }).unwrap()
}

#[test]
fn the_same_program_is_told_the_same_each_time() {
    let [first, second] = [losing("starter"), losing("starter")];
    assert_eq!(first.0, second.0);
    assert_eq!(first.1.way, second.1.way);
    assert_eq!((first.1.orders, first.1.wrong), (second.1.orders, second.1.wrong));
    // Neither this way nor the other by luck.
    assert!(first.1.orders == 1000 && (100..900).contains(&first.1.wrong), "{}", first.0);
}

#[test]
fn what_is_told_is_what_happens_in_that_order() {
    let (_, losing) = losing("starter");
    let way = &losing.way;
    assert!(matches!(&way.end, End::Result(result) if result != "3"));
    let said: Vec<&str> = way.steps.iter().flat_map(|step| &step.said).map(|it| &**it).collect();
    // Somebody reads what another one has read as well, and both write the same.
    let twice = |text: &&&str| said.iter().filter(|it| it == text).count() > 1;
    assert!(said.iter().any(|it| it.starts_with("reads") && twice(&it)), "{said:?}");
    let again = orders::follow(&built("starter"), &way.order).unwrap().report.unwrap();
    assert_eq!((again.orders, &again.ways[0]), (1, way));
}

#[test]
fn a_program_that_is_right_is_so_in_the_order_that_broke_another() {
    let (_, losing) = losing("starter");
    assert!(orders::judge(exercise().orders.unwrap(), &built("solution")).unwrap().is_none());
    let tried = orders::follow(&built("solution"), &losing.way.order).unwrap();
    let end = &tried.report.as_ref().unwrap().ways[0].end;
    assert_eq!(*end, End::Result("3".to_owned()));
    let told = show::replayed(exercise(), &tried, 80);
    assert!(
        told.ends_with("At the end: the result was 3\nFor the other orders: cargo workshop run\n"),
        "{told}"
    );
}

#[test]
fn an_order_that_a_program_cannot_follow_is_followed_as_far_as_it_goes() {
    let tried = follow("starter", &[0, 7]);
    let report = tried.report.as_ref().unwrap();
    assert_eq!((report.strayed, &report.ways[0].end), (true, &End::Result("3".to_owned())));
    let told = show::replayed(exercise(), &tried, 80);
    assert!(told.contains("cannot follow that order to its end"), "{told}");
    // The one that has the whole of an order follows it to its end.
    let whole = report.ways[0].order.tasks.clone();
    assert!(!follow("starter", &whole).report.unwrap().strayed);
}

#[test]
fn what_a_program_prints_is_shown_with_its_order() {
    let tried = follow("prints", &[0; 3]);
    let told = show::replayed(exercise(), &tried, 80);
    assert!(told.starts_with("hello\nhello\nhello\n\n    1     2"), "{told}");
}

#[test]
fn a_program_that_prints_is_tried_all_the_same() {
    assert!(orders::judge(exercise().orders.unwrap(), &built("prints")).unwrap().is_none());
}

#[test]
fn what_no_exercise_has_foreseen_is_told() {
    for (name, wanted) in [
        ("endless", "while its orders were tried, it had not ended after 20 s"),
        ("exit", "while its orders were tried, it ended with exit code 3"),
        ("prints-a-lot", "while its orders were tried, it printed more than 4 MB"),
        ("panic", "it panicked: \\u{1b}[2Jtoo few (line 30)"),
        ("for-ever", "nobody could go on: all that had not ended waited"),
        ("threads", "the result was 0"),
    ] {
        let seen = seen(name);
        assert!(seen.contains(wanted), "{name}: {seen}");
    }
}
