//! Who created what, by a journal: reads the records, and deletes, records and subscribes while the claim of a key is held.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bird_connectors_api::types::{
    ConnectorId, CreateWebhookSubscription, SubscriptionId, WebhookSubscription, WorkspaceId,
};
use tokio::time::{Instant, sleep_until};
use tracing::Instrument as _;

use super::journal::Journal;
use super::journal_lines::{JournalKey, JournalLine, JournalState, Origin};
use super::lookup_schedule::LookupSchedule;
use super::open_journal::{OpenJournal, RunClaim};
use super::process_claims::ProcessClaims;
use crate::client::Workspace;
use crate::error::{Error, ErrorKind, RequestOutcome};
use crate::resources::telemetry;
use crate::resources::{
    Connectors, Delete, Deleted, EnsuredSubscription, NewSubscription, WebhookSubscriptions,
    adopt_subscription, subscription_identity,
};

/// What a journal says about one connector or webhook subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct JournalRecord {
    /// The key, as [`ConnectorIdentity::journal_key`](crate::install::ConnectorIdentity::journal_key) and
    /// [`subscription_journal_key`] return it.
    pub key: String,
    /// What was created.
    pub resource: RecordedResource,
    /// Whether a run has read the connector since its create. Without that, a connector that is missing may still appear. Always
    /// true for a webhook subscription.
    pub observed: bool,
    /// Who created it: see [`Ensure::owner`](crate::install::Ensure::owner). `None` if the run had no owner, or if somebody else
    /// may have created it.
    pub owner: Option<String>,
    /// The workspace, if the run had an owner.
    pub workspace_id: Option<WorkspaceId>,
    /// The name of the connector, or the event of the subscription, if the run had an owner.
    pub name: Option<String>,
}

impl JournalRecord {
    /// A record without an owner, for tests and simulations.
    pub fn new(key: impl Into<String>, resource: RecordedResource) -> Self {
        Self {
            key: key.into(),
            resource,
            observed: matches!(resource, RecordedResource::Subscription(_)),
            owner: None,
            workspace_id: None,
            name: None,
        }
    }

    /// The same record with an owner.
    #[must_use]
    pub fn owned_by(
        mut self,
        owner: impl Into<String>,
        workspace: WorkspaceId,
        name: impl Into<String>,
    ) -> Self {
        self.owner = Some(owner.into());
        self.workspace_id = Some(workspace);
        self.name = Some(name.into());
        self
    }
}

/// What a record of a journal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecordedResource {
    /// A connector.
    Connector(ConnectorId),
    /// A webhook subscription.
    Subscription(SubscriptionId),
    /// A create whose outcome is unknown.
    Unresolved,
}

/// The key of a webhook subscription in a journal: a digest of the workspace and what identifies the subscription.
#[must_use]
pub fn subscription_journal_key(workspace: WorkspaceId, subscription: &NewSubscription) -> String {
    subscription_key(workspace, subscription).0
}

fn subscription_key(workspace: WorkspaceId, subscription: &NewSubscription) -> JournalKey {
    JournalKey::of_identity(workspace, &subscription_identity(&subscription.0))
}

/// A journal, and the name of the owner of what is created with it, such as a project. Several owners can share a journal.
///
/// Every method that changes something holds the claim of its key, like [`ensure`](crate::resources::Connectors::ensure), so that
/// it excludes other runs. Cheap to clone.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = bird_connectors_sandbox::Sandbox::start().await?;
/// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
/// # let workspace = client.build()?.workspace(bird_connectors::WorkspaceId::from(sandbox.workspace_id()));
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("journal");
/// use bird_connectors::install::{FileJournal, OwnedJournal, RecordedResource};
/// use bird_connectors::templates::Telegram;
///
/// let journal = FileJournal::open(path)?;
/// let connectors = workspace.connectors();
/// let ensure = connectors.ensure(Telegram::new("Bot")).journal(journal.clone());
/// let bot = ensure.owner("acme").await?;
///
/// let owned = OwnedJournal::new(journal, "acme");
/// let records = owned.records().await?;
/// assert_eq!(records[0].owner.as_deref(), Some("acme"));
/// assert_eq!(records[0].resource, RecordedResource::Connector(bot.id()));
///
/// owned.delete_connector(&connectors, &records[0].key, bot.id()).await?;
/// assert!(owned.records().await?.is_empty());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct OwnedJournal {
    journal: Arc<dyn Journal>,
    owner: String,
}

