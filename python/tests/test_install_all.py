"""Bulk installs: each template is installed as by `ensure`, and a failure does not stop the others."""

from __future__ import annotations

import asyncio
import gc
import json
import pickle
import threading
import weakref
from typing import TYPE_CHECKING, Any

import pytest

import bird_connectors as bc
from bird_connectors import Custom, FileJournal, Sms, WhatsApp
from bird_connectors.testing import Sandbox, Script
from waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import ClientRunner

FAST = (0.05, 0.2)
"""Time from the start of a round of polls to the start of the next one, in seconds."""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Script.timed(0.1, 0.3)) as sandbox:
        yield sandbox


def templates(count: int) -> list[bc.Template]:
    return [Custom("viber:1", name=f"Shop {index}") for index in range(count)]


def test_install_all_returns_one_result_per_template(runner: ClientRunner, sandbox: Sandbox) -> None:
    connectors = runner.sandbox_workspace(sandbox).connectors
    installs = connectors.install_all(templates(30))
    assert len(installs) == 30
    assert isinstance(installs, bc.AsyncInstallAll if runner.is_async else bc.InstallAll)
    finished = runner.collect(lambda: installs)
    assert sorted(result.index for result in finished) == list(range(30))
    assert {result.connector_id for result in finished} == {connector["id"] for connector in sandbox.connectors()}
    for result in finished:
        assert (result.error, result.ready, result.channel_id) == (None, None, None)
        assert (result.adopted, result.matched_by, result.matched_arguments, result.drift) == (False, None, (), ())
        assert result.connector.name == f"Shop {result.index}"
        assert (result.secrets_applied, result.journal_error) == (True, None)
        assert connectors.resume(result.token).id == result.connector_id
    assert sandbox.count("createConnector") == 30
    assert sandbox.count("listConnectors") == 1, "existing connectors are listed once"

    second_run = runner.collect(lambda: installs)
    assert all(result.adopted and result.matched_by == "name" for result in second_run)
    assert sandbox.count("createConnector") == 30


def test_until_ready_returns_ready_failed_and_timed_out_installs(runner: ClientRunner, sandbox: Sandbox) -> None:
    sandbox.script_for_name("Shop 1", Script.statuses(0.1, ["pending", "rejected"]))
    sandbox.script_for_name("Shop 2", Script.pending(0.1))
    connectors = runner.sandbox_workspace(sandbox).connectors
    results = connectors.install_all(templates(4)).until_ready(timeout=5, interval=FAST)
    assert isinstance(results, bc.AsyncInstallResults if runner.is_async else bc.InstallResults)
    finished = {result.index: result for result in runner.collect(lambda: results)}
    assert finished[0].channel_id == finished[0].ready.channel_id
    assert finished[0].ready.channel.status == finished[3].ready.channel.status == "active"
    assert isinstance(finished[1].error, bc.InstallFailedError)
    assert isinstance(finished[2].error, bc.WaitTimeoutError)
    assert all(result.connector_id for result in finished.values())
    totals = results.totals
    assert (totals.created, totals.adopted, totals.failed, totals.pending) == (4, 0, 0, 0)
    waited = runner.collect(lambda: connectors.wait_all([finished[2].token], 0.1, interval=FAST))
    assert [result.connector_id for result in waited] == [finished[2].connector_id]


def test_failed_install_does_not_stop_the_others(runner: ClientRunner, sandbox: Sandbox) -> None:
    sandbox.rule("createConnector", nth=2, status=422)
    connectors = runner.sandbox_workspace(sandbox, max_attempts=1).connectors
    results = connectors.install_all(templates(6), concurrency=2)
    iterator = None if runner.is_async else iter(results)
    finished = runner.collect(lambda: results if iterator is None else iterator)
    [failed] = [result for result in finished if result.error is not None]
    assert isinstance(failed.error, bc.ValidationError)
    assert (failed.connector_id, failed.token, failed.connector, failed.adopted, failed.drift) == (
        None,
        None,
        None,
        False,
        (),
    )
    assert (failed.secrets_applied, failed.journal_error, failed.matched_by) == (False, None, None)
    assert len(sandbox.connectors()) == 5
    if iterator is not None:
        assert (iterator.totals.created, iterator.totals.failed, iterator.totals.pending) == (5, 1, 0)


def test_until_ready_takes_wait_options(runner: ClientRunner, sandbox: Sandbox) -> None:
    sandbox.default_script(Script.statuses(0, ["sad"]))
    options = bc.WaitOptions(failure_statuses=["sad"], interval=FAST, timeout=None)
    installs = runner.sandbox_workspace(sandbox).connectors.install_all(templates(1))
    [result] = runner.collect(lambda: installs.until_ready(options=options))
    assert isinstance(result.error, bc.InstallFailedError)
    [result] = runner.collect(lambda: installs.until_ready(options=options, status="sad"))
    assert result.ready is not None


