//! Couriers who deliver at a fixed rate, and a crowd that watches.
//!
//! One thread delivers each position when it is due, whether or not those before have
//! been answered, and another reads what the server sends, by one `epoll` and one buffer
//! for all. A position's time goes from when it was due, so a server that halts is not
//! spared what it held up.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream as Blocking};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use benchmark::Result;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::frames::{self, Frame};
use crate::http::{self, Client};
use crate::orders::{AT_ONCE, Order, open};

/// Connections that deliver, for as many orders as there may be.
const COURIERS: std::ops::RangeInclusive<usize> = 4..=256;

/// How long after the last position was due everybody must have been told of it.
const PATIENCE: Duration = Duration::from_secs(30);

/// The position that shows that everything is in place. Those that are measured follow.
const FIRST: u64 = 1;

/// What the answer to a delivery says.
const TAKEN: &str = r#"{"taken":true}"#;
const OLDER: &str = r#"{"taken":false}"#;

/// Orders, those who watch them, and those who deliver, all connected to one server.
pub(crate) struct Crowd {
    poll: Poll,
    orders: Vec<Order>,
    watchers: Vec<Watcher>,
    couriers: Vec<Courier>,
    /// What is read at a time.
    buffer: Vec<u8>,
}

struct Watcher {
    stream: TcpStream,
    order: usize,
    /// The last position it was sent; 0 before there is one.
    seen: u64,
    /// The beginning of what has not come as a whole.
    come: Vec<u8>,
}

struct Courier {
    stream: TcpStream,
    /// The same socket, for the thread that delivers.
    out: Blocking,
    come: Vec<u8>,
}

/// When which position is due.
#[derive(Clone, Copy)]
pub(crate) struct Schedule {
    /// From one position of an order to the next. Those of all orders are spread over it.
    pub(crate) every: Duration,
    /// Of each order.
    pub(crate) positions: u64,
    /// How long whoever reads for the watchers rests after each time. Without a rest, each
    /// message wakes it, and a server pays for that: with watchers who are on machines of
    /// their own it would not.
    pub(crate) rest: Duration,
}

/// What the crowd saw.
pub(crate) struct Seen {
    /// Messages.
    pub(crate) received: u64,
    /// Positions that a watcher was not sent, as there was a newer one.
    pub(crate) missed: u64,
    /// From when the first one was due to when the last one was read.
    pub(crate) took: Duration,
    /// From when a position was due to when a watcher read it, or a newer one.
    pub(crate) delays: Vec<Duration>,
    /// From when each was due to when it was delivered, which is no matter of the server's
    /// unless it had not answered those before.
    pub(crate) late: Vec<Duration>,
}

impl Crowd {
    /// Opens the orders, and has so many watch each.
    pub(crate) fn gather(server: SocketAddr, orders: usize, watchers: usize) -> Result<Self> {
        let orders = open(server, orders)?;
        let poll = Poll::new()?;
        let all: Vec<usize> = (0..orders.len() * watchers).map(|it| it / watchers).collect();
        let mut crowd = Self {
            poll,
            watchers: Vec::with_capacity(all.len()),
            couriers: Vec::new(),
            buffer: vec![0; 64 * 1024],
            orders,
        };
        for some in all.chunks(AT_ONCE) {
            crowd.let_watch(server, some)?;
        }
        for _ in 0..crowd.orders.len().clamp(*COURIERS.start(), *COURIERS.end()) {
            crowd.add_courier(server)?;
        }
        Ok(crowd)
    }

    fn let_watch(&mut self, server: SocketAddr, orders: &[usize]) -> Result<()> {
        let ask = |order: &usize| {
            let mut client = Client::connect(server)?;
            client.send(&http::watch(&self.orders[*order].id))?;
            Ok((*order, client))
        };
        for (order, mut client) in orders.iter().map(ask).collect::<Result<Vec<_>>>()? {
            let answer = client.answer()?;
            if answer.status != 101 {
                return Err(format!("watcher {}: {answer:?}", self.watchers.len()).into());
            }
            let Client { stream, come } = client;
            let stream = self.registered(stream, self.watchers.len())?;
            self.watchers.push(Watcher { stream, order, seen: 0, come });
        }
        Ok(())
    }

    fn add_courier(&mut self, server: SocketAddr) -> Result<()> {
        let out = Client::connect(server)?.stream;
        let stream =
            self.registered(out.try_clone()?, self.watchers.len() + self.couriers.len())?;
        self.couriers.push(Courier { stream, out, come: Vec::new() });
        Ok(())
    }

