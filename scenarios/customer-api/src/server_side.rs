//! What the server did meanwhile, by its own recording.

use std::num::NonZeroU128;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use http_body_util::{BodyExt, Limited};
use lens::joined::{self, Dated};
use lens::recording::Recording;
use reqwest::{Body, Client, StatusCode, Url};

/// How long to wait for the server's recording.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest recording that is read, in bytes: one lane has a thousand of them or so, and
/// a server tells of a thousand lanes, and of as many stretches that others held its event
/// loop for.
const LONGEST: usize = 8 * 1024 * 1024;

/// Two looks at the clock at the same moment are as close as this.
const AT_ONCE: Duration = Duration::from_millis(1);

/// Gives the server's lanes of these requests, from when they were made; or why not, as
/// the end of a sentence.
pub(crate) async fn recording(
    client: &Client,
    server: &Url,
    trace: NonZeroU128,
    own: &Dated,
) -> Result<Recording, String> {
    let url = format!("{server}recordings/{trace:032x}");
    // Who loses the core between two looks is to see more time pass and not less: this is the
    // first look at the one clock, and below is the last.
    let (asking, asked) = (Instant::now(), now());
    let answer = client.get(url).timeout(PATIENCE).send().await;
    let answer = answer.map_err(|error| without_answer(&error))?;
    if answer.status() != StatusCode::OK {
        return Err(format!("the server gave no recording, and answered {}", answer.status()));
    }
    let body = Limited::new(Body::from(answer), LONGEST).collect().await;
    let body = body.map_err(|_| "the server's recording did not come, or was too long")?.to_bytes();
    let theirs: Dated = serde_json::from_slice(&body)
        .map_err(|_| "what the server gave is no recording".to_owned())?;
    let here = now();
    let within = Within { asked, answered: asked + asking.elapsed() };
    if !within.has(theirs.taken()) || !within.has(here) || own.taken() > asked + AT_ONCE {
        return Err("the server has another clock, or the clock was set meanwhile".to_owned());
    }
    joined::join(own, &theirs).map_err(|why| format!("the server answered, but {why}"))
}

/// By the clock that every program on this machine has: since 1970.
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn without_answer(error: &reqwest::Error) -> String {
    let why = if error.is_timeout() { "in time" } else { "any more" };
    format!("the server did not answer {why}")
}

/// From a question to its answer.
struct Within {
    asked: Duration,
    answered: Duration,
}

impl Within {
    fn has(&self, moment: Duration) -> bool {
        self.asked <= moment + AT_ONCE && moment <= self.answered + AT_ONCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_clock_shows_another_time() {
        let ms = Duration::from_millis;
        let within = Within { asked: ms(1_000), answered: ms(1_010) };
        let shown = [0, 998, 999, 1_005, 1_011, 1_012, 9_000].map(|it| within.has(ms(it)));
        assert_eq!(shown, [false, false, true, true, true, false, false]);
    }
}
