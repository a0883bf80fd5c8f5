"""Receiving webhooks: verification, events, what comes twice, and the hub that wakes waits."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any, NoReturn, Protocol

from . import _native
from . import _typing as t
from ._enums import ChannelStatus, WebhookService
from ._errors import InvalidInputError
from ._records import _Record
from ._str_enum import StrEnum

SIGNATURE_HEADER = "messagebird-signature"
TIMESTAMP_HEADER = "messagebird-request-timestamp"
REQUEST_ID_HEADER = "messagebird-request-id"

# Every spelling that a server hands out: the name itself, in any case, and what WSGI makes of it.
_SPELLINGS = {
    spelling: name.encode()
    for name in (SIGNATURE_HEADER, TIMESTAMP_HEADER, REQUEST_ID_HEADER)
    for spelling in (name, "http_" + name.replace("-", "_"))
}


class Event(_Record):
    """A verified event. Made by ``Verifier.verify``.

    Events come more than once, late, and out of order, and a status can be older than one that came before: take an
    event as a reason to look, not as the truth.
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
    )
    __slots__: tuple[str, ...] = __match_args__

    service: WebhookService | str
    """The service that it comes from. One that this version does not know is delivered like any other."""
    event: str
    """Its name, such as ``channel.updated``."""
    payload: dict[str, Any]
    """What happened, as it came."""
    request_id: str | None
    """The id that all attempts of the delivery share, for support questions. It is not signed: decide nothing by it."""
    timestamp: datetime
    """When it was first sent, in whole seconds. Retries keep it."""
    channel_id: str | None
    """The channel that it names, whatever its kind."""
    connector_id: str | None
    """The connector that it names, whatever its kind."""
    delivery_key: str
    """The same for all attempts of this delivery, and for no other: what de-duplication goes by."""
    extra: dict[str, Any]
    """Fields beside service, event and payload. None are known."""

    def __init__(self, **values: Any) -> None:
        self._fill(*(values[name] for name in self.__match_args__))

    def __hash__(self) -> int:
        return hash((type(self), self.delivery_key))

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self._values())


class ChannelEvent(Event):
    """What is told of a channel. No captured body is public, so each attribute can be None; the payload has it all."""

    __slots__ = ("identifier", "platform_id", "status")
    __match_args__: tuple[str, ...] = (*Event.__match_args__, *__slots__)

    identifier: str | None
    """What the channel sends from: a number, an address or a handle."""
    platform_id: str | None
    """The platform, such as ``sms-messagebird``."""
    status: ChannelStatus | str | None
    """The status at that time. It can be older than one that was delivered before."""


class ChannelCreated(ChannelEvent):
    """``channel.created`` of service ``channels``."""

    __slots__ = ()


class ChannelUpdated(ChannelEvent):
    """``channel.updated`` of service ``channels``: any change. One of the status always fires it."""

    __slots__ = ()


def _restored(kind: type[Event], values: tuple[Any, ...]) -> Event:
    return kind(**dict(zip(kind.__match_args__, values, strict=True)))


class Verifier:
    """Verifies deliveries: the signature first, then the age, then the body.

    ``signing_keys`` are several for the time of a rotation, or because each subscription has its own. ``url`` is what
    the subscription was registered with, letter by letter, path and query included: what a server sees is often another
    one, because a proxy has changed host, scheme or path. Give a list where there are several; any key with any URL may
    match.

    ``max_age`` is wide on purpose, 24 hours. What is not answered with 2xx is sent again for 8 hours *with the
    timestamp of the first attempt*: the usual window of some minutes would refuse every retry after an outage, and with
    it the event. Against replays within the window there is ``Deduplicator``. ``tolerance`` is how far ahead of this
    machine's clock a timestamp may be.
    """

    __slots__ = ("_native",)

    def __init__(
        self,
        *,
        signing_keys: Sequence[str],
        url: str | Sequence[str],
        max_age: t.Seconds = 86400,
        tolerance: t.Seconds = 300,
    ) -> None:
        if isinstance(signing_keys, str):
            raise TypeError("signing_keys is a list, also where there is one key")
        urls = [url] if isinstance(url, str) else list(url)
        self._native = _native.Verifier(list(signing_keys), urls, max_age, tolerance)

    def verify(
        self,
        *,
        headers: Mapping[Any, Any] | Iterable[tuple[Any, Any]],
        body: bytes | bytearray | memoryview,
        now: datetime | float | None = None,
    ) -> Event:
        """Verify a delivery, or raise the ``WebhookError`` that says why it is refused.

        ``headers`` are what the framework has: a mapping or pairs, as text or bytes, names in any case, a WSGI environ,
        or the headers of an ASGI scope. ``body`` are the bytes as they came. ``now`` is the time, where it is not the
        clock's: seconds since 1970, or a ``datetime`` with a time zone.

        It does not recognise what it has seen before: a retry and a replay verify like the first attempt.
        """
        return self._native.verify(_wanted(headers), _raw(body), _moment(now))

    def __repr__(self) -> str:
        return "<bird_connectors.webhooks.Verifier>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Verifier holds signing keys, and cannot be pickled")


def _wanted(headers: Any) -> list[tuple[bytes, bytes]]:
    """The headers of a delivery, out of all that there are. Two with one name stay two."""
    pairs: Iterable[tuple[Any, Any]] = headers.items() if hasattr(headers, "items") else headers
    wanted: list[tuple[bytes, bytes]] = []
    for name, value in pairs:
        text = name.decode("latin-1") if isinstance(name, bytes) else str(name)
        known = _SPELLINGS.get(text.lower())
        if known is None:
            continue
        if isinstance(value, str):
            value = value.encode("utf-8", "surrogatepass")
        elif not isinstance(value, bytes):
            raise TypeError(f"the value of the header {text} is str or bytes, not {type(value).__name__}")
        wanted.append((known, value))
    return wanted


