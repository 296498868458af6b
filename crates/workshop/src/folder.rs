//! Where a learner's programs lie: the folder `workshop` beside the project's own.
//!
//! It is a package of its own and no member of the workspace, for three reasons: a
//! program in it that does not compile breaks nothing else, rust-analyzer works in it
//! as in any package, and git, which is told to ignore it, never meets what a learner
//! wrote. It uses the workspace's versions, features and profile, and its `target`:
//! so of what others wrote nothing is built twice.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::exercise::Exercise;

/// The folder of a learner.
pub struct Folder {
    path: PathBuf,
    /// The project.
    root: PathBuf,
}

/// What the folder's own `.cargo/config.toml` says: `cargo workshop` works in it too, and
/// an editor's builds are the project's.
const CONFIG: &str = "\
[build]
target-dir = \"../target\"

[alias]
workshop = \"run --manifest-path ../Cargo.toml --package workshop --\"
";

/// A file that is there once the libraries have been built for what is written now.
const BUILT: &str = ".written/built";

/// The libraries that programs may use: those of the chapters.
const LIBRARIES: [&str; 9] = [
    "cpu-bound",
    "futures",
    "harness",
    "http-client",
    "rayon",
    "reqwest",
    "tokio",
    "tracing",
    "ureq",
];

impl Folder {
    /// The one in the project that this program is part of, made if it is not there.
    pub fn open() -> io::Result<Self> {
        let root = Self::root_of_project()?;
        Self::at(root.join("workshop"), root)
    }

    /// Where the project is that this program is part of.
    pub fn root_of_project() -> io::Result<PathBuf> {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()
    }

    /// The one at this path, for the project at `root`.
    pub fn at(path: PathBuf, root: PathBuf) -> io::Result<Self> {
        let folder = Self { path, root };
        fs::create_dir_all(folder.programs())?;
        let manifest = manifest(&fs::read_to_string(folder.root.join("Cargo.toml"))?, &folder.root);
        folder.write_ours("Cargo.toml", &manifest)?;
        folder.write_ours("Cargo.lock", &fs::read_to_string(folder.root.join("Cargo.lock"))?)?;
        folder.write_ours(".cargo/config.toml", CONFIG)?;
        Ok(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the project is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where its programs are: one for each exercise that was begun.
    pub fn programs(&self) -> PathBuf {
        self.path.join("src/bin")
    }

    /// The learner's program for this exercise.
    pub fn program(&self, exercise: &Exercise) -> PathBuf {
        self.programs().join(exercise.name).with_extension("rs")
    }

    /// The same, begun as the exercise's starter if it is not there.
    pub fn begin(&self, exercise: &Exercise) -> io::Result<PathBuf> {
        let program = self.program(exercise);
        match fs::File::create_new(&program) {
            Ok(mut file) => {
                io::Write::write_all(&mut file, exercise.texts.starter.as_bytes())?;
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        Ok(program)
    }

    /// Makes a program newer than what was built of it before, if it is another one: cargo
    /// looks at the time alone, and what was moved here may be old.
    pub(crate) fn freshen(&self, name: &str) -> io::Result<()> {
        let program = self.programs().join(name).with_extension("rs");
        let last = self.path.join(".written/built-programs").join(name);
        let text = fs::read(&program)?;
        if fs::read(&last).is_ok_and(|last| last == text) {
            return Ok(());
        }
        fs::File::options().append(true).open(&program)?.set_modified(SystemTime::now())?;
        last.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(last, text)
    }

    /// Whether the libraries have been built.
    pub(crate) fn is_built(&self) -> bool {
        self.path.join(BUILT).exists()
    }

    /// Notes that they are. If that cannot be noted, it is only said again.
    pub(crate) fn note_built(&self) {
        let _ = fs::write(self.path.join(BUILT), "");
    }

    /// Begins the exercise anew. Gives where the program lies now that was there, if
    /// one was.
    pub fn reset(&self, exercise: &Exercise) -> io::Result<Option<PathBuf>> {
        let program = self.program(exercise);
        let written = fs::read(&program).ok();
        let kept = if written.is_some_and(|text| text != exercise.texts.starter.as_bytes()) {
            let kept = self.free_name(exercise)?;
            fs::rename(&program, &kept)?;
            Some(kept)
        } else {
            None
        };
        self.begin(exercise)?;
        Ok(kept)
    }

    /// A name that no program kept before has.
    fn free_name(&self, exercise: &Exercise) -> io::Result<PathBuf> {
        let kept = self.path.join("kept");
        fs::create_dir_all(&kept)?;
        let name = |number: u32| kept.join(format!("{}-{number}.rs", exercise.name));
        Ok((1..).map(name).find(|path| !path.exists()).unwrap_or_else(|| name(0)))
    }

    /// Writes a file of ours, unless it is as it should be, or the learner has
    /// changed it: what was written last is kept to know that.
    fn write_ours(&self, name: &str, text: &str) -> io::Result<()> {
        let (file, last) = (self.path.join(name), self.path.join(".written").join(name));
        let written = fs::read_to_string(&last).ok();
        if written.as_deref() == Some(text) && file.exists() {
            return Ok(());
        }
        let is_ours = match fs::read_to_string(&file) {
            // Cargo writes the lock itself.
            Ok(there) => name == "Cargo.lock" || Some(there) == written,
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        };
        if is_ours {
            let _ = fs::remove_file(self.path.join(BUILT));
            for path in [&file, &last] {
                path.parent().map_or(Ok(()), fs::create_dir_all)?;
                fs::write(path, text)?;
            }
        }
        Ok(())
    }
}

/// The folder's manifest, with the versions, the features and the profile of the
/// workspace's.
fn manifest(workspace: &str, root: &Path) -> String {
    let named =
        |line: &&str| line.split_once(" = ").is_some_and(|(name, _)| LIBRARIES.contains(&name));
    let root = root.display().to_string().replace('\\', "/");
    let libraries = workspace.lines().filter(named);
    let libraries = libraries.map(|line| line.replace("path = \"", &format!("path = \"{root}/")));
    let scenarios = ["cpu-bound", "http-client"]
        .map(|name| format!("{name} = {{ path = \"{root}/scenarios/{name}\" }}"));
    let libraries: Vec<String> = libraries.chain(scenarios).collect();
    let profile = workspace.find("[profile.").map_or("", |at| &workspace[at..]);
    // Of packages that nobody uses here, cargo would complain.
    let is_ours = |section: &&str| {
        let package =
            section.strip_prefix("[profile.dev.package.").and_then(|it| it.split(']').next());
        package.is_none_or(|package| package == "\"*\"" || LIBRARIES.contains(&package))
    };
    let sections = profile.split("\n\n").map(|text| text.trim_start_matches(|it| it != '['));
    let profile: Vec<&str> = sections.filter(is_ours).collect();
    let profile = profile.join("\n\n");
    format!(
        "# The programs of the workshop. `cargo workshop` wrote this file, and writes it\n\
         # again when the project's own changes, unless you have changed it.\n\
         [package]\nname = \"exercises\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
         [workspace]\n\n[dependencies]\n{}\n\n{profile}",
        libraries.join("\n")
    )
}
