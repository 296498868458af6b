//! The lanes whose spans are open, by the numbers of their spans.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, Mutex};

use crate::lane::Lane;
use crate::lock;

/// So many threads can look at the same time.
const SHARDS: usize = 32;

/// A map for each part of them. Looking one up is the price of every poll, and
/// in here it is lower than in the extensions of its span.
#[derive(Default)]
pub(crate) struct Live {
    shards: [Mutex<Shard>; SHARDS],
}

type Shard = HashMap<u64, Arc<Lane>, BuildHasherDefault<OfId>>;

impl Live {
    fn shard(&self, span: u64) -> &Mutex<Shard> {
        &self.shards[(scattered(span) >> 32) as usize % SHARDS]
    }

    pub(crate) fn insert(&self, span: u64, lane: Arc<Lane>) {
        lock(self.shard(span)).insert(span, lane);
    }

    pub(crate) fn get(&self, span: u64) -> Option<Arc<Lane>> {
        lock(self.shard(span)).get(&span).cloned()
    }

    pub(crate) fn remove(&self, span: u64) -> Option<Arc<Lane>> {
        let mut shard = lock(self.shard(span));
        let lane = shard.remove(&span);
        // After a crowd, most of the map is empty.
        if shard.len() < shard.capacity() / 8 {
            let room = shard.len() * 2;
            shard.shrink_to(room);
        }
        lane
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.shards.iter().all(|shard| lock(shard).is_empty())
    }
}

/// Spans are numbered by the registry, so nobody can choose numbers that collide.
#[derive(Default)]
struct OfId(u64);

impl Hasher for OfId {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _bytes: &[u8]) {
        unreachable!("a span's number is a u64");
    }

    fn write_u64(&mut self, span: u64) {
        self.0 = scattered(span);
    }
}

/// Neighbours end up far apart, in the lower bits and in the upper ones.
fn scattered(span: u64) -> u64 {
    let scattered = span.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    scattered ^ (scattered >> 29)
}
