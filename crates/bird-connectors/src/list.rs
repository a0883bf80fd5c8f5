//! Lists: one builder, two streams, and three words that never mix. `page_size` is what goes over the wire, `limit`
//! is how many items are delivered in all, `from` is where to start.

mod cycle;
mod decode;
mod fetcher;
mod streams;

use std::fmt::{self, Debug};
use std::future::ready;
use std::sync::Arc;

use futures_util::StreamExt as _;
use serde::Serialize;

pub use decode::Undecodable;
pub use streams::{Items, Pages};

use crate::client::Workspace;
use crate::error::Error;
use crate::future::BoxFuture;
use crate::resume::checkpoint::{Checkpoint, Position, Scope};
use crate::transport::{Call, CallOptions};
pub(crate) use decode::{Fetched, item_by_item};
use fetcher::{FetchPage, Plan};

/// The longest page token that the API takes.
const MAX_TOKEN: usize = 8000;

/// One page of a list.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items that could be read, in order.
    pub items: Vec<T>,
    /// The items that could not be read.
    pub undecodable: Vec<Undecodable>,
    /// Where the list goes on behind this page; `None` on the last page.
    pub checkpoint: Option<Checkpoint>,
}

/// What [`List::collect_up_to`] read.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Collected<T> {
    /// The items that could be read, in order.
    pub items: Vec<T>,
    /// The items that could not be read.
    pub undecodable: Vec<Undecodable>,
    /// Where the list goes on; `None` where it was read to its end.
    pub checkpoint: Option<Checkpoint>,
}

/// What [`List::collect_up_to`] had read when a request failed. Nothing of it is lost.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Partial<T> {
    /// What was read before, with the checkpoint to go on from, if there is a place to go on from.
    pub collected: Collected<T>,
    /// What went wrong.
    pub error: Error,
}

impl<T> fmt::Display for Partial<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} (after {} items, which are kept)",
            self.error,
            self.collected.items.len()
        )
    }
}

impl<T: Debug> std::error::Error for Partial<T> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// For callers who do not want what was read: the error tells where to go on.
impl<T> From<Partial<T>> for Error {
    fn from(partial: Partial<T>) -> Self {
        partial.error
    }
}

/// The filters of one list. Implemented by the types in this crate only.
pub trait Query: Endpoint {}

/// What a list needs to know of its operation.
pub trait Endpoint: Clone + Debug + Serialize + Send + Sync + 'static {
    type Item: Send + 'static;
    /// What is asked for where the caller does not say.
    const PAGE_SIZE: u32;
    /// The documented maximum, where one is visible.
    const MAX_PAGE_SIZE: Option<u32>;

    fn operation(&self, workspace: &Workspace) -> &'static str;

    /// The page behind a token. Nothing may be sent before the future is polled.
    fn fetch(
        &self,
        workspace: &Workspace,
        call: Call,
        size: u32,
        token: Option<String>,
    ) -> BoxFuture<Result<Fetched<Self::Item>, Error>>;
}

/// A list that has not been read yet. No request is made before a stream is polled or a method awaited.
///
/// "Every item once, in order" holds for a list that does not change while it is read.
///
/// ```no_run
/// use bird_connectors::{Client, Error, Kind};
/// use futures_util::StreamExt;
///
/// # fn store(checkpoint: String) {}
/// # async fn example(client: Client, stored: Option<String>) -> Result<(), Error> {
/// let mut list = client.workspace(None)?.connectors().list();
/// if let Some(checkpoint) = stored {
///     list = list.from(checkpoint.parse()?);
/// }
/// let mut connectors = list.items();
/// while let Some(connector) = connectors.next().await {
///     match connector {
///         Ok(connector) => println!("{}", connector.name),
///         // One item cannot be read. The next one may.
///         Err(error) if error.kind() == Kind::Decode => eprintln!("{error}"),
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
#[derive(Clone, Debug)]
#[must_use = "a list is not read until one of its streams is polled"]
pub struct List<Q> {
    workspace: Workspace,
    pub(crate) query: Q,
    page_size: Option<u32>,
    limit: Option<u64>,
    from: Option<Checkpoint>,
    options: CallOptions,
}

