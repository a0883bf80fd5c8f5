"""Results that are not resources of the API: pages, polls, totals. They are frozen, comparable and picklable."""

from __future__ import annotations

from . import _native
from . import _typing as t
from ._errors import BirdConnectorsError
from ._generic import Generic
from ._native import Channel, Connector, ConnectorReadiness, WebhookSubscription
from ._wait_token import WaitToken

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._types import T_co
else:
    T_co = object


class _Record:
    """A frozen class whose attributes are its ``__match_args__``."""

    __slots__ = ("__weakref__",)

    # The attributes that ``repr`` does not show.
    _hidden: tuple[str, ...] = ()

    # What sets each attribute, in three quarters of the time of `object.__setattr__`, which looks up the name.
    _setters: tuple[t.Callable[[t.Any, t.Any], None], ...] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        record: t.Any = cls
        if "__match_args__" in vars(cls):
            record._setters = tuple(getattr(cls, name).__set__ for name in record.__match_args__)

    def _names(self) -> tuple[str, ...]:
        # Not declared here: each class has a `__match_args__` of its own, whose type are the names.
        record: t.Any = self
        names: tuple[str, ...] = record.__match_args__
        return names

    def _fill(self, *values: t.Any) -> None:
        for set_value, value in zip(self._setters, values, strict=True):
            set_value(self, value)

    def _values(self) -> tuple[t.Any, ...]:
        return tuple(getattr(self, name) for name in self._names())

    def __setattr__(self, name: str, value: t.Any) -> t.NoReturn:
        raise AttributeError(f"cannot set {name!r}: {type(self).__name__} is immutable")

    def __delattr__(self, name: str) -> t.NoReturn:
        raise AttributeError(f"cannot delete {name!r}: {type(self).__name__} is immutable")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), self._values()))

    def __repr__(self) -> str:
        shown = (
            f"{name}={self._shown(value)}"
            for name, value in zip(self._names(), self._values(), strict=True)
            if value is not None and name not in self._hidden
        )
        return f"{type(self).__name__}({', '.join(shown)})"

    def _shown(self, value: object) -> str:
        # Free JSON can contain secrets.
        return _native.masked_repr(value) if isinstance(value, dict) else repr(value)

    def __reduce__(self) -> tuple[t.Any, ...]:
        return type(self), self._values()

    def __copy__(self) -> t.Any:
        return self


class RateLimits(_Record):
    """The maximum number of requests per second to one workspace, for all clients of the process together.

    The defaults are the API's documented limits. Bird's support can raise the limits of a workspace: then set the
    raised limits here, because the API does not report them. A tenth of a limit can be sent at once; after that,
    requests are sent at four fifths of the limit, so that no second exceeds it.

    Args:
        get: Maximum number of GET requests per second.
        post: Maximum number of POST, PATCH and DELETE requests per second.

    Example:
        ```python
        client = Client(access_key=key, rate_limit=RateLimits(get=20, post=100))
        ```
    """

    __match_args__ = ("get", "post")
    __slots__ = {
        "get": "Maximum number of GET requests per second.",
        "post": "Maximum number of POST, PATCH and DELETE requests per second, together.",
    }

    get: int
    """Maximum number of GET requests per second."""
    post: int
    """Maximum number of POST, PATCH and DELETE requests per second, together."""

    def __init__(self, get: int = 50, post: int = 500) -> None:
        self._fill(get, post)


class UndecodableItem(_Record):
    """An item of a page that cannot be decoded. The other items of the page are not affected."""

    __match_args__ = ("index", "raw", "reason")
    __slots__ = {
        "index": "The position of the item in the page as the API sent it, from 0.",
        "raw": "The JSON of the item, as the API sent it.",
        "reason": "Why the item cannot be decoded.",
    }

    index: int
    """The position of the item in the page as the API sent it, from 0."""
    raw: str
    """The JSON of the item, as the API sent it."""
    reason: str
    """Why the item cannot be decoded."""

    def __init__(self, index: int, raw: str, reason: str) -> None:
        self._fill(index, raw, reason)

    def __repr__(self) -> str:
        # The JSON of an unknown form can contain secrets.
        return f"UndecodableItem(index={self.index}, reason={self.reason!r}, characters={len(self.raw)})"


