"""Webhook receivers that the sandbox delivers to over real sockets, and webhook subscriptions, with both clients."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.request import Request as UrlRequest
from urllib.request import urlopen

import pytest
import uvicorn
from fastapi import FastAPI, Request, Response

from bird_connectors import ConflictError, InvalidInputError, Sms, WaitTimeoutError
from bird_connectors.testing import Sandbox, Script
from bird_connectors.webhooks import ChannelEvent, Claim, Deduplicator, Event, Signals, Verifier, WebhookError, sign
from stub import unused_port
from waiting import HANG_TIMEOUT, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import ClientRunner

EXAMPLES = Path(__file__).parents[1] / "examples"
KEY = "a signing key"
ORIGIN = "https://hooks.example.com"
URL = ORIGIN + "/bird?tenant=42"


class Receiver:
    """A FastAPI application that uvicorn serves on a thread."""

    def __init__(self) -> None:
        self.verifier = Verifier(signing_keys=[KEY], url=URL)
        self.deduplicator = Deduplicator()
        self.signals = Signals()
        self.received: list[Event] = []
        self.handled: list[Event] = []
        self.rejected: list[WebhookError] = []
        self.failures = 0
        """How many of the next events the handler fails to handle."""
        app = FastAPI()
        app.post("/bird")(self.receive)
        config = uvicorn.Config(app, port=0, log_config=None, lifespan="off", ws="none")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run)

    async def receive(self, request: Request) -> Response:
        try:
            event = self.verifier.verify(headers=request.headers, body=await request.body())
        except WebhookError as error:
            self.rejected.append(error)
            return Response(error.reason, status_code=401)
        self.received.append(event)
        # The raw headers of ASGI are accepted too.
        assert self.verifier.verify(headers=request.scope["headers"], body=await request.body()) == event
        with self.deduplicator.work(event) as claim:
            if claim is Claim.NEW:
                if self.failures:
                    self.failures -= 1
                    raise HandlingError
                self.signals.push(event)
                self.handled.append(event)
        return Response(status_code=503 if claim is Claim.IN_FLIGHT else 204)

    def __enter__(self) -> Receiver:
        self.thread.start()
        eventually(lambda: self.server.started)
        host, port = self.server.servers[0].sockets[0].getsockname()
        self.address = f"http://{host}:{port}"
        return self

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self.thread.join()


class HandlingError(Exception):
    """An exception of a custom handler."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def sandbox(receiver: Receiver) -> Iterator[Sandbox]:
    with Sandbox(Script.timed(0.1, 0.4)) as sandbox:
        sandbox.route(ORIGIN, receiver.address)
        with sandbox.client() as bird:
            bird.workspace().webhook_subscriptions.subscribe_to_channels(URL, KEY)
        yield sandbox


def sms(sandbox: Sandbox, name: str = "Shop") -> Sms:
    return Sms(name=name, phone_number_id=sandbox.phone_number_id, channel_message_type="conversational")


def install(sandbox: Sandbox) -> str:
    with sandbox.client() as bird:
        return bird.workspace().connectors.install(sms(sandbox)).until_ready(HANG_TIMEOUT).channel_id


def handled_events(receiver: Receiver, channel: str) -> set[tuple[str, str | None]]:
    """The events of a channel that were handled, with the status of each."""
    events = [event for event in receiver.handled if isinstance(event, ChannelEvent)]
    return {(event.event, event.status) for event in events if event.channel_id == channel}


def test_receiver_handles_every_event_of_an_install(sandbox: Sandbox, receiver: Receiver) -> None:
    channel = install(sandbox)
    eventually(lambda: ("channel.updated", "active") in handled_events(receiver, channel))
    assert {"channel.created", "channel.updated"} == {event.event for event in receiver.handled}
    assert not receiver.rejected
    assert all(attempt["status"] == 204 for attempt in sandbox.delivery_attempts())


