"""An install under way, and the wait for a channel that can send."""

from __future__ import annotations

from . import _native
from . import _typing as t
from ._errors import BirdConnectorsError
from ._lists import AsyncIteration, Iteration
from ._native import Connector
from ._records import Drift, EnsureReport, Progress, Ready
from ._shared import Shared


class _Install(Shared):
    __slots__ = ("_native",)

    def __init__(self, native: _native.Install) -> None:
        self._native = native

    @property
    def id(self) -> str:
        """The connector's id."""
        return self._native.id

    @property
    def connector(self) -> Connector | None:
        """The connector as the create answered it, or as it was found; None after ``resume`` and ``follow``."""
        return self._native.connector

    @property
    def token(self) -> str:
        """What is needed to go on waiting in another process: hand it to ``connectors.resume``. It holds no secret."""
        return self._native.token

    def __repr__(self) -> str:
        return f"<bird_connectors.{type(self).__name__} id={self.id!r}>"


class Install(_Install):
    """An install under way. Dropping it does nothing to the install."""

    __slots__ = ()

    def until_ready(
        self,
        timeout: t.Seconds | None = 300.0,
        *,
        on_progress: t.Callable[[Progress], t.Any] | None = None,
        status: str | None = "active",
        interval: tuple[t.Seconds, t.Seconds] | None = None,
        failure_statuses: t.Sequence[str] | None = None,
        signal: t.Signals | None = None,
    ) -> Ready:
        """Wait until the channel can send, or raise a ``WaitError`` that says why not.

        ``timeout=None`` waits for ever. ``on_progress`` is called in this thread with what each poll saw; what it
        raises ends the wait. ``status`` is the word to wait for; None waits for a channel, whatever its status.
        ``interval`` is the pause after the first poll and the longest one. ``failure_statuses`` are the words that mean
        that the install failed. ``signal`` is a hub of webhook events: one that names this connector or its channel
        wakes the poll, and the poll decides.
        """
        steps = self.progress(
            timeout, status=status, interval=interval, failure_statuses=failure_statuses, signal=signal
        )
        for step in steps:
            if on_progress is not None:
                on_progress(step)
            if step.ready:
                return _ready(step)
        raise AssertionError("a wait ends with a step that is ready, or with an error")

    def progress(
        self,
        timeout: t.Seconds | None = 300.0,
        *,
        status: str | None = "active",
        interval: tuple[t.Seconds, t.Seconds] | None = None,
        failure_statuses: t.Sequence[str] | None = None,
        signal: t.Signals | None = None,
    ) -> Iteration[Progress]:
        """Wait as ``until_ready`` does, and iterate over what each poll sees. The last step is ``ready``."""
        hub = None if signal is None else signal._native
        return Iteration(self._native.progress(timeout, status, interval, failure_statuses, hub))


class AsyncInstall(_Install):
    """An install under way. Dropping it does nothing to the install."""

    __slots__ = ()

    async def until_ready(
        self,
        timeout: t.Seconds | None = 300.0,
        *,
        on_progress: t.Callable[[Progress], t.Any] | None = None,
        status: str | None = "active",
        interval: tuple[t.Seconds, t.Seconds] | None = None,
        failure_statuses: t.Sequence[str] | None = None,
        signal: t.Signals | None = None,
    ) -> Ready:
        """Wait until the channel can send, or raise a ``WaitError`` that says why not.

        ``timeout=None`` waits for ever. ``on_progress`` is called in the loop with what each poll saw, and awaited
        where it is a coroutine function; what it raises ends the wait. ``status`` is the word to wait for; None waits
        for a channel, whatever its status. ``interval`` is the pause after the first poll and the longest one.
        ``failure_statuses`` are the words that mean that the install failed. ``signal`` is a hub of webhook events: one
        that names this connector or its channel wakes the poll, and the poll decides.
        """
        steps = self.progress(
            timeout, status=status, interval=interval, failure_statuses=failure_statuses, signal=signal
        )
        async for step in steps:
            if on_progress is not None:
                result = on_progress(step)
                if hasattr(result, "__await__"):
                    await result
            if step.ready:
                return _ready(step)
        raise AssertionError("a wait ends with a step that is ready, or with an error")

    def progress(
        self,
        timeout: t.Seconds | None = 300.0,
        *,
        status: str | None = "active",
        interval: tuple[t.Seconds, t.Seconds] | None = None,
        failure_statuses: t.Sequence[str] | None = None,
        signal: t.Signals | None = None,
    ) -> AsyncIteration[Progress]:
        """Wait as ``until_ready`` does, and iterate over what each poll sees. The last step is ``ready``."""
        hub = None if signal is None else signal._native
        return AsyncIteration(self._native.progress(timeout, status, interval, failure_statuses, hub))


def _ready(step: Progress) -> Ready:
    channel_id = step.channel_id
    assert channel_id is not None
    confirmed_by = step.confirmed_by
    assert confirmed_by is not None
    return Ready(channel_id, step.channel, step.connector, confirmed_by, step.poll, step.elapsed)


class _Ensured(Shared):
    """What ``ensure`` tells beside the install."""

    __slots__ = ()

    _report: EnsureReport

    @property
    def adopted(self) -> bool:
        """True where it was found, and False where this call saw its create succeed.

        What this call made without seeing the answer, and then found, counts as found.
        """
        return self._report.adopted

    @property
    def matched_by(self) -> t.MatchedBy | None:
        """What showed that it is the wanted one; None where it was created.

        ``arguments``: see ``matched_arguments``. ``number_id``: the API shows no arguments, but the number, which is
        the same. ``name``: no argument that would tell is shown, or none is known to tell. ``journal``: it names the
        connector that an earlier run made.
        """
        return self._report.matched_by

    @property
    def matched_arguments(self) -> tuple[str, ...]:
        """The names of the arguments that are equal, where those showed it."""
        return self._report.matched_arguments

    @property
    def drift(self) -> tuple[Drift, ...]:
        """How the adopted connector differs from the template, as far as the API shows it. Nothing was changed."""
        return self._report.drift

    @property
    def secrets_applied(self) -> bool:
        """False where the template has secrets, and the connector may have been made with others: it was adopted.

        Nothing is sent to an adopted connector. To be sure, delete it and ensure it again.
        """
        return self._report.secrets_applied

    @property
    def journal_error(self) -> BirdConnectorsError | None:
        """Why the result could not be written into the journal. The connector is there; a later run looks for it."""
        return self._report.journal_error


class Ensured(_Ensured, Install):
    """An install that was there already, or was made. Waiting for it is as for any other.

    An adopted connector whose install has failed raises ``InstallFailedError``: delete it, then ensure again. Nothing
    is deleted without being told to.
    """

    __slots__ = ("_report",)

    def __init__(self, native: _native.Ensured) -> None:
        super().__init__(native.install)
        self._report = native.report


class AsyncEnsured(_Ensured, AsyncInstall):
    """An install that was there already, or was made. Waiting for it is as for any other.

    An adopted connector whose install has failed raises ``InstallFailedError``: delete it, then ensure again. Nothing
    is deleted without being told to.
    """

    __slots__ = ("_report",)

    def __init__(self, native: _native.Ensured) -> None:
        super().__init__(native.install)
        self._report = native.report
