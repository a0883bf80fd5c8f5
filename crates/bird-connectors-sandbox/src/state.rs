//! All that the sandbox knows: workspaces with what is in them, keys, rules, and the record of what came in.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use crate::behavior::Behavior;
use crate::channel::{ChannelView, Conversational};
use crate::clock::Clock;
use crate::connector::Connector;
use crate::key::AccessKey;
use crate::limits::Limiter;
use crate::number::Number;
use crate::outbox::Outbox;
use crate::recent::Recent;
use crate::record::{ChannelEvent, RequestLog, SentMessage};
use crate::rule::Rule;
use crate::script::Script;
use crate::subscription::Subscription;
use crate::webhooks::WebhookSettings;

pub(crate) struct State {
    pub(crate) clock: Clock,
    pub(crate) behavior: Behavior,
    pub(crate) keys: Vec<AccessKey>,
    pub(crate) workspaces: BTreeMap<Uuid, Workspace>,
    pub(crate) scripts: Scripts,
    pub(crate) limiter: Limiter,
    pub(crate) rules: Vec<Rule>,
    pub(crate) log: RequestLog,
    pub(crate) webhooks: WebhookSettings,
    pub(crate) outbox: Outbox,
}

/// Which script the next install follows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scripts {
    pub(crate) fallback: Script,
    pub(crate) by_template: HashMap<String, Script>,
    pub(crate) by_name: HashMap<String, Script>,
    pub(crate) queue: VecDeque<Script>,
}

impl Scripts {
    /// The connector's name decides first, then the queue, then its template.
    pub(crate) fn take(&mut self, name: &str, template: Option<&str>) -> Script {
        if let Some(script) = self.by_name.get(name) {
            return script.clone();
        }
        if let Some(script) = self.queue.pop_front() {
            return script;
        }
        template
            .and_then(|template| self.by_template.get(template))
            .unwrap_or(&self.fallback)
            .clone()
    }
}

/// So many deleted connectors are remembered in any case, until their last events are delivered.
const LEAST_DELETED: usize = 100;

pub(crate) struct Workspace {
    pub(crate) id: Uuid,
    pub(crate) organization: Uuid,
    pub(crate) connectors: Vec<Entry<Connector>>,
    /// Channels that a test put there; the others belong to connectors.
    pub(crate) raw_channels: Vec<Entry<Value>>,
    pub(crate) conversational: HashMap<Uuid, Conversational>,
    pub(crate) numbers: Vec<Entry<Number>>,
    pub(crate) subscriptions: Vec<Entry<Subscription>>,
    /// Delivery log entries by subscription.
    pub(crate) deliveries: HashMap<Uuid, Vec<Entry<Value>>>,
    pub(crate) messages: Recent<SentMessage>,
    /// Events that a request caused; those of the timeline follow from the scripts.
    pub(crate) caused_events: Recent<ChannelEvent>,
    /// The connectors that were deleted, in order, as far as they are remembered.
    deleted: VecDeque<Uuid>,
    record_limit: usize,
    last_order: u64,
}

/// An item of a list. `order` is its place among everything in the workspace.
pub(crate) struct Entry<T> {
    pub(crate) order: u64,
    pub(crate) item: Item<T>,
}

/// An item that the sandbox made, or JSON that a test put into the list as it is.
pub(crate) enum Item<T> {
    Made(T),
    Raw(Value),
}

impl<T> Entry<T> {
    pub(crate) const fn made(&self) -> Option<&T> {
        match &self.item {
            Item::Made(made) => Some(made),
            Item::Raw(_) => None,
        }
    }

    pub(crate) const fn made_mut(&mut self) -> Option<&mut T> {
        match &mut self.item {
            Item::Made(made) => Some(made),
            Item::Raw(_) => None,
        }
    }

    /// The raw item, if its `id` is this one.
    pub(crate) fn raw_with_id(&self, id: Uuid) -> Option<&Value> {
        match &self.item {
            Item::Raw(value) if raw_id(value) == Some(id) => Some(value),
            _ => None,
        }
    }
}

