//! The progress of webhook delivery: which events are already queued for delivery, and which attempts were made.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::record::{ChannelEvent, DeliveryAttempt};
use crate::state::bounded_log::BoundedLog;

pub(crate) struct Outbox {
    /// By connector: how many events of its script are queued.
    pub(crate) script_events: HashMap<Uuid, usize>,
    /// By workspace: the number of the first event of a request that is not queued.
    pub(crate) request_events: HashMap<Uuid, u64>,
    /// Connectors and indices of events of their scripts that a triggered event replaces.
    pub(crate) replaced: HashSet<(Uuid, usize)>,
    /// The events that another process has triggered, until they are queued.
    pub(crate) triggered: Vec<TriggeredEvent>,
    /// The number of deliveries so far, lost ones included.
    pub(crate) deliveries: u64,
    pub(crate) attempts: BoundedLog<DeliveryAttempt>,
}

/// An event that another process has triggered, and how its deliveries differ from usual ones.
pub(crate) struct TriggeredEvent {
    pub(crate) event: ChannelEvent,
    /// The age of the timestamp, in addition to [`WebhookSettings::timestamp_age`](crate::WebhookSettings::timestamp_age).
    pub(crate) age: Duration,
    /// How many copies of each delivery are sent in addition.
    pub(crate) copies: u32,
    /// Whether the deliveries are signed with an unknown key.
    pub(crate) forged: bool,
    /// Receives a report of each delivery after its first attempt.
    pub(crate) report: mpsc::UnboundedSender<Value>,
}

impl Outbox {
    pub(crate) fn new(record_limit: usize) -> Self {
        Self {
            script_events: HashMap::new(),
            request_events: HashMap::new(),
            replaced: HashSet::new(),
            triggered: Vec::new(),
            deliveries: 0,
            // A delivery takes one attempt if the receiver is up, and several otherwise.
            attempts: BoundedLog::new(record_limit.saturating_mul(2)),
        }
    }

    /// Drops the progress of a deleted connector.
    pub(crate) fn forget_connector(&mut self, connector: Uuid) {
        self.script_events.remove(&connector);
        self.replaced.retain(|(known, _)| *known != connector);
    }
}
