"""Requests beyond the contract: same key, transport and errors, and never another host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import bird_connectors as bc
import wire
from stub import Reply, error, in_turn

if TYPE_CHECKING:
    from conftest import Way


def test_a_reply(way: Way, serve: Any) -> None:
    stub = serve(Reply(200, {"a": [1]}, {"x-more": "yes"}))
    reply = way.call(
        lambda: way.open(stub.base_url).request("GET", "/workspaces/1/anything", query={"limit": 5, "q": "a b&c"})
    )
    assert (reply.status, reply.json(), reply.content) == (200, {"a": [1]}, b'{"a": [1]}')
    assert reply.headers["x-more"] == "yes"
    [request] = stub.requests
    assert (request.method, request.path) == ("GET", "/workspaces/1/anything")
    assert request.query == {"limit": "5", "q": "a b&c"}
    assert request.headers["authorization"] == f"AccessKey {wire.KEY}"


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE", "post"])
def test_a_body(method: str, way: Way, serve: Any) -> None:
    stub = serve(Reply(204))
    body = {"text": "é", "list": [1, None, True, 1.5, {}], "tuple": (1, 2)}
    reply = way.call(lambda: way.open(stub.base_url).request(method, "/anything", json=body))
    assert (reply.status, reply.content) == (204, b"")
    [request] = stub.requests
    assert request.method == method.upper()
    assert request.body == {**body, "tuple": [1, 2]}
    with pytest.raises(bc.DecodeError):
        reply.json()


def test_its_errors_are_the_same(way: Way, serve: Any) -> None:
    stub = serve(error(404, "ResourceNotFound"))
    with pytest.raises(bc.NotFoundError) as caught:
        way.call(lambda: way.open(stub.base_url).request("GET", "/anything?secret=1"))
    assert caught.value.code == "ResourceNotFound"
    assert "secret" not in str(caught.value)


def test_its_retries_are_the_same(way: Way, serve: Any) -> None:
    stub = serve(in_turn(error(429, headers={"retry-after": "0"}), Reply(200, {})))
    assert way.call(lambda: way.open(stub.base_url).request("POST", "/anything", json={})).status == 200
    assert len(stub.requests) == 2


@pytest.mark.parametrize(
    "path", ["", "no-slash", "//host/", "https://example.com/", "/\\host", "/a/../b", "/a#b", "/a\nb", "@host"]
)
def test_it_never_leaves_the_base_url(path: str, way: Way, serve: Any) -> None:
    stub = serve(Reply(200, {}))
    with pytest.raises(bc.InvalidInputError) as caught:
        way.call(lambda: way.open(stub.base_url).request("GET", path))
    assert "path" in str(caught.value)
    assert not stub.requests


@pytest.mark.parametrize("method", ["", "GE T", "GET\n", "é"])
def test_a_method_that_is_none(method: str, way: Way, serve: Any) -> None:
    stub = serve(Reply(200, {}))
    with pytest.raises(bc.InvalidInputError, match="method"):
        way.call(lambda: way.open(stub.base_url).request(method, "/anything"))
    assert not stub.requests
