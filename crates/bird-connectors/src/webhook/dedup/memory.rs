//! A store in memory with a bounded number of keys.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::Instant;

use super::claim_tokens::TokenTable;
use super::key_map::KeyMap;
use super::store::{Claim, DedupFuture, DedupStore};
use crate::lock::lock;
use crate::webhook::{DeliveryKey, Verifier};

/// Remembers deliveries in memory, for one process. A [`Deduplicator`](crate::webhook::Deduplicator) uses it by default.
///
/// Memory is bounded. When the capacity is exceeded, the store drops the oldest keys, done ones before those in flight. A
/// delivery whose key was dropped counts as new. Only pass keys of verified events: otherwise a stranger could fill the
/// store.
///
/// If the lease of a worker ends before its work does, another worker can claim the key. The first worker then cannot release
/// that claim.
///
/// ```
/// use std::time::Duration;
/// use bird_connectors::webhook::{Deduplicator, MemoryDedupStore};
///
/// // Processing takes up to five minutes.
/// let store = MemoryDedupStore::new().lease(Duration::from_secs(600));
/// let deduplicator = Deduplicator::new(store);
/// ```
pub struct MemoryDedupStore {
    table: Mutex<Table>,
}

impl MemoryDedupStore {
    /// A store with a [capacity](Self::capacity) of 65 536 keys (about 8 MiB if full). It remembers done keys for as long
    /// as a [`Verifier`] with default settings accepts their deliveries (24 hours and 5 minutes), and drops claims after a
    /// [lease](Self::lease) of 60 seconds.
    #[must_use]
    pub fn new() -> Self {
        Self {
            table: Mutex::new(Table {
                entries: KeyMap::default(),
                done: VecDeque::new(),
                in_flight: VecDeque::new(),
                capacity: 65_536,
                retention: Verifier::MAX_AGE + Verifier::TOLERANCE,
                lease: Duration::from_secs(60),
                claims: 0,
                tokens: TokenTable::with_capacity(65_536),
            }),
        }
    }

    /// Sets the maximum number of keys, at least 1. Default: 65 536.
    #[must_use]
    pub fn capacity(self, keys: usize) -> Self {
        self.set(|table| {
            table.capacity = keys.max(1);
            table.tokens.set_capacity(table.capacity);
        })
    }

    /// Sets how long done keys are remembered: at least as long as the verifier accepts their deliveries. Default: 24 hours
    /// and 5 minutes.
    #[must_use]
    pub fn remember_for(self, time: Duration) -> Self {
        self.set(|table| table.retention = time)
    }

    /// Sets the time after which a claim expires if it is not committed or released. Choose a time longer than the processing
    /// of an event can take. Default: 60 seconds.
    #[must_use]
    pub fn lease(self, time: Duration) -> Self {
        self.set(|table| table.lease = time)
    }

    /// As [`DedupStore::begin`], without a future.
    pub fn begin(&self, key: DeliveryKey) -> Claim {
        self.lock().begin(key, Instant::now())
    }

    /// As [`DedupStore::commit`], without a future.
    pub fn commit(&self, key: DeliveryKey) {
        self.lock().commit(key, Instant::now());
    }

    /// As [`DedupStore::release`], without a future.
    pub fn release(&self, key: DeliveryKey) {
        self.lock().release(key);
    }

    /// The number of keys, including expired ones that were not dropped yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().entries.len()
    }

    /// Whether the store has no keys.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn set(self, change: impl FnOnce(&mut Table)) -> Self {
        change(&mut self.lock());
        self
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        lock(&self.table)
    }
}

impl Default for MemoryDedupStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryDedupStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryDedupStore")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

impl DedupStore for MemoryDedupStore {
    fn begin(&self, key: DeliveryKey) -> DedupFuture<'_, Claim> {
        Box::pin(async move { Ok(self.begin(key)) })
    }

    fn commit(&self, key: DeliveryKey) -> DedupFuture<'_, ()> {
        Box::pin(async move {
            self.commit(key);
            Ok(())
        })
    }

    fn release(&self, key: DeliveryKey) -> DedupFuture<'_, ()> {
        Box::pin(async move {
            self.release(key);
            Ok(())
        })
    }
}

