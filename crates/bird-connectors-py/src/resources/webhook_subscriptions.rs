//! Webhook subscriptions: create, list, read, update and delete; delivery logs and available events.

use bird_connectors as sdk;
use pyo3::prelude::*;
use sdk::models as m;
use sdk::resources::{NewSubscription, SubscriptionUpdate};

use crate::call::{call, delete, model};
use crate::convert::{Arg, Count, Id, Json, SecretStr, Str, StringMap, arguments, from_object};
use crate::hints::{
    CallOf, ChannelSubscriptions, Deleted, Dict, EnsuredSubscription, ListOf, Typed,
};
use crate::list::{Listing, Paging};
use crate::models::Model as _;
use crate::records::record;
use crate::scope::WorkspaceScope;

/// The native half of `WebhookSubscriptions` and `AsyncWebhookSubscriptions`.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct WebhookSubscriptions(pub(crate) WorkspaceScope);

#[pymethods]
impl WebhookSubscriptions {
    #[getter]
    fn workspace_id(&self) -> String {
        self.0.id.to_string()
    }

    #[pyo3(signature = (event, url, signing_key, platform_id, channel_status, filters, service, template))]
    #[allow(clippy::too_many_arguments)]
    fn create(
        &self,
        py: Python<'_>,
        event: Arg<Str>,
        url: Arg<Str>,
        signing_key: Option<Arg<SecretStr>>,
        platform_id: Option<Arg<Str>>,
        channel_status: Option<Arg<Str>>,
        filters: Option<Arg<StringMap>>,
        service: Arg<Str>,
        template: Option<Arg<Json>>,
    ) -> PyResult<Typed<CallOf<m::WebhookSubscription>>> {
        arguments!(
            event,
            url,
            signing_key,
            platform_id,
            channel_status,
            filters,
            service,
            template
        );
        let filters = all_filters(platform_id, channel_status, filters);
        let new = subscription(event, url, signing_key, filters, service, template);
        let subscriptions = self.0.workspace(py)?.webhook_subscriptions();
        model(py, async move { subscriptions.create(new).await })
    }

    #[pyo3(signature = (event, url, signing_key, platform_id, channel_status, filters, service, template))]
    #[allow(clippy::too_many_arguments)]
    fn ensure(
        &self,
        py: Python<'_>,
        event: Arg<Str>,
        url: Arg<Str>,
        signing_key: Option<Arg<SecretStr>>,
        platform_id: Option<Arg<Str>>,
        channel_status: Option<Arg<Str>>,
        filters: Option<Arg<StringMap>>,
        service: Arg<Str>,
        template: Option<Arg<Json>>,
    ) -> PyResult<Typed<CallOf<EnsuredSubscription>>> {
        arguments!(
            event,
            url,
            signing_key,
            platform_id,
            channel_status,
            filters,
            service,
            template
        );
        let filters = all_filters(platform_id, channel_status, filters);
        let new = subscription(event, url, signing_key, filters, service, template);
        let subscriptions = self.0.workspace(py)?.webhook_subscriptions();
        call(py, async move { subscriptions.ensure(new).await }, ensured)
    }

    fn subscribe_to_channels(
        &self,
        py: Python<'_>,
        url: Arg<Str>,
        signing_key: Arg<SecretStr>,
    ) -> PyResult<Typed<CallOf<ChannelSubscriptions>>> {
        arguments!(url, signing_key);
        let subscriptions = self.0.workspace(py)?.webhook_subscriptions();
        call(
            py,
            async move {
                subscriptions
                    .subscribe_to_channels(url.0, signing_key.0)
                    .await
            },
            |py, subscriptions| {
                let created = ensured(py, subscriptions.created)?;
                let updated = ensured(py, subscriptions.updated)?;
                record(py, "ChannelSubscriptions", (created, updated))
            },
        )
    }

    #[pyo3(signature = (page_size, limit, max_empty_pages, resume_from))]
    fn list(
        &self,
        py: Python<'_>,
        page_size: Option<Arg<Count<u32>>>,
        limit: Option<Arg<Count>>,
        max_empty_pages: Option<Arg<Count>>,
        resume_from: Option<Arg<Str>>,
    ) -> PyResult<Typed<ListOf<m::WebhookSubscription>>> {
        arguments!(page_size, limit, max_empty_pages, resume_from);
        let paging = Paging::new(py, page_size, limit, max_empty_pages, resume_from)?;
        Listing::make(py, &self.0, paging, |workspace| {
            workspace.webhook_subscriptions().list()
        })
    }

    fn get(
        &self,
        py: Python<'_>,
        id: Arg<Id<m::SubscriptionId>>,
    ) -> PyResult<Typed<CallOf<m::WebhookSubscription>>> {
        arguments!(id);
        let subscriptions = self.0.workspace(py)?.webhook_subscriptions();
        model(py, async move { subscriptions.get(id.0).await })
    }

