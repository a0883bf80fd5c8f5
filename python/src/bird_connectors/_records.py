"""What the SDK itself tells: pages, the steps of a wait, its end. Frozen, comparable, and made to be pickled."""

from __future__ import annotations

from . import _typing as t
from ._errors import BirdConnectorsError
from ._generic import Generic
from ._native import Channel, Connector, ConnectorReadiness, WebhookSubscription

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._types import T_co
else:
    T_co = object


class _Record:
    """A frozen class whose attributes are its ``__match_args__``."""

    __slots__ = ()
    __match_args__: tuple[str, ...] = ()

    def _fill(self, *values: t.Any) -> None:
        for name, value in zip(self.__match_args__, values, strict=True):
            object.__setattr__(self, name, value)

    def _values(self) -> tuple[t.Any, ...]:
        return tuple(getattr(self, name) for name in self.__match_args__)

    def __setattr__(self, name: str, value: t.Any) -> t.NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen: {name!r} cannot be set")

    def __delattr__(self, name: str) -> t.NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen: {name!r} cannot be deleted")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), self._values()))

    def __repr__(self) -> str:
        shown = (
            f"{name}={value!r}"
            for name, value in zip(self.__match_args__, self._values(), strict=True)
            if value is not None
        )
        return f"{type(self).__name__}({', '.join(shown)})"

    def __reduce__(self) -> tuple[t.Any, ...]:
        return type(self), self._values()

    def __copy__(self) -> t.Any:
        return self


class Rate(_Record):
    """How many requests a second a client sends to one workspace: limits that no second exceeds.

    ``get`` is for GET, ``post`` for POST, PATCH and DELETE together. The defaults are the API's documented limits. A
    tenth of a figure may leave at once, then four fifths of it a second.
    """

    __slots__ = __match_args__ = ("get", "post")

    get: int
    post: int

    def __init__(self, get: int = 50, post: int = 500) -> None:
        self._fill(get, post)


class Undecodable(_Record):
    """An item of a page that could not be read. The rest of the page arrived."""

    __slots__ = __match_args__ = ("index", "raw", "reason")

    index: int
    """Its place in the page as the API sent it, from 0."""
    raw: str
    """The item's JSON as it came."""
    reason: str
    """Why it could not be read."""

    def __init__(self, index: int, raw: str, reason: str) -> None:
        self._fill(index, raw, reason)


class Page(_Record, Generic[T_co]):
    """One page of a list."""

    __slots__ = __match_args__ = ("items", "undecodable", "checkpoint")

    items: list[T_co]
    """The items that could be read, in order."""
    undecodable: list[Undecodable]
    """The items that could not be read."""
    checkpoint: str | None
    """Where the list goes on behind this page; None on the last page."""

    def __init__(self, items: list[T_co], undecodable: list[Undecodable], checkpoint: str | None) -> None:
        self._fill(items, undecodable, checkpoint)

    def __hash__(self) -> int:
        return hash((tuple(self.items), tuple(self.undecodable), self.checkpoint))


