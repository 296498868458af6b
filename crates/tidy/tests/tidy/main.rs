//! The rules of this workspace: the architecture of `CONTRIBUTING.md`, and how
//! manifests, sources and documents are written.
//!
//! `cargo test -p tidy`

mod architecture;
mod documents;
mod manifests;
mod sources;

mod tree;
