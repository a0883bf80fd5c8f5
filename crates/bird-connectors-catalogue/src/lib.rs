//! The operation catalogue. For every operation of the contract it has the SDK calls that send it, a response, and a check
//! that the sandbox has processed a write.
//!
//! The wire tests of the SDK and the fault drill use it from Rust. The Python tests read `python/tests/operations.json`,
//! which is generated from it. To add an operation, add an [`Entry`] to the file named after the operation's tag, then run
//! this crate's tests with `UPDATE_GOLDENS=1`.

mod call;
mod channels;
mod complete;
mod connectors;
mod entry;
mod ids;
mod numbers;
#[cfg(test)]
mod python;
mod secrets;
mod use_cases;
mod webhook_subscriptions;

pub use call::{PendingCall, Returned};
pub use complete::assert_complete;
pub use entry::{Call, Entry, Write};
pub use ids::{CHANNEL, CONNECTOR, Ids, NUMBER, ORGANIZATION, SUBSCRIPTION, USE_CASE, WORKSPACE};
pub use secrets::{ACCESS_KEY, ACCESS_TOKEN, INVITATION_TOKEN, SECRETS, SIGNING_KEY};

/// A page token with every character that a query string must encode.
pub const PAGE_TOKEN: &str = "a+b/c==&d%e f#?";

/// Every operation of the contract.
///
/// # Panics
/// If an operation is missing or occurs twice. The message names the operation and the file to edit.
#[must_use]
pub fn entries() -> Vec<Entry> {
    let mut entries = connectors::entries();
    entries.extend(channels::entries());
    entries.extend(numbers::entries());
    entries.extend(use_cases::entries());
    entries.extend(webhook_subscriptions::entries());
    let ids: Vec<&str> = entries.iter().map(|entry| entry.operation.id()).collect();
    complete::assert_one_entry_each(&ids);
    entries
}

#[cfg(test)]
mod tests;
