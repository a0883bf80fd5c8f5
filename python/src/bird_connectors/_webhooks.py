"""Receiving webhooks: verification, events, and the hub that passes events to waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, NoReturn

from . import _native
from . import _typing as t
from ._arguments import strings
from ._enums import ChannelStatus, WebhookService
from ._errors import InvalidInputError
from ._records import _Record

SIGNATURE_HEADER = "messagebird-signature"
TIMESTAMP_HEADER = "messagebird-request-timestamp"
REQUEST_ID_HEADER = "messagebird-request-id"

# The names of the headers in lower case, also in the form of WSGI.
_SPELLINGS = {
    spelling: name.encode()
    for name in (SIGNATURE_HEADER, TIMESTAMP_HEADER, REQUEST_ID_HEADER)
    for spelling in (name, "http_" + name.replace("-", "_"))
}


class Event(_Record):
    """A verified event. Returned by ``Verifier.verify``.

    Events can be duplicated, late and out of order, and the status in an event can be older than the one in an earlier
    event. Treat an event as a reason to read the resource.
    """

    __match_args__: tuple[str, ...] = (
        "service",
        "event",
        "payload",
        "request_id",
        "timestamp",
        "channel_id",
        "connector_id",
        "delivery_key",
        "extra",
        "raw_body",
    )
    __slots__ = {
        "service": "The service that sent the event. An unknown service is a plain ``str``.",
        "event": "The name of the event, such as ``channel.updated``.",
        "payload": "The payload. ``raw_body`` states how it can differ from what the API sent.",
        "request_id": (
            "The id of the delivery, which all its attempts share. It is not signed: use it only in questions to "
            "support."
        ),
        "timestamp": "The time of the first attempt, in whole seconds. Retries have the same timestamp.",
        "channel_id": "The id of the channel in the payload, if there is one.",
        "connector_id": "The id of the connector in the payload, if there is one.",
        "delivery_key": (
            "The key of the delivery, for deduplication. All attempts of a delivery share it, and no other "
            "delivery has it."
        ),
        "extra": "Further fields in addition to ``service``, ``event`` and ``payload``. None are documented.",
        "raw_body": (
            "The bytes of the body, if it was repaired: if it has a byte order mark, invalid characters, which "
            "are read as U+FFFD, or numbers that are read as ``str``: integers that do not fit in 64 bits, and "
            "numbers above the range of a float. Also kept if it is nested more than 127 levels deep. None for any "
            "other delivery. It contains the secrets of the payload, if there are any, so ``repr`` does not show it."
        ),
    }
    _hidden = ("raw_body",)

    service: WebhookService | str
    """The service that sent the event. An unknown service is a plain ``str``."""
    event: str
    """The name of the event, such as ``channel.updated``."""
    payload: dict[str, Any]
    """The payload. ``raw_body`` states how it can differ from what the API sent."""
    request_id: str | None
    """The id of the delivery, which all its attempts share. It is not signed: use it only in questions to support."""
    timestamp: datetime
    """The time of the first attempt, in whole seconds. Retries have the same timestamp."""
    channel_id: str | None
    """The id of the channel in the payload, if there is one."""
    connector_id: str | None
    """The id of the connector in the payload, if there is one."""
    delivery_key: str
    """The key of the delivery, for deduplication. All attempts of a delivery share it, and no other delivery has it."""
    extra: dict[str, Any]
    """Further fields in addition to ``service``, ``event`` and ``payload``. None are documented."""
    raw_body: bytes | None
    """The bytes of the body, if it was repaired: if it has a byte order mark, invalid characters, which are read as
    U+FFFD, or numbers that are read as ``str``: integers that do not fit in 64 bits, and numbers above the range of a
    float. Also kept if it is nested more than 127 levels deep. None for any other delivery. It contains the secrets of
    the payload, if there are any, so ``repr`` does not show it."""

    def __init__(self, **values: Any) -> None:
        self._fill(*map(values.__getitem__, self.__match_args__))

    def __hash__(self) -> int:
        return hash((type(self), self.delivery_key))

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore_event, (type(self), self._values())


class ChannelEvent(Event):
    """An event about a channel. Each attribute can be None, because the payload is not documented: see ``payload``."""

    __slots__ = {
        "identifier": "The sender of the channel: a number, an address or a handle.",
        "platform_id": (
            "The platform, such as ``sms-messagebird``. Names of events contain a short name: see "
            "``platform_id_of_event``."
        ),
        "status": "The status at the time of the event. It can be older than the one in an earlier event.",
    }
    __match_args__: tuple[str, ...] = (*Event.__match_args__, *__slots__)

    identifier: str | None
    """The sender of the channel: a number, an address or a handle."""
    platform_id: str | None
    """The platform, such as ``sms-messagebird``. Names of events contain a short name: see ``platform_id_of_event``."""
    status: ChannelStatus | str | None
    """The status at the time of the event. It can be older than the one in an earlier event."""


class ChannelCreated(ChannelEvent):
    """A channel was created: ``channel.created`` of service ``channels``."""

    __slots__ = ()


class ChannelUpdated(ChannelEvent):
    """The status of a channel changed, and perhaps other fields: ``channel.updated`` of service ``channels``."""

    __slots__ = ()


def _restore_event(kind: type[Event], values: tuple[Any, ...]) -> Event:
    return kind(**dict(zip(kind.__match_args__, values, strict=True)))


class Verifier:
    """Verifies deliveries: first the signature, then the age, then the body.

    Any of the keys with any of the URLs may match.

    The default ``max_age`` is 24 hours on purpose. The API retries a delivery for 8 hours with the timestamp of the
    first attempt, so a window of a few minutes would reject every retry after an outage. ``Deduplicator`` protects
    against replays within the window.

    Args:
        signing_keys: The signing keys of the subscriptions. Pass several during a key rotation, or if subscriptions
            have different keys. They never appear in ``repr`` or errors. A line break at the end of a key, as keys read
            from a file have, and quotes around it are removed with a warning; the key as it was passed is accepted,
            too.
        url: The URL, or URLs, with which the subscriptions were registered, including path and query. The URL that a
            server sees can differ, because proxies change the host, the scheme or the path. White space around it is
            ignored.
        max_age: Maximum age of a delivery, in seconds or as a ``timedelta``. Default: 24 hours.
        tolerance: How far the timestamp may be ahead of the clock, in seconds or as a ``timedelta``. Default: 5
            minutes.

    Raises:
        InvalidInputError: There is no key or no URL, a key is empty, or a URL is not a complete one.
        TypeError: ``signing_keys`` is a string.

    Example:
        ```python
        verifier = Verifier(signing_keys=[key], url="https://hooks.example.com/bird")
        event = verifier.verify(headers=request.headers, body=request.body)
        ```
    """

    def __init__(
        self,
        *,
        signing_keys: Sequence[str],
        url: str | Sequence[str],
        max_age: t.Seconds = 86400,
        tolerance: t.Seconds = 300,
    ) -> None:
        keys = _native.strings("signing_keys", signing_keys)
        for mistake in _mistakes_in_keys(keys):
            import warnings

            warnings.warn(mistake, stacklevel=2)
        self._native = _native.Verifier(keys, strings(url), max_age, tolerance)

    def verify(
        self,
        *,
        headers: Mapping[Any, Any] | Iterable[tuple[Any, Any]],
        body: bytes | bytearray | memoryview,
        now: datetime | float | None = None,
    ) -> Event:
        """Verify a delivery.

        It does not detect duplicates: retries and replays are as valid as the first attempt. Use ``Deduplicator`` for
        that.

        Args:
            headers: The headers, in the form of your framework: a mapping or pairs, with names in any case, strings or
                bytes, a WSGI environ, or the headers of an ASGI scope.
            body: The raw bytes of the body, before any decoding.
            now: The current time, as seconds since 1970 or a ``datetime`` with a time zone. None uses the clock.

        Returns:
            The event: a ``ChannelCreated``, a ``ChannelUpdated``, or an ``Event`` of any other kind.

        Raises:
            WebhookError: The delivery is invalid. Its ``reason`` and its subclass say why: ``MissingHeaderError``,
                ``MalformedHeaderError``, ``SignatureMismatchError``, ``TimestampTooOldError``,
                ``TimestampInFutureError`` or ``InvalidBodyError``.
            TypeError: ``body`` is not bytes, ``headers`` are neither a mapping nor pairs, or a header is neither a
                string nor bytes.
            InvalidInputError: ``now`` is out of range, or has no time zone.

        Example:
            ```python
            try:
                event = verifier.verify(headers=request.headers, body=request.body)
            except WebhookError:
                return 401
            ```
        """
        return self._native.verify(_signature_headers(headers), _body_bytes(body), _verification_time(now))

    def __repr__(self) -> str:
        return "<bird_connectors.webhooks.Verifier>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Verifier cannot be pickled, because it has signing keys: create it where it is used")


def _mistakes_in_keys(keys: Iterable[str]) -> list[str]:
    """Return a warning for each mistake that the native module corrects."""
    mistakes: list[str] = []
    lines = [key.rstrip("\r\n") for key in keys]
    if any(len(key) > 1 and key[0] in "'\"" and key[0] == key[-1] for key in lines):
        mistakes.append("a signing key is in quotes: remove them")
    if any(key != line for key, line in zip(keys, lines, strict=True)):
        mistakes.append("a signing key ends with a line break: remove it")
    return mistakes


def _wrong_type(argument: str, expected: str, value: object) -> TypeError:
    """Return the exception for an argument of a wrong type, in the form of those of the native module."""
    if value is None:
        got = "None"
    elif isinstance(value, type):
        got = f"the class {value.__name__}"
    else:
        got = type(value).__name__
    return TypeError(f"invalid {argument}: expected {expected}, got {got}")


def _signature_headers(headers: Any) -> list[tuple[bytes, bytes]]:
    """Select the headers of a delivery. A name that occurs twice is kept twice."""
    is_mapping = hasattr(headers, "items")
    is_string = issubclass(type(headers), (str, bytes, bytearray, memoryview))
    if isinstance(headers, type) or is_string or not (is_mapping or hasattr(headers, "__iter__")):
        raise _wrong_type("headers", "a mapping, or pairs of a name and a value, such as `request.headers`", headers)
    selected: list[tuple[bytes, bytes]] = []
    pairs: Iterable[Any] = headers.items() if is_mapping else headers
    for index, pair in enumerate(pairs):
        # Nearly all pairs are tuples, which need no further checks: the loop takes 40 % less time.
        is_pair = pair.__class__ is tuple and len(pair) == 2
        name, value = pair if is_pair else _pair(index, pair)
        decoded = name if type(name) is str else name.decode("latin-1") if isinstance(name, bytes) else str(name)
        canonical = _SPELLINGS.get(decoded.lower())
        if canonical is None:
            continue
        if isinstance(value, str):
            value = value.encode("utf-8", "surrogatepass")
        elif isinstance(value, bytes):
            pass
        elif canonical == REQUEST_ID_HEADER.encode():
            # It is not signed, so an unusable value must not reject the delivery.
            continue
        else:
            raise TypeError(f"the value of the header {decoded} must be str or bytes, not {type(value).__name__}")
        selected.append((canonical, value))
    return selected


def _pair(index: int, pair: Any) -> tuple[Any, Any]:
    """Return a name and a value, after checking that they are a pair."""
    # Unpacking takes a string of two characters for a pair.
    if isinstance(pair, (str, bytes)) or not hasattr(pair, "__iter__"):
        raise _wrong_type(f"headers[{index}]", "a pair of a name and a value", pair)
    try:
        name, value = pair
    except ValueError:
        message = f"invalid headers[{index}]: expected a pair of a name and a value, got more or fewer values"
        raise TypeError(message) from None
    return name, value


def _body_bytes(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    if isinstance(body, bytearray):
        return bytes(body)
    if isinstance(body, memoryview):
        try:
            return body.tobytes()
        except ValueError:
            raise _invalid("invalid body: the memoryview was released: pass the bytes") from None
    expected = "the raw bytes of the request, as bytes, bytearray or memoryview"
    hint = (
        "a decoded or parsed body can differ from the signed one; use `await request.body()` in FastAPI, "
        "`request.body` in Django, or `request.get_data()` in Flask"
    )
    raise TypeError(f"{_wrong_type('body', expected, body)}: {hint}")


def check_event(event: object) -> None:
    if not isinstance(event, Event):
        raise _wrong_type("event", "an event that `Verifier.verify` returned", event)


def check_store(store: object) -> None:
    methods = ("begin", "commit", "release")
    if isinstance(store, type) or not all(callable(getattr(store, method, None)) for method in methods):
        raise _wrong_type("store", "an object with the methods begin(key), commit(key) and release(key)", store)


def _verification_time(now: object) -> datetime | None:
    if now is None:
        return None
    if not isinstance(now, datetime):
        if isinstance(now, bool) or not isinstance(now, (int, float)):
            raise _wrong_type("now", "seconds since 1970, a datetime with a time zone, or None", now)
        try:
            return datetime.fromtimestamp(now, timezone.utc)
        except (OverflowError, OSError, ValueError):
            raise _invalid("now is out of range: expected seconds since 1970") from None
    if now.tzinfo is None:
        raise _invalid("now has no time zone: pass a datetime with one, such as datetime.now(timezone.utc)")
    return now.astimezone(timezone.utc)


def _invalid(message: str) -> InvalidInputError:
    """Return the error for an invalid argument, with the end of the messages of the native module."""
    return InvalidInputError(f"{message} [errors#invalid_input]", outcome="not_sent")


def sign(*, signing_key: str, timestamp: int, url: str, body: bytes | bytearray | memoryview) -> str:
    """Sign a delivery as the API does, to test a receiver.

    Args:
        signing_key: The signing key of the subscription.
        timestamp: The value of the timestamp header, as seconds since 1970.
        url: The URL of the subscription.
        body: The body of the delivery.

    Returns:
        The value of the header ``messagebird-signature``.

    Example:
        ```python
        now = int(time.time())
        headers = {
            SIGNATURE_HEADER: sign(signing_key=key, timestamp=now, url=url, body=body),
            TIMESTAMP_HEADER: str(now),
        }
        ```
    """
    return _native.sign_delivery(signing_key, timestamp, url, _body_bytes(body))


def platform_id_of_event(event: str) -> str | None:
    """Return the ``platform_id`` of the channels that an event is about, from the name of the event.

    Names of events contain a short platform name: ``sms.inbound`` is about channels whose ``platform_id`` is
    ``sms-messagebird``.

    Args:
        event: The name of an event, such as ``"sms.inbound"``, or only the short name, such as ``"sms"``.

    Returns:
        The platform. None if the event names no platform, such as ``channel.updated``, or a platform whose
        ``platform_id`` is not documented.

    Example:
        ```python
        assert platform_id_of_event("sms.inbound") == "sms-messagebird"
        ```
    """
    return _native.platform_id_of_event(event)


def event_platform(platform_id: str) -> str | None:
    """Return the short name of a platform in the names of events. The inverse of ``platform_id_of_event``.

    Args:
        platform_id: The ``platform_id`` of a channel, such as ``"sms-messagebird"``.

    Returns:
        The short name, such as ``"sms"``. None if it is not documented.

    Example:
        ```python
        event = f"{event_platform('sms-messagebird')}.inbound"
        ```
    """
    return _native.event_platform(platform_id)


class SignalSource:
    """What a wait accepts as ``signal``: ``Signals``, or the hub of another module, such as ``redis.RedisSignals``."""

    _native: _native.Signals

    def _check_started(self) -> None:
        """Raise an error if no event can reach the hub. Called when a wait starts."""


class Signals(SignalSource):
    """A hub that passes verified events to waits, which then poll at once.

    Pass it as ``signal`` to any number of waits of this process, of both clients, and push events to it from your
    receiver. It keeps no events for later waits. An event only triggers a poll, and the poll decides: a wait that
    misses an event takes longer, and has the same result.

    Example:
        ```python
        signals = Signals()
        signals.push(event)  # in the receiver
        ready = install.until_ready(signal=signals)  # in the program that waits
        ```
    """

    def __init__(self) -> None:
        self._native = _native.Signals()

    def push(self, event: Event) -> None:
        """Pass an event to all waits that are running. It does not block, and can be called from any thread or task.

        Args:
            event: A verified event.

        Raises:
            InvalidInputError: The event was not returned by ``Verifier.verify``.
            TypeError: It is not an event.
        """
        check_event(event)
        self._native.push(
            {
                "service": str(event.service),
                "event": event.event,
                "payload": event.payload,
                "request_id": event.request_id,
                "timestamp": event.timestamp.isoformat(),
                "delivery_key": event.delivery_key,
            }
        )

    def __repr__(self) -> str:
        return "<bird_connectors.webhooks.Signals>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("Signals cannot be pickled, because they belong to the waits of one process")
