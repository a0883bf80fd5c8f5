//! Webhook subscriptions, on both path families.

use bird_connectors::models::{
    AvailableWebhook, AvailableWebhookPage, DeliveryLogDetails, DeliveryLogPage, WebhookService,
    WebhookSubscription, WebhookSubscriptionPage, WebhookSubscriptionStatus,
};
use bird_connectors::resources::{NewSubscription, SubscriptionUpdate};
use bird_connectors_httpmock::MockServerExt as _;
use bird_connectors_sandbox::Operation;
use serde_json::json;

use crate::call::{deleted, list, value};
use crate::connectors::{contains, has_id};
use crate::entry::{Entry, Write};
use crate::ids::Ids;
use crate::secrets::SIGNING_KEY;

const URL: &str = "https://hooks.example.com/bird?tenant=42";
const OTHER_URL: &str = "https://hooks.example.com/other";

fn subscription(ids: &Ids) -> WebhookSubscription {
    WebhookSubscription::new(
        ids.subscription,
        ids.organization,
        ids.workspace,
        WebhookService::Channels,
        "channel.updated",
        URL,
        WebhookSubscriptionStatus::Active,
    )
}

fn page(ids: &Ids) -> WebhookSubscriptionPage {
    WebhookSubscriptionPage::new(vec![subscription(ids)])
}

const CREATE: Write = Write {
    count: |sandbox, _| sandbox.webhook_subscriptions().len(),
    is_correct: |sandbox, _, value| {
        contains(
            &sandbox.webhook_subscriptions(),
            &["id", "url", "event"],
            value,
        )
    },
};

const UPDATE: Write = Write {
    count: |sandbox, _| {
        let updated = json!({ "url": OTHER_URL });
        usize::from(contains(
            &sandbox.webhook_subscriptions(),
            &["url"],
            &updated,
        ))
    },
    is_correct: CREATE.is_correct,
};

