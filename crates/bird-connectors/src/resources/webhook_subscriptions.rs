//! Webhook subscriptions: which events the API sends where. Both path families, one implementation.

use bird_connectors_api::SentSecret;
use bird_connectors_api::types::{
    AvailableWebhook, AvailableWebhookPage, CreateWebhookSubscription, DeliveryLogDetails,
    DeliveryLogEntry, DeliveryLogPage, EventFilter, SubscriptionId, UpdateWebhookSubscription,
    WebhookService, WebhookSubscription, WebhookSubscriptionPage, WebhookSubscriptionStatus,
};
use secrecy::SecretString;
use serde::Serialize;
use serde_json::Value;
use url::Url;

use super::delete::Delete;
use crate::client::Workspace;
use crate::error::Error;
use crate::future::BoxFuture;
use crate::list::{Endpoint, FetchedPage, List, Listable};
use crate::transport::call::Call;

pub(super) mod ensure;

/// The webhook subscriptions of a workspace, on the newer path or, from
/// [`Client::organization`](crate::Client::organization), on the older one. Made by
/// [`Workspace::webhook_subscriptions`].
#[derive(Clone, Debug)]
pub struct WebhookSubscriptions {
    workspace: Workspace,
}

/// Makes the same call on the path family of the workspace.
macro_rules! on_path {
    ($self:ident, $secrets:expr, $newer:literal => $newer_fn:ident, $older:literal => $older_fn:ident, ($($argument:expr),*)) => {{
        let workspace = $self.workspace.id();
        match $self.workspace.organization_id() {
            None => {
                let call = $self.workspace.call_with($newer, $secrets);
                let result = call.raw().$newer_fn(&workspace, $($argument),*).await;
                (call, result)
            }
            Some(organization) => {
                let call = $self.workspace.call_with($older, $secrets);
                let result = call.raw().$older_fn(&organization, &workspace, $($argument),*).await;
                (call, result)
            }
        }
    }};
}

impl Workspace {
    /// Webhook subscriptions: which events the API sends where.
    #[must_use]
    pub fn webhook_subscriptions(&self) -> WebhookSubscriptions {
        WebhookSubscriptions {
            workspace: self.clone(),
        }
    }
}

impl WebhookSubscriptions {
    /// Creates a subscription: one POST, which is repeated only where it was certainly not processed. The API may not
    /// show the signing key again: keep it.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) where the URL is not https or its host has no dot; nothing
    /// was sent. The API allows five subscriptions per filter combination; [`ensure`](Self::ensure) does not add to
    /// them what is there already.
    pub async fn create(
        &self,
        subscription: NewSubscription,
    ) -> Result<WebhookSubscription, Error> {
        self.post(&subscription.checked()?).await
    }

    async fn post(&self, body: &CreateWebhookSubscription) -> Result<WebhookSubscription, Error> {
        let (call, result) = on_path!(
            self, secrets(body.signing_key.as_ref()),
            "createWebhookSubscription" => create_webhook_subscription,
            "createOrganizationWebhookSubscription" => create_organization_webhook_subscription,
            (body)
        );
        call.finish(result)
    }

    /// The subscriptions of the workspace.
    pub fn list(&self) -> List<WebhookSubscription> {
        List::new(self.workspace.clone(), SubscriptionQuery {})
    }

    /// Reads one subscription. The signing key may be left out.
    ///
    /// # Errors
    /// As every call.
    pub async fn get(&self, id: SubscriptionId) -> Result<WebhookSubscription, Error> {
        let (call, result) = on_path!(
            self, Vec::new(),
            "getWebhookSubscription" => get_webhook_subscription,
            "getOrganizationWebhookSubscription" => get_organization_webhook_subscription,
            (&id)
        );
        call.finish(result)
    }

    /// Changes a subscription: what is not named stays.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) where nothing is named, or as for
    /// [`create`](Self::create); nothing was sent.
    pub async fn update(
        &self,
        id: SubscriptionId,
        update: SubscriptionUpdate,
    ) -> Result<WebhookSubscription, Error> {
        let body = update.checked()?;
        let (call, result) = on_path!(
            self, secrets(body.signing_key.as_ref()),
            "updateWebhookSubscription" => update_webhook_subscription,
            "updateOrganizationWebhookSubscription" => update_organization_webhook_subscription,
            (&id, &body)
        );
        call.finish(result)
    }

    /// Deletes a subscription. Await the result, with [`missing_ok`](Delete::missing_ok) before that where it may be
    /// gone already.
    pub fn delete(&self, id: SubscriptionId) -> Delete {
        let this = self.clone();
        Delete::new(Box::pin(async move {
            let (call, result) = on_path!(
                this, Vec::new(),
                "deleteWebhookSubscription" => delete_webhook_subscription,
                "deleteOrganizationWebhookSubscription" => delete_organization_webhook_subscription,
                (&id)
            );
            call.finish(result)
        }))
    }

