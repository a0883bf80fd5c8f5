//! The sandbox that the drills run against: one resource of each kind, and a planted value for every secret.

use anyhow::{Context as _, Result};
use bird_connectors::models::SubscriptionId;
use bird_connectors::resources::NewSubscription;
use bird_connectors::{Client, ClientBuilder};
use bird_connectors_catalogue::{ACCESS_KEY, Ids, SIGNING_KEY};
use bird_connectors_sandbox::behavior::{Duplicates, SigningKey};
use bird_connectors_sandbox::{Sandbox, SandboxBuilder, Script};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The address of a sandbox and the ids of the resources in it: all that a call needs. It is serialized to pass it to
/// another process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Fixture {
    pub base_url: String,
    pub ids: Ids,
}

impl Fixture {
    /// Creates one resource of each kind in a sandbox. The event of the subscription never occurs there.
    ///
    /// # Errors
    /// If the sandbox cannot create the subscription.
    pub async fn create(sandbox: &Sandbox) -> Result<Self> {
        let connector = sandbox.add_connectors(2)[0];
        let channels = sandbox.channels();
        let channel = channels
            .iter()
            .find(|channel| channel["connectorId"] == json!(connector))
            .and_then(|channel| channel["id"].as_str()?.parse().ok())
            .context("the connector has no channel")?;
        let numbers = sandbox.numbers();
        let number = numbers.first().context("the sandbox has no number")?;
        let use_cases = sandbox.use_cases();
        let use_case = use_cases.first().context("the sandbox has no use case")?;
        let mut fixture = Self {
            base_url: sandbox.base_url(),
            ids: Ids {
                organization: sandbox.organization_id().into(),
                workspace: sandbox.workspace_id().into(),
                connector: connector.into(),
                channel,
                subscription: SubscriptionId::from_u128(0),
                number: number.id().into(),
                use_case: use_case.id().into(),
                delivery: "delivery-1".to_owned(),
            },
        };
        let workspace = fixture.client().build()?.workspace(fixture.ids.workspace);
        let new = NewSubscription::new("sms.inbound", "https://hooks.example.com/first")
            .signing_key(SIGNING_KEY);
        fixture.ids.subscription = workspace.webhook_subscriptions().create(new).await?.id;
        sandbox.insert_delivery(
            fixture.ids.subscription.into(),
            json!({
                "requestId": fixture.ids.delivery,
                "attemptCount": 1,
                "httpStatusCode": 200,
                "executionStatus": "succeeded",
                "createdAt": "2026-01-01T00:00:00.000Z",
            }),
        );
        sandbox.clear_requests();
        Ok(fixture)
    }

    /// A builder for a client of this sandbox, with the SDK's default timeouts.
    pub fn client(&self) -> ClientBuilder {
        Client::builder()
            .access_key(ACCESS_KEY)
            .base_url(&self.base_url)
    }
}

/// A builder for the sandbox of a drill. Every install finishes immediately, duplicate creates are accepted instead of
/// rejected with 409, and responses include the signing key so that a leak of it can be detected.
pub fn sandbox_builder() -> SandboxBuilder {
    Sandbox::builder()
        .access_key(ACCESS_KEY)
        .default_script(Script::instant())
        .behavior(|behavior| {
            behavior.duplicates = Duplicates::Allowed;
            behavior.signing_key = SigningKey::Always;
        })
}
