//! Futures whose wakes are noted.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use pin_project_lite::pin_project;
use tracing::instrument::Instrumented;
use tracing::{Instrument, Span};

use crate::Lens;
use crate::lane::Lane;

/// Makes a future a lane of which it is also known when it was woken.
pub trait InLane: Future + Sized {
    /// As [`Instrument::instrument`], and more: a span alone tells when its future
    /// was polled, and not whether it could have been polled earlier. This future
    /// notes every call of its waker.
    ///
    /// The time between the two says something where a runtime has several
    /// workers: the task was ready, and none of them came. On one thread it says
    /// less, since timers and sockets wake nobody while the event loop is blocked.
    fn in_lane(self, span: Span) -> Woken<Self> {
        let lane = Lens::of_span(&span);
        Woken { future: self.instrument(span), lane, waker: None }
    }
}

impl<F: Future> InLane for F {}

pin_project! {
    /// What [`InLane::in_lane`] makes of a future.
    pub struct Woken<F> {
        #[pin]
        future: Instrumented<F>,
        // None if nobody records the span.
        lane: Option<(Lens, Arc<Lane>)>,
        waker: Option<(Arc<Note>, Waker)>,
    }
}

impl<F: Future> Future for Woken<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let Some((lens, lane)) = this.lane else { return this.future.poll(cx) };
        // Executors mostly come with the same waker again.
        let known = this.waker.as_ref().is_some_and(|(note, _)| note.waker.will_wake(cx.waker()));
        if !known {
            let (lens, lane) = (lens.clone(), Arc::clone(lane));
            let note = Arc::new(Note { lens, lane, waker: cx.waker().clone() });
            *this.waker = Some((Arc::clone(&note), note.into()));
        }
        match this.waker {
            Some((_, waker)) => this.future.poll(&mut Context::from_waker(waker)),
            None => this.future.poll(cx),
        }
    }
}

/// A waker that notes when it is called.
struct Note {
    lens: Lens,
    lane: Arc<Lane>,
    waker: Waker,
}

impl Wake for Note {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.lens.wake(&self.lane);
        self.waker.wake_by_ref();
    }
}
