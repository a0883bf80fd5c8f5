//! De-duplication in two phases: an event counts as done only once its work is, so that a failure in between is worked
//! off by a retry.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::Instant;

use super::{DeliveryKey, Verifier};
use crate::lock::lock;

/// What [`begin`](DedupStore::begin) found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Claim {
    /// Not seen before, or released since: it is yours. Do the work, then commit; where it fails, release.
    New,
    /// Somebody else is at it. Do nothing, and answer 503 rather than 200: should they fail, the retry is needed.
    InFlight,
    /// Done before. Do nothing, and answer 200, so that it is not sent again.
    Done,
}

/// Where the keys of deliveries are kept: [`MemoryDedupStore`] within one process, or a store of your own that several
/// processes share.
///
/// ```
/// # use bird_connectors::webhook::{Claim, DedupStore, Event};
/// # async fn work(event: &Event) -> Result<(), ()> { Ok(()) }
/// /// Answers with an HTTP status.
/// async fn receive<S: DedupStore>(store: &S, event: &Event) -> Result<u16, S::Error> {
///     Ok(match store.begin(event.delivery_key).await? {
///         Claim::New => match work(event).await {
///             Ok(()) => {
///                 store.commit(event.delivery_key).await?;
///                 200
///             }
///             Err(()) => {
///                 store.release(event.delivery_key).await?;
///                 500 // It comes again.
///             }
///         },
///         Claim::Done => 200,
///         _ => 503,
///     })
/// }
/// ```
///
/// A store must take a key that is new in one atomic step (`SET key … NX PX lease` in Redis, an insert with a unique
/// key in SQL), let go of it by itself after a lease, for the case that its holder dies, and remember what is done for at
/// least as long as the verifier accepts it: [`max_age`](Verifier::max_age) and [`tolerance`](Verifier::tolerance)
/// together. Work that outlives its lease can be done twice.
pub trait DedupStore: Send + Sync {
    /// Why the store could not be asked.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Takes the key, unless somebody has it, or it is done.
    fn begin(&self, key: DeliveryKey) -> impl Future<Output = Result<Claim, Self::Error>> + Send;

    /// The work is done: remember the key.
    fn commit(&self, key: DeliveryKey) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// The work failed: forget the key, so that the next attempt begins anew. What is done stays done.
    fn release(&self, key: DeliveryKey) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// Keeps keys in memory: for one process. Share it by reference or in an [`Arc`](std::sync::Arc).
///
/// Memory is bounded. Beyond the capacity the oldest key goes first, done ones before those in flight; a delivery whose
/// key is gone counts as new. Only verified events should come this far: then nobody can flush it from outside.
pub struct MemoryDedupStore {
    table: Mutex<Table>,
}

impl MemoryDedupStore {
    /// Holds 65 536 keys (about 8 MiB when full), remembers what is done for as long as a default [`Verifier`] accepts
    /// it, and lets go of what is in flight after 60 seconds.
    #[must_use]
    pub fn new() -> Self {
        Self {
            table: Mutex::new(Table {
                entries: HashMap::new(),
                done: VecDeque::new(),
                in_flight: VecDeque::new(),
                capacity: 65_536,
                remembered: Verifier::MAX_AGE + Verifier::TOLERANCE,
                lease: Duration::from_secs(60),
            }),
        }
    }

    /// How many keys to hold at the most; at least one.
    #[must_use]
    pub fn capacity(self, keys: usize) -> Self {
        self.set(|table| table.capacity = keys.max(1))
    }

    /// How long to remember what is done: at least as long as the verifier accepts it.
    #[must_use]
    pub fn remember_for(self, time: Duration) -> Self {
        self.set(|table| table.remembered = time)
    }

    /// After what time somebody who neither commits nor releases has lost the key: longer than the work can take.
    #[must_use]
    pub fn lease(self, time: Duration) -> Self {
        self.set(|table| table.lease = time)
    }

    /// As [`DedupStore::begin`], without waiting.
    pub fn begin(&self, key: DeliveryKey) -> Claim {
        self.lock().begin(key, Instant::now())
    }

    /// As [`DedupStore::commit`], without waiting.
    pub fn commit(&self, key: DeliveryKey) {
        self.lock().commit(key, Instant::now());
    }

    /// As [`DedupStore::release`], without waiting.
    pub fn release(&self, key: DeliveryKey) {
        self.lock().release(key);
    }

    /// How many keys are held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().entries.len()
    }

    /// Whether none is.
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
    type Error = Infallible;

    async fn begin(&self, key: DeliveryKey) -> Result<Claim, Infallible> {
        Ok(self.begin(key))
    }

    async fn commit(&self, key: DeliveryKey) -> Result<(), Infallible> {
        self.commit(key);
        Ok(())
    }

    async fn release(&self, key: DeliveryKey) -> Result<(), Infallible> {
        self.release(key);
        Ok(())
    }
}

/// The keys, and the order in which they go. Pure: the time is given.
struct Table {
    entries: HashMap<DeliveryKey, Entry>,
    /// In order of time. A line whose time is not that of its entry is stale: the key has moved on since.
    done: VecDeque<(Instant, DeliveryKey)>,
    in_flight: VecDeque<(Instant, DeliveryKey)>,
    capacity: usize,
    remembered: Duration,
    lease: Duration,
}

#[derive(Clone, Copy, PartialEq)]
struct Entry {
    is_done: bool,
    since: Instant,
}

impl Table {
    fn begin(&mut self, key: DeliveryKey, now: Instant) -> Claim {
        self.expire(now);
        match self.entries.get(&key) {
            Some(Entry { is_done: true, .. }) => Claim::Done,
            Some(Entry { is_done: false, .. }) => Claim::InFlight,
            None => {
                self.put(key, false, now);
                Claim::New
            }
        }
    }

    fn commit(&mut self, key: DeliveryKey, now: Instant) {
        self.expire(now);
        if self.entries.get(&key).is_none_or(|entry| !entry.is_done) {
            self.put(key, true, now);
        }
    }

    fn release(&mut self, key: DeliveryKey) {
        if self.entries.get(&key).is_some_and(|entry| !entry.is_done) {
            self.entries.remove(&key);
        }
    }

    fn put(&mut self, key: DeliveryKey, is_done: bool, since: Instant) {
        self.entries.insert(key, Entry { is_done, since });
        self.queue(is_done).push_back((since, key));
        while self.entries.len() > self.capacity
            && (self.drop_oldest(true) || self.drop_oldest(false))
        {}
        // Stale lines must not outgrow the keys.
        for is_done in [true, false] {
            if self.queue(is_done).len() > 2 * self.capacity {
                let Self {
                    entries,
                    done,
                    in_flight,
                    ..
                } = self;
                let queue = if is_done { done } else { in_flight };
                queue.retain(|(since, key)| {
                    entries.get(key)
                        == Some(&Entry {
                            is_done,
                            since: *since,
                        })
                });
            }
        }
    }

    fn expire(&mut self, now: Instant) {
        for is_done in [true, false] {
            let time = if is_done { self.remembered } else { self.lease };
            while let Some((since, _)) = self.queue(is_done).front()
                && now.duration_since(*since) >= time
            {
                self.drop_oldest(is_done);
            }
        }
    }

    /// Takes the first line off a queue, and its key with it where the line is not stale.
    fn drop_oldest(&mut self, is_done: bool) -> bool {
        let Some((since, key)) = self.queue(is_done).pop_front() else {
            return false;
        };
        if self.entries.get(&key) == Some(&Entry { is_done, since }) {
            self.entries.remove(&key);
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
