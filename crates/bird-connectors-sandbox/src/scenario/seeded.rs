//! Connectors and webhook subscriptions that exist from the start.

use std::fmt;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::scenario::script::Script;

/// A connector that exists from the start. Its script runs from the start of the sandbox.
///
/// ```
/// use std::time::Duration;
/// use bird_connectors_sandbox::{Sandbox, Script, SeededConnector};
/// use serde_json::json;
///
/// let shop = SeededConnector::new("Shop", "sms-messagebird:1")
///     .arguments(json!({ "channelMessageType": "conversational" }))
///     .script(Script::pending(Duration::ZERO));
/// let builder = Sandbox::builder().connector(shop);
/// # let _ = builder;
/// ```
#[derive(Clone, PartialEq)]
pub struct SeededConnector {
    pub(crate) id: Option<Uuid>,
    pub(crate) name: String,
    pub(crate) template: String,
    pub(crate) arguments: Option<Map<String, Value>>,
    pub(crate) script: Script,
}

impl SeededConnector {
    /// A connector with this name and this template, such as `sms-messagebird:1`. By default, its channel is active, and its id
    /// is random.
    #[must_use]
    pub fn new(name: impl Into<String>, template: impl Into<String>) -> Self {
        Self {
            id: None,
            name: name.into(),
            template: template.into(),
            arguments: None,
            script: Script::instant(),
        }
    }

    /// Sets the id. The ids of its channels are derived from it.
    #[must_use]
    pub const fn with_id(mut self, id: Uuid) -> Self {
        self.id = Some(id);
        self
    }

    /// Sets the arguments, a JSON object. Any other value removes them.
    #[must_use]
    pub fn arguments(mut self, arguments: Value) -> Self {
        self.arguments = match arguments {
            Value::Object(arguments) => Some(arguments),
            _ => None,
        };
        self
    }

    /// Sets the script. The default is [`Script::instant`].
    #[must_use]
    pub fn script(mut self, script: Script) -> Self {
        self.script = script;
        self
    }
}

impl fmt::Debug for SeededConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeededConnector")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("template", &self.template)
            .field("script", &self.script)
            .finish_non_exhaustive()
    }
}

/// A webhook subscription of the service `channels` that exists from the start.
///
/// ```
/// use bird_connectors_sandbox::{Sandbox, SeededSubscription};
///
/// let subscription = SeededSubscription::new("channel.updated", "https://hooks.example.com/bird")
///     .signing_key("a-signing-key")
///     .filter("channelStatus", "active");
/// let builder = Sandbox::builder().subscription(subscription);
/// # let _ = builder;
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SeededSubscription {
    pub(crate) id: Option<Uuid>,
    pub(crate) event: String,
    pub(crate) url: String,
    pub(crate) signing_key: Option<String>,
    /// Pairs of key and value.
    pub(crate) filters: Vec<(String, String)>,
    pub(crate) active: bool,
}

impl SeededSubscription {
    /// An active subscription to an event, such as `channel.updated`. Deliveries need a route for the URL: see
    /// [`WebhookSettings::route`](crate::WebhookSettings::route).
    #[must_use]
    pub fn new(event: impl Into<String>, url: impl Into<String>) -> Self {
        Self {
            id: None,
            event: event.into(),
            url: url.into(),
            signing_key: None,
            filters: Vec::new(),
            active: true,
        }
    }

    /// Sets the id. The default is random.
    #[must_use]
    pub const fn with_id(mut self, id: Uuid) -> Self {
        self.id = Some(id);
        self
    }

    /// Sets the key that deliveries are signed with. Without it, they are not signed.
    #[must_use]
    pub fn signing_key(mut self, key: impl Into<String>) -> Self {
        self.signing_key = Some(key.into());
        self
    }

    /// Adds a filter: `channelId`, `platformId` or `channelStatus`, and the value that it has to equal.
    #[must_use]
    pub fn filter(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.filters.push((key.into(), value.into()));
        self
    }

    /// Makes it inactive: it receives no events.
    #[must_use]
    pub const fn inactive(mut self) -> Self {
        self.active = false;
        self
    }
}

impl fmt::Debug for SeededSubscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeededSubscription")
            .field("id", &self.id)
            .field("event", &self.event)
            .field("url", &self.url)
            .field("active", &self.active)
            .finish_non_exhaustive()
    }
}
