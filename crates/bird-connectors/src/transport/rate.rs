//! The governor: requests wait here for their turn, so that the rate limit of a workspace is kept instead of met.
//!
//! The API limits each workspace, whatever the key, and reads apart from writes. So there is one line of waiting
//! requests for each base URL, workspace and class, and all clients of a process stand in it, each at its own pace. Calls
//! whose path names no workspace, which only hand-made requests have, share one line. A line that has had a rest is as
//! good as a new one and is forgotten: memory is bounded by what is in use, and not by how many workspaces there were.
//!
//! Why this is no library's work: a turn has to come in the order of asking, to be paused by a 429, to be known to be
//! too late before it is waited for, and to be measured with tokio's clock.

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
use pace::{Bucket, Pace};

mod pace;

/// How many requests a second a client sends to one workspace: what [`ClientBuilder::rate_limit`] takes.
///
/// The figures are limits that no second exceeds. A tenth of them may leave at once, then four fifths of them a second,
/// evenly; the rest makes up for a network that delays some requests and not others. So of 50 GET, 5 leave at once and
/// then 40 a second.
///
/// [`ClientBuilder::rate_limit`]: crate::ClientBuilder::rate_limit
///
/// ```
/// use bird_connectors::Rate;
///
/// // Half of what the documents grant, for a process that shares its workspaces with one other.
/// let half = Rate { get: 25, post: 250 };
/// assert_eq!(Rate::default(), Rate { get: 50, post: 500 });
/// # assert_ne!(half, Rate::default());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    /// GET (and HEAD) requests a second. At least 1. Default: 50, as the API's documents say.
    pub get: u32,
    /// POST, PATCH and DELETE requests a second, together. At least 1. Default: 500, as the documents say of POST; of
    /// the others they say nothing.
    pub post: u32,
}

impl Default for Rate {
    fn default() -> Self {
        Self { get: 50, post: 500 }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Class {
    Read,
    Write,
}

/// A client's way to its turns.
#[derive(Clone, Debug)]
pub(crate) struct Limiter {
    governor: Arc<Governor>,
    read: Pace,
    write: Pace,
}

impl Limiter {
    pub(crate) fn new(rate: Rate, base_url: &str) -> Result<Self, Error> {
        let pace = |name: &str, limit: u32| {
            NonZeroU32::new(limit).map(Pace::of).ok_or_else(|| {
                Error::configuration(format!(
                    "rate_limit: {name} is 0, and nothing would ever be sent; a limit is at least 1, and None is no limit"
                ))
            })
        };
        Ok(Self {
            read: pace("get", rate.get)?,
            write: pace("post", rate.post)?,
            governor: Governor::of(base_url),
        })
    }

    /// Where a request waits.
    pub(crate) fn gate(&self, method: &Method, workspace: Option<WorkspaceId>) -> Gate {
        let (class, pace) = match *method {
            Method::GET | Method::HEAD => (Class::Read, self.read),
            _ => (Class::Write, self.write),
        };
        Gate {
            line: self.governor.line((workspace, class)),
            pace,
        }
    }
}

/// The workspace that a path is about.
pub(crate) fn workspace_in(url: &Url) -> Option<WorkspaceId> {
    let mut segments = url.path_segments()?;
    segments.find(|segment| *segment == "workspaces")?;
    segments.next()?.parse().ok()
}

/// There is no turn before the end of the call's time: it would come after this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLate {
    pub(crate) after: Duration,
    /// Because the API has asked for a pause.
    pub(crate) paused: bool,
}

/// One call's place to wait.
#[derive(Debug)]
pub(crate) struct Gate {
    line: Arc<Line>,
    pace: Pace,
}

impl Gate {
    /// Waits for a turn, behind all who asked before, and says how long that took. Dropping the future gives the place
    /// in the line up, and takes no turn.
    pub(crate) async fn turn(&self, deadline: Option<Instant>) -> Result<Duration, TooLate> {
        // Nobody waits, and there is a turn: what nearly every call meets.
        if let Ok(_first) = self.line.queue.try_lock()
            && self.line.take(self.pace).is_ok()
        {
            return Ok(Duration::ZERO);
        }
        let start = Instant::now();
        let place = Place::at_the_end_of(&self.line);
        let ahead = self.pace.interval.saturating_mul(place.ahead);
        let (wait, paused) = self.line.next(start, self.pace);
        let late = TooLate {
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
            // Somebody's 429 has come in between.
            Err(_) => {
                let (after, paused) = self.line.next(Instant::now(), self.pace);
                Err(TooLate { after, paused })
            }
        }
    }

    async fn wait(&self) {
        // tokio's lock is handed on in the order of asking.
        let _first = self.line.queue.lock().await;
        // A pause may be asked for while this sleeps.
        while let Err(wait) = self.line.take(self.pace) {
            sleep(wait).await;
        }
    }

