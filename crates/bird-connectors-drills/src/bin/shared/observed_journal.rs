//! A shared journal that counts its calls, and that can hold a claim until the drill lets it continue.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};

use bird_connectors::install::{Journal, JournalClaim, SharedJournal};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::UnboundedSender;

/// The calls of a journal.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Calls {
    pub(crate) all: u64,
    /// Attempts to get a claim that another process had.
    pub(crate) waiting: u64,
}

/// The counters of a journal, which outlive it.
#[derive(Clone, Default)]
pub(crate) struct CallCounters {
    all: Arc<AtomicU64>,
    waiting: Arc<AtomicU64>,
}

impl CallCounters {
    pub(crate) fn calls(&self) -> Calls {
        Calls {
            all: self.all.load(Ordering::Relaxed),
            waiting: self.waiting.load(Ordering::Relaxed),
        }
    }
}

/// Keeps a claim instead of releasing it.
pub(crate) struct Hold {
    /// Receives a message when a claim would be released.
    pub(crate) reached: UnboundedSender<()>,
    /// The claim is released after a message, or when the sender is dropped.
    pub(crate) resume: Mutex<Receiver<()>>,
}

pub(crate) struct ObservedJournal {
    pub(crate) journal: Box<dyn Journal>,
    pub(crate) counters: CallCounters,
    pub(crate) hold: Option<Hold>,
}

impl ObservedJournal {
    fn inner(&self) -> io::Result<&dyn SharedJournal> {
        self.counters.all.fetch_add(1, Ordering::Relaxed);
        let shared = self.journal.shared();
        shared.ok_or_else(|| io::Error::other("the journal is not shared"))
    }
}

impl Journal for ObservedJournal {
    fn lines(&self) -> io::Result<Vec<String>> {
        self.journal.lines()
    }

    fn append(&self, line: &str) -> io::Result<()> {
        self.journal.append(line)
    }

    fn shared(&self) -> Option<&dyn SharedJournal> {
        Some(self)
    }
}

impl SharedJournal for ObservedJournal {
    fn last_lines(&self, keys: &[String]) -> io::Result<Vec<String>> {
        self.inner()?.last_lines(keys)
    }

    fn acquire(&self, key: &str) -> io::Result<Option<JournalClaim>> {
        let claim = self.inner()?.acquire(key)?;
        let is_waiting = u64::from(claim.is_none());
        self.counters
            .waiting
            .fetch_add(is_waiting, Ordering::Relaxed);
        Ok(claim)
    }

    fn renew(&self, claim: &JournalClaim) -> io::Result<bool> {
        self.inner()?.renew(claim)
    }

    fn write(&self, claim: &JournalClaim, line: &str) -> io::Result<bool> {
        self.inner()?.write(claim, line)
    }

    fn release(&self, claim: &JournalClaim, line: Option<&str>) -> io::Result<bool> {
        if let Some(hold) = &self.hold {
            let _ = hold.reached.send(());
            let resume = hold.resume.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = resume.recv();
        }
        self.inner()?.release(claim, line)
    }
}
