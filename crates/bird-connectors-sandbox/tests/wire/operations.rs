//! Every operation answers at its path, and no other path does.

use bird_connectors_sandbox::{Operation, Sandbox, Script};
use serde_json::{Value, json};

use crate::client::{Client, sms_install};

/// The path of an operation with these ids.
fn path(operation: Operation, sandbox: &Sandbox, ids: &[(&str, &str)]) -> String {
    let mut path = operation.path().to_owned();
    let workspace = sandbox.workspace_id().to_string();
    let organization = sandbox.organization_id().to_string();
    for (name, value) in ids.iter().copied().chain([
        ("workspaceId", workspace.as_str()),
        ("organizationId", organization.as_str()),
    ]) {
        path = path.replace(&format!("{{{name}}}"), value);
    }
    path
}

/// Calls every operation once. The order matters: each call needs the resources of earlier calls.
#[tokio::test]
async fn every_operation_answers_successfully_at_its_path() {
    use Operation as Op;
    let sandbox = Sandbox::builder()
        .default_script(Script::instant())
        .start()
        .await
        .unwrap();
    let client = Client::with_key(&sandbox, sandbox.access_key());
    let first = sandbox.add_connectors(1)[0].to_string();
    let channel = sandbox.channels()[0]["id"].as_str().unwrap().to_owned();
    let use_case = sandbox.use_cases()[0].id().to_string();

    let subscription = |service: &str| json!({ "service": service, "event": "channel.updated", "url": "https://example.com/hook" });
    let message = json!({
        "receiver": { "contacts": [{ "identifierValue": "+31612345678" }] },
        "body": { "type": "text", "text": { "text": "hello" } },
    });
    let calls: Vec<(Op, Value, u16)> = vec![
        (Op::CreateConnector, sms_install("another"), 201),
        (Op::ListConnectors, Value::Null, 200),
        (Op::GetConnector, Value::Null, 200),
        (Op::GetConnectorStatus, Value::Null, 200),
        (Op::ListChannels, Value::Null, 200),
        (Op::GetChannel, Value::Null, 200),
        (Op::GetChannelConversational, Value::Null, 200),
        (
            Op::UpdateChannelConversational,
            json!({ "status": "active" }),
            200,
        ),
        (Op::SendChannelMessage, message, 202),
        (Op::CreateWebhookSubscription, subscription("channels"), 201),
        (Op::ListWebhookSubscriptions, Value::Null, 200),
        (Op::GetWebhookSubscription, Value::Null, 200),
        (
            Op::UpdateWebhookSubscription,
            json!({ "status": "inactive" }),
            200,
        ),
        (Op::ListWebhookSubscriptionLogs, Value::Null, 200),
        (Op::GetWebhookSubscriptionLogDetails, Value::Null, 200),
        (Op::DeleteWebhookSubscription, Value::Null, 204),
        (
            Op::CreateOrganizationWebhookSubscription,
            subscription("numbers"),
            201,
        ),
        (Op::ListOrganizationWebhookSubscriptions, Value::Null, 200),
        (Op::GetOrganizationWebhookSubscription, Value::Null, 200),
        (
            Op::UpdateOrganizationWebhookSubscription,
            json!({ "status": "inactive" }),
            200,
        ),
        (
            Op::ListOrganizationWebhookSubscriptionLogs,
            Value::Null,
            200,
        ),
        (
            Op::GetOrganizationWebhookSubscriptionLogDetails,
            Value::Null,
            200,
        ),
        (Op::DeleteOrganizationWebhookSubscription, Value::Null, 204),
        (Op::ListAvailableWebhooks, Value::Null, 200),
        (Op::ListNumbers, Value::Null, 200),
        (Op::ListLongCodeNumbers, Value::Null, 200),
        (Op::ListUseCases, Value::Null, 200),
        (Op::GetUseCase, Value::Null, 200),
        (Op::DeleteConnector, Value::Null, 204),
    ];
    for operation in Op::ALL {
        assert!(
            calls.iter().any(|(known, ..)| known == operation),
            "operation {operation} has no call: add one to the table in crates/bird-connectors-sandbox/tests/wire/operations.rs"
        );
    }
    assert_eq!(calls.len(), Op::ALL.len(), "an operation has two calls");

    let mut webhook = String::new();
    for (operation, body, status) in calls {
        let ids = [
            ("connectorId", first.as_str()),
            ("channelId", &channel),
            ("useCaseId", &use_case),
            ("webhookSubscriptionId", &webhook),
        ];
        let mut path = path(operation, &sandbox, &ids);
        if path.ends_with("/logs/details") {
            sandbox.insert_delivery(webhook.parse().unwrap(), json!({ "requestId": "r-1" }));
            path.push_str("?requestId=r-1");
        }
        let response = if body.is_null() {
            client
                .send(
                    operation.method(),
                    &path,
                    &[("accept", "application/json")],
                    "",
                )
                .await
        } else {
            client
                .send(
                    operation.method(),
                    &path,
                    &[("content-type", "application/json; charset=utf-8")],
                    &body.to_string(),
                )
                .await
        };
        let answer = response.json_with_status(status);
        if status == 204 {
            assert_eq!(response.body, "");
        } else {
            assert_eq!(
                response.header("content-type"),
                Some("application/json"),
                "{operation}"
            );
        }
        if operation.id().starts_with("create") && operation.id().ends_with("WebhookSubscription") {
            webhook = answer["id"].as_str().unwrap().to_owned();
        }
        assert_eq!(sandbox.count(operation), 1, "{operation}");
    }
}

