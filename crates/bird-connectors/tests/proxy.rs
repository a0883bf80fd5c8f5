//! Proxies, from the environment and from the builder: the access key never reaches one over plain http, and over https a proxy only receives
//! the request for a tunnel.

use std::time::Duration;

use bird_connectors::{Client, ErrorKind, RequestOutcome};
use support::faults::{connector, get};
use support::server::{Act, Recorded, Server, response};
use support::{KEY, child, client};
use tokio::task::block_in_place;

mod support;

/// Runs a part of one of the tests below in a process whose environment names a proxy.
#[tokio::test]
async fn child() {
    match child::part().as_deref() {
        Some("http") => {
            let server = Server::script([connector()]).await;
            for url in [server.url(), server.url().replace("127.0.0.1", "localhost")] {
                get(&client(&url)).await.unwrap();
            }
            // The client connected directly and sent the key.
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
                (ErrorKind::Transport, Some(RequestOutcome::NotSent), 3),
                "{error}"
            );
            assert!(error.to_string().contains("connection failed: "), "{error}");
        }
        Some("explicit") => {
            // The environment names an unreachable proxy, and excludes every host.
            let proxy = Server::script([response("502 Bad Gateway", "", "no tunnel here")]).await;
            let url = proxy.url().replace("://", "://me:proxy%20password@");
            let builder = Client::builder()
                .access_key(KEY)
                .proxy(&url)
                .max_attempts(1);
            let client = builder.clone().build().unwrap();
            let error = get(&client).await.unwrap_err();
            assert_eq!(
                (error.kind(), error.outcome()),
                (ErrorKind::Transport, Some(RequestOutcome::NotSent)),
                "{error}"
            );
            let requests = proxy.requests();
            assert_eq!(requests.len(), 1);
            assert_eq!(
                (requests[0].method.as_str(), requests[0].target.as_str()),
                ("CONNECT", "api.bird.com:443")
            );
            // me:proxy password
            let credentials = "Basic bWU6cHJveHkgcGFzc3dvcmQ=";
            assert_eq!(requests[0].header("proxy-authorization"), Some(credentials));
            assert!(!requests[0].text().contains(KEY));
            let shown = format!("{error} {error:?} {client:?} {builder:?}");
            assert!(!shown.contains("password"), "{shown}");

            // Plain http connects directly.
            let server = Server::script([connector()]).await;
            let client = builder.base_url(server.url()).build().unwrap();
            get(&client).await.unwrap();
            assert_eq!((server.count(), proxy.count()), (1, 1));
        }
        Some("direct") => {
            // Nothing listens on this port.
            let client = Client::builder()
                .access_key(KEY)
                .base_url("https://127.0.0.1:1")
                .no_proxy()
                .build()
                .unwrap();
            let error = get(&client).await.unwrap_err();
            assert_eq!(
                (error.kind(), error.outcome()),
                (ErrorKind::Transport, Some(RequestOutcome::NotSent)),
                "{error}"
            );
        }
        Some("excluded") => {
            // Nothing listens on this port, so the error shows that the client did not reach the proxy.
            let client = Client::builder()
                .access_key(KEY)
                .base_url("https://127.0.0.1:1")
                .max_attempts(1)
                .build()
                .unwrap();
            let error = get(&client).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
        }
        Some("failing") => {
            let client = Client::builder()
                .access_key(KEY)
                .connect_timeout(Duration::from_secs(60))
                .retry_backoff(Duration::from_millis(1), Duration::from_millis(1))
                .build()
                .unwrap();
            println!("{}", get(&client).await.unwrap_err());
        }
        Some("unused") => drop(Client::builder().access_key(KEY).build().unwrap()),
        Some("malformed") => {
            let error = Client::builder().access_key(KEY).build().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            println!("{error}");
            // Plain http uses no proxy, so it does not need the variables.
            client("http://127.0.0.1:1");
        }
        _ => {}
    }
}

