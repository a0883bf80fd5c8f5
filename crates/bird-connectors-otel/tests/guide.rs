//! The code of the documentation site.

#![allow(clippy::unwrap_used, missing_docs)]

use bird_connectors::Client;
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader};

#[test]
fn subscriber_records_metrics() {
    let exporter = InMemoryMetricExporter::default();
    // --8<-- [start:metrics]
    use opentelemetry_sdk::metrics::SdkMeterProvider;
    use tracing_subscriber::layer::SubscriberExt as _;

    let provider = SdkMeterProvider::builder()
        .with_reader(PeriodicReader::builder(exporter).build())
        .build();
    let subscriber =
        tracing_subscriber::registry().with(bird_connectors_otel::metrics_layer(&provider));
    // --8<-- [end:metrics]
    let _guard = tracing::subscriber::set_default(subscriber);
}

#[test]
fn client_sends_its_trace_context() {
    // --8<-- [start:trace-context]
    let client = Client::builder()
        .access_key("key")
        .trace_context(bird_connectors_otel::trace_context)
        .build();
    // --8<-- [end:trace-context]
    client.unwrap();
}
