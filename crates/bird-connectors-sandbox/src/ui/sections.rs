//! What each part of the page shows, as JSON. Times are milliseconds on the clock of the sandbox, unless they are dates.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::api::error::ApiError;
use crate::api::percent::decode_lossy;
use crate::api::redaction::Redactor;
use crate::delivery::resend::Reordered;
use crate::scenario::rule::SelectedCalls;
use crate::scenario::script::{ChannelField, Step};
use crate::scene::capture::copy_rule;
use crate::scene::rule_json::write_rule;
use crate::state::State;
use crate::state::connector::Connector;
use crate::state::entry::Entry;
use crate::state::observations::{ObservedDelivery, ObservedRequest};

/// At most this many connectors of a workspace are shown, the newest ones. Requests and deliveries are bounded where they are kept.
const SHOWN: usize = 200;

/// The statuses that the page shows as a failure. None is documented.
const FAILURES: [&str; 6] = [
    "failed",
    "error",
    "rejected",
    "suspended",
    "deleted",
    "cancelled",
];

/// A list of items with ids.
pub(super) struct Section {
    pub(super) name: &'static str,
    /// Pairs of id and item. Each item has its id as `key`, and its position as `order`.
    pub(super) items: Vec<(String, Value)>,
    /// The number of items, including those that are not shown. Connectors that no longer exist are not counted.
    pub(super) total: usize,
}

impl Section {
    fn new(name: &'static str, items: Vec<(String, Value)>, total: usize) -> Self {
        let items = items.into_iter().map(|(id, mut item)| {
            item["key"] = json!(id);
            (id, item)
        });
        Self {
            name,
            items: items.collect(),
            total,
        }
    }

