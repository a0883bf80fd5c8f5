//! The results of all workers, and the memory and sockets that the process uses meanwhile.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result};
use bird_connectors::Error;
use bird_connectors_drills::secrets;
use bird_connectors_sandbox::Operation;

/// The memory and sockets of the process at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResourceUsage {
    /// Resident memory, in KiB.
    pub(crate) memory: u64,
    pub(crate) sockets: usize,
}

impl ResourceUsage {
    /// Measures this process.
    pub(crate) fn measure() -> Result<Self> {
        let statm =
            fs::read_to_string("/proc/self/statm").context("cannot read /proc/self/statm")?;
        let pages = statm
            .split(' ')
            .nth(1)
            .context("/proc/self/statm has no second field")?;
        let sockets = fs::read_dir("/proc/self/fd")?
            .flatten()
            .filter_map(|entry| fs::read_link(entry.path()).ok())
            .filter(|target| target.to_string_lossy().starts_with("socket:"))
            .count();
        Ok(Self {
            // Pages of 4 KiB, as on all Linux systems of CI.
            memory: pages.parse::<u64>()? * 4,
            sockets,
        })
    }
}

pub(crate) struct Tally {
    calls: AtomicU64,
    target: u64,
    /// One measurement per tenth of the calls.
    usage: Mutex<Vec<ResourceUsage>>,
    results: Mutex<Results>,
}

#[derive(Clone, Default)]
pub(crate) struct Results {
    pub(crate) by_operation: BTreeMap<&'static str, u64>,
    pub(crate) by_outcome: BTreeMap<String, u64>,
    pub(crate) violations: Vec<String>,
}

impl Tally {
    pub(crate) fn new(target: u64) -> Self {
        Self {
            calls: AtomicU64::new(0),
            target,
            usage: Mutex::new(Vec::new()),
            results: Mutex::default(),
        }
    }

    /// Whether there were fewer calls than requested.
    pub(crate) fn needs_more_calls(&self) -> bool {
        self.calls() < self.target
    }

    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Counts a call. After each tenth of the calls, measures the process.
    pub(crate) fn count(&self, operation: Operation, result: Result<(), &Error>) {
        let before = self.calls.fetch_add(1, Ordering::Relaxed);
        if (before + 1).is_multiple_of((self.target / 10).max(1))
            && let Ok(measured) = ResourceUsage::measure()
        {
            let mut usage = self.usage.lock().unwrap_or_else(PoisonError::into_inner);
            usage.push(measured);
        }
        let outcome = match result {
            Ok(()) => "success".to_owned(),
            Err(error) => {
                let exposed = secrets::exposed_by(error);
                if let Some(secret) = secrets::find(&exposed) {
                    self.add_violation(format!("an error exposes {secret}: {exposed}"));
                }
                format!("{:?} {:?}", error.kind(), error.outcome())
            }
        };
        let mut results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        *results.by_operation.entry(operation.id()).or_default() += 1;
        *results.by_outcome.entry(outcome).or_default() += 1;
    }

    pub(crate) fn add_violation(&self, violation: String) {
        let mut results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        results.violations.push(violation);
    }

    /// The measurements, one per tenth of the calls.
    pub(crate) fn usage(&self) -> Vec<ResourceUsage> {
        let usage = self.usage.lock().unwrap_or_else(PoisonError::into_inner);
        usage.clone()
    }

    pub(crate) fn results(&self) -> Results {
        let results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        results.clone()
    }
}
