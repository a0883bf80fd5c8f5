"""Calls and deliveries with secrets, which the responses repeat, for the tests of logs, spans and metrics."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

import bird_connectors as bc
import wire
from bird_connectors.webhooks import REQUEST_ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, Verifier, sign
from stub import error_response

if TYPE_CHECKING:
    from conftest import ClientRunner

TOKEN = "meta-token-5f0c"
SIGNING_KEY = "signing-key-19cd"
SECRETS = (wire.KEY, TOKEN, SIGNING_KEY)


def delivery(key: str, url: str, age: float = 5) -> dict[str, Any]:
    """The headers and the body of a delivery, as arguments of `Verifier.verify`."""
    body = b'{"service":"channels","event":"channel.created","payload":{"id":"%s"}}' % wire.CHANNEL.encode()
    timestamp = int(time.time() - age)
    signature = sign(signing_key=key, timestamp=timestamp, url=url, body=body)
    headers = {SIGNATURE_HEADER: signature, TIMESTAMP_HEADER: str(timestamp), REQUEST_ID_HEADER: "one"}
    return {"headers": headers, "body": body}


def make_calls_with_secrets(runner: ClientRunner, serve: Any) -> None:
    """Sends each secret in every place that has one: headers, bodies, paths, queries and deliveries."""
    stub = serve(lambda request: error_response(503, request.raw.decode("latin-1"), wire.KEY))
    workspace = runner.workspace(stub.base_url, max_attempts=2)
    url = f"https://hooks.example.com/bird?key={SIGNING_KEY}"
    template = bc.Custom(template="viber:1", name="Shop", security_arguments={"oauth": {"token": TOKEN}})
    client = runner.client(stub.base_url, max_attempts=1)
    for call in (
        lambda: workspace.connectors.get(wire.CONNECTOR),  # retried
        lambda: workspace.connectors.install(template),
        lambda: workspace.webhook_subscriptions.create(event="channel.updated", url=url, signing_key=SIGNING_KEY),
        lambda: client.request("GET", f"/a/{TOKEN}", query={"key": SIGNING_KEY}),
    ):
        with pytest.raises(bc.ApiError):
            runner.call(call)
    install, create, request = [request.raw for request in stub.requests][-3:]
    for secret, where in ((wire.KEY, install), (TOKEN, install), (SIGNING_KEY, create), (TOKEN, request)):
        assert secret.encode() in where, f"{secret} was not sent"
    verifier = Verifier(signing_keys=[SIGNING_KEY], url=url)
    verifier.verify(**delivery(SIGNING_KEY, url))
    with pytest.raises(bc.WebhookError):
        verifier.verify(headers={SIGNATURE_HEADER: TOKEN, TIMESTAMP_HEADER: "1"}, body=TOKEN.encode())


def assert_no_secrets(*shown: str) -> None:
    for one in shown:
        for secret in SECRETS:
            assert secret not in one
