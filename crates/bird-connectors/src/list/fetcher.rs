//! Fetches the pages of a list in order. Keeps the position, the limit, the cycle guard, and the one page that is
//! fetched ahead.

use std::future::Future as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::runtime::Handle;
use tracing::Instrument as _;

use super::cycle::CycleGuard;
use super::{FetchedPage, UndecodableItem};
use crate::error::{Error, ErrorKind};
use crate::future::{AbortOnDrop, BoxFuture, SyncFuture};
use crate::resume::{Checkpoint, Position, Scope};

/// Everything that the streams of a list need: where to start, how much to read, and how to fetch a page.
pub(super) struct ListPlan<T> {
    pub(super) fetch: Arc<FetchPage<T>>,
    pub(super) scope: Scope,
    pub(super) action: String,
    pub(super) limit: Option<u64>,
    /// The number of consecutive empty pages after which the list ends with an error.
    pub(super) max_empty_pages: u64,
    /// Where to start, or the error for invalid settings.
    pub(super) start: Result<Position, Error>,
}

/// Fetches the whole page at a position and ignores the index. Nothing is sent before the future is polled.
pub(super) type FetchPage<T> = dyn Fn(Position) -> BoxFuture<PageResult<T>> + Send + Sync;

type PageResult<T> = Result<FetchedPage<T>, Error>;

/// The entries of a page that are to be delivered, after the checkpoint and within the limit. It tracks the position of
/// its next entry.
pub(super) struct Chunk<T> {
    entries: std::vec::IntoIter<Result<T, UndecodableItem>>,
    position: Position,
}

pub(super) struct Fetcher<T> {
    fetch: Arc<FetchPage<T>>,
    scope: Scope,
    action: String,
    /// The number of entries that may still be delivered.
    remaining: u64,
    pages: u64,
    max_empty_pages: u64,
    /// The number of pages without an item since the last item.
    empty_pages: u64,
    guard: CycleGuard,
    state: State<T>,
}

/// Each state contains the position of the next chunk, if there is one.
enum State<T> {
    /// The page at this position is being fetched, or its request is sent on the first poll.
    Fetching(Position, SyncFuture<PageResult<T>>),
    /// An error that has not been returned yet. The list ends with it.
    Failed(Option<Position>, Error),
    Ended(Option<Position>),
}

