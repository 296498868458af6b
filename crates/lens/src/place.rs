//! Where in the source something stands.

use tracing::Metadata;

/// The file and the line of a span or an event.
///
/// What cargo has downloaded is named as `PACKAGE-VERSION/src/…`: on whose disk
/// it lies, nobody wants to know.
pub(crate) fn of(what: &Metadata<'_>) -> Option<String> {
    let (file, line) = (what.file()?, what.line()?);
    let mut parts = file.split("/registry/src/");
    let file = match (parts.next(), parts.next()) {
        (Some(_), Some(downloaded)) => downloaded.split_once('/').map_or(downloaded, |it| it.1),
        _ => file,
    };
    Some(format!("{file}:{line}"))
}
