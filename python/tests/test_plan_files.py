"""Files of channels: problems with positions, arguments of every wrong kind, and secrets that appear nowhere."""

from __future__ import annotations

import io
import itertools
import json
import logging
import pickle
import sys
import traceback
from typing import TYPE_CHECKING, Any

import pytest

import bird_connectors as bc
import channel_files
import wire
from bird_connectors import FileJournal
from bird_connectors.plan import (
    ApplyRefusedError,
    AsyncPlanner,
    ChannelFileError,
    DesiredState,
    FileProblem,
    Planner,
)
from bird_connectors.testing import Sandbox, Script
from channel_files import HOOK, World, kinds, line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import ClientRunner


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Script.instant()) as sandbox:
        yield sandbox


# Problems.

INVALID = f"""\
version: 1
project: acme
workspaces:
  - id: {wire.WORKSPACE}
    connectors:
      - name: Bot
        template: telgram
      - name: Support
        template: sms
        phone_number: "+31612345678"
        message_type: loud
"""


def test_problems_have_file_line_column_and_excerpt() -> None:
    with pytest.raises(ChannelFileError) as caught:
        DesiredState.parse({"a.yaml": INVALID})
    error = caught.value
    first, *_ = error.problems
    assert (first.path, first.line, first.column) == ("a.yaml", 7, 19)
    assert first.message == "unknown template: did you mean `telegram`?"
    assert first.excerpt is not None
    assert first.excerpt.splitlines() == ["  |", "7 |         template: telgram", "  |                   ^"]
    assert str(first) == f"a.yaml:7:19: {first.message}\n{first.excerpt}"
    assert str(error).startswith(f"a.yaml:7:19: {first.message}")
    assert str(error).endswith("[errors#invalid_input]")
    assert "\n" not in str(error)
    assert (error.outcome, error.may_have_been_processed) == ("not_sent", False)
    assert isinstance(error, ValueError)
    restored = pickle.loads(pickle.dumps(error))
    assert (str(restored), restored.problems) == (str(error), error.problems)


def test_message_counts_further_problems() -> None:
    entries = ["{ name: A, template: x1 }", "{ name: B, template: x2 }", "{ name: C, template: x3 }"]
    for count, suffix in ((1, ""), (2, " (and one more problem)"), (3, " (and 2 more problems)")):
        lines = "".join(f"      - {entry}\n" for entry in entries[:count])
        text = f"version: 1\nproject: acme\nworkspaces:\n  - id: {wire.WORKSPACE}\n    connectors:\n{lines}"
        with pytest.raises(ChannelFileError) as caught:
            DesiredState.parse(text)
        assert len(caught.value.problems) == count
        assert [problem.path for problem in caught.value.problems] == ["<string>"] * count
        assert f"{suffix} [errors" in str(caught.value)
        assert ("more problem" in str(caught.value)) is bool(suffix)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="older tracebacks have no notes")
def test_traceback_shows_all_problems_with_their_lines() -> None:
    with pytest.raises(ChannelFileError) as caught:
        DesiredState.parse({"a.yaml": INVALID})
    shown = "".join(traceback.format_exception(caught.value))
    for problem in caught.value.problems:
        assert str(problem) in shown


def test_files_and_folders_are_read_in_order(tmp_path: Path, sandbox: Sandbox) -> None:
    folder = tmp_path / "channels"
    folder.mkdir()
    for index, name in enumerate(["b.yaml", "a.yml", "ignored.txt"]):
        (folder / name).write_text(channel_files.text(sandbox, [line(f"N{index}")]))
    more = tmp_path / "more.yaml"
    more.write_text(channel_files.text(sandbox, [line("More")]))
    desired = DesiredState.read(folder, str(more), more)
    [workspace] = desired.workspaces
    assert [connector.name for connector in workspace.connectors or ()] == ["N1", "N0", "More"]
    assert workspace.webhook_subscriptions is None


