//! The checks of a webhook subscription.

use bird_connectors::WorkspaceId;
use serde_json::json;
use serde_saphyr::Spanned;

use super::super::format::SubscriptionEntry;
use super::file_check::FileCheck;
use super::merged::Merged;
use crate::desired::DesiredSubscription;
use crate::place::Place;

/// Checks a subscription, and that it is described once. Problems are added to those of the file.
pub(super) fn check(
    file: &mut FileCheck<'_>,
    workspace: WorkspaceId,
    entry: &Spanned<SubscriptionEntry>,
    merged: &mut Merged,
) -> Option<DesiredSubscription> {
    let subscription = read(file, entry)?;
    // Checks the event and the URL, and reads no secret.
    let checked = subscription
        .request(None)
        .map_err(|why| why.to_string())
        .and_then(|request| {
            request
                .validate()
                .map_err(|error| error.message().to_owned())
        });
    if let Err(why) = checked {
        file.problem(&subscription.place, why);
        return None;
    }
    if let Some(earlier) = merged.describe(workspace, identity(&subscription), &subscription.place)
    {
        let message =
            format!("this describes the same subscription as {earlier}: remove one of them");
        file.problem(&subscription.place, message);
        return None;
    }
    Some(subscription)
}

fn identity(subscription: &DesiredSubscription) -> String {
    json!([
        "subscription",
        subscription.service,
        subscription.event,
        subscription.url,
        subscription.filters
    ])
    .to_string()
}

fn read(
    file: &mut FileCheck<'_>,
    entry: &Spanned<SubscriptionEntry>,
) -> Option<DesiredSubscription> {
    let place = file.place_of(entry);
    let entry = &entry.value;
    let known = file.problems.len();
    let event = required(file, &place, "event", entry.event.as_ref());
    let url = required(file, &place, "url", entry.url.as_ref());
    let signing_key = entry.signing_key.as_ref();
    let signing_key = signing_key.and_then(|value| file.secret("signing_key", value));
    let active = match &entry.status {
        None => true,
        Some(status) if status.value == "active" => true,
        Some(status) => {
            if status.value != "inactive" {
                let place = file.place_of(status);
                file.problem(&place, "unknown status: expected `active` or `inactive`");
            }
            false
        }
    };
    let (event, url) = (event?, url?);
    (file.problems.len() == known).then(|| DesiredSubscription {
        place,
        service: entry
            .service
            .as_ref()
            .map_or_else(|| "channels".to_owned(), |service| service.value.clone()),
        event,
        url,
        filters: entry.filters.clone().unwrap_or_default(),
        signing_key,
        active,
    })
}

fn required(
    file: &mut FileCheck<'_>,
    place: &Place,
    field: &str,
    value: Option<&Spanned<String>>,
) -> Option<String> {
    if value.is_none() {
        file.problem(place, format!("the subscription has no `{field}`"));
    }
    value.map(|value| value.value.clone())
}
