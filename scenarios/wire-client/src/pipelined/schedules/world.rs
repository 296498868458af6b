//! A client, its task, its callers and its server, each of which does its next step when it
//! is told to.

use std::cell::RefCell;
use std::collections::{HashSet, VecDeque};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::super::connection::Connection;
use super::super::driver::Dial;
use super::super::{Client, Settings};
use super::interrupted;
use crate::Error;
use crate::protocol::{Command, Decoder, Limits, Value};

/// What takes part, and what may happen to it.
#[derive(Debug, Clone)]
pub(super) struct Setup {
    pub(super) callers: Vec<Caller>,
    pub(super) in_flight: usize,
    pub(super) reconnect: bool,
    /// How many callers may be cancelled while they wait.
    pub(super) cancels: usize,
    /// How often the server may send a part of what it has to say.
    pub(super) cuts: usize,
    /// How many bytes the socket takes before it is full, each time that the server reads.
    pub(super) room: usize,
    /// How often the server may send a message that is no reply.
    pub(super) pushes: usize,
    /// How often the connection may end.
    pub(super) breaks: usize,
    /// How many attempts to connect again fail.
    pub(super) refusals: usize,
    /// How often the others may come between two moments at which a caller has the lock.
    pub(super) interrupts: usize,
    /// Whether what was not woken may be polled.
    pub(super) spurious: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            callers: vec![Caller::Echoes(1); 2],
            in_flight: 8,
            reconnect: false,
            cancels: 1,
            cuts: 0,
            room: usize::MAX,
            pushes: 0,
            breaks: 0,
            refusals: 0,
            interrupts: 0,
            spurious: false,
        }
    }
}

/// What a caller does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    /// Has so many words echoed, one after the other, that nobody else has.
    Echoes(usize),
    /// Follows one of two channels for a moment.
    Follows(bool),
    /// Follows a third one, and hears what the server says there to whoever is new.
    Hears,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    PollCaller(usize),
    /// When it has taken the lock so often, the others do all that they can, and before that
    /// perhaps the connection ends.
    Interrupt {
        caller: usize,
        locks: usize,
        breaks: bool,
    },
    CancelCaller(usize),
    PollTask,
    /// The socket takes more bytes again.
    MakeRoom,
    /// The server sends so many of the bytes that it has to send.
    Send(usize),
    Push,
    Break,
}

/// Who has been woken since it was last polled. What was never polled is to be.
#[derive(Debug)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct Task<T> {
    flag: Arc<Flag>,
    /// None when it has ended, or was cancelled.
    future: Option<Pin<Box<dyn Future<Output = T>>>>,
    began: bool,
}

impl<T> Task<T> {
    fn new(future: impl Future<Output = T> + 'static) -> Self {
        let flag = Arc::new(Flag(AtomicBool::new(true)));
        Self { flag, future: Some(Box::pin(future)), began: false }
    }

    fn is_woken(&self) -> bool {
        self.future.is_some() && self.flag.0.load(Ordering::Relaxed)
    }

    fn poll(&mut self) -> Option<T> {
        let future = self.future.as_mut()?;
        self.began = true;
        self.flag.0.store(false, Ordering::Relaxed);
        let waker = Waker::from(Arc::clone(&self.flag));
        let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) else {
            return None;
        };
        self.future = None;
        Some(output)
    }
}

type Outcome = Result<(), String>;

pub(super) struct World {
    setup: Setup,
    client: Option<Client>,
    task: Rc<RefCell<Task<()>>>,
    callers: Vec<Task<Outcome>>,
    net: Arc<Mutex<Net>>,
}

impl World {
    pub(super) fn new(setup: &Setup) -> Self {
        let net = Arc::new(Mutex::new(Net::new(setup)));
        let dial = DialNet(Arc::clone(&net));
        let first = lock(&net).connect(&net);
        let settings = Settings {
            in_flight: setup.in_flight.try_into().unwrap(),
            reconnect: setup.reconnect,
            ..Settings::default()
        };
        let (client, task) = Client::start(dial, first, &settings);
        let callers = setup.callers.iter().enumerate();
        let callers = callers.map(|(number, &caller)| {
            let (client, net) = (client.clone(), Arc::clone(&net));
            Task::new(async move {
                match caller {
                    Caller::Echoes(words) => echo(&client, &net, number, words).await,
                    Caller::Follows(channel) => follow(&client, channel).await,
                    Caller::Hears => hear(&client, &net).await,
                }
            })
        });
        Self {
            setup: setup.clone(),
            callers: callers.collect(),
            client: Some(client),
            task: Rc::new(RefCell::new(Task::new(task))),
            net,
        }
    }

