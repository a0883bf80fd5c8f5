"""Many idempotent installs, and their results as they come."""

from __future__ import annotations

from . import _native
from . import _typing as t
from ._records import InstallResult, InstallTotals
from ._shared import Shared


class _InstallResults(Shared):
    """Where a run stands."""

    __slots__ = ("_stream",)

    def __init__(self, stream: t.Stream[InstallResult]) -> None:
        self._stream = stream

    @property
    def totals(self) -> InstallTotals:
        """How the run stands, between two results."""
        totals: InstallTotals = self._stream.totals
        return totals

    def close(self) -> None:
        """End the run: nothing more comes, and nothing more is begun. What is installed stays.

        What is under way may have been created: do the same again, with a journal best.
        """
        self._stream.close()

    def __repr__(self) -> str:
        return f"<bird_connectors.{type(self).__name__}>"


class InstallResults(_InstallResults):
    """The results of ``install_all`` as they come, one for each template: iterate over it.

    One that failed is an item like any other, with its ``error``. The run begins with the first ``next``, and begins no
    more installs than are asked for.
    """

    __slots__ = ()

    def __iter__(self) -> InstallResults:
        return self

    def __next__(self) -> InstallResult:
        return self._stream.__next__()


class AsyncInstallResults(_InstallResults):
    """The results of ``install_all`` as they come, one for each template: iterate over it with ``async for``.

    One that failed is an item like any other, with its ``error``. The run begins with the first step, and begins no
    more installs than are asked for. Cancelling a step ends the run.
    """

    __slots__ = ()

    def __aiter__(self) -> AsyncInstallResults:
        return self

    def __anext__(self) -> t.Awaitable[InstallResult]:
        return self._stream.__anext__()


class _InstallAll(Shared):
    """Many installs that have not begun."""

    __slots__ = ("_native",)

    def __init__(self, native: _native.InstallAll) -> None:
        self._native = native

    def __len__(self) -> int:
        return self._native.len

    def __repr__(self) -> str:
        return f"<bird_connectors.{type(self).__name__} templates={len(self)}>"


class InstallAll(_InstallAll):
    """Many idempotent installs that have not begun: iterate over it, or go on with ``until_ready``.

    Each ``iter()`` begins a run: what an earlier one made is adopted.
    """

    __slots__ = ()

    def __iter__(self) -> InstallResults:
        """Begin a run, whose results come as soon as each connector is there."""
        return InstallResults(self._native.results())

    def until_ready(
        self,
        timeout: t.Seconds | None = 300.0,
        *,
        status: str | None = "active",
        interval: tuple[t.Seconds, t.Seconds] | None = None,
        failure_statuses: t.Sequence[str] | None = None,
        signal: t.Signals | None = None,
    ) -> InstallResults:
        """Begin a run, whose results come as soon as each channel can send, with one shared poll for all.

        The arguments are those of ``wait_all``. ``timeout`` counts for each from the moment its connector is there.
        """
        hub = None if signal is None else signal._native
        return InstallResults(self._native.until_ready(timeout, status, interval, failure_statuses, hub))


class AsyncInstallAll(_InstallAll):
    """Many idempotent installs that have not begun: iterate over it, or go on with ``until_ready``.

    Each ``aiter()`` begins a run: what an earlier one made is adopted.
    """

    __slots__ = ()

    def __aiter__(self) -> AsyncInstallResults:
        """Begin a run, whose results come as soon as each connector is there."""
        return AsyncInstallResults(self._native.results())

    def until_ready(
        self,
        timeout: t.Seconds | None = 300.0,
        *,
        status: str | None = "active",
        interval: tuple[t.Seconds, t.Seconds] | None = None,
        failure_statuses: t.Sequence[str] | None = None,
        signal: t.Signals | None = None,
    ) -> AsyncInstallResults:
        """Begin a run, whose results come as soon as each channel can send, with one shared poll for all.

        The arguments are those of ``wait_all``. ``timeout`` counts for each from the moment its connector is there.
        """
        hub = None if signal is None else signal._native
        return AsyncInstallResults(self._native.until_ready(timeout, status, interval, failure_statuses, hub))
