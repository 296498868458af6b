//! Orders, and what is said of them.

use std::net::SocketAddr;

use benchmark::Result;
use serde_json::Value;

use crate::http::{self, Client};

/// As many requests are sent before the first of them is answered.
pub(crate) const AT_ONCE: usize = 100;

/// An order, and what all of its positions begin with.
pub(crate) struct Order {
    pub(crate) id: String,
    begin: String,
}

impl Order {
    /// The number makes its positions others than those of other orders.
    pub(crate) fn new(id: String, number: usize) -> Self {
        // The last digit is no zero, which some would leave out.
        let begin = format!(
            r#"{{"lat":-23.5614,"lon":-46.{number:06}1,"at":"2025-01-02T03:04:05.678Z","sequence":"#
        );
        Self { id, begin }
    }

    /// A position as it is delivered, and as watchers have to be sent it.
    pub(crate) fn position(&self, sequence: u64) -> String {
        format!("{}{sequence}}}", self.begin)
    }

    /// Which of its positions this is.
    pub(crate) fn sequence_of(&self, message: &[u8]) -> Result<u64> {
        let sequence = message.strip_prefix(self.begin.as_bytes());
        let sequence = sequence.and_then(|rest| rest.strip_suffix(b"}"));
        let sequence = sequence.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        let wrong = || format!("it was sent what is no position of its order: {message:?}");
        Ok(sequence.ok_or_else(wrong)?)
    }
}

/// Opens so many.
pub(crate) fn open(server: SocketAddr, all: usize) -> Result<Vec<Order>> {
    let mut client = Client::connect(server)?;
    let mut orders = Vec::with_capacity(all);
    while orders.len() < all {
        let some = AT_ONCE.min(all - orders.len());
        client.send(&http::open().repeat(some))?;
        for _ in 0..some {
            let answer = client.answer()?;
            let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
            let id = body["order"].as_str().filter(|_| answer.status == 201);
            let id = id.ok_or_else(|| format!("no order was opened: {answer:?}"))?;
            orders.push(Order::new(id.to_owned(), orders.len()));
        }
    }
    Ok(orders)
}
