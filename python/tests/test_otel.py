"""Spans and metrics of OpenTelemetry: children of the caller's span wherever the call is made, without secrets."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import trace
from opentelemetry.metrics import NoOpMeter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.semconv.attributes import (
    error_attributes,
    http_attributes,
    network_attributes,
    server_attributes,
    url_attributes,
)
from opentelemetry.semconv.metrics import http_metrics
from opentelemetry.trace import SpanKind, StatusCode

import bird_connectors as bc
import wire
from bird_connectors import RateLimits, Sms, otel
from bird_connectors.otel._metrics import Metrics
from bird_connectors.otel._recorder import Recorder
from bird_connectors.testing import Sandbox, Script
from bird_connectors.webhooks import Verifier
from install_api import InstallApi
from secret_calls import SIGNING_KEY, assert_no_secrets, delivery, make_calls_with_secrets
from stub import Gate, Request, Response, error_response
from waiting import HANG_TIMEOUT, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from conftest import ClientRunner

GET_CONNECTOR = "GET /workspaces/{workspaceId}/connectors/{connectorId}"
CALL = "getConnector"


class Telemetry:
    """Providers that keep what they receive."""

    def __init__(self, **settings: Any) -> None:
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider(**settings)
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = self.provider.get_tracer("a program")
        self._reader = InMemoryMetricReader()
        self.meters = MeterProvider([self._reader])

    def instrument(self, **settings: Any) -> None:
        otel.instrument(tracer_provider=self.provider, meter_provider=self.meters, **settings)

    def spans(self, name: str | None = None) -> list[ReadableSpan]:
        otel.flush()
        spans = self.exporter.get_finished_spans()
        return [span for span in spans if name is None or span.name == name]

    def metrics(self) -> dict[str, list[Any]]:
        """Return the data points of each metric."""
        otel.flush()
        data = self._reader.get_metrics_data()
        if data is None:
            return {}
        scopes = [scope for resource in data.resource_metrics for scope in resource.scope_metrics]
        return {metric.name: list(metric.data.data_points) for scope in scopes for metric in scope.metrics}

    def check_tree(self) -> None:
        """Check that each span of the package has a parent that was exported, and is not longer than it."""
        by_id = {span.context.span_id: span for span in self.spans()}
        for span in by_id.values():
            if span.instrumentation_scope.name != "bird_connectors":
                continue
            assert span.parent is not None, span.name
            parent = by_id[span.parent.span_id]
            assert span.context.trace_id == parent.context.trace_id
            assert span.start_time >= parent.start_time


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    telemetry = Telemetry()
    telemetry.instrument()
    yield telemetry
    otel.uninstrument()


def ancestors(spans: list[ReadableSpan], span: ReadableSpan) -> list[str]:
    """The names of a span and of those that enclose it."""
    by_id = {one.context.span_id: one for one in spans}
    names = [span.name]
    while span.parent is not None and span.parent.span_id in by_id:
        span = by_id[span.parent.span_id]
        names.append(span.name)
    return names


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


def connector_server(_: Request) -> Response:
    return Response(200, wire.connector())


def twice_unavailable() -> Any:
    responses = iter([error_response(503, "Busy"), error_response(429, "Slow", headers={"Retry-After": "0.2"})])
    return lambda _: next(responses, Response(200, wire.connector()))


def get_within(telemetry: Telemetry, workspace: Any, name: str) -> Any:
    with telemetry.tracer.start_as_current_span(name):
        return workspace.connectors.get(wire.CONNECTOR)


def test_call_is_a_child_of_the_current_span(runner: ClientRunner, serve: Any, telemetry: Telemetry) -> None:
    stub = serve(connector_server)
    workspace = runner.workspace(stub.base_url)
    with telemetry.tracer.start_as_current_span("handler"):
        runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    spans = telemetry.spans()
    assert [span.name for span in spans] == [GET_CONNECTOR, CALL, "handler"]
    request, call, _ = spans
    assert ancestors(spans, request) == [GET_CONNECTOR, CALL, "handler"]
    assert (request.kind, call.kind) == (SpanKind.CLIENT, SpanKind.INTERNAL)
    port = int(stub.base_url.rpartition(":")[2])
    expected: dict[str, Any] = {
        http_attributes.HTTP_REQUEST_METHOD: "GET",
        http_attributes.HTTP_RESPONSE_STATUS_CODE: 200,
        server_attributes.SERVER_ADDRESS: "127.0.0.1",
        server_attributes.SERVER_PORT: port,
        "url.template": "/workspaces/{workspaceId}/connectors/{connectorId}",
    }
    assert attributes(request) == expected | {
        network_attributes.NETWORK_PROTOCOL_VERSION: "1.1",
        url_attributes.URL_FULL: f"{stub.base_url}/workspaces/{wire.WORKSPACE}/connectors/{wire.CONNECTOR}",
    }
    assert attributes(call) == expected | {"bird.operation": "getConnector", "bird.workspace.id": wire.WORKSPACE}
    assert {span.status.status_code for span in spans} == {StatusCode.UNSET}
    telemetry.check_tree()
    assert request.instrumentation_scope.version == bc.__version__


def test_call_without_a_current_span_starts_a_trace(runner: ClientRunner, serve: Any, telemetry: Telemetry) -> None:
    workspace = runner.workspace(serve(connector_server).base_url)
    runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    request, call = telemetry.spans()
    assert call.parent is None
    assert request.parent == call.context


def test_retries_are_siblings_with_their_errors(runner: ClientRunner, serve: Any, telemetry: Telemetry) -> None:
    workspace = runner.workspace(serve(twice_unavailable()).base_url)
    runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    requests = telemetry.spans(GET_CONNECTOR)
    [call] = telemetry.spans(CALL)
    found = [
        (
            span.status.status_code,
            attributes(span).get("error.type"),
            attributes(span).get("http.request.resend_count"),
            span.parent == call.context,
        )
        for span in requests
    ]
    error, unset = StatusCode.ERROR, StatusCode.UNSET
    assert found == [(error, "503", None, True), (error, "429", 1, True), (unset, None, 2, True)]
    assert [event.name for event in call.events] == ["retrying", "retrying"]
    second = dict(call.events[1].attributes or {})
    assert 0.2 <= second.pop("bird.pause") <= 1.1
    assert second == {"error.type": "429", "http.request.resend_count": 2, "http.response.status_code": 429}
    assert call.start_time is not None
    assert call.start_time <= call.events[0].timestamp <= call.events[1].timestamp

    points = telemetry.metrics()
    assert sorted(point.attributes["error.type"] for point in points["bird.retries"]) == ["429", "503"]
    durations = points[http_metrics.HTTP_CLIENT_REQUEST_DURATION]
    assert sorted(point.attributes["http.response.status_code"] for point in durations) == [200, 429, 503]
    success = next(point for point in durations if point.attributes["http.response.status_code"] == 200)
    assert success.explicit_bounds[:3] == (0.005, 0.01, 0.025)
    assert set(success.attributes) == {
        http_attributes.HTTP_REQUEST_METHOD,
        http_attributes.HTTP_RESPONSE_STATUS_CODE,
        network_attributes.NETWORK_PROTOCOL_VERSION,
        server_attributes.SERVER_ADDRESS,
        server_attributes.SERVER_PORT,
        "url.template",
    }
    assert error_attributes.ERROR_TYPE == "error.type"


def test_threads_have_their_own_traces(serve: Any, telemetry: Telemetry) -> None:
    workspace = bc.Client(access_key=wire.KEY, base_url=serve(connector_server).base_url).workspace(wire.WORKSPACE)
    barrier = threading.Barrier(4)

    def work(number: int) -> None:
        barrier.wait(HANG_TIMEOUT)
        for _ in range(5):
            get_within(telemetry, workspace, f"thread {number}")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    telemetry.check_tree()
    spans = telemetry.spans()
    roots = Counter(ancestors(spans, span)[-1] for span in spans if span.name == GET_CONNECTOR)
    assert roots == {f"thread {number}": 5 for number in range(4)}
    assert len({span.context.trace_id for span in spans}) == 20


def test_executor_with_a_copied_context_keeps_the_trace(serve: Any, telemetry: Telemetry) -> None:
    workspace = bc.Client(access_key=wire.KEY, base_url=serve(connector_server).base_url).workspace(wire.WORKSPACE)
    with telemetry.tracer.start_as_current_span("job"), ThreadPoolExecutor(2) as threads:
        for _ in range(2):
            context = contextvars.copy_context()
            threads.submit(context.run, workspace.connectors.get, wire.CONNECTOR).result()

    async def in_a_thread() -> None:
        with telemetry.tracer.start_as_current_span("job"):
            await asyncio.to_thread(workspace.connectors.get, wire.CONNECTOR)

    asyncio.run(in_a_thread())
    spans = telemetry.spans()
    assert [ancestors(spans, span) for span in telemetry.spans(CALL)] == [[CALL, "job"]] * 3


def test_tasks_of_asyncio_have_their_own_traces(serve: Any, telemetry: Telemetry) -> None:
    base_url = serve(connector_server).base_url

    async def work(workspace: Any, number: int) -> None:
        for _ in range(3):
            with telemetry.tracer.start_as_current_span(f"task {number}"):
                await workspace.connectors.get(wire.CONNECTOR)

    async def run() -> None:
        async with bc.AsyncClient(access_key=wire.KEY, base_url=base_url) as client:
            workspace = client.workspace(wire.WORKSPACE)
            await asyncio.gather(*(work(workspace, number) for number in range(4)))

    asyncio.run(run())
    telemetry.check_tree()
    spans = telemetry.spans()
    roots = Counter(ancestors(spans, span)[-1] for span in spans if span.name == GET_CONNECTOR)
    assert roots == {f"task {number}": 3 for number in range(4)}


@pytest.mark.parametrize("eager", [True, False], ids=["eager", "worker"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tasks_of_celery_keep_their_trace(eager: bool, serve: Any, telemetry: Telemetry) -> None:
    celery = pytest.importorskip("celery")
    worker = pytest.importorskip("celery.contrib.testing.worker")
    workspace = bc.Client(access_key=wire.KEY, base_url=serve(connector_server).base_url).workspace(wire.WORKSPACE)
    app = celery.Celery("tasks", broker="memory://", backend="cache+memory://")
    app.conf.update(task_always_eager=eager, task_store_eager_result=False)

    @app.task(name=f"install eager={eager}")
    def install() -> str:
        name: str = get_within(telemetry, workspace, "task").name
        return name

    if eager:
        assert install.delay().get() == "Shop 0"
    else:
        with worker.start_worker(app, perform_ping_check=False, pool="threads", concurrency=2):
            results = [install.delay() for _ in range(4)]
            assert [result.get(timeout=HANG_TIMEOUT) for result in results] == ["Shop 0"] * 4
    telemetry.check_tree()
    spans = telemetry.spans()
    found = {tuple(ancestors(spans, span)) for span in telemetry.spans(GET_CONNECTOR)}
    assert found == {(GET_CONNECTOR, CALL, "task")}


def test_pages_that_are_fetched_ahead_belong_to_the_caller(
    runner: ClientRunner, serve: Any, telemetry: Telemetry
) -> None:
    def respond(request: Request) -> Response:
        number = int(request.query.get("pageToken", "0")) + 1
        return Response(200, wire.page([wire.connector(number)], str(number) if number < 5 else None))

    workspace = runner.workspace(serve(respond).base_url)
    with telemetry.tracer.start_as_current_span("import"):
        assert len(runner.collect(lambda: workspace.connectors.list())) == 5
    spans = telemetry.spans()
    calls = telemetry.spans("listConnectors")
    assert len(calls) == 5
    assert {tuple(ancestors(spans, call)) for call in calls} == {("listConnectors", "import")}


def test_wait_encloses_its_polls(runner: ClientRunner, serve: Any, telemetry: Telemetry) -> None:
    stub = serve(InstallApi("pending", "reviewing", "active"))
    workspace = runner.workspace(stub.base_url)
    template = Sms(name="Shop", **wire.template_arguments())
    with telemetry.tracer.start_as_current_span("onboarding"):
        install = runner.call(lambda: workspace.connectors.install(template))
        runner.call(lambda: install.until_ready(interval=(0.02, 0.02)))
    telemetry.check_tree()
    spans = telemetry.spans()
    [wait] = telemetry.spans("wait")
    assert ancestors(spans, wait) == ["wait", "onboarding"]
    assert wait.status.status_code is StatusCode.UNSET
    assert wait.events[-1].name == "ready"
    polls = [span for span in spans if span.parent == wait.context]
    assert len(polls) >= 3
    points = telemetry.metrics()
    [outcome] = points["bird.waits"]
    assert (outcome.value, dict(outcome.attributes)) == (1, {"bird.wait.outcome": "ready"})
    assert points["bird.wait.time_to_ready"][0].count == 1


def test_failed_waits_are_errors(runner: ClientRunner, serve: Any, telemetry: Telemetry) -> None:
    workspace = runner.workspace(serve(InstallApi("failed")).base_url)
    template = Sms(name="Shop", **wire.template_arguments())
    install = runner.call(lambda: workspace.connectors.install(template))
    with pytest.raises(bc.WaitError):
        runner.call(lambda: install.until_ready(interval=(0.02, 0.02)))
    results = runner.collect(lambda: workspace.connectors.wait_all([install], interval=(0.02, 0.02)))
    assert len(results) == 1
    for wait in telemetry.spans("wait"):
        assert wait.status.status_code is StatusCode.ERROR
        assert attributes(wait)["error.type"] == "failed"
    assert len(telemetry.spans("wait")) == 2
    [outcome] = telemetry.metrics()["bird.waits"]
    assert (outcome.value, dict(outcome.attributes)) == (2, {"bird.wait.outcome": "failed"})


def run_of(telemetry: Telemetry, name: str) -> dict[str, Any]:
    """The attributes of the only span with this name, which is a child of `handler` and encloses all calls."""
    telemetry.check_tree()
    spans = telemetry.spans()
    [run] = telemetry.spans(name)
    assert ancestors(spans, run) == [name, "handler"]
    for span in spans:
        assert span.name == "handler" or ancestors(spans, span)[-2:] == [name, "handler"], span.name
    is_error = "error.type" in attributes(run)
    assert run.status.status_code is (StatusCode.ERROR if is_error else StatusCode.UNSET)
    telemetry.exporter.clear()
    return attributes(run)


def test_runs_of_several_calls_are_one_span_each(runner: ClientRunner, telemetry: Telemetry) -> None:
    with Sandbox(Script.instant()) as sandbox:
        workspace = runner.sandbox_workspace(sandbox, max_attempts=1)
        at = {"bird.workspace.id": sandbox.workspace_id}
        sms = Sms(name="Shop", phone_number_id=sandbox.phone_number_id, channel_message_type="2fa")
        # Reading the id of the number is a call.
        telemetry.spans()
        telemetry.exporter.clear()
        handler = telemetry.tracer.start_as_current_span
        for result in ["created", "adopted"]:
            with handler("handler"):
                runner.call(lambda: workspace.connectors.ensure(sms))
            expected = {"bird.template": "sms-messagebird:1", "bird.result": result}
            assert run_of(telemetry, "ensure") == at | expected
        sandbox.fail_next("createConnector", 422)
        with handler("handler"), pytest.raises(bc.ValidationError):
            runner.call(lambda: workspace.connectors.ensure(bc.Telegram(name="Bot")))
        failed = run_of(telemetry, "ensure")
        assert failed == at | {
            "bird.template": "telegram:1",
            "bird.outcome": "answered",
            "error.type": "422",
        }
        with handler("handler"):
            assert runner.call(lambda: workspace.numbers.find("+31687654321")) is None
        assert run_of(telemetry, "find_number") == at | {"bird.result": "not_found"}
        url = "https://hooks.example.com/bird"
        with handler("handler"):
            runner.call(lambda: workspace.webhook_subscriptions.subscribe_to_channels(url, SIGNING_KEY))
        assert run_of(telemetry, "subscribe_to_channels") == at | {"bird.result": "created"}
        with handler("handler"):
            runner.call(
                lambda: workspace.webhook_subscriptions.ensure(
                    event="channel.updated", url=url, signing_key=SIGNING_KEY
                )
            )
        assert run_of(telemetry, "ensure_subscription") == at | {"bird.result": "adopted"}


def test_bulk_install_is_one_span_with_its_totals(runner: ClientRunner, telemetry: Telemetry) -> None:
    with Sandbox(Script.instant()) as sandbox:
        connectors = runner.sandbox_workspace(sandbox).connectors
        runner.call(lambda: connectors.ensure(bc.Telegram(name="Bot 0")))
        templates = [bc.Telegram(name=f"Bot {number}") for number in (0, 1, 2, 2)]
        telemetry.spans()
        telemetry.exporter.clear()
        with telemetry.tracer.start_as_current_span("handler"):
            results = runner.collect(lambda: connectors.install_all(templates).until_ready())
        assert len(results) == 4
        # No flush: the end of an iteration is the end of its spans.
        assert "install_all" in [span.name for span in telemetry.exporter.get_finished_spans()]
        spans = telemetry.spans()
        [wait] = telemetry.spans("wait")
        assert ancestors(spans, wait) == ["wait", "install_all", "handler"]
        assert run_of(telemetry, "install_all") == {
            "bird.workspace.id": sandbox.workspace_id,
            "bird.installs": 4,
            "bird.installs_created": 2,
            "bird.installs_adopted": 1,
            "bird.installs_failed": 1,
            "error.type": "invalid_input",
        }


def test_runs_of_threads_have_their_own_spans(telemetry: Telemetry) -> None:
    with Sandbox(Script.instant()) as sandbox:
        connectors = sandbox.client().workspace().connectors
        barrier = threading.Barrier(4)

        def work(number: int) -> None:
            barrier.wait(HANG_TIMEOUT)
            with telemetry.tracer.start_as_current_span(f"thread {number}"):
                connectors.ensure(bc.Telegram(name=f"Bot {number}"))

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(work, range(4)))
    telemetry.check_tree()
    spans = telemetry.spans()
    creates = {tuple(ancestors(spans, span)) for span in telemetry.spans("createConnector")}
    assert creates == {("createConnector", "ensure", f"thread {number}") for number in range(4)}


def test_bulk_install_that_is_dropped_ends_as_cancelled(runner: ClientRunner, telemetry: Telemetry) -> None:
    with Sandbox(Script.instant()) as sandbox:
        connectors = runner.sandbox_workspace(sandbox).connectors
        templates = [bc.Telegram(name=f"Bot {number}") for number in range(3)]

        async def first() -> None:
            results = aiter(connectors.install_all(templates, concurrency=1))
            await anext(results)

        if runner.is_async:
            runner.call(first)
        else:
            next(iter(connectors.install_all(templates, concurrency=1)))
        [run] = telemetry.spans("install_all")
    assert attributes(run)["error.type"] == "cancelled"
    assert attributes(run)["bird.installs_created"] == 1


def test_iteration_that_is_cancelled_ends_its_span(serve: Any, telemetry: Telemetry) -> None:
    base_url = serve(InstallApi("pending")).base_url

    async def run() -> None:
        async with bc.AsyncClient(access_key=wire.KEY, base_url=base_url, rate_limit=None) as client:
            connectors = client.workspace(wire.WORKSPACE).connectors
            waits = connectors.wait_all([wire.CONNECTOR, wire.connector(7)["id"]], interval=(0.02, 0.02))
            step = asyncio.ensure_future(anext(aiter(waits)))
            await asyncio.to_thread(lambda: eventually(lambda: telemetry.spans(CALL)))
            step.cancel()
            await asyncio.gather(step, return_exceptions=True)

    asyncio.run(run())
    eventually(lambda: telemetry.spans("wait"))
    [wait] = telemetry.spans("wait")
    assert attributes(wait)["error.type"] == "cancelled"
    assert wait.events[-1].name == "wait cancelled"
    [outcome] = telemetry.metrics()["bird.waits"]
    assert (outcome.value, dict(outcome.attributes)) == (2, {"bird.wait.outcome": "cancelled"})


def test_cancelled_call_has_the_status_error(serve: Any, telemetry: Telemetry) -> None:
    stub = serve(lambda _: None)

    async def run() -> None:
        async with bc.AsyncClient(access_key=wire.KEY, base_url=stub.base_url) as client:
            with telemetry.tracer.start_as_current_span("handler"):
                call = asyncio.ensure_future(client.workspace(wire.WORKSPACE).connectors.get(wire.CONNECTOR))
                await asyncio.to_thread(stub.request_received.wait, HANG_TIMEOUT)
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await call

    asyncio.run(run())
    eventually(lambda: len(telemetry.spans()) == 3)
    telemetry.check_tree()
    for span in telemetry.spans():
        if span.name != "handler":
            assert span.status.status_code is StatusCode.ERROR, span.name
            assert attributes(span)["error.type"] == "cancelled"


def test_sampler_decides_and_metrics_count_everything(runner: ClientRunner, serve: Any) -> None:
    telemetry = Telemetry(sampler=ALWAYS_OFF)
    telemetry.instrument()
    try:
        workspace = runner.workspace(serve(twice_unavailable()).base_url)
        runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    finally:
        otel.uninstrument()
    assert telemetry.spans() == []
    assert sum(point.count for point in telemetry.metrics()["http.client.request.duration"]) == 3


def test_parent_that_is_not_sampled_has_no_sampled_children(serve: Any, telemetry: Telemetry) -> None:
    workspace = bc.Client(access_key=wire.KEY, base_url=serve(connector_server).base_url).workspace(wire.WORKSPACE)
    unsampled = trace.SpanContext(trace_id=7, span_id=7, is_remote=True, trace_flags=trace.TraceFlags(0))
    with trace.use_span(trace.NonRecordingSpan(unsampled)):
        workspace.connectors.get(wire.CONNECTOR)
    assert telemetry.spans() == []


def test_verification_is_a_span_of_the_handler(telemetry: Telemetry) -> None:
    url = "https://hooks.example.com/bird"
    verifier = Verifier(signing_keys=[SIGNING_KEY], url=url)
    with telemetry.tracer.start_as_current_span("POST /bird"):
        verifier.verify(**delivery(SIGNING_KEY, url))
        with pytest.raises(bc.WebhookError):
            verifier.verify(**delivery("another key", url))
    spans = telemetry.spans()
    valid, invalid = telemetry.spans("verify")
    assert ancestors(spans, valid) == ancestors(spans, invalid) == ["verify", "POST /bird"]
    assert valid.status.status_code is StatusCode.UNSET
    assert attributes(valid)["bird.lag"] >= 4
    assert invalid.status.status_code is StatusCode.ERROR
    assert attributes(invalid) == {"error.type": "signature_mismatch"}
    points = telemetry.metrics()
    assert points["bird.webhook.lag"][0].count == 1
    [refusals] = points["bird.webhook.refusals"]
    assert (refusals.value, dict(refusals.attributes)) == (1, {"error.type": "signature_mismatch"})


def test_wait_for_a_rate_limit_slot_is_measured(runner: ClientRunner, serve: Any, telemetry: Telemetry) -> None:
    workspace = runner.workspace(serve(connector_server).base_url, rate_limit=RateLimits(get=1))
    runner.call_concurrently(*[lambda: workspace.connectors.get(wire.CONNECTOR)] * 2)
    [point] = telemetry.metrics()["bird.rate_limit.wait.duration"]
    assert point.count == 1
    assert 0 < point.sum < HANG_TIMEOUT
    assert dict(point.attributes) == {"http.request.method": "GET"}


def test_traceparent_is_sent_only_if_it_is_switched_on(runner: ClientRunner, serve: Any, telemetry: Telemetry) -> None:
    stub = serve(twice_unavailable())
    workspace = runner.workspace(stub.base_url)
    with telemetry.tracer.start_as_current_span("handler"):
        runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    assert len(stub.requests) == 3
    assert not any("traceparent" in request.headers for request in stub.requests)
    telemetry.instrument(send_traceparent=True)
    runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    assert "traceparent" not in stub.requests[-1].headers, "there is no span of the caller"
    with telemetry.tracer.start_as_current_span("handler") as handler:
        runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    context = handler.get_span_context()
    expected = f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
    assert stub.requests[-1].headers["traceparent"] == expected


def test_log_records_are_handled_within_their_span(runner: ClientRunner, serve: Any, telemetry: Telemetry) -> None:
    found: list[tuple[str, int]] = []

    class Integration(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append((record.getMessage().split(" bird_")[0], trace.get_current_span().get_span_context().span_id))

    logger, handler = logging.getLogger("bird_connectors"), Integration()
    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(logging.DEBUG)
    try:
        workspace = runner.workspace(serve(twice_unavailable()).base_url)
        with telemetry.tracer.start_as_current_span("handler"):
            runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)
    [call] = telemetry.spans(CALL)
    attempts = [span.context.span_id for span in telemetry.spans(GET_CONNECTOR)]
    ended = [span for message, span in found if message == "attempt ended"]
    assert ended == attempts
    retrying = [span for message, span in found if message == "retrying"]
    assert retrying == [call.context.span_id] * 2


def test_full_queue_drops_spans_and_keeps_the_trace_whole(serve: Any, telemetry: Telemetry) -> None:
    pages = 2300

    def respond(request: Request) -> Response:
        number = int(request.query.get("pageToken", "0")) + 1
        return Response(200, wire.page([wire.connector(number)], str(number) if number < pages else None))

    stub = serve(respond)

    async def run() -> None:
        client = bc.AsyncClient(access_key=wire.KEY, base_url=stub.base_url, rate_limit=None)
        with telemetry.tracer.start_as_current_span("import"):
            reading = asyncio.ensure_future(client.workspace(wire.WORKSPACE).connectors.list(page_size=1).to_list())
            await asyncio.sleep(0)
            # The core keeps reading pages while the loop is blocked.
            eventually(lambda: len(stub.requests) == pages, timeout=4 * HANG_TIMEOUT)
            assert len(await reading) == pages

    asyncio.run(run())
    telemetry.check_tree()
    [dropped] = telemetry.metrics()["bird.telemetry.dropped"]
    spans = telemetry.spans()
    assert dropped.value > 0
    # Two starts of spans for each page, and one more span.
    assert len(spans) + dropped.value == 2 * pages + 1
    assert len({span.context.trace_id for span in spans}) == 1


def test_uninstrumented_package_creates_nothing(serve: Any, telemetry: Telemetry) -> None:
    otel.uninstrument()
    workspace = bc.Client(access_key=wire.KEY, base_url=serve(connector_server).base_url).workspace(wire.WORKSPACE)
    get_within(telemetry, workspace, "handler")
    assert [span.name for span in telemetry.spans()] == ["handler"]
    assert telemetry.metrics() == {}


def test_exception_of_a_provider_does_not_fail_the_call(
    serve: Any, telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    unraisable: list[Any] = []
    monkeypatch.setattr("sys.unraisablehook", unraisable.append)

    class Broken(SimpleSpanProcessor):
        def on_end(self, span: ReadableSpan) -> None:
            raise RuntimeError("a processor of the program")

    telemetry.provider.add_span_processor(Broken(telemetry.exporter))
    workspace = bc.Client(access_key=wire.KEY, base_url=serve(connector_server).base_url).workspace(wire.WORKSPACE)
    assert workspace.connectors.get(wire.CONNECTOR).name == "Shop 0"
    assert [str(one.exc_value) for one in unraisable] == ["a processor of the program"] * 2


def test_exporter_can_call_the_client(serve: Any, telemetry: Telemetry) -> None:
    workspace = bc.Client(access_key=wire.KEY, base_url=serve(connector_server).base_url).workspace(wire.WORKSPACE)
    names: list[str] = []

    class Calling(SimpleSpanProcessor):
        def on_end(self, span: ReadableSpan) -> None:
            if not names:
                names.append("")
                names[0] = workspace.connectors.get(wire.CONNECTOR).name

    telemetry.provider.add_span_processor(Calling(telemetry.exporter))
    workspace.connectors.get(wire.CONNECTOR)
    assert names == ["Shop 0"]
    assert len(telemetry.spans(CALL)) == 2


def test_call_of_an_exporter_creates_no_spans_and_no_metrics(serve: Any, telemetry: Telemetry) -> None:
    workspace = bc.Client(access_key=wire.KEY, base_url=serve(twice_unavailable()).base_url).workspace(wire.WORKSPACE)
    names: list[str] = []

    class CallingExporter(SpanExporter):
        def export(self, _: Sequence[ReadableSpan]) -> SpanExportResult:
            names.append(workspace.connectors.get(wire.CONNECTOR).name)
            return SpanExportResult.SUCCESS

    # The SDK of OpenTelemetry suppresses instrumentation during an export.
    telemetry.provider.add_span_processor(SimpleSpanProcessor(CallingExporter()))
    with telemetry.tracer.start_as_current_span("handler"):
        pass
    assert names == ["Shop 0"]
    assert [span.name for span in telemetry.spans()] == ["handler"]
    assert telemetry.metrics() == {}


def test_exemplars_name_the_span_that_was_measured(runner: ClientRunner, serve: Any, telemetry: Telemetry) -> None:
    workspace = runner.workspace(serve(twice_unavailable()).base_url)
    with telemetry.tracer.start_as_current_span("handler"):
        runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    points = telemetry.metrics()
    requests = {span.context.span_id for span in telemetry.spans(GET_CONNECTOR)}
    [call] = telemetry.spans(CALL)

    def measured(metric: str) -> set[int]:
        return {exemplar.span_id for point in points[metric] for exemplar in point.exemplars}

    assert measured("http.client.request.duration") == requests
    assert measured("bird.retries") == {call.context.span_id}


def test_provider_that_is_set_later_receives_the_spans(program: Any, serve: Any) -> None:
    program(
        """
