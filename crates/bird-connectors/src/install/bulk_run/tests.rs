//! Bulk installs in paused time, against a simulated store.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use bird_connectors_api::types::{Connector, WorkspaceId};
use futures_util::FutureExt as _;
use proptest::prelude::*;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use super::*;
use crate::clock::tests::paused_runtime;
use crate::error::RequestOutcome;
use crate::install::process_claims::ProcessClaims;
use crate::install::results::{InstallResult, InstallResults};
use crate::install::store::Snapshot;
use crate::templates::{Sms, WhatsApp, WhatsAppAccount};
use crate::transport::SendPermission;

const WORKSPACE: WorkspaceId = WorkspaceId::from_u128(11);

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// The effect of a create.
#[derive(Clone, Copy, Debug, PartialEq)]
enum CreateEffect {
    Created,
    /// The connector is created and listed after this many seconds, and the response is lost.
    ResponseLost(u64),
    Invalid,
}

type CreateEffects = dyn Fn(usize, u32) -> CreateEffect + Send + Sync;

/// The simulated connectors of a workspace. Clones share them.
#[derive(Clone)]
struct TestStore(Arc<Inner>);

struct Inner {
    /// The effect of a create, by the index of its template and the number of the attempt.
    effect: Box<CreateEffects>,
    /// How long a create takes. Its connector exists after half of that time.
    create_time: Box<dyn Fn(usize) -> Duration + Send + Sync>,
    returns_arguments: bool,
    /// The connectors, with the time from which they are listed.
    created: Mutex<Vec<(Instant, Connector)>>,
    creates: Mutex<BTreeMap<usize, u32>>,
    lists: Mutex<usize>,
    gets: Mutex<usize>,
    /// The concurrent creates now, and their maximum.
    in_flight: Mutex<(usize, usize)>,
    list_fails: Mutex<bool>,
    journal: MemoryJournal,
    claims: Arc<ProcessClaims>,
}

#[derive(Clone, Default)]
struct MemoryJournal(Arc<Mutex<Vec<String>>>);

impl Journal for MemoryJournal {
    fn lines(&self) -> io::Result<Vec<String>> {
        Ok(lock(&self.0).clone())
    }

    fn append(&self, line: &str) -> io::Result<()> {
        lock(&self.0).push(line.to_owned());
        Ok(())
    }
}

fn template(number: usize) -> Template {
    Sms::new(
        format!("Shop {number}"),
        Uuid::from_u128(1000 + number as u128),
        "2fa",
    )
    .into()
}

fn invalid_template() -> Template {
    Sms::new("", Uuid::from_u128(1), "2fa").into()
}

fn number_of(template: &Template) -> usize {
    template.name()["Shop ".len()..].parse().unwrap()
}

impl TestStore {
    fn new(effect: impl Fn(usize, u32) -> CreateEffect + Send + Sync + 'static) -> Self {
        Self(Arc::new(Inner {
            effect: Box::new(effect),
            create_time: Box::new(|_| seconds(0.1)),
            returns_arguments: true,
            created: Mutex::default(),
            creates: Mutex::default(),
            lists: Mutex::default(),
            gets: Mutex::default(),
            in_flight: Mutex::default(),
            list_fails: Mutex::default(),
            journal: MemoryJournal::default(),
            claims: Arc::default(),
        }))
    }

