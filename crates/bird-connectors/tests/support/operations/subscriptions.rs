//! Webhook subscriptions, on both path families.

use bird_connectors::models::{
    AvailableWebhook, AvailableWebhookPage, DeliveryLogDetails, DeliveryLogPage, WebhookService,
    WebhookSubscription, WebhookSubscriptionPage, WebhookSubscriptionStatus,
};
use bird_connectors::{Client, Error, NewSubscription, SubscriptionUpdate, Workspace};
use bird_connectors_httpmock::MockServerExt as _;
use serde_json::json;

use super::{Operation, SECRETS, listed, newer, removed, shown};
use crate::support::{CHANNEL, ORGANIZATION, SUBSCRIPTION, WORKSPACE};

fn older(client: Client) -> Result<Workspace, Error> {
    client.organization(ORGANIZATION).workspace(WORKSPACE)
}

fn subscription() -> WebhookSubscription {
    WebhookSubscription::new(
        SUBSCRIPTION,
        ORGANIZATION,
        WORKSPACE,
        WebhookService::Channels,
        "channel.updated",
        "https://hooks.example.com/bird?tenant=42",
        WebhookSubscriptionStatus::Active,
    )
}

/// The operations that both path families have.
macro_rules! on_path {
    ($workspace:ident, $create_id:literal $create:ident, $list_id:literal $list:ident, $get_id:literal $get:ident, $update_id:literal $update:ident, $delete_id:literal $delete:ident, $logs_id:literal $logs:ident, $details_id:literal $details:ident $(,)?) => {
        [
            Operation {
                id: $create_id,
                note: "what is required",
                mock: |server| {
                    server.$create(|when, then| {
                        when.workspace_id(&WORKSPACE);
                        then.created(&subscription());
                    });
                },
                call: |client| shown(async move {
let subscriptions = $workspace(client)?.webhook_subscriptions();
let new = NewSubscription::new("channel.updated", "https://hooks.example.com/bird?tenant=42");
subscriptions.create(new).await
}),
            },
            Operation {
                id: $create_id,
                note: "every field",
                mock: |server| {
                    server.$create(|when, then| {
                        when.workspace_id(&WORKSPACE);
                        then.created(&subscription());
                    });
                },
                call: |client| shown(async move {
let subscriptions = $workspace(client)?.webhook_subscriptions();
let new = NewSubscription::new("whatsapp.inbound", "https://hooks.example.com:8443/bird")
    .service(WebhookService::Conversations)
    .signing_key(SECRETS[3])
    .filter("channelId", CHANNEL.to_string())
    .filter("platformId", "whatsapp")
    .template(json!({"free": "form"}));
subscriptions.create(new).await
}),
            },
            Operation {
                id: $list_id,
                note: "",
                mock: |server| {
                    server.$list(|when, then| {
                        when.workspace_id(&WORKSPACE).limit(100).page_token(None);
                        then.ok(&WebhookSubscriptionPage::new(vec![subscription()]));
                    });
                },
                call: |client| {
listed($workspace(client).map(|workspace| workspace.webhook_subscriptions().list()))
},
            },
            Operation {
                id: $get_id,
                note: "",
                mock: |server| {
                    server.$get(|when, then| {
                        when.workspace_id(&WORKSPACE).webhook_subscription_id(&SUBSCRIPTION);
                        then.ok(&subscription());
                    });
                },
                call: |client| shown(async move {
let subscriptions = $workspace(client)?.webhook_subscriptions();
subscriptions.get(SUBSCRIPTION).await
}),
            },
            Operation {
                id: $update_id,
                note: "every field",
                mock: |server| {
                    server.$update(|when, then| {
                        when.workspace_id(&WORKSPACE).webhook_subscription_id(&SUBSCRIPTION);
                        then.ok(&subscription());
                    });
                },
                call: |client| shown(async move {
let subscriptions = $workspace(client)?.webhook_subscriptions();
let update = SubscriptionUpdate::new()
    .url("https://hooks.example.com/other")
    .signing_key(SECRETS[3])
    .status(WebhookSubscriptionStatus::Inactive)
    .filters([("channelStatus", "active")])
    .template(json!({}));
subscriptions.update(SUBSCRIPTION, update).await
}),
            },
            Operation {
                id: $update_id,
                note: "no filters any more",
                mock: |server| {
                    server.$update(|when, then| {
                        when.workspace_id(&WORKSPACE).webhook_subscription_id(&SUBSCRIPTION);
                        then.ok(&subscription());
                    });
                },
                call: |client| shown(async move {
let subscriptions = $workspace(client)?.webhook_subscriptions();
let update = SubscriptionUpdate::new().filters::<&str, &str>([]);
subscriptions.update(SUBSCRIPTION, update).await
}),
            },
            Operation {
                id: $delete_id,
                note: "",
                mock: |server| {
                    server.$delete(|when, then| {
                        when.workspace_id(&WORKSPACE).webhook_subscription_id(&SUBSCRIPTION);
                        then.no_content();
                    });
                },
                call: |client| removed(async move {
let subscriptions = $workspace(client)?.webhook_subscriptions();
subscriptions.delete(SUBSCRIPTION).await
}),
            },
            Operation {
                id: $logs_id,
                note: "",
                mock: |server| {
                    server.$logs(|when, then| {
                        when.workspace_id(&WORKSPACE).webhook_subscription_id(&SUBSCRIPTION);
                        then.ok(&DeliveryLogPage::new(vec![]));
                    });
                },
                call: |client| listed($workspace(client).map(|workspace| {
    let logs = workspace.webhook_subscriptions().logs(SUBSCRIPTION);
    logs.execution_status("failed & gone")
})),
            },
            Operation {
                id: $details_id,
                note: "",
                mock: |server| {
                    server.$details(|when, then| {
                        when.workspace_id(&WORKSPACE).webhook_subscription_id(&SUBSCRIPTION).request_id("request/1 & 2");
                        then.ok(&DeliveryLogDetails(Default::default()));
                    });
                },
                call: |client| shown(async move {
let subscriptions = $workspace(client)?.webhook_subscriptions();
subscriptions.log_details(SUBSCRIPTION, "request/1 & 2").await
}),
            },
        ]
    };
}

