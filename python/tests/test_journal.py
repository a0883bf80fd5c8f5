"""The journals of `ensure`: custom ones, asynchronous ones and files, and resuming from them after a crash."""

from __future__ import annotations

import gc
import json
import os
import pickle
import sqlite3
import threading
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

import bird_connectors as bc
from bird_connectors import FileJournal
from bird_connectors.testing import Sandbox, Script
from test_ensure import drop_the_create, sms
from waiting import HANG_TIMEOUT, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import ClientRunner


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Script.instant()) as sandbox:
        yield sandbox


class MemoryJournal:
    """A custom journal."""

    def __init__(self) -> None:
        self.entries: list[str] = []
        self.threads: set[int] = set()

    def lines(self) -> Iterator[str]:
        """Returns the lines lazily, as a database cursor or a file would."""
        for line in list(self.entries):
            self.threads.add(threading.get_ident())
            yield line

    def append(self, line: str) -> None:
        self.threads.add(threading.get_ident())
        self.entries.append(line)


def test_custom_journal_is_written_and_read(runner: ClientRunner, sandbox: Sandbox, ensure: Any) -> None:
    journal = MemoryJournal()
    first = ensure(sms(sandbox), journal=journal)
    assert [json.loads(line)["entry"] for line in journal.entries] == ["intent", "result"]
    second = ensure(sms(sandbox), journal=journal)
    assert (second.id, second.matched_by) == (first.id, "journal")
    if runner.is_async:
        assert threading.get_ident() not in journal.threads, "the journal would block the loop"
    else:
        assert journal.threads == {threading.get_ident()}


def test_journal_that_is_bound_to_its_thread_works_with_the_synchronous_client(sandbox: Sandbox) -> None:
    table = sqlite3.connect(":memory:")
    table.execute("CREATE TABLE journal (line TEXT)")

    class TableJournal:
        def lines(self) -> list[str]:
            return [line for (line,) in table.execute("SELECT line FROM journal ORDER BY rowid")]

        def append(self, line: str) -> None:
            with table:
                table.execute("INSERT INTO journal VALUES (?)", (line,))

    with sandbox.client() as bird:
        for adopted in (False, True):
            ensured = bird.workspace().connectors.ensure(sms(sandbox), journal=TableJournal())
            assert ensured.adopted is adopted
    assert table.execute("SELECT count(*) FROM journal").fetchone()[0] >= 2
    table.close()


@pytest.mark.parametrize("kind", ["custom", "file"])
def test_concurrent_runs_with_one_journal_send_one_create_per_connector(
    kind: str, runner: ClientRunner, tmp_path: Path
) -> None:
    journal: Any = MemoryJournal() if kind == "custom" else FileJournal(tmp_path / "journal.jsonl")
    templates = [bc.Telegram(name=f"Bot {number}") for number in range(4)]
    # A created connector is listed late, so a run that did not wait for the others would send another create.
    with Sandbox(Script.instant().commit_after(0.5)) as sandbox:

        def ensure(template: bc.Telegram) -> Any:
            connectors = runner.sandbox_workspace(sandbox).connectors
            return connectors.ensure(template, journal=journal, reconcile_window=HANG_TIMEOUT)

        def install_all() -> Any:
            installs = runner.sandbox_workspace(sandbox).connectors.install_all(templates, journal=journal)

            async def collect() -> list[Any]:
                return [result async for result in installs]

            return collect() if runner.is_async else list(installs)

        ensures = [partial(ensure, template) for template in templates]
        *ensured, first, second = runner.call_concurrently(*ensures, install_all, install_all)
        assert sandbox.count("createConnector") == len(templates)
        ids = [install.id for install in ensured]
        for results in (first, second):
            results.sort(key=lambda result: result.index)
            assert [result.connector_id for result in results] == ids


