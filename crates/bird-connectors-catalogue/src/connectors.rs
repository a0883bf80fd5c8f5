//! Connectors.

use bird_connectors::models::{Connector, ConnectorPage, ConnectorReadiness, CreateConnector};
use bird_connectors::templates::{
    Custom, Email, Facebook, Instagram, Line, Sms, Telegram, Template, Voice, WhatsApp,
    WhatsAppAccount,
};
use bird_connectors::{ChannelMessageType, Client};
use bird_connectors_httpmock::MockServerExt as _;
use bird_connectors_sandbox::Operation;
use chrono::DateTime;
use httpmock::MockServer;
use serde::Serialize;
use serde_json::{Value, json};

use crate::PAGE_TOKEN;
use crate::call::{PendingCall, deleted, list, value};
use crate::entry::{Entry, Write};
use crate::ids::Ids;
use crate::secrets::{ACCESS_TOKEN, INVITATION_TOKEN};

fn connector(ids: &Ids) -> Connector {
    Connector::new(ids.connector, "Support", DateTime::UNIX_EPOCH)
}

fn page(ids: &Ids) -> ConnectorPage {
    ConnectorPage::new(vec![connector(ids)])
}

/// Whether an item has this id.
pub(crate) fn has_id(items: &[Value], id: impl Serialize) -> bool {
    let id = json!(id);
    items.iter().any(|item| item["id"] == id)
}

/// Whether an item has the same values in these fields.
pub(crate) fn contains(items: &[Value], fields: &[&str], value: &Value) -> bool {
    let matches = |item: &Value| fields.iter().all(|field| item[field] == value[field]);
    items.iter().any(matches)
}

pub(crate) fn entries() -> Vec<Entry> {
    vec![
        create_connector(),
        list_connectors(),
        Entry::read(Operation::GetConnector, |ids| json!(connector(ids)))
            .python("workspace.connectors.get(ids.connector)")
            .call(
                "",
                |client, ids| {
                    value(async move {
                        let connectors = ids.workspace(&client).connectors();
                        connectors.get(ids.connector).await
                    })
                },
                |server, ids| {
                    server.get_connector(|when, then| {
                        when.workspace_id(&ids.workspace)
                            .connector_id(&ids.connector);
                        then.ok(&connector(ids));
                    });
                },
            ),
        Entry::read(
            Operation::GetConnectorStatus,
            |_| json!({"channel": {"status": "active"}}),
        )
        .python("workspace.connectors.readiness(ids.connector)")
        .call(
            "",
            |client, ids| {
                value(async move {
                    let connectors = ids.workspace(&client).connectors();
                    connectors.readiness(ids.connector).await
                })
            },
            |server, ids| {
                server.get_connector_status(|when, then| {
                    when.workspace_id(&ids.workspace)
                        .connector_id(&ids.connector);
                    then.ok(&ConnectorReadiness::default());
                });
            },
        ),
        Entry::delete(Operation::DeleteConnector, |sandbox, ids| {
            usize::from(!has_id(&sandbox.connectors(), ids.connector))
        })
        .python("workspace.connectors.delete(ids.connector)")
        .call(
            "",
            |client, ids| {
                deleted(async move {
                    let connectors = ids.workspace(&client).connectors();
                    connectors.delete(ids.connector).await
                })
            },
            |server, ids| {
                server.delete_connector(|when, then| {
                    when.workspace_id(&ids.workspace)
                        .connector_id(&ids.connector);
                    then.no_content();
                });
            },
        ),
    ]
}

fn install<T>(client: Client, ids: Ids, template: T) -> PendingCall
where
    T: Into<Template> + Send + 'static,
{
    value(async move {
        let connectors = ids.workspace(&client).connectors();
        Ok(connectors.install(template).await?.connector().cloned())
    })
}

fn mock_create(server: &MockServer, ids: &Ids) {
    server.create_connector(|when, then| {
        when.workspace_id(&ids.workspace);
        then.created(&connector(ids));
    });
}

