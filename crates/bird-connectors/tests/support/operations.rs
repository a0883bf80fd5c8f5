//! Every operation of the contract, as the SDK makes it: a typed mock that answers, and the call. The wire goldens and
//! the search for secrets go through this list, so an operation that is missing here is missed by both; both check that
//! none is.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use bird_connectors::models::{
    Channel, ChannelPage, Connector, ConnectorPage, ConnectorReadiness, Conversational,
    ConversationalStatus, CreateConnector, MessageBody, MessageContact, MessageReceiver,
    MessageText, Number, NumberPage, SendMessage, SentMessage, UpdateConversational,
};
use bird_connectors::templates::{
    Custom, Email, Facebook, Instagram, Line, Sms, Telegram, Template, Voice, WhatsApp,
};
use bird_connectors::{ChannelMessageType, Client, Error, List, Query, Workspace};
use bird_connectors_httpmock::MockServerExt as _;
use httpmock::MockServer;
use serde::Serialize;
use serde_json::json;

use super::{CHANNEL, CONNECTOR, NUMBER, WORKSPACE};

/// All that requests carry and nothing may show.
pub(crate) const SECRETS: [&str; 4] = [
    super::KEY,
    "planted-access-token",
    "planted-invitation-token",
    "planted-signing-key",
];

/// A page token with every character that a query could be torn by.
pub(crate) const PAGE_TOKEN: &str = "a+b/c==&d%e f#?";

mod subscriptions;

pub(crate) struct Operation {
    /// The contract's.
    pub(crate) id: &'static str,
    /// What is shown by this call of it.
    pub(crate) note: &'static str,
    pub(crate) mock: fn(&MockServer),
    pub(crate) call: fn(Client) -> Shown,
}

/// A call, and its result as it would appear in a log.
pub(crate) type Shown = Pin<Box<dyn Future<Output = Result<String, Error>> + Send>>;

fn show<T: Debug + Serialize>(value: &T) -> String {
    format!("{value:?} {}", serde_json::to_string(value).unwrap())
}