/// The operations of one path family. `$workspace` is the method of [`Ids`] that returns the workspace on that path.
macro_rules! path_family {
    (
        $workspace:ident,
        $create:ident $create_mock:ident,
        $list:ident $list_mock:ident,
        $get:ident $get_mock:ident,
        $update:ident $update_mock:ident,
        $delete:ident $delete_mock:ident,
        $logs:ident $logs_mock:ident,
        $details:ident $details_mock:ident $(,)?
    ) => {
        [
            Entry::write(Operation::$create, |ids| json!(subscription(ids)), CREATE)
                .python("workspace.webhook_subscriptions.create(event='channel.updated', url='https://example.com/hooks')")
                .call(
                    "with a signing key",
                    |client, ids| {
                        value(async move {
                            let subscriptions = ids.$workspace(&client).webhook_subscriptions();
                            let new = NewSubscription::new("channel.created", URL);
                            subscriptions.create(new.signing_key(SIGNING_KEY)).await
                        })
                    },
                    |server, ids| {
                        server.$create_mock(|when, then| {
                            when.workspace_id(&ids.workspace);
                            then.created(&subscription(ids));
                        });
                    },
                )
                .call(
                    "required fields",
                    |client, ids| {
                        value(async move {
                            let subscriptions = ids.$workspace(&client).webhook_subscriptions();
                            let new = NewSubscription::new("channel.updated", URL);
                            subscriptions.create(new).await
                        })
                    },
                    |server, ids| {
                        server.$create_mock(|when, then| {
                            when.workspace_id(&ids.workspace);
                            then.created(&subscription(ids));
                        });
                    },
                )
                .call(
                    "every field",
                    |client, ids| {
                        value(async move {
                            let subscriptions = ids.$workspace(&client).webhook_subscriptions();
                            let url = "https://hooks.example.com:8443/bird";
                            let new = NewSubscription::new("whatsapp.inbound", url)
                                .service(WebhookService::Conversations)
                                .signing_key(SIGNING_KEY)
                                .filter("channelId", ids.channel.to_string())
                                .filter("platformId", "whatsapp")
                                .template(json!({"free": "form"}));
                            subscriptions.create(new).await
                        })
                    },
                    |server, ids| {
                        server.$create_mock(|when, then| {
                            when.workspace_id(&ids.workspace);
                            then.created(&subscription(ids));
                        });
                    },
                ),
            Entry::list(Operation::$list, |ids| json!(page(ids)))
                .python("workspace.webhook_subscriptions.list().first_page()")
                .call(
                    "",
                    |client, ids| {
                        let workspace = ids.$workspace(&client);
                        list(workspace.webhook_subscriptions().list())
                    },
                    |server, ids| {
                        server.$list_mock(|when, then| {
                            when.workspace_id(&ids.workspace).limit(100).page_token(None);
                            then.ok(&page(ids));
                        });
                    },
                ),
            Entry::read(Operation::$get, |ids| json!(subscription(ids)))
                .python("workspace.webhook_subscriptions.get(ids.subscription)")
                .call(
                    "",
                    |client, ids| {
                        value(async move {
                            let subscriptions = ids.$workspace(&client).webhook_subscriptions();
                            subscriptions.get(ids.subscription).await
                        })
                    },
                    |server, ids| {
                        server.$get_mock(|when, then| {
                            when.workspace_id(&ids.workspace)
                                .webhook_subscription_id(&ids.subscription);
                            then.ok(&subscription(ids));
                        });
                    },
                ),
            Entry::write(Operation::$update, |ids| json!(subscription(ids)), UPDATE)
                .python("workspace.webhook_subscriptions.update(ids.subscription, status='inactive')")
                .call(
                    "every field",
                    |client, ids| {
                        value(async move {
                            let subscriptions = ids.$workspace(&client).webhook_subscriptions();
                            let update = SubscriptionUpdate::new()
                                .url(OTHER_URL)
                                .signing_key(SIGNING_KEY)
                                .status(WebhookSubscriptionStatus::Inactive)
                                .filters([("channelStatus", "active")])
                                .template(json!({}));
                            subscriptions.update(ids.subscription, update).await
                        })
                    },
                    |server, ids| {
                        server.$update_mock(|when, then| {
                            when.workspace_id(&ids.workspace)
                                .webhook_subscription_id(&ids.subscription);
                            then.ok(&subscription(ids));
                        });
                    },
                )
                .call(
                    "remove all filters",
                    |client, ids| {
                        value(async move {
                            let subscriptions = ids.$workspace(&client).webhook_subscriptions();
                            let update = SubscriptionUpdate::new().filters::<&str, &str>([]);
                            subscriptions.update(ids.subscription, update).await
                        })
                    },
                    |server, ids| {
                        server.$update_mock(|when, then| {
                            when.workspace_id(&ids.workspace)
                                .webhook_subscription_id(&ids.subscription);
                            then.ok(&subscription(ids));
                        });
                    },
                ),
            Entry::delete(Operation::$delete, |sandbox, ids| {
                usize::from(!has_id(&sandbox.webhook_subscriptions(), ids.subscription))
            })
            .python("workspace.webhook_subscriptions.delete(ids.subscription)")
            .call(
                "",
                |client, ids| {
                    deleted(async move {
                        let subscriptions = ids.$workspace(&client).webhook_subscriptions();
                        subscriptions.delete(ids.subscription).await
                    })
                },
                |server, ids| {
                    server.$delete_mock(|when, then| {
                        when.workspace_id(&ids.workspace)
                            .webhook_subscription_id(&ids.subscription);
                        then.no_content();
                    });
                },
            ),
            Entry::list(Operation::$logs, |_| json!(DeliveryLogPage::new(vec![])))
                .python("workspace.webhook_subscriptions.logs(ids.subscription).first_page()")
                .call(
                    "no filters",
                    |client, ids| {
                        list({
 let workspace = ids.$workspace(&client);
                            workspace.webhook_subscriptions().logs(ids.subscription)
                        })
                    },
                    |server, ids| {
                        server.$logs_mock(|when, then| {
                            when.workspace_id(&ids.workspace)
                                .webhook_subscription_id(&ids.subscription);
                            then.ok(&DeliveryLogPage::new(vec![]));
                        });
                    },
                )
                .call(
                    "every filter",
                    |client, ids| {
                        list({
 let workspace = ids.$workspace(&client);
                            let logs = workspace.webhook_subscriptions().logs(ids.subscription);
                            logs.execution_status("failed & gone")
                        })
                    },
                    |server, ids| {
                        server.$logs_mock(|when, then| {
                            when.workspace_id(&ids.workspace)
                                .webhook_subscription_id(&ids.subscription);
                            then.ok(&DeliveryLogPage::new(vec![]));
                        });
                    },
                ),
            Entry::read(Operation::$details, |_| json!({"anything": 1}))
                .python("workspace.webhook_subscriptions.log_details(ids.subscription, ids.delivery)")
                .call(
                    "",
                    |client, ids| {
                        value(async move {
                            let subscriptions = ids.$workspace(&client).webhook_subscriptions();
                            subscriptions.log_details(ids.subscription, &ids.delivery).await
                        })
                    },
                    |server, ids| {
                        server.$details_mock(|when, then| {
                            when.workspace_id(&ids.workspace)
                                .webhook_subscription_id(&ids.subscription)
                                .request_id(&*ids.delivery);
                            then.ok(&DeliveryLogDetails(Default::default()));
                        });
                    },
                ),
        ]
    };
}

