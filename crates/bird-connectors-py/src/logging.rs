//! What the SDK tells `tracing`, on its way to Python's `logging`: a bounded queue, filled by whatever thread the SDK
//! works on, and emptied by threads of Python alone, so that no thread of ours waits for the interpreter.
//!
//! Nothing is installed that a program could miss: this module is a library of its own, with a `tracing` of its own.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use bird_connectors::telemetry;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};

use crate::runtime::lock;

/// So many records wait; what comes beyond is counted.
const ROOM: usize = 1000;

/// The level from which a logger wants records, in Python's numbers. [`OFF`] wants none.
static THRESHOLDS: [AtomicU8; 3] = [const { AtomicU8::new(OFF) }; 3];
const OFF: u8 = u8::MAX;

/// Which logger gets what is told under a target.
fn logger_of(target: &str) -> usize {
    match target {
        telemetry::TRANSPORT => 1,
        telemetry::WAIT => 2,
        _ => 0,
    }
}

/// A level in Python's numbers.
fn number(level: Level) -> u8 {
    match level {
        Level::ERROR => 40,
        Level::WARN => 30,
        Level::INFO => 20,
        _ => 10,
    }
}

/// One record.
struct Entry {
    logger: usize,
    level: u8,
    message: String,
    /// Seconds since 1970.
    at: f64,
    fields: Vec<(&'static str, Value)>,
}

#[derive(IntoPyObject)]
enum Value {
    Int(u64),
    Float(f64),
    Text(String),
}

/// The records of one process that nobody has fetched yet.
#[derive(Default)]
pub(crate) struct Queue {
    entries: Mutex<VecDeque<Entry>>,
    waiting: AtomicUsize,
    dropped: AtomicUsize,
}

impl Queue {
    fn push(&self, entry: Entry) {
        let mut entries = lock(&self.entries);
        if entries.len() < ROOM {
            entries.push_back(entry);
            self.waiting.store(entries.len(), Ordering::Relaxed);
        } else {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn take(&self) -> (VecDeque<Entry>, usize) {
        let mut entries = lock(&self.entries);
        self.waiting.store(0, Ordering::Relaxed);
        let dropped = self.dropped.swap(0, Ordering::Relaxed);
        (std::mem::take(&mut *entries), dropped)
    }
}

thread_local! {
    /// The queue of this thread's runtime.
    static QUEUE: RefCell<Option<Arc<Queue>>> = const { RefCell::new(None) };
}

/// From now on, what this thread tells goes there.
pub(crate) fn listen(queue: &Arc<Queue>) {
    QUEUE.with_borrow_mut(|current| {
        if !current
            .as_ref()
            .is_some_and(|current| Arc::ptr_eq(current, queue))
        {
            *current = Some(Arc::clone(queue));
        }
    });
}

fn queue() -> Option<Arc<Queue>> {
    // None at the end of a thread, too.
    QUEUE
        .try_with(|queue| queue.borrow().clone())
        .unwrap_or_default()
}

/// Whether any logger wants anything.
pub(crate) fn is_on() -> bool {
    THRESHOLDS
        .iter()
        .any(|threshold| threshold.load(Ordering::Relaxed) != OFF)
}

/// Whether there is something to [`deliver`].
pub(crate) fn is_waiting() -> bool {
    queue().is_some_and(|queue| queue.waiting.load(Ordering::Relaxed) > 0)
}

/// The other half, `_logging.py`, which the package has imported.
///
/// It is not kept in a cell between calls: whoever sets one of pyo3's lets go of the interpreter for a moment, and a
/// process that forks in that moment has a child whose cell is never set.
fn python(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    py.import("bird_connectors._logging")
}

/// Looks what the loggers want. To be called before the SDK is put to work: levels can change at any time.
///
/// Fails where a signal handler raises meanwhile (Ctrl-C): Python runs those in whatever Python code is next.
pub(crate) fn refresh(py: Python<'_>) -> PyResult<()> {
    let thresholds = || -> PyResult<[u8; 3]> { python(py)?.call_method0("thresholds")?.extract() };
    match thresholds() {
        Ok(thresholds) => {
            for (own, new) in THRESHOLDS.iter().zip(thresholds) {
                own.store(new, Ordering::Relaxed);
            }
            Ok(())
        }
        Err(error) => forgive(py, error),
    }
}

/// What logging itself raises is reported and forgotten; Ctrl-C and an exit are not logging's own.
fn forgive(py: Python<'_>, error: PyErr) -> PyResult<()> {
    if !error.is_instance_of::<PyException>(py) {
        return Err(error);
    }
    error.write_unraisable(py, None);
    Ok(())
}

/// Hands over what has been told. To be called by a thread of Python, with no lock held: handlers run in it.
/// Fails as [`refresh`] does.
pub(crate) fn deliver(py: Python<'_>) -> PyResult<()> {
    if !is_waiting() {
        return Ok(());
    }
    let Some(queue) = queue() else {
        return Ok(());
    };
    let (entries, dropped) = queue.take();
    let hand_over = || -> PyResult<()> {
        let module = python(py)?;
        for entry in entries {
            let fields = PyDict::new(py);
            for (name, value) in entry.fields {
                fields.set_item(name, value)?;
            }
            let record = (entry.logger, entry.level, entry.message, entry.at, fields);
            module.call_method1("emit", record)?;
        }
        if dropped > 0 {
            module.call_method1("tell_dropped", (dropped,))?;
        }
        Ok(())
    };
    // The result of a call is not lost because its records are.
    hand_over().or_else(|error| forgive(py, error))
}

/// Begins to listen. Costs nothing where no logger wants anything.
pub(crate) fn install() {
    static INSTALLED: AtomicBool = AtomicBool::new(false);
    // Once, and not again in a forked child: trying takes a lock that a thread of the parent may have held.
    if !INSTALLED.swap(true, Ordering::Relaxed) {
        let _ = tracing::subscriber::set_global_default(Bridge);
    }
}

/// Events become records. Spans are not looked at: events say themselves what they are about.
struct Bridge;

impl Subscriber for Bridge {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        let ours = metadata.target().starts_with("bird_connectors");
        if ours && metadata.is_event() {
            Interest::sometimes()
        } else {
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let threshold = THRESHOLDS[logger_of(metadata.target())].load(Ordering::Relaxed);
        metadata.is_event() && number(*metadata.level()) >= threshold
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::DEBUG)
    }

    fn event(&self, event: &Event<'_>) {
        let Some(queue) = queue() else { return };
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let mut entry = Entry {
            logger: logger_of(event.metadata().target()),
            level: number(*event.metadata().level()),
            message: String::new(),
            at: now.unwrap_or_default().as_secs_f64(),
            fields: Vec::with_capacity(event.metadata().fields().len()),
        };
        event.record(&mut entry);
        queue.push(entry);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

impl Visit for Entry {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.fields.push((field.name(), Value::Int(value)));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.fields.push((field.name(), Value::Float(value)));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields
            .push((field.name(), Value::Text(value.to_owned())));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let text = format!("{value:?}");
        if field.name() == "message" {
            self.message = text;
        } else {
            self.fields.push((field.name(), Value::Text(text)));
        }
    }
}
