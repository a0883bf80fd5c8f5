//! Secrets are planted in every place that has one, every operation is made to succeed and to fail against servers that
//! repeat whatever they are told, and everything that could end up in a log is searched.

use std::error::Error as _;
use std::fmt::Debug;

use bird_connectors::models::CreateConnector;
use bird_connectors::templates::{Custom, Template, WhatsApp};
use bird_connectors::{Client, Error, Kind, NewSubscription, SubscriptionUpdate};
use bird_connectors_api::OPERATIONS;
use futures_util::StreamExt as _;
use http::Method;
use httpmock::MockServer;
use serde_json::{Value, json};
use support::operations::{self, SECRETS};
use support::server::{Act, Recorded, Server, json, response};
use support::{CHANNEL, CONNECTOR, KEY, NUMBER, SUBSCRIPTION, WORKSPACE, client};

mod support;

#[track_caller]
fn silent(what: &str, text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{what} shows {secret}:\n{text}");
    }
}

/// Everything that an error can tell.
fn told(error: &Error) -> String {
    let mut text = format!(
        "{error}\n{error:?}\n{error:#?}\n{:?} {:?} {:?} {:?} {:?} {:?}",
        error.message(),
        error.code(),
        error.details(),
        error.request_id(),
        error.raw(),
        error.action(),
    );
    let mut source = error.source();
    while let Some(cause) = source {
        text += &format!("\n{cause}\n{cause:?}");
        source = cause.source();
    }
    text
}

/// What a request holds, as JSON where it has a body, and with the secret in its head.
fn echo(request: &Recorded) -> Value {
    let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
    json!({"head": request.text(), "body": body, "signingKey": SECRETS[3]})
}

type Answer = fn(&Recorded) -> Act;

/// Servers that repeat what they were told, in answers of every sort.
const PARROTS: [(&str, Answer); 12] = [
    ("a refusal", |request| {
        let echo = echo(request);
        let text = request.text();
        response(
            "422 Unprocessable Entity",
            &format!(
                "x-request-id: {}\r\ncontent-type: application/json\r\n",
                request.header("authorization").unwrap()
            ),
            &json!({"code": text, "message": text, "details": {text.as_str(): echo}}).to_string(),
        )
    }),
    ("a refusal in another form", |request| {
        json("400 Bad Request", echo(request))
    }),
    ("a refusal with its words in a list", |request| {
        json("400 Bad Request", json!([request.text()]))
    }),
    ("a refusal as text", |request| {
        response("409 Conflict", "", &request.text())
    }),
    ("a page of a proxy", |request| {
        response(
            "502 Bad Gateway",
            "content-type: text/html\r\n",
            &format!("<pre>{}</pre>", request.text()),
        )
    }),
    ("a content type", |request| {
        let kind = request.header("authorization").unwrap();
        response("403 Forbidden", &format!("content-type: {kind}\r\n"), "no")
    }),
    ("a redirect", |request| {
        let key = request.header("authorization").unwrap();
        response(
            "302 Found",
            &format!("location: http://127.0.0.1:1/{key}\r\n"),
            &request.text(),
        )
    }),
    ("a success that is no JSON", |request| {
        response("200 OK", "", &request.text())
    }),
    ("a success that is a text", |request| {
        json("200 OK", json!(request.text()))
    }),
    ("a success of another form", |request| {
        json(
            "200 OK",
            json!({"id": request.text(), "channel": request.text(), "echo": echo(request)}),
        )
    }),
    ("a page of broken items", |request| {
        let text = request.text();
        let items = json!([
            {"id": text, "attemptCount": text}, text, [text],
            {"id": 7, "attemptCount": [text], "signingKey": SECRETS[3]},
        ]);
        json("200 OK", json!({"channel": text, "results": items}))
    }),
    ("an answer that ends too soon", |request| {
        Act::Close(
            format!(
                "HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n{}",
                request.text()
            )
            .into(),
        )
    }),
];

fn single_attempts(server: &Server) -> Client {
    support::builder(&server.url())
        .max_attempts(1)
        .build()
        .unwrap()
}

