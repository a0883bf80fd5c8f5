//! A webhook subscription as the sandbox keeps it, and as the API shows it.

use std::time::Duration;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::behavior::{Behavior, EmptyFields, SigningKey};
use crate::clock::Clock;
use crate::state::Workspace;

pub(crate) struct Subscription {
    pub(crate) id: Uuid,
    pub(crate) service: String,
    pub(crate) event: String,
    pub(crate) url: String,
    pub(crate) active: bool,
    pub(crate) filters: Option<Vec<EventFilter>>,
    /// Its shape is not documented: kept and shown as it was sent.
    pub(crate) template: Option<Value>,
    pub(crate) signing_key: Option<String>,
    pub(crate) created: Duration,
    pub(crate) updated: Duration,
    /// From when on it can be found.
    pub(crate) visible: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EventFilter {
    pub(crate) key: String,
    pub(crate) value: String,
}

impl Subscription {
    /// Whether two subscriptions filter the same: order does not matter, null and no filters are one.
    pub(crate) fn filters_like(
        &self,
        service: &str,
        event: &str,
        filters: Option<&[EventFilter]>,
    ) -> bool {
        let sorted = |filters: Option<&[EventFilter]>| {
            let mut filters = filters.unwrap_or_default().to_vec();
            filters.sort();
            filters
        };
        self.service == service
            && self.event == event
            && sorted(self.filters.as_deref()) == sorted(filters)
    }

    /// `key_was_set` says whether this is the answer to a request that could set the signing key.
    pub(crate) fn to_json(
        &self,
        workspace: &Workspace,
        key_was_set: bool,
        behavior: &Behavior,
        clock: &Clock,
    ) -> Value {
        let mut body = Map::new();
        let mut set = |name: &str, value: Option<Value>| match value {
            Some(value) => drop(body.insert(name.to_owned(), value)),
            None if behavior.empty_fields == EmptyFields::Null => {
                drop(body.insert(name.to_owned(), Value::Null))
            }
            None => {}
        };
        set("id", Some(json!(self.id)));
        set("organizationId", Some(json!(workspace.organization)));
        set("workspaceId", Some(json!(workspace.id)));
        set("service", Some(json!(self.service)));
        set("event", Some(json!(self.event)));
        set("url", Some(json!(self.url)));
        set(
            "status",
            Some(json!(if self.active { "active" } else { "inactive" })),
        );
        let filter = |filter: &EventFilter| json!({ "key": filter.key, "value": filter.value });
        set(
            "eventFilters",
            self.filters
                .as_ref()
                .map(|filters| filters.iter().map(filter).collect()),
        );
        set("template", self.template.clone());
        set(
            "createdAt",
            Some(json!(clock.date(self.created, behavior.date_precision))),
        );
        set(
            "updatedAt",
            Some(json!(clock.date(self.updated, behavior.date_precision))),
        );
        let shows_key = match behavior.signing_key {
            SigningKey::WhenSet => key_was_set,
            SigningKey::Always => true,
            SigningKey::Never => false,
        };
        if let (true, Some(key)) = (shows_key, &self.signing_key) {
            set("signingKey", Some(json!(key)));
        }
        Value::Object(body)
    }
}
