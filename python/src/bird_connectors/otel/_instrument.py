"""Switches traces and metrics on and off, for the whole process."""

from __future__ import annotations

import atexit
import os

from opentelemetry.metrics import MeterProvider, get_meter
from opentelemetry.trace import TracerProvider, get_tracer

from .. import _logging, _native
from ._metrics import Metrics
from ._recorder import Recorder

_SCHEMA = "https://opentelemetry.io/schemas/1.44.0"
_NAME = "bird_connectors"


def instrument(
    *,
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
    send_traceparent: bool = False,
) -> None:
    """Create spans and metrics for the calls, waits and webhooks of all clients of this process.

    A span is a child of the span that is current where the call is made: in a thread, in a task of asyncio, or in a
    task of a worker such as Celery's. The spans of an iteration, such as a list or a wait, are children of the one that
    is current at its first step. The reference page "Telemetry" lists spans, attributes and metrics.

    Calls within ``suppress_instrumentation`` of OpenTelemetry are not recorded.

    A second call replaces the settings of the first, for the calls that begin later. It sends no request. A forked
    child continues with the settings of its parent.

    Args:
        tracer_provider: Creates the spans. None uses the global provider, which may be set later.
        meter_provider: Creates the metrics. None uses the global provider, which may be set later.
        send_traceparent: Send the headers ``traceparent`` and ``tracestate`` with each request, so that the API could
            connect its traces to yours; Bird documents no use of them. Their parent is the span of the caller.

    Example:
        ```python
        from bird_connectors import otel

        otel.instrument(tracer_provider=provider)
        ```
    """
    uninstrument()
    tracer = get_tracer(_NAME, _native.VERSION, tracer_provider, _SCHEMA)
    metrics = Metrics(get_meter(_NAME, _native.VERSION, meter_provider, _SCHEMA))
    if _logging.recorder is None:
        _logging.recorder = Recorder(tracer, metrics, send_traceparent=send_traceparent)
    else:
        _logging.recorder.use(tracer, metrics, send_traceparent=send_traceparent)
    _native.record_spans(True, send_traceparent)
    # The handler runs before those that were registered earlier, such as the one of the provider.
    atexit.unregister(_at_exit)
    atexit.register(_at_exit)


def uninstrument() -> None:
    """Switch traces and metrics off, for the calls that begin later.

    A call that still runs ends its spans, and is counted, when it ends.

    Example:
        ```python
        otel.uninstrument()
        ```
    """
    flush()
    _native.record_spans(False, False)


def flush() -> None:
    """Create the spans and metrics of everything that is recorded.

    This happens whenever a call returns, and during calls and waits. So a program needs it only to receive the end of a
    span after it has cancelled a call or dropped an iteration, and makes no further call. For the spans of these it
    waits up to 0.1 seconds. Flush the providers afterwards.

    Example:
        ```python
        otel.flush()
        provider.force_flush()
        ```
    """
    _native.deliver_telemetry()


def _at_exit() -> None:
    flush()
    if _logging.recorder is not None:
        _logging.recorder.end_all()


def _after_fork() -> None:
    if _logging.recorder is not None:
        _logging.recorder.reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
