//! The trait of journals of creates, which a caller can implement.
//!
//! An *intent* line is written before each create and a *result* line after it. After a crash, an intent without a result
//! shows a create whose outcome is unknown.

use std::io;
use std::sync::Arc;

use super::shared_journal::SharedJournal;

/// Append-only storage for the lines of [`Ensure::journal`](crate::install::Ensure::journal), such as a file
/// ([`FileJournal`](crate::install::FileJournal)) or a table.
///
/// A line is one JSON object without line breaks and without secrets. Its format is private to this library and has a
/// version. The methods may block: they are called on a thread for blocking work.
///
/// Runs of one process can use the same journal at the same time: only one of them creates a given connector, and the others
/// adopt it. Two processes must not use the same journal at the same time, unless it is [`shared`](Self::shared), as a
/// [`FileJournal`](crate::install::FileJournal) is.
pub trait Journal: Send + Sync {
    /// Returns all appended lines in order. The last one may be incomplete.
    ///
    /// # Errors
    /// If they cannot be read. The install then fails without sending a create.
    fn lines(&self) -> io::Result<Vec<String>>;

    /// Appends a line, and returns once it would survive a crash.
    ///
    /// # Errors
    /// If the line may not survive a crash. The install then fails without sending a create.
    fn append(&self, line: &str) -> io::Result<()>;

    /// The journal as one that several processes share. The SDK then calls the methods of [`SharedJournal`], and neither
    /// [`lines`](Self::lines) nor [`append`](Self::append). Default: `None`, if only one process may use the journal at a time.
    fn shared(&self) -> Option<&dyn SharedJournal> {
        None
    }
}

impl<J: Journal + ?Sized> Journal for Arc<J> {
    fn lines(&self) -> io::Result<Vec<String>> {
        (**self).lines()
    }

    fn append(&self, line: &str) -> io::Result<()> {
        (**self).append(line)
    }

    fn shared(&self) -> Option<&dyn SharedJournal> {
        (**self).shared()
    }
}
