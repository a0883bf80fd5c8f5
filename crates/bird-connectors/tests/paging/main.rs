//! Lists over the wire: the SDK reads every kind of page that the API may send.

mod errors;
mod find_number;

use std::fmt::Debug;

use bird_connectors::list::{List, Listable};
use bird_connectors::models::{SubscriptionId, WorkspaceId};
use bird_connectors::{Client, ErrorKind, Workspace};
use bird_connectors_sandbox::behavior::{LastPage, PageFill, PageTokens};
use bird_connectors_sandbox::{Number, Operation, RecordedRequest, Sandbox};
use futures_util::StreamExt as _;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

fn client(sandbox: &Sandbox) -> Client {
    Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        .max_attempts(1)
        .rate_limit(None)
        .build()
        .unwrap()
}

fn workspace(sandbox: &Sandbox) -> Workspace {
    client(sandbox).workspace(WorkspaceId::from(sandbox.workspace_id()))
}

/// The workspace on the organization path.
fn organization_workspace(sandbox: &Sandbox) -> Workspace {
    let organization = client(sandbox).organization(sandbox.organization_id());
    organization.workspace(WorkspaceId::from(sandbox.workspace_id()))
}

/// One parameter of a query, decoded.
fn parameter(request: &RecordedRequest, name: &str) -> Option<String> {
    let query = request.query.as_deref().unwrap_or_default();
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find_map(|(key, value)| (key == name).then(|| value.into_owned()))
}

/// The `limit` of each request.
fn limits(sandbox: &Sandbox) -> Vec<String> {
    let limit = |request| parameter(request, "limit").unwrap_or_default();
    sandbox.requests().iter().map(limit).collect()
}

/// All items as JSON. Checks that reading with interruptions, resumed from checkpoints, returns the same items.
async fn read<T: Listable + Serialize + Debug>(list: List<T>) -> Vec<Value> {
    let whole = list.clone().collect_up_to(u64::MAX).await.unwrap();
    assert!(whole.undecodable.is_empty());
    assert_eq!(whole.checkpoint, None);
    let whole: Vec<Value> = whole.items.iter().map(|item| json!(item)).collect();

    let mut items = list.clone().items();
    let mut resumed = Vec::new();
    while let Some(item) = items.next().await {
        resumed.push(json!(item.unwrap()));
        if resumed.len() % 7 == 0
            && let Some(checkpoint) = items.checkpoint()
        {
            let checkpoint = checkpoint.to_string().parse().unwrap();
            items = list.clone().resume_from(checkpoint).items();
        }
    }
    assert_eq!(resumed, whole);
    whole
}

fn ids(items: &[Value]) -> Vec<Uuid> {
    let id = |item: &Value| item["id"].as_str().unwrap().parse().unwrap();
    items.iter().map(id).collect()
}

fn subscription(number: u32) -> Value {
    json!({
        "id": Uuid::from_u128(number.into()),
        "organizationId": Uuid::from_u128(1),
        "workspaceId": Uuid::from_u128(2),
        "service": "channels",
        "event": "channel.updated",
        "url": format!("https://example.com/{number}"),
        "status": "active",
    })
}

#[tokio::test]
async fn list_ends_under_every_kind_of_page_token_and_last_page() {
    for page_tokens in PageTokens::ALL {
        for last_page in LastPage::ALL {
            let sandbox = Sandbox::builder()
                .behavior(|behavior| {
                    behavior.page_tokens = *page_tokens;
                    behavior.last_page = *last_page;
                })
                .start()
                .await
                .unwrap();
            let mut expected = sandbox.add_connectors(23);
            let list = workspace(&sandbox).connectors().list().page_size(5);
            assert_eq!(ids(&read(list.clone()).await), expected);
            expected.reverse();
            assert_eq!(ids(&read(list.reverse(true)).await), expected);
        }
    }
}

#[tokio::test]
async fn connector_list_requests_100_items_and_encodes_page_tokens() {
    let sandbox = Sandbox::builder().connectors(250).start().await.unwrap();
    let list = workspace(&sandbox).connectors().list();
    let read = list.collect_up_to(1000).await.unwrap();
    assert_eq!(read.items.len(), 250);
    assert_eq!(limits(&sandbox), ["100", "100", "100"]);

    let requests = sandbox.requests();
    assert_eq!(parameter(&requests[0], "pageToken"), None);
    for request in &requests[1..] {
        let token = parameter(request, "pageToken").unwrap();
        assert!(token.starts_with("+/") && token.ends_with("=="), "{token}");
        let sent = request.query.as_deref().unwrap();
        assert!(
            sent.contains("pageToken=%2B%2F") && sent.contains("%3D%3D"),
            "{sent}"
        );
    }
}

