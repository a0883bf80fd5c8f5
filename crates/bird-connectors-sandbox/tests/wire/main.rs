//! The sandbox over the wire, as any HTTP client sees it. One file per subject.

// Clippy knows a test function, but not the functions that tests share.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
#![allow(
    clippy::cloned_ref_to_slice_refs,
    reason = "what is compared should read like what is expected"
)]

mod access;
mod channels;
mod client;
mod connectors;
mod delivery;
mod duplicates;
mod events;
mod fault_answers;
mod faults;
mod install;
mod lifecycle;
mod limits;
mod numbers;
mod operations;
mod paging;
mod raw;
mod record;
mod rules;
mod slow_commit;
mod subscription_rules;
mod subscriptions;
mod timeline;
