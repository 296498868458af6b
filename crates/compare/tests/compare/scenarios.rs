//! What the scenarios say of themselves is so, for those to come as well.

use std::path::Path;

use compare::build::build;
use compare::scenario::{self, Scenario};
use harness::{Prepared, Strategy};
use program_test::Ran;

use crate::support::{run_in, workspace};

fn said(program: &Path, args: &[&str]) -> Ran {
    let mut command = program_test::command(program, args);
    // No database is opened for this, and none is filled.
    program_test::run(command.env("DATABASE_URL", "sqlite:not-there"))
}

/// Whether it has the strategies of harness, or a list of its own.
fn has_the_usual_strategies(scenario: &Scenario) -> bool {
    scenario.strategies.iter().all(|name| scenario::strategy(name).is_some())
}

/// The list in the manifest names the programs that are strategies, and no others.
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
    // Where strategies have names of their own, every program is one.
    let is_strategy = |program: &&String| !usual || scenario::strategy(program).is_some();
    let mut strategies: Vec<&String> = scenario.programs.iter().filter(is_strategy).collect();
    strategies.sort();
    listed.sort();
    assert_eq!(listed, strategies, "{}: strategies listed, and those in src/bin", scenario.package);
}

/// Each program is the strategy that its name tells.
fn check_programs(scenario: &Scenario) {
    let built = build(&scenario.package, &scenario.strategies).expect("it can be built");
    let mut told = Vec::new();
    for (name, program) in &built {
        let help = said(program, &["--help"]).stdout;
        let about = help.lines().next().unwrap_or_default().to_owned();
        let how = scenario.how.get(name).unwrap_or_else(|| panic!("{name}: how is not told"));
        assert!(about.ends_with(how), "{name} says that it is: {about}");
        assert!(!told.contains(&about), "{name} says that it is what another one is: {about}");
        told.push(about);
        let prepared: Prepared = said(program, &["--prepare", "--json"]).report();
        assert_eq!(&prepared.strategy, name, "the name in its reports");
    }
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
        (
            "strategies = [\"new-sync\"]\nserver = [\"no-server\"]",
            "no package has a program 'no-server'",
        ),
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
