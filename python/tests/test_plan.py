"""Channels as files: plans, applies, prunes and exports, with both clients."""

from __future__ import annotations

import asyncio
import copy
import doctest
import gc
import inspect
import json
import pickle
import re
import signal
import subprocess
import sys
import textwrap
import threading
import weakref
from typing import TYPE_CHECKING, Any

import pytest

import bird_connectors as bc
import channel_files
from bird_connectors import FileJournal, plan
from bird_connectors.plan import ApplyRefusedError, AsyncPlanner, DesiredState, Plan, Planner, StepResult
from bird_connectors.testing import Sandbox, Script
from channel_files import HOOK, World, kinds, line
from conftest import ClientRunner
from test_journal import MemoryJournal
from waiting import HANG_TIMEOUT, eventually, settled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Script.instant()) as sandbox:
        yield sandbox


@pytest.fixture
def world(runner: ClientRunner, sandbox: Sandbox, tmp_path: Path) -> Iterator[World]:
    with FileJournal(tmp_path / "channels.journal") as journal:
        yield World(runner, sandbox, journal)


def methods(sandbox: Sandbox) -> set[str]:
    return {request["method"] for request in sandbox.requests()}


def names(sandbox: Sandbox) -> list[str]:
    return sorted(connector["name"] for connector in sandbox.connectors())


# Plan and apply.


def test_second_apply_sends_nothing_beyond_the_reads_of_its_plan(world: World) -> None:
    desired = world.file([line("A"), "{ name: B, template: telegram }"], [HOOK])
    first = world.plan(desired)
    assert kinds(first) == [("create", "create")] * 3
    assert (first.project, first.counts["create"], first.has_changes, first.has_only_live) == ("acme", 3, True, False)
    assert (first.summary, first.conflicts, first.deletes, first.large_prune) == ("3 create", (), (), None)
    assert methods(world.sandbox) == {"GET"}

    report = world.apply(first)
    assert [(result.outcome, result.error, result.ready) for result in report.results] == [("created", None, None)] * 3
    assert [result.step for result in report.results] == list(first.steps)
    connectors = {connector["name"]: connector["id"] for connector in world.sandbox.connectors()}
    assert {result.step.name: result.id for result in report.results[:2]} == connectors
    assert (report.ok, report.failed) == (True, ())

    world.sandbox.clear_requests()
    second = world.plan(desired)
    assert kinds(second) == [("unchanged", "none")] * 3
    assert not second.has_changes
    reads = [(request["method"], request["path"]) for request in world.sandbox.requests()]
    prefix = f"/workspaces/{world.sandbox.workspace_id}"
    assert sorted(reads) == [("GET", f"{prefix}/connectors"), ("GET", f"{prefix}/webhook-subscriptions")]
    world.sandbox.clear_requests()
    assert world.apply(second).results == ()
    assert world.sandbox.requests() == []


def test_plan_is_text_json_and_markdown_with_its_hash(world: World) -> None:
    desired = world.file([line("A")])
    made = world.plan(desired)
    assert str(made) == made.to_text()
    for shown in (made.to_text(), made.to_text(all=True), made.to_markdown(), made.to_json(), repr(made)):
        assert made.hash in shown
    assert re.fullmatch(r"[0-9a-f]{64}", made.hash)
    assert made.to_dict() == json.loads(made.to_json())
    assert made.to_dict()["steps"][0]["address"] == made.steps[0].address == "test/line/A"
    assert made.steps[0].place == "channels.yaml:7:9"
    assert (made.steps[0].resource, made.steps[0].workspace, made.steps[0].id) == ("connector", "test", None)
    assert "A" not in made.to_text().splitlines()[0]
    world.apply(made)
    unchanged = world.plan(desired)
    assert " A " not in unchanged.to_text()
    assert " A " in unchanged.to_text(all=True)


def test_plans_are_equal_if_they_do_the_same(world: World) -> None:
    one, other = world.plan(world.file([line("A")])), world.plan(world.file([line("A")]))
    assert (one, hash(one)) == (other, hash(other))
    assert copy.copy(one) == one
    assert one != world.plan(world.file([line("B")]))
    assert one != one.hash
    with pytest.raises(TypeError, match="pass the hash of this one as `expect`"):
        pickle.dumps(one)
    with pytest.raises(AttributeError, match="immutable"):
        one.hash = ""  # type: ignore[misc]


