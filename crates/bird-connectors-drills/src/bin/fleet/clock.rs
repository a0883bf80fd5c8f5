//! Simulated time: tokio's paused clock, which jumps to the next timer as soon as all tasks wait.
//!
//! The SDK calls a journal on another thread. Tokio does not advance the clock meanwhile, but the two threads would run at the
//! same time, and the order of events would depend on the machine. So these calls pass a gate, which is open only while the
//! thread of the simulation is idle: at any time, one of the two threads runs.

use std::future::Future;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use anyhow::Result;
use tokio::runtime::{Builder, Runtime};

/// Lets one call pass each time when the thread of the simulation becomes idle.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    /// Waits until the thread of the simulation is idle.
    pub(crate) fn pass(&self) {
        let (is_open, opened) = &*self.0;
        let guard = is_open.lock().unwrap_or_else(PoisonError::into_inner);
        let guard = opened.wait_while(guard, |is_open| !*is_open);
        *guard.unwrap_or_else(PoisonError::into_inner) = false;
    }

    fn set(&self, open: bool) {
        let (is_open, opened) = &*self.0;
        *is_open.lock().unwrap_or_else(PoisonError::into_inner) = open;
        if open {
            opened.notify_one();
        }
    }
}

/// A runtime in simulated time, and the gate for calls from its other thread. The random values of the SDK start from the seed.
pub(crate) fn runtime(seed: u64) -> Result<(Runtime, Gate)> {
    fastrand::seed(seed);
    let gate = Gate::default();
    let (parked, unparked) = (gate.clone(), gate.clone());
    let runtime = Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        // In the order of the calls.
        .max_blocking_threads(1)
        .on_thread_park(move || parked.set(true))
        .on_thread_unpark(move || unparked.set(false))
        .build()?;
    Ok((runtime, gate))
}

/// Runs a future to its end in simulated time, on this thread.
pub(crate) fn run<T, F: Future<Output = Result<T>>>(
    seed: u64,
    work: impl FnOnce(Gate) -> F,
) -> Result<T> {
    let (runtime, gate) = runtime(seed)?;
    runtime.block_on(work(gate))
}
