//! The scenarios: packages of this workspace that say what `compare` runs.
//!
//! ```toml
//! [package.metadata.compare]
//! strategies = ["sync", "async"] # programs of the package, in the order of the chapter
//! others = ["fill"] # its other programs, which are no strategies
//! how.sync = "one after another on one thread" # how it makes its requests, for the page
//! only."--workers" = ["thread-pool"] # an option that takes a value, and whom it concerns
//! server = ["delay-server", "--addr", "localhost:0"] # if all of them ask one
//! route = "/api/character" # what they ask it for, if not for what it tells itself
//! ladder = "--requests" # if an option sets the size of the work
//! counts = "command" # what that option counts, if not requests
//! row = "requester" # what a row of a picture is, if not a request
//! asked.by = "visitors" # if the strategies are servers: the program that asks each of them
//! asked.args = ["--addr", "localhost:0"] # what they are started with then
//! ```
//!
//! A server is a program of the workspace that prints its address in one of its first
//! lines; the strategies are given it, up to the query, as `--url`. With a `route`, that
//! stands in for the one in the address. Where the strategies are servers, it is the
//! program that asks which is given it, up to the route.

use std::collections::BTreeMap;

use cargo_metadata::{Metadata, MetadataCommand, Package};
use harness::{Failure, Strategy};
use serde::Deserialize;

use crate::results::Nouns;

/// What a package says in its manifest.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The package, such as `http-client`.
    #[serde(skip)]
    pub package: String,
    /// All programs of the package, also those that are no strategy.
    #[serde(skip)]
    pub programs: Vec<String>,
    /// The programs of its strategies, in the order of the chapter.
    pub strategies: Vec<String>,
    /// Its other programs, which are not compared.
    #[serde(default)]
    pub others: Vec<String>,
    /// How they make their requests, as the end of a sentence; none where nobody says.
    #[serde(default)]
    pub how: BTreeMap<String, String>,
    /// The options that mean something to some of them only, each with a value.
    #[serde(default)]
    pub only: BTreeMap<String, Vec<String>>,
    /// The program that all of them ask, and its arguments; empty for none.
    #[serde(default)]
    pub server: Vec<String>,
    /// The route they ask it for, such as `/api/character`; none for the one that
    /// the program tells.
    pub route: Option<String>,
    /// The package of that program.
    #[serde(skip)]
    pub server_package: String,
    /// The option that sets the size of the work, such as `--requests`.
    pub ladder: Option<String>,
    /// What that option counts, such as `command`; none for `request`.
    pub counts: Option<String>,
    /// What a row of its pictures is, such as `requester`; none for `request`.
    pub row: Option<String>,
    /// Who asks the strategies, if they are servers.
    pub asked: Option<Asked>,
}

/// How strategies that are servers are started and asked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The program that asks one of them: another of the package.
    pub by: String,
    /// What they are given.
    #[serde(default)]
    pub args: Vec<String>,
}

/// All scenarios of the workspace that the current folder belongs to.
///
/// It fails outside of a workspace, and when a package says something else than
/// what a [`Scenario`] holds.
pub fn all() -> Result<Vec<Scenario>, Failure> {
    let metadata = MetadataCommand::new().no_deps().exec().map_err(|error| {
        Failure::new(
            format!("cargo does not tell what this workspace holds: {error}"),
            "run compare in the folder of this repository",
        )
    })?;
    let packages = metadata.workspace_packages();
    let mut scenarios: Vec<Scenario> = packages
        .into_iter()
        .filter_map(|package| declared(package, &metadata).transpose())
        .collect::<Result<_, _>>()?;
    scenarios.sort_by(|one, other| one.package.cmp(&other.package));
    Ok(scenarios)
}

fn declared(package: &Package, metadata: &Metadata) -> Result<Option<Scenario>, Failure> {
    let Some(said) = package.metadata.get("compare") else { return Ok(None) };
    let wrong = |cause: String| {
        let hint = "mend [package.metadata.compare] there";
        Failure::new(format!("{}: {cause}", package.manifest_path), hint)
    };
    let mut scenario = Scenario::deserialize(said).map_err(|error| wrong(error.to_string()))?;
    scenario.package = package.name.to_string();
    scenario.programs = programs(package);
    let told = scenario.how.keys().chain(scenario.only.values().flatten());
    if let Some(stranger) = told.into_iter().find(|name| !scenario.strategies.contains(name)) {
        return Err(wrong(format!("'{stranger}' is none of its strategies")));
    }
    let mut nouns = scenario.counts.iter().chain(&scenario.row);
    // They stand on a page, in the singular and with an s behind them.
    if let Some(noun) = nouns.find(|it| !it.bytes().all(|letter| letter.is_ascii_lowercase())) {
        return Err(wrong(format!("'{noun}' is no noun in small letters")));
    }
    if let Some(asked) = scenario.asked.as_ref().filter(|it| !scenario.programs.contains(&it.by)) {
        return Err(wrong(format!("'{}' is none of its programs", asked.by)));
    }
    if let Some(server) = scenario.server.first() {
        let owner = |package: &&Package| programs(package).contains(server);
        let owner = metadata.workspace_packages().into_iter().find(owner);
        let owner = owner.ok_or_else(|| wrong(format!("no package has a program '{server}'")))?;
        scenario.server_package = owner.name.to_string();
    }
    Ok(Some(scenario))
}

