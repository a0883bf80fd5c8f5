//! Turns channel events into deliveries, and records the attempts.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::delivery::signature::sign;
use crate::record::{ChannelEvent, DeliveryAttempt};
use crate::scenario::webhook_settings::{LostDeliveries, WebhookSettings};
use crate::state::State;
use crate::state::entry::Entry;
#[cfg(feature = "ui")]
use crate::state::observations::{ObservedDelivery, SignedDelivery};
use crate::state::outbox::TriggeredEvent;
use crate::state::subscription::Subscription;
use crate::state::workspace::Workspace;

/// One event for one subscription. All attempts send the same data.
#[derive(Clone)]
pub(super) struct Delivery {
    workspace: Uuid,
    subscription: Uuid,
    #[cfg(feature = "ui")]
    channel: Uuid,
    event: &'static str,
    pub(super) url: String,
    pub(super) body: Vec<u8>,
    pub(super) request_id: String,
    pub(super) timestamp: i64,
    /// `None` if the subscription has no signing key.
    pub(super) signature: Option<String>,
    /// The delay before the first attempt.
    pub(super) delay: Duration,
    created: Duration,
    /// How another process wants it to be sent, if it has triggered the event.
    pub(super) triggered: Option<TriggeredDelivery>,
    /// How it differs from the delivery that somebody repeats with it.
    #[cfg(feature = "ui")]
    pub(super) sent_by_hand: Option<&'static str>,
}

/// How a triggered delivery is sent.
#[derive(Clone)]
pub(super) struct TriggeredDelivery {
    pub(super) copies: u32,
    pub(super) forged: bool,
    report: mpsc::UnboundedSender<Value>,
}

impl Delivery {
    fn new(
        webhooks: &WebhookSettings,
        subscription: &Subscription,
        event: &ChannelEvent,
        event_unix_seconds: i64,
    ) -> Self {
        let body = json!({
            "service": "channels",
            "event": event.event,
            "payload": event.payload,
        });
        let body = body.to_string().into_bytes();
        let age = i64::try_from(webhooks.timestamp_age.as_secs()).unwrap_or(i64::MAX);
        let timestamp = event_unix_seconds.saturating_sub(age).max(0);
        let key = webhooks.signing_key.as_deref();
        let key = key.or(subscription.signing_key.as_deref());
        Self {
            workspace: event.workspace_id,
            subscription: subscription.id,
            #[cfg(feature = "ui")]
            channel: event.channel_id,
            event: event.event,
            signature: key.and_then(|key| sign(key, timestamp, &subscription.url, &body)),
            url: subscription.url.clone(),
            body,
            request_id: Uuid::new_v4().to_string(),
            timestamp,
            delay: webhooks.delay,
            created: event.at,
            triggered: None,
            #[cfg(feature = "ui")]
            sent_by_hand: None,
        }
    }

    fn triggered(
        webhooks: &WebhookSettings,
        subscription: &Subscription,
        triggered: &TriggeredEvent,
        event_unix_seconds: i64,
    ) -> Self {
        let age = i64::try_from(triggered.age.as_secs()).unwrap_or(i64::MAX);
        let timestamp = event_unix_seconds.saturating_sub(age);
        Self {
            triggered: Some(TriggeredDelivery {
                copies: triggered.copies,
                forged: triggered.forged,
                report: triggered.report.clone(),
            }),
            ..Self::new(webhooks, subscription, &triggered.event, timestamp)
        }
    }

    /// The same body from a sender that does not know the signing key.
    pub(super) fn forged(&self) -> Self {
        Self {
            request_id: Uuid::new_v4().to_string(),
            signature: sign("guessed-key", self.timestamp, &self.url, &self.body),
            ..self.clone()
        }
    }

    /// A delivery that was sent before, as somebody sends it again: the same bytes, id, timestamp and signature.
    #[cfg(feature = "ui")]
    pub(super) fn again(sent: SignedDelivery, label: &'static str) -> Self {
        Self {
            workspace: sent.workspace,
            subscription: sent.subscription,
            channel: sent.channel,
            event: sent.event,
            url: sent.url,
            body: sent.body,
            request_id: sent.request_id,
            timestamp: sent.timestamp,
            signature: sent.signature,
            delay: Duration::ZERO,
            created: sent.event_at,
            triggered: None,
            sent_by_hand: Some(label),
        }
    }

