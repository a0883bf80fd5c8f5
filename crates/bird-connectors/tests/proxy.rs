//! Proxies that the environment names: over plain http the access key must not reach one, and over https it sees
//! nothing but the wish for a tunnel.

use bird_connectors::{Client, Kind, Outcome};
use support::faults::{connector, get};
use support::server::{Recorded, Server, answer};
use support::{KEY, child, client};
use tokio::task::block_in_place;

mod support;

/// Plays a part of one of the tests below, in a process whose environment names a proxy.
#[tokio::test]
async fn child() {
    match child::part().as_deref() {
        Some("http") => {
            let server = Server::script([connector()]).await;
            for url in [server.url(), server.url().replace("127.0.0.1", "localhost")] {
                get(&client(&url)).await.unwrap();
            }
            // It went straight there, with the key.
            assert_eq!(server.count(), 2);
            let key = format!("AccessKey {KEY}");
            assert_eq!(
                server.requests()[0].header("authorization"),
                Some(key.as_str())
            );
        }
        Some("https") => {
            let client = Client::builder().access_key(KEY).build().unwrap();
            let error = get(&client).await.unwrap_err();
            assert_eq!(
                (error.kind(), error.outcome(), error.attempts()),
                (Kind::Transport, Some(Outcome::NotSent), 3),
                "{error}"
            );
            assert!(error.to_string().contains("no connection: "), "{error}");
        }
        _ => {}
    }
}

/// What a proxy sees when the part is played with each of the variables naming it.
async fn seen(part: &str, variables: &[&str]) -> Vec<Recorded> {
    let proxy = Server::script([answer("502 Bad Gateway", "", "no tunnel here")]).await;
    for variable in variables {
        block_in_place(|| child::pass(part, &[(variable, &proxy.url())]));
    }
    // Name and password in a proxy's URL are for the proxy.
    let with_password = proxy.url().replace("://", "://me:proxy-password@");
    block_in_place(|| child::pass(part, &[(variables[0], &with_password)]));
    proxy.requests()
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_never_goes_through_a_proxy() {
    let seen = seen(
        "http",
        &["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"],
    )
    .await;
    assert!(seen.is_empty(), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn https_shows_a_proxy_nothing_but_the_host() {
    let variables = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
    let seen = seen("https", &variables).await;
    // Three attempts in each process: nothing was sent, so nothing speaks against another try.
    assert_eq!(seen.len(), 3 * (variables.len() + 1));
    for request in seen {
        assert_eq!(
            (request.method.as_str(), request.target.as_str()),
            ("CONNECT", "api.bird.com:443")
        );
        assert!(!request.text().contains("AccessKey") && !request.text().contains(KEY));
    }
}
