//! Asking the instances what they have kept.

use std::num::NonZeroU128;
use std::time::Duration;

use delay_server::client::{Unanswered, look_up, read};
use reqwest::{Body, Client, StatusCode, Url};

use super::follow::Heard;
use super::station::{AT_ONCE, Answer};
use web_service::{Asked, is_here};

/// How long an instance may take to tell.
const PATIENCE: Duration = Duration::from_secs(5);

/// Gives what an instance has kept, or why there is nothing, as the end of a sentence.
pub(crate) async fn ask(
    client: &Client,
    instance: &Url,
    trace: NonZeroU128,
) -> Result<Heard, String> {
    let host = instance.host_str().unwrap_or_default();
    let addresses = look_up(host, instance.port_or_known_default().unwrap_or(80));
    if !addresses.is_ok_and(|all| all.into_iter().all(is_here)) {
        return Err(
            "is not at an address of this machine alone, and may have another clock".to_owned()
        );
    }
    let url = format!("{instance}recordings/{trace:032x}");
    let asked = Asked::new();
    let answer = client.get(url).timeout(PATIENCE).send().await;
    let answer = answer.map_err(|_| "did not answer in time, or not at all".to_owned())?;
    if answer.status() != StatusCode::OK {
        return Err(format!("keeps no recording, and answered {}", answer.status()));
    }
    // Of as many bytes as any answer may have: a mark has some eighty.
    let text = read(true, Body::from(answer), |error| Unanswered::of(&error)).await;
    let text = text.map_err(|_| "told too much, or not to the end".to_owned())?;
    let told: Option<Answer> = serde_json::from_str(&text).ok().filter(is_sound);
    let told = told.ok_or("gave no recording")?;
    let shown = Duration::from_micros(told.now_us);
    if !asked.answered().is_some_and(|between| between.has(shown)) {
        return Err("has another clock, or the clock was set meanwhile".to_owned());
    }
    Ok(Heard { is_shared: told.is_shared, log: told.log })
}

/// Whether there can be such an answer: nothing in it is seen after it was given.
fn is_sound(answer: &Answer) -> bool {
    let Answer { now_us, log, .. } = answer;
    let seen = log.marks.iter().map(|mark| mark.at_us).chain(log.forgotten_us);
    seen.into_iter().all(|at| at <= now_us.saturating_add(AT_ONCE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_tells_nothing_of_what_is_to_come() {
        let answer = |at: &str, forgotten: &str| {
            let json = format!(
                r#"{{"now_us":5000,"is_shared":true,"marks":[{{"station":"came","sequence":1,"at_us":{at}}}],"forgotten_us":{forgotten}}}"#
            );
            serde_json::from_str(&json).is_ok_and(|answer| is_sound(&answer))
        };
        assert!(answer("4000", "null") && answer("6000", "6000"));
        assert!(!answer("6001", "null") && !answer("4000", "6001"));
        assert!(!answer("-1", "null") && !answer("18446744073709551615", "null"));
    }
}
