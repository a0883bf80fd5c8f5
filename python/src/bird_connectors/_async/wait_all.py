"""The results of a bulk wait."""

from __future__ import annotations

from .. import _native
from .. import _typing as t
from .._records import WaitResult, WaitTotals


class AsyncWaitResults:
    """The results of ``wait_all``, one ``WaitResult`` for each install. Read them with ``async for``.

    Results are returned in the order in which the installs finish. A failed install is a result with an ``error``.

    The wait starts when the first result is read, and polls no faster than results are read.
    When it ends early, the installs themselves continue.

    Cancelling a read ends the wait.
    """

    _stream: t.Stream[WaitResult]

    def __init__(self, native: _native.BulkWait) -> None:
        self._native = native
        self._stream = native.stream

    @property
    def totals(self) -> WaitTotals:
        """The totals of the wait so far. It can be read at any time, from any thread."""
        return self._native.totals

    def cancel(self, id: t.Id) -> None:
        """Stop waiting for one connector. There is no result for it. The install itself continues.

        It can be called at any time, from any thread or task. No request is sent.

        Args:
            id: The id of the connector. An id that is not followed has no effect.

        Raises:
            InvalidInputError: The id is not a UUID.
        """
        self._native.cancel(id)

    def close(self) -> None:
        """End the wait. There are no further results. The installs themselves continue."""
        self._stream.close()

    def __aiter__(self) -> AsyncWaitResults:
        return self

    def __anext__(self) -> t.Awaitable[WaitResult]:
        return self._stream.__anext__()

    def __repr__(self) -> str:
        return f"<bird_connectors.{type(self).__name__}>"
