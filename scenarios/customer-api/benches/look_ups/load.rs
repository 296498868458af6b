//! Clients: those that come at a fixed rate, and those that ask again at once.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use benchmark::Result;
use futures::future::try_join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::time::{Instant, sleep_until};

/// Customers that there are.
const CUSTOMERS: usize = 1_000;

/// Who comes, whether or not those before have had their answers: a client that
/// waits for an answer before it asks again would hardly notice a server that halts.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    /// Per second.
    pub(crate) rate: u32,
    pub(crate) time: Duration,
    /// Every so manieth wants a report.
    pub(crate) slow: Option<usize>,
}

/// How long each quick look-up took, from when it was due to the end of its answer.
pub(crate) fn at_a_rate(server: SocketAddr, load: Load) -> Result<Vec<Duration>> {
    block_on(async {
        let idle = Idle::default();
        let begun = Instant::now() + Duration::from_millis(50);
        let all = (load.time.as_secs_f64() * f64::from(load.rate)) as usize;
        let visits = (0..all).map(|number| {
            let due = begun + (Duration::from_secs(1) * number as u32) / load.rate;
            let is_slow = load.slow.is_some_and(|one_in| number % one_in == one_in / 2);
            let idle = idle.clone();
            tokio::spawn(async move {
                sleep_until(due).await;
                let mut stream = idle.take(server).await?;
                ask(&mut stream, number, is_slow).await?;
                idle.give_back(stream);
                Result::Ok((!is_slow).then(|| due.elapsed())).map_err(|error| error.to_string())
            })
        });
        let visits: Vec<_> = visits.collect();
        let mut took = Vec::with_capacity(all);
        for visit in visits {
            took.extend(visit.await??);
        }
        Ok(took)
    })
}

/// The least that so great a share of them does not exceed. They are sorted.
pub(crate) fn percentile(sorted: &[Duration], share: f64) -> Duration {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

/// Makes so many quick look-ups, on so many connections one after another, and gives
/// how long that took.
pub(crate) fn until_done(server: SocketAddr, connections: usize, all: usize) -> Result<Duration> {
    block_on(async {
        let begun = Instant::now();
        let clients = (0..connections).map(async |first| {
            let mut stream = connect(server).await?;
            for number in (first..all).step_by(connections) {
                ask(&mut stream, number, false).await?;
            }
            Result::Ok(())
        });
        try_join_all(clients).await?;
        Ok(begun.elapsed())
    })
}

fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    Builder::new_current_thread().enable_all().build()?.block_on(work)
}

/// Connections that nobody uses at the moment.
#[derive(Clone, Default)]
struct Idle(Arc<Mutex<Vec<TcpStream>>>);

impl Idle {
    async fn take(&self, server: SocketAddr) -> std::result::Result<TcpStream, String> {
        let idle = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle {
            Some(stream) => Ok(stream),
            None => connect(server).await.map_err(|error| error.to_string()),
        }
    }

    fn give_back(&self, stream: TcpStream) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(stream);
    }
}

async fn connect(server: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Sends a request and reads the whole answer, which has to be a 200.
async fn ask(
    stream: &mut TcpStream,
    number: usize,
    is_slow: bool,
) -> std::result::Result<(), String> {
    let (id, route) = (number % CUSTOMERS + 1, if is_slow { "/report" } else { "" });
    let request = format!("GET /customers/{id}{route} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    let failed = |error: std::io::Error| error.to_string();
    stream.write_all(request.as_bytes()).await.map_err(failed)?;
    let mut answer = Vec::with_capacity(512);
    loop {
        if stream.read_buf(&mut answer).await.map_err(failed)? == 0 {
            return Err("the server has hung up".to_owned());
        }
        if length(&answer).is_some_and(|length| answer.len() >= length) {
            break;
        }
    }
    match answer.starts_with(b"HTTP/1.1 200 ") {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&answer).into_owned()),
    }
}

/// How long the answer is with its head, once all of that is there.
fn length(answer: &[u8]) -> Option<usize> {
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let lines = std::str::from_utf8(&answer[..head]).ok()?;
    let length = lines.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().ok())?
    });
    Some(head + length.unwrap_or(0))
}
