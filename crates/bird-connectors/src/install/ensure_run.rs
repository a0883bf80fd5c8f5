//! The algorithm of `ensure` for one template: read the journal, search for a match, create, and search again if the outcome
//! of the create is unknown.
//!
//! A bulk install reads the list once ([`ConnectorStore::all`]), opens the journal once ([`OpenJournal::open`]), and calls
//! [`ensure`] for each template with both. The snapshot may be outdated: it only saves the first lookup. With a journal, runs
//! for the same [`JournalKey`] wait for each other ([`OpenJournal::claim`]). Without one, two templates with the same key must
//! not be ensured concurrently or from one snapshot, because the second one would not find the connector that the first one
//! created.

mod errors;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bird_connectors_api::types::{Connector, ConnectorId};
use tokio::time::{Instant, sleep_until};

use super::failed_create::{FailedCreate, classify};
use super::journal_lines::{JournalKey, JournalState};
use super::lookup_schedule::LookupSchedule;
use super::matching::{Match, MatchedBy, WantedConnector, compare};
use super::open_journal::{OpenJournal, RunClaim};
use super::store::{AnyStore, ConnectorStore, MatchedConnector, Snapshot, SnapshotMatch};
use crate::clock::now;
use crate::error::{Error, ErrorKind};
use crate::resume::UnresolvedCreate;
use crate::templates::Template;

/// The default time within which a created connector must appear in the list.
pub(crate) const DEFAULT_WINDOW: Duration = Duration::from_secs(30);

/// The settings of an idempotent install.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EnsureSettings {
    /// How long to search for a connector whose create has an unknown outcome.
    pub(crate) window: Duration,
    /// Whether to create once more if nothing matches within the window.
    pub(crate) recreate: bool,
    /// Whether an adopted connector that differs from the template is an error.
    pub(crate) refuse_drift: bool,
}

impl Default for EnsureSettings {
    fn default() -> Self {
        Self {
            window: DEFAULT_WINDOW,
            recreate: false,
            refuse_drift: false,
        }
    }
}

impl EnsureSettings {
    /// How long to wait for other runs that install the same connector. A run takes two windows and its requests.
    fn claim_limit(&self) -> Duration {
        self.window
            .saturating_mul(2)
            .saturating_add(Duration::from_secs(60))
    }
}

/// The result of a successful run.
#[derive(Debug)]
pub(crate) struct EnsureOutcome {
    pub(crate) connector: EnsuredConnector,
    /// Why the result could not be written to the journal. A later run searches for the connector.
    pub(crate) journal_error: Option<Error>,
}

/// An adoption that is not written to a journal.
impl From<MatchedConnector> for EnsureOutcome {
    fn from(matched: MatchedConnector) -> Self {
        Self {
            connector: EnsuredConnector::Adopted(matched),
            journal_error: None,
        }
    }
}

#[derive(Debug)]
pub(crate) enum EnsuredConnector {
    Created(Arc<Connector>),
    Adopted(MatchedConnector),
}

/// Adopts the connector that matches, or creates it once.
pub(crate) fn ensure<'a>(
    store: &'a impl ConnectorStore,
    template: &'a Template,
    wanted: &'a WantedConnector,
    settings: EnsureSettings,
    snapshot: Option<&'a Snapshot>,
    journal: Option<&'a OpenJournal>,
) -> impl Future<Output = Result<EnsureOutcome, Error>> + Send + 'a {
    let store = AnyStore::new(store);
    ensure_in(store, template, wanted, settings, snapshot, journal)
}

async fn ensure_in(
    store: AnyStore<'_>,
    template: &Template,
    wanted: &WantedConnector,
    settings: EnsureSettings,
    snapshot: Option<&Snapshot>,
    journal: Option<&OpenJournal>,
) -> Result<EnsureOutcome, Error> {
    // A run without a journal needs no key, which took half of the time of a large `install_all`.
    let journal = journal.map(|journal| (journal, JournalKey::new(store.workspace(), wanted)));
    if let (Some(snapshot), Some((journal, key))) = (snapshot, &journal)
        && let Some(matched) = adopt_unclaimed(wanted, snapshot, journal, key)
    {
        return Ok(matched.into());
    }
    let (mut lost, mut unsent) = (false, None);
    let first_create = OnceLock::new();
    let after_first_create = |error| EnsureRun::after_first_create(error, first_create.get());
    loop {
        let mut run = EnsureRun {
            store,
            wanted,
            settings,
            claim: None,
            first_create: &first_create,
        };
        if let Some((journal, key)) = &journal {
            let acquired = run.acquire(journal, key).await;
            run.claim = Some(acquired.map_err(after_first_create)?);
        }
        // The snapshot may be older than the connector of another run.
        let is_stale = lost || run.claim.as_ref().is_some_and(|claim| claim.stale);
        let snapshot = snapshot.filter(|_| !is_stale);
        let install = Box::pin(run.install(template, snapshot, unsent.take()));
        let end = match &run.claim {
            Some(claim) => claim.keep_while(install).await,
            None => install.await,
        };
        if let Some(claim) = run.claim {
            claim.release().await;
        }
        match end.map_err(after_first_create)? {
            RunEnd::Done(outcome) => return Ok(outcome),
            RunEnd::ClaimLost { unsent: intent } => (lost, unsent) = (true, intent),
        }
    }
}

