//! What a journal offers that several processes can use at the same time. It is not public yet: `FileJournal` is the only such
//! journal.

use std::any::Any;
use std::io;

/// The claims of a journal, and the lines that other processes append. The methods may block.
pub trait SharedJournal: Send + Sync {
    /// Claims a key. Never waits: returns `None` if another run holds the claim.
    fn try_claim(&self, key: &str) -> io::Result<Option<HeldClaim>>;

    /// Returns the complete lines from a position on. The position of the first line is 0.
    fn lines_since(&self, position: u64) -> io::Result<LinesSince>;
}

/// A claim. Dropping it releases it. The end of the process releases it, too.
pub(super) type HeldClaim = Box<dyn Any + Send + Sync>;

/// Lines, and the position after them.
#[derive(Debug)]
pub struct LinesSince {
    pub lines: Vec<String>,
    pub position: u64,
}