def test_number_is_looked_up_and_an_unknown_one_is_a_conflict(world: World) -> None:
    [number, *_] = world.runner.collect(lambda: world.runner.sandbox_workspace(world.sandbox).numbers.list())
    entries = [f"{{ name: {name}, template: voice, phone_number: '{value}' }}" for name, value in
               (("A", number.number_string), ("B", "+4915100000000"))]  # fmt: skip
    made = world.plan(world.file(entries))
    assert kinds(made) == [("create", "create")]
    [conflict] = made.conflicts
    assert "the workspace has no number +4915100000000" in conflict.message
    assert conflict.place == "channels.yaml:8:9"
    world.sandbox.clear_requests()
    with pytest.raises(ApplyRefusedError, match="the plan contains conflicts") as caught:
        world.apply(made)
    assert (caught.value.reason, caught.value.conflicts) == ("conflicts", made.conflicts)
    assert world.sandbox.requests() == []


def test_plan_shows_exactly_the_drift(world: World) -> None:
    def sms(kind: str) -> str:
        return f"{{ name: A, template: sms, phone_number_id: {number}, message_type: {kind} }}"

    number = world.sandbox.phone_number_id
    world.follow(world.file([sms("2fa"), line("B")], [HOOK]))
    workspace = world.runner.sandbox_workspace(world.sandbox)
    [hook] = world.sandbox.webhook_subscriptions()
    world.runner.call(lambda: workspace.webhook_subscriptions.update(hook["id"], status="inactive"))

    drifted = world.plan(world.file([sms("promotional"), line("B")], [HOOK]))
    assert kinds(drifted) == [("differs", "none"), ("unchanged", "none"), ("differs", "update")]
    [difference] = drifted.steps[0].differences
    assert difference.field == "arguments.channelMessageType"
    assert (difference.wanted, difference.found) == ("promotional", "2fa")
    assert [(one.field, one.wanted, one.found) for one in drifted.steps[2].differences] == [
        ("status", "active", "inactive")
    ]
    assert [result.outcome for result in world.apply(drifted).results] == ["updated"]
    assert world.sandbox.webhook_subscriptions()[0]["status"] == "active"

    before = {connector["name"]: connector["id"] for connector in world.sandbox.connectors()}
    replaced = world.plan(world.file([sms("promotional"), line("B")], [HOOK]), replace=["A"])
    assert kinds(replaced)[0] == ("differs", "replace")
    assert [step.name for step in replaced.deletes] == ["A"]
    assert "channel" in str(replaced.deletes[0].stops)
    world.apply(replaced)
    after = {connector["name"]: connector["id"] for connector in world.sandbox.connectors()}
    assert (after["A"] != before["A"], after["B"] == before["B"]) == (True, True)
    assert not world.plan(world.file([sms("promotional"), line("B")], [HOOK])).has_changes


def test_apply_waits_for_the_channels_of_created_connectors(world: World) -> None:
    world.sandbox.script_for_name("Slow", Script.statuses(0, ["rejected"]))
    report = world.apply(world.plan(world.file([line("Fast"), line("Slow")])), wait=HANG_TIMEOUT)
    fast, slow = report.results
    [channel] = [channel for channel in world.sandbox.channels() if channel["name"] == "Fast"]
    assert (fast.channel_id, fast.error) == (channel["id"], None)
    assert (slow.outcome, slow.channel_id) == ("created", None)
    assert isinstance(slow.error, bc.InstallFailedError)
    assert report.failed == (slow,)


def test_failed_step_is_a_result_and_does_not_affect_the_others(world: World) -> None:
    world.sandbox.rule("createConnector", status=422, times=1)
    report = world.apply(world.plan(world.file([line("A"), line("B")], [HOOK])), concurrency=1)
    assert sorted(str(result.outcome) for result in report.results) == ["None", "created", "created"]
    [failed] = report.failed
    assert isinstance(failed.error, bc.ValidationError)
    assert failed.id is None
    assert not report.ok
    assert world.follow(world.file([line("A"), line("B")], [HOOK])).results[0].step.name == failed.step.name