    /// Nobody's turn comes before this time is over: the API has said that there were too many requests.
    pub(crate) fn pause(&self, pause: Duration) {
        // Beyond what a clock can hold there is no difference.
        let until = Instant::now() + pause.min(LONGEST_PAUSE);
        let mut state = self.line.state();
        state.paused_until = state.paused_until.max(Some(until));
    }
}

const LONGEST_PAUSE: Duration = Duration::from_secs(365 * 24 * 3600);

/// Those who wait for the same limit.
#[derive(Debug)]
struct Line {
    /// Held by whoever is next.
    queue: tokio::sync::Mutex<()>,
    waiting: AtomicU32,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    bucket: Bucket,
    paused_until: Option<Instant>,
}

impl Line {
    fn new() -> Self {
        Self {
            queue: tokio::sync::Mutex::default(),
            waiting: AtomicU32::new(0),
            state: Mutex::new(State {
                bucket: Bucket::full(Instant::now()),
                paused_until: None,
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Takes a turn, or says how long until there is one.
    fn take(&self, pace: Pace) -> Result<(), Duration> {
        let now = Instant::now();
        let mut state = self.state();
        let (wait, _) = state.next(now, pace);
        if !wait.is_zero() {
            return Err(wait);
        }
        state.bucket.take(now, pace);
        Ok(())
    }

    fn next(&self, now: Instant, pace: Pace) -> (Duration, bool) {
        self.state().next(now, pace)
    }

    /// Forgetting it makes no difference.
    fn is_rested(&self, now: Instant) -> bool {
        let state = self.state();
        state.bucket.is_full(now) && state.paused_until.is_none_or(|until| until <= now)
    }
}

impl State {
    /// How long until the next turn, and whether that is because of a pause.
    fn next(&self, now: Instant, pace: Pace) -> (Duration, bool) {
        let turn = self.bucket.wait(now, pace);
        let pause = self
            .paused_until
            .map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
        (turn.max(pause), pause > turn)
    }
}

/// One who waits, counted for as long as that takes.
struct Place<'a> {
    line: &'a Line,
    ahead: u32,
}

impl<'a> Place<'a> {
    fn at_the_end_of(line: &'a Line) -> Self {
        Self {
            ahead: line.waiting.fetch_add(1, Ordering::Relaxed),
            line,
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.line.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

type Key = (Option<WorkspaceId>, Class);

/// The lines of one base URL.
#[derive(Debug)]
struct Governor {
    base_url: String,
    /// A forked child must not touch its parent's: a lock may have been held by a thread that does not exist there.
    process: u32,
    lines: Mutex<Lines>,
}

#[derive(Debug)]
struct Lines {
    by_key: HashMap<Key, Arc<Line>>,
    /// Beyond so many, those that have rested are forgotten.
    room: usize,
}

const ROOM: usize = 64;

/// All governors of this process.
static GOVERNORS: Mutex<Vec<Arc<Governor>>> = Mutex::new(Vec::new());

impl Governor {
    fn new(base_url: &str) -> Self {
        Self {
            base_url: base_url.to_owned(),
            process: std::process::id(),
            lines: Mutex::new(Lines {
                by_key: HashMap::new(),
                room: ROOM,
            }),
        }
    }

    /// The one of this base URL: clients that come and go stand in the same lines.
    fn of(base_url: &str) -> Arc<Self> {
        let process = std::process::id();
        let mut governors = lock(&GOVERNORS);
        let known = governors
            .iter()
            .find(|known| known.process == process && known.base_url == base_url);
        if let Some(known) = known {
            return Arc::clone(known);
        }
        if governors.len() >= ROOM {
            let now = Instant::now();
            governors.retain(|known| {
                known.process != process || Arc::strong_count(known) > 1 || !known.is_rested(now)
            });
        }
        let new = Arc::new(Self::new(base_url));
        governors.push(Arc::clone(&new));
        new
    }

    fn line(&self, key: Key) -> Arc<Line> {
        let mut lines = lock(&self.lines);
        if let Some(line) = lines.by_key.get(&key) {
            return Arc::clone(line);
        }
        if lines.by_key.len() >= lines.room {
            let now = Instant::now();
            lines
                .by_key
                .retain(|_, line| Arc::strong_count(line) > 1 || !line.is_rested(now));
            // So that looking through them stays rare.
            lines.room = ROOM.max(lines.by_key.len() * 2);
        }
        let line = Arc::new(Line::new());
        lines.by_key.insert(key, Arc::clone(&line));
        line
    }

    fn is_rested(&self, now: Instant) -> bool {
        let lines = lock(&self.lines);
        lines
            .by_key
            .values()
            .all(|line| Arc::strong_count(line) == 1 && line.is_rested(now))
    }
}

#[cfg(test)]
mod tests;