def _raw(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    if isinstance(body, bytearray):
        return bytes(body)
    if isinstance(body, memoryview):
        return body.tobytes()
    raise TypeError(
        f"body is the bytes as they came, not {type(body).__name__}: what was decoded or parsed can differ from what "
        "was signed. Frameworks keep them: `await request.body()` in FastAPI, `request.body` in Django, "
        "`request.get_data()` in Flask"
    )


def _moment(now: datetime | float | None) -> datetime | None:
    if now is None:
        return None
    if not isinstance(now, datetime):
        try:
            return datetime.fromtimestamp(now, timezone.utc)
        except (OverflowError, OSError, ValueError):
            raise InvalidInputError("now is no time in seconds since 1970", outcome="not_sent") from None
    if now.tzinfo is None:
        raise InvalidInputError("now is a datetime without a time zone, which could be any time", outcome="not_sent")
    return now.astimezone(timezone.utc)


def sign(*, signing_key: str, timestamp: int, url: str, body: bytes) -> str:
    """Sign a delivery as the API does: the value of ``messagebird-signature``. For tests of a receiver."""
    return _native.sign_delivery(signing_key, timestamp, url, body)


class Begin(StrEnum):
    """What ``begin`` found."""

    NEW = "new"
    """Not seen before, or released since: it is yours. Do the work, then commit; where it fails, release."""
    IN_FLIGHT = "in_flight"
    """Somebody else is at it. Do nothing, and answer 503 rather than 200: should they fail, the retry is needed."""
    DONE = "done"
    """Done before. Do nothing, and answer 200, so that it is not sent again."""


class DedupStore(Protocol):
    """Where the keys of deliveries are kept. Write one of your own where several processes share them.

    A store must take a key that is new in one atomic step (``SET key … NX PX lease`` in Redis, an insert with a unique
    key in SQL), let go of it by itself after a lease, for the case that its holder dies, and remember what is done for
    at least as long as the verifier accepts it: ``max_age`` and ``tolerance`` together.
    """

    def begin(self, key: str, /) -> Begin:
        """Take the key, unless somebody has it, or it is done."""
        ...

    def commit(self, key: str, /) -> None:
        """Remember the key: the work is done."""
        ...

    def release(self, key: str, /) -> None:
        """Forget the key, so that the next attempt begins anew: the work failed. What is done stays done."""
        ...


class DedupMemory:
    """Keeps keys in memory, for the threads and tasks of one process. It never waits.

    Memory is bounded: beyond ``capacity`` the oldest key goes first, done ones before those in flight; a delivery whose
    key is gone counts as new. ``remember_for`` is for how long what is done is known: at least as long as the verifier
    accepts it. After ``lease``, who neither commits nor releases has lost the key.
    """

    __slots__ = ("_native",)

    def __init__(self, *, capacity: int = 65_536, remember_for: t.Seconds = 86400 + 300, lease: t.Seconds = 60) -> None:
        self._native = _native.DedupMemory(capacity, remember_for, lease)

    def begin(self, key: str, /) -> Begin:
        """Take the key, unless somebody has it, or it is done."""
        return Begin(self._native.begin(key))

    def commit(self, key: str, /) -> None:
        """Remember the key: the work is done."""
        self._native.commit(key)

    def release(self, key: str, /) -> None:
        """Forget the key, so that the next attempt begins anew: the work failed. What is done stays done."""
        self._native.release(key)

    def __len__(self) -> int:
        return len(self._native)

    def __repr__(self) -> str:
        return f"<bird_connectors.webhooks.DedupMemory keys={len(self)}>"


class Deduplicator:
    """Recognises what comes twice, in two phases: an event counts as done only once its work is.

    >>> def receive(event: Event) -> int:
    ...     with deduplicator.work(event) as begun:
    ...         if begun is Begin.NEW:
    ...             handle(event)
    ...     return 503 if begun is Begin.IN_FLIGHT else 200

    The keys are kept in memory, or in a ``store`` of your own.
    """

    __slots__ = ("_store",)

    def __init__(self, store: DedupStore | None = None) -> None:
        self._store: DedupStore = DedupMemory() if store is None else store

    def begin(self, event: Event) -> Begin:
        """Take the event, unless somebody has it, or it is done."""
        return self._store.begin(event.delivery_key)

    def commit(self, event: Event) -> None:
        """Remember the event: the work is done."""
        self._store.commit(event.delivery_key)

    def release(self, event: Event) -> None:
        """Forget the event, so that the next attempt begins anew: the work failed."""
        self._store.release(event.delivery_key)

    @contextmanager
    def work(self, event: Event) -> Generator[Begin, None, None]:
        """Begin, and at the end of the block commit, or release where it raises. Only what is new is yours to do."""
        begun = self.begin(event)
        try:
            yield begun
        except BaseException:
            if begun is Begin.NEW:
                self.release(event)
            raise
        if begun is Begin.NEW:
            self.commit(event)


class Signals:
    """A hub for verified events: a receiver pushes, and waits are woken.

    Hand it to ``until_ready(signal=…)`` of any number of installs in this process, of both clients. It keeps nothing
    for waits to come; a wait that misses an event takes longer and comes out the same.
    """

    __slots__ = ("_native",)

    def __init__(self) -> None:
        self._native = _native.Signals()

    def push(self, event: Event) -> None:
        """Hand an event to every wait under way. It never waits, and may be called from any thread or task."""
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
        raise TypeError("Signals reach the waits of one process, and cannot be pickled")
