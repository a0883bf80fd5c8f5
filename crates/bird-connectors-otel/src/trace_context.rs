//! The trace context of the current span.

use bird_connectors::client::TraceContext;
use opentelemetry::trace::TraceContextExt as _;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// The context of the current span, which `tracing-opentelemetry` exports. Pass it to
/// [`ClientBuilder::trace_context`](bird_connectors::ClientBuilder::trace_context) to send `traceparent` and `tracestate` with each
/// request. `None` without a layer of `tracing-opentelemetry`.
///
/// ```
/// let client = bird_connectors::Client::builder().trace_context(bird_connectors_otel::trace_context);
/// # let _ = client;
/// ```
#[must_use]
pub fn trace_context() -> Option<TraceContext> {
    let context = Span::current().context();
    let span = context.span();
    let span = span.span_context();
    if !span.is_valid() {
        return None;
    }
    let (trace, id, flags) = (span.trace_id(), span.span_id(), span.trace_flags().to_u8());
    let traceparent = format!("00-{trace}-{id}-{flags:02x}");
    TraceContext::new(&traceparent, &span.trace_state().header())
}