    /// What may happen next. Some of it happens sooner or later; the rest need not, and is
    /// behind it.
    pub(super) fn steps(&self) -> (Vec<Step>, usize) {
        let mut steps = Vec::new();
        let net = lock(&self.net);
        if self.task_is_woken() {
            steps.push(Step::PollTask);
        }
        if !net.wire().to_be_sent.is_empty() {
            steps.push(Step::Send(net.wire().to_be_sent.len()));
        }
        for (number, caller) in self.callers.iter().enumerate() {
            if caller.is_woken() && (caller.began || self.may_begin(number)) {
                steps.push(Step::PollCaller(number));
            }
        }
        if net.interrupts > 0 {
            let may_break = net.breaks > 0 && !net.wire().has_ended;
            for step in steps.clone() {
                let Step::PollCaller(caller) = step else { continue };
                // Before the first time is between two steps.
                for locks in 1..3 {
                    steps.push(Step::Interrupt { caller, locks, breaks: false });
                    if may_break {
                        steps.push(Step::Interrupt { caller, locks, breaks: true });
                    }
                }
            }
        }
        if net.wire().room == 0 {
            steps.push(Step::MakeRoom);
        }
        let certain = steps.len();
        if self.setup.cancels > 0 {
            for (number, caller) in self.callers.iter().enumerate() {
                if caller.began && caller.future.is_some() {
                    steps.push(Step::CancelCaller(number));
                }
            }
        }
        if net.cuts > 0 && net.wire().to_be_sent.len() > 1 {
            steps.push(Step::Send(1));
            steps.push(Step::Send(net.wire().to_be_sent.len() / 2));
        }
        if net.pushes > 0 {
            steps.push(Step::Push);
        }
        if net.breaks > 0 && !net.wire().has_ended {
            steps.push(Step::Break);
        }
        if self.setup.spurious {
            steps.push(Step::PollTask);
            let alive = |&number: &usize| self.callers[number].future.is_some();
            steps.extend((0..self.callers.len()).filter(alive).map(Step::PollCaller));
        }
        (steps, certain)
    }

    /// Callers that do the same are the same: the second one begins after the first.
    fn may_begin(&self, number: usize) -> bool {
        let before = number.checked_sub(1);
        before.is_none_or(|before| {
            self.callers[before].began || self.setup.callers[before] != self.setup.callers[number]
        })
    }

    pub(super) fn step(&mut self, step: Step) -> Outcome {
        match step {
            Step::PollTask => drop(self.task.borrow_mut().poll()),
            Step::PollCaller(number) => self.callers[number].poll().unwrap_or(Ok(()))?,
            Step::Interrupt { caller, locks, breaks } => {
                let (net, task) = (Arc::clone(&self.net), Rc::clone(&self.task));
                let others = move || do_all_they_can(&net, &task, breaks);
                interrupted(locks, others, || self.callers[caller].poll()).unwrap_or(Ok(()))?;
            }
            Step::CancelCaller(number) => {
                self.setup.cancels -= 1;
                self.callers[number].future = None;
            }
            Step::MakeRoom => {
                let mut net = lock(&self.net);
                net.wire_mut().room = self.setup.room;
                net.wire_mut().wake();
            }
            Step::Send(count) => {
                let mut net = lock(&self.net);
                net.cuts -= usize::from(count < net.wire().to_be_sent.len());
                net.wire_mut().send(count);
            }
            Step::Push => {
                let mut net = lock(&self.net);
                net.pushes -= 1;
                // Between what was said and what will be said.
                net.wire_mut().say(b">3\r\n$7\r\nmessage\r\n$1\r\nb\r\n$2\r\nhi\r\n");
            }
            Step::Break => {
                let mut net = lock(&self.net);
                net.breaks -= 1;
                net.wire_mut().end();
            }
        }
        lock(&self.net).serve();
        Ok(())
    }

    pub(super) fn task_is_woken(&self) -> bool {
        self.task.borrow().is_woken()
    }

    /// How often the client has written.
    pub(super) fn writes(&self) -> usize {
        lock(&self.net).wire().writes
    }

    /// Nothing moves any more: then everybody has what it waited for, and nothing is left.
    pub(super) fn check_at_rest(&mut self) -> Outcome {
        if let Some(number) = self.callers.iter().position(|it| it.future.is_some()) {
            return Err(format!("caller {number} waits, and nobody will wake it"));
        }
        let Some(client) = &self.client else { return Err("no client".to_owned()) };
        let state = client.owner.shared.lock();
        let counts = state.exchange.counts();
        if counts != (0, 0, 0) {
            return Err(format!("in flight, in line, slots: {counts:?} are left"));
        }
        if state.channels.len() > 0 {
            return Err("a channel is left".to_owned());
        }
        let net = lock(&self.net);
        if !net.wire().has_ended && !net.wire().channels.is_empty() {
            return Err("the server still sends what nobody wants".to_owned());
        }
        Ok(())
    }

