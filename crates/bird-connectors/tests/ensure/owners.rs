//! The owners of what is created with a journal, and the intents of webhook subscriptions.

use std::io;

use bird_connectors::install::{
    FileJournal, Journal, JournalRecord, OwnedJournal, RecordedResource, subscription_journal_key,
};
use bird_connectors::models::SubscriptionId;
use bird_connectors::resources::{NewSubscription, WebhookSubscriptions};
use bird_connectors::{ConnectorId, RequestOutcome};
use bird_connectors_sandbox::Fault;

use super::*;

const URL: &str = "https://hooks.example.com/bird";

/// A sandbox, and a journal in a temporary folder.
struct World {
    sandbox: Sandbox,
    connectors: Connectors,
    subscriptions: WebhookSubscriptions,
    journal: FileJournal,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Result<Self, Box<dyn StdError>> {
        let sandbox = Sandbox::builder()
            .default_script(Script::instant())
            .behavior(|behavior| behavior.duplicates = Duplicates::Allowed)
            .start()
            .await?;
        let folder = tempfile::tempdir()?;
        let client = Client::builder()
            .base_url(sandbox.base_url())
            .access_key(sandbox.access_key())
            .build()?;
        let workspace = client.workspace(WorkspaceId::from(sandbox.workspace_id()));
        Ok(Self {
            subscriptions: workspace.webhook_subscriptions(),
            connectors: workspace.connectors(),
            sandbox,
            journal: FileJournal::open(folder.path().join("journal"))?,
            _folder: folder,
        })
    }

    fn owned_by(&self, owner: &str) -> OwnedJournal {
        OwnedJournal::new(self.journal.clone(), owner)
    }

    /// Installs a connector for this owner.
    async fn install(&self, owner: &str) -> Result<bird_connectors::ConnectorId, Error> {
        let ensure = self.connectors.ensure(Telegram::new("Bot"));
        let ensured = ensure.journal(self.journal.clone()).owner(owner).await?;
        Ok(ensured.id())
    }

    fn workspace(&self) -> WorkspaceId {
        WorkspaceId::from(self.sandbox.workspace_id())
    }

    async fn records(&self) -> Result<Vec<JournalRecord>, Error> {
        self.owned_by("acme").records().await
    }

    async fn subscribe(&self, recreate: bool) -> Result<SubscriptionId, Error> {
        let new = NewSubscription::new("channel.updated", URL).signing_key(SECRET);
        let journal = self.owned_by("acme");
        let ensured = journal.ensure_subscription(&self.subscriptions, new, ms(100), recreate);
        Ok(ensured.await?.subscription.id)
    }
}

#[tokio::test]
async fn record_names_the_owner_and_whether_the_connector_was_read() -> TestResult {
    let world = World::new().await?;
    let id = world.install("acme").await?;
    let records = world.records().await?;
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].resource, RecordedResource::Connector(id));
    assert_eq!(records[0].owner.as_deref(), Some("acme"));
    assert_eq!(records[0].name.as_deref(), Some("Bot"));
    assert_eq!(records[0].workspace_id, Some(world.workspace()));
    assert!(!records[0].observed);
    // An adoption keeps the owner.
    assert_eq!(world.install("other").await?, id);
    let records = world.records().await?;
    assert_eq!(records[0].owner.as_deref(), Some("acme"));
    assert!(records[0].observed);
    Ok(())
}

#[tokio::test]
async fn other_owner_cannot_own_a_connector() -> TestResult {
    let world = World::new().await?;
    let id = world.install("acme").await?;
    let key = &world.records().await?[0].key;
    let other = world.owned_by("other");
    let error = other.own_connector(&world.connectors, key, id, "Bot").await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains("belongs to `acme` already"));
    Ok(())
}

