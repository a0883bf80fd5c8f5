"""The exceptions. They are made in Rust, in one place; here is what they look like."""

from __future__ import annotations

from . import _typing as t
from ._native import Channel, Connector, ConnectorReadiness, Reconcile


class BirdConnectorsError(Exception):
    """The root of all exceptions of this package."""

    outcome: t.Outcome | None
    """What is known of the request: it was never sent, it was refused unprocessed, nobody can tell, or it was answered.

    None where the error is not about one request.
    """
    attempts: int
    """How many times the request was tried."""
    retry_after: float | None
    """The seconds that the server asks to wait before the next try."""
    request_id: str | None
    """The id that the server gave the request, for support questions."""
    checkpoint: str | None
    """Where a list stopped: hand it to ``from_`` of the same list to go on."""
    partial: list[t.Any] | None
    """What ``to_list`` had read before it failed."""
    reconcile: Reconcile | None
    """After a create of unknown outcome: what ``connectors.reconcile`` needs to find out later what became of it."""

    def __init__(
        self,
        message: str = "",
        *,
        outcome: t.Outcome | None = None,
        attempts: int = 0,
        retry_after: float | None = None,
        request_id: str | None = None,
        checkpoint: str | None = None,
        partial: list[t.Any] | None = None,
        reconcile: Reconcile | None = None,
    ) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.attempts = attempts
        self.retry_after = retry_after
        self.request_id = request_id
        self.checkpoint = checkpoint
        self.partial = partial
        self.reconcile = reconcile

    def __reduce__(self) -> tuple[t.Any, ...]:
        # The cause is kept, which exceptions lose otherwise.
        cause = {"__cause__": self.__cause__} if _travels(self.__cause__) else {}
        return type(self), self.args, {**self.__dict__, **cause}


def _travels(cause: BaseException | None) -> bool:
    """Whether a cause can be pickled: ours can, and one that a journal of the caller's raised may not."""
    if cause is None or isinstance(cause, BirdConnectorsError):
        return cause is not None
    import pickle

    try:
        pickle.loads(pickle.dumps(cause))
    except Exception:
        return False
    return True


class ConfigurationError(BirdConnectorsError):
    """The client's settings cannot be used. Nothing was sent."""


class InvalidInputError(BirdConnectorsError, ValueError):
    """An argument cannot be used. Nothing was sent."""


class ApiError(BirdConnectorsError):
    """The API answered, and the answer is no success."""

    status: int | None
    """The HTTP status; None where no answer said so, but what the answers show together."""
    code: str | None
    """The API's own error code, such as ``InvalidPayload``."""
    message: str
    """The API's own words."""
    details: t.Any
    """What the API adds. After a 409 this can hold the id of what exists already."""

    def __init__(
        self,
        text: str = "",
        *,
        status: int | None = None,
        code: str | None = None,
        message: str = "",
        details: t.Any = None,
        **common: t.Any,
    ) -> None:
        super().__init__(text, **common)
        self.status = status
        self.code = code
        self.message = message
        self.details = details


class AuthenticationError(ApiError):
    """401: the access key is not accepted."""


class PermissionDeniedError(ApiError):
    """403: the access key is valid, but its access policy does not cover this call."""


class NotFoundError(ApiError):
    """404."""


class ConflictError(ApiError):
    """409: it exists already, or its state does not allow this. From ``ensure``: several are the same.

    ``details`` lists the ids of those.
    """


class ValidationError(ApiError):
    """400 or 422: the API refuses the content of the request."""


class RateLimitError(ApiError):
    """429: too many requests. The request was not processed."""


class ServerError(ApiError):
    """Any 5xx. Whether the request was processed is not known."""


class TransportError(BirdConnectorsError):
    """No connection, or one that broke before a whole answer was there."""


class ApiTimeoutError(TransportError):
    """No whole answer in time."""


class DecodeError(BirdConnectorsError):
    """A success whose body, or one item of a list, is not what the contract says."""

    raw: str | None
    """The text that could not be read."""

    def __init__(self, text: str = "", *, raw: str | None = None, **common: t.Any) -> None:
        super().__init__(text, **common)
        self.raw = raw


class CursorCycleError(BirdConnectorsError):
    """A list whose page tokens go round in a circle."""


