//! The trace context that is sent with a request, if the program has switched that on.

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue};

/// The headers of a [W3C trace context](https://www.w3.org/TR/trace-context/), which connect the spans of a server to those of
/// a client. See [`ClientBuilder::trace_context`](crate::ClientBuilder::trace_context).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    traceparent: HeaderValue,
    tracestate: Option<HeaderValue>,
}

impl TraceContext {
    /// A context with these values of `traceparent` and `tracestate`; an empty `tracestate` is not sent. `None` if `traceparent` is
    /// not of the form `00-<32 hex digits>-<16 hex digits>-<2 hex digits>`, or `tracestate` cannot be in a header.
    ///
    /// ```
    /// use bird_connectors::client::TraceContext;
    ///
    /// let context = TraceContext::new("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "");
    /// assert!(context.is_some());
    /// assert_eq!(TraceContext::new("0af7651916cd43dd8448eb211c80319c", ""), None);
    /// ```
    #[must_use]
    pub fn new(traceparent: &str, tracestate: &str) -> Option<Self> {
        let parts: Vec<_> = traceparent.split('-').collect();
        let [version, ids @ ..] = &parts[..] else {
            return None;
        };
        let is_hex = |part: &str| {
            part.bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        let lengths: Vec<_> = ids.iter().map(|part| part.len()).collect();
        if *version != "00" || lengths != [32, 16, 2] || !ids.iter().all(|part| is_hex(part)) {
            return None;
        }
        let tracestate = match tracestate {
            "" => None,
            value => Some(HeaderValue::from_str(value).ok()?),
        };
        Some(Self {
            traceparent: HeaderValue::from_str(traceparent).ok()?,
            tracestate,
        })
    }
}

/// A function of the program that returns the current trace context.
#[derive(Clone)]
pub(crate) struct TraceContextSource(Arc<dyn Fn() -> Option<TraceContext> + Send + Sync>);

impl TraceContextSource {
    pub(crate) fn new(current: impl Fn() -> Option<TraceContext> + Send + Sync + 'static) -> Self {
        Self(Arc::new(current))
    }

    /// Adds the headers of the current context.
    pub(super) fn insert(&self, headers: &mut HeaderMap) {
        let Some(context) = (self.0)() else { return };
        headers.insert("traceparent", context.traceparent);
        if let Some(tracestate) = context.tracestate {
            headers.insert("tracestate", tracestate);
        }
    }
}

impl fmt::Debug for TraceContextSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceContextSource").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
