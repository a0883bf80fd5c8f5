//! Which calls the SDK retries, counted by the sandbox. Time is paused, so pauses between attempts cost nothing.

use std::time::Duration;

use bird_connectors::models::{ConnectorId, WorkspaceId};
use bird_connectors::resources::{NewSubscription, SubscriptionUpdate};
use bird_connectors::templates::Sms;
use bird_connectors::{Client, Error, ErrorKind, RequestOutcome, Workspace};
use bird_connectors_sandbox::{Operation, Response, Rule, Sandbox};
use support::paused;
use tokio::time::Instant;

mod support;

/// A sandbox with one connector, and a client with the default settings.
async fn start() -> (Sandbox, Workspace) {
    let sandbox = Sandbox::builder().connectors(1).start().await.unwrap();
    let client = Client::builder()
        .access_key(sandbox.access_key())
        .base_url(sandbox.base_url())
        .build()
        .unwrap();
    let workspace = client.workspace(WorkspaceId::from(sandbox.workspace_id()));
    (sandbox, workspace)
}

/// The connector that the sandbox starts with.
fn seeded(sandbox: &Sandbox) -> ConnectorId {
    sandbox.connectors()[0]["id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap()
}

async fn install(workspace: &Workspace) -> Result<ConnectorId, Error> {
    let number = workspace.numbers().list().first_page().await?.items[0].id;
    let template = Sms::new("Support", number, "conversational");
    let install = workspace.connectors().install(template).await?;
    Ok(install.id())
}

#[tokio::test]
async fn read_succeeds_after_two_transient_failures_and_fails_after_three() {
    paused::run(async {
        let (sandbox, workspace) = start().await;
        let id = seeded(&sandbox);
        for status in [408, 429, 500, 502, 503, 504] {
            sandbox.clear_requests();
            sandbox.fail_next(Operation::GetConnector, status, 2);
            workspace.connectors().get(id).await.unwrap();
            assert_eq!(sandbox.count(Operation::GetConnector), 3, "{status}");
        }
        sandbox.clear_requests();
        sandbox.fail_next(Operation::GetConnector, 503, 3);
        let error = workspace.connectors().get(id).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Server, 3));
        assert_eq!(sandbox.count(Operation::GetConnector), 3);
    })
    .await;
}

