//! Every operation of the contract, as the SDK makes it: the call, and how to see in the sandbox whether it was done.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use bird_connectors::templates::WhatsApp;
use bird_connectors::{
    Client, Deleted, Error, List, NewSubscription, Query, SubscriptionUpdate, Workspace,
};
use bird_connectors_sandbox::{Operation as Api, Sandbox};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::fixture::Fixture;
use crate::secrets::{ACCESS_TOKEN, INVITATION_TOKEN, SIGNING_KEY};

/// What a call brought.
#[derive(Clone, Debug)]
pub struct Brought {
    /// As JSON, to compare.
    pub value: Value,
    /// As it would appear in a log.
    pub text: String,
}

/// A call on its way.
pub type Calling = Pin<Box<dyn Future<Output = Result<Brought, Error>> + Send>>;

/// One operation.
pub struct Operation {
    pub id: Api,
    pub call: fn(Client, Fixture) -> Calling,
    /// What a write leaves behind; `None` for a read.
    pub write: Option<Write>,
    /// Whether it is a list, read to its end.
    pub is_list: bool,
}

/// How to see in the sandbox that something was written.
#[derive(Clone, Copy)]
pub struct Write {
    /// Rises by one each time it is done.
    pub done: fn(&Sandbox, &Fixture) -> usize,
    /// Whether the answer tells of what is there now.
    pub is_true: fn(&Sandbox, &Fixture, &Value) -> bool,
}

const TEXT: &str = "Hello";
const OTHER_URL: &str = "https://hooks.example.com/other";

