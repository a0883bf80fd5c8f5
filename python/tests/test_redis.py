"""Webhooks shared through Redis: deduplication, and events that wake waits. The tests start the server."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import logging
import os
import pickle
import socket
import subprocess
import sys
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import redis as redis_py
import redis.asyncio

from bird_connectors import InvalidInputError, Sms, WaitOptions
from bird_connectors._dedup_claims import ClaimTokens
from bird_connectors.redis import (
    AsyncRedisDedupStore,
    AsyncRedisSignals,
    RedisDedupStore,
    RedisSignals,
    _dedup,
    _signals,
)
from bird_connectors.redis._messages import channel_of, decode, encode
from bird_connectors.redis._signals import (
    DEAD_AFTER,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    PING_AFTER,
    SilenceMonitor,
    jittered,
    next_pause,
)
from bird_connectors.testing import Sandbox, Script
from bird_connectors.webhooks import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    AsyncDeduplicator,
    Claim,
    Deduplicator,
    Event,
    Verifier,
    sign,
)
from services import Server, redis_server
from waiting import HANG_TIMEOUT, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import ClientRunner, Program

RECORDED: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parents[2] / "crates/bird-connectors/tests/vectors/redis.json").read_text()
)
DEDUP: dict[str, Any] = RECORDED["dedup"]
SIGNALS: dict[str, Any] = RECORDED["signals"]
KEY: str = DEDUP["delivery_key"]
# Longer than any test.
LONG = 3600


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


def url_of(server: Server) -> str:
    return f"redis://127.0.0.1:{server.port}/0"


@pytest.fixture
def url(server: Server) -> str:
    return url_of(server)


@pytest.fixture
def prefix() -> str:
    """A new one for each test, because the tests share the server."""
    return f"test-{uuid.uuid4().hex}:"


@pytest.fixture
def raw(url: str) -> Iterator[redis_py.Redis]:
    """A client that reads and writes keys as other programs do."""
    with redis_py.Redis.from_url(url, decode_responses=True) as client:
        yield client


class Store:
    """A store of either kind, so that one test covers both. All calls of a test run in one event loop."""

    def __init__(self, is_async: bool, server: Any, **settings: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self.store: Any = (AsyncRedisDedupStore if is_async else RedisDedupStore)(server, **settings)

    def _call(self, result: Any) -> Any:
        return self._loop.run_until_complete(result) if asyncio.iscoroutine(result) else result

    def begin(self, key: str = KEY) -> Claim:
        return self._call(self.store.begin(key))

    def commit(self, key: str = KEY) -> None:
        self._call(self.store.commit(key))

    def release(self, key: str = KEY) -> None:
        self._call(self.store.release(key))

    def close(self) -> None:
        self._call(self.store.close())
        self._loop.close()


@pytest.fixture
def open_store(runner: ClientRunner, url: str, prefix: str) -> Iterator[Any]:
    """Opens stores that share their keys, each like the one of another process."""
    stores: list[Store] = []

    def open(server: Any = url, **settings: Any) -> Store:
        stores.append(Store(runner.is_async, server, **{"prefix": prefix, "lease": LONG, **settings}))
        return stores[-1]

    yield open
    for store in stores:
        store.close()


def expire(raw: redis_py.Redis, prefix: str) -> None:
    """Ends the lease of the claim, as its time does."""
    assert raw.delete(f"{prefix}dedup:{KEY}") == 1


def test_first_worker_claims_and_the_second_sees_it_in_flight_then_done(open_store: Any) -> None:
    first, second = open_store(), open_store()
    assert first.begin() is Claim.NEW
    assert second.begin() is Claim.IN_FLIGHT
    assert first.begin() is Claim.IN_FLIGHT
    first.commit()
    assert second.begin() is Claim.DONE
    assert first.begin() is Claim.DONE


def test_released_key_is_new_again(open_store: Any) -> None:
    first, second = open_store(), open_store()
    assert first.begin() is Claim.NEW
    first.release()
    assert second.begin() is Claim.NEW


def test_worker_that_saw_the_key_in_flight_leaves_no_token(open_store: Any) -> None:
    store = open_store()
    assert store.begin() is Claim.NEW
    assert store.begin() is Claim.IN_FLIGHT
    store.release()
    assert store.begin() is Claim.NEW
    store.release()
    assert open_store().begin() is Claim.NEW


def test_processed_key_stays_processed_after_a_release(open_store: Any) -> None:
    store = open_store()
    assert store.begin() is Claim.NEW
    store.commit()
    store.release()
    assert store.begin() is Claim.DONE


def test_worker_whose_lease_ended_does_not_release_the_claim_of_another(
    open_store: Any, raw: redis_py.Redis, prefix: str
) -> None:
    slow, other = open_store(), open_store()
    assert slow.begin() is Claim.NEW
    expire(raw, prefix)
    assert other.begin() is Claim.NEW
    slow.release()
    assert open_store().begin() is Claim.IN_FLIGHT
    other.release()
    assert open_store().begin() is Claim.NEW


def test_worker_of_one_store_whose_lease_ended_does_not_release_the_claim_of_its_neighbour(
    open_store: Any, raw: redis_py.Redis, prefix: str
) -> None:
    store = open_store()
    assert store.begin() is Claim.NEW
    expire(raw, prefix)
    assert store.begin() is Claim.NEW, "a second worker of the same process"
    store.release()
    assert open_store().begin() is Claim.IN_FLIGHT, "one of the two workers may still be running"
    store.release()
    assert open_store().begin() is Claim.NEW, "both have ended"


def test_commit_after_the_lease_outlasts_the_failure_of_the_other_worker(
    open_store: Any, raw: redis_py.Redis, prefix: str
) -> None:
    slow, other = open_store(), open_store()
    assert slow.begin() is Claim.NEW
    expire(raw, prefix)
    assert other.begin() is Claim.NEW
    slow.commit()
    assert open_store().begin() is Claim.DONE
    other.release()
    assert open_store().begin() is Claim.DONE


def test_release_without_a_claim_of_the_store_keeps_the_claim_of_another(open_store: Any) -> None:
    assert open_store().begin() is Claim.NEW
    open_store().release()
    assert open_store().begin() is Claim.IN_FLIGHT


def test_claim_of_a_dead_worker_ends_with_its_lease(open_store: Any) -> None:
    assert open_store(lease=0.05).begin() is Claim.NEW
    eventually(lambda: open_store().begin() is Claim.NEW)


def test_processed_key_is_forgotten_after_its_time(open_store: Any) -> None:
    store = open_store(remember_for=0.05)
    assert store.begin() is Claim.NEW
    store.commit()
    eventually(lambda: store.begin() is Claim.NEW)


def test_repeated_begin_after_a_lost_reply_is_still_new(raw: redis_py.Redis, prefix: str) -> None:
    commands = _dedup._Commands(prefix, LONG, LONG)
    for _ in range(2):
        assert raw.eval(*commands.begin(KEY, "a" * 32)) == 0
    assert raw.eval(*commands.begin(KEY, "b" * 32)) == 1


@pytest.mark.parametrize("decode_responses", [False, True])
def test_store_accepts_a_client_and_does_not_close_it(
    runner: ClientRunner, url: str, prefix: str, decode_responses: bool
) -> None:
    client_type: Any = redis.asyncio.Redis if runner.is_async else redis_py.Redis
    client = client_type.from_url(url, decode_responses=decode_responses)
    store = Store(runner.is_async, client, prefix=prefix)
    assert store.begin() is Claim.NEW
    assert store.begin() is Claim.IN_FLIGHT
    store.commit()
    assert store.begin() is Claim.DONE
    store._call(store.store.close())
    assert store.begin() is Claim.DONE
    store._call(client.aclose() if runner.is_async else client.close())
    store.close()


def test_one_of_many_threads_claims_each_key(url: str, prefix: str) -> None:
    keys = [f"{number:064x}" for number in range(50)]
    with RedisDedupStore(url, prefix=prefix) as store, ThreadPoolExecutor(8) as threads:
        claims = list(threads.map(store.begin, keys * 8))
    assert claims.count(Claim.NEW) == len(keys)
    assert claims.count(Claim.IN_FLIGHT) == 7 * len(keys)


def test_one_of_many_processes_processes_each_event(url: str, prefix: str) -> None:
    code = """
