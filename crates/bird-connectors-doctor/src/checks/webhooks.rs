//! Checks of the webhook subscriptions, from their own description and their delivery logs. They send nothing to the URLs.
//!
//! A URL can contain a token, so a verdict shows only its host.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use serde_json::Value;
use url::{Host, Url};

use super::prevented::prevented;
use crate::facts::{Facts, Read};
use crate::verdict::Verdict;

const LIST: &str = "listWebhookSubscriptions";
const LOGS: &str = "listWebhookSubscriptionLogs";

/// The number of subscriptions with the same event and filters that the API allows.
const MAXIMUM: usize = 5;

/// How many subscriptions a verdict names.
const NAMED: usize = 5;

/// The subscriptions, or the verdict of a check that cannot have them.
fn subscriptions(facts: &Facts) -> Result<Vec<&Value>, Verdict> {
    if let Some(verdict) = prevented(facts) {
        return Err(verdict);
    }
    match facts.items(LIST) {
        None => Err(Verdict::skipped(format!(
            "not checked: see permission.{LIST}"
        ))),
        Some(items) if items.is_empty() => {
            Err(Verdict::ok("the workspace has no webhook subscriptions"))
        }
        Some(items) => Ok(items),
    }
}

pub(super) fn url(facts: &Facts) -> Verdict {
    let all = match subscriptions(facts) {
        Ok(all) => all,
        Err(verdict) => return verdict,
    };
    let found = all.iter().filter_map(|subscription| {
        let url = subscription["url"].as_str()?;
        let (host, problem) = problem(url)?;
        Some(format!("{} ({host}) {problem}", id(subscription)))
    });
    let found: Vec<String> = found.collect();
    if found.is_empty() {
        return Verdict::ok(format!(
            "the URLs of {} subscriptions are https with a public host",
            all.len()
        ));
    }
    Verdict::failed(
        names(&found),
        "update the URL of the subscription to an https URL that the internet can reach",
    )
}

/// The host of a URL, and why Bird cannot deliver to it.
fn problem(url: &str) -> Option<(String, &'static str)> {
    let Ok(url) = Url::parse(url) else {
        return Some(("no host".to_owned(), "is not a URL"));
    };
    let host = url.host_str().unwrap_or("no host").to_owned();
    let problem = if url.scheme() != "https" {
        "is not https"
    } else {
        match url.host()? {
            Host::Domain(name) => private_name(name)?,
            Host::Ipv4(ip) if ip.is_private() || ip.is_loopback() || ip.is_link_local() => {
                "has a private IP address"
            }
            Host::Ipv4(_) | Host::Ipv6(_) => "has an IP address instead of a name",
        }
    };
    Some((host, problem))
}

/// Why a name cannot be reached from the internet.
fn private_name(name: &str) -> Option<&'static str> {
    /// Domains that the internet does not resolve (RFC 2606, RFC 6762, and the one that ICANN reserves for private use).
    const PRIVATE: [&str; 6] = [
        "localhost",
        "local",
        "internal",
        "test",
        "invalid",
        "example",
    ];
    let name = name.strip_suffix('.').unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or(name);
    if PRIVATE.contains(&last) {
        Some("has a host that only a private network resolves")
    } else if !name.contains('.') {
        Some("has a host without a dot")
    } else {
        None
    }
}

pub(super) fn duplicates(facts: &Facts) -> Verdict {
    let all = match subscriptions(facts) {
        Ok(all) => all,
        Err(verdict) => return verdict,
    };
    let mut by_target: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for subscription in all.iter().filter(|subscription| is_active(subscription)) {
        let url = subscription["url"].as_str().unwrap_or_default().to_owned();
        let target = (selection(subscription), url);
        by_target.entry(target).or_default().push(id(subscription));
    }
    let found: Vec<String> = by_target
        .into_values()
        .filter(|ids| ids.len() > 1)
        .map(|ids| ids.join(" and "))
        .collect();
    if found.is_empty() {
        return Verdict::ok("no active subscriptions have the same event, filters and URL");
    }
    Verdict::warning(
        format!("each event is delivered several times: {}", names(&found)),
        "delete all but one: copies are signed with different keys, so that deliveries fail verification",
    )
}

pub(super) fn limit(facts: &Facts) -> Verdict {
    let all = match subscriptions(facts) {
        Ok(all) => all,
        Err(verdict) => return verdict,
    };
    let mut by_selection: BTreeMap<String, (&str, usize)> = BTreeMap::new();
    for subscription in &all {
        let event = subscription["event"].as_str().unwrap_or("unknown event");
        let entry = by_selection
            .entry(selection(subscription))
            .or_insert((event, 0));
        entry.1 += 1;
    }
    let most = by_selection.into_values().max_by_key(|(_, count)| *count);
    match most {
        Some((event, count)) if count > MAXIMUM => Verdict::failed(
            format!(
                "{count} subscriptions have the same filters for {}",
                word(event)
            ),
            format!(
                "delete those beyond {MAXIMUM}: the API allows {MAXIMUM} with the same filters"
            ),
        ),
        Some((event, count)) if count == MAXIMUM => Verdict::warning(
            format!(
                "{count} subscriptions have the same filters for {}, the maximum",
                word(event)
            ),
            "delete unused subscriptions before you create another one",
        ),
        _ => Verdict::ok(format!(
            "at most {} subscriptions have the same filters",
            most.map_or(0, |(_, count)| count)
        )),
    }
}

