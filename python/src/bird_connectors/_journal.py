"""The protocols of custom journals. Imported on first use, because ``typing`` is slow to import."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeAlias

from ._records import JournalClaim


class Journal(Protocol):
    """A store that records creates before they are sent, such as a file, a table or a queue.

    ``FileJournal`` keeps the journal in a file. To use another store, pass an object with these methods to ``ensure``
    or ``install_all``. An entry is one JSON object without line breaks and without secrets. Its format is internal to
    this package, and versioned. Calls of one process can use the same journal at the same
    time: only one of them creates a given connector, and the others wait and adopt it. Two processes must not use the
    same custom journal at the same time. They can share a ``FileJournal``, a ``postgres.PostgresJournal``, or an object
    with the methods of ``SharedJournal``.

    ``Client`` calls the methods in the calling thread. ``AsyncClient`` calls them in a thread of the event loop's
    executor, as ``asyncio.to_thread`` does. If a method raises an exception, the call raises ``JournalError`` with that
    exception as its ``__cause__``, and creates nothing.
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


class SharedJournal(Protocol):
    """A journal that several processes or machines use at the same time, such as a table.

    For each connector, at most one run in all processes holds the claim of its key and may create the connector. Others
    ask for the claim again until it is free, read the last line of the key, and adopt the connector that it names. A
    run that finds the create of another run without a result searches for its connector first.

    A key has 64 hexadecimal digits. A line is one JSON object without line breaks and without secrets. It replaces the
    lines of its key before it: a store may keep the last one only.

    A claim has a lease, because its process may be killed. The client renews it in time. The clock of the store decides
    when a lease has ended. A process can also be paused for longer than its lease, so each claim has a fencing number,
    which grows with every claim of the key: ``renew``, ``write`` and ``release`` must check in one atomic step that the
    claim with this number is still the last one, and change nothing otherwise.

    ``postgres.PostgresJournal`` is such a journal. The methods are called as those of ``Journal``, and the same errors
    follow if they raise an exception. No method waits for a claim. A ``plan.Planner`` also needs a method ``lines()``,
    which returns the last line of every key.
    """

    def last_lines(self, keys: Sequence[str], /) -> Iterable[str]:
        """Return the last line of each of these keys. A bulk install calls this once.

        Args:
            keys: The keys.

        Returns:
            The lines, in any order, without those of keys that have none.
        """
        ...

    def acquire(self, key: str, /) -> JournalClaim | None:
        """Claim a key, unless another claim of it is neither released nor past its lease.

        Args:
            key: The key.

        Returns:
            The claim, with the last line of the key, which must be read after the claim was made or in the same atomic
            step. None if another run holds the claim.
        """
        ...

    def renew(self, claim: JournalClaim, /) -> bool:
        """Start the lease of a claim again.

        Args:
            claim: The claim, without its last line.

        Returns:
            False if the key was released or claimed since. A claim that is past its lease can be renewed if no other
            run has claimed the key since.
        """
        ...

    def write(self, claim: JournalClaim, line: str, /) -> bool:
        """Write a line of the claimed key and renew the claim, in one atomic step. Return when it is durable.

        Args:
            claim: The claim, without its last line.
            line: The line.

        Returns:
            False if the claim was lost. Nothing is written then.
        """
        ...

    def release(self, claim: JournalClaim, line: str | None, /) -> bool:
        """Write the last line, if there is one, and release the claim, in one atomic step.

        Args:
            claim: The claim, without its last line.
            line: The line. None if there is nothing to write.

        Returns:
            False if the claim was lost. Nothing is written then.
        """
        ...


class AsyncSharedJournal(Protocol):
    """A shared journal with asynchronous methods, which ``AsyncClient`` awaits. See ``SharedJournal``."""

    async def last_lines(self, keys: Sequence[str], /) -> Iterable[str]:
        """Return the last line of each of these keys. A bulk install calls this once.

        Args:
            keys: The keys.

        Returns:
            The lines, in any order, without those of keys that have none.
        """
        ...

    async def acquire(self, key: str, /) -> JournalClaim | None:
        """Claim a key, unless another claim of it is neither released nor past its lease.

        Args:
            key: The key.

        Returns:
            The claim, with the last line of the key, which must be read after the claim was made or in the same atomic
            step. None if another run holds the claim.
        """
        ...

    async def renew(self, claim: JournalClaim, /) -> bool:
        """Start the lease of a claim again.

        Args:
            claim: The claim, without its last line.

        Returns:
            False if the key was released or claimed since. A claim that is past its lease can be renewed if no other
            run has claimed the key since.
        """
        ...

    async def write(self, claim: JournalClaim, line: str, /) -> bool:
        """Write a line of the claimed key and renew the claim, in one atomic step. Return when it is durable.

        Args:
            claim: The claim, without its last line.
            line: The line.

        Returns:
            False if the claim was lost. Nothing is written then.
        """
        ...

    async def release(self, claim: JournalClaim, line: str | None, /) -> bool:
        """Write the last line, if there is one, and release the claim, in one atomic step.

        Args:
            claim: The claim, without its last line.
            line: The line. None if there is nothing to write.

        Returns:
            False if the claim was lost. Nothing is written then.
        """
        ...


AnyJournal: TypeAlias = Journal | AsyncJournal | SharedJournal | AsyncSharedJournal
