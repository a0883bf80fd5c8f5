"""Exceptions: one hierarchy, attributes instead of strings to parse, short messages, and support for pickle."""

from __future__ import annotations

import copy
import json
import pickle
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import bird_connectors as bc
import wire
from bird_connectors.webhooks import Verifier
from stub import Response, error_response, in_sequence, unused_port
from waiting import HANG_TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import ClientRunner

HIERARCHY: dict[str, str] = {
    "ConfigurationError": "BirdConnectorsError",
    "InvalidInputError": "BirdConnectorsError",
    "JournalError": "BirdConnectorsError",
    "ApiError": "BirdConnectorsError",
    "AuthenticationError": "ApiError",
    "PermissionDeniedError": "ApiError",
    "NotFoundError": "ApiError",
    "ConflictError": "ApiError",
    "ValidationError": "ApiError",
    "RateLimitError": "ApiError",
    "ServerError": "ApiError",
    "TransportError": "BirdConnectorsError",
    "ApiTimeoutError": "TransportError",
    "DecodeError": "BirdConnectorsError",
    "CursorCycleError": "BirdConnectorsError",
    "WaitError": "BirdConnectorsError",
    "WaitTimeoutError": "WaitError",
    "InstallFailedError": "WaitError",
    "ConnectorVanishedError": "WaitError",
    "WaitDeniedError": "WaitError",
}


# The anchors on the page `docs/reference/errors.md`.
ANCHORS: dict[str, str] = {
    "ConfigurationError": "configuration",
    "InvalidInputError": "invalid_input",
    "JournalError": "journal",
    "ApiError": "api",
    "AuthenticationError": "authentication",
    "PermissionDeniedError": "permission_denied",
    "NotFoundError": "not_found",
    "ConflictError": "conflict",
    "ValidationError": "validation",
    "RateLimitError": "rate_limited",
    "ServerError": "server",
}


@pytest.mark.parametrize("anchor", ANCHORS.values())
def test_anchor_of_a_message_is_on_the_page(anchor: str) -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "errors.md"
    assert f"{{#{anchor}}}" in page.read_text()


@pytest.mark.parametrize(
    ("anchor", "cause"),
    [
        ("configuration", lambda: bc.Client(access_key="")),
        ("invalid_input", lambda: bc.UnresolvedCreate("x")),
        ("invalid_input", lambda: bc.Client(access_key="key", max_attempts=-1)),
        ("invalid_input", lambda: Verifier(signing_keys=[""], url="https://hooks.example.com")),
        (
            "missing_header",
            lambda: Verifier(signing_keys=["key"], url="https://hooks.example.com").verify(headers={}, body=b""),
        ),
    ],
)
def test_message_without_a_response_ends_with_one_anchor(anchor: str, cause: Callable[[], object]) -> None:
    with pytest.raises(bc.BirdConnectorsError) as caught:
        cause()
    message = str(caught.value)
    assert message.endswith(f" [errors#{anchor}]")
    assert message.count("[errors#") == 1


@pytest.mark.parametrize(("name", "parent"), HIERARCHY.items())
def test_exception_has_its_documented_parent(name: str, parent: str) -> None:
    found = getattr(bc, name)
    assert issubclass(found, getattr(bc, parent))
    assert found.__module__.split(".")[0] == "bird_connectors"
    assert found.__doc__
    assert name in bc.__all__


def test_base_class_derives_from_exception() -> None:
    assert bc.BirdConnectorsError.__bases__ == (Exception,)


def test_invalid_input_error_is_a_value_error() -> None:
    assert issubclass(bc.InvalidInputError, ValueError)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (
            {"code": "InvalidPayload", "message": {"name": ["no"]}},
            '; body: {"code": "InvalidPayload", "message": {"name"',
        ),
        ({"code": "InvalidPayload", "message": ["a", "b"]}, ": a; b ("),
        (b"the name is taken", "; body: the name is taken ("),
        (b"<html><title>Forbidden</title>", "; body: <html><title>Forbidden</title> ("),
        ({"code": "InvalidPayload", "message": "no"}, ": no ("),
    ],
    ids=["object", "list", "text", "page", "format of the API"],
)
def test_body_of_an_error_is_kept_and_shown_if_it_has_another_format(
    body: Any, shown: str, runner: ClientRunner, serve: Any
) -> None:
    error = failed_call(runner, serve(Response(422, body)))
    assert isinstance(error, bc.ValidationError)
    assert shown in str(error)
    assert error.raw == (body.decode() if isinstance(body, bytes) else json.dumps(body))
    assert pickle.loads(pickle.dumps(error)).raw == error.raw
    assert failed_call(runner, serve(Response(422))).raw is None  # type: ignore[attr-defined]


