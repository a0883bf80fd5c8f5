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

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