class Page(_Record, Generic[T_co]):
    """One page of a list."""

    __match_args__ = ("items", "undecodable", "checkpoint")
    __slots__ = {
        "items": "The items, in order.",
        "undecodable": "The items that cannot be decoded.",
        "checkpoint": "Where to resume the list after this page. None on the last page.",
    }

    items: list[T_co]
    """The items, in order."""
    undecodable: list[UndecodableItem]
    """The items that cannot be decoded."""
    checkpoint: str | None
    """Where to resume the list after this page. None on the last page."""

    def __init__(self, items: list[T_co], undecodable: list[UndecodableItem], checkpoint: str | None) -> None:
        self._fill(items, undecodable, checkpoint)

    def __hash__(self) -> int:
        return hash((tuple(self.items), tuple(self.undecodable), self.checkpoint))


class Progress(_Record):
    """The result of one poll of a wait. Times are in seconds."""

    __match_args__ = (
        "poll",
        "elapsed",
        "connector_id",
        "channel_id",
        "status",
        "stage",
        "connector",
        "channel",
        "readiness",
        "error",
        "next_poll_in",
        "confirmed_by",
    )
    __slots__ = {
        "poll": "The number of the poll, from 1.",
        "elapsed": "The time since the wait started, in seconds.",
        "connector_id": "The id of the connector.",
        "channel_id": "The id of the channel. None until it exists.",
        "status": (
            "The status of the channel, or that in the readiness reply. An unknown value means that the install "
            "continues."
        ),
        "stage": "The stage in the readiness reply.",
        "connector": "The connector as last read.",
        "channel": "The channel as last read.",
        "readiness": "The readiness reply as last read.",
        "error": "The error of this poll, if it failed without ending the wait.",
        "next_poll_in": "The time until the next poll, in seconds. None after the last poll.",
        "confirmed_by": "The resource that confirmed that the channel is ready. None before that.",
    }

    poll: int
    """The number of the poll, from 1."""
    elapsed: float
    """The time since the wait started, in seconds."""
    connector_id: str
    """The id of the connector."""
    channel_id: str | None
    """The id of the channel. None until it exists."""
    status: str | None
    """The status of the channel, or that in the readiness reply. An unknown value means that the install continues."""
    stage: str | None
    """The stage in the readiness reply."""
    connector: Connector | None
    """The connector as last read."""
    channel: Channel | None
    """The channel as last read."""
    readiness: ConnectorReadiness | None
    """The readiness reply as last read."""
    error: BirdConnectorsError | None
    """The error of this poll, if it failed without ending the wait."""
    next_poll_in: float | None
    """The time until the next poll, in seconds. None after the last poll."""
    confirmed_by: t.StatusSource | None
    """The resource that confirmed that the channel is ready. None before that."""

    def __init__(
        self,
        poll: int,
        elapsed: float,
        connector_id: str,
        channel_id: str | None,
        status: str | None,
        stage: str | None,
        connector: Connector | None,
        channel: Channel | None,
        readiness: ConnectorReadiness | None,
        error: BirdConnectorsError | None,
        next_poll_in: float | None,
        confirmed_by: t.StatusSource | None,
    ) -> None:
        self._fill(
            poll,
            elapsed,
            connector_id,
            channel_id,
            status,
            stage,
            connector,
            channel,
            readiness,
            error,
            next_poll_in,
            confirmed_by,
        )

    @property
    def ready(self) -> Ready | None:
        """The channel that can send, in the last poll of a successful wait. None before that."""
        if self.confirmed_by is None or self.channel_id is None:
            return None
        return Ready(self.channel_id, self.channel, self.connector, self.confirmed_by, self.poll, self.elapsed)


