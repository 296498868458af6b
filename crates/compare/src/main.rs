//! Runs every strategy of a scenario, and sets side by side what each one took.
//!
//! `cargo run -p compare -- http-client --speed 10`

use std::process::ExitCode;

use compare::build::{build, is_release};
use compare::guesses;
use compare::ladder;
use compare::machine;
use compare::measure;
use compare::options::Options;
use compare::page;
use compare::results::{Attempt, Compared, Comparison};
use compare::rounds::{self, Program, Started};
use compare::scenario::{self, Scenario};
use compare::server::Server;
use compare::table;
use harness::args::without_passwords;
use harness::{Failure, LaterFile};

/// Why there is nothing to tell.
enum Stop {
    /// The command line asks for something that is not there.
    Wrong(Failure),
    Failed(Failure),
    /// A program has said why itself, and ended with this code.
    Code(u8),
}

fn main() -> ExitCode {
    supervisor::guard_if_asked();
    let options = Options::read();
    supervisor::begin(interrupted());
    match run(&options) {
        Ok(code) => code,
        Err(Stop::Wrong(failure)) => {
            failure.print();
            ExitCode::from(2)
        }
        Err(Stop::Failed(failure)) => {
            failure.print();
            ExitCode::FAILURE
        }
        Err(Stop::Code(code)) => ExitCode::from(code),
    }
}

fn interrupted() -> Failure {
    let cause = "interrupted before the comparison was done";
    Failure::new(cause, "nothing that it started is running any more")
}

/// Compares, and prints what was found. Gives the exit code.
fn run(options: &Options) -> Result<ExitCode, Stop> {
    // A page that cannot be written is told before anything runs.
    let html = options.html.as_deref().map(LaterFile::new).transpose().map_err(Stop::Failed)?;
    let comparison = compare(options)?;
    harness::print(&table::draw(&comparison)).map_err(Stop::Failed)?;
    if !options.guess.is_empty() {
        let guesses = guesses::draw(&comparison, &options.guess);
        harness::print(&format!("\n{guesses}")).map_err(Stop::Failed)?;
    }
    if let Some(html) = html {
        let path = html.write_text(&page::render(&comparison)).map_err(Stop::Failed)?;
        harness::note(&format!("the page is '{}': open it in a browser", path.display()));
    }
    Ok(ExitCode::from(u8::from(!table::is_well(&comparison))))
}

fn compare(options: &Options) -> Result<Comparison, Stop> {
    let scenarios = scenario::all().map_err(Stop::Failed)?;
    let scenario = scenario::named(&scenarios, options.scenario.as_deref()).map_err(Stop::Wrong)?;
    let picked = scenario.pick(&options.strategies).map_err(Stop::Wrong)?;
    check(options, &scenario).map_err(Stop::Wrong)?;
    guesses::check(&options.guess, &picked).map_err(Stop::Wrong)?;

    let mut programs = programs(&scenario, &picked).map_err(Stop::Failed)?;
    let server = server(options, &scenario).map_err(Stop::Failed)?;
    for program in &mut programs {
        program.args = scenario.args_of(&program.name, &options.passed);
        let url = server.iter().flat_map(|server| ["--url".to_owned(), server.url.clone()]);
        program.args.extend(url);
    }
    if let Some(first) = programs.first() {
        prepare(first)?;
    }

    let mut comparison = Comparison {
        scenario: scenario.package.clone(),
        command: command(),
        machine: machine::here(),
        nouns: scenario.nouns(),
        strategies: Vec::new(),
        ladder: None,
    };
    match scenario.ladder.as_deref().filter(|_| !options.ladder.is_empty()) {
        Some(option) => {
            let sizes = sizes(options);
            let climbed = ladder::climb(options.limits(), &programs, (option, &sizes));
            comparison.ladder = Some(climbed);
        }
        None => {
            let attempts = rounds::run(options.limits(), &programs, options.repeat);
            comparison.strategies = programs
                .iter()
                .zip(attempts)
                .map(|(program, runs)| compared(program, &scenario, options, runs))
                .collect();
        }
    }
    Ok(comparison)
}

