//! The page: its files, its JSON, its events, and what it refuses.
#![cfg(feature = "ui")]

use std::net::SocketAddr;
use std::time::Duration;

use bird_connectors_sandbox::behavior::Duplicates;
use bird_connectors_sandbox::{
    Operation, Response, Rule, Sandbox, SandboxBuilder, Scene, Script, Step,
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::{Client, ClientResponse, UNKNOWN_ID, sms_install};
use crate::delivery::{KEY, URL, start_receiver, subscribe};
use crate::raw_connection::is_refused;

const JSON: (&str, &str) = ("content-type", "application/json");

/// A sandbox with its page, a client of the API, and a client of the page.
struct Setup {
    sandbox: Sandbox,
    client: Client,
    page: Client,
    /// The address of the page.
    address: SocketAddr,
}

fn page_address(sandbox: &Sandbox) -> SocketAddr {
    let url = sandbox.ui_url().unwrap();
    let address = url.strip_prefix("http://").unwrap();
    address
        .strip_suffix("/_sandbox/ui/")
        .unwrap()
        .parse()
        .unwrap()
}

impl Setup {
    async fn start(configure: impl FnOnce(SandboxBuilder) -> SandboxBuilder) -> Self {
        let builder = Sandbox::builder()
            .default_script(Script::instant())
            .ui(true);
        let sandbox = configure(builder).start().await.unwrap();
        let client = Client::new(&sandbox);
        let page = Client::with_key(&sandbox, "").authorization(None);
        let address = page_address(&sandbox);
        let page = page.with_address(address).with_base_path("/_sandbox/ui");
        Self {
            sandbox,
            client,
            page,
            address,
        }
    }

    async fn read(&self, path: &str) -> Value {
        self.page
            .get(&format!("/api/{path}"))
            .await
            .json_with_status(200)
    }

    async fn items(&self, path: &str) -> Vec<Value> {
        self.read(path).await["items"].as_array().unwrap().clone()
    }

    async fn act(&self, path: &str, body: Value) -> ClientResponse {
        self.page.post(&format!("/api/{path}"), body).await
    }

    async fn act_ok(&self, path: &str, body: Value) -> Value {
        self.act(path, body).await.json_with_status(200)
    }

    async fn shown_connector(&self) -> Value {
        self.items("connectors").await[0].clone()
    }

    /// Everything that the page shows, as one string.
    async fn everything(&self) -> String {
        let mut all = String::new();
        for path in [
            "settings",
            "catalog",
            "connectors",
            "requests",
            "subscriptions",
            "deliveries",
            "rules",
            "behavior",
            "clock",
            "limits",
            "scene",
        ] {
            all.push_str(&self.read(path).await.to_string());
        }
        for kind in ["requests", "deliveries"] {
            for item in self.items(kind).await {
                all.push_str(
                    &self
                        .read(&format!("{kind}/{}", item["number"]))
                        .await
                        .to_string(),
                );
            }
        }
        all
    }
}

#[tokio::test]
async fn page_is_served_only_if_it_is_switched_on() {
    let off = Sandbox::start().await.unwrap();
    assert_eq!(off.ui_url(), None);
    let client = Client::with_key(&off, off.access_key());
    for path in ["/_sandbox/ui/", "/_sandbox/ui/api/requests"] {
        assert_eq!(client.get(path).await.status, 404);
    }
    let setup = Setup::start(|builder| builder).await;
    let api = Client::with_key(&setup.sandbox, setup.sandbox.access_key());
    assert_eq!(
        api.get("/_sandbox/ui/").await.status,
        404,
        "the page is not on the port of the API"
    );
    let root = setup.page.with_base_path("");
    for (path, status) in [("/", 308), ("/other", 404), ("/_sandbox", 404)] {
        let response = root.get(path).await;
        assert_eq!(response.status, status, "{path}");
        assert!(response.header("content-security-policy").is_some());
    }
    let setup = Setup::start(|builder| builder).await;
    let index = setup.page.get("/").await;
    assert_eq!(index.status, 200);
    assert_eq!(
        setup.page.get("").await.header("location"),
        Some("/_sandbox/ui/")
    );
    // Every file that the page and its modules name is served.
    let mut names = vec!["/".to_owned()];
    let mut index = 0;
    while index < names.len() {
        let file = setup.page.get(&names[index]).await;
        assert_eq!(file.status, 200, "{}", names[index]);
        let folder = names[index].rsplit_once('/').unwrap().0.to_owned();
        for part in file.body.split('"') {
            let is_file = [".js", ".css", ".svg"]
                .iter()
                .any(|end| part.ends_with(end));
            if is_file && !part.contains(' ') {
                let name = match part.strip_prefix("../") {
                    Some(part) => format!("/{part}"),
                    None => format!("{folder}/{}", part.trim_start_matches("./")),
                };
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        index += 1;
    }
    assert!(names.len() > 14, "{names:?}");
}

#[tokio::test]
async fn every_response_has_a_policy_that_allows_only_files_of_the_page() {
    let setup = Setup::start(|builder| builder).await;
    for path in [
        "/",
        "/main.js",
        "/style.css",
        "/api/requests",
        "/missing",
        "/api/missing",
    ] {
        let response = setup.page.get(path).await;
        let policy = response.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'self'; "), "{path}");
        assert!(!policy.contains("unsafe"));
        assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(response.header("access-control-allow-origin"), None);
    }
    let index = setup.page.get("/").await.body;
    for forbidden in [
        "<script>", "style=", "<style", "onclick", "http://", "https://",
    ] {
        assert!(!index.contains(forbidden), "{forbidden}");
    }
}

#[tokio::test]
async fn requests_of_other_sites_and_hosts_are_refused() {
    let setup = Setup::start(|builder| builder).await;
    let rule = json!({ "fault": "empty", "always": true }).to_string();
    let other_port = setup.address.port().wrapping_add(1);
    let other_origin = format!("http://127.0.0.1:{other_port}");
    for headers in [
        vec![JSON, ("origin", "https://evil.example.com")],
        vec![JSON, ("origin", &other_origin)],
        vec![JSON, ("origin", "null")],
        vec![JSON, ("sec-fetch-site", "cross-site")],
        vec![JSON, ("sec-fetch-site", "same-site")],
    ] {
        for (method, path) in [
            ("POST", "/api/rules"),
            ("GET", "/api/requests"),
            ("GET", "/api/events"),
        ] {
            let response = setup.page.send(method, path, &headers, &rule).await;
            assert_eq!(response.status, 403, "{headers:?}");
        }
    }
    let form = [("content-type", "text/plain")];
    assert_eq!(
        setup
            .page
            .send("POST", "/api/rules", &form, &rule)
            .await
            .status,
        415
    );
    assert!(setup.items("rules").await.is_empty());
    // A site whose name resolves to this machine sends its own name.
    for host in ["rebound.example.com", "evil.example.com:80", "127.0.0.1"] {
        let response = raw(&setup, &format!("GET /_sandbox/ui/api/settings HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n")).await;
        assert!(response.starts_with("HTTP/1.1 403 "), "{response}");
        assert!(!response.contains(setup.sandbox.access_key()));
    }
}

#[tokio::test]
async fn paths_that_leave_the_folder_of_the_page_are_not_found() {
    let setup = Setup::start(|builder| builder).await;
    for path in [
        "/../../Cargo.toml",
        "/%2e%2e/%2e%2e/Cargo.toml",
        "/..%2f..%2fCargo.toml",
        "/pages/../../src/lib.rs",
        "//etc/passwd",
        "/pages",
        "/pages/",
        "/main.js%00.css",
        "/main.js/",
        "/index.html",
        "/api/../main.js",
        "/api/requests/..%2f1",
    ] {
        let response = raw(
            &setup,
            &format!(
                "GET /_sandbox/ui{path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
                setup.address
            ),
        )
        .await;
        let status = response.split(' ').nth(1).unwrap().to_owned();
        assert!(
            ["404", "422"].contains(&status.as_str()),
            "{path}: {response}"
        );
    }
}

/// Sends bytes, and returns the whole response.
async fn raw(setup: &Setup, request: &str) -> String {
    let mut stream = TcpStream::connect(setup.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = Vec::new();
    stream.read_to_end(&mut response).await.unwrap();
    String::from_utf8_lossy(&response).into_owned()
}

#[tokio::test]
async fn request_is_shown_with_its_verdict() {
    let setup = Setup::start(|builder| builder).await;
    setup.client.install("Shop").await;
    setup.client.get("/connectors?limit=5000").await;
    setup
        .sandbox
        .rule(Rule::on(Operation::ListChannels).fault("html_503".parse().unwrap()));
    setup.client.get("/channels").await;
    let items = setup.items("requests").await;
    let field = |name: &str| {
        items
            .iter()
            .map(|item| item[name].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        field("verdict"),
        [json!("injected"), json!("refused"), json!("accepted")]
    );
    assert_eq!(field("status"), [json!(503), json!(422), json!(201)]);
    assert_eq!(field("injected")[0], "fault html_503");
    assert_eq!(field("operation")[2], "createConnector");
    let details = setup.read("requests/1").await;
    assert_eq!(
        details["broken"],
        json!(["limit must be a number from 1 to 100, not \"5000\""])
    );
    assert_eq!(details["nearest"]["query"], "limit=100");
    let repeated = setup.act_ok("requests/0/repeat", json!({})).await;
    assert_eq!(repeated["status"], 409, "the same create is a duplicate");
    assert_eq!(setup.items("requests").await.len(), 4);
}

#[tokio::test]
async fn repeated_request_has_the_headers_of_the_first_one() {
    let setup = Setup::start(|builder| builder).await;
    let own = [
        ("accept", "application/json"),
        ("idempotency-key", "key-1"),
        ("user-agent", "shop/1"),
        ("x-custom", "one"),
        ("x-custom", "two"),
    ];
    let of_one_connection = [("te", "trailers"), ("x-named", "1")];
    let names = [("connection", "x-named, te")];
    let headers = [&own[..], &of_one_connection, &names].concat();
    let first = setup.client.send("GET", "/connectors", &headers, "").await;
    assert_eq!(first.status, 200);
    let repeated = setup.act_ok("requests/0/repeat", json!({})).await;
    assert_eq!(repeated["status"], 200);
    let requests = setup.sandbox.requests();
    assert_eq!(requests.len(), 2);
    for (name, value) in own {
        let sent = (name.to_owned(), value.to_owned());
        assert!(requests[1].headers.contains(&sent), "{:?}", requests[1]);
    }
    for (name, _) in of_one_connection {
        assert_eq!(requests[1].header(name), None);
    }
    // What can contain a secret is sent, and not shown.
    let shown = setup.read("requests/1").await;
    assert_eq!(shown["headers"]["idempotency-key"], "•••");
}

#[tokio::test]
async fn nearest_valid_form_of_a_refused_request_is_accepted() {
    let setup = Setup::start(|builder| {
        let builder = builder.connectors(1);
        builder.behavior(|behavior| behavior.duplicates = Duplicates::Allowed)
    })
    .await;
    let channel = setup.sandbox.channels()[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let body = json!({ "service": "channels", "event": "channel.created", "url": "https://hooks.example.com" });
    subscribe(&setup.client, body).await;
    let message = format!("/channels/{channel}/messages");
    let conversational = format!("/channels/{channel}/conversational");
    for (method, path, body) in [
        ("POST", "/connectors", json!({ "name": "Shop" })),
        (
            "POST",
            "/connectors",
            json!({ "nam": "Two", "connectorTemplateRef": "line:1" }),
        ),
        (
            "POST",
            "/connectors",
            json!({ "name": "Three", "connectorTemplateRef": "line" }),
        ),
        (
            "POST",
            "/connectors",
            json!({ "name": "Four", "connectorTemplateRef": "whatsapp:1", "arguments": { "phoneNumber": "06-12345678" } }),
        ),
        (
            "POST",
            "/connectors",
            json!({ "name": 5, "connectorTemplateRef": "telegram:1", "arguments": [], "colour": "red" }),
        ),
        (
            "POST",
            "/connectors",
            json!({ "name": "Six", "connectorTemplateRef": "instagram:1", "securityArguments": { "a": "b" } }),
        ),
        ("POST", "/connectors", json!([1, 2])),
        (
            "POST",
            "/connector",
            json!({ "name": "Seven", "connectorTemplateRef": "facebook:1" }),
        ),
        (
            "GET",
            "/connectors?limit=0&limits=5&reverse=maybe",
            Value::Null,
        ),
        ("GET", "/channels?limit=9999&channelIds=1", Value::Null),
        ("GET", "/connectors/not-an-id", Value::Null),
        ("GET", &format!("/connectors/{UNKNOWN_ID}"), Value::Null),
        ("GET", "/conectors", Value::Null),
        (
            "POST",
            &message,
            json!({ "receiver": {}, "body": { "type": "text" } }),
        ),
        (
            "POST",
            &message,
            json!({ "reciever": { "contacts": [{ "identifierValue": "+31612345678" }] }, "body": { "type": "text", "text": { "text": "Hi" } } }),
        ),
        ("PATCH", &conversational, json!({ "status": "on" })),
        (
            "POST",
            "/webhook-subscriptions",
            json!({ "service": "channels", "url": "http://localhost" }),
        ),
        (
            "POST",
            "/webhook-subscriptions",
            json!({ "service": "channels", "event": "channel.updated", "url": "https://a.example.com", "eventFilter": [] }),
        ),
        ("PUT", "/webhook-subscriptions", Value::Null),
        ("POST", "/use-cases", json!({})),
    ] {
        let text = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let refused = setup.client.send(method, path, &[JSON], &text).await;
        assert!(
            (400..500).contains(&refused.status),
            "{method} {path} {body}: {refused:?}"
        );
        let number = setup.items("requests").await[0]["number"].clone();
        let details = setup.read(&format!("requests/{number}")).await;
        let nearest = &details["nearest"];
        assert!(nearest.is_object(), "{method} {path} {body}: {details}");
        let query = nearest["query"]
            .as_str()
            .map_or_else(String::new, |query| format!("?{query}"));
        let target = format!("{}{query}", nearest["path"].as_str().unwrap());
        let text = if nearest["body"].is_null() {
            String::new()
        } else {
            nearest["body"].to_string()
        };
        let client = Client::with_key(&setup.sandbox, setup.sandbox.access_key());
        let accepted = client
            .send(nearest["method"].as_str().unwrap(), &target, &[JSON], &text)
            .await;
        assert!(
            (200..300).contains(&accepted.status),
            "{method} {path} {body}: {nearest} gets {accepted:?}"
        );
    }
}

#[tokio::test]
async fn secrets_are_in_no_response_of_the_page() {
    let (address, _) = start_receiver(Vec::new()).await;
    let markers = [
        "MARKER-KEY",
        "MARKER-OTHER",
        "MARKER-OAUTH",
        "MARKER-TOKEN",
        "MARKER-SIGNING",
        "MARKER-QUERY",
        "MARKER-HEADER",
        "MARKER-WRONG",
        "MARKER-BROKEN",
        "MARKER-BOT",
        "MARKER+PLUS",
        "MARKER-URL",
        "MARKER-RULE",
    ];
    let setup = Setup::start(|builder| {
        builder
            .access_key(markers[0])
            .add_access_key(bird_connectors_sandbox::AccessKey::new(markers[1]))
            .webhooks(|webhooks| webhooks.route("https://hooks.example.com", address))
    })
    .await;
    // Characters of a path can be percent-encoded, whether they have to be or not.
    let url = format!(
        "https://hooks.example.com/%4DARKER-SIGNING/bird?token={}",
        markers[11]
    );
    for event in ["channel.created", "channel.updated"] {
        let body =
            json!({ "service": "channels", "event": event, "url": url, "signingKey": markers[4] });
        subscribe(&setup.client, body).await;
    }
    let mut install = sms_install("Shop");
    install["securityArguments"] = json!({ "oauth": { "accessToken": markers[2] } });
    install["invitationToken"] = json!(markers[3]);
    install["arguments"]["botToken"] = json!(markers[9]);
    setup
        .client
        .post("/connectors", install.clone())
        .await
        .json_with_status(201);
    // The same secrets where they do not belong, so that messages of errors quote them.
    install["name"] = json!([markers[2]]);
    install["connectorTemplateRef"] = json!(markers[3]);
    install[markers[2]] = json!(1);
    setup.client.post("/connectors", install).await;
    setup
        .client
        .get(&format!(
            "/connectors?accessKey={}&x={}",
            markers[5], markers[0]
        ))
        .await;
    setup
        .client
        .get(&format!("/connectors/{}", markers[4]))
        .await;
    let header = [("x-api-key", markers[6]), ("cookie", markers[6]), JSON];
    setup
        .client
        .send(
            "POST",
            "/connectors",
            &header,
            &format!("{{\"securityArguments\": \"{}\"", markers[8]),
        )
        .await;
    for (authorization, path) in [
        (format!("AccessKey {}", markers[7]), markers[7]),
        (markers[7].to_owned(), markers[7]),
        (format!("{} x", markers[7]), markers[7]),
        (format!("AccessKey {}", markers[10]), "MARKER%2BPLUS"),
    ] {
        let client = Client::with_key(&setup.sandbox, "").authorization(Some(&authorization));
        client.get(&format!("/{path}")).await;
        client.get(&format!("/workspaces/{path}/connectors")).await;
    }
    let user = format!("http://user:{}@elsewhere.invalid", markers[12]);
    for effect in [
        json!({ "response": { "status": 200, "json": { "accessToken": markers[12] } } }),
        json!({ "response": { "status": 200, "headers": { "set-cookie": markers[12] } } }),
        json!({ "response": { "status": 200, "text": format!("{{\"password\": \"{}\"}}", markers[12]) } }),
        json!({ "response": { "status": 200, "text": format!("the key {}", markers[0]) } }),
        json!({ "fault": { "name": "redirect", "value": user } }),
    ] {
        let mut rule = effect;
        rule["operation"] = json!("updateChannelConversational");
        setup.act_ok("rules", rule).await;
    }
    while setup.items("deliveries").await.is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let everything = setup.everything().await;
    let shown = setup.sandbox.scene();
    let everything = format!("{everything}{}{}", shown.to_json(), shown.to_rust());
    // The first character of a marker can be percent-encoded.
    for marker in markers
        .map(|marker| &marker[1..])
        .into_iter()
        .chain(["ARKER%2BPLUS"])
    {
        if let Some(at) = everything.find(marker) {
            panic!(
                "{marker} is shown: {}",
                &everything[at.saturating_sub(300)..at + 40]
            );
        }
    }
    let mut events = EventReader::connect(&setup).await;
    let first = events.until("event: limits").await;
    assert!(first.contains("Shop"), "{first}");
    assert!(
        !markers.iter().any(|marker| first.contains(marker)),
        "{first}"
    );
}

#[tokio::test]
async fn nearest_valid_form_has_no_secret_and_no_unknown_parameter_in_its_query() {
    let setup = Setup::start(|builder| builder).await;
    let wrong = Client::with_key(&setup.sandbox, "wrong");
    let workspace = setup.sandbox.workspace_id();
    let list = format!("/workspaces/{workspace}/connectors");
    let misspelled = format!("/workspaces/{workspace}/conectors");
    let text = [("content-type", "text/plain")];
    let cases = [
        ("GET", &list, "access_token", 401),
        ("GET", &misspelled, "api_key", 404),
        ("PUT", &list, "secret", 405),
        ("POST", &list, "password", 415),
        ("GET", &list, "page_access_token", 422),
    ];
    for (method, path, name, status) in cases {
        let target = format!("{path}?{name}=MARKER&limit=5&x%20y=1");
        let client = if status == 401 {
            &wrong
        } else {
            &Client::with_key(&setup.sandbox, setup.sandbox.access_key())
        };
        let refused = client.send(method, &target, &text, "{}").await;
        assert_eq!(refused.status, status, "{method} {target}");
        let number = setup.items("requests").await[0]["number"].clone();
        let details = setup.read(&format!("requests/{number}")).await;
        assert!(!details.to_string().contains("MARKER"), "{details}");
        let nearest = &details["nearest"];
        let expected = if nearest["method"] == "GET" {
            json!("limit=5")
        } else {
            Value::Null
        };
        assert_eq!(nearest["query"], expected, "{details}");
        let changes = nearest["changes"].to_string();
        for removed in [name, "x y"] {
            let change = format!("without the unknown parameter {removed}");
            assert!(changes.contains(&change), "{details}");
        }
    }
}

/// The nearest form keeps a parameter if, and only if, the operation knows it.
#[tokio::test]
async fn nearest_valid_form_keeps_the_parameters_that_the_operation_knows() {
    let names = [
        "capabilities",
        "channelIds",
        "conferencial",
        "country",
        "countryCodes",
        "executionStatus",
        "limit",
        "numberString",
        "onlyMyChannels",
        "pageToken",
        "platform",
        "prefix",
        "providerIds",
        "requestId",
        "resourceOwnerId",
        "resourceOwnerIdentifier",
        "reverse",
        "searchTerm",
        "service",
        "status",
        "templateRef",
        "type",
        "useCaseType",
        "another",
    ];
    let setup = Setup::start(|builder| builder).await;
    let pair = |name: &str| match name {
        "limit" => "limit=5".to_owned(),
        "reverse" | "conferencial" | "onlyMyChannels" => format!("{name}=true"),
        "channelIds" => format!("{name}={UNKNOWN_ID}"),
        "platform" => "platform=line".to_owned(),
        _ => format!("{name}="),
    };
    let query: Vec<_> = names.iter().map(|name| pair(name)).collect();
    let query = query.join("&");
    let wrong = Client::with_key(&setup.sandbox, "wrong");
    let right = Client::with_key(&setup.sandbox, setup.sandbox.access_key());
    let workspace = setup.sandbox.workspace_id().to_string();
    let organization = setup.sandbox.organization_id().to_string();
    for operation in Operation::ALL {
        let path = operation.path();
        let path = path.replace("{workspaceId}", &workspace);
        let path = path.replace("{organizationId}", &organization);
        let path: Vec<_> = path
            .split('/')
            .map(|segment| match segment.starts_with('{') {
                true => UNKNOWN_ID,
                false => segment,
            })
            .collect();
        let target = format!("{}?{query}", path.join("/"));
        let method = operation.method();
        wrong.send(method, &target, &[JSON], "{}").await;
        let number = setup.items("requests").await[0]["number"].clone();
        let details = setup.read(&format!("requests/{number}")).await;
        let kept = details["nearest"]["query"].as_str().unwrap_or_default();
        let refused = right.send(method, &target, &[JSON], "{}").await.message();
        for name in names {
            let is_unknown = refused.contains(&format!("unknown query parameter \"{name}\""));
            let is_kept = kept.split('&').any(|kept| kept == pair(name));
            assert_eq!(is_kept, !is_unknown, "{operation} {name}: {refused}");
        }
    }
}

#[tokio::test]
async fn generated_access_key_is_shown_for_the_snippets() {
    let setup = Setup::start(|builder| builder).await;
    let settings = setup.read("settings").await;
    assert_eq!(settings["accessKey"], setup.sandbox.access_key());
    let setup = Setup::start(|builder| builder.access_key("chosen-key")).await;
    assert_eq!(setup.read("settings").await["accessKey"], Value::Null);
}

#[tokio::test]
async fn install_is_advanced_delayed_and_ended_by_hand() {
    let hours = Duration::from_secs(7_200);
    let setup =
        Setup::start(|builder| builder.default_script(Script::timed(hours, hours * 2))).await;
    let id = setup.client.install("Shop").await;
    assert_eq!(setup.shown_connector().await["phase"], "installing");
    let path = format!("connectors/{id}");
    let mut steps = 0;
    while setup.act_ok(&format!("{path}/advance"), json!({})).await["changed"] == true {
        steps += 1;
    }
    assert_eq!(steps, 6, "the distinct times of the script after its start");
    assert_eq!(setup.sandbox.channels()[0]["status"], "active");
    assert_eq!(setup.shown_connector().await["phase"], "active");
    let delayed = setup
        .act_ok(&format!("{path}/delay"), json!({ "milliseconds": 5 }))
        .await;
    assert_eq!(delayed["changed"], false, "nothing is left");
    setup
        .act_ok(&format!("{path}/end"), json!({ "status": "rejected" }))
        .await;
    assert_eq!(setup.sandbox.channels()[0]["status"], "rejected");
    assert_eq!(setup.shown_connector().await["phase"], "failed");
    let unknown = setup
        .act(&format!("connectors/{UNKNOWN_ID}/advance"), json!({}))
        .await;
    assert_eq!(unknown.status, 404);
    assert_eq!(
        setup
            .act(&format!("{path}/explode"), json!({}))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn clock_that_is_held_moves_only_when_it_is_stepped() {
    let script = Script::timed(Duration::from_millis(20), Duration::from_millis(40));
    let setup = Setup::start(|builder| builder.default_script(script)).await;
    setup.act_ok("clock", json!({ "action": "hold" })).await;
    setup.client.install("Shop").await;
    let held = setup.sandbox.elapsed();
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(setup.sandbox.elapsed(), held);
    assert!(setup.sandbox.channels().is_empty());
    let mut steps = 0;
    while setup.act_ok("clock", json!({ "action": "next" })).await["changed"] == true {
        steps += 1;
    }
    assert_eq!(steps, 6);
    assert_eq!(setup.sandbox.channels()[0]["status"], "active");
    setup
        .act_ok(
            "clock",
            json!({ "action": "step", "milliseconds": 3_600_000 }),
        )
        .await;
    assert!(setup.sandbox.elapsed() >= held + Duration::from_secs(3_600));
    let before = setup.sandbox.elapsed();
    setup.act_ok("clock", json!({ "action": "run" })).await;
    let after = setup.sandbox.elapsed();
    assert!(
        after >= before && after < before + Duration::from_secs(3_000),
        "the clock continues where it stood"
    );
    setup
        .act_ok(
            "clock",
            json!({ "action": "step", "milliseconds": 3_600_000 }),
        )
        .await;
    assert!(setup.sandbox.elapsed() >= after + Duration::from_secs(3_600));
}

#[tokio::test]
async fn times_above_ten_years_are_refused() {
    const TEN_YEARS: u64 = 315_360_000_000;
    let script = Script::pending(Duration::from_secs(3_600));
    let setup = Setup::start(|builder| builder.default_script(script)).await;
    let id = setup.client.install("Shop").await;
    let delay = format!("connectors/{id}/delay");
    for (path, field, more) in [
        ("clock", "milliseconds", json!({ "action": "step" })),
        (&delay, "milliseconds", json!({})),
        ("rules", "delayMilliseconds", json!({})),
        ("rules", "responseDelayMilliseconds", json!({})),
    ] {
        for (milliseconds, status) in [(TEN_YEARS, 200), (TEN_YEARS + 1, 422), (u64::MAX, 422)] {
            let mut body = more.clone();
            body[field] = json!(milliseconds);
            let response = setup.act(path, body).await;
            assert_eq!(response.status, status, "{path} {milliseconds}");
            if status == 422 {
                let expected = format!("{field} must be at most {TEN_YEARS}, which is ten years");
                assert_eq!(response.message(), expected);
            }
        }
    }
}

#[tokio::test]
async fn fault_reading_and_limit_of_the_page_apply_to_clients() {
    let setup = Setup::start(|builder| builder).await;
    let added = setup
        .act_ok(
            "rules",
            json!({ "operation": "listConnectors", "fault": "html_502", "times": 2 }),
        )
        .await;
    assert_eq!(setup.client.get("/connectors").await.status, 502);
    let rules = setup.items("rules").await;
    assert_eq!(rules[0]["remaining"], "the next call");
    setup
        .act_ok(&format!("rules/{}/remove", added["number"]), json!({}))
        .await;
    assert_eq!(setup.client.get("/connectors").await.status, 200);
    assert_eq!(setup.act("rules", json!({})).await.status, 422);
    setup
        .act_ok("rules", json!({ "fault": "empty", "always": true }))
        .await;
    assert_eq!(setup.act_ok("rules/clear", json!({})).await["removed"], 1);

    setup
        .act_ok("behavior", json!({ "name": "lastPage", "value": "null" }))
        .await;
    let page = setup.client.get("/connectors").await.json();
    assert_eq!(page.get("nextPageToken"), Some(&Value::Null));
    for (name, value) in [("lastPage", "nil"), ("lastpage", "null")] {
        assert_eq!(
            setup
                .act("behavior", json!({ "name": name, "value": value }))
                .await
                .status,
            422
        );
    }
    setup.act_ok("behavior", json!({ "reset": true })).await;
    assert_eq!(
        setup
            .client
            .get("/connectors")
            .await
            .json()
            .get("nextPageToken"),
        None
    );

    setup.act_ok("limits", json!({ "enforced": true })).await;
    setup.act_ok("clock", json!({ "action": "hold" })).await;
    let mut calls = 0;
    while setup.client.get("/connectors").await.status != 429 {
        calls += 1;
        assert!(calls < 10_000, "no limit is enforced");
    }
    // Limits take real time, so they pass while the clock stands still.
    while setup.client.get("/connectors").await.status == 429 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let limits = setup.read("limits").await;
    assert_eq!(limits["enforced"]["get"], 50);
    let verdicts: Vec<_> = setup
        .items("requests")
        .await
        .iter()
        .map(|item| item["verdict"].clone())
        .collect();
    assert!(verdicts.contains(&json!("limited")));
}

#[tokio::test]
async fn delivery_without_a_route_is_shown_once_and_routes_are_in_the_settings() {
    let local: SocketAddr = "127.0.0.1:9".parse().unwrap();
    let setup = Setup::start(|builder| {
        builder.webhooks(|webhooks| {
            webhooks.route("https://routed.example.com/?token=a-secret", local);
            webhooks.retry_delays = vec![Duration::ZERO; 3];
        })
    })
    .await;
    let expected =
        json!([{ "public": "https://routed.example.com/?token=•••", "local": "127.0.0.1:9" }]);
    assert_eq!(setup.read("settings").await["routes"], expected);
    let body = json!({ "service": "channels", "event": "channel.created", "url": "https://nowhere.example.com" });
    subscribe(&setup.client, body).await;
    setup.client.install("Shop").await;
    let mut events = EventReader::connect(&setup).await;
    events.until("\"hasRoute\":false").await;
    setup.client.install("Shop 2").await;
    while setup.items("deliveries").await.len() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let deliveries = setup.items("deliveries").await;
    let attempts: Vec<_> = deliveries
        .iter()
        .map(|delivery| (&delivery["attempt"], &delivery["hasRoute"]))
        .collect();
    let once = (&json!(1), &json!(false));
    assert_eq!(attempts, [once, once]);
    let resent = setup
        .act_ok("deliveries/0/resend", json!({ "kind": "twice" }))
        .await;
    let expected = json!({ "statuses": [null, null], "hasRoute": false });
    assert_eq!(resent, expected);
}

#[tokio::test]
async fn page_and_its_events_stay_reachable_while_the_api_is_down() {
    let setup = Setup::start(|builder| builder).await;
    let mut events = EventReader::connect(&setup).await;
    events.until("event: limits").await;
    let down = json!({ "fault": { "name": "down", "value": 3_600_000 }, "always": true });
    setup.act_ok("rules", down).await;
    let cut = setup.client.try_send("GET", "/channels", &[], "").await;
    assert!(cut.is_err(), "{cut:?}");
    assert!(is_refused(&setup.sandbox).await);
    // The connection of the events is the same one, and new connections are accepted.
    events.until("\"injected\":\"fault down\"").await;
    assert_eq!(setup.items("requests").await.len(), 1);
    setup.act_ok("rules/clear", json!({})).await;
    events.until("event: rules").await;
    let repeated = setup.act_ok("requests/0/repeat", json!({})).await;
    assert_eq!(repeated["status"], Value::Null);
}

#[tokio::test]
async fn port_of_the_page_is_chosen_or_the_one_after_the_port_of_the_api() {
    // Ports that were free a moment ago can be taken by other tests, so that several are tried.
    let mut found = false;
    for _ in 0..20 {
        let free = Sandbox::start().await.unwrap();
        let port = free.address().port();
        free.shutdown().await;
        let started = Sandbox::builder().port(port).ui(true).start().await;
        let Ok(sandbox) = started else { continue };
        let page = page_address(&sandbox).port();
        if Some(page) != port.checked_add(1) {
            continue;
        }
        found = true;
        let taken = Sandbox::builder().ui(true).ui_port(page).start().await;
        let error = taken.map(drop).unwrap_err().to_string();
        let expected = format!("the page cannot use port {page}: ");
        assert!(error.starts_with(&expected), "{error}");
        break;
    }
    assert!(found, "no two neighboring ports are free");
}

#[tokio::test]
async fn delivery_is_sent_again_in_each_way() {
    let (address, received) = start_receiver(Vec::new()).await;
    let setup = Setup::start(|builder| {
        builder.webhooks(|webhooks| webhooks.route("https://hooks.example.com", address))
    })
    .await;
    let body =
        json!({ "service": "channels", "event": "channel.updated", "url": URL, "signingKey": KEY });
    subscribe(&setup.client, body).await;
    let id = setup.client.install("Shop").await;
    let resend = |number: u64, kind: &'static str| setup.act_ok_kind(number, kind);
    setup
        .sandbox
        .apply_step(id.parse().unwrap(), Step::Status("inactive".into()));
    while setup.items("deliveries").await.is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let alone = setup
        .act("deliveries/0/resend", json!({ "kind": "out-of-order" }))
        .await;
    assert_eq!(alone.status, 409, "there is no other delivery");
    setup
        .sandbox
        .apply_step(id.parse().unwrap(), Step::Status("active".into()));
    while setup.items("deliveries").await.len() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for (kind, count) in [
        ("replay", 1),
        ("twice", 2),
        ("late", 1),
        ("forged", 1),
        ("out-of-order", 2),
    ] {
        let statuses = resend(0, kind).await;
        assert_eq!(statuses.as_array().unwrap().len(), count, "{kind}");
    }
    let received = received.lock().unwrap().clone();
    assert_eq!(received.len(), 9);
    let id = |index: usize| received[index].header("messagebird-request-id").to_owned();
    let timestamp = |index: usize| {
        received[index]
            .header("messagebird-request-timestamp")
            .parse::<i64>()
            .unwrap()
    };
    assert!(id(2) == id(0) && id(3) == id(0) && id(4) == id(0));
    assert!(
        id(5) != id(0)
            && timestamp(5) == timestamp(0) - 4 * 3600
            && received[5].is_signed_with(KEY)
    );
    assert!(!received[6].is_signed_with(KEY) && id(6) != id(0));
    assert_eq!((id(7), id(8)), (id(1), id(0)), "the newer one first");
    assert_eq!(
        (received[7].status(), received[8].status()),
        ("active".to_owned(), "inactive".to_owned())
    );
    let details = setup.read("deliveries/0").await;
    assert_eq!(
        details["signature"],
        received[0].header("messagebird-signature")
    );
    assert_eq!(details["signedString"]["timestamp"], timestamp(0));
    assert_eq!(
        setup
            .act("deliveries/0/resend", json!({ "kind": "lost" }))
            .await
            .status,
        422
    );
    assert_eq!(
        setup
            .act("deliveries/99/resend", json!({ "kind": "replay" }))
            .await
            .status,
        404
    );
}

/// What is wrong in several ways is mended in all of them: the form is accepted as it is shown, with its headers only.
#[tokio::test]
async fn nearest_valid_form_is_accepted_as_it_is_shown() {
    let setup = Setup::start(|builder| {
        let builder = builder.connectors(1);
        builder.behavior(|behavior| behavior.duplicates = Duplicates::Allowed)
    })
    .await;
    let body = json!({ "service": "channels", "event": "channel.created", "url": "https://hooks.example.com" });
    subscribe(&setup.client, body).await;
    let own = format!("/workspaces/{}", setup.sandbox.workspace_id());
    let text = ("content-type", "text/plain");
    let key = format!("AccessKey {}", setup.sandbox.access_key());
    let mut cases = Vec::new();
    for query in [
        "limit=abc&limit=3",
        "limit=3&limit=abc",
        "limit=0&limit=0",
        "limit=abc",
        "limit=3;4",
        "reverse=yes&reverse=true",
        "pageToken=x&limit=abc",
        "pageToken=+/x==",
        "reverse=true&reverse=false&limit=-1",
        "x=1;y=2&x=3",
    ] {
        for list in [
            "connectors",
            "channels",
            "webhook-subscriptions",
            "use-cases",
            "conectors",
        ] {
            cases.push(("GET", format!("{own}/{list}?{query}"), String::new()));
        }
    }
    for path in [
        "/workspaces/x/connectors/y",
        "/workspaces/x/connectors/y?limit=1",
        "/workspaces/x/channels/y",
        "/workspaces/x/webhook-subscriptions/y",
        "/workspaces/x/connectors?limit=0",
        "/workspace/x/connectors/y",
        &format!("{own}/connectors/y?a=b"),
        &format!("{own}/channels/{UNKNOWN_ID}?limit=1"),
        &format!("/workspaces/{UNKNOWN_ID}/connectors/{UNKNOWN_ID}"),
    ] {
        cases.push(("GET", path.to_owned(), String::new()));
    }
    for path in [
        "connectors",
        "conectors",
        "webhook-subscriptions",
        "connectors?x=y",
    ] {
        for body in [
            "",
            "{",
            "[]",
            "null",
            "{}",
            "{\"name\": 5}",
            "{\"a; b\": 1}",
        ] {
            for prefix in [own.as_str(), "/workspaces/x"] {
                cases.push(("POST", format!("{prefix}/{path}"), body.to_owned()));
            }
        }
    }
    let mut checked = 0;
    let mut number = setup.sandbox.requests().len();
    for (method, target, body) in cases {
        for (content_type, authorization) in [(JSON, true), (text, true), (JSON, false)] {
            let client =
                Client::with_key(&setup.sandbox, "").authorization(authorization.then_some(&key));
            let refused = client.send(method, &target, &[content_type], &body).await;
            let sent_as = number;
            number += 1;
            if refused.status < 400 {
                continue;
            }
            let details = setup.read(&format!("requests/{sent_as}")).await;
            let nearest = &details["nearest"];
            assert!(nearest.is_object(), "{method} {target} {body}: {details}");
            let query = nearest["query"]
                .as_str()
                .map_or_else(String::new, |query| format!("?{query}"));
            let form = format!("{}{query}", nearest["path"].as_str().unwrap());
            let sent = if nearest["body"].is_null() {
                String::new()
            } else {
                nearest["body"].to_string()
            };
            let headers = nearest["headers"].as_array().unwrap();
            let names = |name: &str| headers.iter().any(|header| header["name"] == name);
            let content_type = if names("content-type") {
                JSON
            } else {
                content_type
            };
            let is_authorized = authorization || names("authorization");
            let client =
                Client::with_key(&setup.sandbox, "").authorization(is_authorized.then_some(&key));
            let method_sent = nearest["method"].as_str().unwrap();
            let accepted = client
                .send(method_sent, &form, &[content_type], &sent)
                .await;
            number += 1;
            // A page token that looks valid can belong to another list, and a list can be full.
            let is_of_state = [404, 409].contains(&accepted.status)
                || accepted.message().starts_with("the maximum of ");
            assert!(
                accepted.status < 300 || is_of_state,
                "{method} {target} {content_type:?} {body} ({}): {nearest} gets {accepted:?}",
                refused.message(),
            );
            checked += 1;
        }
    }
    assert!(checked > 200, "{checked}");
    let client = Client::with_key(&setup.sandbox, setup.sandbox.access_key());
    client
        .get(&format!("{own}/connectors?limit=abc&limit=3"))
        .await;
    let number = setup.items("requests").await[0]["number"].clone();
    let details = setup.read(&format!("requests/{number}")).await;
    let occurs = "limit occurs 2 times; it must occur at most once";
    assert_eq!(details["broken"], json!([occurs]));
    assert_eq!(details["nearest"]["query"], "limit=3");
}

#[tokio::test]
async fn delayed_request_is_injected_unless_it_is_refused() {
    let setup = Setup::start(|builder| builder).await;
    setup
        .act_ok("rules", json!({ "delayMilliseconds": 1, "always": true }))
        .await;
    setup.client.get("/connectors").await;
    setup.client.get("/connectors?limit=0").await;
    let items = setup.items("requests").await;
    let verdicts = [&items[1]["verdict"], &items[0]["verdict"]];
    assert_eq!(verdicts, ["injected", "refused"]);
    assert_eq!(items[0]["injected"], "delay 1 ms");
}

#[tokio::test]
async fn response_is_shown_without_secrets_and_within_its_bound() {
    let setup = Setup::start(|builder| builder).await;
    let body = json!({ "service": "channels", "event": "channel.created", "url": "https://hooks.example.com", "signingKey": "MARKER" });
    subscribe(&setup.client, body).await;
    setup.client.get("/conectors").await;
    for text in ["<h1>Bearer MARKER</h1>".to_owned(), "x".repeat(65 << 10)] {
        let response = Response::text(200, "text/html", text);
        let rule = Rule::on(Operation::ListConnectors).respond_with(response);
        setup.sandbox.rule(rule);
        setup.client.get("/connectors").await;
    }
    setup
        .act_ok("rules", json!({ "fault": "lost_response" }))
        .await;
    let lost = setup.client.try_send("GET", "/connectors", &[], "").await;
    assert!(lost.is_err());
    let created = setup.read("requests/0").await;
    assert_eq!(created["response"]["event"], "channel.created", "{created}");
    assert!(!created.to_string().contains("MARKER"), "{created}");
    let refused = setup.read("requests/1").await;
    assert_eq!(refused["response"]["code"], "ResourceNotFound");
    let text = setup.read("requests/2").await;
    assert_eq!(text["response"], "<h1>Bearer •••</h1>");
    let long = setup.read("requests/3").await;
    assert_eq!(
        (&long["response"], &long["responseKept"]),
        (&Value::Null, &json!(false))
    );
    assert_eq!(long["responseLength"], 65 << 10);
    assert_eq!(setup.read("requests/4").await["responseLength"], 0);
}

#[tokio::test]
async fn command_that_starts_the_sandbox_again_has_its_options() {
    let setup = Setup::start(|builder| {
        builder
            .behavior(|behavior| behavior.duplicates = Duplicates::Allowed)
            .ui_command(["bird-connectors", "sandbox", "--key-file", "it's a key"])
    })
    .await;
    let expected = r"bird-connectors sandbox --key-file 'it'\''s a key' --duplicates=allowed";
    assert_eq!(setup.read("settings").await["command"], expected);
    let setup = Setup::start(|builder| builder).await;
    assert_eq!(setup.read("settings").await["command"], Value::Null);
}

#[tokio::test]
async fn deleted_connector_says_so_and_is_not_counted() {
    let setup = Setup::start(|builder| builder).await;
    let id = setup.client.install("Shop").await;
    setup.client.install("Other").await;
    let shown = setup.read("connectors").await;
    assert_eq!(shown["total"], 2);
    assert_eq!(shown["items"][1]["deleted"], Value::Null);
    setup.client.delete(&format!("/connectors/{id}")).await;
    let shown = setup.read("connectors").await;
    assert_eq!(shown["total"], 1);
    let deleted = &shown["items"][1];
    assert_eq!(
        (&deleted["id"], &deleted["phase"]),
        (&json!(id), &json!("gone"))
    );
    assert!(deleted["deleted"].is_u64(), "{deleted}");
    for action in ["advance", "delay", "end"] {
        let path = format!("connectors/{id}/{action}");
        assert_eq!(setup.act(&path, json!({})).await.status, 404);
    }
}

#[tokio::test]
async fn order_changes_between_events_of_one_channel_and_the_newer_one_is_first() {
    let (address, received) = start_receiver(Vec::new()).await;
    let setup = Setup::start(|builder| {
        builder.webhooks(|webhooks| webhooks.route("https://hooks.example.com", address))
    })
    .await;
    for event in ["channel.created", "channel.updated"] {
        let body = json!({ "service": "channels", "event": event, "url": URL, "signingKey": KEY });
        subscribe(&setup.client, body).await;
    }
    setup.client.install("Other").await;
    let id = setup.client.install("Shop").await;
    let wait = |count: usize| {
        let setup = &setup;
        async move {
            while setup.items("deliveries").await.len() < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    };
    wait(2).await;
    for number in [0, 1] {
        let path = format!("deliveries/{number}/resend");
        let refused = setup.act(&path, json!({ "kind": "out-of-order" })).await;
        assert_eq!(refused.status, 409, "the other event is of another channel");
        let reason = "the subscription has received no other event of this channel";
        assert_eq!(setup.items("deliveries").await[number]["noOrder"], reason);
    }
    for (count, status) in [(3, "inactive"), (4, "active")] {
        setup
            .sandbox
            .apply_step(id.parse().unwrap(), Step::Status(status.into()));
        wait(count).await;
    }
    // Whichever of the two is selected.
    for number in [2, 3] {
        let items = setup.items("deliveries").await;
        let selected = items.iter().find(|item| item["number"] == number);
        assert_eq!(selected.unwrap()["noOrder"], Value::Null);
        let before = received.lock().unwrap().len();
        let statuses = setup.act_ok_kind(number, "out-of-order").await;
        assert_eq!(statuses, json!([200, 200]));
        let statuses: Vec<_> = received.lock().unwrap()[before..]
            .iter()
            .map(|received| received.status())
            .collect();
        assert_eq!(statuses, ["active", "inactive"], "delivery {number}");
        let items = setup.items("deliveries").await;
        let labels = [&items[1]["sentByHand"], &items[0]["sentByHand"]];
        assert_eq!(labels, ["out of order, newer", "out of order, older"]);
        assert!(items[0]["noOrder"].is_string(), "it was sent by hand");
    }
}

impl Setup {
    async fn act_ok_kind(&self, number: u64, kind: &str) -> Value {
        let path = format!("deliveries/{number}/resend");
        self.act_ok(&path, json!({ "kind": kind })).await["statuses"].clone()
    }
}

#[tokio::test]
async fn url_of_a_webhook_is_shown_and_copied_byte_for_byte_without_its_secrets() {
    let (address, _) = start_receiver(Vec::new()).await;
    let url = "https://hooks.example.com/bird?flag&a=x%20y&b=1+2";
    let cases = [
        (url.to_owned(), url.to_owned(), false),
        (
            format!("{url}&token=a%20b"),
            format!("{url}&token=•••"),
            true,
        ),
    ];
    for (url, shown, masked) in cases {
        let setup = Setup::start(|builder| {
            builder.webhooks(|webhooks| webhooks.route("https://hooks.example.com", address))
        })
        .await;
        let body = json!({ "service": "channels", "event": "channel.created", "url": url, "signingKey": KEY });
        subscribe(&setup.client, body).await;
        setup.client.install("Shop").await;
        while setup.items("deliveries").await.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(setup.items("subscriptions").await[0]["url"], shown);
        assert_eq!(setup.items("deliveries").await[0]["url"], shown);
        let signed = setup.read("deliveries/0").await["signedString"].clone();
        assert_eq!(signed["url"], shown);
        assert_eq!(signed["masked"], masked);
        let scene = setup.read("scene").await["json"].clone();
        assert_eq!(scene["subscriptions"][0]["url"], shown, "{scene}");
        let request = setup.items("requests").await;
        let request = request.last().unwrap()["number"].clone();
        let request = setup.read(&format!("requests/{request}")).await;
        assert_eq!(request["body"]["url"], shown);
    }
}

#[tokio::test]
async fn scene_of_the_page_starts_a_sandbox_that_behaves_the_same() {
    let setup = Setup::start(|builder| builder.connectors(2)).await;
    let slow = Script::pending(Duration::from_secs(3_600));
    setup.sandbox.next_install(slow);
    setup.client.install("Slow").await;
    let body =
        json!({ "service": "channels", "event": "channel.created", "url": URL, "signingKey": KEY });
    subscribe(&setup.client, body).await;
    setup
        .act_ok(
            "behavior",
            json!({ "name": "createStatus", "value": "ok200" }),
        )
        .await;
    setup
        .act_ok(
            "rules",
            json!({ "operation": "listChannels", "fault": "retry_after", "times": 1 }),
        )
        .await;
    let scene = setup.read("scene").await;
    let subscription = &scene["json"]["subscriptions"][0];
    assert_eq!(subscription["signingKey"], "signing-key-of-the-scene");
    // A copy of the copy is the same.
    let loaded = Scene::from_json(scene["json"].clone()).unwrap();
    let second = Setup::start(|builder| builder.scene(loaded)).await;
    assert_eq!(
        second.read("scene").await["json"]["subscriptions"][0],
        *subscription
    );
    let copy = Sandbox::builder()
        .scene(Scene::from_json(scene["json"].clone()).unwrap())
        .start()
        .await
        .unwrap();
    let names = |sandbox: &Sandbox| {
        sandbox
            .connectors()
            .iter()
            .map(|known| (known["id"].clone(), known["name"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&copy), names(&setup.sandbox));
    assert_eq!(copy.channels().len(), 2);
    let client = Client::new(&copy);
    assert_eq!(client.get("/channels").await.status, 429);
    assert_eq!(client.get("/channels").await.status, 200);
    assert_eq!(
        client.post("/connectors", sms_install("New")).await.status,
        200
    );
    let again = copy.scene().to_json();
    assert_eq!(again["behavior"], scene["json"]["behavior"]);
}

#[tokio::test]
async fn events_report_changes_and_end_when_the_sandbox_stops() {
    let setup = Setup::start(|builder| {
        builder.default_script(Script::timed(
            Duration::from_millis(1),
            Duration::from_millis(2),
        ))
    })
    .await;
    let mut events = EventReader::connect(&setup).await;
    let first = events.until("event: limits").await;
    for name in [
        "hello",
        "connectors",
        "subscriptions",
        "deliveries",
        "rules",
        "behavior",
        "clock",
    ] {
        assert!(
            first.contains(&format!("event: {name}\n")),
            "{name} is missing in {first}"
        );
    }
    setup.client.install("Live shop").await;
    let events_of_install = events.until("\"phase\":\"active\"").await;
    assert!(
        events_of_install.contains("Live shop") && events_of_install.contains("event: requests")
    );
    let Setup { sandbox, .. } = setup;
    sandbox.shutdown().await;
    // The last chunk is complete: the page did not use up the time that requests in flight get, after which they are aborted.
    let end = events.until_end().await;
    assert!(end.ends_with("0\r\n\r\n"), "{end}");
}

#[tokio::test]
async fn event_of_requests_says_whether_older_ones_are_missing() {
    let setup = Setup::start(|builder| builder).await;
    for _ in 0..201 {
        setup.client.get("/channels").await;
    }
    let mut events = EventReader::connect(&setup).await;
    let first = events.until("event: limits").await;
    assert!(first.contains("\"complete\":false"), "{first}");
    setup.client.get("/channels").await;
    events.until("\"complete\":true").await;
}

#[tokio::test]
async fn every_kept_delivery_is_listed() {
    let setup = Setup::start(|builder| builder).await;
    let body = json!({ "service": "channels", "event": "channel.created", "url": URL });
    subscribe(&setup.client, body).await;
    for index in 0..201 {
        setup.client.install(&format!("Shop {index}")).await;
    }
    while setup.items("deliveries").await.len() < 201 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(setup.read("deliveries").await["total"], 201);
}

#[tokio::test]
async fn scene_is_also_a_file_with_exact_numbers_and_without_unseen_characters() {
    let setup = Setup::start(|builder| builder).await;
    let arguments = json!({ "a": [u64::MAX, 1.0, "\u{202e}\u{9b}\u{e0041}"] });
    let body = json!({ "name": "Shop", "connectorTemplateRef": "line:1", "arguments": arguments });
    setup.client.post("/connectors", body).await;
    let scene = setup.read("scene").await;
    let file = scene["file"].as_str().unwrap();
    let written = r#"\u202e\u009b\udb40\udc41"#;
    assert!(file.contains(written) && file.contains("1.0"), "{file}");
    assert_eq!(file.parse::<Scene>().unwrap().to_json(), scene["json"]);
}

/// Reads server-sent events.
struct EventReader(TcpStream);

impl EventReader {
    async fn connect(setup: &Setup) -> Self {
        let address = setup.address;
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET /_sandbox/ui/api/events HTTP/1.1\r\nhost: {address}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        Self(stream)
    }

    async fn until(&mut self, text: &str) -> String {
        let mut received = String::new();
        let mut chunk = vec![0; 1 << 16];
        while !received.contains(text) {
            let length = self.0.read(&mut chunk).await.unwrap();
            assert!(length > 0, "the events ended before {text:?}: {received}");
            received.push_str(&String::from_utf8_lossy(&chunk[..length]));
        }
        received
    }

    async fn until_end(&mut self) -> String {
        let mut rest = Vec::new();
        self.0.read_to_end(&mut rest).await.unwrap();
        String::from_utf8_lossy(&rest).into_owned()
    }
}
