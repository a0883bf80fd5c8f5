//! Rate limiting: requests wait here for a slot, so that the client stays below the limits of a workspace.
//!
//! The API limits each workspace, independent of the access key, and limits reads and writes separately. So there is one
//! queue for each base URL, workspace and class of request. All clients of a process share the queues, each with its own
//! pacing. Requests whose path names no workspace (only raw requests can do that) share one queue. An idle queue is
//! equivalent to a new one and is dropped, so memory is bounded by the queues in use.
//!
//! This is not a library because of four requirements: slots are granted first come, first served; a 429 pauses them; a
//! caller learns in advance that its slot would be too late; and the clock is tokio's.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bird_connectors_api::types::WorkspaceId;
use http::Method;
use tokio::time::{Instant, sleep, timeout_at};
use url::Url;

use crate::error::Error;
use crate::lock::lock;
use pace::{RatePacing, TokenBucket};

mod pace;

/// The requests per second that a client sends to one workspace. Passed to [`ClientBuilder::rate_limit`].
///
/// No second exceeds these limits. A tenth of the limit can be sent in a burst, followed by four fifths of the limit per
/// second, evenly spaced. The rest compensates for a network that delays some requests more than others. With a limit of
/// 50 GET requests, the client sends a burst of 5 and then 40 per second.
///
/// The defaults are those of the API. Bird's support can raise the limits of a workspace: then set the raised limits here,
/// because the API does not report them.
///
/// [`ClientBuilder::rate_limit`]: crate::ClientBuilder::rate_limit
///
/// ```
/// use bird_connectors::client::RateLimits;
///
/// // Half of the documented limits, for a process that shares its workspaces with one other process.
/// let half = RateLimits { get: 25, post: 250 };
/// assert_eq!(RateLimits::default(), RateLimits { get: 50, post: 500 });
/// # assert_ne!(half, RateLimits::default());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RateLimits {
    /// GET and HEAD requests per second. At least 1. Default: 50, the documented default.
    pub get: u32,
    /// POST, PATCH and DELETE requests per second, combined. At least 1. Default: 500, the documented default of POST; no
    /// limit is documented for the others.
    pub post: u32,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self { get: 50, post: 500 }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Class {
    Read,
    Write,
}

/// A client's rate limits, and the queues that it shares with the other clients of the process.
#[derive(Clone, Debug)]
pub(crate) struct Limiter {
    registry: Arc<QueueRegistry>,
    read: RatePacing,
    write: RatePacing,
}

impl Limiter {
    pub(crate) fn new(rate: RateLimits, base_url: &str) -> Result<Self, Error> {
        let pace = |name: &str, limit: u32| {
            NonZeroU32::new(limit).map(RatePacing::of).ok_or_else(|| {
                Error::configuration(format!(
                    "invalid rate_limit: {name} is 0, so nothing would ever be sent; use at least 1, or None for no limit"
                ))
            })
        };
        Ok(Self {
            read: pace("get", rate.get)?,
            write: pace("post", rate.post)?,
            registry: QueueRegistry::of(base_url),
        })
    }

    /// The gate that a request passes.
    pub(crate) fn gate(&self, method: &Method, workspace: Option<WorkspaceId>) -> RateGate {
        let (class, pace) = match *method {
            Method::GET | Method::HEAD => (Class::Read, self.read),
            _ => (Class::Write, self.write),
        };
        RateGate {
            queue: self.registry.queue((workspace, class)),
            pace,
        }
    }
}

/// The workspace that a URL path names.
pub(crate) fn workspace_in(url: &Url) -> Option<WorkspaceId> {
    let mut segments = url.path_segments()?;
    segments.find(|segment| *segment == "workspaces")?;
    segments.next()?.parse().ok()
}

/// The next slot is after the call's deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoSlotInTime {
    /// Time until the next slot.
    pub(crate) after: Duration,
    /// True if a 429 paused the queue.
    pub(crate) paused: bool,
}

/// Where one call waits for its slots.
#[derive(Debug)]
pub(crate) struct RateGate {
    queue: Arc<RequestQueue>,
    pace: RatePacing,
}

impl RateGate {
    /// Waits for a slot, after all earlier callers, and returns how long that took. Dropping the future leaves the queue
    /// without using a slot.
    pub(crate) async fn acquire(
        &self,
        deadline: Option<Instant>,
    ) -> Result<Duration, NoSlotInTime> {
        // The usual case: the queue is empty and a slot is free.
        if let Ok(_first) = self.queue.head.try_lock()
            && self.queue.take(self.pace).is_ok()
        {
            return Ok(Duration::ZERO);
        }
        let start = Instant::now();
        let place = QueuePosition::join(&self.queue);
        let ahead = self.pace.interval.saturating_mul(place.ahead);
        let (wait, paused) = self.queue.next(start, self.pace);
        let late = NoSlotInTime {
            after: wait.saturating_add(ahead),
            paused,
        };
        let Some(deadline) = deadline else {
            self.wait().await;
            return Ok(start.elapsed());
        };
        if deadline.saturating_duration_since(start) <= late.after {
            return Err(late);
        }
        match timeout_at(deadline, self.wait()).await {
            Ok(()) => Ok(start.elapsed()),
            // A 429 of another request paused the queue in the meantime.
            Err(_) => {
                let (after, paused) = self.queue.next(Instant::now(), self.pace);
                Err(NoSlotInTime { after, paused })
            }
        }
    }

