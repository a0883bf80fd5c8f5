"""Connections of psycopg: from a connection string, a pool or a function of the caller.

Each operation is one transaction, and nothing outlives it: no prepared statement, no setting, no lock of the session.
So the operations work behind PgBouncer in transaction mode.
"""

from __future__ import annotations

import inspect
import os
import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from importlib.resources import files
from typing import Any, TypeAlias

import psycopg
from psycopg import AsyncConnection, Connection
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import AsyncConnectionPool, ConnectionPool, PoolTimeout

from .._masking import without_secrets
from .._webhooks import _invalid, _wrong_type

Database: TypeAlias = str | ConnectionPool[Any] | Callable[[], AbstractContextManager[Connection[Any]]]
AsyncDatabase: TypeAlias = (
    str
    | AsyncConnectionPool[Any]
    | Callable[[], AbstractAsyncContextManager[AsyncConnection[Any]]]
    | Callable[[], Awaitable[AsyncConnection[Any]]]
)

# Of a pool that is created from a connection string.
_POOL: dict[str, Any] = {"min_size": 0, "max_size": 4, "timeout": 10.0, "name": "bird-connectors"}
# A statement that PgBouncer sends to another server must not be prepared.
_CONNECTION: dict[str, Any] = {"autocommit": True, "prepare_threshold": None}

STATEMENT_TIMEOUT = 10.0
"""Seconds. A statement on a connection of such a pool fails after this time, as in the Rust crate."""


class _NoResponseError(Exception):
    """A statement has not ended in time."""


