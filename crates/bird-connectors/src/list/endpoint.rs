//! The traits that connect an item type with the operation that lists it.

use std::fmt::Debug;

use bird_connectors_api::Operation;
use serde::Serialize;

use super::decode::FetchedPage;
use crate::client::Workspace;
use crate::error::Error;
use crate::future::BoxFuture;
use crate::transport::call::Call;

/// A model that a [`List`](super::List) can return. Only the models of this crate implement it: connectors, channels,
/// numbers, use cases, webhook subscriptions, their delivery log entries and the available webhook events.
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

    /// The page sizes of an operation that [`operation`](Self::operation) returned. Only tests implement it.
    fn page_sizes(&self, operation: &str) -> PageSizes {
        PageSizes::of(operation)
    }

    /// Whether the filters are valid, and can be combined.
    ///
    /// # Errors
    /// The reason, if they are not.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

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

/// The page size where the contract does not document a maximum: the general maximum of the API.
const GENERAL_PAGE_SIZE: u32 = 100;

/// The numbers of items that one request can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSizes {
    /// The default of the SDK, which is the maximum if it is documented.
    pub(crate) default: u32,
    /// The documented maximum; `None` if it is not documented.
    pub(crate) max: Option<u32>,
}

impl PageSizes {
    /// Reads the maximum from the contract.
    fn of(operation: &str) -> Self {
        let max = Operation::find(operation).and_then(|operation| operation.max_limit);
        Self {
            default: max.unwrap_or(GENERAL_PAGE_SIZE),
            max,
        }
    }
}

/// A repeatable query parameter, as generated functions take it: `None` if there is no value.
pub(crate) fn some<T>(values: &Vec<T>) -> Option<&Vec<T>> {
    (!values.is_empty()).then_some(values)
}
