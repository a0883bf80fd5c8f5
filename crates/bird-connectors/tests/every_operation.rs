//! A session of a user that calls every operation of the contract, against a sandbox that validates requests strictly.
//!
//! `cargo xtask referees` runs the same session through a proxy that validates both sides against the contract. It passes
//! the address, the access key and the workspace in `REFEREE_URL`, `REFEREE_KEY` and `REFEREE_WORKSPACE`.

use std::time::Duration;

use bird_connectors::models::{
    ChannelId, OrganizationId, WebhookService, WebhookSubscriptionStatus, WorkspaceId,
};
use bird_connectors::resources::{NewSubscription, SubscriptionUpdate};
use bird_connectors::templates::{Custom, Sms, Telegram, Voice, WhatsApp, WhatsAppAccount};
use bird_connectors::{ChannelMessageType, Client, ErrorKind, Workspace};
use bird_connectors_catalogue::assert_complete;
use bird_connectors_sandbox::{Sandbox, Script};
use serde_json::json;
use uuid::Uuid;

const HOOK: &str = "https://hooks.example.com/bird?tenant=42";

#[tokio::test]
async fn every_operation_succeeds_in_a_session() {
    if let Ok(url) = std::env::var("REFEREE_URL") {
        let variable = |name| std::env::var(name).unwrap();
        let client = client(&url, &variable("REFEREE_KEY"));
        return run_session(client, &variable("REFEREE_WORKSPACE")).await;
    }
    let sandbox = Sandbox::builder()
        .default_script(Script::instant())
        .start()
        .await
        .unwrap();
    let workspace = sandbox.workspace_id().to_string();
    let client = client(&sandbox.base_url(), sandbox.access_key());
    run_session(client, &workspace).await;
    let requests = sandbox.requests();
    let sent = requests
        .iter()
        .map(|request| request.operation.unwrap().id());
    assert_complete(sent, "crates/bird-connectors/tests/every_operation.rs");
}

fn client(url: &str, key: &str) -> Client {
    let builder = Client::builder().base_url(url).access_key(key);
    builder.build().unwrap()
}

async fn run_session(client: Client, workspace: &str) {
    let newer = client.workspace(workspace.parse::<WorkspaceId>().unwrap());
    let channel = connectors(&newer).await;
    channels(&newer, channel).await;
    let organization = subscriptions(&newer).await;
    let older = client.organization(organization).workspace(newer.id());
    assert_eq!(subscriptions(&older).await, organization);
    let request = client.request(
        http::Method::GET,
        &format!("/workspaces/{workspace}/numbers"),
    );
    assert_eq!(
        request
            .query("limit", 1)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16(),
        200
    );
}

/// Installs connectors of several templates and deletes all but one, whose channel it returns.
async fn connectors(workspace: &Workspace) -> ChannelId {
    let numbers = workspace.numbers();
    let number = numbers.list().collect_up_to(10).await.unwrap().items[0].id;
    let list = numbers.list_long_codes().country_code("US").prefix("+1");
    let listed = list.number_type("local").collect_up_to(10).await.unwrap();
    let ten_dlc = listed.items.first().map(|number| number.id);
    let list = numbers.list().page_size(99).country("NL").status("any");
    list.collect_up_to(10).await.unwrap();
    let use_cases = workspace.use_cases();
    let use_case = use_cases.list().collect_up_to(10).await.unwrap().items[0].id;
    assert_eq!(use_cases.get(use_case).await.unwrap().id, use_case);

    let connectors = workspace.connectors();
    let sms = Sms::new(
        format!("SMS {}", Uuid::new_v4()),
        number,
        ChannelMessageType::Transactional,
    )
    .conversational(true);
    let install = connectors.install(sms).await.unwrap();
    let id = install.id();
    connectors.readiness(id).await.unwrap();
    let wait = install.until_ready().timeout(Duration::from_secs(60));
    let ready = wait.await.unwrap();
    connectors.get(id).await.unwrap();

    let account = WhatsAppAccount {
        waba_id: "1029384756",
        phone_id: &Uuid::new_v4().as_u128().to_string(),
        phone_number: "+31612345678",
        access_token: "an-access-token",
    };
    let whatsapp = WhatsApp::new("WhatsApp", account);
    let voice = Voice::new("Voice", number);
    let telegram = Telegram::new("Bot").security_argument("bot", "token", "a-token");
    let registered = Sms::new("10DLC", ten_dlc.unwrap_or(number), "transactional");
    let custom = Custom::new("line:1", "Line").argument("depth", json!({"list": [1, null]}));
    let mut created = Vec::new();
    created.push(connectors.install(whatsapp).await.unwrap().id());
    created.push(connectors.install(voice).await.unwrap().id());
    created.push(connectors.install(telegram).await.unwrap().id());
    created.push(connectors.install(custom).await.unwrap().id());
    let registered = registered.use_case_id(use_case);
    created.push(connectors.install(registered).await.unwrap().id());
    let list = connectors.list().page_size(2).reverse(true);
    let listed = list.collect_up_to(1000).await.unwrap().items;
    assert!(
        created
            .iter()
            .all(|id| listed.iter().any(|one| one.id == *id))
    );
    let list = connectors.list().template("sms-messagebird:1");
    list.collect_up_to(10).await.unwrap();
    for id in created {
        connectors.delete(id).await.unwrap();
        let error = connectors.get(id).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
    ready.channel_id
}

async fn channels(workspace: &Workspace, channel: ChannelId) {
    let channels = workspace.channels();
    let list = channels.list().page_size(1000).channel_id(channel);
    let list = list
        .status("active")
        .status("unheard-of")
        .platform("sms-messagebird");
    assert_eq!(list.collect_up_to(10).await.unwrap().items.len(), 1);
    channels.get(channel).await.unwrap();
    channels.set_conversational(channel, false).await.unwrap();
    channels.conversational(channel).await.unwrap();
    let sent = channels.send_text(channel, "+31612345678", "Hello, \"wörld\" 🙂");
    sent.await.unwrap();
}

/// Calls the methods that both path families have. Returns the organization that the responses name.
async fn subscriptions(workspace: &Workspace) -> OrganizationId {
    let subscriptions = workspace.webhook_subscriptions();
    let plain = NewSubscription::new("channel.created", HOOK);
    let full = NewSubscription::new("channel.updated", HOOK)
        .signing_key("a-signing-key")
        .filter("platformId", "whatsapp")
        .template(json!({"free": "form"}));
    let one = subscriptions.create(plain).await.unwrap();
    let other = subscriptions.create(full).await.unwrap();
    subscriptions.list().collect_up_to(10).await.unwrap();
    subscriptions.get(one.id).await.unwrap();
    let update = SubscriptionUpdate::new()
        .url("https://hooks.example.com/other")
        .signing_key("another-key")
        .status(WebhookSubscriptionStatus::Inactive)
        .filters([("channelStatus", "active")]);
    subscriptions.update(one.id, update).await.unwrap();
    let update = SubscriptionUpdate::new().filters::<&str, &str>([]);
    subscriptions.update(one.id, update).await.unwrap();
    subscriptions.logs(one.id).collect_up_to(10).await.unwrap();
    let details = subscriptions.log_details(one.id, "no such request").await;
    assert_eq!(details.unwrap_err().kind(), ErrorKind::NotFound);
    let events = subscriptions.available_events();
    let events = events.service(WebhookService::Channels);
    events.collect_up_to(10).await.unwrap();
    for id in [one.id, other.id] {
        subscriptions.delete(id).await.unwrap();
    }
    one.organization_id.unwrap()
}