def test_connector_of_somebody_else_is_adopted_and_owned_on_request(world: World) -> None:
    [_] = world.sandbox.add_connectors(1)
    workspace = world.runner.sandbox_workspace(world.sandbox)
    world.runner.call(lambda: workspace.connectors.install(bc.Line(name="Foreign")))
    desired = world.file([line("Foreign")])
    adopted = world.plan(desired)
    assert [step.kind for step in adopted.steps] == ["adopt", "only_live"]
    assert (adopted.has_changes, adopted.has_only_live) == (False, True)
    assert [result.outcome for result in world.follow(desired, own=["Foreign"]).results] == ["owned"]
    assert world.plan(desired).counts["unchanged"] == 1
    pruned = world.plan(world.file(), prune=True)
    assert {step.name: step.action for step in pruned.steps if step.owned} == {"Foreign": "delete"}
    assert sorted(step.action for step in pruned.steps) == ["delete", "none"]


# Prune.


def test_prune_deletes_only_what_the_project_owns(world: World) -> None:
    workspace = world.runner.sandbox_workspace(world.sandbox)
    world.runner.call(lambda: workspace.connectors.install(bc.Line(name="Foreign")))
    both = world.file([line("A"), line("Foreign")], [HOOK])
    world.follow(both)
    nothing = world.file([], [])
    assert world.apply(world.plan(nothing)).results == ()
    pruned = world.plan(nothing, prune=True)
    assert pruned.to_text().startswith("These stop:")
    assert [result.outcome for result in world.apply(pruned).results] == ["deleted", "deleted"]
    assert (names(world.sandbox), world.sandbox.webhook_subscriptions()) == (["Foreign"], [])


def test_large_prune_is_refused_unless_it_is_forced(world: World) -> None:
    entries = [line(f"N{index}") for index in range(10)]
    world.follow(world.file(entries))
    assert world.plan(world.file(entries[:7]), prune=True).large_prune is None
    large = world.plan(world.file(entries[:6]), prune=True)
    assert "would delete 4 of the 10" in str(large.large_prune)
    world.sandbox.clear_requests()
    with pytest.raises(ApplyRefusedError, match=r"would delete 4 of the 10 .* pass force=True") as caught:
        world.apply(large)
    assert caught.value.reason == "large_prune"
    assert world.sandbox.requests() == []
    assert world.apply(large, force=True).ok
    assert len(world.sandbox.connectors()) == 6


def test_planner_without_a_journal_owns_and_deletes_nothing(runner: ClientRunner, world: World) -> None:
    bare = World(runner, world.sandbox)
    bare.follow(bare.file([line("A")]))
    assert kinds(bare.plan(bare.file([line("A")]))) == [("adopt", "none")]
    assert kinds(bare.plan(bare.file(), prune=True)) == [("only_live", "none")]
    assert bare.plan(bare.file([line("A")]), own=["A"]).conflicts[0].message == "it needs a journal"
    # A plan of a planner with a journal needs that journal.
    world.follow(world.file([line("B")]))
    pruned = world.plan(world.file(), prune=True)
    with pytest.raises(ApplyRefusedError, match="needs a journal") as caught:
        bare.apply(pruned)
    assert caught.value.reason == "no_journal"
    assert names(world.sandbox) == ["A", "B"]


def test_only_the_reviewed_plan_is_applied(world: World) -> None:
    desired = world.file([line("A")])
    reviewed = world.plan(desired).hash
    # What the files do not describe does not matter.
    world.sandbox.add_connectors(1)
    assert world.plan(desired).hash == reviewed
    changed = world.plan(world.file([line("A"), line("B")]))
    world.sandbox.clear_requests()
    with pytest.raises(ApplyRefusedError, match="nothing was sent") as caught:
        world.apply(changed, expect=reviewed)
    error = caught.value
    assert (error.reason, error.expected, error.found, error.outcome) == (
        "changed",
        reviewed,
        changed.hash,
        "not_sent",
    )
    assert str(error).endswith("[errors#invalid_input]")
    restored = pickle.loads(pickle.dumps(error))
    assert (str(restored), restored.reason, restored.found) == (str(error), "changed", changed.hash)
    assert world.sandbox.requests() == []
    assert world.apply(changed, expect=changed.hash).ok


# Export.