/// How long to wait for another run that has the claim of a key.
const CLAIM_LIMIT: Duration = Duration::from_secs(120);

impl OwnedJournal {
    /// A journal with this owner. The name must not be a secret.
    pub fn new(journal: impl Journal + 'static, owner: impl Into<String>) -> Self {
        Self {
            journal: Arc::new(journal),
            owner: owner.into(),
        }
    }

    /// The journal, for [`Ensure::journal`](crate::install::Ensure::journal).
    #[must_use]
    pub fn journal(&self) -> Arc<dyn Journal> {
        Arc::clone(&self.journal)
    }

    /// The owner.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Reads the records of all owners, in the order of their keys. What was deleted, or not created, has none.
    ///
    /// # Errors
    /// If the journal cannot be read, or if a line of it is invalid.
    pub async fn records(&self) -> Result<Vec<JournalRecord>, Error> {
        let states = OpenJournal::read_all(&self.journal, "read a journal").await?;
        let mut records: Vec<_> = states
            .into_iter()
            .filter_map(|(key, line)| record(key, line))
            .collect();
        records.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(records)
    }

    /// Deletes a connector **and its channel**, and records that there is none. A connector that is already gone is a success. It
    /// can be repeated after it was killed.
    ///
    /// If the journal names another connector, that one is read first: it must be gone, because somebody else has deleted it.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] if the journal names another connector that exists, or a create of unknown outcome; nothing was
    /// deleted. Otherwise the errors of the journal and of that read, before anything is deleted, and of a [`Delete`].
    pub async fn delete_connector(
        &self,
        connectors: &Connectors,
        key: &str,
        id: ConnectorId,
    ) -> Result<Deleted, Error> {
        let journal = self
            .open("delete a connector", connectors.workspace())
            .await?;
        let claim = claim(&journal, key).await?;
        let work = async {
            match claim.state() {
                JournalState::Result { connector, .. } if connector != id => {
                    gone(connectors.get(connector).await)
                }
                JournalState::Intent(_) | JournalState::SubscriptionIntent => Err(changed()),
                // Otherwise, a run that finds it missing would not know whether it ever existed.
                JournalState::Result {
                    observed: false, ..
                } => held(claim.write_observed(id).await),
                _ => Ok(()),
            }?;
            delete(&claim, connectors.delete(id)).await
        };
        finish(&claim, work).await
    }

    /// Deletes a webhook subscription, and records that there is none. One that is already gone is a success.
    ///
    /// # Errors
    /// As [`delete_connector`](Self::delete_connector).
    pub async fn delete_subscription(
        &self,
        subscriptions: &WebhookSubscriptions,
        key: &str,
        id: SubscriptionId,
    ) -> Result<Deleted, Error> {
        let workspace = subscriptions.workspace();
        let journal = self
            .open("delete a webhook subscription", workspace)
            .await?;
        let claim = claim(&journal, key).await?;
        let work = async {
            match claim.state() {
                JournalState::Subscription(known) if known != id => {
                    gone(subscriptions.get(known).await)?;
                }
                JournalState::Subscription(_) | JournalState::None => {}
                _ => return Err(changed()),
            }
            delete(&claim, subscriptions.delete(id)).await
        };
        finish(&claim, work).await
    }

    /// Records that the owner has a connector: one that somebody else created, or that of a create of unknown outcome. Sends
    /// nothing, unless the journal names another connector: that one is read, and must be gone.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] if the journal names another connector that exists, or another owner. Otherwise the errors of the
    /// journal and of that read.
    pub async fn own_connector(
        &self,
        connectors: &Connectors,
        key: &str,
        id: ConnectorId,
        name: &str,
    ) -> Result<(), Error> {
        let workspace = connectors.workspace();
        let journal = self.open(ACTION, workspace).await?;
        let claim = claim(&journal, key).await?;
        let work = async {
            self.check_owner(&claim)?;
            match claim.state() {
                JournalState::Result { connector, .. } if connector != id => {
                    gone(connectors.get(connector).await)?;
                }
                JournalState::None | JournalState::Intent(_) | JournalState::Result { .. } => {}
                _ => return Err(changed()),
            }
            let origin = self.origin(workspace, name);
            claim.finish_owned(id, true, Some(origin)).await
        };
        finish(&claim, work).await
    }

