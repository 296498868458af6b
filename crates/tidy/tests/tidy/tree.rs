//! The tree as its rules see it: the packages, and the files.

use std::fs;
use std::path::Path;

use cargo_metadata::{Dependency, DependencyKind, MetadataCommand, Package, TargetKind};

/// The folder of the repository. Cargo runs tests in the folder of their package.
pub(crate) fn root() -> &'static Path {
    Path::new("../..")
}

/// The text of a file, whose path is told from the folder of the repository.
pub(crate) fn text(file: &str) -> String {
    let path = root().join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A package of the workspace.
pub(crate) struct Member {
    /// Where it stands, such as `crates/lens`.
    pub(crate) folder: String,
    pub(crate) package: Package,
    /// The members it depends on, and those that only its tests do.
    pub(crate) neighbours: Vec<String>,
    pub(crate) neighbours_of_tests: Vec<String>,
}

pub(crate) fn members() -> Vec<Member> {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo tells what this workspace holds");
    let folder = |path: &cargo_metadata::camino::Utf8Path| {
        let inside = path.strip_prefix(&metadata.workspace_root).expect("it stands in here");
        inside.as_str().replace('\\', "/")
    };
    let neighbours = |package: &Package, wanted: fn(&Dependency) -> bool| {
        let wanted = package.dependencies.iter().filter(|dependency| wanted(dependency));
        wanted.filter_map(|dependency| dependency.path.as_deref().map(folder)).collect()
    };
    let member = |package: &Package| Member {
        folder: folder(package.manifest_path.parent().expect("a file stands in a folder")),
        package: package.clone(),
        neighbours: neighbours(package, |it| !is_for_tests(it)),
        neighbours_of_tests: neighbours(package, is_for_tests),
    };
    metadata.packages.iter().map(member).collect()
}

pub(crate) fn is_for_tests(dependency: &Dependency) -> bool {
    dependency.kind == DependencyKind::Development
}

impl Member {
    pub(crate) fn manifest(&self) -> String {
        text(&format!("{}/Cargo.toml", self.folder))
    }

    /// The names of its programs or of its examples.
    pub(crate) fn names_of(&self, kind: &TargetKind) -> Vec<String> {
        let targets = self.package.targets.iter().filter(|target| target.kind.contains(kind));
        targets.map(|target| target.name.clone()).collect()
    }
}

/// All files with this ending that stand in this folder or deeper, by their paths
/// from the folder of the repository. What cargo builds is left out.
pub(crate) fn files(folder: &str, ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(folder)).expect("the folder is there").flatten() {
        let name = entry.file_name().into_string().expect("names are UTF-8");
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        if name.starts_with('.') || name == "target" {
            continue;
        }
        if entry.path().is_dir() {
            found.extend(files(&path, ending));
        } else if name.ends_with(ending) {
            found.push(path);
        }
    }
    found
}
