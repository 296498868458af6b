//! How sources begin.

use cargo_metadata::TargetKind;

use crate::tree;

#[test]
fn sources_begin_with_what_they_are() {
    let sources = [tree::files("crates", ".rs"), tree::files("scenarios", ".rs")].concat();
    assert!(sources.len() > 100, "only {} sources were found", sources.len());
    for source in sources {
        let text = tree::text(&source);
        assert!(text.starts_with("//! "), "{source} does not begin with //!");
        assert!(!text.contains('\r'), "{source} has a carriage return");
    }
}

#[test]
fn programs_say_how_they_are_run() {
    for member in tree::members() {
        for kind in [TargetKind::Bin, TargetKind::Example] {
            let programs = member.package.targets.iter();
            for program in programs.filter(|target| target.kind.contains(&kind)) {
                let text = std::fs::read_to_string(&program.src_path).expect("cargo knows it");
                let head = text.lines().take_while(|line| line.starts_with("//!"));
                let says = head.filter(|line| line.contains("`cargo run"));
                let is_named = |line: &str| line.split(['`', ' ']).any(|it| it == program.name);
                assert!(says.into_iter().any(is_named), "{} does not say how", program.src_path);
            }
        }
    }
}
