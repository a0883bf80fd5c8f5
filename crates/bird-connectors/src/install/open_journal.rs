//! A journal that a run uses: the states of its connectors, and their claims. Several installs can share one.

use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bird_connectors_api::types::{ConnectorId, SubscriptionId};
use futures_util::future::{Either, select};
use tokio::sync::RwLock;
use tokio::time::{sleep, timeout};

use super::held_claim::{HeldClaim, blocking};
use super::journal::Journal;
use super::journal_lines::{
    Entry, JournalKey, JournalLine, JournalState, JournalStates, Origin, read_line, replay,
    write_line,
};
use super::process_claims::{ProcessClaim, ProcessClaims, Releases};
use crate::error::Error;
use crate::lock::lock;
use crate::resume::UnresolvedCreate;
use crate::transport::SendPermission;

/// The pause after the first attempt to get a claim that another process has. Each pause is half as long again as the one before.
const FIRST_CLAIM_PAUSE: Duration = Duration::from_millis(10);
/// The longest pause.
const LONGEST_CLAIM_PAUSE: Duration = Duration::from_millis(250);

/// A journal with the states of connectors. The state of a key is valid while its claim is held.
pub(crate) struct OpenJournal {
    journal: Arc<dyn Journal>,
    /// What the run does, for errors.
    action: &'static str,
    /// Those of all keys, or, of a shared journal, those that were asked for.
    states: Mutex<JournalStates>,
    claims: Arc<ProcessClaims>,
    /// The releases of claims whose lines are in `states`.
    releases: Mutex<Releases>,
    /// Who creates the connectors of this run. The lines of creates record it.
    owner: Option<String>,
    /// Shared while a line is appended, and exclusive while the journal is read again: otherwise `states` could lose a line.
    changes: RwLock<()>,
}

impl OpenJournal {
    /// Reads the journal, or the states of these keys if it is shared. Runs with the same claims exclude each other.
    pub(crate) async fn open(
        journal: Arc<dyn Journal>,
        action: &'static str,
        claims: Arc<ProcessClaims>,
        keys: Vec<JournalKey>,
    ) -> Result<Self, Error> {
        // Counted before the journal is read: a later release is noticed.
        let releases = claims.releases();
        let states = if journal.shared().is_some() {
            read_shared(&journal, action, keys).await?
        } else {
            read_all(&journal, action).await?
        };
        Ok(Self {
            journal,
            action,
            states: Mutex::new(states),
            claims,
            releases: Mutex::new(releases),
            owner: None,
            changes: RwLock::new(()),
        })
    }

    pub(crate) fn with_owner(mut self, owner: Option<String>) -> Self {
        self.owner = owner;
        self
    }

    /// What the journal says about all keys.
    pub(super) async fn read_all(
        journal: &Arc<dyn Journal>,
        action: &'static str,
    ) -> Result<JournalStates, Error> {
        read_all(journal, action).await
    }

    /// Claims a key, and reads its state if another run may have written about it. Returns `None` if another run still holds
    /// the claim at the end of the limit.
    pub(crate) async fn claim(
        &self,
        key: &JournalKey,
        limit: Duration,
    ) -> Result<Option<RunClaim<'_>>, Error> {
        let acquire = async {
            let process = self.claims.acquire(&key.0).await;
            let shared = self.claim_shared(key).await?;
            Ok::<_, Error>((process, shared))
        };
        let Ok(acquired) = timeout(limit, acquire).await else {
            return Ok(None);
        };
        let (process, shared) = acquired?;
        let (held, last_line) = shared.unzip();
        let mut claim = RunClaim {
            journal: self,
            key: key.clone(),
            stale: process.released_since(&lock(&self.releases)),
            process: Some(process),
            held,
        };
        if claim.held.is_some() {
            let line = match last_line.flatten() {
                Some(line) => match read_line(&line) {
                    Ok((_, line)) => line,
                    Err(why) => {
                        // Otherwise, the next call would wait for the end of the lease.
                        claim.release().await;
                        return Err(invalid_shared_line(self.action, key, &why));
                    }
                },
                None => JournalLine {
                    state: JournalState::None,
                    origin: None,
                },
            };
            claim.stale |= line.state != self.state(key);
            lock(&self.states).insert(key.clone(), line);
        } else if claim.stale {
            self.read_again().await?;
        }
        Ok(Some(claim))
    }

    /// Waits until no other process has the claim.
    async fn claim_shared(
        &self,
        key: &JournalKey,
    ) -> Result<Option<(Arc<HeldClaim>, Option<String>)>, Error> {
        let mut pause = FIRST_CLAIM_PAUSE;
        while self.journal.shared().is_some() {
            let claim = HeldClaim::acquire(&self.journal, key.0.clone()).await;
            let claim =
                claim.map_err(|why| failed(self.action, "the journal cannot be claimed", &why))?;
            if claim.is_some() {
                return Ok(claim);
            }
            sleep(pause).await;
            pause = (pause * 3 / 2).min(LONGEST_CLAIM_PAUSE);
        }
        Ok(None)
    }

    /// Adds what other runs have appended.
    async fn read_again(&self) -> Result<(), Error> {
        let _exclusive = self.changes.write().await;
        let releases = self.claims.releases();
        let states = read_all(&self.journal, self.action).await?;
        *lock(&self.states) = states;
        *lock(&self.releases) = releases;
        Ok(())
    }

    /// The state that was read last.
    pub(crate) fn state(&self, key: &JournalKey) -> JournalState {
        let states = lock(&self.states);
        let line = states.get(key);
        line.map_or(JournalState::None, |line| line.state.clone())
    }

    fn origin(&self, key: &JournalKey) -> Option<Origin> {
        lock(&self.states).get(key)?.origin.clone()
    }

    /// Whether the states are those of a shared journal.
    pub(crate) fn is_shared(&self) -> bool {
        self.journal.shared().is_some()
    }
}

