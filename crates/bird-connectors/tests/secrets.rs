//! No output of the SDK contains a secret. Every operation carries planted secrets and succeeds or fails against servers that
//! repeat the whole request; the tests search everything that a program could log.

use std::error::Error as _;
use std::fmt::Debug;

use bird_connectors::models::CreateConnector;
use bird_connectors::resources::{NewSubscription, SubscriptionUpdate};
use bird_connectors::templates::{Custom, Template, WhatsApp, WhatsAppAccount};
use bird_connectors::webhook::Event;
use bird_connectors::{Client, Error, ErrorKind};
use bird_connectors_catalogue::{
    ACCESS_TOKEN, INVITATION_TOKEN, Ids, SECRETS, SIGNING_KEY, entries,
};
use http::Method;
use httpmock::MockServer;
use serde_json::{Value, json};
use support::server::{Act, Recorded, Server, json, response};
use support::{CHANNEL, CONNECTOR, KEY, ORGANIZATION, SUBSCRIPTION, WORKSPACE, client};

mod support;

#[track_caller]
fn assert_no_secret(context: &str, printed: &str) {
    for secret in SECRETS {
        assert!(
            !printed.contains(secret),
            "{context} shows {secret}:\n{printed}"
        );
    }
}

/// Every string that an error exposes.
fn exposed_by(error: &Error) -> String {
    let mut exposed = format!(
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
        exposed += &format!("\n{cause}\n{cause:?}");
        source = cause.source();
    }
    exposed
}

/// The head and the body of a request as one JSON object, with a signing key that the SDK must redact.
fn echo(request: &Recorded) -> Value {
    let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
    json!({"head": request.text(), "body": body, "signingKey": SIGNING_KEY})
}

type EchoServer = fn(&Recorded) -> Act;

