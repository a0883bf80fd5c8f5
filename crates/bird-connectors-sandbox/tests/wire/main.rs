//! Tests of the sandbox over HTTP, as any client uses it. One file per subject.

// Clippy exempts test functions from these lints, but not the helpers that they share.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
#![allow(
    clippy::cloned_ref_to_slice_refs,
    reason = "actual and expected values are written in the same way"
)]

mod access;
mod channels;
mod client;
mod clock;
mod connection_faults;
mod connector_fields;
mod connectors;
mod control;
mod create_connector;
mod delivery;
mod duplicates;
mod events;
mod lifecycle;
mod messages;
mod numbers;
mod operations;
mod paging;
mod rate_limits;
mod raw_connection;
mod record;
mod response_faults;
mod rules;
mod slow_commit;
mod subscription_rules;
mod subscriptions;
mod timeline;
mod ui;
mod use_cases;
