"""Settings for single calls, on clients that share everything else; and the rate limit."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

import bird_connectors as bc
import wire
from bird_connectors import AsyncClient, Client, Rate
from stub import Response, error_response

if TYPE_CHECKING:
    from conftest import ClientRunner


def close(runner: ClientRunner, client: Any) -> None:
    runner.call(client.close)


def test_options_hold_for_the_derived_client_alone(runner: ClientRunner, serve: Any) -> None:
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
    assert stub.connections == 1, "they share connections"


def test_times_can_differ(runner: ClientRunner, serve: Any) -> None:
    client = runner.client(serve(None).base_url, max_attempts=1)
    began = time.monotonic()
    for options in ({"timeout": 0.2}, {"attempt_timeout": timedelta(milliseconds=200)}):
        workspace = client.with_options(**options).workspace(wire.WORKSPACE)
        with pytest.raises(bc.ApiTimeoutError):
            runner.call(lambda workspace=workspace: workspace.connectors.get(wire.CONNECTOR))
    assert time.monotonic() - began < 20


def test_the_default_workspace_stays(runner: ClientRunner) -> None:
    client = runner.client("http://127.0.0.1:1", workspace_id=wire.WORKSPACE)
    assert client.with_options(timeout=1).workspace().id == wire.WORKSPACE
    assert "127.0.0.1:1" in repr(client.with_options(timeout=1))


@pytest.mark.parametrize(
    ("options", "says"),
    [({"timeout": 0}, "timeout"), ({"attempt_timeout": 0}, "attempt"), ({"max_attempts": 0}, "max")],
)
def test_what_cannot_be_right_is_refused(runner: ClientRunner, options: dict[str, Any], says: str) -> None:
    client = runner.client("http://127.0.0.1:1")
    with pytest.raises(bc.ConfigurationError, match=says):
        client.with_options(**options)
    with pytest.raises(bc.ConfigurationError, match=says):
        client.workspace(wire.WORKSPACE).with_options(**options)


def test_closing_the_origin_closes_what_came_of_it_and_not_the_other_way_round(
    runner: ClientRunner, serve: Any
) -> None:
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


def test_the_base_url_is_shown_as_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIRD_BASE_URL", "https://gateway.example/bird/")
    for made in (Client, AsyncClient):
        assert repr(made.from_env(access_key=wire.KEY)).endswith("base_url='https://gateway.example/bird'>")
        assert "'https://api.bird.com'" in repr(made(access_key=wire.KEY))


def test_a_rate_is_a_value() -> None:
    assert Rate() == Rate(get=50, post=500) != Rate(get=25)
    assert repr(Rate(get=1)) == "Rate(get=1, post=500)"


def test_calls_keep_to_the_rate(runner: ClientRunner, serve: Any) -> None:
    stub = serve(Response(200, wire.connector()))
    workspace = runner.workspace(stub.base_url, rate_limit=Rate(get=10))
    began = time.monotonic()
    for _ in range(5):
        runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    # One at once, then eight a second.
    assert time.monotonic() - began >= 0.49


def test_no_turn_in_time_is_an_error_that_says_when_there_is_one(runner: ClientRunner, serve: Any) -> None:
    stub = serve(Response(200, wire.connector()))
    workspace = runner.workspace(stub.base_url, rate_limit=Rate(get=1), timeout=0.5)
    runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    with pytest.raises(bc.RateLimitError, match="not sent") as caught:
        runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    assert (caught.value.outcome, caught.value.attempts) == ("not_sent", 0)
    assert 0.5 < caught.value.retry_after <= 1.25
    assert len(stub.requests) == 1


@pytest.mark.parametrize("made", [Client, AsyncClient])
def test_rates_that_cannot_be_right_are_refused(made: Any) -> None:
    for rate, name in ((Rate(get=0), "get"), (Rate(post=0), "post")):
        with pytest.raises(bc.ConfigurationError, match=f"{name} is 0"):
            made(access_key=wire.KEY, rate_limit=rate)
    for rate in (5, "fast", (50, 500)):
        with pytest.raises(TypeError, match="Rate or None"):
            made(access_key=wire.KEY, rate_limit=rate)
    with pytest.raises((TypeError, bc.InvalidInputError)):
        made(access_key=wire.KEY, rate_limit=Rate(get=-1))
