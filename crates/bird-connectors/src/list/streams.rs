//! The streams over a list: [`Pages`] and [`Items`].

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::{FusedStream, Stream};

use super::fetcher::{Chunk, Fetcher, ListPlan};
use super::{Page, UndecodableItem};
use crate::error::{Error, ErrorKind};
use crate::resume::Checkpoint;

/// The pages of a list, in order. Created by [`List::pages`](super::List::pages).
///
/// Read it with [`next`](Self::next) or [`try_next`](Self::try_next); it is also a [`Stream`]. From the second page on,
/// the next page is fetched while the caller works on the current one. Dropping `Pages` cancels that request. An error
/// ends the list; [`checkpoint`](Self::checkpoint) is where to resume it.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = bird_connectors_sandbox::Sandbox::builder().connectors(25).start().await?;
/// # let client = bird_connectors::Client::builder()
/// #     .base_url(sandbox.base_url())
/// #     .access_key(sandbox.access_key())
/// #     .workspace_id(sandbox.workspace_id())
/// #     .build()?;
/// let connectors = client.default_workspace()?.connectors();
/// let mut pages = connectors.list().page_size(10).pages();
/// let mut sizes = Vec::new();
/// while let Some(page) = pages.try_next().await? {
///     sizes.push(page.len());
/// }
/// assert_eq!(sizes, [10, 10, 5]);
/// # Ok(())
/// # }
/// ```
#[must_use = "a list is not read until `next` or `try_next` is awaited"]
pub struct Pages<T> {
    fetcher: Fetcher<T>,
}

/// The items of a list, in order. Created by [`List::items`](super::List::items).
///
/// Read it with [`next`](Self::next) or [`try_next`](Self::try_next); it is also a [`Stream`]. It fetches its pages as
/// [`Pages`] does.
///
/// An item that cannot be decoded is an error of [`ErrorKind::Decode`] without a [`status`](Error::status), and the
/// list continues with the next item; [`Error::raw`] is its JSON. Any other error ends the list;
/// [`checkpoint`](Self::checkpoint) is where to resume it.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = bird_connectors_sandbox::Sandbox::builder().connectors(25).start().await?;
/// # let client = bird_connectors::Client::builder()
/// #     .base_url(sandbox.base_url())
/// #     .access_key(sandbox.access_key())
/// #     .workspace_id(sandbox.workspace_id())
/// #     .build()?;
/// let connectors = client.default_workspace()?.connectors();
/// let mut items = connectors.list().items();
/// let mut count = 0;
/// while let Some(connector) = items.try_next().await? {
///     println!("{}", connector.name);
///     count += 1;
/// }
/// assert_eq!(count, 25);
/// # Ok(())
/// # }
/// ```
#[must_use = "a list is not read until `next` or `try_next` is awaited"]
pub struct Items<T> {
    fetcher: Fetcher<T>,
    /// The rest of the current page.
    chunk: Option<Chunk<T>>,
}

impl<T: Send + 'static> Pages<T> {
    pub(super) fn new(plan: ListPlan<T>) -> Self {
        Self {
            fetcher: Fetcher::new(plan),
        }
    }

    /// The next page; `None` at the end of the list. A dropped future loses nothing: call `next` again.
    ///
    /// # Errors
    /// Those of a request, and [`ErrorKind::InvalidInput`] for invalid settings. An error ends the list;
    /// [`Error::checkpoint`] is where to resume it.
    pub async fn next(&mut self) -> Option<Result<Page<T>, Error>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// The next page; `Ok(None)` at the end of the list.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn try_next(&mut self) -> Result<Option<Page<T>>, Error> {
        self.next().await.transpose()
    }

    /// Where to resume the list after the last page that was returned; `None` at the end of the list.
    #[must_use]
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        self.fetcher.checkpoint()
    }
}

impl<T: Send + 'static> Items<T> {
    pub(super) fn new(plan: ListPlan<T>) -> Self {
        Self {
            fetcher: Fetcher::new(plan),
            chunk: None,
        }
    }

    /// The next item; `None` at the end of the list. A dropped future loses nothing: call `next` again.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] without a [`status`](Error::status) for one item that cannot be decoded; the next call
    /// returns the item after it. Any other error ends the list; [`Error::checkpoint`] is where to resume it.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// The next item; `Ok(None)` at the end of the list.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn try_next(&mut self) -> Result<Option<T>, Error> {
        self.next().await.transpose()
    }

    /// Where to resume the list after the last item that was returned; `None` at the end of the list.
    #[must_use]
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        match &self.chunk {
            Some(chunk) if chunk.len() > 0 => Some(self.fetcher.checkpoint_at(chunk.position())),
            _ => self.fetcher.checkpoint(),
        }
    }

    fn undecodable(&self, entry: UndecodableItem) -> Error {
        let UndecodableItem { index, raw, reason } = entry;
        let message = format!("item {index} of a page cannot be decoded: {reason}");
        Error::new(ErrorKind::Decode, self.fetcher.action().to_owned(), message)
            .with_raw(raw.as_bytes())
            .with_checkpoint(self.checkpoint())
    }
}

impl<T: Send + 'static> Stream for Pages<T> {
    type Item = Result<Page<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let chunk = ready!(self.fetcher.poll_chunk(context));
        Poll::Ready(chunk.map(|chunk| {
            let mut undecodable = Vec::new();
            let items = chunk?.into_entries().filter_map(|entry| match entry {
                Ok(item) => Some(item),
                Err(entry) => {
                    undecodable.push(entry);
                    None
                }
            });
            // This collects in place, without an allocation.
            let items = items.collect();
            Ok(Page {
                items,
                undecodable,
                checkpoint: self.checkpoint(),
            })
        }))
    }
}

impl<T: Send + 'static> Stream for Items<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(entry) = self.chunk.as_mut().and_then(Iterator::next) {
                return Poll::Ready(Some(entry.map_err(|entry| self.undecodable(entry))));
            }
            match ready!(self.fetcher.poll_chunk(context)) {
                Some(Ok(chunk)) => self.chunk = Some(chunk),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

// No item is pinned.
impl<T> Unpin for Items<T> {}
impl<T> Unpin for Pages<T> {}

impl<T: Send + 'static> FusedStream for Pages<T> {
    fn is_terminated(&self) -> bool {
        self.fetcher.has_ended()
    }
}

impl<T: Send + 'static> FusedStream for Items<T> {
    fn is_terminated(&self) -> bool {
        self.fetcher.has_ended() && self.chunk.as_ref().is_none_or(|chunk| chunk.len() == 0)
    }
}

impl<T: Send + 'static> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("checkpoint", &self.checkpoint())
            .finish_non_exhaustive()
    }
}

impl<T: Send + 'static> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items")
            .field("checkpoint", &self.checkpoint())
            .finish_non_exhaustive()
    }
}