#[tokio::test]
async fn empty_and_partial_pages_do_not_end_the_list() {
    let sandbox = Sandbox::builder()
        .behavior(|behavior| behavior.page_fill = PageFill::Sparse)
        .connectors(30)
        .start()
        .await
        .unwrap();
    let rare = |number: u128| {
        json!({
            "id": Uuid::from_u128(number), "name": "rare", "createdAt": "2026-01-01T00:00:00Z",
            "connectorTemplateRef": "telegram:1",
        })
    };
    sandbox.insert_connector(rare(1));
    sandbox.add_connectors(14);
    sandbox.insert_connector(rare(2));
    let list = workspace(&sandbox)
        .connectors()
        .list()
        .template("telegram:1");
    let found = ids(&read(list.clone().page_size(5)).await);
    assert_eq!(found, [1, 2].map(Uuid::from_u128));

    let sizes = list
        .page_size(5)
        .pages()
        .map(|page| page.unwrap().items.len());
    assert_eq!(
        sizes.collect::<Vec<_>>().await,
        [0, 0, 0, 0, 0, 0, 1, 0, 0, 1]
    );
}

#[tokio::test]
async fn channel_list_requests_1000_items() {
    let sandbox = Sandbox::builder().connectors(1001).start().await.unwrap();
    let channels = workspace(&sandbox).channels();
    let read = channels.list().collect_up_to(5000).await.unwrap();
    let found: Vec<Uuid> = read.items.iter().map(|channel| channel.id.into()).collect();
    assert_eq!(found, ids(&sandbox.channels()));
    assert_eq!(limits(&sandbox), ["1000", "1000"]);

    let error = channels.list().page_size(1001).first_page().await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(sandbox.requests().len(), 2);
}

