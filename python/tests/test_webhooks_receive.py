"""Real receivers behind real sockets, and the sandbox that delivers to them; subscribing, in both ways."""

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
from bird_connectors.webhooks import Begin, ChannelEvent, Deduplicator, Event, Signals, Verifier, WebhookError, sign
from stub import unused_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import ClientRunner

EXAMPLES = Path(__file__).parents[1] / "examples"
KEY = "one key for both"
ORIGIN = "https://hooks.example.com"
URL = ORIGIN + "/bird?tenant=42"


def eventually(holds: Callable[[], Any], within: float = 20) -> Any:
    """What `holds` comes to, as soon as that is true."""
    end = time.monotonic() + within
    while not (result := holds()):
        assert time.monotonic() < end, "it never comes true"
        time.sleep(0.02)
    return result


class Receiver:
    """A FastAPI application in a real uvicorn, on a thread of its own."""

    def __init__(self) -> None:
        self.verifier = Verifier(signing_keys=[KEY], url=URL)
        self.deduplicator = Deduplicator()
        self.signals = Signals()
        self.arrived: list[Event] = []
        self.handled: list[Event] = []
        self.refused: list[WebhookError] = []
        self.failures = 0
        """How many times handling an event fails."""
        app = FastAPI()
        app.post("/bird")(self.receive)
        config = uvicorn.Config(app, port=0, log_config=None, lifespan="off", ws="none")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run)

    async def receive(self, request: Request) -> Response:
        try:
            event = self.verifier.verify(headers=request.headers, body=await request.body())
        except WebhookError as error:
            self.refused.append(error)
            return Response(error.reason, status_code=401)
        self.arrived.append(event)
        # What ASGI itself hands out verifies as well.
        assert self.verifier.verify(headers=request.scope["headers"], body=await request.body()) == event
        with self.deduplicator.work(event) as begun:
            if begun is Begin.NEW:
                if self.failures:
                    self.failures -= 1
                    raise HandlingError
                self.signals.push(event)
                self.handled.append(event)
        return Response(status_code=503 if begun is Begin.IN_FLIGHT else 204)

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
    """What a handler of a user's own may raise."""


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
        return bird.workspace().connectors.install(sms(sandbox)).until_ready(30).channel_id


def told(receiver: Receiver, channel: str) -> set[tuple[str, str | None]]:
    """What was handled of a channel."""
    events = [event for event in receiver.handled if isinstance(event, ChannelEvent)]
    return {(event.event, event.status) for event in events if event.channel_id == channel}


def test_every_change_arrives(sandbox: Sandbox, receiver: Receiver) -> None:
    channel = install(sandbox)
    eventually(lambda: ("channel.updated", "active") in told(receiver, channel))
    assert {"channel.created", "channel.updated"} == {event.event for event in receiver.handled}
    assert not receiver.refused
    assert all(attempt["status"] == 204 for attempt in sandbox.delivery_attempts())


