//! The traits that connect an item type with the operation that lists it.

use std::fmt::Debug;

use serde::Serialize;

use super::decode::FetchedPage;
use crate::client::Workspace;
use crate::error::Error;
use crate::future::BoxFuture;
use crate::transport::call::Call;

/// A model that a [`List`](super::List) can return. Only the models of this crate implement it: connectors, channels,
/// numbers, webhook subscriptions, their delivery log entries and the available webhook events.
///
/// Use it as the bound of a function that reads any list:
///
/// ```
/// use bird_connectors::Error;
/// use bird_connectors::list::{List, Listable};
///
/// async fn count<T: Listable>(list: List<T>) -> Result<u64, Error> {
///     let mut pages = list.pages();
///     let mut count = 0;
///     while let Some(page) = pages.try_next().await? {
///         count += page.len() as u64;
///     }
///     Ok(count)
/// }
/// ```
pub trait Listable: Send + Sized + 'static {
    /// The filters of the list.
    #[doc(hidden)]
    type Query: Endpoint<Item = Self>;
}

/// The filters of one list, and the operation that reads its pages. This trait cannot be named outside the crate, which
/// seals [`Listable`].
pub trait Endpoint: Clone + Debug + Serialize + Send + Sync + 'static {
    type Item: Send + 'static;
    /// The default page size.
    const PAGE_SIZE: u32;
    /// The documented maximum; `None` if it is not documented.
    const MAX_PAGE_SIZE: Option<u32>;

    /// The operation id, which depends on the path family of the workspace.
    fn operation(&self, workspace: &Workspace) -> &'static str;

    /// Reads the page with this token; `None` is the first page. Nothing may be sent before the future is polled.
    fn fetch(
        &self,
        workspace: &Workspace,
        call: Call,
        size: u32,
        token: Option<String>,
    ) -> BoxFuture<Result<FetchedPage<Self::Item>, Error>>;
}
