"""Maps exceptions of the SDK to errors of activities: the kind is the type, and the outcome decides about retries."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from temporalio.exceptions import ApplicationError

from .. import _errors as bc
from .._masking import without_secrets

# The first class that an exception is an instance of names its kind, so subclasses come before their bases.
_KINDS: tuple[tuple[type[bc.BirdConnectorsError], str], ...] = (
    (bc.ConfigurationError, "configuration"),
    (bc.InvalidInputError, "invalid_input"),
    (bc.JournalError, "journal"),
    (bc.ApiTimeoutError, "timeout"),
    (bc.TransportError, "transport"),
    (bc.AuthenticationError, "authentication"),
    (bc.PermissionDeniedError, "permission_denied"),
    (bc.NotFoundError, "not_found"),
    (bc.ConflictError, "conflict"),
    (bc.ValidationError, "validation"),
    (bc.RateLimitError, "rate_limited"),
    (bc.ServerError, "server"),
    (bc.ApiError, "api"),
    (bc.DecodeError, "decode"),
    (bc.CursorCycleError, "cursor_cycle"),
    (bc.WaitTimeoutError, "wait_timed_out"),
    (bc.InstallFailedError, "wait_failed"),
    (bc.ConnectorVanishedError, "wait_vanished"),
    (bc.WaitDeniedError, "wait_denied"),
)


def error_kind(error: bc.BirdConnectorsError) -> str:
    """Return the stable name of the kind of an error, such as ``not_found``. It is the type of the activity's error."""
    return next((kind for kind_class, kind in _KINDS if isinstance(error, kind_class)), "unknown")


def is_retryable(error: bc.BirdConnectorsError, *, repeatable: bool) -> bool:
    """Return whether the server of Temporal should run the activity again.

    Args:
        error: The error.
        repeatable: Whether the activity can be repeated although its request may have been processed.
    """
    if isinstance(error, (bc.ConfigurationError, bc.InvalidInputError)):
        return False
    if isinstance(error, bc.JournalError) and isinstance(
        error.__cause__, (type(None), TypeError, bc.InvalidInputError)
    ):
        # A line of the journal is invalid, or its object is not a journal.
        return False
    if error.outcome in ("not_sent", "rejected"):
        return True
    return error.outcome == "unknown" and repeatable


def application_error(
    error: bc.BirdConnectorsError, *, repeatable: bool, secrets: Iterable[str] = ()
) -> ApplicationError:
    """Return the error that an activity raises for an exception of the SDK.

    Args:
        error: The exception.
        repeatable: Whether the activity can be repeated although its request may have been processed.
        secrets: The secrets of the template, which are removed from the message if a server or a journal has repeated
            them.
    """
    details: dict[str, Any] = {"outcome": error.outcome, "request_id": error.request_id}
    if error.unresolved is not None:
        details["unresolved"] = str(error.unresolved)
    delay = error.retry_after
    return ApplicationError(
        without_secrets(str(error), secrets),
        details,
        type=error_kind(error),
        # The next call of `ensure` gets the unresolved create from the workflow, so this one must not be repeated.
        non_retryable=error.unresolved is not None or not is_retryable(error, repeatable=repeatable),
        next_retry_delay=None if delay is None else timedelta(seconds=delay),
    )
