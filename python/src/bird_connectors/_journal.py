"""The protocols of custom journals. Imported on first use, because ``typing`` is slow to import."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeAlias


class Journal(Protocol):
    """A store that records creates before they are sent, such as a file, a table or a queue.

    ``FileJournal`` keeps the journal in a file. To use another store, pass an object with these methods to ``ensure``
    or ``install_all``. An entry is one JSON object without line breaks and without secrets. Its format is internal to
    this package, and versioned. Calls of one process can use the same journal at the same
    time: only one of them creates a given connector, and the others wait and adopt it. Two processes must not use the
    same custom journal at the same time. They can share a ``FileJournal``.

    ``Client`` calls the methods in the calling thread. ``AsyncClient`` calls them in a thread of the event loop's
    executor, as ``asyncio.to_thread`` does. If a method raises an exception, the call raises ``InvalidInputError`` with
    that exception as its ``__cause__``, and creates nothing.
    """

    def lines(self) -> Iterable[str]:
        """Return all entries, in the order in which they were appended.

        Returns:
            The entries. The last one may be truncated, if the process was killed while it was written.
        """
        ...

    def append(self, line: str, /) -> None:
        """Append an entry, and return when it is durable.

        Args:
            line: The entry, without a line break.
        """
        ...


class AsyncJournal(Protocol):
    """A journal with asynchronous methods, which ``AsyncClient`` awaits on the event loop. See ``Journal``."""

    async def lines(self) -> Iterable[str]:
        """Return all entries, in the order in which they were appended.

        Returns:
            The entries. The last one may be truncated, if the process was killed while it was written.
        """
        ...

    async def append(self, line: str, /) -> None:
        """Append an entry, and return when it is durable.

        Args:
            line: The entry, without a line break.
        """
        ...


AnyJournal: TypeAlias = Journal | AsyncJournal