def test_intent_without_a_result_is_reconciled_and_not_created_again(sandbox: Sandbox, ensure: Any) -> None:
    journal = MemoryJournal()
    drop_the_create(sandbox)
    with pytest.raises(bc.ServerError):
        ensure(sms(sandbox), journal=journal, reconcile_window=0.2)
    sandbox.clear_requests()
    with pytest.raises(bc.BirdConnectorsError, match="journal") as caught:
        ensure(sms(sandbox), journal=journal, reconcile_window=0.2)
    assert (caught.value.outcome, sandbox.count("createConnector")) == ("unknown", 0)
    assert caught.value.unresolved.name == "Shop"


class DiskFullError(Exception):
    pass


@pytest.mark.parametrize("method", ["lines", "append"])
@pytest.mark.parametrize(
    "raised", [DiskFullError("the disk is full\nsecond line"), OSError(28, "No space left")], ids=repr
)
def test_exception_of_the_journal_is_the_cause_of_the_error(
    raised: Exception, method: str, sandbox: Sandbox, ensure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> Any:
        raise raised

    journal = MemoryJournal()
    monkeypatch.setattr(journal, method, fail)
    with pytest.raises(bc.JournalError, match="journal") as caught:
        ensure(sms(sandbox), journal=journal)
    assert caught.value.__cause__ is raised
    assert caught.value.outcome == "not_sent"
    assert "nothing was sent; call again when the journal works [errors#journal]" in str(caught.value)
    assert type(raised).__name__ in str(caught.value)
    assert "\n" not in str(caught.value)
    assert sandbox.count("createConnector") == 0
    copied = pickle.loads(pickle.dumps(caught.value))
    assert type(copied.__cause__) is type(raised)


def test_pickled_error_omits_a_cause_that_cannot_be_pickled(ensure: Any, sandbox: Sandbox) -> None:
    class LocalError(Exception):
        pass

    class BrokenJournal(MemoryJournal):
        def append(self, line: str) -> None:
            raise LocalError("full")

    with pytest.raises(bc.JournalError) as caught:
        ensure(sms(sandbox), journal=BrokenJournal())
    copied = pickle.loads(pickle.dumps(caught.value))
    assert (str(copied), copied.__cause__) == (str(caught.value), None)


def test_journal_error_after_the_create_does_not_fail_ensure(sandbox: Sandbox, ensure: Any) -> None:
    class SingleEntryJournal(MemoryJournal):
        def append(self, line: str) -> None:
            if self.entries:
                raise DiskFullError("the disk is full")
            super().append(line)

    made = ensure(sms(sandbox), journal=SingleEntryJournal())
    assert not made.adopted
    assert isinstance(made.journal_error, bc.JournalError)
    assert made.journal_error.outcome is None
    assert "what was created exists" in str(made.journal_error)
    assert isinstance(made.journal_error.__cause__, DiskFullError)


def test_system_exit_in_the_journal_exits(sandbox: Sandbox) -> None:
    class ExitingJournal(MemoryJournal):
        def append(self, line: str) -> None:
            raise SystemExit(3)

    with sandbox.client() as bird, pytest.raises(SystemExit):
        bird.workspace().connectors.ensure(sms(sandbox), journal=ExitingJournal())
    assert sandbox.count("createConnector") == 0


@pytest.mark.parametrize("journal", [object(), "journal.jsonl", MemoryJournal])
def test_ensure_rejects_an_invalid_journal(journal: Any, sandbox: Sandbox, ensure: Any) -> None:
    with pytest.raises((TypeError, bc.JournalError)):
        ensure(sms(sandbox), journal=journal)
    assert sandbox.count("createConnector") == 0


def test_ensure_rejects_a_journal_with_an_invalid_line(sandbox: Sandbox, ensure: Any) -> None:
    journal = MemoryJournal()
    journal.entries = ["nonsense", "{}"]
    with pytest.raises(bc.JournalError, match="line 1"):
        ensure(sms(sandbox), journal=journal)


class AsyncJournal:
    """A journal with coroutine methods."""

    def __init__(self) -> None:
        self.entries: list[str] = []
        self.loops: set[Any] = set()

    async def lines(self) -> list[str]:
        import asyncio

        self.loops.add(asyncio.get_running_loop())
        await asyncio.sleep(0)
        return self.entries

    async def append(self, line: str) -> None:
        import asyncio

        self.loops.add(asyncio.get_running_loop())
        await asyncio.sleep(0)
        self.entries.append(line)


def test_async_journal_runs_on_the_loop(sandbox: Sandbox) -> None:
    import asyncio

    journal = AsyncJournal()

    async def run() -> None:
        async with sandbox.async_client() as bird:
            await bird.workspace().connectors.ensure(sms(sandbox), journal=journal)
        assert journal.loops == {asyncio.get_running_loop()}

    asyncio.run(run())
    assert len(journal.entries) == 2


def test_synchronous_client_rejects_an_async_journal(sandbox: Sandbox) -> None:
    with sandbox.client() as bird, pytest.raises(bc.JournalError, match="AsyncClient"):
        bird.workspace().connectors.ensure(sms(sandbox), journal=AsyncJournal())  # type: ignore[arg-type]


def test_slow_journal_does_not_block_the_loop(sandbox: Sandbox) -> None:
    import asyncio
    import contextvars

    variable = contextvars.ContextVar("variable", default="")
    ticks = 0

    class SlowJournal(MemoryJournal):
        def append(self, line: str) -> None:
            assert variable.get() == "set by the caller"
            # The journal continues only because the loop keeps running meanwhile.
            before = ticks
            eventually(lambda: ticks >= before + 10)
            super().append(line)

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.01)

    async def run() -> None:
        variable.set("set by the caller")
        ticking = asyncio.create_task(tick())
        async with sandbox.async_client() as bird:
            await bird.workspace().connectors.ensure(sms(sandbox), journal=SlowJournal())
        ticking.cancel()

    asyncio.run(run())
    assert ticks >= 20


