//! The sandbox over the wire, as any HTTP client sees it. One file per subject.

mod access;
mod channels;
mod client;
mod connectors;
mod events;
mod install;
mod lifecycle;
mod limits;
mod numbers;
mod operations;
mod paging;
mod record;
mod rules;
mod subscriptions;
mod timeline;
