"""The exceptions. The native module creates them; this module defines the classes and their attributes."""

from __future__ import annotations

from . import _typing as t
from ._native import Channel, Connector, ConnectorReadiness, UnresolvedCreate
from ._wait_token import WaitToken


class BirdConnectorsError(Exception):
    """The base class of all exceptions of this package.

    The message is one line: what failed, why, and what to do. It never contains a secret. It ends with the anchor of
    the error on the page ``errors`` of the documentation, such as ``[errors#not_found]``.

    Attributes:
        outcome: Whether the server may have processed the request. None if the error is not about a request.

            - ``not_sent``: the request was never sent.
            - ``rejected``: the server rejected the request without processing it. Retrying it later is safe.
            - ``unknown``: the request was sent, and may have been processed. Check before you retry.
            - ``answered``: the server processed the request, and this error is its response.
        attempts: The number of attempts.
        retry_after: How long to wait before the next attempt, in seconds, if the server said so.
        request_id: The id of the request, if the server returned one. Include it in questions to support.
        checkpoint: Where reading a list stopped. Pass it to ``resume_from`` of the same list to resume.
        partial: The items that ``to_list`` read before it failed.
        unresolved: The create whose outcome is unknown. Pass it to ``connectors.reconcile`` to find out whether it
            succeeded.

    Example:
        ```python
        try:
            install = connectors.install(template)
        except BirdConnectorsError as error:
            if error.may_have_been_processed:
                print("the connector may have been created:", error.unresolved)
            raise
        ```
    """

    outcome: t.Outcome | None
    """Whether the server may have processed the request. None if the error is not about a request.

    - ``not_sent``: the request was never sent.
    - ``rejected``: the server rejected the request without processing it. Retrying it later is safe.
    - ``unknown``: the request was sent, and may have been processed. Check before you retry.
    - ``answered``: the server processed the request, and this error is its response.
    """
    attempts: int
    """The number of attempts."""
    retry_after: float | None
    """How long to wait before the next attempt, in seconds, if the server said so."""
    request_id: str | None
    """The id of the request, if the server returned one. Include it in questions to support."""
    checkpoint: str | None
    """Where reading a list stopped. Pass it to ``resume_from`` of the same list to resume."""
    partial: list[t.Any] | None
    """The items that ``to_list`` read before it failed."""
    unresolved: UnresolvedCreate | None
    """The create whose outcome is unknown. Pass it to ``connectors.reconcile`` to find out whether it succeeded."""

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
        unresolved: UnresolvedCreate | None = None,
    ) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.attempts = attempts
        self.retry_after = retry_after
        self.request_id = request_id
        self.checkpoint = checkpoint
        self.partial = partial
        self.unresolved = unresolved

    @property
    def may_have_been_processed(self) -> bool:
        """Whether the server may have processed the request although the call failed.

        True if the ``outcome`` is ``unknown``, or if a success could not be decoded. Before you retry a create, check
        whether the resource exists: see ``unresolved``.
        """
        return self.outcome == "unknown"

    def __reduce__(self) -> tuple[t.Any, ...]:
        # Pickling an exception drops its cause, so the cause is part of the state.
        cause = {"__cause__": self.__cause__} if _is_picklable(self.__cause__) else {}
        return type(self), self.args, {**self.__dict__, **cause}


def _is_picklable(cause: BaseException | None) -> bool:
    """Return whether a cause can be pickled. An exception that a custom journal raised may not be."""
    if cause is None or isinstance(cause, BirdConnectorsError):
        return cause is not None
    import pickle

    try:
        pickle.loads(pickle.dumps(cause))
    except Exception:
        return False
    return True


class ConfigurationError(BirdConnectorsError):
    """A setting of the client, an environment variable or the certificate store is invalid. Nothing was sent."""


class InvalidInputError(BirdConnectorsError, ValueError):
    """An argument is invalid. Nothing was sent."""


class JournalError(BirdConnectorsError, OSError):
    """A journal could not be opened, read, claimed or written, or one of its lines is invalid.

    Nothing was sent if ``outcome`` is ``not_sent``. It is None for the ``journal_error`` of an install: what was
    created exists then. It is ``unknown`` if ``ensure`` was going to repeat a create whose response was lost.

    Its ``__cause__`` is the error of the journal, such as a ``psycopg.OperationalError``, or None if a line is invalid.
    It is also an ``OSError``. If a file operation failed, such as on a full disk, it has its ``errno`` and
    ``strerror``.
    """

    def __init__(self, message: str = "", *, errno: int | None = None, **common: t.Any) -> None:
        super().__init__(message, **common)
        if errno is not None:
            import os

            self.errno = errno
            self.strerror = os.strerror(errno)
            self.__cause__ = OSError(errno, self.strerror)

    def __str__(self) -> str:
        # That of `OSError` would replace the message by the errno.
        return str(self.args[0]) if self.args else ""

    def __reduce__(self) -> tuple[t.Any, ...]:
        kind, arguments, state = super().__reduce__()
        return kind, arguments, {**state, "errno": self.errno, "strerror": self.strerror}