#[tokio::test]
async fn long_codes_are_a_separate_list_of_numbers() {
    let sandbox = Sandbox::builder().no_numbers().start().await.unwrap();
    let numbers: Vec<Number> = (0..8)
        .map(|number| Number::new(format!("+3161234567{number}")))
        .chain([Number::new("BIRD").alphanumeric()])
        .collect();
    for number in &numbers {
        sandbox.add_number(number.clone());
    }
    let all: Vec<Uuid> = numbers.iter().map(Number::id).collect();
    let resource = workspace(&sandbox).numbers();
    assert_eq!(ids(&read(resource.list().page_size(3)).await), all);
    let long_codes = ids(&read(resource.list_long_codes().page_size(3)).await);
    assert_eq!(long_codes, all[..8]);

    sandbox.clear_requests();
    resource.list().first_page().await.unwrap();
    resource.list_long_codes().first_page().await.unwrap();
    assert_eq!(limits(&sandbox), ["99", "99"]);

    // The lists are different, so a checkpoint of one is invalid for the other.
    let checkpoint = resource.list().collect_up_to(2).await.unwrap().checkpoint;
    let error = resource
        .list_long_codes()
        .resume_from(checkpoint.unwrap())
        .first_page();
    assert_eq!(error.await.unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn subscriptions_and_their_logs_are_listed_on_both_paths() {
    let sandbox = Sandbox::start().await.unwrap();
    let subscriptions: Vec<Value> = (1..9).map(subscription).collect();
    for json in &subscriptions {
        sandbox.insert_webhook_subscription(json.clone());
    }
    let id = SubscriptionId::from_u128(3);
    let deliveries: Vec<Value> = (0..8)
        .map(|number| {
            json!({
                "requestId": format!("request {number}"),
                "attemptCount": number,
                "executionStatus": if number % 2 == 0 { "even" } else { "odd" },
            })
        })
        .collect();
    for json in &deliveries {
        sandbox.insert_delivery(id.into(), json.clone());
    }
    let even: Vec<Value> = deliveries.iter().step_by(2).cloned().collect();

    let mut checkpoints = Vec::new();
    let newer = format!(
        "/workspaces/{}/webhook-subscriptions",
        sandbox.workspace_id()
    );
    let older = format!("/organizations/{}{newer}", sandbox.organization_id());
    for (workspace, path) in [
        (workspace(&sandbox), newer),
        (organization_workspace(&sandbox), older),
    ] {
        sandbox.clear_requests();
        let resource = workspace.webhook_subscriptions();
        assert_eq!(read(resource.list().page_size(3)).await, subscriptions);
        assert_eq!(read(resource.logs(id).page_size(3)).await, deliveries);
        let list = resource.logs(id).execution_status("even");
        assert_eq!(read(list.page_size(3)).await, even);
        for request in sandbox.requests() {
            let expected = match request.operation {
                Some(
                    Operation::ListWebhookSubscriptions
                    | Operation::ListOrganizationWebhookSubscriptions,
                ) => path.clone(),
                _ => format!("{path}/{id}/logs"),
            };
            assert_eq!(request.path, expected);
        }

        sandbox.clear_requests();
        resource.list().first_page().await.unwrap();
        resource.logs(id).first_page().await.unwrap();
        assert_eq!(limits(&sandbox), ["100", "100"]);
        let checkpoint = resource.list().collect_up_to(2).await.unwrap().checkpoint;
        let checkpoint = checkpoint.unwrap();
        let operation = sandbox.requests()[0].operation.unwrap();
        assert_eq!(json!(checkpoint)["operation"], operation.id());
        checkpoints.push((resource, checkpoint));
    }

    // A checkpoint belongs to its path and to the subscription of its log.
    let [(newer, from_newer), (older, from_older)] = checkpoints.try_into().unwrap();
    for list in [
        newer.list().resume_from(from_older),
        older.list().resume_from(from_newer),
    ] {
        let error = list.first_page().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
    let log = newer.logs(id).collect_up_to(2).await.unwrap();
    let another = newer
        .logs(SubscriptionId::from_u128(4))
        .resume_from(log.checkpoint.unwrap());
    let error = another.first_page().await.unwrap_err();
    assert!(
        error.message().contains("was made with the filters"),
        "{error}"
    );
}

#[tokio::test]
async fn available_events_are_filtered_by_service() {
    let sandbox = Sandbox::start().await.unwrap();
    for workspace in [workspace(&sandbox), organization_workspace(&sandbox)] {
        let subscriptions = workspace.webhook_subscriptions();
        let available = read(subscriptions.available_events()).await;
        assert_eq!(available[0]["service"], "channels");
        assert_eq!(available[0]["events"][0]["name"], "channel.created");
        assert_eq!(available[0]["events"][0]["filterKeys"][0], "channelId");
        let available = read(subscriptions.available_events().service("numbers")).await;
        assert!(available.is_empty());
    }
    let services: Vec<_> = sandbox
        .requests()
        .iter()
        .filter_map(|request| parameter(request, "service"))
        .collect();
    assert!(services.contains(&"channels".to_owned()) && services.contains(&"numbers".to_owned()));
}

#[tokio::test]
async fn unknown_fields_and_values_are_kept() {
    let sandbox = Sandbox::builder().no_numbers().start().await.unwrap();
    let connector = json!({
        "id": "00000000-0000-9000-8000-000000000001", "name": "later",
        "createdAt": "2026-01-01T00:00:00.123456789Z", "releaseStatus": {"stage": "beta"},
    });
    let channel =
        json!({"id": Uuid::from_u128(1), "status": "hibernating", "depth": [1, 2, {"m": null}]});
    let number = json!({"id": Uuid::from_u128(2), "type": "lunar", "orbit": 3});
    let mut webhook = subscription(4);
    webhook["status"] = json!("dozing");
    webhook["service"] = json!("weather");
    webhook["shard"] = json!("b");
    sandbox.insert_connector(connector.clone());
    sandbox.insert_channel(channel.clone());
    sandbox.insert_number(number.clone());
    sandbox.insert_webhook_subscription(webhook.clone());

    let workspace = workspace(&sandbox);
    assert_eq!(read(workspace.connectors().list()).await, [connector]);
    assert_eq!(read(workspace.numbers().list()).await, [number]);
    assert_eq!(
        read(workspace.webhook_subscriptions().list()).await,
        [webhook]
    );
    let channels = workspace.channels().list();
    let page = channels.clone().first_page().await.unwrap();
    assert_eq!(page.items[0].status.as_ref().unwrap(), &"hibernating");
    let mut kept = read(channels).await;
    kept[0]
        .as_object_mut()
        .unwrap()
        .retain(|_, value| *value != json!({}));
    assert_eq!(kept, [channel]);
}
