//! Forwards the SDK's `tracing` events to Python's `logging`, and its spans to OpenTelemetry while `bird_connectors.otel` is
//! switched on.
//!
//! The SDK's threads put records into a bounded queue. Python threads empty it: the thread that waits for a call, or the
//! thread of the event loop. No thread of the runtime waits for the interpreter.
//!
//! The subscriber is global and conflicts with no other one: this module is a shared library with its own copy of
//! `tracing`.

mod fields;
mod open_span;
mod queue;
mod records;
mod spans;
mod subscriber;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use pyo3::exceptions::PyException;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use tracing::Span;

use crate::hints::{AnyValue, Typed};
use crate::logging::queue::{Batch, TelemetryQueue, thread_queue};
use crate::logging::records::{FieldValue, Fields, LogRecord, SpanRecord, TelemetryRecord};
use crate::process::{ProcessOwned, lock};
use crate::python_module::PythonModule;

pub(crate) use crate::logging::queue::set_thread_queue;
pub(crate) use crate::logging::spans::{
    current_trace_context, is_recording as is_recording_spans, leave,
    set_recording as set_recording_spans, set_thread_caller, thread_caller,
};
pub(crate) use crate::logging::subscriber::is_any_logger_enabled;

/// How many milliseconds to wait for the ends of the spans of a call that was dropped.
const DROPPED_SPANS_GRACE: u32 = 50;

/// How many milliseconds [`flush`] waits for the ends of the spans of calls that nothing waits for.
const LEFT_SPANS_GRACE: u32 = 100;

/// Whether this thread's queue has records for [`deliver`].
pub(crate) fn has_records() -> bool {
    thread_queue().is_some_and(|queue| !queue.is_empty())
}

/// The queue of this process, which the records of this thread go to from now on.
pub(crate) fn queue(_: Python<'_>) -> Arc<TelemetryQueue> {
    static QUEUE: Mutex<Option<ProcessOwned<Arc<TelemetryQueue>>>> = Mutex::new(None);
    let mut slot = lock(&QUEUE);
    let queue = match slot.as_ref().and_then(ProcessOwned::get) {
        Some(queue) => Arc::clone(queue),
        None => {
            let queue = Arc::new(TelemetryQueue::default());
            *slot = Some(ProcessOwned::new(Arc::clone(&queue)));
            subscriber::install();
            queue
        }
    };
    set_thread_queue(&queue);
    queue
}

/// The Python side, which the package has imported.
static PYTHON: PythonModule = PythonModule::new("bird_connectors._logging");

/// Reads the levels of the loggers, which can change at any time. Call it before the SDK starts work.
///
/// Fails if a signal handler raises meanwhile (Ctrl-C): Python runs handlers in whichever Python code runs next.
pub(crate) fn refresh_levels(py: Python<'_>) -> PyResult<()> {
    let thresholds = || {
        PYTHON
            .get(py)?
            .call_method0(intern!(py, "thresholds"))?
            .extract::<[u8; subscriber::LOGGERS]>()
    };
    match thresholds() {
        Ok(thresholds) => {
            subscriber::set_thresholds(thresholds);
            Ok(())
        }
        Err(error) => ignore_unless_fatal(py, error),
    }
}

/// The span in which to run a call, so that its spans become children of the current span of OpenTelemetry. It is disabled, and
/// costs nothing, unless OpenTelemetry is switched on.
///
/// Fails as [`refresh_levels`] does.
pub(crate) fn caller(py: Python<'_>) -> PyResult<Span> {
    let caller = new_caller(py)?;
    spans::set_thread_caller(&caller);
    Ok(caller)
}

fn new_caller(py: Python<'_>) -> PyResult<Span> {
    if !spans::is_recording() {
        return Ok(Span::none());
    }
    queue(py);
    let capture = || -> PyResult<Span> {
        let (context, traceparent, tracestate) = PYTHON
            .get(py)?
            .getattr(intern!(py, "recorder"))?
            .call_method0(intern!(py, "capture"))?
            .extract::<(u64, Option<String>, String)>()?;
        if context == 0 {
            return Ok(Span::none());
        }
        Ok(spans::caller_span(
            context,
            traceparent.as_deref(),
            &tracestate,
        ))
    };
    capture().or_else(|error| ignore_unless_fatal(py, error).map(|()| Span::none()))
}

/// Passes the records of a call that this thread has dropped. Its exceptions are ignored: what ended the call is more important.
pub(crate) fn deliver_dropped(py: Python<'_>) {
    // A task of the runtime may hold a span until it notices that it was aborted.
    wait_while(py, spans::are_open, DROPPED_SPANS_GRACE);
    let _ = deliver(py);
}

/// Like [`deliver`], but first waits a moment for the spans of calls that were cancelled, and of iterations that were dropped.
pub(crate) fn flush(py: Python<'_>) -> PyResult<()> {
    wait_while(py, spans::are_left, LEFT_SPANS_GRACE);
    deliver(py)
}

