//! How many rows a second `generatedb` adds. Beside it, on SQLite, the `sqlite3`
//! program with one INSERT … SELECT from a base table; on Postgres, psql with
//! `\copy` from a CSV file of the same rows.
//!
//! `cargo bench -p cities-db --bench filling`, with `DATABASE_URL` naming a
//! Postgres; options after `--`, such as `-- --help`
//!
//! It works in a folder of its own, and in a database of its own, which it
//! drops at the end.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints its figures")]

use std::env;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use benchmark::{Result, median, psql};
use cities_db::{MUNICIPALITIES, STATES, municipalities};
use clap::Parser;
use postgres::{Client, NoTls};
use tempfile::TempDir;
use wait4::Wait4;

/// The generator against the databases' own programs
#[derive(Parser)]
struct Options {
    /// Rounds, in each of which every contender has its turn; the median counts
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: usize,

    /// Copies of all cities on SQLite; 0 leaves it out
    #[arg(long, value_name = "N", default_value_t = 400)]
    sqlite: u32,

    /// Copies of all cities on Postgres; 0 leaves it out
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    postgres: u32,

    /// The generator alone
    #[arg(long)]
    alone: bool,

    /// What cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// Who fills a database.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Contender {
    /// The database's own program: what the others are compared with.
    Own,
    /// `generatedb`, where there are no tables.
    Ours,
    /// `generatedb`, into tables that are there, and empty.
    OursAdding,
}

