//! Which `tracing` events the subscriber for Python's `logging` queues.
//!
//! A test cannot link this crate, since it is an extension module of Python. This test compiles the files that do not use
//! Python.

#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
#[path = "../src/process.rs"]
mod process;
#[allow(dead_code, unused_imports)]
#[path = "../src/logging"]
mod logging {
    pub(crate) mod fields;
    pub(crate) mod open_span;
    pub(crate) mod queue;
    pub(crate) mod records;
    pub(crate) mod spans;
    pub(crate) mod subscriber;
}

use std::sync::Arc;
use std::thread;

use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};

use logging::queue::{TelemetryQueue, set_thread_queue};
use logging::records::{FieldValue, TelemetryRecord};
use logging::subscriber::{LOGGERS, TelemetrySubscriber, set_thresholds};

const FOREIGN: &str = "hyper_util::client::legacy::pool";
const OWN: &str = "bird_connectors::transport";

/// The level DEBUG of Python's `logging`.
const DEBUG: u8 = 10;

fn emit_foreign() {
    tracing::debug!(target: FOREIGN, "pooling idle connection");
}

fn emit_own() {
    tracing::debug!(target: OWN, { http.response.status_code = 200_i64 }, "attempt ended");
}

/// Has another thread emit an event while its callsite is being registered. For that thread, `tracing` asks `enabled`
/// without the interest that `register_callsite` is about to return. A process that forks at that moment has a child in
/// which the registration never ends.
struct EmitWhileRegistering {
    subscriber: TelemetrySubscriber,
    queue: Arc<TelemetryQueue>,
}

impl Subscriber for EmitWhileRegistering {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        let emit = if metadata.target() == OWN {
            emit_own
        } else {
            emit_foreign
        };
        let queue = Arc::clone(&self.queue);
        let other = thread::spawn(move || {
            set_thread_queue(&queue);
            emit();
        });
        other.join().unwrap();
        self.subscriber.register_callsite(metadata)
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.subscriber.enabled(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.subscriber.max_level_hint()
    }

    fn event(&self, event: &Event<'_>) {
        self.subscriber.event(event);
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        self.subscriber.new_span(attributes)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn subscriber_ignores_other_crates_while_their_callsites_are_registered() {
    let queue = Arc::new(TelemetryQueue::default());
    set_thresholds([DEBUG; LOGGERS]);
    tracing::subscriber::set_global_default(EmitWhileRegistering {
        subscriber: TelemetrySubscriber,
        queue: Arc::clone(&queue),
    })
    .unwrap();

    emit_foreign();
    emit_own();

    let records = Vec::from(queue.take().records);
    let [TelemetryRecord::Log(record)] = &records[..] else {
        panic!("{records:?}");
    };
    assert_eq!(record.message, "attempt ended");
    let (name, value) = &record.fields[0];
    assert_eq!(*name, "http.response.status_code");
    assert!(matches!(value, FieldValue::Int(200)), "{value:?}");
}
