//! Simulated time with real sockets.
//!
//! Tokio's paused clock jumps to the next timer as soon as all tasks wait, even while a response is still in a socket. So
//! that sockets are not outrun, this module advances the clock itself: one small step at a time, and between two steps it
//! lets all ready tasks run.

use std::future::Future;
use std::time::Duration;

use anyhow::Result;
use tokio::runtime::Builder;
use tokio::task::yield_now;
use tokio::time::advance;

const STEP: Duration = Duration::from_millis(50);

/// How many times all ready tasks run between two steps.
const YIELDS_PER_STEP: u32 = 25;

/// Runs a future to its end in simulated time, on this thread.
pub(crate) fn run<T>(work: impl Future<Output = T>) -> Result<T> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()?;
    Ok(runtime.block_on(async {
        // This task is always ready, so the runtime is never idle and does not advance the clock on its own.
        let clock = tokio::spawn(async {
            loop {
                for _ in 0..YIELDS_PER_STEP {
                    yield_now().await;
                }
                advance(STEP).await;
            }
        });
        let output = work.await;
        clock.abort();
        output
    }))
}
