//! Which spans the subscriber queues for OpenTelemetry, and in which order.
//!
//! A test cannot link this crate, since it is an extension module of Python. This test compiles the files that do not use
//! Python.

#![allow(clippy::unwrap_used, clippy::panic)]

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

use tracing::field::Empty;
use tracing::subscriber::DefaultGuard;
use tracing::{Span, debug_span, info, info_span};

use logging::queue::{TelemetryQueue, set_thread_queue};
use logging::records::{SpanRecord, TelemetryRecord};
use logging::spans::{
    are_open, caller_span, current_trace_context, set_recording, set_thread_caller,
};
use logging::subscriber::TelemetrySubscriber;

const OWN: &str = "bird_connectors::transport";

/// A queue for the spans of this thread until the guard is dropped. No test switches recording off.
fn record() -> (Arc<TelemetryQueue>, DefaultGuard) {
    set_recording(true, true);
    let queue = Arc::new(TelemetryQueue::default());
    set_thread_queue(&queue);
    let guard = tracing::subscriber::set_default(TelemetrySubscriber);
    (queue, guard)
}

fn call() -> Span {
    info_span!(target: OWN, "call", error.type = Empty, otel.status_code = Empty)
}

fn attempt() -> Span {
    debug_span!(target: OWN, "attempt", otel.kind = "client", otel.name = "GET /numbers")
}

/// What is queued: the kind of each record, and names instead of ids.
fn queued(queue: &TelemetryQueue) -> Vec<String> {
    let mut names = vec![(0, "caller".to_owned())];
    let records = queue.take().records.into_iter();
    let described = records.map(|record| match record {
        TelemetryRecord::Span(SpanRecord::Start {
            id,
            parent,
            context,
            name,
            is_client,
            ..
        }) => {
            let parent = name_of(&names, parent);
            names.push((id, name.clone()));
            let kind = if is_client { " client" } else { "" };
            format!("start{kind} {name} in {parent} of {context}")
        }
        TelemetryRecord::Span(SpanRecord::Event { span, name, .. }) => {
            format!("event {name} in {}", name_of(&names, span))
        }
        TelemetryRecord::Span(SpanRecord::End { id, is_error, .. }) => {
            let error = if is_error { " with error" } else { "" };
            format!("end {}{error}", name_of(&names, id))
        }
        TelemetryRecord::Span(SpanRecord::Release { context }) => format!("release {context}"),
        TelemetryRecord::Log(record) => format!("log {}", record.message),
    });
    described.collect()
}

fn name_of(names: &[(u64, String)], id: u64) -> String {
    let found = names.iter().find(|(known, _)| *known == id);
    found.map_or_else(|| "unknown".to_owned(), |(_, name)| name.clone())
}

#[test]
fn spans_start_before_their_children_and_end_after_them() {
    let (queue, _guard) = record();
    let caller = caller_span(7, None, "");
    caller.in_scope(|| {
        let call = call();
        call.in_scope(|| {
            info!(target: OWN, "retrying");
            drop(attempt());
        });
        call.record("error.type", "503");
        call.record("otel.status_code", "ERROR");
    });
    drop(caller);
    assert_eq!(
        queued(&queue),
        [
            "start call in caller of 7",
            "event retrying in call",
            "start client GET /numbers in call of 7",
            "end GET /numbers",
            "end call with error",
            "release 7",
        ]
    );
}

#[test]
fn span_is_open_until_its_children_have_ended() {
    let (queue, _guard) = record();
    let caller = caller_span(7, None, "");
    let call = caller.in_scope(call);
    let attempt = call.in_scope(attempt);
    drop((caller, call));
    assert_eq!(queued(&queue).len(), 2);
    drop(attempt);
    let ends = Vec::from(queue.take().records);
    assert_eq!(ends.len(), 3, "{ends:?}");
    assert!(matches!(
        ends[2],
        TelemetryRecord::Span(SpanRecord::Release { context: 7 })
    ));
}

#[test]
fn spans_without_a_caller_and_of_other_crates_are_not_queued() {
    let (queue, _guard) = record();
    call().in_scope(|| {
        drop(attempt());
        info!(target: OWN, "retrying");
    });
    let caller = caller_span(7, None, "");
    caller.in_scope(|| drop(info_span!(target: "h2::client", "poll")));
    drop(caller);
    assert_eq!(queued(&queue), ["release 7"]);
}

#[test]
fn spans_of_a_call_are_open_until_its_last_child_has_ended() {
    let (queue, _guard) = record();
    let caller = caller_span(7, None, "");
    set_thread_caller(&caller);
    assert!(!are_open());
    let call = caller.in_scope(call);
    let attempt = call.in_scope(attempt);
    drop(call);
    assert!(are_open());
    drop(attempt);
    assert!(!are_open(), "an iteration keeps its caller");
    drop(caller);
    assert!(!are_open());
    assert_eq!(queued(&queue).len(), 5);
}

#[test]
fn full_queue_drops_starts_but_no_end_of_what_was_started() {
    let (queue, _guard) = record();
    let caller = caller_span(7, None, "");
    let call = caller.in_scope(call);
    let _entered = call.enter();
    for _ in 0..3_999 {
        drop(attempt());
    }
    let dropped = attempt();
    let full = queue.take();
    assert_eq!(full.dropped_spans, 1);
    assert_eq!(full.records.len(), 4_000 + 3_999, "each attempt has ended");
    let Some(TelemetryRecord::Span(SpanRecord::Start {
        id: of_the_call, ..
    })) = full.records.front()
    else {
        panic!("{full:?}");
    };
    // The child of a dropped span belongs to the next enclosing one.
    let child = dropped.in_scope(attempt);
    let records = Vec::from(queue.take().records);
    let [TelemetryRecord::Span(SpanRecord::Start { parent, .. })] = &records[..] else {
        panic!("{records:?}");
    };
    assert_eq!(parent, of_the_call);
    drop((child, dropped));
    assert_eq!(queue.take().records.len(), 1, "the end of the child");
}

#[test]
fn requests_have_the_trace_context_of_their_caller() {
    let (_queue, _guard) = record();
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    assert_eq!(current_trace_context(), None);
    let caller = caller_span(7, Some(traceparent), "");
    let sent = caller.in_scope(|| call().in_scope(|| attempt().in_scope(current_trace_context)));
    assert!(sent.is_some());
    let without = caller_span(8, None, "");
    let sent = without.in_scope(|| call().in_scope(current_trace_context));
    assert_eq!(sent, None);
}
