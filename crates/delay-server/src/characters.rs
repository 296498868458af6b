//! Characters by their id, in the shape of a public API: what there is, and how
//! it may go wrong.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::rules::{Refusal, Rules};
use crate::trouble::TroubleKind;
use crate::wait::{Seconds, Wait};

/// One character per line, the first with id 1.
const CHARACTERS: &str = include_str!("../data/characters.jsonl");

/// What the waiting time is called in the query.
const DELAY: &str = "delay";

/// Waits for as long as `delay` says, and answers with the character.
pub(crate) async fn character(
    State(rules): State<Arc<Rules>>,
    // One that is no text is none that there is.
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Response {
    let id = id.map(|Path(id)| id).unwrap_or_default();
    let (wait, content) = match begin(&rules, &id, &uri).await {
        Ok(begun) => begun,
        Err(refusal) => return refuse(&rules, &refusal, &uri),
    };
    // As with /delay-me, nothing of the request is kept while it waits.
    drop((id, uri));
    wait.finish().await;
    content.into_response()
}

/// What is answered once the wait is over.
enum Content {
    Character(&'static str),
    Rubbish,
}

impl IntoResponse for Content {
    fn into_response(self) -> Response {
        match self {
            Self::Character(json) => ([(CONTENT_TYPE, "application/json")], json).into_response(),
            Self::Rubbish => "This is a sentence and no character.".into_response(),
        }
    }
}

async fn begin(rules: &Rules, id: &str, uri: &Uri) -> Result<(Wait, Content), Refusal> {
    let (id, json) = find(id).ok_or(Refusal::UnknownCharacter)?;
    let seconds = rules.seconds(DELAY, uri)?;
    let (seconds, content) = match rules.troubles.meet(id) {
        None => (seconds, Content::Character(json)),
        Some(TroubleKind::Rubbish) => (seconds, Content::Rubbish),
        Some(TroubleKind::Stall) => (Seconds::longest(rules.max_seconds), Content::Character(json)),
        Some(TroubleKind::Unavailable(_)) => return Err(Refusal::Trouble),
    };
    Ok((rules.begin_wait(seconds, uri).await?, content))
}

/// The character with this id, and its id as a number.
fn find(id: &str) -> Option<(u32, &'static str)> {
    // Rust's own notion of a number is wider: it knows a plus.
    let id: u32 = id.bytes().all(|it| it.is_ascii_digit()).then(|| id.parse().ok())??;
    let line = usize::try_from(id).ok()?.checked_sub(1)?;
    CHARACTERS.lines().nth(line).map(|json| (id, json))
}

/// The public API has such a body only for what it does not find; here all
/// refusals are told in that shape.
fn refuse(rules: &Rules, refusal: &Refusal, uri: &Uri) -> Response {
    let json = json!({ "error": refusal.to_string() }).to_string();
    rules.refuse(refusal, uri, ([(CONTENT_TYPE, "application/json")], json))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// The keys as <https://rickandmortyapi.com/documentation/> lists them, under
    /// "Character schema".
    const KEYS: [&str; 12] = [
        "id", "name", "status", "species", "type", "gender", "origin", "location", "image",
        "episode", "url", "created",
    ];

    #[test]
    fn every_character_has_the_documented_shape() {
        let characters: Vec<Value> =
            CHARACTERS.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(characters.len() >= 20, "{} are too few", characters.len());
        for (character, id) in characters.iter().zip(1..) {
            assert_eq!(character["id"], id);
            assert_eq!(character.as_object().unwrap().len(), KEYS.len());
            for key in KEYS {
                let value = &character[key];
                let shaped = match key {
                    "id" => value.is_u64(),
                    "origin" | "location" => value["name"].is_string() && value["url"].is_string(),
                    "episode" => value.as_array().unwrap().iter().all(Value::is_string),
                    _ => value.is_string(),
                };
                assert!(shaped, "{key} of character {id}: {value}");
            }
            assert!(["Alive", "Dead", "unknown"].map(Value::from).contains(&character["status"]));
            assert!(
                ["Female", "Male", "Genderless", "unknown"]
                    .map(Value::from)
                    .contains(&character["gender"])
            );
        }
    }

    #[test]
    fn ids_are_whole_numbers_from_one_up() {
        assert_eq!(find("1").map(|(id, _)| id), Some(1));
        for id in ["0", "-1", "+1", "", "x", "1.0", "999", "1,2", "99999999999999999999"] {
            assert!(find(id).is_none(), "{id}");
        }
    }
}
