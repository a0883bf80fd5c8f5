//! One `ensure` in paused time, against a simulated store.

mod journaled;
mod leased;

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};

use bird_connectors_api::types::WorkspaceId;
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::error::RequestOutcome;
use crate::future::BoxFuture;
use crate::install::journal::Journal;
use crate::install::matching::identity_of;
use crate::install::process_claims::ProcessClaims;
use crate::install::store::ACTION;
use crate::templates::Sms;
use crate::transport::SendPermission;

const WORKSPACE: WorkspaceId = WorkspaceId::from_u128(11);
const WINDOW: Duration = Duration::from_secs(30);

/// The effect of a create and its response.
#[derive(Clone, Debug)]
struct Create {
    /// Whether it creates a connector, and when that is listed.
    listed_after: Option<Duration>,
    response: CreateResponse,
}

#[derive(Clone, Debug)]
enum CreateResponse {
    Created,
    Lost,
    NotSent,
    Invalid,
    Conflict(Option<Uuid>),
}

fn create(listed_after: impl Into<Option<u64>>, response: CreateResponse) -> Create {
    Create {
        listed_after: listed_after.into().map(Duration::from_secs),
        response,
    }
}

type BeforeSend = Box<dyn FnOnce() -> BoxFuture<()> + Send>;

#[derive(Default)]
struct TestStore {
    /// The connectors, with the time from which they are listed.
    listed: Mutex<Vec<(Instant, Connector)>>,
    next_creates: Mutex<VecDeque<Create>>,
    /// The errors of the next lists.
    list_errors: Mutex<VecDeque<Error>>,
    journal: MemoryJournal,
    claims: Arc<ProcessClaims>,
    creates: Mutex<u32>,
    /// What happens between the intent and the question for the permission.
    before_send: Mutex<Option<BeforeSend>>,
    /// The times of the lists.
    lists: Mutex<Vec<Instant>>,
}

/// The lines, and whether appending fails.
#[derive(Clone, Default)]
struct MemoryJournal(Arc<Mutex<Vec<String>>>, Arc<Mutex<bool>>);

impl Journal for MemoryJournal {
    fn lines(&self) -> io::Result<Vec<String>> {
        Ok(self.0.lock().unwrap().clone())
    }

    fn append(&self, line: &str) -> io::Result<()> {
        if *self.1.lock().unwrap() {
            return Err(io::Error::other("the disk is full"));
        }
        self.0.lock().unwrap().push(line.to_owned());
        Ok(())
    }
}

fn template() -> Template {
    Sms::new("Support", Uuid::from_u128(3), "2fa").into()
}

fn wanted_connector() -> WantedConnector {
    let template = template();
    WantedConnector::new(&template, identity_of(&template))
}

fn connector(id: u128, name: &str) -> Connector {
    serde_json::from_value(json!({
        "id": Uuid::from_u128(id), "name": name, "createdAt": "2026-01-01T00:00:00Z",
        "connectorTemplateRef": "sms-messagebird:1", "arguments": template().arguments(),
    }))
    .unwrap()
}

impl TestStore {
    fn new(creates: impl IntoIterator<Item = Create>) -> Self {
        let store = Self::default();
        store.next_creates.lock().unwrap().extend(creates);
        store
    }

    fn list_after(&self, after: u64, connector: Connector) {
        let at = Instant::now() + Duration::from_secs(after);
        self.listed.lock().unwrap().push((at, connector));
    }

    fn creates(&self) -> u32 {
        *self.creates.lock().unwrap()
    }

    async fn run(
        &self,
        settings: EnsureSettings,
        with_journal: bool,
    ) -> Result<EnsureOutcome, Error> {
        let template = template();
        let wanted = WantedConnector::new(&template, identity_of(&template));
        let journal = match with_journal {
            true => Some(self.open_journal().await?),
            false => None,
        };
        ensure(self, &template, &wanted, settings, None, journal.as_ref()).await
    }

    async fn open_journal(&self) -> Result<OpenJournal, Error> {
        let journal = Arc::new(self.journal.clone());
        OpenJournal::open(journal, ACTION, self.claims(), vec![]).await
    }

    async fn ensure(&self) -> Result<EnsureOutcome, Error> {
        self.run(default_settings(), false).await
    }

    async fn journaled(&self) -> Result<EnsureOutcome, Error> {
        self.run(default_settings(), true).await
    }