pub(super) fn add(operations: &mut Vec<Operation>) {
    operations.extend(on_path!(
        newer,
        "createWebhookSubscription" create_webhook_subscription,
        "listWebhookSubscriptions" list_webhook_subscriptions,
        "getWebhookSubscription" get_webhook_subscription,
        "updateWebhookSubscription" update_webhook_subscription,
        "deleteWebhookSubscription" delete_webhook_subscription,
        "listWebhookSubscriptionLogs" list_webhook_subscription_logs,
        "getWebhookSubscriptionLogDetails" get_webhook_subscription_log_details,
    ));
    operations.extend(on_path!(
        older,
        "createOrganizationWebhookSubscription" create_organization_webhook_subscription,
        "listOrganizationWebhookSubscriptions" list_organization_webhook_subscriptions,
        "getOrganizationWebhookSubscription" get_organization_webhook_subscription,
        "updateOrganizationWebhookSubscription" update_organization_webhook_subscription,
        "deleteOrganizationWebhookSubscription" delete_organization_webhook_subscription,
        "listOrganizationWebhookSubscriptionLogs" list_organization_webhook_subscription_logs,
        "getOrganizationWebhookSubscriptionLogDetails" get_organization_webhook_subscription_log_details,
    ));
    operations.push(Operation {
        id: "listAvailableWebhooks",
        note: "",
        mock: |server| {
            let page =
                AvailableWebhookPage::new(vec![AvailableWebhook::new(WebhookService::Numbers)]);
            server.list_available_webhooks(|when, then| {
                when.workspace_id(&WORKSPACE).limit(100).page_token(None);
                then.ok(&page);
            });
        },
        call: |client| {
            listed(newer(client).map(|workspace| {
                let events = workspace.webhook_subscriptions().available_events();
                events.service(WebhookService::Numbers)
            }))
        },
    });
}
