//! In paused time, against connectors that come about as the test says.

use std::collections::BTreeMap;
use std::io;

use bird_connectors_api::types::{Connector, WorkspaceId};
use proptest::prelude::*;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use super::*;
use crate::error::RequestOutcome;
use crate::install::store::Snapshot;
use crate::templates::{Sms, WhatsApp};

const WORKSPACE: WorkspaceId = WorkspaceId::from_u128(11);

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// What becomes of a create.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Created,
    /// It is made, shows after this many seconds, and the answer is lost.
    Lost(u64),
    Invalid,
}

type Fates = dyn Fn(usize, u32) -> Fate + Send + Sync;

/// The connectors of a workspace. Its clones are the same one.
#[derive(Clone)]
struct World(Arc<Inner>);

struct Inner {
    /// What becomes of the create of the template with this number, by how often it was tried.
    fate: Box<Fates>,
    /// How long a create takes; what it makes is made half-way.
    takes: Box<dyn Fn(usize) -> Duration + Send + Sync>,
    shows_arguments: bool,
    made: Mutex<Vec<(Instant, Connector)>>,
    creates: Mutex<BTreeMap<usize, u32>>,
    looks: Mutex<usize>,
    gets: Mutex<usize>,
    under_way: Mutex<(usize, usize)>,
    broken: Mutex<bool>,
    journal: Lines,
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Journal for Lines {
    fn lines(&self) -> io::Result<Vec<String>> {
        Ok(lock(&self.0).clone())
    }

    fn append(&self, line: &str) -> io::Result<()> {
        lock(&self.0).push(line.to_owned());
        Ok(())
    }
}

fn template(number: usize) -> Result<Template, Error> {
    Ok(Sms::new(
        format!("Shop {number}"),
        Uuid::from_u128(1000 + number as u128),
        "2fa",
    )
    .into())
}

fn invalid_template() -> Template {
    Sms::new("", Uuid::from_u128(1), "2fa").into()
}

fn number_of(template: &Template) -> usize {
    template.name()["Shop ".len()..].parse().unwrap()
}

impl World {
    fn new(fate: impl Fn(usize, u32) -> Fate + Send + Sync + 'static) -> Self {
        Self(Arc::new(Inner {
            fate: Box::new(fate),
            takes: Box::new(|_| seconds(0.1)),
            shows_arguments: true,
            made: Mutex::default(),
            creates: Mutex::default(),
            looks: Mutex::default(),
            gets: Mutex::default(),
            under_way: Mutex::default(),
            broken: Mutex::default(),
            journal: Lines::default(),
        }))
    }

    fn with(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::get_mut(&mut self.0).unwrap());
        self
    }

    fn make(&self, template: &Template, shows: Duration) -> Connector {
        let mut made = lock(&self.0.made);
        let arguments = self.0.shows_arguments.then(|| template.arguments().clone());
        let connector: Connector = serde_json::from_value(json!({
            "id": Uuid::from_u128(5000 + made.len() as u128), "name": template.name(),
            "createdAt": "2026-01-01T00:00:00Z", "connectorTemplateRef": template.reference(),
            "arguments": arguments,
        }))
        .unwrap();
        made.push((Instant::now() + shows, connector.clone()));
        connector
    }

    fn run(&self, templates: usize, change: impl FnOnce(&mut Plan)) -> InstallAllResults {
        let mut plan = Plan {
            templates: (0..templates).map(template).collect(),
            identified_by: None,
            journal: Some(Arc::new(self.0.journal.clone())),
            concurrency: CONCURRENCY,
            settings: Settings {
                window: seconds(5.0),
                recreate: false,
            },
        };
        change(&mut plan);
        let client = crate::Client::builder()
            .access_key("key")
            .base_url("http://127.0.0.1:1")
            .build();
        let workspace = client.unwrap().workspace(WORKSPACE);
        plan.results(self.clone(), workspace)
    }

    async fn all(
        &self,
        templates: usize,
        change: impl FnOnce(&mut Plan),
    ) -> Vec<(usize, Result<Ensured, Error>)> {
        self.run(templates, change).collect().await
    }