    fn entries(&self) -> Vec<String> {
        let lines = self.journal.0.lock().unwrap();
        let entry = |line: &String| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["entry"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        lines.iter().map(entry).collect()
    }
}

fn default_settings() -> EnsureSettings {
    EnsureSettings {
        window: WINDOW,
        ..EnsureSettings::default()
    }
}

fn recreating() -> EnsureSettings {
    EnsureSettings {
        recreate: true,
        ..default_settings()
    }
}

fn error(kind: ErrorKind) -> Error {
    Error::new(kind, "create a connector", "no response")
}

impl ConnectorStore for TestStore {
    fn workspace(&self) -> WorkspaceId {
        WORKSPACE
    }

    fn claims(&self) -> Arc<ProcessClaims> {
        Arc::clone(&self.claims)
    }

    async fn all(&self) -> Result<Arc<Snapshot>, Error> {
        self.lists.lock().unwrap().push(Instant::now());
        if let Some(error) = self.list_errors.lock().unwrap().pop_front() {
            return Err(error);
        }
        let listed = self.listed.lock().unwrap();
        let now = Instant::now();
        let listed = listed.iter().filter(|(at, _)| *at <= now);
        let connectors = listed.map(|(_, one)| one.clone()).collect();
        Ok(Arc::new(Snapshot::new(connectors, Vec::new())))
    }

    async fn get(&self, id: ConnectorId) -> Result<Connector, Error> {
        let listed = self.listed.lock().unwrap();
        let found = listed
            .iter()
            .find(|(at, one)| one.id == id && *at <= Instant::now());
        found
            .map(|(_, one)| one.clone())
            .ok_or_else(|| error(ErrorKind::NotFound))
    }

