//! Authentication and permissions.

use bird_connectors_sandbox::{AccessKey, Operation, Sandbox};
use uuid::Uuid;

use crate::client::Client;

#[tokio::test]
async fn request_without_a_valid_key_answers_401() {
    let sandbox = Sandbox::start().await.unwrap();
    let valid = format!("AccessKey {}", sandbox.access_key());
    for header in [
        None,
        Some("AccessKey wrong"),
        Some("AccessKey"),
        Some("AccessKey "),
        Some(sandbox.access_key()),
        Some("Bearer x"),
    ] {
        let response = Client::new(&sandbox)
            .authorization(header)
            .get("/connectors")
            .await;
        assert_eq!(
            (response.status, response.code().as_str()),
            (401, "Unauthorized"),
            "{header:?}"
        );
    }
    let bearer = valid.replace("AccessKey", "Bearer");
    assert_eq!(
        Client::new(&sandbox)
            .authorization(Some(&bearer))
            .get("/connectors")
            .await
            .status,
        401
    );
    assert_eq!(
        Client::new(&sandbox)
            .authorization(Some(&valid))
            .get("/connectors")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn request_to_an_unknown_or_forbidden_workspace_answers_404_or_403() {
    let (other, organization) = (Uuid::new_v4(), Uuid::new_v4());
    let sandbox = Sandbox::builder()
        .add_workspace(other, organization)
        .start()
        .await
        .unwrap();
    let key = AccessKey::new("only-other").only_workspaces([other]);
    let limited = Sandbox::builder()
        .add_workspace(other, organization)
        .add_access_key(key)
        .start()
        .await
        .unwrap();

    let response = Client::new(&sandbox)
        .with_base_path("")
        .get(&format!("/workspaces/{}/connectors", Uuid::new_v4()))
        .await;
    assert_eq!(
        (response.status, response.code().as_str()),
        (404, "ResourceNotFound")
    );
    assert_eq!(
        Client::new(&sandbox)
            .with_base_path("")
            .get(&format!("/workspaces/{other}/connectors"))
            .await
            .status,
        200
    );

    let client = Client::with_key(&limited, "only-other");
    let response = client
        .get(&format!(
            "/workspaces/{}/connectors",
            limited.workspace_id()
        ))
        .await;
    assert_eq!(
        (response.status, response.code().as_str()),
        (403, "AccessDenied")
    );
    assert_eq!(
        client
            .get(&format!("/workspaces/{other}/connectors"))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn connector_of_another_workspace_is_not_visible() {
    let (other, organization) = (Uuid::new_v4(), Uuid::new_v4());
    let sandbox = Sandbox::builder()
        .add_workspace(other, organization)
        .start()
        .await
        .unwrap();
    let id = Client::new(&sandbox).install("here").await;
    let there = Client::new(&sandbox).with_base_path(format!("/workspaces/{other}"));
    assert!(there.get("/connectors").await.results().is_empty());
    assert_eq!(there.get(&format!("/connectors/{id}")).await.status, 404);
    assert_eq!(there.delete(&format!("/connectors/{id}")).await.status, 404);
}

#[tokio::test]
async fn organization_path_with_a_foreign_workspace_answers_404() {
    let (other, organization) = (Uuid::new_v4(), Uuid::new_v4());
    let sandbox = Sandbox::builder()
        .add_workspace(other, organization)
        .start()
        .await
        .unwrap();
    let client = Client::with_key(&sandbox, sandbox.access_key());
    let path = |organization: Uuid, workspace: Uuid| {
        format!("/organizations/{organization}/workspaces/{workspace}/webhook-subscriptions")
    };
    assert_eq!(client.get(&path(organization, other)).await.status, 200);
    assert_eq!(
        client
            .get(&path(sandbox.organization_id(), sandbox.workspace_id()))
            .await
            .status,
        200
    );
    let response = client
        .get(&path(organization, sandbox.workspace_id()))
        .await;
    assert_eq!(
        (response.status, response.code().as_str()),
        (404, "ResourceNotFound")
    );
}

#[tokio::test]
async fn denied_operation_answers_403_until_it_is_allowed_again() {
    let sandbox = Sandbox::builder()
        .deny(Operation::ListChannels)
        .start()
        .await
        .unwrap();
    let client = Client::new(&sandbox);
    let id = client.install("a").await;
    let response = client.get("/channels").await;
    assert_eq!(
        (response.status, response.code().as_str()),
        (403, "AccessDenied")
    );
    assert!(
        response
            .message()
            .contains("GET /workspaces/{workspaceId}/channels"),
        "{}",
        response.message()
    );
    sandbox.allow(Operation::ListChannels);
    assert_eq!(client.get("/channels").await.status, 200);

    for (operation, path) in [
        (Operation::GetConnector, format!("/connectors/{id}")),
        (
            Operation::GetConnectorStatus,
            format!("/connectors/{id}/status"),
        ),
        (Operation::GetChannel, format!("/channels/{id}")),
    ] {
        sandbox.deny(operation);
        assert_eq!(
            client.get(&path).await.status,
            403,
            "{operation} is denied whether the resource exists or not"
        );
        sandbox.allow(operation);
        assert_ne!(client.get(&path).await.status, 403, "{operation}");
    }
}

#[tokio::test]
async fn denied_operation_of_one_key_is_allowed_for_another_key() {
    let key = AccessKey::new("other")
        .deny([Operation::ListConnectors, Operation::ListNumbers])
        .allow([Operation::ListNumbers]);
    let sandbox = Sandbox::builder()
        .add_access_key(key)
        .start()
        .await
        .unwrap();
    let other = Client::with_key(&sandbox, "other")
        .with_base_path(format!("/workspaces/{}", sandbox.workspace_id()));
    assert_eq!(other.get("/connectors").await.status, 403);
    assert_eq!(other.get("/numbers").await.status, 200);
    assert_eq!(Client::new(&sandbox).get("/connectors").await.status, 200);
}

#[tokio::test]
async fn key_with_documented_permissions_cannot_read_the_connectors_it_creates() {
    let sandbox = Sandbox::builder()
        .add_access_key(AccessKey::documented_permissions("documented"))
        .start()
        .await
        .unwrap();
    let client = Client::with_key(&sandbox, "documented")
        .with_base_path(format!("/workspaces/{}", sandbox.workspace_id()));
    let id = client.install("a").await;
    assert_eq!(client.get(&format!("/connectors/{id}")).await.status, 403);
    assert_eq!(
        client.get(&format!("/connectors/{id}/status")).await.status,
        403
    );
    assert_eq!(client.get("/channels").await.status, 200);
    assert_eq!(client.get("/webhook-subscriptions").await.status, 403);
    let organization = format!(
        "/organizations/{}/workspaces/{}",
        sandbox.organization_id(),
        sandbox.workspace_id()
    );
    assert_eq!(
        client
            .with_base_path(organization)
            .get("/webhook-subscriptions")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn start_with_an_invalid_or_duplicate_key_returns_an_error() {
    for key in ["", "a b", "a\nb", "naïve"] {
        let error = Sandbox::builder()
            .access_key(key)
            .start()
            .await
            .unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "{key:?}");
    }
    let duplicate = Sandbox::builder()
        .access_key("same")
        .add_access_key(AccessKey::new("same"))
        .start()
        .await
        .unwrap_err();
    assert_eq!(duplicate.kind(), std::io::ErrorKind::InvalidInput);
}

#[tokio::test]
async fn debug_output_contains_no_access_key() {
    let sandbox = Sandbox::builder()
        .access_key("very-secret")
        .add_access_key(AccessKey::new("very-secret-too"))
        .start()
        .await
        .unwrap();
    let builder = Sandbox::builder()
        .access_key("very-secret")
        .add_access_key(AccessKey::new("very-secret-too"));
    let outputs = [
        format!("{sandbox:?}"),
        format!("{builder:?}"),
        format!("{:?}", AccessKey::new("very-secret")),
    ];
    for output in outputs {
        assert!(!output.contains("very-secret"), "{output}");
    }
    assert_ne!(
        Sandbox::start().await.unwrap().access_key(),
        Sandbox::start().await.unwrap().access_key(),
        "the default key is random"
    );
}
