//! The workshop's program: shows an exercise, judges what was made of it, and helps.
//!
//! `cargo run -p workshop`, or in short `cargo workshop`

use std::io;
use std::path::Path;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};
use harness::Failure;
use harness::args;
use workshop::exercises::{ALL, find};
use workshop::judge::listed;
use workshop::program::{Built, NotBuilt};
use workshop::progress::Progress;
use workshop::watch::Watch;
use workshop::{Exercise, Folder, orders, program, prove, show, trial};

/// Small broken programs to repair, judged by what they were seen to do
#[derive(Parser)]
#[command(name = "cargo workshop", bin_name = "cargo workshop")]
struct Options {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// What an exercise asks, and where your program lies
    Show(Named),
    /// Judge your program: the current one, or the one of this exercise
    Run {
        #[command(flatten)]
        named: Named,
        /// Print all that the program printed as well
        #[arg(long)]
        output: bool,
    },
    /// Run the order of tasks once more in which it was wrong, with what it prints now
    Replay(Named),
    /// Judge it whenever it is saved, until Ctrl-C
    Watch(Named),
    /// All exercises: done, current, open, with their minutes
    List,
    /// A hint for the current exercise, each time one more
    Hint(Named),
    /// Go on to the next exercise that is not solved
    Next,
    /// Begin an exercise anew; what you wrote is kept beside
    Reset(Named),
    /// A solution, once you have solved the exercise
    Solution {
        /// The exercise
        #[arg(value_name = "NAME", value_parser = named)]
        exercise: &'static Exercise,
        /// Show it although the exercise is not solved
        #[arg(long)]
        insist: bool,
    },
    /// Build ahead what all programs use
    #[command(hide = true)]
    Prepare,
    /// Hold every verdict against programs that are known to be right or wrong
    Prove {
        /// Only those of this exercise
        #[arg(value_name = "NAME", value_parser = named)]
        exercise: Option<&'static Exercise>,
        /// So many times, to see whether a verdict ever differs
        #[arg(long, value_name = "N", default_value = "1", value_parser = args::at_least_one(1000_usize))]
        times: usize,
    },
}

#[derive(Args)]
struct Named {
    /// The exercise [default: the current one]
    #[arg(value_name = "NAME", value_parser = named)]
    exercise: Option<&'static Exercise>,
}

fn named(name: &str) -> Result<&'static Exercise, String> {
    find(name).ok_or_else(|| {
        let same = |it: &&Exercise| {
            it.name.bytes().zip(name.bytes()).take_while(|(one, other)| one == other).count()
        };
        let near = ALL.iter().max_by_key(same).filter(|it| same(it) >= 3);
        let near = near.map(|it| format!("did you mean {}? ", it.name)).unwrap_or_default();
        format!("there is no such exercise; {near}cargo workshop list shows them")
    })
}

fn main() -> ExitCode {
    supervisor::guard_if_asked();
    let options: Options = args::read(&mut Options::command());
    let interrupted = Failure::new(
        "interrupted",
        "your programs and how far you are stay as they are: cargo workshop goes on",
    );
    supervisor::begin(interrupted);
    // With 1 it says that a program is not right yet.
    act(options.command).unwrap_or_else(|failure| {
        failure.print();
        ExitCode::from(2)
    })
}