import sys
import bird_connectors as bc
import wire
from bird_connectors import otel
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

otel.instrument()
ws = bc.Client(access_key=wire.KEY, base_url=sys.argv[1]).workspace(wire.WORKSPACE)
ws.connectors.get(wire.CONNECTOR)
exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
metrics.set_meter_provider(MeterProvider([reader]))
ws.connectors.get(wire.CONNECTOR)
print([span.name for span in exporter.get_finished_spans()])
[resource] = reader.get_metrics_data().resource_metrics
print([metric.name for scope in resource.scope_metrics for metric in scope.metrics])
""",
        serve(connector_server).base_url,
    ).expect_output(f"[{GET_CONNECTOR!r}, {CALL!r}]\n['http.client.request.duration']")


def test_second_instrumentation_replaces_the_first(serve: Any, telemetry: Telemetry) -> None:
    workspace = bc.Client(access_key=wire.KEY, base_url=serve(connector_server).base_url).workspace(wire.WORKSPACE)
    second = Telemetry()
    second.instrument()
    second.instrument()
    workspace.connectors.get(wire.CONNECTOR)
    assert telemetry.spans() == []
    assert [span.name for span in second.spans()] == [GET_CONNECTOR, CALL]
    assert second.metrics()["http.client.request.duration"][0].count == 1


@pytest.mark.parametrize(
    ("call", "spans"),
    [
        ("ws.connectors.get(wire.CONNECTOR)", [(CALL, False)]),
        ("list(ws.connectors.list())", [("listConnectors", False)]),
        (
            "ws.connectors.ensure(bc.Telegram(name='Shop'), journal=Kept())",
            [("listConnectors", True), ("ensure", False)],
        ),
    ],
    ids=["call", "iteration", "callbacks"],
)
def test_interrupted_call_has_ended_its_spans_when_it_raises(
    call: str, spans: list[tuple[str, bool]], program: Any, serve: Any
) -> None:
    stub = serve(lambda _: None)
    child = program(
        START
        + f"""