pub(super) fn signing_keys(facts: &Facts) -> Verdict {
    let all = match subscriptions(facts) {
        Ok(all) => all,
        Err(verdict) => return verdict,
    };
    let has_key = |subscription: &Value| {
        subscription["signingKey"]
            .as_str()
            .is_some_and(|key| !key.trim().is_empty())
    };
    let shown = all
        .iter()
        .filter(|subscription| has_key(subscription))
        .count();
    // A read can omit the key. So a missing field says something only if another subscription has one.
    let missing: Vec<String> = all
        .iter()
        .filter(|subscription| {
            !has_key(subscription) && (shown > 0 || subscription.get("signingKey").is_some())
        })
        .map(|subscription| id(subscription))
        .collect();
    if !missing.is_empty() {
        return Verdict::warning(
            format!("no signing key: {}", names(&missing)),
            "set a signing key with an update of the subscription: without one, a receiver cannot verify deliveries",
        );
    }
    if shown == 0 {
        return Verdict::skipped("not checked: the API does not return the signing keys");
    }
    Verdict::ok(format!("{shown} subscriptions have a signing key"))
}

pub(super) fn deliveries(facts: &Facts) -> Verdict {
    if let Err(verdict) = subscriptions(facts) {
        return verdict;
    }
    let logs: Vec<&Read> = facts
        .reads_of(LOGS)
        .filter(|read| read.result.is_ok())
        .collect();
    if logs.is_empty() {
        return Verdict::skipped(format!("not checked: see permission.{LOGS}"));
    }
    let (mut failing, mut failed_before, mut total) = (Vec::new(), Vec::new(), 0);
    for read in logs {
        let Ok(response) = &read.result else { continue };
        let mut entries: Vec<&Value> = response.items().iter().collect();
        total += entries.len();
        // The order of the log is not documented.
        entries.sort_by_key(|entry| std::cmp::Reverse(created(entry)));
        let subscription = read.parent.clone().unwrap_or_default();
        let failures = entries.iter().filter(|entry| failed(entry)).count();
        let statuses: BTreeSet<String> = entries
            .iter()
            .filter(|entry| failed(entry))
            .map(|entry| match entry["httpStatusCode"].as_i64() {
                Some(status) => status.to_string(),
                None => "no response".to_owned(),
            })
            .collect();
        let statuses: Vec<String> = statuses.into_iter().collect();
        let summary = format!(
            "{failures} of {} deliveries of {subscription} ({})",
            entries.len(),
            statuses.join(", ")
        );
        if entries.first().is_some_and(|entry| failed(entry)) {
            failing.push(summary);
        } else if failures > 0 {
            failed_before.push(summary);
        }
    }
    let action =
        "check the receiver: it must answer 2xx; Bird retries for 8 hours, then the event is lost";
    if !failing.is_empty() {
        Verdict::failed(
            format!("failed, the latest one too: {}", names(&failing)),
            action,
        )
    } else if !failed_before.is_empty() {
        Verdict::warning(
            format!(
                "failed, but the latest one succeeded: {}",
                names(&failed_before)
            ),
            action,
        )
    } else {
        Verdict::ok(format!("none of {total} logged deliveries failed"))
    }
}

/// Whether a delivery failed. The values of `executionStatus` are not documented, so the HTTP status decides if there is one.
fn failed(entry: &Value) -> bool {
    match entry["httpStatusCode"].as_i64() {
        Some(status) => !(200..300).contains(&status),
        None => {
            let status = entry["executionStatus"].as_str().unwrap_or_default();
            let status = status.to_lowercase();
            ["fail", "error", "timeout", "timed"]
                .iter()
                .any(|part| status.contains(part))
        }
    }
}

fn created(entry: &Value) -> Option<i64> {
    let created = DateTime::parse_from_rfc3339(entry["createdAt"].as_str()?).ok()?;
    Some(created.timestamp_millis())
}

fn is_active(subscription: &Value) -> bool {
    subscription["status"].as_str() != Some("inactive")
}

/// The events that a subscription selects: its service, its event and its filters, in any order.
fn selection(subscription: &Value) -> String {
    let filters = subscription["eventFilters"].as_array();
    let mut filters: Vec<String> = filters
        .into_iter()
        .flatten()
        .map(|filter| format!("{}={}", filter["key"], filter["value"]))
        .collect();
    filters.sort();
    format!(
        "{} {} {}",
        subscription["service"],
        subscription["event"],
        filters.join(" ")
    )
}

fn id(subscription: &Value) -> String {
    subscription["id"]
        .as_str()
        .filter(|id| uuid::Uuid::try_parse(id).is_ok())
        .unwrap_or("a subscription without an id")
        .to_owned()
}

/// The name of an event. The API decides what it contains.
fn word(event: &str) -> String {
    event
        .chars()
        .take(60)
        .map(|letter| if letter.is_control() { '?' } else { letter })
        .collect()
}

fn names(found: &[String]) -> String {
    let mut list: Vec<&str> = found.iter().take(NAMED).map(String::as_str).collect();
    let more = found.len().saturating_sub(NAMED);
    let rest = format!("{more} more");
    if more > 0 {
        list.push(&rest);
    }
    list.join("; ")
}
