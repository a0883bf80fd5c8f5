"""Stores of delivery keys in PostgreSQL. ``schema.sql`` describes the table."""

from __future__ import annotations

import contextlib
import secrets
from typing import Any

import psycopg

from .. import _typing as t
from .._dedup import Claim
from .._dedup_claims import ClaimTokens, delivery_key, lifetimes
from ._connect import AsyncConnections, AsyncDatabase, Connections, Database, schema

# The first column of the result is true if the claim is new, and the second one if the key was processed. The second
# one can be older than the first, and then says too little: the sender retries the delivery.
BEGIN = """\
WITH claimed AS (
    INSERT INTO bird_connectors_deliveries AS delivery (key, owner, done, expires_at)
    VALUES (%(key)s, %(owner)s, false, clock_timestamp() + %(lease)s * interval '1 millisecond')
    ON CONFLICT (key) DO UPDATE SET owner = excluded.owner, done = false, expires_at = excluded.expires_at
    WHERE delivery.expires_at <= clock_timestamp() OR (delivery.owner = excluded.owner AND NOT delivery.done)
    RETURNING key
)
SELECT EXISTS (SELECT FROM claimed), EXISTS (
    SELECT FROM bird_connectors_deliveries WHERE key = %(key)s AND done AND expires_at > clock_timestamp()
)
"""

# Without a condition: the work has succeeded, also if the lease has ended and another worker has claimed the key. That
# worker cannot undo it, because it releases only its own claim.
COMMIT = """\
INSERT INTO bird_connectors_deliveries (key, owner, done, expires_at)
VALUES (%(key)s, %(owner)s, true, clock_timestamp() + %(remember_for)s * interval '1 millisecond')
ON CONFLICT (key) DO UPDATE SET owner = excluded.owner, done = true, expires_at = excluded.expires_at
"""

RELEASE = "DELETE FROM bird_connectors_deliveries WHERE key = %(key)s AND owner = %(owner)s AND NOT done"

# Rows that another transaction uses are left for the next time.
REMOVE_EXPIRED = """\
DELETE FROM bird_connectors_deliveries WHERE key IN (
    SELECT key FROM bird_connectors_deliveries WHERE expires_at <= clock_timestamp() LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
"""
_BATCH = 1000

# How many claims of a store pass between two removals of expired rows.
_REMOVE_EVERY = 100


class _Statements:
    """The parameters of the statements, and the tokens of the claims."""

    def __init__(self, remember_for: t.Seconds, lease: t.Seconds) -> None:
        self.remember_for, self.lease = lifetimes(remember_for, lease)
        self._tokens = ClaimTokens()
        self._begun = 0

    def begin(self, key: str) -> dict[str, Any]:
        return {"key": delivery_key(key), "owner": secrets.token_hex(16), "lease": self.lease}

    def begun(self, parameters: dict[str, Any], row: Any) -> Claim:
        is_new, is_done = row
        if not is_new:
            return Claim.DONE if is_done else Claim.IN_FLIGHT
        self._tokens.add(parameters["key"], parameters["owner"])
        return Claim.NEW

    def must_remove_expired(self) -> bool:
        self._begun += 1
        return self._begun % _REMOVE_EVERY == 0

    def commit(self, key: str) -> dict[str, Any]:
        key = delivery_key(key)
        # Its work has ended, so its claim ends with the lease if the commit fails.
        owner = self._tokens.take_oldest(key) or secrets.token_hex(16)
        return {"key": key, "owner": owner, "remember_for": self.remember_for}

    def release(self, key: str) -> dict[str, Any] | None:
        key = delivery_key(key)
        owner = self._tokens.take_oldest(key)
        return None if owner is None else {"key": key, "owner": owner}