    /// Records that the owner has a webhook subscription: one that somebody else created, or that of a create of unknown outcome.
    /// Sends nothing, unless the journal names another subscription: that one is read, and must be gone.
    ///
    /// # Errors
    /// As [`own_connector`](Self::own_connector).
    pub async fn own_subscription(
        &self,
        subscriptions: &WebhookSubscriptions,
        key: &str,
        id: SubscriptionId,
        name: &str,
    ) -> Result<(), Error> {
        let workspace = subscriptions.workspace();
        let journal = self.open(ACTION, workspace).await?;
        let claim = claim(&journal, key).await?;
        let work = async {
            self.check_owner(&claim)?;
            match claim.state() {
                JournalState::Subscription(known) if known != id => {
                    gone(subscriptions.get(known).await)?;
                }
                JournalState::None
                | JournalState::SubscriptionIntent
                | JournalState::Subscription(_) => {}
                _ => return Err(changed()),
            }
            let origin = self.origin(workspace, name);
            claim.finish_subscription(id, Some(origin)).await
        };
        finish(&claim, work).await
    }

    /// Adopts or creates a webhook subscription, like [`WebhookSubscriptions::ensure`], and records the create before it is sent
    /// and its result. If an earlier create has an unknown outcome, the subscription is searched for within the window, and
    /// created again only if `recreate` is true.
    ///
    /// # Errors
    /// Those of [`WebhookSubscriptions::ensure`] and of the journal; [`ErrorKind::Timeout`] with an unknown outcome if nothing is
    /// found within the window.
    pub async fn ensure_subscription(
        &self,
        subscriptions: &WebhookSubscriptions,
        subscription: NewSubscription,
        window: Duration,
        recreate: bool,
    ) -> Result<EnsuredSubscription, Error> {
        let span = telemetry::ensure_subscription(subscriptions.workspace().id());
        let work = self.ensure_claimed(subscriptions, subscription, window, recreate);
        let result = work.instrument(span.span().clone()).await;
        telemetry::create_ended(span, &result, |ensured| ensured.adopted);
        result
    }

    async fn ensure_claimed(
        &self,
        subscriptions: &WebhookSubscriptions,
        subscription: NewSubscription,
        window: Duration,
        recreate: bool,
    ) -> Result<EnsuredSubscription, Error> {
        let workspace = subscriptions.workspace();
        let key = subscription_key(workspace.id(), &subscription);
        let wanted = subscription.checked()?;
        let journal = self.open(ENSURE_SUBSCRIPTION, workspace).await?;
        let claim = claim(&journal, &key.0).await?;
        let work = async {
            let unresolved = claim.state() == JournalState::SubscriptionIntent;
            let schedule = if unresolved {
                LookupSchedule::within(window)
            } else {
                LookupSchedule::within(Duration::ZERO)
            };
            let known = match search(subscriptions, &wanted, schedule).await? {
                (Some(found), _) => {
                    if unresolved {
                        let origin = claim.origin();
                        let id = found.subscription.id;
                        claim.finish_subscription(id, origin).await?;
                    }
                    return Ok(found);
                }
                (None, _) if unresolved && !recreate => return Err(unresolved_error(window)),
                (None, known) => known,
            };
            let origin = self.origin(workspace, &wanted.event);
            held(claim.write_subscription_intent(origin.clone()).await)?;
            match subscriptions.ensure_from(&known, wanted).await {
                Ok((ensured, is_created)) => {
                    let origin = is_created.then_some(origin);
                    let id = ensured.subscription.id;
                    claim.finish_subscription(id, origin).await?;
                    Ok(ensured)
                }
                Err(error) => {
                    if !error.may_have_been_processed() {
                        // Otherwise a later run searches for it, which does no harm.
                        let _ = claim.finish_refused().await;
                    }
                    Err(error)
                }
            }
        };
        finish(&claim, Box::pin(work)).await
    }

    async fn open(
        &self,
        action: &'static str,
        workspace: &Workspace,
    ) -> Result<OpenJournal, Error> {
        let claims = ProcessClaims::of(workspace.base_url());
        OpenJournal::open(Arc::clone(&self.journal), action, claims, Vec::new()).await
    }

    fn origin(&self, workspace: &Workspace, name: &str) -> Origin {
        Origin {
            owner: self.owner.clone(),
            workspace: workspace.id(),
            name: name.to_owned(),
        }
    }

