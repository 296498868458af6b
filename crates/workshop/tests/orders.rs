//! Programs whose orders are tried: the same one is told the same each time, and what no
//! exercise has foreseen gets an answer, too.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic, in its helpers too")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use workshop::orders::{self, End, Judged, Order, Tried, Way};
use workshop::trial::Outcome;
use workshop::{Exercise, Folder, exercises, program, show};

fn exercise() -> &'static Exercise {
    exercises::find("lost-update").unwrap()
}

/// What stands in the place of what a task does in the starter.
const PROGRAMS: [(&str, &str); 12] = [
    ("endless", "loop { std::hint::spin_loop() }"),
    ("exit", "std::process::exit(3)"),
    ("panic", "assert!(*total.lock().await > 9, \"\\x1b[2Jtoo few\");"),
    (
        "panics-with-a-lock",
        "let mut total = total.lock().await; *total += 1; assert!(*total < 2, \"too many\");",
    ),
    (
        "ends-in-many-ways",
        "for step in 1..4 {
            let mut total = total.lock().await;
            *total = *total * 4 + step;
        }",
    ),
    (
        "gives-up",
        "for _ in 0..10 {
            if let Ok(mut total) = total.try_lock() {
                *total += 1;
                return;
            }
            tokio::task::yield_now().await;
        }",
    ),
    ("for-ever", "std::future::pending::<()>().await;"),
    ("threads", "std::thread::spawn(|| ()).join().expect(\"it does not panic\");"),
    ("prints", "println!(\"hello\"); eprintln!(\"error\"); *total.lock().await += 1;"),
    (
        "locks-twice",
        "let total = std::sync::Mutex::new(1); let one = total.lock().unwrap(); *total.lock().unwrap() = *one;",
    ),
    (
        "static",
        "use std::sync::atomic::{AtomicU32, Ordering};
        static ALL: AtomicU32 = AtomicU32::new(0);
        let before = ALL.fetch_add(1, Ordering::SeqCst);
        *total.lock().await = if before > 2 { 9 } else { before + 1 };",
    ),
    ("prints-a-lot", "println!(\"{}\", \"x\".repeat(10_000)); *total.lock().await += 1;"),
];

/// Where the programs lie that have been built: these, the starter and the solution.
fn built(name: &str) -> PathBuf {
    static BUILT: OnceLock<BTreeMap<String, PathBuf>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        // One of them never ends, and a test may be killed.
        supervisor::guarded_by(env!("CARGO_BIN_EXE_workshop")).expect("it can be started");
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
            folder.put(name, source).unwrap();
        }
        let programs = program::build_scheduled(&folder, &names).unwrap().expect("they compile");
        sources.into_iter().map(|(name, _)| name.to_owned()).zip(programs).collect()
    });
    built[name].clone()
}

fn judged(name: &str) -> Judged {
    orders::judge(exercise().orders.unwrap(), &built(name)).unwrap()
}

fn losing(name: &str) -> (String, Way) {
    let Judged { wrong, way, .. } = judged(name);
    (wrong.expect("it is wrong").seen, way.expect("there is an order that shows it"))
}

/// Whether a task may do this.
fn compiles(text: &str) -> bool {
    let root = Folder::root_of_project().unwrap();
    let folder = Folder::at(root.join("target/workshop-tests"), root).unwrap();
    let (head, _) = exercise().texts.starter.split_once("    let before =").unwrap();
    let source = format!("{head}let _ = {text}; let _ = total;\n}}\n");
    let name = "orders--compiles";
    folder.put(name, &source).unwrap();
    program::build_scheduled(&folder, &[name.to_owned()]).unwrap().is_some()
}

fn follow(name: &str, tasks: &[usize]) -> Tried {
    orders::follow(&built(name), &Order { tasks: tasks.to_vec(), seed: 0 }).unwrap()
}

#[test]
fn the_same_program_is_told_the_same_each_time() {
    let [first, second] = [losing("starter"), losing("starter")];
    assert_eq!(first, second);
    let counts = first.0.strip_prefix("in ").and_then(|it| it.split_once(" of 1000 orders"));
    let wrong: u32 = counts.expect("all are tried").0.parse().unwrap();
    assert!((100..900).contains(&wrong), "neither this way nor the other by luck: {}", first.0);
}

/// Orders are drawn by lots that are always the same ones.
#[test]
fn the_starter_is_told_like_this() {
    let mut judged = judged("starter");
    let wrong = judged.wrong.take();
    let (stdout, stderr) = (String::new(), String::new());
    let outcome = Outcome { wrong, report: None, orders: Some(judged), stdout, stderr };
    let wanted = r"    1     2     3     4
T1  ██████············██████
T2  ············██████
T3  ······██████
█ had the turn  · could have had it

1   T1 reads 0
2   T3 reads 0; writes 1; ends
3   T2 reads 1; writes 2; ends
4   T1 writes 1; ends

lost-update: not yet

Asked  the result is 3, in whatever order the 3 tasks run
Seen   in 527 of 1000 orders that were tried it was not so; in the one above the
  result was 1

Say more with info!(…), and: cargo workshop replay lost-update
For a hint: cargo workshop hint
";
    let told = show::verdict(exercise(), &outcome, false, 80);
    assert_eq!(anstream::adapter::strip_str(&told).to_string(), wanted);
}

#[test]
fn after_fifty_orders_without_an_end_no_more_are_tried() {
    let Judged { wrong, orders, .. } = judged("for-ever");
    assert_eq!(orders, 50);
    assert!(wrong.unwrap().seen.starts_with("in 50 of 50 orders that were tried"));
}

#[test]
fn every_wrong_order_is_counted_however_many_ways_there_are() {
    let Judged { wrong, .. } = judged("ends-in-many-ways");
    assert!(wrong.unwrap().seen.starts_with("in 1000 of 1000 orders"));
}

