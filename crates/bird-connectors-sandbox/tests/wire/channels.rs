//! Channels: get, list with its filters, and the conversational status.

use std::time::Duration;

use bird_connectors_sandbox::behavior::{ChannelIdsFilter, PlatformIds, UnfilteredChannels};
use bird_connectors_sandbox::{AccessKey, ChannelFilterFields, Sandbox, Script};
use serde_json::{Value, json};

use crate::client::{Client, UNKNOWN_ID, sms_install};
use crate::clock::ManualClock;

fn with_status(status: &str) -> Script {
    Script::statuses(Duration::ZERO, [status])
}

/// A sandbox with one channel for each of these statuses. The name of each channel is its status.
async fn with_channels(statuses: &[&str]) -> (Sandbox, Client) {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::new(&sandbox);
    for status in statuses {
        sandbox.next_install(with_status(status));
        client.install(status).await;
    }
    (sandbox, client)
}

#[tokio::test]
async fn channel_has_the_documented_fields() {
    let sandbox = Sandbox::builder()
        .default_script(Script::instant())
        .start()
        .await
        .unwrap();
    let client = Client::new(&sandbox);
    let number = sandbox.numbers()[0].clone();
    let mut body = sms_install("shop");
    body["arguments"]["phoneNumberId"] = json!(number.id());
    let connector = client.post("/connectors", body).await.json_with_status(201);
    let channel = client.get("/channels").await.results().remove(0);
    assert_eq!(
        client
            .get(&format!("/channels/{}", channel["id"].as_str().unwrap()))
            .await
            .json_with_status(200),
        channel
    );
    assert_eq!(channel["id"], connector["channel"]["channelId"]);
    assert_eq!(channel["connectorId"], connector["id"]);
    assert_eq!(
        (channel["platformId"].as_str(), channel["status"].as_str()),
        (Some("sms-messagebird"), Some("active"))
    );
    assert_eq!(
        (channel["name"].as_str(), channel["identifier"].as_str()),
        (Some("shop"), Some(number.number_string()))
    );
    assert!(
        channel["capabilities"].is_object()
            && channel["createdAt"].is_string()
            && channel["updatedAt"].is_string()
    );

    let whatsapp = json!({ "name": "chat", "connectorTemplateRef": "whatsapp:1",
        "arguments": { "wabaId": "1", "phoneId": "2", "phoneNumber": "+31600000000" } });
    client
        .post("/connectors", whatsapp)
        .await
        .json_with_status(201);
    client
        .post(
            "/connectors",
            json!({ "name": "bot", "connectorTemplateRef": "telegram:1" }),
        )
        .await
        .json_with_status(201);
    assert_eq!(
        client.get("/channels").await.field("identifier")[1..],
        ["+31600000000", "bot"]
    );
}

#[tokio::test]
async fn channel_list_filters_by_platform_status_and_id() {
    let (sandbox, client) = with_channels(&["active", "pending", "preview", "odd"]).await;
    sandbox.next_install(with_status("active"));
    client
        .post(
            "/connectors",
            json!({ "name": "bot", "connectorTemplateRef": "telegram:1" }),
        )
        .await
        .json_with_status(201);
    let ids = client.get("/channels").await.field("id");
    let names = async |query: &str| {
        client
            .get(&format!("/channels?{query}"))
            .await
            .field("name")
    };

    assert_eq!(names("platform=telegram-sandbox").await, ["bot"]);
    assert_eq!(
        names("platform=telegram-sandbox&platform=sms-messagebird")
            .await
            .len(),
        5
    );
    assert_eq!(names("platform=telegram").await.len(), 0);
    assert_eq!(names("platform=line").await.len(), 0);
    assert_eq!(names("status=pending&status=odd").await, ["pending", "odd"]);
    assert_eq!(
        names("status=active&platform=sms-messagebird").await,
        ["active"]
    );
    assert_eq!(
        names(&format!("channelIds={}&channelIds={}", ids[4], ids[1])).await,
        ["pending", "bot"]
    );
    assert_eq!(names(&format!("channelIds={UNKNOWN_ID}")).await.len(), 0);
    assert_eq!(
        names(&format!("channelIds={}&status=pending", ids[0]))
            .await
            .len(),
        0
    );

    for query in [
        "platform=a_b",
        "platform=",
        "channelIds=x",
        "channelIds=",
        "conferencial=1",
        "onlyMyChannels=",
        "useCaseType=a&useCaseType=b",
    ] {
        assert_eq!(
            client.get(&format!("/channels?{query}")).await.code(),
            "InvalidParameter",
            "{query}"
        );
    }
}

