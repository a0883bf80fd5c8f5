//! Channels: each belongs to an installed connector. Deleting the connector deletes its channel.

use std::time::Duration;

use bird_connectors_api::types::{
    Channel, ChannelId, ChannelPage, ChannelStatus, ConnectorId, Conversational,
    ConversationalStatus, MessageBody, MessageContact, MessageReceiver, MessageText, SendMessage,
    SentMessage, UpdateConversational,
};
use serde::Serialize;
use uuid::Uuid;

use super::numbers::phone_number::PhoneNumber;
use crate::client::Workspace;
use crate::error::{Error, ErrorKind};
use crate::future::BoxFuture;
use crate::list::{Endpoint, FetchedPage, List, Listable, some};
use crate::transport::call::Call;

/// The channels of a workspace. Created by [`Workspace::channels`]; cheap to clone.
///
/// The API creates the channel of a connector in the background. The id of a channel is not the id of its connector.
///
/// # Example
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = bird_connectors_sandbox::Sandbox::builder().connectors(1).start().await?;
/// # let client = bird_connectors::Client::builder()
/// #     .base_url(sandbox.base_url())
/// #     .access_key(sandbox.access_key())
/// #     .workspace_id(sandbox.workspace_id())
/// #     .build()?;
/// let channels = client.default_workspace()?.channels();
/// let sms = channels.list().platform("sms-messagebird").status("active").collect_up_to(100).await?;
/// for channel in &sms {
///     println!("{} {:?}", channel.id, channel.status);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Channels {
    workspace: Workspace,
}

impl Workspace {
    /// Returns the channels of the workspace: list and read them, and send a message. This makes no request.
    #[must_use]
    pub fn channels(&self) -> Channels {
        Channels {
            workspace: self.clone(),
        }
    }
}

/// How long the lookup of a connector may delay the error of a channel that does not exist.
const EXPLANATION: Duration = Duration::from_secs(5);

impl Channels {
    /// Lists the channels of the workspace. The methods of `List<Channel>` set its filters.
    ///
    /// The API may omit channels if no status is given; this is not documented. A channel that is not listed may exist.
    pub fn list(&self) -> List<Channel> {
        List::new(self.workspace.clone(), ChannelQuery::default())
    }

    /// Reads one channel. A channel can send when its status is `active`.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the API does not know the channel. If the id is that of a
    /// connector, the error says so; this takes one more request. Otherwise the errors of a request; a read can always be
    /// repeated.
    pub async fn get(&self, id: ChannelId) -> Result<Channel, Error> {
        let call = self.workspace.call("getChannel");
        let result = call.raw().get_channel(&self.workspace.id(), &id).await;
        self.explained(id, call.finish(result)).await
    }

    /// Reads whether inbound messages open conversations in the Inbox.
    ///
    /// # Errors
    /// The errors of a request; a read can always be repeated.
    pub async fn conversational(&self, id: ChannelId) -> Result<Conversational, Error> {
        let call = self.workspace.call("getChannelConversational");
        let result = call
            .raw()
            .get_channel_conversational(&self.workspace.id(), &id)
            .await;
        self.explained(id, call.finish(result)).await
    }