#[test]
fn who_gives_up_after_a_few_looks_is_found() {
    let (seen, way) = losing("gives-up");
    assert!(seen.contains(" orders that were tried it was not so"), "{seen}");
    assert!(matches!(&way.end, End::Result(result) if result != "3"));
}

#[test]
fn what_is_told_is_what_happens_in_that_order() {
    let (seen, way) = losing("starter");
    assert!(matches!(&way.end, End::Result(result) if result != "3"));
    assert!(seen.ends_with(&format!("in the one above {}", way.end)), "{seen}");
    let said: Vec<&str> = way.steps.iter().flat_map(|step| &step.said).map(|it| &**it).collect();
    // Somebody reads what another one has read as well, and both write the same.
    let twice = |text: &&&str| said.iter().filter(|it| it == text).count() > 1;
    assert!(said.iter().any(|it| it.starts_with("reads") && twice(&it)), "{said:?}");
    let again = orders::follow(&built("starter"), &way.order).unwrap().report.unwrap();
    let again = &again.ways[0];
    assert_eq!((&again.end, &again.order, &again.steps), (&way.end, &way.order, &way.steps));
}

#[test]
fn a_program_that_is_right_is_so_in_the_order_that_broke_another() {
    let (_, way) = losing("starter");
    let right = judged("solution");
    assert_eq!((right.wrong, right.orders), (None, 1000));
    assert_eq!(right.way.unwrap().end, End::Result("3".to_owned()));
    let tried = orders::follow(&built("solution"), &way.order).unwrap();
    let told = show::replayed(exercise(), &tried, 80);
    let end = "At the end: the result was 3, as asked\nFor the other orders: cargo workshop run lost-update\n";
    assert!(told.ends_with(end), "{told}");
}

#[test]
fn an_order_that_a_program_cannot_follow_is_followed_as_far_as_it_goes() {
    let tried = follow("starter", &[0, 7]);
    let report = tried.report.as_ref().unwrap();
    assert_eq!((report.strayed, &report.ways[0].end), (true, &End::Result("3".to_owned())));
    let told = show::replayed(exercise(), &tried, 80);
    assert!(told.contains("it followed that order as far as it could"), "{told}");
    // The one that has the whole of an order follows it to its end.
    let whole = report.ways[0].order.tasks.clone();
    assert!(!follow("starter", &whole).report.unwrap().strayed);
}

#[test]
fn what_a_program_prints_is_shown_with_its_order() {
    let tried = follow("prints", &[0; 3]);
    let told = show::replayed(exercise(), &tried, 80);
    let printed = "hello\nhello\nhello\n\nerror\nerror\nerror\n\n    1     2";
    assert!(told.starts_with(printed), "{told}");
    // It is tried all the same.
    assert_eq!(judged("prints").wrong, None);
}

#[test]
fn who_panics_is_told_and_where() {
    let (seen, way) = losing("panic");
    let panicked = "panicked: \\u{1b}[2Jtoo few (line 30)";
    assert!(seen.contains(panicked), "{seen}");
    let last = way.steps.last().unwrap();
    assert_eq!((&last.said[..], last.ended), (&["panics (line 30)".to_owned()][..], false));
    let End::Panic(said) = &way.end else { panic!("{:?}", way.end) };
    assert!(said.starts_with(&format!("{} panicked: ", last.who)), "{said}");
}

/// Its thread never comes to the end of its panic, and the next order would begin in that.
#[test]
fn who_panics_with_a_lock_ends_its_own_order_and_no_other() {
    let Judged { wrong, orders, way, .. } = judged("panics-with-a-lock");
    let seen = wrong.expect("it is wrong").seen;
    assert!(orders == 50 && seen.starts_with("in 50 of 50 orders"), "{seen}");
    let End::Panic(said) = way.expect("there is one").end else { panic!("{seen}") };
    assert!(said.ends_with("panicked: too many (line 30)"), "{said}");
}

#[test]
fn who_locks_what_it_holds_is_told() {
    let (seen, way) = losing("locks-twice");
    assert!(seen.ends_with("locked what it held itself, and would wait for ever"), "{seen}");
    assert_eq!(way.steps.last().unwrap().said, ["locks what it holds itself"]);
}

#[test]
fn who_waits_for_ever_is_told_by_name() {
    let (seen, _) = losing("for-ever");
    assert!(seen.ends_with("nobody could go on: T1, T2 and T3 waited"), "{seen}");
}

#[test]
fn what_does_not_choose_its_order_cannot_be_used() {
    for text in ["futures::lock::Mutex::new(0)", "futures::channel::oneshot::channel::<u8>()"] {
        assert!(!compiles(text), "{text}");
    }
    assert!(!compiles("tokio::time::timeout(std::time::Duration::ZERO, async {}).await"));
    // A sleep orders nothing, and is tried.
    assert!(compiles("tokio::time::sleep(std::time::Duration::from_secs(1)).await"));
    assert!(compiles("tokio::select! { () = async {} => {}, () = async {} => {} }"));
    assert!(compiles("futures::join!(async {}, async {})"));
}

#[test]
fn what_no_exercise_has_foreseen_is_told() {
    for (name, wanted) in [
        ("endless", "while its orders were tried, it had not ended after 10 s"),
        ("exit", "while its orders were tried, it ended with exit code 3"),
        ("prints-a-lot", "while its orders were tried, it printed more than 4 MB"),
        ("threads", "the result was 0"),
        ("static", "perhaps it keeps something in a `static`"),
    ] {
        let seen = judged(name).wrong.expect("it is wrong").seen;
        assert!(seen.contains(wanted), "{name}: {seen}");
    }
}