def test_second_template_of_the_same_connector_is_rejected(runner: ClientRunner, sandbox: Sandbox) -> None:
    duplicates = [*templates(1), *templates(1)]
    finished = runner.collect(lambda: runner.sandbox_workspace(sandbox).connectors.install_all(duplicates))
    errors = [result.error for result in sorted(finished, key=lambda result: result.index)]
    assert errors[0] is None
    assert isinstance(errors[1], bc.InvalidInputError)
    assert len(sandbox.connectors()) == 1


def test_results_can_be_pickled(sandbox: Sandbox) -> None:
    sandbox.rule("createConnector", nth=1, status=422)
    sandbox.script_for_name("Shop 1", Script.statuses(0, ["rejected"]))
    with sandbox.client() as bird:
        installs = bird.workspace().connectors.install_all(templates(3), concurrency=1)
        results = installs.until_ready(interval=FAST)
        finished = list(results)
        for unpicklable in (installs, results):
            with pytest.raises(TypeError):
                pickle.dumps(unpicklable)
    for result in finished:
        copied = pickle.loads(pickle.dumps(result))
        assert (copied.index, copied.report, copied.ready) == (result.index, result.report, result.ready)
        assert (type(copied.error), str(copied.error)) == (type(result.error), str(result.error))
        assert f"index={result.index}" in repr(result)
    assert pickle.loads(pickle.dumps(results.totals)) == results.totals


@pytest.mark.parametrize(
    ("invalid", "settings"),
    [
        ("template", {}),
        ([7], {}),
        ([], {"concurrency": -1}),
        ([], {"concurrency": 1.5}),
        ([], {"journal": "journal.jsonl"}),
        ([], {"identified_by": "page"}),
        ([], {"reconcile_window": -1}),
    ],
)
def test_install_all_rejects_invalid_arguments(invalid: Any, settings: Any, runner: ClientRunner) -> None:
    with pytest.raises((TypeError, bc.InvalidInputError)):
        runner.workspace("http://127.0.0.1:1").connectors.install_all(invalid, **settings)


def test_install_all_rejects_a_concurrency_of_zero(runner: ClientRunner, sandbox: Sandbox) -> None:
    [result] = runner.collect(
        lambda: runner.sandbox_workspace(sandbox).connectors.install_all(templates(1), concurrency=0)
    )
    assert isinstance(result.error, bc.InvalidInputError)
    assert sandbox.requests() == []


class MemoryJournal:
    def __init__(self) -> None:
        self.entries: list[str] = []
        self.threads: set[int] = set()

    def lines(self) -> list[str]:
        self.threads.add(threading.get_ident())
        return list(self.entries)

    def append(self, line: str) -> None:
        self.threads.add(threading.get_ident())
        self.entries.append(line)


@pytest.mark.parametrize("until_ready", [False, True])
def test_custom_journal_receives_an_intent_and_a_result_per_install(
    until_ready: bool, runner: ClientRunner, sandbox: Sandbox
) -> None:
    journal = MemoryJournal()
    installs = runner.sandbox_workspace(sandbox).connectors.install_all(templates(20), journal=journal)
    finished = runner.collect(lambda: installs.until_ready(interval=FAST) if until_ready else installs)
    assert [result.error for result in finished] == [None] * 20
    entries = [json.loads(line)["entry"] for line in journal.entries]
    assert (entries.count("intent"), entries.count("result")) == (20, 20)
    assert (threading.get_ident() in journal.threads) is not runner.is_async
    assert runner.is_async or len(journal.threads) == 1


def test_exception_of_the_journal_is_the_cause_of_each_error(runner: ClientRunner, sandbox: Sandbox) -> None:
    class FullJournal(MemoryJournal):
        def append(self, line: str) -> None:
            raise OSError(28, "No space left")

    finished = runner.collect(
        lambda: runner.sandbox_workspace(sandbox).connectors.install_all(templates(3), journal=FullJournal())
    )
    assert len(finished) == 3
    for result in finished:
        assert isinstance(result.error, bc.JournalError)
        assert isinstance(result.error.__cause__, OSError)
    assert sandbox.count("createConnector") == 0


def test_system_exit_in_the_journal_ends_the_run(sandbox: Sandbox) -> None:
    class ExitingJournal(MemoryJournal):
        def append(self, line: str) -> None:
            raise SystemExit(3)

    with sandbox.client() as bird:
        results = iter(bird.workspace().connectors.install_all(templates(3), journal=ExitingJournal()))
        with pytest.raises(SystemExit):
            next(results)
    assert sandbox.count("createConnector") == 0
    assert results.totals.pending == 3