def test_plan_of_an_export_is_empty(world: World) -> None:
    number = world.sandbox.phone_number_id
    world.follow(
        world.file(
            [line("A"), f"{{ name: S, template: sms, phone_number_id: {number}, message_type: promotional }}"], [HOOK]
        )
    )
    export = world.runner.call(lambda: world.planner.export(project="acme"))
    arguments, signing_keys = export.omitted
    assert arguments.startswith("arguments of connector ")
    assert signing_keys.startswith("signing keys of 1 webhook subscriptions ")
    assert export.secrets == ()
    assert str(export) == export.yaml
    exported = world.plan(DesiredState.parse(export.yaml))
    assert kinds(exported) == [("unchanged", "none")] * 3
    fresh = World(world.runner, world.sandbox, MemoryJournal())
    adopted = fresh.plan(DesiredState.parse(export.yaml))
    assert kinds(adopted) == [("adopt", "none")] * 3
    assert not adopted.has_changes
    again = world.runner.call(lambda: world.planner.export([world.sandbox.workspace_id], project="acme"))
    assert again == export
    assert methods(world.sandbox) >= {"GET"}


def test_invalid_export_sends_nothing(world: World) -> None:
    for arguments, error in (
        ({"project": "a b"}, bc.InvalidInputError),
        ({"project": 1}, TypeError),
        ({"workspaces": "shop"}, TypeError),
        ({"workspaces": ["shop"]}, bc.InvalidInputError),
    ):
        with pytest.raises(error, match=f"invalid {next(iter(arguments))}"):
            world.runner.call(lambda arguments=arguments: world.planner.export(**arguments))
    assert world.sandbox.requests() == []
    bare = World(world.runner, world.sandbox, workspace_id=None)
    with pytest.raises(bc.ConfigurationError):
        world.runner.call(lambda: bare.planner.export())


# Journals.


class SharedMemoryJournal:
    """A journal with claims, in memory."""

    def __init__(self) -> None:
        self.last: dict[str, str] = {}
        self.fences: dict[str, int] = {}
        self.held: set[str] = set()

    def lines(self) -> list[str]:
        return list(self.last.values())

    def last_lines(self, keys: Any) -> list[str]:
        return [self.last[key] for key in keys if key in self.last]

    def acquire(self, key: str) -> bc.JournalClaim | None:
        if key in self.held:
            return None
        self.held.add(key)
        self.fences[key] = self.fences.get(key, 0) + 1
        return bc.JournalClaim(key, self.fences[key], 30, self.last.get(key))

    def renew(self, claim: bc.JournalClaim) -> bool:
        return claim.key in self.held

    def write(self, claim: bc.JournalClaim, line: str) -> bool:
        self.last[claim.key] = line
        return True

    def release(self, claim: bc.JournalClaim, line: str | None) -> bool:
        if line is not None:
            self.last[claim.key] = line
        self.held.discard(claim.key)
        return True


class AsyncMemoryJournal(MemoryJournal):
    async def lines(self) -> list[str]:  # type: ignore[override]
        await asyncio.sleep(0)
        return list(self.entries)

    async def append(self, line: str) -> None:  # type: ignore[override]
        await asyncio.sleep(0)
        self.entries.append(line)


@pytest.mark.parametrize(
    ("client", "kind"),
    [
        ("sync", MemoryJournal),
        ("sync", SharedMemoryJournal),
        ("async", MemoryJournal),
        ("async", SharedMemoryJournal),
        ("async", AsyncMemoryJournal),
    ],
)
def test_journal_of_the_user_records_what_the_project_owns(client: str, kind: Any, sandbox: Sandbox) -> None:
    runner, journal = ClientRunner(client), kind()
    world = World(runner, sandbox, journal)
    world.follow(world.file([line("A"), line("B")], [HOOK]))
    assert kinds(world.plan(world.file([line("A"), line("B")], [HOOK]))) == [("unchanged", "none")] * 3
    world.follow(world.file([line("A")], []), prune=True)
    assert (names(sandbox), sandbox.webhook_subscriptions()) == (["A"], [])
    if kind is not SharedMemoryJournal and not runner.is_async:
        assert journal.threads == {threading.get_ident()}


class BrokenJournal(MemoryJournal):
    broken = "lines"

    def lines(self) -> Any:
        if self.broken == "lines":
            raise LookupError("no table")
        return super().lines()

    def append(self, line: str) -> None:
        raise LookupError("no space")


def test_exception_of_a_journal_is_the_cause(runner: ClientRunner, sandbox: Sandbox) -> None:
    journal = BrokenJournal()
    world = World(runner, sandbox, journal)
    with pytest.raises(bc.JournalError, match="no table") as caught:
        world.plan(world.file([line("A")]))
    assert isinstance(caught.value.__cause__, LookupError)
    journal.broken = "append"
    [failed] = world.apply(world.plan(world.file([line("A")]))).failed
    assert isinstance(failed.error, bc.JournalError)
    assert isinstance(failed.error.__cause__, LookupError)
    assert sandbox.connectors() == []