class Kept:
    def lines(self):
        return []
    def append(self, line):
        pass
try:
    {call}
except KeyboardInterrupt:
    print("interrupted", flush=True)
    os._exit(0)
""",
        stub.base_url,
    )
    assert stub.request_received.wait(HANG_TIMEOUT)
    child.process.send_signal(signal.SIGINT)
    code, out, err = child.finish()
    assert (code, err) == (0, ""), err
    request, *outer, last = out.strip().splitlines()
    assert " GET /workspaces/" in request
    expected = [f"{name} {has_parent} cancelled" for name, has_parent in spans]
    assert [line.split(" ", 1)[1] for line in outer] == expected
    assert request.endswith(" True cancelled")
    assert last == "interrupted"


def test_call_that_times_out_has_ended_its_spans_when_it_raises(serve: Any, telemetry: Telemetry) -> None:
    is_stalled = threading.Event()

    def respond(_: Request) -> Response | None:
        return None if is_stalled.is_set() else Response(200, wire.page([wire.connector()], "more"))

    client = bc.Client(
        access_key=wire.KEY, base_url=serve(respond).base_url, attempt_timeout=0.3, max_attempts=1, rate_limit=None
    )
    connectors = client.workspace(wire.WORKSPACE).connectors
    pages = connectors.list(page_size=1).pages()
    next(pages)
    is_stalled.set()
    calls: list[Callable[[], object]] = [
        lambda: connectors.get(wire.CONNECTOR),
        lambda: connectors.list().first_page(),
        lambda: list(connectors.list()),
        lambda: client.request("GET", "/anything"),
        lambda: [next(pages) for _ in range(3)],
    ]
    for call in calls:
        telemetry.spans()
        telemetry.exporter.clear()
        with pytest.raises(bc.ApiTimeoutError):
            call()
        # `Telemetry.spans` would flush.
        spans = telemetry.exporter.get_finished_spans()
        failed = [span.kind for span in spans if attributes(span).get("error.type") == "timeout"]
        assert failed == [SpanKind.CLIENT, SpanKind.INTERNAL], [span.name for span in spans]


def test_flush_waits_for_the_spans_of_cancelled_calls(serve: Any, telemetry: Telemetry) -> None:
    stub = serve(lambda _: None)

    async def run() -> None:
        async with bc.AsyncClient(access_key=wire.KEY, base_url=stub.base_url, rate_limit=None) as client:
            get = client.workspace(wire.WORKSPACE).connectors.get
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(get(wire.CONNECTOR), 0.1)

    for count in range(1, 11):
        asyncio.run(run())
        assert len(telemetry.spans()) == 2 * count


def test_flush_waits_for_the_spans_of_a_dropped_iteration(serve: Any, telemetry: Telemetry) -> None:
    def respond(request: Request) -> Response | None:
        number = int(request.query.get("pageToken", "1"))
        return None if number == 3 else Response(200, wire.page([wire.connector()], str(number + 1)))

    stub = serve(respond)
    workspace = bc.Client(access_key=wire.KEY, base_url=stub.base_url, rate_limit=None).workspace(wire.WORKSPACE)
    for count in range(1, 6):
        items = iter(workspace.connectors.list(page_size=1))
        next(items)
        next(items)
        # The next page is requested already.
        sent = 3 * count
        eventually(lambda sent=sent: len(stub.requests) == sent)
        del items
        spans = telemetry.spans("listConnectors")
        assert [attributes(span).get("error.type") for span in spans] == [None, None, "cancelled"] * count


def test_calls_end_their_spans_after_the_instrumentation_is_removed_or_replaced(
    serve: Any, telemetry: Telemetry
) -> None:
    later = Telemetry()
    replacements: list[Callable[[], None]] = [otel.uninstrument, later.instrument]
    for replace in replacements:
        telemetry.instrument()
        telemetry.exporter.clear()
        gate = Gate(Response(200, wire.connector()))
        stub = serve(gate)
        workspace = bc.Client(access_key=wire.KEY, base_url=stub.base_url).workspace(wire.WORKSPACE)
        with ThreadPoolExecutor(1) as threads:
            call = threads.submit(workspace.connectors.get, wire.CONNECTOR)
            assert stub.request_received.wait(HANG_TIMEOUT)
            replace()
            ended_before = telemetry.exporter.get_finished_spans()
            gate.open()
            call.result(HANG_TIMEOUT)
        assert ended_before == ()
        assert [attributes(span)["http.response.status_code"] for span in telemetry.spans()] == [200, 200]
    assert later.spans() == []
    assert later.metrics() == {}
    points = telemetry.metrics()["http.client.request.duration"]
    assert [(point.count, point.attributes["http.response.status_code"]) for point in points] == [(1, 200)] * 2


def test_wait_that_on_progress_ends_has_ended_its_span(runner: ClientRunner, serve: Any, telemetry: Telemetry) -> None:
    workspace = runner.workspace(serve(InstallApi("pending")).base_url)
    install = runner.call(lambda: workspace.connectors.install(Sms(name="Shop", **wire.template_arguments())))

    def fail(_: object) -> None:
        raise ValueError("a function of the program")

    with pytest.raises(ValueError, match="a function of the program") as raised:
        runner.call(lambda: install.until_ready(on_progress=fail))
    [wait] = [span for span in telemetry.exporter.get_finished_spans() if span.name == "wait"]
    assert attributes(wait)["error.type"] == "cancelled"
    assert raised.value.__traceback__ is not None, "the traceback keeps the frames of the wait"


def test_response_that_cannot_be_decoded_is_an_error(runner: ClientRunner, serve: Any, telemetry: Telemetry) -> None:
    workspace = runner.workspace(serve(lambda _: Response(200, [])).base_url)
    with pytest.raises(bc.DecodeError):
        runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    request, call = telemetry.spans()
    assert (request.status.status_code, call.status.status_code) == (StatusCode.UNSET, StatusCode.ERROR)
    assert attributes(call)["error.type"] == "decode"


def test_telemetry_contains_no_secrets(runner: ClientRunner, serve: Any, telemetry: Telemetry) -> None:
    make_calls_with_secrets(runner, serve)
    spans = telemetry.spans()
    assert Counter(span.name for span in spans if span.kind is SpanKind.INTERNAL) == {
        CALL: 1,
        "createConnector": 1,
        "createWebhookSubscription": 1,
        "call": 1,
        "verify": 2,
    }
    points = telemetry.metrics()
    assert {"http.client.request.duration", "bird.retries", "bird.webhook.lag", "bird.webhook.refusals"} <= set(points)
    assert_no_secrets(*(span.to_json() for span in spans), *(repr(point) for one in points.values() for point in one))


START = """
import os, sys, warnings
import bird_connectors as bc
import wire
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
warnings.filterwarnings("ignore", message=".*fork.*", category=DeprecationWarning)

