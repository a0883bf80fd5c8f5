//! What is to be delivered: which events have happened, which subscriptions want them, and what the delivery log says.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::recent::Recent;
use crate::record::ChannelEvent;
use crate::signature::sign;
use crate::state::{Entry, Item, State, Workspace};
use crate::subscription::Subscription;
use crate::webhooks::{DeliveryAttempt, LostDeliveries, WebhookSettings};

/// How far the events have been dealt with.
pub(crate) struct Outbox {
    /// By connector: how many of its changes.
    changes: HashMap<Uuid, usize>,
    /// By workspace: how many of the events that requests caused.
    caused: HashMap<Uuid, u64>,
    /// How many deliveries there were.
    deliveries: u64,
    attempts: Recent<DeliveryAttempt>,
}

impl Outbox {
    pub(crate) fn new(record_limit: usize) -> Self {
        Self {
            changes: HashMap::new(),
            caused: HashMap::new(),
            deliveries: 0,
            // A delivery usually takes one, and in a bad hour several.
            attempts: Recent::new(record_limit.saturating_mul(2)),
        }
    }

    /// Forgets a connector that is gone.
    pub(crate) fn forget(&mut self, connector: Uuid) {
        self.changes.remove(&connector);
    }

    pub(crate) fn attempts(&self) -> impl Iterator<Item = &DeliveryAttempt> {
        self.attempts.iter()
    }
}

/// One event for one subscription: what all attempts have in common.
#[derive(Clone)]
pub(crate) struct Delivery {
    pub(crate) workspace: Uuid,
    pub(crate) subscription: Uuid,
    pub(crate) event: &'static str,
    pub(crate) url: String,
    pub(crate) body: Vec<u8>,
    pub(crate) request_id: String,
    pub(crate) timestamp: i64,
    /// `None` where the subscription has no key.
    pub(crate) signature: Option<String>,
    /// Before the first attempt.
    pub(crate) delay: Duration,
    created: Duration,
}

impl Delivery {
    /// The same body, as somebody would send it who does not know the key.
    pub(crate) fn forged(&self) -> Self {
        Self {
            request_id: Uuid::new_v4().to_string(),
            signature: sign("a guess", self.timestamp, &self.url, &self.body),
            ..self.clone()
        }
    }
}

impl State {
    /// The deliveries of what has happened since this was last asked.
    pub(crate) fn take_deliveries(&mut self) -> Vec<Delivery> {
        let now = self.clock.elapsed();
        let mut deliveries = Vec::new();
        for workspace in self.workspaces.values() {
            // Events from before a subscription are not for it, so that nothing is missed by not looking.
            if !is_heard(workspace) {
                continue;
            }
            let mut events = Vec::new();
            for connector in workspace.connectors.iter().filter_map(Entry::made) {
                let seen = self.outbox.changes.entry(connector.id).or_default();
                let new = connector.events(*seen, workspace, now, &self.behavior, &self.clock);
                *seen += new.len();
                events.extend(new);
            }
            let seen = self.outbox.caused.entry(workspace.id).or_default();
            events.extend(workspace.caused_events.since(*seen).cloned());
            *seen = workspace.caused_events.end();

            events.sort_by_key(|event| event.at);
            for event in events {
                for subscription in workspace.subscriptions.iter().filter_map(Entry::made) {
                    if !wants(subscription, &event) {
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
                    let happened = self.clock.unix_seconds(event.at);
                    let mut delivery = delivery(&self.webhooks, subscription, &event, happened);
                    if is_odd {
                        delivery.delay += self.webhooks.reorder;
                    }
                    deliveries.push(delivery);
                }
            }
        }
        deliveries
    }

    /// When the next event happens that somebody may want.
    pub(crate) fn next_event(&self) -> Option<Duration> {
        let now = self.clock.elapsed();
        let heard = |workspace: &&Workspace| is_heard(workspace);
        self.workspaces
            .values()
            .filter(heard)
            .flat_map(|workspace| workspace.connectors.iter().filter_map(Entry::made))
            .filter_map(|connector| connector.next_change(now))
            .min()
    }

    /// Writes an attempt down, and into the delivery log unless it was a copy or a forgery. Says whether the
    /// subscription is still there.
    pub(crate) fn attempted(
        &mut self,
        delivery: &Delivery,
        number: u32,
        forged: bool,
        status: Option<u16>,
        outcome: &str,
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
        let (clock, dates) = (self.clock, self.behavior.date_precision);
        let Some(workspace) = self.workspaces.get_mut(&delivery.workspace) else {
            return false;
        };
        let known = |entry: &Entry<Subscription>| {
            entry
                .made()
                .is_some_and(|known| known.id == delivery.subscription)
        };
        if !workspace.subscriptions.iter().any(known) {
            return false;
        }
        if number > 0 {
            let mut line = json!({
                "requestId": delivery.request_id,
                "attemptCount": number,
                "executionStatus": outcome,
                "createdAt": clock.date(delivery.created, dates),
            });
            if let Some(status) = status {
                line["httpStatusCode"] = json!(status);
            }
            workspace.log_delivery(delivery.subscription, line);
        }
        true
    }
}

impl Workspace {
    /// One line for each delivery: a later attempt replaces it.
    fn log_delivery(&mut self, subscription: Uuid, line: Value) {
        let lines = self.deliveries.entry(subscription).or_default();
        let same = |entry: &&mut Entry<Value>| matches!(&entry.item, Item::Raw(known) if known["requestId"] == line["requestId"]);
        if let Some(known) = lines.iter_mut().find(same) {
            known.item = Item::Raw(line);
            return;
        }
        let entry = self.entry(Item::Raw(line));
        self.deliveries.entry(subscription).or_default().push(entry);
    }
}

/// Whether any subscription may want what happens to channels, be it active or not.
fn is_heard(workspace: &Workspace) -> bool {
    let mut made = workspace.subscriptions.iter().filter_map(Entry::made);
    made.any(|subscription| {
        subscription.service == "channels" && subscription.event.starts_with("channel.")
    })
}

/// Filters are ANDed. What is about messages holds for no event of a channel.
fn wants(subscription: &Subscription, event: &ChannelEvent) -> bool {
    let holds = |key: &str, value: &str| match key {
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
            .all(|filter| holds(&filter.key, &filter.value))
}

fn delivery(
    webhooks: &WebhookSettings,
    subscription: &Subscription,
    event: &ChannelEvent,
    happened: i64,
) -> Delivery {
    let body = json!({
        "service": "channels",
        "event": event.event,
        "payload": event.payload,
    });
    let body = body.to_string().into_bytes();
    let age = i64::try_from(webhooks.timestamp_age.as_secs()).unwrap_or(i64::MAX);
    let timestamp = happened.saturating_sub(age).max(0);
    let key = webhooks.signing_key.as_deref();
    let key = key.or(subscription.signing_key.as_deref());
    Delivery {
        workspace: event.workspace_id,
        subscription: subscription.id,
        event: event.event,
        signature: key.and_then(|key| sign(key, timestamp, &subscription.url, &body)),
        url: subscription.url.clone(),
        body,
        request_id: Uuid::new_v4().to_string(),
        timestamp,
        delay: webhooks.delay,
        created: event.at,
    }
}
