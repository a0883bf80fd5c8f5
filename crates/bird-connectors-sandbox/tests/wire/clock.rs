//! A clock that stands still until the test moves it, even while requests are in flight.

use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// A limit in real time, far above what a test needs on a busy machine.
const REAL_TIME_LIMIT: Duration = Duration::from_secs(60);

/// Holds the clock of a test with `start_paused`: only [`ManualClock::advance`] moves it. Every test with `start_paused` needs one.
///
/// A paused clock alone is not enough: when a runtime is idle, tokio advances it to the next timer, and a runtime that waits for a
/// socket is idle. Tokio does not do that while a blocking task is running (see `tokio::time::pause`), so this keeps one running.
/// If a test waits for a timer that it never reaches, the clock moves again after [`REAL_TIME_LIMIT`], and the test fails at its
/// end.
pub(crate) struct ManualClock {
    /// Dropping it ends the blocking task.
    _release: mpsc::Sender<()>,
    was_released: Arc<AtomicBool>,
}

impl ManualClock {
    pub(crate) fn hold() -> Self {
        let (release, released) = mpsc::channel::<()>();
        let was_released = Arc::new(AtomicBool::new(false));
        let expired = Arc::clone(&was_released);
        tokio::task::spawn_blocking(move || {
            if released.recv_timeout(REAL_TIME_LIMIT) == Err(RecvTimeoutError::Timeout) {
                expired.store(true, Ordering::Relaxed);
            }
        });
        Self {
            _release: release,
            was_released,
        }
    }

    /// Moves the clock, and lets every task handle the timers that have expired.
    pub(crate) async fn advance(&self, duration: Duration) {
        tokio::time::advance(duration).await;
        run_other_tasks().await;
    }

    /// Moves the clock in steps of 10 ms until a condition is true.
    #[track_caller]
    pub(crate) fn advance_until(&self, condition: impl Fn() -> bool) -> impl Future<Output = ()> {
        let deadline = Deadline::start();
        async move {
            while !condition() {
                deadline.check();
                self.advance(Duration::from_millis(10)).await;
            }
        }
    }
}

impl Drop for ManualClock {
    fn drop(&mut self) {
        let was_released = self.was_released.load(Ordering::Relaxed);
        assert!(
            !was_released || std::thread::panicking(),
            "the test waited for a timer that it had not reached"
        );
    }
}

/// Lets all other tasks run until they wait for a timer or a socket.
pub(crate) async fn run_other_tasks() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

/// Waits until a condition is true. It does not depend on tokio's clock.
#[track_caller]
pub(crate) fn wait_until(condition: impl Fn() -> bool) -> impl Future<Output = ()> {
    let deadline = Deadline::start();
    async move {
        while !condition() {
            deadline.check();
            tokio::task::yield_now().await;
        }
    }
}

/// Fails a test whose condition does not become true.
struct Deadline {
    start: Instant,
    caller: &'static Location<'static>,
}

impl Deadline {
    #[track_caller]
    fn start() -> Self {
        Self {
            start: Instant::now(),
            caller: Location::caller(),
        }
    }

    fn check(&self) {
        assert!(
            self.start.elapsed() < REAL_TIME_LIMIT,
            "the condition at {} did not become true",
            self.caller
        );
    }
}

/// The number of tasks of the current runtime.
pub(crate) fn alive_tasks() -> usize {
    tokio::runtime::Handle::current()
        .metrics()
        .num_alive_tasks()
}
