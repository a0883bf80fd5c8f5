//! Corrects the query of a request.

use crate::api::error::ApiError;
use crate::api::excerpt::Excerpt;
use crate::api::id::parse_uuid;
use crate::api::operation::Operation;
use crate::api::redaction::is_secret_parameter;
use crate::ui::nearest::form::{ValidForm, nearest};

/// The parameters of all lists.
const PARAMETERS: [&str; 24] = [
    "capabilities",
    "channelIds",
    "conferencial",
    "connectorTemplateRef",
    "countryCodes",
    "event",
    "executionStatus",
    "includeReleaseStatus",
    "limit",
    "number",
    "onlyMyChannels",
    "pageToken",
    "platform",
    "providerIds",
    "requestId",
    "resourceOwnerId",
    "resourceOwnerIdentifier",
    "reverse",
    "service",
    "status",
    "templateRef",
    "type",
    "types",
    "useCaseType",
];

/// The parameters that an operation accepts, whatever the readings are.
fn parameters(operation: Operation) -> Vec<&'static str> {
    use Operation as Op;
    let paging = ["limit", "pageToken", "reverse"];
    let numbers = [
        "prefix",
        "searchTerm",
        "status",
        "type",
        "country",
        "capabilities",
    ];
    let own: &[&str] = match operation {
        Op::ListConnectors => &["templateRef"],
        Op::ListChannels => &[
            "platform",
            "status",
            "channelIds",
            "conferencial",
            "onlyMyChannels",
            "useCaseType",
            "resourceOwnerId",
            "resourceOwnerIdentifier",
        ],
        Op::ListWebhookSubscriptionLogs | Op::ListOrganizationWebhookSubscriptionLogs => {
            &["executionStatus"]
        }
        Op::GetWebhookSubscriptionLogDetails | Op::GetOrganizationWebhookSubscriptionLogDetails => {
            return vec!["requestId"];
        }
        Op::ListAvailableWebhooks => &["service"],
        Op::ListNumbers => &numbers,
        Op::ListLongCodeNumbers => {
            let more = ["numberString", "countryCodes", "providerIds"];
            return [&paging[..], &numbers, &more].concat();
        }
        Op::ListWebhookSubscriptions
        | Op::ListOrganizationWebhookSubscriptions
        | Op::ListUseCases => &[],
        _ => return Vec::new(),
    };
    [&paging[..], own].concat()
}

/// The parameters that can occur several times.
fn is_repeatable(operation: Operation, name: &str) -> bool {
    match operation {
        Operation::ListChannels => [
            "platform",
            "status",
            "channelIds",
            "resourceOwnerIdentifier",
        ]
        .contains(&name),
        Operation::ListLongCodeNumbers => ["countryCodes", "providerIds"].contains(&name),
        _ => false,
    }
}

/// The maximum of `limit`, whatever the readings are.
const fn most_items(operation: Operation) -> usize {
    match operation {
        Operation::ListNumbers | Operation::ListLongCodeNumbers => 99,
        // A reading allows as many connectors.
        Operation::ListChannels | Operation::ListUseCases | Operation::ListConnectors => 1000,
        _ => 100,
    }
}

/// Why the value of a known parameter is refused, or `None` if it can be valid.
fn problem(operation: Operation, name: &str, value: &str) -> Option<&'static str> {
    let is_valid = match name {
        "limit" => {
            let number = value.parse::<usize>().ok();
            number.is_some_and(|number| (1..=most_items(operation)).contains(&number))
        }
        "reverse" | "conferencial" | "onlyMyChannels" => ["true", "false"].contains(&value),
        "channelIds" => parse_uuid(value).is_some(),
        "platform" => {
            let allowed = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'-';
            !value.is_empty() && value.bytes().all(allowed)
        }
        // The sandbox makes tokens of this form only.
        "pageToken" => value.is_empty() || value.starts_with("+/") && value.ends_with("=="),
        _ => true,
    };
    (!is_valid).then_some("which is not valid")
}