    fn creates(&self) -> u32 {
        lock(&self.0.creates).values().sum()
    }

    /// How many connectors each template has.
    fn made(&self) -> BTreeMap<String, usize> {
        let mut each = BTreeMap::new();
        for (_, connector) in &*lock(&self.0.made) {
            *each.entry(connector.name.clone()).or_default() += 1;
        }
        each
    }
}

fn lost() -> Error {
    Error::new(ErrorKind::Timeout, "create a connector", "no answer")
        .with_outcome(RequestOutcome::Unknown)
}

impl Store for World {
    fn workspace(&self) -> WorkspaceId {
        WORKSPACE
    }

    async fn all(&self) -> Result<Arc<Snapshot>, Error> {
        *lock(&self.0.looks) += 1;
        sleep(seconds(0.2)).await;
        if *lock(&self.0.broken) {
            return Err(Error::new(
                ErrorKind::PermissionDenied,
                "list connectors",
                "refused",
            ));
        }
        let now = Instant::now();
        let made = lock(&self.0.made);
        let shown = made.iter().filter(|(shows, _)| *shows <= now);
        Ok(Arc::new(Snapshot {
            connectors: shown.map(|(_, connector)| connector.clone()).collect(),
            undecodable: Vec::new(),
        }))
    }

    async fn get(&self, id: ConnectorId) -> Result<Connector, Error> {
        *lock(&self.0.gets) += 1;
        let now = Instant::now();
        let made = lock(&self.0.made);
        let found = made
            .iter()
            .find(|(shows, connector)| connector.id == id && *shows <= now);
        let found = found.map(|(_, connector)| connector.clone());
        found
            .ok_or_else(|| Error::new(ErrorKind::NotFound, "read a connector", "no such connector"))
    }

    async fn create(&self, template: Template) -> Result<Connector, Error> {
        let number = number_of(&template);
        let tries = {
            let mut creates = lock(&self.0.creates);
            let tries = creates.entry(number).or_default();
            *tries += 1;
            *tries
        };
        {
            let mut under_way = lock(&self.0.under_way);
            under_way.0 += 1;
            under_way.1 = under_way.1.max(under_way.0);
        }
        let half = (self.0.takes)(number) / 2;
        sleep(half).await;
        let result = match (self.0.fate)(number, tries) {
            Fate::Created => Ok(self.make(&template, Duration::ZERO)),
            Fate::Lost(shows) => {
                self.make(&template, Duration::from_secs(shows));
                Err(lost())
            }
            Fate::Invalid => Err(
                Error::new(ErrorKind::Validation, "create a connector", "422")
                    .with_outcome(RequestOutcome::Answered),
            ),
        };
        sleep(half).await;
        lock(&self.0.under_way).0 -= 1;
        result
    }
}