def _is_object(value: object) -> t.TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def _is_list(value: object) -> t.TypeGuard[list[object]]:
    return isinstance(value, list)


class ApiError(BirdConnectorsError):
    """The API answered with an error status.

    Attributes:
        status: The HTTP status. None if the error follows from several responses, such as two connectors that match.
        code: The error code of the API, such as ``InvalidPayload``.
        message: The error message of the API.
        details: Further details from the API. After a 409, they may contain the id of the existing resource. After a
            422, they may contain the errors of each field: see ``field_errors``.
        raw: The first 64 KiB of the body of the response, without secrets. None if it is empty. If the body is not in
            the API's format, such as the page of a proxy, the message of the exception has its beginning.
    """

    status: int | None
    """The HTTP status. None if the error follows from several responses, such as two connectors that match."""
    code: str | None
    """The error code of the API, such as ``InvalidPayload``."""
    message: str
    """The error message of the API."""
    details: t.Any
    """Further details from the API. After a 409, they may contain the id of the existing resource. After a 422, they
    may contain the errors of each field: see ``field_errors``."""
    raw: str | None
    """The first 64 KiB of the body of the response, without secrets. None if it is empty. If the body is not in the
    API's format, such as the page of a proxy, the message of the exception has its beginning."""

    def __init__(
        self,
        summary: str = "",
        *,
        status: int | None = None,
        code: str | None = None,
        message: str = "",
        details: t.Any = None,
        raw: str | None = None,
        **common: t.Any,
    ) -> None:
        super().__init__(summary, **common)
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.raw = raw

    def field_errors(self) -> dict[str, list[str]]:
        """Return the errors of each field of a rejected request.

        The API documents this form of the ``details`` for a 422 of the operations on channels. The message of the
        exception has the first three fields.

        Returns:
            The errors by the path of the field, such as ``.receiver.contacts[0]``. Empty if the status is not 400 or
            422, or if the ``details`` have another form.

        Example:
            ```python
            except ValidationError as error:
                for path, errors in error.field_errors().items():
                    print(path, errors)
            ```
        """
        details: object = self.details
        if self.status not in (400, 422) or not _is_object(details):
            return {}
        found: dict[str, list[str]] = {}
        for path, value in details.items():
            values = value if _is_list(value) else [value]
            errors = [error for error in values if isinstance(error, str)]
            if errors:
                found[path] = errors
        return found


class AuthenticationError(ApiError):
    """401: the access key is invalid."""


class PermissionDeniedError(ApiError):
    """403: the access key is valid, but its access policy does not cover this call."""


class NotFoundError(ApiError):
    """404: the resource does not exist, or the access key may not see it."""


class ConflictError(ApiError):
    """409: the resource exists already, or its state does not allow the request.

    From ``ensure``: several connectors match, and ``details`` lists their ids; or it is unknown whether one matches.
    """


class ValidationError(ApiError):
    """400 or 422: the API rejected the content of the request."""


class RateLimitError(ApiError):
    """429: too many requests. The request was not processed, so retrying it later is safe."""


class ServerError(ApiError):
    """5xx: the server failed. The request may have been processed."""


class TransportError(BirdConnectorsError, ConnectionError):
    """The connection failed, or broke before the response was complete. Also a ``ConnectionError``.

    ``outcome`` says whether the request may have reached the server.
    """


class ApiTimeoutError(TransportError, TimeoutError):
    """The response was not complete before the timeout. Also a ``TimeoutError``.

    ``outcome`` says whether the request may have reached the server.
    """


class DecodeError(BirdConnectorsError):
    """The body of a successful response, or an item of a list, cannot be decoded.

    Attributes:
        raw: The JSON that could not be decoded.
    """

    raw: str | None
    """The JSON that could not be decoded."""

    def __init__(self, summary: str = "", *, raw: str | None = None, **common: t.Any) -> None:
        super().__init__(summary, **common)
        self.raw = raw

    @property
    def may_have_been_processed(self) -> bool:
        """True: the server reported success, although the response could not be decoded."""
        return True


class CursorCycleError(BirdConnectorsError):
    """The page tokens of a list form a cycle, so reading it would never end."""


