"""Invalid input raises an ordinary exception with a reason, and never causes a panic."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest

import bird_connectors as bc
import wire
from bird_connectors import Channel, Connector, Custom, Sms
from stub import Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from bird_connectors.testing import Sandbox
    from conftest import ClientRunner

# A panic of the native module is a `BaseException`, which none of these catches.
ORDINARY = (bc.BirdConnectorsError, TypeError)


def recursive_dict() -> dict[str, Any]:
    value: dict[str, Any] = {}
    value["self"] = value
    return value


def recursive_list() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


class FailingIterable:
    def __iter__(self) -> Any:
        raise ArithmeticError("no items")


INVALID_VALUES: dict[str, Callable[[], Any]] = {
    "a recursive dict": recursive_dict,
    "a recursive list": recursive_list,
    "a deeply nested list": lambda: nested(100_000),
    "a huge integer": lambda: 10**400,
    "a huge negative integer": lambda: -(10**400),
    "a lone surrogate": lambda: "\ud800",
    "a lone surrogate as a key": lambda: {"\ud800": 1},
    "not a number": lambda: float("nan"),
    "infinity": lambda: float("inf"),
    "a key that is not a string": lambda: {(1, 2): 1},
    "an object": object,
    "bytes": lambda: b"\xff",
    "a set": lambda: {1},
    "a class": lambda: int,
    "an iterable that fails": FailingIterable,
}


@pytest.mark.parametrize("value", INVALID_VALUES.values(), ids=INVALID_VALUES)
def test_invalid_json_value_is_rejected_before_sending(
    value: Callable[[], Any], runner: ClientRunner, serve: Any
) -> None:
    stub = serve(Response(201, wire.connector()))
    client = runner.client(stub.base_url)
    workspace = client.workspace(wire.WORKSPACE)
    calls: list[Callable[[], Any]] = [
        lambda: workspace.connectors.install(Custom(template="a:1", name="Shop", arguments={"a": value()})),
        lambda: workspace.connectors.install(
            Custom(template="a:1", name="Shop", security_arguments={"oauth": {"a": value()}})
        ),
        lambda: client.request("POST", "/anything", json={"a": value()}),
        lambda: workspace.webhook_subscriptions.create(
            event="channel.updated", url="https://example.com/hooks", filters={"a": value()}
        ),
    ]
    for call in calls:
        with pytest.raises(ORDINARY) as caught:
            runner.call(call)
        assert "panic" not in str(caught.value).lower()
    assert not stub.requests


# An object that the API sent can contain integers of any size.
UNREADABLE_VALUES = {name: value for name, value in INVALID_VALUES.items() if "integer" not in name}


@pytest.mark.parametrize("value", UNREADABLE_VALUES.values(), ids=UNREADABLE_VALUES)
def test_from_dict_rejects_invalid_json_values(value: Callable[[], Any]) -> None:
    for model, body in ((Connector, wire.connector()), (Channel, wire.channel())):
        with pytest.raises(ORDINARY):
            model.from_dict({**body, "extra": value()})
        with pytest.raises(ORDINARY):
            model.from_dict(value())


@pytest.mark.parametrize("body", [{}, {"id": 7}, {**wire.connector(), "id": "not-an-id"}, [], None, 1, "x"])
def test_from_dict_rejects_an_invalid_connector(body: Any) -> None:
    with pytest.raises((bc.InvalidInputError, TypeError)):
        Connector.from_dict(body)


STRINGS = ["\ud800", "a\x00b", "\n", "x" * 100_000, "\U0001f426"]


@pytest.mark.parametrize("string", STRINGS, ids=["surrogate", "nul", "line break", "long", "bird"])
def test_unusual_string_never_causes_a_panic(string: str, runner: ClientRunner, serve: Any) -> None:
    stub = serve(Response(200, wire.page([])))
    client = runner.client(stub.base_url)
    workspace = client.workspace(wire.WORKSPACE)
    calls: list[Callable[[], Any]] = [
        lambda: runner.client(stub.base_url, access_key=string),
        lambda: runner.client(string),
        lambda: runner.client(stub.base_url, user_agent=string),
        lambda: client.workspace(string),
        lambda: runner.collect(lambda: workspace.connectors.list(template=string)),
        lambda: runner.collect(lambda: workspace.connectors.list(resume_from=string)),
        lambda: workspace.connectors.resume(string),
        lambda: runner.call(lambda: workspace.channels.send_text(wire.CHANNEL, to=string, text=string)),
        lambda: runner.call(lambda: client.request(string, "/a")),
        lambda: runner.call(lambda: client.request("GET", string)),
        lambda: runner.call(lambda: client.request("GET", "/a", query={string: string})),
        lambda: runner.call(
            lambda: workspace.connectors.install(Sms(name=string, phone_number_id=string, channel_message_type=string))
        ),
    ]
    for call in calls:
        # The API decides whether the string is valid; anything but an ordinary exception is a defect.
        with contextlib.suppress(*ORDINARY):
            call()
    for invalid_call in (lambda: client.workspace(string), lambda: workspace.connectors.resume(string)):
        with pytest.raises(ORDINARY) as caught:
            invalid_call()
        assert len(str(caught.value)) < 500


LONG = "\u20ac" * 10_000_000


def test_message_about_a_long_argument_has_a_bounded_length(runner: ClientRunner, sandbox: Sandbox) -> None:
    one = runner.client("http://127.0.0.1:1")
    calls: dict[str, Callable[[], Any]] = {
        "method": lambda: runner.call(lambda: one.request(LONG, "/a")),
        "path": lambda: runner.call(lambda: one.request("GET", LONG)),
        "key of arguments": lambda: bc.Telegram(name="Shop", arguments={LONG: object()}),
        "key of security arguments": lambda: bc.Telegram(name="Shop", security_arguments={LONG: {"a": 1}}),
        "key of a query": lambda: runner.call(lambda: one.request("GET", "/a", query={LONG: object()})),
        "name of a class": lambda: bc.Telegram(name=type(LONG, (), {})()),
        "unknown operation": lambda: sandbox.rule(LONG, status=500),
        "unknown fault": lambda: sandbox.rule("getChannel", fault=LONG),
        "local address": lambda: sandbox.route("https://example.com", LONG),
        "model": lambda: Channel.from_dict({**wire.channel(), "id": LONG}),
        "wait token": lambda: one.workspace(wire.WORKSPACE).connectors.resume(LONG),
        "timeouts": lambda: one.workspace(wire.WORKSPACE).connectors.wait_all([], timeouts={LONG: 1}),
        "file": lambda: bc.FileJournal(LONG),
    }
    for name, call in calls.items():
        with pytest.raises((*ORDINARY, OSError)) as caught:
            call()
        assert len(str(caught.value).encode()) < 10_000, name


@pytest.mark.parametrize("number", [2**63, 2**64, 2**1000, -1, -(2**1000), True, 1.5, "1"])
def test_unusual_number_never_causes_a_panic(number: Any, runner: ClientRunner, serve: Any) -> None:
    workspace = runner.workspace(serve(Response(200, wire.page([]))).base_url)
    for call in (
        lambda: runner.collect(lambda: workspace.connectors.list(limit=number)),
        lambda: runner.collect(lambda: workspace.connectors.list(page_size=number)),
        lambda: runner.call(lambda: workspace.connectors.list().to_list(limit=number)),
        lambda: runner.client("http://127.0.0.1:1", max_attempts=number),
        lambda: runner.client("http://127.0.0.1:1", timeout=number),
    ):
        with contextlib.suppress(*ORDINARY):
            call()


PROGRAM = """
import sys
import bird_connectors as bc
try:
    client = bc.Client(access_key="key", base_url=sys.argv[1], max_attempts=1, timeout=5)
    client.workspace("2d7a1e03-25e4-401e-bf1e-0ace545673d7").connectors.get("2d7a1e03-25e4-401e-bf1e-0ace545673d7")
