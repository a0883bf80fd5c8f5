//! Deduplication in two phases: an event counts as done only after its processing succeeded, so a retry repeats a failed
//! attempt.

mod claim_tokens;
mod deduplicator;
mod key_map;
mod memory;
mod store;

pub use claim_tokens::ClaimTokens;
pub use deduplicator::{Deduplicator, WorkError, WorkOutcome};
pub use memory::MemoryDedupStore;
pub use store::{Claim, DedupFuture, DedupStore, DedupStoreError};