class Ready(_Record):
    """The result of a successful wait: a channel that can send, or that has the status that was waited for."""

    __match_args__ = ("channel_id", "channel", "connector", "confirmed_by", "polls", "elapsed")
    __slots__ = {
        "channel_id": "The id of the channel, with which you send messages.",
        "channel": "The channel as last read. None if the access key may not read it: see ``confirmed_by``.",
        "connector": "The connector as last read. None if this process did not create it, and has not read it.",
        "confirmed_by": (
            "The resource that confirmed it. ``readiness_channel`` means that the access key may not read the channel."
        ),
        "polls": "The number of polls.",
        "elapsed": "The duration of the wait, in seconds.",
    }

    channel_id: str
    """The id of the channel, with which you send messages."""
    channel: Channel | None
    """The channel as last read. None if the access key may not read it: see ``confirmed_by``."""
    connector: Connector | None
    """The connector as last read. None if this process did not create it, and has not read it."""
    confirmed_by: t.StatusSource
    """The resource that confirmed it. ``readiness_channel`` means that the access key may not read the channel."""
    polls: int
    """The number of polls."""
    elapsed: float
    """The duration of the wait, in seconds."""

    def __init__(
        self,
        channel_id: str,
        channel: Channel | None,
        connector: Connector | None,
        confirmed_by: t.StatusSource,
        polls: int,
        elapsed: float,
    ) -> None:
        self._fill(channel_id, channel, connector, confirmed_by, polls, elapsed)


class WaitOptions(_Record):
    """The options of a wait, for ``until_ready``, ``progress``, ``wait_all`` and ``install_all(…).until_ready``.

    Pass it as ``options``. A keyword argument of the method overrides the option with the same name.

    Args:
        timeout: Maximum time to wait for each install, in seconds or as a ``timedelta``. None waits without a limit.
        status: The channel status to wait for. None waits until a channel exists, with any status.
        failure_statuses: The statuses that mean that an install failed, when two consecutive polls confirm one. None
            selects the default: ``failed``, ``error``, ``rejected``, ``suspended``, ``deleted``, ``cancelled``.
        interval: For one install, the pause after the first poll and the longest pause; None selects 0.5 s and 10 s.
            For many installs, the time between the starts of two polls, at first and at most; None selects 1.8 s and
            10 s. In seconds or as ``timedelta`` values.
        signal: A hub of webhook events, such as ``webhooks.Signals``. An event about an install triggers a poll.

    Raises:
        InvalidInputError: A duration is negative, the first interval is below 10 ms, or the longest interval is shorter
            than the first.
        TypeError: A value has another type.

    Example:
        ```python
        patient = WaitOptions(timeout=1800, failure_statuses=["failed", "expired"])
        ready = install.until_ready(options=patient, on_progress=print)
        ```
    """

    __match_args__ = ("timeout", "status", "failure_statuses", "interval", "signal")
    __slots__ = {
        "timeout": "Maximum time to wait for each install. None waits without a limit.",
        "status": "The channel status to wait for. None waits until a channel exists.",
        "failure_statuses": "The statuses that mean that an install failed. None selects the default.",
        "interval": "The first and the longest interval between polls. None selects the default.",
        "signal": "A hub of webhook events, which trigger polls.",
    }

    timeout: t.Seconds | None
    """Maximum time to wait for each install. None waits without a limit."""
    status: str | None
    """The channel status to wait for. None waits until a channel exists."""
    failure_statuses: tuple[str, ...] | None
    """The statuses that mean that an install failed. None selects the default."""
    interval: tuple[t.Seconds, t.Seconds] | None
    """The first and the longest interval between polls. None selects the default."""
    signal: t.SignalSource | None
    """A hub of webhook events, which trigger polls."""

    def __init__(
        self,
        *,
        timeout: t.Seconds | None = 300.0,
        status: str | None = "active",
        failure_statuses: t.Sequence[str] | None = None,
        interval: tuple[t.Seconds, t.Seconds] | None = None,
        signal: t.SignalSource | None = None,
    ) -> None:
        # What the native module accepts: a hub of signals has a native half.
        native_signal: t.Any = getattr(signal, "_native", signal)
        _native.check_wait_options(timeout, status, interval, native_signal)
        # A copy, so that the options are immutable.
        statuses = None if failure_statuses is None else _native.strings("failure_statuses", failure_statuses)
        self._fill(timeout, status, statuses, interval, signal)

    def __reduce__(self) -> tuple[t.Any, ...]:
        return _restore_wait_options, self._values()


def _restore_wait_options(*values: t.Any) -> WaitOptions:
    return WaitOptions(**dict(zip(WaitOptions.__match_args__, values, strict=True)))


