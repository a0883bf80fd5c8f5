//! One `ensure` with a journal whose claims have a lease, in paused time.

use std::collections::HashMap;

use super::*;
use crate::install::{JournalClaim, SharedJournal};

const LEASE: Duration = Duration::from_secs(30);

/// A table with claims that end by the clock of the test.
#[derive(Clone, Default)]
struct LeasedJournal(Arc<Mutex<Table>>);

#[derive(Default)]
struct Table {
    rows: HashMap<String, Row>,
    /// The names of the calls.
    calls: Vec<&'static str>,
    fails: bool,
    /// Whether another run takes and releases the claim right before the next line is written.
    steal_at_write: bool,
}

#[derive(Default)]
struct Row {
    fence: u64,
    claimed_until: Option<Instant>,
    line: Option<String>,
}

impl LeasedJournal {
    fn change(
        &self,
        call: &'static str,
        claim: &JournalClaim,
        change: impl FnOnce(&mut Row),
    ) -> io::Result<bool> {
        let mut table = self.call(call)?;
        if call == "write" && std::mem::take(&mut table.steal_at_write) {
            for row in table.rows.values_mut() {
                row.fence += 1;
                row.claimed_until = None;
            }
        }
        match table.rows.get_mut(claim.key()) {
            Some(row) if row.fence == claim.fence() && row.claimed_until.is_some() => {
                row.claimed_until = Some(Instant::now() + LEASE);
                change(row);
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn call(&self, name: &'static str) -> io::Result<std::sync::MutexGuard<'_, Table>> {
        let mut table = self.0.lock().unwrap();
        table.calls.push(name);
        if table.fails {
            return Err(io::Error::other("the database is down"));
        }
        Ok(table)
    }

    /// The names of the calls since the last time.
    fn calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.0.lock().unwrap().calls)
    }

    /// Claims the key of the template, as if the lease of its holder had ended.
    fn steal(&self) -> JournalClaim {
        let key = key().0;
        if let Some(row) = self.0.lock().unwrap().rows.get_mut(&key) {
            row.claimed_until = None;
        }
        self.acquire(&key).unwrap().unwrap()
    }

    fn entry(&self) -> Option<String> {
        let table = self.0.lock().unwrap();
        let line = table.rows.get(&key().0)?.line.as_ref()?;
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        Some(line["entry"].as_str().unwrap().to_owned())
    }
}

impl SharedJournal for LeasedJournal {
    fn last_lines(&self, keys: &[String]) -> io::Result<Vec<String>> {
        let table = self.call("last_lines")?;
        let lines = keys
            .iter()
            .filter_map(|key| table.rows.get(key)?.line.clone());
        Ok(lines.collect())
    }

    fn acquire(&self, key: &str) -> io::Result<Option<JournalClaim>> {
        let mut table = self.call("acquire")?;
        let row = table.rows.entry(key.to_owned()).or_default();
        if row.claimed_until.is_some_and(|end| end > Instant::now()) {
            return Ok(None);
        }
        row.fence += 1;
        row.claimed_until = Some(Instant::now() + LEASE);
        let claim = JournalClaim::new(key, row.fence).with_lease(LEASE);
        Ok(Some(claim.with_last_line(row.line.clone())))
    }

    fn renew(&self, claim: &JournalClaim) -> io::Result<bool> {
        self.change("renew", claim, |_| {})
    }

    fn write(&self, claim: &JournalClaim, line: &str) -> io::Result<bool> {
        self.change("write", claim, |row| row.line = Some(line.to_owned()))
    }

    fn release(&self, claim: &JournalClaim, line: Option<&str>) -> io::Result<bool> {
        self.change("release", claim, |row| {
            row.claimed_until = None;
            if let Some(line) = line {
                row.line = Some(line.to_owned());
            }
        })
    }
}

impl Journal for LeasedJournal {
    fn lines(&self) -> io::Result<Vec<String>> {
        panic!("a shared journal is read by key")
    }

    fn append(&self, _: &str) -> io::Result<()> {
        panic!("a line needs a claim")
    }

    fn shared(&self) -> Option<&dyn SharedJournal> {
        Some(self)
    }
}

fn wanted() -> WantedConnector {
    let template = template();
    WantedConnector::new(&template, identity_of(&template))
}

fn key() -> JournalKey {
    JournalKey::new(WORKSPACE, &wanted())
}

impl TestStore {
    /// Runs as in a process of its own, which does not share the claims in memory.
    async fn leased(&self, journal: &LeasedJournal) -> Result<EnsureOutcome, Error> {
        self.leased_with(journal, default_settings()).await
    }

    async fn leased_with(
        &self,
        journal: &LeasedJournal,
        settings: EnsureSettings,
    ) -> Result<EnsureOutcome, Error> {
        let journal =
            OpenJournal::open(Arc::new(journal.clone()), ACTION, Arc::default(), vec![]).await?;
        let (template, wanted) = (template(), wanted());
        ensure(self, &template, &wanted, settings, None, Some(&journal)).await
    }

    fn before_send<F>(&self, action: impl FnOnce() -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let action: BeforeSend = Box::new(move || Box::pin(action()));
        *self.before_send.lock().unwrap() = Some(action);
    }
}

#[tokio::test(start_paused = true)]
async fn create_takes_three_calls_and_adoption_two() {
    let store = TestStore::new([create(0, CreateResponse::Created)]);
    let journal = LeasedJournal::default();
    created(store.leased(&journal).await);
    assert_eq!(journal.calls(), ["acquire", "write", "release"]);
    // The result is marked as observed.
    adopted(store.leased(&journal).await);
    assert_eq!(journal.calls(), ["acquire", "release"]);
    assert_eq!(journal.entry().as_deref(), Some("result"));
}

#[tokio::test(start_paused = true)]
async fn connectors_that_exist_take_one_call_in_a_bulk_install() {
    let store = TestStore::new([create(0, CreateResponse::Created)]);
    let journal = LeasedJournal::default();
    created(store.leased(&journal).await);
    adopted(store.leased(&journal).await);
    let snapshot = store.all().await.unwrap();
    journal.calls();
    let open = OpenJournal::open(
        Arc::new(journal.clone()),
        ACTION,
        Arc::default(),
        vec![key()],
    );
    let open = open.await.unwrap();
    let (template, wanted) = (template(), wanted());
    for _ in 0..3 {
        let settings = default_settings();
        let run = ensure(
            &store,
            &template,
            &wanted,
            settings,
            Some(&snapshot),
            Some(&open),
        );
        adopted(run.await);
    }
    assert_eq!(journal.calls(), ["last_lines"]);
}

#[tokio::test(start_paused = true)]
async fn claim_of_a_dead_holder_is_taken_over_after_its_lease_and_its_create_is_reconciled() {
    let store = TestStore::new([create(0, CreateResponse::Lost)]);
    let journal = LeasedJournal::default();
    // The holder dies after its create was sent: nothing releases its claim.
    store.leased(&journal).await.unwrap();
    let dead = journal.steal();
    let intent = wanted().unresolved(WORKSPACE, now());
    let line = crate::install::journal_lines::write_line(
        &key(),
        crate::install::journal_lines::Entry::Intent { unresolved: intent },
        None,
    );
    assert!(journal.write(&dead, &line.unwrap().0).unwrap());

    let start = Instant::now();
    let found = adopted(store.leased(&journal).await);
    assert_eq!(found.connector.id, ConnectorId::from_u128(101));
    let waited = start.elapsed();
    assert!(
        waited >= LEASE && waited < LEASE + Duration::from_secs(1),
        "{waited:?}"
    );
    assert_eq!(
        (store.creates(), journal.entry().as_deref()),
        (1, Some("result"))
    );
    // A late write of the dead holder changes nothing.
    assert!(!journal.write(&dead, "late").unwrap());
}

#[tokio::test(start_paused = true)]
async fn claim_is_renewed_while_a_run_takes_longer_than_its_lease() {
    let store = TestStore::new([create(100, CreateResponse::Lost)]);
    let journal = LeasedJournal::default();
    let settings = EnsureSettings {
        window: Duration::from_secs(120),
        ..default_settings()
    };
    let run = store.leased_with(&journal, settings);
    let other = async {
        tokio::time::sleep(Duration::from_secs(90)).await;
        journal.acquire(&key().0).unwrap()
    };
    let (outcome, other) = tokio::join!(run, other);
    assert!(other.is_none(), "{other:?}");
    adopted(outcome);
    let renewals = journal.calls().into_iter().filter(|call| *call == "renew");
    assert!(renewals.count() >= 9);
}

#[tokio::test(start_paused = true)]
async fn renewal_that_fails_is_repeated() {
    let store = TestStore::new([create(100, CreateResponse::Lost)]);
    let journal = LeasedJournal::default();
    let settings = EnsureSettings {
        window: Duration::from_secs(120),
        ..default_settings()
    };
    let outage = async {
        tokio::time::sleep(Duration::from_secs(9)).await;
        journal.0.lock().unwrap().fails = true;
        tokio::time::sleep(Duration::from_secs(12)).await;
        journal.0.lock().unwrap().fails = false;
        tokio::time::sleep(Duration::from_secs(20)).await;
        journal.acquire(&key().0).unwrap()
    };
    let (outcome, other) = tokio::join!(store.leased_with(&journal, settings), outage);
    assert!(other.is_none() && outcome.is_ok());
}

#[tokio::test(start_paused = true)]
async fn holder_that_lost_its_claim_sends_nothing_and_adopts_the_connector_of_the_next_holder() {
    let store = Arc::new(TestStore::new([]));
    let journal = LeasedJournal::default();
    let (other, weak) = (journal.clone(), Arc::downgrade(&store));
    store.before_send(move || async move {
        // The process is paused, and another one creates the connector.
        let claim = other.steal();
        tokio::time::sleep(LEASE).await;
        let store = weak.upgrade().unwrap();
        store.list_after(0, connector(1, "Support"));
        assert!(other.release(&claim, None).unwrap());
    });
    let found = adopted(store.leased(&journal).await);
    assert_eq!(
        (found.connector.id, store.creates()),
        (ConnectorId::from_u128(1), 0)
    );
    // Its own intent was never sent, so that the whole window was not needed.
    assert_eq!(store.lists.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn holder_that_lost_its_claim_creates_once_if_the_next_holder_did_not() {
    let store = TestStore::new([create(0, CreateResponse::Created)]);
    let journal = LeasedJournal::default();
    let other = journal.clone();
    store.before_send(move || async move {
        let claim = other.steal();
        tokio::time::sleep(LEASE).await;
        // It reconciled the intent in vain.
        assert!(other.release(&claim, None).unwrap());
    });
    created(store.leased(&journal).await);
    assert_eq!(store.creates(), 1);
}

#[tokio::test(start_paused = true)]
async fn pause_that_nobody_used_costs_one_renewal() {
    let store = TestStore::new([create(0, CreateResponse::Created)]);
    let journal = LeasedJournal::default();
    store.before_send(|| async { tokio::time::advance(2 * LEASE).await });
    created(store.leased(&journal).await);
    let calls = journal.calls();
    assert_eq!(calls.first(), Some(&"acquire"));
    assert!(calls.contains(&"renew"), "{calls:?}");
    assert_eq!(store.creates(), 1);
}

#[tokio::test(start_paused = true)]
async fn claim_that_is_lost_before_the_intent_is_acquired_again() {
    let store = TestStore::new([create(0, CreateResponse::Created)]);
    let journal = LeasedJournal::default();
    journal.0.lock().unwrap().steal_at_write = true;
    created(store.leased(&journal).await);
    let calls = journal.calls();
    let half = ["acquire", "write", "release"];
    assert_eq!(calls, [half, half].concat());
    // The first snapshot may be older than the other claim.
    assert_eq!(store.lists.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_if_the_claim_cannot_be_renewed() {
    let store = TestStore::new([]);
    let journal = LeasedJournal::default();
    let table = Arc::clone(&journal.0);
    store.before_send(move || async move {
        table.lock().unwrap().fails = true;
        tokio::time::sleep(LEASE).await;
    });
    let error = store.leased(&journal).await.err().unwrap();
    assert_eq!(error.outcome(), Some(RequestOutcome::NotSent));
    assert_eq!(store.creates(), 0);
}

#[tokio::test(start_paused = true)]
async fn result_of_a_holder_that_lost_its_claim_is_returned_with_the_reason() {
    let store = TestStore::new([create(0, CreateResponse::Created)]);
    let journal = LeasedJournal::default();
    let other = journal.clone();
    // The claim is lost although its lease is fresh, as if the clock of the database had jumped.
    store.before_send(move || async move { drop(other.steal()) });
    let outcome = store.leased(&journal).await.unwrap();
    let why = outcome.journal_error.unwrap().to_string();
    assert!(
        why.contains("another run has taken over the claim"),
        "{why}"
    );
    assert_eq!(journal.entry().as_deref(), Some("intent"));
}

#[tokio::test(start_paused = true)]
async fn dropped_run_releases_its_claim() {
    let store = TestStore::new([]);
    let journal = LeasedJournal::default();
    store.before_send(|| async { std::future::pending().await });
    let run = tokio::time::timeout(Duration::from_secs(1), store.leased(&journal));
    assert!(run.await.is_err());
    let start = Instant::now();
    while journal.acquire(&key().0).unwrap().is_none() {
        tokio::task::yield_now().await;
    }
    assert!(start.elapsed() < LEASE);
}

#[tokio::test(start_paused = true)]
async fn invalid_line_is_reported_with_its_key_and_its_claim_is_released() {
    let store = TestStore::new([create(0, CreateResponse::Created)]);
    let journal = LeasedJournal::default();
    let row = Row {
        line: Some("edited by hand".to_owned()),
        ..Row::default()
    };
    journal.0.lock().unwrap().rows.insert(key().0, row);
    // A bulk install asks for all keys at once, and must not fail because of one of them.
    let open = OpenJournal::open(
        Arc::new(journal.clone()),
        "ensure a connector",
        Arc::default(),
        vec![key()],
    )
    .await;
    let open = open.unwrap();
    let (template, wanted) = (template(), wanted());
    let run = ensure(
        &store,
        &template,
        &wanted,
        default_settings(),
        None,
        Some(&open),
    );
    let message = run.await.unwrap_err().to_string();
    assert!(
        message.contains(&key().0) && message.contains("remove it after"),
        "{message}"
    );
    assert_eq!(journal.calls(), ["last_lines", "acquire", "release"]);
    assert_eq!(store.creates(), 0);
}