def test_receiver_survives_duplicates_reordering_and_forgeries(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.webhooks(copies=3, reorder=0.3, forged=2)
    channel = install(sandbox)
    eventually(lambda: ("channel.updated", "active") in handled_events(receiver, channel))
    eventually(lambda: {"channel.created", "channel.updated"} == {event.event for event in receiver.handled})
    # Each event is delivered once, and then as three copies and two forgeries.
    eventually(lambda: len(sandbox.delivery_attempts()) == 6 * len(receiver.handled))
    keys = [event.delivery_key for event in receiver.handled]
    assert len(keys) == len(set(keys)) >= 2, "each event is handled once"
    assert len(receiver.received) == 4 * len(keys)
    assert [error.reason for error in receiver.rejected] == ["signature_mismatch"] * 2 * len(keys)


def test_retried_delivery_with_an_old_timestamp_is_handled(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.webhooks(timestamp_age=4 * 3600, retry_delays=[0.2, 0.2])
    receiver.failures = 1
    channel = install(sandbox)
    eventually(lambda: ("channel.updated", "active") in handled_events(receiver, channel))
    first, retry = eventually(lambda: [row for row in sandbox.delivery_attempts() if was_retried(sandbox, row)])
    assert (first["status"], retry["status"], retry["number"]) == (500, 204, 2)
    assert first["timestamp"] == retry["timestamp"]
    [handled] = [event for event in receiver.handled if event.request_id == first["request_id"]]
    assert [event.request_id for event in receiver.received].count(first["request_id"]) == 2
    assert time.time() - handled.timestamp.timestamp() >= 4 * 3600


def was_retried(sandbox: Sandbox, row: dict[str, Any]) -> bool:
    return sum(other["request_id"] == row["request_id"] for other in sandbox.delivery_attempts()) == 2


def test_receiver_accepts_both_keys_during_a_rotation(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.webhooks(signing_key="the next one")
    receiver.verifier = Verifier(signing_keys=["the next one", KEY], url=URL)
    channel = install(sandbox)
    eventually(lambda: ("channel.updated", "active") in handled_events(receiver, channel))
    assert not receiver.rejected


# Without signals, a wait with this interval polls once and then at its timeout.
SLOW: tuple[float, float] = (600, 600)


def test_events_trigger_polls_of_a_wait(sandbox: Sandbox, receiver: Receiver, runner: ClientRunner) -> None:
    workspace = runner.sandbox_workspace(sandbox)
    started = runner.call(lambda: workspace.connectors.install(sms(sandbox)))
    ready = runner.call(lambda: started.until_ready(HANG_TIMEOUT, interval=SLOW, signal=receiver.signals))
    assert ready.channel.status == "active"
    assert ready.elapsed < HANG_TIMEOUT
    assert ready.polls <= 5


def test_wait_succeeds_if_all_events_are_lost(sandbox: Sandbox, receiver: Receiver, runner: ClientRunner) -> None:
    sandbox.webhooks(lost="all")
    sandbox.next_install(Script.pending(0))
    workspace = runner.sandbox_workspace(sandbox)
    started = runner.call(lambda: workspace.connectors.install(sms(sandbox)))
    with pytest.raises(WaitTimeoutError):
        runner.call(lambda: started.until_ready(0.2, interval=SLOW, signal=receiver.signals))
    sandbox.set_status(started.id, "active")
    ready = runner.call(lambda: started.until_ready(HANG_TIMEOUT, signal=receiver.signals))
    assert ready.channel.status == "active"
    assert not receiver.received


def test_repeated_subscribe_to_channels_adopts_the_subscriptions(runner: ClientRunner) -> None:
    with Sandbox() as sandbox:
        subscriptions = runner.sandbox_workspace(sandbox).webhook_subscriptions
        first = runner.call(lambda: subscriptions.subscribe_to_channels(URL, KEY))
        second = runner.call(lambda: subscriptions.subscribe_to_channels(URL, KEY))
        assert (first.created.adopted, first.updated.adopted) == (False, False)
        assert (second.created.adopted, second.updated.adopted) == (True, True)
        assert second.created.subscription.id == first.created.subscription.id
        assert first.created.signing_key_applied
        assert {row["event"] for row in sandbox.webhook_subscriptions()} == {"channel.created", "channel.updated"}
        assert len(sandbox.webhook_subscriptions()) == 2
        assert KEY not in repr(first) + repr(second)
        with pytest.raises(InvalidInputError, match="the signing key is empty"):
            runner.call(lambda: subscriptions.subscribe_to_channels(URL, ""))


def test_ensure_adopts_a_subscription_with_matching_filters(runner: ClientRunner) -> None:
    with Sandbox() as sandbox:
        subscriptions = runner.sandbox_workspace(sandbox).webhook_subscriptions
        wanted: dict[str, Any] = {"event": "sms.inbound", "url": URL, "signing_key": KEY}
        filtered = {**wanted, "filters": {"channelStatus": "active", "platformId": "sms-messagebird"}}
        one = runner.call(lambda: subscriptions.ensure(**wanted))
        other = runner.call(lambda: subscriptions.ensure(**filtered))
        assert (one.adopted, other.adopted) == (False, False)
        reordered = {"platformId": "sms-messagebird", "channelStatus": "active"}
        by_name = {"platform_id": "sms-messagebird", "channel_status": "active"}
        mixed = {"platform_id": "sms-messagebird", "filters": {"channelStatus": "active"}}
        for same in ({"filters": reordered}, by_name, mixed):
            second = runner.call(lambda same=same: subscriptions.ensure(**wanted, **same))
            assert (second.adopted, second.subscription.id) == (True, other.subscription.id)
        updated = runner.call(lambda: subscriptions.update(other.subscription.id, channel_status="pending"))
        assert [(one.key, one.value) for one in updated.event_filters] == [("channelStatus", "pending")]
        assert len(sandbox.webhook_subscriptions()) == 2
        runner.call(lambda: subscriptions.create(**wanted))
        with pytest.raises(ConflictError, match="delete all but one") as caught:
            runner.call(lambda: subscriptions.ensure(**wanted))
        assert one.subscription.id in caught.value.details


def get(url: str) -> Any:
    with urlopen(url, timeout=HANG_TIMEOUT) as response:
        return json.load(response)


@contextmanager
def served(command: list[str], url: str, **environment: str) -> Iterator[None]:
    """Runs an example from the command line."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("BIRD_")}
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=EXAMPLES,
        env={**own, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )

    def is_ready() -> bool:
        assert process.poll() is None, process.communicate()[0]
        try:
            return get(f"{url}/statuses") == {}
        except URLError:
            return False

    try:
        eventually(is_ready)
        yield
    finally:
        process.terminate()
        process.communicate()


SERVERS = {
    "fastapi": ["-m", "uvicorn", "webhooks_fastapi:app", "--port"],
    "flask": ["-m", "flask", "--app", "webhooks_flask", "run", "--port"],
    "django": ["webhooks_django.py", "runserver", "--noreload"],
}


@pytest.mark.parametrize("name", SERVERS)
def test_example_receives_webhooks(name: str) -> None:
    port = unused_port()
    local = f"http://127.0.0.1:{port}"
    with Sandbox(Script.timed(0.1, 0.4)) as sandbox, sandbox.client() as bird:
        sandbox.route(ORIGIN, local)
        sandbox.webhooks(copies=1, forged=1)
        settings = {**sandbox.environment(), "BIRD_SIGNING_KEY": KEY, "BIRD_WEBHOOK_URL": URL}
        with served([*SERVERS[name], str(port)], local, **settings):
            workspace = bird.workspace()
            workspace.webhook_subscriptions.subscribe_to_channels(URL, KEY)
            started = workspace.connectors.install(sms(sandbox))
            if name == "fastapi":
                channel = get(f"{local}/connectors/{started.id}/channel")
            else:
                channel = started.until_ready(HANG_TIMEOUT).channel_id
            eventually(lambda: get(f"{local}/statuses") == {channel: "active"})
            attempts = sandbox.delivery_attempts()
            assert {row["status"] for row in attempts if row["forged"]} == {401}
            assert {row["status"] for row in attempts if not row["forged"]} <= {204, 200}

            body = b'{"service": "channels", "event": "channel.updated", "payload": {}}'
            now = int(time.time())
            delivery = UrlRequest(f"{local}/bird", body, {"MessageBird-Request-Timestamp": str(now)})
            with pytest.raises(HTTPError) as rejected:
                urlopen(delivery)
            with rejected.value as response:
                assert (response.status, response.read()) == (401, b"missing_header")
            signature = sign(signing_key=KEY, timestamp=now, url=URL, body=body)
            delivery.add_header("MessageBird-Signature", signature)
            with urlopen(delivery) as response:
                assert response.status == 204
