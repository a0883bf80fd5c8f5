"""Configuration: arguments, environment variables, and errors that name the invalid setting."""

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
def client_type(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_from_env_reads_the_environment(runner: ClientRunner, serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stub = serve(Response(200, wire.connector()))
    monkeypatch.setenv("BIRD_ACCESS_KEY", "environment-key")
    monkeypatch.setenv("BIRD_BASE_URL", stub.base_url + "/prefix/")
    monkeypatch.setenv("BIRD_WORKSPACE_ID", wire.WORKSPACE)
    client_type = AsyncClient if runner.is_async else Client
    workspace = client_type.from_env().workspace()
    assert workspace.id == wire.WORKSPACE
    runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    [request] = stub.requests
    assert request.headers["authorization"] == "AccessKey environment-key"
    assert request.path.startswith("/prefix/workspaces/")


def test_arguments_override_the_environment(runner: ClientRunner, serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stub = serve(Response(200, wire.connector()))
    monkeypatch.setenv("BIRD_ACCESS_KEY", "environment-key")
    monkeypatch.setenv("BIRD_BASE_URL", "https://example.invalid")
    client_type = AsyncClient if runner.is_async else Client
    client = client_type.from_env(base_url=stub.base_url, max_attempts=1)
    runner.call(lambda: client.workspace(wire.WORKSPACE).connectors.get(wire.CONNECTOR))
    assert stub.requests[0].headers["authorization"] == "AccessKey environment-key"


@pytest.mark.parametrize(
    ("variable", "value"),
    [("BIRD_ACCESS_KEY", None), ("BIRD_ACCESS_KEY", "a b"), ("BIRD_BASE_URL", "nonsense"), ("BIRD_WORKSPACE_ID", "1")],
)
def test_configuration_error_names_the_variable(
    variable: str, value: str | None, client_type: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BIRD_ACCESS_KEY", wire.KEY)
    if value is None:
        monkeypatch.delenv(variable)
    else:
        monkeypatch.setenv(variable, value)
    with pytest.raises(bc.ConfigurationError) as caught:
        client_type.from_env()
    assert variable in str(caught.value)
    assert caught.value.outcome == "not_sent"


@pytest.mark.parametrize(
    ("settings", "message"),
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
def test_client_rejects_invalid_settings(settings: dict[str, Any], message: str, client_type: Any) -> None:
    with pytest.raises(bc.ConfigurationError) as caught:
        client_type(**{"access_key": wire.KEY, **settings})
    assert message in str(caught.value)


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
def test_client_rejects_settings_of_the_wrong_type(settings: dict[str, Any], client_type: Any) -> None:
    with pytest.raises((bc.ConfigurationError, bc.InvalidInputError, TypeError)):
        client_type(**{"access_key": wire.KEY, **settings})


def test_workspace_without_id_requires_a_default(client_type: Any) -> None:
    client = client_type(access_key=wire.KEY)
    with pytest.raises(bc.ConfigurationError, match="BIRD_WORKSPACE_ID"):
        client.workspace()


@pytest.mark.parametrize("invalid", ["", "nonsense", "../..", "2d7a1e03-25e4-401e-bf1e", "\ud800"])
def test_invalid_ids_are_rejected_before_sending(invalid: str, runner: ClientRunner, serve: Any) -> None:
    stub = serve(Response(200, {}))
    client = runner.client(stub.base_url)
    workspace = client.workspace(wire.WORKSPACE)
    for call in (
        lambda: client.workspace(invalid),
        lambda: client.organization(invalid),
        lambda: runner.call(lambda: workspace.connectors.get(invalid)),
        lambda: runner.call(lambda: workspace.connectors.delete(invalid)),
        lambda: runner.call(lambda: workspace.channels.send_text(invalid, to="+31612345678", text="Hello")),
    ):
        with pytest.raises(bc.InvalidInputError):
            call()
    assert not stub.requests


def test_ids_can_be_strings_or_uuids(runner: ClientRunner, serve: Any) -> None:
    import uuid

    stub = serve(Response(200, wire.connector()))
    workspace = runner.client(stub.base_url).workspace(uuid.UUID(wire.WORKSPACE))
    assert workspace.id == wire.WORKSPACE
    runner.call(lambda: workspace.connectors.get(uuid.UUID(wire.CONNECTOR)))
    assert stub.requests[0].path.endswith(wire.CONNECTOR)


def test_with_closes_the_client(serve: Any) -> None:
    stub = serve(Response(200, wire.connector()))
    with Client(access_key=wire.KEY, base_url=stub.base_url) as bird:
        workspace = bird.workspace(wire.WORKSPACE)
        workspace.connectors.get(wire.CONNECTOR)
    with pytest.raises(RuntimeError, match="closed"):
        workspace.connectors.get(wire.CONNECTOR)
    bird.close()


def test_async_with_closes_the_client(serve: Any) -> None:
    import asyncio

    stub = serve(Response(200, wire.connector()))

    async def run() -> None:
        async with AsyncClient(access_key=wire.KEY, base_url=stub.base_url) as bird:
            workspace = bird.workspace(wire.WORKSPACE)
            await workspace.connectors.get(wire.CONNECTOR)
        with pytest.raises(RuntimeError, match="closed"):
            await workspace.connectors.get(wire.CONNECTOR)

    asyncio.run(run())


def test_calls_reuse_one_connection(runner: ClientRunner, serve: Any) -> None:
    stub = serve(Response(200, wire.connector()))
    workspace = runner.workspace(stub.base_url)
    for _ in range(5):
        runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    assert (stub.connections, len(stub.requests)) == (1, 5)


@pytest.mark.parametrize(
    "settings",
    [
        {"proxy": "ftp://proxy.example.com"},
        {"proxy": "://user:proxy-password@"},
        {"root_certificate": "-----BEGIN nothing"},
        {"retry_backoff": (2, 1)},
    ],
)
def test_invalid_network_setting_is_a_configuration_error(settings: Any, runner: ClientRunner) -> None:
    with pytest.raises(bc.ConfigurationError) as caught:
        runner.client("https://127.0.0.1:1", **settings)
    assert "proxy-password" not in str(caught.value)


def test_request_uses_the_proxy_setting_and_no_proxy_connects_directly(
    runner: ClientRunner, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(Response(200, {}))
    url = "https://127.0.0.1:1"

    def call(**settings: Any) -> None:
        with pytest.raises(bc.TransportError):
            runner.call(lambda: runner.client(url, max_attempts=1, **settings).request("GET", "/anything"))

    call(proxy=proxy.base_url)
    assert proxy.connections == 1
    monkeypatch.setenv("HTTPS_PROXY", proxy.base_url)
    call(no_proxy=True)
    call(no_proxy=True, proxy=proxy.base_url)
    assert proxy.connections == 1
    call()
    assert proxy.connections == 2


def test_failed_connection_names_the_proxy_and_its_source(
    runner: ClientRunner, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failure(**settings: Any) -> str:
        client = runner.client("https://api.example.com", max_attempts=1, **settings)
        with pytest.raises(bc.TransportError) as caught:
            runner.call(lambda: client.request("GET", "/anything"))
        assert caught.value.outcome == "not_sent"
        return str(caught.value)

    # Nothing listens on this port.
    for proxy in ("127.0.0.1:1", "http://127.0.0.1:1", "http://me:planted@127.0.0.1:1"):
        error = failure(proxy=proxy)
        assert "cannot connect to the proxy 127.0.0.1:1 (from the setting `proxy`): " in error
        assert "; correct `proxy`, or connect directly with `no_proxy`" in error
        assert "planted" not in error
    for name in ("ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "me:planted@127.0.0.1:1")
        error = failure()
        assert f"cannot connect to the proxy 127.0.0.1:1 (from the environment variable {name}): " in error
        assert f"; correct or unset {name}, or add the host of the API to NO_PROXY" in error
        assert "planted" not in error
    stub = serve(Response(407))
    address = stub.base_url.removeprefix("http://")
    monkeypatch.setenv("https_proxy", address)
    error = failure()
    assert (
        f"the proxy {address} (from the environment variable https_proxy) requires a user name and a password" in error
    )
    monkeypatch.setenv("https_proxy", f"me:planted@{address}")
    error = failure()
    assert "rejects the user name and the password in its URL (407)" in error
    assert "planted" not in error


def test_invalid_proxy_variable_is_no_error_if_no_proxy_is_used(
    runner: ClientRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "socks5://proxy.example.com")
    with pytest.raises(bc.ConfigurationError, match="invalid environment variable https_proxy"):
        runner.client("https://api.bird.com")
    for excluded in ("*", "bird.com", "api.bird.com:443"):
        monkeypatch.setenv("no_proxy", excluded)
        runner.client("https://api.bird.com")


def test_plain_http_request_does_not_use_a_proxy(
    runner: ClientRunner, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, stub = serve(Response(200, {})), serve(Response(200, wire.connector()))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, proxy.base_url)
    runner.call(lambda: runner.workspace(stub.base_url).connectors.get(wire.CONNECTOR))
    assert (len(proxy.requests), len(stub.requests)) == (0, 1)
