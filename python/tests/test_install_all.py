"""Bulk installs: each template is installed as by `ensure`, and a failure does not stop the others."""

from __future__ import annotations

import asyncio
import json
import pickle
import threading
from typing import TYPE_CHECKING, Any

import pytest

import bird_connectors as bc
from bird_connectors import Custom, FileJournal, WhatsApp
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
    assert {result.id for result in finished} == {connector["id"] for connector in sandbox.connectors()}
    for result in finished:
        assert (result.error, result.ready, result.channel_id) == (None, None, None)
        assert (result.adopted, result.matched_by, result.drift) == (False, None, ())
        assert result.connector.name == f"Shop {result.index}"
        assert (result.secrets_applied, result.journal_error) == (True, None)
        assert connectors.resume(result.token).id == result.id
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
    assert all(result.id for result in finished.values())
    totals = results.totals
    assert (totals.created, totals.adopted, totals.failed, totals.pending) == (4, 0, 0, 0)
    waited = runner.collect(lambda: connectors.wait_all([finished[2].token], 0.1, interval=FAST))
    assert [result.id for result in waited] == [finished[2].id]


def test_failed_install_does_not_stop_the_others(runner: ClientRunner, sandbox: Sandbox) -> None:
    sandbox.rule("createConnector", nth=2, status=422)
    connectors = runner.sandbox_workspace(sandbox, max_attempts=1).connectors
    results = connectors.install_all(templates(6), concurrency=2)
    iterator = None if runner.is_async else iter(results)
    finished = runner.collect(lambda: results if iterator is None else iterator)
    [failed] = [result for result in finished if result.error is not None]
    assert isinstance(failed.error, bc.ValidationError)
    assert (failed.id, failed.token, failed.connector, failed.adopted, failed.drift) == (None, None, None, False, ())
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
        assert isinstance(result.error, bc.InvalidInputError)
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
        ids.add(result.id)
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