/// The lost response leaves an unresolved create, and the owner finds its connector in the list.
#[tokio::test]
async fn connector_of_an_unresolved_create_can_be_owned() -> TestResult {
    let world = World::new().await?;
    let silent = Rule::on(Operation::CreateConnector).delay_response(Duration::from_secs(600));
    world.sandbox.rule(silent);
    let install = world.install("acme");
    let created = async {
        while world.sandbox.connectors().is_empty() {
            tokio::time::sleep(ms(2)).await;
        }
    };
    tokio::select! {
        _ = install => panic!("no response was sent"),
        () = created => {}
    }
    let record = world.records().await?.remove(0);
    assert_eq!(record.resource, RecordedResource::Unresolved);
    assert_eq!(record.owner.as_deref(), Some("acme"));
    let id = world.sandbox.connectors()[0]["id"]
        .as_str()
        .unwrap()
        .parse()?;
    world.sandbox.clear_requests();
    let journal = world.owned_by("acme");
    journal
        .own_connector(&world.connectors, &record.key, id, "Bot")
        .await?;
    assert!(world.sandbox.requests().is_empty());
    let record = world.records().await?.remove(0);
    assert_eq!(record.resource, RecordedResource::Connector(id));
    assert!(record.observed);
    Ok(())
}

#[tokio::test]
async fn another_connector_than_that_of_the_journal_is_deleted_and_owned_only_if_that_one_is_gone()
-> TestResult {
    let world = World::new().await?;
    let first = world.install("acme").await?;
    let key = world.records().await?.remove(0).key;
    let other = world.connectors.install(Telegram::new("Bot")).await?.id();
    let journal = world.owned_by("acme");
    let deleted = journal
        .delete_connector(&world.connectors, &key, other)
        .await;
    assert_eq!(deleted.unwrap_err().kind(), ErrorKind::Conflict);
    let owned = journal
        .own_connector(&world.connectors, &key, other, "Bot")
        .await;
    assert_eq!(owned.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(world.sandbox.connectors().len(), 2);

    world.connectors.delete(first).await?;
    journal
        .own_connector(&world.connectors, &key, other, "Bot")
        .await?;
    let record = world.records().await?.remove(0);
    assert_eq!(record.resource, RecordedResource::Connector(other));
    world.connectors.delete(other).await?;
    let third = world.connectors.install(Telegram::new("Bot")).await?.id();
    journal
        .delete_connector(&world.connectors, &key, third)
        .await?;
    assert!(world.sandbox.connectors().is_empty());
    assert!(world.records().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn subscription_of_a_lost_response_is_found_and_keeps_its_owner() -> TestResult {
    let world = World::new().await?;
    let lost = || Rule::on(Operation::CreateWebhookSubscription).fault(Fault::LostResponse);
    let lists = Rule::on(Operation::ListWebhookSubscriptions);
    world.sandbox.rule(lost());
    // The lookup before the create succeeds, and the one after it fails.
    world
        .sandbox
        .rule(lists.nth(2).respond_with(Response::status(403)));
    let error = world.subscribe(false).await.unwrap_err();
    assert_eq!(error.outcome(), Some(RequestOutcome::Unknown));
    let record = world.records().await?.remove(0);
    assert_eq!(record.resource, RecordedResource::Unresolved);
    let new = NewSubscription::new("channel.updated", URL);
    let key = subscription_journal_key(world.workspace(), &new);
    assert_eq!(record.key, key, "the signing key does not matter");

    let id = world.subscribe(false).await?;
    assert_eq!(world.sandbox.webhook_subscriptions().len(), 1);
    let record = world.records().await?.remove(0);
    assert_eq!(record.resource, RecordedResource::Subscription(id));
    assert_eq!(record.owner.as_deref(), Some("acme"));

    // Also if the lookup after the create finds it.
    let journal = world.owned_by("acme");
    journal
        .delete_subscription(&world.subscriptions, &record.key, id)
        .await?;
    world.sandbox.rule(lost());
    let id = world.subscribe(false).await?;
    let record = world.records().await?.remove(0);
    assert_eq!(record.resource, RecordedResource::Subscription(id));
    assert_eq!(record.owner.as_deref(), Some("acme"));
    Ok(())
}

/// The subscription of somebody else is not listed when the lookup runs.
#[tokio::test]
async fn subscription_of_a_409_has_no_owner() -> TestResult {
    let world = World::new().await?;
    let new = NewSubscription::new("channel.updated", URL);
    let id = world.subscriptions.create(new).await?.id;
    let none = json!({"results": []});
    let empty = Response::json(200, none);
    let lists = Rule::on(Operation::ListWebhookSubscriptions);
    world.sandbox.rule(lists.respond_with(empty));
    let conflict = Response::json(409, json!({"code": "Conflict", "message": "it exists"}));
    let creates = Rule::on(Operation::CreateWebhookSubscription);
    world.sandbox.rule(creates.respond_with(conflict));
    assert_eq!(world.subscribe(false).await?, id);
    let record = world.records().await?.remove(0);
    assert_eq!(record.resource, RecordedResource::Subscription(id));
    assert_eq!(record.owner, None);
    Ok(())
}

#[tokio::test]
async fn subscription_whose_create_was_not_processed_is_created_again_only_on_request() -> TestResult
{
    let world = World::new().await?;
    let reset = Rule::on(Operation::CreateWebhookSubscription).fault(Fault::ResetBeforeHeaders);
    world.sandbox.rule(reset);
    world.subscribe(false).await.unwrap_err();
    let sent = world.sandbox.count(Operation::CreateWebhookSubscription);
    let error = world.subscribe(false).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(error.outcome(), Some(RequestOutcome::Unknown));
    assert!(!error.to_string().contains(SECRET));
    let again = world.sandbox.count(Operation::CreateWebhookSubscription);
    assert_eq!(again, sent, "nothing is sent without the permission");
    let id = world.subscribe(true).await?;
    assert_eq!(world.sandbox.webhook_subscriptions().len(), 1);

    // One that somebody has replaced is deleted only if that of the journal is gone.
    let key = world.records().await?.remove(0).key;
    let new = NewSubscription::new("channel.updated", URL);
    let other = world.subscriptions.create(new).await?.id;
    let journal = world.owned_by("acme");
    let deleted = journal.delete_subscription(&world.subscriptions, &key, other);
    assert_eq!(deleted.await.unwrap_err().kind(), ErrorKind::Conflict);
    world.subscriptions.delete(id).await?;
    journal
        .delete_subscription(&world.subscriptions, &key, other)
        .await?;
    assert!(world.sandbox.webhook_subscriptions().is_empty());
    assert!(world.records().await?.is_empty());
    Ok(())
}

/// A journal that cannot be read.
struct Unreadable;

impl Journal for Unreadable {
    fn lines(&self) -> io::Result<Vec<String>> {
        Err(io::Error::other("unreadable"))
    }

    fn append(&self, _: &str) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn error_of_a_journal_names_what_was_attempted() -> TestResult {
    let world = World::new().await?;
    let (connectors, subscriptions) = (&world.connectors, &world.subscriptions);
    let owned = OwnedJournal::new(Unreadable, "acme");
    let (connector, subscription) = (ConnectorId::from_u128(1), SubscriptionId::from_u128(2));
    let bot = || Telegram::new("Bot");
    let all = connectors.install_all([bot()]).journal(Unreadable).await;
    let new = NewSubscription::new("channel.updated", URL).signing_key(SECRET);
    let ensured = owned.ensure_subscription(subscriptions, new, ms(0), false);
    let errors = [
        (
            "ensure a connector",
            connectors.ensure(bot()).journal(Unreadable).await.err(),
        ),
        ("install all", all[0].result.clone().err()),
        ("read a journal", owned.records().await.err()),
        (
            "delete a connector",
            owned
                .delete_connector(connectors, "k", connector)
                .await
                .err(),
        ),
        (
            "delete a webhook subscription",
            owned
                .delete_subscription(subscriptions, "k", subscription)
                .await
                .err(),
        ),
        (
            "change a journal",
            owned
                .own_connector(connectors, "k", connector, "Bot")
                .await
                .err(),
        ),
        (
            "change a journal",
            owned
                .own_subscription(subscriptions, "k", subscription, "e")
                .await
                .err(),
        ),
        ("ensure a webhook subscription", ensured.await.err()),
    ];
    for (action, error) in errors {
        let error = error.ok_or("no error")?;
        assert_eq!((error.action(), error.kind()), (action, ErrorKind::Journal));
        assert!(
            error.to_string().contains("the journal cannot be read"),
            "{error}"
        );
    }
    Ok(())
}
