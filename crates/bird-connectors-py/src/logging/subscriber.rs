//! The `tracing` subscriber: queues the events that a Python logger wants, and spans while OpenTelemetry is on. Nothing here needs
//! the interpreter.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use bird_connectors::telemetry;
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_core::span::Current;

use super::fields::FieldCollector;
use super::queue::thread_queue;
use super::records::{LogRecord, SpanRecord};
use super::spans;

/// The number of loggers. Their order is that of `_logging.py`.
pub(crate) const LOGGERS: usize = 3;

/// The lowest level that each logger accepts, as a number of Python's `logging`.
static THRESHOLDS: [AtomicU8; LOGGERS] = [const { AtomicU8::new(OFF) }; LOGGERS];

/// The threshold of a logger that accepts no records.
const OFF: u8 = u8::MAX;

pub(crate) fn set_thresholds(thresholds: [u8; LOGGERS]) {
    for (threshold, value) in THRESHOLDS.iter().zip(thresholds) {
        threshold.store(value, Ordering::Relaxed);
    }
}

/// Whether any logger accepts records.
pub(crate) fn is_any_logger_enabled() -> bool {
    THRESHOLDS
        .iter()
        .any(|threshold| threshold.load(Ordering::Relaxed) != OFF)
}

/// Installs the subscriber once for each process tree. It costs next to nothing while no logger accepts records and OpenTelemetry is
/// off.
pub(crate) fn install() {
    static INSTALLED: AtomicBool = AtomicBool::new(false);
    // A forked child keeps the subscriber. Installing it again would take a lock that a thread of the parent may have
    // held when the process forked.
    if !INSTALLED.swap(true, Ordering::Relaxed) {
        let _ = tracing::subscriber::set_global_default(TelemetrySubscriber);
    }
}

/// The logger for a `tracing` target.
fn logger_of(target: &str) -> usize {
    match target {
        telemetry::TRANSPORT => 1,
        telemetry::WAIT => 2,
        _ => 0,
    }
}

/// The number of a level in Python's `logging`.
fn level_number(level: Level) -> u8 {
    match level {
        Level::ERROR => 40,
        Level::WARN => 30,
        Level::INFO => 20,
        _ => 10,
    }
}

/// Whether this is an event of the SDK, and not one of another crate, such as hyper.
fn is_own_event(metadata: &Metadata<'_>) -> bool {
    metadata.is_event() && metadata.target().starts_with("bird_connectors")
}

fn is_logged(metadata: &Metadata<'_>) -> bool {
    let threshold = THRESHOLDS[logger_of(metadata.target())].load(Ordering::Relaxed);
    level_number(*metadata.level()) >= threshold
}

/// Queues events as log records, and spans with their events for OpenTelemetry.
pub(crate) struct TelemetrySubscriber;

impl Subscriber for TelemetrySubscriber {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if is_own_event(metadata) || spans::is_own(metadata) {
            Interest::sometimes()
        } else {
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // While a callsite is being registered, `tracing` calls only this, without the interest that
        // `register_callsite` returns. In a child that was forked meanwhile, that state never ends.
        if metadata.is_span() {
            return spans::is_recording() && spans::is_own(metadata);
        }
        is_own_event(metadata) && (is_logged(metadata) || spans::is_receiving())
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::DEBUG)
    }

    fn event(&self, event: &Event<'_>) {
        let Some(queue) = thread_queue() else { return };
        let metadata = event.metadata();
        let mut collected = FieldCollector::default();
        event.record(&mut collected);
        let FieldCollector {
            fields, message, ..
        } = collected;
        let span = spans::is_receiving().then(|| spans::of_event(&queue));
        let span = span.flatten();
        // The end of the span of an attempt says the same.
        if let Some(span) = span
            && message != "attempt ended"
        {
            queue.push_span(SpanRecord::Event {
                span,
                name: message.clone(),
                time: spans::now(),
                fields: fields.clone(),
            });
        }
        if is_logged(metadata) {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            queue.push_log(LogRecord {
                logger: logger_of(metadata.target()),
                level: level_number(*metadata.level()),
                message,
                created: now.unwrap_or_default().as_secs_f64(),
                fields,
                span: span.unwrap_or(0),
            });
        }
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        spans::start(attributes)
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        spans::record(id, values);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, id: &Id) {
        spans::enter(id);
    }

    fn exit(&self, id: &Id) {
        spans::exit(id);
    }

    fn current_span(&self) -> Current {
        spans::current()
    }

    fn clone_span(&self, id: &Id) -> Id {
        spans::clone(id);
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        spans::close(&id)
    }
}