/// Adopts a connector that exists according to the snapshot. Nothing can be created or written then, so no claim of a shared
/// journal is needed.
fn adopt_unclaimed(
    wanted: &WantedConnector,
    snapshot: &Snapshot,
    journal: &OpenJournal,
    key: &JournalKey,
) -> Option<MatchedConnector> {
    if !journal.is_shared() {
        return None;
    }
    match journal.state(key) {
        JournalState::Result {
            connector,
            observed: true,
        } => {
            let mut all = snapshot.connectors.iter();
            let connector = all.find(|one| one.id == connector)?;
            Some(MatchedConnector {
                connector: Arc::clone(connector),
                matched_by: MatchedBy::Journal,
            })
        }
        JournalState::None => match snapshot.find(wanted) {
            SnapshotMatch::One(matched) => Some(matched),
            _ => None,
        },
        _ => None,
    }
}

/// Searches for the wanted connector until the window ends. Creates nothing. Returns `None` if nothing matches.
pub(crate) async fn find(
    store: &impl ConnectorStore,
    wanted: &WantedConnector,
    window: Duration,
) -> Result<Option<MatchedConnector>, Error> {
    let run = EnsureRun {
        store: AnyStore::new(store),
        wanted,
        settings: EnsureSettings {
            window,
            ..EnsureSettings::default()
        },
        claim: None,
        first_create: &OnceLock::new(),
    };
    match run
        .look_up_repeatedly(&LookupHint::None, LookupSchedule::within(window))
        .await
    {
        LookupResult::Matched(matched) => Ok(Some(matched)),
        LookupResult::Several(error) | LookupResult::Failed(error) => Err(error),
        LookupResult::Other(_) | LookupResult::None => Ok(None),
    }
}

struct EnsureRun<'a> {
    store: AnyStore<'a>,
    wanted: &'a WantedConnector,
    settings: EnsureSettings,
    /// `None` without a journal.
    claim: Option<RunClaim<'a>>,
    /// The create of this call whose response was lost, once a second one is sent.
    first_create: &'a OnceLock<UnresolvedCreate>,
}

/// How a run ended that did not fail.
enum RunEnd {
    Done(EnsureOutcome),
    /// Another run has the claim, and this run sent nothing. `unsent`: the intent that it wrote, unless an earlier create is
    /// unresolved, too.
    ClaimLost {
        unsent: Option<UnresolvedCreate>,
    },
}

/// What to do after the first lookup.
enum NextStep {
    Adopt(MatchedConnector),
    /// `unresolved`: an earlier create still has an unknown outcome.
    Create {
        unresolved: bool,
    },
}

/// Ids that are known in addition to the list.
enum LookupHint {
    None,
    /// The id in the journal. It is adopted without a comparison.
    Journal(ConnectorId),
    /// The ids in a response. Each is compared before it is adopted.
    Response(Vec<ConnectorId>),
}

enum LookupResult {
    Matched(MatchedConnector),
    /// More than one connector matches.
    Several(Error),
    /// This connector is named in a response, but does not match.
    Other(Box<Connector>),
    /// The last lookup failed, or could not decide.
    Failed(Error),
    None,
}