/// What one filling took.
#[derive(Clone, Copy)]
struct Cost {
    seconds: f64,
    /// The most that the process, not the server, held of memory.
    bytes: u64,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let results = [on_sqlite(&options), on_postgres(&options)];
    let errors = results.into_iter().filter_map(std::result::Result::err);
    // Each of the two is worth its figures without the other.
    let failed = errors.map(|error| eprintln!("error: {error}")).count();
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn on_sqlite(options: &Options) -> Result<()> {
    if options.sqlite == 0 {
        return Ok(());
    }
    let folder = TempDir::new()?;
    let file = folder.path().join("cities.sqlite");
    let one_copy = folder.path().join("one.csv");
    write_csv(&one_copy, 1)?;
    let script = format!(
        "CREATE TABLE base (name TEXT, state_id INTEGER);\n\
         .import --csv {} base\n\
         CREATE TABLE cities (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, state_id INTEGER);\n\
         INSERT INTO cities (name, state_id) WITH RECURSIVE copy (number) AS (\n\
         SELECT 1 UNION ALL SELECT number + 1 FROM copy WHERE number < {})\n\
         SELECT name, state_id FROM copy CROSS JOIN base;\n",
        one_copy.display(),
        options.sqlite
    );
    let script_file = folder.path().join("script.sql");
    fs::write(&script_file, script)?;

    let contenders: &[(Contender, &str)] = &[
        (Contender::Own, "`sqlite3`, INSERT … SELECT"),
        (Contender::Ours, "`generatedb`, new file"),
    ];
    compare("SQLite", options, options.sqlite, contenders, |contender| {
        let _ = fs::remove_file(&file);
        let mut command = match contender {
            Contender::Own => Command::new("sqlite3"),
            Contender::Ours | Contender::OursAdding => {
                generatedb(&format!("sqlite:{}", file.display()), options.sqlite)
            }
        };
        if contender == Contender::Own {
            command.arg("-bail").arg(&file).stdin(File::open(&script_file)?);
        }
        run(command)
    })
}

fn on_postgres(options: &Options) -> Result<()> {
    if options.postgres == 0 {
        return Ok(());
    }
    let given = env::var("DATABASE_URL").map_err(|_| "DATABASE_URL names no Postgres")?;
    let (server, _) = given.rsplit_once('/').ok_or("DATABASE_URL names no database")?;
    let name = "cities_db_benchmark";
    let mut administrator = Client::connect(&given, NoTls)?;
    let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    administrator.batch_execute(&drop)?;
    administrator.batch_execute(&format!("CREATE DATABASE {name}"))?;
    let compared = in_database(&format!("{server}/{name}"), options);
    administrator.batch_execute(&drop)?;
    compared
}

fn in_database(url: &str, options: &Options) -> Result<()> {
    let folder = TempDir::new()?;
    let csv = folder.path().join("all.csv");
    if !options.alone {
        write_csv(&csv, options.postgres)?;
    }
    let copy = format!("\\copy cities (name, state_id) from '{}' csv", csv.display());
    let psql = psql();
    let mut client = Client::connect(url, NoTls)?;

    let contenders: &[(Contender, &str)] = &[
        (Contender::Own, "`psql`, `\\copy`, table with its key"),
        (Contender::OursAdding, "`generatedb`, table with its key"),
        (Contender::Ours, "`generatedb`, new tables"),
    ];
    compare("Postgres", options, options.postgres, contenders, |contender| {
        client.batch_execute("DROP TABLE IF EXISTS cities; DROP TABLE IF EXISTS states")?;
        if contender != Contender::Ours {
            client.batch_execute(
                "CREATE TABLE cities (id serial PRIMARY KEY, name text, state_id integer)",
            )?;
        }
        // What one leaves to be written must not be the next one's burden.
        client.batch_execute("CHECKPOINT")?;
        let mut command = match contender {
            Contender::Own => Command::new(&psql),
            Contender::Ours | Contender::OursAdding => generatedb(url, options.postgres),
        };
        if contender == Contender::Own {
            command.args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1"]);
            command.args([url, "--command", &copy]);
        }
        run(command)
    })
}

/// Runs all contenders in turn, round by round, and prints a table of the medians.
fn compare(
    database: &str,
    options: &Options,
    copies: u32,
    contenders: &[(Contender, &str)],
    mut fill: impl FnMut(Contender) -> Result<Cost>,
) -> Result<()> {
    let is_there = |contender: &Contender| !options.alone || *contender != Contender::Own;
    let contenders: Vec<_> =
        contenders.iter().filter(|(contender, _)| is_there(contender)).collect();
    let mut rounds = Vec::new();
    for round in 1..=options.rounds {
        eprintln!("{database}: round {round} of {}", options.rounds);
        let costs = contenders.iter().map(|(contender, _)| fill(*contender));
        rounds.push(costs.collect::<Result<Vec<Cost>>>()?);
    }
    let rows = u64::from(copies) * u64::from(MUNICIPALITIES);
    println!("\n{database}: {copies} copies, {rows} rows, the median of {}\n", rounds.len());
    println!("| | rows/s | of the first | its memory at most, MB |\n|---|--:|--:|--:|");
    for (index, (_, what)) in contenders.iter().enumerate() {
        let median = |of: fn(&Cost, &Cost) -> f64| {
            median(rounds.iter().map(|round| of(&round[index], &round[0])))
        };
        let seconds = median(|cost, _| cost.seconds);
        let ratio = median(|cost, first| first.seconds / cost.seconds);
        let megabytes = median(|cost, _| cost.bytes as f64 / 1e6);
        let rate = rows as f64 / seconds / 1e6;
        println!("| {what} | {rate:.2} M | {ratio:.2} | {megabytes:.0} |");
    }
    Ok(())
}

fn generatedb(url: &str, copies: u32) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_generatedb"));
    command.args(["--copies", &copies.to_string()]).env("DATABASE_URL", url);
    command
}

fn run(mut command: Command) -> Result<Cost> {
    let program = command.get_program().to_owned();
    let begun = Instant::now();
    let child = command.stdout(Stdio::null()).spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => format!("{} is not installed", program.display()),
        _ => format!("{} cannot be run: {error}", program.display()),
    })?;
    let used = child.wait4()?;
    if !used.status.success() {
        return Err(format!("{}: {}", program.display(), used.status).into());
    }
    Ok(Cost { seconds: begun.elapsed().as_secs_f64(), bytes: used.rusage.maxrss })
}

/// The rows of so many copies, as `generatedb` makes them.
fn write_csv(path: &Path, copies: u32) -> Result<()> {
    let mut one = String::new();
    for city in municipalities() {
        let state = STATES.iter().find(|state| state.code == city.state);
        let id = state.ok_or("a city lies in no state")?.id;
        writeln!(one, "{},{id}", city.name)?;
    }
    let mut file = BufWriter::new(File::create(path)?);
    (0..copies).try_for_each(|_| file.write_all(one.as_bytes()))?;
    Ok(file.flush()?)
}
