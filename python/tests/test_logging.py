"""The core's events reach `logging`: on the caller's thread or loop, at the documented level, without secrets."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

import bird_connectors as bc
import wire
from bird_connectors import RateLimits, Sms, _native
from bird_connectors.testing import Sandbox, Script
from bird_connectors.webhooks import Verifier
from install_api import InstallApi
from secret_calls import SIGNING_KEY, assert_no_secrets, delivery, make_calls_with_secrets
from stub import Request, Response, error_response
from waiting import HANG_TIMEOUT, eventually

if TYPE_CHECKING:
    from conftest import ClientRunner

TRANSPORT = "bird_connectors.transport"
WAIT = "bird_connectors.wait"


class RecordCollector(logging.Handler):
    """Collects the records and the threads on which they were handled."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []
        self.threads: set[int] = set()

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)
        self.threads.add(threading.get_ident())

    def starting_with(self, message: str) -> list[Any]:
        return [record for record in self.records if record.getMessage().startswith(message)]


@pytest.fixture
def log() -> Any:
    """Collects the records of the package at every level."""
    logger, collector = logging.getLogger("bird_connectors"), RecordCollector()
    level = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(collector)
    yield collector
    logger.removeHandler(collector)
    logger.setLevel(level)


def twice_unavailable() -> Any:
    responses = iter([error_response(503, "Busy"), error_response(429, "Slow", headers={"Retry-After": "0.2"})])
    return lambda _: next(responses, Response(200, wire.connector()))


def test_call_logs_every_attempt_and_every_retry(runner: ClientRunner, serve: Any, log: RecordCollector) -> None:
    workspace = runner.workspace(serve(twice_unavailable()).base_url)
    before = time.time()
    runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))

    logged = [(record.name, record.levelname, record.getMessage().split(" bird_")[0]) for record in log.records]
    attempt, retry = (TRANSPORT, "DEBUG", "attempt ended"), (TRANSPORT, "INFO", "retrying")
    assert logged == [attempt, retry, attempt, retry, attempt]
    first: Any = log.records[0]
    second_retry: Any = log.records[3]
    assert (
        vars(first).items()
        >= {
            "bird_operation": "getConnector",
            "bird_workspace_id": wire.WORKSPACE,
            "http_request_method": "GET",
            "url_template": "/workspaces/{workspaceId}/connectors/{connectorId}",
            "http_response_status_code": 503,
            "error_type": "503",
        }.items()
    )
    assert second_retry.error_type == "429"
    assert second_retry.http_request_resend_count == 2
    assert 0.2 <= second_retry.bird_pause <= 1.1
    assert "error_type=429" in second_retry.getMessage()
    assert log.threads == {threading.get_ident()}, "handlers run on the thread of the caller"
    for record in log.records:
        assert before <= record.created <= time.time()
        assert wire.CONNECTOR not in repr(vars(record))
        assert wire.KEY not in repr(vars(record))


def test_records_of_a_call_are_handled_during_the_call(runner: ClientRunner, serve: Any, log: RecordCollector) -> None:
    handled: list[bool] = []

    def respond(_: Request) -> Response:
        if len(stub.requests) == 1:
            return error_response(503, "Busy", headers={"Retry-After": "0.1"})
        # The call cannot end before this response, so a record that is handled by now was handled during the call.
        eventually(lambda: log.starting_with("retrying"))
        handled.append(True)
        return Response(200, wire.connector())

    stub = serve(respond)
    workspace = runner.workspace(stub.base_url, timeout=600, attempt_timeout=600)
    runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    assert handled == [True]


def test_failed_call_logs_a_warning_and_a_definitive_response_does_not(
    runner: ClientRunner, serve: Any, log: RecordCollector
) -> None:
    stub = serve(error_response(404, "NotFound"))
    workspace = runner.workspace(stub.base_url, max_attempts=1)
    with pytest.raises(bc.NotFoundError):
        runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    assert [record.levelno for record in log.records] == [logging.DEBUG]
    stub.handler = error_response(502, "Bad")
    with pytest.raises(bc.ServerError):
        runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    warning: Any
    [warning] = [record for record in log.records if record.levelno == logging.WARNING]
    assert (warning.name, warning.bird_outcome) == (TRANSPORT, "unknown")


