//! Getting the pages of a list one after the other. Kept here: the place, the limit, the guard against token loops, and
//! the one page that is fetched ahead.

use std::future::Future as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::cycle::CycleGuard;
use super::{FetchedPage, UndecodableItem};
use crate::error::{Error, ErrorKind};
use crate::future::{BoxFuture, SyncFuture};
use crate::resume::{Checkpoint, Position, Scope};

/// A list as its streams see it.
pub(super) struct Plan<T> {
    pub(super) fetch: Arc<FetchPage<T>>,
    pub(super) scope: Scope,
    pub(super) action: String,
    pub(super) limit: Option<u64>,
    /// Where to start, or why the settings cannot be used.
    pub(super) start: Result<Position, Error>,
}

/// Gets the whole page at a position, whatever the index. Nothing is sent before the future is polled.
pub(super) type FetchPage<T> = dyn Fn(Position) -> BoxFuture<PageResult<T>> + Send + Sync;

type PageResult<T> = Result<FetchedPage<T>, Error>;

/// What is to be delivered of a page: what a limit and a checkpoint leave of it. It knows where its next entry stands.
pub(super) struct Chunk<T> {
    entries: std::vec::IntoIter<Result<T, UndecodableItem>>,
    position: Position,
}

pub(super) struct Fetcher<T> {
    fetch: Arc<FetchPage<T>>,
    scope: Scope,
    action: String,
    /// How many entries may still be delivered.
    left: u64,
    pages: u64,
    guard: CycleGuard,
    state: State<T>,
}

/// Each state knows where the next chunk starts, if there is one.
enum State<T> {
    /// The page there is being fetched, or will be as soon as this is polled.
    Fetching(Position, SyncFuture<PageResult<T>>),
    /// An error that was not yielded yet; the list ends with it.
    Failed(Option<Position>, Error),
    Ended(Option<Position>),
}

impl<T: Send + 'static> Fetcher<T> {
    pub(super) fn new(plan: Plan<T>) -> Self {
        let left = plan.limit.unwrap_or(u64::MAX);
        let token = plan.start.as_ref().map(|start| start.token.as_deref());
        Self {
            guard: CycleGuard::new(token.unwrap_or_default()),
            state: match plan.start {
                Ok(start) if left == 0 => State::Ended(Some(start)),
                Ok(start) => State::Fetching(start.clone(), SyncFuture::new((plan.fetch)(start))),
                Err(error) => State::Failed(None, error),
            },
            fetch: plan.fetch,
            scope: plan.scope,
            action: plan.action,
            left,
            pages: 0,
        }
    }

    pub(super) fn action(&self) -> &str {
        &self.action
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(self.state, State::Ended(_))
    }

    /// Where the list goes on behind the last chunk; `None` at its end.
    pub(super) fn checkpoint(&self) -> Option<Checkpoint> {
        self.position().map(|position| self.checkpoint_at(position))
    }

    pub(super) fn checkpoint_at(&self, position: &Position) -> Checkpoint {
        Checkpoint::new(&self.scope, position.clone())
    }

    /// The next chunk, or the one error that ends the list.
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

    /// What of a page is to be delivered. Decides what comes behind it, too.
    fn take(&mut self, page: FetchedPage<T>, start: Position) -> Chunk<T> {
        let FetchedPage { mut entries, next } = page;
        entries.drain(..start.index.min(entries.len()));
        let room = usize::try_from(self.left).unwrap_or(usize::MAX);
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
        self.left -= entries.len() as u64;
        self.state = self.behind(next);
        Chunk {
            entries: entries.into_iter(),
            position: start,
        }
    }

    fn behind(&mut self, next: Option<Position>) -> State<T> {
        let Some(next) = next else {
            return State::Ended(None);
        };
        if self.left == 0 {
            return State::Ended(Some(next));
        }
        if next
            .token
            .as_deref()
            .is_some_and(|token| self.guard.closes(token))
        {
            let message = format!(
                "the page tokens form a cycle: after {} pages an earlier token was returned again",
                self.pages
            );
            let error = Error::new(ErrorKind::CursorCycle, self.action.clone(), message);
            return State::Failed(Some(next), error);
        }
        // One page does not tell whether the reader wants the list; two do.
        let page = if self.pages < 2 {
            (self.fetch)(next.clone())
        } else {
            ahead(&self.fetch, next.clone())
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

    /// What is left of it, all at once.
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

/// Sends the request for a page at once, on the runtime, so that a reader's work hides the round trip. Dropping the
/// future drops the request.
fn ahead<T: Send + 'static>(
    fetch: &Arc<FetchPage<T>>,
    position: Position,
) -> BoxFuture<PageResult<T>> {
    let Ok(runtime) = Handle::try_current() else {
        return fetch(position);
    };
    let mut task = AbortOnDrop(runtime.spawn(fetch(position.clone())));
    let fetch = Arc::clone(fetch);
    Box::pin(async move {
        match (&mut task.0).await {
            Ok(page) => page,
            // The task's runtime was shut down. The one that polls this will do.
            Err(_) => fetch(position).await,
        }
    })
}

struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
