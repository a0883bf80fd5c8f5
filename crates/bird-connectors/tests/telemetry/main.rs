//! The spans and events that a `tracing` subscriber receives from calls and waits: only documented fields, at the
//! documented level, and never a secret.

mod calls;
mod collector;
mod runs;
#[path = "../support/mod.rs"]
mod support;
mod waits;
mod webhooks;

use bird_connectors::telemetry::{FIELDS, INSTALL, RESOURCES, TRANSPORT, WAIT, WEBHOOK};
use bird_connectors_catalogue::SECRETS;
use tracing::Level;

use collector::Emitted;
use support::{CHANNEL, CONNECTOR, NUMBER};

/// The documented level of a span or an event, and the documented enclosing spans.
fn documented(emitted: &Emitted) -> (Level, &'static [&'static [&'static str]]) {
    let in_call: &[&[&str]] = &[&["call"], &["wait", "call"]];
    match (
        emitted.target.as_str(),
        emitted.name.as_str(),
        emitted.is_span,
    ) {
        (TRANSPORT, "call", true) => (Level::INFO, in_call),
        (TRANSPORT, "attempt", true) | (TRANSPORT, "attempt ended", false) => (
            Level::DEBUG,
            &[&["call", "attempt"], &["wait", "call", "attempt"]],
        ),
        (TRANSPORT, "waited for a rate-limit slot", false) => (Level::DEBUG, in_call),
        (TRANSPORT, "retrying", false) => (Level::INFO, in_call),
        (TRANSPORT, "request failed without a definitive response", false) => {
            (Level::WARN, in_call)
        }
        // The call has ended when its response is decoded.
        (TRANSPORT, "response field has an unexpected form", false) => {
            (Level::WARN, &[&[], &["wait"]])
        }
        (WAIT, "wait", true) | (WAIT, "status changed" | "ready" | "wait cancelled", false) => {
            (Level::INFO, &[&["wait"]])
        }
        (WAIT, "wait failed", false) => (Level::WARN, &[&["wait"]]),
        (WEBHOOK, "verify", true) | (WEBHOOK, "delivery refused", false) => {
            (Level::INFO, &[&["verify"]])
        }
        (WEBHOOK, "delivery verified", false) => (Level::DEBUG, &[&["verify"]]),
        (INSTALL, "ensure" | "install_all" | "reconcile", true)
        | (RESOURCES, "find_number" | "ensure_subscription" | "subscribe_to_channels", true) => {
            (Level::INFO, &[&[]])
        }
        _ => panic!("not documented: {emitted:?}"),
    }
}

/// The spans of methods that make several calls, which can enclose all others.
const RUNS: [&str; 6] = [
    "ensure",
    "ensure_subscription",
    "find_number",
    "install_all",
    "reconcile",
    "subscribe_to_channels",
];

#[track_caller]
fn check(context: &str, emitted: &[Emitted]) {
    for one in emitted {
        let (level, enclosing) = documented(one);
        assert_eq!(one.level, level, "{context}: {one:?}");
        let within = match &*one.within {
            [run, within @ ..] if RUNS.contains(run) => within,
            within => within,
        };
        assert!(enclosing.contains(&within), "{context}: {one:?}");
        for (field, value) in &one.fields {
            assert!(
                FIELDS.contains(field),
                "{context}: {field} is not documented"
            );
            for secret in SECRETS {
                assert!(!value.contains(secret), "{context} shows {secret}: {one:?}");
            }
        }
        for id in [
            CONNECTOR.to_string(),
            CHANNEL.to_string(),
            NUMBER.to_string(),
        ] {
            let template = one.get("url.template");
            assert!(!template.contains(&id), "{context}: {one:?}");
        }
    }
}
