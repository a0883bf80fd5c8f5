"""Settings: arguments, the environment, and what is refused by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import bird_connectors as bc
import wire
from bird_connectors import AsyncClient, Client
from stub import Response

if TYPE_CHECKING:
    from conftest import ClientRunner


@pytest.fixture(params=[Client, AsyncClient])
def made(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_from_the_environment(runner: ClientRunner, serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stub = serve(Response(200, wire.connector()))
    monkeypatch.setenv("BIRD_ACCESS_KEY", "key-of-the-environment")
    monkeypatch.setenv("BIRD_BASE_URL", stub.base_url + "/prefix/")
    monkeypatch.setenv("BIRD_WORKSPACE_ID", wire.WORKSPACE)
    made = AsyncClient if runner.is_async else Client
    workspace = made.from_env().workspace()
    assert workspace.id == wire.WORKSPACE
    runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    [request] = stub.requests
    assert request.headers["authorization"] == "AccessKey key-of-the-environment"
    assert request.path.startswith("/prefix/workspaces/")


def test_arguments_win_over_the_environment(runner: ClientRunner, serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stub = serve(Response(200, wire.connector()))
    monkeypatch.setenv("BIRD_ACCESS_KEY", "key-of-the-environment")
    monkeypatch.setenv("BIRD_BASE_URL", "https://example.invalid")
    made = AsyncClient if runner.is_async else Client
    client = made.from_env(base_url=stub.base_url, max_attempts=1)
    runner.call(lambda: client.workspace(wire.WORKSPACE).connectors.get(wire.CONNECTOR))
    assert stub.requests[0].headers["authorization"] == "AccessKey key-of-the-environment"


@pytest.mark.parametrize(
    ("variable", "value"),
    [("BIRD_ACCESS_KEY", None), ("BIRD_ACCESS_KEY", "a b"), ("BIRD_BASE_URL", "nonsense"), ("BIRD_WORKSPACE_ID", "1")],
)
def test_the_variable_at_fault_is_named(
    variable: str, value: str | None, made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BIRD_ACCESS_KEY", wire.KEY)
    if value is None:
        monkeypatch.delenv(variable)
    else:
        monkeypatch.setenv(variable, value)
    with pytest.raises(bc.ConfigurationError) as caught:
        made.from_env()
    assert variable in str(caught.value)
    assert caught.value.outcome == "not_sent"


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"access_key": ""}, "access key is empty"),
        ({"access_key": "key\n"}, "line break"),
        ({"access_key": "AccessKey abc"}, "scheme"),
        ({"base_url": "http://example.com"}, "plain http"),
        ({"base_url": "nonsense"}, "not a URL"),
        ({"base_url": ""}, "base"),
        ({"base_url": "https://user:pw@example.com"}, "user name"),
        ({"base_url": "https://example.com/?a=1"}, "query"),
        ({"base_url": "https://"}, "base"),
        ({"timeout": 0}, "timeout"),
        ({"attempt_timeout": 0.0}, "attempt_timeout"),
        ({"max_attempts": 0}, "max_attempts"),
    ],
)
def test_what_cannot_be_right_is_refused(settings: dict[str, Any], says: str, made: Any) -> None:
    with pytest.raises(bc.ConfigurationError) as caught:
        made(**{"access_key": wire.KEY, **settings})
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "settings",
    [
        {"timeout": -1},
        {"timeout": float("nan")},
        {"timeout": "soon"},
        {"attempt_timeout": float("-inf")},
        {"max_attempts": -1},
        {"max_attempts": 2**64},
        {"max_attempts": 1.5},
        {"access_key": None},
        {"access_key": b"bytes"},
        {"base_url": 1},
    ],
)
def test_what_has_the_wrong_form_is_refused(settings: dict[str, Any], made: Any) -> None:
    with pytest.raises((bc.ConfigurationError, bc.InvalidInputError, TypeError)):
        made(**{"access_key": wire.KEY, **settings})


def test_no_workspace_and_no_default(made: Any) -> None:
    client = made(access_key=wire.KEY)
    with pytest.raises(bc.ConfigurationError, match="BIRD_WORKSPACE_ID"):
        client.workspace()


@pytest.mark.parametrize("wrong", ["", "nonsense", "../..", "2d7a1e03-25e4-401e-bf1e", "\ud800"])
def test_ids_are_checked_before_anything_is_sent(wrong: str, runner: ClientRunner, serve: Any) -> None:
    stub = serve(Response(200, {}))
    client = runner.client(stub.base_url)
    workspace = client.workspace(wire.WORKSPACE)
    for call in (
        lambda: client.workspace(wrong),
        lambda: client.organization(wrong),
        lambda: runner.call(lambda: workspace.connectors.get(wrong)),
        lambda: runner.call(lambda: workspace.connectors.delete(wrong)),
        lambda: runner.call(lambda: workspace.channels.send_text(wrong, to="+31612345678", text="Hello")),
    ):
        with pytest.raises(bc.InvalidInputError):
            call()
    assert not stub.requests


def test_ids_are_text_or_uuid(runner: ClientRunner, serve: Any) -> None:
    import uuid

    stub = serve(Response(200, wire.connector()))
    workspace = runner.client(stub.base_url).workspace(uuid.UUID(wire.WORKSPACE))
    assert workspace.id == wire.WORKSPACE
    runner.call(lambda: workspace.connectors.get(uuid.UUID(wire.CONNECTOR)))
    assert stub.requests[0].path.endswith(wire.CONNECTOR)


def test_with_closes_the_connections(serve: Any) -> None:
    stub = serve(Response(200, wire.connector()))
    with Client(access_key=wire.KEY, base_url=stub.base_url) as bird:
        workspace = bird.workspace(wire.WORKSPACE)
        workspace.connectors.get(wire.CONNECTOR)
    with pytest.raises(RuntimeError, match="closed"):
        workspace.connectors.get(wire.CONNECTOR)
    bird.close()


def test_async_with_closes_the_connections(serve: Any) -> None:
    import asyncio

    stub = serve(Response(200, wire.connector()))

    async def run() -> None:
        async with AsyncClient(access_key=wire.KEY, base_url=stub.base_url) as bird:
            workspace = bird.workspace(wire.WORKSPACE)
            await workspace.connectors.get(wire.CONNECTOR)
        with pytest.raises(RuntimeError, match="closed"):
            await workspace.connectors.get(wire.CONNECTOR)

    asyncio.run(run())


def test_one_connection_serves_many_calls(runner: ClientRunner, serve: Any) -> None:
    stub = serve(Response(200, wire.connector()))
    workspace = runner.workspace(stub.base_url)
    for _ in range(5):
        runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    assert (stub.connections, len(stub.requests)) == (1, 5)


def test_a_proxy_never_gets_the_key_over_plain_http(
    runner: ClientRunner, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, stub = serve(Response(200, {})), serve(Response(200, wire.connector()))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, proxy.base_url)
    runner.call(lambda: runner.workspace(stub.base_url).connectors.get(wire.CONNECTOR))
    assert (len(proxy.requests), len(stub.requests)) == (0, 1)
