//! Channels: what a connector becomes once it is installed. A channel is removed by deleting its connector.

use bird_connectors_api::types::{
    Channel, ChannelId, ChannelPage, ChannelStatus, Conversational, ConversationalStatus,
    MessageBody, MessageContact, MessageReceiver, MessageText, SendMessage, SentMessage,
    UpdateConversational,
};
use serde::Serialize;

use crate::client::Workspace;
use crate::error::Error;
use crate::future::BoxFuture;
use crate::list::{Endpoint, FetchedPage, List, Listable};
use crate::transport::call::Call;

/// The channels of a workspace. Made by [`Workspace::channels`].
#[derive(Clone, Debug)]
pub struct Channels {
    workspace: Workspace,
}

impl Workspace {
    /// Channels: what a connector becomes once it is installed.
    #[must_use]
    pub fn channels(&self) -> Channels {
        Channels {
            workspace: self.clone(),
        }
    }
}

impl Channels {
    /// The channels of the workspace: a [`List`] with the filters of [`ChannelQuery`].
    ///
    /// Whether the API leaves channels out where no status is asked for is not clear from the documents: absence from
    /// this list proves nothing.
    pub fn list(&self) -> List<Channel> {
        List::new(self.workspace.clone(), ChannelQuery::default())
    }

    /// Reads one channel. A channel can send when its status is `active`.
    ///
    /// # Errors
    /// As every call. The id is the channel's, not the connector's.
    pub async fn get(&self, id: ChannelId) -> Result<Channel, Error> {
        let call = self.workspace.call("getChannel");
        let result = call.raw().get_channel(&self.workspace.id(), &id).await;
        call.finish(result)
    }

    /// Reads whether inbound messages open conversations in the Inbox.
    ///
    /// # Errors
    /// As every call.
    pub async fn conversational(&self, id: ChannelId) -> Result<Conversational, Error> {
        let call = self.workspace.call("getChannelConversational");
        let result = call
            .raw()
            .get_channel_conversational(&self.workspace.id(), &id)
            .await;
        call.finish(result)
    }

    /// Sets whether inbound messages open conversations in the Inbox.
    ///
    /// # Errors
    /// As every call. Where the outcome is unknown, setting it again does no harm.
    pub async fn set_conversational(
        &self,
        id: ChannelId,
        enabled: bool,
    ) -> Result<Conversational, Error> {
        let status = if enabled {
            ConversationalStatus::Active
        } else {
            ConversationalStatus::Inactive
        };
        let call = self.workspace.call("updateChannelConversational");
        let body = UpdateConversational::new(status);
        let result = call
            .raw()
            .update_channel_conversational(&self.workspace.id(), &id, &body)
            .await;
        call.finish(result)
    }

    /// Sends a text over the channel: the proof that it works. `to` is what the platform calls its receivers, such as
    /// a number in E.164. Everything else that can be sent is beyond this SDK.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for an empty receiver or text; nothing was sent. Where the
    /// outcome is unknown the message may have gone out: sending again may send it twice.
    ///
    /// # Example
    /// ```
    /// # use bird_connectors::{Channels, Error, Install};
    /// # async fn example(channels: Channels, install: Install) -> Result<(), Box<dyn std::error::Error>> {
    /// let ready = install.until_ready().await?;
    /// channels.send_text(ready.channel_id, "+31612345678", "Hello").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// The id of the connector is not the id of the channel, so passing it does not compile:
    ///
    /// ```compile_fail,E0308
    /// # use bird_connectors::{Channels, Error, Install};
    /// # async fn example(channels: Channels, install: Install) -> Result<(), Box<dyn std::error::Error>> {
    /// install.until_ready().await?;
    /// channels.send_text(install.id(), "+31612345678", "Hello").await?;
    /// # Ok(()) }
    /// ```
    pub async fn send_text(
        &self,
        id: ChannelId,
        to: &str,
        text: &str,
    ) -> Result<SentMessage, Error> {
        let call = self.workspace.call("sendChannelMessage");
        if to.trim().is_empty() {
            return Err(Error::invalid_input(
                Call::action_of("sendChannelMessage"),
                "the receiver is empty",
            ));
        }
        if text.is_empty() {
            return Err(Error::invalid_input(
                Call::action_of("sendChannelMessage"),
                "the text is empty",
            ));
        }
        let body = SendMessage::new(
            MessageReceiver::new(vec![MessageContact::new(to)]),
            MessageBody::new("text", MessageText::new(text)),
        );
        let result = call
            .raw()
            .send_channel_message(&self.workspace.id(), &id, &body)
            .await;
        call.finish(result)
    }
}

