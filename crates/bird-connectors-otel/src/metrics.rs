//! A layer that turns spans and events of the SDK into metrics.

use std::fmt::Debug;
use std::time::Instant;

use bird_connectors::telemetry::{TRANSPORT, WAIT, WEBHOOK};
use opentelemetry::metrics::{Counter, Histogram, Meter, MeterProvider};
use opentelemetry::{InstrumentationScope, KeyValue};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

/// The boundaries that the conventions recommend.
const REQUEST_SECONDS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];
const READY_SECONDS: [f64; 12] = [
    1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0,
];
const SLOT_SECONDS: [f64; 13] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
];
const LAG_SECONDS: [f64; 13] = [
    1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 7200.0, 14400.0, 28800.0, 86400.0,
];

/// The attributes of a request that are attributes of its duration.
const OF_A_REQUEST: [&str; 7] = [
    "error.type",
    "http.request.method",
    "http.response.status_code",
    "network.protocol.version",
    "server.address",
    "server.port",
    "url.template",
];

/// A layer that records [metrics](crate#metrics) with meters of this provider. It receives only spans and events of the SDK, whatever
/// the other layers receive.
pub fn metrics_layer<S, P>(provider: &P) -> impl Layer<S> + Send + Sync + use<S, P>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    P: MeterProvider,
{
    let scope = InstrumentationScope::builder("bird_connectors")
        .with_version(env!("CARGO_PKG_VERSION"))
        .build();
    let filter = Targets::new().with_targets([
        (TRANSPORT, LevelFilter::DEBUG),
        (WAIT, LevelFilter::DEBUG),
        (WEBHOOK, LevelFilter::DEBUG),
    ]);
    MetricsLayer::new(&provider.meter_with_scope(scope)).with_filter(filter)
}

struct MetricsLayer {
    request: Histogram<f64>,
    ready: Histogram<f64>,
    slot: Histogram<f64>,
    lag: Histogram<f64>,
    waits: Counter<u64>,
    retries: Counter<u64>,
    refusals: Counter<u64>,
}

/// One HTTP request that has not ended.
struct OpenRequest {
    began: Instant,
    fields: Fields,
}

impl MetricsLayer {
    fn new(meter: &Meter) -> Self {
        let histogram = |name, description, boundaries: &[f64]| {
            meter
                .f64_histogram(name)
                .with_unit("s")
                .with_description(description)
                .with_boundaries(boundaries.to_vec())
                .build()
        };
        let counter = |name, unit, description| {
            meter
                .u64_counter(name)
                .with_unit(unit)
                .with_description(description)
                .build()
        };
        Self {
            request: histogram(
                "http.client.request.duration",
                "Duration of HTTP client requests.",
                &REQUEST_SECONDS,
            ),
            ready: histogram(
                "bird.wait.time_to_ready",
                "Time from the start of a wait until its channel was ready.",
                &READY_SECONDS,
            ),
            slot: histogram(
                "bird.rate_limit.wait.duration",
                "Time that requests waited for a rate-limit slot.",
                &SLOT_SECONDS,
            ),
            lag: histogram(
                "bird.webhook.lag",
                "Time from the first attempt of a delivery to its verification.",
                &LAG_SECONDS,
            ),
            waits: counter("bird.waits", "{wait}", "Waits that ended, by outcome."),
            retries: counter("bird.retries", "{retry}", "Requests that were sent again."),
            refusals: counter(
                "bird.webhook.refusals",
                "{delivery}",
                "Deliveries that were refused, by reason.",
            ),
        }
    }

    fn count_wait(&self, waits: u64, outcome: String) {
        self.waits
            .add(waits, &[KeyValue::new("bird.wait.outcome", outcome)]);
    }

    fn event(&self, event: &Fields) {
        match &*event.message {
            "waited for a rate-limit slot" => {
                let attributes = event.select(&["http.request.method"]);
                self.slot.record(event.seconds, &attributes);
            }
            "retrying" => {
                let attributes =
                    event.select(&["error.type", "http.request.method", "url.template"]);
                self.retries.add(1, &attributes);
            }
            "ready" => {
                self.count_wait(1, "ready".to_owned());
                self.ready.record(event.seconds, &[]);
            }
            "wait failed" => self.count_wait(1, event.error_type()),
            "wait cancelled" => {
                self.count_wait(event.installs.unwrap_or(1), "cancelled".to_owned())
            }
            "delivery verified" => self.lag.record(event.seconds, &[]),
            "delivery refused" => self.refusals.add(1, &event.select(&["error.type"])),
            _ => {}
        }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for MetricsLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let metadata = attributes.metadata();
        if metadata.target() != TRANSPORT || metadata.name() != "attempt" {
            return;
        }
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(OpenRequest {
                began: Instant::now(),
                fields,
            });
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(request) = span.extensions_mut().get_mut::<OpenRequest>()
        {
            values.record(&mut request.fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.event(&fields);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        if let Some(span) = context.span(&id)
            && let Some(request) = span.extensions_mut().remove::<OpenRequest>()
        {
            let attributes = request.fields.select(&OF_A_REQUEST);
            let seconds = request.began.elapsed().as_secs_f64();
            self.request.record(seconds, &attributes);
        }
    }
}

/// The fields of a span or an event.
#[derive(Default)]
struct Fields {
    message: String,
    attributes: Vec<KeyValue>,
    /// `bird.elapsed` or `bird.lag`: an event has at most one of them.
    seconds: f64,
    installs: Option<u64>,
}

impl Fields {
    fn select(&self, names: &[&str]) -> Vec<KeyValue> {
        let attributes = self.attributes.iter();
        attributes
            .filter(|attribute| names.contains(&attribute.key.as_str()))
            .cloned()
            .collect()
    }

    fn error_type(&self) -> String {
        let mut attributes = self.attributes.iter();
        attributes
            .find(|attribute| attribute.key.as_str() == "error.type")
            .map(|attribute| attribute.value.to_string())
            .unwrap_or_default()
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if matches!(field.name(), "bird.elapsed" | "bird.lag") {
            self.seconds = value;
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        if field.name() == "bird.installs" {
            self.installs = u64::try_from(value).ok();
        }
        self.attributes.push(KeyValue::new(field.name(), value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.attributes
            .push(KeyValue::new(field.name(), value.to_owned()));
    }

    /// Ids are never attributes of metrics.
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        }
    }
}