/// Removes values that the sandbox refuses, whatever was refused first, and repeated parameters. What is valid stays as it is.
pub(super) fn keep_valid(form: &mut ValidForm, operation: Operation) {
    let Some(query) = form.query.take() else {
        return;
    };
    let mut seen = Vec::new();
    let mut kept = Vec::new();
    for pair in query.split('&') {
        let decoded = form_urlencoded::parse(pair.as_bytes()).next();
        let (name, value) = decoded.unwrap_or_default();
        let change = if let Some(problem) = problem(operation, &name, &value) {
            format!("without {name}={}, {problem}", Excerpt::of(&value))
        } else if seen.contains(&name.clone().into_owned()) && !is_repeatable(operation, &name) {
            format!("{name} occurs once")
        } else {
            seen.push(name.into_owned());
            kept.push(pair);
            continue;
        };
        if !form.changes.contains(&change) {
            form.changes.push(change);
        }
    }
    form.query = Some(kept.join("&")).filter(|query| !query.is_empty());
}

/// Removes the parameters that the operation does not accept. The others stay as they are.
pub(super) fn keep_known(form: &mut ValidForm, operation: Operation) {
    let Some(query) = form.query.take() else {
        return;
    };
    let known = parameters(operation);
    let mut kept = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let name = form_urlencoded::parse(pair.as_bytes()).next();
        let name = name.map(|(name, _)| name.into_owned()).unwrap_or_default();
        if known.contains(&name.as_str()) {
            kept.push(pair);
            continue;
        }
        let change = format!("without the unknown parameter {name}");
        if !form.changes.contains(&change) {
            form.changes.push(change);
        }
    }
    form.query = Some(kept.join("&")).filter(|query| !query.is_empty());
}

pub(super) fn correct(form: &mut ValidForm, error: &ApiError) {
    let query = form.query.clone().unwrap_or_default();
    let mut pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let before = pairs.clone();
    for message in error.messages() {
        if let Some(name) = message.strip_prefix("unknown query parameter \"") {
            let name = name.trim_end_matches('"');
            rename_or_remove(&mut pairs, name, form);
            continue;
        }
        let Some((name, problem)) = message.split_once(' ') else {
            continue;
        };
        if !pairs.iter().any(|(known, _)| known == name) {
            continue;
        }
        if problem.starts_with("occurs ") {
            // Which of the values is valid is checked below.
            continue;
        } else if let Some(range) = problem.strip_prefix("must be a number from 1 to ") {
            let max: String = range.chars().take_while(char::is_ascii_digit).collect();
            let most: i128 = max.parse().unwrap_or(10);
            let in_range = |value: &str| {
                let number = value.parse::<i128>().ok();
                number.is_some_and(|number| (1..=most).contains(&number))
            };
            if pairs
                .iter()
                .any(|(known, value)| known == name && in_range(value))
            {
                pairs.retain(|(known, value)| known != name || in_range(value));
            }
            for (_, value) in pairs.iter_mut().filter(|(known, _)| known == name) {
                let number = value.parse::<i128>().unwrap_or(10);
                *value = number.clamp(1, most).to_string();
            }
            form.changes.push(format!("{name} is from 1 to {max}"));
        } else {
            pairs.retain(|(known, _)| known != name);
            form.changes
                .push(format!("without {name}, which {problem}"));
        }
    }
    if pairs != before {
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&pairs)
            .finish();
        form.query = Some(query).filter(|query| !query.is_empty());
    }
}

/// A misspelled parameter gets its name, and any other one is removed.
fn rename_or_remove(pairs: &mut Vec<(String, String)>, name: &str, form: &mut ValidForm) {
    // A parameter that exists for another list is not known to this one.
    let is_of_another_list = PARAMETERS.contains(&name);
    let is_removed = is_of_another_list || is_secret_parameter(name);
    let similar = nearest(name, PARAMETERS).filter(|_| !is_removed);
    match similar {
        Some(similar) if !pairs.iter().any(|(known, _)| known == similar) => {
            for (known, _) in pairs.iter_mut().filter(|(known, _)| known == name) {
                similar.clone_into(known);
            }
            form.changes.push(format!("{name} is spelled {similar}"));
        }
        _ => {
            pairs.retain(|(known, _)| known != name);
            form.changes
                .push(format!("without the unknown parameter {name}"));
        }
    }
}
