//! Asking the instances what they have kept.

use std::num::NonZeroU128;
use std::time::{Duration, Instant};

use delay_server::client::{Unanswered, look_up, read};
use reqwest::{Body, Client, StatusCode, Url};

use super::follow::Heard;
use super::is_here;
use super::station::{Answer, now_us};

/// How long an instance may take to tell.
const PATIENCE: Duration = Duration::from_secs(5);

/// Two looks at the clock at the same moment are as close as this, in microseconds.
pub(crate) const AT_ONCE: u64 = 1_000;

/// Gives what an instance has kept, or why there is nothing, as the end of a sentence.
pub(crate) async fn ask(
    client: &Client,
    instance: &Url,
    trace: NonZeroU128,
) -> Result<Heard, String> {
    let host = instance.host_str().unwrap_or_default();
    let addresses = look_up(host, instance.port_or_known_default().unwrap_or(80));
    if !addresses.is_ok_and(|all| all.into_iter().all(is_here)) {
        return Err("is on another machine, which has another clock".to_owned());
    }
    let url = format!("{instance}recordings/{trace:032x}");
    let (asked, asking) = (now_us(), Instant::now());
    let answer = client.get(url).timeout(PATIENCE).send().await;
    let answer = answer.map_err(|_| "did not answer in time, or not at all".to_owned())?;
    if answer.status() != StatusCode::OK {
        return Err(format!("keeps no recording, and answered {}", answer.status()));
    }
    // Of as many bytes as any answer may have: a mark has some eighty.
    let text = read(true, Body::from(answer), |error| Unanswered::of(&error)).await;
    let text = text.map_err(|_| "told too much, or not to the end".to_owned())?;
    let told: Answer = serde_json::from_str(&text).map_err(|_| "gave no recording".to_owned())?;
    let took = u64::try_from(asking.elapsed().as_micros()).unwrap_or(u64::MAX);
    if !is_within(asked, took, told.now_us) || !is_within(asked, took, now_us()) {
        return Err("has another clock, or the clock was set meanwhile".to_owned());
    }
    Ok(Heard { is_shared: told.is_shared, log: told.log })
}

/// Whether this moment is between a question and its answer.
fn is_within(asked: u64, took: u64, moment: u64) -> bool {
    asked <= moment.saturating_add(AT_ONCE)
        && moment <= asked.saturating_add(took).saturating_add(AT_ONCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_clock_shows_another_time() {
        let shown = [0, 998_999, 999_000, 1_005_000, 1_011_000, 1_011_001, u64::MAX];
        let within = shown.map(|moment| is_within(1_000_000, 10_000, moment));
        assert_eq!(within, [false, false, true, true, true, false, false]);
    }
}