class Drift(_Record):
    """A field of an adopted connector that differs from the template. The API has no operation to change it."""

    __match_args__ = ("field", "wanted", "found")
    __slots__ = {
        "field": "The field: ``name``, ``connectorTemplateRef``, or an argument such as ``arguments.useCaseId``.",
        "wanted": "The value in the template.",
        "found": "The value of the connector, without the secrets of the template.",
    }

    field: str
    """The field: ``name``, ``connectorTemplateRef``, or an argument such as ``arguments.useCaseId``."""
    wanted: t.Any
    """The value in the template."""
    found: t.Any
    """The value of the connector, without the secrets of the template."""

    def __init__(self, field: str, wanted: t.Any, found: t.Any) -> None:
        self._fill(field, wanted, found)

    def __hash__(self) -> int:
        return hash((type(self), self.field))

    def __repr__(self) -> str:
        if _native.drift_is_documented(self.field):
            return super().__repr__()
        # Arguments without documented keys may contain secrets.
        return f"Drift(field={self.field!r})"


class EnsureReport(_Record):
    """The result of ``ensure``. ``Ensured`` has the same attributes, and so has ``InstallResult``.

    The id of the connector is ``id`` here and in ``Ensured``, and ``connector_id`` in ``InstallResult``.
    """

    __match_args__ = (
        "id",
        "connector",
        "token",
        "adopted",
        "matched_by",
        "matched_arguments",
        "drift",
        "secrets_applied",
        "journal_error",
    )
    __slots__ = {
        "id": "The id of the connector.",
        "connector": "The connector, as the API returned it when it was created or found.",
        "token": "The token to resume the wait with.",
        "adopted": "Whether the connector was found. False if this call created it.",
        "matched_by": "Why the connector was adopted. None if it was created. See ``Ensured``.",
        "matched_arguments": (
            "The names of the arguments that identified the connector, if ``matched_by`` is ``arguments``."
        ),
        "drift": "How an adopted connector differs from the template.",
        "secrets_applied": (
            "Whether the connector has the secrets of the template. False if it may have been created with others."
        ),
        "journal_error": (
            "Why the result could not be recorded in the journal. None if it was, or without a journal. The connector "
            "exists; a later run with this journal searches for it."
        ),
    }

    id: str
    """The id of the connector."""
    connector: Connector | None
    """The connector, as the API returned it when it was created or found."""
    token: WaitToken
    """The token to resume the wait with."""
    adopted: bool
    """Whether the connector was found. False if this call created it."""
    matched_by: t.MatchedBy | None
    """Why the connector was adopted. None if it was created. See ``Ensured``."""
    matched_arguments: tuple[str, ...]
    """The names of the arguments that identified the connector, if ``matched_by`` is ``arguments``."""
    drift: tuple[Drift, ...]
    """How an adopted connector differs from the template."""
    secrets_applied: bool
    """Whether the connector has the secrets of the template. False if it may have been created with others."""
    journal_error: BirdConnectorsError | None
    """Why the result could not be recorded in the journal. None if it was, or without a journal. The connector exists;
    a later run with this journal searches for it."""

    def __init__(self, *values: t.Any) -> None:
        id, connector, token, *others = values
        self._fill(id, connector, WaitToken(token), *others)


