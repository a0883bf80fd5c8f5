"""Journals of creates: what one of your own looks like, and how its methods are called under asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable

    from ._native import Errand


class Journal(Protocol):
    """Where creates are written down before they are sent: a file (``FileJournal``), a table, a queue.

    A line is one JSON object without a line break and without secrets. What is in it is for this package to read; it
    carries a version. Two processes must not use the same lines at the same time.

    With ``Client`` the methods are called in the thread of the call. With ``AsyncClient`` they are called in a thread
    of the loop's executor, as ``asyncio.to_thread`` does, so that they do not hold up the loop. What they raise is the
    ``__cause__`` of the ``InvalidInputError`` that the call raises, and nothing is created then.
    """

    def lines(self) -> Iterable[str]:
        """Every line that was appended, in order. The last one may be torn."""
        ...

    def append(self, line: str, /) -> None:
        """Append a line, and return when it would survive a crash."""
        ...


class AsyncJournal(Protocol):
    """A journal with methods that are awaited on the loop, for ``AsyncClient``. Otherwise as ``Journal``."""

    async def lines(self) -> Iterable[str]:
        """Every line that was appended, in order. The last one may be torn."""
        ...

    async def append(self, line: str, /) -> None:
        """Append a line, and return when it would survive a crash."""
        ...


if TYPE_CHECKING:
    AnyJournal: TypeAlias = Journal | AsyncJournal

# The loop itself holds its tasks only weakly.
_under_way: set[asyncio.Task[None]] = set()


def hand_over(errand: Errand) -> None:
    """Take an errand of a call. Runs in the loop of that call, in its context."""
    # Not before it is used: it costs more to import than the whole package.
    import asyncio

    task = asyncio.get_running_loop().create_task(_carry_out(errand))
    _under_way.add(task)
    task.add_done_callback(_under_way.discard)


async def _carry_out(errand: Errand) -> None:
    import asyncio
    import inspect

    try:
        method = errand.method
        if inspect.iscoroutinefunction(method):
            errand.answer(await method(*errand.arguments))
        else:
            await asyncio.to_thread(errand.perform)
    except BaseException as error:
        errand.fail(error)
        if not isinstance(error, Exception):
            raise