class WaitError(BirdConnectorsError):
    """A wait ended without a channel that can send. The connector was not changed.

    Attributes:
        connector_id: The id of the connector.
        last: The connector as last read, or as the create returned it.
        channel: The channel as last read.
        readiness: The readiness reply as last read.
        status: The last status of the channel. If the channel was not read, that of the readiness reply.
        stage: The last stage that a poll read.
        token: The token to resume the wait, in any process. Pass it to ``connectors.resume``.
        polls: The number of polls.
        last_error_poll: The number of the last poll that failed, from 1. Its error is the ``__cause__``.
        elapsed: The duration of the wait, in seconds.
    """

    connector_id: str
    """The id of the connector."""
    last: Connector | None
    """The connector as last read, or as the create returned it."""
    channel: Channel | None
    """The channel as last read."""
    readiness: ConnectorReadiness | None
    """The readiness reply as last read."""
    status: str | None
    """The last status of the channel. If the channel was not read, that of the readiness reply."""
    stage: str | None
    """The last stage that a poll read."""
    token: WaitToken
    """The token to resume the wait, in any process. Pass it to ``connectors.resume``."""
    polls: int
    """The number of polls."""
    last_error_poll: int | None
    """The number of the last poll that failed, from 1. Its error is the ``__cause__``."""
    elapsed: float
    """The duration of the wait, in seconds."""

    def __init__(
        self,
        summary: str = "",
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
        super().__init__(summary, **common)
        self.connector_id = connector_id
        self.last = last
        self.channel = channel
        self.readiness = readiness
        self.status = status
        self.stage = stage
        self.token = WaitToken(token)
        self.polls = polls
        self.last_error_poll = last_error_poll
        self.elapsed = elapsed


class WaitTimeoutError(WaitError, TimeoutError):
    """The timeout of a wait expired. Also a ``TimeoutError``.

    The install continues, and may still succeed: resume the wait with ``token``.
    """


class InstallFailedError(WaitError):
    """Two consecutive polls read a status that means failure. Delete the connector, then install again.

    Attributes:
        reported_by: The resource that reported the status.
    """

    reported_by: t.StatusSource | None
    """The resource that reported the status."""

    def __init__(self, summary: str = "", *, reported_by: t.StatusSource | None = None, **common: t.Any) -> None:
        super().__init__(summary, **common)
        self.reported_by = reported_by


class ConnectorVanishedError(WaitError):
    """The connector was deleted, or never existed."""


class WaitDeniedError(WaitError):
    """The access key may not read any resource that reports the status. The cause names the missing permission."""


class WebhookError(BirdConnectorsError):
    """A delivery was rejected. Answer it with a status other than 2xx. The message contains no key and no body.

    Attributes:
        reason: A stable identifier of the error, such as ``signature_mismatch``. It is safe to return to the sender.
    """

    reason: str
    """A stable identifier of the error, such as ``signature_mismatch``. It is safe to return to the sender."""

    def __init__(self, summary: str = "", *, reason: str = "", **common: t.Any) -> None:
        super().__init__(summary, **common)
        self.reason = reason


class MissingHeaderError(WebhookError):
    """A header is missing: the request is not a delivery, or a proxy removed the header.

    Attributes:
        header: The name of the header, in lower case.
    """

    header: str
    """The name of the header, in lower case."""

    def __init__(self, summary: str = "", *, header: str = "", **common: t.Any) -> None:
        super().__init__(summary, **common)
        self.header = header


class MalformedHeaderError(WebhookError):
    """A header has an invalid format.

    Attributes:
        header: The name of the header, in lower case.
    """

    header: str
    """The name of the header, in lower case."""

    def __init__(self, summary: str = "", *, header: str = "", **common: t.Any) -> None:
        super().__init__(summary, **common)
        self.header = header


class SignatureMismatchError(WebhookError):
    """The signature does not match any of the signing keys and URLs.

    Attributes:
        hints: What to check, the most frequent cause first: the URL, the raw body, the key.
    """

    hints: tuple[str, ...]
    """What to check, the most frequent cause first: the URL, the raw body, the key."""

    def __init__(self, summary: str = "", *, hints: t.Sequence[str] = (), **common: t.Any) -> None:
        super().__init__(summary, **common)
        self.hints = tuple(hints)


class TimestampTooOldError(WebhookError):
    """The signature is valid, but older than ``max_age``: a replay, or the receiver was down for a long time.

    Attributes:
        by: By how many seconds the delivery exceeds ``max_age``.
    """

    by: float
    """By how many seconds the delivery exceeds ``max_age``."""

    def __init__(self, summary: str = "", *, by: float = 0.0, **common: t.Any) -> None:
        super().__init__(summary, **common)
        self.by = by


class TimestampInFutureError(WebhookError):
    """The signature is valid, but its timestamp is too far in the future: one of the two clocks is wrong.

    Attributes:
        by: By how many seconds the timestamp exceeds ``tolerance``.
    """

    by: float
    """By how many seconds the timestamp exceeds ``tolerance``."""

    def __init__(self, summary: str = "", *, by: float = 0.0, **common: t.Any) -> None:
        super().__init__(summary, **common)
        self.by = by


class InvalidBodyError(WebhookError):
    """The signature is valid, but the body is not ``{"service": …, "event": …, "payload": {…}}``."""
