//! Where a learner's programs lie: the folder `workshop` beside the project's own.
//!
//! It is a package of its own and no member of the workspace, for three reasons: a
//! program in it that does not compile breaks nothing else, rust-analyzer works in it
//! as in any package, and git, which is told to ignore it, never meets what a learner
//! wrote. It uses the workspace's versions, features and profile, and its `target`:
//! so of what others wrote nothing is built twice.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::exercise::Exercise;
use crate::orders::Order;

/// The folder of a learner.
pub struct Folder {
    path: PathBuf,
    /// The project.
    root: PathBuf,
    libraries: Libraries,
}

/// What the programs of a folder are built with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Libraries {
    /// Those of the chapters.
    Chapters,
    /// Those that have the order of tasks chosen.
    Scheduled,
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

/// Where the libraries are that have the order of tasks chosen.
const SCHEDULED: &str = "crates/workshop/scheduled";

/// Those of them that programs use.
const SCHEDULED_LIBRARIES: [&str; 5] =
    ["any-order", "futures", "scheduled-std", "tokio", "tracing"];

/// What makes a program use the one of them that has the standard library's names. It stands
/// at the end, so that no line has another number.
const STD_IS_SCHEDULED: &str =
    "\nextern crate scheduled_std as std;\nextern crate scheduled_std as core;\n";

/// The libraries that programs may use: those of the chapters.
const LIBRARIES: [&str; 10] = [
    "any-order",
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
        Self { path, root, libraries: Libraries::Chapters }.laid_out()
    }

    /// One for the same programs, built so that the order of their tasks can be chosen.
    pub(crate) fn scheduled(&self) -> io::Result<Self> {
        let name = format!("{}-scheduled", self.path.file_name().unwrap_or_default().display());
        let (path, root) = (self.root.join("target").join(name), self.root.clone());
        Self { path, root, libraries: Libraries::Scheduled }.laid_out()
    }

    fn laid_out(self) -> io::Result<Self> {
        let folder = self;
        fs::create_dir_all(folder.programs())?;
        let libraries = match folder.libraries {
            Libraries::Chapters => folder.root.clone(),
            Libraries::Scheduled => folder.root.join(SCHEDULED),
        };
        let read = |place: &Path, name: &str| fs::read_to_string(place.join(name));
        let of_libraries = read(&libraries, "Cargo.toml")?;
        let own = dependencies(&of_libraries, &libraries, folder.libraries);
        let mut manifest = manifest(&own, &read(&folder.root, "Cargo.toml")?);
        if folder.libraries == Libraries::Scheduled {
            manifest += &format!("\n\n{}", profile(&of_libraries).trim_end());
        }
        folder.write_ours("Cargo.toml", &manifest)?;
        folder.write_ours("Cargo.lock", &read(&libraries, "Cargo.lock")?)?;
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
                file.write_all(exercise.texts.starter.as_bytes())?;
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

    /// Writes the program of this name, unless it is there: what cargo has built of it
    /// then stays built.
    pub fn put(&self, name: &str, text: &str) -> io::Result<()> {
        let program = self.programs().join(name).with_extension("rs");
        if fs::read_to_string(&program).is_ok_and(|there| there == text) {
            return Ok(());
        }
        fs::write(program, text)
    }

    /// Removes the programs that have none of these names.
    pub(crate) fn keep_only(&self, names: &[String]) -> io::Result<()> {
        for entry in fs::read_dir(self.programs())? {
            let path = entry?.path();
            let name = path.file_stem().unwrap_or_default();
            if !names.iter().any(|kept| name == kept.as_str()) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// Takes these programs of another folder, whatever was here of the name.
    pub(crate) fn take(&self, from: &Self, names: &[String]) -> io::Result<()> {
        for name in names {
            let program = from.programs().join(name).with_extension("rs");
            self.put(name, &(fs::read_to_string(program)? + STD_IS_SCHEDULED))?;
        }
        Ok(())
    }

    /// Keeps an order in which the program of this exercise is wrong.
    pub fn keep_order(&self, exercise: &Exercise, order: &Order) -> io::Result<()> {
        let file = self.order_file(exercise);
        file.parent().map_or(Ok(()), fs::create_dir_all)?;
        // Whatever lies there, or where it leads, is not written to.
        let new = file.with_extension("json.new");
        let _ = fs::remove_file(&new);
        fs::File::create_new(&new)?.write_all(&serde_json::to_vec(order)?)?;
        fs::rename(new, file)
    }

    /// The order that was kept last; none if none was, or it cannot be read.
    pub fn kept_order(&self, exercise: &Exercise) -> Option<Order> {
        serde_json::from_slice(&fs::read(self.order_file(exercise)).ok()?).ok()
    }

    fn order_file(&self, exercise: &Exercise) -> PathBuf {
        self.path.join(".written/orders").join(exercise.name).with_extension("json")
    }

    /// Whether the order of tasks can be chosen in what is built here.
    pub(crate) fn is_scheduled(&self) -> bool {
        self.libraries == Libraries::Scheduled
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

/// What the programs depend on, as the workspace at this place has it.
fn dependencies(workspace: &str, place: &Path, libraries: Libraries) -> String {
    let (names, scenarios): (&[&str], &[&str]) = match libraries {
        Libraries::Chapters => (&LIBRARIES, &["cpu-bound", "http-client"]),
        Libraries::Scheduled => (&SCHEDULED_LIBRARIES, &[]),
    };
    let named = |line: &&str| line.split_once(" = ").is_some_and(|(name, _)| names.contains(&name));
    let place = place.display().to_string().replace('\\', "/");
    let lines = workspace.lines().filter(named);
    let lines = lines.map(|line| line.replace("path = \"", &format!("path = \"{place}/")));
    let scenarios =
        scenarios.iter().map(|name| format!("{name} = {{ path = \"{place}/scenarios/{name}\" }}"));
    lines.chain(scenarios).collect::<Vec<_>>().join("\n")
}

/// What stands in a manifest of how to build, to its end.
fn profile(manifest: &str) -> &str {
    manifest.find("[profile.").map_or("", |at| &manifest[at..])
}

/// The folder's manifest, with the profile of the project's.
fn manifest(dependencies: &str, project: &str) -> String {
    let profile = profile(project);
    // Of packages that nobody uses here, cargo would complain.
    let is_ours = |section: &&str| {
        let package =
            section.strip_prefix("[profile.dev.package.").and_then(|it| it.split(']').next());
        let is_used =
            |name: &str| dependencies.lines().any(|line| line.starts_with(&format!("{name} = ")));
        package.is_none_or(|package| package == "\"*\"" || is_used(package))
    };
    let sections = profile.split("\n\n").map(|text| text.trim_start_matches(|it| it != '['));
    let profile: Vec<&str> = sections.filter(is_ours).collect();
    let profile = profile.join("\n\n");
    format!(
        "# The programs of the workshop. `cargo workshop` wrote this file, and writes it\n\
         # again when the project's own changes, unless you have changed it.\n\
         [package]\nname = \"exercises\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
         [workspace]\n\n[dependencies]\n{dependencies}\n\n{profile}"
    )
}