    fn registered(&self, stream: Blocking, token: usize) -> Result<TcpStream> {
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        self.poll.registry().register(&mut stream, Token(token), Interest::READABLE)?;
        Ok(stream)
    }

    /// Delivers one position of each order, and waits until each watcher has been sent it.
    pub(crate) fn warm_up(&mut self) -> Result<()> {
        let (every, rest) = (Duration::from_secs(1), Duration::ZERO);
        let schedule = Schedule { every, positions: 1, rest };
        let seen = self.run_from(FIRST, schedule)?;
        match seen.received == self.watchers.len() as u64 {
            true => Ok(()),
            false => Err(format!("one position each was {} messages", seen.received).into()),
        }
    }

    /// Delivers as the schedule says, once it has warmed up.
    pub(crate) fn run(&mut self, schedule: Schedule) -> Result<Seen> {
        self.run_from(FIRST + 1, schedule)
    }

    fn run_from(&mut self, first: u64, schedule: Schedule) -> Result<Seen> {
        let Self { poll, orders, watchers, couriers, buffer } = self;
        let (give_back, idle) = channel();
        (0..couriers.len()).try_for_each(|courier| give_back.send(courier))?;
        let outs: Vec<&Blocking> = couriers.iter().map(|courier| &courier.out).collect();
        // The thread has sockets of its own, so that the readers can be written to.
        let outs =
            outs.into_iter().map(Blocking::try_clone).collect::<std::io::Result<Vec<_>>>()?;
        let begun = Instant::now() + Duration::from_millis(20);
        let plan = Due { schedule, begun, first, orders: orders.len() };
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            let delivering = scope.spawn(|| plan.deliver(orders, &outs, idle, &is_over));
            let mut reading = Reading {
                plan: &plan,
                orders,
                seen: Seen {
                    received: 0,
                    missed: 0,
                    took: Duration::ZERO,
                    delays: Vec::with_capacity(watchers.len() * schedule.positions as usize),
                    late: Vec::new(),
                },
                behind: watchers.len(),
                unanswered: plan.all(),
                give_back,
            };
            let read = reading.until_all_told(poll, watchers, couriers, buffer);
            is_over.store(true, Ordering::Relaxed);
            let Reading { seen, give_back, .. } = reading;
            drop(give_back);
            // It does not panic.
            let late = delivering.join().map_err(|_| "the couriers have stopped")?;
            read?;
            Ok(Seen { late: late.map_err(|error| format!("cannot deliver: {error}"))?, ..seen })
        })
    }
}

/// A schedule that has begun.
struct Due {
    schedule: Schedule,
    begun: Instant,
    /// The sequence of the first position.
    first: u64,
    orders: usize,
}

impl Due {
    /// How many positions there are, of all orders.
    fn all(&self) -> u64 {
        self.schedule.positions * self.orders as u64
    }

    fn last(&self) -> u64 {
        self.first + self.schedule.positions - 1
    }

    /// When the position with this number, of those of all orders, is due.
    fn of(&self, number: u64) -> Instant {
        self.begun + self.schedule.every.mul_f64(number as f64 / self.orders as f64)
    }

    fn of_position(&self, order: usize, sequence: u64) -> Instant {
        self.of((sequence - self.first) * self.orders as u64 + order as u64)
    }

    /// Delivers all of them, and gives how late.
    fn deliver(
        &self,
        orders: &[Order],
        couriers: &[Blocking],
        idle: Receiver<usize>,
        is_over: &AtomicBool,
    ) -> std::io::Result<Vec<Duration>> {
        let mut late = Vec::with_capacity(self.all() as usize);
        for number in 0..self.all() {
            let order = &orders[(number % self.orders as u64) as usize];
            let sequence = self.first + number / self.orders as u64;
            let request = http::deliver(&order.id, &order.position(sequence));
            thread::sleep(self.of(number).saturating_duration_since(Instant::now()));
            // Whoever reads has failed, and says why.
            let Ok(courier) = idle.recv() else { break };
            if is_over.load(Ordering::Relaxed) {
                break;
            }
            (&couriers[courier]).write_all(request.as_bytes())?;
            late.push(self.of(number).elapsed());
        }
        Ok(late)
    }
}

/// Reading what the server sends.
struct Reading<'c> {
    plan: &'c Due,
    orders: &'c [Order],
    seen: Seen,
    /// Watchers who have not been sent the last position.
    behind: usize,
    /// Deliveries.
    unanswered: u64,
    /// Couriers who have their answers.
    give_back: Sender<usize>,
}

