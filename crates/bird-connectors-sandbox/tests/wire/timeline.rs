//! The timeline of installs over HTTP.

use std::time::Duration;

use bird_connectors_sandbox::{ChannelField, Sandbox, Script, Step};
use serde_json::{Value, json};

use crate::client::{Client, sms_install};
use crate::clock::ManualClock;

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[tokio::test(start_paused = true)]
async fn standard_install_passes_through_all_channel_states() {
    let clock = ManualClock::hold();
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::new(&sandbox);
    let created = client
        .post("/connectors", sms_install("a"))
        .await
        .json_with_status(201);
    assert_eq!(created.get("channel"), None);
    let id = created["id"].as_str().unwrap();
    let readiness = async || {
        let response = client
            .get(&format!("/connectors/{id}/status"))
            .await
            .json_with_status(200);
        let status = |path: &str| {
            response
                .pointer(path)
                .and_then(Value::as_str)
                .unwrap_or("?")
                .to_owned()
        };
        [
            status("/channel/status"),
            status("/channel/stage"),
            status("/number/status"),
        ]
        .join(" ")
    };
    assert_eq!(readiness().await, "pending accepted pending");

    clock.advance(ms(150)).await;
    assert_eq!(
        client.connector(id).await.get("channel"),
        Some(&Value::Null)
    );
    clock.advance(ms(150)).await;
    assert_eq!(client.connector(id).await["channel"], json!({}));
    clock.advance(ms(150)).await;
    assert_eq!(
        client.connector(id).await["channel"],
        json!({ "channelId": "" })
    );
    assert!(client.get("/channels").await.results().is_empty());

    clock.advance(ms(150)).await;
    let channel = client.connector(id).await["channel"]["channelId"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/channels/{channel}");
    assert_eq!(
        client.get(&path).await.json_with_status(200)["status"],
        "pending"
    );
    assert_eq!(client.get("/channels").await.field("id"), [channel.clone()]);
    assert_eq!(readiness().await, "pending provisioning pending");

    clock.advance(ms(1399)).await;
    assert_eq!(
        client.get(&path).await.json_with_status(200)["status"],
        "pending"
    );
    assert_eq!(readiness().await, "pending verifying pending");
    clock.advance(ms(1)).await;
    let active = client.get(&path).await.json_with_status(200);
    assert_eq!(active["status"], "active");
    assert_eq!(active["connectorId"], id);
    assert_ne!(active["updatedAt"], active["createdAt"]);
    assert_eq!(readiness().await, "active ready active");
}

#[tokio::test(start_paused = true)]
async fn channel_statuses_follow_the_script() {
    let clock = ManualClock::hold();
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::new(&sandbox);
    sandbox.next_install(Script::statuses(
        ms(1000),
        ["pending", "in-review", "", "active"],
    ));
    let id = client.install("a").await;
    let channel = client.connector(&id).await["channel"]["channelId"]
        .as_str()
        .unwrap()
        .to_owned();
    for status in ["pending", "in-review", "", "active", "active"] {
        assert_eq!(
            client
                .get(&format!("/channels/{channel}"))
                .await
                .json_with_status(200)["status"],
            status
        );
        clock.advance(ms(1000)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn failed_install_is_visible_in_channel_readiness_or_number_status() {
    let clock = ManualClock::hold();
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::new(&sandbox);
    sandbox.next_install(Script::failing("rejected"));
    sandbox.next_install(
        Script::pending(ms(600)).step(ms(2000), Step::ReadinessStatus("failed".into())),
    );
    sandbox.next_install(
        Script::pending(ms(600)).step(ms(2000), Step::NumberStatus("suspended".into())),
    );
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(client.install(name).await);
    }
    clock.advance(ms(3000)).await;
    let mut response = Vec::new();
    for id in ids {
        let connector = client.connector(&id).await;
        let channel = client
            .get(&format!(
                "/channels/{}",
                connector["channel"]["channelId"].as_str().unwrap()
            ))
            .await
            .json_with_status(200);
        let readiness = client
            .get(&format!("/connectors/{id}/status"))
            .await
            .json_with_status(200);
        let statuses = [
            &channel["status"],
            &readiness["channel"]["status"],
            &readiness["number"]["status"],
        ];
        response.push(
            statuses
                .map(|status| status.as_str().unwrap().to_owned())
                .join(" "),
        );
    }
    assert_eq!(
        response,
        [
            "rejected rejected pending",
            "pending failed pending",
            "pending pending suspended"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn script_never_gives_no_channel() {
    let clock = ManualClock::hold();
    let sandbox = Sandbox::builder()
        .default_script(Script::never())
        .start()
        .await
        .unwrap();
    let client = Client::new(&sandbox);
    let id = client.install("a").await;
    clock.advance(Duration::from_secs(86_400)).await;
    assert_eq!(client.connector(&id).await.get("channel"), None);
}

#[tokio::test(start_paused = true)]
async fn uncommitted_connector_is_invisible_but_detected_as_duplicate() {
    let clock = ManualClock::hold();
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::new(&sandbox);
    sandbox.next_install(Script::instant().commit_after(ms(5000)));
    let body = sms_install("a");
    let id = client
        .post("/connectors", body.clone())
        .await
        .json_with_status(201)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for path in [
        format!("/connectors/{id}"),
        format!("/connectors/{id}/status"),
    ] {
        assert_eq!(client.get(&path).await.status, 404, "{path}");
    }
    assert!(client.get("/connectors").await.results().is_empty());
    assert!(
        client.get("/channels").await.results().is_empty(),
        "its channel is not listed either"
    );
    assert_eq!(
        client.delete(&format!("/connectors/{id}")).await.status,
        404
    );
    assert_eq!(client.post("/connectors", body).await.status, 409);
    clock.advance(ms(5000)).await;
    assert_eq!(client.get("/connectors").await.field("id"), [id.clone()]);
    assert_eq!(
        client.get(&format!("/connectors/{id}/status")).await.status,
        200
    );
}

#[tokio::test(start_paused = true)]
async fn channel_step_replaces_the_previous_channel() {
    let clock = ManualClock::hold();
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::new(&sandbox);
    let fixed = [uuid::Uuid::new_v4()];
    let script = Script::pending(ms(0))
        .channel_ids(fixed)
        .step(ms(1000), Step::NoChannel(ChannelField::EmptyObject))
        .step(ms(2000), Step::Channel("active".into()));
    sandbox.next_install(script);
    let id = client.install("a").await;
    let channel = async || {
        client.connector(&id).await["channel"]["channelId"]
            .as_str()
            .map(str::to_owned)
    };
    let first = channel().await.unwrap();
    assert_eq!(first, fixed[0].to_string());
    assert_eq!(client.get(&format!("/channels/{first}")).await.status, 200);
    clock.advance(ms(1000)).await;
    assert_eq!(channel().await, None);
    assert_eq!(client.get(&format!("/channels/{first}")).await.status, 404);
    clock.advance(ms(1000)).await;
    let second = channel().await.unwrap();
    assert_ne!(first, second);
    assert_eq!(client.get(&format!("/channels/{first}")).await.status, 404);
    assert_eq!(
        client
            .get(&format!("/channels/{second}"))
            .await
            .json_with_status(200)["status"],
        "active"
    );
    assert_eq!(client.get("/channels").await.field("id"), [second]);
}

#[tokio::test(start_paused = true)]
async fn vanish_step_removes_connector_and_channel() {
    let clock = ManualClock::hold();
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::new(&sandbox);
    sandbox.next_install(Script::instant().step(ms(1000), Step::Vanish));
    let body = sms_install("a");
    let id = client
        .post("/connectors", body.clone())
        .await
        .json_with_status(201)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let channel = client.connector(&id).await["channel"]["channelId"]
        .as_str()
        .unwrap()
        .to_owned();
    clock.advance(ms(1000)).await;
    assert_eq!(client.get(&format!("/connectors/{id}")).await.status, 404);
    assert_eq!(
        client.get(&format!("/channels/{channel}")).await.status,
        404
    );
    assert!(client.get("/connectors").await.results().is_empty());
    assert_eq!(
        client.post("/connectors", body).await.status,
        201,
        "the connector that vanished is not a duplicate"
    );
}

#[tokio::test(start_paused = true)]
async fn apply_step_changes_an_existing_connector_immediately() {
    let clock = ManualClock::hold();
    let sandbox = Sandbox::builder()
        .default_script(Script::instant())
        .start()
        .await
        .unwrap();
    let client = Client::new(&sandbox);
    let id: uuid::Uuid = client.install("a").await.parse().unwrap();
    assert!(sandbox.apply_step(id, Step::Status("inactive".into())));
    assert_eq!(client.get("/channels").await.field("status"), ["inactive"]);
    clock.advance(ms(10)).await;
    let first = client.get("/channels").await.field("id").remove(0);
    assert!(sandbox.apply_step(id, Step::Channel("active".into())));
    assert_eq!(client.get("/channels").await.field("status"), ["active"]);
    let second = client.get("/channels").await.field("id").remove(0);
    assert_eq!(client.get(&format!("/channels/{first}")).await.status, 404);
    assert_eq!(client.get(&format!("/channels/{second}")).await.status, 200);
    assert_eq!(uuid::Uuid::parse_str(&second).unwrap().get_version_num(), 5);
    assert!(
        !sandbox.apply_step(uuid::Uuid::new_v4(), Step::Vanish),
        "the connector does not exist"
    );
    client
        .delete(&format!("/connectors/{id}"))
        .await
        .json_with_status(204);
    assert!(
        !sandbox.apply_step(id, Step::Vanish),
        "the connector is deleted"
    );
}

#[tokio::test(start_paused = true)]
async fn script_is_selected_by_name_then_queue_then_template_then_default() {
    let _clock = ManualClock::hold();
    let script = |status: &str| Script::statuses(ms(1), [status]);
    let sandbox = Sandbox::builder()
        .default_script(script("default"))
        .script_for_template("sms-messagebird", script("template"))
        .script_for_name("named", script("name"))
        .next_install(script("queue-1"))
        .start()
        .await
        .unwrap();
    sandbox.next_install(script("queue-2"));
    sandbox.script_for_name("also named", script("name-2"));
    let client = Client::new(&sandbox);
    for name in ["named", "a", "also named", "b", "c"] {
        client.install(name).await;
    }
    let telegram = json!({ "name": "t", "connectorTemplateRef": "telegram:1" });
    client
        .post("/connectors", telegram.clone())
        .await
        .json_with_status(201);
    sandbox.default_script(script("other-default"));
    client
        .post(
            "/connectors",
            json!({ "name": "u", "connectorTemplateRef": "telegram:1" }),
        )
        .await
        .json_with_status(201);
    let expected = [
        "name",
        "queue-1",
        "name-2",
        "queue-2",
        "template",
        "default",
        "other-default",
    ];
    assert_eq!(client.get("/channels").await.field("status"), expected);

    sandbox.next_install(script("queued"));
    assert_eq!(client.post("/connectors", telegram).await.status, 409);
    assert_eq!(client.post("/connectors", json!({})).await.status, 422);
    client.install("d").await;
    assert_eq!(
        client
            .get("/channels?reverse=true&limit=1")
            .await
            .field("status"),
        ["queued"],
        "rejected creates take no script from the queue"
    );
}
