//! Clients and workspaces that are derived with other options and share everything else.

use std::time::Duration;

use bird_connectors::{CallOptions, Error, ErrorKind, Workspace};
use support::server::{Act, Server, response};
use support::{CONNECTOR, WORKSPACE, builder, client};

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