    async fn wait(&self) {
        // tokio's mutex is fair: waiters get it in the order of asking.
        let _first = self.queue.head.lock().await;
        // A pause can begin while this sleeps.
        while let Err(wait) = self.queue.take(self.pace) {
            sleep(wait).await;
        }
    }

    /// Grants no slot for this time: the API reported too many requests.
    pub(crate) fn pause(&self, pause: Duration) {
        // Bounded so that the sum cannot overflow.
        let until = Instant::now() + pause.min(LONGEST_PAUSE);
        let mut state = self.queue.state();
        state.paused_until = state.paused_until.max(Some(until));
    }
}

const LONGEST_PAUSE: Duration = Duration::from_secs(365 * 24 * 3600);

/// The requests that share one limit.
#[derive(Debug)]
struct RequestQueue {
    /// Held by the request that is next.
    head: tokio::sync::Mutex<()>,
    waiting: AtomicU32,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    bucket: TokenBucket,
    paused_until: Option<Instant>,
}

impl RequestQueue {
    fn new() -> Self {
        Self {
            head: tokio::sync::Mutex::default(),
            waiting: AtomicU32::new(0),
            state: Mutex::new(State {
                bucket: TokenBucket::full(Instant::now()),
                paused_until: None,
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Takes a slot, or returns the time until the next one.
    fn take(&self, pace: RatePacing) -> Result<(), Duration> {
        let now = Instant::now();
        let mut state = self.state();
        let (wait, _) = state.next(now, pace);
        if !wait.is_zero() {
            return Err(wait);
        }
        state.bucket.take(now, pace);
        Ok(())
    }

    fn next(&self, now: Instant, pace: RatePacing) -> (Duration, bool) {
        self.state().next(now, pace)
    }

    /// True if dropping the queue makes no difference.
    fn is_idle(&self, now: Instant) -> bool {
        let state = self.state();
        state.bucket.is_full(now) && state.paused_until.is_none_or(|until| until <= now)
    }
}

impl State {
    /// Time until the next slot, and whether a pause determines it.
    fn next(&self, now: Instant, pace: RatePacing) -> (Duration, bool) {
        let slot = self.bucket.wait(now, pace);
        let pause = self
            .paused_until
            .map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
        (slot.max(pause), pause > slot)
    }
}

/// A position in a queue, counted while its owner waits.
struct QueuePosition<'a> {
    queue: &'a RequestQueue,
    ahead: u32,
}

impl<'a> QueuePosition<'a> {
    fn join(queue: &'a RequestQueue) -> Self {
        Self {
            ahead: queue.waiting.fetch_add(1, Ordering::Relaxed),
            queue,
        }
    }
}

impl Drop for QueuePosition<'_> {
    fn drop(&mut self) {
        self.queue.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

type Key = (Option<WorkspaceId>, Class);

/// The queues of one base URL.
#[derive(Debug)]
struct QueueRegistry {
    base_url: String,
    /// A forked child must not use its parent's queues: a thread that does not exist in the child may hold a lock.
    process: u32,
    queues: Mutex<Queues>,
}

#[derive(Debug)]
struct Queues {
    by_key: HashMap<Key, Arc<RequestQueue>>,
    /// Idle queues are dropped when there are more queues than this.
    cleanup_threshold: usize,
}

const CLEANUP_THRESHOLD: usize = 64;

/// The registries of this process, one for each base URL.
static REGISTRIES: Mutex<Vec<Arc<QueueRegistry>>> = Mutex::new(Vec::new());

impl QueueRegistry {
    fn new(base_url: &str) -> Self {
        Self {
            base_url: base_url.to_owned(),
            process: std::process::id(),
            queues: Mutex::new(Queues {
                by_key: HashMap::new(),
                cleanup_threshold: CLEANUP_THRESHOLD,
            }),
        }
    }

    /// The registry of this base URL. Clients created later share its queues.
    fn of(base_url: &str) -> Arc<Self> {
        let process = std::process::id();
        let mut registries = lock(&REGISTRIES);
        let known = registries
            .iter()
            .find(|known| known.process == process && known.base_url == base_url);
        if let Some(known) = known {
            return Arc::clone(known);
        }
        if registries.len() >= CLEANUP_THRESHOLD {
            let now = Instant::now();
            registries.retain(|known| {
                known.process != process || Arc::strong_count(known) > 1 || !known.is_idle(now)
            });
        }
        let new = Arc::new(Self::new(base_url));
        registries.push(Arc::clone(&new));
        new
    }

    fn queue(&self, key: Key) -> Arc<RequestQueue> {
        let mut queues = lock(&self.queues);
        if let Some(queue) = queues.by_key.get(&key) {
            return Arc::clone(queue);
        }
        if queues.by_key.len() >= queues.cleanup_threshold {
            let now = Instant::now();
            queues
                .by_key
                .retain(|_, queue| Arc::strong_count(queue) > 1 || !queue.is_idle(now));
            // Doubling keeps clean-ups rare.
            queues.cleanup_threshold = CLEANUP_THRESHOLD.max(queues.by_key.len() * 2);
        }
        let queue = Arc::new(RequestQueue::new());
        queues.by_key.insert(key, Arc::clone(&queue));
        queue
    }

    fn is_idle(&self, now: Instant) -> bool {
        let queues = lock(&self.queues);
        queues
            .by_key
            .values()
            .all(|queue| Arc::strong_count(queue) == 1 && queue.is_idle(now))
    }
}

#[cfg(test)]
mod tests;
