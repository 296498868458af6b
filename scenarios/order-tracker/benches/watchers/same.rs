//! Whether a server does what is measured: it is no use to know how fast a wrong one is.

use std::net::SocketAddr;

use benchmark::Result;

use crate::frames::{self, Frame};
use crate::http::{self, Client};
use crate::orders::{Order, open};

/// Has couriers deliver to two orders, and looks at what three watchers of the one and
/// one of the other are sent.
///
/// # Errors
///
/// A sentence that says what is not so.
pub(crate) fn check(server: SocketAddr) -> Result<()> {
    let mut courier = Client::connect(server)?;
    let orders = open(server, 2)?;
    let [one, other] = &orders[..] else { return Err("two orders are not two".into()) };
    deliver(&mut courier, one, 3, true)?;
    deliver(&mut courier, one, 2, false)?;

    // Who comes late sees the newest at once.
    let watch = |order: &Order| watch(server, &order.id)?.ok_or_else(|| "no WebSocket".into());
    let mut watchers = (0..3).map(|_| watch(one)).collect::<Result<Vec<_>>>()?;
    let mut elsewhere = watch(other)?;
    sees(&mut watchers, one, 3)?;

    // Neither an older one nor another order's comes between two of theirs.
    deliver(&mut courier, one, 4, true)?;
    sees(&mut watchers, one, 4)?;
    deliver(&mut courier, one, 4, false)?;
    deliver(&mut courier, other, 1, true)?;
    deliver(&mut courier, one, 5, true)?;
    sees(&mut watchers, one, 5)?;
    sees(std::slice::from_mut(&mut elsewhere), other, 1)?;

    let nowhere = Order::new("0".repeat(32), 0);
    if watch_is_refused(server, &nowhere.id)? && status(&mut courier, &nowhere, 1)?.status == 404 {
        Ok(())
    } else {
        Err("an order that nobody has opened is there".into())
    }
}

fn status(courier: &mut Client, order: &Order, sequence: u64) -> Result<http::Answer> {
    courier.send(&http::deliver(&order.id, &order.position(sequence)))?;
    courier.answer()
}

fn deliver(courier: &mut Client, order: &Order, sequence: u64, is_newer: bool) -> Result<()> {
    let answer = status(courier, order, sequence)?;
    match answer.status == 202 && answer.body == format!(r#"{{"taken":{is_newer}}}"#) {
        true => Ok(()),
        false => Err(format!("#{sequence} is answered with {answer:?}").into()),
    }
}

fn watch(server: SocketAddr, order: &str) -> Result<Option<Client>> {
    let mut watcher = Client::connect(server)?;
    watcher.send(&http::watch(order))?;
    Ok((watcher.answer()?.status == 101).then_some(watcher))
}

fn watch_is_refused(server: SocketAddr, order: &str) -> Result<bool> {
    Ok(watch(server, order)?.is_none())
}

/// Whether this is the next that each of them is sent.
fn sees(watchers: &mut [Client], order: &Order, sequence: u64) -> Result<()> {
    for watcher in watchers {
        let text = next(watcher)?;
        if text != order.position(sequence) {
            return Err(format!("#{sequence} was due, and a watcher was sent {text}").into());
        }
    }
    Ok(())
}

fn next(watcher: &mut Client) -> Result<String> {
    loop {
        if let Some((frame, length)) = frames::first(&watcher.come)? {
            let text = match frame {
                Frame::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
                Frame::Ping(_) => None,
            };
            watcher.come.drain(..length);
            if let Some(text) = text {
                return Ok(text);
            }
        } else {
            watcher.read()?;
        }
    }
}