/// The filters of the channel list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ChannelQuery {
    channel_ids: Vec<ChannelId>,
    conferencial: bool,
    only_my_channels: bool,
    platforms: Vec<String>,
    resource_owner_id: Option<String>,
    resource_owner_identifiers: Vec<String>,
    reverse: bool,
    statuses: Vec<ChannelStatus>,
    use_case_type: Option<String>,
}

impl List<Channel> {
    /// Only channels of this platform, such as `sms-messagebird`. Call it again for more. Default: all.
    pub fn platform(mut self, platform: impl Into<String>) -> Self {
        self.query.platforms.push(platform.into());
        self
    }

    /// Only channels with this status. Call it again for more. Default: the API's.
    pub fn status(mut self, status: impl Into<ChannelStatus>) -> Self {
        self.query.statuses.push(status.into());
        self
    }

    /// Only this channel. Call it again for more. Default: all.
    pub fn channel_id(mut self, id: ChannelId) -> Self {
        self.query.channel_ids.push(id);
        self
    }

    /// The documented filter `conferencial`. Default: false.
    pub fn conferencial(mut self, conferencial: bool) -> Self {
        self.query.conferencial = conferencial;
        self
    }

    /// The documented filter `onlyMyChannels`. Default: false.
    pub fn only_my_channels(mut self, only: bool) -> Self {
        self.query.only_my_channels = only;
        self
    }

    /// The documented filter `useCaseType`. Default: none.
    pub fn use_case_type(mut self, kind: impl Into<String>) -> Self {
        self.query.use_case_type = Some(kind.into());
        self
    }

    /// The documented filter `resourceOwnerId`. Default: none.
    pub fn resource_owner_id(mut self, id: impl Into<String>) -> Self {
        self.query.resource_owner_id = Some(id.into());
        self
    }

    /// The documented filter `resourceOwnerIdentifier`. Call it again for more. Default: none.
    pub fn resource_owner_identifier(mut self, identifier: impl Into<String>) -> Self {
        self.query
            .resource_owner_identifiers
            .push(identifier.into());
        self
    }

    /// The other way round. Default: false.
    pub fn reverse(mut self, reverse: bool) -> Self {
        self.query.reverse = reverse;
        self
    }
}

impl Listable for Channel {
    type Query = ChannelQuery;
}

impl Endpoint for ChannelQuery {
    type Item = Channel;
    const PAGE_SIZE: u32 = 1000;
    const MAX_PAGE_SIZE: Option<u32> = Some(1000);

    fn operation(&self, _: &Workspace) -> &'static str {
        "listChannels"
    }

    fn fetch(
        &self,
        workspace: &Workspace,
        call: Call,
        size: u32,
        token: Option<String>,
    ) -> BoxFuture<Result<FetchedPage<Channel>, Error>> {
        let (query, id) = (self.clone(), workspace.id());
        Box::pin(async move {
            let result = call
                .raw()
                .list_channels(
                    &id,
                    some(&query.channel_ids),
                    query.conferencial.then_some(true),
                    Some(size.into()),
                    query.only_my_channels.then_some(true),
                    token.as_deref(),
                    some(&query.platforms),
                    query.resource_owner_id.as_deref(),
                    some(&query.resource_owner_identifiers),
                    query.reverse.then_some(true),
                    some(&query.statuses),
                    query.use_case_type.as_deref(),
                )
                .await;
            call.finish_page(result, |page: ChannelPage| {
                (page.results, page.next_page_token)
            })
        })
    }
}

fn some<T>(items: &Vec<T>) -> Option<&Vec<T>> {
    (!items.is_empty()).then_some(items)
}