impl<'a> EnsureRun<'a> {
    /// Waits until no other run installs this connector.
    async fn acquire(
        &self,
        journal: &'a OpenJournal,
        key: &JournalKey,
    ) -> Result<RunClaim<'a>, Error> {
        let claim = journal.claim(key, self.settings.claim_limit()).await?;
        claim.ok_or_else(|| self.claimed_error())
    }

    /// Adopts or creates the connector while the claim is held. `unsent`: the intent of an earlier claim of this run.
    async fn install(
        &self,
        template: &Template,
        snapshot: Option<&Snapshot>,
        unsent: Option<UnresolvedCreate>,
    ) -> Result<RunEnd, Error> {
        if let (Some(claim), Some(unsent)) = (&self.claim, unsent)
            && claim.state() == JournalState::Intent(Box::new(unsent.clone()))
            && !claim.write_refused().await?
        {
            let unsent = Some(unsent);
            return Ok(RunEnd::ClaimLost { unsent });
        }
        match self.next_step(snapshot).await? {
            NextStep::Adopt(matched) => Ok(RunEnd::Done(self.adopt(matched).await)),
            NextStep::Create { unresolved } => self.create(template, unresolved).await,
        }
    }

    /// Searches for a match before a create is sent.
    async fn next_step(&self, snapshot: Option<&Snapshot>) -> Result<NextStep, Error> {
        let state = match &self.claim {
            Some(claim) => claim.state(),
            None => JournalState::None,
        };
        let (hint, schedule) = match &state {
            JournalState::None
            | JournalState::SubscriptionIntent
            | JournalState::Subscription(_) => {
                return self.first_lookup(snapshot).await;
            }
            JournalState::Intent(_) => (LookupHint::None, self.whole_window()),
            JournalState::Result {
                connector,
                observed,
            } => {
                // A connector that existed and is missing in two consecutive lookups was deleted.
                let schedule = if *observed {
                    LookupSchedule::twice(self.settings.window)
                } else {
                    self.whole_window()
                };
                (LookupHint::Journal(*connector), schedule)
            }
        };
        let failure = match self.look_up_repeatedly(&hint, schedule).await {
            LookupResult::Matched(matched) => return Ok(NextStep::Adopt(matched)),
            LookupResult::Several(error) => return Err(error),
            LookupResult::Failed(error) => Some(error),
            LookupResult::Other(_) | LookupResult::None => None,
        };
        match (state, failure) {
            (
                JournalState::Result { observed: true, .. }
                | JournalState::None
                | JournalState::SubscriptionIntent
                | JournalState::Subscription(_),
                None,
            ) => Ok(NextStep::Create { unresolved: false }),
            (_, None) if self.settings.recreate => Ok(NextStep::Create { unresolved: true }),
            (JournalState::Result { connector, .. }, None) => Err(self.missing_error(connector)),
            (JournalState::Intent(unresolved), failure) => {
                Err(self.open_intent_error(*unresolved, failure))
            }
            (_, Some(error)) => Err(error),
        }
    }

    async fn first_lookup(&self, snapshot: Option<&Snapshot>) -> Result<NextStep, Error> {
        let found = match snapshot {
            Some(snapshot) => snapshot.find(self.wanted),
            None => self.store.all().await?.find(self.wanted),
        };
        match found {
            SnapshotMatch::None => Ok(NextStep::Create { unresolved: false }),
            SnapshotMatch::One(matched) => Ok(NextStep::Adopt(matched)),
            SnapshotMatch::Several(error) | SnapshotMatch::Undecided(error) => Err(error),
        }
    }

    /// Creates the connector and determines the outcome. After an unresolved create it creates at most once more, and its
    /// intent stays open.
    async fn create(&self, template: &Template, mut unresolved: bool) -> Result<RunEnd, Error> {
        loop {
            let intent = self.wanted.unresolved(self.store.workspace(), now());
            if let Some(claim) = &self.claim
                && !claim.write_intent(intent.clone()).await?
            {
                return Ok(RunEnd::ClaimLost { unsent: None });
            }
            let permission = self.claim.as_ref().and_then(RunClaim::permission);
            let error = match self.store.create(template.clone(), permission).await {
                Ok(connector) => {
                    return Ok(RunEnd::Done(EnsureOutcome {
                        journal_error: self.write_result(connector.id, false).await,
                        connector: EnsuredConnector::Created(Arc::new(connector)),
                    }));
                }
                Err(error) => error,
            };
            if self.claim.as_ref().is_some_and(RunClaim::denied_create) {
                let unsent = (!unresolved).then_some(intent);
                return Ok(RunEnd::ClaimLost { unsent });
            }
            let (ids, exists) = match classify(&error, self.store.workspace()) {
                FailedCreate::NotCreated => {
                    self.close_intent(unresolved).await;
                    return Err(error);
                }
                FailedCreate::AlreadyExists(ids) => (ids, true),
                FailedCreate::Unknown(ids) => (ids, false),
            };
            let lookup = self
                .look_up_repeatedly(&LookupHint::Response(ids), self.whole_window())
                .await;
            if let LookupResult::Matched(matched) = lookup {
                // After a 409, it may be the connector of somebody else.
                let outcome = if exists && !unresolved {
                    self.adopt_foreign(matched).await
                } else {
                    self.adopt(matched).await
                };
                return Ok(RunEnd::Done(outcome));
            }
            if exists {
                self.close_intent(unresolved).await;
                return Err(self.conflict_error(error, lookup));
            }
            match lookup {
                LookupResult::Several(several) => return Err(several.with_unresolved(intent)),
                LookupResult::None if self.settings.recreate && !unresolved => {
                    unresolved = true;
                    let _ = self.first_create.set(intent);
                }
                lookup => return Err(self.unknown_outcome_error(error, lookup, intent)),
            }
        }
    }

    async fn adopt(&self, matched: MatchedConnector) -> EnsureOutcome {
        EnsureOutcome {
            journal_error: self.write_result(matched.connector.id, true).await,
            connector: EnsuredConnector::Adopted(matched),
        }
    }

    /// Adopts a connector without an owner.
    async fn adopt_foreign(&self, matched: MatchedConnector) -> EnsureOutcome {
        let written = match &self.claim {
            Some(claim) => claim.finish_owned(matched.connector.id, true, None).await,
            None => Ok(()),
        };
        EnsureOutcome {
            journal_error: written.err(),
            connector: EnsuredConnector::Adopted(matched),
        }
    }

    /// Writes the connector to the journal if the journal contains its create. A failed write does not fail the run, because
    /// the connector exists.
    async fn write_result(&self, connector: ConnectorId, observed: bool) -> Option<Error> {
        let claim = self.claim.as_ref()?;
        let result = JournalState::Result {
            connector,
            observed,
        };
        let state = claim.state();
        if state == JournalState::None || state == result {
            return None;
        }
        claim.finish(connector, observed).await.err()
    }

    /// Records that the create had no effect. If this fails, a later run does one unnecessary lookup.
    async fn close_intent(&self, unresolved: bool) {
        if let Some(claim) = &self.claim
            && !unresolved
        {
            let _ = claim.finish_refused().await;
        }
    }

    fn whole_window(&self) -> LookupSchedule {
        LookupSchedule::within(self.settings.window)
    }

    /// Repeats the lookup until it is conclusive or the window ends. The last lookup starts at the end of the window.
    async fn look_up_repeatedly(
        &self,
        hint: &LookupHint,
        mut schedule: LookupSchedule,
    ) -> LookupResult {
        let end = Instant::now().checked_add(schedule.span);
        loop {
            let started = Instant::now();
            let result = self.look_up(hint).await;
            let last = end.is_some_and(|end| started >= end);
            let conclusive = match &result {
                LookupResult::None => false,
                // Other failures may be temporary.
                LookupResult::Failed(error) => {
                    matches!(
                        error.kind(),
                        ErrorKind::Authentication | ErrorKind::PermissionDenied
                    )
                }
                _ => true,
            };
            if conclusive || last {
                return result;
            }
            let due = Instant::now() + schedule.next_pause();
            sleep_until(end.map_or(due, |end| due.min(end))).await;
        }
    }

    /// Reads the connectors of the hint, then the list.
    async fn look_up(&self, hint: &LookupHint) -> LookupResult {
        let ids = match hint {
            LookupHint::None => &[][..],
            LookupHint::Journal(id) => std::slice::from_ref(id),
            LookupHint::Response(ids) => ids,
        };
        let (mut other, mut failure) = (None, None);
        for id in ids {
            match self.store.get(*id).await {
                Ok(connector) if matches!(hint, LookupHint::Journal(_)) => {
                    return LookupResult::matched(connector, MatchedBy::Journal);
                }
                Ok(connector) => match compare(self.wanted, (&connector).into()) {
                    Match::Matches(matched_by) => {
                        return LookupResult::matched(connector, matched_by);
                    }
                    Match::Differs | Match::Undecided => other = Some(Box::new(connector)),
                },
                Err(error) if error.is_not_found() => {}
                Err(error) => failure = Some(error),
            }
        }
        match self.store.all().await.map(|all| all.find(self.wanted)) {
            Ok(SnapshotMatch::One(matched)) => LookupResult::Matched(matched),
            Ok(SnapshotMatch::Several(error)) => LookupResult::Several(error),
            Ok(SnapshotMatch::Undecided(error)) => LookupResult::Failed(error),
            Ok(SnapshotMatch::None) => match (other, failure) {
                (Some(other), _) => LookupResult::Other(other),
                (None, Some(error)) => LookupResult::Failed(error),
                (None, None) => LookupResult::None,
            },
            Err(error) => LookupResult::Failed(error),
        }
    }
}

impl LookupResult {
    fn matched(connector: Connector, matched_by: MatchedBy) -> Self {
        Self::Matched(MatchedConnector {
            connector: Arc::new(connector),
            matched_by,
        })
    }
}

#[cfg(test)]
mod tests;
