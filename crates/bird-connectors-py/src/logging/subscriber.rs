//! The `tracing` subscriber: queues the SDK's events that a Python logger wants. Nothing here needs the interpreter.

use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use bird_connectors::telemetry;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};

use super::queue::{FieldValue, LogRecord, thread_queue};

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

/// Installs the subscriber once for each process tree. It costs nothing while no logger accepts records.
pub(crate) fn install() {
    static INSTALLED: AtomicBool = AtomicBool::new(false);
    // A forked child keeps the subscriber. Installing it again would take a lock that a thread of the parent may have
    // held when the process forked.
    if !INSTALLED.swap(true, Ordering::Relaxed) {
        let _ = tracing::subscriber::set_global_default(LogSubscriber);
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

/// Queues events as records. Spans are ignored: each event carries its context as fields.
pub(crate) struct LogSubscriber;

impl Subscriber for LogSubscriber {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if is_own_event(metadata) {
            Interest::sometimes()
        } else {
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // While a callsite is being registered, `tracing` calls only this, without the interest that
        // `register_callsite` returns. In a child that was forked meanwhile, that state never ends.
        if !is_own_event(metadata) {
            return false;
        }
        let threshold = THRESHOLDS[logger_of(metadata.target())].load(Ordering::Relaxed);
        level_number(*metadata.level()) >= threshold
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::DEBUG)
    }

    fn event(&self, event: &Event<'_>) {
        let Some(queue) = thread_queue() else { return };
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let mut record = LogRecord {
            logger: logger_of(event.metadata().target()),
            level: level_number(*event.metadata().level()),
            message: String::new(),
            created: now.unwrap_or_default().as_secs_f64(),
            fields: Vec::with_capacity(event.metadata().fields().len()),
        };
        event.record(&mut record);
        queue.push(record);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

impl Visit for LogRecord {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.fields.push((field.name(), FieldValue::Int(value)));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.fields.push((field.name(), FieldValue::Float(value)));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields
            .push((field.name(), FieldValue::String(value.to_owned())));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let value = format!("{value:?}");
        if field.name() == "message" {
            self.message = value;
        } else {
            self.fields.push((field.name(), FieldValue::String(value)));
        }
    }
}