/// Servers that repeat the request in responses of every kind.
const ECHO_SERVERS: [(&str, EchoServer); 12] = [
    ("an error", |request| {
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
    ("an error in an unknown format", |request| {
        json("400 Bad Request", echo(request))
    }),
    ("an error as a list", |request| {
        json("400 Bad Request", json!([request.text()]))
    }),
    ("an error without JSON", |request| {
        response("409 Conflict", "", &request.text())
    }),
    ("an error page of a proxy", |request| {
        response(
            "502 Bad Gateway",
            "content-type: text/html\r\n",
            &format!("<pre>{}</pre>", request.text()),
        )
    }),
    ("an unusual content type", |request| {
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
    ("a success without JSON", |request| {
        response("200 OK", "", &request.text())
    }),
    ("a success with a JSON string", |request| {
        json("200 OK", json!(request.text()))
    }),
    ("a success with wrong types", |request| {
        json(
            "200 OK",
            json!({"id": request.text(), "channel": request.text(), "echo": echo(request)}),
        )
    }),
    ("a page of undecodable items", |request| {
        let text = request.text();
        let items = json!([
            {"id": text, "attemptCount": text}, text, [text],
            {"id": 7, "attemptCount": [text], "signingKey": SIGNING_KEY},
        ]);
        json("200 OK", json!({"channel": text, "results": items}))
    }),
    ("a truncated response", |request| {
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
async fn failed_call_shows_no_secret() {
    for (name, act) in ECHO_SERVERS {
        let server = Server::responding(move |_, request| act(request)).await;
        let client = single_attempts(&server);
        for entry in entries() {
            let id = entry.operation.id();
            for call in &entry.calls {
                let context = format!("{name} to {id}: {}", call.note);
                match (call.send)(client.clone(), Ids::default()).await {
                    // The details of a delivery are a free-form object, which the SDK returns unchanged.
                    Ok(_) if id.ends_with("LogDetails") => {}
                    // A delete accepts any success, a list skips items that it cannot decode, and an object without an id
                    // is read whatever its fields are. Its JSON is what the server sent, so only `Debug` is checked.
                    Ok(returned) => {
                        let json = returned.value.to_string();
                        let debug = returned.printed.strip_suffix(&json).unwrap();
                        assert_no_secret(&context, debug);
                    }
                    Err(error) => assert_no_secret(&context, &exposed_by(&error)),
                }
            }
        }
        let requests: String = server.requests().iter().map(Recorded::text).collect();
        for secret in SECRETS {
            assert!(requests.contains(secret), "{secret} was not planted");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn successful_call_shows_no_secret() {
    let ids = Ids::default();
    for entry in entries() {
        for call in &entry.calls {
            let mock = MockServer::start_async().await;
            tokio::task::block_in_place(|| (call.mock)(&mock, &ids));
            let returned = (call.send)(client(&mock.base_url()), ids.clone()).await;
            let context = format!("{}: {}", entry.operation.id(), call.note);
            assert_no_secret(&context, &returned.unwrap().printed);
        }
    }
    // The signing key of a response is available through its accessor only.
    let subscription = json!({
        "id": SUBSCRIPTION, "organizationId": ORGANIZATION, "workspaceId": WORKSPACE, "service": "channels",
        "event": "channel.updated", "url": "https://hooks.example.com/", "status": "active", "signingKey": SIGNING_KEY,
    });
    let server = Server::script([json("200 OK", &subscription)]).await;
    let subscriptions = client(&server.url())
        .workspace(WORKSPACE)
        .webhook_subscriptions();
    let read = subscriptions.get(SUBSCRIPTION).await.unwrap();
    assert_eq!(read.signing_key.as_ref().unwrap().expose(), SIGNING_KEY);
    assert_no_secret(
        "a subscription",
        &format!("{read:?} {}", serde_json::to_string(&read).unwrap()),
    );

    let page = json!({"results": [
        subscription,
        {"id": SUBSCRIPTION, "signingKey": [SIGNING_KEY], "name": {"signingKey": SIGNING_KEY}},
        {"id": 7, "signingKey": SIGNING_KEY},
    ]});
    let server = Server::script([json("200 OK", page)]).await;
    let subscriptions = client(&server.url())
        .workspace(WORKSPACE)
        .webhook_subscriptions();
    let page = subscriptions.list().first_page().await.unwrap();
    assert_eq!((page.items.len(), page.undecodable.len()), (2, 1));
    let unexpected = &page.items[1];
    let kept: Vec<_> = unexpected.undecoded().collect();
    assert_no_secret(
        "an unexpected form",
        &format!("{kept:?} {}", serde_json::to_string(unexpected).unwrap()),
    );
    assert_no_secret("a page", &format!("{page:?} {}", page.undecodable[0].raw));
    let mut items = subscriptions.list().items();
    while let Some(item) = items.next().await {
        match item {
            Ok(subscription) => assert_no_secret("an item", &format!("{subscription:?}")),
            Err(error) => assert_no_secret("an undecodable item", &exposed_by(&error)),
        }
    }
}

#[tokio::test]
async fn response_that_repeats_a_secret_in_an_unexpected_place_shows_no_secret() {
    // A quoted value is escaped, so the SDK must also remove the escaped form.
    let token = "planted\"access\\token\n\u{1f600}";
    // The number of undecoded fields of a response that is read.
    for (body, readable) in [
        (
            json!({"id": token, "name": "a", "createdAt": "2026-01-01T00:00:00Z"}),
            0,
        ),
        (json!({"id": CONNECTOR, "name": "a", "createdAt": token}), 1),
        (json!({"id": CONNECTOR, "name": [token], "createdAt": 1}), 2),
        (json!(token), 0),
    ] {
        let server = Server::script([json("201 Created", &body)]).await;
        let connectors = client(&server.url()).workspace(WORKSPACE).connectors();
        let template = Custom::new("a:1", "a").security_argument("oauth", "accessToken", token);
        let exposed = match connectors.install(template).await {
            Ok(install) => {
                let connector = install.connector().unwrap();
                assert_eq!(connector.undecoded().count(), readable);
                format!("{install:?} {install:#?}")
            }
            Err(error) => {
                assert_eq!((error.kind(), readable), (ErrorKind::Decode, 0));
                exposed_by(&error)
            }
        };
        for form in [
            token.to_owned(),
            format!("{token:?}"),
            json!(token).to_string(),
        ] {
            assert!(!exposed.contains(form.trim_matches('"')), "{exposed}");
        }
        assert!(!exposed.contains("access\\\\token"), "{exposed}");
    }
}

/// The API documents no arguments of some templates, so an account can need a secret among them.
#[tokio::test]
async fn response_that_repeats_an_argument_whose_name_suggests_a_secret_does_not_show_it() {
    let arguments = json!({
        "botToken": "planted-token",
        "bots": [{"apiKey": "planted-key"}],
        "language": "nl",
        "pin": "1",
    });
    let body = json!({"code": "InvalidPayload", "message": "planted-token and planted-key are not valid in nl, 1 of 1"});
    let server = Server::script([json("422 Unprocessable Entity", &body)]).await;
    let connectors = client(&server.url()).workspace(WORKSPACE).connectors();
    let template = Custom::new("a:1", "a").arguments(arguments.as_object().unwrap().clone());
    let error = connectors.install(template).await.unwrap_err();
    let exposed = exposed_by(&error);
    assert!(!exposed.contains("planted"), "{exposed}");
    // A short value would be removed from every other word.
    assert!(exposed.contains("in nl, 1 of 1"), "{exposed}");
}

#[tokio::test]
async fn debug_output_of_public_types_shows_no_secret() {
    fn print(value: impl Debug) -> String {
        format!("{value:?} {value:#?}")
    }
    let server = Server::script([json("200 OK", json!({}))]).await;
    let builder = support::builder(&server.url());
    assert_no_secret("the builder", &print(&builder));
    let client = builder.build().unwrap();
    let workspace = client.workspace(WORKSPACE);
    let organization = client.organization(ORGANIZATION);
    assert_no_secret("the client", &print((&client, &workspace, &organization)));
    let (connectors, channels) = (workspace.connectors(), workspace.channels());
    let (subscriptions, numbers) = (workspace.webhook_subscriptions(), workspace.numbers());
    assert_no_secret(
        "resources",
        &print((&connectors, &channels, &subscriptions, &numbers)),
    );

    let account = WhatsAppAccount {
        waba_id: "1",
        phone_id: "2",
        phone_number: "+31612345678",
        access_token: ACCESS_TOKEN,
    };
    assert_no_secret("an account", &print(account));
    let whatsapp = || WhatsApp::new("a", account).invitation_token(INVITATION_TOKEN);
    let custom = Custom::new("a:1", "a").security_argument("a", "b", ACCESS_TOKEN);
    assert_no_secret("templates", &print((whatsapp(), &custom)));
    assert_no_secret("a converted template", &print(Template::from(whatsapp())));
    let mut body = CreateConnector::new("a");
    body.invitation_token = Some(INVITATION_TOKEN.into());
    assert_no_secret("a request body", &print(&body));
    assert_no_secret(
        "a new subscription",
        &print(NewSubscription::new("a", "b").signing_key(SIGNING_KEY)),
    );
    assert_no_secret(
        "a subscription update",
        &print(SubscriptionUpdate::new().signing_key(SIGNING_KEY)),
    );

    let list = subscriptions.list();
    assert_no_secret("a list", &print(&list));
    assert_no_secret(
        "the streams of a list",
        &print((list.clone().items(), list.pages())),
    );
    assert_no_secret("a delete", &print(connectors.delete(CONNECTOR)));
    let install = connectors.follow(CONNECTOR);
    assert_no_secret(
        "an install",
        &print((&install, install.token(), install.until_ready())),
    );

    let event: Event = serde_json::from_value(json!({
        "service": "channels", "event": "channel.updated", "request_id": null, "timestamp": "2026-01-01T00:00:00Z",
        "payload": {"id": CONNECTOR, "connectionParams": {"botToken": ACCESS_TOKEN}, "status": "active"},
        "extra": {"signature_key": SIGNING_KEY}, "delivery_key": "0".repeat(64),
    }))
    .unwrap();
    let printed = print(&event);
    assert_no_secret("an event", &printed);
    assert!(printed.contains("active"), "{printed}");

    let request = client
        .request(Method::POST, &format!("/a?key={}", ACCESS_TOKEN))
        .query("token", INVITATION_TOKEN)
        .json(&json!({"signingKey": SIGNING_KEY}));
    let printed = print(&request);
    assert_no_secret("a raw request", &printed);
    assert!(printed.contains("POST /a"), "{printed}");
    assert_no_secret("a raw response", &print(request.send().await.unwrap()));
}

#[tokio::test]
async fn raw_request_never_shows_the_access_key() {
    for (name, act) in ECHO_SERVERS {
        let server = Server::responding(move |_, request| act(request)).await;
        let client = single_attempts(&server);
        let request = client
            .request(Method::POST, "/a")
            .json(&json!({"to": CHANNEL}));
        let exposed = match request.send().await {
            Ok(reply) => reply
                .json::<Vec<u8>>()
                .map_err(|error| exposed_by(&error))
                .unwrap_err(),
            Err(error) => exposed_by(&error),
        };
        assert!(!exposed.contains(KEY), "{name}: {exposed}");
    }
}
