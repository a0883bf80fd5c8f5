//! What a caller sends to create or update a subscription.

use bird_connectors_api::SentSecret;
use bird_connectors_api::types::{
    ChannelStatus, CreateWebhookSubscription, EventFilter, UpdateWebhookSubscription,
    WebhookService, WebhookSubscriptionStatus,
};
use serde_json::Value;
use url::Url;

use crate::error::Error;

/// The keys of the filters of `channel.created` and `channel.updated`, apart from `channelId`.
const PLATFORM_ID: &str = "platformId";
const CHANNEL_STATUS: &str = "channelStatus";

/// A subscription to create, for [`create`](super::WebhookSubscriptions::create) and
/// [`ensure`](super::WebhookSubscriptions::ensure).
///
/// ```
/// use bird_connectors::resources::NewSubscription;
///
/// let subscription = NewSubscription::new("channel.updated", "https://hooks.example.com/bird?tenant=42")
///     .signing_key("signing key")
///     .platform_id("whatsapp")
///     .channel_status("active");
/// assert!(!format!("{subscription:?}").contains("signing key"));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "it is created when it is passed to `create` or `ensure`"]
pub struct NewSubscription(pub(crate) CreateWebhookSubscription);

impl NewSubscription {
    /// Sends `event`, such as `channel.updated`, to `url`. The service is `channels` unless [`service`](Self::service)
    /// sets another one.
    ///
    /// The URL must be https and have a host name with a dot. It is part of what the API signs, including path and query:
    /// pass the same string to the [`Verifier`](crate::webhook::Verifier). The documentation is inconsistent about ports,
    /// so the server decides whether it accepts one.
    pub fn new(event: impl Into<String>, url: impl Into<String>) -> Self {
        Self(CreateWebhookSubscription::new(
            WebhookService::Channels,
            event,
            url,
        ))
    }

    /// Sets the service whose events are sent. Default: `channels`.
    pub fn service(mut self, service: impl Into<WebhookService>) -> Self {
        self.0.service = service.into();
        self
    }

    /// Sets the secret key that deliveries are signed with. Use a different key for each receiver. Default: none, so
    /// deliveries cannot be verified.
    pub fn signing_key(mut self, key: impl Into<SentSecret>) -> Self {
        self.0.signing_key = Some(key.into());
        self
    }

    /// Adds the filter `platformId`: only events of channels with this platform are sent, such as `sms-messagebird`. Default:
    /// all platforms.
    ///
    /// The platform is that of a [`Channel`](crate::Channel). It is neither the slug of a template nor the short name in
    /// the names of events: see [`platform_id_of_event`](crate::webhook::platform_id_of_event).
    pub fn platform_id(self, platform_id: impl Into<String>) -> Self {
        self.filter(PLATFORM_ID, platform_id)
    }

    /// Adds the filter `channelStatus`: only events of channels with this status are sent, such as `active`. Default: all
    /// statuses.
    pub fn channel_status(self, status: impl Into<ChannelStatus>) -> Self {
        self.filter(CHANNEL_STATUS, status.into().as_str())
    }

    /// Adds a filter: only events whose `key` has this `value` are sent. Events must match all filters. The API allows at
    /// most one filter with the key `channelId`. Default: no filters.
    pub fn filter(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.0
            .event_filters
            .get_or_insert_default()
            .push(EventFilter::new(key, value));
        self
    }

    /// Sets the field `template`, whose format is not documented. Default: absent.
    pub fn template(mut self, template: Value) -> Self {
        self.0.template = Some(template);
        self
    }

    /// Checks everything that can be checked without a request. Creating the subscription does this, too, before it sends
    /// anything.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the event is empty, or if the URL is not https or its
    /// host has no dot.
    pub fn validate(&self) -> Result<(), Error> {
        const ACTION: &str = "create a webhook subscription";
        if self.0.event.trim().is_empty() {
            return Err(Error::invalid_input(ACTION, "the event is empty"));
        }
        check_url(&self.0.url, ACTION)
    }

    pub(crate) fn checked(self) -> Result<CreateWebhookSubscription, Error> {
        self.validate()?;
        Ok(self.0)
    }
}

/// Changes to a subscription, for [`update`](super::WebhookSubscriptions::update). Fields that are not set keep their
/// values.
///
/// ```
/// use bird_connectors::resources::SubscriptionUpdate;
///
/// let update = SubscriptionUpdate::new().signing_key("the next key").status("active");
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "it takes effect when it is passed to `update`"]
pub struct SubscriptionUpdate(UpdateWebhookSubscription);

impl SubscriptionUpdate {
    /// An update without changes. Set at least one field.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sends to another URL. [`NewSubscription::new`] has the rules.
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.0.url = Some(url.into());
        self
    }

    /// Signs with another secret key. Retries of earlier deliveries may still be signed with the old one, so pass both keys
    /// to the [`Verifier`](crate::webhook::Verifier) for a day.
    pub fn signing_key(mut self, key: impl Into<SentSecret>) -> Self {
        self.0.signing_key = Some(key.into());
        self
    }

    /// Turns deliveries on (`active`) or off (`inactive`).
    pub fn status(mut self, status: impl Into<WebhookSubscriptionStatus>) -> Self {
        self.0.status = Some(status.into());
        self
    }

    /// Replaces all filters, including those that [`platform_id`](Self::platform_id) and
    /// [`channel_status`](Self::channel_status) have added. An empty list removes them.
    pub fn filters<K: Into<String>, V: Into<String>>(
        mut self,
        filters: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.0.event_filters = Some(
            filters
                .into_iter()
                .map(|(key, value)| EventFilter::new(key, value))
                .collect(),
        );
        self
    }

    /// Adds the filter `platformId` to the new filters, such as `sms-messagebird`. The new filters replace all filters of
    /// the subscription.
    pub fn platform_id(self, platform_id: impl Into<String>) -> Self {
        self.filter(PLATFORM_ID, platform_id.into())
    }

    /// Adds the filter `channelStatus` to the new filters, such as `active`. The new filters replace all filters of the
    /// subscription.
    pub fn channel_status(self, status: impl Into<ChannelStatus>) -> Self {
        self.filter(CHANNEL_STATUS, status.into().as_str().to_owned())
    }

    fn filter(mut self, key: &str, value: String) -> Self {
        let filters = self.0.event_filters.get_or_insert_default();
        filters.push(EventFilter::new(key, value));
        self
    }

    /// Sets the field `template`, whose format is not documented.
    pub fn template(mut self, template: Value) -> Self {
        self.0.template = Some(template);
        self
    }

    pub(super) fn checked(self) -> Result<UpdateWebhookSubscription, Error> {
        const ACTION: &str = "update a webhook subscription";
        if self == Self::default() {
            return Err(Error::invalid_input(
                ACTION,
                "the update has no changes; set at least one field",
            ));
        }
        if let Some(url) = &self.0.url {
            check_url(url, ACTION)?;
        }
        Ok(self.0)
    }
}

fn check_url(url: &str, action: &'static str) -> Result<(), Error> {
    let invalid = |why: &str| Err(Error::invalid_input(action, format!("the URL {why}")));
    match Url::parse(url) {
        Ok(parsed) if parsed.scheme() != "https" => {
            invalid("is not https; the API delivers over https only")
        }
        Ok(parsed)
            if !parsed
                .domain()
                .is_some_and(|name| name.trim_end_matches('.').contains('.')) =>
        {
            invalid("has no host name with a dot; the API delivers to public host names only")
        }
        Ok(_) => Ok(()),
        Err(error) => invalid(&format!("is invalid: {error}")),
    }
}
