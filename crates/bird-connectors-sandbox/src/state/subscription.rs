//! A webhook subscription, and its JSON.

use std::time::Duration;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::scenario::behavior::{EmptyFields, SigningKey};
use crate::state::render::RenderContext;

pub(crate) struct Subscription {
    pub(crate) id: Uuid,
    pub(crate) service: String,
    pub(crate) event: String,
    pub(crate) url: String,
    pub(crate) active: bool,
    pub(crate) filters: Option<Vec<EventFilter>>,
    /// Its format is not documented. It is stored and returned as it was sent.
    pub(crate) template: Option<Value>,
    pub(crate) signing_key: Option<String>,
    pub(crate) created: Duration,
    pub(crate) updated: Duration,
    /// The time from which it can be read and listed.
    pub(crate) visible: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EventFilter {
    pub(crate) key: String,
    pub(crate) value: String,
}

impl Subscription {
    /// Whether it selects the same events. The order of filters does not matter, and null is the same as no filters.
    pub(crate) fn selects_same_events(
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

    /// `key_was_set` is true in the response to a request that has set the signing key.
    pub(crate) fn to_json(&self, context: &RenderContext<'_>, key_was_set: bool) -> Value {
        let behavior = context.behavior;
        let mut body = Map::new();
        let mut set = |name: &str, value: Option<Value>| match value {
            Some(value) => drop(body.insert(name.to_owned(), value)),
            None if behavior.empty_fields == EmptyFields::Null => {
                drop(body.insert(name.to_owned(), Value::Null));
            }
            None => {}
        };
        set("id", Some(json!(self.id)));
        set("organizationId", Some(json!(context.organization_id)));
        set("workspaceId", Some(json!(context.workspace_id)));
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
        set("createdAt", Some(json!(context.date(self.created))));
        set("updatedAt", Some(json!(context.date(self.updated))));
        let includes_key = match behavior.signing_key {
            SigningKey::WhenSet => key_was_set,
            SigningKey::Always => true,
            SigningKey::Never => false,
        };
        if let (true, Some(key)) = (includes_key, &self.signing_key) {
            set("signingKey", Some(json!(key)));
        }
        Value::Object(body)
    }
}
