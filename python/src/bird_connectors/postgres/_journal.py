"""The journal in PostgreSQL. ``schema.sql`` describes the table, which the Rust crate uses with the same statements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import _native
from .. import _typing as t
from .._records import JournalClaim
from .._webhooks import _invalid, _wrong_type
from ._connect import AsyncConnections, AsyncDatabase, Connections, Database, schema

# The row is inserted or claimed in one step, and the line is the one that the last holder left.
ACQUIRE = """\
INSERT INTO bird_connectors_journal AS journal (key, fence, claimed_until)
VALUES (%(key)s, 1, clock_timestamp() + %(lease)s * interval '1 second')
ON CONFLICT (key) DO UPDATE
SET fence = journal.fence + 1, claimed_until = excluded.claimed_until, updated_at = clock_timestamp()
WHERE journal.claimed_until IS NULL OR journal.claimed_until <= clock_timestamp()
RETURNING fence, line
"""

RENEW = """\
UPDATE bird_connectors_journal
SET claimed_until = clock_timestamp() + %(lease)s * interval '1 second', updated_at = clock_timestamp()
WHERE key = %(key)s AND fence = %(fence)s AND claimed_until IS NOT NULL
"""

WRITE = """\
UPDATE bird_connectors_journal
SET claimed_until = clock_timestamp() + %(lease)s * interval '1 second', updated_at = clock_timestamp(),
    line = %(line)s