pub(crate) fn entries() -> Vec<Entry> {
    let mut entries = Vec::from(path_family!(
        workspace,
        CreateWebhookSubscription create_webhook_subscription,
        ListWebhookSubscriptions list_webhook_subscriptions,
        GetWebhookSubscription get_webhook_subscription,
        UpdateWebhookSubscription update_webhook_subscription,
        DeleteWebhookSubscription delete_webhook_subscription,
        ListWebhookSubscriptionLogs list_webhook_subscription_logs,
        GetWebhookSubscriptionLogDetails get_webhook_subscription_log_details,
    ));
    entries.extend(path_family!(
        organization_workspace,
        CreateOrganizationWebhookSubscription create_organization_webhook_subscription,
        ListOrganizationWebhookSubscriptions list_organization_webhook_subscriptions,
        GetOrganizationWebhookSubscription get_organization_webhook_subscription,
        UpdateOrganizationWebhookSubscription update_organization_webhook_subscription,
        DeleteOrganizationWebhookSubscription delete_organization_webhook_subscription,
        ListOrganizationWebhookSubscriptionLogs list_organization_webhook_subscription_logs,
        GetOrganizationWebhookSubscriptionLogDetails get_organization_webhook_subscription_log_details,
    ));
    entries.push(list_available_webhooks());
    entries
}

fn available() -> AvailableWebhookPage {
    AvailableWebhookPage::new(vec![AvailableWebhook::new(WebhookService::Numbers)])
}

fn list_available_webhooks() -> Entry {
    Entry::list(Operation::ListAvailableWebhooks, |_| json!(available()))
        .python("workspace.webhook_subscriptions.available_events().first_page()")
        .call(
            "no filters",
            |client, ids| {
                list(
                    ids.workspace(&client)
                        .webhook_subscriptions()
                        .available_events(),
                )
            },
            |server, ids| {
                server.list_available_webhooks(|when, then| {
                    when.workspace_id(&ids.workspace)
                        .limit(100)
                        .page_token(None);
                    then.ok(&available());
                });
            },
        )
        .call(
            "every filter",
            |client, ids| {
                list({
                    let workspace = ids.workspace(&client);
                    let events = workspace.webhook_subscriptions().available_events();
                    events.service(WebhookService::Numbers)
                })
            },
            |server, ids| {
                server.list_available_webhooks(|when, then| {
                    when.workspace_id(&ids.workspace)
                        .limit(100)
                        .page_token(None);
                    then.ok(&available());
                });
            },
        )
}
