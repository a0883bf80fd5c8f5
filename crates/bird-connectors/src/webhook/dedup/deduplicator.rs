//! The guard around the processing of an event: commit on success, release on failure, panic or cancellation.

use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::runtime::Handle;

use super::memory::MemoryDedupStore;
use super::store::{Claim, DedupFuture, DedupStore, DedupStoreError};
use crate::webhook::{DeliveryKey, Event};

/// Processes each event once, although deliveries arrive more than once. Cheap to clone; all clones share one store.
///
/// [`work`](Self::work) claims the event, processes it, and commits it on success. After a failure it releases the claim,
/// so that the next attempt of the delivery is processed again. Events are kept in memory, or in a [`DedupStore`] that
/// several processes share.
///
/// ```
/// use axum::http::StatusCode;
/// use bird_connectors::webhook::{Deduplicator, Event, WorkOutcome};
///
/// # mod database {
/// #     pub async fn update(event: &super::Event) -> std::io::Result<()> {
/// #         if event.payload.is_empty() { Err(std::io::ErrorKind::TimedOut.into()) } else { Ok(()) }
/// #     }
/// # }
/// async fn receive(deduplicator: Deduplicator, event: Event) -> StatusCode {
///     match deduplicator.work(&event, database::update(&event)).await {
///         Ok(WorkOutcome::Completed(())) => StatusCode::NO_CONTENT,
///         Ok(WorkOutcome::AlreadyDone) => StatusCode::OK,
///         // Another request is processing this delivery. If it fails, the API has to retry.
///         Ok(WorkOutcome::InFlight) => StatusCode::SERVICE_UNAVAILABLE,
///         Err(error) => {
///             eprintln!("event {}: {error}", event.event);
///             StatusCode::INTERNAL_SERVER_ERROR // The API retries the delivery.
///         }
///     }
/// }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let event = |payload: &str, key: &str| -> Result<Event, serde_json::Error> {
/// #     serde_json::from_str(&format!(r#"{{"service": "channels", "event": "channel.updated", "request_id": null,
/// #         "timestamp": "2026-01-01T00:00:00Z", "payload": {payload}, "delivery_key": "{}"}}"#, key.repeat(32)))
/// # };
/// # let deduplicator = Deduplicator::default();
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// #     for expected in [204, 200] {
/// #         let status = receive(deduplicator.clone(), event(r#"{"status": "active"}"#, "a1")?).await;
/// #         assert_eq!(status.as_u16(), expected);
/// #     }
/// #     for expected in [500, 500] {
/// #         assert_eq!(receive(deduplicator.clone(), event("{}", "b2")?).await.as_u16(), expected);
/// #     }
/// #     Ok::<(), serde_json::Error>(())
/// # })?;
/// # Ok(())
/// # }
/// ```
///
/// [`begin`](Self::begin), [`commit`](Self::commit) and [`release`](Self::release) are the single steps, for work that does
/// not end within one future.
#[derive(Clone)]
pub struct Deduplicator {
    store: Arc<dyn DedupStore>,
}

/// What [`Deduplicator::work`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "respond with 503 to an event that is in flight, so that it is retried"]
pub enum WorkOutcome<T> {
    /// The work ran to its end, and the event is recorded as done. Respond with 2xx.
    Completed(T),
    /// The event was processed before; the work did not start. Respond with 2xx.
    AlreadyDone,
    /// Another worker is processing the event; the work did not start. Respond with 503, so that the API retries.
    InFlight,
}

/// Why [`Deduplicator::work`] failed. Respond with 5xx, so that the API retries the delivery.
#[derive(Debug)]
#[non_exhaustive]
pub enum WorkError<E> {
    /// The store failed to claim the event. The work did not start.
    Begin(DedupStoreError),
    /// The work failed with this error, and the claim was released. If the store failed to release it, it ends with its
    /// lease.
    Work(E),
    /// The work succeeded, but the store failed to record that. The event can be processed again after the lease.
    Commit(DedupStoreError),
}

impl Deduplicator {
    /// Uses this store: a [`MemoryDedupStore`], a custom store, or an `Arc` of one.
    #[must_use]
    pub fn new(store: impl DedupStore + 'static) -> Self {
        Self {
            store: Arc::new(store),
        }
    }

