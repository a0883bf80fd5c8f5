//! Channels: filters, the conversational flag, messages.

use std::time::Duration;

use bird_connectors_sandbox::behavior::{ChannelIdsFilter, UnfilteredChannels};
use bird_connectors_sandbox::{AccessKey, ChannelFilterFields, Sandbox, Script, Step};
use serde_json::{Value, json};

use crate::client::{Client, STRANGE_NUMBER, sms};

fn with_status(status: &str) -> Script {
    Script::statuses(Duration::ZERO, [status])
}

/// A sandbox with one channel for each of these statuses; names are the statuses.
async fn with_channels(statuses: &[&str]) -> (Sandbox, Client) {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::of(&sandbox);
    for status in statuses {
        sandbox.next_install(with_status(status));
        client.install(status).await;
    }
    (sandbox, client)
}

#[tokio::test]
async fn a_channel_shows_what_the_documents_list() {
    let sandbox = Sandbox::builder()
        .default_script(Script::instant())
        .start()
        .await
        .unwrap();
    let client = Client::of(&sandbox);
    let number = sandbox.numbers()[0].clone();
    let mut body = sms("shop");
    body["arguments"]["phoneNumberId"] = json!(number.id());
    let connector = client.post("/connectors", body).await.expect(201);
    let channel = client.get("/channels").await.results().remove(0);
    assert_eq!(
        client
            .get(&format!("/channels/{}", channel["id"].as_str().unwrap()))
            .await
            .expect(200),
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
    client.post("/connectors", whatsapp).await.expect(201);
    client
        .post(
            "/connectors",
            json!({ "name": "bot", "connectorTemplateRef": "telegram:1" }),
        )
        .await
        .expect(201);
    assert_eq!(
        client.get("/channels").await.column("identifier")[1..],
        ["+31600000000", "bot"]
    );
}

#[tokio::test]
async fn platform_status_and_id_filter_the_list() {
    let (sandbox, client) = with_channels(&["active", "pending", "preview", "odd"]).await;
    sandbox.next_install(with_status("active"));
    client
        .post(
            "/connectors",
            json!({ "name": "bot", "connectorTemplateRef": "telegram:1" }),
        )
        .await
        .expect(201);
    let ids = client.get("/channels").await.column("id");
    let names = async |query: &str| {
        client
            .get(&format!("/channels?{query}"))
            .await
            .column("name")
    };

    assert_eq!(names("platform=telegram").await, ["bot"]);
    assert_eq!(
        names("platform=telegram&platform=sms-messagebird")
            .await
            .len(),
        5
    );
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
    assert_eq!(
        names(&format!("channelIds={STRANGE_NUMBER}")).await.len(),
        0
    );
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
async fn the_channel_ids_filter_is_heeded_or_ignored() {
    let (sandbox, client) = with_channels(&["active", "pending"]).await;
    sandbox.behavior(|behavior| behavior.channel_ids_filter = ChannelIdsFilter::Ignored);
    assert_eq!(
        client
            .get(&format!("/channels?channelIds={STRANGE_NUMBER}"))
            .await
            .results()
            .len(),
        2
    );
    assert_eq!(
        client.get("/channels?channelIds=x").await.status,
        422,
        "still read strictly"
    );
    sandbox.behavior(|behavior| {
        behavior.unfiltered_channels = UnfilteredChannels::WithoutPreviewAndPending
    });
    assert_eq!(
        client
            .get(&format!("/channels?channelIds={STRANGE_NUMBER}"))
            .await
            .column("name"),
        ["active"],
        "as without it"
    );
}

#[tokio::test]
async fn an_unfiltered_list_leaves_out_what_the_reading_says() {
    let (sandbox, client) = with_channels(&["active", "pending", "preview"]).await;
    let ids = client.get("/channels").await.column("id");
    for (reading, names) in [
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
        sandbox.behavior(|behavior| behavior.unfiltered_channels = reading);
        assert_eq!(
            client.get("/channels").await.column("name"),
            names,
            "{reading:?}"
        );
        assert_eq!(
            client
                .get("/channels?platform=sms-messagebird")
                .await
                .column("name"),
            names,
            "{reading:?}"
        );
        assert_eq!(
            client.get("/channels?status=pending").await.column("name"),
            ["pending"],
            "{reading:?}: asked for"
        );
        assert_eq!(
            client
                .get(&format!("/channels?channelIds={}", ids[2]))
                .await
                .column("name"),
            ["preview"],
            "{reading:?}: asked for"
        );
    }
}

#[tokio::test]
async fn what_channels_do_not_show_filters_too() {
    let sandbox = Sandbox::builder()
        .default_script(Script::instant())
        .add_access_key(AccessKey::new("other"))
        .start()
        .await
        .unwrap();
    let client = Client::of(&sandbox);
    let other =
        Client::with_key(&sandbox, "other").at(format!("/workspaces/{}", sandbox.workspace_id()));
    let traits = ChannelFilterFields {
        conferencial: true,
        use_case_type: Some("marketing".into()),
        resource_owner_id: Some("o-1".into()),
        resource_owner_identifier: Some("o-name".into()),
    };
    client.install("plain").await;
    sandbox.next_install(Script::instant().filter_fields(traits));
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
                .column("name"),
            ["special"],
            "{query}"
        );
    }
    assert_eq!(
        client
            .get("/channels?onlyMyChannels=true")
            .await
            .column("name"),
        ["plain"]
    );
    assert_eq!(
        other
            .get("/channels?onlyMyChannels=true")
            .await
            .column("name"),
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
async fn raw_json_is_listed_in_its_place() {
    let (sandbox, client) = with_channels(&["active"]).await;
    let odd =
        json!({ "id": STRANGE_NUMBER, "platformId": "new", "status": "dreaming", "future": null });
    sandbox.insert_channel(odd.clone());
    sandbox.insert_channel(json!([]));
    client.install("later").await;
    sandbox.add_connectors(1);
    let results = client.get("/channels").await.results();
    assert_eq!(results[1..3], [odd.clone(), json!([])]);
    assert_eq!(
        results.len(),
        4,
        "the one being installed has no channel yet"
    );
    assert_eq!(
        client.get("/channels?status=dreaming").await.results(),
        [odd.clone()]
    );
    assert_eq!(
        client
            .get(&format!("/channels?channelIds={STRANGE_NUMBER}"))
            .await
            .results(),
        [odd.clone()]
    );
    assert_eq!(
        client
            .get(&format!("/channels/{STRANGE_NUMBER}"))
            .await
            .expect(200),
        odd
    );
}

#[tokio::test(start_paused = true)]
async fn the_conversational_flag_is_read_and_set() {
    let sandbox = Sandbox::builder()
        .default_script(Script::instant())
        .start()
        .await
        .unwrap();
    let client = Client::of(&sandbox);
    for (flag, status) in [
        (json!(true), "active"),
        (json!(false), "inactive"),
        (Value::Null, "inactive"),
    ] {
        let mut body = sms(&format!("{flag}"));
        body["channelConversationalStatusEnabled"] = flag;
        let created = client.post("/connectors", body).await.expect(201);
        let path = format!(
            "/channels/{}/conversational",
            created["channel"]["channelId"].as_str().unwrap()
        );
        let seen = client.get(&path).await.expect(200);
        assert_eq!(seen["status"], status);
        assert_eq!(seen["createdAt"], seen["updatedAt"]);
        tokio::time::advance(Duration::from_secs(1)).await;
        let set = client
            .patch(&path, json!({ "status": "active" }))
            .await
            .expect(200);
        assert_eq!(set["status"], "active");
        assert_ne!(set["createdAt"], set["updatedAt"]);
        assert_eq!(client.get(&path).await.expect(200), set);
        assert_eq!(
            client
                .patch(&path, json!({ "status": "inactive" }))
                .await
                .expect(200)["status"],
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
    let strange = format!("/channels/{STRANGE_NUMBER}/conversational");
    assert_eq!(client.get(&strange).await.status, 404);
    assert_eq!(
        client
            .patch(&strange, json!({ "status": "active" }))
            .await
            .status,
        404
    );
}

#[tokio::test(start_paused = true)]
async fn only_an_active_channel_sends() {
    let sandbox = Sandbox::builder()
        .default_script(Script::timed(Duration::ZERO, Duration::from_secs(2)))
        .start()
        .await
        .unwrap();
    let client = Client::of(&sandbox);
    let id = client.install("a").await;
    let channel = client.connector(&id).await["channel"]["channelId"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/channels/{channel}/messages");
    let message = json!({
        "receiver": { "contacts": [{ "identifierValue": "+31612345678" }] },
        "body": { "type": "text", "text": { "text": "hello" } },
    });
    let early = client.post(&path, message.clone()).await;
    assert_eq!(
        (early.status, early.code().as_str()),
        (422, "ChannelNotActive")
    );
    assert!(early.message().contains("pending"), "{}", early.message());
    sandbox.apply_step(id.parse().unwrap(), Step::Status("odd".into()));
    assert_eq!(
        client.post(&path, message.clone()).await.code(),
        "ChannelNotActive"
    );
    tokio::time::advance(Duration::from_secs(2)).await;
    let sent = client.post(&path, message.clone()).await.expect(202);
    assert_eq!(sent["status"], "accepted");
    let messages = sandbox.messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(json!(messages[0].id), sent["id"]);
    assert_eq!(
        (messages[0].channel_id.to_string(), messages[0].body.clone()),
        (channel, message.clone())
    );
    assert_eq!(
        (messages[0].workspace_id, messages[0].at),
        (sandbox.workspace_id(), Duration::from_secs(2))
    );

    client
        .delete(&format!("/connectors/{id}"))
        .await
        .expect(204);
    assert_eq!(client.post(&path, message.clone()).await.status, 404);
    assert_eq!(
        client
            .post(&format!("/channels/{id}/messages"), message)
            .await
            .status,
        404,
        "a connector's id is no channel's"
    );
}

#[tokio::test]
async fn invalid_messages_are_refused_with_every_reason() {
    let sandbox = Sandbox::builder().connectors(1).start().await.unwrap();
    let client = Client::of(&sandbox);
    let path = format!(
        "/channels/{}/messages",
        sandbox.channels()[0]["id"].as_str().unwrap()
    );
    let good = json!({ "receiver": { "contacts": [{ "identifierValue": "+3161" }] }, "body": { "type": "text", "text": { "text": "x" } } });
    let but = |pointer: &str, value: Value| {
        let mut body = good.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        body
    };
    for (body, message) in [
        (
            json!({}),
            "receiver must be an object; body must be an object",
        ),
        (
            but("/receiver", json!({})),
            "receiver.contacts must be an array with at least one item",
        ),
        (
            but("/receiver/contacts", json!([])),
            "receiver.contacts must be an array with at least one item",
        ),
        (
            but("/receiver/contacts/0", json!("+3161")),
            "receiver.contacts[0] must be an object",
        ),
        (
            but("/receiver/contacts/0", json!({ "value": "x" })),
            "receiver.contacts[0].identifierValue is required; receiver.contacts[0].value is not a known field",
        ),
        (
            but("/body/type", json!("image")),
            "body.type must be text, not \"image\": the sandbox supports text messages only",
        ),
        (
            but("/body/text/text", json!("")),
            "body.text.text must not be empty",
        ),
        (
            but("/body/text/text", json!(1)),
            "body.text.text must be a string",
        ),
    ] {
        let seen = client.post(&path, body.clone()).await;
        assert_eq!(
            (seen.status, seen.code().as_str()),
            (422, "InvalidPayload"),
            "{body}"
        );
        assert_eq!(seen.message(), message, "{body}");
    }
    assert!(sandbox.messages().is_empty());
}
