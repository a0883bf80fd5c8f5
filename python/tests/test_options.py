"""Options of derived clients, which share everything else, and the rate limit."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

import bird_connectors as bc
import wire
from bird_connectors import AsyncClient, Client, RateLimits
from stub import Response, error_response
from waiting import HANG_TIMEOUT, PROMPT

if TYPE_CHECKING:
    from conftest import ClientRunner


def close(runner: ClientRunner, client: Any) -> None:
    runner.call(client.close)


def test_options_apply_only_to_the_derived_client(runner: ClientRunner, serve: Any) -> None:
    stub = serve(error_response(503, "Busy", headers={"Retry-After": "0.01"}))
    client = runner.client(stub.base_url, max_attempts=2)
    for derived, attempts in (
        (client.with_options(max_attempts=1), 1),
        (client.with_options(), 2),
        (client.with_options(max_attempts=1).with_options(timeout=30), 1),
        (client, 2),
    ):
        assert type(derived) is type(client)
        with pytest.raises(bc.ServerError) as caught:
            runner.call(lambda derived=derived: derived.workspace(wire.WORKSPACE).connectors.get(wire.CONNECTOR))
        assert caught.value.attempts == attempts
    workspace = client.workspace(wire.WORKSPACE).with_options(max_attempts=1)
    assert workspace.id == wire.WORKSPACE
    with pytest.raises(bc.ServerError) as caught:
        runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    assert caught.value.attempts == 1
    assert stub.connections == 1, "the clients share their connections"


def test_with_options_changes_timeouts(runner: ClientRunner, serve: Any) -> None:
    client = runner.client(serve(None).base_url, max_attempts=1)
    began = time.monotonic()
    for options in ({"timeout": 0.2}, {"attempt_timeout": timedelta(milliseconds=200)}):
        workspace = client.with_options(**options).workspace(wire.WORKSPACE)
        with pytest.raises(bc.ApiTimeoutError):
            runner.call(lambda workspace=workspace: workspace.connectors.get(wire.CONNECTOR))
    assert time.monotonic() - began < 2 * PROMPT


def test_with_access_key_sends_the_key_and_shares_connections(runner: ClientRunner, serve: Any) -> None:
    stub = serve(Response(200, wire.connector()))
    client = runner.client(stub.base_url, workspace_id=wire.WORKSPACE)
    tenant = client.with_access_key("tenant-key")
    assert type(tenant) is type(client)
    for used in (client, tenant, client.with_options(timeout=5), tenant.with_options(timeout=5)):
        runner.call(lambda used=used: used.workspace().connectors.get(wire.CONNECTOR))
    sent = [request.headers["authorization"] for request in stub.requests]
    assert sent == [f"AccessKey {key}" for key in (wire.KEY, "tenant-key", wire.KEY, "tenant-key")]
    assert stub.connections == 1, "the clients share their connections"
    assert "tenant-key" not in repr(tenant)
    with pytest.raises(bc.ConfigurationError, match="with_access_key") as caught:
        client.with_access_key(" ")
    assert wire.KEY not in str(caught.value)
    close(runner, client)
    with pytest.raises(RuntimeError, match="closed"):
        tenant.workspace()


def test_retry_backoff_is_the_pause_between_attempts(runner: ClientRunner, serve: Any) -> None:
    stub = serve(error_response(503, "Busy"))
    client = runner.client(stub.base_url, max_attempts=5, retry_backoff=(timedelta(milliseconds=1), 0.002))
    began = time.monotonic()
    with pytest.raises(bc.ServerError) as caught:
        runner.call(lambda: client.workspace(wire.WORKSPACE).connectors.get(wire.CONNECTOR))
    assert caught.value.attempts == len(stub.requests) == 5
    assert time.monotonic() - began < PROMPT


def test_with_options_keeps_the_default_workspace(runner: ClientRunner) -> None:
    client = runner.client("http://127.0.0.1:1", workspace_id=wire.WORKSPACE)
    assert client.with_options(timeout=1).workspace().id == wire.WORKSPACE
    assert "127.0.0.1:1" in repr(client.with_options(timeout=1))


@pytest.mark.parametrize(
    ("options", "message"),
    [({"timeout": 0}, "timeout"), ({"attempt_timeout": 0}, "attempt"), ({"max_attempts": 0}, "max")],
)
def test_with_options_rejects_invalid_values(runner: ClientRunner, options: dict[str, Any], message: str) -> None:
    client = runner.client("http://127.0.0.1:1")
    with pytest.raises(bc.ConfigurationError, match=message):
        client.with_options(**options)
    with pytest.raises(bc.ConfigurationError, match=message):
        client.workspace(wire.WORKSPACE).with_options(**options)


def test_close_affects_derived_clients_but_not_the_original(runner: ClientRunner, serve: Any) -> None:
    client = runner.client(serve(Response(200, wire.connector())).base_url)
    derived = client.with_options(timeout=5)
    close(runner, client.with_options(timeout=5))
    for one in (client, derived):
        assert (
            runner.call(lambda one=one: one.workspace(wire.WORKSPACE).connectors.get(wire.CONNECTOR)).name == "Shop 0"
        )
    workspace = derived.workspace(wire.WORKSPACE)
    close(runner, client)
    with pytest.raises(RuntimeError, match="closed"):
        runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))


def test_repr_shows_the_effective_base_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIRD_BASE_URL", "https://gateway.example/bird/")
    for client_type in (Client, AsyncClient):
        assert repr(client_type.from_env(access_key=wire.KEY)).endswith("base_url='https://gateway.example/bird'>")
        assert "'https://api.bird.com'" in repr(client_type(access_key=wire.KEY))


def test_rate_is_a_value() -> None:
    assert RateLimits() == RateLimits(get=50, post=500) != RateLimits(get=25)
    assert repr(RateLimits(get=1)) == "RateLimits(get=1, post=500)"


def test_calls_respect_the_rate_limit(runner: ClientRunner, serve: Any) -> None:
    stub = serve(Response(200, wire.connector()))
    workspace = runner.workspace(stub.base_url, rate_limit=RateLimits(get=10))
    began = time.monotonic()
    for _ in range(5):
        runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    # The first call is sent immediately, then eight calls per second.
    assert time.monotonic() - began >= 0.49


def test_call_fails_if_the_next_rate_limit_slot_is_after_its_timeout(runner: ClientRunner, serve: Any) -> None:
    stub = serve(Response(200, wire.connector()))
    client = runner.client(stub.base_url, rate_limit=RateLimits(get=1))

    def get(client: Any) -> Any:
        return client.workspace(wire.WORKSPACE).connectors.get(wire.CONNECTOR)

    # Two concurrent calls take the slots of the next 2.5 seconds.
    with ThreadPoolExecutor(1) as thread:
        earlier = thread.submit(runner.call_concurrently, *[lambda: get(client)] * 2)
        assert stub.request_received.wait(HANG_TIMEOUT)
        with pytest.raises(bc.RateLimitError, match="not sent") as caught:
            runner.call(lambda: get(client.with_options(timeout=0.05)))
        earlier.result()
    assert (caught.value.outcome, caught.value.attempts) == ("not_sent", 0)
    assert 0.05 < caught.value.retry_after <= 2.5
    assert len(stub.requests) == 2


@pytest.mark.parametrize("client_type", [Client, AsyncClient])
def test_client_rejects_an_invalid_rate_limit(client_type: Any) -> None:
    for rate, name in ((RateLimits(get=0), "get"), (RateLimits(post=0), "post")):
        with pytest.raises(bc.ConfigurationError, match=f"{name} is 0"):
            client_type(access_key=wire.KEY, rate_limit=rate)
    for rate in (5, "fast", (50, 500)):
        with pytest.raises(TypeError, match="RateLimits or None"):
            client_type(access_key=wire.KEY, rate_limit=rate)
    with pytest.raises((TypeError, bc.InvalidInputError)):
        client_type(access_key=wire.KEY, rate_limit=RateLimits(get=-1))
