//! Creates whose response is lost or unreadable, and processes that are killed right after sending a create.

use std::fs;
use std::path::PathBuf;

use bird_connectors::RequestOutcome;
use bird_connectors::install::{FileJournal, UnresolvedCreate};
use bird_connectors::models::WorkspaceId;
use bird_connectors_sandbox::Fault;

use super::support::until;
use super::*;

/// The server processes the create, but its response is lost.
fn lost_response() -> Rule {
    Rule::on(Operation::CreateConnector)
        .fault(Fault::ResetBeforeHeaders)
        .after_processing()
}

#[tokio::test]
async fn lost_response_leads_to_no_second_create() -> TestResult {
    for (commit, status) in [(0, None), (300, None), (300, Some(504)), (0, Some(500))] {
        let sandbox = Sandbox::builder()
            .behavior(|behavior| behavior.duplicates = Duplicates::Allowed)
            .start()
            .await?;
        commit_after(&sandbox, ms(commit));
        sandbox.rule(match status {
            None => lost_response(),
            Some(status) => Rule::on(Operation::CreateConnector)
                .respond_with(Response::text(status, "text/html", "<h1>Oops</h1>"))
                .after_processing(),
        });
        let ensured = with_window(connectors(&sandbox)?.ensure(whatsapp())).await?;
        assert!(ensured.adopted() && !ensured.secrets_applied());
        assert_eq!(
            (
                sandbox.connectors().len(),
                sandbox.count(Operation::CreateConnector)
            ),
            (1, 1)
        );
    }
    Ok(())
}

#[tokio::test]
async fn every_response_fault_leaves_exactly_one_connector() -> TestResult {
    for fault in [
        "lost_response",
        "reset_before_headers",
        "reset_in_body",
        "truncated_json",
        "length_too_long",
        "length_too_short",
        "html_500",
        "html_200",
        "wrong_shape",
        "not_utf8",
        "empty",
        "gzip_bomb",
    ] {
        let sandbox = Sandbox::builder()
            .behavior(|behavior| behavior.duplicates = Duplicates::Allowed)
            .start()
            .await?;
        let rule = Rule::on(Operation::CreateConnector).fault(fault.parse()?);
        sandbox.rule(rule.after_processing());
        let ensured = with_window(connectors(&sandbox)?.ensure(sms("Support"))).await;
        assert!(ensured.is_ok_and(|ensured| ensured.adopted()), "{fault}");
        assert_eq!(sandbox.connectors().len(), 1, "{fault}");
        assert_eq!(sandbox.count(Operation::CreateConnector), 1, "{fault}");
    }
    // If the connector never becomes visible, the error says that it may have been created.
    let sandbox = Sandbox::start().await?;
    sandbox.rule(Rule::on(Operation::CreateConnector).respond_with(Response::json(201, json!({}))));
    let ensure = connectors(&sandbox)?
        .ensure(sms("Support"))
        .reconcile_window(ms(50));
    let error = ensure.await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Decode, Some(RequestOutcome::Unknown))
    );
    assert!(
        error
            .to_string()
            .contains("it may have been created, but no matching connector was found within 50ms"),
        "{error}"
    );
    Ok(())
}

#[tokio::test]
async fn create_that_commits_after_the_window_can_be_reconciled_later() -> TestResult {
    let sandbox = Sandbox::start().await?;
    // Longer than the window of `ensure` and a first reconcile.
    commit_after(&sandbox, ms(4000));
    sandbox.rule(lost_response());
    let connectors = connectors(&sandbox)?;
    let error = connectors
        .ensure(whatsapp())
        .reconcile_window(ms(100))
        .await
        .unwrap_err();
    assert_eq!(error.outcome(), Some(RequestOutcome::Unknown));
    let printed = format!("{error} {error:?} {:?}", error.unresolved());
    assert!(
        printed.contains("`phoneId` 2 or `phoneNumber` +31612345678") && !printed.contains(SECRET),
        "{printed}"
    );
    // Another process could read what this one stores.
    let stored = error
        .unresolved()
        .ok_or("nothing to reconcile")?
        .to_string();
    assert!(!stored.contains(SECRET));
    let unresolved: UnresolvedCreate = stored.parse()?;
    assert!(
        connectors
            .reconcile(&unresolved)
            .window(Duration::ZERO)
            .await?
            .is_none()
    );
    let found = connectors
        .reconcile(&unresolved)
        .window(Duration::from_secs(60))
        .await?
        .ok_or("not found")?;
    assert_eq!(json!(found.id()), sandbox.connectors()[0]["id"]);
    assert!(found.adopted() && !found.secrets_applied());
    Ok(())
}

