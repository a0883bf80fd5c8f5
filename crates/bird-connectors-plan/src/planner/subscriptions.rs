//! The steps of the webhook subscriptions of a workspace.

use std::collections::{BTreeSet, HashSet};

use bird_connectors::WorkspaceId;
use bird_connectors::install::{RecordedResource, subscription_journal_key};
use bird_connectors::models::{SubscriptionId, WebhookSubscription};
use bird_connectors::resources::NewSubscription;
use serde_json::{Value, json};

use super::hash::hex;
use super::only_live::{LiveResource, only_live, unique};
use super::ownership::Ownership;
use super::step::{Action, Difference, Draft, ResourceKind, Step, StepKind, address};
use crate::desired::{DesiredSubscription, DesiredWorkspace};
use crate::observed::ObservedWorkspace;

pub(super) fn plan(
    draft: &mut Draft<'_>,
    workspace: &DesiredWorkspace,
    seen: Option<&ObservedWorkspace>,
    owned: &Ownership<'_>,
) {
    let Some(desired) = &workspace.subscriptions else {
        return;
    };
    let seen = seen.and_then(|seen| seen.subscriptions.as_deref());
    let seen = seen.unwrap_or_default();
    let mut claimed = HashSet::new();
    for (index, subscription) in desired.iter().enumerate() {
        let mut listed = HashSet::new();
        let matching: Vec<_> = seen
            .iter()
            .filter(|one| matches(subscription, one) && listed.insert(one.id))
            .collect();
        claimed.extend(matching.iter().map(|one| one.id));
        match matching[..] {
            [] => draft
                .steps
                .push(step(workspace, index, subscription, None, owned)),
            [one] => draft
                .steps
                .push(step(workspace, index, subscription, Some(one), owned)),
            _ => {
                let ids: Vec<_> = matching.iter().map(|one| one.id.to_string()).collect();
                let message = format!(
                    "{} subscriptions send this event to this URL, each with its own signing key: delete all but one of {}",
                    ids.len(),
                    ids.join(", ")
                );
                let subject = address(workspace, "webhook", subscription.event());
                draft.conflict(&subject, Some(subscription.place.to_string()), message);
            }
        }
    }
    let only: Vec<_> = seen.iter().filter(|one| claimed.insert(one.id)).collect();
    let keys = unique(only.iter().map(|one| key_of(workspace.id, one)));
    for subscription in only {
        let key = Some(key_of(workspace.id, subscription)).filter(|key| keys.contains(key));
        let step = only_live(workspace, live(subscription, key), owned, draft.prunes());
        draft.steps.push(step);
    }
}

/// Compares what identifies a subscription.
fn matches(desired: &DesiredSubscription, seen: &WebhookSubscription) -> bool {
    let filters = seen.event_filters.as_deref().unwrap_or_default();
    let filters: BTreeSet<_> = filters
        .iter()
        .map(|filter| (filter.key.as_str(), filter.value.as_str()))
        .collect();
    let wanted = desired.filters.iter();
    seen.service.as_str() == desired.service
        && seen.event == desired.event
        && seen.url == desired.url
        && filters
            .into_iter()
            .eq(wanted.map(|(key, value)| (key.as_str(), value.as_str())))
}

fn step(
    workspace: &DesiredWorkspace,
    index: usize,
    desired: &DesiredSubscription,
    seen: Option<&WebhookSubscription>,
    owned: &Ownership<'_>,
) -> Step {
    // The signing key is not part of the key, so no secret is read.
    let request = desired.request(None);
    let key = request.map(|request| subscription_journal_key(workspace.id, &request));
    let key = key.unwrap_or_default();
    let recorded = owned.record(&key);
    let record = recorded.map(|record| record.resource);
    let mut step = Step {
        workspace_id: workspace.id,
        workspace: workspace.name(),
        resource: ResourceKind::WebhookSubscription,
        address: address(workspace, "webhook", &desired.event),
        name: desired.event.clone(),
        target: Some(desired.url.clone()),
        kind: StepKind::Create,
        action: Action::Create,
        id: None,
        owned: false,
        differences: Vec::new(),
        stops: None,
        note: None,
        place: Some(desired.place.to_string()),
        content: Some(hex(&fingerprint(desired).to_string())),
        key,
        index: Some(index),
        number: None,
        records: false,
        has_signing_key: desired.signing_key.is_some(),
        sends_signing_key: false,
    };
    let Some(seen) = seen else {
        match record {
            Some(RecordedResource::Subscription(id)) => {
                step.kind = StepKind::Missing;
                step.owned = is_owned(workspace, id, owned);
                step.note = Some(format!(
                    "the journal says that subscription {id} was created, and it does not exist any more"
                ));
            }
            Some(RecordedResource::Unresolved) => {
                step.note = Some(
                    "an earlier create has an unknown outcome: an apply searches for its subscription first".to_owned(),
                );
            }
            _ => {}
        }
        return step;
    };
    step.id = Some(seen.id.to_string());
    step.owned = is_owned(workspace, seen.id, owned);
    step.stops = Some(traffic(seen));
    step.action = Action::None;
    let (wanted, found) = (desired.status(), &seen.status);
    step.kind = if wanted != *found {
        step.action = Action::Update;
        step.differences.push(Difference {
            field: "status".to_owned(),
            wanted: Some(Value::from(wanted.as_str())),
            found: Some(Value::from(found.as_str())),
        });
        StepKind::Differs
    } else if step.owned {
        StepKind::Unchanged
    } else {
        StepKind::Adopt
    };
    if recorded.is_some_and(|record| owned.is_unresolved(record)) {
        step.resolve();
    } else if step.has_signing_key {
        step.note = Some(
            "the API does not return the signing key, so that it is not compared: if it has changed, send it with `update_signing_key`"
                .to_owned(),
        );
    }
    step
}

fn is_owned(workspace: &DesiredWorkspace, id: SubscriptionId, owned: &Ownership<'_>) -> bool {
    let resource = RecordedResource::Subscription(id);
    owned.owned(workspace.id, resource).is_some()
}

fn fingerprint(desired: &DesiredSubscription) -> Value {
    json!([
        desired.service,
        desired.event,
        desired.url,
        desired.filters,
        desired.signing_key.as_ref().map(ToString::to_string),
        desired.active,
    ])
}

/// What a step says about a subscription that the files do not describe.
fn live(seen: &WebhookSubscription, key: Option<String>) -> LiveResource<'_> {
    LiveResource {
        resource: ResourceKind::WebhookSubscription,
        recorded: RecordedResource::Subscription(seen.id),
        kind: "webhook",
        name: &seen.event,
        target: Some(seen.url.clone()),
        id: seen.id.to_string(),
        key,
        stops: traffic(seen),
    }
}

/// The key in the journal of a create that the subscription can come from.
fn key_of(workspace: WorkspaceId, seen: &WebhookSubscription) -> String {
    let mut request = NewSubscription::new(&seen.event, &seen.url).service(seen.service.as_str());
    for filter in seen.event_filters.iter().flatten() {
        request = request.filter(filter.key.as_str(), filter.value.as_str());
    }
    subscription_journal_key(workspace, &request)
}

fn traffic(seen: &WebhookSubscription) -> String {
    format!("{} receives no {} any more", seen.url, seen.event)
}
