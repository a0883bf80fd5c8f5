//! Webhook subscriptions: which events the API sends to which URL. Both path families share one implementation.

use bird_connectors_api::SentSecret;
use bird_connectors_api::types::{
    AvailableWebhook, CreateWebhookSubscription, DeliveryLogDetails, DeliveryLogEntry,
    SubscriptionId, WebhookService, WebhookSubscription,
};
use secrecy::SecretString;

use super::delete::Delete;
use crate::client::Workspace;
use crate::error::Error;
use crate::list::List;
use lists::{AvailableEventQuery, DeliveryLogQuery, SubscriptionQuery};
use requests::{NewSubscription, SubscriptionUpdate};

pub(super) mod ensure;
mod lists;
pub(super) mod requests;

/// The webhook subscriptions of a workspace, returned by [`Workspace::webhook_subscriptions`]. They use the current paths
/// of the API or, for a workspace of [`Client::organization`](crate::Client::organization), the older ones.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = bird_connectors_sandbox::Sandbox::start().await?;
/// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
/// # let workspace = client.build()?.workspace(bird_connectors::WorkspaceId::from(sandbox.workspace_id()));
/// use bird_connectors::resources::{NewSubscription, SubscriptionUpdate};
///
/// let subscriptions = workspace.webhook_subscriptions();
/// let new = NewSubscription::new("channel.updated", "https://hooks.example.com/bird").signing_key("signing key");
/// let subscription = subscriptions.create(new).await?;
///
/// // Pause the deliveries, and delete the subscription later.
/// let paused = subscriptions.update(subscription.id, SubscriptionUpdate::new().status("inactive")).await?;
/// assert_eq!(paused.status.as_str(), "inactive");
/// subscriptions.delete(subscription.id).await?;
/// # assert!(subscriptions.list().first_page().await?.items.is_empty());
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct WebhookSubscriptions {
    workspace: Workspace,
}

/// Makes the call on the path family of the workspace.
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
    /// The webhook subscriptions: which events the API sends to which URL.
    #[must_use]
    pub fn webhook_subscriptions(&self) -> WebhookSubscriptions {
        WebhookSubscriptions {
            workspace: self.clone(),
        }
    }
}

impl WebhookSubscriptions {
    /// Creates a subscription, in addition to any that exist: each one receives its own delivery of an event. Prefer
    /// [`ensure`](Self::ensure), which can be repeated. The API may not return the signing key again, so store it.
    ///
    /// The request is retried only if it was certainly not processed.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the event is empty, or if the URL is not https or its
    /// host has no dot; nothing was sent. If the [outcome](crate::Error::outcome) is unknown, the subscription may exist.
    /// The API allows five subscriptions with the same filters, and rejects the sixth.
    pub async fn create(
        &self,
        subscription: NewSubscription,
    ) -> Result<WebhookSubscription, Error> {
        self.send_create(&subscription.checked()?).await
    }

    pub(crate) fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    async fn send_create(
        &self,
        body: &CreateWebhookSubscription,
    ) -> Result<WebhookSubscription, Error> {
        let (call, result) = on_path!(
            self, secrets(body.signing_key.as_ref()),
            "createWebhookSubscription" => create_webhook_subscription,
            "createOrganizationWebhookSubscription" => create_organization_webhook_subscription,
            (body)
        );
        call.finish(result)
    }

    /// Lists the subscriptions of the workspace.
    pub fn list(&self) -> List<WebhookSubscription> {
        List::new(self.workspace.clone(), SubscriptionQuery {})
    }

    /// Reads one subscription. The response may omit the signing key.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if it does not exist, and the errors of every call.
    pub async fn get(&self, id: SubscriptionId) -> Result<WebhookSubscription, Error> {
        let (call, result) = on_path!(
            self, Vec::new(),
            "getWebhookSubscription" => get_webhook_subscription,
            "getOrganizationWebhookSubscription" => get_organization_webhook_subscription,
            (&id)
        );
        call.finish(result)
    }

    /// Updates a subscription. Fields that are not set in `update` keep their values. An update can be repeated safely.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if no field is set, or if the URL is invalid as for
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

    /// Deletes a subscription when the result is awaited. Call [`missing_ok`](Delete::missing_ok) on the result if the
    /// subscription may already be deleted.
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

    /// Lists the deliveries of a subscription and their results.
    pub fn logs(&self, id: SubscriptionId) -> List<DeliveryLogEntry> {
        List::new(
            self.workspace.clone(),
            DeliveryLogQuery {
                subscription: id,
                execution_status: None,
            },
        )
    }

    /// Reads the details of one delivery. `request_id` is the id in its log entry. The format of the details is not
    /// documented.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the delivery does not exist, and the errors of every call.
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

    /// Lists the events that subscriptions can receive, with the keys of their filters. It always uses the current path,
    /// because no older one is documented.
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