def test_close_stops_the_run(sandbox: Sandbox) -> None:
    # The third create never ends, so the run cannot finish before it is closed.
    sandbox.rule("createConnector", nth=3, delay=600)
    with sandbox.client() as bird:
        results = iter(bird.workspace().connectors.install_all(templates(20), concurrency=1))
        next(results)
        results.close()
        assert list(results) == []
    assert sandbox.count("createConnector") <= 3
    assert results.totals.created == 1


def test_cancelled_task_stops_the_run(sandbox: Sandbox) -> None:
    sandbox.delay("createConnector", 600)

    async def run() -> None:
        async with sandbox.async_client() as bird:
            results = aiter(bird.workspace().connectors.install_all(templates(3)))
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(anext(results), 0.5)
            with pytest.raises(RuntimeError, match="interrupted"):
                await anext(results)
            assert results.totals.pending == 3

    asyncio.run(run())
    assert sandbox.connectors() == []


def test_ctrl_c_stops_the_run(program: Any, sandbox: Sandbox) -> None:
    sandbox.delay("createConnector", 600)
    child = program(
        """
        from bird_connectors import Client, Custom
        ws = Client.from_env(timeout=600, attempt_timeout=600).workspace()
        print("ready", flush=True)
        try:
            list(ws.connectors.install_all([Custom("viber:1", name="Shop")]).until_ready())
        except KeyboardInterrupt:
            print("interrupted", flush=True)
        """,
        **sandbox.environment(),
    )
    assert child.read_line() == "ready"
    eventually(lambda: sandbox.count("createConnector"))
    child.interrupt()
    child.expect_output("")


INSTALL_FORTY = """
import sys
from bird_connectors import Client, Custom, FileJournal
with Client.from_env() as bird, FileJournal(sys.argv[1]) as journal:
    templates = [Custom("viber:1", name=f"Shop {index}") for index in range(40)]
    ids = set()
    for result in bird.workspace().connectors.install_all(
        templates, journal=journal, concurrency=4, reconcile_window=1, recreate_after_window=True
    ):
        assert result.error is None, result.error
        ids.add(result.connector_id)
        print(len(ids), flush=True)
"""


def test_killed_run_resumes_from_its_journal(program: Any, tmp_path: Path) -> None:
    with Sandbox(Script.instant()) as sandbox:
        # Four creates never end. They occupy all workers, so the process cannot finish before it is killed.
        for nth in range(15, 19):
            sandbox.rule("createConnector", nth=nth, delay=600)
        path = str(tmp_path / "journal.jsonl")
        child = program(INSTALL_FORTY, path, **sandbox.environment())
        assert "10" in iter(child.read_line, "")
        eventually(lambda: sandbox.count("createConnector") == 18)
        child.kill()
        sandbox.clear_rules()
        second = program(INSTALL_FORTY, path, **sandbox.environment())
        code, _, err = second.finish()
        assert (code, err) == (0, "")
        assert len(sandbox.connectors()) == 40
        assert sandbox.count("createConnector") <= 44, "only creates that were in progress are repeated"
        with FileJournal(path) as journal:
            assert len(journal.lines()) >= 80


def test_secrets_are_not_applied_to_an_adopted_connector(runner: ClientRunner, sandbox: Sandbox) -> None:
    shop = WhatsApp(name="Shop", waba_id="1", phone_id="2", phone_number="+31612345678", access_token="secret")
    installs = runner.sandbox_workspace(sandbox).connectors.install_all([shop])
    assert [result.secrets_applied for result in runner.collect(lambda: installs)] == [True]
    assert [result.secrets_applied for result in runner.collect(lambda: installs)] == [False]


def test_failed_row_becomes_a_result_with_its_exception(runner: ClientRunner, sandbox: Sandbox) -> None:
    rows: list[bc.Template | bc.BirdConnectorsError | ValueError] = []
    for name, number in (("Shop", sandbox.phone_number_id), ("Broken", "not a number")):
        try:
            rows.append(Sms(name=name, phone_number_id=number, channel_message_type="conversational"))
        except bc.InvalidInputError as error:
            rows.append(error)
    rows += [ValueError("line 3: no name"), *templates(1)]
    installs = runner.sandbox_workspace(sandbox).connectors.install_all(rows)
    assert len(installs) == 4
    for until_ready in (False, True):
        read = installs.until_ready(interval=FAST) if until_ready else installs
        finished = {result.index: result for result in runner.collect(lambda read=read: read)}
        assert sorted(finished) == [0, 1, 2, 3]
        assert finished[1].error is rows[1]
        assert finished[2].error is rows[2]
        assert [finished[index].error for index in (0, 3)] == [None, None]
        assert finished[1].report is finished[2].report is None
    assert sandbox.count("createConnector") == 2


