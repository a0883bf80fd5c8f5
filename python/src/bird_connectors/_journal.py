"""Journals of creates: what one of your own looks like. It is imported where it is asked for, as ``typing`` is slow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeAlias


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


AnyJournal: TypeAlias = Journal | AsyncJournal
