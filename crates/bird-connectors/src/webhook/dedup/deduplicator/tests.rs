//! Commit and release around the work: success, failure, panic, cancellation, and failures of the store.

use std::convert::Infallible;
use std::future::pending;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Waker};

use futures_util::FutureExt as _;
use tokio::task::yield_now;

use super::*;

fn event() -> Event {
    let event = serde_json::json!({
        "service": "channels", "event": "channel.updated", "payload": {}, "request_id": null,
        "timestamp": "2026-01-01T00:00:00Z", "delivery_key": "a1".repeat(32),
    });
    serde_json::from_value(event).unwrap()
}

async fn succeed() -> Result<&'static str, Infallible> {
    Ok("done")
}

fn is_pending<F: Future>(future: &mut Pin<Box<F>>) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    future.as_mut().poll(&mut context).is_pending()
}

async fn fail() -> Result<(), &'static str> {
    Err("no database")
}

#[tokio::test]
async fn work_that_succeeds_is_done_once() {
    let deduplicator = Deduplicator::default();
    let outcome = deduplicator.work(&event(), succeed()).await.unwrap();
    assert_eq!(outcome, WorkOutcome::Completed("done"));
    let (clone, event) = (deduplicator.clone(), event());
    let second = async { panic!("the second work starts") };
    let outcome = clone.work::<(), Infallible>(&event, second).await;
    assert_eq!(outcome.unwrap(), WorkOutcome::AlreadyDone);
}

#[tokio::test]
async fn work_that_fails_is_released() {
    let deduplicator = Deduplicator::default();
    let error = deduplicator.work(&event(), fail()).await.unwrap_err();
    assert!(matches!(error, WorkError::Work("no database")));
    assert_eq!(
        error.to_string(),
        "processing the event failed: no database"
    );
    assert_eq!(deduplicator.begin(&event()).await.unwrap(), Claim::New);
}

#[tokio::test]
async fn work_in_flight_is_not_started_again_and_stays_claimed() {
    let (deduplicator, event) = (Deduplicator::default(), event());
    let work = async {
        for _ in 0..2 {
            let outcome = deduplicator.work(&event, succeed()).await.unwrap();
            assert_eq!(outcome, WorkOutcome::InFlight);
        }
        Ok::<_, Infallible>(())
    };
    let outcome = deduplicator.work(&event, work).await.unwrap();
    assert_eq!(outcome, WorkOutcome::Completed(()));
}

#[tokio::test]
async fn work_that_panics_is_released() {
    let deduplicator = Deduplicator::default();
    let clone = deduplicator.clone();
    let task = tokio::spawn(async move {
        let work = async { panic!("scripted") };
        clone.work::<(), Infallible>(&event(), work).await
    });
    assert!(task.await.unwrap_err().is_panic());
    yield_now().await;
    assert_eq!(deduplicator.begin(&event()).await.unwrap(), Claim::New);
}

#[tokio::test]
async fn work_that_is_dropped_is_released() {
    let deduplicator = Deduplicator::default();
    let (event, work) = (event(), pending::<Result<(), Infallible>>());
    let mut work = Box::pin(deduplicator.work(&event, work));
    assert!(is_pending(&mut work));
    assert_eq!(deduplicator.begin(&event).await.unwrap(), Claim::InFlight);
    drop(work);
    yield_now().await;
    assert_eq!(deduplicator.begin(&event).await.unwrap(), Claim::New);
}

#[test]
fn work_without_a_runtime_commits_and_releases() {
    let deduplicator = Deduplicator::default();
    let event = event();
    let failed = deduplicator.work(&event, fail()).now_or_never();
    assert!(failed.unwrap().is_err());
    let succeeded = deduplicator.work(&event, succeed()).now_or_never();
    let outcome = succeeded.unwrap().unwrap();
    assert_eq!(outcome, WorkOutcome::Completed("done"));
    // Dropping unfinished work does not panic.
    let other = Deduplicator::default();
    let mut work = Box::pin(other.work(&event, pending::<Result<(), Infallible>>()));
    assert!(is_pending(&mut work));
    drop(work);
}

/// Records its calls, takes a moment for each, and fails in one of them.
#[derive(Default)]
struct Scripted {
    fails_in: &'static str,
    calls: Mutex<Vec<&'static str>>,
}

impl Scripted {
    fn call<T: Send + 'static>(&self, name: &'static str, result: T) -> DedupFuture<'_, T> {
        Box::pin(async move {
            yield_now().await;
            self.calls.lock().unwrap().push(name);
            if self.fails_in == name {
                return Err("the store is offline".into());
            }
            Ok(result)
        })
    }
}

impl DedupStore for Scripted {
    fn begin(&self, _: DeliveryKey) -> DedupFuture<'_, Claim> {
        self.call("begin", Claim::New)
    }

    fn commit(&self, _: DeliveryKey) -> DedupFuture<'_, ()> {
        self.call("commit", ())
    }

    fn release(&self, _: DeliveryKey) -> DedupFuture<'_, ()> {
        self.call("release", ())
    }
}

fn scripted(fails_in: &'static str) -> (Arc<Scripted>, Deduplicator) {
    let store = Arc::new(Scripted {
        fails_in,
        ..Scripted::default()
    });
    let shared: Arc<dyn DedupStore> = Arc::<Scripted>::clone(&store);
    (store, Deduplicator::new(shared))
}

#[tokio::test]
async fn failing_store_is_an_error_that_says_whether_the_work_was_done() {
    let (store, deduplicator) = scripted("begin");
    let error = deduplicator.work(&event(), succeed()).await.unwrap_err();
    assert!(matches!(error, WorkError::Begin(_)));
    assert_eq!(
        error.to_string(),
        "the deduplication store failed before the event was processed: the store is offline"
    );
    assert_eq!(*store.calls.lock().unwrap(), ["begin"]);

    let (store, deduplicator) = scripted("commit");
    let error = deduplicator.work(&event(), succeed()).await.unwrap_err();
    assert!(matches!(error, WorkError::Commit(_)));
    assert_eq!(
        error.to_string(),
        "the event was processed, but the deduplication store failed to record it: the store is offline"
    );
    assert_eq!(*store.calls.lock().unwrap(), ["begin", "commit"]);

    let (store, deduplicator) = scripted("release");
    let error = deduplicator.work(&event(), fail()).await.unwrap_err();
    assert!(matches!(error, WorkError::Work("no database")));
    assert_eq!(*store.calls.lock().unwrap(), ["begin", "release"]);
}

#[tokio::test]
async fn commit_and_release_complete_after_the_caller_is_dropped() {
    let (store, deduplicator) = scripted("");
    let event = event();
    let mut work = Box::pin(deduplicator.work(&event, succeed()));
    assert!(is_pending(&mut work));
    yield_now().await;
    // The claim and the work are done, and the commit has started.
    assert!(is_pending(&mut work));
    drop(work);
    let mut work = Box::pin(deduplicator.work(&event, fail()));
    assert!(is_pending(&mut work));
    yield_now().await;
    assert!(is_pending(&mut work));
    drop(work);
    for _ in 0..10 {
        yield_now().await;
    }
    let mut calls = store.calls.lock().unwrap().clone();
    calls.sort_unstable();
    assert_eq!(calls, ["begin", "begin", "commit", "release"]);
}

#[test]
fn deduplicator_can_be_shared_between_threads() {
    fn assert_shareable(_: &(impl Send + Sync + 'static)) {}
    fn assert_send(_: &impl Send) {}
    let (deduplicator, event) = (Deduplicator::default(), event());
    assert_shareable(&deduplicator);
    assert_send(&deduplicator.work(&event, succeed()));
}
