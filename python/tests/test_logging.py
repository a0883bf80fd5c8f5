"""What the core tells reaches `logging`: on the caller's thread or loop, at the promised level, without a secret."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

import bird_connectors as bc
import wire
from bird_connectors import Rate, Sms, _native
from bird_connectors.testing import Sandbox, Script
from stub import Request, Response, error_response

if TYPE_CHECKING:
    from conftest import ClientRunner

TRANSPORT = "bird_connectors.transport"
WAIT = "bird_connectors.wait"


class Ear(logging.Handler):
    """Keeps the records, and where and when they were handled."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []
        self.threads: set[int] = set()
        self.times: list[float] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)
        self.threads.add(threading.get_ident())
        self.times.append(time.time())

    def named(self, text: str) -> list[Any]:
        return [record for record in self.records if record.getMessage().startswith(text)]


@pytest.fixture
def ear() -> Any:
    """Listens to everything of ours, and leaves no trace."""
    logger, ear = logging.getLogger("bird_connectors"), Ear()
    level = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(ear)
    yield ear
    logger.removeHandler(ear)
    logger.setLevel(level)


def twice_unavailable() -> Any:
    replies = iter([error_response(503, "Busy"), error_response(429, "Slow", headers={"Retry-After": "0.2"})])
    return lambda _: next(replies, Response(200, wire.connector()))


def test_every_attempt_and_every_pause_is_told(runner: ClientRunner, serve: Any, ear: Ear) -> None:
    workspace = runner.workspace(serve(twice_unavailable()).base_url)
    before = time.time()
    runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))

    told = [(record.name, record.levelname, record.getMessage().split(" bird_")[0]) for record in ear.records]
    attempt, again = (TRANSPORT, "DEBUG", "attempt ended"), (TRANSPORT, "INFO", "trying again")
    assert told == [attempt, again, attempt, again, attempt]
    first, pause = ear.records[0], ear.records[3]
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
    assert pause.error_type == "429"
    assert pause.http_request_resend_count == 2
    assert 0.2 <= pause.bird_pause <= 1.1
    assert "error_type=429" in pause.getMessage()
    assert ear.threads == {threading.get_ident()}, "handlers run where the call was made"
    for record in ear.records:
        assert before <= record.created <= time.time()
        assert wire.CONNECTOR not in repr(vars(record))
        assert wire.KEY not in repr(vars(record))


def test_what_happens_during_a_call_is_told_during_the_call(runner: ClientRunner, serve: Any, ear: Ear) -> None:
    replies = iter([error_response(503, "Busy", headers={"Retry-After": "0.6"})])
    workspace = runner.workspace(serve(lambda _: next(replies, Response(200, wire.connector()))).base_url)
    runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    [again] = ear.named("trying again")
    told = ear.times[ear.records.index(again)]
    assert ear.times[-1] - told > 0.3
    assert told - again.created < 0.3


def test_giving_up_is_a_warning_and_an_answer_is_not(runner: ClientRunner, serve: Any, ear: Ear) -> None:
    stub = serve(error_response(404, "NotFound"))
    workspace = runner.workspace(stub.base_url, max_attempts=1)
    with pytest.raises(bc.NotFoundError):
        runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    assert [record.levelno for record in ear.records] == [logging.DEBUG]
    stub.handler = error_response(502, "Bad")
    with pytest.raises(bc.ServerError):
        runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    [warning] = [record for record in ear.records if record.levelno == logging.WARNING]
    assert (warning.name, warning.bird_outcome) == (TRANSPORT, "unknown")


def test_a_wait_tells_of_changes_and_not_of_polls(runner: ClientRunner, sandbox: Sandbox, ear: Ear) -> None:
    client = sandbox.async_client() if runner.is_async else sandbox.client()
    workspace = client.workspace()
    template = Sms(name="Shop", phone_number_id=sandbox.phone_number_id, channel_message_type="conversational")

    async def both() -> Any:
        install = await workspace.connectors.install(template)
        return await install.until_ready(interval=(0.02, 0.02))

    if runner.is_async:
        ready = asyncio.run(both())
    else:
        ready = workspace.connectors.install(template).until_ready(interval=(0.02, 0.02))
    records: list[Any] = [record for record in ear.records if record.name == WAIT]
    assert [record.levelname for record in records] == ["INFO"] * len(records)
    assert records[-1].getMessage().startswith("ready ")
    assert (records[-1].bird_status, records[-1].bird_channel_id) == ("active", ready.channel_id)
    assert 2 < len(records) < ready.polls


def test_a_level_that_is_off_costs_no_record(runner: ClientRunner, serve: Any, ear: Ear) -> None:
    logging.getLogger("bird_connectors").setLevel(logging.INFO)
    workspace = runner.workspace(serve(twice_unavailable()).base_url)
    runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    assert [record.levelno for record in ear.records] == [logging.INFO] * 2
    ear.records.clear()
    logging.disable(logging.CRITICAL)
    try:
        runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    finally:
        logging.disable(logging.NOTSET)
    assert ear.records == []
    # Changed again, it holds from the next call on.
    logging.getLogger(TRANSPORT).setLevel(logging.DEBUG)
    try:
        runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    finally:
        logging.getLogger(TRANSPORT).setLevel(logging.NOTSET)
    assert len(ear.records) == 1


