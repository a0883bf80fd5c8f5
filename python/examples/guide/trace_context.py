"""Send the trace context of OpenTelemetry to the API."""

from bird_connectors import Client, otel

# --8<-- [start:switch-on]
otel.instrument(send_traceparent=True)
# --8<-- [end:switch-on]

Client.from_env().workspace().numbers.list().first_page()
