//! The spans of the SDK for OpenTelemetry: which are open, and what Python receives of them. Nothing here needs the interpreter.
//!
//! Python creates the spans, because the providers, samplers and exporters are there. So it receives the start of a span before
//! its end: the ids of a span exist before those of its children, and a sampler decides when a span starts.
//!
//! A call of the SDK runs in a span `caller`, which Python never receives. It has the number under which Python keeps the
//! context of the caller, and is the parent of the outermost spans.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use bird_connectors::client::TraceContext;
use bird_connectors::telemetry;
use tracing::span::{Attributes, Id, Record};
use tracing::{Metadata, Span, info_span};
use tracing_core::span::Current;

use super::fields::FieldCollector;
use super::open_span::OpenSpan;
use super::queue::{TelemetryQueue, thread_queue};
use super::records::SpanRecord;

/// The target of the spans `caller`.
pub(super) const CALLER: &str = "bird_connectors::caller";

/// Whether spans are recorded.
static RECORDING: AtomicBool = AtomicBool::new(false);

/// Whether Python has a recorder. It keeps it when spans are switched off: those of calls that still run end later.
static RECEIVING: AtomicBool = AtomicBool::new(false);

/// Whether requests have the trace context of their caller.
static SENDING: AtomicBool = AtomicBool::new(false);

pub(crate) fn is_recording() -> bool {
    RECORDING.load(Ordering::Relaxed)
}

/// Whether Python receives the ends and events of spans.
pub(crate) fn is_receiving() -> bool {
    RECEIVING.load(Ordering::Relaxed)
}

pub(crate) fn set_recording(recording: bool, sending: bool) {
    RECEIVING.fetch_or(recording, Ordering::Relaxed);
    RECORDING.store(recording, Ordering::Relaxed);
    SENDING.store(recording && sending, Ordering::Relaxed);
}

thread_local! {
    /// The spans that this thread has entered, from the outermost.
    static ENTERED: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };

    /// The span `caller` of the call that this thread began last.
    static LAST_CALLER: Cell<u64> = const { Cell::new(0) };
}

/// Nanoseconds since 1970.
pub(super) fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::try_from(now.unwrap_or_default().as_nanos()).unwrap_or(u64::MAX)
}

/// The span `caller` of a call, for a context that Python keeps under this number until it is released.
pub(crate) fn caller_span(context: u64, traceparent: Option<&str>, tracestate: &str) -> Span {
    info_span!(
        target: CALLER,
        parent: None,
        "caller",
        context,
        traceparent,
        tracestate
    )
}

/// This thread runs a call of this caller.
pub(crate) fn set_thread_caller(caller: &Span) {
    LAST_CALLER.set(caller.id().map_or(0, |id| id.into_u64()));
}

/// Whether spans of the call that this thread began last are open.
pub(crate) fn are_open() -> bool {
    let caller = LAST_CALLER.get();
    thread_queue().is_some_and(|queue| {
        let open = crate::process::lock(&queue.open);
        open.get(&caller).is_some_and(|span| span.children > 0)
    })
}

/// The span `caller` of the call that this thread began last; 0 without one.
pub(crate) fn thread_caller() -> u64 {
    LAST_CALLER.get()
}

/// Nothing waits for the call of this caller any longer, so that its spans are about to end.
pub(crate) fn leave(caller: u64) {
    if let Some(queue) = thread_queue()
        && let Some(span) = crate::process::lock(&queue.open).get_mut(&caller)
    {
        span.is_left = true;
    }
}

/// Whether spans of calls are open that nothing waits for.
pub(crate) fn are_left() -> bool {
    thread_queue().is_some_and(|queue| {
        let open = crate::process::lock(&queue.open);
        open.values().any(|span| span.is_left && span.children > 0)
    })
}

/// The trace context of the caller whose call this thread runs. The client sends it.
pub(crate) fn current_trace_context() -> Option<TraceContext> {
    if !SENDING.load(Ordering::Relaxed) {
        return None;
    }
    let queue = thread_queue()?;
    let open = crate::process::lock(&queue.open);
    let caller = open.get(&entered())?.caller;
    open.get(&caller)?.trace_context.clone()
}

/// The innermost span that this thread has entered; 0 without one.
fn entered() -> u64 {
    let innermost = ENTERED.try_with(|spans| spans.borrow().last().copied());
    innermost.ok().flatten().unwrap_or(0)
}

pub(super) fn start(attributes: &Attributes<'_>) -> Id {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    if let Some(queue) = thread_queue() {
        let parent = match attributes.parent() {
            Some(parent) => parent.into_u64(),
            None if attributes.is_contextual() => entered(),
            None => 0,
        };
        start_in(&queue, id, parent, attributes);
    }
    // A span that is not recorded has an id, too.
    Id::from_u64(id)
}

