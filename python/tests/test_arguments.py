"""Messages about arguments: they name the argument, describe the value in Python's words, and say what is expected."""

from __future__ import annotations

import functools
import gc
import sys
import uuid
from collections import UserDict
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any

import pytest

import bird_connectors as bc
import wire
from bird_connectors import AsyncClient, Client
from bird_connectors.testing import Sandbox, Script
from bird_connectors.webhooks import MemoryDedupStore, Verifier
from install_api import InstallApi
from stub import Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import ClientRunner

UUID_EXPECTED = r"expected a UUID such as [0-9a-f-]{36}, got"


def client(**settings: Any) -> Client:
    return Client(access_key=wire.KEY, base_url="http://127.0.0.1:1", **settings)


def sms(**arguments: Any) -> bc.Sms:
    return bc.Sms(**{"name": "Shop", **wire.template_arguments(), **arguments})


WORKSPACE = client().workspace(wire.WORKSPACE)
CONNECTORS = WORKSPACE.connectors
INSTALL = CONNECTORS.follow(wire.CONNECTOR)

MESSAGES: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "interval=1": (
        lambda: INSTALL.progress(interval=1),
        TypeError,
        "invalid interval: expected a tuple of two values, got int",
    ),
    "interval=(1,)": (
        lambda: INSTALL.progress(interval=(1,)),
        bc.InvalidInputError,
        "invalid interval: expected a tuple of two values, got 1",
    ),
    "interval=(1, 'a')": (
        lambda: INSTALL.progress(interval=(1, "a")),
        TypeError,
        r"invalid interval\[1\]: expected a number of seconds or a timedelta, got str",
    ),
    "failure_statuses='failed'": (
        lambda: INSTALL.progress(failure_statuses="failed"),
        TypeError,
        "invalid failure_statuses: expected a list, even for a single value, got str",
    ),
    "failure_statuses=['a', 1]": (
        lambda: INSTALL.progress(failure_statuses=["a", 1]),
        TypeError,
        r"invalid failure_statuses\[1\]: expected a str, got int",
    ),
    "failure_statuses={}": (
        lambda: bc.WaitOptions(failure_statuses={"a": 1}),
        TypeError,
        "invalid failure_statuses: expected a list, got dict",
    ),
    "interval of options": (
        lambda: bc.WaitOptions(interval=(0.001, 1)),
        bc.InvalidInputError,
        "wait for an install: invalid `interval`: the first interval is below 10 ms",
    ),
    "longest interval of options": (
        lambda: bc.WaitOptions(interval=(2, 1)),
        bc.InvalidInputError,
        "wait for an install: invalid `interval`: the longest interval is shorter than the first",
    ),
    "values of options": (
        lambda: bc.WaitOptions(timeout="5", status=1, interval=1, signal="x"),
        TypeError,
        "invalid timeout: .*; invalid status: .*; invalid interval: .*; invalid signal: ",
    ),
    "timeout=-1 of a client": (
        lambda: client(timeout=-1),
        bc.InvalidInputError,
        "invalid timeout: expected a duration that is finite and not negative, got -1 seconds",
    ),
    "timeout=inf of a client": (
        lambda: client(timeout=float("inf")),
        bc.InvalidInputError,
        "invalid timeout: expected a duration that is finite and not negative, got inf seconds",
    ),
    "timeout=1e-9 of a client": (
        lambda: client(timeout=1e-9),
        bc.ConfigurationError,
        "set up the client: timeout is 1ns: .*; expected at least 1 ms",
    ),
    "attempt_timeout=1e-5 of an option": (
        lambda: WORKSPACE.with_options(attempt_timeout=1e-5),
        bc.ConfigurationError,
        "set up the client: attempt_timeout is 10µs: .*; expected at least 1 ms",
    ),
    "timeout='5' of a wait": (
        lambda: INSTALL.progress(timeout="5"),
        TypeError,
        "invalid timeout: expected a number of seconds or a timedelta, got str",
    ),
    "signal='x'": (lambda: INSTALL.progress(signal="x"), TypeError, "invalid signal: .*'str' object .*'Signals'"),
    "name=None": (lambda: sms(name=None), TypeError, "invalid name: expected a str, got None"),
    "conversational='yes'": (lambda: sms(conversational="yes"), TypeError, "invalid conversational: .*'str'.*'bool'"),
    "three faults": (
        lambda: sms(name="", phone_number_id="q", channel_message_type=""),
        bc.InvalidInputError,
        f"invalid name: it must not be empty; invalid phone_number_id: {UUID_EXPECTED} a string of 1 character; "
        "invalid channel_message_type: it must not be empty",
    ),
    "arguments": (
        lambda: bc.Telegram(name="Shop", arguments={"a": {"b": [1, object()]}}),
        TypeError,
        r'invalid arguments\["a"\]\["b"\]\[1\]: expected a JSON value .*, got object',
    ),
    "security_arguments": (
        lambda: bc.Telegram(name="Shop", security_arguments={"oauth": {"token": 1}}),
        TypeError,
        r'invalid security_arguments\["oauth"\]\["token"\]: expected a str, got int',
    ),
    "resume_from=5": (
        lambda: CONNECTORS.list(resume_from=5),
        TypeError,
        "invalid resume_from: expected a str, got int",
    ),
    "page_size=-1": (
        lambda: CONNECTORS.list(page_size=-1),
        bc.InvalidInputError,
        "invalid page_size: expected an int from 0 to 4294967295",
    ),
    "limit=True": (lambda: CONNECTORS.list(limit=True), TypeError, "invalid limit: expected an int, got bool"),
    "reverse='no'": (lambda: CONNECTORS.list(reverse="no"), TypeError, "invalid reverse: .*'str'.*'bool'"),
    "template='sms'": (
        lambda: CONNECTORS.install("sms"),
        TypeError,
        r"invalid template: expected a template such as Sms\(…\), got str$",
    ),
    "template=Sms": (
        lambda: CONNECTORS.install(bc.Sms),
        TypeError,
        r"invalid template: expected a template such as Sms\(…\), got the class Sms: create one with Sms\(…\)$",
    ),
    "templates=[Voice]": (
        lambda: CONNECTORS.install_all([bc.Voice]),
        TypeError,
        r"invalid templates\[0\]: expected a template or .*, got the class Voice: create one with Voice\(…\)$",
    ),
    "country_codes=5": (
        lambda: WORKSPACE.numbers.list_long_codes(country_codes=5),
        TypeError,
        "invalid country_codes: expected a list, got int",
    ),
    "country_codes=[5]": (
        lambda: WORKSPACE.numbers.list_long_codes(country_codes=[5]),
        TypeError,
        r"invalid country_codes\[0\]: expected a str, got int",
    ),
    "templates=5": (lambda: CONNECTORS.install_all(5), TypeError, "invalid templates: expected a list, got int"),
    "installs='id'": (
        lambda: CONNECTORS.wait_all(wire.CONNECTOR),
        TypeError,
        "invalid installs: expected a list, even for a single value, got str",
    ),
    "installs=[5]": (
        lambda: CONNECTORS.wait_all([5]),
        TypeError,
        r"invalid installs\[0\]: expected an id, a wait token, an Install or a Connector, got int",
    ),
    "timeouts": (
        lambda: CONNECTORS.wait_all([], timeouts={wire.CONNECTOR: -1}),
        bc.InvalidInputError,
        rf"invalid timeouts\[{wire.CONNECTOR}\]: expected a duration",
    ),
    "journal=5": (
        lambda: CONNECTORS.install_all([], journal=5),
        TypeError,
        r"invalid journal: expected a journal with the methods lines\(\) and append\(line\), got int",
    ),
    "unresolved=5": (
        lambda: CONNECTORS.reconcile(5),
        TypeError,
        "invalid unresolved: expected a str, got int",
    ),
    "id=5": (lambda: CONNECTORS.get(5), TypeError, r"invalid id: expected an id as str or uuid.UUID, got int"),
    "id='x'": (lambda: CONNECTORS.get("x"), bc.InvalidInputError, f"invalid id: {UUID_EXPECTED}"),
    "workspace_id='x'": (
        lambda: client(workspace_id="x"),
        bc.InvalidInputError,
        f"invalid workspace_id: {UUID_EXPECTED}",
    ),
    "status of channels": (
        lambda: WORKSPACE.channels.list(status=["active", 5]),
        TypeError,
        r"invalid status\[1\]: expected a str, got int",
    ),
    "query": (
        lambda: client().request("GET", "/a", query={"q": [{}]}),
        TypeError,
        r'invalid query\["q"\]\[0\]: expected a str, int, .*, got dict',
    ),
    "filters": (
        lambda: WORKSPACE.webhook_subscriptions.create(event="a", url="https://example.com", filters={"a": 1}),
        TypeError,
        r'invalid filters\["a"\]: expected a str, got int',
    ),
    "options": (lambda: INSTALL.progress(options=5), TypeError, "options must be WaitOptions, not int"),
    "rate_limit=5": (
        lambda: client(rate_limit=5),
        TypeError,
        "invalid rate_limit: expected RateLimits or None, got int",
    ),
    "retry_backoff=1": (
        lambda: client(retry_backoff=1),
        TypeError,
        "invalid retry_backoff: expected a tuple of two values, got int",
    ),
    "from_dict": (lambda: bc.Channel.from_dict([]), TypeError, "invalid value: expected a dict, got list"),
    "signing_keys": (
        lambda: Verifier(signing_keys="key", url="https://example.com/a"),
        TypeError,
        "invalid signing_keys: expected a list, even for a single value, got str",
    ),
    "capacity": (
        lambda: MemoryDedupStore(capacity=-1),
        bc.InvalidInputError,
        "invalid capacity: expected an int from 0 to 4294967295",
    ),
    "on_undecodable": (
        lambda: CONNECTORS.list().to_list(on_undecodable="ignore"),
        bc.InvalidInputError,
        'invalid on_undecodable: expected "raise" or "skip"',
    ),
    "port=True": (lambda: Sandbox(port=True), TypeError, "invalid port: expected an int, got bool"),
    "port=70000": (lambda: Sandbox(port=70000), bc.InvalidInputError, "invalid port: expected an int from 0 to 65535"),
    "statuses of a script": (
        lambda: Script.statuses(1, "active"),
        TypeError,
        "invalid statuses: expected a list, even for a single value, got str",
    ),
    "no default workspace": (
        lambda: client().workspace(),
        bc.ConfigurationError,
        "set up the client: the client has no default workspace: set workspace_id .*BIRD_WORKSPACE_ID",
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_message_names_the_argument_and_what_is_expected(name: str) -> None:
    call, kind, message = MESSAGES[name]
    with pytest.raises(kind, match=rf"^{message}") as caught:
        call()
    for foreign in ("builder", "Vec", "PyString", "extract", "convert", "while processing"):
        assert foreign not in str(caught.value)
    assert not getattr(caught.value, "__notes__", None)


@pytest.mark.parametrize("timeout", [1e300, Decimal("1e40"), timedelta.max, 1e9])
def test_timeout_beyond_the_range_of_the_clock_never_expires(timeout: Any, sandbox: Sandbox) -> None:
    with Client(
        access_key=sandbox.access_key,
        base_url=sandbox.base_url,
        timeout=timeout,
        attempt_timeout=timeout,
        connect_timeout=timeout,
    ) as bird:
        connectors = bird.workspace(sandbox.workspace_id).with_options(timeout=timeout).connectors
        install = connectors.install(sms())
        ready = install.until_ready(timeout=timeout, interval=(0.01, timeout))
        results = list(connectors.wait_all([install.id], timeout=timeout))
    assert [result.ready.channel_id for result in results] == [ready.channel_id]


@pytest.mark.parametrize("timeout", [0, 1e-9, 1e-300])
def test_wait_with_a_tiny_timeout_makes_one_poll(timeout: float, sandbox: Sandbox) -> None:
    with Client(access_key=sandbox.access_key, base_url=sandbox.base_url) as bird:
        connectors = bird.workspace(sandbox.workspace_id).connectors
        install = connectors.install(sms())
        install.until_ready()
        assert install.until_ready(timeout=timeout).polls == 1


def test_rule_number_zero_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(bc.InvalidInputError, match="invalid nth: expected 1 or more, got 0"):
        sandbox.rule("getChannel", nth=0, status=500)
    with pytest.raises(bc.InvalidInputError, match="invalid status: expected an HTTP status from 100 to 999, got 99"):
        sandbox.rule("getChannel", status=99)


@pytest.mark.parametrize("value", ["SECRETKEY12345", "SECRETKEY" * 1000])
def test_invalid_id_is_never_shown(value: str, runner: ClientRunner) -> None:
    one = runner.client("http://127.0.0.1:1")
    workspace = one.workspace(wire.WORKSPACE)
    for call in (
        lambda: runner.client("http://127.0.0.1:1", workspace_id=value),
        lambda: one.workspace(value),
        lambda: one.organization(value),
        lambda: workspace.connectors.follow(value),
        lambda: workspace.connectors.wait_all([value]),
        lambda: workspace.connectors.wait_all([], timeouts={value: 1}),
        lambda: workspace.channels.list(channel_ids=[value]),
        lambda: sms(phone_number_id=value),
        lambda: bc.Channel(id=value),
    ):
        with pytest.raises(bc.InvalidInputError) as caught:
            call()
        assert "SECRET" not in str(caught.value)
        assert len(str(caught.value)) < 200


def test_arguments_are_read_while_another_mapping_replaces_the_imported_modules(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = client()
    # As the sandbox of Temporal does in all threads, while a workflow runs in one of them.
    monkeypatch.setattr(sys, "modules", UserDict(sys.modules))
    assert one.workspace(uuid.UUID(wire.WORKSPACE)).id == one.workspace(wire.WORKSPACE).id == wire.WORKSPACE
    with pytest.raises(bc.InvalidInputError, match="invalid id: expected a UUID"):
        one.workspace("x")


# The constructor of a client.


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_client_without_arguments_reads_the_environment(
    kind: Any, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(bc.ConfigurationError, match="set the environment variable BIRD_ACCESS_KEY, or pass access_key"):
        kind()
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    for one in (kind(), kind(access_key=None), kind(timeout=5)):
        assert sandbox.base_url in repr(one)
        assert one.workspace().id == sandbox.workspace_id
    own = kind(access_key="key")
    assert "https://api.bird.com" in repr(own)
    with pytest.raises(bc.ConfigurationError, match="no default workspace"):
        own.workspace()


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_positional_access_key_says_how_to_pass_it(kind: Any) -> None:
    with pytest.raises(TypeError) as caught:
        kind("SECRETKEY12345")
    name = kind.__name__
    assert str(caught.value) == f'{name}() takes keyword arguments only: write {name}(access_key="…")'


def test_with_on_a_closed_object_raises(tmp_path: Any) -> None:
    one = client()
    one.close()
    with pytest.raises(RuntimeError, match="the client is closed"), one:
        pass
    sandbox = Sandbox()
    sandbox.close()
    with pytest.raises(RuntimeError, match="the sandbox is closed"), sandbox:
        pass
    journal = bc.FileJournal(tmp_path / "journal")
    journal.close()
    with pytest.raises(RuntimeError, match="the journal is closed"), journal:
        pass


# Progress callbacks.


async def asynchronous(step: bc.Progress) -> None:
    raise AssertionError("never awaited")


class AsynchronousObject:
    async def __call__(self, step: bc.Progress) -> None:
        raise AssertionError("never awaited")


@pytest.mark.parametrize(
    "callback",
    [asynchronous, functools.partial(asynchronous), AsynchronousObject(), AsynchronousObject().__call__, 5, "print"],
    ids=["function", "partial", "object", "method", "int", "str"],
)
def test_synchronous_wait_refuses_a_callback_that_it_cannot_call(callback: Any, serve: Any) -> None:
    stub = serve(InstallApi("active"))
    install = client().with_options().workspace(wire.WORKSPACE).connectors.follow(wire.CONNECTOR)
    with pytest.raises(TypeError, match="invalid on_progress: expected a function"):
        install.until_ready(timeout=1, on_progress=callback)
    assert not stub.requests


def test_callback_that_returns_an_awaitable_ends_a_synchronous_wait(serve: Any) -> None:
    stub = serve(InstallApi("active"))
    workspace = Client(access_key=wire.KEY, base_url=stub.base_url, rate_limit=None).workspace(wire.WORKSPACE)
    install = workspace.connectors.follow(wire.CONNECTOR)
    # Warnings are errors: a coroutine that is never awaited would raise another exception.
    with pytest.raises(TypeError, match="on_progress returned an awaitable"):
        install.until_ready(timeout=5, on_progress=lambda step: asynchronous(step))
    gc.collect()


# Values of the standard library.


class Status(Enum):
    ACTIVE = "active"


class Ids(Enum):
    WORKSPACE = uuid.UUID(wire.WORKSPACE)
    CONNECTOR = wire.CONNECTOR


MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


def test_values_of_the_standard_library_are_json(runner: ClientRunner, serve: Any) -> None:
    stub = serve(Response(200, {}))
    one = runner.client(stub.base_url)
    runner.call(
        lambda: one.request(
            "POST",
            "/a",
            json={
                "uuid": uuid.UUID(wire.CONNECTOR),
                "datetime": MOMENT,
                "date": date(2026, 1, 2),
                "decimals": [Decimal("1.10"), Decimal("12"), Decimal("-0.5"), Decimal("1E+3")],
                "enums": (Status.ACTIVE, Ids.WORKSPACE, bc.ChannelStatus.ACTIVE),
            },
        )
    )
    assert stub.requests[0].body == {
        "uuid": wire.CONNECTOR,
        "datetime": "2026-01-02T03:04:05+00:00",
        "date": "2026-01-02",
        "decimals": [1.1, 12, -0.5, 1000.0],
        "enums": ["active", wire.WORKSPACE, "active"],
    }


def test_values_of_the_standard_library_are_query_parameters(runner: ClientRunner, serve: Any) -> None:
    stub = serve(Response(200, {}))
    query = {
        "uuid": uuid.UUID(wire.CONNECTOR),
        "datetime": MOMENT,
        "date": date(2026, 1, 2),
        "decimal": Decimal("0.10"),
        "enum": Status.ACTIVE,
    }
    runner.call(lambda: runner.client(stub.base_url).request("GET", "/a", query=query))
    assert stub.requests[0].query == {
        "uuid": wire.CONNECTOR,
        "datetime": "2026-01-02T03:04:05+00:00",
        "date": "2026-01-02",
        "decimal": "0.10",
        "enum": "active",
    }


def test_values_of_the_standard_library_are_arguments() -> None:
    assert client().workspace(Ids.WORKSPACE).id == wire.WORKSPACE
    assert CONNECTORS.follow(Ids.CONNECTOR).id == wire.CONNECTOR
    INSTALL.progress(timeout=Decimal("1.5"), status=Status.ACTIVE, failure_statuses=[Status.ACTIVE])
    WORKSPACE.channels.list(status=[Status.ACTIVE], channel_ids=[uuid.UUID(wire.CHANNEL)])
    template = bc.Custom(template="a:1", name="Shop", arguments={"id": uuid.UUID(wire.NUMBER), "day": date(2026, 1, 2)})
    assert template.arguments == {"id": wire.NUMBER, "day": "2026-01-02"}
    assert bc.WaitOptions(failure_statuses={Status.ACTIVE}).failure_statuses == ("active",)

    class OwnUuid(uuid.UUID):
        """Database drivers have subclasses of UUID."""

    assert client().workspace(OwnUuid(wire.WORKSPACE)).id == wire.WORKSPACE


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (datetime(2026, 1, 2), "no time zone"),
        (Decimal("0.1234567890123456789"), "without a loss"),
        (Decimal("NaN"), "without a loss"),
        (Decimal("sNaN"), "without a loss"),
        (Decimal("1E+999999"), "without a loss"),
        (timedelta(1), "expected a JSON value"),
        (object, "expected a JSON value"),
    ],
    ids=str,
)
def test_value_that_json_cannot_have_is_refused(value: Any, message: str) -> None:
    with pytest.raises((bc.InvalidInputError, TypeError), match=rf"invalid arguments\[\"a\"\]: .*{message}"):
        bc.Telegram(name="Shop", arguments={"a": value})