def _limited(steps: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """End the steps of a statement in time. psycopg waits for the socket between them, in slices of 0.1 s.

    The server cannot end the statement for us: a setting for this would outlive the transaction behind PgBouncer, and a
    server that has stopped ends nothing.
    """
    end = time.monotonic() + STATEMENT_TIMEOUT
    try:
        step = next(steps)
        while True:
            ready = yield step
            if not ready and time.monotonic() >= end:
                raise _NoResponseError
            step = steps.send(ready)
    except StopIteration as result:
        return result.value


class _LastError:
    """Why the last attempt of a pool to connect failed. The error of a pool that times out does not say it."""

    def __init__(self, conninfo: str | None) -> None:
        password = conninfo_to_dict(conninfo or "").get("password")
        self._secrets = [] if password is None else [str(password)]
        self._reason = ""

    def connection_class(self) -> type[Connection[Any]]:
        """Return a class of connections that records why connecting fails."""
        last = self

        class RecordingConnection(Connection[Any]):
            @classmethod
            def connect(cls, *arguments: Any, **settings: Any) -> Any:
                with last._recorded():
                    return super().connect(*arguments, **settings)

            def wait(self, gen: Any, *arguments: Any, **settings: Any) -> Any:
                try:
                    return super().wait(_limited(gen), *arguments, **settings)
                except _NoResponseError:
                    # The statement may still run there.
                    self.pgconn.finish()
                raise last._no_response()

        return RecordingConnection

    def async_connection_class(self) -> type[AsyncConnection[Any]]:
        """Return a class of asynchronous connections that records why connecting fails."""
        last = self

        class RecordingConnection(AsyncConnection[Any]):
            @classmethod
            async def connect(cls, *arguments: Any, **settings: Any) -> Any:
                with last._recorded():
                    return await super().connect(*arguments, **settings)

            async def wait(self, gen: Any, *arguments: Any, **settings: Any) -> Any:
                try:
                    return await super().wait(_limited(gen), *arguments, **settings)
                except _NoResponseError:
                    # The statement may still run there.
                    self.pgconn.finish()
                raise last._no_response()

        return RecordingConnection

    @contextmanager
    def _recorded(self) -> Generator[None, None, None]:
        try:
            yield
        except psycopg.Error as error:
            self._reason = " ".join(str(error).split())
            raise
        self._reason = ""

    def _no_response(self) -> psycopg.OperationalError:
        self._reason = f"the database did not respond within {STATEMENT_TIMEOUT:g} s"
        return psycopg.OperationalError(self._reason)

    @contextmanager
    def named(self) -> Generator[None, None, None]:
        """Add the reason to the error of a pool that times out."""
        try:
            yield
        except PoolTimeout as error:
            if self._reason:
                # The server decides what its errors contain.
                error.args = (f"{error}: {without_secrets(self._reason, self._secrets)}",)
            raise


def schema() -> bytes:
    """Return the statements that create the tables. They can run any number of times."""
    return files("bird_connectors.postgres").joinpath("schema.sql").read_bytes()


class Connections:
    """Where a synchronous store takes its connections from."""

    def __init__(self, database: Any) -> None:
        self._conninfo = _conninfo(database)
        self._last_error = _LastError(self._conninfo)
        self._lock = threading.Lock()
        self._pool: ConnectionPool[Any] | None = None
        self._pid = os.getpid()
        self._connect: Any = None
        if isinstance(database, ConnectionPool):
            self._connect = database.connection
        elif callable(database):
            self._connect = database
        elif self._conninfo is None:
            expected = "a connection string, a psycopg_pool.ConnectionPool, or a function that returns a connection"
            raise _wrong_type("database", expected, database)

    @contextmanager
    def connection(self) -> Generator[Connection[Any], None, None]:
        """Return a connection, which is committed after the block."""
        with (
            _named_migration(),
            self._last_error.named(),
            self._own_pool().connection() if self._connect is None else self._connect() as connection,
        ):
            yield connection

    def _own_pool(self) -> ConnectionPool[Any]:
        with self._lock:
            # A forked child has neither the threads of the pool nor a right to its connections.
            if self._pool is None or self._pid != os.getpid():
                check = ConnectionPool.check_connection
                self._pool = ConnectionPool(
                    self._conninfo or "",
                    connection_class=self._last_error.connection_class(),
                    kwargs=_CONNECTION,
                    check=check,
                    open=True,
                    **_POOL,
                )
                self._pid = os.getpid()
            return self._pool

    def close(self) -> None:
        """Close the pool that was created here."""
        with self._lock:
            if self._pool is not None and self._pid == os.getpid():
                self._pool.close()
            self._pool = None


class AsyncConnections:
    """Where an asynchronous store takes its connections from."""

    def __init__(self, database: Any) -> None:
        self._conninfo = _conninfo(database)
        self._last_error = _LastError(self._conninfo)
        self._pool: AsyncConnectionPool[Any] | None = None
        self._connect: Any = None
        if isinstance(database, AsyncConnectionPool):
            self._connect = database.connection
        elif callable(database):
            self._connect = database
        elif self._conninfo is None:
            expected = (
                "a connection string, a psycopg_pool.AsyncConnectionPool, or a function that returns a connection"
            )
            raise _wrong_type("database", expected, database)

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[AsyncConnection[Any], None]:
        """Return a connection, which is committed after the block."""
        if self._connect is None:
            connecting = (await self._own_pool()).connection()
        else:
            connecting = self._connect()
            if inspect.isawaitable(connecting):
                connecting = await connecting
        with _named_migration(), self._last_error.named():
            async with connecting as connection:
                yield connection

    async def _own_pool(self) -> AsyncConnectionPool[Any]:
        if self._pool is None:
            check = AsyncConnectionPool.check_connection
            # Assigned before it is opened, so that a second task does not create another one.
            self._pool = AsyncConnectionPool(
                self._conninfo or "",
                connection_class=self._last_error.async_connection_class(),
                kwargs=_CONNECTION,
                check=check,
                open=False,
                **_POOL,
            )
        # Does nothing if it is open.
        await self._pool.open()
        return self._pool

    async def close(self) -> None:
        """Close the pool that was created here."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()


@contextmanager
def _named_migration() -> Generator[None, None, None]:
    """Let the error of a missing or different table say what to do."""
    try:
        yield
    except psycopg.errors.UndefinedTable as error:
        _add_help(error, "call migrate() once to create the tables of this database")
        raise
    except _OTHER_TABLE as error:
        _add_help(
            error, "the table is not the one of this version: compare it with schema.sql of bird_connectors.postgres"
        )
        raise


_OTHER_TABLE = (psycopg.errors.UndefinedColumn, psycopg.errors.UndefinedFunction, psycopg.errors.DatatypeMismatch)


def _add_help(error: psycopg.Error, what_to_do: str) -> None:
    # The same exception, with the diagnostics of the server. `ensure` repeats the first line of its message.
    first, *others = str(error).splitlines()
    error.args = ("\n".join([f"{first}; {what_to_do}", *others]),)


def _conninfo(database: object) -> str | None:
    if not isinstance(database, str):
        return None
    try:
        conninfo_to_dict(database)
    except psycopg.ProgrammingError:
        pass
    else:
        return database
    # Outside of the handler, and without the original message: it can contain a part of the password.
    raise _invalid(
        "invalid connection string: expected a URL such as postgresql://localhost/app, or key=value pairs such as "
        "host=localhost dbname=app; percent-encode special characters in the password of a URL"
    )