impl fmt::Debug for OpenJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenJournal").finish_non_exhaustive()
    }
}

/// The exclusive right of a run to create the connector of a key. Dropping it releases it.
pub(crate) struct RunClaim<'a> {
    journal: &'a OpenJournal,
    key: JournalKey,
    /// `None` once it is dropped.
    process: Option<ProcessClaim>,
    /// The claim that other processes respect.
    held: Option<Arc<HeldClaim>>,
    /// Whether another run may have installed the connector since the journal was opened.
    pub(crate) stale: bool,
}

impl RunClaim<'_> {
    pub(crate) fn state(&self) -> JournalState {
        self.journal.state(&self.key)
    }

    /// Runs the work, and renews the lease meanwhile.
    pub(crate) async fn keep_while<T>(&self, work: impl Future<Output = T>) -> T {
        let Some(held) = &self.held else {
            return work.await;
        };
        match select(pin!(work), pin!(held.keep())).await {
            Either::Left((result, _)) => result,
            Either::Right(((), work)) => work.await,
        }
    }

    /// What a create has to ask right before it is sent. `None` if the claim cannot be lost.
    pub(crate) fn permission(&self) -> Option<SendPermission> {
        self.held.as_ref().map(HeldClaim::permission)
    }

    /// Whether a create was not sent because the claim was lost.
    pub(crate) fn denied_create(&self) -> bool {
        self.held.as_ref().is_some_and(|held| held.was_denied())
    }

    /// The create must not be sent before this has returned `true`. `false`: the claim is lost.
    pub(crate) async fn write_intent(&self, unresolved: UnresolvedCreate) -> Result<bool, Error> {
        let owner = self.journal.owner.clone();
        let origin = owner.map(|owner| Origin {
            owner,
            workspace: unresolved.workspace_id(),
            name: unresolved.name().to_owned(),
        });
        self.write(Entry::Intent { unresolved }, origin).await
    }

    /// A create of a webhook subscription must not be sent before this has returned `true`.
    pub(super) async fn write_subscription_intent(&self, origin: Origin) -> Result<bool, Error> {
        self.write(Entry::SubscriptionIntent, Some(origin)).await
    }

    /// The create had no effect. Returns `false` if the claim is lost.
    pub(crate) async fn write_refused(&self) -> Result<bool, Error> {
        self.write(Entry::Refused, None).await
    }

    /// Writes that the connector exists, and keeps the claim. Returns `false` if the claim is lost.
    pub(super) async fn write_observed(&self, connector: ConnectorId) -> Result<bool, Error> {
        let result = Entry::Result {
            connector,
            observed: true,
        };
        self.write(result, self.origin()).await
    }

    /// Who created what the last line is about.
    pub(super) fn origin(&self) -> Option<Origin> {
        self.journal.origin(&self.key)
    }

    /// Writes the connector, and releases a claim of a shared journal. The owner is that of the last line.
    pub(crate) async fn finish(&self, connector: ConnectorId, observed: bool) -> Result<(), Error> {
        self.finish_owned(connector, observed, self.origin()).await
    }

    /// Writes the connector with its owner, and releases a claim of a shared journal.
    pub(crate) async fn finish_owned(
        &self,
        connector: ConnectorId,
        observed: bool,
        origin: Option<Origin>,
    ) -> Result<(), Error> {
        let result = Entry::Result {
            connector,
            observed,
        };
        self.end(result, origin).await
    }

    /// Writes the webhook subscription with its owner, and releases a claim of a shared journal.
    pub(super) async fn finish_subscription(
        &self,
        subscription: SubscriptionId,
        origin: Option<Origin>,
    ) -> Result<(), Error> {
        self.end(Entry::Subscription { subscription }, origin).await
    }

    /// Writes that the create had no effect, and releases a claim of a shared journal.
    pub(crate) async fn finish_refused(&self) -> Result<(), Error> {
        self.end(Entry::Refused, None).await
    }

    /// Releases a claim of a shared journal before it is dropped, so that it is free when the run returns.
    pub(crate) async fn release(self) {
        self.release_shared().await;
    }

    /// Releases a claim of a shared journal, and keeps that of the process until it is dropped.
    pub(super) async fn release_shared(&self) {
        if let Some(held) = &self.held {
            // If this fails, the lease ends it.
            let _ = held.release(None).await;
        }
    }

    async fn write(&self, entry: Entry, origin: Option<Origin>) -> Result<bool, Error> {
        let (line, described) =
            write_line(&self.key, entry, origin).map_err(|why| self.invalid(why))?;
        let is_held = match &self.held {
            Some(held) => held
                .write(line)
                .await
                .map_err(|why| self.not_written(&why))?,
            None => self.append(line).await.map(|()| true)?,
        };
        if is_held {
            lock(&self.journal.states).insert(self.key.clone(), described);
        }
        Ok(is_held)
    }

    async fn end(&self, entry: Entry, origin: Option<Origin>) -> Result<(), Error> {
        let ended = self.end_claim(entry, origin).await;
        ended.map_err(Error::after_create)
    }

    async fn end_claim(&self, entry: Entry, origin: Option<Origin>) -> Result<(), Error> {
        let Some(held) = &self.held else {
            return self.write(entry, origin).await.map(drop);
        };
        let (line, described) =
            write_line(&self.key, entry, origin).map_err(|why| self.invalid(why))?;
        let released = held.release(Some(line)).await;
        if !released.map_err(|why| self.not_written(&why))? {
            return Err(self.invalid(
                "the journal was not written: another run has taken over the claim and searches for what was created"
                    .to_owned(),
            ));
        }
        lock(&self.journal.states).insert(self.key.clone(), described);
        Ok(())
    }

    async fn append(&self, line: String) -> Result<(), Error> {
        let _shared = self.journal.changes.read().await;
        let journal = Arc::clone(&self.journal.journal);
        let appended = blocking(move || journal.append(&line)).await;
        appended.map_err(|why| self.not_written(&why))
    }

    fn invalid(&self, why: String) -> Error {
        Error::journal(self.journal.action, why)
    }

    fn not_written(&self, why: &std::io::Error) -> Error {
        failed(self.journal.action, "the journal cannot be written", why)
    }
}