class Printer(SpanExporter):
    def export(self, spans):
        for span in spans:
            error = (span.attributes or {}).get("error.type")
            print(os.getpid(), span.name, span.parent is not None, error, flush=True)
        return SpanExportResult.SUCCESS

provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(Printer()))
tracer = provider.get_tracer("program")
from bird_connectors import otel
otel.instrument(tracer_provider=provider)
ws = bc.Client(access_key=wire.KEY, base_url=sys.argv[1], rate_limit=None).workspace(wire.WORKSPACE)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_forked_child_has_its_own_spans(program: Any, serve: Any) -> None:
    child = program(
        START
        + """
import threading
stop = threading.Event()
otel.instrument(tracer_provider=TracerProvider())
def busy():
    while not stop.is_set():
        ws.connectors.get(wire.CONNECTOR)
threads = [threading.Thread(target=busy) for _ in range(3)]
for thread in threads:
    thread.start()
for _ in range(10):
    pid = os.fork()
    if pid == 0:
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(Printer()))
        otel.instrument(tracer_provider=provider)
        with provider.get_tracer("program").start_as_current_span("child"):
            ws.connectors.get(wire.CONNECTOR)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
stop.set()
for thread in threads:
    thread.join()
""",
        serve(connector_server).base_url,
    )
    code, out, err = child.finish()
    assert (code, err) == (0, ""), err
    lines = [line.split(" ", 1) for line in out.strip().splitlines()]
    assert len({pid for pid, _ in lines}) == 10
    for pid in {pid for pid, _ in lines}:
        spans = [line for other, line in lines if other == pid]
        assert spans == [f"{GET_CONNECTOR} True None", f"{CALL} True None", "child False None"]


