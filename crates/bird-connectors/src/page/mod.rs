//! Lists: one builder, two streams, and three words that never mix. `page_size` is what goes over the wire, `limit`
//! is how many items are delivered in all, `from` is where to start.

mod checkpoint;
mod cycle;
mod decode;
mod streams;

use std::fmt::{self, Debug};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::StreamExt as _;
use serde::Serialize;

pub use checkpoint::Checkpoint;
pub use decode::Undecodable;
pub use streams::{Items, Pages};

use crate::client::Workspace;
use crate::error::Error;
use crate::transport::Call;
use checkpoint::{Position, Scope, check_token};
pub(crate) use decode::{Fetched, item_by_item};

pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

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
    /// What was read before, with the checkpoint to go on from.
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
#[derive(Clone, Debug)]
#[must_use = "a list is not read until one of its streams is polled"]
pub struct List<Q> {
    workspace: Workspace,
    pub(crate) query: Q,
    page_size: Option<u32>,
    limit: Option<u64>,
    from: Option<Checkpoint>,
    single_attempt: bool,
}

impl<Q: Query> List<Q> {
    pub(crate) fn new(workspace: Workspace, query: Q) -> Self {
        Self {
            workspace,
            query,
            page_size: None,
            limit: None,
            from: None,
            single_attempt: false,
        }
    }

    /// Items per request. Default: 100, and 1000 for channels. It changes how often is asked, never what is
    /// delivered.
    pub fn page_size(mut self, items: u32) -> Self {
        self.page_size = Some(items);
        self
    }

    /// Items in all, undecodable ones included. Default: all there are. A limit below the page size lowers that.
    pub fn limit(mut self, items: u64) -> Self {
        self.limit = Some(items);
        self
    }

    /// Goes on where an earlier reading of the same list stopped. A checkpoint of another operation, workspace or
    /// filter is refused when the list is read.
    pub fn from(mut self, checkpoint: Checkpoint) -> Self {
        self.from = Some(checkpoint);
        self
    }

    /// Each page is tried once: for callers that have their own way of trying again.
    pub(crate) fn single_attempt(mut self) -> Self {
        self.single_attempt = true;
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

    /// The first page alone: one request.
    ///
    /// # Errors
    /// As every call; bad settings are [`Kind::InvalidInput`](crate::Kind::InvalidInput).
    pub async fn first_page(self) -> Result<Page<Q::Item>, Error> {
        match self.pages().next().await {
            Some(page) => page,
            None => Ok(Page {
                items: Vec::new(),
                undecodable: Vec::new(),
                checkpoint: None,
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
        while let Some(page) = pages.next().await {
            match page {
                Ok(page) => {
                    all.items.extend(page.items);
                    all.undecodable.extend(page.undecodable);
                }
                Err(error) => {
                    all.checkpoint = pages.checkpoint();
                    return Err(Partial {
                        collected: all,
                        error,
                    });
                }
            }
        }
        all.checkpoint = pages.checkpoint();
        Ok(all)
    }

    fn plan(self) -> Result<Plan<Q::Item>, Error> {
        let operation = self.query.operation(&self.workspace);
        let action = Call::action_of(operation);
        let asked = self
            .page_size
            .map(|size| check_page_size(size, Q::MAX_PAGE_SIZE, &action))
            .transpose()?;
        let scope = Scope {
            operation,
            workspace: self.workspace.id(),
            organization: self.workspace.organization_id(),
            filters: serde_json::to_value(&self.query).map_err(|error| {
                Error::invalid_input(
                    action.clone(),
                    format!("the filters cannot be written: {error}"),
                )
            })?,
        };
        let (page_size, start) = match &self.from {
            Some(checkpoint) => checkpoint.resume(&scope, asked, &action)?,
            None => {
                let size = asked.unwrap_or(Q::PAGE_SIZE);
                let size = self
                    .limit
                    .map_or(size, |limit| limit.clamp(1, size.into()) as u32);
                (size, Position::default())
            }
        };
        let Self {
            workspace,
            query,
            limit,
            single_attempt,
            ..
        } = self;
        let fetch = move |token: Option<String>| -> BoxFuture<Result<Fetched<Q::Item>, Error>> {
            if let Err(error) = check_token(token.as_deref(), &action) {
                return Box::pin(std::future::ready(Err(error)));
            }
            let call = workspace.call_with(
                operation,
                crate::transport::CallOptions {
                    single_attempt,
                    ..Default::default()
                },
            );
            query.fetch(&workspace, call, page_size, token)
        };
        Ok(Plan {
            fetch: Arc::new(fetch),
            scope,
            page_size,
            limit,
            start,
            action: Call::action_of(operation),
        })
    }
}

fn check_page_size(size: u32, max: Option<u32>, action: &str) -> Result<u32, Error> {
    let refuse = |why: String| Err(Error::invalid_input(action.to_owned(), why));
    match max {
        _ if size == 0 => refuse("page_size is 0; it starts at 1".to_owned()),
        Some(max) if size > max => refuse(format!(
            "page_size is {size}; the API takes {max} at the most here"
        )),
        _ => Ok(size),
    }
}

type Fetch<T> = dyn Fn(Option<String>) -> BoxFuture<Result<Fetched<T>, Error>> + Send + Sync;

/// A list as its streams see it: checked settings and a way to get the page behind a token.
pub(crate) struct Plan<T> {
    fetch: Arc<Fetch<T>>,
    scope: Scope,
    page_size: u32,
    limit: Option<u64>,
    start: Position,
    action: String,
}

impl<T> Plan<T> {
    fn checkpoint(&self, position: Position) -> Checkpoint {
        Checkpoint::new(&self.scope, self.page_size, position)
    }
}

#[cfg(test)]
mod tests;
