//! What Python receives: log records, and starts, events and ends of spans.

/// What waits for Python.
#[derive(Debug)]
pub(crate) enum TelemetryRecord {
    Log(LogRecord),
    Span(SpanRecord),
}

/// One log record.
#[derive(Debug)]
pub(crate) struct LogRecord {
    /// Index of the logger, in the order of `_logging.py`.
    pub(crate) logger: usize,
    /// The level as a number of Python's `logging`.
    pub(crate) level: u8,
    pub(crate) message: String,
    /// Seconds since 1970.
    pub(crate) created: f64,
    pub(crate) fields: Fields,
    /// The span that it belongs to; 0 without one.
    pub(crate) span: u64,
}

pub(crate) type Fields = Vec<(&'static str, FieldValue)>;

#[derive(Clone, Debug)]
pub(crate) enum FieldValue {
    Int(i64),
    Float(f64),
    String(String),
}

/// What Python receives of spans, in this order.
#[derive(Debug)]
pub(crate) enum SpanRecord {
    Start {
        id: u64,
        /// The id of the parent; 0 for a child of the caller's span.
        parent: u64,
        /// The number of the caller's context.
        context: u64,
        name: String,
        is_client: bool,
        time: u64,
        fields: Fields,
    },
    Event {
        span: u64,
        name: String,
        time: u64,
        fields: Fields,
    },
    End {
        id: u64,
        time: u64,
        is_error: bool,
        fields: Fields,
    },
    /// All spans of a call have ended.
    Release { context: u64 },
}