def test_wait_logs_changes_and_not_every_poll(runner: ClientRunner, serve: Any, log: RecordCollector) -> None:
    stub = serve(InstallApi(*["pending"] * 5, *["reviewing"] * 5, "active"))
    workspace = runner.workspace(stub.base_url)
    template = Sms(name="Shop", **wire.template_arguments())
    install = runner.call(lambda: workspace.connectors.install(template))
    ready = runner.call(lambda: install.until_ready(interval=(0.02, 0.02)))
    records: list[Any] = [record for record in log.records if record.name == WAIT]
    assert [record.levelname for record in records] == ["INFO"] * len(records)
    assert records[-1].getMessage().startswith("ready ")
    assert (records[-1].bird_status, records[-1].bird_channel_id) == ("active", ready.channel_id)
    assert ready.polls == 11
    assert 2 < len(records) < ready.polls


def test_disabled_level_creates_no_records(runner: ClientRunner, serve: Any, log: RecordCollector) -> None:
    logging.getLogger("bird_connectors").setLevel(logging.INFO)
    workspace = runner.workspace(serve(twice_unavailable()).base_url)
    runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    assert [record.levelno for record in log.records] == [logging.INFO] * 2
    log.records.clear()
    logging.disable(logging.CRITICAL)
    try:
        runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    finally:
        logging.disable(logging.NOTSET)
    assert log.records == []
    # A new level applies from the next call on.
    logging.getLogger(TRANSPORT).setLevel(logging.DEBUG)
    try:
        runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    finally:
        logging.getLogger(TRANSPORT).setLevel(logging.NOTSET)
    assert len(log.records) == 1


def test_exception_in_a_log_filter_does_not_fail_the_call(
    runner: ClientRunner, serve: Any, log: RecordCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: logging.LogRecord) -> bool:
        raise RuntimeError("a filter of the program")

    unraisable: list[Any] = []
    monkeypatch.setattr("sys.unraisablehook", unraisable.append)
    logger = logging.getLogger(TRANSPORT)
    logger.addFilter(fail)
    try:
        workspace = runner.workspace(serve(Response(200, wire.connector())).base_url)
        assert runner.call(lambda: workspace.connectors.get(wire.CONNECTOR)).name == "Shop 0"
    finally:
        logger.removeFilter(fail)
    assert "a filter of the program" in str(unraisable[0].exc_value)


def test_log_handler_can_call_the_client(serve: Any, log: RecordCollector) -> None:
    stub = serve(twice_unavailable())
    workspace = bc.Client(access_key=wire.KEY, base_url=stub.base_url).workspace(wire.WORKSPACE)
    names: list[str] = []

    class CallingHandler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            self.setLevel(logging.CRITICAL)
            names.append(workspace.connectors.get(wire.CONNECTOR).name)

    handler = CallingHandler(logging.INFO)
    logging.getLogger("bird_connectors").addHandler(handler)
    try:
        assert workspace.connectors.get(wire.CONNECTOR).name == "Shop 0"
    finally:
        logging.getLogger("bird_connectors").removeHandler(handler)
    assert names == ["Shop 0"]


def test_dropped_records_are_counted_and_reported_once(serve: Any, log: RecordCollector) -> None:
    pages = 1200

    def respond(request: Request) -> Response:
        number = int(request.query.get("pageToken", "0")) + 1
        return Response(200, wire.page([wire.connector(number)], str(number) if number < pages else None))

    stub = serve(respond)

    def block_until_all_pages_are_read() -> None:
        eventually(lambda: len(stub.requests) == pages, timeout=2 * HANG_TIMEOUT)

    async def run() -> None:
        client = bc.AsyncClient(access_key=wire.KEY, base_url=stub.base_url, rate_limit=None)
        reading = asyncio.ensure_future(client.workspace(wire.WORKSPACE).connectors.list(page_size=1).to_list())
        await asyncio.sleep(0)
        # The core keeps reading pages while the loop is blocked.
        block_until_all_pages_are_read()
        assert len(await reading) == pages

    asyncio.run(run())
    warnings: list[Any] = [record for record in log.records if record.name == "bird_connectors"]
    assert [record.levelname for record in warnings] == ["WARNING"]
    handled = len(log.starting_with("attempt ended"))
    assert handled + warnings[0].args[0] == pages
    assert handled >= 1000