    /// Sets whether inbound messages open conversations in the Inbox.
    ///
    /// # Errors
    /// The errors of a request. Repeating the call does no harm.
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
        self.explained(id, call.finish(result)).await
    }

    /// Sends a text message over the channel, to prove that it works. `to` is an identifier of the platform, such as a
    /// phone number in E.164 form. The SDK sends only text messages.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if `to` or `text` is empty; nothing was sent. Otherwise the
    /// errors of a request. If [`Error::may_have_been_processed`] is true, the message may have been sent, and a second
    /// call may send it again. If the API rejects the message, and `to` is not a phone number, the error says so.
    ///
    /// # Example
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = bird_connectors_sandbox::Sandbox::builder().connectors(1).start().await?;
    /// # let client = bird_connectors::Client::builder()
    /// #     .base_url(sandbox.base_url())
    /// #     .access_key(sandbox.access_key())
    /// #     .workspace_id(sandbox.workspace_id())
    /// #     .build()?;
    /// # let connectors = client.default_workspace()?.connectors();
    /// # let connector_id = connectors.list().first_page().await?.items[0].id;
    /// # let install = connectors.follow(connector_id);
    /// let ready = install.until_ready().await?;
    /// let channels = client.default_workspace()?.channels();
    /// let message = channels.send_text(ready.channel_id, "+31612345678", "Hello").await?;
    /// println!("sent message {}", message.id);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The id of the connector is not the id of the channel, so passing it does not compile:
    ///
    /// ```compile_fail,E0308
    /// # use bird_connectors::{install::Install, resources::Channels};
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
                "invalid `to`: the receiver is empty: expected the identifier of a contact, such as the phone number \
                 +31612345678",
            ));
        }
        if text.is_empty() {
            return Err(Error::invalid_input(
                Call::action_of("sendChannelMessage"),
                "invalid `text`: the text is empty: expected the text of the message",
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
        let result = call
            .finish(result)
            .map_err(|error| explain_receiver(error, to));
        self.explained(id, result).await
    }
}

impl Channels {
    /// Adds to a 404 that the id belongs to a connector, if it does. This takes one request, and only after a 404. The
    /// polls of a wait have ids that the API returned, so they need no explanation.
    async fn explained<T>(&self, id: ChannelId, result: Result<T, Error>) -> Result<T, Error> {
        let error = match result {
            Err(error) if error.is_not_found() && !self.workspace.is_single_attempt() => error,
            result => return result,
        };
        let connectors = self.workspace.single_attempt().connectors();
        let connector_id = ConnectorId::from(Uuid::from(id));
        let lookup = tokio::time::timeout(EXPLANATION, connectors.get(connector_id));
        // Without an answer, the original error stays as it is.
        let connector = match Box::pin(lookup).await {
            Ok(Ok(connector)) if connector.id == connector_id => connector,
            _ => return Err(error),
        };
        Err(error.with_help(match connector.channel_id() {
            Some(channel) => {
                format!("{id} is the id of a connector; the id of its channel is {channel}")
            }
            None => format!(
                "{id} is the id of a connector, which has no channel yet: wait until it is ready"
            ),
        }))
    }
}

/// Adds to a rejected message that its receiver is not a phone number. Only the platform knows whether it needs one, so this
/// is not checked before the message is sent.
fn explain_receiver(error: Error, to: &str) -> Error {
    match PhoneNumber::parse(to) {
        Err(reason) if error.kind() == ErrorKind::Validation => error.with_help(format!(
            "`to` is not a phone number ({reason}), which an SMS channel takes, in E.164 format such as +31612345678"
        )),
        _ => error,
    }
}

/// The filters of the list of channels.
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

/// Filters of the list of channels.
impl List<Channel> {
    /// Lists only channels of this platform, such as `sms-messagebird`. Call it again to add a platform. Default: all.
    pub fn platform(mut self, platform: impl Into<String>) -> Self {
        self.query.platforms.push(platform.into());
        self
    }

    /// Lists only channels with this status. Call it again to add a status. Default: the API decides.
    pub fn status(mut self, status: impl Into<ChannelStatus>) -> Self {
        self.query.statuses.push(status.into());
        self
    }

    /// Lists only this channel. Call it again to add a channel. Default: all.
    pub fn channel_id(mut self, id: ChannelId) -> Self {
        self.query.channel_ids.push(id);
        self
    }

    /// Sets the filter `conferencial`, whose meaning is not documented. Default: false.
    pub fn conferencial(mut self, conferencial: bool) -> Self {
        self.query.conferencial = conferencial;
        self
    }

    /// Sets the filter `onlyMyChannels`, whose meaning is not documented beyond its name. Default: false.
    pub fn only_my_channels(mut self, only: bool) -> Self {
        self.query.only_my_channels = only;
        self
    }

    /// Lists only channels with this `useCaseType`. Default: all.
    pub fn use_case_type(mut self, kind: impl Into<String>) -> Self {
        self.query.use_case_type = Some(kind.into());
        self
    }

    /// Lists only channels with this `resourceOwnerId`. Default: all.
    pub fn resource_owner_id(mut self, id: impl Into<String>) -> Self {
        self.query.resource_owner_id = Some(id.into());
        self
    }

    /// Lists only channels with this `resourceOwnerIdentifier`. Call it again to add one. Default: all.
    pub fn resource_owner_identifier(mut self, identifier: impl Into<String>) -> Self {
        self.query
            .resource_owner_identifiers
            .push(identifier.into());
        self
    }

    /// Reverses the order. Default: false.
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