def test_closed_journal_and_closed_client_are_refused(runner: ClientRunner, sandbox: Sandbox, tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "journal")
    world = World(runner, sandbox, journal)
    made = world.plan(world.file([line("A")]))
    journal.close()
    for call in (lambda: world.plan(world.file([line("A")])), lambda: world.apply(made)):
        with pytest.raises(RuntimeError, match="the journal is closed"):
            call()
    client = runner.client(sandbox.base_url, sandbox.access_key)
    planner: Any = (AsyncPlanner if runner.is_async else Planner)(client)
    runner.call(client.close)
    with pytest.raises(RuntimeError, match="the client is closed"):
        runner.call(lambda: planner.plan(world.file([line("A")])))
    assert sandbox.connectors() == []


def test_planner_with_a_journal_that_refers_to_it_is_collected(runner: ClientRunner, sandbox: Sandbox) -> None:
    journal = MemoryJournal()
    world = World(runner, sandbox, journal)
    journal.planner = world.planner  # type: ignore[attr-defined]
    world.follow(world.file([line("A")]))
    reference = weakref.ref(journal)
    del world, journal
    gc.collect()
    assert reference() is None


# Progress, interruptions.


def test_progress_is_reported_once_for_each_step(world: World) -> None:
    seen: list[StepResult] = []
    report = world.apply(world.plan(world.file([line("A"), line("B")], [HOOK])), on_progress=seen.append)
    assert sorted(seen, key=lambda result: report.results.index(result)) == list(report.results)


def test_asynchronous_progress_is_awaited(sandbox: Sandbox) -> None:
    seen: list[str] = []

    async def report(result: StepResult) -> None:
        await asyncio.sleep(0)
        seen.append(result.step.name)

    async def main() -> None:
        async with sandbox.async_client() as bird:
            planner = AsyncPlanner(bird)
            desired = DesiredState.parse(channel_files.text(sandbox, [line("A")]))
            await planner.apply(await planner.plan(desired), on_progress=report)

    asyncio.run(main())
    assert seen == ["A"]


def test_coroutine_function_is_refused_by_the_synchronous_planner_before_sending(sandbox: Sandbox) -> None:
    async def report(result: StepResult) -> None: ...

    with sandbox.client() as bird:
        planner = Planner(bird)
        made = planner.plan(DesiredState.parse(channel_files.text(sandbox, [line("A")])))
        with pytest.raises(TypeError, match="got a coroutine function, which only AsyncClient can await"):
            planner.apply(made, on_progress=report)
    assert sandbox.connectors() == []


ENTRIES = [line(f"N{index}") for index in range(6)]


def test_apply_that_ends_after_any_step_can_be_continued(runner: ClientRunner, tmp_path: Path) -> None:
    class StopError(Exception):
        pass

    for steps in range(1, 6):
        with Sandbox(Script.instant()) as sandbox, FileJournal(tmp_path / f"{steps}.journal") as journal:
            one = World(runner, sandbox, journal)
            desired = one.file(ENTRIES[:4], [HOOK])
            left = steps

            def stop(_: StepResult) -> None:
                nonlocal left
                left -= 1
                if left == 0:
                    raise StopError

            with pytest.raises(StopError):
                one.apply(one.plan(desired), on_progress=stop, concurrency=2)
            # Creates that were cut off may have been received.
            settled(lambda sandbox=sandbox: len(sandbox.requests()), quiet=0.2)
            # The sandbox lists each connector at once, so what is not found was not created.
            report = one.apply(one.plan(desired), reconcile_window=0.1, recreate_after_window=True)
            assert report.ok, report.failed
            assert names(sandbox) == ["N0", "N1", "N2", "N3"]
            assert len(sandbox.webhook_subscriptions()) == 1
            assert not one.plan(desired).has_changes