    /// What was delivered for a subscription, and how that went.
    pub fn logs(&self, id: SubscriptionId) -> List<DeliveryLogEntry> {
        List::new(
            self.workspace.clone(),
            DeliveryLogQuery {
                subscription: id,
                execution_status: None,
            },
        )
    }

    /// The details of one delivery. Their shape is not documented.
    ///
    /// # Errors
    /// As every call.
    pub async fn log_details(
        &self,
        id: SubscriptionId,
        request_id: &str,
    ) -> Result<DeliveryLogDetails, Error> {
        let (call, result) = on_path!(
            self, Vec::new(),
            "getWebhookSubscriptionLogDetails" => get_webhook_subscription_log_details,
            "getOrganizationWebhookSubscriptionLogDetails" => get_organization_webhook_subscription_log_details,
            (&id, request_id)
        );
        call.finish(result)
    }

    /// The events on offer, with the keys that their filters can have. Always on the newer path, the only one that is
    /// documented.
    pub fn available_events(&self) -> List<AvailableWebhook> {
        List::new(
            self.workspace.clone(),
            AvailableEventQuery {
                service: WebhookService::Channels,
            },
        )
    }
}

fn secrets(key: Option<&SentSecret>) -> Vec<SecretString> {
    key.map(|key| key.expose().to_owned().into())
        .into_iter()
        .collect()
}

fn check_url(url: &str, action: &'static str) -> Result<(), Error> {
    let refuse = |why: &str| Err(Error::invalid_input(action, format!("the URL {why}")));
    match Url::parse(url) {
        Ok(parsed) if parsed.scheme() != "https" => {
            refuse("is not https; the API delivers to nothing else")
        }
        Ok(parsed)
            if !parsed
                .domain()
                .is_some_and(|name| name.trim_end_matches('.').contains('.')) =>
        {
            refuse("has no host name with a dot; the API delivers to public names only")
        }
        Ok(_) => Ok(()),
        Err(error) => refuse(&format!("cannot be read: {error}")),
    }
}

/// A subscription to create.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "it is not created before it is passed to `create`"]
pub struct NewSubscription(CreateWebhookSubscription);

impl NewSubscription {
    /// Sends `event`, such as `channel.updated`, to `url`. The service is `channels` where no other is set.
    ///
    /// The URL is signed as it is given here, path and query included: keep it for verification. One copy of the
    /// documented pattern allows a port and another does not; the server decides.
    pub fn new(event: impl Into<String>, url: impl Into<String>) -> Self {
        Self(CreateWebhookSubscription::new(
            WebhookService::Channels,
            event,
            url,
        ))
    }

    /// The service whose events are sent. Default: `channels`.
    pub fn service(mut self, service: impl Into<WebhookService>) -> Self {
        self.0.service = service.into();
        self
    }

    /// The key that deliveries are signed with: one of its own for each subscription. Secret.
    pub fn signing_key(mut self, key: impl Into<SentSecret>) -> Self {
        self.0.signing_key = Some(key.into());
        self
    }

    /// Only events for which this holds. Call it again for more: all must hold. One `channelId` at the most.
    pub fn filter(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.0
            .event_filters
            .get_or_insert_default()
            .push(EventFilter::new(key, value));
        self
    }

    /// The documented field `template`, whose form is not.
    pub fn template(mut self, template: Value) -> Self {
        self.0.template = Some(template);
        self
    }

    fn checked(self) -> Result<CreateWebhookSubscription, Error> {
        const ACTION: &str = "create a webhook subscription";
        if self.0.event.trim().is_empty() {
            return Err(Error::invalid_input(ACTION, "the event is empty"));
        }
        check_url(&self.0.url, ACTION)?;
        Ok(self.0)
    }
}

/// A change of a subscription.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "it changes nothing before it is passed to `update`"]
pub struct SubscriptionUpdate(UpdateWebhookSubscription);

impl SubscriptionUpdate {
    /// Changes nothing yet: name at least one thing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sends to another URL.
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.0.url = Some(url.into());
        self
    }

    /// Signs with another key. Deliveries under way may still carry the old one. Secret.
    pub fn signing_key(mut self, key: impl Into<SentSecret>) -> Self {
        self.0.signing_key = Some(key.into());
        self
    }

    /// Turns deliveries on (`active`) or off (`inactive`).
    pub fn status(mut self, status: impl Into<WebhookSubscriptionStatus>) -> Self {
        self.0.status = Some(status.into());
        self
    }

    /// Replaces the filters by these.
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

    /// The documented field `template`, whose form is not.
    pub fn template(mut self, template: Value) -> Self {
        self.0.template = Some(template);
        self
    }

    fn checked(self) -> Result<UpdateWebhookSubscription, Error> {
        const ACTION: &str = "update a webhook subscription";
        if self == Self::default() {
            return Err(Error::invalid_input(
                ACTION,
                "nothing is to be changed: name at least one field",
            ));
        }
        if let Some(url) = &self.0.url {
            check_url(url, ACTION)?;
        }
        Ok(self.0)
    }
}