    #[pyo3(signature = (id, url, signing_key, status, platform_id, channel_status, filters, template))]
    #[allow(clippy::too_many_arguments)]
    fn update(
        &self,
        py: Python<'_>,
        id: Arg<Id<m::SubscriptionId>>,
        url: Option<Arg<Str>>,
        signing_key: Option<Arg<SecretStr>>,
        status: Option<Arg<Str>>,
        platform_id: Option<Arg<Str>>,
        channel_status: Option<Arg<Str>>,
        filters: Option<Arg<StringMap>>,
        template: Option<Arg<Json>>,
    ) -> PyResult<Typed<CallOf<m::WebhookSubscription>>> {
        arguments!(
            id,
            url,
            signing_key,
            status,
            platform_id,
            channel_status,
            filters,
            template
        );
        let mut update = SubscriptionUpdate::new();
        if let Some(url) = url {
            update = update.url(url.0);
        }
        if let Some(key) = signing_key {
            update = update.signing_key(key.0);
        }
        if let Some(status) = status {
            update = update.status(status.0);
        }
        if let Some(filters) = all_filters(platform_id, channel_status, filters) {
            update = update.filters(filters);
        }
        if let Some(template) = template {
            update = update.template(template.0);
        }
        let subscriptions = self.0.workspace(py)?.webhook_subscriptions();
        model(py, async move { subscriptions.update(id.0, update).await })
    }

    fn delete(
        &self,
        py: Python<'_>,
        id: Arg<Id<m::SubscriptionId>>,
        missing_ok: Arg<bool>,
    ) -> PyResult<Typed<CallOf<Deleted>>> {
        arguments!(id, missing_ok);
        let request = self.0.workspace(py)?.webhook_subscriptions().delete(id.0);
        delete(py, request, missing_ok)
    }

    #[allow(clippy::too_many_arguments)]
    #[pyo3(signature = (id, execution_status, page_size, limit, max_empty_pages, resume_from))]
    fn logs(
        &self,
        py: Python<'_>,
        id: Arg<Id<m::SubscriptionId>>,
        execution_status: Option<Arg<Str>>,
        page_size: Option<Arg<Count<u32>>>,
        limit: Option<Arg<Count>>,
        max_empty_pages: Option<Arg<Count>>,
        resume_from: Option<Arg<Str>>,
    ) -> PyResult<Typed<ListOf<m::DeliveryLogEntry>>> {
        arguments!(
            id,
            execution_status,
            page_size,
            limit,
            max_empty_pages,
            resume_from
        );
        let paging = Paging::new(py, page_size, limit, max_empty_pages, resume_from)?;
        Listing::make(py, &self.0, paging, move |workspace| {
            let mut list = workspace.webhook_subscriptions().logs(id.0);
            if let Some(status) = &execution_status {
                list = list.execution_status(&status.0);
            }
            list
        })
    }

    fn log_details(
        &self,
        py: Python<'_>,
        id: Arg<Id<m::SubscriptionId>>,
        request_id: Arg<Str>,
    ) -> PyResult<Typed<CallOf<Dict>>> {
        arguments!(id, request_id);
        let subscriptions = self.0.workspace(py)?.webhook_subscriptions();
        call(
            py,
            async move { subscriptions.log_details(id.0, &request_id.0).await },
            |py, details| Ok(from_object(py, &details)?.into_any().unbind()),
        )
    }

    #[pyo3(signature = (service, page_size, limit, max_empty_pages, resume_from))]
    fn available_events(
        &self,
        py: Python<'_>,
        service: Arg<Str>,
        page_size: Option<Arg<Count<u32>>>,
        limit: Option<Arg<Count>>,
        max_empty_pages: Option<Arg<Count>>,
        resume_from: Option<Arg<Str>>,
    ) -> PyResult<Typed<ListOf<m::AvailableWebhook>>> {
        arguments!(service, page_size, limit, max_empty_pages, resume_from);
        let paging = Paging::new(py, page_size, limit, max_empty_pages, resume_from)?;
        Listing::make(py, &self.0, paging, move |workspace| {
            let list = workspace.webhook_subscriptions().available_events();
            list.service(service.0.as_str())
        })
    }
}

/// The filters of all arguments. `None` if no argument is given.
fn all_filters(
    platform_id: Option<Str>,
    channel_status: Option<Str>,
    filters: Option<StringMap>,
) -> Option<Vec<(String, String)>> {
    let named = [
        ("platformId", platform_id),
        ("channelStatus", channel_status),
    ];
    let mut all: Option<Vec<_>> = filters.map(|filters| filters.0.into_iter().collect());
    for (key, value) in named {
        if let Some(value) = value {
            all.get_or_insert_default().push((key.to_owned(), value.0));
        }
    }
    all
}

fn subscription(
    event: Str,
    url: Str,
    signing_key: Option<SecretStr>,
    filters: Option<Vec<(String, String)>>,
    service: Str,
    template: Option<Json>,
) -> NewSubscription {
    let mut new = NewSubscription::new(event.0, url.0).service(service.0);
    if let Some(key) = signing_key {
        new = new.signing_key(key.0);
    }
    for (key, value) in filters.into_iter().flatten() {
        new = new.filter(key, value);
    }
    if let Some(template) = template {
        new = new.template(template.0);
    }
    new
}

fn ensured(py: Python<'_>, ensured: sdk::resources::EnsuredSubscription) -> PyResult<Py<PyAny>> {
    let subscription = ensured.subscription.into_class(py)?;
    let values = (subscription, ensured.adopted, ensured.signing_key_applied);
    record(py, "EnsuredSubscription", values)
}
