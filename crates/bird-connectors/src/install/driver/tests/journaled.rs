//! With a journal, and processes that were killed.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_intent_without_a_result_is_looked_for_and_not_repeated() {
    // Killed behind the create: no result was written.
    let world = World::new([post(20, Answer::Lost)]);
    tokio::select! {
        _ = world.journaled() => panic!("it was to be killed"),
        () = tokio::time::sleep(Duration::from_secs(1)) => {}
    }
    assert_eq!(world.entries(), ["intent"]);
    assert_eq!(
        adopted(world.journaled().await).connector.id,
        ConnectorId::from_u128(101)
    );
    assert_eq!(
        (world.entries(), world.sent()),
        (vec!["intent".to_owned(), "result".to_owned()], 1)
    );

    let world = World::new([post(99, Answer::Lost), post(0, Answer::Created)]);
    world.journaled().await.unwrap_err();
    let start = Instant::now();
    let error = world.journaled().await.unwrap_err();
    assert_eq!(
        (start.elapsed(), error.outcome(), world.sent()),
        (WINDOW, Some(RequestOutcome::Unknown), 1)
    );
    assert!(
        error.to_string().contains("by the journal an earlier run"),
        "{error}"
    );
    assert!(error.unresolved().is_some());
    created(world.run(recreating(), true).await);
}

#[tokio::test(start_paused = true)]
async fn behind_an_open_intent_a_refusal_does_not_close_it() {
    let world = World::new([post(90, Answer::Lost), post(None, Answer::Invalid)]);
    world.journaled().await.unwrap_err();
    let error = world.run(recreating(), true).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Validation);
    assert_eq!(world.entries(), ["intent", "intent"]);
    // So the first one is still looked for, and found.
    assert_eq!(
        adopted(world.journaled().await).connector.id,
        ConnectorId::from_u128(101)
    );
}

#[tokio::test(start_paused = true)]
async fn a_result_is_verified_and_adopted() {
    let world = World::new([post(0, Answer::Created)]);
    created(world.journaled().await);
    // Beside it there is another one that is the same: the journal knows which one is meant.
    world.show(0, connector(1, "Support"));
    world.looks.lock().unwrap().clear();
    let found = adopted(world.journaled().await);
    assert_eq!(
        (found.connector.id, &found.matched_by),
        (ConnectorId::from_u128(101), &MatchedBy::Journal)
    );
    assert!(
        world.looks.lock().unwrap().is_empty(),
        "the list is not needed"
    );
    assert_eq!(world.entries(), ["intent", "result", "result"]);
    // It has been seen: once it is gone it may be created again.
    world.shown.lock().unwrap().clear();
    world
        .posts
        .lock()
        .unwrap()
        .push_back(post(0, Answer::Created));
    created(world.journaled().await);
    assert_eq!(world.looks.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_result_that_never_showed_is_not_created_again() {
    let world = World::new([post(500, Answer::Created), post(0, Answer::Created)]);
    created(world.journaled().await);
    let error = world.journaled().await.unwrap_err();
    assert_eq!((error.kind(), world.sent()), (ErrorKind::NotFound, 1));
    assert!(
        error
            .to_string()
            .contains("`recreate_after_window` creates it again"),
        "{error}"
    );
    created(world.run(recreating(), true).await);
}

#[tokio::test(start_paused = true)]
async fn without_an_intent_on_the_disk_nothing_is_sent() {
    let world = World::new([]);
    *world.journal.1.lock().unwrap() = true;
    let error = world.journaled().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome(), world.sent()),
        (ErrorKind::InvalidInput, Some(RequestOutcome::NotSent), 0)
    );
    assert!(error.to_string().contains("the disk is full"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_result_that_cannot_be_written_is_told_beside_the_connector() {
    struct Full(World);
    impl Store for Full {
        fn workspace(&self) -> WorkspaceId {
            WORKSPACE
        }
        async fn all(&self) -> Result<Arc<Snapshot>, Error> {
            self.0.all().await
        }
        async fn get(&self, id: ConnectorId) -> Result<Connector, Error> {
            self.0.get(id).await
        }
        async fn create(&self, template: Template) -> Result<Connector, Error> {
            *self.0.journal.1.lock().unwrap() = true;
            self.0.create(template).await
        }
    }
    let full = Full(World::new([post(0, Answer::Created)]));
    let template = template();
    let wanted = Wanted::new(&template, identity_of(&template));
    let ledger = Ledger::open(Arc::new(full.0.journal.clone()))
        .await
        .unwrap();
    let end = ensure(&full, &template, &wanted, plain(), None, Some(&ledger))
        .await
        .unwrap();
    assert!(
        end.journal_error
            .unwrap()
            .to_string()
            .contains("the disk is full")
    );
    // A later run finds out.
    *full.0.journal.1.lock().unwrap() = false;
    adopted(full.0.journaled().await);
}

#[tokio::test(start_paused = true)]
async fn many_may_share_a_snapshot_and_a_journal() {
    let world = World::new([post(0, Answer::Created)]);
    let known = world.all().await.unwrap();
    let ledger = Ledger::open(Arc::new(world.journal.clone())).await.unwrap();
    let template = template();
    let wanted = Wanted::new(&template, identity_of(&template));
    let end = ensure(
        &world,
        &template,
        &wanted,
        plain(),
        Some(&known),
        Some(&ledger),
    )
    .await;
    created(end);
    assert_eq!(world.looks.lock().unwrap().len(), 1);
    // The snapshot is older than that, but the journal knows.
    let end = ensure(
        &world,
        &template,
        &wanted,
        plain(),
        Some(&known),
        Some(&ledger),
    )
    .await;
    assert_eq!(adopted(end).matched_by, MatchedBy::Journal);
}