    /// Ends the client in one of the two ways.
    pub(super) fn end(&mut self, closes: bool) -> Outcome {
        self.callers.clear();
        let client = self.client.take().ok_or("no client")?;
        let mut task = self.task.borrow_mut();
        let was_lost = task.future.is_none();
        let mut close = None;
        if closes {
            let mut closing = Task::new(async move { client.close().await });
            close = closing.poll().or_else(|| {
                while task.is_woken() {
                    task.poll();
                }
                closing.is_woken().then(|| closing.poll())?
            });
        } else {
            drop(client);
            while task.is_woken() {
                task.poll();
            }
        }
        if task.future.is_some() {
            return Err("the task goes on".to_owned());
        }
        if lock(&self.net).wires.iter().any(|wire| wire.has_client) {
            return Err("a connection is left".to_owned());
        }
        match close {
            None if closes => Err("close waits, and nobody will wake it".to_owned()),
            Some(Err(error)) if !was_lost => Err(format!("close says {error}")),
            _ => Ok(()),
        }
    }
}

async fn echo(client: &Client, net: &Mutex<Net>, number: usize, words: usize) -> Outcome {
    for word in 0..words {
        let word = format!("{number}.{word}");
        match client.call(&Command::new("ECHO").arg(&word)).await {
            Ok(reply) => {
                let got = reply.as_text().map(|text| &text[..]);
                if got != Some(word.as_bytes()) {
                    return Err(format!("{word} got {reply:?}"));
                }
            }
            Err(error) => lock(net).judge(&word, &error)?,
        }
    }
    Ok(())
}

async fn follow(client: &Client, channel: bool) -> Outcome {
    let channel = if channel { "a" } else { "b" };
    // It is dropped at once: the server is to send no more.
    let _ = client.subscribe(channel).await;
    Ok(())
}

async fn hear(client: &Client, net: &Mutex<Net>) -> Outcome {
    let heard = async { client.subscribe("c").await?.next().await };
    match heard.await {
        Ok(message) if message.payload == WELCOME => Ok(()),
        Err(_) if lock(net).may_break => Ok(()),
        other => Err(format!("who is new heard {other:?}")),
    }
}

/// The client's task and the server, until both wait.
fn do_all_they_can(net: &Mutex<Net>, task: &RefCell<Task<()>>, breaks: bool) {
    let mut task = task.borrow_mut();
    let mut others = lock(net);
    others.interrupts -= 1;
    if breaks {
        others.breaks -= 1;
        others.wire_mut().end();
    }
    drop(others);
    loop {
        task.poll();
        let mut net = lock(net);
        net.serve();
        match net.wire().to_be_sent.len() {
            0 if task.is_woken() => {}
            0 => return,
            count => net.wire_mut().send(count),
        }
    }
}

/// What the server says on one channel to whoever is new there.
const WELCOME: &str = "hi";

/// All connections that there were, the last one being the one that is used.
struct Net {
    wires: Vec<Wire>,
    room: usize,
    cuts: usize,
    pushes: usize,
    breaks: usize,
    refusals: usize,
    interrupts: usize,
    may_break: bool,
    /// Every word of which a byte has come to a server.
    seen: HashSet<String>,
}

impl Net {
    fn new(setup: &Setup) -> Self {
        let &Setup { room, cuts, pushes, breaks, refusals, interrupts, .. } = setup;
        let (wires, seen) = (Vec::new(), HashSet::new());
        let may_break = breaks > 0;
        Self { wires, room, cuts, pushes, breaks, refusals, interrupts, may_break, seen }
    }

    fn connect(&mut self, net: &Arc<Mutex<Self>>) -> Connection<Pipe> {
        self.wires.push(Wire::new(self.room));
        let pipe = Pipe { net: Arc::clone(net), number: self.wires.len() - 1 };
        Connection::new(pipe, Limits::default())
    }

    fn wire(&self) -> &Wire {
        self.wires.last().unwrap()
    }

    fn wire_mut(&mut self) -> &mut Wire {
        self.wires.last_mut().unwrap()
    }