def test_task_cancelled_in_the_journal_creates_nothing(sandbox: Sandbox) -> None:
    import asyncio

    class HangingJournal(AsyncJournal):
        async def append(self, line: str) -> None:
            await asyncio.Event().wait()

    async def run() -> None:
        async with sandbox.async_client() as bird:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(bird.workspace().connectors.ensure(sms(sandbox), journal=HangingJournal()), 0.5)

    asyncio.run(run())
    assert sandbox.count("createConnector") == 0


def test_file_journal_stores_entries_and_can_be_opened_twice(
    runner: ClientRunner, sandbox: Sandbox, ensure: Any, tmp_path: Path
) -> None:
    path = tmp_path / "journal.jsonl"
    with FileJournal(path) as journal:
        first = ensure(sms(sandbox), journal=journal)
        assert len(journal.lines()) == 2
        with FileJournal(path) as other:
            assert other.lines() == journal.lines()
            other.append(json.dumps({"v": 1}))
            assert len(journal.lines()) == 3
            path.write_text("".join(line + "\n" for line in journal.lines()[:2]))
            with pytest.raises(OSError, match="another program has changed"):
                journal.lines()
    assert path.name in repr(journal)
    with pytest.raises(RuntimeError, match="closed"):
        ensure(sms(sandbox), journal=journal)
    with FileJournal(str(path)) as journal:
        second = ensure(sms(sandbox), journal=journal)
        assert (second.id, second.matched_by) == (first.id, "journal")
        journal.append(json.dumps({"v": 1}))
        assert len(journal.lines()) == len(path.read_text().splitlines())
        with pytest.raises(OSError, match="line break"):
            journal.append("a\nb")


def test_file_journal_rejects_a_path_that_cannot_be_a_journal(tmp_path: Path) -> None:
    with pytest.raises(bc.JournalError, match=r"nowhere.journal\.jsonl"):
        FileJournal(tmp_path / "nowhere" / "journal.jsonl")
    (tmp_path / "notes.txt").write_text("something else")
    with pytest.raises(bc.JournalError, match="not a journal"):
        FileJournal(tmp_path / "notes.txt")
    with pytest.raises(TypeError):
        FileJournal(7)  # type: ignore[arg-type]