    /// The same event as a new delivery whose timestamp is this much older. `key` is the signing key of the subscription.
    #[cfg(feature = "ui")]
    pub(super) fn late(self, age: Duration, key: Option<&str>) -> Self {
        let age = i64::try_from(age.as_secs()).unwrap_or(i64::MAX);
        let timestamp = self.timestamp.saturating_sub(age).max(0);
        Self {
            request_id: Uuid::new_v4().to_string(),
            signature: key.and_then(|key| sign(key, timestamp, &self.url, &self.body)),
            timestamp,
            ..self
        }
    }

    #[cfg(feature = "ui")]
    fn signed(&self) -> SignedDelivery {
        SignedDelivery {
            workspace: self.workspace,
            subscription: self.subscription,
            channel: self.channel,
            event_at: self.created,
            event: self.event,
            url: self.url.clone(),
            body: self.body.clone(),
            request_id: self.request_id.clone(),
            timestamp: self.timestamp,
            signature: self.signature.clone(),
        }
    }
}

impl State {
    /// The key that deliveries of a subscription are signed with.
    #[cfg(feature = "ui")]
    pub(super) fn signing_key(&self, workspace: Uuid, subscription: Uuid) -> Option<String> {
        let rotated = self.webhooks.signing_key.clone();
        let mut subscriptions = self
            .workspaces
            .get(&workspace)
            .into_iter()
            .flat_map(|workspace| workspace.subscriptions.iter().filter_map(Entry::resource));
        let found = subscriptions.find(|known| known.id == subscription);
        rotated.or_else(|| found?.signing_key.clone())
    }

    /// The deliveries of all events since the last call.
    pub(super) fn take_deliveries(&mut self) -> Vec<Delivery> {
        let now = self.clock.elapsed();
        let mut deliveries = Vec::new();
        for workspace in self.workspaces.values() {
            // Skipping is safe: a later subscription does not receive events from before its creation.
            if !has_channel_subscription(workspace) {
                continue;
            }
            let context = workspace.render_context(&self.behavior, &self.clock);
            let mut events = Vec::new();
            for connector in workspace.connectors.iter().filter_map(Entry::resource) {
                let queued = self.outbox.script_events.entry(connector.id).or_default();
                let new = connector.channel_events(*queued, &context, now);
                let indices = *queued..;
                *queued += new.len();
                let replaced = &mut self.outbox.replaced;
                let new = indices.zip(new);
                let new = new.filter(|(index, _)| !replaced.remove(&(connector.id, *index)));
                events.extend(new.map(|(_, event)| event));
            }
            let next = self.outbox.request_events.entry(workspace.id).or_default();
            events.extend(workspace.request_events.since(*next).cloned());
            *next = workspace.request_events.next_number();

            events.sort_by_key(|event| event.at);
            for event in events {
                for subscription in workspace.subscriptions.iter().filter_map(Entry::resource) {
                    if !selects(subscription, &event) {
                        continue;
                    }
                    self.outbox.deliveries += 1;
                    let is_odd = self.outbox.deliveries % 2 == 1;
                    let is_lost = match self.webhooks.lost {
                        LostDeliveries::None => false,
                        LostDeliveries::EverySecond => is_odd,
                        LostDeliveries::All => true,
                    };
                    if is_lost {
                        continue;
                    }
                    let event_time = self.clock.unix_seconds(event.at);
                    let mut delivery =
                        Delivery::new(&self.webhooks, subscription, &event, event_time);
                    if is_odd {
                        delivery.delay += self.webhooks.reorder;
                    }
                    deliveries.push(delivery);
                }
            }
        }
        for triggered in std::mem::take(&mut self.outbox.triggered) {
            let workspace = self.workspaces.get(&triggered.event.workspace_id);
            let subscriptions = workspace
                .into_iter()
                .flat_map(|workspace| workspace.subscriptions.iter().filter_map(Entry::resource));
            let event_time = self.clock.unix_seconds(triggered.event.at);
            deliveries.extend(
                subscriptions
                    .filter(|subscription| selects(subscription, &triggered.event))
                    .map(|subscription| {
                        Delivery::triggered(&self.webhooks, subscription, &triggered, event_time)
                    }),
            );
        }
        deliveries
    }