class WaitError(BirdConnectorsError):
    """A wait that ended without a channel that can send. The connector itself is left as it is."""

    connector_id: str
    """The connector that was waited for."""
    last: Connector | None
    """The connector as last read, or as the create answered it."""
    channel: Channel | None
    """The channel as last read."""
    readiness: ConnectorReadiness | None
    """The readiness reply as last read."""
    status: str | None
    """The last status seen."""
    stage: str | None
    """The last stage seen."""
    token: str
    """To go on waiting, here or elsewhere: hand it to ``connectors.resume``."""
    polls: int
    """Polls made."""
    last_error_poll: int | None
    """The number of the last poll that went wrong and was absorbed, from 1: the cause is what went wrong in it."""
    elapsed: float
    """Seconds since the wait began."""

    def __init__(
        self,
        text: str = "",
        *,
        connector_id: str = "",
        last: Connector | None = None,
        channel: Channel | None = None,
        readiness: ConnectorReadiness | None = None,
        status: str | None = None,
        stage: str | None = None,
        token: str = "",
        polls: int = 0,
        last_error_poll: int | None = None,
        elapsed: float = 0.0,
        **common: t.Any,
    ) -> None:
        super().__init__(text, **common)
        self.connector_id = connector_id
        self.last = last
        self.channel = channel
        self.readiness = readiness
        self.status = status
        self.stage = stage
        self.token = token
        self.polls = polls
        self.last_error_poll = last_error_poll
        self.elapsed = elapsed


class WaitTimeoutError(WaitError):
    """The deadline passed. The install may still succeed: go on with ``token``."""


class InstallFailedError(WaitError):
    """A status that counts as failure was seen in two polls running. Delete the connector, then install again."""

    source: t.StatusSource | None
    """Where the status stood."""

    def __init__(self, text: str = "", *, source: t.StatusSource | None = None, **common: t.Any) -> None:
        super().__init__(text, **common)
        self.source = source


class ConnectorVanishedError(WaitError):
    """The connector does not exist any more, or never came into being."""


class WaitDeniedError(WaitError):
    """Nothing is left that the access key may read and that would tell. The cause names the missing permission."""


class WebhookError(BirdConnectorsError):
    """A delivery that is refused. Answer it with a status that is not 2xx. No key is in it, and nothing of the body."""

    reason: str
    """The sort of error as one stable word, such as ``signature_mismatch``: all that a stranger needs to be told."""

    def __init__(self, text: str = "", *, reason: str = "", **common: t.Any) -> None:
        super().__init__(text, **common)
        self.reason = reason


class MissingHeaderError(WebhookError):
    """A header is not there: the request is no delivery, or something on the way took the header out."""

    header: str
    """The name, in lower case."""

    def __init__(self, text: str = "", *, header: str = "", **common: t.Any) -> None:
        super().__init__(text, **common)
        self.header = header


class MalformedSignatureError(WebhookError):
    """A header cannot be what it should be, whatever the key."""

    header: str
    """The name, in lower case."""

    def __init__(self, text: str = "", *, header: str = "", **common: t.Any) -> None:
        super().__init__(text, **common)
        self.header = header


class SignatureMismatchError(WebhookError):
    """No signing key makes this signature for any URL."""

    hints: tuple[str, ...]
    """What to look at, the most frequent reason first: the URL, the raw body, the key."""

    def __init__(self, text: str = "", *, hints: t.Sequence[str] = (), **common: t.Any) -> None:
        super().__init__(text, **common)
        self.hints = tuple(hints)


class TooOldError(WebhookError):
    """The signature is right, and older than ``max_age``: a replay, or a receiver that was down for long."""

    by: float
    """By how many seconds it is beyond ``max_age``."""

    def __init__(self, text: str = "", *, by: float = 0.0, **common: t.Any) -> None:
        super().__init__(text, **common)
        self.by = by


class FromTheFutureError(WebhookError):
    """The signature is right, and its time lies further ahead than ``tolerance``: one of the two clocks is wrong."""

    by: float
    """By how many seconds it is beyond ``tolerance``."""

    def __init__(self, text: str = "", *, by: float = 0.0, **common: t.Any) -> None:
        super().__init__(text, **common)
        self.by = by


class InvalidBodyError(WebhookError):
    """The signature is right, and the body is not ``{"service": …, "event": …, "payload": {…}}``."""