class InstallResult(_Record):
    """The result for one element of the ``templates`` of ``install_all``."""

    __match_args__ = ("index", "report", "ready", "error")
    __slots__ = {
        "index": "The position in ``templates``, from 0.",
        "report": "The result of ``ensure``, from which the other attributes are taken. None if there is no connector.",
        "ready": (
            "The channel that can send. None if the run does not wait for channels, or if it failed: see ``error``."
        ),
        "error": (
            "Why it failed. None on success. A ``WaitError`` if there is a connector. Otherwise the error that "
            "``ensure`` would have raised, or the exception that was passed instead of a template."
        ),
    }

    index: int
    """The position in ``templates``, from 0."""
    report: EnsureReport | None
    """The result of ``ensure``, from which the other attributes are taken. None if there is no connector."""
    ready: Ready | None
    """The channel that can send. None if the run does not wait for channels, or if it failed: see ``error``."""
    error: BirdConnectorsError | ValueError | None
    """Why it failed. None on success.

    A ``WaitError`` if there is a connector. Otherwise the error that ``ensure`` would have raised, or the exception
    that was passed instead of a template.
    """

    def __init__(
        self,
        index: int,
        report: EnsureReport | None,
        ready: Ready | None,
        error: BirdConnectorsError | ValueError | None,
    ) -> None:
        self._fill(index, report, ready, error)

    @property
    def connector_id(self) -> str | None:
        """The id of the connector, if there is one."""
        return None if self.report is None else self.report.id

    @property
    def channel_id(self) -> str | None:
        """The id of the channel that can send, if there is one."""
        return None if self.ready is None else self.ready.channel_id

    @property
    def token(self) -> WaitToken | None:
        """The token to resume the wait with. Pass it to ``connectors.resume`` or ``wait_all``."""
        return None if self.report is None else self.report.token

    @property
    def connector(self) -> Connector | None:
        """The connector, as the API returned it when it was created or found."""
        return None if self.report is None else self.report.connector

    @property
    def adopted(self) -> bool:
        """Whether the connector was found. False if this run created it, or if there is none."""
        return self.report is not None and self.report.adopted

    @property
    def matched_by(self) -> t.MatchedBy | None:
        """Why the connector was adopted. None if it was created. See ``Ensured``."""
        return None if self.report is None else self.report.matched_by

    @property
    def matched_arguments(self) -> tuple[str, ...]:
        """The names of the arguments that identified the connector, if ``matched_by`` is ``arguments``."""
        return () if self.report is None else self.report.matched_arguments

    @property
    def drift(self) -> tuple[Drift, ...]:
        """How an adopted connector differs from the template. Nothing was changed."""
        return () if self.report is None else self.report.drift

    @property
    def secrets_applied(self) -> bool:
        """Whether the connector has the secrets of the template. False if it may have others, or if there is none."""
        return self.report is not None and self.report.secrets_applied

    @property
    def journal_error(self) -> BirdConnectorsError | None:
        """Why the result could not be recorded in the journal, for example because the disk is full.

        None if it was recorded, without a journal, and if there is no connector. The install is not affected: ``ready``
        and ``error`` say how it ended. Correct the cause; a later run with this journal searches for the connector.
        """
        return None if self.report is None else self.report.journal_error


class InstallTotals(_Record):
    """The totals of a bulk install."""

    __match_args__ = ("created", "adopted", "failed", "pending")
    __slots__ = {
        "created": "The number of connectors that this run created.",
        "adopted": "The number of connectors that were found, including those whose create had an unknown outcome.",
        "failed": "The number of templates without a connector, including those that could not be built.",
        "pending": "The number of templates that are not finished.",
    }

    created: int
    """The number of connectors that this run created."""
    adopted: int
    """The number of connectors that were found, including those whose create had an unknown outcome."""
    failed: int
    """The number of templates without a connector, including those that could not be built."""
    pending: int
    """The number of templates that are not finished."""

    def __init__(self, created: int, adopted: int, failed: int, pending: int) -> None:
        self._fill(created, adopted, failed, pending)


class WaitResult(_Record):
    """The result for one install of ``wait_all``."""

    __match_args__ = ("connector_id", "ready", "error")
    __slots__ = {
        "connector_id": "The id of the connector.",
        "ready": "The channel that can send. None if the wait failed: see ``error``.",
        "error": "Why the wait failed: the error that ``until_ready`` raises. None on success.",
    }

    connector_id: str
    """The id of the connector."""
    ready: Ready | None
    """The channel that can send. None if the wait failed: see ``error``."""
    error: BirdConnectorsError | None
    """Why the wait failed: the error that ``until_ready`` raises. None on success."""

    def __init__(self, connector_id: str, ready: Ready | None, error: BirdConnectorsError | None) -> None:
        self._fill(connector_id, ready, error)

    @property
    def channel_id(self) -> str | None:
        """The id of the channel that can send, if there is one."""
        return None if self.ready is None else self.ready.channel_id


