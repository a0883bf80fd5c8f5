//! The results of a list: a page, collected items, or the items that were read before an error.

use std::fmt::{self, Debug};

use super::decode::UndecodableItem;
use crate::error::{DocsAnchor, Error};
use crate::resume::Checkpoint;

/// One page of a list, which iterates over its items.
///
/// A page can be empty although the list continues: only [`checkpoint`](Self::checkpoint) says whether it does.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = bird_connectors_sandbox::Sandbox::builder().connectors(3).start().await?;
/// # let client = bird_connectors::Client::builder()
/// #     .base_url(sandbox.base_url())
/// #     .access_key(sandbox.access_key())
/// #     .workspace_id(sandbox.workspace_id())
/// #     .build()?;
/// let connectors = client.default_workspace()?.connectors();
/// let page = connectors.list().page_size(2).first_page().await?;
/// assert_eq!(page.len(), 2);
/// for connector in &page {
///     println!("{}", connector.name);
/// }
/// assert!(page.checkpoint.is_some(), "the list continues after this page");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The decoded items, in the order of the API.
    pub items: Vec<T>,
    /// The items that could not be decoded.
    pub undecodable: Vec<UndecodableItem>,
    /// Where to resume the list after this page; `None` on the last page.
    pub checkpoint: Option<Checkpoint>,
}

/// The result of [`List::collect_up_to`](super::List::collect_up_to), which iterates over its items.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CollectedItems<T> {
    /// The decoded items, in the order of the API.
    pub items: Vec<T>,
    /// The items that could not be decoded.
    pub undecodable: Vec<UndecodableItem>,
    /// Where to resume the list after these items; `None` if the list has ended.
    pub checkpoint: Option<Checkpoint>,
}

/// The error of [`List::collect_up_to`](super::List::collect_up_to). It contains the items that were read before.
///
/// It converts into [`Error`], so `?` works in a function that returns an [`Error`]; that discards the items.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PartialList<T> {
    /// The items that were read before the error. Their checkpoint is `None` if the list cannot be resumed.
    pub collected: CollectedItems<T>,
    /// The error that ended the list.
    pub error: Error,
}

macro_rules! iterate_over_items {
    ($name:ident) => {
        impl<T> $name<T> {
            /// The number of decoded items.
            #[must_use]
            pub fn len(&self) -> usize {
                self.items.len()
            }

            /// Whether there are no decoded items.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.items.is_empty()
            }

            /// Iterates over the decoded items.
            pub fn iter(&self) -> std::slice::Iter<'_, T> {
                self.items.iter()
            }
        }

        impl<T> IntoIterator for $name<T> {
            type Item = T;
            type IntoIter = std::vec::IntoIter<T>;

            fn into_iter(self) -> Self::IntoIter {
                self.items.into_iter()
            }
        }

        impl<'a, T> IntoIterator for &'a $name<T> {
            type Item = &'a T;
            type IntoIter = std::slice::Iter<'a, T>;

            fn into_iter(self) -> Self::IntoIter {
                self.iter()
            }
        }
    };
}

iterate_over_items!(Page);
iterate_over_items!(CollectedItems);

impl<T> fmt::Display for PartialList<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} (after {} items, which are kept){}",
            self.error.summary(),
            self.collected.items.len(),
            DocsAnchor(self.error.kind().as_str())
        )
    }
}

impl<T: Debug> std::error::Error for PartialList<T> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// Discards the items. [`Error::checkpoint`] still says where to resume the list.
impl<T> From<PartialList<T>> for Error {
    fn from(partial: PartialList<T>) -> Self {
        partial.error
    }
}