    /// Processes an event unless it was processed before: claims it, awaits `work`, and commits it if `work` returned `Ok`.
    ///
    /// The claim is released if `work` returns an error or panics, or if the returned future is dropped before `work`
    /// ended, as servers do when a client disconnects. Commit and release run in a task, so that they finish even if the
    /// returned future is dropped. Outside a tokio runtime, a dropped future keeps its claim until the lease ends.
    ///
    /// `work` is not polled if the event is done or in flight.
    ///
    /// # Errors
    /// [`WorkError::Work`] with the error of `work`; [`WorkError::Begin`] or [`WorkError::Commit`] if the store failed.
    pub async fn work<T, E>(
        &self,
        event: &Event,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<WorkOutcome<T>, WorkError<E>> {
        match self.begin(event).await.map_err(WorkError::Begin)? {
            Claim::New => {}
            Claim::InFlight => return Ok(WorkOutcome::InFlight),
            Claim::Done => return Ok(WorkOutcome::AlreadyDone),
        }
        let guard = ReleaseOnDrop {
            store: Some(&self.store),
            key: event.delivery_key,
        };
        let result = work.await;
        guard.disarm();
        match result {
            Ok(value) => {
                let commit = commit(Arc::clone(&self.store), event.delivery_key);
                run_to_completion(commit).await.map_err(WorkError::Commit)?;
                Ok(WorkOutcome::Completed(value))
            }
            Err(error) => {
                let release = release(Arc::clone(&self.store), event.delivery_key);
                // The error of the work matters more; the lease ends the claim.
                let _ = run_to_completion(release).await;
                Err(WorkError::Work(error))
            }
        }
    }

    /// Claims an event. After [`Claim::New`], call [`commit`](Self::commit) or [`release`](Self::release).
    ///
    /// # Errors
    /// If the store failed. The in-memory store never fails.
    pub async fn begin(&self, event: &Event) -> Result<Claim, DedupStoreError> {
        self.store.begin(event.delivery_key).await
    }

    /// Records that an event was processed.
    ///
    /// # Errors
    /// If the store failed. The in-memory store never fails.
    pub async fn commit(&self, event: &Event) -> Result<(), DedupStoreError> {
        self.store.commit(event.delivery_key).await
    }

    /// Drops the claim on an event whose processing failed, so that its next attempt is new.
    ///
    /// # Errors
    /// If the store failed. The in-memory store never fails.
    pub async fn release(&self, event: &Event) -> Result<(), DedupStoreError> {
        self.store.release(event.delivery_key).await
    }
}

/// Keeps events in memory, in a [`MemoryDedupStore`] with default settings.
impl Default for Deduplicator {
    fn default() -> Self {
        Self::new(MemoryDedupStore::new())
    }
}

impl fmt::Debug for Deduplicator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deduplicator").finish_non_exhaustive()
    }
}

impl<E: fmt::Display> fmt::Display for WorkError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begin(error) => write!(
                f,
                "the deduplication store failed before the event was processed: {error}"
            ),
            Self::Work(error) => write!(f, "processing the event failed: {error}"),
            Self::Commit(error) => write!(
                f,
                "the event was processed, but the deduplication store failed to record it: {error}"
            ),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for WorkError<E> {}

/// Releases a claim when it is dropped: the work panicked, or its future was dropped.
struct ReleaseOnDrop<'a> {
    store: Option<&'a Arc<dyn DedupStore>>,
    key: DeliveryKey,
}

impl ReleaseOnDrop<'_> {
    fn disarm(mut self) {
        self.store = None;
    }
}

impl Drop for ReleaseOnDrop<'_> {
    fn drop(&mut self) {
        // Without a runtime nothing can await the store; the lease ends the claim.
        if let (Some(store), Ok(runtime)) = (self.store, Handle::try_current()) {
            runtime.spawn(release(Arc::clone(store), self.key));
        }
    }
}

fn commit(store: Arc<dyn DedupStore>, key: DeliveryKey) -> DedupFuture<'static, ()> {
    Box::pin(async move { store.commit(key).await })
}

fn release(store: Arc<dyn DedupStore>, key: DeliveryKey) -> DedupFuture<'static, ()> {
    Box::pin(async move { store.release(key).await })
}

/// Awaits a store operation so that it completes even if the caller is dropped: in a task of the runtime, if there is one, unless it
/// completes at once, as that of a store in memory does.
async fn run_to_completion(mut operation: DedupFuture<'static, ()>) -> Result<(), DedupStoreError> {
    let first = poll_fn(|context: &mut Context<'_>| {
        let poll = AssertUnwindSafe(|| operation.as_mut().poll(context));
        Poll::Ready(catch_unwind(poll))
    });
    match first.await {
        Ok(Poll::Ready(result)) => result,
        Ok(Poll::Pending) => match Handle::try_current() {
            Ok(runtime) => runtime.spawn(operation).await?,
            Err(_) => operation.await,
        },
        // In a task, a panic is an error, too.
        Err(_) => Err("the deduplication store panicked".into()),
    }
}

#[cfg(test)]
mod tests;
