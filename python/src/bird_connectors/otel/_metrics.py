"""The metrics. ``bird-connectors-otel`` has the same in Rust."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

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
    "server.address",
    "server.port",
    "url.template",
)


class Metrics:
    """Counts what spans and events report."""

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
        self._events: dict[str, Callable[[dict[str, Any]], None]] = {
            "waited for a rate-limit slot": lambda event: self._slot(
                event["bird.elapsed"], _select(event, "http.request.method")
            ),
            "retrying": lambda event: self._retries(
                1, _select(event, "error.type", "http.request.method", "url.template")
            ),
            "ready": self._ended_ready,
            "wait failed": lambda event: self._waits(1, {"bird.wait.outcome": event["error.type"]}),
            "wait cancelled": lambda event: self._waits(
                event.get("bird.installs", 1), {"bird.wait.outcome": "cancelled"}
            ),
            "delivery verified": lambda event: self._lag(event["bird.lag"]),
            "delivery refused": lambda event: self._refusals(1, _select(event, "error.type")),
        }

    def _ended_ready(self, event: dict[str, Any]) -> None:
        self._waits(1, {"bird.wait.outcome": "ready"})
        self._ready(event["bird.elapsed"])

    def request(self, attributes: Mapping[str, Any], seconds: float) -> None:
        """Record one HTTP request."""
        self._request(seconds, _select(attributes, *_OF_A_REQUEST))

    def event(self, name: str, attributes: dict[str, Any]) -> None:
        """Record what an event reports, if it is one that is counted."""
        count = self._events.get(name)
        if count is not None:
            count(attributes)

    def dropped(self, records: int) -> None:
        """Count records that were dropped."""
        self._dropped(records)


def _select(attributes: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: attributes[name] for name in names if name in attributes}
