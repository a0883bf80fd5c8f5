"""Installing without doing it twice: adoption, looking again after a lost answer, and what an error leaves behind."""

from __future__ import annotations

import base64
import copy
import json
import pickle
import sqlite3
import threading
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

import bird_connectors as bc
import wire
from bird_connectors import Custom, FileJournal, Sms, WhatsApp
from bird_connectors.testing import Sandbox, Script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import ClientRunner


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Script.instant()) as sandbox:
        yield sandbox


@pytest.fixture
def ensure(runner: ClientRunner, sandbox: Sandbox) -> Callable[..., Any]:
    """Calls it on a client of its own, which does not repeat by itself."""
    connectors = runner.sandbox_workspace(sandbox, max_attempts=1).connectors
    return lambda template, **settings: runner.call(lambda: connectors.ensure(template, **settings))


def sms(sandbox: Sandbox, name: str = "Shop") -> Sms:
    return Sms(name=name, phone_number_id=sandbox.phone_number_id, channel_message_type="conversational")


def lose_the_answer(sandbox: Sandbox) -> None:
    """The next create is done, and its answer does not arrive."""
    sandbox.rule("createConnector", status=504, after_processing=True)


def swallow_the_create(sandbox: Sandbox) -> None:
    sandbox.rule("createConnector", status=504)


def test_it_creates_once_and_then_adopts(runner: ClientRunner, sandbox: Sandbox, ensure: Any) -> None:
    first = ensure(sms(sandbox))
    assert isinstance(first, bc.AsyncEnsured if runner.is_async else bc.Ensured)
    assert isinstance(first, bc.AsyncInstall if runner.is_async else bc.Install)
    assert (first.adopted, first.matched_by, first.drift, first.journal_error) == (False, None, (), None)
    assert first.secrets_applied

    second = ensure(sms(sandbox))
    assert second.id == first.id
    assert (second.adopted, second.matched_by, second.matched_arguments) == (True, "arguments", ("phoneNumberId",))
    assert second.connector.id == first.id
    assert sandbox.count("createConnector") == 1
    assert runner.call(lambda: second.until_ready(timeout=30)).channel_id == sandbox.channels()[0]["id"]
    assert [step.ready for step in runner.collect(lambda: second.progress(timeout=30))][-1]
    assert second.token
    assert first.id in repr(first)


def test_what_differs_is_told_and_left_alone(sandbox: Sandbox, ensure: Any) -> None:
    ensure(sms(sandbox, "Old name"))
    again = ensure(sms(sandbox, "New name"))
    assert again.drift == (bc.Drift("name", "New name", "Old name"),)
    assert repr(again.drift) == "(Drift(field='name'),)"
    assert pickle.loads(pickle.dumps(again.drift)) == again.drift
    assert sandbox.connectors()[0]["name"] == "Old name"


def test_secrets_are_not_sent_to_what_is_adopted(sandbox: Sandbox, ensure: Any) -> None:
    whatsapp = WhatsApp(name="Shop", waba_id="1", phone_id="2", phone_number="+31612345678", access_token="secret")
    assert ensure(whatsapp).secrets_applied
    again = ensure(whatsapp)
    assert again.adopted
    assert not again.secrets_applied


def test_which_arguments_identify(ensure: Any) -> None:
    one, other = (Custom("viber:1", name=f"Shop {page}", arguments={"page": page}) for page in ("42", "43"))
    assert not ensure(one, identified_by=["page"]).adopted
    assert not ensure(other, identified_by=["page"]).adopted
    assert ensure(one, identified_by=["page"]).matched_arguments == ("page",)
    assert ensure(one).matched_by == "name"
    with pytest.raises(bc.InvalidInputError, match="colour"):
        ensure(one, identified_by=["colour"])
    with pytest.raises(TypeError):
        ensure(one, identified_by="page")


