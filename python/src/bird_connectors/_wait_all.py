"""The results of a wait for many installs, as they come."""

from __future__ import annotations

from . import _native
from . import _typing as t
from ._install import AsyncInstall, Install, _Install
from ._records import WaitResult, WaitTotals
from ._shared import Shared


class _WaitResults(Shared):
    """Where a wait for many stands."""

    __slots__ = ("_native", "_stream")

    _stream: t.Stream[WaitResult]

    def __init__(self, native: _native.BulkWait) -> None:
        self._native = native
        self._stream = native.stream

    @property
    def totals(self) -> WaitTotals:
        """How the wait stands. It can be read at any time, and from any thread."""
        return self._native.totals

    def cancel(self, id: t.Id) -> None:
        """Follow this connector no more: there is no result for it. The install itself goes on.

        It may be called from any thread or task, and between two results. An id that is not followed changes nothing.
        """
        self._native.cancel(id)

    def close(self) -> None:
        """Follow none of them any more: nothing more comes. The installs themselves go on."""
        self._stream.close()

    def __repr__(self) -> str:
        return f"<bird_connectors.{type(self).__name__}>"


class WaitResults(_WaitResults):
    """The results of ``wait_all`` as the installs finish, each once: iterate over it.

    A failed install is an item like any other, with its ``error``. The wait begins with the first ``next``, and polls
    no faster than the results are read.
    """

    __slots__ = ()

    def __iter__(self) -> WaitResults:
        return self

    def __next__(self) -> WaitResult:
        return self._stream.__next__()


class AsyncWaitResults(_WaitResults):
    """The results of ``wait_all`` as the installs finish, each once: iterate over it with ``async for``.

    A failed install is an item like any other, with its ``error``. The wait begins with the first step, and polls no
    faster than the results are read. Cancelling a step ends the wait.
    """

    __slots__ = ()

    def __aiter__(self) -> AsyncWaitResults:
        return self

    def __anext__(self) -> t.Awaitable[WaitResult]:
        return self._stream.__anext__()


def follow(
    native: _native.Connectors,
    installs: t.Iterable[t.Id | Install | AsyncInstall],
    timeout: t.Seconds | None,
    timeouts: t.Mapping[t.Id, t.Seconds] | None,
    status: str | None,
    interval: tuple[t.Seconds, t.Seconds] | None,
    failure_statuses: t.Sequence[str] | None,
    signal: t.Signals | None,
) -> _native.BulkWait:
    """Hand over what both clients take."""
    if isinstance(installs, str):
        raise TypeError("installs is a list of ids, tokens or installs, also where there is one")
    return native.wait_all(
        [install._native if isinstance(install, _Install) else install for install in installs],
        timeout,
        None if timeouts is None else list(timeouts.items()),
        status,
        interval,
        failure_statuses,
        None if signal is None else signal._native,
    )
