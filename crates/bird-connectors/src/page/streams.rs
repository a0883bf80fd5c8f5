//! The streams over a list: [`Pages`] and [`Items`], and what they share.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::{FusedStream, Stream};
use tokio::task::JoinHandle;

use super::checkpoint::Position;
use super::cycle::CycleGuard;
use super::{BoxFuture, Checkpoint, Fetched, Page, Plan, Undecodable};
use crate::error::{Error, Kind};

/// The pages of a list, in order. Made by [`List::pages`](super::List::pages).
///
/// It owns its client. The first error ends it; [`checkpoint`](Self::checkpoint) and the error itself tell where to
/// go on. From the second page on, the next page is fetched while the reader works; that request is dropped with the
/// stream.
#[must_use = "a stream does nothing unless it is polled"]
pub struct Pages<T> {
    fetcher: Fetcher<T>,
}

/// The items of a list, in order. Made by [`List::items`](super::List::items).
///
/// It owns its client. An item that cannot be read is an error of [`Kind::Decode`] that carries the raw item, and the
/// stream goes on behind it. Any other error is yielded once and ends the stream;
/// [`checkpoint`](Self::checkpoint) and the error itself tell where to go on.
#[must_use = "a stream does nothing unless it is polled"]
pub struct Items<T> {
    fetcher: Fetcher<T>,
    entries: VecDeque<Result<T, Undecodable>>,
    /// Where the first of `entries` stands; where there are none, the fetcher knows.
    position: Position,
}

impl<T: Send + 'static> Pages<T> {
    pub(crate) fn new(plan: Result<Plan<T>, Error>) -> Self {
        Self {
            fetcher: Fetcher::new(plan),
        }
    }

    /// Where the list goes on behind the last page that was delivered; `None` at its end.
    #[must_use]
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        self.fetcher.checkpoint()
    }
}

impl<T: Send + 'static> Items<T> {
    pub(crate) fn new(plan: Result<Plan<T>, Error>) -> Self {
        Self {
            fetcher: Fetcher::new(plan),
            entries: VecDeque::new(),
            position: Position::default(),
        }
    }

    /// Where the list goes on behind the last item that was delivered; `None` at its end.
    #[must_use]
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        if self.entries.is_empty() {
            return self.fetcher.checkpoint();
        }
        self.fetcher
            .plan
            .as_ref()
            .map(|plan| plan.checkpoint(self.position.clone()))
    }

    fn undecodable(&self, entry: Undecodable) -> Error {
        let action = self
            .fetcher
            .plan
            .as_ref()
            .map(|plan| plan.action.clone())
            .unwrap_or_default();
        let message = format!(
            "item {} of a page cannot be read: {}",
            entry.index, entry.reason
        );
        Error::new(Kind::Decode, action, message)
            .with_raw(entry.raw.as_bytes())
            .with_checkpoint(self.checkpoint())
    }
}

impl<T: Send + 'static> Stream for Pages<T> {
    type Item = Result<Page<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let chunk = match ready!(self.fetcher.poll_chunk(context)) {
            Some(Ok(chunk)) => chunk,
            Some(Err(error)) => return Poll::Ready(Some(Err(error))),
            None => return Poll::Ready(None),
        };
        let mut page = Page {
            items: Vec::with_capacity(chunk.entries.len()),
            undecodable: Vec::new(),
            checkpoint: self.checkpoint(),
        };
        for entry in chunk.entries {
            match entry {
                Ok(item) => page.items.push(item),
                Err(entry) => page.undecodable.push(entry),
            }
        }
        Poll::Ready(Some(Ok(page)))
    }
}

impl<T: Send + 'static> Stream for Items<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(entry) = this.entries.pop_front() {
                this.position.index += 1;
                return Poll::Ready(Some(entry.map_err(|entry| this.undecodable(entry))));
            }
            match ready!(this.fetcher.poll_chunk(context)) {
                Some(Ok(chunk)) => {
                    this.entries = chunk.entries.into();
                    this.position = chunk.start;
                }
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
        self.fetcher.ended
    }
}

impl<T: Send + 'static> FusedStream for Items<T> {
    fn is_terminated(&self) -> bool {
        self.fetcher.ended && self.entries.is_empty()
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("position", &self.fetcher.position)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items")
            .field("position", &self.position)
            .field("buffered", &self.entries.len())
            .finish_non_exhaustive()
    }
}

/// A page, or what a limit or a checkpoint leaves of one.
struct Chunk<T> {
    entries: Vec<Result<T, Undecodable>>,
    start: Position,
}

