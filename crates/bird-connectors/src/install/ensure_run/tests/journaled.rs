//! One `ensure` with a journal, and processes that were killed.

use super::*;

#[tokio::test(start_paused = true)]
async fn intent_without_a_result_is_looked_up_and_not_repeated() {
    // The process is killed right after it sends the create: no result is written.
    let store = TestStore::new([create(20, CreateResponse::Lost)]);
    tokio::select! {
        _ = store.journaled() => panic!("expected to be killed"),
        () = tokio::time::sleep(Duration::from_secs(1)) => {}
    }
    assert_eq!(store.entries(), ["intent"]);
    assert_eq!(
        adopted(store.journaled().await).connector.id,
        ConnectorId::from_u128(101)
    );
    assert_eq!(
        (store.entries(), store.creates()),
        (vec!["intent".to_owned(), "result".to_owned()], 1)
    );

    let store = TestStore::new([
        create(99, CreateResponse::Lost),
        create(0, CreateResponse::Created),
    ]);
    store.journaled().await.unwrap_err();
    let start = Instant::now();
    let error = store.journaled().await.unwrap_err();
    assert_eq!(
        (start.elapsed(), error.outcome(), store.creates()),
        (WINDOW, Some(RequestOutcome::Unknown), 1)
    );
    assert!(
        error
            .to_string()
            .contains("an earlier run started this create"),
        "{error}"
    );
    assert!(error.unresolved().is_some());
    created(store.run(recreating(), true).await);
}

#[tokio::test(start_paused = true)]
async fn rejected_second_create_does_not_close_an_open_intent() {
    let store = TestStore::new([
        create(90, CreateResponse::Lost),
        create(None, CreateResponse::Invalid),
    ]);
    store.journaled().await.unwrap_err();
    let error = store.run(recreating(), true).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Validation);
    assert_eq!(store.entries(), ["intent", "intent"]);
    // So a later run still searches for the first connector, and finds it.
    assert_eq!(
        adopted(store.journaled().await).connector.id,
        ConnectorId::from_u128(101)
    );
}