#[tokio::test]
async fn channel_ids_filter_follows_behavior() {
    let (sandbox, client) = with_channels(&["active", "pending"]).await;
    sandbox.behavior(|behavior| behavior.channel_ids_filter = ChannelIdsFilter::Ignored);
    assert_eq!(
        client
            .get(&format!("/channels?channelIds={UNKNOWN_ID}"))
            .await
            .results()
            .len(),
        2
    );
    assert_eq!(
        client.get("/channels?channelIds=x").await.status,
        422,
        "the filter is still validated"
    );
    sandbox.behavior(|behavior| {
        behavior.unfiltered_channels = UnfilteredChannels::WithoutPreviewAndPending
    });
    assert_eq!(
        client
            .get(&format!("/channels?channelIds={UNKNOWN_ID}"))
            .await
            .field("name"),
        ["active"],
        "the list is the same as without the filter"
    );
}

#[tokio::test]
async fn unfiltered_channel_list_follows_behavior() {
    let (sandbox, client) = with_channels(&["active", "pending", "preview"]).await;
    let ids = client.get("/channels").await.field("id");
    for (unfiltered, names) in [
        (
            UnfilteredChannels::All,
            vec!["active", "pending", "preview"],
        ),
        (
            UnfilteredChannels::WithoutPreview,
            vec!["active", "pending"],
        ),
        (UnfilteredChannels::WithoutPreviewAndPending, vec!["active"]),
        (UnfilteredChannels::OnlyPreview, vec!["preview"]),
    ] {
        sandbox.behavior(|behavior| behavior.unfiltered_channels = unfiltered);
        assert_eq!(
            client.get("/channels").await.field("name"),
            names,
            "{unfiltered:?}"
        );
        assert_eq!(
            client
                .get("/channels?platform=sms-messagebird")
                .await
                .field("name"),
            names,
            "{unfiltered:?}"
        );
        assert_eq!(
            client.get("/channels?status=pending").await.field("name"),
            ["pending"],
            "{unfiltered:?}: the filter selects it"
        );
        assert_eq!(
            client
                .get(&format!("/channels?channelIds={}", ids[2]))
                .await
                .field("name"),
            ["preview"],
            "{unfiltered:?}: the filter selects it"
        );
    }
}

#[tokio::test]
async fn channel_list_filters_by_fields_that_responses_omit() {
    let sandbox = Sandbox::builder()
        .default_script(Script::instant())
        .add_access_key(AccessKey::new("other"))
        .start()
        .await
        .unwrap();
    let client = Client::new(&sandbox);
    let other = Client::with_key(&sandbox, "other")
        .with_base_path(format!("/workspaces/{}", sandbox.workspace_id()));
    let fields = ChannelFilterFields {
        conferencial: true,
        use_case_type: Some("marketing".into()),
        resource_owner_id: Some("o-1".into()),
        resource_owner_identifier: Some("o-name".into()),
    };
    client.install("plain").await;
    sandbox.next_install(Script::instant().filter_fields(fields));
    other.install("special").await;
    for query in [
        "conferencial=true",
        "useCaseType=marketing",
        "resourceOwnerId=o-1",
        "resourceOwnerIdentifier=x&resourceOwnerIdentifier=o-name",
    ] {
        assert_eq!(
            client
                .get(&format!("/channels?{query}"))
                .await
                .field("name"),
            ["special"],
            "{query}"
        );
    }
    assert_eq!(
        client
            .get("/channels?onlyMyChannels=true")
            .await
            .field("name"),
        ["plain"]
    );
    assert_eq!(
        other
            .get("/channels?onlyMyChannels=true")
            .await
            .field("name"),
        ["special"]
    );
    for query in ["conferencial=false", "onlyMyChannels=false"] {
        assert_eq!(
            client
                .get(&format!("/channels?{query}"))
                .await
                .results()
                .len(),
            2,
            "{query}"
        );
    }
    assert!(
        client
            .get("/channels?useCaseType=other")
            .await
            .results()
            .is_empty()
    );
}

#[tokio::test]
async fn raw_channel_json_is_listed_unchanged_in_order() {
    let (sandbox, client) = with_channels(&["active"]).await;
    let odd =
        json!({ "id": UNKNOWN_ID, "platformId": "new", "status": "hibernating", "future": null });
    sandbox.insert_channel(odd.clone());
    sandbox.insert_channel(json!([]));
    client.install("later").await;
    sandbox.add_connectors(1);
    let results = client.get("/channels").await.results();
    assert_eq!(results[1..3], [odd.clone(), json!([])]);
    assert_eq!(results.len(), 4, "the pending install has no channel yet");
    assert_eq!(
        client.get("/channels?status=hibernating").await.results(),
        [odd.clone()]
    );
    assert_eq!(
        client
            .get(&format!("/channels?channelIds={UNKNOWN_ID}"))
            .await
            .results(),
        [odd.clone()]
    );
    assert_eq!(
        client
            .get(&format!("/channels/{UNKNOWN_ID}"))
            .await
            .json_with_status(200),
        odd
    );
}