def test_several_are_listed_and_none_is_taken(sandbox: Sandbox, ensure: Any) -> None:
    for index in range(2):
        sandbox.insert_connector({**wire.connector(index), "connectorTemplateRef": "viber:1", "name": "Shop"})
    with pytest.raises(bc.ConflictError, match="identified_by") as caught:
        ensure(Custom("viber:1", name="Shop"))
    assert caught.value.status is None
    assert sorted(caught.value.details) == [wire.connector(index)["id"] for index in range(2)]
    assert pickle.loads(pickle.dumps(caught.value)).details == caught.value.details


@pytest.mark.parametrize("commit", [0.0, 0.8])
def test_a_lost_answer_is_found_again(commit: float, sandbox: Sandbox, ensure: Any) -> None:
    lose_the_answer(sandbox)
    sandbox.next_install(Script.instant().commit_after(commit))
    found = ensure(sms(sandbox), reconcile_window=10)
    assert found.adopted
    assert sandbox.count("createConnector") == 1
    assert len(sandbox.connectors()) == 1


def unknown(ensure: Any, template: Any) -> Any:
    """The error of a create whose outcome stays unknown."""
    with pytest.raises(bc.BirdConnectorsError) as caught:
        ensure(template, reconcile_window=0.3)
    assert caught.value.outcome == "unknown"
    return caught.value


def test_an_unknown_outcome_says_what_to_look_for(sandbox: Sandbox, ensure: Any) -> None:
    swallow_the_create(sandbox)
    caught = unknown(ensure, sms(sandbox))
    left = caught.reconcile
    assert (left.workspace_id, left.template, left.name) == (sandbox.workspace_id, "sms-messagebird:1", "Shop")
    assert left.arguments == {"phoneNumberId": sandbox.phone_number_id}
    assert left.what in str(caught)
    assert left.at.tzinfo is not None
    stored = base64.urlsafe_b64decode(str(left) + "==")
    assert json.loads(stored)["name"] == "Shop"
    assert bc.Reconcile(stored.decode()) == left
    assert bc.Reconcile(str(left)) == left
    assert hash(bc.Reconcile(str(left))) == hash(left)
    assert copy.deepcopy(left) == left
    for again in (pickle.loads(pickle.dumps(caught)), copy.copy(caught)):
        assert again.reconcile == left
        assert str(again) == str(caught)
    with pytest.raises(bc.InvalidInputError):
        bc.Reconcile("nonsense")


def test_reconcile_later(runner: ClientRunner, sandbox: Sandbox, ensure: Any) -> None:
    lose_the_answer(sandbox)
    sandbox.next_install(Script.instant().commit_after(1.5))
    left = unknown(ensure, sms(sandbox)).reconcile
    connectors = runner.sandbox_workspace(sandbox).connectors
    assert runner.call(lambda: connectors.reconcile(left, window=0)) is None
    found = runner.call(lambda: connectors.reconcile(str(left), window=10))
    assert isinstance(found, bc.AsyncEnsured if runner.is_async else bc.Ensured)
    assert (found.adopted, found.id) == (True, sandbox.connectors()[0]["id"])
    other = runner.client(sandbox.base_url, sandbox.access_key).workspace(uuid4()).connectors
    with pytest.raises(bc.InvalidInputError, match="workspace"):
        runner.call(lambda: other.reconcile(left))


def test_a_plain_install_leaves_it_behind_too(runner: ClientRunner, sandbox: Sandbox) -> None:
    swallow_the_create(sandbox)
    connectors = runner.sandbox_workspace(sandbox, max_attempts=1).connectors
    with pytest.raises(bc.ServerError) as caught:
        runner.call(lambda: connectors.install(sms(sandbox)))
    assert caught.value.reconcile.name == "Shop"
    sandbox.fail_next("createConnector", 422)
    with pytest.raises(bc.ValidationError) as refused:
        runner.call(lambda: connectors.install(sms(sandbox)))
    assert refused.value.reconcile is None


