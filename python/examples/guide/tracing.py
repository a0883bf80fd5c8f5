"""Create spans and metrics with OpenTelemetry."""

from bird_connectors import Client

# --8<-- [start:setup]
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter

from bird_connectors import otel

# As every program with OpenTelemetry. Use the exporters of your collector.
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(ConsoleSpanExporter()))
trace.set_tracer_provider(provider)
metrics.set_meter_provider(MeterProvider([PeriodicExportingMetricReader(ConsoleMetricExporter())]))

otel.instrument()
# --8<-- [end:setup]

with trace.get_tracer("my-program").start_as_current_span("import numbers"):
    Client.from_env().workspace().numbers.list().first_page()
