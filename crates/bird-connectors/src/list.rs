//! Pagination: read the lists of a workspace item by item, page by page, or into memory.
//!
//! [`Connectors::list`](crate::resources::Connectors::list) and the other list methods return a [`List`]. `page_size` is
//! the number of items per request, `limit` is the total number of items, and `resume_from` continues an earlier list
//! at a [`Checkpoint`].

mod cycle;
mod decode;
mod endpoint;
mod fetcher;
mod page;
mod streams;

use std::fmt;
use std::future::ready;
use std::sync::Arc;

pub use decode::UndecodableItem;
pub use endpoint::Listable;
#[cfg(test)]
pub(crate) use endpoint::PageSizes;
pub(crate) use endpoint::{Endpoint, some};
pub use page::{CollectedItems, Page, PartialList};
pub use streams::{Items, Pages};

pub use crate::resume::Checkpoint;

use crate::client::Workspace;
use crate::error::Error;
use crate::resume::{Position, Scope};
use crate::transport::call::Call;
pub(crate) use decode::FetchedPage;
#[cfg(test)]
pub(crate) use decode::item_by_item;
use fetcher::{FetchPage, ListPlan};

/// The maximum length of a page token, in bytes.
const MAX_TOKEN: usize = 8000;

/// The number of consecutive empty pages that a list reads by default.
const MAX_EMPTY_PAGES: u64 = 1000;

/// A list that has not been read yet: set its options, then read it. It sends no request before the result of one of its
/// methods is awaited.
///
/// `T` is the type of the items. Each list has its own filters: see the methods of `List<Connector>`,
/// `List<Channel>`, `List<Number>`, `List<DeliveryLogEntry>` and `List<AvailableWebhook>` below.
///
/// A list returns every item once and in order, unless the workspace changes while it is read.
///
/// # Example
/// Read all connectors. If a request fails, store where to resume; another process can continue there.
///
/// ```
/// use bird_connectors::list::Checkpoint;
/// use bird_connectors::{Client, ErrorKind};
///
/// # fn store(_: String) {}
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = bird_connectors_sandbox::Sandbox::builder().connectors(3).start().await?;
/// # let client = Client::builder()
/// #     .base_url(sandbox.base_url())
/// #     .access_key(sandbox.access_key())
/// #     .workspace_id(sandbox.workspace_id())
/// #     .build()?;
/// # let stored: Option<Checkpoint> = None;
/// let mut list = client.default_workspace()?.connectors().list();
/// if let Some(checkpoint) = stored {
///     list = list.resume_from(checkpoint);
/// }
/// let mut connectors = list.items();
/// while let Some(connector) = connectors.next().await {
///     match connector {
///         Ok(connector) => println!("{}", connector.name),
///         // One item cannot be decoded. The list continues with the next item.
///         Err(error) if error.kind() == ErrorKind::Decode && error.status().is_none() => {
///             eprintln!("{error}");
///         }
///         Err(error) => {
///             if let Some(checkpoint) = error.checkpoint() {
///                 store(checkpoint.to_string());
///             }
///             return Err(error.into());
///         }
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// Read at most 200 connectors of one template into memory:
///
/// ```
/// # use bird_connectors::Client;
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = bird_connectors_sandbox::Sandbox::builder().connectors(3).start().await?;
/// # let client = Client::builder()
/// #     .base_url(sandbox.base_url())
/// #     .access_key(sandbox.access_key())
/// #     .workspace_id(sandbox.workspace_id())
/// #     .build()?;
/// let connectors = client.default_workspace()?.connectors();
/// let sms = connectors.list().template("sms-messagebird:1").collect_up_to(200).await?;
/// for connector in &sms {
///     println!("{}", connector.name);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a list is not read until one of its methods or streams is awaited"]
pub struct List<T: Listable> {
    workspace: Workspace,
    pub(crate) query: T::Query,
    page_size: Option<u32>,
    limit: Option<u64>,
    max_empty_pages: u64,
    resume_from: Option<Checkpoint>,
}