def test_creating_once_more_is_the_callers_choice(sandbox: Sandbox, ensure: Any) -> None:
    swallow_the_create(sandbox)
    made = ensure(sms(sandbox), reconcile_window=0.3, recreate_after_window=True)
    assert not made.adopted
    assert sandbox.count("createConnector") == 2


def test_a_failed_install_is_adopted_and_raises(runner: ClientRunner, sandbox: Sandbox, ensure: Any) -> None:
    sandbox.next_install(Script.statuses(0, ["rejected"]))
    ensure(sms(sandbox))
    again = ensure(sms(sandbox))
    with pytest.raises(bc.InstallFailedError, match="ensure again") as caught:
        runner.call(lambda: again.until_ready(timeout=30, interval=(0.05, 0.05)))
    assert (caught.value.source, caught.value.connector_id) == ("channel", again.id)
    assert caught.value.readiness.channel.status == "rejected"


class Lines:
    """A journal of the caller's."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.threads: set[int] = set()

    def lines(self) -> Iterator[str]:
        """Lazily, as a cursor or a file would."""
        for line in list(self.kept):
            self.threads.add(threading.get_ident())
            yield line

    def append(self, line: str) -> None:
        self.threads.add(threading.get_ident())
        self.kept.append(line)


def test_a_journal_of_ones_own(runner: ClientRunner, sandbox: Sandbox, ensure: Any) -> None:
    journal = Lines()
    first = ensure(sms(sandbox), journal=journal)
    assert [json.loads(line)["entry"] for line in journal.kept] == ["intent", "result"]
    again = ensure(sms(sandbox), journal=journal)
    assert (again.id, again.matched_by) == (first.id, "journal")
    if runner.is_async:
        assert threading.get_ident() not in journal.threads, "it would hold up the loop"
    else:
        assert journal.threads == {threading.get_ident()}


def test_a_journal_that_belongs_to_its_thread(sandbox: Sandbox) -> None:
    table = sqlite3.connect(":memory:")
    table.execute("CREATE TABLE journal (line TEXT)")

    class Table:
        def lines(self) -> list[str]:
            return [line for (line,) in table.execute("SELECT line FROM journal ORDER BY rowid")]

        def append(self, line: str) -> None:
            with table:
                table.execute("INSERT INTO journal VALUES (?)", (line,))

    with sandbox.client() as bird:
        for adopted in (False, True):
            ensured = bird.workspace().connectors.ensure(sms(sandbox), journal=Table())
            assert ensured.adopted is adopted
    assert table.execute("SELECT count(*) FROM journal").fetchone()[0] >= 2
    table.close()


def test_an_intent_without_a_result_is_looked_for(sandbox: Sandbox, ensure: Any) -> None:
    journal = Lines()
    swallow_the_create(sandbox)
    with pytest.raises(bc.ServerError):
        ensure(sms(sandbox), journal=journal, reconcile_window=0.2)
    sandbox.clear_requests()
    with pytest.raises(bc.BirdConnectorsError, match="journal") as caught:
        ensure(sms(sandbox), journal=journal, reconcile_window=0.2)
    assert (caught.value.outcome, sandbox.count("createConnector")) == ("unknown", 0)
    assert caught.value.reconcile.name == "Shop"


class Full(Exception):
    pass


@pytest.mark.parametrize("method", ["lines", "append"])
@pytest.mark.parametrize("raised", [Full("the disk is full\nsecond line"), OSError(28, "No space left")], ids=repr)
def test_what_a_journal_raises_is_the_cause(
    raised: Exception, method: str, sandbox: Sandbox, ensure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> Any:
        raise raised

    journal = Lines()
    monkeypatch.setattr(journal, method, refuse)
    with pytest.raises(bc.InvalidInputError, match="journal") as caught:
        ensure(sms(sandbox), journal=journal)
    assert caught.value.__cause__ is raised
    assert type(raised).__name__ in str(caught.value)
    assert "\n" not in str(caught.value)
    assert sandbox.count("createConnector") == 0
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again.__cause__) is type(raised)


def test_a_cause_that_cannot_be_pickled_stays_behind(ensure: Any, sandbox: Sandbox) -> None:
    class Local(Exception):
        pass

    class Broken(Lines):
        def append(self, line: str) -> None:
            raise Local("full")

    with pytest.raises(bc.InvalidInputError) as caught:
        ensure(sms(sandbox), journal=Broken())
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.__cause__) == (str(caught.value), None)


def test_a_result_that_cannot_be_written_is_no_error_of_the_install(sandbox: Sandbox, ensure: Any) -> None:
    class Once(Lines):
        def append(self, line: str) -> None:
            if self.kept:
                raise Full("the disk is full")
            super().append(line)

    made = ensure(sms(sandbox), journal=Once())
    assert not made.adopted
    assert isinstance(made.journal_error, bc.InvalidInputError)
    assert isinstance(made.journal_error.__cause__, Full)


def test_an_exit_in_a_journal_is_an_exit(sandbox: Sandbox) -> None:
    class Stop(Lines):
        def append(self, line: str) -> None:
            raise SystemExit(3)

    with sandbox.client() as bird, pytest.raises(SystemExit):
        bird.workspace().connectors.ensure(sms(sandbox), journal=Stop())
    assert sandbox.count("createConnector") == 0


@pytest.mark.parametrize("journal", [object(), "journal.jsonl", Lines])
def test_what_is_no_journal(journal: Any, sandbox: Sandbox, ensure: Any) -> None:
    with pytest.raises((TypeError, bc.InvalidInputError)):
        ensure(sms(sandbox), journal=journal)
    assert sandbox.count("createConnector") == 0


def test_a_line_that_is_none(sandbox: Sandbox, ensure: Any) -> None:
    journal = Lines()
    journal.kept = ["nonsense", "{}"]
    with pytest.raises(bc.InvalidInputError, match="line 1"):
        ensure(sms(sandbox), journal=journal)


class Awaited:
    """A journal whose methods are awaited."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.loops: set[Any] = set()

    async def lines(self) -> list[str]:
        import asyncio

        self.loops.add(asyncio.get_running_loop())
        await asyncio.sleep(0)
        return self.kept

    async def append(self, line: str) -> None:
        import asyncio

        self.loops.add(asyncio.get_running_loop())
        await asyncio.sleep(0)
        self.kept.append(line)


