"""Mistakes of the caller, and unusual responses, in both clients: the error says what it is and what to do."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

import bird_connectors as bc
import wire
from bird_connectors import FileJournal
from bird_connectors.testing import Sandbox
from install_api import InstallApi
from stub import Response, error_response
from waiting import HANG_TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import ClientRunner

ZERO = "00000000-0000-0000-0000-000000000000"
OTHER = "11111111-2222-4333-8444-555555555555"


# Settings.


@pytest.mark.parametrize(
    ("key", "named"),
    [
        ("bk_planted", "`bk_`, as keys of Bird's newer platform"),
        ("bird_live_planted", "`bird_live_`"),
        ("bird_test_planted", "`bird_test_`"),
        ("live_planted", "`live_`, as keys of the old MessageBird API"),
        ("test_planted", "`test_`"),
        ("'planted'", "quotation marks"),
    ],
)
def test_rejected_key_of_another_product_is_named(key: str, named: str, runner: ClientRunner, serve: Any) -> None:
    stub = serve(error_response(401, "Unauthorized"))
    connectors = runner.client(stub.base_url, key).workspace(wire.WORKSPACE).connectors
    with pytest.raises(bc.AuthenticationError) as caught:
        runner.call(lambda: connectors.get(wire.CONNECTOR))
    assert named in str(caught.value)
    assert "planted" not in str(caught.value)


@pytest.mark.parametrize("url", ["/v1", "/v1/", f"/workspaces/{wire.WORKSPACE}/connectors"])
def test_base_url_with_the_path_of_a_call_says_which_one_to_use(url: str, runner: ClientRunner) -> None:
    with pytest.raises(bc.ConfigurationError, match=r"use https://api\.bird\.com\b"):
        runner.client(f"https://api.bird.com{url}")


@pytest.mark.parametrize("url", ["https:///x", "https:\\\\host", "https://host..", "http://example.com"])
def test_malformed_base_url_in_the_environment_is_rejected_by_name(
    url: str, runner: ClientRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BIRD_ACCESS_KEY", "key")
    monkeypatch.setenv("BIRD_BASE_URL", url)
    with pytest.raises(bc.ConfigurationError, match="BIRD_BASE_URL"):
        type(runner.client("http://127.0.0.1:1")).from_env()


def test_async_with_on_a_closed_client_raises(runner: ClientRunner) -> None:
    client = runner.client("http://127.0.0.1:1")

    async def enter() -> None:
        async with client:
            pass

    runner.call(client.close)
    with pytest.raises(RuntimeError, match="the client is closed"):
        runner.call(enter if runner.is_async else client.__enter__)


# Ids.

APP_URL = f"https://app.bird.com/workspaces/w/channels/sms-messagebird:1/{wire.CONNECTOR}/configurations"


@pytest.mark.parametrize(
    ("value", "given"),
    [
        (APP_URL, "got the URL of a page in Bird's app; the UUID in it is the id of the connector"),
        (f"sms-messagebird:1/{wire.CONNECTOR}", "got a template reference and an id; "),
        ("sms-messagebird:1", "got a template reference; "),
        ("+31 6 1234-5678", "got a phone number; "),
    ],
    ids=["app", "template and id", "template", "number"],
)
def test_string_in_place_of_an_id_is_described(value: str, given: str, runner: ClientRunner) -> None:
    channels = runner.workspace("http://127.0.0.1:1").channels
    with pytest.raises(bc.InvalidInputError) as caught:
        runner.call(lambda: channels.get(value))
    assert given in str(caught.value)


def test_channel_call_with_the_id_of_a_connector_says_so(runner: ClientRunner) -> None:
    with Sandbox(connectors=1) as sandbox:
        installed = sandbox.connectors()[0]
        channels = runner.sandbox_workspace(sandbox).channels
        for call in (
            lambda: channels.get(installed["id"]),
            lambda: channels.send_text(installed["id"], to="+31612345678", text="Hello"),
        ):
            with pytest.raises(bc.NotFoundError, match="is the id of a connector") as caught:
                runner.call(call)
            assert installed["channel"]["channelId"] in str(caught.value)


def test_id_in_place_of_a_wait_token_and_the_other_way_round_says_what_was_passed(runner: ClientRunner) -> None:
    connectors = runner.workspace("http://127.0.0.1:1").connectors
    token = connectors.follow(wire.CONNECTOR).token
    for call, message in (
        (lambda: connectors.resume(wire.CONNECTOR), "got a UUID: pass the id of a connector to `follow`"),
        (lambda: connectors.resume(wire.CHANNEL), "the id of a channel belongs to neither"),
        (lambda: connectors.resume("sms-messagebird:1"), "got a template reference in place of the wait token"),
        (lambda: connectors.follow(token), "pass a wait token to `resume`"),
        (lambda: connectors.follow(token.sign("key")), "pass a wait token to `resume`"),
        (lambda: connectors.wait_all(["sms-messagebird:1"]), "got a template reference"),
        (lambda: connectors.wait_all([ZERO]), "got the zero UUID"),
        (lambda: connectors.follow(ZERO), "got the zero UUID"),
    ):
        with pytest.raises(bc.InvalidInputError) as caught:
            call()
        assert message in str(caught.value)
    assert connectors.resume(token).id == wire.CONNECTOR


def test_zero_uuid_is_not_an_id(runner: ClientRunner, serve: Any) -> None:
    api = InstallApi("active")
    api.connector = Response(200, {**wire.FULL_CONNECTOR, "channel": {"channelId": ZERO}})
    stub = serve(api)
    steps = runner.workspace(stub.base_url).connectors.follow(wire.CONNECTOR).progress(timeout=HANG_TIMEOUT)
    step = runner.call(aiter(steps).__anext__ if runner.is_async else iter(steps).__next__)
    assert (step.channel_id, step.ready) == (None, None)
    assert step.connector is not None
    assert not any(ZERO in request.path for request in stub.requests)


# Responses.


def test_web_page_for_a_create_is_of_unknown_outcome(runner: ClientRunner, serve: Any) -> None:
    stub = serve(Response(200, b"<html>welcome</html>", {"content-type": "text/html"}))
    template = bc.Sms(name="Shop", **wire.template_arguments())
    with pytest.raises(bc.BirdConnectorsError) as caught:
        runner.call(lambda: runner.workspace(stub.base_url).connectors.install(template))
    error = caught.value
    assert (error.outcome, error.unresolved is not None) == ("unknown", True)
    assert "it may have been created" in str(error)
    assert "it was created" not in str(error)


def test_not_modified_is_not_reported_as_a_redirect(runner: ClientRunner, serve: Any) -> None:
    stub = serve(Response(304))
    with pytest.raises(bc.ApiError) as caught:
        runner.call(lambda: runner.workspace(stub.base_url).connectors.get(wire.CONNECTOR))
    assert "redirect" not in str(caught.value)


def test_details_of_a_422_are_in_the_message(runner: ClientRunner, serve: Any) -> None:
    details = {f".arguments.a{number}": [f"reason {number}"] for number in range(5)}
    stub = serve(error_response(422, "InvalidPayload", "invalid", details=details))
    template = bc.Telegram(name="Bot")
    with pytest.raises(bc.ValidationError) as caught:
        runner.call(lambda: runner.workspace(stub.base_url).connectors.install(template))
    shown = [f".arguments.a{number}: reason {number}" in str(caught.value) for number in range(5)]
    assert shown == [True, True, True, False, False]


@pytest.mark.parametrize("value", ["18446744073709551616", "9" * 400])
def test_retry_after_beyond_64_bits_is_later_than_every_deadline(value: str, runner: ClientRunner, serve: Any) -> None:
    stub = serve(error_response(429, "TooManyRequests", headers={"retry-after": value}))
    workspace = runner.workspace(stub.base_url, timeout=HANG_TIMEOUT)
    with pytest.raises(bc.RateLimitError) as caught:
        runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    assert len(stub.requests) == 1, "no retry at once"
    assert caught.value.retry_after > 1e18


@pytest.mark.parametrize("headers", [{}, {"content-encoding": "gzip"}], ids=["json", "gzip"])
def test_delete_succeeds_although_its_body_is_broken(headers: dict[str, str], runner: ClientRunner, serve: Any) -> None:
    stub = serve(Response(200, b"{broken", headers))
    runner.call(lambda: runner.workspace(stub.base_url).connectors.delete(wire.CONNECTOR))
    assert len(stub.requests) == 1


# Waits.


def another_channel(api: InstallApi) -> None:
    api.channel = Response(200, wire.channel(connectorId=OTHER))


def another_connector(api: InstallApi) -> None:
    api.connector = Response(200, {**wire.FULL_CONNECTOR, "id": OTHER})


@pytest.mark.parametrize("change", [another_channel, another_connector])
def test_response_about_something_else_does_not_end_a_wait(
    change: Callable[[InstallApi], None], runner: ClientRunner, serve: Any
) -> None:
    api = InstallApi("active")
    change(api)
    install = runner.workspace(serve(api).base_url).connectors.follow(wire.CONNECTOR)
    steps = install.progress(timeout=HANG_TIMEOUT, interval=(0.02, 0.02))
    steps = aiter(steps) if runner.is_async else iter(steps)
    for _ in range(3):
        step = runner.call(steps.__anext__ if runner.is_async else steps.__next__)
        assert step.ready is None
        assert OTHER in str(step.error)


# Files.


def test_damaged_end_of_a_journal_is_an_incomplete_line(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    template = bc.Telegram(name="Bot")
    with Sandbox() as sandbox, sandbox.client() as client:
        connectors = client.workspace().connectors
        with FileJournal(path) as journal:
            created = connectors.ensure(template, journal=journal)
        whole = path.read_bytes()
        damages = {
            "zero bytes after a power loss": whole + b"\0" * 4096,
            "an incomplete line": whole + whole[:20],
            "a long incomplete line": whole + b'{"v":1,"at":"' + b"x" * 1_000_000,
            "a byte order mark": b"\xef\xbb\xbf" + whole,
        }
        for name, content in damages.items():
            path.write_bytes(content)
            with FileJournal(path) as journal:
                found = connectors.ensure(template, journal=journal)
            assert (found.id, found.matched_by) == (created.id, "journal"), name
        assert sandbox.count("createConnector") == 1


FULL_DISK = """
import resource
import signal
import sys