impl<T: Listable> List<T> {
    pub(crate) fn new(workspace: Workspace, query: T::Query) -> Self {
        Self {
            workspace,
            query,
            page_size: None,
            limit: None,
            max_empty_pages: MAX_EMPTY_PAGES,
            resume_from: None,
        }
    }

    /// Sets the number of items per request. Default: the documented maximum of the list, which is 99 for numbers, 1000 for
    /// channels and use cases, and 100 for the others. For connectors, no maximum is documented, and the default is 100. The
    /// page size changes the number of requests, never the items that the list returns.
    ///
    /// If it is 0 or exceeds the documented maximum, the list returns
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when it is read, and sends nothing. For connectors, any
    /// other page size is sent as it is: the API may reject it, or return smaller pages.
    pub fn page_size(mut self, items: u32) -> Self {
        self.page_size = Some(items);
        self
    }

    /// Sets the maximum number of items in total, including items that cannot be decoded. Default: no limit.
    ///
    /// A limit below the page size lowers the page size. A list that is resumed from the checkpoint keeps that size.
    pub fn limit(mut self, items: u64) -> Self {
        self.limit = Some(items);
        self
    }

    /// Sets how many pages in a row may be empty although they have the token of a next page. Default: 1000. The list then
    /// ends with [`ErrorKind::CursorCycle`](crate::ErrorKind::CursorCycle), and the error contains a checkpoint.
    pub fn max_empty_pages(mut self, pages: u64) -> Self {
        self.max_empty_pages = pages.max(1);
        self
    }

    /// Continues after the last item that an earlier list returned, with the page size of that list.
    ///
    /// The checkpoint must come from the same list: the same operation, workspace and filters, and the same page size if
    /// [`page_size`](Self::page_size) is set. Otherwise the list returns
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when it is read, and sends nothing.
    pub fn resume_from(mut self, checkpoint: Checkpoint) -> Self {
        self.resume_from = Some(checkpoint);
        self
    }

    /// Reads the list item by item. Nothing is sent before the first item is awaited.
    pub fn items(self) -> Items<T> {
        Items::new(self.plan())
    }

    /// Reads the list page by page. Nothing is sent before the first page is awaited.
    pub fn pages(self) -> Pages<T> {
        Pages::new(self.plan())
    }

    /// Reads one page with one request: the first page, or the rest of the page of the checkpoint.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for invalid settings; nothing was sent. Otherwise the
    /// errors of a request; a list only reads, so it can always be repeated.
    pub async fn first_page(self) -> Result<Page<T>, Error> {
        let mut pages = self.pages();
        match pages.next().await {
            Some(page) => page,
            // The limit is 0.
            None => Ok(Page {
                items: Vec::new(),
                undecodable: Vec::new(),
                checkpoint: pages.checkpoint(),
            }),
        }
    }

    /// Reads at most `items` items into memory, with as many requests as needed. Items that cannot be decoded are
    /// returned separately, and count. If [`checkpoint`](CollectedItems::checkpoint) of the result is set, the list has
    /// more items.
    ///
    /// # Errors
    /// As [`first_page`](Self::first_page). [`PartialList`] also contains the items that were read before the error, and
    /// where to resume. It converts into [`Error`].
    pub async fn collect_up_to(self, items: u64) -> Result<CollectedItems<T>, PartialList<T>> {
        let limit = self.limit.map_or(items, |limit| limit.min(items));
        let mut pages = self.limit(limit).pages();
        let mut all = CollectedItems {
            items: Vec::new(),
            undecodable: Vec::new(),
            checkpoint: None,
        };
        let mut failure = None;
        while let Some(page) = pages.next().await {
            match page {
                Ok(page) => {
                    all.items.extend(page.items);
                    all.undecodable.extend(page.undecodable);
                }
                Err(error) => {
                    failure = Some(error);
                    break;
                }
            }
        }
        all.checkpoint = pages.checkpoint();
        match failure {
            None => Ok(all),
            Some(error) => Err(PartialList {
                collected: all,
                error,
            }),
        }
    }