#[tokio::test(start_paused = true)]
async fn each_is_created_once_behind_one_look() {
    let world = World::new(|_, _| Fate::Created);
    let mut results = world.run(100, |_| {});
    let mut numbers = Vec::new();
    while let Some((number, result)) = results.next().await {
        let ensured = result.unwrap();
        assert!(!ensured.adopted());
        assert_eq!(ensured.connector().unwrap().name, format!("Shop {number}"));
        numbers.push(number);
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (0..100).collect::<Vec<_>>());
    assert_eq!((world.creates(), *lock(&world.0.looks)), (100, 1));
    // No more at the same time than were asked for.
    assert_eq!(lock(&world.0.under_way).1, 16);
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
async fn how_many_are_under_way_can_be_set() {
    let world = World::new(|_, _| Fate::Created);
    world.all(30, |plan| plan.concurrency = 3).await;
    assert_eq!(lock(&world.0.under_way).1, 3);

    let all = world.all(30, |plan| plan.concurrency = 0).await;
    assert!(all.iter().all(|(_, result)| {
        result
            .as_ref()
            .is_err_and(|error| error.kind() == ErrorKind::InvalidInput)
    }));
    assert_eq!(all.len(), 30);
}

#[tokio::test(start_paused = true)]
async fn results_come_in_the_order_of_finishing() {
    let world = World::new(|_, _| Fate::Created)
        .with(|world| world.takes = Box::new(|number| seconds(10.0 - number as f64)));
    let all = world.all(5, |_| {}).await;
    let numbers: Vec<_> = all.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [4, 3, 2, 1, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_bad_one_stops_nobody() {
    let world = World::new(|number, _| {
        if number % 10 == 3 {
            Fate::Invalid
        } else {
            Fate::Created
        }
    });
    let all = world
        .all(50, |plan| plan.templates[7] = Ok(invalid_template()))
        .await;
    let failed: Vec<_> = all
        .iter()
        .filter(|(_, result)| result.is_err())
        .map(|(number, _)| *number)
        .collect();
    assert_eq!(failed.len(), 6);
    assert!(failed.iter().all(|number| *number == 7 || number % 10 == 3));
    assert_eq!(world.made().len(), 44);
}

#[tokio::test(start_paused = true)]
async fn what_is_there_is_adopted_from_the_one_look() {
    let world = World::new(|_, _| Fate::Created);
    for number in 0..40 {
        world.make(&template(number).unwrap(), Duration::ZERO);
    }
    let mut results = world.run(60, |_| {});
    while let Some((number, result)) = results.next().await {
        assert_eq!(result.unwrap().adopted(), number < 40);
    }
    assert_eq!(
        (results.totals().adopted, results.totals().created),
        (40, 20)
    );
    assert_eq!(
        (world.creates(), *lock(&world.0.looks), *lock(&world.0.gets)),
        (20, 1, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn the_second_of_two_that_are_the_same_is_refused_unsent() {
    let world = World::new(|_, _| Fate::Created);
    let all = world
        .all(5, |plan| {
            // Another name, the same number.
            plan.templates[3] = Ok(Sms::new("Shop 77", Uuid::from_u128(1001), "marketing").into());
        })
        .await;
    let (_, refused) = all.iter().find(|(number, _)| *number == 3).unwrap();
    let error = refused.as_ref().unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::InvalidInput, Some(RequestOutcome::NotSent))
    );
    let text = error.to_string();
    assert!(
        text.contains("template 3 stands for the same connector as template 1"),
        "{text}"
    );
    assert_eq!(all.iter().filter(|(_, result)| result.is_ok()).count(), 4);
    assert_eq!(world.creates(), 4);
}

/// One of the two arguments is enough.
#[test]
fn whatsapp_numbers_are_the_same_by_either_argument() {
    let whatsapp = |name: &str, id: &str, phone: &str| -> Result<Template, Error> {
        Ok(WhatsApp::new(name, "1", id, phone, "token").into())
    };
    let same = |templates: Vec<Result<Template, Error>>| -> Vec<bool> {
        jobs(templates, None).iter().map(Result::is_err).collect()
    };
    let first = || whatsapp("a", "10", "+31612345678");
    assert_eq!(
        same(vec![first(), whatsapp("b", "10", "+31612345679")]),
        [false, true]
    );
    assert_eq!(
        same(vec![first(), whatsapp("b", "11", "+31612345678")]),
        [false, true]
    );
    assert_eq!(
        same(vec![first(), whatsapp("a", "11", "+31612345679")]),
        [false, false]
    );
}

#[tokio::test(start_paused = true)]
async fn two_that_would_have_one_connector_are_not_given_it_both() {
    let world = World::new(|_, _| Fate::Created).with(|world| world.shows_arguments = false);
    world.make(&template(0).unwrap(), Duration::ZERO);
    let all = world
        .all(2, |plan| {
            plan.templates[1] = Ok(Sms::new("Shop 0", Uuid::from_u128(2000), "2fa").into());
        })
        .await;
    assert!(all[0].1.is_ok());
    let error = all[1].1.as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(
        error.to_string().contains("is the one of template 0"),
        "{error}"
    );
    assert_eq!(world.creates(), 0);
}

#[tokio::test(start_paused = true)]
async fn many_that_look_at_the_same_time_look_together() {
    let world = World::new(|_, _| Fate::Lost(2));
    let all = world.all(64, |plan| plan.concurrency = 64).await;
    assert!(
        all.iter()
            .all(|(_, result)| result.as_ref().is_ok_and(Ensured::adopted))
    );
    assert_eq!(world.creates(), 64);
    let looks = *lock(&world.0.looks);
    assert!(looks <= 10, "{looks}");
}

#[tokio::test(start_paused = true)]
async fn without_the_list_nothing_is_created() {
    let world = World::new(|_, _| Fate::Created);
    *lock(&world.0.broken) = true;
    let all = world
        .all(20, |plan| plan.templates[4] = Ok(invalid_template()))
        .await;
    assert_eq!(all.len(), 20);
    for (number, result) in &all {
        let kind = if *number == 4 {
            ErrorKind::InvalidInput
        } else {
            ErrorKind::PermissionDenied
        };
        assert_eq!(result.as_ref().unwrap_err().kind(), kind);
    }
    assert_eq!((world.creates(), *lock(&world.0.looks)), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn nothing_to_do_needs_no_look() {
    let world = World::new(|_, _| Fate::Created);
    assert!(world.all(0, |_| {}).await.is_empty());
    let all = world
        .all(1, |plan| plan.templates[0] = Ok(invalid_template()))
        .await;
    assert!(all[0].1.is_err());
    assert_eq!(*lock(&world.0.looks), 0);
}

#[tokio::test(start_paused = true)]
async fn a_run_begins_when_it_is_asked_for_and_ends_when_it_is_dropped() {
    let world = World::new(|_, _| Fate::Created);
    let mut results = world.run(100, |_| {});
    sleep(seconds(10.0)).await;
    assert_eq!(*lock(&world.0.looks), 0);
    let _ = results.next().await.unwrap().1.unwrap();
    drop(results);
    let creates = world.creates();
    sleep(seconds(10.0)).await;
    assert_eq!(world.creates(), creates);
    assert!(creates <= 17, "{creates}");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_resumed_reads_what_is_done_from_the_one_look() {
    let world = World::new(|_, _| Fate::Created);
    world.all(60, |_| {}).await;
    let before = *lock(&world.0.looks);
    let all = world.all(100, |_| {}).await;
    assert!(all.iter().all(|(number, result)| {
        result
            .as_ref()
            .is_ok_and(|one| one.adopted() == (*number < 60))
    }));
    assert_eq!(
        (
            world.creates(),
            *lock(&world.0.looks) - before,
            *lock(&world.0.gets)
        ),
        (100, 1, 0)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Killed at any time, as often as it likes, and with lost answers and refusals: with a journal, each template that is
    /// not refused ends with exactly one connector.
    #[test]
    fn a_killed_run_is_resumed_without_repeating_anything(
        templates in 1_usize..40,
        kills in proptest::collection::vec(0_u64..3_000, 0..4),
        fates in proptest::collection::vec(prop_oneof![
            6 => Just(Fate::Created),
            2 => (0_u64..4).prop_map(Fate::Lost),
            1 => Just(Fate::Invalid),
        ], 40),
        shows_arguments in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let invalid = fates[..templates].iter().filter(|fate| **fate == Fate::Invalid).count();
        runtime.block_on(async {
            let world = World::new(move |number, _| fates[number]).with(|world| world.shows_arguments = shows_arguments);
            for kill in kills {
                let run = world.all(templates, |plan| plan.settings.recreate = true);
                let _ = timeout(Duration::from_millis(kill), run).await;
            }
            let all = world.all(templates, |plan| plan.settings.recreate = true).await;
            prop_assert_eq!(all.len(), templates);
            prop_assert_eq!(all.iter().filter(|(_, result)| result.is_err()).count(), invalid);
            let made = world.made();
            prop_assert!(made.values().all(|connectors| *connectors == 1), "{made:?}");
            prop_assert_eq!(made.len(), templates - invalid);
            Ok(())
        })?;
    }
}
