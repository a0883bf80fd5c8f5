"""Prints the traces of installs: with a request that is retried, a wait, and the webhooks that end it.

`cargo xtask trace` runs it. Four threads and four tasks of asyncio install a channel each at the same time, against
sandboxes. Each install must be one trace of its own, with parents and children on both sides of the border between
Python and Rust, and each webhook must be another one.
`--svg FILE` writes a picture of one of the installs.
"""

from __future__ import annotations

import argparse
import asyncio
import http.server
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from bird_connectors import Sms, otel
from bird_connectors.testing import Sandbox, Script
from bird_connectors.webhooks import Signals, Verifier

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "signing-key-of-the-drill"
INSTALLS = 4
URL = "https://hooks.example.com/bird"

exporter = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
tracer = provider.get_tracer("onboarding")

# The trace of the install that each trace of a webhook belongs to.
installs: dict[int, int] = {}


@contextmanager
def untraced() -> Iterator[None]:
    """Makes the calls within it part of no trace: preparations are not part of an install."""
    unsampled = trace.NonRecordingSpan(trace.SpanContext(trace_id=1, span_id=1, is_remote=False))
    with trace.use_span(unsampled):
        yield


class Receiver:
    """Receives the webhooks of one install. As in a service, each begins a trace, because it has no trace context."""

    def __init__(self, sandbox: Sandbox, signals: Signals) -> None:
        receiver = self
        self._install = trace.get_current_span().get_span_context().trace_id
        self._signals = signals
        self._verifier = Verifier(signing_keys=[KEY], url=URL)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.receive(self.headers.items(), body)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        sandbox.route("https://hooks.example.com", f"http://127.0.0.1:{self._server.server_port}")
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def receive(self, headers: Any, body: bytes) -> None:
        with tracer.start_as_current_span("POST /bird", Context(), kind=trace.SpanKind.SERVER) as span:
            installs[span.get_span_context().trace_id] = self._install
            self._signals.push(self._verifier.verify(headers=headers, body=body))

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def prepare(sandbox: Sandbox) -> Sms:
    """Refuses the first create, and returns what to install."""
    sandbox.rule("createConnector", status=429, headers={"Retry-After": "0.1"})
    return Sms(name="Shop", phone_number_id=sandbox.phone_number_id, channel_message_type="conversational")


def install(number: int) -> None:
    """Installs a channel with the blocking client."""
    with Sandbox(Script.timed(0.2, 0.6)) as sandbox, sandbox.client() as client:
        workspace, signals = client.workspace(), Signals()
        with untraced():
            template = prepare(sandbox)
            workspace.webhook_subscriptions.subscribe_to_channels(URL, KEY)
        with tracer.start_as_current_span(f"onboard shop {number} (thread)"):
            receiver = Receiver(sandbox, signals)
            workspace.connectors.install(template).until_ready(signal=signals)
        receiver.close()


async def install_async(number: int) -> None:
    """Installs a channel with the asynchronous client."""
    with Sandbox(Script.timed(0.2, 0.6)) as sandbox:
        async with sandbox.async_client() as client:
            workspace, signals = client.workspace(), Signals()
            with untraced():
                template = prepare(sandbox)
                await workspace.webhook_subscriptions.subscribe_to_channels(URL, KEY)
            with tracer.start_as_current_span(f"onboard shop {number} (asyncio)"):
                receiver = Receiver(sandbox, signals)
                install = await workspace.connectors.install(template)
                await install.until_ready(signal=signals)
            receiver.close()


async def all_tasks() -> None:
    await asyncio.gather(*(install_async(number) for number in range(1, INSTALLS + 1)))