import sys
from bird_connectors.redis import RedisDedupStore
from bird_connectors.webhooks import Claim
with RedisDedupStore(sys.argv[1], prefix=sys.argv[2]) as store:
    for number in range(100):
        key = f"{number:064x}"
        if store.begin(key) is Claim.NEW:
            print(number)
            store.commit(key)
"""
    command = [sys.executable, "-c", code, url, prefix]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    outputs = [process.communicate(timeout=HANG_TIMEOUT)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4
    assert sorted(int(line) for output in outputs for line in output.split()) == list(range(100))


def test_deduplicators_commit_on_success_and_release_on_failure(url: str, prefix: str) -> None:
    event = make_event()

    def work_in(store: RedisDedupStore, *, fails: bool) -> Claim:
        with Deduplicator(store).work(event) as claim:
            if fails:
                raise WorkError
        return claim

    async def work_async(*, fails: bool) -> Claim:
        async with AsyncRedisDedupStore(url, prefix=prefix) as store, AsyncDeduplicator(store).work(event) as claim:
            if fails:
                raise WorkError
        return claim

    with RedisDedupStore(url, prefix=prefix) as store:
        for _ in range(2):
            with pytest.raises(WorkError):
                work_in(store, fails=True)
            with pytest.raises(WorkError):
                asyncio.run(work_async(fails=True))
        assert work_in(store, fails=False) is Claim.NEW
        assert work_in(store, fails=False) is Claim.DONE
        assert asyncio.run(work_async(fails=False)) is Claim.DONE


class WorkError(Exception):
    """The work of a test fails."""


def test_keys_and_values_have_the_recorded_format(open_store: Any, raw: redis_py.Redis, prefix: str) -> None:
    assert (DEDUP["begin_script"], DEDUP["release_script"]) == (_dedup.BEGIN, _dedup.RELEASE)
    assert _dedup.claimed_value(DEDUP["token"]) == DEDUP["claimed_value"]
    assert DEDUP["done_value"] == _dedup.DONE
    commands = _dedup._Commands(RECORDED["prefix"], 86_700, 60)
    assert commands.redis_key(KEY.upper()) == DEDUP["redis_key"]
    assert (commands.lease, commands.remember_for) == (DEDUP["default_lease_ms"], DEDUP["default_remember_for_ms"])
    # A store with default settings, but another prefix.
    name = DEDUP["redis_key"].replace(RECORDED["prefix"], prefix)
    store = open_store(lease=60)
    store.begin()
    value: Any = raw.get(name)
    assert len(value) == len(DEDUP["claimed_value"])
    assert value.startswith("claim:")
    assert 0 < raw.pttl(name) <= DEDUP["default_lease_ms"]  # type: ignore[operator]
    store.commit()
    assert raw.get(name) == DEDUP["done_value"]
    assert DEDUP["default_lease_ms"] < raw.pttl(name) <= DEDUP["default_remember_for_ms"]  # type: ignore[operator]


def test_store_reads_the_recorded_keys_of_other_programs(open_store: Any, raw: redis_py.Redis, prefix: str) -> None:
    name = DEDUP["redis_key"].replace(RECORDED["prefix"], prefix)
    raw.set(name, DEDUP["claimed_value"])
    assert open_store().begin() is Claim.IN_FLIGHT
    open_store().release()
    assert raw.get(name) == DEDUP["claimed_value"]
    raw.set(name, DEDUP["done_value"])
    assert open_store().begin() is Claim.DONE


@pytest.mark.parametrize(
    ("duration", "milliseconds"),
    [
        (0, 1),
        (0.0001, 1),
        (1.1, 1100),
        (1.1001, 1101),
        (timedelta(minutes=1), 60_000),
        (Decimal("0.25"), 250),
        (1e300, DEDUP["longest_ms"]),
    ],
)
def test_durations_are_rounded_up_to_milliseconds(duration: Any, milliseconds: int) -> None:
    commands = _dedup._Commands("", duration, duration)
    assert commands.lease == commands.remember_for == milliseconds


@pytest.mark.parametrize("settings", [{"lease": -1}, {"remember_for": float("nan")}])
@pytest.mark.parametrize("kind", [RedisDedupStore, AsyncRedisDedupStore])
def test_invalid_durations_are_refused(kind: Any, settings: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError, match=f"invalid {next(iter(settings))}"):
        kind("redis://localhost", **settings)


@pytest.mark.parametrize("kind", [RedisDedupStore, AsyncRedisDedupStore, RedisSignals, AsyncRedisSignals])
def test_invalid_servers_are_refused_without_showing_the_password(kind: Any) -> None:
    for url in ("localhost:6379", "redis://:sec/ret@localhost:6379", "redis://localhost:sec-ret", ""):
        with pytest.raises(InvalidInputError, match="invalid redis URL") as caught:
            kind(url)
        assert "sec" not in str(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
    for server in (None, 6379, object()):
        with pytest.raises(TypeError, match="invalid redis: expected a URL"):
            kind(server)
    with pytest.raises(TypeError, match="invalid prefix"):
        kind("redis://localhost", prefix=None)
    assert "secret" not in repr(kind("redis://:secret@localhost"))


@pytest.mark.parametrize("key", ["", "short", KEY + "0", KEY[:-1] + "x", f"{KEY}\n"])
def test_invalid_keys_are_refused(open_store: Any, key: str) -> None:
    store = open_store()
    for method in (store.begin, store.commit, store.release):
        with pytest.raises(InvalidInputError, match="64 hexadecimal digits"):
            method(key)


def test_key_of_another_type_is_refused(open_store: Any) -> None:
    with pytest.raises(TypeError, match="invalid key: expected the delivery_key of an event, got None"):
        open_store().begin(None)


def test_failed_begin_claims_nothing_in_the_store(open_store: Any, tmp_path: Path) -> None:
    with redis_server(tmp_path) as server:
        store = open_store(url_of(server))
        server.stop()
        with pytest.raises(redis_py.ConnectionError):
            store.begin()
        server.restart()
        assert store.begin() is Claim.NEW
        store.release()
        assert store.begin() is Claim.NEW


@pytest.mark.parametrize("scheme", ["redis", "rediss"])
def test_server_that_does_not_respond_is_asked_once(runner: ClientRunner, scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"{scheme}://127.0.0.1:{silent.getsockname()[1]}/0?socket_timeout=0.1&socket_connect_timeout=0.1"
        store: Any = (AsyncRedisDedupStore if runner.is_async else RedisDedupStore)(url)

        async def result_of(call: Any) -> Any:
            return await call if inspect.isawaitable(call) else call

        async def begin() -> None:
            with pytest.raises(redis_py.TimeoutError):
                await result_of(store.begin("a" * 64))
            await result_of(store.close())

        asyncio.run(begin())
        silent.setblocking(False)
        connections = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                silent.accept()[0].close()
                connections += 1
        assert connections == 1


def test_tokens_beyond_the_capacity_drop_the_oldest() -> None:
    tokens = ClaimTokens(capacity=2)
    for number in range(3):
        tokens.add(f"key {number}", f"token {number}")
    assert len(tokens) == 2
    assert tokens.take_oldest("key 0") is None
    assert [tokens.take_oldest(f"key {number}") for number in (2, 1)] == ["token 2", "token 1"]
    assert len(tokens) == 0


def test_tokens_of_a_key_are_taken_in_order() -> None:
    tokens = ClaimTokens()
    tokens.add("key", "first")
    tokens.add("key", "second")
    assert [tokens.take_oldest("key") for _ in range(3)] == ["first", "second", None]


# --- Signals ---


def make_event(connector_id: str | None = None, channel_id: str | None = None, key: str = KEY, **values: Any) -> Event:
    """An event as the verifier returns it."""
    ids = {"connectorId": connector_id, "channelId": channel_id}
    settings: dict[str, Any] = {
        "service": "channels",
        "event": "channel.updated",
        "payload": {name: id for name, id in ids.items() if id},
        "request_id": None,
        "timestamp": datetime(2026, 1, 1, tzinfo=timezone.utc),
        "channel_id": channel_id,
        "connector_id": connector_id,
        "delivery_key": key,
        "extra": {},
        "raw_body": None,
        **values,
    }
    return Event(**settings)


def verified(recorded: dict[str, Any]) -> Event:
    """The event that the verifier returns for a recorded one."""
    signing_key, url = "a signing key", "https://hooks.example.com/bird"
    body = json.dumps({name: recorded[name] for name in ("service", "event", "payload")}).encode()
    at = int(datetime.fromisoformat(recorded["timestamp"].replace("Z", "+00:00")).timestamp())
    signature = sign(signing_key=signing_key, timestamp=at, url=url, body=body)
    headers = {SIGNATURE_HEADER: signature, TIMESTAMP_HEADER: str(at)}
    return Verifier(signing_keys=[signing_key], url=url).verify(headers=headers, body=body, now=at)


@pytest.mark.parametrize("example", SIGNALS["published"], ids=lambda example: example["event"]["event"])
def test_message_about_an_event_has_the_recorded_format(example: dict[str, Any]) -> None:
    event = verified(example["event"])
    message = json.loads(encode(event) or "")
    assert message == {**example["message"], "delivery_key": event.delivery_key}
    assert "not in the message" not in str(message)


@pytest.mark.parametrize("recorded", SIGNALS["not_published"])
def test_event_without_ids_is_not_published(recorded: dict[str, Any]) -> None:
    assert encode(verified(recorded)) is None


@pytest.mark.parametrize("message", [json.dumps(example["message"]) for example in SIGNALS["published"]])
@pytest.mark.parametrize("encoding", [str, str.encode])
def test_recorded_messages_are_accepted(message: str, encoding: Any) -> None:
    event = decode(encoding(message))
    assert event is not None
    RedisSignals("redis://localhost")._native.push(event)


@pytest.mark.parametrize("message", SIGNALS["accepted"])
def test_messages_with_unknown_values_are_accepted(message: str) -> None:
    event = decode(message.encode())
    assert event is not None
    RedisSignals("redis://localhost")._native.push(event)


@pytest.mark.parametrize(
    "message",
    [*SIGNALS["ignored"], "[" * 100_000, "9" * 50_000, " " * 70_000, "\ud800".encode("utf-8", "surrogatepass")],
)
def test_other_messages_are_ignored(message: str | bytes) -> None:
    assert decode(message) is None


def test_channel_has_the_recorded_name() -> None:
    assert channel_of(RECORDED["prefix"]) == SIGNALS["channel"]


# Without signals, a wait with this interval polls once and then at its timeout.
SLOW: tuple[float, float] = (600, 600)


@pytest.fixture
def waiting() -> Iterator[tuple[Sandbox, str]]:
    """The token of an install, which becomes active only when a test changes its status."""
    with Sandbox(Script.pending(0)) as sandbox, sandbox.client() as bird:
        template = Sms(name="Shop", phone_number_id=sandbox.phone_number_id, channel_message_type="conversational")
        yield sandbox, bird.workspace().connectors.install(template).token


def polls_of(sandbox: Sandbox) -> int:
    return sum(request["method"] == "GET" for request in sandbox.requests())


class Waiter:
    """A wait in a thread. Without signals it would poll once, and then at its timeout."""

    def __init__(self, runner: ClientRunner, waiting: tuple[Sandbox, str], server: Any, prefix: str) -> None:
        sandbox, token = waiting
        self.sandbox = sandbox
        self.hub: Any = (AsyncRedisSignals if runner.is_async else RedisSignals)(server, prefix=prefix)
        connectors = runner.sandbox_workspace(sandbox).connectors
        polled = threading.Event()
        options: dict[str, Any] = {"timeout": HANG_TIMEOUT, "interval": SLOW, "signal": self.hub}
        options["on_progress"] = lambda _: polled.set()

        async def wait_async() -> Any:
            async with self.hub:
                return await connectors.resume(token).until_ready(**options)

        def wait() -> Any:
            with self.hub:
                return connectors.resume(token).until_ready(**options)

        self.threads = ThreadPoolExecutor(1)
        self.result = self.threads.submit((lambda: asyncio.run(wait_async())) if runner.is_async else wait)
        # A poll is several requests.
        eventually(lambda: polled.is_set() or self.result.done())
        assert not self.result.done(), self.result.result()

    def finish(self) -> Any:
        """Waits for the end of the wait, and returns its result."""
        with self.threads:
            return self.result.result(HANG_TIMEOUT)


def publish(is_async: bool, server: Any, prefix: str, event: Event) -> None:
    """Publishes an event as a web replica does: its hub is not started."""
    if not is_async:
        with_hub = RedisSignals(server, prefix=prefix)
        with_hub.publish(event)
        with_hub.close()
        return

    async def run() -> None:
        hub = AsyncRedisSignals(server, prefix=prefix)
        await hub.publish(event)
        await hub.close()

    asyncio.run(run())


@pytest.mark.parametrize("publisher", ["sync", "async"])
def test_published_event_wakes_the_wait_of_another_process(
    runner: ClientRunner, publisher: str, waiting: tuple[Sandbox, str], url: str, prefix: str
) -> None:
    sandbox, connector = waiting[0], waiting[0].connectors()[0]["id"]
    waiter = Waiter(runner, waiting, url, prefix)
    assert waiter.hub.connected
    sandbox.set_status(connector, "active")
    publish(publisher == "async", url, prefix, make_event(connector))
    assert waiter.finish().channel.status == "active"
    assert not waiter.hub.connected


def test_event_about_another_connector_or_prefix_does_not_poll(
    runner: ClientRunner, waiting: tuple[Sandbox, str], url: str, prefix: str
) -> None:
    sandbox, connector = waiting[0], waiting[0].connectors()[0]["id"]
    waiter = Waiter(runner, waiting, url, prefix)
    polls = polls_of(sandbox)
    publish(False, url, prefix, make_event(str(uuid.uuid4()), key="a" * 64))
    publish(False, url, "other:", make_event(connector, key="b" * 64))
    sandbox.set_status(connector, "active")
    assert polls_of(sandbox) == polls
    publish(False, url, prefix, make_event(connector, key="c" * 64))
    waiter.finish()


def test_messages_of_other_programs_do_not_disturb(
    runner: ClientRunner,
    waiting: tuple[Sandbox, str],
    url: str,
    prefix: str,
    raw: redis_py.Redis,
    caplog: pytest.LogCaptureFixture,
) -> None:
    sandbox, connector = waiting[0], waiting[0].connectors()[0]["id"]
    waiter = Waiter(runner, waiting, url, prefix)
    for message in SIGNALS["ignored"]:
        assert raw.publish(f"{prefix}events", message) == 1
    raw.publish(f"{prefix}events", encode(make_event(connector)).replace("01-01", "99-99"))  # type: ignore[union-attr]
    raw.publish(f"{prefix}events", b"\xff\xfe")
    sandbox.set_status(connector, "active")
    publish(False, url, prefix, make_event(connector))
    waiter.finish()
    assert not [record for record in caplog.records if record.name == "bird_connectors.redis"], "it did not reconnect"


def test_wait_that_misses_its_event_polls_as_usual(
    runner: ClientRunner, waiting: tuple[Sandbox, str], tmp_path: Path, prefix: str
) -> None:
    sandbox, token = waiting
    connectors = runner.sandbox_workspace(sandbox).connectors
    with redis_server(tmp_path) as server:
        hub: Any = (AsyncRedisSignals if runner.is_async else RedisSignals)(url_of(server), prefix=prefix)

        async def wait_async() -> Any:
            async with hub:
                server.stop()
                sandbox.set_status(sandbox.connectors()[0]["id"], "active")
                return await connectors.resume(token).until_ready(HANG_TIMEOUT, interval=(0.05, 0.1), signal=hub)

        def wait() -> Any:
            with hub:
                server.stop()
                sandbox.set_status(sandbox.connectors()[0]["id"], "active")
                return connectors.resume(token).until_ready(HANG_TIMEOUT, interval=(0.05, 0.1), signal=hub)

        ready = asyncio.run(wait_async()) if runner.is_async else wait()
        assert ready.channel.status == "active"


def test_hub_reconnects_after_the_server_restarts(
    runner: ClientRunner,
    waiting: tuple[Sandbox, str],
    tmp_path: Path,
    prefix: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "bird_connectors.redis")
    sandbox, connector = waiting[0], waiting[0].connectors()[0]["id"]
    with redis_server(tmp_path) as server:
        waiter = Waiter(runner, waiting, url_of(server), prefix)
        server.stop()
        eventually(lambda: not waiter.hub.connected)
        with pytest.raises(redis_py.ConnectionError):
            publish(runner.is_async, url_of(server), prefix, make_event(connector))
        server.restart()
        eventually(lambda: waiter.hub.connected)
        sandbox.set_status(connector, "active")
        publish(runner.is_async, url_of(server), prefix, make_event(connector))
        waiter.finish()
    levels = [record.levelname for record in caplog.records if record.name == "bird_connectors.redis"]
    assert levels == ["WARNING", "INFO"], "one record for each outage and for its end"
    assert "waits poll as usual" in caplog.text


def test_hub_starts_while_the_server_is_down_and_connects_later(
    runner: ClientRunner, waiting: tuple[Sandbox, str], tmp_path: Path, prefix: str
) -> None:
    sandbox, connector = waiting[0], waiting[0].connectors()[0]["id"]
    with redis_server(tmp_path) as server:
        server.stop()
        waiter = Waiter(runner, waiting, url_of(server), prefix)
        assert not waiter.hub.connected
        server.restart()
        eventually(lambda: waiter.hub.connected)
        sandbox.set_status(connector, "active")
        publish(False, url_of(server), prefix, make_event(connector))
        waiter.finish()


@pytest.mark.parametrize("decode_responses", [False, True])
def test_hub_accepts_a_client_and_does_not_close_it(
    runner: ClientRunner, waiting: tuple[Sandbox, str], url: str, prefix: str, decode_responses: bool
) -> None:
    sandbox, connector = waiting[0], waiting[0].connectors()[0]["id"]
    client_type: Any = redis.asyncio.Redis if runner.is_async else redis_py.Redis
    client = client_type.from_url(url, decode_responses=decode_responses)
    waiter = Waiter(runner, waiting, client, prefix)
    sandbox.set_status(connector, "active")
    publish(False, url, prefix, make_event(connector))
    waiter.finish()
    if not runner.is_async:
        assert client.ping()
        client.close()


@pytest.mark.parametrize("kind", [RedisSignals, AsyncRedisSignals])
def test_wait_refuses_a_hub_that_is_not_started(runner: ClientRunner, kind: Any, waiting: tuple[Sandbox, str]) -> None:
    sandbox, token = waiting
    hub = kind("redis://localhost")
    options = WaitOptions(signal=hub)
    install = runner.sandbox_workspace(sandbox).connectors.resume(token)
    polls = polls_of(sandbox)
    with pytest.raises(RuntimeError, match="not started"):
        runner.call(lambda: install.until_ready(0.1, signal=hub))
    with pytest.raises(RuntimeError, match="not started"):
        runner.call(lambda: install.until_ready(0.1, options=options))
    assert polls_of(sandbox) == polls


def test_forked_child_has_to_start_the_hub_itself(program: Any, url: str, prefix: str) -> None:
    running: Program = program(
        """
        import os, sys
        from bird_connectors import WaitOptions
        from bird_connectors._arguments import wait_arguments
        from bird_connectors.redis import RedisSignals

        with RedisSignals(sys.argv[1], prefix=sys.argv[2]) as signals:
            assert signals.connected
            child = os.fork()
            if child == 0:
                assert not signals.connected
                try:
                    wait_arguments("until_ready", 1, None, {"signal": signals})
                except RuntimeError as error:
                    assert "start them in the child" in str(error)
                else:
                    raise SystemExit("accepted")
                with signals:
                    assert signals.connected
                    wait_arguments("until_ready", 1, None, {"signal": signals})
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
            assert signals.connected
        print("done")
        """,
        url,
        prefix,
    )
    running.expect_output("done")


def test_hub_can_be_closed_twice_and_started_again(runner: ClientRunner, url: str, prefix: str) -> None:
    async def run_async() -> None:
        hub = AsyncRedisSignals(url, prefix=prefix)
        for _ in range(2):
            await hub.start()
            await hub.start()
            assert hub.connected
            await hub.close()
            await hub.close()
            assert not hub.connected

    if runner.is_async:
        asyncio.run(run_async())
        return
    hub = RedisSignals(url, prefix=prefix)
    for _ in range(2):
        hub.start()
        hub.start()
        assert hub.connected
        hub.close()
        hub.close()
        assert not hub.connected
    # `close` does not wait for long for its thread.
    eventually(lambda: not [thread for thread in threading.enumerate() if thread.name == "bird-connectors-redis"])


def test_silent_connection_is_checked_once_and_then_given_up() -> None:
    monitor = SilenceMonitor(100)
    assert not monitor.must_ask(100 + PING_AFTER - 1)
    assert monitor.must_ask(100 + PING_AFTER)
    assert not monitor.must_ask(100 + PING_AFTER + 1)
    assert not monitor.is_dead(100 + DEAD_AFTER - 1)
    assert monitor.is_dead(100 + DEAD_AFTER)
    monitor.heard(200)
    assert not monitor.is_dead(200 + PING_AFTER)
    assert monitor.must_ask(200 + PING_AFTER)


def test_hub_leaves_a_connection_whose_server_does_not_answer(
    runner: ClientRunner, tmp_path: Path, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_signals, "PING_AFTER", 0.2)
    monkeypatch.setattr(_signals, "DEAD_AFTER", 0.4)

    async def run_async(server: Server) -> None:
        async with AsyncRedisSignals(url_of(server), prefix=prefix) as hub:
            await asyncio.sleep(1)
            assert hub.connected, "the server answers the pings"
            server.pause()
            await asyncio.to_thread(eventually, lambda: not hub.connected)

    with redis_server(tmp_path) as server:
        if runner.is_async:
            asyncio.run(asyncio.wait_for(run_async(server), HANG_TIMEOUT))
            return
        with RedisSignals(url_of(server), prefix=prefix) as hub:
            threading.Event().wait(1)
            assert hub.connected, "the server answers the pings"
            server.pause()
            eventually(lambda: not hub.connected)


def test_pauses_grow_to_the_longest() -> None:
    pauses = [FIRST_PAUSE]
    while pauses[-1] < LONGEST_PAUSE:
        pauses.append(next_pause(pauses[-1]))
    assert pauses == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5])
    assert 2.5 <= jittered(5) <= 5


@pytest.mark.parametrize("kind", [RedisSignals, AsyncRedisSignals])
def test_hub_cannot_be_pickled(kind: Any) -> None:
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(kind("redis://localhost"))


def test_publish_refuses_other_objects(runner: ClientRunner) -> None:
    hub: Any = (AsyncRedisSignals if runner.is_async else RedisSignals)("redis://localhost")
    with pytest.raises(TypeError, match="expected an event"):
        runner.call(lambda: hub.publish({"event": "channel.updated"}))


def test_guide_shares_webhooks_through_redis(url: str, tmp_path: Path) -> None:
    script = Path(__file__).parents[1] / "examples" / "guide" / "shared_redis.py"
    with Sandbox(Script.instant()) as sandbox:
        environment = {**os.environ, **sandbox.environment(), "REDIS_URL": url}
        done = subprocess.run(
            [sys.executable, script],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=HANG_TIMEOUT,
        )
    assert done.returncode == 0, done.stdout + done.stderr


# --- The extra ---


def test_missing_package_is_reported_with_the_command_that_installs_it(program: Any) -> None:
    program(
        """
        import sys
        sys.modules["redis"] = None
        try:
            import bird_connectors.redis
        except ModuleNotFoundError as error:
            print(error, error.name)
        """
    ).expect_output(
        "bird_connectors.redis needs the package redis, which is not installed: "
        "run pip install 'bird-connectors[redis]' redis"
    )


def test_package_does_not_import_its_extras(program: Any) -> None:
    program(
        """
        import sys
        import bird_connectors, bird_connectors.webhooks, bird_connectors.testing
        print(sorted(name for name in sys.modules if name.partition(".")[0] in ("redis", "psycopg", "psycopg_pool")))
        """
    ).expect_output("[]")
