//! A workspace and its resources.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use crate::record::{ChannelEvent, SentMessage};
use crate::scenario::behavior::Behavior;
use crate::state::bounded_log::BoundedLog;
use crate::state::channel::ChannelView;
use crate::state::clock::Clock;
use crate::state::connector::Connector;
use crate::state::entry::{Entry, Item};
use crate::state::number::{Number, find_number};
use crate::state::render::{ConversationalStatus, RenderContext};
use crate::state::subscription::Subscription;
use crate::state::use_case::UseCase;

/// At least this many deleted connectors are kept, so that their last events can still be delivered.
const MIN_DELETED_KEPT: usize = 100;

pub(crate) struct Workspace {
    pub(crate) id: Uuid,
    pub(crate) organization: Uuid,
    pub(crate) connectors: Vec<Entry<Connector>>,
    /// Channels that a test inserted. All other channels belong to connectors.
    pub(crate) raw_channels: Vec<Entry<Value>>,
    /// By channel id.
    pub(crate) conversational: HashMap<Uuid, ConversationalStatus>,
    pub(crate) numbers: Vec<Entry<Number>>,
    pub(crate) use_cases: Vec<Entry<UseCase>>,
    pub(crate) subscriptions: Vec<Entry<Subscription>>,
    /// By subscription id.
    pub(crate) delivery_logs: HashMap<Uuid, Vec<Entry<Value>>>,
    pub(crate) messages: BoundedLog<SentMessage>,
    /// Events that were caused by requests. All other events follow from the scripts of connectors.
    pub(crate) request_events: BoundedLog<ChannelEvent>,
    /// The deleted connectors that are still kept, in order of deletion.
    deleted_connectors: VecDeque<Uuid>,
    record_limit: usize,
    last_order: u64,
}

impl Workspace {
    pub(crate) fn new(id: Uuid, organization: Uuid, record_limit: usize) -> Self {
        Self {
            id,
            organization,
            connectors: Vec::new(),
            raw_channels: Vec::new(),
            conversational: HashMap::new(),
            numbers: Vec::new(),
            use_cases: Vec::new(),
            subscriptions: Vec::new(),
            delivery_logs: HashMap::new(),
            messages: BoundedLog::new(record_limit),
            request_events: BoundedLog::new(record_limit),
            deleted_connectors: VecDeque::new(),
            record_limit,
            last_order: 0,
        }
    }

    pub(crate) const fn render_context<'a>(
        &'a self,
        behavior: &'a Behavior,
        clock: &'a Clock,
    ) -> RenderContext<'a> {
        RenderContext {
            behavior,
            clock,
            workspace_id: self.id,
            organization_id: self.organization,
            numbers: self.numbers.as_slice(),
            conversational: &self.conversational,
        }
    }

    /// A list entry after all existing ones.
    pub(crate) const fn new_entry<T>(&mut self, item: Item<T>) -> Entry<T> {
        self.last_order += 1;
        Entry {
            order: self.last_order,
            item,
        }
    }

    /// Deletes a connector. It is kept for the record of events. Returns the id of the connector that is dropped in its place.
    pub(crate) fn delete_connector(&mut self, id: Uuid, now: Duration) -> Option<Uuid> {
        let connectors = self.connectors.iter_mut().filter_map(Entry::resource_mut);
        for connector in connectors.filter(|connector| connector.id == id) {
            connector.deleted = Some(now);
        }
        self.deleted_connectors.push_back(id);
        if self.deleted_connectors.len() <= self.record_limit.max(MIN_DELETED_KEPT) {
            return None;
        }
        let dropped = self.deleted_connectors.pop_front()?;
        let is_dropped = |connector: &Connector| connector.id == dropped;
        let connectors = self.connectors.iter().filter_map(Entry::resource);
        let channels = connectors
            .filter(|connector| is_dropped(connector))
            .flat_map(Connector::channel_ids);
        for channel in channels.collect::<Vec<_>>() {
            self.conversational.remove(&channel);
        }
        self.connectors
            .retain(|entry| !entry.resource().is_some_and(is_dropped));
        Some(dropped)
    }

    /// The connectors that can be read and listed, with their order. Raw JSON is not included.
    pub(crate) fn visible_connectors(
        &self,
        now: Duration,
    ) -> impl Iterator<Item = (u64, &Connector)> {
        self.connectors
            .iter()
            .filter_map(|entry| Some((entry.order, entry.resource()?)))
            .filter(move |(_, connector)| connector.is_visible(now))
    }

    /// The channels of the visible connectors, with their order.
    pub(crate) fn visible_channels(
        &self,
        now: Duration,
    ) -> impl Iterator<Item = (u64, ChannelView<'_>)> {
        self.visible_connectors(now)
            .filter_map(move |(order, connector)| Some((order, connector.channel(now)?)))
    }

    pub(crate) fn connector(&self, id: Uuid, now: Duration) -> Option<&Connector> {
        let connectors = self.connectors.iter().filter_map(Entry::resource);
        connectors
            .filter(|connector| connector.id == id)
            .find(|connector| connector.is_visible(now))
    }

    pub(crate) fn channel(&self, id: Uuid, now: Duration) -> Option<ChannelView<'_>> {
        let connectors = self.connectors.iter().filter_map(Entry::resource);
        connectors
            .filter(|connector| connector.channel_ids().any(|known| known == id))
            .filter(|connector| connector.is_visible(now))
            .filter_map(|connector| connector.channel(now))
            .find(|channel| channel.id == id)
    }

    pub(crate) fn number(&self, id: Uuid) -> Option<&Number> {
        find_number(&self.numbers, id)
    }

    /// Writes an entry of the delivery log. A later attempt replaces the entry with the same `requestId`.
    pub(crate) fn log_delivery(&mut self, subscription: Uuid, log_entry: Value) {
        let log = self.delivery_logs.entry(subscription).or_default();
        let is_same_delivery = |entry: &&mut Entry<Value>| matches!(&entry.item, Item::Raw(known) if known["requestId"] == log_entry["requestId"]);
        if let Some(known) = log.iter_mut().find(is_same_delivery) {
            known.item = Item::Raw(log_entry);
            return;
        }
        let entry = self.new_entry(Item::Raw(log_entry));
        self.delivery_logs
            .entry(subscription)
            .or_default()
            .push(entry);
    }
}
