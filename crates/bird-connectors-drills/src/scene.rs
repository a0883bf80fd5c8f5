//! What a drill plays on: a sandbox with one of everything in it, and every secret planted.

use anyhow::{Context as _, Result};
use bird_connectors::{Client, ClientBuilder, NewSubscription};
use bird_connectors_sandbox::readings::{Duplicates, SigningKey};
use bird_connectors_sandbox::{Builder, Sandbox, Script};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::secrets::{ACCESS_KEY, SIGNING_KEY};

/// Where things are: all that a call needs to name them, also from another process.
#[derive(Clone, Debug)]
pub struct Place {
    pub base_url: String,
    pub organization: Uuid,
    pub workspace: Uuid,
    pub connector: Uuid,
    pub channel: Uuid,
    pub subscription: Uuid,
    /// The request id of a delivery in the subscription's log.
    pub delivery: String,
}

impl Place {
    /// The settings of a client that works here. Its time-outs are the SDK's own.
    pub fn client(&self) -> ClientBuilder {
        Client::builder()
            .access_key(ACCESS_KEY)
            .base_url(&self.base_url)
    }

    /// As one line of JSON, for another process.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!([
            self.base_url,
            self.organization,
            self.workspace,
            self.connector,
            self.channel,
            self.subscription,
            self.delivery,
        ])
    }

    /// What [`to_json`](Self::to_json) has written.
    ///
    /// # Errors
    /// Where it is anything else.
    pub fn from_json(text: &str) -> Result<Self> {
        let (base_url, organization, workspace, connector, channel, subscription, delivery) =
            serde_json::from_str(text).with_context(|| format!("no place: {text}"))?;
        Ok(Self {
            base_url,
            organization,
            workspace,
            connector,
            channel,
            subscription,
            delivery,
        })
    }
}

/// Settings of a sandbox for drills: every install is finished at once, nothing makes a create a repetition, and answers
/// show the signing key, so that it can leak.
pub fn sandbox() -> Builder {
    Sandbox::builder()
        .access_key(ACCESS_KEY)
        .default_script(Script::instant())
        .readings(|readings| {
            readings.duplicates = Duplicates::Allowed;
            readings.signing_key = SigningKey::Always;
        })
}

/// Puts one of everything into a sandbox. The subscription is to something that never happens there.
///
/// # Errors
/// Where the sandbox does not do as it is told.
pub async fn furnish(sandbox: &Sandbox) -> Result<Place> {
    let connector = sandbox.add_connectors(2)[0];
    let channels = sandbox.channels();
    let channel = channels
        .iter()
        .find(|channel| channel["connectorId"] == json!(connector))
        .and_then(|channel| channel["id"].as_str()?.parse().ok())
        .context("the connector has no channel")?;
    let mut place = Place {
        base_url: sandbox.base_url(),
        organization: sandbox.organization_id(),
        workspace: sandbox.workspace_id(),
        connector,
        channel,
        subscription: Uuid::nil(),
        delivery: "delivery-1".to_owned(),
    };
    let workspace = place.client().build()?.workspace(place.workspace)?;
    let new = NewSubscription::new("sms.inbound", "https://hooks.example.com/first")
        .signing_key(SIGNING_KEY);
    place.subscription = workspace.webhook_subscriptions().create(new).await?.id;
    sandbox.insert_delivery(
        place.subscription,
        json!({
            "requestId": place.delivery,
            "attemptCount": 1,
            "httpStatusCode": 200,
            "executionStatus": "success",
            "createdAt": "2026-01-01T00:00:00.000Z",
        }),
    );
    sandbox.clear_requests();
    Ok(place)
}
