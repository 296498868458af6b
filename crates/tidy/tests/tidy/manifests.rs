//! How the packages' `Cargo.toml` are written.

use std::collections::BTreeMap;

use cargo_metadata::TargetKind;

use crate::tree;

#[test]
fn members_inherit_what_the_workspace_says_of_all() {
    for member in tree::members() {
        let manifest = member.manifest();
        for key in ["version", "edition", "rust-version", "license", "publish"] {
            let line = format!("{key}.workspace = true");
            let is_there = manifest.lines().any(|it| it == line);
            assert!(is_there, "{}/Cargo.toml has no line '{line}'", member.folder);
        }
    }
}

#[test]
fn nothing_is_published() {
    for member in tree::members() {
        let publish = member.package.publish;
        assert_eq!(publish.as_deref(), Some(&[][..]), "{}", member.folder);
    }
}

/// Without these lines the lints of the workspace do nothing.
#[test]
fn members_end_with_the_lints_of_the_workspace() {
    for member in tree::members() {
        let ends = member.manifest().ends_with("\n[lints]\nworkspace = true\n");
        assert!(ends, "{}/Cargo.toml does not end with the workspace's lints", member.folder);
    }
}

#[test]
fn members_take_every_version_from_the_workspace() {
    for member in tree::members() {
        let mut is_of_dependencies = false;
        for line in member.manifest().lines() {
            if line.starts_with('[') {
                is_of_dependencies = line.contains("dependencies");
            } else if is_of_dependencies && line.contains('=') && !line.starts_with('#') {
                let is_inherited = line.contains("workspace = true");
                assert!(is_inherited, "{}/Cargo.toml: {line}", member.folder);
            }
        }
    }
}

#[test]
fn members_are_named_after_their_folders_and_say_what_they_are() {
    for member in tree::members() {
        let name = member.folder.split('/').next_back();
        assert_eq!(name, Some(member.package.name.as_str()), "{}", member.folder);
        assert!(member.package.description.is_some(), "{} has no description", member.folder);
    }
}

/// Cargo writes both to the same file, and a test then runs the wrong one. On
/// macOS and Windows capitals make no difference to that.
#[test]
fn no_two_programs_share_a_name() {
    for kind in [TargetKind::Bin, TargetKind::Example] {
        let mut owners = BTreeMap::new();
        for member in tree::members() {
            for name in member.names_of(&kind) {
                let file = name.to_lowercase().replace('-', "_");
                let other = owners.insert(file, member.folder.clone());
                assert_eq!(other, None, "also has a '{name}', as {}", member.folder);
            }
        }
    }
}