#[tokio::test]
async fn create_is_retried_only_after_429() {
    paused::run(async {
        let (sandbox, workspace) = start().await;
        sandbox.fail_next(Operation::CreateConnector, 429, 2);
        install(&workspace).await.unwrap();
        assert_eq!(sandbox.count(Operation::CreateConnector), 3);
        assert_eq!(sandbox.connectors().len(), 2);

        for status in [408, 500, 502, 503, 504] {
            sandbox.clear_requests();
            sandbox.fail_next(Operation::CreateConnector, status, 1);
            let error = install(&workspace).await.unwrap_err();
            assert_eq!(
                (
                    error.outcome(),
                    error.attempts(),
                    error.status().map(|status| status.as_u16())
                ),
                (Some(RequestOutcome::Unknown), 1, Some(status))
            );
            assert_eq!(sandbox.count(Operation::CreateConnector), 1, "{status}");
        }
        assert_eq!(sandbox.connectors().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn create_is_not_sent_again_when_its_response_is_lost() {
    paused::run(async {
        let (sandbox, workspace) = start().await;
        let lost = Response::text(502, "text/html", "<h1>Bad Gateway</h1>");
        sandbox.rule(
            Rule::on(Operation::CreateConnector)
                .times(1)
                .respond_with(lost)
                .after_processing(),
        );
        let error = install(&workspace).await.unwrap_err();
        assert_eq!(error.outcome(), Some(RequestOutcome::Unknown));
        assert_eq!(sandbox.count(Operation::CreateConnector), 1);
        assert_eq!(sandbox.connectors().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn update_is_not_retried_when_its_outcome_is_unknown() {
    paused::run(async {
        let (sandbox, workspace) = start().await;
        let subscriptions = workspace.webhook_subscriptions();
        let new = NewSubscription::new("channel.updated", "https://hooks.example.com/bird");
        let id = subscriptions.create(new).await.unwrap().id;
        let update = SubscriptionUpdate::new().status("inactive");

        sandbox.fail_next(Operation::UpdateWebhookSubscription, 503, 1);
        let error = subscriptions.update(id, update.clone()).await.unwrap_err();
        assert_eq!(
            (error.outcome(), error.attempts()),
            (Some(RequestOutcome::Unknown), 1)
        );

        sandbox.fail_next(Operation::UpdateWebhookSubscription, 429, 1);
        let updated = subscriptions.update(id, update).await.unwrap();
        assert_eq!(updated.status, "inactive");
        assert_eq!(sandbox.count(Operation::UpdateWebhookSubscription), 3);
    })
    .await;
}

#[tokio::test]
async fn definitive_response_is_not_retried() {
    paused::run(async {
        let (sandbox, workspace) = start().await;
        let id = seeded(&sandbox);
        for status in [400, 401, 403, 404, 409, 422, 501, 505] {
            sandbox.clear_requests();
            sandbox.fail_next(Operation::GetConnector, status, 1);
            let error = workspace.connectors().get(id).await.unwrap_err();
            assert_eq!(
                (
                    error.status().map(|status| status.as_u16()),
                    error.attempts()
                ),
                (Some(status), 1)
            );
            assert_eq!(sandbox.count(Operation::GetConnector), 1, "{status}");
        }
    })
    .await;
}

#[tokio::test]
async fn retry_after_is_waited_for_or_returned_when_it_exceeds_the_timeout() {
    paused::run(async {
        let (sandbox, workspace) = start().await;
        let id = seeded(&sandbox);
        let rate_limited =
            |retry_after: &str| Response::status(429).header("retry-after", retry_after);

        sandbox.rule(
            Rule::on(Operation::GetConnector)
                .times(1)
                .respond_with(rate_limited("17")),
        );
        let start = Instant::now();
        workspace.connectors().get(id).await.unwrap();
        let elapsed = start.elapsed();
        assert!(
            elapsed >= Duration::from_secs(17) && elapsed < Duration::from_secs(18),
            "{elapsed:?}"
        );

        sandbox.rule(
            Rule::on(Operation::GetConnector)
                .times(1)
                .respond_with(rate_limited("3600")),
        );
        let start = Instant::now();
        let error = workspace.connectors().get(id).await.unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(1));
        assert_eq!(error.retry_after(), Some(Duration::from_secs(3600)));
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::RateLimited, Some(RequestOutcome::Rejected))
        );
        assert!(
            error
                .to_string()
                .contains("(retry after 3600 s, 1 attempt)"),
            "{error}"
        );
    })
    .await;
}

#[tokio::test]
async fn delete_succeeds_when_the_retry_after_a_lost_response_finds_nothing() {
    paused::run(async {
        let (sandbox, workspace) = start().await;
        let id = seeded(&sandbox);
        let connectors = workspace.connectors();
        let lost = Response::status(503);
        sandbox.rule(
            Rule::on(Operation::DeleteConnector)
                .times(1)
                .respond_with(lost)
                .after_processing(),
        );
        assert!(connectors.delete(id).await.unwrap().already_gone);
        assert_eq!(sandbox.count(Operation::DeleteConnector), 2);
        assert!(sandbox.connectors().is_empty());

        let error = connectors.delete(id).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::NotFound, 1));
        assert!(
            connectors
                .delete(id)
                .missing_ok()
                .await
                .unwrap()
                .already_gone
        );

        let id = sandbox.add_connectors(1)[0].into();
        assert!(
            !connectors
                .delete(id)
                .missing_ok()
                .await
                .unwrap()
                .already_gone
        );
    })
    .await;
}

#[tokio::test]
async fn max_attempts_of_one_sends_once() {
    paused::run(async {
        let sandbox = Sandbox::builder().connectors(1).start().await.unwrap();
        let client = Client::builder()
            .access_key(sandbox.access_key())
            .base_url(sandbox.base_url())
            .max_attempts(1)
            .build()
            .unwrap();
        sandbox.fail_next(Operation::GetConnector, 503, 1);
        let connectors = client
            .workspace(WorkspaceId::from(sandbox.workspace_id()))
            .connectors();
        let error = connectors.get(seeded(&sandbox)).await.unwrap_err();
        assert_eq!(error.attempts(), 1);
        assert_eq!(sandbox.count(Operation::GetConnector), 1);
    })
    .await;
}