    fn plan(self) -> ListPlan<T> {
        let operation = self.query.operation(&self.workspace);
        let action = Call::action_of(operation);
        let scope = Scope {
            operation: operation.into(),
            workspace: self.workspace.id(),
            organization: self.workspace.organization_id(),
            // Queries have plain fields and derived implementations, so this cannot fail.
            filters: serde_json::to_value(&self.query).unwrap_or_default(),
        };
        ListPlan {
            start: self
                .start(&scope)
                .map_err(|reason| Error::invalid_input(action.clone(), reason)),
            limit: self.limit,
            max_empty_pages: self.max_empty_pages,
            fetch: self.fetch(operation, action.clone()),
            scope,
            action,
        }
    }

    /// Where to start, or the reason why the settings are invalid.
    fn start(&self, scope: &Scope) -> Result<Position, String> {
        self.query.check()?;
        let sizes = self.query.page_sizes(&scope.operation);
        let size = self.page_size.unwrap_or(sizes.default);
        check_page_size(size, sizes.max)?;
        let lowered = match self.limit {
            Some(limit @ 1..) => u32::try_from(limit).map_or(size, |limit| limit.min(size)),
            _ => size,
        };
        let Some(checkpoint) = &self.resume_from else {
            return Ok(Position {
                page_size: lowered,
                token: None,
                index: 0,
            });
        };
        let position = checkpoint.position_in(scope)?;
        check_page_size(position.page_size, sizes.max).map_err(|reason| {
            format!("the checkpoint cannot be resumed: its {reason}; start a new list")
        })?;
        // The same page size and limit may have lowered the page size of the checkpoint.
        if self.page_size.is_some() && ![size, lowered].contains(&position.page_size) {
            return Err(format!(
                "the checkpoint was made with page size {} (set, or lowered by a limit), not {size}; omit page_size, or start a new list",
                position.page_size
            ));
        }
        Ok(position.clone())
    }

    fn fetch(self, operation: &'static str, action: String) -> Arc<FetchPage<T>> {
        Arc::new(move |at: Position| {
            if let Err(reason) = check_token(at.token.as_deref()) {
                let error = Error::invalid_input(action.clone(), reason);
                return Box::pin(ready(Err(error)));
            }
            let call = self.workspace.call(operation);
            self.query
                .fetch(&self.workspace, call, at.page_size, at.token)
        })
    }
}

// Not derived: that would require `T: Clone` and `T: Debug`.
impl<T: Listable> Clone for List<T> {
    fn clone(&self) -> Self {
        Self {
            workspace: self.workspace.clone(),
            query: self.query.clone(),
            page_size: self.page_size,
            limit: self.limit,
            max_empty_pages: self.max_empty_pages,
            resume_from: self.resume_from.clone(),
        }
    }
}

impl<T: Listable> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List")
            .field("workspace", &self.workspace)
            .field("query", &self.query)
            .field("page_size", &self.page_size)
            .field("limit", &self.limit)
            .field("resume_from", &self.resume_from)
            .finish()
    }
}

fn check_page_size(size: u32, max: Option<u32>) -> Result<(), String> {
    match max {
        _ if size == 0 => Err("page_size is 0; the minimum is 1".to_owned()),
        Some(max) if size > max => Err(format!(
            "page_size is {size}; the maximum for this list is {max}"
        )),
        _ => Ok(()),
    }
}

fn check_token(token: Option<&str>) -> Result<(), String> {
    match token.map_or(0, str::len) {
        length if length > MAX_TOKEN => Err(format!(
            "the page token has {length} bytes; the maximum is {MAX_TOKEN}"
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
