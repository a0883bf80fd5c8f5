//! Reads the fields of spans and events.

use std::fmt::Debug;

use tracing::field::{Field, Visit};

use super::records::{FieldValue, Fields};

/// The fields of a span or an event, and those that are not attributes of it.
#[derive(Debug, Default)]
pub(super) struct FieldCollector {
    pub(super) fields: Fields,
    /// The message of an event.
    pub(super) message: String,
    /// `otel.name`
    pub(super) name: Option<String>,
    /// Whether `otel.kind` is `client`.
    pub(super) is_client: bool,
    /// Whether `otel.status_code` is `ERROR`.
    pub(super) is_error: bool,
    // The fields of a span `caller`.
    pub(super) context: u64,
    pub(super) traceparent: Option<String>,
    pub(super) tracestate: String,
}

impl Visit for FieldCollector {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.fields.push((field.name(), FieldValue::Int(value)));
    }

    fn record_u64(&mut self, _: &Field, value: u64) {
        self.context = value;
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.fields.push((field.name(), FieldValue::Float(value)));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "otel.name" => self.name = Some(value.to_owned()),
            "otel.kind" => self.is_client = value == "client",
            "otel.status_code" => self.is_error = value == "ERROR",
            "traceparent" => self.traceparent = Some(value.to_owned()),
            "tracestate" => value.clone_into(&mut self.tracestate),
            name => self
                .fields
                .push((name, FieldValue::String(value.to_owned()))),
        }
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