class PostgresDedupStore:
    """A store of delivery keys in PostgreSQL, for all processes that use the same database.

    Pass it to ``webhooks.Deduplicator``. Call ``migrate`` once, for example when you deploy. Each method is one
    transaction of one statement, and uses the clock of the server. If the lease of a worker ends before its work does,
    another worker can claim the key. The first worker then cannot release that claim. If its work succeeds, the key
    counts as processed, also if the work of the other worker fails.

    Nothing outlives a transaction, so the store works behind PgBouncer in transaction mode. Now and then, a claim also
    removes up to 1000 rows that have expired.

    Args:
        database: A connection string, such as ``postgresql://localhost/app``, a ``psycopg_pool.ConnectionPool``, or a
            function that returns a new connection or a context manager of one, such as ``pool.connection``. A store
            that is created from a connection string has its own pool with up to 4 connections, on which a statement
            fails if the database does not respond within 10 seconds.
        remember_for: How long to remember processed keys, in seconds or as a ``timedelta``. Use at least ``max_age``
            plus ``tolerance`` of the verifier.
        lease: After how long a key that was neither committed nor released can be claimed again, in seconds or as a
            ``timedelta``. Use more time than processing takes.

    Raises:
        InvalidInputError: A value is out of range, or the connection string is invalid.
        TypeError: A value has another type.

    Example:
        ```python
        store = PostgresDedupStore("postgresql://localhost/app", lease=300)
        store.migrate()
        deduplicator = Deduplicator(store)
        ```
    """

    def __init__(self, database: Database, *, remember_for: t.Seconds = 86400 + 300, lease: t.Seconds = 60) -> None:
        self._statements = _Statements(remember_for, lease)
        self._connections = Connections(database)

    def migrate(self) -> None:
        """Create the tables if they do not exist. Several processes can call this at the same time.

        Raises:
            psycopg.Error: The server cannot be reached, or refuses a statement.
        """
        with self._connections.connection() as connection:
            connection.execute(schema(), prepare=False)

    def begin(self, key: str, /) -> Claim:
        """Claim a key, unless another worker has claimed it or it was processed.

        Args:
            key: The ``delivery_key`` of an event.

        Returns:
            Whether the key is new, claimed or processed.

        Raises:
            psycopg.Error: The server cannot be reached. The key may stay claimed until the lease ends.
            InvalidInputError: It is not the key of a delivery.
        """
        parameters = self._statements.begin(key)
        with self._connections.connection() as connection:
            row = connection.execute(BEGIN, parameters, prepare=False).fetchone()
        claim = self._statements.begun(parameters, row)
        if self._statements.must_remove_expired():
            # The key is claimed, whatever happens to other rows.
            with contextlib.suppress(psycopg.Error):
                self.remove_expired()
        return claim

    def commit(self, key: str, /) -> None:
        """Mark a key as processed, also if its lease has ended.

        Args:
            key: The key that ``begin`` returned as new.

        Raises:
            psycopg.Error: The server cannot be reached. The delivery may be processed again after the lease.
            InvalidInputError: It is not the key of a delivery.
        """
        parameters = self._statements.commit(key)
        with self._connections.connection() as connection:
            connection.execute(COMMIT, parameters, prepare=False)

    def release(self, key: str, /) -> None:
        """Release a key whose processing failed, so that the next attempt is new.

        Only a claim of this store is released. A processed key stays processed, and the claim of another worker stays.

        Args:
            key: The key that ``begin`` returned as new.

        Raises:
            psycopg.Error: The server cannot be reached. The key may stay claimed until the lease ends.
            InvalidInputError: It is not the key of a delivery.
        """
        parameters = self._statements.release(key)
        if parameters is not None:
            with self._connections.connection() as connection:
                connection.execute(RELEASE, parameters, prepare=False)

    def remove_expired(self) -> int:
        """Remove rows that have expired, in one batch. The store also does this now and then.

        Returns:
            The number of removed rows, at most 1000.

        Raises:
            psycopg.Error: The server cannot be reached.
        """
        with self._connections.connection() as connection:
            return connection.execute(REMOVE_EXPIRED, {"limit": _BATCH}, prepare=False).rowcount

    def close(self) -> None:
        """Close the pool, if the store was created from a connection string."""
        self._connections.close()

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return "<bird_connectors.postgres.PostgresDedupStore>"


