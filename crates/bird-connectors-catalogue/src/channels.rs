//! Channels.

use bird_connectors::models::{
    Channel, ChannelId, ChannelPage, Conversational, ConversationalStatus, MessageBody,
    MessageContact, MessageReceiver, MessageText, SendMessage, SentMessage, UpdateConversational,
};
use bird_connectors_httpmock::MockServerExt as _;
use bird_connectors_sandbox::Operation;
use serde_json::json;

use crate::call::{list, value};
use crate::entry::{Entry, Write};
use crate::ids::Ids;

const RECEIVER: &str = "+31612345678";
const TEXT: &str = "Hello, \"wörld\"\n🙂";

fn page(ids: &Ids) -> ChannelPage {
    ChannelPage::new(vec![Channel::new(ids.channel)])
}

fn active() -> Conversational {
    Conversational::new(ConversationalStatus::Active)
}

pub(crate) fn entries() -> Vec<Entry> {
    vec![
        list_channels(),
        Entry::read(Operation::GetChannel, |ids| {
            json!(Channel::new(ids.channel))
        })
        .python("workspace.channels.get(ids.channel)")
        .call(
            "",
            |client, ids| {
                value(async move { ids.workspace(&client).channels().get(ids.channel).await })
            },
            |server, ids| {
                server.get_channel(|when, then| {
                    when.workspace_id(&ids.workspace).channel_id(&ids.channel);
                    then.ok(&Channel::new(ids.channel));
                });
            },
        ),
        Entry::read(Operation::GetChannelConversational, |_| json!(active()))
            .python("workspace.channels.conversational(ids.channel)")
            .call(
                "",
                |client, ids| {
                    value(async move {
                        let channels = ids.workspace(&client).channels();
                        channels.conversational(ids.channel).await
                    })
                },
                |server, ids| {
                    server.get_channel_conversational(|when, then| {
                        when.workspace_id(&ids.workspace).channel_id(&ids.channel);
                        then.ok(&active());
                    });
                },
            ),
        update_channel_conversational(),
        send_channel_message(),
    ]
}

fn list_channels() -> Entry {
    Entry::list(Operation::ListChannels, |ids| json!(page(ids)))
        .python("workspace.channels.list().first_page()")
        .call(
            "no filters",
            |client, ids| list(ids.workspace(&client).channels().list()),
            |server, ids| {
                server.list_channels(|when, then| {
                    when.workspace_id(&ids.workspace)
                        .limit(1000)
                        .page_token(None);
                    then.ok(&page(ids));
                });
            },
        )
        .call(
            "every filter, repeatable ones twice",
            |client, ids| {
                list({
                    let workspace = ids.workspace(&client);
                    let list = workspace.channels().list().page_size(7).reverse(true);
                    let list = list.platform("sms-messagebird").platform("whatsapp");
                    let list = list.status("active").status("unheard-of");
                    let list = list
                        .channel_id(ids.channel)
                        .channel_id(ChannelId::from(*ids.connector.as_uuid()));
                    let list = list.conferencial(true).only_my_channels(true);
                    let list = list.use_case_type("a/b").resource_owner_id("owner & co");
                    let list = list.resource_owner_identifier(RECEIVER);
                    list.resource_owner_identifier("x=y")
                })
            },
            |server, ids| {
                server.list_channels(|when, then| {
                    when.workspace_id(&ids.workspace)
                        .conferencial(true)
                        .limit(7)
                        .only_my_channels(true)
                        .resource_owner_id("owner & co")
                        .reverse(true)
                        .use_case_type("a/b");
                    then.ok(&ChannelPage::new(vec![]));
                });
            },
        )
}

fn update_channel_conversational() -> Entry {
    let write = Write {
        // The only write of the drill that causes an event.
        count: |sandbox, _| sandbox.events().len(),
        is_correct: |_, _, value| value["status"] == "active",
    };
    Entry::write(
        Operation::UpdateChannelConversational,
        |_| json!(active()),
        write,
    )
    .python("workspace.channels.set_conversational(ids.channel, True)")
    .call(
        "enable",
        |client, ids| {
            value(async move {
                let channels = ids.workspace(&client).channels();
                channels.set_conversational(ids.channel, true).await
            })
        },
        |server, ids| {
            let body = UpdateConversational::new(ConversationalStatus::Active);
            server.update_channel_conversational(|when, then| {
                when.workspace_id(&ids.workspace)
                    .channel_id(&ids.channel)
                    .body(&body);
                then.ok(&active());
            });
        },
    )
    .call(
        "disable",
        |client, ids| {
            value(async move {
                let channels = ids.workspace(&client).channels();
                channels.set_conversational(ids.channel, false).await
            })
        },
        |server, ids| {
            let body = UpdateConversational::new(ConversationalStatus::Inactive);
            server.update_channel_conversational(|when, then| {
                when.workspace_id(&ids.workspace)
                    .channel_id(&ids.channel)
                    .body(&body);
                then.ok(&Conversational::new(ConversationalStatus::Inactive));
            });
        },
    )
}

fn send_channel_message() -> Entry {
    let write = Write {
        count: |sandbox, _| sandbox.messages().len(),
        is_correct: |sandbox, _, value| {
            sandbox.messages().last().is_some_and(|message| {
                json!(message.id) == value["id"] && message.body["body"]["text"]["text"] == TEXT
            })
        },
    };
    Entry::write(
        Operation::SendChannelMessage,
        |ids| json!(SentMessage::new(*ids.channel.as_uuid())),
        write,
    )
    .python("workspace.channels.send_text(ids.channel, to='+31612345678', text='Hello')")
    .call(
        "",
        |client, ids| {
            value(async move {
                let channels = ids.workspace(&client).channels();
                channels.send_text(ids.channel, RECEIVER, TEXT).await
            })
        },
        |server, ids| {
            let body = SendMessage::new(
                MessageReceiver::new(vec![MessageContact::new(RECEIVER)]),
                MessageBody::new("text", MessageText::new(TEXT)),
            );
            server.send_channel_message(|when, then| {
                when.workspace_id(&ids.workspace)
                    .channel_id(&ids.channel)
                    .body(&body);
                then.accepted(&SentMessage::new(*ids.channel.as_uuid()));
            });
        },
    )
}