def test_files_that_cannot_be_read_are_problems_without_a_line(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "bytes.yaml").write_bytes(b"\xff")
    with pytest.raises(ChannelFileError) as caught:
        DesiredState.read(tmp_path / "missing.yaml", tmp_path / "empty", tmp_path / "bytes.yaml")
    assert [(problem.line, problem.column, problem.excerpt) for problem in caught.value.problems] == [
        (None, None, None)
    ] * 3
    messages = [problem.message for problem in caught.value.problems]
    assert "cannot be read" in messages[0]
    assert "contains no file" in messages[1]
    assert str(caught.value.problems[0]) == f"{tmp_path / 'missing.yaml'}: {messages[0]}"
    with pytest.raises(ChannelFileError, match="no file is named"):
        DesiredState.read()


def test_name_of_a_file_with_a_line_break_does_not_break_the_message() -> None:
    with pytest.raises(ChannelFileError) as caught:
        DesiredState.parse({"a\nb\x1b[2J.yaml": INVALID})
    assert not any(not character.isprintable() for character in str(caught.value))


@pytest.mark.parametrize(
    "text", ["", "- 1", "version: 1", "a: &a [*a]", "{" * 100_000, "\x00", "version: 2\n", "💥: 1"]
)
def test_any_text_is_refused_with_a_problem(text: str) -> None:
    with pytest.raises(ChannelFileError) as caught:
        DesiredState.parse(text)
    assert caught.value.problems


def test_large_text_and_an_expanding_text_are_refused() -> None:
    with pytest.raises(bc.InvalidInputError, match="larger than 16 MiB"):
        DesiredState.parse("#" * ((16 << 20) + 1))
    bomb = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12))
    with pytest.raises(ChannelFileError):
        DesiredState.parse(bomb)


# Arguments.


class FailingPath:
    def __fspath__(self) -> str:
        raise ArithmeticError("no path")


def cyclic() -> Any:
    value: list[Any] = []
    value.append(value)
    return value


INVALID_PATHS: dict[str, tuple[Any, Any]] = {
    "a list": (["a.yaml"], TypeError),
    "None": (None, TypeError),
    "bytes": (b"a.yaml", TypeError),
    "a number": (1, TypeError),
    "an open file": (io.StringIO("version: 1"), TypeError),
    "an empty path": ("", bc.InvalidInputError),
    # As `open` does.
    "a lone surrogate": ("\ud800", UnicodeEncodeError),
    "a path that fails": (FailingPath(), ArithmeticError),
    "nul": ("a\x00b", bc.InvalidInputError),
    "a cyclic list": (cyclic(), TypeError),
}


@pytest.mark.parametrize(("path", "error"), INVALID_PATHS.values(), ids=INVALID_PATHS)
def test_invalid_path_is_refused(path: Any, error: Any) -> None:
    with pytest.raises(error):
        DesiredState.read(path)
    with pytest.raises(error):
        DesiredState.read("a.yaml", path)


INVALID_TEXTS: dict[str, tuple[Any, Any]] = {
    "None": (None, TypeError),
    "bytes": (b"version: 1", TypeError),
    "a list": (["version: 1"], TypeError),
    "a class": (dict, TypeError),
    "an empty dict": ({}, bc.InvalidInputError),
    "a dict of bytes": ({"a": b"x"}, TypeError),
    "a dict with other keys": ({1: "x"}, TypeError),
    "a cyclic value": ({"a": cyclic()}, TypeError),
    "a lone surrogate": ("\ud800", bc.InvalidInputError),
}


@pytest.mark.parametrize(("text", "error"), INVALID_TEXTS.values(), ids=INVALID_TEXTS)
def test_invalid_text_is_refused(text: Any, error: Any) -> None:
    with pytest.raises(error):
        DesiredState.parse(text)