    pub(super) fn into_json(self) -> Value {
        let items = self.items.into_iter();
        let items: Vec<_> = items.map(|(_, item)| item).collect();
        json!({ "items": items, "total": self.total })
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// When the next step of a script or the next commit happens.
pub(super) fn next_change(state: &State) -> Option<Duration> {
    let now = state.clock.elapsed();
    shown_connectors(state)
        .filter_map(|(_, connector)| next_change_of(connector, now))
        .min()
}

fn next_change_of(connector: &Connector, now: Duration) -> Option<Duration> {
    let commit = connector.created + connector.script.commit_time();
    let commit = Some(commit).filter(|commit| *commit > now && connector.deleted.is_none());
    connector.next_change(now).into_iter().chain(commit).min()
}

/// The newest connectors of all workspaces, with their order, the newest one first.
fn shown_connectors(state: &State) -> impl Iterator<Item = (u64, &Connector)> {
    let workspaces = state.workspaces.values();
    workspaces.flat_map(|workspace| {
        let connectors = workspace.connectors.iter().rev();
        connectors
            .filter_map(|entry| Some((entry.order, entry.resource()?)))
            .take(SHOWN)
    })
}

pub(super) fn connectors(state: &State) -> Section {
    let now = state.clock.elapsed();
    let redactor = state.redactor();
    let items = shown_connectors(state).map(|(order, connector)| {
        let item = connector_item(state, connector, order, now, &redactor);
        (connector.id.to_string(), item)
    });
    let workspaces = state.workspaces.values();
    let existing = |entry: &&Entry<Connector>| {
        let connector = entry.resource();
        connector.is_some_and(|connector| connector.exists(now))
    };
    let total = workspaces.map(|workspace| workspace.connectors.iter().filter(existing).count());
    Section::new("connectors", items.collect(), total.sum())
}

fn connector_item(
    state: &State,
    connector: &Connector,
    order: u64,
    now: Duration,
    redactor: &Redactor,
) -> Value {
    let age = connector.age(connector.deleted.unwrap_or(now));
    let snapshot = connector.script.snapshot(age);
    let exists = connector.exists(now);
    let status = snapshot.channel.map(|channel| channel.status);
    let phase = match status {
        _ if !exists => "gone",
        Some("active") => "active",
        Some(status) if FAILURES.contains(&status.to_lowercase().as_str()) => "failed",
        _ => "installing",
    };
    let timeline = connector.script.steps().iter().map(|(after, step)| {
        json!({ "at": milliseconds(*after), "step": describe_step(step), "done": *after <= age })
    });
    let arguments = connector.arguments.clone().map(Value::Object);
    json!({
        "id": connector.id,
        "order": order,
        "name": connector.name,
        "template": connector.template.as_ref().map(|template| &template.reference),
        "workspaceId": connector.workspace,
        "arguments": arguments.map(|arguments| redactor.json(&arguments)),
        "channelId": snapshot.channel.map(|channel| connector.channel_id(channel.ordinal)),
        "status": status,
        "stage": snapshot.stage,
        "numberStatus": snapshot.number_status,
        "phase": phase,
        "visible": snapshot.visible && exists,
        "deleted": connector.deleted.map(milliseconds),
        "created": milliseconds(connector.created),
        "createdAt": state.clock.date(connector.created, state.behavior.date_precision),
        "commitAfter": milliseconds(connector.script.commit_time()),
        "next": next_change_of(connector, now).filter(|_| exists).map(milliseconds),
        "timeline": timeline.collect::<Vec<_>>(),
    })
}

fn describe_step(step: &Step) -> String {
    match step {
        Step::NoChannel(field) => match field {
            ChannelField::Missing => "no channel: the field is missing".to_owned(),
            ChannelField::Null => "no channel: the field is null".to_owned(),
            ChannelField::EmptyObject => "no channel: the field is {}".to_owned(),
            ChannelField::EmptyId => "no channel: the id is empty".to_owned(),
        },
        Step::Channel(status) => format!("channel {status}"),
        Step::Status(status) => status.clone(),
        Step::ReadinessStatus(status) => format!("readiness {status}"),
        Step::Stage(stage) => format!("stage {stage}"),
        Step::NumberStatus(status) => format!("number {status}"),
        Step::Vanish => "vanishes".to_owned(),
    }
}

pub(super) fn requests(state: &State) -> Value {
    let Some(observations) = &state.observations else {
        return Value::Null;
    };
    let redactor = state.redactor();
    let requests = observations.requests.newest_first();
    let items: Vec<_> = requests
        .map(|(number, observed)| request(number, observed, &redactor))
        .collect();
    json!({
        "items": items,
        "total": observations.requests.total(),
        "first": observations.requests.first(),
    })
}

/// One line of the list of requests.
pub(super) fn request(number: u64, request: &ObservedRequest, redactor: &Redactor) -> Value {
    let own = Redactor::new(request.secrets.iter().cloned());
    let path = own.text(&redactor.text(&decode_lossy(&request.path)));
    let query = request.query.as_deref();
    let query = query.map(|query| own.query(&redactor.query(query)));
    let error = request.error.as_ref();
    json!({
        "number": number,
        "method": own.text(&request.method),
        "path": path,
        "query": query,
        "operation": request.operation.map(|operation| operation.id()),
        "status": request.status,
        "milliseconds": request.duration.map(|time| time.as_secs_f64() * 1000.0),
        "at": milliseconds(request.at),
        "verdict": verdict(request),
        "reason": error.map(|error| own.text(&redactor.text(error.message()))),
        "injected": request.injected,
    })
}

/// What the sandbox has decided about a request.
fn verdict(request: &ObservedRequest) -> &'static str {
    match (&request.error, &request.injected, request.status) {
        (_, Some(injected), _) if injected.contains("fault") || injected.contains("response") => {
            "injected"
        }
        (Some(_), _, _) => "refused",
        (None, _, Some(429)) => "limited",
        // Only a delay is left.
        (None, Some(_), _) => "injected",
        (None, _, Some(_)) => "accepted",
        (None, _, None) => "pending",
    }
}

pub(super) fn subscriptions(state: &State) -> Section {
    let redactor = state.redactor();
    let mut items = Vec::new();
    for workspace in state.workspaces.values() {
        for entry in &workspace.subscriptions {
            let Some(subscription) = entry.resource() else {
                continue;
            };
            let filters = subscription.filters.as_deref().unwrap_or_default().iter();
            let filters = filters.map(|filter| json!({ "key": filter.key, "value": filter.value }));
            let item = json!({
                "id": subscription.id,
                "order": entry.order,
                "workspaceId": workspace.id,
                "service": subscription.service,
                "event": subscription.event,
                "url": redactor.url(&subscription.url),
                "active": subscription.active,
                "filters": filters.collect::<Vec<_>>(),
                "signed": subscription.signing_key.is_some(),
                "hasRoute": state.webhooks.has_route(&subscription.url),
            });
            items.push((subscription.id.to_string(), item));
        }
    }
    let total = items.len();
    Section::new("subscriptions", items, total)
}

pub(super) fn deliveries(state: &State) -> Section {
    let redactor = state.redactor();
    let observations = state.observations.as_ref();
    let deliveries = observations.into_iter();
    let deliveries = deliveries.flat_map(|observations| observations.deliveries.newest_first());
    let items = deliveries.map(|(number, observed)| {
        let mut item = delivery(number, observed, &redactor);
        // An event that arrives later can change it.
        item["noOrder"] = json!(
            observations.and_then(|known| { Reordered::find(&known.deliveries, number).err() })
        );
        (number.to_string(), item)
    });
    let total = observations.map_or(0, |observations| observations.deliveries.total());
    let total = usize::try_from(total).unwrap_or(usize::MAX);
    Section::new("deliveries", items.collect(), total)
}

fn delivery(number: u64, observed: &ObservedDelivery, redactor: &Redactor) -> Value {
    let sent = &observed.delivery;
    json!({
        "number": number,
        "order": number,
        "event": sent.event,
        "subscriptionId": sent.subscription,
        "url": redactor.url(&sent.url),
        "requestId": sent.request_id,
        "timestamp": sent.timestamp,
        "attempt": observed.attempt,
        "forged": observed.forged,
        "sentByHand": observed.sent_by_hand,
        "signed": sent.signature.is_some(),
        "hasRoute": observed.has_route,
        "status": observed.status,
        "at": milliseconds(observed.at),
    })
}

/// A delivery with its body and with the string that was signed.
pub(super) fn delivery_details(state: &State, number: u64) -> Result<Value, ApiError> {
    let redactor = state.redactor();
    let observations = state.observations.as_ref();
    let observed = observations
        .and_then(|observations| observations.deliveries.get(number))
        .ok_or_else(|| ApiError::not_found(format_args!("delivery {number}")))?;
    let sent = &observed.delivery;
    let body: Value = serde_json::from_slice(&sent.body).unwrap_or_default();
    let hash = Sha256::digest(&sent.body);
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut details = delivery(number, observed, &redactor);
    details["body"] = redactor.json(&body);
    details["bodyLength"] = json!(sent.body.len());
    details["signature"] = json!(sent.signature);
    let url = redactor.url(&sent.url);
    details["signedString"] = json!({
        "timestamp": sent.timestamp,
        "masked": url != sent.url,
        "url": url,
        "sha256OfBody": hex,
        "sha256OfBodyBase64": STANDARD.encode(hash),
    });
    Ok(details)
}

pub(super) fn rules(state: &State) -> Section {
    let redactor = state.redactor();
    let items = state.rules.iter().map(|rule| {
        let remaining = match rule.remaining_calls() {
            SelectedCalls::Next(1) => "the next call".to_owned(),
            SelectedCalls::Next(times) => format!("the next {times} calls"),
            SelectedCalls::Nth(1) => "the next call".to_owned(),
            SelectedCalls::Nth(nth) => format!("call {nth} from now"),
            SelectedCalls::Always => "every call".to_owned(),
        };
        let mut effects = Vec::new();
        effects.extend(rule.injected_fault().map(|fault| fault.name().to_owned()));
        effects.extend(
            rule.response()
                .map(|response| format!("response {}", response.status_code())),
        );
        let (delay, response_delay) = rule.delays();
        for (name, delay) in [("delay", delay), ("response delay", response_delay)] {
            if !delay.is_zero() {
                effects.push(format!("{name} {} ms", milliseconds(delay)));
            }
        }
        let item = json!({
            "number": rule.number,
            "order": rule.number,
            "operation": rule.operation().map(|operation| operation.id()),
            "effect": effects.join(", "),
            "remaining": remaining,
            "conditional": rule.is_conditional(),
            "rule": write_rule(&copy_rule(rule, &redactor)),
        });
        (rule.number.to_string(), item)
    });
    Section::new("rules", items.collect(), state.rules.len())
}

/// The current reading of each fact that the documentation leaves open.
pub(super) fn behavior(state: &State) -> Section {
    let settings = state.behavior.settings();
    let items = settings.iter().enumerate().map(|(order, setting)| {
        let item = json!({
            "order": order,
            "name": setting.name(),
            "value": setting.value(),
            "isDefault": setting.current == 0,
        });
        (setting.name(), item)
    });
    Section::new("behavior", items.collect(), settings.len())
}

pub(super) fn clock(state: &State) -> Value {
    let clock = &state.clock;
    let (ahead, behind) = clock.offset();
    json!({
        "held": clock.is_held(),
        // While the clock runs, the page computes the time from the offset.
        "elapsed": clock.is_held().then(|| milliseconds(clock.elapsed())),
        "startedUnixMilliseconds": clock.started_unix_milliseconds(),
        "offset": i128::from(milliseconds(ahead)) - i128::from(milliseconds(behind)),
        "next": next_change(state).map(milliseconds),
    })
}

pub(super) fn limits(state: &State) -> Value {
    let limits = state.rate_limiter.limits();
    let observations = state.observations.as_ref();
    let now = state.clock.real_elapsed();
    let minute = observations.map(|observations| observations.traffic.last_minute(now));
    let minute = minute.unwrap_or_default();
    let minute: Vec<_> = minute
        .iter()
        .map(|second| [second.get, second.post, second.other])
        .collect();
    let idle = minute.iter().all(|counts| *counts == [0; 3]);
    json!({
        "enforced": { "get": limits.get, "post": limits.post, "other": limits.other },
        "documented": { "get": 50, "post": 500 },
        // Without requests in the last minute there is nothing to send each second.
        "seconds": if idle { Vec::new() } else { minute },
    })
}

impl State {
    /// The workspaces' connectors that a page can change.
    pub(super) fn connector_mut(&mut self, id: uuid::Uuid) -> Option<&mut Connector> {
        let now = self.clock.elapsed();
        let workspaces = self.workspaces.values_mut();
        let mut connectors = workspaces
            .flat_map(|workspace| workspace.connectors.iter_mut())
            .filter_map(Entry::resource_mut);
        connectors.find(|connector| connector.id == id && connector.exists(now))
    }
}