def test_file_journal_raises_an_error_in_a_forked_child(program: Any, tmp_path: Path) -> None:
    program(
        """
        import os, sys, warnings
        from bird_connectors import FileJournal
        warnings.filterwarnings("ignore", message=".*fork.*", category=DeprecationWarning)
        journal = FileJournal(sys.argv[1])
        journal.append('{"v":1}')
        if pid := os.fork():
            assert os.waitpid(pid, 0)[1] == 0
            print(journal.lines())
        else:
            try:
                journal.lines()
            except RuntimeError as error:
                print("child:", "forked" in str(error), flush=True)
            os._exit(0)
        """,
        str(tmp_path / "journal.jsonl"),
    ).expect_output("child: True\n['{\"v\":1}']")


ENSURE_WITH_JOURNAL = """
import os, sys
from bird_connectors import Client, FileJournal, Sms
bird = Client.from_env()
ws = bird.workspace()
number = next(iter(ws.numbers.list())).id
sms = Sms(name="Shop", phone_number_id=number, channel_message_type="conversational")
print("ready", flush=True)
with FileJournal(sys.argv[1]) as journal:
    ensured = ws.connectors.ensure(sms, journal=journal, reconcile_window=60)
print(ensured.id, ensured.adopted)
"""


def test_process_killed_right_after_sending_a_create_adopts_it_later(program: Any, tmp_path: Path) -> None:
    path = str(tmp_path / "journal.jsonl")
    with Sandbox(Script.instant().commit_after(1.0)) as sandbox:
        sandbox.rule("createConnector", delay_response=600)
        child = program(ENSURE_WITH_JOURNAL, path, **sandbox.environment())
        assert child.read_line() == "ready"
        eventually(lambda: sandbox.count("createConnector"))
        child.kill()
        second = program(ENSURE_WITH_JOURNAL, path, **sandbox.environment())
        assert second.read_line() == "ready"
        assert second.read_line() == f"{sandbox.connectors()[0]['id']} True"
        assert sandbox.count("createConnector") == 1


def test_processes_with_one_file_journal_send_one_create(program: Any, tmp_path: Path) -> None:
    path = str(tmp_path / "journal.jsonl")
    with Sandbox(Script.instant().commit_after(1.0)) as sandbox:
        children = [program(ENSURE_WITH_JOURNAL, path, **sandbox.environment()) for _ in range(3)]
        assert [child.read_line() for child in children] == ["ready"] * 3
        results = [child.read_line().split() for child in children]
        assert {id for id, _ in results} == {sandbox.connectors()[0]["id"]}
        assert sorted(adopted for _, adopted in results) == ["False", "True", "True"]
        assert sandbox.count("createConnector") == 1
    eventually(lambda: os.listdir(tmp_path) == ["journal.jsonl"])


def test_failed_file_operation_is_an_os_error_with_its_cause(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "journal.jsonl"
    with pytest.raises(bc.JournalError, match=r"nowhere.journal\.jsonl") as caught:
        FileJournal(path)
    error = caught.value
    assert isinstance(error, OSError)
    assert not isinstance(error, bc.InvalidInputError)
    assert (error.errno, error.outcome) == (2, "not_sent")
    assert isinstance(error.__cause__, FileNotFoundError)
    copied = pickle.loads(pickle.dumps(error))
    assert (type(copied), str(copied), copied.errno) == (bc.JournalError, str(error), 2)
    assert type(copied.__cause__) is FileNotFoundError


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_file_journal_rejects_what_is_not_a_regular_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, "/dev/zero", "/dev/null", tmp_path):
        with pytest.raises(bc.JournalError, match="it is "):
            FileJournal(path)


