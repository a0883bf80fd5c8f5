//! Headers and body of a webhook delivery. The checks are shared with a property test of the SDK.

#![no_main]

#[path = "../../crates/bird-connectors/tests/support/webhook_entry.rs"]
mod entry;

libfuzzer_sys::fuzz_target!(|data: &[u8]| entry::deliver(data));