# The responses to all creates are held back, so the program is interrupted while their outcome is unknown.
PROGRAM = """
import signal
import sys
import bird_connectors as bc
from bird_connectors.plan import DesiredState, Planner
url, key, journal, text = sys.argv[1:]
bird = bc.Client(access_key=key, base_url=url, timeout=600, attempt_timeout=600, rate_limit=None)
planner = Planner(bird, journal=bc.FileJournal(journal))
made = planner.plan(DesiredState.parse(text))

def interrupt(*_):
    print("stopping", flush=True)
    raise KeyboardInterrupt

signal.signal(signal.SIGINT, interrupt)
try:
    planner.apply(made)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_apply_that_its_progress_function_ends_releases_the_journal(world: World) -> None:
    desired = world.file(ENTRIES[:2])
    world.sandbox.rule("createConnector", nth=2, delay=600, times=None)

    def stop(_: StepResult) -> None:
        raise LookupError("enough")

    with pytest.raises(LookupError) as caught:
        world.apply(world.plan(desired), on_progress=stop)
    world.sandbox.clear_rules()
    # The traceback keeps the interrupted call alive, with the claim of the connector that was not created.
    assert caught.tb is not None
    assert world.apply(world.plan(desired), reconcile_window=0.1, recreate_after_window=True).ok
    assert names(world.sandbox) == ["N0", "N1"]


def test_interrupted_apply_finishes_what_it_has_started_and_starts_nothing_more(world: World) -> None:
    desired = world.file(ENTRIES)
    error: Any = asyncio.CancelledError if world.runner.is_async else KeyboardInterrupt

    def stop(_: StepResult) -> None:
        raise error

    with pytest.raises(error):
        # The second create has started when the first result is reported.
        world.apply(world.plan(desired), on_progress=stop, concurrency=1)
    assert names(world.sandbox) == ["N0", "N1"]
    assert kinds(world.plan(desired)) == [("unchanged", "none")] * 2 + [("create", "create")] * 4
    assert world.follow(desired).ok


@pytest.fixture
def slow_list() -> Iterator[Sandbox]:
    """A sandbox that lists a connector seconds after its create: a run without a journal would create another one."""
    with Sandbox(Script.instant().commit_after(3)) as sandbox:
        yield sandbox


@pytest.mark.parametrize("ending", ["interrupt", "kill"])
def test_apply_continues_after_an_interrupted_process(
    ending: str, program: Any, slow_list: Sandbox, tmp_path: Path
) -> None:
    sandbox = slow_list
    sandbox.rule("createConnector", delay_response=600, times=None)
    path, text = tmp_path / "journal", channel_files.text(sandbox, ENTRIES, [HOOK])
    child = program(PROGRAM, sandbox.base_url, sandbox.access_key, str(path), text)
    eventually(lambda: sandbox.count("createConnector") == len(ENTRIES))
    if ending == "interrupt":
        # The first one waits for the responses.
        for _ in range(2):
            child.process.send_signal(signal.SIGINT)
            assert child.read_line() == "stopping"
        assert child.read_line() == "interrupted"
        child.expect_output("")
    else:
        child.kill()
    sandbox.clear_rules()
    assert_continues(sandbox, path, text)


def test_apply_continues_after_a_cancellation(slow_list: Sandbox, tmp_path: Path) -> None:
    sandbox = slow_list
    sandbox.rule("createConnector", delay_response=600, times=None)
    path, text = tmp_path / "journal", channel_files.text(sandbox, ENTRIES, [HOOK])

    async def main() -> None:
        with FileJournal(path) as journal:
            async with sandbox.async_client(timeout=600, attempt_timeout=600) as bird:
                planner = AsyncPlanner(bird, journal=journal)
                made = await planner.plan(DesiredState.parse(text))
                task = asyncio.create_task(planner.apply(made))
                await asyncio.to_thread(eventually, lambda: sandbox.count("createConnector") == len(ENTRIES))
                task.cancel()
                # It waits for the responses.
                await asyncio.wait([task], timeout=0.1)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                # The same planner continues.
                sandbox.clear_rules()
                again = await planner.plan(DesiredState.parse(text))
                assert (await planner.apply(again, reconcile_window=HANG_TIMEOUT)).ok

    asyncio.run(main())
    assert_continues(sandbox, path, text)


def assert_continues(sandbox: Sandbox, path: Path, text: str) -> None:
    """Applies once more: everything exists, and once."""
    desired = DesiredState.parse(text)
    with sandbox.client() as bird, FileJournal(path) as journal:
        planner = Planner(bird, journal=journal)
        assert planner.apply(planner.plan(desired), reconcile_window=HANG_TIMEOUT).ok
        last = planner.plan(desired)
        assert (len(last.steps), last.has_changes) == (len(ENTRIES) + 1, False)
    assert names(sandbox) == [f"N{index}" for index in range(6)]
    assert len(sandbox.webhook_subscriptions()) == 1
    assert sandbox.count("createConnector") == len(ENTRIES)


# The module itself.


def test_records_are_comparable_and_picklable(world: World) -> None:
    desired = world.file([line("A")], [HOOK])
    made = world.plan(desired)
    report = world.apply(made)
    conflict = plan.Conflict("test/line/A", None, "why")
    export = plan.Export("yaml", ("a",), ())
    for one in (*made.steps, *report.results, report, conflict, export, *desired.workspaces):
        assert pickle.loads(pickle.dumps(one)) == one
        assert copy.copy(one) == one
        assert type(one).__name__ in repr(one)
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(desired)
    workspace = desired.workspaces[0]
    assert (workspace.id, workspace.name) == (world.sandbox.workspace_id, "test")
    assert workspace.connectors is not None
    assert workspace.webhook_subscriptions is not None
    assert (workspace.connectors[0].name, workspace.connectors[0].place) == ("A", "channels.yaml:7:9")
    assert workspace.webhook_subscriptions[0].url == "https://hooks.example.com/bird"
    assert repr(desired) == "<bird_connectors.plan.DesiredState project='acme' workspaces=1>"


def test_package_does_not_import_the_module() -> None:
    program = "import sys, bird_connectors; print([name for name in sys.modules if 'plan' in name and 'bird' in name])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_schema_is_json() -> None:
    assert json.loads(plan.schema())["title"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> Path:
    """A working directory with files of channels."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "channels").mkdir()
    for path in ("channels.yaml", "channels/one.yaml"):
        (tmp_path / path).write_text(channel_files.text(sandbox, [line("A")]))
    return tmp_path


