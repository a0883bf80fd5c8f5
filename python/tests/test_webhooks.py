"""Webhooks: shared test vectors of both languages, header formats, errors, events, duplicates, and signals."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import copy
import json
import pickle
import threading
import time
import types
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import wire
from bird_connectors import BirdConnectorsError, ChannelStatus, InvalidInputError, Sms, WebhookService, webhooks
from bird_connectors.testing import Sandbox, Script
from bird_connectors.webhooks import (
    AsyncDeduplicator,
    ChannelCreated,
    ChannelUpdated,
    Claim,
    Deduplicator,
    Event,
    InvalidBodyError,
    MalformedHeaderError,
    MemoryDedupStore,
    MissingHeaderError,
    Signals,
    SignatureMismatchError,
    TimestampInFutureError,
    TimestampTooOldError,
    Verifier,
    WebhookError,
    sign,
)
from waiting import HANG_TIMEOUT

if TYPE_CHECKING:
    from conftest import ClientRunner

FILE = Path(__file__).resolve().parents[2] / "crates/bird-connectors/tests/vectors/webhooks.json"
VECTORS: list[dict[str, Any]] = json.loads(FILE.read_text())["vectors"]

CLASSES = {
    "missing_header": MissingHeaderError,
    "malformed_header": MalformedHeaderError,
    "signature_mismatch": SignatureMismatchError,
    "timestamp_too_old": TimestampTooOldError,
    "timestamp_in_future": TimestampInFutureError,
    "invalid_body": InvalidBodyError,
}
KINDS = {"channel_created": ChannelCreated, "channel_updated": ChannelUpdated, "other": Event}

KEY, URL = "test-signing-key", "https://example.com/webhooks/bird?tenant=42"
BODY = VECTORS[0]["body"].encode()
HEADERS: dict[str, str] = dict(VECTORS[0]["headers"])
NOW = 1767225601
SIGNATURE, TIMESTAMP, REQUEST_ID = HEADERS.values()


def verify(headers: Any = HEADERS, body: Any = BODY, now: Any = NOW) -> Event:
    return Verifier(signing_keys=[KEY], url=URL).verify(headers=headers, body=body, now=now)


def make_event(
    payload: dict[str, Any], name: str = "channel.updated", service: str = "channels", at: int = NOW
) -> Event:
    body = json.dumps({"service": service, "event": name, "payload": payload}).encode()
    headers = {
        webhooks.SIGNATURE_HEADER: sign(signing_key=KEY, timestamp=at, url=URL, body=body),
        webhooks.TIMESTAMP_HEADER: str(at),
    }
    return verify(headers, body, at)


def attempt(vector: dict[str, Any]) -> Event:
    limits = {name: vector[name] for name in ("max_age", "tolerance") if name in vector}
    verifier = Verifier(signing_keys=vector["keys"], url=vector["urls"], **limits)
    body = vector["body"].encode() if "body" in vector else base64.b64decode(vector["body_base64"])
    return verifier.verify(headers=[tuple(pair) for pair in vector["headers"]], body=body, now=vector["now"])


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_vector_is_verified_or_rejected_as_expected(vector: dict[str, Any]) -> None:
    if vector["expect"] == "valid":
        event = attempt(vector)
        expected = vector.get("event", {})
        if expected:
            assert type(event) is KINDS[expected["kind"]]
            names = ["channel_id", "connector_id"]
            if isinstance(event, webhooks.ChannelEvent):
                names += ["identifier", "platform_id", "status"]
            assert {name: getattr(event, name) for name in names} == {name: expected.get(name) for name in names}
        assert event.service == expected.get("service", event.service)
        assert event.event == expected.get("name", event.event)
        assert event.delivery_key == vector.get("delivery_key", event.delivery_key)
        has_request_id = event.request_id is not None
        assert has_request_id == vector.get("has_request_id", has_request_id)
        return
    with pytest.raises(WebhookError) as caught:
        attempt(vector)
    error = caught.value
    assert type(error) is CLASSES[vector["expect"]]
    assert error.reason == vector["expect"]
    assert getattr(error, "header", None) == vector.get("header")
    if "by" in vector:
        assert isinstance(error, TimestampTooOldError | TimestampInFutureError)
        assert int(error.by) == vector["by"]
    assert not any(key in str(error) + repr(error) for key in vector["keys"] if len(key) > 3)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert pickle.loads(pickle.dumps(error)).__dict__ == error.__dict__


def test_vectors_cover_every_error() -> None:
    assert sum(vector["expect"] != "valid" for vector in VECTORS) >= 40
    assert {vector["expect"] for vector in VECTORS} == {"valid", *CLASSES}


class Pairs:
    """Headers that are not a mapping but have `items`, as in Werkzeug."""

    def items(self) -> list[tuple[str, str]]:
        return [*HEADERS.items(), ("Content-Type", "application/json")]


ASGI = [(b"host", b"10.0.0.1"), *((name.lower().encode(), value.encode()) for name, value in HEADERS.items())]
WSGI = {
    "wsgi.version": (1, 0),
    "wsgi.input": object(),
    "REQUEST_METHOD": "POST",
    **{"HTTP_" + name.upper().replace("-", "_"): value for name, value in HEADERS.items()},
}


@pytest.mark.parametrize(
    "headers",
    [
        HEADERS,
        {name.upper(): value for name, value in HEADERS.items()},
        types.MappingProxyType({name.lower(): value for name, value in HEADERS.items()}),
        list(HEADERS.items()),
        iter(HEADERS.items()),
        Pairs(),
        ASGI,
        dict(ASGI),
        WSGI,
    ],
    ids=["mapping", "upper", "proxy", "pairs", "iterator", "items", "asgi", "bytes", "wsgi"],
)
def test_headers_of_every_framework_are_accepted(headers: Any) -> None:
    event = verify(headers)
    assert event.request_id == REQUEST_ID
    assert event.timestamp == datetime(2026, 1, 1, tzinfo=timezone.utc)


def test_repeated_signature_header_is_rejected() -> None:
    with pytest.raises(MalformedHeaderError):
        verify([*ASGI, (b"MessageBird-Signature", SIGNATURE.encode())])
    with pytest.raises(MalformedHeaderError):
        verify({**WSGI, **HEADERS})


def test_header_value_of_another_type_raises_type_error() -> None:
    with pytest.raises(TypeError, match="str or bytes, not list"):
        verify({**HEADERS, "MessageBird-Signature": [SIGNATURE]})
    with pytest.raises(MalformedHeaderError):
        verify({**HEADERS, "MessageBird-Signature": "\ud800"})


@pytest.mark.parametrize("value", [None, ["a", "b"], 7, "a, b", "\ud800", b"\xff", "", "x" * 300])
def test_unusable_request_id_does_not_reject_the_delivery(value: object) -> None:
    assert verify({**HEADERS, "MessageBird-Request-Id": value}).request_id is None


@pytest.mark.filterwarnings("ignore:a signing key ends with a line break")
def test_signing_key_with_a_line_break_at_its_end_verifies_with_a_warning() -> None:
    def verify_with(key: str) -> Event:
        return Verifier(signing_keys=[key], url=URL).verify(headers=HEADERS, body=BODY, now=NOW)

    assert verify_with(KEY + "\n") == verify_with(KEY + "\r\n") == verify()
    with pytest.warns(UserWarning, match="ends with a line break") as caught:
        Verifier(signing_keys=["planted\n"], url=URL)
    assert "planted" not in str(caught[0].message)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("url", ["planted.example.com/x", "", " ", "/planted", "https:planted", "ftp://planted"])
def test_url_that_no_subscription_can_have_is_rejected(url: str) -> None:
    with pytest.raises(InvalidInputError, match="a URL is") as caught:
        Verifier(signing_keys=[KEY], url=url)
    assert "planted" not in str(caught.value)


@pytest.mark.parametrize("method", ["begin", "commit", "release"])
@pytest.mark.parametrize(("value", "got"), [(None, "None"), ("0" * 64, "str"), (webhooks.Event, "the class Event")])
def test_deduplicator_refuses_what_is_not_an_event(method: str, value: Any, got: str) -> None:
    store: Any = webhooks.MemoryDedupStore()
    message = f"invalid event: expected an event that `Verifier.verify` returned, got {got}$"
    with pytest.raises(TypeError, match=message):
        getattr(Deduplicator(), method)(value)
    with pytest.raises(TypeError, match=message):
        asyncio.run(getattr(AsyncDeduplicator(store), method)(value))


@pytest.mark.parametrize(
    ("store", "got"), [(object(), "object"), ("redis://localhost", "str"), (dict, "the class dict")]
)
def test_deduplicator_refuses_what_is_not_a_store(store: Any, got: str) -> None:
    for kind in (Deduplicator, AsyncDeduplicator):
        with pytest.raises(TypeError, match=rf"invalid store: expected .*begin\(key\).*, got {got}$"):
            kind(store)


def test_body_must_be_bytes() -> None:
    assert verify(body=bytearray(BODY)) == verify(body=memoryview(BODY)) == verify()
    for body, got in [(BODY.decode(), "str"), (json.loads(BODY), "dict"), (None, "None"), (list(BODY), "list")]:
        expected = "invalid body: expected the raw bytes of the request, as bytes, bytearray or memoryview, got " + got
        with pytest.raises(TypeError, match=f"^{expected}: a decoded or parsed body"):
            verify(body=body)
        with pytest.raises(TypeError, match=f"^{expected}: "):
            sign(signing_key=KEY, timestamp=NOW, url=URL, body=body)
    released = memoryview(BODY)
    released.release()
    with pytest.raises(InvalidInputError, match="invalid body: the memoryview was released"):
        verify(body=released)


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        (None, "invalid headers: expected a mapping, or pairs of a name and a value, .*, got None"),
        (7, "invalid headers: expected a mapping, or pairs .*, got int"),
        ("ab", "invalid headers: expected a mapping, or pairs .*, got str"),
        (b"ab", "invalid headers: expected a mapping, or pairs .*, got bytes"),
        (dict, "invalid headers: expected a mapping, or pairs .*, got the class dict"),
        (["a"], r"invalid headers\[0\]: expected a pair of a name and a value, got str"),
        ([("a", "b"), "ab"], r"invalid headers\[1\]: expected a pair of a name and a value, got str"),
        ([None], r"invalid headers\[0\]: expected a pair of a name and a value, got None"),
        ([("a", "b", "c")], r"invalid headers\[0\]: expected a pair .*, got more or fewer values"),
        ([()], r"invalid headers\[0\]: expected a pair .*, got more or fewer values"),
    ],
)
def test_headers_of_a_wrong_form_say_what_is_expected(headers: Any, message: str) -> None:
    with pytest.raises(TypeError, match=f"^{message}$"):
        verify(headers)


@pytest.mark.parametrize(
    ("body", "what", "got"),
    [
        (b"\xff\xfe", "it is not UTF-8", "2 bytes"),
        (b"", "it is empty (line 1, column 0)", "0 bytes"),
        (b" ", "it is empty (line 1, column 1)", "1 byte"),
        (b"[1]", "it is JSON, but not of this form (line 1, column 0)", "an array of 3 bytes"),
        (b'"a"', "it is JSON, but not of this form (line 1, column 3)", "a string of 3 bytes"),
        (b"<html>", "it is not JSON (line 1, column 1)", "a web page or XML of 6 bytes"),
        (b'{"service"', "it is truncated JSON (line 1, column 10)", "an object of 10 bytes"),
    ],
)
def test_signed_body_of_a_wrong_form_says_what_is_expected(body: bytes, what: str, got: str) -> None:
    headers = {
        webhooks.SIGNATURE_HEADER: sign(signing_key=KEY, timestamp=NOW, url=URL, body=body),
        webhooks.TIMESTAMP_HEADER: str(NOW),
    }
    with pytest.raises(InvalidBodyError) as caught:
        verify(headers, body)
    expected = f"{what}; expected an object {{service, event, payload}}, got {got}"
    assert str(caught.value).startswith(f"the signature is valid, but the body is not: {expected} ["), caught.value


@pytest.mark.filterwarnings("ignore:a signing key is in quotes", "ignore:a signing key ends with a line break")
@pytest.mark.parametrize("quoted", [f'"{KEY}"', f"'{KEY}'", f'"{KEY}"\n'])
def test_signing_key_in_quotes_verifies_with_a_warning(quoted: str) -> None:
    verifier = Verifier(signing_keys=[quoted], url=URL)
    assert verifier.verify(headers=HEADERS, body=BODY, now=NOW) == verify()
    # The quotes may be a part of the key.
    for key in {quoted, quoted.strip()}:
        signature = sign(signing_key=key, timestamp=int(TIMESTAMP), url=URL, body=BODY)
        verifier.verify(headers={**HEADERS, "MessageBird-Signature": signature}, body=BODY, now=NOW)
    with pytest.warns(UserWarning, match="a signing key is in quotes: remove them") as caught:
        Verifier(signing_keys=["'planted'"], url=URL)
    assert "planted" not in str(caught[0].message)
    assert caught[0].filename == __file__
    for empty in ('""', "''\n"):
        with pytest.raises(InvalidInputError, match="a signing key is empty"):
            Verifier(signing_keys=[empty], url=URL)


@pytest.mark.filterwarnings("ignore:a signing key is in quotes")
def test_signing_key_in_quotes_warns_once(caplog: pytest.LogCaptureFixture) -> None:
    verify()
    with caplog.at_level("WARNING", logger="bird_connectors"):
        Verifier(signing_keys=[f'"{KEY}"'], url=URL)
        verify()
    assert caplog.messages == []


@pytest.mark.parametrize("now", ["1767225601", b"1", True, object()])
def test_time_of_a_wrong_type_says_what_is_expected(now: Any) -> None:
    with pytest.raises(TypeError, match="invalid now: expected seconds since 1970, a datetime"):
        verify(now=now)


@pytest.mark.parametrize("event", [None, "channel.updated", {"event": "channel.updated"}])
def test_signals_refuse_what_is_not_an_event(event: Any) -> None:
    with pytest.raises(TypeError, match=r"invalid event: expected an event that `Verifier\.verify` returned, got"):
        Signals().push(event)


def test_now_accepts_datetimes_with_time_zone_and_seconds() -> None:
    moment = datetime.fromtimestamp(NOW, timezone.utc)
    assert verify(now=moment) == verify(now=moment.astimezone(timezone(timedelta(hours=-7)))) == verify()
    with pytest.raises(TimestampTooOldError, match="beyond the maximum age"):
        verify(now=moment + timedelta(days=2))
    with pytest.raises(InvalidInputError, match="has no time zone"):
        verify(now=datetime(2026, 1, 1))  # noqa: DTZ001, RUF100
    for nonsense in (float("nan"), 1e300, -1e300):
        with pytest.raises(InvalidInputError):
            verify(now=nonsense)
    now = int(time.time())
    current = {webhooks.TIMESTAMP_HEADER: str(now)}
    current[webhooks.SIGNATURE_HEADER] = sign(signing_key=KEY, timestamp=now, url=URL, body=BODY)
    assert verify(current, now=None).timestamp.timestamp() == now


def test_verifier_rejects_invalid_settings_and_accepts_rotated_keys() -> None:
    with pytest.raises(TypeError, match="invalid signing_keys: expected a list"):
        Verifier(signing_keys=KEY, url=URL)
    for bad in ({"signing_keys": []}, {"signing_keys": [""]}, {"url": []}, {"url": ""}, {"max_age": -1}):
        with pytest.raises(InvalidInputError):
            Verifier(**{"signing_keys": [KEY], "url": URL, **bad})  # type: ignore[arg-type]
    rotated = Verifier(signing_keys=["the next one", KEY], url=["https://example.com/other", URL])
    assert rotated.verify(headers=HEADERS, body=BODY, now=NOW) == verify()


def test_verifier_and_its_errors_do_not_expose_keys() -> None:
    verifier = Verifier(signing_keys=["hush-hush"], url="https://example.com/?token=hush-hush")
    assert "hush" not in repr(verifier) + str(verifier)
    with pytest.raises(TypeError) as caught:
        pickle.dumps(verifier)
    assert "hush" not in str(caught.value)
    with pytest.raises(TypeError) as caught:
        Verifier(signing_keys=[b"hush-hush"], url=URL)  # type: ignore[list-item]
    assert "hush" not in str(caught.value)
    with pytest.raises(SignatureMismatchError) as mismatch:
        verifier.verify(headers=HEADERS, body=BODY, now=NOW)
    assert "hush" not in str(mismatch.value) + repr(vars(mismatch.value))
    assert len(mismatch.value.hints) == 3
    assert "URL" in mismatch.value.hints[0]


def test_webhook_errors_share_one_base_class() -> None:
    assert WebhookError.__bases__ == (BirdConnectorsError,)
    assert all(kind.__bases__ == (WebhookError,) for kind in CLASSES.values())


def test_event_is_an_immutable_value_that_can_be_matched() -> None:
    payload = {"id": wire.CHANNEL, "connectorId": wire.CONNECTOR, "status": "active", "platformId": "sms-messagebird"}
    event = make_event({**payload, "identifier": "+31612345678", "colour": "red"})
    match event:
        case ChannelUpdated(channel_id=wire.CHANNEL, status="active"):
            pass
        case _:
            pytest.fail(f"{event!r} does not match")
    assert event.service is WebhookService.CHANNELS
    assert event.status is ChannelStatus.ACTIVE
    assert event.payload["colour"] == "red"
    assert pickle.loads(pickle.dumps(event)) == event
    assert copy.deepcopy(event) == event
    assert hash(copy.deepcopy(event)) == hash(event)
    assert event != make_event({**event.payload, "status": "pending"})
    with pytest.raises(AttributeError):
        event.status = "pending"
    assert repr(event).startswith("ChannelUpdated(service=")
    created = make_event(payload, "channel.created")
    assert type(created) is ChannelCreated


def test_repr_of_an_event_masks_values_whose_names_suggest_a_secret() -> None:
    event = make_event({"id": wire.CHANNEL, "status": "active", "connectionParams": {"botToken": "planted"}})
    assert "planted" not in repr(event)
    assert "'botToken': '[redacted]'" in repr(event)
    assert event.payload["connectionParams"] == {"botToken": "planted"}


@pytest.mark.parametrize(
    ("mark", "name", "expected"),
    [(b"\xef\xbb\xbf", b"a", "a"), (b"", b"a\\ud83d", "a\ufffd"), (b"", b"a\xff", "a\ufffd")],
)
def test_delivery_with_damaged_json_is_verified_and_keeps_its_bytes(mark: bytes, name: bytes, expected: str) -> None:
    body = mark + b'{"service": "channels", "event": "channel.updated", "payload": {"name": "' + name + b'"}}'
    headers = {
        webhooks.SIGNATURE_HEADER: sign(signing_key=KEY, timestamp=NOW, url=URL, body=body),
        webhooks.TIMESTAMP_HEADER: str(NOW),
    }
    event = verify(headers, body, NOW)
    assert event.payload["name"] == expected
    assert event.raw_body == body
    assert "raw_body" not in repr(event)
    assert pickle.loads(pickle.dumps(event)) == event
    assert make_event({"name": "a"}).raw_body is None


def test_body_of_a_delivery_is_kept_if_its_values_may_differ_or_it_is_deep() -> None:
    def is_kept(value: str) -> bool:
        body = f'{{"service": "channels", "event": "a", "payload": {{"value": {value}}}}}'.encode()
        headers = {
            webhooks.SIGNATURE_HEADER: sign(signing_key=KEY, timestamp=NOW, url=URL, body=body),
            webhooks.TIMESTAMP_HEADER: str(NOW),
        }
        event = verify(headers, body, NOW)
        assert event.raw_body in (None, body)
        return event.raw_body is not None

    assert all(is_kept(value) for value in (str(2**64), "1e999", '"\\ud83d"', "[" * 126 + "]" * 126))
    assert not any(is_kept(value) for value in ("1e2", "0.1000000000000000055511151231257827", "[" * 125 + "]" * 125))


def test_deduplicator_begins_commits_and_releases() -> None:
    deduplicator, one, other = Deduplicator(), make_event({"n": 1}), make_event({"n": 2})
    assert deduplicator.begin(one) is Claim.NEW
    assert deduplicator.begin(one) is Claim.IN_FLIGHT
    assert deduplicator.begin(other) is Claim.NEW
    deduplicator.release(one)
    assert deduplicator.begin(one) is Claim.NEW
    deduplicator.commit(one)
    deduplicator.release(one)
    assert deduplicator.begin(one) is Claim.DONE


def fail_work(deduplicator: Deduplicator, event: Event) -> Claim:
    claims: list[Claim] = []
    with contextlib.suppress(ZeroDivisionError), deduplicator.work(event) as claim:
        claims.append(claim)
        raise ZeroDivisionError
    return claims[0]


def test_work_commits_on_success_and_releases_on_failure() -> None:
    deduplicator, event = Deduplicator(), make_event({})
    assert fail_work(deduplicator, event) is Claim.NEW
    with deduplicator.work(event) as claim:
        assert claim is Claim.NEW
        assert fail_work(deduplicator, event) is Claim.IN_FLIGHT
        with deduplicator.work(event) as meanwhile:
            assert meanwhile is Claim.IN_FLIGHT, "only the block that began the work ends it"
    with deduplicator.work(event) as claim:
        assert claim is Claim.DONE


def test_only_one_of_many_threads_begins_the_work() -> None:
    deduplicator, event = Deduplicator(), make_event({})
    with ThreadPoolExecutor(8) as threads:
        claims = list(threads.map(lambda _: deduplicator.begin(event), range(200)))
    assert sorted(claims) == [Claim.IN_FLIGHT] * 199 + [Claim.NEW]


def test_memory_store_is_bounded_and_expires_entries() -> None:
    memory = MemoryDedupStore(capacity=10, lease=timedelta(seconds=0), remember_for=0)
    keys = [make_event({"n": number}).delivery_key for number in range(30)]
    for key in keys:
        assert memory.begin(key) is Claim.NEW
        assert memory.begin(key) is Claim.NEW, "the lease of 0 seconds has expired"
    full = MemoryDedupStore(capacity=10)
    for key in keys:
        full.begin(key)
        full.commit(key)
    assert len(full) == 10
    assert [full.begin(key) for key in keys[-10:]] == [Claim.DONE] * 10
    assert full.begin(keys[0]) is Claim.NEW
    with pytest.raises(InvalidInputError):
        full.begin("no key")


class CustomStore:
    """A custom store."""

    def __init__(self) -> None:
        self.keys: dict[str, Claim] = {}

    def begin(self, key: str, /) -> Claim:
        known = self.keys.get(key, Claim.NEW)
        self.keys.setdefault(key, Claim.IN_FLIGHT)
        return known

    def commit(self, key: str, /) -> None:
        self.keys[key] = Claim.DONE

    def release(self, key: str, /) -> None:
        del self.keys[key]


def test_custom_store_is_used() -> None:
    store, event = CustomStore(), make_event({})
    with Deduplicator(store).work(event) as claim:
        assert claim is Claim.NEW
    assert store.keys == {event.delivery_key: Claim.DONE}


class AsyncCustomStore:
    """A custom store with asynchronous methods."""

    def __init__(self) -> None:
        self.store = CustomStore()

    async def begin(self, key: str, /) -> Claim:
        await asyncio.sleep(0)
        return self.store.begin(key)

    async def commit(self, key: str, /) -> None:
        await asyncio.sleep(0)
        self.store.commit(key)

    async def release(self, key: str, /) -> None:
        await asyncio.sleep(0)
        self.store.release(key)


def test_async_deduplicator_commits_on_success() -> None:
    store, event = AsyncCustomStore(), make_event({})
    deduplicator = AsyncDeduplicator(store)

    async def claims() -> list[Claim]:
        async with deduplicator.work(event) as claim, deduplicator.work(event) as meanwhile:
            pass
        async with deduplicator.work(event) as afterwards:
            pass
        return [claim, meanwhile, afterwards]

    assert asyncio.run(claims()) == [Claim.NEW, Claim.IN_FLIGHT, Claim.DONE]
    assert store.store.keys == {event.delivery_key: Claim.DONE}


def test_async_deduplicator_releases_on_failure_and_on_cancellation() -> None:
    store, event = AsyncCustomStore(), make_event({})
    deduplicator = AsyncDeduplicator(store)

    async def fail() -> None:
        async with deduplicator.work(event) as claim:
            assert claim is Claim.NEW
            raise LookupError("it failed")

    async def cancel() -> None:
        started = asyncio.Event()

        async def work() -> None:
            async with deduplicator.work(event) as claim:
                assert claim is Claim.NEW
                started.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(work())
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with pytest.raises(LookupError):
        asyncio.run(fail())
    assert not store.store.keys
    asyncio.run(cancel())
    assert not store.store.keys


# Without signals, a wait with this interval polls once and then at its timeout.
SLOW: tuple[float, float] = (600, 600)


def sms(sandbox: Sandbox) -> Sms:
    return Sms(name="Shop", phone_number_id=sandbox.phone_number_id, channel_message_type="conversational")


def test_event_of_the_connector_triggers_a_poll(runner: ClientRunner) -> None:
    with Sandbox(Script.pending(0)) as sandbox:
        workspace = runner.sandbox_workspace(sandbox)
        install = runner.call(lambda: workspace.connectors.install(sms(sandbox)))
        signals = Signals()
        polled = threading.Event()

        def change() -> None:
            assert polled.wait(HANG_TIMEOUT)
            signals.push(make_event({"connectorId": wire.CONNECTOR}))
            time.sleep(0.2)
            sandbox.set_status(install.id, "active")
            signals.push(make_event({"connectorId": install.id}))

        with ThreadPoolExecutor(1) as thread:
            changing = thread.submit(change)
            ready = runner.call(
                lambda: install.until_ready(
                    HANG_TIMEOUT, interval=SLOW, signal=signals, on_progress=lambda _: polled.set()
                )
            )
            changing.result()
        assert ready.channel.status == "active"
        assert ready.elapsed < HANG_TIMEOUT
        assert ready.polls == 2, "the event of another connector triggers no poll"


def test_many_events_cause_few_polls(runner: ClientRunner) -> None:
    with Sandbox(Script.pending(0)) as sandbox:
        workspace = runner.sandbox_workspace(sandbox)
        install = runner.call(lambda: workspace.connectors.install(sms(sandbox)))
        signals, event, finished = Signals(), make_event({"connectorId": install.id}), threading.Event()

        def flood() -> None:
            while not finished.is_set():
                signals.push(event)

        thread = threading.Thread(target=flood)
        thread.start()
        try:
            with pytest.raises(BirdConnectorsError) as caught:
                runner.call(lambda: install.until_ready(1, interval=SLOW, signal=signals))
        finally:
            finished.set()
            thread.join()
        # The first poll, a burst of three for the events, and the last one at the timeout.
        assert caught.value.polls <= 5


def test_events_without_a_wait_are_discarded() -> None:
    signals = Signals()
    for number in range(3000):
        signals.push(make_event({"n": number}))
    with pytest.raises(TypeError):
        pickle.dumps(signals)


@pytest.mark.parametrize(
    ("short", "platform_id"), [("sms", "sms-messagebird"), ("voice", "voice-messagebird"), ("whatsapp", "whatsapp")]
)
def test_event_names_map_to_platform_ids(short: str, platform_id: str) -> None:
    assert webhooks.event_platform(platform_id) == short
    for event in (short, f"{short}.inbound", f"{short}.outbound", f"{short}.interaction"):
        assert webhooks.platform_id_of_event(event) == platform_id


@pytest.mark.parametrize("unknown", ["", "channel.updated", "email.inbound", "email-messagebird"])
def test_undocumented_platforms_are_not_derived(unknown: str) -> None:
    assert webhooks.platform_id_of_event(unknown) is None
    assert webhooks.event_platform(unknown) is None