#[tokio::test]
async fn wrong_method_answers_405_with_allowed_methods() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::new(&sandbox);
    let id = "8362fa40-9ff1-5430-a3ab-79ecc61b96b1";
    for (method, path, allowed) in [
        ("PUT", "/connectors".to_owned(), vec!["GET", "POST"]),
        ("PATCH", format!("/connectors/{id}"), vec!["DELETE", "GET"]),
        ("DELETE", format!("/channels/{id}"), vec!["GET"]),
        (
            "POST",
            format!("/channels/{id}/conversational"),
            vec!["GET", "PATCH"],
        ),
        ("GET", format!("/channels/{id}/messages"), vec!["POST"]),
        ("TRACE", "/numbers".to_owned(), vec!["GET"]),
    ] {
        let response = client.send(method, &path, &[], "").await;
        assert_eq!(
            (response.status, response.code().as_str()),
            (405, "MethodNotAllowed"),
            "{method} {path}"
        );
        let mut methods: Vec<_> = response
            .header("allow")
            .unwrap()
            .split(',')
            .filter(|method| *method != "HEAD")
            .collect();
        methods.sort_unstable();
        assert_eq!(methods, allowed, "{method} {path}");
    }
}

#[tokio::test]
async fn unknown_path_answers_404() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::new(&sandbox);
    for path in [
        "",
        "/",
        "/connectors/",
        "//connectors",
        "/connector",
        "/webhook-subscription",
        "/connectors/x/y/z",
    ] {
        let response = client.get(path).await;
        assert_eq!(
            (response.status, response.code().as_str()),
            (404, "ResourceNotFound"),
            "{path}"
        );
    }
    assert_eq!(
        Client::new(&sandbox)
            .with_base_path("")
            .get("/v1/health")
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn path_id_must_be_a_uuid_of_any_version() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::new(&sandbox);
    for id in [
        "sms-messagebird",
        "sms-messagebird:1",
        "..",
        "%2E%2E",
        "8362fa409ff15430a3ab79ecc61b96b1",
        "%FF",
    ] {
        for path in [
            format!("/connectors/{id}"),
            format!("/connectors/{id}/status"),
            format!("/channels/{id}"),
            format!("/webhook-subscriptions/{id}"),
        ] {
            let response = client.get(&path).await;
            assert_eq!(
                (response.status, response.code().as_str()),
                (422, "InvalidParameter"),
                "{path}"
            );
        }
    }
    let response = Client::new(&sandbox)
        .with_base_path("")
        .get("/workspaces/mine/connectors")
        .await;
    assert_eq!(
        (response.status, response.code().as_str()),
        (422, "InvalidParameter")
    );
    assert_eq!(
        client
            .get("/connectors/8362fa40-9ff1-f430-a3ab-79ecc61b96b1")
            .await
            .status,
        404,
        "a UUID with an impossible version is valid"
    );
    assert_eq!(
        client
            .get("/connectors/8362FA40-9FF1-5430-A3AB-79ECC61B96B1")
            .await
            .status,
        404,
        "a UUID in upper case is valid"
    );
}

#[tokio::test]
async fn body_must_be_json_within_the_size_limit() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::new(&sandbox);
    let body = sms_install("a").to_string();
    let json = ("content-type", "application/json");
    assert_eq!(
        client.send("POST", "/connectors", &[], &body).await.code(),
        "UnsupportedMediaType"
    );
    assert_eq!(
        client
            .send(
                "POST",
                "/connectors",
                &[("content-type", "text/plain")],
                &body
            )
            .await
            .status,
        415
    );
    assert_eq!(
        client
            .send("POST", "/connectors", &[json], "{\"name\":")
            .await
            .code(),
        "InvalidJson"
    );
    assert_eq!(
        client.send("POST", "/connectors", &[json], "").await.status,
        400
    );
    assert_eq!(
        client
            .send("POST", "/connectors", &[json], "[]")
            .await
            .code(),
        "InvalidPayload"
    );
    let large = " ".repeat((1 << 20) + 1);
    assert_eq!(
        client
            .send("POST", "/connectors", &[json], &large)
            .await
            .code(),
        "PayloadTooLarge"
    );
    assert!(sandbox.connectors().is_empty());
    assert_eq!(
        client
            .send("POST", "/connectors", &[json], &body)
            .await
            .status,
        201
    );
}

#[tokio::test]
async fn unknown_query_parameter_answers_422_on_every_operation() {
    use Operation as Op;
    let sandbox = Sandbox::builder()
        .default_script(Script::instant())
        .start()
        .await
        .unwrap();
    let client = Client::with_key(&sandbox, sandbox.access_key());
    let connector = sandbox.add_connectors(1)[0].to_string();
    let channel = sandbox.channels()[0]["id"].as_str().unwrap().to_owned();
    let body = json!({ "service": "channels", "event": "channel.updated", "url": "https://example.com/hook" });
    let created = client
        .post(&path(Op::CreateWebhookSubscription, &sandbox, &[]), body)
        .await
        .json_with_status(201);
    let webhook = created["id"].as_str().unwrap();
    let use_case = sandbox.use_cases()[0].id().to_string();
    for operation in Op::ALL {
        let path = path(
            *operation,
            &sandbox,
            &[
                ("connectorId", &connector),
                ("channelId", &channel),
                ("webhookSubscriptionId", webhook),
                ("useCaseId", &use_case),
            ],
        );
        let headers = [("content-type", "application/json")];
        let response = client
            .send(
                operation.method(),
                &format!("{path}?page_token=x"),
                &headers,
                "{}",
            )
            .await;
        assert_eq!(
            (response.status, response.code().as_str()),
            (422, "InvalidParameter"),
            "{operation}"
        );
        assert!(
            response.message().contains("page_token"),
            "{operation}: {}",
            response.message()
        );
    }
}
