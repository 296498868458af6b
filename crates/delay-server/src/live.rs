//! The live page's news: a snapshot of the server for everyone who watches.
//!
//! A snapshot is made once and shared by all viewers, and only while somebody
//! watches. Each viewer is given the latest one when its connection has room for
//! it: one that reads slowly misses some, and makes no queue.

use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::Event;
use futures::stream::{self, Stream, StreamExt};
use serde::Serialize;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, sleep};

use crate::board::{Board, End, Finished, Number, Waiting};
use crate::stats::{Counts, Stats};

/// How many may watch at once.
pub(crate) const MOST_VIEWERS: usize = 100;

/// The most requests in flight that a snapshot shows, the oldest of them.
const MOST_DRAWN: usize = 40;

/// The time between two snapshots while requests come and go.
const TICK: Duration = Duration::from_millis(125);

/// The time between two snapshots while nothing changes. A viewer that hears
/// nothing for much longer may take the server for gone.
const QUIET_TICK: Duration = Duration::from_secs(1);

/// How long a browser waits before it connects again.
const RETRY: Duration = Duration::from_secs(1);

/// Where viewers get their news.
#[derive(Debug)]
pub(crate) struct Live {
    latest: watch::Sender<News>,
    /// Told when somebody begins to watch.
    watched: Notify,
    places: Arc<Semaphore>,
}

#[derive(Debug, Clone)]
enum News {
    /// JSON of a [`Snapshot`].
    Snapshot(Arc<str>),
    /// The server stops.
    Over,
}

impl Live {
    pub(crate) fn new() -> Self {
        let nothing = News::Snapshot("{}".into());
        Self {
            latest: watch::Sender::new(nothing),
            watched: Notify::new(),
            places: Arc::new(Semaphore::new(MOST_VIEWERS)),
        }
    }

    /// Makes snapshots for as long as the server runs.
    pub(crate) async fn report(&self, counts: &Counts) -> ! {
        let mut last = None;
        loop {
            if self.latest.is_closed() {
                last = None;
                self.watched.notified().await;
            }
            let changes = counts.changes();
            let is_news = last.is_none_or(|(before, at): (u64, Instant)| {
                before != changes || at.elapsed() >= QUIET_TICK
            });
            if is_news {
                last = Some((changes, Instant::now()));
                self.latest.send_replace(News::Snapshot(counts.look(snapshot).into()));
            }
            sleep(TICK).await;
        }
    }

    /// The events for one more viewer, until the server stops. `None` if as many
    /// watch as may, or the server stops already.
    pub(crate) fn watch(
        &self,
    ) -> Option<impl Stream<Item = Result<Event, Infallible>> + Send + use<>> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        let news = self.latest.subscribe();
        if matches!(*news.borrow(), News::Over) {
            return None;
        }
        self.watched.notify_one();
        let first = stream::once(ready(Event::default().retry(RETRY)));
        let events = stream::unfold((news, place), next_event);
        Some(first.chain(events).map(Ok))
    }

    /// Lets every viewer go.
    pub(crate) fn end(&self) {
        self.latest.send_replace(News::Over);
    }
}

/// A viewer: what it has not seen yet, and its place.
type Viewer = (watch::Receiver<News>, OwnedSemaphorePermit);

async fn next_event((mut news, place): Viewer) -> Option<(Event, Viewer)> {
    news.changed().await.ok()?;
    let News::Snapshot(json) = news.borrow_and_update().clone() else { return None };
    Some((Event::default().data(json), (news, place)))
}

/// The server at one moment.
#[derive(Serialize)]
struct Snapshot<'a> {
    stats: &'a Stats,
    waiting: Vec<Bar<'a>>,
    finished: Vec<Line<'a>>,
}

/// A request in flight. Times are in seconds.
#[derive(Serialize)]
struct Bar<'a> {
    number: Number,
    query: &'a str,
    asked: f64,
    waited: f64,
}

/// A request that has finished. Times are in seconds.
#[derive(Serialize)]
struct Line<'a> {
    number: Number,
    query: &'a str,
    /// Since it has finished.
    ago: f64,
    #[serde(flatten)]
    end: LineEnd,
}

#[derive(Serialize)]
#[serde(tag = "end", rename_all = "lowercase")]
enum LineEnd {
    Answered { asked: f64 },
    Left { asked: f64, waited: f64 },
    Refused { status: String },
}

/// What viewers are told, as JSON.
fn snapshot(stats: &Stats, board: &Board) -> String {
    let snapshot = Snapshot {
        stats,
        waiting: board.waiting().take(MOST_DRAWN).map(bar).collect(),
        finished: board.finished().map(line).collect(),
    };
    serde_json::to_string(&snapshot).expect("structs of texts and numbers are always JSON")
}

fn bar((number, waiting): (Number, &Waiting)) -> Bar<'_> {
    let Waiting { query, asked, since } = waiting;
    Bar { number, query, asked: seconds(*asked), waited: seconds(since.elapsed()) }
}

fn line(finished: &Finished) -> Line<'_> {
    let Finished { number, query, at, end } = finished;
    let end = match *end {
        End::Answered { asked } => LineEnd::Answered { asked: seconds(asked) },
        End::Left { asked, waited } => {
            LineEnd::Left { asked: seconds(asked), waited: seconds(waited) }
        }
        End::Refused(status) => LineEnd::Refused { status: status.to_string() },
    };
    Line { number: *number, query, ago: seconds(at.elapsed()), end }
}

/// To the millisecond: more digits would only be sent.
fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use axum::http::{StatusCode, Uri};
    use tokio::time::timeout;

    use super::*;

    /// The server's side for so many seconds of a paused clock.
    async fn report(live: &Live, counts: &Counts, seconds: u64) {
        let _ = timeout(Duration::from_secs(seconds), live.report(counts)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn while_nobody_watches_no_snapshot_is_made() {
        let (live, counts) = (Live::new(), Counts::new(1, 0));
        report(&live, &counts, 60).await;
        assert!(matches!(&*live.latest.borrow(), News::Snapshot(json) if &**json == "{}"));

        let _viewer = live.watch().unwrap();
        report(&live, &counts, 60).await;
        assert!(matches!(&*live.latest.borrow(), News::Snapshot(json) if json.contains("stats")));
    }

    /// How many events a viewer gets in ten seconds of the paused clock, while
    /// this is done at each.
    async fn events_in_ten_seconds(live: &Live, counts: &Counts, each: impl Fn()) -> usize {
        let mut seen = 0;
        let watching = live.watch().expect("a place").for_each(|_| {
            seen += 1;
            each();
            ready(())
        });
        tokio::select! {
            () = watching => {}
            () = report(live, counts, 10) => {}
        }
        seen
    }

    #[tokio::test(start_paused = true)]
    async fn a_quiet_server_sends_a_snapshot_every_second() {
        let (live, counts) = (Live::new(), Counts::new(1, 0));
        let events = events_in_ten_seconds(&live, &counts, || {}).await;
        assert!((10..=12).contains(&events), "{events}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_busy_server_sends_eight_a_second() {
        let (live, counts) = (Live::new(), Counts::new(1, 0));
        let refuse = || counts.reject(&Uri::default(), StatusCode::NOT_FOUND);
        let events = events_in_ten_seconds(&live, &counts, refuse).await;
        assert!((78..=82).contains(&events), "{events}");
    }

    #[tokio::test]
    async fn a_viewer_that_comes_too_late_is_not_kept_waiting() {
        let live = Live::new();
        live.end();
        assert!(live.watch().is_none());
    }
}
