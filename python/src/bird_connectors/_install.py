"""An install under way, and the wait for a channel that can send."""

from __future__ import annotations

from ._lists import AsyncIteration, Iteration
from ._records import Progress, Ready

TYPE_CHECKING = False  # `typing` is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from . import _native
    from ._native import Connector
    from ._types import Seconds
    from ._webhooks import Signals


class _Install:
    __slots__ = ("_native",)

    def __init__(self, native: _native.Install) -> None:
        self._native = native

    @property
    def id(self) -> str:
        """The connector's id."""
        return self._native.id

    @property
    def connector(self) -> Connector | None:
        """The connector as the create answered it; None after ``resume`` and ``follow``."""
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
        timeout: Seconds | None = 300.0,
        *,
        on_progress: Callable[[Progress], Any] | None = None,
        status: str | None = "active",
        interval: tuple[Seconds, Seconds] | None = None,
        failure_statuses: Sequence[str] | None = None,
        signal: Signals | None = None,
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
        timeout: Seconds | None = 300.0,
        *,
        status: str | None = "active",
        interval: tuple[Seconds, Seconds] | None = None,
        failure_statuses: Sequence[str] | None = None,
        signal: Signals | None = None,
    ) -> Iteration[Progress]:
        """Wait as ``until_ready`` does, and iterate over what each poll sees. The last step is ``ready``."""
        hub = None if signal is None else signal._native
        return Iteration(self._native.progress(timeout, status, interval, failure_statuses, hub))


class AsyncInstall(_Install):
    """An install under way. Dropping it does nothing to the install."""

    __slots__ = ()

    async def until_ready(
        self,
        timeout: Seconds | None = 300.0,
        *,
        on_progress: Callable[[Progress], Any] | None = None,
        status: str | None = "active",
        interval: tuple[Seconds, Seconds] | None = None,
        failure_statuses: Sequence[str] | None = None,
        signal: Signals | None = None,
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
        timeout: Seconds | None = 300.0,
        *,
        status: str | None = "active",
        interval: tuple[Seconds, Seconds] | None = None,
        failure_statuses: Sequence[str] | None = None,
        signal: Signals | None = None,
    ) -> AsyncIteration[Progress]:
        """Wait as ``until_ready`` does, and iterate over what each poll sees. The last step is ``ready``."""
        hub = None if signal is None else signal._native
        return AsyncIteration(self._native.progress(timeout, status, interval, failure_statuses, hub))


def _ready(step: Progress) -> Ready:
    channel_id = step.channel_id
    assert channel_id is not None
    return Ready(channel_id, step.channel, step.connector, step.poll, step.elapsed)