/// Gets pages one after the other, keeps the place, and fetches one ahead.
struct Fetcher<T> {
    plan: Option<Plan<T>>,
    /// Yielded before anything else.
    failure: Option<Error>,
    /// Where the next chunk starts; `None` behind the last page.
    position: Option<Position>,
    delivered: u64,
    pages: u64,
    guard: CycleGuard,
    running: Option<Running<T>>,
    ended: bool,
}

enum Running<T> {
    /// Makes progress only while the reader polls.
    Here(BoxFuture<Result<Fetched<T>, Error>>),
    /// Makes progress on the runtime.
    Ahead(AbortOnDrop<Result<Fetched<T>, Error>>),
}

struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<T: Send + 'static> Fetcher<T> {
    fn new(plan: Result<Plan<T>, Error>) -> Self {
        let (plan, failure) = match plan {
            Ok(plan) => (Some(plan), None),
            Err(error) => (None, Some(error)),
        };
        let start = plan.as_ref().map(|plan| plan.start.clone());
        Self {
            guard: CycleGuard::new(start.as_ref().and_then(|start| start.token.as_deref())),
            plan,
            failure,
            position: start,
            delivered: 0,
            pages: 0,
            running: None,
            ended: false,
        }
    }

    fn checkpoint(&self) -> Option<Checkpoint> {
        Some(self.plan.as_ref()?.checkpoint(self.position.clone()?))
    }

    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Chunk<T>, Error>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        if let Some(error) = self.failure.take() {
            self.ended = true;
            return Poll::Ready(Some(Err(error)));
        }
        let (Some(plan), Some(position)) = (&self.plan, &self.position) else {
            self.ended = true;
            return Poll::Ready(None);
        };
        if plan.limit.is_some_and(|limit| self.delivered >= limit) {
            self.ended = true;
            return Poll::Ready(None);
        }
        let running = self
            .running
            .get_or_insert_with(|| Running::Here((plan.fetch)(position.token.clone())));
        let result = match running {
            Running::Here(future) => ready!(future.as_mut().poll(context)),
            Running::Ahead(task) => {
                ready!(Pin::new(&mut task.0).poll(context)).unwrap_or_else(|_| {
                    Err(Error::new(
                        Kind::Transport,
                        plan.action.clone(),
                        "the runtime was shut down while a page was being fetched",
                    ))
                })
            }
        };
        self.running = None;
        Poll::Ready(Some(match result {
            Ok(fetched) => Ok(self.take(fetched)),
            Err(error) => {
                self.ended = true;
                Err(error.with_checkpoint(self.checkpoint()))
            }
        }))
    }

    /// What of a page is to be delivered, and where the list goes on behind it.
    fn take(&mut self, fetched: Fetched<T>) -> Chunk<T> {
        let Fetched { mut entries, next } = fetched;
        let start = self.position.take().unwrap_or_default();
        entries.drain(..start.index.min(entries.len()));
        self.pages += 1;
        let Some(plan) = &self.plan else {
            return Chunk { entries, start };
        };
        let room = plan.limit.map_or(usize::MAX, |limit| {
            usize::try_from(limit - self.delivered).unwrap_or(usize::MAX)
        });
        if entries.len() > room {
            entries.truncate(room);
            self.position = Some(Position {
                token: start.token.clone(),
                index: start.index + room,
            });
        } else if let Some(token) = next {
            if self.guard.closes(&token) {
                let message = format!(
                    "the page tokens go round in a circle: after {} pages an earlier one came again",
                    self.pages
                );
                self.failure = Some(Error::new(Kind::CursorCycle, plan.action.clone(), message));
            }
            self.position = Some(Position {
                token: Some(token),
                index: 0,
            });
        }
        self.delivered += entries.len() as u64;
        self.fetch_ahead();
        Chunk { entries, start }
    }

    /// From the second page on it is clear that the reader wants the list, so the next page is asked for while this
    /// one is being worked on.
    fn fetch_ahead(&mut self) {
        let (Some(plan), Some(position)) = (&self.plan, &self.position) else {
            return;
        };
        let full = plan.limit.is_some_and(|limit| self.delivered >= limit);
        if self.pages < 2 || full || self.failure.is_some() {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let task = runtime.spawn(Arc::clone(&plan.fetch)(position.token.clone()));
            self.running = Some(Running::Ahead(AbortOnDrop(task)));
        }
    }
}