    /// The time of the next event that a subscription may select.
    pub(super) fn next_event(&self) -> Option<Duration> {
        let now = self.clock.elapsed();
        self.workspaces
            .values()
            .filter(|workspace| has_channel_subscription(workspace))
            .flat_map(|workspace| workspace.connectors.iter().filter_map(Entry::resource))
            .filter_map(|connector| connector.next_change(now))
            .min()
    }

    /// Records an attempt. It is also written to the delivery log, unless `number` is 0: copies and forged deliveries are not.
    /// Returns whether the subscription still exists.
    pub(super) fn record_attempt(
        &mut self,
        delivery: &Delivery,
        number: u32,
        forged: bool,
        status: Option<u16>,
        execution_status: &str,
    ) -> bool {
        self.outbox.attempts.push(DeliveryAttempt {
            subscription_id: delivery.subscription,
            event: delivery.event.to_owned(),
            request_id: delivery.request_id.clone(),
            timestamp: delivery.timestamp,
            number,
            forged,
            status,
            at: self.clock.elapsed(),
        });
        #[cfg(feature = "ui")]
        if let Some(observations) = &mut self.observations {
            observations.add_delivery(ObservedDelivery {
                delivery: delivery.signed(),
                attempt: number,
                forged,
                sent_by_hand: delivery.sent_by_hand,
                has_route: self.webhooks.has_route(&delivery.url),
                status,
                at: self.clock.elapsed(),
            });
        }
        let (clock, date_precision) = (self.clock, self.behavior.date_precision);
        let Some(workspace) = self.workspaces.get_mut(&delivery.workspace) else {
            return false;
        };
        let is_subscription = |entry: &Entry<Subscription>| {
            entry
                .resource()
                .is_some_and(|known| known.id == delivery.subscription)
        };
        if !workspace.subscriptions.iter().any(is_subscription) {
            return false;
        }
        if number > 0 {
            let mut log_entry = json!({
                "requestId": delivery.request_id,
                "attemptCount": number,
                "executionStatus": execution_status,
                "createdAt": clock.date(delivery.created, date_precision),
            });
            if let Some(status) = status {
                log_entry["httpStatusCode"] = json!(status);
            }
            workspace.log_delivery(delivery.subscription, log_entry);
        }
        true
    }
}

impl TriggeredDelivery {
    /// Reports an attempt to the process that has triggered the event.
    pub(super) fn report(&self, delivery: &Delivery, has_route: bool, status: Option<u16>) {
        // Sending fails only if that process has disconnected.
        let _ = self.report.send(json!({
            "subscriptionId": delivery.subscription,
            "event": delivery.event,
            "url": delivery.url,
            "requestId": delivery.request_id,
            "timestamp": delivery.timestamp,
            "forged": self.forged,
            "copies": self.copies,
            "hasRoute": has_route,
            "httpStatusCode": status,
        }));
    }
}

/// Whether any subscription, active or not, may select channel events.
fn has_channel_subscription(workspace: &Workspace) -> bool {
    let mut subscriptions = workspace.subscriptions.iter().filter_map(Entry::resource);
    subscriptions.any(|subscription| {
        subscription.service == "channels" && subscription.event.starts_with("channel.")
    })
}

/// Whether a subscription selects an event. All filters must match; filters for messages match no channel event.
fn selects(subscription: &Subscription, event: &ChannelEvent) -> bool {
    let matches = |key: &str, value: &str| match key {
        "channelId" => event.channel_id.to_string().eq_ignore_ascii_case(value),
        "platformId" => event.payload["platformId"].as_str() == Some(value),
        "channelStatus" => event.status == value,
        _ => false,
    };
    let filters = subscription.filters.as_deref().unwrap_or_default();
    subscription.active
        && subscription.service == "channels"
        && subscription.event == event.event
        && event.at >= subscription.created
        && filters
            .iter()
            .all(|filter| matches(&filter.key, &filter.value))
}
