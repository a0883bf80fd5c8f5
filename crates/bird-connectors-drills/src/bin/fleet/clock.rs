//! Simulated time: tokio's paused clock, which jumps to the next timer as soon as all tasks wait.
//!
//! The SDK calls a journal on another thread. Tokio does not advance the clock meanwhile, but the two threads would run at the
//! same time, and the order of events would depend on the machine. So these calls pass a gate, which is open only while the
//! thread of the simulation is idle: at any time, one of the two threads runs.

use std::future::Future;
use std::sync::{Arc, Condvar, Mutex};

use anyhow::Result;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;

use crate::lock::lock;

/// Lets one call of the other thread pass at a time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gate(Arc<GateState>);

#[derive(Debug, Default)]
struct GateState {
    /// Wakes the thread of the simulation.
    requested: Notify,
    passage: Mutex<Passage>,
    granted: Condvar,
}

#[derive(Debug, Default)]
struct Passage {
    /// The thread of the simulation has seen the request, and with it everything that was sent to it before.
    seen: bool,
    granted: bool,
    /// The simulation has ended, and nothing waits any more.
    ended: bool,
}

impl Gate {
    /// Waits until the thread of the simulation has done everything that it can do at this time.
    pub(crate) fn pass(&self) {
        self.0.requested.notify_one();
        let mut passage = lock(&self.0.passage);
        while !passage.granted && !passage.ended {
            let waited = self.0.granted.wait(passage);
            passage = waited.unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        passage.granted = false;
    }

    /// Runs on the thread of the simulation, and never ends.
    async fn see_requests(self) {
        loop {
            self.0.requested.notified().await;
            lock(&self.0.passage).seen = true;
        }
    }

    /// The thread of the simulation is idle.
    fn grant(&self) {
        let mut passage = lock(&self.0.passage);
        if std::mem::take(&mut passage.seen) {
            passage.granted = true;
            self.0.granted.notify_one();
        }
    }

    fn end(&self) {
        lock(&self.0.passage).ended = true;
        self.0.granted.notify_one();
    }
}

/// A runtime in simulated time.
pub(crate) struct Simulation {
    runtime: Runtime,
    pub(crate) gate: Gate,
}

impl Simulation {
    /// The random values of the SDK start from the seed.
    pub(crate) fn new(seed: u64) -> Result<Self> {
        fastrand::seed(seed);
        let gate = Gate::default();
        let idle = gate.clone();
        let runtime = Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            // A task that has used up its budget runs again after an interval of polls, or when all tasks wait. The polls that
            // the other thread causes would move the intervals, so there is only one.
            .event_interval(u32::MAX)
            // In the order of the calls.
            .max_blocking_threads(1)
            .on_thread_park(move || idle.grant())
            .build()?;
        runtime.spawn(gate.clone().see_requests());
        Ok(Self { runtime, gate })
    }

    /// Runs a future to its end, on this thread.
    pub(crate) fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        // The runtime waits for calls that have started.
        self.gate.end();
    }
}