#[tokio::test]
async fn no_failure_shows_a_secret() {
    for (name, act) in PARROTS {
        let server = Server::responding(move |_, request| act(request)).await;
        let client = single_attempts(&server);
        let mut missing: Vec<&str> = OPERATIONS.iter().map(|operation| operation.id).collect();
        for operation in operations::all() {
            let what = format!("{name} to {}: {}", operation.id, operation.note);
            match (operation.call)(client.clone()).await {
                // The details of a delivery are a free object, handed on as it is.
                Ok(_) if operation.id.ends_with("LogDetails") => {}
                // A delete takes any success, and a list sets aside what it cannot read.
                Ok(text) => silent(&what, &text),
                Err(error) => silent(&what, &told(&error)),
            }
            missing.retain(|id| *id != operation.id);
        }
        assert!(missing.is_empty(), "{missing:?}");
        let everything: String = server.requests().iter().map(Recorded::text).collect();
        for secret in SECRETS {
            assert!(everything.contains(secret), "{secret} was not planted");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_success_shows_a_secret() {
    for operation in operations::all() {
        let mock = MockServer::start_async().await;
        tokio::task::block_in_place(|| (operation.mock)(&mock));
        let text = (operation.call)(client(&mock.base_url())).await.unwrap();
        silent(operation.id, &text);
    }
    // The one secret that replies have is there for who asks, and nowhere else.
    let subscription = json!({
        "id": SUBSCRIPTION, "organizationId": NUMBER, "workspaceId": WORKSPACE, "service": "channels",
        "event": "channel.updated", "url": "https://hooks.example.com/", "status": "active", "signingKey": SECRETS[3],
    });
    let server = Server::script([json("200 OK", &subscription)]).await;
    let subscriptions = client(&server.url())
        .workspace(WORKSPACE)
        .unwrap()
        .webhook_subscriptions();
    let read = subscriptions.get(SUBSCRIPTION).await.unwrap();
    assert_eq!(read.signing_key.as_ref().unwrap().expose(), SECRETS[3]);
    silent(
        "a subscription",
        &format!("{read:?} {}", serde_json::to_string(&read).unwrap()),
    );

    let page = json!({"results": [subscription, {"id": SUBSCRIPTION, "signingKey": SECRETS[3]}]});
    let server = Server::script([json("200 OK", page)]).await;
    let subscriptions = client(&server.url())
        .workspace(WORKSPACE)
        .unwrap()
        .webhook_subscriptions();
    let page = subscriptions.list().first_page().await.unwrap();
    assert_eq!((page.items.len(), page.undecodable.len()), (1, 1));
    silent("a page", &format!("{page:?} {}", page.undecodable[0].raw));
    let mut items = subscriptions.list().items();
    while let Some(item) = items.next().await {
        match item {
            Ok(subscription) => silent("an item", &format!("{subscription:?}")),
            Err(error) => silent("a broken item", &told(&error)),
        }
    }
}

#[tokio::test]
async fn serde_quoting_a_value_shows_no_secret() {
    // What is quoted is escaped, and the escapes must not help either.
    let token = "planted\"access\\token\n\u{1f600}";
    for body in [
        json!({"id": token, "name": "a", "createdAt": "2026-01-01T00:00:00Z"}),
        json!({"id": CONNECTOR, "name": "a", "createdAt": token}),
        json!({"id": CONNECTOR, "name": [token], "createdAt": 1}),
        json!(token),
    ] {
        let server = Server::script([json("201 Created", &body)]).await;
        let connectors = client(&server.url())
            .workspace(WORKSPACE)
            .unwrap()
            .connectors();
        let template = Custom::new("a:1", "a").security_argument("oauth", "accessToken", token);
        let error = connectors.install(template).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Decode);
        let text = told(&error);
        for shape in [
            token.to_owned(),
            format!("{token:?}"),
            json!(token).to_string(),
        ] {
            assert!(!text.contains(shape.trim_matches('"')), "{text}");
        }
        assert!(!text.contains("access\\\\token"), "{text}");
    }
}

#[tokio::test]
async fn nothing_that_can_be_printed_shows_a_secret() {
    fn print(value: impl Debug) -> String {
        format!("{value:?} {value:#?}")
    }
    let server = Server::script([json("200 OK", json!({}))]).await;
    let builder = support::builder(&server.url());
    silent("the builder", &print(&builder));
    let client = builder.build().unwrap();
    let workspace = client.workspace(WORKSPACE).unwrap();
    let organization = client.organization(NUMBER);
    silent("the client", &print((&client, &workspace, &organization)));
    let (connectors, channels) = (workspace.connectors(), workspace.channels());
    let (subscriptions, numbers) = (workspace.webhook_subscriptions(), workspace.numbers());
    silent(
        "resources",
        &print((&connectors, &channels, &subscriptions, &numbers)),
    );

    let whatsapp = || {
        let template = WhatsApp::new("a")
            .waba_id("1")
            .phone_id("2")
            .phone_number("+31612345678");
        template
            .access_token(SECRETS[1])
            .invitation_token(SECRETS[2])
    };
    let custom = Custom::new("a:1", "a").security_argument("a", "b", SECRETS[1]);
    silent("templates", &print((whatsapp(), &custom)));
    silent(
        "a checked template",
        &print(Template::try_from(whatsapp()).unwrap()),
    );
    let mut body = CreateConnector::new("a");
    body.invitation_token = Some(SECRETS[2].into());
    silent("a request body", &print(&body));
    silent(
        "a subscription to create",
        &print(NewSubscription::new("a", "b").signing_key(SECRETS[3])),
    );
    silent(
        "a change of one",
        &print(SubscriptionUpdate::new().signing_key(SECRETS[3])),
    );

    let list = subscriptions.list();
    silent("a list", &print(&list));
    silent("its streams", &print((list.clone().items(), list.pages())));
    silent("a delete", &print(connectors.delete(CONNECTOR)));
    let install = connectors.follow(CONNECTOR);
    silent(
        "an install",
        &print((&install, install.token(), install.until_ready())),
    );

    let request = client
        .request(Method::POST, &format!("/a?key={}", SECRETS[1]))
        .query("token", SECRETS[2])
        .json(&json!({"signingKey": SECRETS[3]}));
    let text = print(&request);
    silent("a request beyond the contract", &text);
    assert!(text.contains("POST /a"), "{text}");
    silent("its reply", &print(request.send().await.unwrap()));
}

#[tokio::test]
async fn beyond_the_contract_the_key_stays_hidden_too() {
    for (name, act) in PARROTS {
        let server = Server::responding(move |_, request| act(request)).await;
        let client = single_attempts(&server);
        let request = client
            .request(Method::POST, "/a")
            .json(&json!({"to": CHANNEL}));
        let text = match request.send().await {
            Ok(reply) => reply
                .json::<Vec<u8>>()
                .map_err(|error| told(&error))
                .unwrap_err(),
            Err(error) => told(&error),
        };
        assert!(!text.contains(KEY), "{name}: {text}");
    }
}
