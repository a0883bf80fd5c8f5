//! Installs as they go on, seen over the wire. Time is paused: tests move it.

use std::time::Duration;

use bird_connectors_sandbox::{ChannelField, Sandbox, Script, Step};
use serde_json::{Value, json};
use tokio::time::advance;

use crate::client::{Client, sms};

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[tokio::test(start_paused = true)]
async fn the_standard_install_goes_through_every_shape() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::of(&sandbox);
    let created = client.post("/connectors", sms("a")).await.expect(201);
    assert_eq!(created.get("channel"), None);
    let id = created["id"].as_str().unwrap();
    let readiness = async || {
        let seen = client
            .get(&format!("/connectors/{id}/status"))
            .await
            .expect(200);
        let word = |path: &str| {
            seen.pointer(path)
                .and_then(Value::as_str)
                .unwrap_or("?")
                .to_owned()
        };
        [
            word("/channel/status"),
            word("/channel/stage"),
            word("/number/status"),
        ]
        .join(" ")
    };
    assert_eq!(readiness().await, "pending accepted pending");

    advance(ms(150)).await;
    assert_eq!(
        client.connector(id).await.get("channel"),
        Some(&Value::Null)
    );
    advance(ms(150)).await;
    assert_eq!(client.connector(id).await["channel"], json!({}));
    advance(ms(150)).await;
    assert_eq!(
        client.connector(id).await["channel"],
        json!({ "channelId": "" })
    );
    assert!(client.get("/channels").await.results().is_empty());

    advance(ms(150)).await;
    let channel = client.connector(id).await["channel"]["channelId"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/channels/{channel}");
    assert_eq!(client.get(&path).await.expect(200)["status"], "pending");
    assert_eq!(
        client.get("/channels").await.column("id"),
        [channel.clone()]
    );
    assert_eq!(readiness().await, "pending provisioning pending");

    advance(ms(1399)).await;
    assert_eq!(client.get(&path).await.expect(200)["status"], "pending");
    assert_eq!(readiness().await, "pending verifying pending");
    advance(ms(1)).await;
    let active = client.get(&path).await.expect(200);
    assert_eq!(active["status"], "active");
    assert_eq!(active["connectorId"], id);
    assert_ne!(active["updatedAt"], active["createdAt"]);
    assert_eq!(readiness().await, "active ready active");
}

#[tokio::test(start_paused = true)]
async fn words_come_in_the_order_of_the_script() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::of(&sandbox);
    sandbox.next_install(Script::statuses(
        ms(1000),
        ["pending", "being-looked-at", "", "active"],
    ));
    let id = client.install("a").await;
    let channel = client.connector(&id).await["channel"]["channelId"]
        .as_str()
        .unwrap()
        .to_owned();
    for word in ["pending", "being-looked-at", "", "active", "active"] {
        assert_eq!(
            client
                .get(&format!("/channels/{channel}"))
                .await
                .expect(200)["status"],
            word
        );
        advance(ms(1000)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn failures_show_on_channel_readiness_or_number() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::of(&sandbox);
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
    advance(ms(3000)).await;
    let mut seen = Vec::new();
    for id in ids {
        let connector = client.connector(&id).await;
        let channel = client
            .get(&format!(
                "/channels/{}",
                connector["channel"]["channelId"].as_str().unwrap()
            ))
            .await
            .expect(200);
        let readiness = client
            .get(&format!("/connectors/{id}/status"))
            .await
            .expect(200);
        let words = [
            &channel["status"],
            &readiness["channel"]["status"],
            &readiness["number"]["status"],
        ];
        seen.push(
            words
                .map(|word| word.as_str().unwrap().to_owned())
                .join(" "),
        );
    }
    assert_eq!(
        seen,
        [
            "rejected rejected pending",
            "pending failed pending",
            "pending pending suspended"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn an_install_can_go_on_for_ever() {
    let sandbox = Sandbox::builder()
        .default_script(Script::never())
        .start()
        .await
        .unwrap();
    let client = Client::of(&sandbox);
    let id = client.install("a").await;
    advance(Duration::from_secs(86_400)).await;
    assert_eq!(client.connector(&id).await.get("channel"), None);
}

#[tokio::test(start_paused = true)]
async fn a_slow_commit_is_404_and_unlisted_but_guards_against_repetition() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::of(&sandbox);
    sandbox.next_install(Script::instant().commit_after(ms(5000)));
    let body = sms("a");
    let id = client.post("/connectors", body.clone()).await.expect(201)["id"]
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
        "nor its channel"
    );
    assert_eq!(
        client.delete(&format!("/connectors/{id}")).await.status,
        404
    );
    assert_eq!(client.post("/connectors", body).await.status, 409);
    advance(ms(5000)).await;
    assert_eq!(client.get("/connectors").await.column("id"), [id.clone()]);
    assert_eq!(
        client.get(&format!("/connectors/{id}/status")).await.status,
        200
    );
}

#[tokio::test(start_paused = true)]
async fn a_channel_can_be_replaced_midway() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::of(&sandbox);
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
    advance(ms(1000)).await;
    assert_eq!(channel().await, None);
    assert_eq!(client.get(&format!("/channels/{first}")).await.status, 404);
    advance(ms(1000)).await;
    let second = channel().await.unwrap();
    assert_ne!(first, second);
    assert_eq!(client.get(&format!("/channels/{first}")).await.status, 404);
    assert_eq!(
        client.get(&format!("/channels/{second}")).await.expect(200)["status"],
        "active"
    );
    assert_eq!(client.get("/channels").await.column("id"), [second]);
}

#[tokio::test(start_paused = true)]
async fn a_connector_can_vanish() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::of(&sandbox);
    sandbox.next_install(Script::instant().step(ms(1000), Step::Vanish));
    let body = sms("a");
    let id = client.post("/connectors", body.clone()).await.expect(201)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let channel = client.connector(&id).await["channel"]["channelId"]
        .as_str()
        .unwrap()
        .to_owned();
    advance(ms(1000)).await;
    assert_eq!(client.get(&format!("/connectors/{id}")).await.status, 404);
    assert_eq!(
        client.get(&format!("/channels/{channel}")).await.status,
        404
    );
    assert!(client.get("/connectors").await.results().is_empty());
    assert_eq!(
        client.post("/connectors", body).await.status,
        201,
        "and is no obstacle"
    );
}