impl Drop for RunClaim<'_> {
    fn drop(&mut self) {
        // Before a waiting run of this process asks for it.
        drop(self.held.take());
        if let Some(process) = self.process.take() {
            process.release(&mut lock(&self.journal.releases));
        }
    }
}

/// Reads the states of a journal that is not shared.
async fn read_all(
    journal: &Arc<dyn Journal>,
    action: &'static str,
) -> Result<JournalStates, Error> {
    let journal = Arc::clone(journal);
    let lines = blocking(move || journal.lines()).await;
    let lines = lines.map_err(|why| not_read(action, &why))?;
    replay(&lines).map_err(|why| Error::journal(action, why))
}

/// Reads the states of these keys.
async fn read_shared(
    journal: &Arc<dyn Journal>,
    action: &'static str,
    keys: Vec<JournalKey>,
) -> Result<JournalStates, Error> {
    if keys.is_empty() {
        return Ok(JournalStates::default());
    }
    let journal = Arc::clone(journal);
    let keys: Vec<_> = keys.into_iter().map(|key| key.0).collect();
    let lines = blocking(move || match journal.shared() {
        Some(shared) => shared.last_lines(&keys),
        None => Ok(Vec::new()),
    });
    let lines = lines.await.map_err(|why| not_read(action, &why))?;
    // The claim of its key reports an invalid line, which does not say its key here. So the other connectors are installed.
    let states = lines.iter().filter_map(|line| read_line(line).ok());
    Ok(states.collect())
}

fn invalid_shared_line(action: &'static str, key: &JournalKey, why: &serde_json::Error) -> Error {
    let key = &key.0;
    let message = format!("the line of the journal with the key {key} is invalid: {why}");
    Error::journal(action, message).with_help(
        "nothing was sent; restore the line, or remove it after you have looked for the connector in Bird",
    )
}

fn not_read(action: &'static str, why: &std::io::Error) -> Error {
    failed(action, "the journal cannot be read", why)
}

/// An operation of the journal failed before anything was sent.
fn failed(action: &'static str, what: &str, why: &std::io::Error) -> Error {
    let error = Error::journal(action, format!("{what}: {why}")).with_io_error(why);
    let help = if error.is_transient() {
        "nothing was sent; call again when the journal works"
    } else {
        "nothing was sent; correct the journal first"
    };
    error.with_help(help)
}

#[cfg(test)]
mod tests;
