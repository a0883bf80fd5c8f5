//! What the workers of a fleet have in common: the queue of batches, the API, and the figures.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::time::Instant;

use crate::api::Api;
use crate::clock::Gate;
use crate::figures::Figures;
use crate::journal::StatementMeter;
use crate::lock::lock;
use crate::queue::{Delivery, Queue};
use crate::scenario::Scenario;
use crate::workspace::SimulatedWorkspace;

/// The number of the next fleet of this process.
static NEXT: AtomicU64 = AtomicU64::new(0);

pub(crate) struct Fleet {
    number: u64,
    pub(crate) scenario: Scenario,
    pub(crate) api: Arc<Api>,
    pub(crate) gate: Gate,
    pub(crate) meter: Arc<StatementMeter>,
    start: Instant,
    queue: Mutex<Queue>,
    figures: Mutex<Figures>,
}

impl Fleet {
    pub(crate) fn new(scenario: Scenario, gate: Gate) -> Arc<Self> {
        let start = Instant::now();
        let batches = (0..scenario.workspaces).flat_map(|workspace| {
            let copies = if scenario.is_duplicated(workspace) {
                2
            } else {
                1
            };
            std::iter::repeat_n(workspace, copies)
        });
        Arc::new(Self {
            number: NEXT.fetch_add(1, Ordering::SeqCst),
            api: Arc::new(Api::new(scenario.clone())),
            gate,
            meter: Arc::new(StatementMeter::new(start)),
            start,
            queue: Mutex::new(Queue::new(batches)),
            figures: Mutex::default(),
            scenario,
        })
    }

    /// The base URL of one life of a worker. The clients of a process share their rate limits and claims for a base URL, so each
    /// simulated process has its own.
    pub(crate) fn base_url(&self, worker: u32, life: u64) -> String {
        format!("http://localhost/{}/{worker}/{life}", self.number)
    }

    /// The workspace of a batch.
    pub(crate) fn open(&self, number: u32) -> Arc<SimulatedWorkspace> {
        let scenario = &self.scenario;
        self.api.open(number, || {
            let pattern = scenario.pattern(number);
            SimulatedWorkspace::new(
                number,
                pattern,
                scenario.installs,
                scenario.seed,
                self.start,
            )
        })
    }

    pub(crate) fn take(&self) -> Option<Delivery> {
        lock(&self.queue).take(Instant::now())
    }

    pub(crate) fn extend(&self, delivery: Delivery) {
        lock(&self.queue).extend(delivery, Instant::now());
    }

    /// Removes a batch, and takes the figures of its workspace if it was the last one.
    pub(crate) fn complete(&self, delivery: Delivery) {
        let is_last = lock(&self.queue).complete(delivery);
        if is_last && let Some(workspace) = self.api.close(delivery.workspace) {
            let mut figures = lock(&self.figures);
            let pattern = figures.pattern(workspace.pattern);
            pattern.add(workspace.installs, workspace.summary());
        }
    }

    pub(crate) fn is_complete(&self) -> bool {
        lock(&self.queue).is_complete()
    }

    pub(crate) fn count_crash(&self) {
        lock(&self.figures).crashes += 1;
    }

    pub(crate) fn count_repeated(&self) {
        lock(&self.figures).repeated += 1;
    }

    /// The figures of a run that has ended.
    pub(crate) fn figures(&self) -> Figures {
        let mut figures = std::mem::take(&mut *lock(&self.figures));
        figures.simulated = self.start.elapsed();
        figures.redeliveries = lock(&self.queue).redeliveries;
        figures.faults = self.api.faults();
        figures.peak_statements = self.meter.peak();
        figures.bulk.delays.sort_unstable();
        figures.single.delays.sort_unstable();
        figures
    }
}
