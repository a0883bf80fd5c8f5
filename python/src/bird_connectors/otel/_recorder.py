"""Creates the spans and metrics of what the native module records."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import count
from threading import RLock
from time import time_ns
from typing import Any, NamedTuple

from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, Context, attach, detach, get_current
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from .. import _logging, _native
from ._metrics import Metrics

# Maximum number of calls that run at the same time and have spans.
_CALLERS = 10_000

# A thread that handles records has those of all threads. So another one waits for it, but not for long: a handler of
# the program may wait for that other thread.
_LOCK_TIMEOUT = 1.0

# Attributes of events that the enclosing span has.
_OF_THE_CALL = frozenset({"bird.operation", "bird.workspace.id", "http.request.method", "url.template"})


_NO_CONTEXT = Context()

# A recorder in a forked child never has a number of the parent.
_numbers = count(1)


class _Destination(NamedTuple):
    """What creates the spans and metrics of a call. It is the one of the call's start until the call ends."""

    tracer: Tracer
    metrics: Metrics
    propagator: TraceContextTextMapPropagator | None


class _OpenSpan(NamedTuple):
    span: Span
    destination: _Destination
    context: Context
    is_client: bool
    attributes: dict[str, Any]
    time: int


class Recorder:
    """Receives spans, their events, and log records, in the order in which the native module recorded them.

    The native module calls ``capture`` and ``receive`` from any thread.
    """

    def __init__(self, tracer: Tracer, metrics: Metrics, *, send_traceparent: bool) -> None:
        self.use(tracer, metrics, send_traceparent=send_traceparent)
        self._methods: dict[str, Callable[..., None]] = {
            method.__name__: method
            for method in (self.start, self.event, self.end, self.release, self.log, self.dropped)
        }
        self.reset()

    def use(self, tracer: Tracer, metrics: Metrics, *, send_traceparent: bool) -> None:
        """Create the spans and metrics of later calls with these. Calls that run keep theirs."""
        propagator = TraceContextTextMapPropagator() if send_traceparent else None
        self._destination = _Destination(tracer, metrics, propagator)

    def reset(self) -> None:
        """Forget what is open. A forked child calls it: the spans belong to the parent."""
        self._contexts: dict[int, tuple[Context, _Destination]] = {}
        self._open: dict[int, _OpenSpan] = {}
        self._backlog: deque[tuple[str, tuple[Any, ...]]] = deque()
        self._lock = RLock()
        self._is_handling = False

    def capture(self) -> tuple[int, str | None, str]:
        """Keep the current context until ``release``. Return its number, ``traceparent`` and ``tracestate``.

        The number is 0 if too many calls are running, or if the program suppresses instrumentation here.
        """
        context = get_current()
        if context.get(_SUPPRESS_INSTRUMENTATION_KEY):
            return 0, None, ""
        destination = self._destination
        if len(self._contexts) >= _CALLERS:
            destination.metrics.dropped(1)
            return 0, None, ""
        number = next(_numbers)
        self._contexts[number] = context, destination
        if destination.propagator is None:
            return number, None, ""
        headers: dict[str, str] = {}
        destination.propagator.inject(headers, context)
        return number, headers.get("traceparent"), headers.get("tracestate", "")

    def receive(self, source: _native.TelemetrySource) -> None:
        """Handle all records that are queued."""
        lock = self._lock
        try:
            # If this thread has the lock, an exporter or a log handler calls the client: the outer call handles the
            # records.
            if lock.acquire(timeout=_LOCK_TIMEOUT) and not self._is_handling:
                self._is_handling = True
                try:
                    self._handle(source)
                finally:
                    self._is_handling = False
        finally:
            # A signal handler can raise as soon as the lock is acquired, so a flag would not say whether it is.
            try:  # noqa: SIM105 - a context manager could be interrupted before the release
                lock.release()
            except RuntimeError:
                pass  # not acquired

    def _handle(self, source: _native.TelemetrySource) -> None:
        # If a signal handler raises, the remaining records are kept.
        self._backlog.extend(source.take())
        while self._backlog:
            method, arguments = self._backlog.popleft()
            try:
                self._methods[method](*arguments)
            except Exception as error:
                # A provider, an exporter or a log handler of the program has failed, which must not fail the call.
                _native.report_unraisable(error)

    def start(
        self,
        id: int,
        parent: int,
        context: int,
        name: str,
        is_client: bool,
        time: int,
        attributes: dict[str, Any],
    ) -> None:
        """Start a span, as a child of another one or, with ``parent`` 0, of the span of the caller."""
        enclosing = self._open.get(parent)
        if enclosing:
            outer, destination = enclosing.context, enclosing.destination
        else:
            outer, destination = self._contexts.get(context, (_NO_CONTEXT, self._destination))
        kind = SpanKind.CLIENT if is_client else SpanKind.INTERNAL
        span = destination.tracer.start_span(name, outer, kind, attributes, start_time=time)
        self._open[id] = _OpenSpan(span, destination, set_span_in_context(span, outer), is_client, attributes, time)

    def event(self, span: int, name: str, time: int, attributes: dict[str, Any]) -> None:
        """Add an event to a span, and count it."""
        enclosing = self._open.get(span)
        destination = enclosing.destination if enclosing else self._destination
        destination.metrics.event(name, attributes, enclosing.context if enclosing else _NO_CONTEXT)
        if enclosing is None or not enclosing.span.is_recording():
            return
        own = {key: value for key, value in attributes.items() if key not in _OF_THE_CALL}
        enclosing.span.add_event(name, own, time)

    def end(self, id: int, time: int, is_error: bool, attributes: dict[str, Any]) -> None:
        """End a span with further attributes."""
        open_span = self._open.pop(id, None)
        if open_span is None:
            return
        if open_span.is_client:
            seconds = (time - open_span.time) / 1e9
            open_span.destination.metrics.request(open_span.attributes | attributes, seconds, open_span.context)
        span = open_span.span
        if span.is_recording():
            span.set_attributes(attributes)
            if is_error:
                span.set_status(Status(StatusCode.ERROR))
        span.end(time)

    def release(self, context: int) -> None:
        """Forget the context of a caller."""
        self._contexts.pop(context, None)

    def log(self, span: int, logger: int, level: int, message: str, created: float, fields: dict[str, object]) -> None:
        """Log a record while its span is current, so that an integration can add the ids of the trace."""
        enclosing = self._open.get(span)
        if enclosing is None:
            _logging.emit(logger, level, message, created, fields)
            return
        token = attach(enclosing.context)
        try:
            _logging.emit(logger, level, message, created, fields)
        finally:
            detach(token)

    def dropped(self, logs: int, spans: int) -> None:
        """Report records that were dropped because the queue was full."""
        if logs:
            _logging.warn_dropped(logs)
        if spans:
            self._destination.metrics.dropped(spans)

    def end_all(self) -> None:
        """End the spans of calls that still run, when the program ends."""
        while self._open:
            _, open_span = self._open.popitem()
            open_span.span.set_attribute("error.type", "cancelled")
            open_span.span.set_status(Status(StatusCode.ERROR))
            open_span.span.end(time_ns())