fn act(command: Option<Command>) -> Result<ExitCode, Failure> {
    if let Some(Command::Prove { exercise, times }) = command {
        return prove_all(exercise, times);
    }
    let folder = Folder::open().map_err(of_folder)?;
    let mut progress = Progress::read(&folder).map_err(of_folder)?;
    match command {
        None => {
            print(&show::progress(&progress))?;
            let open = progress.open();
            show_task(&folder, &mut progress, Some(open))?;
        }
        Some(Command::Show(Named { exercise })) => show_task(&folder, &mut progress, exercise)?,
        Some(Command::List) => print(&show::list(&progress))?,
        Some(Command::Next) => match progress.next() {
            Some(exercise) => {
                let left = progress.current();
                if !progress.is_solved(left) && left.name != exercise.name {
                    let name = left.name;
                    print(&format!("{name} stays open: cargo workshop show {name}\n"))?;
                }
                show_task(&folder, &mut progress, Some(exercise))?;
            }
            None => print("All exercises are solved.\n")?,
        },
        Some(Command::Run { named: Named { exercise }, output }) => {
            if exercise.is_some_and(|exercise| !folder.program(exercise).exists()) {
                // There is nothing to judge yet.
                show_task(&folder, &mut progress, exercise)?;
                return Ok(ExitCode::FAILURE);
            }
            let exercise = chosen(&mut progress, exercise)?;
            return judge(&folder, &mut progress, exercise, output);
        }
        Some(Command::Replay(Named { exercise })) => {
            let exercise = chosen(&mut progress, exercise)?;
            return replay(&folder, exercise);
        }
        Some(Command::Watch(Named { exercise })) => {
            let exercise = chosen(&mut progress, exercise)?;
            let mut watch = Watch::start(&begin(&folder, exercise)?)?;
            loop {
                judge(&folder, &mut progress, exercise, false)?;
                print(&format!(
                    "Waiting for a change of {}.rs. Ctrl-C ends this.\n",
                    exercise.name
                ))?;
                watch.wait();
            }
        }
        Some(Command::Hint(Named { exercise })) => {
            let exercise = chosen(&mut progress, exercise)?;
            let (hints, of) = progress.hint(exercise).map_err(of_folder)?;
            for (hint, number) in hints.iter().zip(1..) {
                print(&show::hint(hint, (number, of), harness::width()))?;
            }
        }
        Some(Command::Reset(Named { exercise })) => {
            let exercise = chosen(&mut progress, exercise)?;
            if let Some(kept) = folder.reset(exercise).map_err(of_folder)? {
                print(&format!("What you wrote is kept in {}", shown(&folder, &kept)))?;
            }
            progress.reopen(exercise).map_err(of_folder)?;
            print(&format!("{} begins anew.", shown(&folder, &folder.program(exercise))))?;
        }
        Some(Command::Solution { exercise, insist }) => {
            if !insist && !progress.is_solved(exercise) {
                return Err(Failure::new(
                    format!("{} is not solved yet", exercise.name),
                    format!(
                        "cargo workshop hint, or if you insist: cargo workshop solution {} --insist",
                        exercise.name
                    ),
                ));
            }
            print(exercise.texts.solution)?;
        }
        Some(Command::Prepare) => {
            begin(&folder, &ALL[0])?;
            // If a learner's program does not compile, its libraries are built all the same.
            program::build(&folder, &[ALL[0].name.to_owned()])?;
            if let Some(first) = ALL.iter().find(|exercise| exercise.orders.is_some()) {
                begin(&folder, first)?;
                program::build_scheduled(&folder, &[first.name.to_owned()])?;
            }
        }
        Some(Command::Prove { .. }) => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// The one that was asked for, or the current one: it is that from here on.
fn chosen(
    progress: &mut Progress,
    named: Option<&'static Exercise>,
) -> Result<&'static Exercise, Failure> {
    let exercise = named.unwrap_or_else(|| progress.current());
    progress.choose(exercise).map_err(of_folder)?;
    Ok(exercise)
}

fn show_task(
    folder: &Folder,
    progress: &mut Progress,
    named: Option<&'static Exercise>,
) -> Result<(), Failure> {
    let exercise = chosen(progress, named)?;
    print(&show::task(exercise, &begin(folder, exercise)?))
}

fn begin(folder: &Folder, exercise: &Exercise) -> Result<std::path::PathBuf, Failure> {
    let program = folder.begin(exercise).map_err(of_folder)?;
    Ok(shown(folder, &program).into())
}

/// A path as it is from the project's folder.
fn shown(folder: &Folder, path: &Path) -> String {
    path.strip_prefix(folder.root()).unwrap_or(path).display().to_string()
}

/// Builds and tries a program, and says what was seen.
fn judge(
    folder: &Folder,
    progress: &mut Progress,
    exercise: &Exercise,
    output: bool,
) -> Result<ExitCode, Failure> {
    let Some(built) = built(folder, exercise)? else { return Ok(ExitCode::FAILURE) };
    let outcome = trial::run(exercise, &built).map_err(untriable)?;
    let way = outcome.orders.as_ref().and_then(|judged| judged.way.as_ref());
    let kept = way.filter(|_| outcome.wrong.is_some());
    if let Some(Err(error)) = kept.map(|way| folder.keep_order(exercise, &way.order)) {
        harness::note(&format!("the order cannot be kept for cargo workshop replay: {error}"));
    }
    print(&show::verdict(exercise, &outcome, output, harness::width()))?;
    if outcome.wrong.is_some() {
        return Ok(ExitCode::FAILURE);
    }
    progress.solve(exercise).map_err(of_folder)?;
    match progress.next() {
        Some(next) => print(&format!("Next: {}. Go on with: cargo workshop next\n", next.title))?,
        None => print("That was the last one: all exercises are solved.\n")?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The program of an exercise; none if it does not compile, and then that is said.
fn built(folder: &Folder, exercise: &Exercise) -> Result<Option<Built>, Failure> {
    let program = begin(folder, exercise)?;
    let why = match program::build_for(exercise, folder, exercise.name)? {
        Ok(built) => return Ok(Some(built)),
        Err(NotBuilt::AsItIs) => "it does not compile;\nthe compiler says above why.",
        Err(NotBuilt::Scheduled) => {
            "it compiles, and not once more with the\n\
             stand-ins for std, tokio and futures that choose the order of its tasks.\n\
             What the compiler misses above cannot be used in this exercise."
        }
    };
    print(&format!("{}: {why}", program.display()))?;
    Ok(None)
}

fn untriable(error: io::Error) -> Failure {
    let cause = format!("the program cannot be tried: {error}");
    Failure::new(
        cause,
        "see whether there is room for temporary files, and whether 127.0.0.1 is reached",
    )
}

/// Runs the order once more that the last verdict has told.
fn replay(folder: &Folder, exercise: &Exercise) -> Result<ExitCode, Failure> {
    let Some(order) = folder.kept_order(exercise) else {
        let name = exercise.name;
        let cause = format!("no order is known in which {name} was wrong");
        let about = ALL.iter().filter(|it| it.orders.is_some()).map(|it| it.name.to_owned());
        let about = listed(&about.collect::<Vec<_>>());
        let hint = match exercise.orders {
            Some(_) => format!("cargo workshop run {name} tries many"),
            None => format!("{about} are tried in many orders: cargo workshop replay NAME"),
        };
        return Err(Failure::new(cause, hint));
    };
    let Some(Built { scheduled: Some(scheduled), .. }) = built(folder, exercise)? else {
        return Ok(ExitCode::FAILURE);
    };
    let tried = orders::follow(&scheduled, &order).map_err(untriable)?;
    print(&show::replayed(exercise, &tried, harness::width()))?;
    let is_right = tried.is_right(exercise);
    Ok(if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn prove_all(only: Option<&'static Exercise>, times: usize) -> Result<ExitCode, Failure> {
    let cannot =
        |error: io::Error| Failure::new(error.to_string(), "see CONTRIBUTING.md: Add an exercise");
    let mut cases = prove::cases().map_err(cannot)?;
    cases.retain(|case| only.is_none_or(|only| only.name == case.exercise.name));
    let programs = prove::build(&cases)?;
    let mut wrong = 0;
    for _ in 0..times {
        for (case, proved) in cases.iter().zip(prove::prove(&cases, &programs)) {
            let name = format!("{}/{}", case.exercise.name, case.name);
            match proved.complaint {
                None => print(&format!("ok      {name}: {}", proved.verdict))?,
                Some(complaint) => {
                    wrong += 1;
                    print(&format!("WRONG   {name} {complaint}"))?;
                }
            }
        }
    }
    print(&format!("{} verdicts, {wrong} of them wrong.", cases.len() * times))?;
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print(text: &str) -> Result<(), Failure> {
    harness::print(text)
}

fn of_folder(error: io::Error) -> Failure {
    let cause = format!("the folder `workshop` cannot be used: {error}");
    Failure::new(cause, "see whether it can be written to, and whether the disk is full")
}
