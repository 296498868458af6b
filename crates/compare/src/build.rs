//! Building what is to be measured, once, before anything is.

use std::collections::BTreeMap;
use std::env;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use cargo_metadata::Message;
use harness::Failure;
use supervisor::Running;

/// Builds these programs of a package with the profile that `compare` itself
/// was built with, and gives the path of each. Cargo tells on stderr how it goes.
pub fn build(package: &str, programs: &[String]) -> Result<BTreeMap<String, PathBuf>, Failure> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--message-format=json-render-diagnostics", "--package", package]);
    cargo.args(programs.iter().flat_map(|program| ["--bin", program]));
    if is_release() {
        cargo.arg("--release");
    }
    cargo.stdin(Stdio::null()).stdout(Stdio::piped());
    let failed = |cause: String| {
        let cause = format!("{package} cannot be built: {cause}");
        Failure::new(cause, "what cargo says above tells why")
    };
    let mut cargo = Running::start(&mut cargo).map_err(|error| failed(error.to_string()))?;
    let built = cargo.stdout.take().map(executables).unwrap_or_default();
    let ended = cargo.wait().map_err(|error| failed(error.to_string()))?;
    if !ended.status.success() {
        return Err(failed(format!("cargo ended with {}", ended.status)));
    }
    match programs.iter().find(|program| !built.contains_key(*program)) {
        Some(missing) => Err(failed(format!("cargo built no program '{missing}'"))),
        None => Ok(built),
    }
}

/// Whether `compare` was built with `--release`.
pub fn is_release() -> bool {
    !cfg!(debug_assertions)
}

fn executables(stdout: impl std::io::Read) -> BTreeMap<String, PathBuf> {
    let messages = Message::parse_stream(BufReader::new(stdout)).map_while(Result::ok);
    let executable = |message| match message {
        Message::CompilerArtifact(artifact) => {
            Some((artifact.target.name, artifact.executable?.into_std_path_buf()))
        }
        _ => None,
    };
    messages.filter_map(executable).collect()
}