    async fn create(
        &self,
        _: Template,
        permission: Option<SendPermission>,
    ) -> Result<Connector, Error> {
        let before_send = self.before_send.lock().unwrap().take();
        if let Some(before_send) = before_send {
            before_send().await;
        }
        if let Some(permission) = permission
            && permission.ask().await.is_err()
        {
            return Err(error(ErrorKind::Journal).with_outcome(RequestOutcome::NotSent));
        }
        *self.creates.lock().unwrap() += 1;
        let next = self.next_creates.lock().unwrap().pop_front();
        let create = next.expect("an unexpected create");
        let created = connector(100 + u128::from(self.creates()), "Support");
        if let Some(after) = create.listed_after {
            self.listed
                .lock()
                .unwrap()
                .push((Instant::now() + after, created.clone()));
        }
        match create.response {
            CreateResponse::Created => Ok(created),
            CreateResponse::Lost => Err(error(ErrorKind::Timeout)),
            CreateResponse::NotSent => {
                Err(error(ErrorKind::Transport).with_outcome(RequestOutcome::NotSent))
            }
            CreateResponse::Invalid => Err(error(ErrorKind::Validation)),
            CreateResponse::Conflict(id) => Err(match id {
                Some(id) => error(ErrorKind::Conflict).with_details(json!({"id": id})),
                None => error(ErrorKind::Conflict),
            }),
        }
    }
}

#[track_caller]
fn adopted(outcome: Result<EnsureOutcome, Error>) -> MatchedConnector {
    match outcome.unwrap().connector {
        EnsuredConnector::Adopted(found) => found,
        EnsuredConnector::Created(connector) => panic!("created {}", connector.id),
    }
}

#[track_caller]
fn created(outcome: Result<EnsureOutcome, Error>) {
    assert!(matches!(
        outcome.unwrap().connector,
        EnsuredConnector::Created(_)
    ));
}

#[tokio::test(start_paused = true)]
async fn existing_connector_is_adopted_without_a_create() {
    let store = TestStore::new([]);
    store.list_after(0, connector(1, "Renamed"));
    let found = adopted(store.ensure().await);
    assert_eq!(
        (found.connector.id, store.creates()),
        (ConnectorId::from_u128(1), 0)
    );
    created(
        TestStore::new([create(0, CreateResponse::Created)])
            .ensure()
            .await,
    );
}

#[tokio::test(start_paused = true)]
async fn connector_with_a_lost_response_is_adopted_once_it_is_listed() {
    for (after, lists) in [(0, 2), (3, 6), (30, 12)] {
        let store = TestStore::new([create(after, CreateResponse::Lost)]);
        let start = Instant::now();
        let found = adopted(store.ensure().await);
        assert_eq!(
            (found.connector.id, store.creates()),
            (ConnectorId::from_u128(101), 1)
        );
        assert!(start.elapsed() <= WINDOW, "{:?}", start.elapsed());
        assert_eq!(store.lists.lock().unwrap().len(), lists, "after {after} s");
    }
}

#[tokio::test(start_paused = true)]
async fn connector_not_listed_within_the_window_leaves_the_outcome_unknown() {
    let store = TestStore::new([create(31, CreateResponse::Lost)]);
    let start = Instant::now();
    let error = store.ensure().await.unwrap_err();
    assert_eq!(start.elapsed(), WINDOW);
    assert_eq!(
        (error.kind(), error.outcome(), store.creates()),
        (ErrorKind::Timeout, Some(RequestOutcome::Unknown), 1)
    );
    let message = error.to_string();
    for part in [
        "may have been created",
        "within 30s",
        "`phoneNumberId` 00000000",
        "`recreate_after_window`",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
    let unresolved = error.unresolved().unwrap();
    assert_eq!(
        (
            unresolved.workspace_id(),
            unresolved.template(),
            unresolved.name()
        ),
        (WORKSPACE, "sms-messagebird:1", "Support")
    );
    // Later it is listed.
    let found = find(&store, &WantedConnector::from(unresolved), WINDOW)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.connector.id, ConnectorId::from_u128(101));
}

#[tokio::test(start_paused = true)]
async fn failed_second_create_keeps_the_unresolved_first_one() {
    for (response, kind) in [
        (CreateResponse::Invalid, ErrorKind::Validation),
        (CreateResponse::NotSent, ErrorKind::Transport),
        (CreateResponse::Conflict(None), ErrorKind::Conflict),
    ] {
        for with_journal in [false, true] {
            let store = TestStore::new([
                create(70, CreateResponse::Lost),
                create(None, response.clone()),
            ]);
            let error = store.run(recreating(), with_journal).await.unwrap_err();
            assert_eq!((error.kind(), store.creates()), (kind, 2));
            assert_eq!(error.outcome(), Some(RequestOutcome::Unknown), "{kind}");
            let unresolved = error.unresolved().expect("the first create");
            if kind != ErrorKind::Conflict {
                let message = error.to_string();
                assert!(message.contains("may have succeeded"), "{message}");
            }
            // It is listed 70 seconds after the first create.
            tokio::time::sleep(Duration::from_secs(40)).await;
            let found = find(&store, &WantedConnector::from(unresolved), WINDOW).await;
            assert_eq!(
                found.unwrap().unwrap().connector.id,
                ConnectorId::from_u128(101)
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn run_that_waits_for_a_claim_after_its_first_create_keeps_the_unresolved_create() {
    let first = wanted_connector().unresolved(WORKSPACE, now());
    let claimed =
        Error::new(ErrorKind::Timeout, ACTION, "claimed").with_outcome(RequestOutcome::NotSent);
    let error = EnsureRun::after_first_create(claimed.clone(), Some(&first));
    assert_eq!(error.unresolved(), Some(&first));
    assert_eq!(error.outcome(), Some(RequestOutcome::Unknown));
    let error = EnsureRun::after_first_create(claimed, None);
    assert_eq!(error.outcome(), Some(RequestOutcome::NotSent));
}

#[tokio::test(start_paused = true)]
async fn recreate_after_window_creates_once_more() {
    let store = TestStore::new([
        create(None, CreateResponse::Lost),
        create(0, CreateResponse::Created),
    ]);
    created(store.run(recreating(), false).await);
    assert_eq!(store.creates(), 2);
    let store = TestStore::new([
        create(None, CreateResponse::Lost),
        create(None, CreateResponse::Lost),
    ]);
    let error = store.run(recreating(), false).await.unwrap_err();
    assert_eq!(
        (error.outcome(), store.creates()),
        (Some(RequestOutcome::Unknown), 2)
    );
    // If the last lookup fails, the outcome is unknown, and nothing is created.
    let store = TestStore::new([create(None, CreateResponse::Lost)]);
    store
        .list_errors
        .lock()
        .unwrap()
        .extend(std::iter::repeat_n(self::error(ErrorKind::Server), 99));
    store.list_errors.lock().unwrap().pop_front();
    let settings = recreating();
    let template = template();
    let wanted = WantedConnector::new(&template, identity_of(&template));
    let snapshot = Snapshot::default();
    let error = ensure(&store, &template, &wanted, settings, Some(&snapshot), None)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("the lookup failed"), "{error}");
    assert_eq!(
        (error.outcome(), store.creates()),
        (Some(RequestOutcome::Unknown), 1)
    );
}

#[tokio::test(start_paused = true)]
async fn lookup_continues_after_transient_errors_and_stops_when_denied() {
    let store = TestStore::new([create(5, CreateResponse::Lost)]);
    let snapshot = Snapshot::default();
    let template = template();
    let wanted = WantedConnector::new(&template, identity_of(&template));
    store
        .list_errors
        .lock()
        .unwrap()
        .extend([error(ErrorKind::Server), error(ErrorKind::Decode)]);
    adopted(
        ensure(
            &store,
            &template,
            &wanted,
            default_settings(),
            Some(&snapshot),
            None,
        )
        .await,
    );

    let store = TestStore::new([create(5, CreateResponse::Lost)]);
    store
        .list_errors
        .lock()
        .unwrap()
        .push_back(error(ErrorKind::PermissionDenied));
    let start = Instant::now();
    let refused = ensure(
        &store,
        &template,
        &wanted,
        default_settings(),
        Some(&snapshot),
        None,
    )
    .await
    .unwrap_err();
    assert_eq!(
        (start.elapsed(), refused.outcome()),
        (Duration::ZERO, Some(RequestOutcome::Unknown))
    );
}

#[tokio::test(start_paused = true)]
async fn connector_named_by_a_conflict_is_read_and_compared() {
    // The connector is not listed yet, and reading it returns 404 for a moment.
    let store = TestStore::new([create(
        None,
        CreateResponse::Conflict(Some(Uuid::from_u128(1))),
    )]);
    store.list_after(2, connector(1, "Support"));
    assert_eq!(
        adopted(store.ensure().await).connector.id,
        ConnectorId::from_u128(1)
    );
    // Another number: for the API an equal name is a conflict, but the connector does not match.
    let store = TestStore::new([create(
        None,
        CreateResponse::Conflict(Some(Uuid::from_u128(1))),
    )]);
    let mut other = connector(1, "Support");
    other
        .arguments
        .as_mut()
        .unwrap()
        .insert("phoneNumberId".to_owned(), json!(Uuid::from_u128(4)));
    store.list_after(0, other);
    let start = Instant::now();
    let error = store.ensure().await.unwrap_err();
    assert_eq!(
        (start.elapsed(), error.kind()),
        (Duration::ZERO, ErrorKind::Conflict)
    );
    assert!(
        error
            .to_string()
            .contains("the existing connector is 00000000-0000-0000-0000-000000000001"),
        "{error}"
    );
    assert_eq!(error.details(), Some(&json!({"id": Uuid::from_u128(1)})));
    // Without an id, only the list can be read.
    let store = TestStore::new([create(None, CreateResponse::Conflict(None))]);
    store.list_after(7, connector(1, "Support"));
    assert_eq!(
        adopted(store.ensure().await).connector.id,
        ConnectorId::from_u128(1)
    );
    let error = TestStore::new([create(None, CreateResponse::Conflict(None))])
        .ensure()
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Conflict, Some(RequestOutcome::Answered))
    );
    assert!(
        error.to_string().contains("none was found within 30s"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn create_that_was_not_processed_fails_without_a_lookup() {
    for answer in [CreateResponse::NotSent, CreateResponse::Invalid] {
        let store = TestStore::new([
            create(None, answer.clone()),
            create(0, CreateResponse::Created),
        ]);
        let start = Instant::now();
        let error = store.journaled().await.unwrap_err();
        assert!(
            error.unresolved().is_none() && start.elapsed().is_zero(),
            "{answer:?}"
        );
        assert_eq!(store.entries(), ["intent", "refused"]);
        created(store.journaled().await);
    }
}

#[tokio::test(start_paused = true)]
async fn several_matches_after_a_lost_response_are_a_conflict() {
    let store = TestStore::new([create(1, CreateResponse::Lost)]);
    store.list_after(1, connector(1, "Support"));
    let error = store.ensure().await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("2 connectors match a connector of template"),
        "{error}"
    );
    assert!(error.unresolved().is_some());
}
