"""Installing many: each as `ensure` does, and none stops the others."""

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

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import ClientRunner

FAST = (0.05, 0.2)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Script.timed(0.1, 0.3)) as sandbox:
        yield sandbox


def templates(count: int) -> list[bc.Template]:
    return [Custom("viber:1", name=f"Shop {index}") for index in range(count)]


def test_each_has_a_result(runner: ClientRunner, sandbox: Sandbox) -> None:
    connectors = runner.sandbox_workspace(sandbox).connectors
    every = connectors.install_all(templates(30))
    assert len(every) == 30
    assert isinstance(every, bc.AsyncInstallAll if runner.is_async else bc.InstallAll)
    seen = runner.collect(lambda: every)
    assert sorted(result.index for result in seen) == list(range(30))
    assert {result.id for result in seen} == {connector["id"] for connector in sandbox.connectors()}
    for result in seen:
        assert (result.error, result.ready, result.channel_id) == (None, None, None)
        assert (result.adopted, result.matched_by, result.drift) == (False, None, ())
        assert result.connector.name == f"Shop {result.index}"
        assert (result.secrets_applied, result.journal_error) == (True, None)
        assert connectors.resume(result.token).id == result.id
    assert sandbox.count("createConnector") == 30
    assert sandbox.count("listConnectors") == 1, "what is there is read once"

    again = runner.collect(lambda: every)
    assert all(result.adopted and result.matched_by == "name" for result in again)
    assert sandbox.count("createConnector") == 30


def test_until_ready(runner: ClientRunner, sandbox: Sandbox) -> None:
    sandbox.script_for_name("Shop 1", Script.statuses(0.1, ["pending", "rejected"]))
    sandbox.script_for_name("Shop 2", Script.pending(0.1))
    connectors = runner.sandbox_workspace(sandbox).connectors
    results = connectors.install_all(templates(4)).until_ready(timeout=1.5, interval=FAST)
    assert isinstance(results, bc.AsyncInstallResults if runner.is_async else bc.InstallResults)
    seen = {result.index: result for result in runner.collect(lambda: results)}
    assert seen[0].channel_id == seen[0].ready.channel_id
    assert seen[0].ready.channel.status == seen[3].ready.channel.status == "active"
    assert isinstance(seen[1].error, bc.InstallFailedError)
    assert isinstance(seen[2].error, bc.WaitTimeoutError)
    assert all(result.id for result in seen.values())
    totals = results.totals
    assert (totals.created, totals.adopted, totals.failed, totals.pending) == (4, 0, 0, 0)
    rest = runner.collect(lambda: connectors.wait_all([seen[2].token], 0.1, interval=FAST))
    assert [result.id for result in rest] == [seen[2].id]


def test_one_that_fails_stops_none(runner: ClientRunner, sandbox: Sandbox) -> None:
    sandbox.rule("createConnector", nth=2, status=422)
    connectors = runner.sandbox_workspace(sandbox, max_attempts=1).connectors
    results = connectors.install_all(templates(6), concurrency=2)
    iterator = None if runner.is_async else iter(results)
    seen = runner.collect(lambda: results if iterator is None else iterator)
    [failed] = [result for result in seen if result.error is not None]
    assert isinstance(failed.error, bc.ValidationError)
    assert (failed.id, failed.token, failed.connector, failed.adopted, failed.drift) == (None, None, None, False, ())
    assert (failed.secrets_applied, failed.journal_error, failed.matched_by) == (False, None, None)
    assert len(sandbox.connectors()) == 5
    if iterator is not None:
        assert (iterator.totals.created, iterator.totals.failed, iterator.totals.pending) == (5, 1, 0)


def test_two_that_stand_for_the_same(runner: ClientRunner, sandbox: Sandbox) -> None:
    twice = [*templates(1), *templates(1)]
    seen = runner.collect(lambda: runner.sandbox_workspace(sandbox).connectors.install_all(twice))
    errors = [result.error for result in sorted(seen, key=lambda result: result.index)]
    assert errors[0] is None
    assert isinstance(errors[1], bc.InvalidInputError)
    assert len(sandbox.connectors()) == 1


def test_results_travel(sandbox: Sandbox) -> None:
    sandbox.rule("createConnector", nth=1, status=422)
    sandbox.script_for_name("Shop 1", Script.statuses(0, ["rejected"]))
    with sandbox.client() as bird:
        every = bird.workspace().connectors.install_all(templates(3), concurrency=1)
        results = every.until_ready(interval=FAST)
        seen = list(results)
        for cannot in (every, results):
            with pytest.raises(TypeError):
                pickle.dumps(cannot)
    for result in seen:
        again = pickle.loads(pickle.dumps(result))
        assert (again.index, again.report, again.ready) == (result.index, result.report, result.ready)
        assert (type(again.error), str(again.error)) == (type(result.error), str(result.error))
        assert f"index={result.index}" in repr(result)
    assert pickle.loads(pickle.dumps(results.totals)) == results.totals