/// The id of an item that a test put there, if it has one.
pub(crate) fn raw_id(value: &Value) -> Option<Uuid> {
    value.get("id")?.as_str().and_then(crate::query::parse_uuid)
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
            subscriptions: Vec::new(),
            deliveries: HashMap::new(),
            messages: Recent::new(record_limit),
            caused_events: Recent::new(record_limit),
            deleted: VecDeque::new(),
            record_limit,
            last_order: 0,
        }
    }

    /// Deletes a connector that the sandbox made. It is remembered for the record of events; gives the connector that is
    /// forgotten in its place.
    pub(crate) fn delete_connector(&mut self, id: Uuid, now: Duration) -> Option<Uuid> {
        let made = self.connectors.iter_mut().filter_map(Entry::made_mut);
        for connector in made.filter(|connector| connector.id == id) {
            connector.deleted = Some(now);
        }
        self.deleted.push_back(id);
        if self.deleted.len() <= self.record_limit.max(LEAST_DELETED) {
            return None;
        }
        let forgotten = self.deleted.pop_front()?;
        let is_forgotten = |connector: &Connector| connector.id == forgotten;
        let made = self.connectors.iter().filter_map(Entry::made);
        let channels = made
            .filter(|connector| is_forgotten(connector))
            .flat_map(Connector::channel_ids);
        for channel in channels.collect::<Vec<_>>() {
            self.conversational.remove(&channel);
        }
        self.connectors
            .retain(|entry| !entry.made().is_some_and(is_forgotten));
        Some(forgotten)
    }

    pub(crate) fn entry<T>(&mut self, item: Item<T>) -> Entry<T> {
        self.last_order += 1;
        Entry {
            order: self.last_order,
            item,
        }
    }

    /// The connectors that the sandbox made and that can be seen now.
    pub(crate) fn made_connectors(&self, now: Duration) -> impl Iterator<Item = (u64, &Connector)> {
        let made = self
            .connectors
            .iter()
            .filter_map(|entry| Some((entry.order, entry.made()?)));
        made.filter(move |(_, connector)| connector.is_visible(now))
    }

    /// The channels of those connectors.
    pub(crate) fn made_channels(
        &self,
        now: Duration,
    ) -> impl Iterator<Item = (u64, ChannelView<'_>)> {
        self.made_connectors(now)
            .filter_map(move |(order, connector)| Some((order, connector.channel(now)?)))
    }

    pub(crate) fn connector(&self, id: Uuid, now: Duration) -> Option<&Connector> {
        let made = self.connectors.iter().filter_map(Entry::made);
        made.filter(|connector| connector.id == id)
            .find(|connector| connector.is_visible(now))
    }

    pub(crate) fn channel(&self, id: Uuid, now: Duration) -> Option<ChannelView<'_>> {
        let made = self.connectors.iter().filter_map(Entry::made);
        let visible =
            made.filter(|connector| connector.knows_channel(id) && connector.is_visible(now));
        visible
            .filter_map(|connector| connector.channel(now))
            .find(|channel| channel.id == id)
    }

    pub(crate) fn number(&self, id: Uuid) -> Option<&Number> {
        self.numbers
            .iter()
            .filter_map(Entry::made)
            .find(|number| number.id() == id)
    }
}

impl State {
    /// Everything that happened to channels until now, in order of time.
    pub(crate) fn events(&self) -> Vec<ChannelEvent> {
        let now = self.clock.elapsed();
        let mut events = Vec::new();
        for workspace in self.workspaces.values() {
            for connector in workspace.connectors.iter().filter_map(Entry::made) {
                events.extend(connector.events(0, workspace, now, &self.behavior, &self.clock));
            }
            events.extend(workspace.caused_events.iter().cloned());
        }
        events.sort_by_key(|event| event.at);
        events
    }
}