def test_endless_argument_is_refused(runner: ClientRunner, sandbox: Sandbox) -> None:
    class EndlessDict(dict[str, str]):
        def items(self) -> Any:
            return (("a.yaml", "") for _ in itertools.count())

    with pytest.raises(bc.InvalidInputError, match="more than 100000 items"):
        DesiredState.parse(EndlessDict())
    world = World(runner, sandbox)
    for name in ("replace", "own"):
        with pytest.raises(bc.InvalidInputError, match=f"invalid {name}: it has more than 100000 items"):
            world.plan(world.file(), **{name: itertools.repeat("A")})
    assert sandbox.requests() == []


async def coroutine_function(_: Any) -> None: ...


PLAN_ARGUMENTS: dict[str, list[Any]] = {
    "prune": [None, 1, "yes"],
    "replace": ["A", 1, [1], [None], cyclic(), {"A": 1}, None, ["\ud800"]],
    "own": ["A", 1, [1], b"A"],
    "update_signing_key": ["A", 1, [1], b"A"],
}
APPLY_ARGUMENTS: dict[str, list[Any]] = {
    "expect": [1, b"hash", ["hash"]],
    "force": [None, 1],
    "wait": [-1, float("nan"), "60", True, 10**400],
    "status": [1, b"active"],
    "reconcile_window": [None, -1, float("inf")],
    "recreate_after_window": [None, "no"],
    "concurrency": [0, -1, 1.5, None, 10**30],
    "on_progress": [1, "print", [print]],
}


def cases(arguments: dict[str, list[Any]]) -> list[tuple[str, Any]]:
    return [(name, value) for name, values in arguments.items() for value in values]


@pytest.mark.parametrize(("name", "value"), cases(PLAN_ARGUMENTS))
def test_invalid_argument_of_a_plan_is_refused_before_sending(
    name: str, value: Any, runner: ClientRunner, sandbox: Sandbox
) -> None:
    world = World(runner, sandbox)
    with pytest.raises((bc.InvalidInputError, TypeError), match=f"invalid {name}"):
        world.plan(world.file([line("A")]), **{name: value})
    assert sandbox.requests() == []


@pytest.mark.parametrize(("name", "value"), cases(APPLY_ARGUMENTS))
def test_invalid_argument_of_an_apply_is_refused_before_sending(
    name: str, value: Any, runner: ClientRunner, sandbox: Sandbox
) -> None:
    world = World(runner, sandbox)
    made = world.plan(world.file([line("A")]))
    sandbox.clear_requests()
    with pytest.raises((bc.InvalidInputError, TypeError), match=f"invalid {name}"):
        world.apply(made, **{name: value})
    assert sandbox.requests() == []


def test_object_of_another_kind_is_refused(runner: ClientRunner, sandbox: Sandbox) -> None:
    world = World(runner, sandbox)
    for value in (None, "text", {"project": "acme"}, coroutine_function, DesiredState, cyclic()):
        with pytest.raises(TypeError, match="invalid desired: expected DesiredState"):
            world.plan(value)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="invalid plan: expected Plan"):
            world.apply(value)  # type: ignore[arg-type]
    planner_type: Any = AsyncPlanner if runner.is_async else Planner
    other: Any = sandbox.client() if runner.is_async else sandbox.async_client()
    for value in (None, other, sandbox, bc.Client):
        with pytest.raises(TypeError, match="invalid client: expected "):
            planner_type(value)
    client = runner.client(sandbox.base_url)

    class WithoutLines:
        def last_lines(self, keys: Any) -> Any: ...

        acquire = renew = write = release = last_lines

    for value in (object(), "channels.journal", [], WithoutLines()):
        with pytest.raises(TypeError, match="invalid journal: expected a journal"):
            planner_type(client, journal=value)
    assert sandbox.requests() == []


# Secrets.

SECRET = "hunter2-planted"


def secret_entries(reference: str) -> list[str]:
    return [
        f"{{ name: A, template: telegram, arguments: {{ botToken: {reference} }}, "
        f"security_arguments: {{ oauth: {{ accessToken: {reference} }} }} }}",
        f"{{ name: W, template: whatsapp, waba_id: '1', phone_id: '2', phone_number: '+31612345678', "
        f"access_token: {reference} }}",
    ]


