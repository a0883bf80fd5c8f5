//! A claim of a shared journal that a run holds: its lease, and the calls that need it.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::runtime::Handle;
use tokio::time::sleep;

use super::journal::Journal;
use super::lease::{Lease, Moment};
use super::shared_journal::{JournalClaim, SharedJournal};
use crate::lock::lock;
use crate::transport::SendPermission;

/// How often a lease is renewed before a create is sent, if each renewal takes too long.
const MAX_RENEWALS: u32 = 3;

/// A claim that the run holds, unless it was lost. Dropping it releases it in the background.
pub(super) struct HeldClaim {
    journal: Arc<dyn Journal>,
    /// `None` once it is released. Locked during each call, so that none can follow the release.
    claim: Mutex<Option<JournalClaim>>,
    /// `None` if the claim cannot be lost.
    lease: Mutex<Option<Lease>>,
    lost: AtomicBool,
    /// Whether a create was not sent because the claim was lost.
    denied: AtomicBool,
}

impl HeldClaim {
    /// Claims a key. Returns `None` if another run holds the claim.
    pub(super) async fn acquire(
        journal: &Arc<dyn Journal>,
        key: String,
    ) -> io::Result<Option<(Arc<Self>, Option<String>)>> {
        let journal = Arc::clone(journal);
        let asked = Moment::now();
        // The claim gets its owner there, because this future can be dropped.
        blocking(move || {
            let claim = match journal.shared() {
                Some(shared) => shared.acquire(&key)?,
                None => None,
            };
            Ok(claim.map(|mut claim| {
                let last_line = claim.take_last_line();
                let lease = claim.lease().map(|length| Lease::new(length, asked));
                let held = Arc::new(Self {
                    journal,
                    claim: Mutex::new(Some(claim)),
                    lease: Mutex::new(lease),
                    lost: AtomicBool::new(false),
                    denied: AtomicBool::new(false),
                });
                (held, last_line)
            }))
        })
        .await
    }

    /// Renews the lease until the claim is lost or released. Never ends.
    pub(super) async fn keep(self: &Arc<Self>) {
        loop {
            let pause = match &*lock(&self.lease) {
                Some(lease) if !self.is_lost() => lease.renew_in(Moment::now()),
                _ => break,
            };
            sleep(pause).await;
            if self.renew().await.is_err() {
                let pause = lock(&self.lease).as_ref().map(Lease::retry_pause);
                sleep(pause.unwrap_or_default()).await;
            }
        }
        std::future::pending().await
    }

    /// What a create has to ask right before it is sent.
    pub(super) fn permission(self: &Arc<Self>) -> SendPermission {
        let held = Arc::clone(self);
        SendPermission::new(move || {
            let held = Arc::clone(&held);
            Box::pin(async move { held.may_send().await })
        })
    }

    /// Renews the lease unless it is fresh. The error is the reason why a create must not be sent.
    async fn may_send(self: Arc<Self>) -> Result<(), String> {
        for _ in 0..MAX_RENEWALS {
            if self.is_lost() {
                break;
            }
            let is_fresh = lock(&self.lease).is_none_or(|lease| lease.is_fresh(Moment::now()));
            if is_fresh {
                return Ok(());
            }
            self.renew().await.map_err(|why| {
                format!("the claim of the connector cannot be renewed in the journal: {why}")
            })?;
        }
        if self.is_lost() {
            self.denied.store(true, Ordering::SeqCst);
            return Err("another run has claimed the connector in the meantime".to_owned());
        }
        Err(
            "each renewal of the claim in the journal takes more than half of its lease; use a longer lease"
                .to_owned(),
        )
    }

    /// Whether a create was not sent because the claim was lost.
    pub(super) fn was_denied(&self) -> bool {
        self.denied.load(Ordering::SeqCst)
    }

    async fn renew(self: &Arc<Self>) -> io::Result<bool> {
        self.call(|shared, claim| shared.renew(claim)).await
    }

    /// Writes a line. Returns `false` if the claim is lost.
    pub(super) async fn write(self: &Arc<Self>, line: String) -> io::Result<bool> {
        self.call(move |shared, claim| shared.write(claim, &line))
            .await
    }

    /// Releases the claim, with a last line. Returns `false` if the claim is lost, or was released before.
    pub(super) async fn release(self: &Arc<Self>, line: Option<String>) -> io::Result<bool> {
        // Without a thread, and without waiting for a call that is running.
        let is_released = self.claim.try_lock().is_ok_and(|claim| claim.is_none());
        if is_released {
            return Ok(false);
        }
        let held = Arc::clone(self);
        blocking(move || held.release_now(line.as_deref())).await
    }

    fn release_now(&self, line: Option<&str>) -> io::Result<bool> {
        let mut slot = lock(&self.claim);
        let Some(claim) = slot.take() else {
            return Ok(false);
        };
        *lock(&self.lease) = None;
        match self.journal.shared() {
            Some(shared) => shared.release(&claim, line),
            None => Ok(false),
        }
    }

    fn is_lost(&self) -> bool {
        self.lost.load(Ordering::SeqCst)
    }

    /// Calls a method that renews the lease.
    async fn call(
        self: &Arc<Self>,
        method: impl FnOnce(&dyn SharedJournal, &JournalClaim) -> io::Result<bool> + Send + 'static,
    ) -> io::Result<bool> {
        let held = Arc::clone(self);
        let asked = Moment::now();
        blocking(move || {
            let claim = lock(&held.claim);
            let (Some(claim), Some(shared)) = (&*claim, held.journal.shared()) else {
                return Ok(false);
            };
            let is_held = method(shared, claim)?;
            if !is_held {
                held.lost.store(true, Ordering::SeqCst);
            } else if let Some(lease) = &mut *lock(&held.lease) {
                lease.restart(asked);
            }
            Ok(is_held)
        })
        .await
    }
}

impl Drop for HeldClaim {
    fn drop(&mut self) {
        let Some(claim) = lock(&self.claim).take() else {
            return;
        };
        let journal = Arc::clone(&self.journal);
        // Without a runtime, nothing is released but what the claim itself holds. Its lease ends the rest.
        if let Ok(runtime) = Handle::try_current() {
            drop(runtime.spawn_blocking(move || {
                let released = journal.shared().map(|shared| shared.release(&claim, None));
                drop((released, claim));
            }));
        }
    }
}

/// Runs blocking work on a thread for it. The work is completed even if this future is dropped.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|end| Err(io::Error::other(end.to_string())))
}
