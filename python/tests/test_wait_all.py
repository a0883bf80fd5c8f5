"""Waiting for many installs with shared polls."""

from __future__ import annotations

import asyncio
import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

import bird_connectors as bc
import wire
from bird_connectors import Custom
from bird_connectors.testing import Sandbox, Script
from waiting import HANG_TIMEOUT, PROMPT, eventually, settled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import ClientRunner

FAST = (0.05, 0.2)
"""Time from the start of a round of polls to the start of the next one, in seconds."""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Script.timed(0.1, 0.3)) as sandbox:
        yield sandbox


def install(sandbox: Sandbox, *scripts: Script) -> list[bc.Install]:
    """Starts one install per script."""
    with sandbox.client() as bird:
        connectors = bird.workspace().connectors
        installs = []
        for index, script in enumerate(scripts):
            sandbox.next_install(script)
            installs.append(connectors.install(Custom("viber:1", name=f"Shop {index} {uuid4()}")))
        return installs


ACTIVE = Script.timed(0.1, 0.3)
REJECTED = Script.statuses(0.1, ["pending", "rejected"])
# The channel exists from the start, so that a test can change its status at any time.
PENDING = Script.pending(0)


def test_wait_all_returns_results_in_order_of_completion(runner: ClientRunner, sandbox: Sandbox) -> None:
    slow, quick, failing = install(sandbox, PENDING, Script.instant(), REJECTED)
    connectors = runner.sandbox_workspace(sandbox).connectors
    results = connectors.wait_all([slow.id, UUID(quick.id), failing.token, quick.id], interval=FAST)
    assert isinstance(results, bc.AsyncWaitResults if runner.is_async else bc.WaitResults)

    def finish_slow_install_last() -> None:
        eventually(lambda: (results.totals.ready, results.totals.failed) == (1, 1))
        sandbox.set_status(slow.id, "active")

    with ThreadPoolExecutor(1) as thread:
        finishing = thread.submit(finish_slow_install_last)
        finished = runner.collect(lambda: results)
        finishing.result()
    assert [result.connector_id for result in finished][-1] == slow.id
    by_id = {result.connector_id: result for result in finished}
    assert set(by_id) == {slow.id, quick.id, failing.id}
    assert len(finished) == 3, "an install that is passed twice has one result"
    for one in (slow, quick):
        result = by_id[one.id]
        assert result.error is None
        assert result.channel_id == result.ready.channel_id
        assert (result.ready.confirmed_by, result.ready.channel.status) == ("channel", "active")
    failed = by_id[failing.id]
    assert (failed.ready, failed.channel_id) == (None, None)
    assert isinstance(failed.error, bc.InstallFailedError)
    assert (failed.error.status, failed.error.connector_id) == ("rejected", failing.id)
    totals = results.totals
    assert (totals.ready, totals.failed, totals.pending, totals.cancelled) == (2, 1, 0, 0)
    assert totals.rounds >= 2
    assert totals.gets >= totals.rounds


def test_results_can_be_pickled_and_matched(sandbox: Sandbox) -> None:
    installs = install(sandbox, ACTIVE, REJECTED)
    with sandbox.client() as bird:
        results = bird.workspace().connectors.wait_all(installs, interval=FAST)
        finished = list(results)
    for result in finished:
        copied = pickle.loads(pickle.dumps(result))
        assert (copied.connector_id, copied.ready) == (result.connector_id, result.ready)
        assert str(copied.error) == str(result.error)
        assert type(copied.error) is type(result.error)
        assert result.connector_id in repr(result)
        match result:
            case bc.WaitResult(connector_id, bc.Ready(), None) | bc.WaitResult(connector_id, None, bc.WaitError()):
                assert connector_id == result.connector_id
            case _:
                pytest.fail("the result matches neither pattern")
        with pytest.raises(AttributeError):
            result.connector_id = "other"
    assert pickle.loads(pickle.dumps(results.totals)) == results.totals
    with pytest.raises(TypeError):
        pickle.dumps(results)


def test_wait_all_of_a_thousand_installs_sends_few_requests(sandbox: Sandbox) -> None:
    ids = sandbox.add_connectors(1000)
    sandbox.clear_requests()
    with sandbox.client() as bird:
        results = bird.workspace().connectors.wait_all(ids)
        assert {result.connector_id for result in results} == set(ids)
    assert results.totals.gets == len(sandbox.requests()) <= 5