    fn with(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::get_mut(&mut self.0).unwrap());
        self
    }

    fn add(&self, template: &Template, listed_after: Duration) -> Connector {
        let mut created = lock(&self.0.created);
        let arguments = self
            .0
            .returns_arguments
            .then(|| template.arguments().clone());
        let connector: Connector = serde_json::from_value(json!({
            "id": Uuid::from_u128(5000 + created.len() as u128), "name": template.name(),
            "createdAt": "2026-01-01T00:00:00Z", "connectorTemplateRef": template.reference(),
            "arguments": arguments,
        }))
        .unwrap();
        created.push((Instant::now() + listed_after, connector.clone()));
        connector
    }

    fn run(&self, templates: usize, change: impl FnOnce(&mut BulkInstallPlan)) -> InstallResults {
        let items = (0..templates).map(|number| template(number).into());
        let mut plan = BulkInstallPlan::new(items.collect());
        plan.journal = Some(Arc::new(self.0.journal.clone()));
        plan.settings.window = seconds(5.0);
        change(&mut plan);
        let client = crate::Client::builder()
            .access_key("key")
            .base_url("http://127.0.0.1:1")
            .build();
        let workspace = client.unwrap().workspace(WORKSPACE);
        let id = workspace.id();
        let started = Arc::new(StartedInstalls::default());
        let installs = plan.start(self.clone(), workspace, Arc::clone(&started));
        InstallResults::new(id, templates, started, installs, None)
    }

    async fn all(
        &self,
        templates: usize,
        change: impl FnOnce(&mut BulkInstallPlan),
    ) -> Vec<InstallResult> {
        self.run(templates, change).collect().await
    }

    fn creates(&self) -> u32 {
        lock(&self.0.creates).values().sum()
    }

    /// The number of connectors by name.
    fn connectors_by_name(&self) -> BTreeMap<String, usize> {
        let mut each = BTreeMap::new();
        for (_, connector) in &*lock(&self.0.created) {
            *each.entry(connector.name.clone()).or_default() += 1;
        }
        each
    }
}

fn response_lost() -> Error {
    Error::new(ErrorKind::Timeout, "create a connector", "no response")
        .with_outcome(RequestOutcome::Unknown)
}

impl ConnectorStore for TestStore {
    fn workspace(&self) -> WorkspaceId {
        WORKSPACE
    }

    fn claims(&self) -> Arc<ProcessClaims> {
        Arc::clone(&self.0.claims)
    }

    async fn all(&self) -> Result<Arc<Snapshot>, Error> {
        *lock(&self.0.lists) += 1;
        sleep(seconds(0.2)).await;
        if *lock(&self.0.list_fails) {
            return Err(Error::new(
                ErrorKind::PermissionDenied,
                "list connectors",
                "refused",
            ));
        }
        let now = Instant::now();
        let created = lock(&self.0.created);
        let listed = created.iter().filter(|(listed_at, _)| *listed_at <= now);
        let connectors = listed.map(|(_, connector)| connector.clone()).collect();
        Ok(Arc::new(Snapshot::new(connectors, Vec::new())))
    }

    async fn get(&self, id: ConnectorId) -> Result<Connector, Error> {
        *lock(&self.0.gets) += 1;
        let now = Instant::now();
        let created = lock(&self.0.created);
        let found = created
            .iter()
            .find(|(listed_at, connector)| connector.id == id && *listed_at <= now);
        let found = found.map(|(_, connector)| connector.clone());
        found
            .ok_or_else(|| Error::new(ErrorKind::NotFound, "read a connector", "no such connector"))
    }

    async fn create(
        &self,
        template: Template,
        _: Option<SendPermission>,
    ) -> Result<Connector, Error> {
        let number = number_of(&template);
        let attempt = {
            let mut creates = lock(&self.0.creates);
            let attempts = creates.entry(number).or_default();
            *attempts += 1;
            *attempts
        };
        {
            let mut in_flight = lock(&self.0.in_flight);
            in_flight.0 += 1;
            in_flight.1 = in_flight.1.max(in_flight.0);
        }
        let half = (self.0.create_time)(number) / 2;
        sleep(half).await;
        let result = match (self.0.effect)(number, attempt) {
            CreateEffect::Created => Ok(self.add(&template, Duration::ZERO)),
            CreateEffect::ResponseLost(listed_after) => {
                self.add(&template, Duration::from_secs(listed_after));
                Err(response_lost())
            }
            CreateEffect::Invalid => {
                Err(
                    Error::new(ErrorKind::Validation, "create a connector", "422")
                        .with_outcome(RequestOutcome::Answered),
                )
            }
        };
        sleep(half).await;
        lock(&self.0.in_flight).0 -= 1;
        result
    }
}

#[tokio::test(start_paused = true)]
async fn templates_are_each_created_once_after_one_list() {
    let store = TestStore::new(|_, _| CreateEffect::Created);
    let mut results = store.run(100, |_| {});
    let mut indexes = Vec::new();
    while let Some(install) = results.next().await {
        let ensured = install.result.unwrap();
        assert!(!ensured.adopted() && install.ready.is_none());
        assert_eq!(
            ensured.connector().unwrap().name,
            format!("Shop {}", install.index)
        );
        indexes.push(install.index);
    }
    indexes.sort_unstable();
    assert_eq!(indexes, (0..100).collect::<Vec<_>>());
    assert_eq!((store.creates(), *lock(&store.0.lists)), (100, 1));
    assert_eq!(lock(&store.0.in_flight).1, 16);
    let totals = results.totals();
    assert_eq!(
        (
            totals.created,
            totals.adopted,
            totals.failed,
            totals.pending
        ),
        (100, 0, 0, 0)
    );
    assert_eq!(
        totals.to_string(),
        "100 created, 0 adopted, 0 failed, 0 pending"
    );
}

