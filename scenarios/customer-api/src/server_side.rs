//! What the server did meanwhile, by its own recording.

use std::num::NonZeroU128;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use lens::joined::{self, Dated};
use lens::recording::Recording;
use reqwest::{Body, Client, StatusCode, Url};
use web_service::{AT_ONCE, Asked};

/// How long to wait for the server's recording.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest recording that is read, in bytes: one lane has a thousand of them or so, and
/// a server tells of a thousand lanes, and of as many stretches that others held its event
/// loop for.
const LONGEST: usize = 8 * 1024 * 1024;

/// Gives the server's lanes of these requests, from when they were made; or why not, as
/// the end of a sentence.
pub(crate) async fn recording(
    client: &Client,
    server: &Url,
    trace: NonZeroU128,
    own: &Dated,
) -> Result<Recording, String> {
    let url = format!("{server}recordings/{trace:032x}");
    let asked = Asked::new();
    let answer = client.get(url).timeout(PATIENCE).send().await;
    let answer = answer.map_err(|error| without_answer(&error))?;
    if answer.status() != StatusCode::OK {
        return Err(format!("the server gave no recording, and answered {}", answer.status()));
    }
    let body = Limited::new(Body::from(answer), LONGEST).collect().await;
    let body = body.map_err(|_| "the server's recording did not come, or was too long")?.to_bytes();
    let theirs: Dated = serde_json::from_slice(&body)
        .map_err(|_| "what the server gave is no recording".to_owned())?;
    let between = asked.answered().filter(|it| it.has(theirs.taken()));
    if between.is_none() || own.taken() > asked.at + AT_ONCE {
        return Err("the server has another clock, or the clock was set meanwhile".to_owned());
    }
    joined::join(own, &theirs).map_err(|why| format!("the server answered, but {why}"))
}

fn without_answer(error: &reqwest::Error) -> String {
    let why = if error.is_timeout() { "in time" } else { "any more" };
    format!("the server did not answer {why}")
}