def test_timeout_of_an_install_is_a_result(runner: ClientRunner, sandbox: Sandbox) -> None:
    one, other = install(sandbox, PENDING, PENDING)
    connectors = runner.sandbox_workspace(sandbox).connectors
    began = time.monotonic()
    finished = runner.collect(
        lambda: connectors.wait_all([one.id, other.id], 0.4, timeouts={one.id: timedelta(seconds=2)}, interval=FAST)
    )
    assert time.monotonic() - began < 2 + PROMPT
    assert [result.connector_id for result in finished] == [other.id, one.id]
    assert all(isinstance(result.error, bc.WaitTimeoutError) for result in finished)
    assert finished[1].error.elapsed >= 2
    assert connectors.resume(finished[0].error.token).id == other.id


def test_wait_all_applies_status_and_failure_statuses(runner: ClientRunner, sandbox: Sandbox) -> None:
    one, other = install(sandbox, PENDING, Script.statuses(0, ["sad"]))
    connectors = runner.sandbox_workspace(sandbox).connectors
    [result] = runner.collect(lambda: connectors.wait_all([one.id], status=None, interval=FAST))
    assert result.channel_id
    [result] = runner.collect(lambda: connectors.wait_all([other.id], failure_statuses=["sad"], interval=FAST))
    assert result.error.status == "sad"
    [result] = runner.collect(lambda: connectors.wait_all([one.id], status="pending", timeout=None, interval=FAST))
    assert result.ready.channel.status == "pending"
    options = bc.WaitOptions(status="pending", timeout=None, interval=FAST)
    [result] = runner.collect(lambda: connectors.wait_all([one.id], options=options))
    assert result.ready.channel.status == "pending"
    options = bc.WaitOptions(failure_statuses=["sad"], interval=FAST)
    [result] = runner.collect(lambda: connectors.wait_all([other.id], options=options))
    assert result.error.status == "sad"


def test_missing_connector_is_a_result_with_an_error(runner: ClientRunner, sandbox: Sandbox) -> None:
    connectors = runner.sandbox_workspace(sandbox).connectors
    missing = str(uuid4())
    [result] = runner.collect(lambda: connectors.wait_all([missing], 0.5, interval=FAST))
    assert result.connector_id == missing
    assert isinstance(result.error, bc.WaitError)


def test_wait_all_accepts_listed_connectors(runner: ClientRunner, sandbox: Sandbox) -> None:
    ids = {one.id for one in install(sandbox, ACTIVE, ACTIVE)}
    connectors = runner.sandbox_workspace(sandbox).connectors
    listed = runner.collect(lambda: connectors.list())
    results = runner.collect(lambda: connectors.wait_all(listed, interval=FAST))
    assert {result.connector_id for result in results} == ids
    assert {result.ready.connector.id for result in results} == ids
    if not runner.is_async:
        results = list(connectors.wait_all(connectors.list(), interval=FAST))
        assert {result.connector_id for result in results} == ids


def test_wait_all_of_nothing_sends_nothing(runner: ClientRunner, sandbox: Sandbox) -> None:
    assert runner.collect(lambda: runner.sandbox_workspace(sandbox).connectors.wait_all([])) == []
    assert sandbox.requests() == []


@pytest.mark.parametrize("installs", ["text", [7], ["neither"], [wire.CONNECTOR[:-1]], ["x" * 80], None, [None]])
def test_wait_all_rejects_invalid_installs(installs: Any, runner: ClientRunner) -> None:
    with pytest.raises((TypeError, bc.InvalidInputError)):
        runner.workspace("http://127.0.0.1:1").connectors.wait_all(installs)


def test_wait_all_rejects_invalid_settings_and_foreign_tokens(runner: ClientRunner, sandbox: Sandbox) -> None:
    connectors = runner.sandbox_workspace(sandbox).connectors
    with pytest.raises(bc.InvalidInputError):
        connectors.wait_all([wire.CONNECTOR], timeout=-1)
    [result] = runner.collect(lambda: connectors.wait_all([wire.CONNECTOR], interval=(0.001, 1)))
    assert isinstance(result.error, bc.InvalidInputError)
    token = install(sandbox, ACTIVE)[0].token
    elsewhere = runner.client(sandbox.base_url, sandbox.access_key).workspace(uuid4()).connectors
    [foreign] = runner.collect(lambda: elsewhere.wait_all([token], interval=FAST))
    assert isinstance(foreign.error, bc.InvalidInputError)


def test_cancelled_install_has_no_result(sandbox: Sandbox) -> None:
    one, other = install(sandbox, PENDING, Script.timed(0.1, 0.6))
    with sandbox.client() as bird:
        results = bird.workspace().connectors.wait_all([one, other], interval=FAST)
        timer = threading.Timer(0.2, results.cancel, [one.id])
        timer.start()
        assert [result.connector_id for result in results] == [other.id]
        timer.join()
    assert (results.totals.cancelled, results.totals.ready) == (1, 1)