fn shown<T: Debug + serde::Serialize>(
    call: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Calling {
    Box::pin(async move {
        let value = call.await?;
        let text = format!("{value:?}\n{value:#?}");
        Ok(brought(
            serde_json::to_value(value).unwrap_or_default(),
            text,
        ))
    })
}

fn removed(call: impl Future<Output = Result<Deleted, Error>> + Send + 'static) -> Calling {
    Box::pin(async move {
        let deleted = call.await?;
        Ok(brought(Value::Null, format!("{deleted:?}")))
    })
}

fn listed<Q: Query>(list: Result<List<Q>, Error>) -> Calling
where
    Q::Item: Debug + serde::Serialize,
{
    Box::pin(async move {
        let read = list?.collect_up_to(u64::MAX).await?;
        let value = json!({ "items": read.items, "undecodable": read.undecodable.len() });
        Ok(brought(value, format!("{read:?}\n{read:#?}")))
    })
}

/// The serialised form can be printed as well.
fn brought(value: Value, text: String) -> Brought {
    let text = format!("{text}\n{value}");
    Brought { value, text }
}

fn newer(client: &Client, place: &Fixture) -> Result<Workspace, Error> {
    client.workspace(place.workspace)
}

fn older(client: &Client, place: &Fixture) -> Result<Workspace, Error> {
    client
        .organization(place.organization)
        .workspace(place.workspace)
}

fn read(id: Api, call: fn(Client, Fixture) -> Calling) -> Operation {
    Operation {
        id,
        call,
        write: None,
        is_list: false,
    }
}

fn list(id: Api, call: fn(Client, Fixture) -> Calling) -> Operation {
    Operation {
        is_list: true,
        ..read(id, call)
    }
}

fn write(
    id: Api,
    call: fn(Client, Fixture) -> Calling,
    done: fn(&Sandbox, &Fixture) -> usize,
    is_true: fn(&Sandbox, &Fixture, &Value) -> bool,
) -> Operation {
    Operation {
        write: Some(Write { done, is_true }),
        ..read(id, call)
    }
}

fn has(items: &[Value], id: Uuid) -> bool {
    items.iter().any(|item| item["id"] == json!(id))
}

/// Whether one of the items has the same values in these fields.
fn is_among(items: &[Value], fields: &[&str], value: &Value) -> bool {
    let same = |item: &Value| fields.iter().all(|field| item[field] == value[field]);
    items.iter().any(same)
}

/// All 27.
#[must_use]
pub fn all() -> Vec<Operation> {
    let mut operations = connectors();
    operations.extend(channels());
    operations.extend(subscriptions());
    operations.extend([
        list(Api::ListNumbers, |client, place| {
            listed(newer(&client, &place).map(|workspace| workspace.numbers().list()))
        }),
        list(Api::ListLongCodeNumbers, |client, place| {
            listed(newer(&client, &place).map(|workspace| workspace.numbers().list_long_codes()))
        }),
    ]);
    operations
}

fn connectors() -> Vec<Operation> {
    vec![
        write(
            Api::CreateConnector,
            |client, place| {
                shown(async move {
                    let template = WhatsApp::new("Shop")
                        .waba_id("1029384756")
                        .phone_id("5647382910")
                        .phone_number("+31612345678")
                        .access_token(ACCESS_TOKEN)
                        .invitation_token(INVITATION_TOKEN);
                    let connectors = newer(&client, &place)?.connectors();
                    Ok(connectors.install(template).await?.connector().cloned())
                })
            },
            |sandbox, _| sandbox.connectors().len(),
            |sandbox, _, value| {
                is_among(&sandbox.connectors(), &["id", "name", "createdAt"], value)
            },
        ),
        list(Api::ListConnectors, |client, place| {
            listed(newer(&client, &place).map(|workspace| workspace.connectors().list()))
        }),
        read(Api::GetConnector, |client, place| {
            shown(async move {
                newer(&client, &place)?
                    .connectors()
                    .get(place.connector)
                    .await
            })
        }),
        read(Api::GetConnectorStatus, |client, place| {
            shown(async move {
                newer(&client, &place)?
                    .connectors()
                    .status(place.connector)
                    .await
            })
        }),
        write(
            Api::DeleteConnector,
            |client, place| {
                removed(async move {
                    newer(&client, &place)?
                        .connectors()
                        .delete(place.connector)
                        .await
                })
            },
            |sandbox, place| usize::from(!has(&sandbox.connectors(), place.connector)),
            |_, _, _| true,
        ),
    ]
}

fn channels() -> Vec<Operation> {
    vec![
        list(Api::ListChannels, |client, place| {
            listed(newer(&client, &place).map(|workspace| workspace.channels().list()))
        }),
        read(Api::GetChannel, |client, place| {
            shown(async move { newer(&client, &place)?.channels().get(place.channel).await })
        }),
        read(Api::GetChannelConversational, |client, place| {
            shown(async move {
                newer(&client, &place)?
                    .channels()
                    .conversational(place.channel)
                    .await
            })
        }),
        write(
            Api::UpdateChannelConversational,
            |client, place| {
                shown(async move {
                    let channels = newer(&client, &place)?.channels();
                    channels.set_conversational(place.channel, true).await
                })
            },
            // Each is an event; nothing else happens to channels during a drill.
            |sandbox, _| sandbox.events().len(),
            |_, _, value| value["status"] == "active",
        ),
        write(
            Api::SendChannelMessage,
            |client, place| {
                shown(async move {
                    let channels = newer(&client, &place)?.channels();
                    channels
                        .send_text(place.channel, "+31612345678", TEXT)
                        .await
                })
            },
            |sandbox, _| sandbox.messages().len(),
            |sandbox, _, value| {
                sandbox.messages().last().is_some_and(|message| {
                    json!(message.id) == value["id"] && message.body["body"]["text"]["text"] == TEXT
                })
            },
        ),
    ]
}

/// The operations that both path families have.
macro_rules! on_path {
    ($workspace:ident, $create:ident, $list:ident, $get:ident, $update:ident, $delete:ident, $logs:ident, $details:ident) => {
        [
            write(
                Api::$create,
                |client, place| {
                    shown(async move {
                        let subscriptions = $workspace(&client, &place)?.webhook_subscriptions();
                        let new = NewSubscription::new("channel.created", "https://hooks.example.com/new")
                            .signing_key(SIGNING_KEY);
                        subscriptions.create(new).await
                    })
                },
                |sandbox, _| sandbox.webhook_subscriptions().len(),
                |sandbox, _, value| is_among(&sandbox.webhook_subscriptions(), &["id", "url", "event"], value),
            ),
            list(Api::$list, |client, place| {
                listed($workspace(&client, &place).map(|workspace| workspace.webhook_subscriptions().list()))
            }),
            read(Api::$get, |client, place| {
                shown(async move {
                    $workspace(&client, &place)?.webhook_subscriptions().get(place.subscription).await
                })
            }),
            write(
                Api::$update,
                |client, place| {
                    shown(async move {
                        let subscriptions = $workspace(&client, &place)?.webhook_subscriptions();
                        let update = SubscriptionUpdate::new().url(OTHER_URL).signing_key(SIGNING_KEY);
                        subscriptions.update(place.subscription, update).await
                    })
                },
                |sandbox, _| usize::from(is_among(&sandbox.webhook_subscriptions(), &["url"], &json!({ "url": OTHER_URL }))),
                |sandbox, _, value| is_among(&sandbox.webhook_subscriptions(), &["id", "url", "event"], value),
            ),
            write(
                Api::$delete,
                |client, place| {
                    removed(async move {
                        $workspace(&client, &place)?.webhook_subscriptions().delete(place.subscription).await
                    })
                },
                |sandbox, place| usize::from(!has(&sandbox.webhook_subscriptions(), place.subscription)),
                |_, _, _| true,
            ),
            list(Api::$logs, |client, place| {
                listed($workspace(&client, &place).map(|workspace| workspace.webhook_subscriptions().logs(place.subscription)))
            }),
            read(Api::$details, |client, place| {
                shown(async move {
                    let subscriptions = $workspace(&client, &place)?.webhook_subscriptions();
                    subscriptions.log_details(place.subscription, &place.delivery).await
                })
            }),
        ]
    };
}

fn subscriptions() -> Vec<Operation> {
    let mut operations = Vec::from(on_path!(
        newer,
        CreateWebhookSubscription,
        ListWebhookSubscriptions,
        GetWebhookSubscription,
        UpdateWebhookSubscription,
        DeleteWebhookSubscription,
        ListWebhookSubscriptionLogs,
        GetWebhookSubscriptionLogDetails
    ));
    operations.extend(on_path!(
        older,
        CreateOrganizationWebhookSubscription,
        ListOrganizationWebhookSubscriptions,
        GetOrganizationWebhookSubscription,
        UpdateOrganizationWebhookSubscription,
        DeleteOrganizationWebhookSubscription,
        ListOrganizationWebhookSubscriptionLogs,
        GetOrganizationWebhookSubscriptionLogDetails
    ));
    operations.push(list(Api::ListAvailableWebhooks, |client, place| {
        listed(
            newer(&client, &place)
                .map(|workspace| workspace.webhook_subscriptions().available_events()),
        )
    }));
    operations
}

impl Debug for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Operation").field(&self.id).finish()
    }
}

impl Debug for Write {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Write")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_there_once() {
        let mut ids: Vec<_> = all().iter().map(|operation| operation.id).collect();
        ids.sort();
        let mut expected = Api::ALL.to_vec();
        expected.sort();
        assert_eq!(ids, expected);
    }

    #[test]
    fn whatever_is_no_get_writes() {
        for operation in all() {
            assert_eq!(
                operation.write.is_some(),
                operation.id.method() != "GET",
                "{operation:?}"
            );
        }
    }
}
