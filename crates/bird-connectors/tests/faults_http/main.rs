//! HTTP faults over raw sockets: each error has the right kind, outcome, number of attempts and a message that names the
//! cause, and the client never retries a request that must not be sent twice.

mod bodies;
mod connections;
mod responses;
#[path = "../support/mod.rs"]
mod support;