class AsyncPostgresDedupStore:
    """A store of delivery keys in PostgreSQL, for ``webhooks.AsyncDeduplicator``. See ``PostgresDedupStore``.

    A store that is created from a connection string belongs to the event loop that uses it first.

    Args:
        database: A connection string, such as ``postgresql://localhost/app``, a ``psycopg_pool.AsyncConnectionPool``,
            or a function that returns a new connection or a context manager of one, such as ``pool.connection``. The
            function may be asynchronous. A store that is created from a connection string has its own pool with up to 4
            connections, on which a statement fails if the database does not respond within 10 seconds.
        remember_for: How long to remember processed keys, in seconds or as a ``timedelta``. Use at least ``max_age``
            plus ``tolerance`` of the verifier.
        lease: After how long a key that was neither committed nor released can be claimed again, in seconds or as a
            ``timedelta``. Use more time than processing takes.

    Raises:
        InvalidInputError: A value is out of range, or the connection string is invalid.
        TypeError: A value has another type.

    Example:
        ```python
        async with AsyncPostgresDedupStore("postgresql://localhost/app", lease=300) as store:
            await store.migrate()
            deduplicator = AsyncDeduplicator(store)
        ```
    """

    def __init__(
        self, database: AsyncDatabase, *, remember_for: t.Seconds = 86400 + 300, lease: t.Seconds = 60
    ) -> None:
        self._statements = _Statements(remember_for, lease)
        self._connections = AsyncConnections(database)

    async def migrate(self) -> None:
        """Create the tables if they do not exist. Several processes can call this at the same time.

        Raises:
            psycopg.Error: The server cannot be reached, or refuses a statement.
        """
        async with self._connections.connection() as connection:
            await connection.execute(schema(), prepare=False)

    async def begin(self, key: str, /) -> Claim:
        """Claim a key, unless another worker has claimed it or it was processed.

        Args:
            key: The ``delivery_key`` of an event.

        Returns:
            Whether the key is new, claimed or processed.

        Raises:
            psycopg.Error: The server cannot be reached. The key may stay claimed until the lease ends.
            InvalidInputError: It is not the key of a delivery.
        """
        parameters = self._statements.begin(key)
        async with self._connections.connection() as connection:
            row = await (await connection.execute(BEGIN, parameters, prepare=False)).fetchone()
        claim = self._statements.begun(parameters, row)
        if self._statements.must_remove_expired():
            # The key is claimed, whatever happens to other rows.
            with contextlib.suppress(psycopg.Error):
                await self.remove_expired()
        return claim

    async def commit(self, key: str, /) -> None:
        """Mark a key as processed, also if its lease has ended.

        Args:
            key: The key that ``begin`` returned as new.

        Raises:
            psycopg.Error: The server cannot be reached. The delivery may be processed again after the lease.
            InvalidInputError: It is not the key of a delivery.
        """
        parameters = self._statements.commit(key)
        async with self._connections.connection() as connection:
            await connection.execute(COMMIT, parameters, prepare=False)

    async def release(self, key: str, /) -> None:
        """Release a key whose processing failed, so that the next attempt is new.

        Only a claim of this store is released. A processed key stays processed, and the claim of another worker stays.

        Args:
            key: The key that ``begin`` returned as new.

        Raises:
            psycopg.Error: The server cannot be reached. The key may stay claimed until the lease ends.
            InvalidInputError: It is not the key of a delivery.
        """
        parameters = self._statements.release(key)
        if parameters is not None:
            async with self._connections.connection() as connection:
                await connection.execute(RELEASE, parameters, prepare=False)

    async def remove_expired(self) -> int:
        """Remove rows that have expired, in one batch. The store also does this now and then.

        Returns:
            The number of removed rows, at most 1000.

        Raises:
            psycopg.Error: The server cannot be reached.
        """
        async with self._connections.connection() as connection:
            return (await connection.execute(REMOVE_EXPIRED, {"limit": _BATCH}, prepare=False)).rowcount

    async def close(self) -> None:
        """Close the pool, if the store was created from a connection string."""
        await self._connections.close()

    async def __aenter__(self) -> t.Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return "<bird_connectors.postgres.AsyncPostgresDedupStore>"
