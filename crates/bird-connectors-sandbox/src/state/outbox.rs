//! The progress of webhook delivery: which events are already queued for delivery, and which attempts were made.

use std::collections::HashMap;

use uuid::Uuid;

use crate::record::DeliveryAttempt;
use crate::state::bounded_log::BoundedLog;

pub(crate) struct Outbox {
    /// By connector: how many events of its script are queued.
    pub(crate) script_events: HashMap<Uuid, usize>,
    /// By workspace: the number of the first event of a request that is not queued.
    pub(crate) request_events: HashMap<Uuid, u64>,
    /// The number of deliveries so far, lost ones included.
    pub(crate) deliveries: u64,
    pub(crate) attempts: BoundedLog<DeliveryAttempt>,
}

impl Outbox {
    pub(crate) fn new(record_limit: usize) -> Self {
        Self {
            script_events: HashMap::new(),
            request_events: HashMap::new(),
            deliveries: 0,
            // A delivery takes one attempt if the receiver is up, and several otherwise.
            attempts: BoundedLog::new(record_limit.saturating_mul(2)),
        }
    }

    /// Drops the progress of a deleted connector.
    pub(crate) fn forget_connector(&mut self, connector: Uuid) {
        self.script_events.remove(&connector);
    }
}
