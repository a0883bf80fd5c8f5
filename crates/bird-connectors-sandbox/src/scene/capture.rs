//! The scene of a running sandbox.

use std::time::Duration;

use crate::api::redaction::{PLACEHOLDER_KEY, Redactor};
use crate::scenario::fault::Fault;
use crate::scenario::rule::Rule;
use crate::scenario::script::Script;
use crate::scenario::seeded::{SeededConnector, SeededSubscription};
use crate::scene::data::Scene;
use crate::state::State;
use crate::state::connector::Connector;
use crate::state::entry::Entry;
use crate::state::number::Number;
use crate::state::subscription::Subscription;
use crate::state::use_case::UseCase;
use crate::state::workspace::Workspace;

impl Scene {
    /// The scene at this moment: what has happened to an install by now happens at once in the copy.
    pub(crate) fn capture(state: &State, workspace: &Workspace) -> Self {
        let now = state.clock.elapsed();
        let redactor = state.redactor();
        let copied = |known: &[Entry<Number>]| -> Vec<_> {
            known.iter().filter_map(Entry::resource).cloned().collect()
        };
        let numbers = copied(&workspace.numbers);
        let use_cases = workspace.use_cases.iter().filter_map(Entry::resource);
        let use_cases: Vec<UseCase> = use_cases.cloned().collect();
        let connectors = workspace.connectors.iter().filter_map(Entry::resource);
        let subscriptions = workspace.subscriptions.iter().filter_map(Entry::resource);
        let scripts = &state.scripts;
        let sorted = |scripts: &std::collections::HashMap<String, Script>| {
            let mut scripts: Vec<_> = scripts.clone().into_iter().collect();
            scripts.sort_by(|(one, _), (other, _)| one.cmp(other));
            scripts
        };
        Self {
            behavior: state.behavior,
            rate_limits: state.rate_limiter.limits(),
            numbers: (numbers != Number::defaults()).then_some(numbers),
            use_cases: (use_cases != UseCase::defaults()).then_some(use_cases),
            connectors: connectors
                .filter(|connector| connector.exists(now))
                .map(|connector| copy_connector(connector, now, &redactor))
                .collect(),
            subscriptions: subscriptions
                .filter(|subscription| subscription.service == "channels")
                .map(|subscription| copy_subscription(subscription, &redactor))
                .collect(),
            default_script: Some(scripts.default.clone())
                .filter(|script| *script != Script::default()),
            template_scripts: sorted(&scripts.by_template),
            name_scripts: sorted(&scripts.by_name),
            next_scripts: scripts.queue.iter().cloned().collect(),
            rules: state
                .rules
                .iter()
                .map(|rule| copy_rule(rule, &redactor))
                .collect(),
        }
    }
}

/// A rule without the secrets of its response.
pub(crate) fn copy_rule(rule: &Rule, redactor: &Redactor) -> Rule {
    let mut copy = rule.clone();
    if let Some(response) = rule.response() {
        copy = copy.respond_with(response.without_secrets(redactor));
    }
    if let Some(Fault::Redirect(origin)) = rule.injected_fault() {
        copy = copy.fault(Fault::Redirect(redactor.url(origin)));
    }
    copy
}

fn copy_connector(connector: &Connector, now: Duration, redactor: &Redactor) -> SeededConnector {
    let template = connector.template.as_ref();
    let template = template.map_or("", |template| template.reference.as_str());
    let script = connector.script.clone().started_earlier(connector.age(now));
    let copy = SeededConnector::new(redactor.text(&connector.name), template);
    let copy = copy.with_id(connector.id).script(script);
    match &connector.arguments {
        Some(arguments) => copy.arguments(redactor.json(&arguments.clone().into())),
        None => copy,
    }
}

fn copy_subscription(subscription: &Subscription, redactor: &Redactor) -> SeededSubscription {
    let url = redactor.url(&subscription.url);
    let mut copy = SeededSubscription::new(redactor.text(&subscription.event), url);
    copy = copy.with_id(subscription.id);
    if subscription.signing_key.is_some() {
        copy = copy.signing_key(PLACEHOLDER_KEY);
    }
    for filter in subscription.filters.as_deref().unwrap_or_default() {
        copy = copy.filter(redactor.text(&filter.key), redactor.text(&filter.value));
    }
    if subscription.active {
        copy
    } else {
        copy.inactive()
    }
}
