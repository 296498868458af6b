//! Messages of channels, which come beside the replies.
//!
//! A message takes nobody's place: the protocol marks it as a push. Whoever does not take
//! its messages in time must not stop the replies of the others, and must not fill the
//! memory. So each subscription has a bounded queue, and is told what it missed.

use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use super::exchange::Expects;
use super::shared::{Shared, wake_after};
use super::slots::Key;
use crate::Error;
use crate::protocol::{Command, Value};

/// How many bytes of messages wait for one subscription, besides the last one.
const WAITING_BYTES: usize = 4 << 20;

/// What comes over one channel, from the moment at which the server has confirmed it.
///
/// It ends with its connection: what was said meanwhile is lost, and only its owner knows
/// what that means. It does not keep the client open. When it is dropped, the server is
/// told to send no more.
#[derive(Debug)]
pub struct Subscription {
    shared: Arc<Shared>,
    channel: Bytes,
    inbox: Arc<Inbox>,
    stage: Stage,
}

#[derive(Debug, Clone, Copy)]
enum Stage {
    New,
    /// The server has not confirmed it.
    Asked(Key),
    /// It has, or will not.
    Answered,
}

/// What somebody has published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its bytes.
    pub payload: Bytes,
    /// How many were thrown away just before this one, because the queue was full.
    pub missed: u64,
}

impl Subscription {
    pub(super) async fn begin(shared: &Arc<Shared>, channel: &[u8]) -> Result<Self, Error> {
        let channel = Bytes::copy_from_slice(channel);
        let inbox = Arc::new(Inbox::new(shared.lock().channels.messages));
        let mut this = Self { shared: Arc::clone(shared), channel, inbox, stage: Stage::New };
        // It may be cancelled here: then it is dropped like any other.
        poll_fn(|cx| this.poll_confirmed(cx)).await?;
        Ok(this)
    }

    fn poll_confirmed(&mut self, cx: &Context<'_>) -> Poll<Result<(), Error>> {
        match self.stage {
            Stage::New => {
                let command = Command::new("SUBSCRIBE").arg(&self.channel);
                let mut state = self.shared.lock();
                let key = state.enter(command.as_bytes(), Expects::Confirmation, cx.waker())?;
                // At the same moment: if the connection ended in between, the inbox would end
                // with it, and the command would go out on the next one.
                state.channels.join(&self.channel, &self.inbox);
                wake_after(state);
                self.stage = Stage::Asked(key);
                Poll::Pending
            }
            Stage::Asked(key) => self.shared.poll_reply(key, cx).map(|reply| {
                self.stage = Stage::Answered;
                super::refusal(reply?).map(drop)
            }),
            Stage::Answered => Poll::Ready(Ok(())),
        }
    }

    /// The next message, as soon as there is one.
    ///
    /// Nothing is lost if this is cancelled.
    ///
    /// # Errors
    ///
    /// The connection has ended, or the client was closed. The messages that came before
    /// come first.
    pub async fn next(&mut self) -> Result<Message, Error> {
        poll_fn(|cx| self.inbox.poll(cx)).await
    }

    /// How many messages were thrown away so far.
    pub fn missed(&self) -> u64 {
        self.inbox.lock().missed
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        let was_sent = match self.stage {
            Stage::New => false,
            // A command that still stands in line does not go out.
            Stage::Asked(key) => state.exchange.abandon(key),
            Stage::Answered => true,
        };
        if state.channels.leave(&self.channel, &self.inbox, was_sent) {
            state.tell(Command::new("UNSUBSCRIBE").arg(&self.channel).as_bytes());
        }
        wake_after(state);
    }
}

/// Who wants to hear which channel.
#[derive(Debug)]
pub(super) struct Channels {
    channels: HashMap<Bytes, Channel>,
    /// How many messages may wait for one subscription.
    messages: usize,
}

#[derive(Debug, Default)]
struct Channel {
    inboxes: Vec<Arc<Inbox>>,
    /// One that has gone since may have made the server send.
    may_be_subscribed: bool,
}

impl Channels {
    pub(super) fn new(messages: usize) -> Self {
        Self { channels: HashMap::new(), messages: messages.max(1) }
    }

    fn join(&mut self, channel: &Bytes, inbox: &Arc<Inbox>) {
        self.channels.entry(channel.clone()).or_default().inboxes.push(Arc::clone(inbox));
    }

    /// Tells whether the server is to send no more.
    fn leave(&mut self, name: &Bytes, inbox: &Arc<Inbox>, was_sent: bool) -> bool {
        let Some(channel) = self.channels.get_mut(name) else { return false };
        let others = channel.inboxes.len();
        channel.inboxes.retain(|it| !Arc::ptr_eq(it, inbox));
        // One that ended with an earlier connection is not in the list.
        if channel.inboxes.len() == others {
            return false;
        }
        channel.may_be_subscribed |= was_sent;
        if !channel.inboxes.is_empty() {
            return false;
        }
        let is_subscribed = channel.may_be_subscribed;
        self.channels.remove(name);
        is_subscribed
    }

    /// `message`, the channel, and what was published.
    pub(super) fn receive(&mut self, push: &[Value], wakers: &mut Vec<Waker>) {
        let [_, channel, payload] = push else { return };
        let (Some(channel), Some(payload)) = (channel.as_text(), payload.as_text()) else { return };
        let Some(channel) = self.channels.get(channel) else { return };
        // A copy, since bytes that were read hold all that was read with them.
        let payload = Bytes::copy_from_slice(payload);
        for inbox in &channel.inboxes {
            wakers.extend(inbox.receive(&payload));
        }
    }

    /// All of them end.
    pub(super) fn end(&mut self, error: &Error, wakers: &mut Vec<Waker>) {
        for (_, channel) in self.channels.drain() {
            for inbox in channel.inboxes {
                let mut content = inbox.lock();
                content.ended = Some(error.clone());
                wakers.extend(content.waker.take());
            }
        }
    }

    /// How many have somebody who listens.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.channels.len()
    }
}

/// The messages that one subscription has not taken yet. It has a lock of its own, so that
/// listening does not keep callers waiting.
#[derive(Debug)]
struct Inbox {
    most: usize,
    content: Mutex<Content>,
}

#[derive(Debug, Default)]
struct Content {
    messages: VecDeque<Message>,
    /// In all of them.
    bytes: usize,
    /// Since it began.
    missed: u64,
    /// How many of these the messages tell of.
    told: u64,
    waker: Option<Waker>,
    ended: Option<Error>,
}

impl Inbox {
    fn new(most: usize) -> Self {
        Self { most, content: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives whom to wake.
    fn receive(&self, payload: &Bytes) -> Option<Waker> {
        let mut content = self.lock();
        if content.messages.len() >= self.most || content.bytes >= WAITING_BYTES {
            content.missed += 1;
            return None;
        }
        let missed = content.missed - content.told;
        content.told = content.missed;
        content.bytes += payload.len();
        content.messages.push_back(Message { payload: payload.clone(), missed });
        content.waker.take()
    }

    fn poll(&self, cx: &Context<'_>) -> Poll<Result<Message, Error>> {
        let mut content = self.lock();
        if let Some(message) = content.messages.pop_front() {
            content.bytes -= message.payload.len();
            return Poll::Ready(Ok(message));
        }
        if let Some(error) = &content.ended {
            return Poll::Ready(Err(error.clone()));
        }
        content.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}