class Trace:
    """The spans of an install, as a tree in the order of their start, and below it those of its webhooks."""

    def __init__(self, spans: list[ReadableSpan]) -> None:
        self.rows: list[tuple[int, ReadableSpan]] = []
        self._children: dict[int | None, list[ReadableSpan]] = {}
        ids = {span.context.span_id for span in spans}
        for span in sorted(spans, key=lambda span: span.start_time or 0):
            parent = span.parent.span_id if span.parent else None
            if parent is not None and parent not in ids:
                raise RuntimeError(f"the parent of the span {span.name} is missing")
            self._children.setdefault(parent, []).append(span)
        roots = self._children.get(None, [])
        own = [span for span in roots if span.context.trace_id not in installs]
        if len(own) != 1:
            raise RuntimeError(f"expected one root, got {[span.name for span in own]}")
        self.webhooks = [span for span in roots if span.context.trace_id in installs]
        for root in own + self.webhooks:
            self._add(0, root)
        self.start = own[0].start_time or 0
        self.end = max(span.end_time or 0 for span in spans)

    def _add(self, depth: int, span: ReadableSpan) -> None:
        self.rows.append((depth, span))
        for child in self._children.get(span.context.span_id, []):
            self._add(depth + 1, child)

    def milliseconds(self, span: ReadableSpan) -> tuple[float, float]:
        """The start and the duration of a span."""
        start = span.start_time or 0
        return (start - self.start) / 1e6, ((span.end_time or 0) - start) / 1e6

    def check(self) -> None:
        """Fails unless the trace shows the retry, the wait and the webhooks."""
        names = [span.name for _, span in self.rows]
        posts = [span for _, span in self.rows if span.name == "POST /workspaces/{workspaceId}/connectors"]
        statuses = [(span.attributes or {})["http.response.status_code"] for span in posts]
        if statuses != [429, 201]:
            raise RuntimeError(f"expected a retried create, got the statuses {statuses}")
        if "wait" not in names:
            raise RuntimeError("the trace has no span wait")
        if not self.webhooks or len(self.webhooks) != names.count("verify"):
            raise RuntimeError(f"expected a verification in each trace of a webhook, got {names}")

    def print(self) -> None:
        for depth, span in self.rows:
            start, duration = self.milliseconds(span)
            print(f"{start:8.1f} ms {duration:8.1f} ms  {'  ' * depth}{label(span)}")
            for event in span.events:
                at = (event.timestamp - self.start) / 1e6
                print(f"{at:8.1f} ms              {'  ' * depth}  · {event.name}")

    def svg(self) -> str:
        """A picture with a bar for each span."""
        row, left, right, width = 22, 430, 600, 1060
        height = row * (len(self.rows) + 2)
        total = (self.end - self.start) / 1e6
        scale = (right - 60) / total
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
            'font-size="13" role="img">',
            "<title>The trace of one install, and those of its webhooks</title>",
            "<style>text{fill:#24292f}.python{fill:#8250df}.rust{fill:#0969da}.client{fill:#1a7f37}.error{fill:#cf222e}"
            "@media(prefers-color-scheme:dark){text{fill:#e6edf3}}</style>",
        ]
        legend = (
            ("python", "span of the program"),
            ("rust", "call or wait"),
            ("client", "request"),
            ("error", "error"),
        )
        for index, (kind, text) in enumerate(legend):
            x = 10 + index * 180
            parts.append(f'<rect class="{kind}" x="{x}" y="7" width="12" height="12" rx="2"/>')
            parts.append(f'<text x="{x + 18}" y="18">{text}</text>')
        for index, (depth, span) in enumerate(self.rows, start=1):
            start, duration = self.milliseconds(span)
            y = row * index + 6
            x, size = left + start * scale, max(duration * scale, 2)
            parts.append(f'<text x="{10 + depth * 16}" y="{y + 13}">{escape(label(span))}</text>')
            parts.append(f'<rect class="{color(span)}" x="{x:.1f}" y="{y}" width="{size:.1f}" height="15" rx="2"/>')
            digits = 1 if duration < 10 else 0
            after = min(x + size + 5, width - 65)
            parts.append(f'<text x="{after:.1f}" y="{y + 12}">{duration:.{digits}f} ms</text>')
        return "\n".join([*parts, "</svg>", ""])


def label(span: ReadableSpan) -> str:
    attributes = span.attributes or {}
    if span.kind is trace.SpanKind.CLIENT:
        method, _, path = span.name.partition(" ")
        return f"{method} {path.removeprefix('/workspaces/{workspaceId}')} → {attributes['http.response.status_code']}"
    return span.name


def color(span: ReadableSpan) -> str:
    if not span.status.is_ok and span.status.status_code is trace.StatusCode.ERROR:
        return "error"
    if span.instrumentation_scope.name != "bird_connectors":
        return "python"
    return "client" if span.kind is trace.SpanKind.CLIENT else "rust"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--svg", type=Path, help="write a picture of the trace of one install")
    options = parser.parse_args()
    otel.instrument(tracer_provider=provider)
    with ThreadPoolExecutor(INSTALLS) as threads:
        list(threads.map(install, range(1, INSTALLS + 1)))
    asyncio.run(all_tasks())
    otel.flush()

    spans: dict[int, list[ReadableSpan]] = {}
    for span in exporter.get_finished_spans():
        of_trace = span.context.trace_id
        spans.setdefault(installs.get(of_trace, of_trace), []).append(span)
    traces = sorted((Trace(of_one) for of_one in spans.values()), key=lambda one: one.rows[0][1].name)
    for one in traces:
        one.check()
        one.print()
        print()
    if len(traces) != 2 * INSTALLS:
        sys.exit(f"expected {2 * INSTALLS} traces of installs, got {len(traces)}")
    webhooks, rows = (sum(map(len, lists)) for lists in zip(*((one.webhooks, one.rows) for one in traces), strict=True))
    print(f"{len(traces)} installs, one trace each, {webhooks} traces of webhooks, {rows} spans")
    if options.svg:
        options.svg.write_text(traces[1].svg())


if __name__ == "__main__":
    main()