def test_program_that_ends_during_a_call_ends_its_spans(program: Any, serve: Any, tmp_path: Path) -> None:
    stub = serve(lambda _: None)
    marker = tmp_path / "the request has arrived"
    child = program(
        START
        + """
import threading, time
threading.Thread(target=lambda: ws.connectors.get(wire.CONNECTOR), daemon=True).start()
while not os.path.exists(sys.argv[2]):
    time.sleep(0.01)
""",
        stub.base_url,
        str(marker),
    )
    assert stub.request_received.wait(HANG_TIMEOUT)
    marker.touch()
    code, out, err = child.finish()
    assert (code, err) == (0, ""), err
    assert sorted(line.split(" ", 1)[1] for line in out.strip().splitlines()) == [
        f"{GET_CONNECTOR} True cancelled",
        f"{CALL} False cancelled",
    ]


def test_package_imports_opentelemetry_only_with_the_extra(program: Any) -> None:
    program(
        """
import sys
import bird_connectors, bird_connectors.webhooks, bird_connectors.testing
assert not any(name.startswith("opentelemetry") for name in sys.modules)
assert not any(name.startswith("bird_connectors.otel") for name in sys.modules)
from bird_connectors import _logging
assert _logging.recorder is None
sys.modules["opentelemetry"] = None
try:
    import bird_connectors.otel
except ModuleNotFoundError as error:
    print(error)
"""
    ).expect_output(
        "bird_connectors.otel needs the package opentelemetry, which is not installed: "
        "run pip install 'bird-connectors[otel]'"
    )