@pytest.mark.parametrize(
    ("wrong", "settings"),
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
def test_what_cannot_be(wrong: Any, settings: Any, runner: ClientRunner) -> None:
    with pytest.raises((TypeError, bc.InvalidInputError)):
        runner.workspace("http://127.0.0.1:1").connectors.install_all(wrong, **settings)


def test_no_concurrency_is_refused(runner: ClientRunner, sandbox: Sandbox) -> None:
    [result] = runner.collect(
        lambda: runner.sandbox_workspace(sandbox).connectors.install_all(templates(1), concurrency=0)
    )
    assert isinstance(result.error, bc.InvalidInputError)
    assert sandbox.requests() == []


class Lines:
    def __init__(self) -> None:
        self.kept: list[str] = []
        self.threads: set[int] = set()

    def lines(self) -> list[str]:
        self.threads.add(threading.get_ident())
        return list(self.kept)

    def append(self, line: str) -> None:
        self.threads.add(threading.get_ident())
        self.kept.append(line)


@pytest.mark.parametrize("until_ready", [False, True])
def test_a_journal_of_ones_own(until_ready: bool, runner: ClientRunner, sandbox: Sandbox) -> None:
    journal = Lines()
    every = runner.sandbox_workspace(sandbox).connectors.install_all(templates(20), journal=journal)
    seen = runner.collect(lambda: every.until_ready(interval=FAST) if until_ready else every)
    assert [result.error for result in seen] == [None] * 20
    entries = [json.loads(line)["entry"] for line in journal.kept]
    assert (entries.count("intent"), entries.count("result")) == (20, 20)
    assert (threading.get_ident() in journal.threads) is not runner.is_async
    assert runner.is_async or len(journal.threads) == 1


def test_what_a_journal_raises_is_the_cause_of_each(runner: ClientRunner, sandbox: Sandbox) -> None:
    class Full(Lines):
        def append(self, line: str) -> None:
            raise OSError(28, "No space left")

    seen = runner.collect(
        lambda: runner.sandbox_workspace(sandbox).connectors.install_all(templates(3), journal=Full())
    )
    assert len(seen) == 3
    for result in seen:
        assert isinstance(result.error, bc.InvalidInputError)
        assert isinstance(result.error.__cause__, OSError)
    assert sandbox.count("createConnector") == 0


def test_an_exit_in_a_journal_ends_the_run(sandbox: Sandbox) -> None:
    class Stop(Lines):
        def append(self, line: str) -> None:
            raise SystemExit(3)

    with sandbox.client() as bird:
        results = iter(bird.workspace().connectors.install_all(templates(3), journal=Stop()))
        with pytest.raises(SystemExit):
            next(results)
    assert sandbox.count("createConnector") == 0
    assert results.totals.pending == 3


def test_closing(sandbox: Sandbox) -> None:
    with sandbox.client() as bird:
        results = iter(bird.workspace().connectors.install_all(templates(20), concurrency=1))
        next(results)
        results.close()
        assert list(results) == []
    assert sandbox.count("createConnector") < 20
    assert results.totals.created == 1


def test_cancelling_the_task(sandbox: Sandbox) -> None:
    sandbox.delay("createConnector", 30)

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


def test_ctrl_c(program: Any, sandbox: Sandbox) -> None:
    import signal
    import time

    sandbox.delay("createConnector", 30)
    child = program(
        """
        from bird_connectors import Client, Custom
        ws = Client.from_env().workspace()
        print("ready", flush=True)
        try:
            list(ws.connectors.install_all([Custom("viber:1", name="Shop")]).until_ready())
        except KeyboardInterrupt:
            print("interrupted", flush=True)
        """,
        **sandbox.environment(),
    )
    assert child.read_line() == "ready"
    while not sandbox.count("listConnectors"):
        time.sleep(0.01)
    time.sleep(0.3)
    sent = time.monotonic()
    child.process.send_signal(signal.SIGINT)
    assert child.read_line() == "interrupted"
    assert time.monotonic() - sent < 1
    child.expect_output("")


ONBOARD = """
import sys
from bird_connectors import Client, Custom, FileJournal
with Client.from_env() as bird, FileJournal(sys.argv[1]) as journal:
    every = [Custom("viber:1", name=f"Shop {index}") for index in range(40)]
    ids = set()
    for result in bird.workspace().connectors.install_all(
        every, journal=journal, concurrency=4, reconcile_window=1, recreate_after_window=True
    ):
        assert result.error is None, result.error
        ids.add(result.id)
        print(len(ids), flush=True)
"""


def test_a_run_that_is_killed_goes_on_from_its_journal(program: Any, tmp_path: Path) -> None:
    with Sandbox(Script.instant()) as sandbox:
        sandbox.delay("createConnector", 0.05)
        path = str(tmp_path / "journal.jsonl")
        child = program(ONBOARD, path, **sandbox.environment())
        while child.read_line() != "10":
            pass
        child.kill()
        made = sandbox.count("createConnector")
        again = program(ONBOARD, path, **sandbox.environment())
        code, _, err = again.finish()
        assert (code, err) == (0, "")
        assert 10 <= made < 40
        assert len(sandbox.connectors()) == 40
        assert sandbox.count("createConnector") <= 44, "at most what was under way is created again"
        with FileJournal(path) as journal:
            assert len(journal.lines()) >= 80


def test_secrets_are_not_sent_to_what_is_adopted(runner: ClientRunner, sandbox: Sandbox) -> None:
    shop = WhatsApp(name="Shop", waba_id="1", phone_id="2", phone_number="+31612345678", access_token="secret")
    every = runner.sandbox_workspace(sandbox).connectors.install_all([shop])
    assert [result.secrets_applied for result in runner.collect(lambda: every)] == [True]
    assert [result.secrets_applied for result in runner.collect(lambda: every)] == [False]