def test_wait_for_a_rate_limit_slot_is_logged(runner: ClientRunner, serve: Any, log: RecordCollector) -> None:
    stub = serve(Response(200, wire.connector()))
    workspace = runner.workspace(stub.base_url, rate_limit=RateLimits(get=1))
    # Concurrent calls, because slow ones in succession would not have to wait.
    runner.call_concurrently(*[lambda: workspace.connectors.get(wire.CONNECTOR)] * 2)
    [waited] = log.starting_with("waited for a rate-limit slot")
    assert 0 < waited.bird_elapsed < HANG_TIMEOUT, "in seconds"


QUIET = """
import sys
import bird_connectors as bc
import wire
assert "logging" not in sys.modules, "the package imports logging"
ws = bc.Client(access_key=wire.KEY, base_url=sys.argv[1], max_attempts=1).workspace(wire.WORKSPACE)
def fails():
    try:
        ws.connectors.get(wire.CONNECTOR)
    except bc.ServerError:
        print("failed", flush=True)
fails()
assert "logging" not in sys.modules
import logging
fails()
logging.basicConfig(format="%(levelname)s %(name)s %(bird_operation)s", stream=sys.stdout)
fails()
"""


def test_program_without_logging_neither_imports_it_nor_prints_to_stderr(program: Any, serve: Any) -> None:
    child = program(QUIET, serve(error_response(503, "Busy")).base_url)
    child.expect_output(f"failed\nfailed\nWARNING {TRANSPORT} getConnector\nfailed")


FORK = """
import logging, os, sys, threading, warnings
import bird_connectors as bc
import wire
warnings.filterwarnings("ignore", message=".*fork.*", category=DeprecationWarning)
logging.basicConfig(format="%(process)d %(message)s", level=logging.DEBUG, stream=sys.stdout)
ws = bc.Client(access_key=wire.KEY, base_url=sys.argv[1], rate_limit=None).workspace(wire.WORKSPACE)
stop = threading.Event()
def busy():
    while not stop.is_set():
        ws.connectors.get(wire.CONNECTOR)
logging.getLogger("bird_connectors").setLevel(logging.CRITICAL)
threads = [threading.Thread(target=busy) for _ in range(3)]
for thread in threads:
    thread.start()
for _ in range(20):
    pid = os.fork()
    if pid == 0:
        logging.getLogger("bird_connectors").setLevel(logging.DEBUG)
        ws.connectors.get(wire.CONNECTOR)
        sys.stdout.flush()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
stop.set()
for thread in threads:
    thread.join()
print("parent", os.getpid())
"""


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="this system cannot fork")
def test_forked_child_logs_its_own_calls(program: Any, serve: Any) -> None:
    child = program(FORK, serve(Response(200, wire.connector())).base_url)
    code, out, err = child.finish()
    assert (code, err) == (0, ""), err
    *lines, parent = out.strip().splitlines()
    assert len(lines) == 20, out
    pids = {line.split()[0] for line in lines}
    assert len(pids) == 20
    assert parent.split()[1] not in pids
    assert all("attempt ended" in line for line in lines)


def test_records_contain_no_secrets(runner: ClientRunner, serve: Any, log: RecordCollector) -> None:
    make_calls_with_secrets(runner, serve)
    assert {record.name for record in log.records} == {"bird_connectors", TRANSPORT}
    assert len(log.records) >= 10
    for record in log.records:
        assert_no_secrets(repr(vars(record)), record.getMessage())


def test_native_module_has_no_function_to_fetch_records() -> None:
    assert not hasattr(_native, "drain"), "the core delivers records without being asked"


def test_install_that_is_ready_immediately_is_logged(log: RecordCollector) -> None:
    with Sandbox(Script.instant()) as sandbox, sandbox.client() as bird:
        template = Sms(name="Shop", phone_number_id=sandbox.phone_number_id, channel_message_type="conversational")
        bird.workspace().connectors.install(template).until_ready()
    assert log.starting_with("ready ")


def test_verification_logs_its_result(log: RecordCollector) -> None:
    url = "https://hooks.example.com/bird"
    verifier = Verifier(signing_keys=[SIGNING_KEY], url=url)
    verifier.verify(**delivery(SIGNING_KEY, url))
    with pytest.raises(bc.WebhookError):
        verifier.verify(**delivery("another key", url))
    verified: Any
    refused: Any
    verified, refused = log.records
    assert (verified.name, verified.levelno) == ("bird_connectors", logging.DEBUG)
    assert verified.bird_lag >= 4
    assert (refused.name, refused.levelno) == ("bird_connectors", logging.INFO)
    assert refused.error_type == "signature_mismatch"
