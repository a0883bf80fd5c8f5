//! Connectors: list, get, readiness, delete, and what they look like under each reading.

use std::time::Duration;

use bird_connectors_sandbox::behavior::{
    Arguments, Capabilities, ConnectorNumber, CreateStatus, DatePrecision, DeleteResponse,
    EmptyFields, Readiness, ReleaseStatusQuery,
};
use bird_connectors_sandbox::{Behavior, Number, Sandbox, Script};
use serde_json::{Value, json};

use crate::client::{Client, sms};

async fn instant(choose: impl FnOnce(&mut Behavior)) -> Sandbox {
    Sandbox::builder()
        .default_script(Script::instant())
        .behavior(choose)
        .start()
        .await
        .unwrap()
}

/// An install over a number that the sandbox has.
fn over(number: &Number) -> Value {
    json!({
        "name": "over a known number",
        "connectorTemplateRef": "sms-messagebird:1",
        "arguments": { "phoneNumberId": number.id(), "channelMessageType": "promotional" },
    })
}

#[tokio::test]
async fn a_connector_shows_what_the_documents_list() {
    let sandbox = instant(|_| {}).await;
    let client = Client::of(&sandbox);
    let number = Number::new("+447700900999").country("GB").mms();
    sandbox.add_number(number.clone());
    let created = client.post("/connectors", over(&number)).await.expect(201);
    let id = created["id"].as_str().unwrap();
    assert_eq!(
        client.connector(id).await,
        created,
        "the create answers with the connector"
    );

    assert_eq!(uuid::Uuid::parse_str(id).unwrap().get_version_num(), 4);
    let channel: uuid::Uuid = created["channel"]["channelId"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(channel.get_version_num(), 5);
    assert_eq!(created["channel"]["platform"], "sms-messagebird");
    assert_eq!(created["workspaceId"], json!(sandbox.workspace_id()));
    assert_eq!(created["connectorTemplateRef"], "sms-messagebird:1");
    assert_eq!(created["connectorTemplateSlug"], "sms-messagebird");
    let shown = &created["number"];
    assert_eq!(shown["numberId"], json!(number.id()));
    assert_eq!(shown["phoneNumber"], "+447700900999");
    assert_eq!(
        (shown["country"].as_str(), shown["numberType"].as_str()),
        (Some("GB"), Some("mobile"))
    );
    assert_eq!(shown["endpointType"], "long-code-number");
    assert_eq!(
        shown["capabilities"],
        "mms-inbound,mms-outbound,sms-inbound,sms-outbound"
    );
    assert_eq!(shown["profileAttachments"][3]["capability"], "sms-outbound");
    assert_eq!(
        shown["profileAttachments"][3]["variables"]["connectorId"],
        id
    );
    assert_eq!(created.get("status"), None, "a connector has no status");
}

#[tokio::test]
async fn each_reading_of_a_connectors_fields_is_played() {
    let number = Number::new("+447700900999");
    let show = async |choose: fn(&mut Behavior)| {
        let sandbox = instant(choose).await;
        sandbox.add_number(number.clone());
        Client::of(&sandbox)
            .post("/connectors", over(&number))
            .await
            .expect(201)
    };
    let plain = show(|_| {}).await;
    assert_eq!(plain["arguments"]["channelMessageType"], "promotional");
    assert_eq!(plain["routingKey"], Value::Null);
    assert!(plain.get("routingKey").is_some() && plain.get("dataCapture").is_some());

    assert_eq!(
        show(|behavior| behavior.arguments = Arguments::Absent)
            .await
            .get("arguments"),
        None
    );
    assert_eq!(
        show(|behavior| behavior.arguments = Arguments::Null)
            .await
            .get("arguments"),
        Some(&Value::Null)
    );
    assert_eq!(
        show(|behavior| behavior.connector_number = ConnectorNumber::Absent)
            .await
            .get("number"),
        None
    );
    assert_eq!(
        show(|behavior| behavior.connector_number = ConnectorNumber::Null)
            .await
            .get("number"),
        Some(&Value::Null)
    );
    assert_eq!(
        show(|behavior| behavior.capabilities = Capabilities::List).await["number"]["capabilities"],
        json!(["sms-inbound", "sms-outbound"])
    );
    let bare = show(|behavior| behavior.empty_fields = EmptyFields::Absent).await;
    assert!(bare.get("routingKey").is_none() && bare.get("dataCapture").is_none());

    let date = async |dates: fn(&mut Behavior)| {
        show(dates).await["createdAt"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        date(|behavior| behavior.date_precision = DatePrecision::Seconds)
            .await
            .len(),
        "2026-01-01T00:00:00Z".len()
    );
    assert_eq!(date(|_| {}).await.len(), "2026-01-01T00:00:00.000Z".len());
    assert_eq!(
        date(|behavior| behavior.date_precision = DatePrecision::Nanoseconds)
            .await
            .len(),
        "2026-01-01T00:00:00.000000000Z".len()
    );
}

#[tokio::test]
async fn a_connector_without_a_number_shows_none() {
    let sandbox = instant(|_| {}).await;
    let body = json!({ "name": "t", "connectorTemplateRef": "telegram:1" });
    let created = Client::of(&sandbox)
        .post("/connectors", body.clone())
        .await
        .expect(201);
    assert_eq!(created.get("number"), Some(&Value::Null));
    assert_eq!(created.get("arguments"), None);
    let sandbox = instant(|behavior| behavior.empty_fields = EmptyFields::Absent).await;
    assert_eq!(
        Client::of(&sandbox)
            .post("/connectors", body)
            .await
            .expect(201)
            .get("number"),
        None
    );
}

#[tokio::test]
async fn a_create_answers_201_or_200() {
    let sandbox = instant(|behavior| behavior.create_status = CreateStatus::Ok200).await;
    assert_eq!(
        Client::of(&sandbox)
            .post("/connectors", sms("a"))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn the_list_is_filtered_by_template_reference() {
    let sandbox = instant(|_| {}).await;
    let client = Client::of(&sandbox);
    for reference in ["line:1", "telegram:1", "line:2", "line:1"] {
        let name = format!("{reference} {}", sandbox.connectors().len());
        client
            .post(
                "/connectors",
                json!({ "name": name, "connectorTemplateRef": reference }),
            )
            .await
            .expect(201);
    }
    assert_eq!(
        client
            .get("/connectors?templateRef=line%3A1")
            .await
            .column("name"),
        ["line:1 0", "line:1 3"]
    );
    assert_eq!(
        client
            .get("/connectors?templateRef=line:2")
            .await
            .column("name"),
        ["line:2 2"]
    );
    assert!(
        client
            .get("/connectors?templateRef=line")
            .await
            .results()
            .is_empty(),
        "exact"
    );
    assert_eq!(
        client
            .get("/connectors?reverse=true&limit=2")
            .await
            .column("name"),
        ["line:1 3", "line:2 2"]
    );
}

#[tokio::test]
async fn include_release_status_is_known_or_not() {
    let sandbox = instant(|_| {}).await;
    let client = Client::of(&sandbox);
    assert_eq!(
        client
            .get("/connectors?includeReleaseStatus=true")
            .await
            .status,
        200
    );
    assert_eq!(
        client
            .get("/connectors?includeReleaseStatus=yes")
            .await
            .status,
        422
    );
    sandbox.behavior(|behavior| behavior.release_status_query = ReleaseStatusQuery::Unknown);
    assert_eq!(
        client
            .get("/connectors?includeReleaseStatus=true")
            .await
            .code(),
        "InvalidParameter"
    );
}

#[tokio::test]
async fn a_deleted_connector_takes_its_channel_along() {
    let sandbox = instant(|_| {}).await;
    let client = Client::of(&sandbox);
    let id = client.install("a").await;
    let channel = sandbox.channels()[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(
        client.get(&format!("/channels/{channel}")).await.status,
        200
    );
    let seen = client.delete(&format!("/connectors/{id}")).await;
    assert_eq!((seen.status, seen.text.as_str()), (204, ""));
    for path in [
        format!("/connectors/{id}"),
        format!("/connectors/{id}/status"),
        format!("/channels/{channel}"),
        format!("/channels/{channel}/conversational"),
    ] {
        let seen = client.get(&path).await;
        assert_eq!(
            (seen.status, seen.code().as_str()),
            (404, "ResourceNotFound"),
            "{path}"
        );
    }
    assert!(client.get("/connectors").await.results().is_empty());
    assert!(client.get("/channels").await.results().is_empty());
    assert_eq!(
        client.delete(&format!("/connectors/{id}")).await.status,
        404,
        "once"
    );
}

#[tokio::test]
async fn a_delete_answers_in_four_ways() {
    for (deleted, status, has_body) in [
        (DeleteResponse::NoContent204, 204, false),
        (DeleteResponse::Empty200, 200, false),
        (DeleteResponse::Body200, 200, true),
        (DeleteResponse::Accepted202, 202, false),
    ] {
        let sandbox = instant(|behavior| behavior.delete_response = deleted).await;
        let client = Client::of(&sandbox);
        let id = client.install("a").await;
        let before = client.connector(&id).await;
        let seen = client.delete(&format!("/connectors/{id}")).await;
        assert_eq!(
            (seen.status, seen.text.is_empty()),
            (status, !has_body),
            "{deleted:?}"
        );
        if has_body {
            assert_eq!(seen.json(), before);
        }
        assert!(sandbox.connectors().is_empty(), "{deleted:?}");
    }
}

#[tokio::test]
async fn readiness_is_there_for_all_for_sms_or_for_none() {
    let body = json!({ "name": "t", "connectorTemplateRef": "telegram:1" });
    for (readiness, sms_status, telegram_status) in [
        (Readiness::AllTemplates, 200, 200),
        (Readiness::SmsOnly, 200, 404),
        (Readiness::NoTemplate, 404, 404),
    ] {
        let sandbox = instant(|behavior| behavior.readiness = readiness).await;
        let client = Client::of(&sandbox);
        let sms = client.install("a").await;
        let telegram = client.post("/connectors", body.clone()).await.expect(201)["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let seen = client.get(&format!("/connectors/{sms}/status")).await;
        assert_eq!(seen.status, sms_status, "{readiness:?}");
        if sms_status == 200 {
            let expected = json!({ "channel": { "status": "active", "stage": "ready" }, "number": { "status": "active" } });
            assert_eq!(seen.json(), expected);
        }
        let seen = client.get(&format!("/connectors/{telegram}/status")).await;
        assert_eq!(seen.status, telegram_status, "{readiness:?}");
        if telegram_status == 200 {
            assert_eq!(
                seen.json(),
                json!({ "channel": { "status": "active", "stage": "ready" } }),
                "no number, no number status"
            );
        }
    }
}

#[tokio::test]
async fn a_script_decides_over_its_own_readiness() {
    let sandbox = instant(|behavior| behavior.readiness = Readiness::NoTemplate).await;
    let client = Client::of(&sandbox);
    sandbox.next_install(Script::instant().readiness(true));
    let id = client.install("a").await;
    assert_eq!(
        client.get(&format!("/connectors/{id}/status")).await.status,
        200
    );
    sandbox.behavior(|behavior| behavior.readiness = Readiness::AllTemplates);
    sandbox.next_install(Script::instant().readiness(false));
    let id = client.install("b").await;
    assert_eq!(
        client.get(&format!("/connectors/{id}/status")).await.status,
        404
    );
}

#[tokio::test]
async fn raw_json_is_listed_as_it_is() {
    let sandbox = Sandbox::builder().connectors(1).start().await.unwrap();
    let client = Client::of(&sandbox);
    let odd = json!({ "id": "8362fa40-9ff1-f430-a3ab-79ecc61b96b1", "name": "odd", "createdAt": "2026-01-01T00:00:00.123456789Z",
        "connectorTemplateRef": "new:7", "futureField": { "a": [1, 2] } });
    sandbox.insert_connector(odd.clone());
    sandbox.insert_connector(json!({ "id": 5 }));
    sandbox.insert_connector(json!("not even an object"));
    sandbox.add_connectors(1);

    let results = client.get("/connectors").await.results();
    assert_eq!(results.len(), 5);
    assert_eq!(
        &results[1..4],
        [odd.clone(), json!({ "id": 5 }), json!("not even an object")]
    );
    assert_eq!(
        client.get("/connectors?templateRef=new:7").await.results(),
        [odd.clone()]
    );
    assert_eq!(
        client
            .connector("8362fa40-9ff1-f430-a3ab-79ecc61b96b1")
            .await,
        odd
    );
    assert_eq!(
        client
            .get("/connectors/8362fa40-9ff1-f430-a3ab-79ecc61b96b1/status")
            .await
            .status,
        404
    );
    assert_eq!(
        client
            .delete("/connectors/8362fa40-9ff1-f430-a3ab-79ecc61b96b1")
            .await
            .status,
        204
    );
    assert_eq!(client.get("/connectors").await.results().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn updated_at_follows_what_is_visible() {
    let sandbox = Sandbox::builder()
        .default_script(Script::pending(Duration::from_secs(60)))
        .start()
        .await
        .unwrap();
    let client = Client::of(&sandbox);
    let id = client.install("a").await;
    let before = client.connector(&id).await;
    assert_eq!(before["createdAt"], before["updatedAt"]);
    tokio::time::advance(Duration::from_secs(60)).await;
    let after = client.connector(&id).await;
    assert_eq!(after["createdAt"], before["createdAt"]);
    assert_ne!(after["updatedAt"], before["updatedAt"]);
}