def failed_call(runner: ClientRunner, stub: Any, **settings: Any) -> bc.BirdConnectorsError:
    workspace = runner.workspace(stub.base_url, **settings)
    with pytest.raises(bc.BirdConnectorsError) as caught:
        runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    return caught.value


@pytest.mark.parametrize(
    ("status", "kind", "outcome"),
    [
        (400, bc.ValidationError, "answered"),
        (401, bc.AuthenticationError, "answered"),
        (403, bc.PermissionDeniedError, "answered"),
        (404, bc.NotFoundError, "answered"),
        (409, bc.ConflictError, "answered"),
        (418, bc.ApiError, "answered"),
        (422, bc.ValidationError, "answered"),
        (429, bc.RateLimitError, "rejected"),
        (500, bc.ServerError, "unknown"),
        (503, bc.ServerError, "unknown"),
    ],
)
def test_status_maps_to_an_exception(
    status: int, kind: type[bc.ApiError], outcome: str, runner: ClientRunner, serve: Any
) -> None:
    stub = serve(
        error_response(
            status, "TheCode", "the message", details={"id": wire.CONNECTOR}, headers={"x-request-id": "r-1"}
        )
    )
    caught = failed_call(runner, stub, max_attempts=1)
    assert type(caught) is kind
    assert isinstance(caught, bc.ApiError)
    assert (caught.status, caught.code, caught.message) == (status, "TheCode", "the message")
    assert caught.details == {"id": wire.CONNECTOR}
    assert (caught.outcome, caught.attempts, caught.request_id) == (outcome, 1, "r-1")
    assert caught.retry_after is None
    message = str(caught)
    assert "\n" not in message
    assert len(message) < 400
    for part in (str(status), "TheCode", "the message", "r-1"):
        assert part in message
    assert message.endswith(f" [errors#{ANCHORS[kind.__name__]}]")


def test_retry_after_is_in_seconds(runner: ClientRunner, serve: Any) -> None:
    stub = serve(error_response(429, headers={"retry-after": "120"}))
    caught = failed_call(runner, stub, timeout=20)
    assert isinstance(caught, bc.RateLimitError)
    assert caught.retry_after == pytest.approx(120, abs=1)
    assert caught.attempts == 1, "the pause does not fit into the timeout, so the client does not retry"


def test_html_page_of_a_proxy_is_a_short_server_error(runner: ClientRunner, serve: Any) -> None:
    page = "<html>" + "x" * 5000
    caught = failed_call(runner, serve(Response(502, page.encode(), {"content-type": "text/html"})), max_attempts=1)
    assert isinstance(caught, bc.ServerError)
    assert caught.code is None
    assert "text/html" in str(caught)
    assert len(str(caught)) < 400


def test_refused_connection_is_a_transport_error(runner: ClientRunner) -> None:
    workspace = runner.workspace(f"http://127.0.0.1:{unused_port()}", max_attempts=1)
    with pytest.raises(bc.TransportError) as caught:
        runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    assert type(caught.value) is bc.TransportError
    assert caught.value.outcome == "not_sent"
    assert "refused" in str(caught.value).lower()
    assert "127.0.0.1" not in str(caught.value)


def test_attempt_timeout_closes_the_connection(runner: ClientRunner, serve: Any) -> None:
    stub = serve(None)
    caught = failed_call(runner, stub, attempt_timeout=1.5, max_attempts=1)
    assert isinstance(caught, bc.ApiTimeoutError)
    assert caught.outcome == "unknown"
    assert stub.disconnected.wait(HANG_TIMEOUT), "the connection stays open"


def test_undecodable_response_is_a_decode_error(runner: ClientRunner, serve: Any) -> None:
    caught = failed_call(runner, serve(Response(200, {"id": 1})))
    assert isinstance(caught, bc.DecodeError)
    assert caught.raw == '{"id": 1}'


def test_invalid_argument_is_not_sent(runner: ClientRunner, serve: Any) -> None:
    stub = serve(Response(200, wire.connector()))
    workspace = runner.workspace(stub.base_url)
    with pytest.raises(bc.BirdConnectorsError) as caught:
        runner.call(lambda: workspace.channels.send_text(wire.CHANNEL, to="", text="Hello"))
    assert caught.value.outcome == "not_sent"
    assert caught.value.attempts == 0
    assert not stub.requests


