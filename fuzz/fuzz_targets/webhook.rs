//! Headers and body of a delivery. `RUSTC_BOOTSTRAP=1 cargo fuzz run webhook -- -max_total_time=120`, from this folder's
//! parent.

#![no_main]

#[path = "../../crates/bird-connectors/tests/support/webhook_entry.rs"]
mod entry;

libfuzzer_sys::fuzz_target!(|data: &[u8]| entry::deliver(data));