impl<Q: Query> List<Q> {
    pub(crate) fn new(workspace: Workspace, query: Q) -> Self {
        Self {
            workspace,
            query,
            page_size: None,
            limit: None,
            from: None,
            options: CallOptions::default(),
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
    pub fn from(mut self, checkpoint: Checkpoint) -> Self {
        self.from = Some(checkpoint);
        self
    }

    /// Each page is tried once: for callers that have their own way of trying again.
    pub(crate) fn single_attempt(mut self) -> Self {
        self.options = CallOptions::single_attempt();
        self
    }

    /// The items, one by one.
    pub fn items(self) -> Items<Q::Item> {
        Items::new(self.plan())
    }

    /// The items, page by page.
    pub fn pages(self) -> Pages<Q::Item> {
        Pages::new(self.plan())
    }

    /// The first page alone: one request. Where the list goes on from a checkpoint, that is the page it stands in.
    ///
    /// # Errors
    /// As every call; bad settings are [`Kind::InvalidInput`](crate::Kind::InvalidInput).
    pub async fn first_page(self) -> Result<Page<Q::Item>, Error> {
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

    /// Reads at most `items` items into memory. Undecodable ones are set aside and count.
    ///
    /// # Errors
    /// [`Partial`] keeps what was read before a request failed, and where to go on.
    pub async fn collect_up_to(self, items: u64) -> Result<Collected<Q::Item>, Partial<Q::Item>> {
        let limit = self.limit.map_or(items, |limit| limit.min(items));
        let mut pages = self.limit(limit).pages();
        let mut all = Collected {
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
            Some(error) => Err(Partial {
                collected: all,
                error,
            }),
        }
    }

    fn plan(self) -> Plan<Q::Item> {
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
        let size = self.page_size.unwrap_or(Q::PAGE_SIZE);
        check_page_size(size, Q::MAX_PAGE_SIZE)?;
        let lowered = match self.limit {
            Some(limit @ 1..) => u32::try_from(limit).map_or(size, |limit| limit.min(size)),
            _ => size,
        };
        let Some(checkpoint) = &self.from else {
            return Ok(Position {
                page_size: lowered,
                token: None,
                index: 0,
            });
        };
        let position = checkpoint.position_in(scope)?;
        check_page_size(position.page_size, Q::MAX_PAGE_SIZE)?;
        // What the same settings led to before is no contradiction.
        if self.page_size.is_some() && ![size, lowered].contains(&position.page_size) {
            return Err(format!(
                "the checkpoint was made with page size {} (set, or lowered by a limit), not {size}; leave page_size out, or start the list over",
                position.page_size
            ));
        }
        Ok(position.clone())
    }

    fn fetch(self, operation: &'static str, action: String) -> Arc<FetchPage<Q::Item>> {
        Arc::new(move |at: Position| {
            if let Err(why) = check_token(at.token.as_deref()) {
                let error = Error::invalid_input(action.clone(), why);
                return Box::pin(ready(Err(error)));
            }
            let call = self.workspace.call_with(operation, self.options.clone());
            self.query
                .fetch(&self.workspace, call, at.page_size, at.token)
        })
    }
}

fn check_page_size(size: u32, max: Option<u32>) -> Result<(), String> {
    match max {
        _ if size == 0 => Err("page_size is 0; it starts at 1".to_owned()),
        Some(max) if size > max => Err(format!(
            "page_size is {size}; the API takes {max} at the most here"
        )),
        _ => Ok(()),
    }
}

fn check_token(token: Option<&str>) -> Result<(), String> {
    match token.map_or(0, str::len) {
        length if length > MAX_TOKEN => Err(format!(
            "the page token has {length} bytes; the API takes {MAX_TOKEN} at the most"
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