/// Waits without the interpreter while this is true, at most this many milliseconds.
fn wait_while(py: Python<'_>, is_true: impl Fn() -> bool, milliseconds: u32) {
    for _ in 0..milliseconds {
        if !is_true() {
            break;
        }
        py.detach(|| std::thread::sleep(Duration::from_millis(1)));
    }
}

/// Passes the queued records to Python. Call it from a Python thread that holds no lock: handlers run in it.
///
/// Fails as [`refresh_levels`] does.
pub(crate) fn deliver(py: Python<'_>) -> PyResult<()> {
    let Some(queue) = thread_queue().filter(|queue| !queue.is_empty()) else {
        return Ok(());
    };
    let delivered = if spans::is_receiving() {
        deliver_to_recorder(py, queue)
    } else {
        deliver_logs(py, queue.take())
    };
    // A failure to log must not lose the result of the call.
    delivered.or_else(|error| ignore_unless_fatal(py, error))
}

fn deliver_logs(py: Python<'_>, batch: Batch) -> PyResult<()> {
    let module = PYTHON.get(py)?;
    for record in batch.records {
        if let TelemetryRecord::Log(record) = record {
            let arguments = (
                record.logger,
                record.level,
                record.message,
                record.created,
                attributes(py, record.fields)?,
            );
            module.call_method1("emit", arguments)?;
        }
    }
    if batch.dropped_logs > 0 {
        module.call_method1("warn_dropped", (batch.dropped_logs,))?;
    }
    Ok(())
}

fn deliver_to_recorder(py: Python<'_>, queue: Arc<TelemetryQueue>) -> PyResult<()> {
    PYTHON
        .get(py)?
        .getattr(intern!(py, "recorder"))?
        .call_method1(intern!(py, "receive"), (TelemetrySource(queue),))
        .map(drop)
}

/// The queue, for the recorder of `bird_connectors.otel`, which takes the records while it holds its lock: so they are handled in
/// their order.
#[pyclass(frozen, module = "bird_connectors._native")]
pub(crate) struct TelemetrySource(Arc<TelemetryQueue>);

#[pymethods]
impl TelemetrySource {
    /// Takes the records, each as the name of a method of the recorder and its arguments.
    fn take(&self, py: Python<'_>) -> PyResult<Typed<Vec<AnyValue>>> {
        let batch = self.0.take();
        let mut calls = Vec::with_capacity(batch.records.len() + 1);
        for record in batch.records {
            calls.push(recorder_call(py, record)?);
        }
        if batch.dropped_logs + batch.dropped_spans > 0 {
            let arguments = (batch.dropped_logs, batch.dropped_spans);
            calls.push(
                (intern!(py, "dropped"), arguments)
                    .into_pyobject(py)?
                    .into_any(),
            );
        }
        Ok(Typed::new(PyTuple::new(py, calls)?.into_any().unbind()))
    }
}

/// The method of the recorder that handles a record, and its arguments.
fn recorder_call(py: Python<'_>, record: TelemetryRecord) -> PyResult<Bound<'_, PyAny>> {
    let (method, arguments) = match record {
        TelemetryRecord::Log(LogRecord {
            logger,
            level,
            message,
            created,
            fields,
            span,
        }) => (
            intern!(py, "log"),
            (
                span,
                logger,
                level,
                message,
                created,
                attributes(py, fields)?,
            )
                .into_pyobject(py)?,
        ),
        TelemetryRecord::Span(SpanRecord::Start {
            id,
            parent,
            context,
            name,
            is_client,
            time,
            fields,
        }) => (
            intern!(py, "start"),
            (
                id,
                parent,
                context,
                name,
                is_client,
                time,
                attributes(py, fields)?,
            )
                .into_pyobject(py)?,
        ),
        TelemetryRecord::Span(SpanRecord::Event {
            span,
            name,
            time,
            fields,
        }) => (
            intern!(py, "event"),
            (span, name, time, attributes(py, fields)?).into_pyobject(py)?,
        ),
        TelemetryRecord::Span(SpanRecord::End {
            id,
            time,
            is_error,
            fields,
        }) => (
            intern!(py, "end"),
            (id, time, is_error, attributes(py, fields)?).into_pyobject(py)?,
        ),
        TelemetryRecord::Span(SpanRecord::Release { context }) => {
            (intern!(py, "release"), (context,).into_pyobject(py)?)
        }
    };
    Ok((method, arguments).into_pyobject(py)?.into_any())
}

fn attributes(py: Python<'_>, fields: Fields) -> PyResult<Bound<'_, PyDict>> {
    let attributes = PyDict::new(py);
    for (name, value) in fields {
        match value {
            FieldValue::Int(value) => attributes.set_item(name, value)?,
            FieldValue::Float(value) => attributes.set_item(name, value)?,
            FieldValue::String(value) => attributes.set_item(name, value)?,
        }
    }
    Ok(attributes)
}

/// Reports an exception of a log handler as unraisable. Ctrl-C and exit requests are passed on.
fn ignore_unless_fatal(py: Python<'_>, error: PyErr) -> PyResult<()> {
    if !error.is_instance_of::<PyException>(py) {
        return Err(error);
    }
    error.write_unraisable(py, None);
    Ok(())
}