def test_an_asynchronous_journal_runs_on_the_loop(sandbox: Sandbox) -> None:
    import asyncio

    journal = Awaited()

    async def run() -> None:
        async with sandbox.async_client() as bird:
            await bird.workspace().connectors.ensure(sms(sandbox), journal=journal)
        assert journal.loops == {asyncio.get_running_loop()}

    asyncio.run(run())
    assert len(journal.kept) == 2


def test_an_asynchronous_journal_is_not_for_the_synchronous_client(sandbox: Sandbox) -> None:
    with sandbox.client() as bird, pytest.raises(bc.InvalidInputError, match="AsyncClient"):
        bird.workspace().connectors.ensure(sms(sandbox), journal=Awaited())  # type: ignore[arg-type]


def test_a_slow_journal_does_not_hold_up_the_loop(sandbox: Sandbox) -> None:
    import asyncio
    import contextvars
    import time

    seen = contextvars.ContextVar("seen", default="")
    turns = 0

    class Slow(Lines):
        def append(self, line: str) -> None:
            assert seen.get() == "the caller's"
            time.sleep(0.2)
            super().append(line)

    async def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.01)

    async def run() -> None:
        seen.set("the caller's")
        turning = asyncio.create_task(turn())
        async with sandbox.async_client() as bird:
            await bird.workspace().connectors.ensure(sms(sandbox), journal=Slow())
        turning.cancel()

    asyncio.run(run())
    assert turns > 10