class Progress(_Record):
    """What one poll of a wait saw. Times are in seconds."""

    __slots__ = __match_args__ = (
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

    poll: int
    """The number of the poll, from 1."""
    elapsed: float
    """Since the wait began."""
    connector_id: str
    """The connector that is waited for."""
    channel_id: str | None
    """The channel's id, once there is one."""
    status: str | None
    """The channel's status, or what readiness says of it. A word that is not known means: not finished."""
    stage: str | None
    """The stage that the readiness reply names."""
    connector: Connector | None
    """The connector as last read."""
    channel: Channel | None
    """The channel as last read."""
    readiness: ConnectorReadiness | None
    """The readiness reply as last read."""
    error: BirdConnectorsError | None
    """What went wrong in this poll, and was absorbed."""
    next_poll_in: float | None
    """The pause before the next poll; None where this was the last."""
    confirmed_by: t.StatusSource | None
    """Which reading said that it is ready; None before that."""

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
    def ready(self) -> bool:
        """True on the last step of a wait that came out well."""
        return self.confirmed_by is not None


class Ready(_Record):
    """A channel that can send (or whatever else was waited for)."""

    __slots__ = __match_args__ = ("channel_id", "channel", "connector", "confirmed_by", "polls", "elapsed")

    channel_id: str
    """The channel's id: what messages are sent over."""
    channel: Channel | None
    """The channel as last read; None where the access key may not read it, and readiness said so."""
    connector: Connector | None
    """The connector as last read; None where this process neither made it nor may read it."""
    confirmed_by: t.StatusSource
    """Which reading said so. ``readiness_channel`` means that the access key may not read the channel itself."""
    polls: int
    """Polls made."""
    elapsed: float
    """Seconds since the wait began."""

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


class Drift(_Record):
    """Something of an adopted connector that is not as the template has it. There is no call that would change it."""

    __slots__ = __match_args__ = ("field", "wanted", "found")

    field: str
    """Which field: ``name``, ``connectorTemplateRef``, or an argument as ``arguments.useCaseId``."""
    wanted: t.Any
    """What the template has."""
    found: t.Any
    """What the connector has. The template's secrets are taken out of it."""

    def __init__(self, field: str, wanted: t.Any, found: t.Any) -> None:
        self._fill(field, wanted, found)

    def __hash__(self) -> int:
        return hash((type(self), self.field))

    def __repr__(self) -> str:
        # Arguments whose keys nobody documents may hold anything.
        return f"Drift(field={self.field!r})"


class EnsureReport(_Record):
    """What ``ensure`` came to: what ``Ensured`` and ``InstallResult`` tell."""

    __slots__ = __match_args__ = (
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

    id: str
    """The connector's id."""
    connector: Connector | None
    """The connector as the create answered it, or as it was found."""
    token: str
    """What is needed to go on waiting."""
    adopted: bool
    """True where it was found."""
    matched_by: t.MatchedBy | None
    """What showed that it is the wanted one; None where it was created."""
    matched_arguments: tuple[str, ...]
    """The names of the arguments that are equal, where those showed it."""
    drift: tuple[Drift, ...]
    """How it differs from the template."""
    secrets_applied: bool
    """False where it may have been made with other secrets."""
    journal_error: BirdConnectorsError | None
    """Why the result could not be written into the journal."""

    def __init__(self, *values: t.Any) -> None:
        self._fill(*values)


class InstallResult(_Record):
    """What a template of ``install_all`` came to."""

    __slots__ = __match_args__ = ("index", "report", "ready", "error")

    index: int
    """The number of the template, from 0."""
    report: EnsureReport | None
    """What ``ensure`` came to: the attributes below are read off it. None where there is no connector."""
    ready: Ready | None
    """The channel that can send. None where it was not waited for, or ``error`` says why there is none."""
    error: BirdConnectorsError | None
    """Why not: a ``WaitError`` where there is a connector, otherwise what ``ensure`` would have raised."""

    def __init__(
        self, index: int, report: EnsureReport | None, ready: Ready | None, error: BirdConnectorsError | None
    ) -> None:
        self._fill(index, report, ready, error)

    @property
    def id(self) -> str | None:
        """The connector's id, where there is one."""
        return None if self.report is None else self.report.id

    @property
    def channel_id(self) -> str | None:
        """The id of the channel that can send, where there is one."""
        return None if self.ready is None else self.ready.channel_id

    @property
    def token(self) -> str | None:
        """What is needed to go on waiting: hand it to ``connectors.resume`` or ``wait_all``."""
        return None if self.report is None else self.report.token

    @property
    def connector(self) -> Connector | None:
        """The connector as the create answered it, or as it was found."""
        return None if self.report is None else self.report.connector

    @property
    def adopted(self) -> bool:
        """True where the connector was found, and False where this run saw its create succeed, or there is none."""
        return self.report is not None and self.report.adopted

    @property
    def matched_by(self) -> t.MatchedBy | None:
        """What showed that the connector is the wanted one; None where it was created. See ``Ensured``."""
        return None if self.report is None else self.report.matched_by

    @property
    def drift(self) -> tuple[Drift, ...]:
        """How an adopted connector differs from the template. Nothing of it was changed."""
        return () if self.report is None else self.report.drift

    @property
    def secrets_applied(self) -> bool:
        """False where the template has secrets and the connector may have been made with others, or there is none."""
        return self.report is not None and self.report.secrets_applied

    @property
    def journal_error(self) -> BirdConnectorsError | None:
        """Why the result could not be written into the journal. The connector is there; a later run looks for it."""
        return None if self.report is None else self.report.journal_error


class InstallTotals(_Record):
    """How a run of many installs stands."""

    __slots__ = __match_args__ = ("created", "adopted", "failed", "pending")

    created: int
    """Connectors that this run created."""
    adopted: int
    """Connectors that were there already, or whose create is known only from looking."""
    failed: int
    """Templates that came to no connector."""
    pending: int
    """Templates of which that is not known yet."""

    def __init__(self, created: int, adopted: int, failed: int, pending: int) -> None:
        self._fill(created, adopted, failed, pending)


class WaitResult(_Record):
    """What a wait for one install of many came to."""

    __slots__ = __match_args__ = ("id", "ready", "error")

    id: str
    """The connector's id."""
    ready: Ready | None
    """The channel that can send; None where ``error`` says why there is none."""
    error: BirdConnectorsError | None
    """Why not: what ``until_ready`` would have raised."""

    def __init__(self, id: str, ready: Ready | None, error: BirdConnectorsError | None) -> None:
        self._fill(id, ready, error)

    @property
    def channel_id(self) -> str | None:
        """The id of the channel that can send, where there is one."""
        return None if self.ready is None else self.ready.channel_id


class WaitTotals(_Record):
    """How a wait for many installs stands."""

    __slots__ = __match_args__ = ("done", "failed", "pending", "cancelled", "rounds", "gets")

    done: int
    """Installs whose channel can send."""
    failed: int
    """Installs whose wait ended with an error."""
    pending: int
    """Installs that are still followed. Those that ended may not have been read yet."""
    cancelled: int
    """Installs that are not followed any more because ``cancel`` said so."""
    rounds: int
    """Rounds begun."""
    gets: int
    """Requests answered, all of them GET."""

    def __init__(self, done: int, failed: int, pending: int, cancelled: int, rounds: int, gets: int) -> None:
        self._fill(done, failed, pending, cancelled, rounds, gets)


class Deleted(_Record):
    """A removal that succeeded."""

    __slots__ = __match_args__ = ("already_gone",)

    already_gone: bool
    """True where the API said 404: it was gone already, or an earlier attempt whose answer was lost removed it."""

    def __init__(self, already_gone: bool) -> None:
        self._fill(already_gone)


class EnsuredSubscription(_Record):
    """A webhook subscription that was there already, or was made."""

    __slots__ = __match_args__ = ("subscription", "adopted", "signing_key_applied")

    subscription: WebhookSubscription
    """The subscription."""
    adopted: bool
    """True where it was there already. Nothing of it was changed: it may be inactive, and signed with another key."""
    signing_key_applied: bool
    """False where it may be signed with another key than the one that was given: it was there already, and the API does
    not show its key, or shows another one. ``update`` sets it."""

    def __init__(self, subscription: WebhookSubscription, adopted: bool, signing_key_applied: bool) -> None:
        self._fill(subscription, adopted, signing_key_applied)


class ChannelSubscriptions(_Record):
    """The two webhook subscriptions that tell of channels."""

    __slots__ = __match_args__ = ("created", "updated")

    created: EnsuredSubscription
    """The one to ``channel.created``."""
    updated: EnsuredSubscription
    """The one to ``channel.updated``."""

    def __init__(self, created: EnsuredSubscription, updated: EnsuredSubscription) -> None:
        self._fill(created, updated)