def test_failed_rows_alone_send_no_request(runner: ClientRunner, sandbox: Sandbox) -> None:
    error = ValueError("line 1: no name")
    installs = runner.sandbox_workspace(sandbox).connectors.install_all([error])
    [result] = runner.collect(lambda: installs)
    assert result.error is error
    copied = pickle.loads(pickle.dumps(result))
    assert (type(copied.error), str(copied.error)) == (ValueError, "line 1: no name")
    assert sandbox.requests() == []


def test_unread_run_does_not_keep_the_frame_of_a_failed_row_alive(runner: ClientRunner) -> None:
    class Local:
        pass

    connectors = runner.workspace("http://127.0.0.1:1").connectors

    def onboard() -> weakref.ref[Local]:
        local = Local()
        try:
            raise ValueError("line 1: no name")
        except ValueError as error:
            rows = [error]
        # The frame refers to the run, and the run to the frame by the traceback of the error.
        run = connectors.install_all(rows)
        assert len(run) == 1
        return weakref.ref(local)

    local = onboard()
    gc.collect()
    assert local() is None


def test_started_run_does_not_keep_the_frame_of_a_failed_row_alive(runner: ClientRunner, sandbox: Sandbox) -> None:
    class Local:
        pass

    connectors = runner.sandbox_workspace(sandbox).connectors

    def onboard() -> weakref.ref[Local]:
        local = Local()
        try:
            raise ValueError("line 1: no name")
        except ValueError as error:
            installs = connectors.install_all([*templates(1), error])
        # The frame refers to the results, and the results to the frame by the traceback of the error.
        results = installs.until_ready()
        assert results.totals.pending == 2
        return weakref.ref(local)

    local = onboard()
    gc.collect()
    assert local() is None


@pytest.mark.parametrize(
    "row", ["Shop", None, RuntimeError("no template"), ValueError, {"name": "Shop"}], ids=lambda row: type(row).__name__
)
def test_row_of_a_wrong_type_is_rejected_with_its_index(row: Any, runner: ClientRunner, sandbox: Sandbox) -> None:
    connectors = runner.sandbox_workspace(sandbox).connectors
    with pytest.raises(TypeError, match=r"^invalid templates\[1\]: expected a template or .*, got \w+"):
        connectors.install_all([*templates(1), row, *templates(1)])
    assert sandbox.requests() == []


def test_refuse_drift_makes_drift_an_error_of_that_template(runner: ClientRunner, sandbox: Sandbox) -> None:
    connectors = runner.sandbox_workspace(sandbox).connectors
    number = sandbox.phone_number_id
    sms = [Sms(name=name, phone_number_id=number, channel_message_type="conversational") for name in ("Old", "New")]
    runner.collect(lambda: connectors.install_all([sms[0], *templates(1)]))
    wanted = [sms[1], *templates(1)]
    accepted = runner.collect(lambda: connectors.install_all(wanted))
    assert [result.error for result in accepted] == [None, None]
    refused = runner.collect(lambda: connectors.install_all(wanted, refuse_drift=True))
    errors = {result.index: result.error for result in refused}
    assert isinstance(errors[0], bc.ConflictError)
    assert errors[1] is None
    assert sandbox.count("createConnector") == 2


def test_wait_totals_count_the_channels(runner: ClientRunner, sandbox: Sandbox) -> None:
    sandbox.script_for_name("Shop 1", Script.statuses(0.1, ["pending", "rejected"]))
    installs = runner.sandbox_workspace(sandbox).connectors.install_all(templates(3))
    results = installs.until_ready(timeout=30, interval=FAST)
    assert results.wait_totals == bc.WaitTotals(0, 0, 0, 0, 0, 0)
    runner.collect(lambda: results)
    totals = results.wait_totals
    assert isinstance(totals, bc.WaitTotals)
    assert (totals.ready, totals.failed, totals.pending, totals.cancelled) == (2, 1, 0, 0)
    assert totals.rounds
    assert totals.gets
    results.close()
    assert results.wait_totals == totals


def test_wait_totals_of_a_run_that_does_not_wait_are_none(runner: ClientRunner, sandbox: Sandbox) -> None:
    installs = runner.sandbox_workspace(sandbox).connectors.install_all(templates(1))
    results = aiter(installs) if runner.is_async else iter(installs)
    assert results.wait_totals is None
    runner.collect(lambda: results)
    assert results.totals.created == 1
    assert results.wait_totals is None