class WaitTotals(_Record):
    """The totals of a bulk wait."""

    __match_args__ = ("ready", "failed", "pending", "cancelled", "rounds", "gets")
    __slots__ = {
        "ready": "The number of installs whose channel can send.",
        "failed": "The number of installs whose wait ended with an error.",
        "pending": "The number of installs that are still followed. Finished installs may still have unread results.",
        "cancelled": "The number of installs that ``cancel`` has removed.",
        "rounds": "The number of polls that have started.",
        "gets": "The number of completed requests, which are all GET requests.",
    }

    ready: int
    """The number of installs whose channel can send."""
    failed: int
    """The number of installs whose wait ended with an error."""
    pending: int
    """The number of installs that are still followed. Finished installs may still have unread results."""
    cancelled: int
    """The number of installs that ``cancel`` has removed."""
    rounds: int
    """The number of polls that have started."""
    gets: int
    """The number of completed requests, which are all GET requests."""

    def __init__(self, ready: int, failed: int, pending: int, cancelled: int, rounds: int, gets: int) -> None:
        self._fill(ready, failed, pending, cancelled, rounds, gets)


class Deleted(_Record):
    """The result of a successful delete."""

    __match_args__ = ("already_gone",)
    __slots__ = {
        "already_gone": (
            "Whether the API answered 404: it was gone before, or an earlier attempt without a response deleted it."
        ),
    }

    already_gone: bool
    """Whether the API answered 404: it was gone before, or an earlier attempt without a response deleted it."""

    def __init__(self, already_gone: bool) -> None:
        self._fill(already_gone)


class EnsuredSubscription(_Record):
    """A webhook subscription that was adopted or created."""

    __match_args__ = ("subscription", "adopted", "signing_key_applied")
    __slots__ = {
        "subscription": "The subscription.",
        "adopted": (
            "Whether it existed before. Nothing was changed in that case: it may be inactive, or have another "
            "signing key."
        ),
        "signing_key_applied": (
            "Whether the signing key is certainly in effect. False if the subscription was adopted, and the API "
            "does not return its key, or returns another one. Set the key with ``update``."
        ),
    }

    subscription: WebhookSubscription
    """The subscription."""
    adopted: bool
    """Whether it existed before. Nothing was changed in that case: it may be inactive, or have another signing key."""
    signing_key_applied: bool
    """Whether the signing key is certainly in effect. False if the subscription was adopted, and the API does not
    return its key, or returns another one. Set the key with ``update``."""

    def __init__(self, subscription: WebhookSubscription, adopted: bool, signing_key_applied: bool) -> None:
        self._fill(subscription, adopted, signing_key_applied)


class ChannelSubscriptions(_Record):
    """The two webhook subscriptions that report changes of channels."""

    __match_args__ = ("created", "updated")
    __slots__ = {
        "created": "The subscription to ``channel.created``.",
        "updated": "The subscription to ``channel.updated``.",
    }

    created: EnsuredSubscription
    """The subscription to ``channel.created``."""
    updated: EnsuredSubscription
    """The subscription to ``channel.updated``."""

    def __init__(self, created: EnsuredSubscription, updated: EnsuredSubscription) -> None:
        self._fill(created, updated)


class JournalClaim(_Record):
    """The claim of a key, from ``SharedJournal.acquire``.

    Args:
        key: The claimed key.
        fence: The fencing number: higher than that of every earlier claim of the key.
        lease: How long the claim is valid unless it is renewed, in seconds or as a ``timedelta``. The client renews it
            after a third of that time. Use at least a second. None for a claim that cannot be lost.
        last_line: The last line of the key, if there is one.

    Raises:
        InvalidInputError: A value is out of range.
        TypeError: A value has another type.
    """

    __match_args__ = ("key", "fence", "lease", "last_line")
    __slots__ = {
        "key": "The claimed key.",
        "fence": "The fencing number: higher than that of every earlier claim of the key.",
        "lease": "How long the claim is valid unless it is renewed. None if it cannot be lost.",
        "last_line": "The last line of the key, if there is one.",
    }

    key: str
    """The claimed key."""
    fence: int
    """The fencing number: higher than that of every earlier claim of the key."""
    lease: t.Seconds | None
    """How long the claim is valid unless it is renewed. None if it cannot be lost."""
    last_line: str | None
    """The last line of the key, if there is one."""

    def __init__(self, key: str, fence: int, lease: t.Seconds | None = None, last_line: str | None = None) -> None:
        _native.check_journal_claim(key, fence, lease, last_line)
        self._fill(key, fence, lease, last_line)
