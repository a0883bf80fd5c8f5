//! The claims of the runs of one process: at any time, one run with a journal installs a connector, and the others wait.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use crate::lock::lock;

/// The claims for one base URL, by the key of the connector.
#[derive(Default)]
pub(crate) struct ProcessClaims {
    by_key: Mutex<HashMap<String, Arc<AsyncMutex<()>>>>,
    releases: ReleaseCounters,
    /// The same in each process, so that a run with a seed is reproducible. The keys are digests.
    hasher: BuildHasherDefault<DefaultHasher>,
}

/// Many keys share a counter. With more counters, fewer journals are read again without need.
const COUNTERS: usize = 256;

struct ReleaseCounters([AtomicU64; COUNTERS]);

impl Default for ReleaseCounters {
    fn default() -> Self {
        Self(std::array::from_fn(|_| AtomicU64::new(0)))
    }
}

/// The claims of this process, by base URL.
static REGISTRY: Mutex<Vec<RegistryEntry>> = Mutex::new(Vec::new());

struct RegistryEntry {
    base_url: String,
    /// A forked child must not use its parent's claims: a thread that does not exist in the child may hold a lock.
    process: u32,
    claims: Arc<ProcessClaims>,
}

impl ProcessClaims {
    /// The claims of this process for this base URL.
    pub(crate) fn of(base_url: &str) -> Arc<Self> {
        let process = std::process::id();
        let mut registry = lock(&REGISTRY);
        let known = registry
            .iter()
            .find(|known| known.process == process && known.base_url == base_url);
        if let Some(known) = known {
            return Arc::clone(&known.claims);
        }
        // Claims that no run uses are not needed.
        registry.retain(|known| known.process != process || Arc::strong_count(&known.claims) > 1);
        let claims = Arc::<Self>::default();
        registry.push(RegistryEntry {
            base_url: base_url.to_owned(),
            process,
            claims: Arc::clone(&claims),
        });
        claims
    }

    /// Waits until no other run has the claim of this key. Dropping the future stops the wait.
    pub(crate) async fn acquire(self: &Arc<Self>, key: &str) -> ProcessClaim {
        let mutex = Arc::clone(lock(&self.by_key).entry(key.to_owned()).or_default());
        let mut claim = ProcessClaim {
            guard: None,
            claims: Arc::clone(self),
            key: key.to_owned(),
        };
        claim.guard = Some(mutex.lock_owned().await);
        claim
    }

    /// Counts the claims that have been released.
    pub(crate) fn releases(&self) -> Releases {
        Releases(
            self.releases
                .0
                .each_ref()
                .map(|counter| counter.load(Ordering::SeqCst)),
        )
    }

    fn counter(&self, key: &str) -> usize {
        (self.hasher.hash_one(key) % COUNTERS as u64) as usize
    }
}

impl fmt::Debug for ProcessClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessClaims").finish_non_exhaustive()
    }
}

/// The numbers of released claims at one time. A run compares them to find out whether another run may have changed the
/// journal since.
pub(crate) struct Releases([u64; COUNTERS]);

/// The exclusive right of a run to install the connector of one key. Dropping it releases it.
pub(crate) struct ProcessClaim {
    /// `None` while the run waits.
    guard: Option<OwnedMutexGuard<()>>,
    claims: Arc<ProcessClaims>,
    key: String,
}

impl ProcessClaim {
    /// Whether a claim of this key may have been released since.
    pub(crate) fn released_since(&self, earlier: &Releases) -> bool {
        let counter = self.claims.counter(&self.key);
        self.claims.releases.0[counter].load(Ordering::SeqCst) != earlier.0[counter]
    }

    /// Releases the claim of a run that knows all lines that it has appended itself: unless another run has released a claim,
    /// too, it need not read the journal again.
    pub(crate) fn release(mut self, seen: &mut Releases) {
        let counter = self.claims.counter(&self.key);
        if let Some(before) = self.unlock()
            && seen.0[counter] == before
        {
            seen.0[counter] += 1;
        }
    }

    /// Returns the number of earlier releases.
    fn unlock(&mut self) -> Option<u64> {
        let guard = self.guard.take()?;
        let counter = self.claims.counter(&self.key);
        // First counted and then unlocked, so that the next run notices.
        let before = self.claims.releases.0[counter].fetch_add(1, Ordering::SeqCst);
        drop(guard);
        Some(before)
    }
}

impl Drop for ProcessClaim {
    fn drop(&mut self) {
        self.unlock();
        let mut by_key = lock(&self.claims.by_key);
        // No other run holds the claim or waits for it.
        if by_key
            .get(&self.key)
            .is_some_and(|mutex| Arc::strong_count(mutex) == 1)
        {
            by_key.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests;
