//! What documents point to is there, and what is there has a place in them.

use std::path::Path;

use crate::tree;

#[test]
fn links_lead_to_files() {
    let documents = tree::files("", ".md");
    assert!(documents.len() > 10, "only {} documents were found", documents.len());
    for document in documents {
        let folder = Path::new(&document).parent().expect("a file stands in a folder");
        for link in links(&tree::text(&document)) {
            let there = tree::root().join(folder).join(&link);
            assert!(there.exists(), "{document}: there is no {link}");
        }
    }
}

/// The files that links and pictures of a document name. What stands in code is
/// no link.
fn links(text: &str) -> Vec<String> {
    let mut links = Vec::new();
    let mut is_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            let targets = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
            let files = targets.filter(|target| !target.contains("://"));
            let files = files.filter_map(|target| target.split('#').next());
            links.extend(files.filter(|file| !file.is_empty()).map(str::to_owned));
        }
    }
    links
}

#[test]
fn links_are_told_from_code_and_from_what_is_elsewhere() {
    let text = "[a](src/a.rs) and ![b](b.svg#part)\n```rust\n[0](1)\n```\n[c](https://rust-lang.org) [d](#d)";
    assert_eq!(links(text), ["src/a.rs", "b.svg"]);
}

#[test]
fn each_scenario_is_a_chapter_of_the_readme_that_is_run_as_a_test() {
    let readme = tree::text("README.md");
    for member in tree::members().iter().filter(|it| it.folder.starts_with("scenarios/")) {
        let chapter = format!("{}/README.md", member.folder);
        assert!(readme.contains(&format!("({chapter})")), "README.md has no link to {chapter}");
        let test = tree::text(&format!("{}/tests/chapters.rs", member.folder));
        assert!(test.contains("Chapter::new(\"README.md\")"), "no test runs {chapter}");
    }
}

#[test]
fn each_crate_has_a_place_in_the_readme() {
    let readme = tree::text("README.md");
    for member in tree::members().iter().filter(|it| it.folder.starts_with("crates/")) {
        let is_named = readme.contains(&format!("`{}`", member.folder));
        assert!(is_named, "README.md does not say what `{}` is", member.folder);
    }
}

/// A block that begins with `rust` is a piece of a source, whitespace aside, and its section
/// links to that. One of `rust,std` is of the standard library, and one of `rust,sketch`
/// stands nowhere.
#[test]
fn pieces_of_rust_are_those_of_the_sources_that_their_section_links_to() {
    let mut checked = 0;
    for document in tree::files("", ".md") {
        let folder = Path::new(&document).parent().expect("a file stands in a folder");
        for section in tree::text(&document).split("\n## ") {
            let links = links(section).into_iter().filter(|link| link.ends_with(".rs"));
            let source = |link: String| squeezed(&tree::text(&folder.join(link).to_string_lossy()));
            let sources: Vec<String> = links.map(source).collect();
            for (attribute, piece) in pieces(section) {
                match attribute {
                    "" => {
                        let is_there = sources.iter().any(|it| it.contains(&squeezed(piece)));
                        assert!(is_there, "{document}: in no source of its section:\n{piece}");
                        checked += 1;
                    }
                    ",std" | ",sketch" => {}
                    other => panic!("{document}: nobody knows what rust{other} is"),
                }
            }
        }
    }
    assert!(checked > 10, "only {checked} pieces were found");
}

/// Each block of Rust, and what stands behind that word.
fn pieces(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let blocks = text.split("\n```rust").skip(1);
    blocks.filter_map(|rest| rest.split("\n```").next()?.split_once('\n'))
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

#[test]
fn pieces_are_told_from_other_blocks() {
    let text = "a\n```rust\nlet a =\n    1;\n```\n```text\nb\n```\n```rust,sketch\nlet …\n```\n";
    let found: Vec<_> = pieces(text).collect();
    assert_eq!(found, [("", "let a =\n    1;"), (",sketch", "let …")]);
    assert_eq!(squeezed(found[0].1), squeezed("let a = 1;"));
}