def test_a_handler_that_raises_spoils_no_call(
    runner: ClientRunner, serve: Any, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: logging.LogRecord) -> bool:
        raise RuntimeError("a filter of the program")

    unraisable: list[Any] = []
    monkeypatch.setattr("sys.unraisablehook", unraisable.append)
    logger = logging.getLogger(TRANSPORT)
    logger.addFilter(refuse)
    try:
        workspace = runner.workspace(serve(Response(200, wire.connector())).base_url)
        assert runner.call(lambda: workspace.connectors.get(wire.CONNECTOR)).name == "Shop 0"
    finally:
        logger.removeFilter(refuse)
    assert "a filter of the program" in str(unraisable[0].exc_value)


def test_a_handler_can_make_calls_itself(serve: Any, ear: Ear) -> None:
    stub = serve(twice_unavailable())
    workspace = bc.Client(access_key=wire.KEY, base_url=stub.base_url).workspace(wire.WORKSPACE)
    names: list[str] = []

    class Asks(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            self.setLevel(logging.CRITICAL)
            names.append(workspace.connectors.get(wire.CONNECTOR).name)

    asks = Asks(logging.INFO)
    logging.getLogger("bird_connectors").addHandler(asks)
    try:
        assert workspace.connectors.get(wire.CONNECTOR).name == "Shop 0"
    finally:
        logging.getLogger("bird_connectors").removeHandler(asks)
    assert names == ["Shop 0"]


def test_records_that_nobody_fetches_are_counted_and_told_once(serve: Any, ear: Ear) -> None:
    pages = 1200

    def answer(request: Request) -> Response:
        number = int(request.query.get("pageToken", "0")) + 1
        return Response(200, wire.page([wire.connector(number)], str(number) if number < pages else None))

    stub = serve(answer)

    def hold_up() -> None:
        deadline = time.monotonic() + 60
        while len(stub.requests) < pages and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.2)

    async def flood() -> None:
        client = bc.AsyncClient(access_key=wire.KEY, base_url=stub.base_url, rate_limit=None)
        reading = asyncio.ensure_future(client.workspace(wire.WORKSPACE).connectors.list(page_size=1).to_list())
        await asyncio.sleep(0)
        # The core goes on while the loop is held up.
        hold_up()
        assert len(await reading) == pages

    asyncio.run(flood())
    dropped: list[Any] = [record for record in ear.records if record.name == "bird_connectors"]
    assert [record.levelname for record in dropped] == ["WARNING"]
    told = len(ear.named("attempt ended"))
    assert told + dropped[0].args[0] == pages
    assert told >= 1000


def test_waiting_for_a_turn_is_told(runner: ClientRunner, serve: Any, ear: Ear) -> None:
    stub = serve(Response(200, wire.connector()))
    workspace = runner.workspace(stub.base_url, rate_limit=Rate(get=20))
    for _ in range(4):
        runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    assert ear.named("waited for a turn")[0].bird_elapsed < 1


QUIET = """
import sys
import bird_connectors as bc
import wire
assert "logging" not in sys.modules, "nobody has asked for it"
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


def test_a_program_without_logging_neither_imports_it_nor_gets_lines_on_stderr(program: Any, serve: Any) -> None:
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
def test_a_forked_child_tells_what_it_does_itself(program: Any, serve: Any) -> None:
    child = program(FORK, serve(Response(200, wire.connector())).base_url)
    code, out, err = child.finish()
    assert (code, err) == (0, ""), err
    *lines, parent = out.strip().splitlines()
    assert len(lines) == 20, out
    pids = {line.split()[0] for line in lines}
    assert len(pids) == 20
    assert parent.split()[1] not in pids
    assert all("attempt ended" in line for line in lines)


def test_no_secret_is_told(runner: ClientRunner, serve: Any, ear: Ear) -> None:
    secrets = [wire.KEY, "meta-token-5f0c", "signing-key-19cd"]
    stub = serve(lambda request: error_response(503, request.raw.decode("latin-1"), wire.KEY))
    workspace = runner.workspace(stub.base_url, max_attempts=2)
    with pytest.raises(bc.ApiError):
        runner.call(
            lambda: workspace.connectors.install(
                bc.Custom(template="viber:1", name="Shop", security_arguments={"oauth": {"token": secrets[1]}})
            )
        )
    client = runner.client(stub.base_url, max_attempts=1)
    with pytest.raises(bc.ApiError):
        runner.call(lambda: client.request("GET", f"/a/{secrets[1]}", query={"key": secrets[2]}))
    assert len(ear.records) >= 4
    for record in ear.records:
        for secret in secrets:
            assert secret not in repr(vars(record))
            assert secret not in record.getMessage()


def test_the_native_half_has_no_logger_of_its_own_to_call() -> None:
    assert not hasattr(_native, "drain"), "records come by themselves"


def test_instant_installs_tell_too(ear: Ear) -> None:
    with Sandbox(Script.instant()) as sandbox, sandbox.client() as bird:
        template = Sms(name="Shop", phone_number_id=sandbox.phone_number_id, channel_message_type="conversational")
        bird.workspace().connectors.install(template).until_ready()
    assert ear.named("ready ")