WHERE key = %(key)s AND fence = %(fence)s AND claimed_until IS NOT NULL
"""

# Succeeds again if it is repeated, because no other run has claimed a row with this fencing number.
RELEASE = """\
UPDATE bird_connectors_journal
SET claimed_until = NULL, updated_at = clock_timestamp(), line = coalesce(%(line)s, line)
WHERE key = %(key)s AND fence = %(fence)s
"""

ALL_LINES = "SELECT line FROM bird_connectors_journal WHERE line IS NOT NULL ORDER BY updated_at, key"

LAST_LINES = "SELECT line FROM bird_connectors_journal WHERE key = ANY (%(keys)s) AND line IS NOT NULL"

_SHORTEST_LEASE = 1.0
"""Seconds. A shorter lease could end while its renewal is on the way."""


def _string(argument: str, value: object) -> str:
    if not isinstance(value, str):
        raise _wrong_type(argument, "a string", value)
    return value


class _Statements:
    """The parameters of the statements, and what their results mean."""

    def __init__(self, lease: t.Seconds) -> None:
        _native.check_journal_claim("", 0, lease, None)
        seconds = lease if isinstance(lease, (int, float)) else lease.total_seconds()
        if seconds < _SHORTEST_LEASE:
            raise _invalid(f"invalid lease: {seconds:g} s; the minimum is {_SHORTEST_LEASE:g} s")
        # Longer times do not fit into a timestamp.
        self._lease = min(float(seconds), 1e9)

    def last_lines(self, keys: Any) -> dict[str, Any]:
        # A string is a sequence of strings, too.
        if isinstance(keys, (str, bytes)) or not hasattr(keys, "__iter__"):
            raise _wrong_type("keys", "a sequence of strings", keys)
        return {"keys": [_string("keys", key) for key in keys]}

    def acquire(self, key: str) -> dict[str, Any]:
        return {"key": _string("key", key), "lease": self._lease}

    def acquired(self, key: str, row: Any) -> JournalClaim | None:
        if row is None:
            return None
        fence, line = row
        return JournalClaim(key, fence, self._lease, line)

    def of(self, claim: object, line: str | None = None) -> dict[str, Any]:
        if not isinstance(claim, JournalClaim):
            raise _wrong_type("claim", "the claim that acquire() returned", claim)
        if line is not None:
            _string("line", line)
        return {"key": claim.key, "fence": claim.fence, "lease": self._lease, "line": line}


class PostgresJournal:
    """A journal in PostgreSQL, for all processes and machines that use the same database. It is a ``SharedJournal``.

    Pass it as ``journal`` to ``ensure``, ``install_all`` or a ``plan.Planner``: all of them together create one
    connector per template. Call ``migrate`` once, for example when you deploy. The Rust crate
    ``bird-connectors-postgres`` uses the same table, so workers in both languages can share it.

    ``ensure`` sends three statements for a connector that it creates, and two for one that exists. A bulk install reads
    the rows of its connectors with one statement. In addition, each connector takes three statements in the run that
    creates it, two in the first run that adopts it, and none in later runs. No row contains a secret.
    Rows stay, so that a later run adopts the connector by its id.

    Nothing outlives a transaction, so the journal works behind PgBouncer in transaction mode. It works with both
    clients; ``AsyncClient`` calls it in a thread.

    Args:
        database: A connection string, such as ``postgresql://localhost/app``, a ``psycopg_pool.ConnectionPool``, or a
            function that returns a new connection or a context manager of one, such as ``pool.connection``. A journal
            that is created from a connection string has its own pool with up to 4 connections, on which a statement
            fails if the database does not respond within 10 seconds.
        lease: After how long another process takes over the claim of a process that has died, in seconds or as a
            ``timedelta``, at least a second. A running install renews its claim after a third of it.

    Raises:
        InvalidInputError: A value is out of range, or the connection string is invalid.
        TypeError: A value has another type.

    Example:
        ```python
        journal = PostgresJournal("postgresql://localhost/app")
        journal.migrate()
        install = workspace.connectors.ensure(template, journal=journal)
        ```
    """

    def __init__(self, database: Database, *, lease: t.Seconds = 30) -> None:
        self._statements = _Statements(lease)
        self._connections = Connections(database)

    def migrate(self) -> None:
        """Create the tables if they do not exist. Several processes can call this at the same time.

        Raises:
            psycopg.Error: The server cannot be reached, or refuses a statement.
        """
        with self._connections.connection() as connection:
            connection.execute(schema(), prepare=False)

    def lines(self) -> list[str]:
        """Return the last line of every key. ``bird_connectors.plan`` reads them.

        Returns:
            The lines, in any order.

        Raises:
            psycopg.Error: The server cannot be reached.
        """
        with self._connections.connection() as connection:
            rows = connection.execute(ALL_LINES, prepare=False).fetchall()
        return [line for (line,) in rows]

    def last_lines(self, keys: Sequence[str], /) -> list[str]:
        """Return the last line of each of these keys. See ``SharedJournal``.

        Args:
            keys: The keys.

        Returns:
            The lines, in any order, without those of keys that have none.

        Raises:
            psycopg.Error: The server cannot be reached.
            TypeError: ``keys`` is not a sequence of strings.
        """
        parameters = self._statements.last_lines(keys)
        with self._connections.connection() as connection:
            rows = connection.execute(LAST_LINES, parameters, prepare=False).fetchall()
        return [line for (line,) in rows]

    def acquire(self, key: str, /) -> JournalClaim | None:
        """Claim a key, unless another claim of it is neither released nor past its lease. See ``SharedJournal``.

        Args:
            key: The key.

        Returns:
            The claim, with the last line of the key. None if another run holds the claim.

        Raises:
            psycopg.Error: The server cannot be reached. The key may stay claimed until the lease ends.
        """
        parameters = self._statements.acquire(key)
        with self._connections.connection() as connection:
            row = connection.execute(ACQUIRE, parameters, prepare=False).fetchone()
        return self._statements.acquired(key, row)

    def renew(self, claim: JournalClaim, /) -> bool:
        """Start the lease of a claim again. See ``SharedJournal``.

        Args:
            claim: The claim.

        Returns:
            False if the key was released or claimed since.

        Raises:
            psycopg.Error: The server cannot be reached.
        """
        return self._change(RENEW, self._statements.of(claim))

    def write(self, claim: JournalClaim, line: str, /) -> bool:
        """Write a line of the claimed key and renew the claim, in one atomic step. See ``SharedJournal``.

        Args:
            claim: The claim.
            line: The line.

        Returns:
            False if the claim was lost. Nothing is written then.

        Raises:
            psycopg.Error: The server cannot be reached.
        """
        return self._change(WRITE, self._statements.of(claim, _string("line", line)))

    def release(self, claim: JournalClaim, line: str | None, /) -> bool:
        """Write the last line, if there is one, and release the claim, in one atomic step. See ``SharedJournal``.

        Args:
            claim: The claim.
            line: The line. None if there is nothing to write.

        Returns:
            False if the claim was lost. Nothing is written then.

        Raises:
            psycopg.Error: The server cannot be reached. The key is free after the lease.
        """
        return self._change(RELEASE, self._statements.of(claim, line))

    def close(self) -> None:
        """Close the pool, if the journal was created from a connection string."""
        self._connections.close()

    def _change(self, statement: str, parameters: dict[str, Any]) -> bool:
        with self._connections.connection() as connection:
            return connection.execute(statement.encode(), parameters, prepare=False).rowcount == 1

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return "<bird_connectors.postgres.PostgresJournal>"


class AsyncPostgresJournal:
    """A journal in PostgreSQL whose methods ``AsyncClient`` awaits. See ``PostgresJournal``.

    A journal that is created from a connection string belongs to the event loop that uses it first.

    Args:
        database: A connection string, such as ``postgresql://localhost/app``, a ``psycopg_pool.AsyncConnectionPool``,
            or a function that returns a new connection or a context manager of one, such as ``pool.connection``. The
            function may be asynchronous. A journal that is created from a connection string has its own pool with up to
            4 connections, on which a statement fails if the database does not respond within 10 seconds.
        lease: After how long another process takes over the claim of a process that has died, in seconds or as a
            ``timedelta``, at least a second. A running install renews its claim after a third of it.

    Raises:
        InvalidInputError: A value is out of range, or the connection string is invalid.
        TypeError: A value has another type.

    Example:
        ```python
        async with AsyncPostgresJournal("postgresql://localhost/app") as journal:
            await journal.migrate()
            install = await workspace.connectors.ensure(template, journal=journal)
        ```
    """

    def __init__(self, database: AsyncDatabase, *, lease: t.Seconds = 30) -> None:
        self._statements = _Statements(lease)
        self._connections = AsyncConnections(database)

    async def migrate(self) -> None:
        """Create the tables if they do not exist. Several processes can call this at the same time.

        Raises:
            psycopg.Error: The server cannot be reached, or refuses a statement.
        """
        async with self._connections.connection() as connection:
            await connection.execute(schema(), prepare=False)

    async def lines(self) -> list[str]:
        """Return the last line of every key. ``bird_connectors.plan`` reads them.

        Returns:
            The lines, in any order.

        Raises:
            psycopg.Error: The server cannot be reached.
        """
        async with self._connections.connection() as connection:
            cursor = await connection.execute(ALL_LINES, prepare=False)
            return [line for (line,) in await cursor.fetchall()]

    async def last_lines(self, keys: Sequence[str], /) -> list[str]:
        """Return the last line of each of these keys. See ``SharedJournal``.

        Args:
            keys: The keys.

        Returns:
            The lines, in any order, without those of keys that have none.

        Raises:
            psycopg.Error: The server cannot be reached.
        """
        parameters = self._statements.last_lines(keys)
        async with self._connections.connection() as connection:
            cursor = await connection.execute(LAST_LINES, parameters, prepare=False)
            return [line for (line,) in await cursor.fetchall()]

    async def acquire(self, key: str, /) -> JournalClaim | None:
        """Claim a key, unless another claim of it is neither released nor past its lease. See ``SharedJournal``.

        Args:
            key: The key.

        Returns:
            The claim, with the last line of the key. None if another run holds the claim.

        Raises:
            psycopg.Error: The server cannot be reached. The key may stay claimed until the lease ends.
        """
        parameters = self._statements.acquire(key)
        async with self._connections.connection() as connection:
            cursor = await connection.execute(ACQUIRE, parameters, prepare=False)
            return self._statements.acquired(key, await cursor.fetchone())

    async def renew(self, claim: JournalClaim, /) -> bool:
        """Start the lease of a claim again. See ``SharedJournal``.

        Args:
            claim: The claim.

        Returns:
            False if the key was released or claimed since.

        Raises:
            psycopg.Error: The server cannot be reached.
        """
        return await self._change(RENEW, self._statements.of(claim))

    async def write(self, claim: JournalClaim, line: str, /) -> bool:
        """Write a line of the claimed key and renew the claim, in one atomic step. See ``SharedJournal``.

        Args:
            claim: The claim.
            line: The line.

        Returns:
            False if the claim was lost. Nothing is written then.

        Raises:
            psycopg.Error: The server cannot be reached.
        """
        return await self._change(WRITE, self._statements.of(claim, _string("line", line)))

    async def release(self, claim: JournalClaim, line: str | None, /) -> bool:
        """Write the last line, if there is one, and release the claim, in one atomic step. See ``SharedJournal``.

        Args:
            claim: The claim.
            line: The line. None if there is nothing to write.

        Returns:
            False if the claim was lost. Nothing is written then.

        Raises:
            psycopg.Error: The server cannot be reached. The key is free after the lease.
        """
        return await self._change(RELEASE, self._statements.of(claim, line))

    async def close(self) -> None:
        """Close the pool, if the journal was created from a connection string."""
        await self._connections.close()

    async def _change(self, statement: str, parameters: dict[str, Any]) -> bool:
        async with self._connections.connection() as connection:
            cursor = await connection.execute(statement.encode(), parameters, prepare=False)
            return cursor.rowcount == 1

    async def __aenter__(self) -> t.Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return "<bird_connectors.postgres.AsyncPostgresJournal>"