/// The list of subscriptions has no filters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SubscriptionQuery {}

impl Listable for WebhookSubscription {
    type Query = SubscriptionQuery;
}

impl Endpoint for SubscriptionQuery {
    type Item = WebhookSubscription;
    const PAGE_SIZE: u32 = 100;
    const MAX_PAGE_SIZE: Option<u32> = Some(100);

    fn operation(&self, workspace: &Workspace) -> &'static str {
        match workspace.organization_id() {
            None => "listWebhookSubscriptions",
            Some(_) => "listOrganizationWebhookSubscriptions",
        }
    }

    fn fetch(
        &self,
        workspace: &Workspace,
        call: Call,
        size: u32,
        token: Option<String>,
    ) -> BoxFuture<Result<FetchedPage<WebhookSubscription>, Error>> {
        let (organization, id) = (workspace.organization_id(), workspace.id());
        Box::pin(async move {
            let (raw, size, token) = (call.raw(), Some(size.into()), token.as_deref());
            let result = match organization {
                None => raw.list_webhook_subscriptions(&id, size, token).await,
                Some(organization) => {
                    raw.list_organization_webhook_subscriptions(&organization, &id, size, token)
                        .await
                }
            };
            call.finish_page(result, |page: WebhookSubscriptionPage| {
                (page.results, page.next_page_token)
            })
        })
    }
}

/// The filters of a delivery log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeliveryLogQuery {
    subscription: SubscriptionId,
    execution_status: Option<String>,
}

impl List<DeliveryLogEntry> {
    /// Only deliveries with this status. The words are the API's own. Default: all.
    pub fn execution_status(mut self, status: impl Into<String>) -> Self {
        self.query.execution_status = Some(status.into());
        self
    }
}

impl Listable for DeliveryLogEntry {
    type Query = DeliveryLogQuery;
}

impl Endpoint for DeliveryLogQuery {
    type Item = DeliveryLogEntry;
    const PAGE_SIZE: u32 = 100;
    const MAX_PAGE_SIZE: Option<u32> = Some(100);

    fn operation(&self, workspace: &Workspace) -> &'static str {
        match workspace.organization_id() {
            None => "listWebhookSubscriptionLogs",
            Some(_) => "listOrganizationWebhookSubscriptionLogs",
        }
    }

    fn fetch(
        &self,
        workspace: &Workspace,
        call: Call,
        size: u32,
        token: Option<String>,
    ) -> BoxFuture<Result<FetchedPage<DeliveryLogEntry>, Error>> {
        let (query, organization, id) = (self.clone(), workspace.organization_id(), workspace.id());
        Box::pin(async move {
            let (raw, size, token) = (call.raw(), Some(size.into()), token.as_deref());
            let (of, status) = (&query.subscription, query.execution_status.as_deref());
            let result = match &organization {
                None => {
                    raw.list_webhook_subscription_logs(&id, of, status, size, token)
                        .await
                }
                Some(organization) => {
                    raw.list_organization_webhook_subscription_logs(
                        organization,
                        &id,
                        of,
                        status,
                        size,
                        token,
                    )
                    .await
                }
            };
            call.finish_page(result, |page: DeliveryLogPage| {
                (page.results, page.next_page_token)
            })
        })
    }
}

/// The filters of the events on offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AvailableEventQuery {
    service: WebhookService,
}

impl List<AvailableWebhook> {
    /// The events of this service. Default: `channels`.
    pub fn service(mut self, service: impl Into<WebhookService>) -> Self {
        self.query.service = service.into();
        self
    }
}

impl Listable for AvailableWebhook {
    type Query = AvailableEventQuery;
}

impl Endpoint for AvailableEventQuery {
    type Item = AvailableWebhook;
    const PAGE_SIZE: u32 = 100;
    const MAX_PAGE_SIZE: Option<u32> = Some(100);

    fn operation(&self, _: &Workspace) -> &'static str {
        "listAvailableWebhooks"
    }

    fn fetch(
        &self,
        workspace: &Workspace,
        call: Call,
        size: u32,
        token: Option<String>,
    ) -> BoxFuture<Result<FetchedPage<AvailableWebhook>, Error>> {
        let (query, id) = (self.clone(), workspace.id());
        Box::pin(async move {
            let result = call
                .raw()
                .list_available_webhooks(
                    &id,
                    Some(size.into()),
                    token.as_deref(),
                    Some(&query.service),
                )
                .await;
            call.finish_page(result, |page: AvailableWebhookPage| {
                (page.results, page.next_page_token)
            })
        })
    }
}