def test_cancelled_in_the_journal(sandbox: Sandbox) -> None:
    import asyncio

    class Never(Awaited):
        async def append(self, line: str) -> None:
            await asyncio.Event().wait()

    async def run() -> None:
        async with sandbox.async_client() as bird:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(bird.workspace().connectors.ensure(sms(sandbox), journal=Never()), 0.5)

    asyncio.run(run())
    assert sandbox.count("createConnector") == 0


def test_a_file(runner: ClientRunner, sandbox: Sandbox, ensure: Any, tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with FileJournal(path) as journal:
        first = ensure(sms(sandbox), journal=journal)
        assert len(journal.lines()) == 2
        with pytest.raises(bc.InvalidInputError, match="open"):
            FileJournal(path)
    assert path.name in repr(journal)
    with pytest.raises(RuntimeError, match="closed"):
        ensure(sms(sandbox), journal=journal)
    with FileJournal(str(path)) as journal:
        again = ensure(sms(sandbox), journal=journal)
        assert (again.id, again.matched_by) == (first.id, "journal")
        journal.append(json.dumps({"v": 1}))
        assert len(journal.lines()) == len(path.read_text().splitlines())
        with pytest.raises(OSError, match="line break"):
            journal.append("a\nb")


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(bc.InvalidInputError, match=r"nowhere.journal\.jsonl"):
        FileJournal(tmp_path / "nowhere" / "journal.jsonl")
    (tmp_path / "notes.txt").write_text("something else")
    with pytest.raises(bc.InvalidInputError, match="no journal"):
        FileJournal(tmp_path / "notes.txt")
    with pytest.raises(TypeError):
        FileJournal(7)  # type: ignore[arg-type]


def test_the_file_belongs_to_the_process_that_opened_it(program: Any, tmp_path: Path) -> None:
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


KILLED = """
import os, sys
from bird_connectors import Client, FileJournal, Sms
bird = Client.from_env()
ws = bird.workspace()
number = next(iter(ws.numbers.list())).id
sms = Sms(name="Shop", phone_number_id=number, channel_message_type="conversational")
print("ready", flush=True)
with FileJournal(sys.argv[1]) as journal:
    ensured = ws.connectors.ensure(sms, journal=journal, reconcile_window=10)
print(ensured.id, ensured.adopted)
"""


def test_a_process_that_is_killed_behind_its_create(program: Any, tmp_path: Path) -> None:
    path = str(tmp_path / "journal.jsonl")
    with Sandbox(Script.instant().commit_after(1.0)) as sandbox:
        sandbox.rule("createConnector", delay_response=30)
        child = program(KILLED, path, **sandbox.environment())
        assert child.read_line() == "ready"
        while not sandbox.count("createConnector"):
            pass
        child.kill()
        again = program(KILLED, path, **sandbox.environment())
        assert again.read_line() == "ready"
        assert again.read_line() == f"{sandbox.connectors()[0]['id']} True"
        assert sandbox.count("createConnector") == 1


def test_ctrl_c_in_the_window(program: Any) -> None:
    import signal
    import time

    with Sandbox() as sandbox:
        swallow_the_create(sandbox)
        child = program(
            """
            from bird_connectors import Client, Sms
            import wire
            ws = Client.from_env(max_attempts=1).workspace()
            print("ready", flush=True)
            try:
                ws.connectors.ensure(Sms(name="Shop", **wire.template_arguments()))
            except KeyboardInterrupt:
                print("interrupted", flush=True)
            """,
            **sandbox.environment(),
        )
        assert child.read_line() == "ready"
        while not sandbox.count("createConnector"):
            time.sleep(0.01)
        time.sleep(0.2)
        sent = time.monotonic()
        child.process.send_signal(signal.SIGINT)
        assert child.read_line() == "interrupted"
        assert time.monotonic() - sent < 1
        child.expect_output("")