except bc.BirdConnectorsError as error:
    print(type(error).__name__, error.outcome)
    assert "certificate" in str(error).lower() or sys.argv[2] == "proxy", error
else:
    print("succeeded")
"""


def test_missing_certificate_store_is_a_configuration_error(program: Any) -> None:
    child = program(
        PROGRAM, "https://127.0.0.1:1", "store", SSL_CERT_FILE="/nonexistent/file", SSL_CERT_DIR="/nonexistent/folder"
    )
    child.expect_output("ConfigurationError not_sent")


@pytest.mark.parametrize("proxy", ["nonsense", "://", "http://", "ftp://host", "http://[::1", "\x7f", "socks9://a:b"])
def test_invalid_proxy_variable_is_an_ordinary_error(proxy: str, program: Any) -> None:
    child = program(PROGRAM, "https://127.0.0.1:1", "proxy", HTTPS_PROXY=proxy)
    code, out, err = child.finish()
    assert (code, err) == (0, ""), err
    assert out.split()[1] == "not_sent", out


def test_client_of_a_local_server_needs_no_certificates(program: Any, serve: Any) -> None:
    stub = serve(Response(200, wire.connector()))
    child = program(
        PROGRAM, stub.base_url, "store", SSL_CERT_FILE="/nonexistent/file", SSL_CERT_DIR="/nonexistent/folder"
    )
    code, out, err = child.finish()
    assert code == 0, err
    assert out.strip() in ("succeeded", "ConfigurationError not_sent")


def test_html_response_is_a_decode_error(runner: ClientRunner, serve: Any) -> None:
    stub = serve(Response(200, b"", {"content-type": "text/html"}))
    with pytest.raises(bc.DecodeError):
        runner.call(lambda: runner.workspace(stub.base_url).connectors.get(wire.CONNECTOR))
