//! Sending messages over a channel.

use std::time::Duration;

use bird_connectors_sandbox::{Sandbox, Script, Step};
use serde_json::{Value, json};

use crate::client::Client;
use crate::clock::ManualClock;

#[tokio::test(start_paused = true)]
async fn message_over_an_inactive_channel_answers_422() {
    let clock = ManualClock::hold();
    let sandbox = Sandbox::builder()
        .default_script(Script::timed(Duration::ZERO, Duration::from_secs(2)))
        .start()
        .await
        .unwrap();
    let client = Client::new(&sandbox);
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
    clock.advance(Duration::from_secs(2)).await;
    let sent = client
        .post(&path, message.clone())
        .await
        .json_with_status(202);
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
        .json_with_status(204);
    assert_eq!(client.post(&path, message.clone()).await.status, 404);
    assert_eq!(
        client
            .post(&format!("/channels/{id}/messages"), message)
            .await
            .status,
        404,
        "a connector id is not a channel id"
    );
}

#[tokio::test]
async fn invalid_message_answers_422_with_all_errors() {
    let sandbox = Sandbox::builder().connectors(1).start().await.unwrap();
    let client = Client::new(&sandbox);
    let path = format!(
        "/channels/{}/messages",
        sandbox.channels()[0]["id"].as_str().unwrap()
    );
    let valid = json!({ "receiver": { "contacts": [{ "identifierValue": "+3161" }] }, "body": { "type": "text", "text": { "text": "x" } } });
    let with_field = |pointer: &str, value: Value| {
        let mut body = valid.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        body
    };
    for (body, message) in [
        (
            json!({}),
            "receiver must be an object; body must be an object",
        ),
        (
            with_field("/receiver", json!({})),
            "receiver.contacts must be an array with at least one item",
        ),
        (
            with_field("/receiver/contacts", json!([])),
            "receiver.contacts must be an array with at least one item",
        ),
        (
            with_field("/receiver/contacts/0", json!("+3161")),
            "receiver.contacts[0] must be an object",
        ),
        (
            with_field("/receiver/contacts/0", json!({ "value": "x" })),
            "receiver.contacts[0].identifierValue is required; receiver.contacts[0].value is not a known field",
        ),
        (
            with_field("/receiver/contacts/0/identifierValue", json!("Support")),
            "receiver.contacts[0].identifierValue must be a phone number such as +31612345678 for a channel of \
             sms-messagebird, not \"Support\"",
        ),
        (
            with_field("/body/type", json!("image")),
            "body.type must be text, not \"image\": the sandbox supports text messages only",
        ),
        (
            with_field("/body/text/text", json!("")),
            "body.text.text must not be empty",
        ),
        (
            with_field("/body/text/text", json!(1)),
            "body.text.text must be a string",
        ),
    ] {
        let response = client.post(&path, body.clone()).await;
        assert_eq!(
            (response.status, response.code().as_str()),
            (422, "InvalidPayload"),
            "{body}"
        );
        assert_eq!(response.message(), message, "{body}");
    }
    assert!(sandbox.messages().is_empty());
}