fn shown<T: Debug + Serialize>(
    call: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Shown {
    Box::pin(async move { call.await.map(|value| show(&value)) })
}

fn removed(
    call: impl Future<Output = Result<bird_connectors::Deleted, Error>> + Send + 'static,
) -> Shown {
    Box::pin(async move { call.await.map(|deleted| format!("{deleted:?}")) })
}

/// Reads a list to its end.
fn listed<Q: Query>(list: Result<List<Q>, Error>) -> Shown
where
    Q::Item: Debug + Serialize,
{
    Box::pin(async move {
        let read = list?.collect_up_to(u64::MAX).await;
        let read = read.map_err(|partial| partial.error)?;
        Ok(format!("{read:?} {}", show(&read.items)))
    })
}

fn newer(client: Client) -> Result<Workspace, Error> {
    client.workspace(WORKSPACE)
}

fn installed<T>(client: Client, template: T) -> Shown
where
    T: TryInto<Template, Error = Error> + Send + 'static,
{
    shown(async move {
        let install = newer(client)?.connectors().install(template).await?;
        Ok(install.connector().cloned())
    })
}

fn connector() -> Connector {
    Connector::new(CONNECTOR, "Support", chrono::DateTime::UNIX_EPOCH)
}

pub(crate) fn all() -> Vec<Operation> {
    let mut operations = Vec::new();
    connectors(&mut operations);
    channels(&mut operations);
    numbers(&mut operations);
    subscriptions::add(&mut operations);
    operations
}

fn connectors(operations: &mut Vec<Operation>) {
    let mut install = |note, call| {
        operations.push(Operation {
            id: "createConnector",
            note,
            mock: |server| {
                server.create_connector(|when, then| {
                    when.workspace_id(&WORKSPACE);
                    then.created(&connector());
                });
            },
            call,
        });
    };
    install("WhatsApp, every field", |client| {
        let template = WhatsApp::new("Shop")
            .waba_id("1029384756")
            .phone_id("5647382910")
            .phone_number("+31612345678")
            .mb_phone_id(NUMBER)
            .access_token(SECRETS[1])
            .invitation_token(SECRETS[2])
            .conversational(false);
        installed(client, template)
    });
    install("Voice", |client| {
        installed(client, Voice::new("Line 1").phone_number_id(NUMBER))
    });
    install("Instagram", |client| {
        installed(client, Instagram::new("Photos"))
    });
    install("Facebook", |client| {
        installed(client, Facebook::new("Page").argument("pageId", "123"))
    });
    install("Telegram", |client| {
        let template = Telegram::new("Bot").security_argument("bot", "token", SECRETS[1]);
        installed(client, template)
    });
    install("Line", |client| {
        let arguments = json!({"depth": {"list": [1, null, true]}});
        let arguments = arguments.as_object().cloned().unwrap();
        installed(client, Line::new("Línea \"1\"").arguments(arguments))
    });
    install("Email", |client| {
        installed(client, Email::new("Mail").conversational(true))
    });
    install("Custom", |client| {
        installed(client, Custom::new("sms-messagebird:2", "New version"))
    });
    operations.extend([
        Operation {
            id: "createConnector",
            note: "SMS, every field",
            mock: |server| {
                let mut body = CreateConnector::new("Support NL");
                body.connector_template_ref = Some("sms-messagebird:1".to_owned());
                body.arguments = json!({
                    "phoneNumberId": NUMBER,
                    "channelMessageType": "conversational",
                    "useCaseId": CHANNEL,
                })
                .as_object()
                .cloned();
                server.create_connector(|when, then| {
                    when.workspace_id(&WORKSPACE).body(&body);
                    then.created(&connector());
                });
            },
            call: |client| {
                let template = Sms::new("Support NL")
                    .phone_number_id(NUMBER)
                    .channel_message_type(ChannelMessageType::Conversational)
                    .use_case_id(CHANNEL);
                installed(client, template)
            },
        },
        Operation {
            id: "listConnectors",
            note: "as it comes",
            mock: |server| {
                server.list_connectors(|when, then| {
                    when.workspace_id(&WORKSPACE).limit(100).page_token(None);
                    then.ok(&ConnectorPage::new(vec![connector()]));
                });
            },
            call: |client| listed(newer(client).map(|workspace| workspace.connectors().list())),
        },
        Operation {
            id: "listConnectors",
            note: "every filter, two pages",
            mock: |server| {
                let mut first = ConnectorPage::new(vec![connector()]);
                first.next_page_token = Some(PAGE_TOKEN.to_owned());
                server.list_connectors(|when, then| {
                    when.workspace_id(&WORKSPACE)
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
            call: |client| {
                listed(newer(client).map(|workspace| {
                    let list = workspace.connectors().list().page_size(20);
                    let list = list.template("sms-messagebird:1").reverse(true);
                    list.include_release_status(true)
                }))
            },
        },
        Operation {
            id: "getConnector",
            note: "",
            mock: |server| {
                server.get_connector(|when, then| {
                    when.workspace_id(&WORKSPACE).connector_id(&CONNECTOR);
                    then.ok(&connector());
                });
            },
            call: |client| shown(async move { newer(client)?.connectors().get(CONNECTOR).await }),
        },
        Operation {
            id: "getConnectorStatus",
            note: "",
            mock: |server| {
                server.get_connector_status(|when, then| {
                    when.workspace_id(&WORKSPACE).connector_id(&CONNECTOR);
                    then.ok(&ConnectorReadiness::default());
                });
            },
            call: |client| {
                shown(async move { newer(client)?.connectors().status(CONNECTOR).await })
            },
        },
        Operation {
            id: "deleteConnector",
            note: "",
            mock: |server| {
                server.delete_connector(|when, then| {
                    when.workspace_id(&WORKSPACE).connector_id(&CONNECTOR);
                    then.no_content();
                });
            },
            call: |client| {
                removed(async move { newer(client)?.connectors().delete(CONNECTOR).await })
            },
        },
    ]);
}

fn channels(operations: &mut Vec<Operation>) {
    operations.extend([
        Operation {
            id: "listChannels",
            note: "as it comes",
            mock: |server| {
                server.list_channels(|when, then| {
                    when.workspace_id(&WORKSPACE).limit(1000).page_token(None);
                    then.ok(&ChannelPage::new(vec![Channel::new(CHANNEL)]));
                });
            },
            call: |client| listed(newer(client).map(|workspace| workspace.channels().list())),
        },
        Operation {
            id: "listChannels",
            note: "every filter, what repeats twice",
            mock: |server| {
                server.list_channels(|when, then| {
                    when.workspace_id(&WORKSPACE)
                        .conferencial(true)
                        .limit(7)
                        .only_my_channels(true)
                        .resource_owner_id("owner & co")
                        .reverse(true)
                        .use_case_type("a/b");
                    then.ok(&ChannelPage::new(vec![]));
                });
            },
            call: |client| {
                listed(newer(client).map(|workspace| {
                    let list = workspace.channels().list().page_size(7).reverse(true);
                    let list = list.platform("sms-messagebird").platform("whatsapp");
                    let list = list.status("active").status("unheard-of");
                    let list = list.channel_id(CHANNEL).channel_id(CONNECTOR);
                    let list = list.conferencial(true).only_my_channels(true);
                    let list = list.use_case_type("a/b").resource_owner_id("owner & co");
                    let list = list.resource_owner_identifier("+31612345678");
                    list.resource_owner_identifier("x=y")
                }))
            },
        },
        Operation {
            id: "getChannel",
            note: "",
            mock: |server| {
                server.get_channel(|when, then| {
                    when.workspace_id(&WORKSPACE).channel_id(&CHANNEL);
                    then.ok(&Channel::new(CHANNEL));
                });
            },
            call: |client| shown(async move { newer(client)?.channels().get(CHANNEL).await }),
        },
        Operation {
            id: "getChannelConversational",
            note: "",
            mock: |server| {
                server.get_channel_conversational(|when, then| {
                    when.workspace_id(&WORKSPACE).channel_id(&CHANNEL);
                    then.ok(&Conversational::new(ConversationalStatus::Active));
                });
            },
            call: |client| {
                shown(async move { newer(client)?.channels().conversational(CHANNEL).await })
            },
        },
        Operation {
            id: "updateChannelConversational",
            note: "",
            mock: |server| {
                let body = UpdateConversational::new(ConversationalStatus::Inactive);
                server.update_channel_conversational(|when, then| {
                    when.workspace_id(&WORKSPACE)
                        .channel_id(&CHANNEL)
                        .body(&body);
                    then.ok(&Conversational::new(ConversationalStatus::Inactive));
                });
            },
            call: |client| {
                shown(async move {
                    let channels = newer(client)?.channels();
                    channels.set_conversational(CHANNEL, false).await
                })
            },
        },
        Operation {
            id: "sendChannelMessage",
            note: "",
            mock: |server| {
                let body = SendMessage::new(
                    MessageReceiver::new(vec![MessageContact::new("+31612345678")]),
                    MessageBody::new("text", MessageText::new("Hello, \"wörld\"\n🙂")),
                );
                server.send_channel_message(|when, then| {
                    when.workspace_id(&WORKSPACE)
                        .channel_id(&CHANNEL)
                        .body(&body);
                    then.accepted(&SentMessage::new(CHANNEL));
                });
            },
            call: |client| {
                shown(async move {
                    let channels = newer(client)?.channels();
                    channels
                        .send_text(CHANNEL, "+31612345678", "Hello, \"wörld\"\n🙂")
                        .await
                })
            },
        },
    ]);
}

fn numbers(operations: &mut Vec<Operation>) {
    operations.extend([
        Operation {
            id: "listNumbers",
            note: "",
            mock: |server| {
                server.list_numbers(|when, then| {
                    when.workspace_id(&WORKSPACE).limit(100).page_token(None);
                    then.ok(&NumberPage::new(vec![Number::new(NUMBER)]));
                });
            },
            call: |client| listed(newer(client).map(|workspace| workspace.numbers().list())),
        },
        Operation {
            id: "listLongCodeNumbers",
            note: "",
            mock: |server| {
                server.list_long_code_numbers(|when, then| {
                    when.workspace_id(&WORKSPACE).limit(100).page_token(None);
                    then.ok(&NumberPage::new(vec![Number::new(NUMBER)]));
                });
            },
            call: |client| {
                listed(newer(client).map(|workspace| workspace.numbers().list_long_codes()))
            },
        },
    ]);
}