#[tokio::test]
async fn plain_install_returns_its_unresolved_create() -> TestResult {
    let sandbox = Sandbox::start().await?;
    sandbox.rule(lost_response());
    let connectors = connectors(&sandbox)?;
    let error = connectors.install(sms("Support")).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("it may have been created: check for a connector of template"),
        "{error}"
    );
    let unresolved = error.unresolved().ok_or("nothing to reconcile")?;
    assert_eq!(
        (
            unresolved.workspace_id(),
            unresolved.arguments()["phoneNumberId"].clone()
        ),
        (WorkspaceId::from(sandbox.workspace_id()), json!(NUMBER))
    );
    let found = connectors.reconcile(unresolved).await?.ok_or("not found")?;
    let options = WaitOptions::new().interval(ms(20), ms(50));
    found.until_ready().options(options).await?;
    // A rejected create is not unresolved.
    sandbox.rule(
        Rule::on(Operation::CreateConnector)
            .always()
            .respond_with(Response::status(422)),
    );
    assert!(
        connectors
            .install(sms("Support"))
            .await
            .unwrap_err()
            .unresolved()
            .is_none()
    );
    // An unresolved create belongs to its workspace.
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .access_key("k")
        .build()?;
    let elsewhere = client.workspace(WorkspaceId::from_u128(1)).connectors();
    let refused = elsewhere.reconcile(unresolved).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
    Ok(())
}

#[tokio::test]
async fn create_is_described_before_it_is_sent_and_not_if_a_connector_is_adopted() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let connectors = connectors(&sandbox)?;
    let (sender, receiver) = std::sync::mpsc::channel();
    let ensure = || {
        let sender = sender.clone();
        let ensure = with_window(connectors.ensure(sms("Support")));
        ensure.before_create(move |create| {
            let _ = sender.send(create.clone());
        })
    };
    let silent = Rule::on(Operation::CreateConnector).delay_response(Duration::from_secs(3600));
    sandbox.rule(silent);
    // Cut off while the create is in flight.
    tokio::select! {
        _ = ensure() => return Err("the create has no response".into()),
        () = until("a create was sent", || sandbox.count(Operation::CreateConnector) == 1) => {}
    }
    let create = receiver.try_recv()?;
    let found = connectors.reconcile(&create).await?.ok_or("not found")?;
    assert_eq!(json!(found.id()), sandbox.connectors()[0]["id"]);
    assert!(ensure().await?.adopted());
    assert!(receiver.try_recv().is_err());
    assert_eq!(sandbox.count(Operation::CreateConnector), 1);
    // A plain install is described in the same way.
    let plain = connectors.unresolved_create(sms("Support"));
    assert_eq!(plain.arguments(), create.arguments());
    assert_eq!(plain.workspace_id(), create.workspace_id());
    Ok(())
}

/// The path of a journal, which is removed at the end.
struct JournalPath(PathBuf);

impl JournalPath {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("bird-ensure-{}-{name}", std::process::id()));
        let _ = fs::remove_file(&path);
        Self(path)
    }
}

impl Drop for JournalPath {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[tokio::test]
async fn journal_prevents_a_duplicate_after_the_process_is_killed() -> TestResult {
    let path = JournalPath::new("killed");
    let sandbox = Sandbox::builder()
        .behavior(|behavior| behavior.duplicates = Duplicates::Allowed)
        .start()
        .await?;
    let connectors = connectors(&sandbox)?;
    commit_after(&sandbox, ms(2000));
    sandbox.rule(Rule::on(Operation::CreateConnector).delay_response(Duration::from_secs(600)));
    let ensure = || -> Result<Ensure, Error> {
        Ok(with_window(connectors.ensure(whatsapp())).journal(FileJournal::open(&path.0)?))
    };
    let killed = tokio::spawn(ensure()?.into_future());
    until("the create", || {
        sandbox.count(Operation::CreateConnector) == 1
    })
    .await;
    killed.abort();
    assert!(killed.await.is_err_and(|end| end.is_cancelled()));
    // The list does not show the connector yet: without the journal, ensure would create a second one.
    let resumed = ensure()?.await?;
    assert!(resumed.adopted() && resumed.journal_error().is_none());
    let again = ensure()?.await?;
    assert_eq!(
        (again.id(), again.matched_by().map(|by| by.as_str())),
        (resumed.id(), Some("journal"))
    );
    assert_eq!(
        (
            sandbox.connectors().len(),
            sandbox.count(Operation::CreateConnector)
        ),
        (1, 1)
    );
    let lines = fs::read_to_string(&path.0)?;
    assert!(!lines.contains(SECRET), "{lines}");
    Ok(())
}
