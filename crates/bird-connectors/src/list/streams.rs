//! The streams over a list: [`Pages`] and [`Items`].

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::{FusedStream, Stream};

use super::fetcher::{Chunk, Fetcher, Plan};
use super::{Page, UndecodableItem};
use crate::error::{Error, ErrorKind};
use crate::resume::Checkpoint;

/// The pages of a list, in order. Made by [`List::pages`](super::List::pages).
///
/// It owns its client. The first error is yielded once and ends it; [`checkpoint`](Self::checkpoint) tells where to go
/// on, and so does the error itself where a request failed. From the second page on, the next page is fetched while
/// the reader works; that request is dropped with the stream.
#[must_use = "a stream does nothing unless it is polled"]
pub struct Pages<T> {
    fetcher: Fetcher<T>,
}

/// The items of a list, in order. Made by [`List::items`](super::List::items).
///
/// It owns its client, and fetches its pages as [`Pages`] does. An item that cannot be read is an error of
/// [`ErrorKind::Decode`] that carries the raw item, and the stream goes on behind it. Any other error is yielded once and
/// ends the stream; [`checkpoint`](Self::checkpoint) tells where to go on, and so does the error itself where a
/// request failed.
#[must_use = "a stream does nothing unless it is polled"]
pub struct Items<T> {
    fetcher: Fetcher<T>,
    /// What is left of the page that came last.
    chunk: Option<Chunk<T>>,
}

impl<T: Send + 'static> Pages<T> {
    pub(super) fn new(plan: Plan<T>) -> Self {
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

    /// Where the list goes on behind the last page that was delivered; `None` at its end.
    #[must_use]
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        self.fetcher.checkpoint()
    }
}

impl<T: Send + 'static> Items<T> {
    pub(super) fn new(plan: Plan<T>) -> Self {
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

    /// Where the list goes on behind the last item that was delivered; `None` at its end.
    #[must_use]
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        match &self.chunk {
            Some(chunk) if chunk.len() > 0 => Some(self.fetcher.checkpoint_at(chunk.position())),
            _ => self.fetcher.checkpoint(),
        }
    }

    fn undecodable(&self, entry: UndecodableItem) -> Error {
        let UndecodableItem { index, raw, reason } = entry;
        let message = format!("item {index} of a page cannot be read: {reason}");
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
            // Collected where the entries stand: nothing is allocated.
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

// No item is ever pinned.
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