    fn check_owner(&self, claim: &RunClaim<'_>) -> Result<(), Error> {
        match claim.origin() {
            Some(origin) if origin.owner != self.owner => {
                let message = format!("it belongs to `{}` already", origin.owner);
                Err(Error::new(ErrorKind::Conflict, ACTION, message))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for OwnedJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedJournal")
            .field("owner", &self.owner)
            .finish_non_exhaustive()
    }
}

const ACTION: &str = "change a journal";
const ENSURE_SUBSCRIPTION: &str = "ensure a webhook subscription";

fn record(key: JournalKey, line: JournalLine) -> Option<JournalRecord> {
    let (resource, observed) = match line.state {
        JournalState::None => return None,
        JournalState::Intent(_) | JournalState::SubscriptionIntent => {
            (RecordedResource::Unresolved, false)
        }
        JournalState::Result {
            connector,
            observed,
        } => (RecordedResource::Connector(connector), observed),
        JournalState::Subscription(id) => (RecordedResource::Subscription(id), true),
    };
    let (owner, workspace_id, name) = match line.origin {
        Some(origin) => (
            Some(origin.owner),
            Some(origin.workspace),
            Some(origin.name),
        ),
        None => (None, None, None),
    };
    Some(JournalRecord {
        key: key.0,
        resource,
        observed,
        owner,
        workspace_id,
        name,
    })
}

async fn claim<'a>(journal: &'a OpenJournal, key: &str) -> Result<RunClaim<'a>, Error> {
    let key = JournalKey(key.to_owned());
    let claim = journal.claim(&key, CLAIM_LIMIT).await?;
    claim.ok_or_else(|| {
        let message = format!("another run has the claim for more than {CLAIM_LIMIT:?}");
        Error::new(ErrorKind::Timeout, ACTION, message)
            .with_outcome(RequestOutcome::NotSent)
            .with_help("wait until that run ends, or stop it, and try again")
    })
}

/// Runs the work while the lease is renewed, and releases the claim.
async fn finish<T>(
    claim: &RunClaim<'_>,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let result = claim.keep_while(work).await;
    claim.release_shared().await;
    result
}

async fn delete(claim: &RunClaim<'_>, delete: Delete) -> Result<Deleted, Error> {
    let deleted = delete.missing_ok().await?;
    if claim.state() != JournalState::None {
        claim.finish_refused().await?;
    }
    Ok(deleted)
}

/// Fails if the claim was lost before a line was written.
fn held(written: Result<bool, Error>) -> Result<(), Error> {
    if written? { Ok(()) } else { Err(changed()) }
}

/// Fails unless a read has found that what the journal names does not exist any more.
fn gone<T>(read: Result<T, Error>) -> Result<(), Error> {
    match read {
        Ok(_) => Err(changed()),
        Err(error) if error.is_not_found() => Ok(()),
        Err(error) => Err(error),
    }
}

fn changed() -> Error {
    Error::new(
        ErrorKind::Conflict,
        ACTION,
        "the journal has changed in the meantime: another run works on the same connector or subscription",
    )
    .with_outcome(RequestOutcome::NotSent)
    .with_help("plan again")
}

fn unresolved_error(window: Duration) -> Error {
    let message = format!(
        "outcome unknown: an earlier run started to create this webhook subscription, the journal contains no result, and none \
         was found within {window:?}"
    );
    Error::new(ErrorKind::Timeout, ENSURE_SUBSCRIPTION, message)
        .with_outcome(RequestOutcome::Unknown)
        .with_help("check for it before creating it again (`recreate_after_window` does that)")
}

/// Reads the subscriptions until one matches or the schedule ends.
async fn search(
    subscriptions: &WebhookSubscriptions,
    wanted: &CreateWebhookSubscription,
    mut schedule: LookupSchedule,
) -> Result<(Option<EnsuredSubscription>, Vec<WebhookSubscription>), Error> {
    let end = Instant::now().checked_add(schedule.span);
    loop {
        let started = Instant::now();
        let known = subscriptions.existing().await?;
        let found = adopt_subscription(&known, wanted)?;
        if found.is_some() || end.is_some_and(|end| started >= end) {
            return Ok((found, known));
        }
        let due = Instant::now() + schedule.next_pause();
        sleep_until(end.map_or(due, |end| due.min(end))).await;
    }
}