def test_install_with_webhooks_and_a_retry_is_one_trace_in_threads_and_tasks() -> None:
    drill = Path(__file__).parents[1] / "drills" / "trace.py"
    done = subprocess.run([sys.executable, drill], capture_output=True, text=True, timeout=10 * HANG_TIMEOUT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("8 installs, one trace each, ")


def test_records_of_several_threads_are_handled_in_their_order(telemetry: Telemetry) -> None:
    class Source:
        def __init__(self, *records: tuple[str, tuple[Any, ...]]) -> None:
            self.records = list(records)

        def take(self) -> list[tuple[str, tuple[Any, ...]]]:
            taken, self.records = self.records, []
            return taken

    class SlowTracer(trace.NoOpTracer):
        def start_span(self, *arguments: Any, **settings: Any) -> trace.Span:
            threads[1].start()
            # The other thread cannot handle the end meanwhile.
            threads[1].join(0.2)
            return telemetry.tracer.start_span(*arguments, **settings)

    recorder = Recorder(SlowTracer(), Metrics(NoOpMeter("")), send_traceparent=False)
    first = Source(("start", (1, 0, 0, "call", False, 1, {})))
    second: Any = Source(("end", (1, 2, False, {})))
    threads = [threading.Thread(target=recorder.receive, args=(source,)) for source in (first, second)]
    threads[0].start()
    for thread in threads:
        thread.join(HANG_TIMEOUT)
    # On a slow machine, the other thread has left its records to a later one.
    recorder.receive(second)
    assert [span.name for span in telemetry.spans()] == ["call"]


def test_interrupt_while_the_lock_is_acquired_does_not_keep_it(telemetry: Telemetry) -> None:
    class InterruptedLock:
        def __init__(self) -> None:
            self._lock = threading.RLock()
            self.interrupts = 1

        def acquire(self, timeout: float) -> bool:
            acquired = self._lock.acquire(timeout=timeout)
            self.interrupts -= 1
            if self.interrupts == 0:
                raise KeyboardInterrupt
            return acquired

        def release(self) -> None:
            self._lock.release()

    class Source:
        def take(self) -> list[tuple[str, tuple[Any, ...]]]:
            return [("start", (1, 0, 0, "call", False, 1, {})), ("end", (1, 2, False, {}))]

    source: Any = Source()
    recorder: Any = Recorder(telemetry.tracer, Metrics(NoOpMeter("")), send_traceparent=False)
    recorder._lock = InterruptedLock()
    with pytest.raises(KeyboardInterrupt):
        recorder.receive(source)
    thread = threading.Thread(target=recorder.receive, args=(source,))
    thread.start()
    thread.join(HANG_TIMEOUT)
    assert [span.name for span in telemetry.spans()] == ["call"]
