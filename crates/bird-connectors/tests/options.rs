//! Clients and workspaces that are derived with other options or another access key, and share everything else.

use std::time::Duration;

use bird_connectors::client::{CallOptions, Method, RateLimits, Workspace};
use bird_connectors::error::{Error, ErrorKind, RequestOutcome};
use bird_connectors::models::WorkspaceId;
use support::server::{Act, Server, response};
use support::{CONNECTOR, KEY, WORKSPACE, builder, client};

mod support;

async fn get(workspace: &Workspace) -> Error {
    workspace.connectors().get(CONNECTOR).await.unwrap_err()
}

#[tokio::test]
async fn options_apply_only_to_the_derived_handle() {
    let server =
        Server::responding(|_, _| response("503 Service Unavailable", "retry-after: 0\r\n", ""))
            .await;
    let builder = builder(&server.url())
        .max_attempts(2)
        .workspace_id(WORKSPACE);
    let client = builder.build().unwrap();
    let once = CallOptions::new().max_attempts(1);
    let derived = client.with_options(once).unwrap();
    // The derived client keeps the default workspace.
    assert_eq!(
        get(&derived.default_workspace().unwrap()).await.attempts(),
        1
    );
    let workspace = client.workspace(WORKSPACE);
    assert_eq!(
        get(&workspace.with_options(once).unwrap()).await.attempts(),
        1
    );
    // Options of several derivations combine.
    let later = CallOptions::new().timeout(Duration::from_secs(50));
    let both = derived.with_options(later).unwrap();
    assert_eq!(get(&both.default_workspace().unwrap()).await.attempts(), 1);
    assert_eq!(get(&workspace).await.attempts(), 2);
    assert_eq!(server.connections(), 1, "connections are shared");
    assert_eq!(derived.base_url(), server.url());
}

#[tokio::test]
async fn timeouts_of_options_replace_those_of_the_client() {
    let server = Server::responding(|_, _| Act::Stall(Vec::new())).await;
    let workspace = client(&server.url()).workspace(WORKSPACE);
    let short = Duration::from_millis(100);
    for (options, attempts) in [
        (CallOptions::new().timeout(short), 1),
        (CallOptions::new().attempt_timeout(short).max_attempts(2), 2),
    ] {
        let error = get(&workspace.with_options(options).unwrap()).await;
        assert_eq!(
            (error.kind(), error.attempts()),
            (ErrorKind::Timeout, attempts)
        );
    }
}

#[test]
fn invalid_option_is_rejected_by_name() {
    let client = client("http://127.0.0.1:1");
    let workspace = client.workspace(WORKSPACE);
    for (options, message) in [
        (
            CallOptions::new().timeout(Duration::ZERO),
            "timeout is zero",
        ),
        (
            CallOptions::new().attempt_timeout(Duration::ZERO),
            "attempt_timeout is zero",
        ),
        (CallOptions::new().max_attempts(0), "max_attempts is 0"),
    ] {
        for error in [
            client.with_options(options).unwrap_err(),
            workspace.with_options(options).unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(error.to_string().contains(message), "{error}");
        }
    }
}

#[tokio::test]
async fn concurrent_clients_with_different_keys_each_send_their_own() {
    let server = Server::responding(|_, _| response("200 OK", "", "{}")).await;
    let client = client(&server.url());
    let keys: Vec<String> = (0..20).map(|tenant| format!("key-{tenant}")).collect();
    let mut calls = Vec::new();
    for _ in 0..5 {
        for key in &keys {
            let tenant = client.with_access_key(key).unwrap();
            let path = format!("/{key}");
            calls.push(tokio::spawn(async move {
                tenant.request(Method::GET, &path).send().await.unwrap();
            }));
        }
    }
    for call in calls {
        call.await.unwrap();
    }
    // The original client keeps its key.
    client
        .request(Method::GET, &format!("/{KEY}"))
        .send()
        .await
        .unwrap();
    let requests = server.requests();
    assert_eq!(requests.len(), 5 * keys.len() + 1);
    for request in requests {
        let key = request.target.trim_start_matches('/');
        assert_eq!(
            request.header("authorization"),
            Some(format!("AccessKey {key}").as_str())
        );
    }
}

#[tokio::test]
async fn client_with_another_key_shares_connections_and_settings() {
    let server = Server::responding(|_, _| response("404 Not Found", "", "")).await;
    let client = builder(&server.url())
        .workspace_id(WORKSPACE)
        .build()
        .unwrap();
    for key in ["first", "second", "third"] {
        let tenant = client.with_access_key(key).unwrap();
        assert_eq!(
            get(&tenant.default_workspace().unwrap()).await.kind(),
            ErrorKind::NotFound
        );
        assert_eq!(tenant.base_url(), server.url());
    }
    assert_eq!((server.count(), server.connections()), (3, 1));
}

#[tokio::test]
async fn clients_with_different_keys_share_the_queue_of_a_workspace() {
    let server =
        Server::responding(|_, _| response("429 Too Many Requests", "retry-after: 3600\r\n", ""))
            .await;
    let client = builder(&server.url())
        .rate_limit(RateLimits::default())
        .max_attempts(1)
        .build()
        .unwrap();
    let other = client.with_access_key("another-key").unwrap();
    assert_eq!(get(&client.workspace(WORKSPACE)).await.attempts(), 1);
    // The pause applies to all keys of the workspace.
    let error = get(&other.workspace(WORKSPACE)).await;
    assert_eq!(
        (error.kind(), error.outcome(), error.attempts()),
        (ErrorKind::RateLimited, Some(RequestOutcome::NotSent), 0)
    );
    let error = get(&other.workspace(WorkspaceId::from_u128(7))).await;
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::RateLimited, 1)
    );
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn replaced_access_key_is_validated_and_never_shown() {
    let server =
        Server::responding(|_, request| response("400 Bad Request", "", &request.text())).await;
    let client = client(&server.url());
    let error = client.with_access_key("planted-key\n").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("(with_access_key)"), "{error}");
    assert!(!format!("{error} {error:?}").contains("planted-key"));

    let tenant = client.with_access_key("planted-key").unwrap();
    let error = get(&tenant.workspace(WORKSPACE)).await;
    assert!(server.requests()[0].text().contains("planted-key"));
    let shown = format!(
        "{error} {error:?} {:?} {:?} {tenant:?}",
        error.message(),
        error.raw()
    );
    assert!(!shown.contains("planted-key"), "{shown}");
}

#[tokio::test]
async fn short_backoff_makes_many_attempts_within_the_timeout() {
    let server = Server::responding(|_, _| response("503 Service Unavailable", "", "")).await;
    let client = builder(&server.url())
        .max_attempts(40)
        .retry_backoff(Duration::from_millis(1), Duration::from_millis(2))
        .build()
        .unwrap();
    // With the default backoff, the pauses alone would exceed the call's 60 s.
    assert_eq!(get(&client.workspace(WORKSPACE)).await.attempts(), 40);
}