    /// The server reads and does what it is told.
    fn serve(&mut self) {
        let wire = self.wires.last_mut().unwrap();
        while let Some(command) = wire.decoder.decode(&mut wire.received).unwrap() {
            let Value::Array(words) = command else { panic!("{command:?} is no command") };
            let word = |index: usize| words[index].as_text().unwrap().clone();
            let argument = word(1);
            let mut reply = BytesMut::new();
            match &word(0)[..] {
                b"ECHO" => {
                    self.seen.insert(String::from_utf8(argument.to_vec()).unwrap());
                    Value::BulkString(argument).encode(&mut reply);
                }
                name @ (b"SUBSCRIBE" | b"UNSUBSCRIBE") => {
                    let kind = name.to_ascii_lowercase();
                    if name == b"SUBSCRIBE" {
                        wire.channels.insert(argument.clone());
                    } else {
                        wire.channels.remove(&argument);
                    }
                    let count = Value::Integer(wire.channels.len().try_into().unwrap());
                    let says = |kind: Vec<u8>, what| {
                        let [kind, channel] =
                            [kind.into(), argument.clone()].map(Value::BulkString);
                        Value::Push(vec![kind, channel, what])
                    };
                    says(kind, count).encode(&mut reply);
                    if name == b"SUBSCRIBE" && argument == "c" {
                        let welcome = Value::BulkString(WELCOME.into());
                        says(b"message".to_vec(), welcome).encode(&mut reply);
                    }
                }
                _ => panic!("the server does not know {words:?}"),
            }
            wire.say(&reply);
        }
    }

    /// Whether a caller may get this.
    fn judge(&self, word: &str, error: &Error) -> Outcome {
        match error {
            Error::Lost { may_have_run, reason } if self.may_break => {
                if !may_have_run && self.seen.contains(word) {
                    return Err(format!("{word} is said not to have run, and did: {reason}"));
                }
                Ok(())
            }
            Error::Unreachable { .. } if self.may_break && !self.seen.contains(word) => Ok(()),
            error => Err(format!("{word} got {error:?}")),
        }
    }
}

/// Between the client and a server.
struct Wire {
    /// What the client can read.
    readable: VecDeque<u8>,
    /// What the server has to send.
    to_be_sent: VecDeque<u8>,
    /// How many bytes the client can write.
    room: usize,
    writes: usize,
    received: BytesMut,
    decoder: Decoder,
    channels: HashSet<bytes::Bytes>,
    has_ended: bool,
    has_client: bool,
    waker: Option<Waker>,
}

impl Wire {
    fn new(room: usize) -> Self {
        Self {
            readable: VecDeque::new(),
            to_be_sent: VecDeque::new(),
            room,
            writes: 0,
            received: BytesMut::new(),
            decoder: Decoder::default(),
            channels: HashSet::new(),
            has_ended: false,
            has_client: true,
            waker: None,
        }
    }

    fn say(&mut self, bytes: &[u8]) {
        if !self.has_ended {
            self.to_be_sent.extend(bytes);
        }
    }

    fn send(&mut self, count: usize) {
        self.readable.extend(self.to_be_sent.drain(..count));
        self.wake();
    }

    fn end(&mut self) {
        self.has_ended = true;
        self.to_be_sent.clear();
        self.wake();
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// The client's end of it.
struct Pipe {
    net: Arc<Mutex<Net>>,
    number: usize,
}

impl Drop for Pipe {
    fn drop(&mut self) {
        lock(&self.net).wires[self.number].has_client = false;
    }
}

impl AsyncRead for Pipe {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let wire = &mut lock(&self.net).wires[self.number];
        if wire.readable.is_empty() && !wire.has_ended {
            wire.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let count = wire.readable.len().min(buffer.remaining());
        let bytes: Vec<_> = wire.readable.drain(..count).collect();
        buffer.put_slice(&bytes);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let wire = &mut lock(&self.net).wires[self.number];
        if wire.has_ended {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        if wire.room == 0 {
            wire.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let count = bytes.len().min(wire.room);
        wire.room -= count;
        wire.writes += 1;
        wire.received.extend_from_slice(&bytes[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

struct DialNet(Arc<Mutex<Net>>);

impl Dial for DialNet {
    type Stream = Pipe;

    async fn dial(&self) -> Result<Connection<Pipe>, Error> {
        let mut net = lock(&self.0);
        if net.refusals > 0 {
            net.refusals -= 1;
            let reason = io::ErrorKind::ConnectionRefused;
            return Err(Error::Unreachable { address: "the server".to_owned(), reason });
        }
        Ok(net.connect(&self.0))
    }
}

fn lock(net: &Mutex<Net>) -> MutexGuard<'_, Net> {
    net.lock().unwrap()
}