def test_duplicates_reordering_and_forgeries(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.webhooks(copies=3, reorder=0.3, forged=2)
    channel = install(sandbox)
    eventually(lambda: ("channel.updated", "active") in told(receiver, channel))
    whole = eventually(lambda: len(rows := sandbox.delivery_attempts()) >= 12 and len(rows) % 6 == 0 and rows)
    keys = [event.delivery_key for event in receiver.handled]
    assert len(keys) == len(set(keys)) == len(whole) // 6, "each is handled once"
    assert len(receiver.arrived) == 4 * len(keys)
    assert [error.reason for error in receiver.refused] == ["signature_mismatch"] * 2 * len(keys)


def test_a_failure_is_worked_off_by_a_retry_with_its_old_timestamp(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.webhooks(timestamp_age=4 * 3600, retry_delays=[0.2, 0.2])
    receiver.failures = 1
    channel = install(sandbox)
    eventually(lambda: ("channel.updated", "active") in told(receiver, channel))
    first, retry = eventually(lambda: [row for row in sandbox.delivery_attempts() if tried_twice(sandbox, row)])
    assert (first["status"], retry["status"], retry["number"]) == (500, 204, 2)
    assert first["timestamp"] == retry["timestamp"]
    [handled] = [event for event in receiver.handled if event.request_id == first["request_id"]]
    assert [event.request_id for event in receiver.arrived].count(first["request_id"]) == 2
    assert time.time() - handled.timestamp.timestamp() >= 4 * 3600


def tried_twice(sandbox: Sandbox, row: dict[str, Any]) -> bool:
    return sum(other["request_id"] == row["request_id"] for other in sandbox.delivery_attempts()) == 2


def test_a_key_that_was_rotated(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.webhooks(signing_key="the next one")
    receiver.verifier = Verifier(signing_keys=["the next one", KEY], url=URL)
    channel = install(sandbox)
    eventually(lambda: ("channel.updated", "active") in told(receiver, channel))
    assert not receiver.refused


# Longer than any test: who does not listen to signals polls once, and then at the deadline.
SLOW: tuple[float, float] = (60, 60)


def test_signals_wake_the_wait(sandbox: Sandbox, receiver: Receiver, runner: ClientRunner) -> None:
    workspace = runner.client(sandbox.base_url, sandbox.access_key).workspace(sandbox.workspace_id)
    started = runner.call(lambda: workspace.connectors.install(sms(sandbox)))
    ready = runner.call(lambda: started.until_ready(30, interval=SLOW, signal=receiver.signals))
    assert ready.channel.status == "active"
    assert ready.elapsed < 30
    assert ready.polls <= 5


def test_with_all_events_lost_the_result_is_the_same(
    sandbox: Sandbox, receiver: Receiver, runner: ClientRunner
) -> None:
    sandbox.webhooks(lost="all")
    workspace = runner.client(sandbox.base_url, sandbox.access_key).workspace(sandbox.workspace_id)
    started = runner.call(lambda: workspace.connectors.install(sms(sandbox)))
    with pytest.raises(WaitTimeoutError):
        runner.call(lambda: started.until_ready(0.2, interval=SLOW, signal=receiver.signals))
    ready = runner.call(lambda: started.until_ready(30, signal=receiver.signals))
    assert ready.channel.status == "active"
    assert not receiver.arrived


def test_subscribing_twice_is_subscribing_once(runner: ClientRunner) -> None:
    with Sandbox() as sandbox:
        subscriptions = runner.client(sandbox.base_url, sandbox.access_key).workspace(sandbox.workspace_id)
        subscriptions = subscriptions.webhook_subscriptions
        made = runner.call(lambda: subscriptions.subscribe_to_channels(URL, KEY))
        again = runner.call(lambda: subscriptions.subscribe_to_channels(URL, KEY))
        assert (made.created.adopted, made.updated.adopted) == (False, False)
        assert (again.created.adopted, again.updated.adopted) == (True, True)
        assert again.created.subscription.id == made.created.subscription.id
        assert made.created.signing_key_applied
        assert {row["event"] for row in sandbox.webhook_subscriptions()} == {"channel.created", "channel.updated"}
        assert len(sandbox.webhook_subscriptions()) == 2
        assert KEY not in repr(made) + repr(again)
        with pytest.raises(InvalidInputError, match="the signing key is empty"):
            runner.call(lambda: subscriptions.subscribe_to_channels(URL, ""))


def test_ensure(runner: ClientRunner) -> None:
    with Sandbox() as sandbox:
        subscriptions = runner.client(sandbox.base_url, sandbox.access_key).workspace(sandbox.workspace_id)
        subscriptions = subscriptions.webhook_subscriptions
        wanted: dict[str, Any] = {"event": "sms.inbound", "url": URL, "signing_key": KEY}
        filtered = {**wanted, "filters": {"channelStatus": "active", "platformId": "sms-messagebird"}}
        one = runner.call(lambda: subscriptions.ensure(**wanted))
        other = runner.call(lambda: subscriptions.ensure(**filtered))
        assert (one.adopted, other.adopted) == (False, False)
        same = {"platformId": "sms-messagebird", "channelStatus": "active"}
        again = runner.call(lambda: subscriptions.ensure(**{**wanted, "filters": same}))
        assert (again.adopted, again.subscription.id) == (True, other.subscription.id)
        assert len(sandbox.webhook_subscriptions()) == 2
        runner.call(lambda: subscriptions.create(**wanted))
        with pytest.raises(ConflictError, match="delete all but one") as caught:
            runner.call(lambda: subscriptions.ensure(**wanted))
        assert one.subscription.id in caught.value.details


def get(url: str) -> Any:
    with urlopen(url, timeout=30) as reply:
        return json.load(reply)


@contextmanager
def served(command: list[str], url: str, **environment: str) -> Iterator[None]:
    """The example as it is run by hand."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("BIRD_")}
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=EXAMPLES,
        env={**own, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )

    def answers() -> bool:
        assert process.poll() is None, process.communicate()[0]
        try:
            return get(f"{url}/statuses") == {}
        except URLError:
            return False

    try:
        eventually(answers)
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
def test_examples(name: str) -> None:
    port = unused_port()
    local = f"http://127.0.0.1:{port}"
    with Sandbox(Script.timed(0.1, 0.4)) as sandbox, sandbox.client() as bird:
        sandbox.route(ORIGIN, local)
        sandbox.webhooks(copies=1, forged=1)
        settings = {**sandbox.environment(), "BIRD_WEBHOOK_KEYS": f"the next one,{KEY}", "BIRD_WEBHOOK_URL": URL}
        with served([*SERVERS[name], str(port)], local, **settings):
            workspace = bird.workspace()
            workspace.webhook_subscriptions.subscribe_to_channels(URL, KEY)
            started = workspace.connectors.install(sms(sandbox))
            if name == "fastapi":
                channel = get(f"{local}/connectors/{started.id}/channel")
            else:
                channel = started.until_ready(30).channel_id
            eventually(lambda: get(f"{local}/statuses") == {channel: "active"})
            attempts = sandbox.delivery_attempts()
            assert {row["status"] for row in attempts if row["forged"]} == {401}
            assert {row["status"] for row in attempts if not row["forged"]} <= {204, 200}

            body = b'{"service": "channels", "event": "channel.updated", "payload": {}}'
            now = int(time.time())
            delivery = UrlRequest(f"{local}/bird", body, {"MessageBird-Request-Timestamp": str(now)})
            with pytest.raises(HTTPError) as refused:
                urlopen(delivery)
            with refused.value as answer:
                assert (answer.status, answer.read()) == (401, b"missing_header")
            signature = sign(signing_key=KEY, timestamp=now, url=URL, body=body)
            delivery.add_header("MessageBird-Signature", signature)
            with urlopen(delivery) as answer:
                assert answer.status == 204