impl<T: Send + 'static> Fetcher<T> {
    pub(super) fn new(plan: ListPlan<T>) -> Self {
        let remaining = plan.limit.unwrap_or(u64::MAX);
        let token = plan.start.as_ref().map(|start| start.token.as_deref());
        Self {
            guard: CycleGuard::new(token.unwrap_or_default()),
            state: match plan.start {
                Ok(start) if remaining == 0 => State::Ended(Some(start)),
                Ok(start) => State::Fetching(start.clone(), SyncFuture::new((plan.fetch)(start))),
                Err(error) => State::Failed(None, error),
            },
            fetch: plan.fetch,
            scope: plan.scope,
            action: plan.action,
            remaining,
            pages: 0,
            max_empty_pages: plan.max_empty_pages,
            empty_pages: 0,
        }
    }

    pub(super) fn action(&self) -> &str {
        &self.action
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(self.state, State::Ended(_))
    }

    /// Where to resume the list after the last chunk; `None` at its end.
    pub(super) fn checkpoint(&self) -> Option<Checkpoint> {
        self.position().map(|position| self.checkpoint_at(position))
    }

    pub(super) fn checkpoint_at(&self, position: &Position) -> Checkpoint {
        Checkpoint::new(&self.scope, position.clone())
    }

    /// The next chunk, or the error that ends the list.
    pub(super) fn poll_chunk(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Chunk<T>, Error>>> {
        match &mut self.state {
            State::Fetching(start, page) => {
                let page = ready!(Pin::new(page).poll(context));
                let start = start.clone();
                Poll::Ready(Some(match page {
                    Ok(page) => Ok(self.take(page, start)),
                    Err(error) => {
                        self.state = State::Ended(Some(start));
                        Err(error.with_checkpoint(self.checkpoint()))
                    }
                }))
            }
            State::Failed(position, error) => {
                let error = error.clone();
                self.state = State::Ended(position.take());
                Poll::Ready(Some(Err(error)))
            }
            State::Ended(_) => Poll::Ready(None),
        }
    }

    /// Returns the entries of a page that are to be delivered, and moves to the state after it.
    fn take(&mut self, page: FetchedPage<T>, start: Position) -> Chunk<T> {
        let FetchedPage { mut entries, next } = page;
        self.empty_pages = if entries.is_empty() {
            self.empty_pages + 1
        } else {
            0
        };
        entries.drain(..start.index.min(entries.len()));
        let room = usize::try_from(self.remaining).unwrap_or(usize::MAX);
        let next = if entries.len() > room {
            entries.truncate(room);
            Some(Position {
                index: start.index + room,
                ..start.clone()
            })
        } else {
            next.map(|token| Position {
                page_size: start.page_size,
                token: Some(token),
                index: 0,
            })
        };
        self.pages += 1;
        self.remaining -= entries.len() as u64;
        self.state = self.state_at(next);
        Chunk {
            entries: entries.into_iter(),
            position: start,
        }
    }

    fn state_at(&mut self, next: Option<Position>) -> State<T> {
        let Some(next) = next else {
            return State::Ended(None);
        };
        if self.remaining == 0 {
            return State::Ended(Some(next));
        }
        if next
            .token
            .as_deref()
            .is_some_and(|token| self.guard.repeats(token))
        {
            let message = format!(
                "the page tokens form a cycle: after {} pages an earlier token was returned again",
                self.pages
            );
            let error = Error::new(ErrorKind::CursorCycle, self.action.clone(), message);
            return State::Failed(Some(next), error);
        }
        if self.empty_pages >= self.max_empty_pages {
            let message = format!(
                "the last {} pages are empty, and each names a next page: resume from the checkpoint later, or increase `max_empty_pages`",
                self.empty_pages
            );
            let error = Error::new(ErrorKind::CursorCycle, self.action.clone(), message);
            let checkpoint = self.checkpoint_at(&next);
            return State::Failed(Some(next), error.with_checkpoint(Some(checkpoint)));
        }
        // A caller that reads one page may want no more. One that reads a second page probably reads the list.
        let page = if self.pages < 2 {
            (self.fetch)(next.clone())
        } else {
            fetch_ahead(&self.fetch, next.clone())
        };
        State::Fetching(next, SyncFuture::new(page))
    }

    fn position(&self) -> Option<&Position> {
        match &self.state {
            State::Fetching(position, _) => Some(position),
            State::Failed(position, _) | State::Ended(position) => position.as_ref(),
        }
    }
}

impl<T> Chunk<T> {
    pub(super) fn position(&self) -> &Position {
        &self.position
    }

    /// The remaining entries.
    pub(super) fn into_entries(self) -> std::vec::IntoIter<Result<T, UndecodableItem>> {
        self.entries
    }
}

impl<T> Iterator for Chunk<T> {
    type Item = Result<T, UndecodableItem>;

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.entries.next()?;
        self.position.index += 1;
        Some(entry)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.entries.size_hint()
    }
}

impl<T> ExactSizeIterator for Chunk<T> {}

/// Sends the request for a page immediately, in a task of the runtime, so that it overlaps with the work of the caller.
/// Dropping the future cancels the request.
fn fetch_ahead<T: Send + 'static>(
    fetch: &Arc<FetchPage<T>>,
    position: Position,
) -> BoxFuture<PageResult<T>> {
    let Ok(runtime) = Handle::try_current() else {
        return fetch(position);
    };
    let mut task = AbortOnDrop(runtime.spawn(fetch(position.clone()).in_current_span()));
    let fetch = Arc::clone(fetch);
    Box::pin(async move {
        match (&mut task.0).await {
            Ok(page) => page,
            // The task's runtime was shut down. Fetch the page on the runtime that polls this future.
            Err(_) => fetch(position).await,
        }
    })
}