/// Refuses what this scenario has not, before anything is built.
fn check(options: &Options, scenario: &Scenario) -> Result<(), Failure> {
    if let Some((option, instead)) = options.not_to_be_passed() {
        return Err(Failure::new(format!("{option} is not for a comparison"), instead));
    }
    if scenario.asked.is_some() && options.passes("--url") {
        let cause = "--url is not for a comparison of servers";
        return Err(Failure::new(cause, "leave it out: each of them is started and asked"));
    }
    if options.ladder.is_empty() {
        return Ok(());
    }
    let Some(option) = &scenario.ladder else {
        return Err(Failure::new(
            format!("the work of {} has no size that could grow", scenario.package),
            "leave --ladder out, or name a scenario that can climb, such as http-client",
        ));
    };
    if options.passes(option) {
        let cause = format!("{option} is what --ladder sets");
        return Err(Failure::new(cause, format!("leave {option} or --ladder out")));
    }
    Ok(())
}

fn programs(scenario: &Scenario, picked: &[String]) -> Result<Vec<Program>, Failure> {
    let by = scenario.asked.iter().map(|asked| &asked.by);
    let all: Vec<String> = picked.iter().chain(by).cloned().collect();
    let built = build(&scenario.package, &all)?;
    let program = |name: &String| {
        let (name, own, args) = (name.clone(), built.get(name)?.clone(), Vec::new());
        Some(match &scenario.asked {
            None => Program { name, path: own, args, server: None },
            Some(asked) => {
                let server = Some(Started { path: own, args: asked.args.clone() });
                Program { name, path: built.get(&asked.by)?.clone(), args, server }
            }
        })
    };
    Ok(picked.iter().filter_map(program).collect())
}

/// The server that all of them ask, if the scenario has one and none is given.
fn server(options: &Options, scenario: &Scenario) -> Result<Option<Server>, Failure> {
    let Some((program, args)) = scenario.server.split_first() else { return Ok(None) };
    if options.passes("--url") {
        return Ok(None);
    }
    let built = build(&scenario.server_package, std::slice::from_ref(program))?;
    built.get(program).map(|path| Server::start(path, args, scenario.route.as_deref())).transpose()
}

/// Makes ready what all runs need, so that the first one is like the others.
fn prepare(program: &Program) -> Result<(), Stop> {
    let ended = measure::prepare_for_all(program).map_err(|error| {
        let cause = format!("{} cannot be run: {error}", program.name);
        Stop::Failed(Failure::new(
            cause,
            "it has just been built: let nothing remove or replace it meanwhile",
        ))
    })?;
    match ended {
        0 => Ok(()),
        code => Err(Stop::Code(code)),
    }
}

fn compared(
    program: &Program,
    scenario: &Scenario,
    options: &Options,
    runs: Vec<Attempt>,
) -> Compared {
    let run = |name: &str| format!("cargo run{} -p {} --bin {name}", release(), scenario.package);
    let mut command = match &scenario.asked {
        None => run(&program.name),
        Some(asked) => format!("{} & {}", run(&program.name), run(&asked.by)),
    };
    let args = scenario.args_of(&program.name, &options.passed);
    if !args.is_empty() {
        command += &format!(" -- {}", shell_words::join(shown(&args)));
    }
    let how = scenario.how.get(&program.name).cloned();
    Compared { name: program.name.clone(), how, command, runs }
}

/// The command that makes this comparison again.
fn command() -> String {
    let args: Vec<_> = std::env::args().skip(1).collect();
    format!("cargo run{} -p compare -- {}", release(), shell_words::join(shown(&args)))
}

/// Arguments as anybody may see them.
fn shown(args: &[String]) -> impl Iterator<Item = String> {
    args.iter().map(|arg| without_passwords(arg))
}

fn release() -> &'static str {
    if is_release() { " --release" } else { "" }
}

/// From the smallest up, each once.
fn sizes(options: &Options) -> Vec<usize> {
    let mut sizes = options.ladder.clone();
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}
