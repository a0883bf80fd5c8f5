//! Who may do what where.

use bird_connectors_sandbox::{AccessKey, Operation, Sandbox};
use uuid::Uuid;

use crate::client::Client;

#[tokio::test]
async fn without_a_known_key_nothing_is_answered() {
    let sandbox = Sandbox::start().await.unwrap();
    let right = format!("AccessKey {}", sandbox.access_key());
    for header in [
        None,
        Some("AccessKey wrong"),
        Some("AccessKey"),
        Some("AccessKey "),
        Some(sandbox.access_key()),
        Some("Bearer x"),
    ] {
        let seen = Client::of(&sandbox)
            .authorization(header)
            .get("/connectors")
            .await;
        assert_eq!(
            (seen.status, seen.code().as_str()),
            (401, "Unauthorized"),
            "{header:?}"
        );
    }
    let bearer = right.replace("AccessKey", "Bearer");
    assert_eq!(
        Client::of(&sandbox)
            .authorization(Some(&bearer))
            .get("/connectors")
            .await
            .status,
        401
    );
    assert_eq!(
        Client::of(&sandbox)
            .authorization(Some(&right))
            .get("/connectors")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_workspace_is_unknown_closed_or_open() {
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

    let seen = Client::of(&sandbox)
        .at("")
        .get(&format!("/workspaces/{}/connectors", Uuid::new_v4()))
        .await;
    assert_eq!(
        (seen.status, seen.code().as_str()),
        (404, "ResourceNotFound")
    );
    assert_eq!(
        Client::of(&sandbox)
            .at("")
            .get(&format!("/workspaces/{other}/connectors"))
            .await
            .status,
        200
    );

    let client = Client::with_key(&limited, "only-other");
    let seen = client
        .get(&format!(
            "/workspaces/{}/connectors",
            limited.workspace_id()
        ))
        .await;
    assert_eq!((seen.status, seen.code().as_str()), (403, "AccessDenied"));
    assert_eq!(
        client
            .get(&format!("/workspaces/{other}/connectors"))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn workspaces_do_not_see_each_other() {
    let (other, organization) = (Uuid::new_v4(), Uuid::new_v4());
    let sandbox = Sandbox::builder()
        .add_workspace(other, organization)
        .start()
        .await
        .unwrap();
    let id = Client::of(&sandbox).install("here").await;
    let there = Client::of(&sandbox).at(format!("/workspaces/{other}"));
    assert!(there.get("/connectors").await.results().is_empty());
    assert_eq!(there.get(&format!("/connectors/{id}")).await.status, 404);
    assert_eq!(there.delete(&format!("/connectors/{id}")).await.status, 404);
}

#[tokio::test]
async fn an_organization_opens_its_own_workspaces_only() {
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
    let seen = client
        .get(&path(organization, sandbox.workspace_id()))
        .await;
    assert_eq!(
        (seen.status, seen.code().as_str()),
        (404, "ResourceNotFound")
    );
}

#[tokio::test]
async fn each_operation_can_be_refused_and_allowed_again() {
    let sandbox = Sandbox::builder()
        .deny(Operation::ListChannels)
        .start()
        .await
        .unwrap();
    let client = Client::of(&sandbox);
    let id = client.install("a").await;
    let seen = client.get("/channels").await;
    assert_eq!((seen.status, seen.code().as_str()), (403, "AccessDenied"));
    assert!(
        seen.message()
            .contains("GET /workspaces/{workspaceId}/channels"),
        "{}",
        seen.message()
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
            "{operation}, whether it exists or not"
        );
        sandbox.allow(operation);
        assert_ne!(client.get(&path).await.status, 403, "{operation}");
    }
}

#[tokio::test]
async fn one_key_is_refused_and_another_is_not() {
    let key = AccessKey::new("other")
        .deny([Operation::ListConnectors, Operation::ListNumbers])
        .allow([Operation::ListNumbers]);
    let sandbox = Sandbox::builder()
        .add_access_key(key)
        .start()
        .await
        .unwrap();
    let other =
        Client::with_key(&sandbox, "other").at(format!("/workspaces/{}", sandbox.workspace_id()));
    assert_eq!(other.get("/connectors").await.status, 403);
    assert_eq!(other.get("/numbers").await.status, 200);
    assert_eq!(Client::of(&sandbox).get("/connectors").await.status, 200);
}

#[tokio::test]
async fn a_key_by_the_book_creates_connectors_it_cannot_read() {
    let sandbox = Sandbox::builder()
        .add_access_key(AccessKey::documented_permissions("book"))
        .start()
        .await
        .unwrap();
    let client =
        Client::with_key(&sandbox, "book").at(format!("/workspaces/{}", sandbox.workspace_id()));
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
            .at(organization)
            .get("/webhook-subscriptions")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn keys_that_no_header_can_carry_are_refused_at_the_start() {
    for key in ["", "a b", "a\nb", "naïve"] {
        let error = Sandbox::builder()
            .access_key(key)
            .start()
            .await
            .unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "{key:?}");
    }
    let twice = Sandbox::builder()
        .access_key("same")
        .add_access_key(AccessKey::new("same"))
        .start()
        .await
        .unwrap_err();
    assert_eq!(twice.kind(), std::io::ErrorKind::InvalidInput);
}

#[tokio::test]
async fn debug_output_holds_no_key() {
    let sandbox = Sandbox::builder()
        .access_key("very-secret")
        .add_access_key(AccessKey::new("very-secret-too"))
        .start()
        .await
        .unwrap();
    let builder = Sandbox::builder()
        .access_key("very-secret")
        .add_access_key(AccessKey::new("very-secret-too"));
    let texts = [
        format!("{sandbox:?}"),
        format!("{builder:?}"),
        format!("{:?}", AccessKey::new("very-secret")),
    ];
    for text in texts {
        assert!(!text.contains("very-secret"), "{text}");
    }
    assert_ne!(
        Sandbox::start().await.unwrap().access_key(),
        Sandbox::start().await.unwrap().access_key(),
        "random otherwise"
    );
}