impl Reading<'_> {
    fn until_all_told(
        &mut self,
        poll: &mut Poll,
        watchers: &mut [Watcher],
        couriers: &mut [Courier],
        buffer: &mut [u8],
    ) -> Result<()> {
        let mut events = Events::with_capacity(1024);
        let end = self.plan.of(self.plan.all()) + PATIENCE;
        while self.behind > 0 || self.unanswered > 0 {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(self.not_in_time());
            }
            match poll.poll(&mut events, Some(left)) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                polled => polled?,
            }
            for event in &events {
                let Token(token) = event.token();
                match token.checked_sub(watchers.len()) {
                    None => self.watch(&mut watchers[token], buffer).map_err(|error| {
                        let order = &self.orders[watchers[token].order].id[..4];
                        format!("watcher {token} of order {order}: {error}")
                    })?,
                    Some(courier) => self.hear(&mut couriers[courier], courier, buffer)?,
                }
            }
            if !self.plan.schedule.rest.is_zero() {
                thread::sleep(self.plan.schedule.rest);
            }
        }
        Ok(())
    }

    fn not_in_time(&self) -> Box<dyn std::error::Error> {
        let Self { behind, unanswered, .. } = self;
        let patience = PATIENCE.as_secs();
        format!(
            "{patience} s after the last position was due, {behind} watchers have not been sent \
             it, and {unanswered} deliveries are not answered; this machine bears less"
        )
        .into()
    }

    fn watch(&mut self, watcher: &mut Watcher, buffer: &mut [u8]) -> Result<()> {
        while let Some(read) = read(&mut watcher.stream, buffer)? {
            let now = Instant::now();
            if watcher.come.is_empty() {
                let done = self.frames(watcher, &buffer[..read], now)?;
                watcher.come.extend_from_slice(&buffer[done..read]);
            } else {
                let mut come = std::mem::take(&mut watcher.come);
                come.extend_from_slice(&buffer[..read]);
                let done = self.frames(watcher, &come, now)?;
                come.drain(..done);
                watcher.come = come;
            }
            // The next event tells of what has not come yet.
            if read < buffer.len() {
                break;
            }
        }
        Ok(())
    }

    /// Takes the frames that are there, and gives how long they are.
    fn frames(&mut self, watcher: &mut Watcher, come: &[u8], now: Instant) -> Result<usize> {
        let mut done = 0;
        while let Some((frame, length)) = frames::first(&come[done..])? {
            match frame {
                Frame::Text(text) => self.see(watcher, text, now)?,
                Frame::Ping(payload) => watcher.stream.write_all(&frames::pong(payload))?,
            }
            done += length;
        }
        Ok(done)
    }

    fn see(&mut self, watcher: &mut Watcher, text: &[u8], now: Instant) -> Result<()> {
        let sequence = self.orders[watcher.order].sequence_of(text)?;
        if sequence <= watcher.seen || sequence > self.plan.last() {
            return Err(format!("it was sent #{sequence} after #{}", watcher.seen).into());
        }
        let next = (watcher.seen + 1).max(self.plan.first);
        for position in next..=sequence {
            let due = self.plan.of_position(watcher.order, position);
            self.seen.delays.push(now.saturating_duration_since(due));
        }
        self.seen.received += 1;
        self.seen.missed += sequence - next;
        self.seen.took = now.saturating_duration_since(self.plan.begun);
        watcher.seen = sequence;
        if sequence == self.plan.last() {
            self.behind -= 1;
        }
        Ok(())
    }

    /// Takes the answer to a delivery.
    fn hear(&mut self, courier: &mut Courier, number: usize, buffer: &mut [u8]) -> Result<()> {
        while let Some(read) = read(&mut courier.stream, buffer)? {
            courier.come.extend_from_slice(&buffer[..read]);
            if read < buffer.len() {
                break;
            }
        }
        let Some((answer, length)) = http::first(&courier.come)? else { return Ok(()) };
        // Where a newer one has overtaken it, its watchers miss it, and that is counted.
        if answer.status != 202 || ![TAKEN, OLDER].contains(&answer.body.as_str()) {
            return Err(format!("a position was not taken: {answer:?}").into());
        }
        courier.come.drain(..length);
        self.unanswered -= 1;
        // Nobody takes it any more once all have been delivered.
        let _ = self.give_back.send(number);
        Ok(())
    }
}

/// What has come, if anything has.
fn read(stream: &mut TcpStream, buffer: &mut [u8]) -> Result<Option<usize>> {
    match stream.read(buffer) {
        Ok(0) => Err("the server has hung up".into()),
        Ok(read) => Ok(Some(read)),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error.into()),
    }
}