/// The keys, and the order in which they are dropped. Pure: the caller passes the time.
struct Table {
    entries: KeyMap<Entry>,
    /// In order of time. An item is stale if its time differs from that of the entry: the key has changed its state since.
    done: VecDeque<(Instant, DeliveryKey)>,
    in_flight: VecDeque<(Instant, DeliveryKey)>,
    capacity: usize,
    retention: Duration,
    lease: Duration,
    /// The number of claims so far.
    claims: u64,
    /// The numbers of the claims that were neither committed nor released.
    tokens: TokenTable<u64>,
}

#[derive(Clone, Copy)]
struct Entry {
    is_done: bool,
    since: Instant,
    /// The number of the claim, also after it is done.
    claim: u64,
}

/// Whether an item of a queue is about the present state of its key. If not, it is stale.
fn is_current(
    entries: &KeyMap<Entry>,
    is_done: bool,
    (since, key): &(Instant, DeliveryKey),
) -> bool {
    entries
        .get(key)
        .is_some_and(|entry| entry.is_done == is_done && entry.since == *since)
}

impl Table {
    fn begin(&mut self, key: DeliveryKey, now: Instant) -> Claim {
        self.expire(now);
        match self.entries.get(&key) {
            Some(Entry { is_done: true, .. }) => Claim::Done,
            Some(Entry { is_done: false, .. }) => Claim::InFlight,
            None => {
                self.claims += 1;
                self.tokens.insert(key, self.claims);
                self.put(key, false, now);
                Claim::New
            }
        }
    }

    fn commit(&mut self, key: DeliveryKey, now: Instant) {
        self.tokens.take_oldest(key);
        self.expire(now);
        if self.entries.get(&key).is_none_or(|entry| !entry.is_done) {
            self.put(key, true, now);
        }
        self.drop_ended_claims();
    }

    fn release(&mut self, key: DeliveryKey) {
        let claim = self.tokens.take_oldest(key);
        let is_own = |entry: &Entry| !entry.is_done && Some(entry.claim) == claim;
        if self.entries.get(&key).is_some_and(is_own) {
            self.entries.remove(&key);
        }
        self.drop_ended_claims();
    }

    /// Drops the first claims while they are over. Most claims end in the order in which they began, so hardly any wait for the end
    /// of their lease.
    fn drop_ended_claims(&mut self) {
        while let Some(claim) = self.in_flight.front()
            && !is_current(&self.entries, false, claim)
        {
            self.in_flight.pop_front();
        }
    }

    fn put(&mut self, key: DeliveryKey, is_done: bool, since: Instant) {
        let claim = self.claims;
        self.entries.insert(
            key,
            Entry {
                is_done,
                since,
                claim,
            },
        );
        self.queue(is_done).push_back((since, key));
        while self.entries.len() > self.capacity
            && (self.drop_oldest(true) || self.drop_oldest(false))
        {}
        // Stale items must not outnumber the keys.
        for is_done in [true, false] {
            if self.queue(is_done).len() > self.capacity.saturating_mul(2) {
                let Self {
                    entries,
                    done,
                    in_flight,
                    ..
                } = self;
                let queue = if is_done { done } else { in_flight };
                queue.retain(|item| is_current(entries, is_done, item));
            }
        }
    }

    fn expire(&mut self, now: Instant) {
        for is_done in [true, false] {
            let lifetime = if is_done { self.retention } else { self.lease };
            while let Some((since, _)) = self.queue(is_done).front()
                && now.duration_since(*since) >= lifetime
            {
                self.drop_oldest(is_done);
            }
        }
    }

    /// Removes the first item of a queue, and its key unless the item is stale. Returns false if the queue is empty.
    fn drop_oldest(&mut self, is_done: bool) -> bool {
        let Some(item) = self.queue(is_done).pop_front() else {
            return false;
        };
        if is_current(&self.entries, is_done, &item) {
            self.entries.remove(&item.1);
        }
        true
    }

    fn queue(&mut self, is_done: bool) -> &mut VecDeque<(Instant, DeliveryKey)> {
        if is_done {
            &mut self.done
        } else {
            &mut self.in_flight
        }
    }
}

#[cfg(test)]
mod tests;