fn programs(package: &Package) -> Vec<String> {
    let programs = package.targets.iter().filter(|target| target.is_bin());
    programs.map(|target| target.name.clone()).collect()
}

/// The scenario of this name; if there is none, the failure tells which there are.
pub fn named(scenarios: &[Scenario], name: Option<&str>) -> Result<Scenario, Failure> {
    let names: Vec<&str> = scenarios.iter().map(|scenario| scenario.package.as_str()).collect();
    let found = scenarios.iter().find(|scenario| Some(scenario.package.as_str()) == name);
    found.cloned().ok_or_else(|| {
        let cause = match name {
            Some(name) => format!("there is no scenario '{name}'"),
            None => "no scenario is named".to_owned(),
        };
        Failure::new(cause, format!("name one of: {}", names.join(", ")))
    })
}

impl Scenario {
    /// What its work is made of, in words.
    pub fn nouns(&self) -> Nouns {
        let Nouns { counts, row } = Nouns::default();
        Nouns {
            counts: self.counts.clone().unwrap_or(counts),
            row: self.row.clone().unwrap_or(row),
        }
    }

    /// The strategies with these names, in the order of the chapter; all of them
    /// without names. `sync` means the program `db-sync` too.
    pub fn pick(&self, names: &[String]) -> Result<Vec<String>, Failure> {
        let unknown = names.iter().find(|name| !self.strategies.iter().any(|it| is(it, name)));
        if let Some(unknown) = unknown {
            let cause = format!("{} has no strategy '{unknown}'", self.package);
            return Err(Failure::new(cause, format!("pick from: {}", self.strategies.join(", "))));
        }
        let picked =
            |strategy: &&String| names.is_empty() || names.iter().any(|name| is(strategy, name));
        Ok(self.strategies.iter().filter(picked).cloned().collect())
    }
}

impl Scenario {
    /// What this program is given of all that the programs are: not the options
    /// that mean nothing to it.
    pub fn args_of(&self, program: &str, passed: &[String]) -> Vec<String> {
        let mut args = Vec::new();
        let mut passed = passed.iter();
        while let Some(arg) = passed.next() {
            let name = arg.split('=').next().unwrap_or(arg);
            let concerns = |programs: &Vec<String>| programs.iter().any(|it| it == program);
            if self.only.get(name).is_none_or(concerns) {
                args.push(arg.clone());
            } else if name == arg {
                // The next one is its value.
                passed.next();
            }
        }
        args
    }
}

fn is(program: &str, name: &str) -> bool {
    program == name || strategy(program).is_some_and(|strategy| strategy.name() == name)
}

/// The strategy that a program's name tells, such as that of `db-sync`.
pub fn strategy(program: &str) -> Option<Strategy> {
    Strategy::ALL.into_iter().find(|strategy| {
        program
            .strip_suffix(strategy.name())
            .is_some_and(|prefix| prefix.is_empty() || prefix.ends_with('-'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_goes_to_those_whom_it_concerns() {
        let said = r#"{"strategies": ["sync", "pool"], "only": {"--workers": ["pool"]}}"#;
        let scenario: Scenario = serde_json::from_str(said).unwrap();
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        for passed in ["--speed 10 --workers 3 --log full", "--speed 10 --workers=3 --log full"] {
            let args = |program| scenario.args_of(program, &words(passed));
            assert_eq!(args("pool"), words(passed));
            assert_eq!(args("sync"), words("--speed 10 --log full"));
        }
    }

    #[test]
    fn a_programs_name_tells_its_strategy() {
        for strategy in Strategy::ALL {
            for prefix in ["", "db-", "much-longer-"] {
                assert_eq!(
                    super::strategy(&format!("{prefix}{}", strategy.name())),
                    Some(strategy)
                );
            }
        }
        for other in ["generate-tables", "resync", "pool"] {
            assert_eq!(super::strategy(other), None, "{other}");
        }
    }
}
