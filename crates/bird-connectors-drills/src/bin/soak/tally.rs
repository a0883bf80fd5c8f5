//! What all workers together have seen, and what the process weighs meanwhile.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result};
use bird_connectors::Error;
use bird_connectors_drills::secrets;
use bird_connectors_sandbox::Operation;

/// What a process holds at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weight {
    /// Resident memory, in KiB.
    pub(crate) memory: u64,
    pub(crate) sockets: usize,
}

impl Weight {
    /// This process, now.
    pub(crate) fn now() -> Result<Self> {
        let pages = fs::read_to_string("/proc/self/statm").context("statm")?;
        let pages = pages
            .split(' ')
            .nth(1)
            .context("statm has no second field")?;
        let sockets = fs::read_dir("/proc/self/fd")?
            .flatten()
            .filter_map(|entry| fs::read_link(entry.path()).ok())
            .filter(|target| target.to_string_lossy().starts_with("socket:"))
            .count();
        Ok(Self {
            // The pages of all Linux systems that CI has.
            memory: pages.parse::<u64>()? * 4,
            sockets,
        })
    }
}

pub(crate) struct Tally {
    calls: AtomicU64,
    wanted: u64,
    /// At each tenth of the calls.
    weights: Mutex<Vec<Weight>>,
    seen: Mutex<Seen>,
}

/// How calls ended.
#[derive(Clone, Default)]
pub(crate) struct Seen {
    pub(crate) by_operation: BTreeMap<&'static str, u64>,
    pub(crate) by_end: BTreeMap<String, u64>,
    pub(crate) wrong: Vec<String>,
}

impl Tally {
    pub(crate) fn new(wanted: u64) -> Self {
        Self {
            calls: AtomicU64::new(0),
            wanted,
            weights: Mutex::new(Vec::new()),
            seen: Mutex::default(),
        }
    }

    pub(crate) fn is_wanted(&self) -> bool {
        self.calls() < self.wanted
    }

    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// One call has ended. At each tenth of all, the process is weighed.
    pub(crate) fn count(&self, operation: Operation, end: Result<(), &Error>) {
        let before = self.calls.fetch_add(1, Ordering::Relaxed);
        if (before + 1).is_multiple_of((self.wanted / 10).max(1))
            && let Ok(weight) = Weight::now()
        {
            let mut weights = self.weights.lock().unwrap_or_else(PoisonError::into_inner);
            weights.push(weight);
        }
        let end = match end {
            Ok(()) => "success".to_owned(),
            Err(error) => {
                let told = secrets::told_by(error);
                if let Some(secret) = secrets::in_text(&told) {
                    self.wrong(format!("{secret} is shown: {told}"));
                }
                format!("{:?} {:?}", error.kind(), error.outcome())
            }
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen.by_operation.entry(operation.id()).or_default() += 1;
        *seen.by_end.entry(end).or_default() += 1;
    }

    pub(crate) fn wrong(&self, what: String) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.wrong.push(what);
    }

    /// What the process weighed at each tenth of the calls.
    pub(crate) fn weights(&self) -> Vec<Weight> {
        let weights = self.weights.lock().unwrap_or_else(PoisonError::into_inner);
        weights.clone()
    }

    pub(crate) fn seen(&self) -> Seen {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.clone()
    }
}