def test_example_of_the_module_runs(folder: Path, sandbox: Sandbox) -> None:
    finder = doctest.DocTestFinder(recurse=False)
    [example] = finder.find(plan, globs={"bird": sandbox.client()})
    assert len(example.examples) > 3
    assert doctest.DocTestRunner().run(example).failed == 0


def examples() -> dict[str, str]:
    """The code of every docstring of the module, by the name of what it documents."""
    found = {}
    for name in plan.__all__:
        value = getattr(plan, name)
        members = vars(value).items() if inspect.isclass(value) else ()
        for member, documented in [("", value), *((f".{key}", getattr(value, key)) for key, _ in members)]:
            if "__" in member:
                continue
            for code in re.findall(r"^ *```python\n(.*?)^ *```", documented.__doc__ or "", re.MULTILINE | re.DOTALL):
                found[name + member] = textwrap.dedent(code)
    return found


@pytest.mark.parametrize(("name", "code"), examples().items(), ids=list(examples()))
def test_example_of_a_docstring_runs(name: str, code: str, folder: Path, sandbox: Sandbox) -> None:
    text = (folder / "channels.yaml").read_text()
    (folder / "more-channels").mkdir()
    (folder / "more-channels" / "two.yml").write_text(text.replace("name: A", "name: B"))
    body = textwrap.indent(code, "    ")
    is_async = "await" in code
    program = f"{'async ' if is_async else ''}def example():\n{body}\n"
    namespace: dict[str, Any] = {**vars(bc), **vars(plan), "Path": type(folder), "text": text}
    with sandbox.client() as bird:
        client: Any = sandbox.async_client() if is_async else bird
        planner: Any = (AsyncPlanner if is_async else Planner)(client)
        desired = DesiredState.parse(text)
        made = asyncio.run(planner.plan(desired)) if is_async else planner.plan(desired)
        namespace |= {
            "client": client,
            "planner": planner,
            "desired": desired,
            "plan": made,
            "reviewed_hash": made.hash,
        }
        for variable in ("desired", "planner", "plan"):
            # Assigned in the example: a local variable there.
            if re.search(rf"^\s*{variable} = ", code, re.MULTILINE):
                del namespace[variable]
        exec(compile(program, name, "exec"), namespace)
        example = namespace["example"]
        asyncio.run(example()) if is_async else example()


def test_examples_are_found() -> None:
    assert {"Planner", "AsyncPlanner.apply", "Planner.export", "DesiredState.read", "schema"} <= set(examples())


def test_plan_class_is_not_constructed_by_mistake() -> None:
    for kind in (Plan, DesiredState):
        with pytest.raises((TypeError, AttributeError)):
            kind("text")  # type: ignore[arg-type]
