//! What resources need in addition to their own data to be written as JSON.

use std::collections::HashMap;
use std::time::Duration;

use uuid::Uuid;

use crate::scenario::behavior::Behavior;
use crate::state::clock::Clock;
use crate::state::entry::Entry;
use crate::state::number::{Number, find_number};

/// Whether inbound messages over a channel open conversations, once a request has set it.
#[derive(Clone)]
pub(crate) struct ConversationalStatus {
    pub(crate) active: bool,
    pub(crate) updated: Duration,
}

/// The workspace data and settings that resources refer to when they are written as JSON.
#[derive(Clone, Copy)]
pub(crate) struct RenderContext<'a> {
    pub(crate) behavior: &'a Behavior,
    pub(crate) clock: &'a Clock,
    pub(crate) workspace_id: Uuid,
    pub(crate) organization_id: Uuid,
    pub(crate) numbers: &'a [Entry<Number>],
    /// By channel id.
    pub(crate) conversational: &'a HashMap<Uuid, ConversationalStatus>,
}

impl<'a> RenderContext<'a> {
    pub(crate) fn date(&self, elapsed: Duration) -> String {
        self.clock.date(elapsed, self.behavior.date_precision)
    }

    pub(crate) fn number(&self, id: Uuid) -> Option<&'a Number> {
        find_number(self.numbers, id)
    }
}