/// The requests that a proxy receives when a part runs with each of these variables set to the proxy.
async fn received(part: &str, variables: &[&str]) -> Vec<Recorded> {
    let proxy = Server::script([response("502 Bad Gateway", "", "no tunnel here")]).await;
    for variable in variables {
        block_in_place(|| child::pass(part, &[(variable, &proxy.url())]));
    }
    // The user name and the password in a proxy's URL are meant for the proxy.
    let with_password = proxy.url().replace("://", "://me:proxy-password@");
    block_in_place(|| child::pass(part, &[(variables[0], &with_password)]));
    proxy.requests()
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_bypasses_the_proxy() {
    let received = received(
        "http",
        &["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"],
    )
    .await;
    assert!(received.is_empty(), "{received:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn https_shows_the_proxy_only_the_host() {
    let variables = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
    let received = received("https", &variables).await;
    // Three attempts in each process: nothing was sent, so the client retries.
    assert_eq!(received.len(), 3 * (variables.len() + 1));
    for request in received {
        assert_eq!(
            (request.method.as_str(), request.target.as_str()),
            ("CONNECT", "api.bird.com:443")
        );
        assert!(!request.text().contains("AccessKey") && !request.text().contains(KEY));
    }
}

#[test]
fn proxy_of_the_builder_replaces_the_environment() {
    child::pass(
        "explicit",
        &[("HTTPS_PROXY", "http://127.0.0.1:1"), ("NO_PROXY", "*")],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn client_without_proxy_ignores_the_environment() {
    let received = received("direct", &["HTTPS_PROXY", "ALL_PROXY"]).await;
    assert!(received.is_empty(), "{received:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn host_that_no_proxy_excludes_is_connected_to_directly() {
    let proxy = Server::script([response("502 Bad Gateway", "", "no tunnel here")]).await;
    let url = proxy.url();
    for (excluded, requests) in [
        ("*", 0),
        ("127.0.0.1", 0),
        ("127.0.0.0/8", 0),
        ("a.example\n127.0.0.1:1", 0),
        ("127.0.0.1:2", 1),
        (".example.com", 1),
    ] {
        let before = proxy.requests().len();
        let variables = [("HTTPS_PROXY", url.as_str()), ("NO_PROXY", excluded)];
        block_in_place(|| child::pass("excluded", &variables));
        assert_eq!(proxy.requests().len() - before, requests, "{excluded:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lower_case_variable_precedes_and_an_empty_one_counts_as_unset() {
    let proxy = Server::script([response("502 Bad Gateway", "", "no tunnel here")]).await;
    let url = proxy.url();
    for variables in [
        [
            ("https_proxy", url.as_str()),
            ("HTTPS_PROXY", "http://127.0.0.1:1"),
        ],
        [("https_proxy", ""), ("HTTPS_PROXY", &url)],
        [("HTTPS_PROXY", " "), ("ALL_PROXY", &url)],
        // A CGI server sets this one, and a header of a request cannot set HTTPS_PROXY.
        [("REQUEST_METHOD", "GET"), ("HTTPS_PROXY", &url)],
    ] {
        let before = proxy.requests().len();
        block_in_place(|| child::pass("https", &variables));
        assert_eq!(proxy.requests().len() - before, 3, "{variables:?}");
    }
}

#[test]
fn malformed_variable_is_rejected_by_name_for_https_only() {
    for variables in [
        [
            ("HTTPS_PROXY", "socks5://me:planted@proxy:1080"),
            ("NO_PROXY", ""),
        ],
        [("all_proxy", "http://planted:port"), ("NO_PROXY", "")],
        [
            ("NO_PROXY", "http://planted"),
            ("HTTPS_PROXY", "http://proxy"),
        ],
    ] {
        let output = child::run("malformed", &variables);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}");
        let named = format!("invalid environment variable {}", variables[0].0);
        assert!(text.contains(&named) && !text.contains("planted"), "{text}");
    }
}

/// The error of a call through this proxy, which this variable names.
#[track_caller]
fn failure(variable: &str, url: &str) -> String {
    let output = child::run("failing", &[(variable, url)]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let error = text.lines().find(|line| line.contains("[errors#"));
    error.unwrap_or_else(|| panic!("{text}")).to_owned()
}

// `docs/how-to/network.md` explains these messages.

#[test]
fn unreachable_proxy_is_named_with_its_source() {
    // Nothing listens on this port.
    let address = "127.0.0.1:1";
    for variable in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        let error = failure(variable, &format!("http://me:planted@{address}"));
        assert!(
            error.contains(&format!(
                "connection failed: cannot connect to the proxy {address} (from the environment variable {variable}): "
            )) && error.contains(&format!(
                "; correct or unset {variable}, or add the host of the API to NO_PROXY (not sent, 3 attempts)"
            )),
            "{error}"
        );
        assert!(
            !error.contains("planted") && !error.contains("tunnel error"),
            "{error}"
        );
    }
    let unresolved = failure("https_proxy", "proxy.invalid:3128");
    assert!(
        unresolved.contains("cannot connect to the proxy proxy.invalid:3128 (from the environment variable https_proxy): ")
            && unresolved.contains("; correct or unset https_proxy"),
        "{unresolved}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn proxy_that_requires_credentials_is_named_and_not_asked_again() {
    let proxy = Server::script([response(
        "407 Proxy Authentication Required",
        "proxy-authenticate: Basic\r\n",
        "",
    )])
    .await;
    let address = proxy.url().replace("http://", "");
    let without = block_in_place(|| failure("HTTPS_PROXY", &address));
    let named = format!(
        "connection failed: the proxy {address} (from the environment variable HTTPS_PROXY) "
    );
    assert!(
        without.contains(&named)
            && without.contains(
                "requires a user name and a password (407): add them to its URL, as in http://user:password@"
            )
            && without.contains("1 attempt"),
        "{without}"
    );
    let with = block_in_place(|| failure("HTTPS_PROXY", &format!("me:planted@{address}")));
    assert!(
        with.contains(&named)
            && with
                .contains("rejects the user name and the password in its URL (407): correct them"),
        "{with}"
    );
    assert!(!with.contains("planted"), "{with}");
    assert_eq!(proxy.count(), 2);
}

#[tokio::test]
async fn every_failure_of_a_connection_names_the_proxy() {
    let forbidden = response("403 Forbidden", "", "");
    for (act, reason) in [
        (
            forbidden,
            "did not open a tunnel to the API: tunnel error: unsuccessful; ",
        ),
        (
            Act::Close(Vec::new()),
            "did not open a tunnel to the API: tunnel error: unexpected end of file; ",
        ),
        (
            Act::Close(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
            "; the connection goes through the proxy ",
        ),
        (
            Act::Stall(Vec::new()),
            "connection timed out; the connection goes through the proxy ",
        ),
        (
            Act::Stall(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
            "connection timed out; the connection goes through",
        ),
    ] {
        let proxy = Server::script([act.clone()]).await;
        let address = proxy.url().replace("http://", "");
        let client = Client::builder()
            .access_key(KEY)
            .proxy(&address)
            .connect_timeout(Duration::from_millis(300))
            .max_attempts(1)
            .build()
            .unwrap();
        let error = get(&client).await.unwrap_err();
        assert_eq!(error.outcome(), Some(RequestOutcome::NotSent), "{error}");
        let text = error.to_string();
        let named = format!("the proxy {address} (from the setting `proxy`)");
        assert!(
            text.contains(&named)
                && text.contains(reason)
                && text.contains("correct `proxy`, or connect directly with `no_proxy`"),
            "{act:?}: {text}"
        );
    }
    // The attempt ends before the connection times out.
    let proxy = Server::script([Act::Stall(Vec::new())]).await;
    let client = Client::builder()
        .access_key(KEY)
        .proxy(proxy.url())
        .attempt_timeout(Duration::from_millis(300))
        .max_attempts(1)
        .build()
        .unwrap();
    let text = get(&client).await.unwrap_err().to_string();
    assert!(
        text.contains("; the connection goes through the proxy 127.0.0.1:"),
        "{text}"
    );
}

#[test]
fn malformed_variable_is_not_used_if_the_server_is_excluded() {
    child::pass(
        "unused",
        &[("https_proxy", "socks5://proxy"), ("no_proxy", "*")],
    );
}
