//! Checks of the connection: names, responses, the clock, latency and the rate limit.

use std::time::Duration;

use bird_connectors::{Error, ErrorKind};

use super::prevented::{prevented, prevented_by};
use crate::facts::{Facts, Obstacle, Read};
use crate::verdict::Verdict;

/// The clock skew that is worth a warning: `Date` has whole seconds, and a response can be old.
const SKEW_WARNING: Duration = Duration::from_secs(60);

/// The clock skew that fails: certificates and timestamps of webhooks are then misjudged.
const SKEW_FAILURE: Duration = Duration::from_secs(300);

pub(super) fn dns(facts: &Facts) -> Verdict {
    let Some(lookup) = &facts.lookup else {
        return facts
            .obstacle_before_sending()
            .map(prevented_by)
            .unwrap_or_else(|| Verdict::ok("not needed: the host is an IP address"));
    };
    let host = &lookup.host;
    let whose = if lookup.is_proxy {
        "the proxy"
    } else {
        "the API"
    };
    match &lookup.addresses {
        Ok(addresses) => Verdict::ok(format!(
            "{host} ({whose}) has {} {}",
            addresses.len(),
            plural(addresses.len(), "address", "addresses")
        )),
        Err(cause) => Verdict::failed(
            format!("{host} ({whose}) cannot be resolved: {cause}"),
            if lookup.is_proxy {
                "check the name of the proxy, and the DNS servers of this machine"
            } else {
                "check the base URL and the DNS servers of this machine; behind a proxy, set HTTPS_PROXY"
            },
        ),
    }
}

pub(super) fn connection(facts: &Facts) -> Verdict {
    if let Some(obstacle) = facts.obstacle().filter(|at| *at < Obstacle::Connection) {
        return prevented_by(obstacle);
    }
    let unanswered: Vec<&Read> = facts
        .reads
        .iter()
        .filter(|read| !read.is_answered())
        .collect();
    let Some((first, error)) = unanswered
        .first()
        .and_then(|read| Some((read, read.result.as_ref().err()?)))
    else {
        return Verdict::ok(format!("the API answered {} reads", facts.reads.len()));
    };
    let action = match error.kind() {
        ErrorKind::Decode => {
            "check that the base URL is that of the API, and that no proxy or portal answers in its place"
        }
        ErrorKind::Server => "retry later; if it continues, ask Bird's support",
        ErrorKind::Timeout => "check the firewall and the proxy of this network, and retry later",
        _ => "check the base URL, the firewall and the proxy of this network",
    };
    Verdict::failed(
        format!(
            "{} of {} reads failed, first {}: {}",
            unanswered.len(),
            facts.reads.len(),
            first.operation,
            why(error)
        ),
        action,
    )
}

/// Why a read has failed. The message of a response, which can contain values, is not shown.
fn why(error: &Error) -> String {
    match (error.status(), error.kind()) {
        (Some(status), ErrorKind::Decode) => {
            format!(
                "the response with the status {} is not one of the API",
                status.as_u16()
            )
        }
        (Some(status), _) => format!("the API answers {}", status.as_u16()),
        (None, _) => error.message().to_owned(),
    }
}

pub(super) fn clock(facts: &Facts) -> Verdict {
    // The smallest difference: a response from a cache has an old date.
    let skew = facts
        .reads
        .iter()
        .filter_map(|read| {
            let date = read.result.as_ref().ok()?.date?;
            let (skew, ahead) = match read.received.duration_since(date) {
                Ok(ahead) => (ahead, true),
                Err(behind) => (behind.duration(), false),
            };
            Some((skew, ahead))
        })
        .min();
    let Some((skew, ahead)) = skew else {
        return prevented(facts)
            .unwrap_or_else(|| Verdict::skipped("no successful response has a Date header"));
    };
    let seconds = skew.as_secs();
    let seen = format!(
        "the clock of this machine is {seconds} s {} that of the API",
        if ahead { "ahead of" } else { "behind" }
    );
    let action = "synchronize the clock of this machine (NTP)";
    if skew >= SKEW_FAILURE {
        Verdict::failed(seen, action)
    } else if skew >= SKEW_WARNING {
        Verdict::warning(seen, action)
    } else {
        Verdict::ok("the clock of this machine agrees with that of the API")
    }
}

pub(super) fn latency(facts: &Facts) -> Verdict {
    if let Some(verdict) = prevented(facts) {
        return verdict;
    }
    // The first read also opens the connection.
    let mut times: Vec<Duration> = facts
        .reads
        .iter()
        .skip(1)
        .filter(|read| read.is_answered())
        .map(|read| read.elapsed)
        .collect();
    times.sort_unstable();
    let Some(median) = times.get(times.len() / 2) else {
        return Verdict::skipped("too few reads were answered");
    };
    let seen = format!(
        "the median of {} reads is {} ms",
        times.len(),
        median.as_millis()
    );
    if *median >= facts.slow_after {
        Verdict::warning(
            seen,
            "compare with another network; a proxy, a VPN or a distant region adds to each request",
        )
    } else {
        Verdict::ok(seen)
    }
}

pub(super) fn rate_limit(facts: &Facts) -> Verdict {
    if let Some(obstacle) = facts.obstacle().filter(|at| *at < Obstacle::RateLimit) {
        return prevented_by(obstacle);
    }
    let action = "find what else sends requests for this workspace, or ask Bird's support for a higher limit";
    let rejected: Vec<&Read> = facts
        .reads
        .iter()
        .filter(|read| read.failed_with(ErrorKind::RateLimited))
        .collect();
    if let Some(first) = rejected.first() {
        let pause = first
            .result
            .as_ref()
            .err()
            .and_then(|error| error.retry_after());
        let pause = pause.map_or(String::new(), |pause| {
            format!("; the API asks for a pause of {} s", pause.as_secs())
        });
        return Verdict::failed(
            format!(
                "the API answered 429 to {} of {} reads{pause}",
                rejected.len(),
                facts.reads.len()
            ),
            action,
        );
    }
    let remaining = facts
        .reads
        .iter()
        .filter_map(|read| read.result.as_ref().ok()?.remaining)
        .min();
    match remaining {
        Some(0) => Verdict::warning("a response says that no requests remain", action),
        Some(count) => Verdict::ok(format!(
            "no read was answered with 429; a response says that {count} requests remain"
        )),
        None => Verdict::ok(format!(
            "none of {} reads was answered with 429; the API does not report how many requests remain",
            facts.reads.len()
        )),
    }
}

fn plural<'a>(count: usize, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}