def test_deleted_journal_file_is_noticed_before_a_create(sandbox: Sandbox, ensure: Any, tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with FileJournal(path) as journal:
        ensure(sms(sandbox), journal=journal)
        path.unlink()
        with pytest.raises(OSError, match="deleted or replaced"):
            journal.append("{}")
        created = sandbox.count("createConnector")
        with pytest.raises(bc.JournalError, match="deleted or replaced"):
            ensure(sms(sandbox, name="Other"), journal=journal)
        assert sandbox.count("createConnector") == created


def test_journal_that_refers_to_its_own_run_is_collected(sandbox: Sandbox) -> None:
    class OwnRunJournal(MemoryJournal):
        run: Any = None

    journal = OwnRunJournal()
    with sandbox.client() as bird:
        run = bird.workspace().connectors.install_all([sms(sandbox)], journal=journal)
        results = iter(run)
        assert next(results).error is None
        journal.run = (run, results)
        reference = weakref.ref(journal)
        del journal, run, results
        gc.collect()
        assert reference() is None


def wait_for_collection(reference: weakref.ref[Any]) -> None:
    """Waits until the object is collected. A thread of the runtime may still hold the result of the last call."""

    def collected() -> bool:
        gc.collect()
        return reference() is None

    eventually(collected)


class RaisingJournal(MemoryJournal):
    """A journal that raises, and refers to its own run."""

    run: Any = None

    def __init__(self, method: str) -> None:
        super().__init__()
        self.method = method

    def lines(self) -> Any:
        self.fail_in("lines")
        return super().lines()

    def append(self, line: str) -> None:
        if self.entries:
            self.fail_in("append")
        super().append(line)

    def fail_in(self, method: str) -> None:
        if method == self.method:
            raise OSError("disk full")


class AsyncRaisingJournal(RaisingJournal):
    async def lines(self) -> Any:
        return super().lines()

    async def append(self, line: str) -> None:
        super().append(line)


@pytest.mark.parametrize("kind", [RaisingJournal, AsyncRaisingJournal])
@pytest.mark.parametrize("method", ["lines", "append"])
def test_journal_that_raised_is_collected(method: str, kind: Any, runner: ClientRunner, sandbox: Sandbox) -> None:
    if kind is AsyncRaisingJournal and not runner.is_async:
        return
    connectors = runner.sandbox_workspace(sandbox).connectors

    def run() -> weakref.ref[RaisingJournal]:
        journal = kind(method)
        # Iterators that are not at their end, as after an error.
        templates = [bc.Telegram(name=f"Bot {number}") for number in range(3)]
        runs = [connectors.install_all(templates, journal=journal) for _ in range(2)]
        iterators = [runs[0].until_ready(), aiter(runs[1]) if runner.is_async else iter(runs[1])]
        journal.run = (runs, iterators)
        for results in iterators:
            step = results.__anext__ if runner.is_async else results.__next__
            result = runner.call(step)
            error = result.report.journal_error if result.report else result.error
            assert isinstance(error.__cause__, OSError)
            assert error.__cause__.__traceback__ is not None
        return weakref.ref(journal)

    # Without a collection before, which could break the cycle while it is made.
    gc.disable()
    try:
        reference = run()
        assert reference() is not None
        wait_for_collection(reference)
    finally:
        gc.enable()


@pytest.mark.parametrize("kind", [RaisingJournal, AsyncRaisingJournal])
def test_journal_that_raised_in_ensure_is_collected(
    kind: Any, runner: ClientRunner, sandbox: Sandbox, ensure: Any
) -> None:
    if kind is AsyncRaisingJournal and not runner.is_async:
        return

    def run() -> weakref.ref[RaisingJournal]:
        journal = kind("lines")
        with pytest.raises(bc.JournalError, match="disk full") as caught:
            ensure(sms(sandbox), journal=journal)
        journal.run = caught.value
        return weakref.ref(journal)

    wait_for_collection(run())
