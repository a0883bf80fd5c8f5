//! The state of the sandbox: workspaces and their resources, access keys, rules, and the record of what happened.

pub(crate) mod bounded_log;
pub(crate) mod channel;
pub(crate) mod clock;
pub(crate) mod connector;
pub(crate) mod entry;
pub(crate) mod number;
#[cfg(feature = "ui")]
pub(crate) mod observations;
pub(crate) mod outbox;
pub(crate) mod rate_limiter;
pub(crate) mod render;
pub(crate) mod request_log;
pub(crate) mod scripts;
pub(crate) mod seed;
pub(crate) mod subscription;
pub(crate) mod use_case;
pub(crate) mod workspace;

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::api::redaction::Redactor;
use crate::record::ChannelEvent;
use crate::scenario::access_key::AccessKey;
use crate::scenario::behavior::Behavior;
use crate::scenario::rule::Rule;
use crate::scenario::webhook_settings::WebhookSettings;
use crate::state::clock::Clock;
use crate::state::entry::Entry;
#[cfg(feature = "ui")]
use crate::state::observations::Observations;
use crate::state::outbox::Outbox;
use crate::state::rate_limiter::RateLimiter;
use crate::state::request_log::RequestLog;
use crate::state::scripts::Scripts;
use crate::state::workspace::Workspace;

pub(crate) struct State {
    pub(crate) clock: Clock,
    pub(crate) behavior: Behavior,
    pub(crate) keys: Vec<AccessKey>,
    pub(crate) workspaces: BTreeMap<Uuid, Workspace>,
    pub(crate) scripts: Scripts,
    pub(crate) rate_limiter: RateLimiter,
    pub(crate) rules: Vec<Rule>,
    pub(crate) requests: RequestLog,
    pub(crate) webhooks: WebhookSettings,
    pub(crate) outbox: Outbox,
    /// How many rules were added so far.
    pub(crate) last_rule: u64,
    /// What the page shows, if it is switched on.
    #[cfg(feature = "ui")]
    pub(crate) observations: Option<Observations>,
}

impl State {
    /// Adds a rule, which gets a number.
    pub(crate) fn add_rule(&mut self, mut rule: Rule) {
        self.last_rule += 1;
        rule.number = self.last_rule;
        self.rules.push(rule);
    }

    /// Masks the access keys and the signing keys. The random access key of a sandbox is not a secret: it works only on this
    /// machine, while the sandbox runs.
    pub(crate) fn redactor(&self) -> Redactor {
        let keys = self.keys.iter().filter(|key| !key.is_generated());
        let keys = keys.map(|key| key.secret().to_owned());
        let subscriptions = self.workspaces.values().flat_map(|workspace| {
            let subscriptions = workspace.subscriptions.iter().filter_map(Entry::resource);
            subscriptions.filter_map(|subscription| subscription.signing_key.clone())
        });
        let rotated = self.webhooks.signing_key.clone();
        Redactor::new(keys.chain(subscriptions).chain(rotated))
    }

    /// All channel events until now, in order of time.
    pub(crate) fn events(&self) -> Vec<ChannelEvent> {
        let now = self.clock.elapsed();
        let mut events = Vec::new();
        for workspace in self.workspaces.values() {
            let context = workspace.render_context(&self.behavior, &self.clock);
            for connector in workspace.connectors.iter().filter_map(Entry::resource) {
                events.extend(connector.channel_events(0, &context, now));
            }
            events.extend(workspace.request_events.iter().cloned());
        }
        events.sort_by_key(|event| event.at);
        events
    }
}
