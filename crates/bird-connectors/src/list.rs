//! Lists: one builder, two streams, and three words that never mix. `page_size` is what goes over the wire, `limit`
//! is how many items are delivered in all, `from` is where to start.

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
pub(crate) use endpoint::Endpoint;
pub use endpoint::Listable;
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
use fetcher::{FetchPage, Plan};

/// The longest page token that the API takes.
const MAX_TOKEN: usize = 8000;

/// A list that has not been read yet. No request is made before a stream is polled or a method awaited.
///
/// "Every item once, in order" holds for a list that does not change while it is read.
///
/// ```no_run
/// use bird_connectors::{Client, Error, ErrorKind};
/// use futures_util::StreamExt;
///
/// # fn store(checkpoint: String) {}
/// # async fn example(client: Client, stored: Option<String>) -> Result<(), Error> {
/// let mut list = client.default_workspace()?.connectors().list();
/// if let Some(checkpoint) = stored {
///     list = list.resume_from(checkpoint.parse()?);
/// }
/// let mut connectors = list.items();
/// while let Some(connector) = connectors.next().await {
///     match connector {
///         Ok(connector) => println!("{}", connector.name),
///         // One item cannot be read. The next one may.
///         Err(error) if error.kind() == ErrorKind::Decode => eprintln!("{error}"),
///         Err(error) => {
///             if let Some(checkpoint) = error.checkpoint() {
///                 store(checkpoint.to_string());
///             }
///             return Err(error);
///         }
///     }
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
    resume_from: Option<Checkpoint>,
}

impl<T: Listable> List<T> {
    pub(crate) fn new(workspace: Workspace, query: T::Query) -> Self {
        Self {
            workspace,
            query,
            page_size: None,
            limit: None,
            resume_from: None,
        }
    }

    /// Items per request. Default: 100, and 1000 for channels. It changes how often is asked, never what is
    /// delivered.
    pub fn page_size(mut self, items: u32) -> Self {
        self.page_size = Some(items);
        self
    }

    /// Items in all, undecodable ones included. Default: all there are. A limit below the page size lowers the page
    /// size, also for whoever goes on from the checkpoint.
    pub fn limit(mut self, items: u64) -> Self {
        self.limit = Some(items);
        self
    }

    /// Goes on where an earlier reading of the same list stopped, with the same page size. A checkpoint of another
    /// operation, workspace, filter or page size is refused when the list is read.
    pub fn resume_from(mut self, checkpoint: Checkpoint) -> Self {
        self.resume_from = Some(checkpoint);
        self
    }

    /// The items, one by one.
    pub fn items(self) -> Items<T> {
        Items::new(self.plan())
    }

    /// The items, page by page.
    pub fn pages(self) -> Pages<T> {
        Pages::new(self.plan())
    }

    /// The first page alone: one request. Where the list goes on from a checkpoint, that is the page it stands in.
    ///
    /// # Errors
    /// As every call; bad settings are [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput).
    pub async fn first_page(self) -> Result<Page<T>, Error> {
        let mut pages = self.pages();
        match pages.next().await {
            Some(page) => page,
            // Nothing was asked for.
            None => Ok(Page {
                items: Vec::new(),
                undecodable: Vec::new(),
                checkpoint: pages.checkpoint(),
            }),
        }
    }

    /// Reads at most `items` items into memory. UndecodableItem ones are set aside and count.
    ///
    /// # Errors
    /// [`PartialList`] keeps what was read before a request failed, and where to go on.
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

    fn plan(self) -> Plan<T> {
        let operation = self.query.operation(&self.workspace);
        let action = Call::action_of(operation);
        let scope = Scope {
            operation: operation.into(),
            workspace: self.workspace.id(),
            organization: self.workspace.organization_id(),
            // Plain fields and derived code: this cannot fail.
            filters: serde_json::to_value(&self.query).unwrap_or_default(),
        };
        Plan {
            start: self
                .start(&scope)
                .map_err(|why| Error::invalid_input(action.clone(), why)),
            limit: self.limit,
            fetch: self.fetch(operation, action.clone()),
            scope,
            action,
        }
    }

    /// Where to start, or why the settings cannot be used.
    fn start(&self, scope: &Scope) -> Result<Position, String> {
        let size = self.page_size.unwrap_or(T::Query::PAGE_SIZE);
        check_page_size(size, T::Query::MAX_PAGE_SIZE)?;
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
        check_page_size(position.page_size, T::Query::MAX_PAGE_SIZE)?;
        // What the same settings led to before is no contradiction.
        if self.page_size.is_some() && ![size, lowered].contains(&position.page_size) {
            return Err(format!(
                "the checkpoint was made with page size {} (set, or lowered by a limit), not {size}; leave page_size out, or start the list over",
                position.page_size
            ));
        }
        Ok(position.clone())
    }

    fn fetch(self, operation: &'static str, action: String) -> Arc<FetchPage<T>> {
        Arc::new(move |at: Position| {
            if let Err(why) = check_token(at.token.as_deref()) {
                let error = Error::invalid_input(action.clone(), why);
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
        _ if size == 0 => Err("page_size is 0; it starts at 1".to_owned()),
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