#[tokio::test(start_paused = true)]
async fn conversational_status_is_read_and_updated() {
    let clock = ManualClock::hold();
    let sandbox = Sandbox::builder()
        .default_script(Script::instant())
        .start()
        .await
        .unwrap();
    let client = Client::new(&sandbox);
    for (flag, status) in [
        (json!(true), "active"),
        (json!(false), "inactive"),
        (Value::Null, "inactive"),
    ] {
        let mut body = sms_install(&format!("{flag}"));
        body["channelConversationalStatusEnabled"] = flag;
        let created = client.post("/connectors", body).await.json_with_status(201);
        let path = format!(
            "/channels/{}/conversational",
            created["channel"]["channelId"].as_str().unwrap()
        );
        let response = client.get(&path).await.json_with_status(200);
        assert_eq!(response["status"], status);
        assert_eq!(response["createdAt"], response["updatedAt"]);
        clock.advance(Duration::from_secs(1)).await;
        let set = client
            .patch(&path, json!({ "status": "active" }))
            .await
            .json_with_status(200);
        assert_eq!(set["status"], "active");
        assert_ne!(set["createdAt"], set["updatedAt"]);
        assert_eq!(client.get(&path).await.json_with_status(200), set);
        assert_eq!(
            client
                .patch(&path, json!({ "status": "inactive" }))
                .await
                .json_with_status(200)["status"],
            "inactive"
        );
        for (body, message) in [
            (json!({}), "status is required"),
            (
                json!({ "status": "on" }),
                "status must be active or inactive, not \"on\"",
            ),
            (json!({ "status": true }), "status must be a string"),
            (
                json!({ "status": "active", "x": 1 }),
                "x is not a known field",
            ),
        ] {
            assert_eq!(client.patch(&path, body).await.message(), message);
        }
    }
    let unknown = format!("/channels/{UNKNOWN_ID}/conversational");
    assert_eq!(client.get(&unknown).await.status, 404);
    assert_eq!(
        client
            .patch(&unknown, json!({ "status": "active" }))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn platform_of_a_channel_is_not_the_slug_of_its_template() {
    let platforms = async |platform_ids: PlatformIds| {
        let sandbox = Sandbox::builder()
            .default_script(Script::instant())
            .behavior(|behavior| behavior.platform_ids = platform_ids)
            .start()
            .await
            .unwrap();
        let client = Client::new(&sandbox);
        for template in ["email-messagebird:1", "telegram:1"] {
            let body = json!({ "name": template, "connectorTemplateRef": template });
            client.post("/connectors", body).await.json_with_status(201);
        }
        let sms = client.post("/connectors", sms_install("shop")).await;
        sms.json_with_status(201);
        for connector in client.get("/connectors").await.results() {
            let id = connector["channel"]["channelId"].as_str().unwrap();
            let channel = client.get(&format!("/channels/{id}")).await.json();
            assert_eq!(channel["platformId"], connector["channel"]["platform"]);
        }
        client.get("/channels").await.field("platformId")
    };
    assert_eq!(
        platforms(PlatformIds::Known).await,
        ["email-sparkpost", "telegram-sandbox", "sms-messagebird"]
    );
    assert_eq!(
        platforms(PlatformIds::Unrelated).await,
        [
            "email-messagebird-sandbox",
            "telegram-sandbox",
            "sms-messagebird-sandbox"
        ]
    );
}

#[tokio::test]
async fn channel_has_the_message_type_and_the_use_case_of_its_connector() {
    let script = Script::instant().filter_fields(ChannelFilterFields {
        use_case_type: Some("marketing".into()),
        ..Default::default()
    });
    let sandbox = Sandbox::builder()
        .default_script(script)
        .start()
        .await
        .unwrap();
    let client = Client::new(&sandbox);
    let mut body = sms_install("shop");
    body["arguments"]["useCaseId"] = json!(sandbox.use_cases()[0].id());
    client
        .post("/connectors", body.clone())
        .await
        .json_with_status(201);
    let channel = client.get("/channels").await.results().remove(0);
    for name in ["channelMessageType", "useCaseId"] {
        assert_eq!(channel[name], body["arguments"][name], "{name}");
    }
    assert_eq!(channel["useCaseType"], "marketing");
    for name in ["settings", "preferences", "connectionParams"] {
        assert!(channel[name].is_object(), "{name}");
    }
}
