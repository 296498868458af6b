//! What the table and the timelines tell.

use std::time::Duration;

use compare::build::build;
use compare::machine;
use compare::results::{Attempt, Compared, Comparison, Measured, Nouns};
use compare::rounds::{self, Program};
use compare::{scenario, table};
use supervisor::{Counted, Limits};

use crate::support::{delay_server, row, rows, run};

const NAMES: [&str; 5] = ["sync", "async", "async-with-blocking", "thread", "thread-pool"];

fn compared(url: &str) -> Comparison {
    let scenarios = scenario::all().expect("this is a workspace");
    let http = scenario::named(&scenarios, Some("http-client")).expect("it is a scenario");
    let built = build(&http.package, &http.strategies).expect("it can be built");
    let args = ["--url", url, "--speed", "50"].map(str::to_owned);
    let program = |name: &String| Program {
        name: name.clone(),
        path: built[name].clone(),
        args: args.to_vec(),
        server: None,
    };
    let programs: Vec<Program> = http.strategies.iter().map(program).collect();
    let limits = Limits {
        time: Duration::from_secs(60),
        output: 1 << 30,
        memory: 1 << 30,
        threads: 1000,
        counted: Counted::Process,
    };
    let attempts = rounds::run(limits, &programs, 2);
    let strategies = programs.into_iter().zip(attempts);
    Comparison {
        scenario: http.package,
        command: String::new(),
        machine: machine::here(),
        nouns: Nouns::default(),
        strategies: strategies
            .map(|(program, runs)| Compared {
                name: program.name,
                how: None,
                command: String::new(),
                runs,
            })
            .collect(),
        ladder: None,
    }
}

fn drawn(comparison: &Comparison) -> Vec<String> {
    let text = table::draw(comparison);
    let plain = anstream::adapter::strip_str(&text).to_string();
    plain.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// The later of two, by the elapsed time that the program itself told.
fn middle(runs: &[Attempt]) -> &Measured {
    let runs = runs.iter().map(|run| run.as_ref().expect("it ended well"));
    runs.max_by_key(|run| run.report.recording.elapsed).expect("there are two")
}

#[test]
fn every_number_is_that_of_the_programs_own_report() {
    use lens::time::{exact, rounded};
    let (_server, url) = delay_server();
    let comparison = compared(&url);
    let drawn = drawn(&comparison);
    for (strategy, name) in comparison.strategies.iter().zip(NAMES) {
        let Measured { report, cost } = middle(&strategy.runs);
        let ideal = if matches!(name, "sync" | "async-with-blocking") { 340 } else { 200 };
        let ideal = Duration::from_millis(ideal);
        assert_eq!((report.strategy.as_str(), report.ideal), (name, Some(ideal)));
        let blocked = match name {
            "async-with-blocking" => rounded(report.recording.figures.blocked),
            "async" => "never".to_owned(),
            _ => "-".to_owned(),
        };
        let wanted = format!(
            "{name} {} {} {} {} {} {:.1} MB {blocked}",
            exact(report.recording.elapsed),
            rounded(report.recording.elapsed - ideal),
            report.recording.figures.most_in_flight,
            report.recording.figures.threads,
            rounded(cost.cpu),
            cost.peak as f64 / 1e6,
        );
        assert!(drawn.contains(&wanted), "{wanted} in {drawn:#?}");
    }
}

#[test]
fn memory_and_cpu_are_those_of_one_process() {
    let (_server, url) = delay_server();
    for strategy in compared(&url).strategies {
        for run in strategy.runs {
            let cost = run.unwrap().cost;
            // A process of this kind has some megabytes; a wrong unit would tell 1,000 times as many.
            assert!((1_000_000..200_000_000).contains(&cost.peak), "{}: {cost:?}", strategy.name);
            assert!(cost.cpu > Duration::ZERO && cost.cpu < Duration::from_secs(5), "{cost:?}");
        }
    }
}

#[test]
fn strategies_are_set_side_by_side_in_the_order_of_the_chapter() {
    let ran = run(&["http-client", "--speed", "50"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    let names: Vec<String> =
        rows(&ran).iter().map(|row| row.split(' ').next().unwrap_or_default().to_owned()).collect();
    assert_eq!(names, NAMES);
    for (strategy, most_and_threads) in NAMES.iter().zip(["1 1", "3 1", "1 1", "3 3", "2 2"]) {
        let row = row(&ran, strategy);
        assert!(row.contains(&format!("ms {most_and_threads} ")), "{row}");
    }
}

#[test]
fn timelines_share_one_axis_and_one_legend() {
    let ran = run(&["http-client", "--speed", "20"]);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.iter().filter(|line| line.ends_with("held a thread")).count(), 1);
    assert_eq!(lines.iter().filter(|line| line.starts_with("█ held a thread  ")).count(), 1);
    let end = |strategy: &str, requester: &str| {
        let mut below = lines.iter().skip_while(|line| **line != strategy);
        let lane = below.find(|line| line.starts_with(requester)).unwrap();
        lane.chars().position(|sign| sign == '▕').unwrap()
    };
    assert!(end("sync", "R3") > end("async", "R1"), "17 s are longer than 10 s:\n{}", ran.stdout);
    assert!(end("sync", "R1").abs_diff(end("async", "R1")) <= 2, "10 s and 10 s:\n{}", ran.stdout);
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{}", ran.stdout);
    assert!(!ran.stdout.contains('\x1b'), "a pipe gets no colours");
}

#[test]
fn several_rounds_tell_the_least_the_middle_and_the_most() {
    let (server, url) = delay_server();
    let ran = run(&[
        "http-client",
        "--repeat",
        "3",
        "--strategies",
        "async,sync",
        "--url",
        &url,
        "--speed",
        "100",
    ]);
    assert_eq!((ran.code, server.stats().answered), (Some(0), 3 * 2 * 3), "{}", ran.stderr);
    let below = ran.stdout.split("\n\n").nth(1).unwrap();
    assert!(below.starts_with("over 3 runs "), "{below}");
    let elapsed: Vec<Vec<f64>> = below
        .lines()
        .filter(|line| line.contains("elapsed"))
        .map(|line| line.split_whitespace().filter_map(|word| word.parse().ok()).collect())
        .collect();
    assert_eq!(elapsed.len(), 2, "{below}");
    for three in elapsed {
        assert!(three.len() == 3 && three.is_sorted(), "{below}");
        assert!(rows(&ran).iter().any(|row| row.contains(&format!(" {:.3} s ", three[1]))));
    }
    for what in ["CPU time", "peak memory", "median"] {
        assert!(below.contains(what), "{what} in {below}");
    }
}