import bird_connectors as bc
from bird_connectors.testing import Sandbox

# A file that reaches the limit is like a disk without space.
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with Sandbox() as sandbox, sandbox.client() as client, bc.FileJournal(sys.argv[1]) as journal:
    connectors = client.workspace().connectors
    connectors.ensure(bc.Telegram(name="Bot"), journal=journal)
    size = sum(len(line.encode()) + 1 for line in journal.lines())
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, size + 10))
    for call in (
        lambda: connectors.ensure(bc.Telegram(name="Other"), journal=journal),
        lambda: journal.append("x" * 100),
    ):
        try:
            call()
        except OSError as error:
            assert error.errno == 27, error.errno
            print(type(error).__name__)
        else:
            raise AssertionError("no error")
    assert sandbox.count("createConnector") == 1
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the system has no file size limits")
def test_full_disk_is_an_os_error_and_nothing_is_created(tmp_path: Path, program: Any) -> None:
    child = program(FULL_DISK, str(tmp_path / "journal.jsonl"))
    code, out, err = child.finish()
    assert (code, err) == (0, ""), err
    assert out.split() == ["JournalError", "OSError"]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (None, "invalid path: expected a path as str or os.PathLike, got None"),
        (123, "invalid path: expected a path as str or os.PathLike, got int"),
        (b"a.jsonl", "invalid path: expected a path as str or os.PathLike, got bytes"),
        (str, "invalid path: expected a path as str or os.PathLike, got the class str"),
    ],
)
def test_journal_path_of_a_wrong_type_says_what_is_expected(path: Any, message: str) -> None:
    with pytest.raises(TypeError, match=f"^{message}$"):
        FileJournal(path)


