//! OpenTelemetry for the SDK [`bird_connectors`]: metrics, and the trace context of requests. Unofficial.
//!
//! The SDK emits [`tracing`] spans and events, which `tracing-opentelemetry` exports as traces. [`metrics_layer`] counts and
//! measures the same spans and events. So the SDK needs no crate of OpenTelemetry, and a program that does not use this one pays
//! nothing.
//!
//! ```
//! use opentelemetry_sdk::metrics::SdkMeterProvider;
//! use tracing_subscriber::layer::SubscriberExt as _;
//!
//! // With a reader for the exporter of your choice.
//! let provider = SdkMeterProvider::builder().build();
//! let subscriber = tracing_subscriber::registry().with(bird_connectors_otel::metrics_layer(&provider));
//! // When the program starts: tracing::subscriber::set_global_default(subscriber)?
//! # let _ = subscriber;
//! ```
//!
//! # Metrics
//!
//! | metric | kind | unit | attributes |
//! |---|---|---|---|
//! | `http.client.request.duration` | histogram | s | `http.request.method`, `http.response.status_code`, `error.type`, `network.protocol.version`, `server.address`, `server.port`, `url.template` |
//! | `bird.retries` | counter | {retry} | `http.request.method`, `url.template`, `error.type` of the attempt before |
//! | `bird.rate_limit.wait.duration` | histogram | s | `http.request.method` |
//! | `bird.waits` | counter | {wait} | `bird.wait.outcome`: `ready`, `cancelled`, or the `error.type` of a wait that failed |
//! | `bird.wait.time_to_ready` | histogram | s | none |
//! | `bird.webhook.lag` | histogram | s | none |
//! | `bird.webhook.refusals` | counter | {delivery} | `error.type`: the [reason](bird_connectors::webhook::WebhookError::reason) |
//!
//! The first follows the semantic conventions for HTTP clients, one request of a retried call each. A wait for many counts once
//! for each install. The time to ready begins with the wait, and the lag with the first attempt of a delivery. Attributes contain no
//! ids. The names are the same as in `bird_connectors.otel` of the Python package.

mod metrics;
mod trace_context;

pub use metrics::metrics_layer;
pub use trace_context::trace_context;

/// Compiles the example of the package's README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