#[tokio::test(start_paused = true)]
async fn concurrency_limits_creates_in_flight_and_zero_is_rejected() {
    let store = TestStore::new(|_, _| CreateEffect::Created);
    store.all(30, |plan| plan.concurrency = 3).await;
    assert_eq!(lock(&store.0.in_flight).1, 3);

    let all = store.all(30, |plan| plan.concurrency = 0).await;
    assert!(all.iter().all(|install| {
        let error = install.result.as_ref().unwrap_err();
        error.kind() == ErrorKind::InvalidInput
    }));
    assert_eq!(all.len(), 30);
}

#[tokio::test(start_paused = true)]
async fn results_arrive_in_the_order_in_which_installs_finish() {
    let store = TestStore::new(|_, _| CreateEffect::Created)
        .with(|store| store.create_time = Box::new(|number| seconds(10.0 - number as f64)));
    let all = store.all(5, |_| {}).await;
    let indexes: Vec<_> = all.iter().map(|install| install.index).collect();
    assert_eq!(indexes, [4, 3, 2, 1, 0]);
}

#[tokio::test(start_paused = true)]
async fn invalid_template_does_not_affect_the_others() {
    let store = TestStore::new(|number, _| {
        if number % 10 == 3 {
            CreateEffect::Invalid
        } else {
            CreateEffect::Created
        }
    });
    let all = store
        .all(50, |plan| plan.items[7] = invalid_template().into())
        .await;
    let failed: Vec<_> = all
        .iter()
        .filter(|install| install.result.is_err())
        .map(|install| install.index)
        .collect();
    assert_eq!(failed.len(), 6);
    assert!(failed.iter().all(|index| *index == 7 || index % 10 == 3));
    assert_eq!(store.connectors_by_name().len(), 44);
}

#[tokio::test(start_paused = true)]
async fn row_that_failed_to_build_has_its_own_result() {
    let store = TestStore::new(|_, _| CreateEffect::Created);
    let all = store
        .all(3, |plan| {
            plan.items[0] = InstallItem::invalid("line 1: no number");
            let row: Result<Sms, Error> = Err(response_lost());
            plan.items[2] = row.into();
        })
        .await;
    let by_index = |index| all.iter().find(|install| install.index == index).unwrap();
    let error = by_index(0).result.as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(error.message(), "line 1: no number");
    assert!(by_index(1).result.is_ok() && by_index(1).error().is_none());
    let error = by_index(2).result.as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(by_index(2).connector_id(), None);
    assert_eq!(store.creates(), 1);
}