fn create_connector() -> Entry {
    let write = Write {
        count: |sandbox, _| sandbox.connectors().len(),
        is_correct: |sandbox, _, value| {
            contains(&sandbox.connectors(), &["id", "name", "createdAt"], value)
        },
    };
    Entry::write(
        Operation::CreateConnector,
        |ids| json!(connector(ids)),
        write,
    )
    .python(
        "workspace.connectors.install(bc.Sms(name='Support NL', phone_number_id=ids.number, \
             channel_message_type='conversational'))",
    )
    .call(
        "WhatsApp, every field",
        |client, ids| {
            let account = WhatsAppAccount {
                waba_id: "1029384756",
                phone_id: "5647382910",
                phone_number: "+31612345678",
                access_token: ACCESS_TOKEN,
            };
            let template = WhatsApp::new("Shop", account)
                .mb_phone_id(ids.number)
                .invitation_token(INVITATION_TOKEN)
                .conversational(false);
            install(client, ids, template)
        },
        mock_create,
    )
    .call(
        "Voice",
        |client, ids| {
            let template = Voice::new("Line 1", ids.number);
            install(client, ids, template)
        },
        mock_create,
    )
    .call(
        "Instagram",
        |client, ids| install(client, ids, Instagram::new("Photos")),
        mock_create,
    )
    .call(
        "Facebook",
        |client, ids| install(client, ids, Facebook::new("Page").argument("pageId", "123")),
        mock_create,
    )
    .call(
        "Telegram",
        |client, ids| {
            let template = Telegram::new("Bot").security_argument("bot", "token", ACCESS_TOKEN);
            install(client, ids, template)
        },
        mock_create,
    )
    .call(
        "Line",
        |client, ids| {
            let arguments = json!({"depth": {"list": [1, null, true]}});
            let arguments = arguments.as_object().cloned().unwrap_or_default();
            install(client, ids, Line::new("Línea \"1\"").arguments(arguments))
        },
        mock_create,
    )
    .call(
        "Email",
        |client, ids| install(client, ids, Email::new("Mail").conversational(true)),
        mock_create,
    )
    .call(
        "Custom",
        |client, ids| install(client, ids, Custom::new("sms-messagebird:2", "New version")),
        mock_create,
    )
    .call(
        "SMS, every field",
        |client, ids| {
            let template = Sms::new("Support NL", ids.number, ChannelMessageType::Conversational)
                .use_case_id(*ids.channel.as_uuid());
            install(client, ids, template)
        },
        |server, ids| {
            let mut body = CreateConnector::new("Support NL");
            body.connector_template_ref = Some("sms-messagebird:1".to_owned());
            body.arguments = json!({
                "phoneNumberId": ids.number,
                "channelMessageType": "conversational",
                "useCaseId": ids.channel,
            })
            .as_object()
            .cloned();
            server.create_connector(|when, then| {
                when.workspace_id(&ids.workspace).body(&body);
                then.created(&connector(ids));
            });
        },
    )
}

fn list_connectors() -> Entry {
    Entry::list(Operation::ListConnectors, |ids| json!(page(ids)))
        .python("workspace.connectors.list().first_page()")
        .call(
            "no filters",
            |client, ids| list(ids.workspace(&client).connectors().list()),
            |server, ids| {
                server.list_connectors(|when, then| {
                    when.workspace_id(&ids.workspace)
                        .limit(100)
                        .page_token(None);
                    then.ok(&page(ids));
                });
            },
        )
        .call(
            "every filter, two pages",
            |client, ids| {
                list({
                    let workspace = ids.workspace(&client);
                    let list = workspace.connectors().list().page_size(20);
                    let list = list.template("sms-messagebird:1").reverse(true);
                    list.include_release_status(true)
                })
            },
            |server, ids| {
                let mut first = page(ids);
                first.next_page_token = Some(PAGE_TOKEN.to_owned());
                server.list_connectors(|when, then| {
                    when.workspace_id(&ids.workspace)
                        .include_release_status(true)
                        .limit(20)
                        .page_token(None)
                        .reverse(true)
                        .template_ref("sms-messagebird:1");
                    then.ok(&first);
                });
                server.list_connectors(|when, then| {
                    when.page_token(PAGE_TOKEN);
                    then.ok(&ConnectorPage::new(vec![]));
                });
            },
        )
}
