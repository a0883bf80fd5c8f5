//! What exists in a sandbox: the connectors and webhook subscriptions of all workspaces.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::scenario::Scenario;

/// The ids of everything that exists, by a description that contains no id.
pub(crate) type Existing = BTreeMap<String, Vec<String>>;

/// How long to wait for the sandbox to list what was created.
const LIMIT: Duration = Duration::from_secs(30);

impl Scenario {
    /// Everything that exists.
    pub(crate) fn existing(&self) -> Existing {
        let mut existing = Existing::new();
        let connectors = self.sandbox.connectors();
        let subscriptions = self.sandbox.webhook_subscriptions();
        let described = connectors
            .iter()
            .map(|one| (one, describe_connector(one)))
            .chain(
                subscriptions
                    .iter()
                    .map(|one| (one, describe_subscription(one))),
            );
        for (one, description) in described {
            let id = one["id"].as_str().unwrap_or_default().to_owned();
            existing.entry(description).or_default().push(id);
        }
        existing
    }

    /// Waits until the sandbox lists at least this many connectors, or until the limit. It lists a create some time after its
    /// response, so that a count right after an apply finds too few.
    pub(crate) async fn until_listed(&self, connectors: usize) {
        let end = Instant::now() + LIMIT;
        while self.sandbox.connectors().len() < connectors && Instant::now() < end {
            sleep(Duration::from_millis(5)).await;
        }
    }
}

fn describe_connector(connector: &Value) -> String {
    let fields = ["workspaceId", "name", "connectorTemplateRef", "arguments"];
    json!(fields.map(|field| &connector[field])).to_string()
}

fn describe_subscription(subscription: &Value) -> String {
    let fields = ["workspaceId", "event", "url", "status"];
    json!(fields.map(|field| &subscription[field])).to_string()
}
