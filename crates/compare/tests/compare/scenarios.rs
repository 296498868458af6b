//! What the scenarios say of themselves is so, for those to come as well.

use std::path::Path;

use compare::build::build;
use compare::scenario::{self, Scenario};
use harness::{Prepared, Strategy};
use program_test::Ran;

use crate::support::{command, run, run_in, start, workspace};

fn said(program: &Path, args: &[&str]) -> Ran {
    let mut command = program_test::command(program, args);
    // No database is opened for this, and none is filled; nor is one started or asked.
    command.env("DATABASE_URL", "sqlite:not-there");
    program_test::run(command.env("REDIS_URL", "redis://127.0.0.1:1"))
}

/// Whether it has the strategies of harness, or a list of its own.
fn has_the_usual_strategies(scenario: &Scenario) -> bool {
    scenario.strategies.iter().all(|name| scenario::strategy(name).is_some())
}

/// The lists in the manifest name every program once: as a strategy, or as none.
fn check_list(scenario: &Scenario) {
    let usual = has_the_usual_strategies(scenario);
    let mut listed: Vec<&String> = scenario.strategies.iter().collect();
    if usual {
        let place = |name: &&String| {
            Strategy::ALL.iter().position(|it| Some(*it) == scenario::strategy(name))
        };
        let in_order = listed.iter().map(place).is_sorted();
        assert!(in_order, "{}: not in the order of the chapter: {listed:?}", scenario.package);
    }
    // Where strategies have names of their own, nothing tells them but their list.
    if let Some(hidden) = scenario.others.iter().find(|it| scenario::strategy(it).is_some()) {
        panic!("{}: the name of {hidden} is that of a strategy", scenario.package);
    }
    listed.extend(&scenario.others);
    listed.sort();
    let mut programs: Vec<&String> = scenario.programs.iter().collect();
    programs.sort();
    assert_eq!(listed, programs, "{}: programs listed, and those in src/bin", scenario.package);
}

/// Each program is the strategy that its name tells.
fn check_programs(scenario: &Scenario) {
    let built = build(&scenario.package, &scenario.strategies).expect("it can be built");
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let mut told = Vec::new();
    for (name, program) in &built {
        let help = said(program, &["--help"]).stdout;
        let about = help.lines().next().unwrap_or_default().to_owned();
        let how = scenario.how.get(name).unwrap_or_else(|| panic!("{name}: how is not told"));
        assert!(about.ends_with(how), "{name} says that it is: {about}");
        assert!(!told.contains(&about), "{name} says that it is what another one is: {about}");
        told.push(about);
        let prepared: Prepared = prepared(scenario, program, folder.path()).report();
        assert_eq!(&prepared.strategy, name, "the name in its reports");
    }
}

/// A server fills a small database of its own before it could begin.
fn prepared(scenario: &Scenario, program: &Path, folder: &Path) -> Ran {
    let Some(asked) = &scenario.asked else { return said(program, &["--prepare", "--json"]) };
    let mut command =
        program_test::command(program, &["--prepare", "--json", "--purchases", "1000"]);
    let database = format!("sqlite:{}", folder.join("small").display());
    program_test::run(command.args(&asked.args).env("DATABASE_URL", database))
}

/// It takes what the manifest says that it takes, and refuses what it says that it does not.
fn check_options(scenario: &Scenario) {
    let built = build(&scenario.package, &scenario.strategies).expect("it can be built");
    for (option, takers) in &scenario.only {
        for (name, program) in &built {
            let ran = said(program, &[option, "2", "--prepare", "--json"]);
            let wanted = if takers.contains(name) { 0 } else { 2 };
            assert_eq!(ran.code, Some(wanted), "{name} {option} 2");
        }
    }
}

#[test]
fn lists_names_and_programs_agree() {
    let scenarios = scenario::all().unwrap();
    assert!(scenarios.len() >= 4, "{scenarios:#?}");
    for scenario in scenarios {
        check_list(&scenario);
        check_programs(&scenario);
        check_options(&scenario);
    }
}

#[test]
fn a_program_that_is_no_strategy_is_not_run() {
    let scenarios = scenario::all().unwrap();
    let stats = scenario::named(&scenarios, Some("table-stats")).unwrap();
    assert!(stats.programs.iter().any(|program| program == "generate-tables"));
    assert!(!stats.pick(&[]).unwrap().iter().any(|program| program == "generate-tables"));
}

#[test]
fn a_manifest_that_says_something_else_is_told() {
    for (said, cause) in [
        ("strategies = [\"new-sync\"]\nservre = []", "servre"),
        ("ladder = \"--requests\"", "strategies"),
        ("strategies = [\"new-sync\"]\ncounts = \"<b>\"", "'<b>' is no noun in small letters"),
        (
            "strategies = [\"new-sync\"]\nserver = [\"no-server\"]",
            "no package has a program 'no-server'",
        ),
        ("strategies = [\"new-sync\"]\nasked.by = \"nobody\"", "'nobody' is none of its programs"),
    ] {
        let folder = workspace(said, &[("new-sync", "")]);
        let ran = run_in(folder.path(), &["other"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
        let lines: Vec<&str> = ran.stderr.lines().collect();
        assert!(lines[0].contains("Cargo.toml: ") && lines[0].contains(cause), "{lines:#?}");
        assert_eq!(lines[1], "hint: mend [package.metadata.compare] there");
    }
}

#[test]
fn a_strategy_without_a_program_is_told() {
    let folder = workspace("strategies = [\"new-sync\", \"new-async\"]", &[("new-sync", "")]);
    let ran = run_in(folder.path(), &["other"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert!(ran.stderr.contains("error: other cannot be built: "), "{}", ran.stderr);
}

/// Three servers over a small database, each asked by the same visitors.
#[test]
fn strategies_that_are_servers_are_started_and_asked_by_another_program() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let database = format!("sqlite:{}", folder.path().join("small").display());
    let customers = scenario::named(&scenario::all().unwrap(), Some("customer-api")).unwrap();
    let built = build(&customers.package, &customers.strategies[..1]).expect("it can be built");
    let args = ["--addr", "localhost:0", "--purchases", "1000", "--prepare"];
    let mut prepare = program_test::command(&built[&customers.strategies[0]], &args);
    program_test::run(prepare.env("DATABASE_URL", &database)).well();

    let page = folder.path().join("page.html");
    let args = ["customer-api", "--visitors", "3", "--html", &page.display().to_string()];
    let ran = start(command(&args).env("DATABASE_URL", &database)).end().well();
    for name in &customers.strategies {
        // A row of figures, one of what the visitors measured, and a title.
        let rows = ran.stdout.lines().filter(|line| line.split(' ').next() == Some(name));
        assert_eq!(rows.count(), 3, "{}", ran.stdout);
    }
    assert_eq!(ran.stdout.matches("find 3").count(), 3, "{}", ran.stdout);

    let page = std::fs::read_to_string(page).expect("it was written");
    assert!(page.contains("quick ones: last") && page.contains("asked, not yet run"));

    let refused = run(&["customer-api", "--url", "http://localhost:1"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("--url is not for a comparison of servers"));
}