fn start_in(queue: &TelemetryQueue, id: u64, parent: u64, attributes: &Attributes<'_>) {
    let metadata = attributes.metadata();
    let mut fields = FieldCollector::default();
    attributes.record(&mut fields);
    let mut open = crate::process::lock(&queue.open);
    let span = if metadata.target() == CALLER {
        OpenSpan {
            metadata,
            references: 1,
            children: 0,
            parent: 0,
            caller: id,
            context: fields.context,
            received: 0,
            is_left: false,
            trace_context: fields
                .traceparent
                .and_then(|parent| TraceContext::new(&parent, &fields.tracestate)),
            fields: FieldCollector::default(),
        }
    } else {
        // Without a caller, nobody has asked for the span.
        let Some(enclosing) = open.get_mut(&parent) else {
            return;
        };
        enclosing.references += 1;
        enclosing.children += 1;
        let (context, caller, received) = (enclosing.context, enclosing.caller, enclosing.received);
        let is_queued = queue.push_span(SpanRecord::Start {
            id,
            parent: received,
            context,
            name: fields.name.unwrap_or_else(|| metadata.name().to_owned()),
            is_client: fields.is_client,
            time: now(),
            fields: fields.fields,
        });
        OpenSpan {
            metadata,
            references: 1,
            children: 0,
            parent,
            caller,
            context,
            received: if is_queued { id } else { received },
            fields: FieldCollector::default(),
            is_left: false,
            trace_context: None,
        }
    };
    open.insert(id, span);
}

pub(super) fn record(id: &Id, values: &Record<'_>) {
    let Some(queue) = thread_queue() else { return };
    if let Some(span) = crate::process::lock(&queue.open).get_mut(&id.into_u64()) {
        values.record(&mut span.fields);
    }
}

/// The span that an event of this thread belongs to, if Python has received it, and 0 if not. `None` outside of a call that is
/// recorded.
pub(super) fn of_event(queue: &TelemetryQueue) -> Option<u64> {
    let open = crate::process::lock(&queue.open);
    open.get(&entered()).map(|span| span.received)
}

pub(super) fn enter(id: &Id) {
    let _ = ENTERED.try_with(|spans| spans.borrow_mut().push(id.into_u64()));
}

pub(super) fn exit(id: &Id) {
    let _ = ENTERED.try_with(|spans| {
        let mut spans = spans.borrow_mut();
        if let Some(position) = spans.iter().rposition(|span| *span == id.into_u64()) {
            spans.remove(position);
        }
    });
}

pub(super) fn current() -> Current {
    let id = entered();
    if id == 0 {
        return Current::none();
    }
    let metadata = thread_queue().and_then(|queue| {
        let open = crate::process::lock(&queue.open);
        open.get(&id).map(|span| span.metadata)
    });
    match metadata {
        Some(metadata) => Current::new(Id::from_u64(id), metadata),
        None => Current::none(),
    }
}

pub(super) fn clone(id: &Id) {
    let Some(queue) = thread_queue() else { return };
    if let Some(span) = crate::process::lock(&queue.open).get_mut(&id.into_u64()) {
        span.references += 1;
    }
}

/// A handle to the span, or one of its children, is gone. Returns whether the span has ended.
pub(super) fn close(id: &Id) -> bool {
    let Some(queue) = thread_queue() else {
        return false;
    };
    let mut open = crate::process::lock(&queue.open);
    let mut has_ended = false;
    let mut id = id.into_u64();
    // The end of a span is the end of a reference to its parent.
    while let Some(span) = open.get_mut(&id) {
        span.references -= 1;
        if has_ended {
            span.children -= 1;
        }
        if span.references > 0 {
            break;
        }
        has_ended = true;
        let Some(span) = open.remove(&id) else { break };
        if span.caller == id {
            queue.push_end(SpanRecord::Release {
                context: span.context,
            });
        } else if span.received == id {
            queue.push_end(SpanRecord::End {
                id,
                time: now(),
                is_error: span.fields.is_error,
                fields: span.fields.fields,
            });
        }
        id = span.parent;
    }
    has_ended
}

/// Whether this is a span of the SDK, and not one of another crate, such as h2.
pub(super) fn is_own(metadata: &Metadata<'_>) -> bool {
    metadata.is_span()
        && [
            CALLER,
            telemetry::TRANSPORT,
            telemetry::WAIT,
            telemetry::WEBHOOK,
            telemetry::INSTALL,
            telemetry::RESOURCES,
        ]
        .contains(&metadata.target())
}
