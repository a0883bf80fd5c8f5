//! The state of a span that has not ended.

use bird_connectors::client::TraceContext;
use tracing::Metadata;

use super::fields::FieldCollector;

/// A span that has not ended.
#[derive(Debug)]
pub(super) struct OpenSpan {
    pub(super) metadata: &'static Metadata<'static>,
    /// How many handles and open children it has.
    pub(super) references: usize,
    /// How many of its children are open.
    pub(super) children: usize,
    /// The enclosing span; 0 for a span `caller`.
    pub(super) parent: u64,
    /// The span `caller` that encloses it.
    pub(super) caller: u64,
    pub(super) context: u64,
    /// This span, or the next enclosing one, that Python has received; 0 without one.
    pub(super) received: u64,
    /// The fields that were recorded since its start.
    pub(super) fields: FieldCollector,
    /// Nothing waits for the call any longer; of a span `caller` only.
    pub(super) is_left: bool,
    /// What its requests send; of a span `caller` only.
    pub(super) trace_context: Option<TraceContext>,
}