def test_cancelling_the_last_install_ends_the_iteration(runner: ClientRunner, sandbox: Sandbox) -> None:
    [one] = install(sandbox, PENDING)
    results = runner.sandbox_workspace(sandbox).connectors.wait_all([one.id], timeout=None)
    timer = threading.Timer(0.3, results.cancel, [one.id])
    timer.start()
    assert runner.collect(lambda: results) == []
    results.cancel(uuid4())
    with pytest.raises(bc.InvalidInputError):
        results.cancel("nonsense")
    timer.join()


def test_close_stops_polling(sandbox: Sandbox) -> None:
    quick, never = install(sandbox, Script.instant(), PENDING)
    with sandbox.client() as bird:
        results = bird.workspace().connectors.wait_all([quick, never], timeout=None, interval=FAST)
        assert next(results).connector_id == quick.id
        results.close()
        assert list(results) == []
        results.close()
        settled(lambda: len(sandbox.requests()))
    assert results.totals.ready == 1


def test_totals_can_be_read_during_the_wait(sandbox: Sandbox) -> None:
    installs = install(sandbox, PENDING, PENDING)
    with sandbox.client() as bird:
        results = bird.workspace().connectors.wait_all(installs, timeout=None, interval=FAST)
        reader = threading.Thread(target=lambda: list(results))
        reader.start()
        assert eventually(lambda: results.totals.rounds)
        assert results.totals.pending == 2
        for one in installs:
            sandbox.set_status(one.id, "rejected")
        reader.join()
    assert results.totals.failed == 2


def test_event_triggers_a_poll(runner: ClientRunner, sandbox: Sandbox) -> None:
    from bird_connectors.webhooks import Signals
    from test_webhooks import make_event

    [one] = install(sandbox, PENDING)
    signals = Signals()
    connectors = runner.sandbox_workspace(sandbox).connectors
    # Without the event, the wait polls once and then at its timeout.
    results = connectors.wait_all([one.id], HANG_TIMEOUT, interval=(600, 600), signal=signals)

    def change() -> None:
        eventually(lambda: results.totals.rounds)
        sandbox.set_status(one.id, "active")
        signals.push(make_event({"connectorId": one.id}))

    with ThreadPoolExecutor(1) as thread:
        changing = thread.submit(change)
        [result] = runner.collect(lambda: results)
        changing.result()
    assert result.channel_id
    assert result.ready.elapsed < HANG_TIMEOUT


def test_cancelled_task_stops_polling(sandbox: Sandbox) -> None:
    installs = install(sandbox, PENDING)

    async def run() -> None:
        async with sandbox.async_client() as bird:
            results = bird.workspace().connectors.wait_all([one.id for one in installs], timeout=None, interval=FAST)
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(anext(results), 0.5)
            await asyncio.to_thread(settled, lambda: len(sandbox.requests()))
            with pytest.raises(RuntimeError, match="interrupted"):
                await anext(results)

    asyncio.run(run())


def test_ctrl_c_ends_the_wait(program: Any, sandbox: Sandbox) -> None:
    [one] = install(sandbox, PENDING)
    sandbox.clear_requests()
    child = program(
        """
        import sys
        from bird_connectors import Client
        ws = Client.from_env().workspace()
        results = ws.connectors.wait_all([sys.argv[1]], timeout=None)
        print("ready", flush=True)
        try:
            next(results)
        except KeyboardInterrupt:
            print("interrupted", flush=True)
        print(results.totals.pending)
        """,
        one.id,
        **sandbox.environment(),
    )
    assert child.read_line() == "ready"
    eventually(sandbox.requests)
    child.interrupt()
    child.expect_output("1")


def test_wait_that_began_before_a_fork_raises_an_error_in_the_child(program: Any, sandbox: Sandbox) -> None:
    quick, never = install(sandbox, Script.instant(), PENDING)
    program(
        """
        import os, sys, warnings
        from bird_connectors import Client
        warnings.filterwarnings("ignore", message=".*fork.*", category=DeprecationWarning)
        ws = Client.from_env().workspace()
        begun = ws.connectors.wait_all(sys.argv[1:], timeout=None)
        next(begun)
        if pid := os.fork():
            assert os.waitpid(pid, 0)[1] == 0
            print("parent:", begun.totals.ready, flush=True)
        else:
            for use in (lambda: next(begun), lambda: begun.totals, lambda: begun.cancel(sys.argv[1])):
                try:
                    use()
                except RuntimeError as error:
                    assert "fork" in str(error)
                    continue
                os._exit(1)
            print("child:", len(list(ws.connectors.wait_all(sys.argv[1:2]))), flush=True)
        """,
        quick.id,
        never.id,
        **sandbox.environment(),
    ).expect_output("child: 1\nparent: 1")