#[tokio::test(start_paused = true)]
async fn drift_is_refused_for_the_template_that_differs() {
    let store = TestStore::new(|_, _| CreateEffect::Created);
    store.add(&template(0), Duration::ZERO);
    store.add(&template(1), Duration::ZERO);
    let all = store
        .all(3, |plan| {
            plan.settings.refuse_drift = true;
            plan.items[1] = Sms::new("Shop 1", Uuid::from_u128(1001), "marketing").into();
        })
        .await;
    for install in &all {
        match (install.index, &install.result) {
            (1, Err(error)) => assert_eq!(error.kind(), ErrorKind::Conflict),
            (0 | 2, Ok(_)) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(store.creates(), 1);
}

#[tokio::test(start_paused = true)]
async fn existing_connectors_are_adopted_from_one_list() {
    let store = TestStore::new(|_, _| CreateEffect::Created);
    for number in 0..40 {
        store.add(&template(number), Duration::ZERO);
    }
    let mut results = store.run(60, |_| {});
    while let Some(install) = results.next().await {
        assert_eq!(install.result.unwrap().adopted(), install.index < 40);
    }
    assert_eq!(
        (results.totals().adopted, results.totals().created),
        (40, 20)
    );
    assert_eq!(
        (store.creates(), *lock(&store.0.lists), *lock(&store.0.gets)),
        (20, 1, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn duplicate_template_is_rejected_without_a_create() {
    let store = TestStore::new(|_, _| CreateEffect::Created);
    let all = store
        .all(5, |plan| {
            // Another name, but an equal number.
            plan.items[3] = Sms::new("Shop 77", Uuid::from_u128(1001), "marketing").into();
        })
        .await;
    let refused = all.iter().find(|install| install.index == 3).unwrap();
    let error = refused.result.as_ref().unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::InvalidInput, Some(RequestOutcome::NotSent))
    );
    let message = error.to_string();
    assert!(
        message.contains(
            "template 3 (`Shop 77`) describes the same connector as template 1 (`Shop 1`), a connector of template \
             `sms-messagebird` with `phoneNumberId` 00000000-0000-0000-0000-0000000003e9: remove one of them"
        ),
        "{message}"
    );
    let installed = all.iter().filter(|install| install.result.is_ok());
    assert_eq!(installed.count(), 4);
    assert_eq!(store.creates(), 4);
}

#[test]
fn whatsapp_templates_with_one_equal_identifying_argument_are_duplicates() {
    let whatsapp = |name: &str, phone_id: &str, phone_number: &str| -> InstallItem {
        let account = WhatsAppAccount {
            waba_id: "1",
            phone_id,
            phone_number,
            access_token: "token",
        };
        WhatsApp::new(name, account).into()
    };
    let duplicates = |items: Vec<InstallItem>| -> Vec<bool> {
        plan_installs(items, None)
            .iter()
            .map(Result::is_err)
            .collect()
    };
    let first = || whatsapp("a", "10", "+31612345678");
    assert_eq!(
        duplicates(vec![first(), whatsapp("b", "10", "+31612345679")]),
        [false, true]
    );
    assert_eq!(
        duplicates(vec![first(), whatsapp("b", "11", "+31612345678")]),
        [false, true]
    );
    assert_eq!(
        duplicates(vec![first(), whatsapp("a", "11", "+31612345679")]),
        [false, false]
    );
}

#[tokio::test(start_paused = true)]
async fn connector_that_matches_two_templates_is_adopted_for_one() {
    let store =
        TestStore::new(|_, _| CreateEffect::Created).with(|store| store.returns_arguments = false);
    store.add(&template(0), Duration::ZERO);
    let all = store
        .all(2, |plan| {
            plan.items[1] = Sms::new(" Shop 0 ", Uuid::from_u128(2000), "2fa").into();
        })
        .await;
    assert!(all[0].result.is_ok());
    let error = all[1].result.as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(
        error
            .to_string()
            .contains("belongs to template 0 (`Shop 0`), but also matches template 1 (` Shop 0 `), a connector"),
        "{error}"
    );
    assert_eq!(store.creates(), 0);
}

#[tokio::test(start_paused = true)]
async fn concurrent_lookups_share_one_list() {
    let store = TestStore::new(|_, _| CreateEffect::ResponseLost(2));
    let all = store.all(64, |plan| plan.concurrency = 64).await;
    assert!(
        all.iter()
            .all(|install| install.result.as_ref().is_ok_and(Ensured::adopted))
    );
    assert_eq!(store.creates(), 64);
    let lists = *lock(&store.0.lists);
    assert!(lists <= 10, "{lists}");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_created_when_the_list_fails() {
    let store = TestStore::new(|_, _| CreateEffect::Created);
    *lock(&store.0.list_fails) = true;
    let all = store
        .all(20, |plan| plan.items[4] = invalid_template().into())
        .await;
    assert_eq!(all.len(), 20);
    for install in &all {
        let kind = if install.index == 4 {
            ErrorKind::InvalidInput
        } else {
            ErrorKind::PermissionDenied
        };
        assert_eq!(install.result.as_ref().unwrap_err().kind(), kind);
    }
    assert_eq!((store.creates(), *lock(&store.0.lists)), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn run_without_valid_templates_reads_no_list() {
    let store = TestStore::new(|_, _| CreateEffect::Created);
    assert!(store.all(0, |_| {}).await.is_empty());
    let all = store
        .all(1, |plan| plan.items[0] = invalid_template().into())
        .await;
    assert!(all[0].result.is_err());
    assert_eq!(*lock(&store.0.lists), 0);
}

#[tokio::test(start_paused = true)]
async fn run_starts_when_polled_and_stops_when_dropped() {
    let store = TestStore::new(|_, _| CreateEffect::Created);
    let mut results = store.run(100, |_| {});
    sleep(seconds(10.0)).await;
    assert_eq!(*lock(&store.0.lists), 0);
    let _ = results.next().await.unwrap().result.unwrap();
    drop(results);
    let creates = store.creates();
    sleep(seconds(10.0)).await;
    assert_eq!(store.creates(), creates);
    assert!(creates <= 17, "{creates}");
}

#[tokio::test(start_paused = true)]
async fn stopped_run_returns_the_installs_in_progress_and_starts_no_more() {
    let store = TestStore::new(|_, _| CreateEffect::Created);
    let store = store.with(|inner| {
        inner.create_time = Box::new(|number| seconds(if number == 0 { 0.1 } else { 60.0 }));
    });
    let mut results = store.run(40, |plan| plan.concurrency = 4);
    assert_eq!(results.next().await.unwrap().index, 0);
    // The others are in flight.
    assert!(timeout(seconds(1.0), results.next()).await.is_err());
    results.stop();
    let mut rest: Vec<usize> = Vec::new();
    while let Some(install) = results.next().await {
        assert!(install.result.is_ok());
        rest.push(install.index);
    }
    rest.sort_unstable();
    assert_eq!(rest, [1, 2, 3, 4]);
    assert_eq!((store.creates(), results.totals().pending), (5, 35));
    assert!(results.next().await.is_none());

    let resumed = store.all(40, |_| {}).await;
    assert!(resumed.iter().all(|install| install.result.is_ok()));
    assert_eq!(store.creates(), 40);
}

#[tokio::test(start_paused = true)]
async fn run_that_is_stopped_before_its_first_install_ends_at_once() {
    let store = TestStore::new(|_, _| CreateEffect::Created);
    let mut results = store.run(3, |_| {});
    // The list takes longer.
    assert!(timeout(seconds(0.1), results.next()).await.is_err());
    results.stop();
    assert!(results.next().now_or_never().unwrap().is_none());
    assert_eq!((store.creates(), results.totals().pending), (0, 3));
}

#[tokio::test(start_paused = true)]
async fn resumed_run_adopts_finished_installs_from_one_list() {
    let store = TestStore::new(|_, _| CreateEffect::Created);
    store.all(60, |_| {}).await;
    let before = *lock(&store.0.lists);
    let all = store.all(100, |_| {}).await;
    assert!(all.iter().all(|install| {
        let ensured = install.result.as_ref().unwrap();
        ensured.adopted() == (install.index < 60)
    }));
    assert_eq!(
        (
            store.creates(),
            *lock(&store.0.lists) - before,
            *lock(&store.0.gets)
        ),
        (100, 1, 0)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// A run with a journal that is killed several times, and whose creates are rejected or lose their responses, ends with
    /// exactly one connector for each valid template.
    #[test]
    fn killed_run_with_a_journal_creates_no_duplicates(
        templates in 1_usize..40,
        kills in proptest::collection::vec(0_u64..3_000, 0..4),
        effects in proptest::collection::vec(prop_oneof![
            6 => Just(CreateEffect::Created),
            2 => (0_u64..4).prop_map(CreateEffect::ResponseLost),
            1 => Just(CreateEffect::Invalid),
        ], 40),
        returns_arguments in any::<bool>(),
    ) {
        let runtime = paused_runtime();
        let invalid = effects[..templates].iter().filter(|effect| **effect == CreateEffect::Invalid).count();
        runtime.block_on(async {
            let store = TestStore::new(move |number, _| effects[number]).with(|store| store.returns_arguments = returns_arguments);
            for kill in kills {
                let run = store.all(templates, |plan| plan.settings.recreate = true);
                let _ = timeout(Duration::from_millis(kill), run).await;
            }
            let all = store.all(templates, |plan| plan.settings.recreate = true).await;
            prop_assert_eq!(all.len(), templates);
            prop_assert_eq!(all.iter().filter(|install| install.result.is_err()).count(), invalid);
            let by_name = store.connectors_by_name();
            prop_assert!(by_name.values().all(|connectors| *connectors == 1), "{by_name:?}");
            prop_assert_eq!(by_name.len(), templates - invalid);
            Ok(())
        })?;
    }
}
