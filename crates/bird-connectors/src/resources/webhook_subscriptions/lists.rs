//! The lists of subscriptions, of delivery logs and of available events, with their filters.

use bird_connectors_api::types::{
    AvailableWebhook, AvailableWebhookPage, DeliveryLogEntry, DeliveryLogPage, SubscriptionId,
    WebhookService, WebhookSubscription, WebhookSubscriptionPage,
};
use serde::Serialize;

use crate::client::Workspace;
use crate::error::Error;
use crate::future::BoxFuture;
use crate::list::{Endpoint, FetchedPage, List, Listable};
use crate::transport::call::Call;

/// The filters of the list of subscriptions: there are none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SubscriptionQuery {}

impl Listable for WebhookSubscription {
    type Query = SubscriptionQuery;
}

impl Endpoint for SubscriptionQuery {
    type Item = WebhookSubscription;

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

/// The filters of the delivery log of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeliveryLogQuery {
    pub(super) subscription: SubscriptionId,
    pub(super) execution_status: Option<String>,
}

impl List<DeliveryLogEntry> {
    /// Only deliveries with this execution status. The documentation does not list its values. Default: all.
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
            let (subscription, status) = (&query.subscription, query.execution_status.as_deref());
            let result = match &organization {
                None => {
                    raw.list_webhook_subscription_logs(&id, subscription, status, size, token)
                        .await
                }
                Some(organization) => {
                    raw.list_organization_webhook_subscription_logs(
                        organization,
                        &id,
                        subscription,
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

/// The filters of the list of available events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AvailableEventQuery {
    pub(super) service: WebhookService,
}

impl List<AvailableWebhook> {
    /// Only events of this service. Default: `channels`.
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
