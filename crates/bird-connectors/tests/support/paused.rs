//! Paused time for tests that use real sockets.
//!
//! A clock that tokio has paused jumps to the next timer as soon as no task is ready, also while bytes travel through a
//! socket: on a slow machine the timeout of an attempt expires before its response arrives. Here the clock is stopped
//! while an attempt is in flight and advances only between attempts, so no result depends on the machine's speed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bird_connectors::telemetry::TRANSPORT;
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

const TICK: Duration = Duration::from_millis(1);

/// Runs a test in paused time. Needs the current-thread runtime, which is the default of `#[tokio::test]`.
///
/// A server that sleeps before it responds never responds here: its attempt stays in flight, so the clock stays stopped.
pub(crate) async fn run<T>(test: impl Future<Output = T>) -> T {
    let in_flight = Arc::<AtomicUsize>::default();
    let subscriber = tracing_subscriber::registry().with(AttemptCounter(Arc::clone(&in_flight)));
    let _guard = tracing::subscriber::set_default(subscriber);
    tokio::time::pause();
    // Tokio does not advance a paused clock while a blocking task runs.
    let (release, released) = std::sync::mpsc::channel::<()>();
    let blocking = tokio::task::spawn_blocking(move || released.recv());
    let clock = async {
        loop {
            tokio::task::yield_now().await;
            if in_flight.load(Ordering::Relaxed) == 0 {
                tokio::time::advance(TICK).await;
            }
        }
    };
    let result = tokio::select! {
        result = test => result,
        () = clock => unreachable!("the clock never stops"),
    };
    drop(release);
    let _ = blocking.await;
    result
}

/// Counts the attempts that are in flight: from the start of an attempt's span to the event at the end of the attempt, or
/// to the end of the span if the call is dropped.
struct AttemptCounter(Arc<AtomicUsize>);

struct InFlight;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for AttemptCounter {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let metadata = attributes.metadata();
        if metadata.target() == TRANSPORT && metadata.name() == "attempt" {
            context.span(id).unwrap().extensions_mut().insert(InFlight);
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if event.metadata().target() == TRANSPORT {
            self.ended(context.lookup_current());
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        self.ended(context.span(&id));
    }
}

impl AttemptCounter {
    fn ended<'a>(&self, span: Option<SpanRef<'a, impl LookupSpan<'a>>>) {
        let Some(span) = span else { return };
        if span.extensions_mut().remove::<InFlight>().is_some() {
            self.0.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
