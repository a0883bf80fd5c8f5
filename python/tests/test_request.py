"""`client.request`: operations without a method use the same key, transport and errors, and only the base URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import bird_connectors as bc
import wire
from stub import Response, error_response, in_sequence

if TYPE_CHECKING:
    from conftest import ClientRunner


def test_request_returns_status_headers_and_body(runner: ClientRunner, serve: Any) -> None:
    stub = serve(Response(200, {"a": [1]}, {"x-more": "yes"}))
    response = runner.call(
        lambda: runner.client(stub.base_url).request("GET", "/workspaces/1/anything", query={"limit": 5, "q": "a b&c"})
    )
    assert (response.status, response.json(), response.content) == (200, {"a": [1]}, b'{"a": [1]}')
    assert response.headers["x-more"] == "yes"
    [request] = stub.requests
    assert (request.method, request.path) == ("GET", "/workspaces/1/anything")
    assert request.query == {"limit": "5", "q": "a b&c"}
    assert request.headers["authorization"] == f"AccessKey {wire.KEY}"


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE", "post"])
def test_request_sends_a_json_body(method: str, runner: ClientRunner, serve: Any) -> None:
    stub = serve(Response(204))
    body = {"text": "é", "list": [1, None, True, 1.5, {}], "tuple": (1, 2)}
    response = runner.call(lambda: runner.client(stub.base_url).request(method, "/anything", json=body))
    assert (response.status, response.content) == (204, b"")
    [request] = stub.requests
    assert request.method == method.upper()
    assert request.body == {**body, "tuple": [1, 2]}
    with pytest.raises(bc.DecodeError):
        response.json()


def test_request_raises_the_errors_of_other_calls(runner: ClientRunner, serve: Any) -> None:
    stub = serve(error_response(404, "ResourceNotFound"))
    with pytest.raises(bc.NotFoundError) as caught:
        runner.call(lambda: runner.client(stub.base_url).request("GET", "/anything?secret=1"))
    assert caught.value.code == "ResourceNotFound"
    assert "secret" not in str(caught.value)


def test_request_is_retried_like_other_calls(runner: ClientRunner, serve: Any) -> None:
    stub = serve(in_sequence(error_response(429, headers={"retry-after": "0"}), Response(200, {})))
    assert runner.call(lambda: runner.client(stub.base_url).request("POST", "/anything", json={})).status == 200
    assert len(stub.requests) == 2


@pytest.mark.parametrize(
    "path", ["", "no-slash", "//host/", "https://example.com/", "/\\host", "/a/../b", "/a#b", "/a\nb", "@host"]
)
def test_request_rejects_a_path_outside_the_base_url(path: str, runner: ClientRunner, serve: Any) -> None:
    stub = serve(Response(200, {}))
    with pytest.raises(bc.InvalidInputError) as caught:
        runner.call(lambda: runner.client(stub.base_url).request("GET", path))
    assert "path" in str(caught.value)
    assert not stub.requests


@pytest.mark.parametrize("method", ["", "GE T", "GET\n", "é"])
def test_request_rejects_an_invalid_method(method: str, runner: ClientRunner, serve: Any) -> None:
    stub = serve(Response(200, {}))
    with pytest.raises(bc.InvalidInputError, match="method"):
        runner.call(lambda: runner.client(stub.base_url).request(method, "/anything"))
    assert not stub.requests
