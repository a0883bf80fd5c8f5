//! What the reading of a list returns: a page, everything collected, or what was read before an error.

use std::fmt::{self, Debug};

use super::decode::UndecodableItem;
use crate::error::Error;
use crate::resume::Checkpoint;

/// One page of a list.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items that could be read, in order.
    pub items: Vec<T>,
    /// The items that could not be read.
    pub undecodable: Vec<UndecodableItem>,
    /// Where the list goes on behind this page; `None` on the last page.
    pub checkpoint: Option<Checkpoint>,
}

/// What [`List::collect_up_to`](crate::List::collect_up_to) read.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CollectedItems<T> {
    /// The items that could be read, in order.
    pub items: Vec<T>,
    /// The items that could not be read.
    pub undecodable: Vec<UndecodableItem>,
    /// Where the list goes on; `None` where it was read to its end.
    pub checkpoint: Option<Checkpoint>,
}

/// What [`List::collect_up_to`](crate::List::collect_up_to) had read when a request failed. Nothing of it is lost.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PartialList<T> {
    /// What was read before, with the checkpoint to go on from, if there is a place to go on from.
    pub collected: CollectedItems<T>,
    /// What went wrong.
    pub error: Error,
}

impl<T> fmt::Display for PartialList<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} (after {} items, which are kept)",
            self.error,
            self.collected.items.len()
        )
    }
}

impl<T: Debug> std::error::Error for PartialList<T> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// For callers who do not want what was read: the error tells where to go on.
impl<T> From<PartialList<T>> for Error {
    fn from(partial: PartialList<T>) -> Self {
        partial.error
    }
}
