//! Asking a third party, again and again.

use std::collections::HashMap;
use std::time::Duration;

use delay_server::client::{self, Unanswered};
use harness::Failure;
use jiff::Timestamp;
use reqwest::{Client, Url};
use tokio::time::{sleep, timeout};
use web_service::{client_of, why_unanswered};

use crate::order::OrderId;
use crate::orders::{Orders, Trouble};
use crate::routes::take;
use crate::third_party::Trips;

/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// However often it has failed, it is asked again after so long, or after so many times
/// as long as usual.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
const MOST_TIMES: u32 = 8;

/// More of what is wrong with an answer is not worth a line.
const LONGEST_CAUSE: usize = 160;

/// A third party, and how often it is asked.
#[derive(Debug)]
pub(crate) struct Poll {
    client: Client,
    url: Url,
    every: Duration,
    /// The newest that it has told of each order that it tells of.
    known: HashMap<OrderId, u64>,
}

impl Poll {
    pub(crate) fn new(url: &Url, every: Duration) -> Result<Self, Failure> {
        let client = client_of(url, PATIENCE)?;
        Ok(Self { client, url: url.clone(), every, known: HashMap::new() })
    }

    /// Takes what it tells of. While it fails it is asked less and less often; a note
    /// says when that begins, and when it is over.
    pub(crate) async fn keep_asking(mut self, orders: Orders) {
        let mut failures = 0;
        loop {
            match self.ask().await {
                Ok(trips) => {
                    if failures > 0 {
                        harness::note("the third party answers again");
                    }
                    failures = 0;
                    self.take(trips, &orders).await;
                }
                Err(why) => {
                    if failures == 0 {
                        harness::note(&format!("the third party gives no positions: {why}"));
                    }
                    failures += 1;
                }
            }
            sleep(pause(self.every, failures)).await;
        }
    }

    async fn ask(&self) -> Result<Trips, String> {
        let asking = async {
            let answer = self.client.get(self.url.clone()).send().await;
            let answer = answer.map_err(|error| why_unanswered(&error))?;
            let status = answer.status();
            let body = reqwest::Body::from(answer);
            let text =
                client::read(status.is_success(), body, |error| why_unanswered(&error)).await?;
            Ok::<_, Unanswered>((status, text))
        };
        let answered = timeout(PATIENCE, asking).await.map_err(|_| Unanswered::TimedOut);
        let (status, text) = answered.and_then(|it| it).map_err(|why| why.to_string())?;
        if !status.is_success() {
            return Err(format!("it answered {status}"));
        }
        serde_json::from_str(&text).map_err(|error| {
            // It may repeat what it stumbled over, which has any length.
            let why: String = error.to_string().chars().take(LONGEST_CAUSE).collect();
            format!("it answered no trips: {why}")
        })
    }

    /// Takes what is new. One that is rubbish, or of no order of ours, is passed over:
    /// the others are none the worse for it.
    async fn take(&mut self, Trips { trips }: Trips, orders: &Orders) {
        let now = Timestamp::now();
        let mut known = HashMap::new();
        for trip in trips {
            let (Some(order), Ok(position)) = (trip.order(), trip.position(now)) else { continue };
            let before = self.known.get(&order).copied();
            let mut newest = before;
            if before.is_none_or(|before| before < position.sequence)
                && matches!(take(orders, order, &position).await, Ok(_) | Err(Trouble::Unknown))
            {
                newest = Some(position.sequence);
            }
            known.extend(newest.map(|newest| (order, newest)));
        }
        self.known = known;
    }
}

/// Twice as long with each failure, up to a point.
fn pause(every: Duration, failures: u32) -> Duration {
    let times = 2_u32.saturating_pow(failures).min(MOST_TIMES);
    every.saturating_mul(times).min(LONGEST_PAUSE.max(every))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_fails_is_asked_less_and_less_often_and_never_given_up() {
        let pauses =
            [0, 1, 2, 5, 100, u32::MAX].map(|it| pause(Duration::from_secs(3), it).as_secs());
        assert_eq!(pauses, [3, 6, 12, 24, 24, 24]);
        assert_eq!(pause(Duration::from_secs(100), 7).as_secs(), 100);
    }
}
