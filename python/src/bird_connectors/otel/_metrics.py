"""The metrics. ``bird-connectors-otel`` has the same in Rust."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from opentelemetry.context import Context
from opentelemetry.metrics import Meter

# The boundaries that the conventions recommend.
_REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
_READY_SECONDS = (1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)
_SLOT_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_LAG_SECONDS = (1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 7200, 14400, 28800, 86400)

_OF_A_REQUEST = (
    "http.request.method",
    "http.response.status_code",
    "error.type",
    "network.protocol.version",
    "server.address",
    "server.port",
    "url.template",
)

_NO_CONTEXT = Context()


class Metrics:
    """Counts what spans and events report.

    Each measurement has the context of its span, so that an exemplar names the trace of the request. The thread that
    handles the records has another one.
    """

    def __init__(self, meter: Meter) -> None:
        def histogram(name: str, description: str, seconds: tuple[float, ...]) -> Callable[..., None]:
            boundaries = list(seconds)
            return meter.create_histogram(name, "s", description, explicit_bucket_boundaries_advisory=boundaries).record

        self._request = histogram("http.client.request.duration", "Duration of HTTP client requests.", _REQUEST_SECONDS)
        self._ready = histogram(
            "bird.wait.time_to_ready", "Time from the start of a wait until its channel was ready.", _READY_SECONDS
        )
        self._slot = histogram(
            "bird.rate_limit.wait.duration", "Time that requests waited for a rate-limit slot.", _SLOT_SECONDS
        )
        self._lag = histogram(
            "bird.webhook.lag", "Time from the first attempt of a delivery to its verification.", _LAG_SECONDS
        )
        self._waits = meter.create_counter("bird.waits", "{wait}", "Waits that ended, by outcome.").add
        self._retries = meter.create_counter("bird.retries", "{retry}", "Requests that were sent again.").add
        self._refusals = meter.create_counter(
            "bird.webhook.refusals", "{delivery}", "Deliveries that were refused, by reason."
        ).add
        self._dropped = meter.create_counter(
            "bird.telemetry.dropped", "{record}", "Spans and events that were dropped, because a queue was full."
        ).add
        self._events: dict[str, Callable[[dict[str, Any], Context], None]] = {
            "waited for a rate-limit slot": lambda event, context: self._slot(
                event["bird.elapsed"], _select(event, "http.request.method"), context
            ),
            "retrying": lambda event, context: self._retries(
                1, _select(event, "error.type", "http.request.method", "url.template"), context
            ),
            "ready": self._ended_ready,
            "wait failed": lambda event, context: self._waits(1, {"bird.wait.outcome": event["error.type"]}, context),
            "wait cancelled": lambda event, context: self._waits(
                event.get("bird.installs", 1), {"bird.wait.outcome": "cancelled"}, context
            ),
            "delivery verified": lambda event, context: self._lag(event["bird.lag"], None, context),
            "delivery refused": lambda event, context: self._refusals(1, _select(event, "error.type"), context),
        }

    def _ended_ready(self, event: dict[str, Any], context: Context) -> None:
        self._waits(1, {"bird.wait.outcome": "ready"}, context)
        self._ready(event["bird.elapsed"], None, context)

    def request(self, attributes: Mapping[str, Any], seconds: float, context: Context) -> None:
        """Record one HTTP request."""
        self._request(seconds, _select(attributes, *_OF_A_REQUEST), context)

    def event(self, name: str, attributes: dict[str, Any], context: Context) -> None:
        """Record what an event reports, if it is one that is counted."""
        count = self._events.get(name)
        if count is not None:
            count(attributes, context)

    def dropped(self, records: int) -> None:
        """Count records that were dropped."""
        self._dropped(records, None, _NO_CONTEXT)


def _select(attributes: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: attributes[name] for name in names if name in attributes}