#[tokio::test(start_paused = true)]
async fn journaled_result_is_read_and_adopted() {
    let store = TestStore::new([create(0, CreateResponse::Created)]);
    created(store.journaled().await);
    // Another connector matches, too, but the journal contains the right one.
    store.list_after(0, connector(1, "Support"));
    store.lists.lock().unwrap().clear();
    let found = adopted(store.journaled().await);
    assert_eq!(
        (found.connector.id, &found.matched_by),
        (ConnectorId::from_u128(101), &MatchedBy::Journal)
    );
    assert!(
        store.lists.lock().unwrap().is_empty(),
        "the list is not read"
    );
    assert_eq!(store.entries(), ["intent", "result", "result"]);
    // It was observed, so once it is deleted it may be created again.
    store.listed.lock().unwrap().clear();
    store
        .next_creates
        .lock()
        .unwrap()
        .push_back(create(0, CreateResponse::Created));
    created(store.journaled().await);
    assert_eq!(store.lists.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn journaled_result_that_was_never_observed_is_not_created_again() {
    let store = TestStore::new([
        create(500, CreateResponse::Created),
        create(0, CreateResponse::Created),
    ]);
    created(store.journaled().await);
    let error = store.journaled().await.unwrap_err();
    assert_eq!((error.kind(), store.creates()), (ErrorKind::NotFound, 1));
    assert!(
        error
            .to_string()
            .contains("`recreate_after_window` creates it again"),
        "{error}"
    );
    created(store.run(recreating(), true).await);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_when_the_intent_cannot_be_written() {
    let store = TestStore::new([]);
    *store.journal.1.lock().unwrap() = true;
    let error = store.journaled().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome(), store.creates()),
        (ErrorKind::Journal, Some(RequestOutcome::NotSent), 0)
    );
    assert!(error.is_transient());
    assert!(error.to_string().contains("the disk is full"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn journal_that_fails_after_a_lost_create_leaves_its_outcome_unknown() {
    let store = TestStore::new([create(None, CreateResponse::Lost)]);
    let fails = Arc::clone(&store.journal.1);
    let fail: BeforeSend = Box::new(move || Box::pin(async move { *fails.lock().unwrap() = true }));
    *store.before_send.lock().unwrap() = Some(fail);
    let error = store.run(recreating(), true).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome(), store.creates()),
        (ErrorKind::Journal, Some(RequestOutcome::Unknown), 1)
    );
    assert!(error.unresolved().is_some() && error.may_have_been_processed());
    let message = error.to_string();
    assert!(message.contains("may have succeeded"), "{message}");
    assert!(!message.contains("nothing was sent"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn result_that_cannot_be_written_is_returned_with_the_connector() {
    struct FailingJournal(TestStore);
    impl ConnectorStore for FailingJournal {
        fn workspace(&self) -> WorkspaceId {
            WORKSPACE
        }
        fn claims(&self) -> Arc<ProcessClaims> {
            self.0.claims()
        }
        async fn all(&self) -> Result<Arc<Snapshot>, Error> {
            self.0.all().await
        }
        async fn get(&self, id: ConnectorId) -> Result<Connector, Error> {
            self.0.get(id).await
        }
        async fn create(
            &self,
            template: Template,
            permission: Option<SendPermission>,
        ) -> Result<Connector, Error> {
            *self.0.journal.1.lock().unwrap() = true;
            self.0.create(template, permission).await
        }
    }
    let store = FailingJournal(TestStore::new([create(0, CreateResponse::Created)]));
    let template = template();
    let wanted = WantedConnector::new(&template, identity_of(&template));
    let journal = store.0.open_journal().await.unwrap();
    let outcome = ensure(
        &store,
        &template,
        &wanted,
        default_settings(),
        None,
        Some(&journal),
    )
    .await
    .unwrap();
    let error = outcome.journal_error.unwrap();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Journal, None));
    let message = error.to_string();
    assert!(message.contains("the disk is full"), "{message}");
    assert!(message.contains("what was created exists"), "{message}");
    // A later run finds the connector.
    *store.0.journal.1.lock().unwrap() = false;
    adopted(store.0.journaled().await);
}

#[tokio::test(start_paused = true)]
async fn runs_can_share_a_snapshot_and_a_journal() {
    let store = TestStore::new([create(0, CreateResponse::Created)]);
    let snapshot = store.all().await.unwrap();
    let journal = store.open_journal().await.unwrap();
    let template = template();
    let wanted = WantedConnector::new(&template, identity_of(&template));
    let outcome = ensure(
        &store,
        &template,
        &wanted,
        default_settings(),
        Some(&snapshot),
        Some(&journal),
    )
    .await;
    created(outcome);
    assert_eq!(store.lists.lock().unwrap().len(), 1);
    // The snapshot does not contain the connector, but the journal does.
    let outcome = ensure(
        &store,
        &template,
        &wanted,
        default_settings(),
        Some(&snapshot),
        Some(&journal),
    )
    .await;
    assert_eq!(adopted(outcome).matched_by, MatchedBy::Journal);
}

#[tokio::test(start_paused = true)]
async fn concurrent_runs_create_once_and_adopt_the_connector() {
    let store = TestStore::new([create(20, CreateResponse::Created)]);
    let (first, second) = tokio::join!(store.journaled(), store.journaled());
    // Either of them can be the first.
    let outcomes = [first, second].map(|outcome| outcome.unwrap().connector);
    let adopted: Vec<_> = outcomes
        .iter()
        .filter_map(|connector| match connector {
            EnsuredConnector::Created(_) => None,
            EnsuredConnector::Adopted(matched) => Some(&matched.matched_by),
        })
        .collect();
    assert_eq!(adopted, [&MatchedBy::Journal]);
    assert_eq!(store.creates(), 1);
}

#[tokio::test(start_paused = true)]
async fn run_reports_that_another_run_keeps_the_claim() {
    let store = TestStore::new([]);
    let template = template();
    let key = JournalKey::new(
        WORKSPACE,
        &WantedConnector::new(&template, identity_of(&template)),
    );
    let journal = store.open_journal().await.unwrap();
    let _claim = journal.claim(&key, WINDOW).await.unwrap().unwrap();
    let start = Instant::now();
    let error = store.journaled().await.unwrap_err();
    assert_eq!(
        (start.elapsed(), error.kind(), error.outcome()),
        (
            2 * WINDOW + Duration::from_secs(60),
            ErrorKind::Timeout,
            Some(RequestOutcome::NotSent)
        )
    );
    assert!(
        error
            .to_string()
            .contains("another run has been installing"),
        "{error}"
    );
    assert!(store.lists.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn snapshot_from_before_another_run_is_not_used() {
    let store = TestStore::new([create(0, CreateResponse::Created)]);
    let snapshot = store.all().await.unwrap();
    let journal = store.open_journal().await.unwrap();
    let template = template();
    let wanted = WantedConnector::new(&template, identity_of(&template));
    let run = |journal, snapshot| {
        let settings = default_settings();
        ensure(&store, &template, &wanted, settings, snapshot, journal)
    };
    let other = OpenJournal::open(
        Arc::new(MemoryJournal::default()),
        ACTION,
        store.claims(),
        vec![],
    );
    let other = other.await.unwrap();
    created(run(Some(&other), Some(&snapshot)).await);
    adopted(run(Some(&journal), Some(&snapshot)).await);
}
