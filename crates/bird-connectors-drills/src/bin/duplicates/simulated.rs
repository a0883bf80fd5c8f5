//! Simulated time over real sockets.
//!
//! A paused clock that advances by itself would leap to the next timer while an answer is still in a socket. Here it is
//! moved by hand instead: a small step, and then time for everything that has become ready. So time passes by the clock of
//! the simulation only, and slowly enough for the sockets.

use std::future::Future;
use std::time::Duration;

use anyhow::Result;
use tokio::runtime::Builder;
use tokio::task::yield_now;
use tokio::time::advance;

const STEP: Duration = Duration::from_millis(50);

/// How often all that is ready gets its turn between two steps.
const TURNS: u32 = 25;

/// Runs a future to its end in simulated time, on this thread.
pub(crate) fn run<T>(work: impl Future<Output = T>) -> Result<T> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()?;
    Ok(runtime.block_on(async {
        // It is always ready, so that the runtime never idles, which is when it would move the clock itself.
        let clock = tokio::spawn(async {
            loop {
                for _ in 0..TURNS {
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
