//! Invalid input is rejected with a clear error, and nothing is sent.

mod calls;
mod configuration;
mod mistakes;
#[path = "../support/mod.rs"]
mod support;

use bird_connectors::{Client, Error, ErrorKind, RequestOutcome};
use support::server::{Server, response};
use support::{KEY, child};

#[track_caller]
pub(crate) fn assert_rejected(error: &Error, kind: ErrorKind, message: &str) {
    let text = error.to_string();
    assert_eq!(
        (error.kind(), error.outcome()),
        (kind, Some(RequestOutcome::NotSent)),
        "{text}"
    );
    assert_eq!(error.attempts(), 0);
    assert!(text.contains(message), "{text}");
    assert!(!text.contains(KEY), "{text}");
}

/// A server that accepts every request, so an error can only come from the client.
pub(crate) async fn accepting_server() -> Server {
    Server::script([response("200 OK", "", "{}")]).await
}

/// Runs in its own process for [`configuration::invalid_environment_variable_is_rejected_by_name`].
#[test]
fn child() {
    let Some(part) = child::part() else {
        return;
    };
    assert_eq!(part, "from_env");
    match Client::from_env().and_then(|client| client.default_workspace()) {
        Ok(workspace) => println!("workspace {}", workspace.id()),
        Err(error) => println!("{:?} {error}", error.kind()),
    }
}