def test_empty_journal_path_is_refused_by_name() -> None:
    with pytest.raises(bc.InvalidInputError, match="invalid path: it must not be empty"):
        FileJournal("")


def test_rejected_message_says_that_the_receiver_is_not_a_phone_number(runner: ClientRunner) -> None:
    with Sandbox(connectors=1) as sandbox:
        channel = sandbox.channels()[0]["id"]
        channels = runner.sandbox_workspace(sandbox).channels
        with pytest.raises(bc.ValidationError) as caught:
            runner.call(lambda: channels.send_text(channel, to="Support", text="Hello"))
        assert "`to` is not a phone number (it contains 'S'), which an SMS channel takes" in str(caught.value)
        assert "such as +31612345678" in str(caught.value)
        assert not sandbox.messages()
        for empty in ({"to": " ", "text": "Hello"}, {"to": "+31612345678", "text": ""}):
            with pytest.raises(
                bc.InvalidInputError, match=r"invalid `(to|text)`: the (receiver|text) is empty: expected"
            ):
                runner.call(lambda arguments=empty: channels.send_text(channel, **arguments))


def test_unknown_operation_of_the_sandbox_names_the_nearest_or_all() -> None:
    with Sandbox() as sandbox:
        for call in (sandbox.rule, sandbox.count, sandbox.deny, sandbox.allow, sandbox.requests):
            with pytest.raises(bc.InvalidInputError) as caught:
                call("listconnectors")
            assert 'invalid operation: unknown operation "listconnectors": did you mean "listConnectors"?' in str(
                caught.value
            )
            with pytest.raises(bc.InvalidInputError) as caught:
                call("POST")
            assert "expected one of createConnector, listConnectors, " in str(caught.value)
        with pytest.raises(bc.InvalidInputError, match='invalid fault: unknown fault "POST": expected one of'):
            sandbox.rule("listConnectors", fault="POST")
        with pytest.raises(TypeError, match="invalid operation: expected a str, got int"):
            sandbox.rule(7)  # type: ignore[arg-type]