#[tokio::test(start_paused = true)]
async fn a_test_can_step_in() {
    let sandbox = Sandbox::builder()
        .default_script(Script::instant())
        .start()
        .await
        .unwrap();
    let client = Client::of(&sandbox);
    let id: uuid::Uuid = client.install("a").await.parse().unwrap();
    assert!(sandbox.apply_step(id, Step::Status("inactive".into())));
    assert_eq!(client.get("/channels").await.column("status"), ["inactive"]);
    advance(ms(10)).await;
    let first = client.get("/channels").await.column("id").remove(0);
    assert!(sandbox.apply_step(id, Step::Channel("active".into())));
    assert_eq!(client.get("/channels").await.column("status"), ["active"]);
    let second = client.get("/channels").await.column("id").remove(0);
    assert_eq!(client.get(&format!("/channels/{first}")).await.status, 404);
    assert_eq!(client.get(&format!("/channels/{second}")).await.status, 200);
    assert_eq!(uuid::Uuid::parse_str(&second).unwrap().get_version_num(), 5);
    assert!(
        !sandbox.apply_step(uuid::Uuid::new_v4(), Step::Vanish),
        "no such connector"
    );
    client
        .delete(&format!("/connectors/{id}"))
        .await
        .expect(204);
    assert!(!sandbox.apply_step(id, Step::Vanish), "gone");
}

#[tokio::test(start_paused = true)]
async fn name_queue_template_and_default_decide_in_this_order() {
    let word = |word: &str| Script::statuses(ms(1), [word]);
    let sandbox = Sandbox::builder()
        .default_script(word("default"))
        .script_for_template("sms-messagebird", word("template"))
        .script_for_name("named", word("name"))
        .next_install(word("queue-1"))
        .start()
        .await
        .unwrap();
    sandbox.next_install(word("queue-2"));
    sandbox.script_for_name("also named", word("name-2"));
    let client = Client::of(&sandbox);
    for name in ["named", "a", "also named", "b", "c"] {
        client.install(name).await;
    }
    let telegram = json!({ "name": "t", "connectorTemplateRef": "telegram:1" });
    client
        .post("/connectors", telegram.clone())
        .await
        .expect(201);
    sandbox.default_script(word("other-default"));
    client
        .post(
            "/connectors",
            json!({ "name": "u", "connectorTemplateRef": "telegram:1" }),
        )
        .await
        .expect(201);
    let expected = [
        "name",
        "queue-1",
        "name-2",
        "queue-2",
        "template",
        "default",
        "other-default",
    ];
    assert_eq!(client.get("/channels").await.column("status"), expected);

    sandbox.next_install(word("kept"));
    assert_eq!(client.post("/connectors", telegram).await.status, 409);
    assert_eq!(client.post("/connectors", json!({})).await.status, 422);
    client.install("d").await;
    assert_eq!(
        client
            .get("/channels?reverse=true&limit=1")
            .await
            .column("status"),
        ["kept"],
        "refused creates take no script"
    );
}