@pytest.mark.parametrize("protocol", [2, pickle.HIGHEST_PROTOCOL])
def test_exceptions_can_be_pickled_and_copied(protocol: int, runner: ClientRunner, serve: Any) -> None:
    stub = serve(
        error_response(409, "ResourceAlreadyExists", "it exists", details={"id": 1}, headers={"x-request-id": "r-1"})
    )
    caught = failed_call(runner, stub)
    for copied in (pickle.loads(pickle.dumps(caught, protocol)), copy.copy(caught)):
        assert type(copied) is bc.ConflictError
        assert str(copied) == str(caught)
        assert copied.args == caught.args
        for name in ("status", "code", "message", "details", "outcome", "attempts", "retry_after", "request_id"):
            assert getattr(copied, name) == getattr(caught, name), name


def test_exception_is_shown_on_one_line(runner: ClientRunner, serve: Any) -> None:
    caught = failed_call(runner, serve(error_response(404)))
    lines = "".join(traceback.format_exception_only(type(caught), caught)).splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("bird_connectors.")
    assert caught.__suppress_context__ or caught.__context__ is None


def test_delete_of_a_missing_connector_raises_unless_missing_ok(runner: ClientRunner, serve: Any) -> None:
    workspace = runner.workspace(serve(error_response(404)).base_url)
    with pytest.raises(bc.NotFoundError):
        runner.call(lambda: workspace.connectors.delete(wire.CONNECTOR))
    assert runner.call(lambda: workspace.connectors.delete(wire.CONNECTOR, missing_ok=True)).already_gone


def test_rejected_request_is_retried(runner: ClientRunner, serve: Any) -> None:
    stub = serve(in_sequence(error_response(429, headers={"retry-after": "0"}), Response(200, wire.connector())))
    found = runner.call(lambda: runner.workspace(stub.base_url).connectors.get(wire.CONNECTOR))
    assert found.name == "Shop 0"
    assert len(stub.requests) == 2


@pytest.mark.parametrize(
    ("error_type", "builtin"),
    [
        (bc.TransportError, ConnectionError),
        (bc.ApiTimeoutError, TimeoutError),
        (bc.WaitTimeoutError, TimeoutError),
        (bc.InvalidInputError, ValueError),
        (bc.JournalError, OSError),
    ],
)
def test_error_is_also_a_builtin_error(error_type: Any, builtin: type[Exception]) -> None:
    error = error_type("it failed", outcome="unknown", attempts=2)
    assert isinstance(error, (builtin, bc.BirdConnectorsError))
    assert issubclass(error_type, builtin)
    assert (str(error), error.args, error.attempts) == ("it failed", ("it failed",), 2)
    copied = pickle.loads(pickle.dumps(error))
    assert (type(copied), str(copied), copied.outcome) == (error_type, "it failed", "unknown")


def test_may_have_been_processed_follows_the_outcome() -> None:
    processed = {
        outcome: bc.TransportError(outcome=outcome).may_have_been_processed
        for outcome in ("not_sent", "rejected", "unknown", "answered")
    }
    assert processed == {"not_sent": False, "rejected": False, "unknown": True, "answered": False}
    assert bc.DecodeError(outcome="answered").may_have_been_processed
    assert not bc.InvalidInputError("invalid").may_have_been_processed


def test_field_errors_are_the_details_of_a_422(runner: ClientRunner, serve: Any) -> None:
    details = {
        ".receiver.contacts[0]": ["is unknown", "is blocked"],
        ".name": "is required",
        ".a": [1],
        ".b": {"c": []},
    }
    stub = serve(error_response(422, "InvalidPayload", "invalid payload", details=details))
    caught = failed_call(runner, stub)
    assert isinstance(caught, bc.ValidationError)
    assert caught.field_errors() == {".receiver.contacts[0]": ["is unknown", "is blocked"], ".name": ["is required"]}
    assert "invalid payload; .name: is required; .receiver.contacts[0]: is unknown, is blocked" in str(caught)
    assert caught.details == details
    assert pickle.loads(pickle.dumps(caught)).field_errors() == caught.field_errors()


@pytest.mark.parametrize(
    ("status", "details"), [(409, {"conversationId": "c-1"}), (422, None), (422, ["x"]), (422, {"id": 5})]
)
def test_other_details_are_not_field_errors(runner: ClientRunner, serve: Any, status: int, details: Any) -> None:
    stub = serve(error_response(status, "TheCode", "the message", details=details))
    caught = failed_call(runner, stub)
    assert isinstance(caught, bc.ApiError)
    assert caught.field_errors() == {}
