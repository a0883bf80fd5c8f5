//! One client on several tokio runtimes, and on runtimes that cannot send requests.

use std::future::Future;
use std::time::Duration;

use bird_connectors::wait::WaitError;
use bird_connectors::{Client, Error, ErrorKind, RequestOutcome};
use support::faults::{connector, get, send};
use support::server::Server;
use support::{CONNECTOR, WORKSPACE, builder, client};
use tokio::runtime::{Builder, Runtime};

mod support;

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// A server that runs on its own runtime, which has to be kept.
fn server() -> (Server, Runtime) {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let server = runtime.block_on(Server::script([connector()]));
    (server, runtime)
}

#[test]
fn client_on_two_runtimes_does_not_reuse_the_connection_of_an_idle_one() {
    let (server, _server_runtime) = server();
    // Long enough for a slow machine, and shorter than the test would take over a connection that is not driven.
    let client = builder(&server.url())
        .attempt_timeout(Duration::from_secs(20))
        .max_attempts(1)
        .build()
        .unwrap();
    let (first, second) = (current_thread(), current_thread());
    first.block_on(get(&client)).unwrap();
    // From here on, nothing drives the first runtime.
    second.block_on(get(&client)).unwrap();
    second.block_on(send(&client)).unwrap();
    assert_eq!(server.connections(), 2);

    // A runtime keeps its own connection, in derived clients and workspaces too.
    let derived = client.with_access_key(support::KEY).unwrap();
    first.block_on(get(&derived)).unwrap();
    second.block_on(get(&derived)).unwrap();
    assert_eq!(server.connections(), 2);
    assert_eq!(server.count(), 5);
}

#[test]
fn client_works_after_the_runtime_of_its_connections_is_dropped() {
    let (server, _server_runtime) = server();
    let client = client(&server.url());
    for requests in 1..=5 {
        current_thread().block_on(send(&client)).unwrap();
        assert_eq!(server.count(), requests);
    }
}

/// What a call, a wait, a bulk wait and a bulk install return.
async fn errors(client: &Client) -> Vec<Error> {
    let connectors = client.workspace(WORKSPACE).connectors();
    let invalid = |error| match error {
        WaitError::Invalid(error) => error,
        error => panic!("{error}"),
    };
    let template = bird_connectors::templates::Telegram::new("Bot");
    let mut errors = vec![
        get(client).await.unwrap_err(),
        send(client).await.unwrap_err(),
        connectors.install(template.clone()).await.unwrap_err(),
        connectors.ensure(template.clone()).await.unwrap_err(),
        invalid(
            connectors
                .follow(CONNECTOR)
                .until_ready()
                .await
                .unwrap_err(),
        ),
    ];
    for wait in connectors.wait_all([CONNECTOR]).await {
        errors.push(invalid(wait.result.unwrap_err()));
    }
    for install in connectors.install_all([template]).until_ready().await {
        errors.push(install.result.unwrap_err());
    }
    errors
}

#[track_caller]
fn are_configuration_errors(errors: Vec<Error>, why: &str) {
    assert_eq!(errors.len(), 7);
    for error in errors {
        assert_eq!(
            (error.kind(), error.outcome(), error.attempts()),
            (ErrorKind::Configuration, Some(RequestOutcome::NotSent), 0),
            "{error}"
        );
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[test]
fn runtime_without_timers_or_io_is_a_configuration_error_and_nothing_is_sent() {
    let (server, _server_runtime) = server();
    let client = client(&server.url());
    for (runtime, why) in [
        (
            Builder::new_current_thread().enable_io().build(),
            "no timers",
        ),
        (
            Builder::new_current_thread().enable_time().build(),
            "no I/O",
        ),
        (Builder::new_current_thread().build(), "no timers"),
    ] {
        are_configuration_errors(runtime.unwrap().block_on(errors(&client)), why);
    }
    assert_eq!(server.connections(), 0);
    // The client itself is not affected.
    current_thread().block_on(get(&client)).unwrap();
}

#[test]
fn call_without_a_runtime_is_a_configuration_error() {
    let (server, _server_runtime) = server();
    let client = client(&server.url());
    fn block_on<T>(future: impl Future<Output = T>) -> T {
        let mut future = std::pin::pin!(future);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        loop {
            if let std::task::Poll::Ready(result) = future.as_mut().poll(&mut context) {
                return result;
            }
        }
    }
    are_configuration_errors(block_on(errors(&client)), "need a tokio runtime");
    assert_eq!(server.connections(), 0);
}