@pytest.mark.parametrize("reference", ["env:PLANTED_TOKEN", "file:token"])
def test_secrets_are_sent_and_appear_nowhere_else(
    reference: str,
    runner: ClientRunner,
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("PLANTED_TOKEN", SECRET)
    (tmp_path / "token").write_text(SECRET + "\n")
    hook = HOOK.replace(" }", f", signing_key: {reference} }}")
    path = tmp_path / "channels.yaml"
    path.write_text(channel_files.text(sandbox, secret_entries(reference), [hook]))
    desired = DesiredState.read(path)
    with FileJournal(tmp_path / "journal") as journal:
        world = World(runner, sandbox, journal)
        made = world.plan(desired)
        # One of them fails, and its response repeats the request.
        sandbox.rule("createConnector", status=422, json={"code": "Invalid", "message": f"token {SECRET}"}, times=1)
        report = world.apply(made, concurrency=1)
        assert len(report.failed) == 1
        again = world.plan(desired)
        report_again = world.apply(again)
        assert report_again.ok
        last = world.plan(desired)
        export = runner.call(lambda: world.planner.export())
    bodies = [request["body"] for request in sandbox.requests("createConnector")]
    assert SECRET in json.dumps(bodies), "the secrets are sent"
    [hooked] = sandbox.requests("createWebhookSubscription")
    assert hooked["body"]["signingKey"] == SECRET
    shown = [
        *(f"{one} {one!r} {one.to_text(all=True)} {one.to_markdown()} {one.to_json()}" for one in (made, again, last)),
        *(f"{one!r} {one.step!r}" for one in (*report.results, *report_again.results)),
        f"{desired!r} {desired.workspaces!r} {world.planner!r} {export!r} {export}",
        (tmp_path / "journal").read_text(),
        caplog.text,
        repr([record.__dict__ for record in caplog.records]),
    ]
    for text in shown:
        assert SECRET not in text
    assert kinds(last) == [("unchanged", "none")] * 3


def test_response_that_repeats_a_secret_is_masked_in_the_error_of_the_step(
    runner: ClientRunner, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANTED_TOKEN", SECRET)
    world = World(runner, sandbox)
    body = {"code": "Invalid", "message": "refused", "details": {"accessToken": [SECRET]}}
    sandbox.rule("createConnector", status=422, json=body)
    [failed] = world.apply(world.plan(world.file(secret_entries("env:PLANTED_TOKEN")[:1]))).failed
    assert failed.error is not None
    for text in (str(failed.error), repr(failed), repr(failed.error.__dict__)):
        assert SECRET not in text


def test_secret_that_cannot_be_read_stops_the_apply_before_anything_is_sent(
    runner: ClientRunner, sandbox: Sandbox
) -> None:
    world = World(runner, sandbox)
    made = world.plan(world.file([*secret_entries("env:PLANTED_MISSING"), line("B")]))
    sandbox.clear_requests()
    with pytest.raises(ApplyRefusedError, match="the secret env:PLANTED_MISSING is not set") as caught:
        world.apply(made)
    assert caught.value.reason == "secrets"
    assert sandbox.requests() == []


def test_function_returns_the_secrets_in_place_of_the_environment(
    runner: ClientRunner, sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    asked: list[str] = []

    def vault(reference: str) -> str:
        asked.append(reference)
        return f"{SECRET}-{len(asked)}"

    async def async_vault(reference: str) -> str:
        return vault(reference)

    path = tmp_path / "channels.yaml"
    hook = HOOK.replace(" }", ", signing_key: file:token }")
    path.write_text(channel_files.text(sandbox, secret_entries("env:PLANTED_MISSING"), [hook]))
    with FileJournal(tmp_path / "journal") as journal:
        world = World(runner, sandbox, journal)
        made = world.plan(DesiredState.read(path))
        report = world.apply(made, secrets=async_vault if runner.is_async else vault)
    assert report.ok, report.failed
    assert asked == ["env:PLANTED_MISSING", f"file:{tmp_path / 'token'}"]
    bodies = json.dumps([request["body"] for request in sandbox.requests("createConnector")])
    assert f"{SECRET}-1" in bodies
    assert sandbox.requests("createWebhookSubscription")[0]["body"]["signingKey"] == f"{SECRET}-2"
    for text in (repr(report), (tmp_path / "journal").read_text(), caplog.text):
        assert SECRET not in text


def test_signing_key_is_sent_again_on_request(
    runner: ClientRunner, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANTED_KEY", "first-key")
    hook = HOOK.replace(" }", ", signing_key: env:PLANTED_KEY }")
    with FileJournal(tmp_path / "journal") as journal:
        world = World(runner, sandbox, journal)
        desired = world.file([], [hook])
        world.follow(desired)
        monkeypatch.setenv("PLANTED_KEY", "second-key")
        [unchanged] = world.plan(desired).steps
        assert (unchanged.action, "`update_signing_key`" in (unchanged.note or "")) == ("none", True)
        report = world.follow(desired, update_signing_key=["channel.updated"])
        assert [result.outcome for result in report.results] == ["updated"]
        [update] = sandbox.requests("updateWebhookSubscription")
        assert update["body"]["signingKey"] == "second-key"
        [conflict] = world.plan(desired, update_signing_key=["sms.inbound"]).conflicts
        assert conflict.subject == "update_signing_key"


def test_function_that_returns_no_secret_stops_the_apply_before_anything_is_sent(
    runner: ClientRunner, sandbox: Sandbox
) -> None:
    world = World(runner, sandbox)
    made = world.plan(world.file([*secret_entries("env:PLANTED_MISSING"), line("B")]))
    sandbox.clear_requests()

    def failing(_: str) -> str:
        raise LookupError("the vault is sealed")

    for secrets, error, message in (
        (failing, LookupError, "sealed"),
        (lambda _: None, TypeError, "invalid secret for env:PLANTED_MISSING: expected a str, got NoneType"),
        (lambda _: b"x", TypeError, "got bytes"),
        (lambda _: " ", ApplyRefusedError, "the secret env:PLANTED_MISSING is empty"),
        (1, TypeError, "invalid secrets: expected a function or None, got int"),
    ):
        with pytest.raises(error, match=message):
            world.apply(made, secrets=secrets)
    # A plan that is refused needs no secrets.
    with pytest.raises(ApplyRefusedError, match="review the new plan"):
        world.apply(made, secrets=failing, expect="0" * 64)
    assert sandbox.requests() == []
    if not runner.is_async:
        with pytest.raises(TypeError, match="invalid secrets: expected a function, got a coroutine function"):
            world.apply(made, secrets=coroutine_function)
        with pytest.raises(TypeError, match="secrets returned an awaitable, which only AsyncClient can await"):
            world.apply(made, secrets=lambda reference: coroutine_function(reference))


def test_secret_in_a_file_is_refused_and_not_shown() -> None:
    text = f"""\
version: 1
project: acme
workspaces:
  - id: {wire.WORKSPACE}
    connectors:
      - name: A
        template: telegram
        arguments: {{ botToken: {SECRET} }}
        invitation_token: {SECRET}
"""
    with pytest.raises(ChannelFileError) as caught:
        DesiredState.parse(text)
    error = caught.value
    shown = [str(error), repr(error), repr(error.__dict__), "".join(traceback.format_exception(error))]
    assert error.problems
    for one in [*shown, *map(str, error.problems), *map(repr, error.problems)]:
        assert SECRET not in one


def test_problem_is_comparable() -> None:
    problem = FileProblem("a.yaml", 1, 2, "why", None)
    assert pickle.loads(pickle.dumps(problem)) == problem
    assert str(problem) == "a.yaml:1:2: why"
