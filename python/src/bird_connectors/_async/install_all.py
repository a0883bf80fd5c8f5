"""Bulk installs: many idempotent installs, and their results."""

from __future__ import annotations

from .. import _native
from .. import _typing as t
from .._arguments import DEFAULT_TIMEOUT, wait_arguments
from .._records import InstallResult, InstallTotals, WaitOptions, WaitTotals


class AsyncInstallResults:
    """The results of ``install_all``, one ``InstallResult`` for each template. Read them with ``async for``.

    Results are returned in the order in which they are available; ``index`` is the position of the template. A failed
    install is a result with an ``error``.

    The run starts when the first result is read, and starts installs no faster than results are read.

    Cancelling a read ends the run.
    """

    def __init__(self, stream: t.Stream[InstallResult]) -> None:
        self._stream = stream

    @property
    def totals(self) -> InstallTotals:
        """The totals of the installs so far. The channels of finished installs may still be waited for."""
        totals: InstallTotals = self._stream.totals
        return totals

    @property
    def wait_totals(self) -> WaitTotals | None:
        """The totals of the wait for the channels so far. None if the run does not wait: see ``until_ready``."""
        return self._stream.wait_totals

    def close(self) -> None:
        """End the run. There are no further results, and no further installs are started.

        Connectors that exist stay. An install that is running may still create its connector: run ``install_all`` with
        the same templates, and preferably with a journal, to find out. Nothing is deleted.
        """
        self._stream.close()

    def __aiter__(self) -> AsyncInstallResults:
        return self

    def __anext__(self) -> t.Awaitable[InstallResult]:
        return self._stream.__anext__()

    def __repr__(self) -> str:
        return f"<bird_connectors.{type(self).__name__}>"


class AsyncInstallAll:
    """Bulk installs that have not started. Returned by ``connectors.install_all``.

    Read the results with ``async for``, or call ``until_ready`` to wait for the channels as well. Each iteration is a
    new run, which adopts the connectors of earlier runs.
    """

    def __init__(self, native: _native.InstallAll) -> None:
        self._native = native

    def __aiter__(self) -> AsyncInstallResults:
        return AsyncInstallResults(self._native.results())

    def until_ready(
        self,
        timeout: t.Seconds | None = DEFAULT_TIMEOUT,
        *,
        options: WaitOptions | None = None,
        **overrides: t.Unpack[t.WaitOverrides],
    ) -> AsyncInstallResults:
        """Return the results of a run that also waits for the channels, with shared polls.

        Each result is returned as soon as the channel can send, or the install or its wait has failed. No request is
        sent until the first result is read.

        Args:
            timeout: Maximum time to wait for each channel, in seconds or as a ``timedelta``, from the time at which its
                connector exists. A poll that is still running then is cut off. Zero makes one poll of at most 2
                seconds. None waits without a limit.
            options: The options of the wait. None selects the defaults of ``WaitOptions``.
            **overrides: Single options that override ``options``: ``status``, ``failure_statuses``, ``interval`` and
                ``signal``, as in ``WaitOptions``.

        Returns:
            The results, one ``InstallResult`` for each template.

        Raises:
            InvalidInputError: An argument is invalid.

        Example:
            ```python
            results = workspace.connectors.install_all(templates).until_ready(timeout=300)
            async for result in results:
                print(templates[result.index].name, result.error or result.channel_id)
            print(results.totals)
            ```
        """
        arguments = wait_arguments("until_ready", timeout, options, overrides)
        return AsyncInstallResults(self._native.until_ready(*arguments))

    def __len__(self) -> int:
        return self._native.len

    def __repr__(self) -> str:
        return f"<bird_connectors.{type(self).__name__} templates={len(self)}>"
