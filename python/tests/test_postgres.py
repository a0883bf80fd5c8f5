"""Journals and deliveries shared through PostgreSQL, directly and through PgBouncer. The tests start the servers."""

from __future__ import annotations

import asyncio
import inspect
import os
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import psycopg_pool
import pytest

import channel_files
from bird_connectors import InvalidInputError, JournalClaim, JournalError, Telegram
from bird_connectors.plan import DesiredState
from bird_connectors.postgres import (
    AsyncPostgresDedupStore,
    AsyncPostgresJournal,
    PostgresDedupStore,
    PostgresJournal,
    _connect,
)
from bird_connectors.testing import Sandbox, Script
from bird_connectors.webhooks import Claim
from channel_files import HOOK, World, kinds, line
from conftest import ClientRunner
from services import Server, conninfo, pgbouncer, postgres_server
from waiting import HANG_TIMEOUT, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

LONG = 3600


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with postgres_server(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(scope="module")
def pooler(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with pgbouncer(tmp_path_factory.mktemp("pgbouncer"), server) as pooler:
        yield pooler


@pytest.fixture(params=["direct", "pgbouncer"])
def database(request: pytest.FixtureRequest, server: Server, pooler: Server) -> str:
    """A connection string, of a database with tables."""
    database = conninfo((server if request.param == "direct" else pooler).port)
    with PostgresDedupStore(database) as store:
        store.migrate()
    return database


@pytest.fixture
def table(server: Server) -> Iterator[psycopg.Connection[Any]]:
    """A connection that reads and writes rows as other programs do."""
    with psycopg.connect(conninfo(server.port), autocommit=True) as connection:
        yield connection


@pytest.fixture
def key() -> str:
    """A new one for each test, because the tests share the table."""
    return uuid.uuid4().hex * 2


class Blocking:
    """An object of either kind, whose methods block. All calls of a test run in one event loop."""

    def __init__(self, target: Any) -> None:
        self._target = target
        self._loop = asyncio.new_event_loop()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._target, name)

        def call(*arguments: Any) -> Any:
            result = method(*arguments)
            return self._loop.run_until_complete(result) if asyncio.iscoroutine(result) else result

        return call

    def end(self) -> None:
        self.close()
        self._loop.close()


@pytest.fixture
def open_store(runner: ClientRunner, database: str) -> Iterator[Any]:
    """Opens stores and journals that share their tables, each like the one of another process."""
    opened: list[Blocking] = []

    def open(kind: str = "DedupStore", source: Any = database, **settings: Any) -> Any:
        sync, asynchronous = {
            "DedupStore": (PostgresDedupStore, AsyncPostgresDedupStore),
            "Journal": (PostgresJournal, AsyncPostgresJournal),
        }[kind]
        opened.append(Blocking((asynchronous if runner.is_async else sync)(source, **{"lease": LONG, **settings})))
        return opened[-1]

    yield open
    for one in opened:
        one.end()


def test_deliveries_are_claimed_processed_and_released(open_store: Any, key: str) -> None:
    first, second = open_store(), open_store()
    assert first.begin(key) is Claim.NEW
    assert second.begin(key) is Claim.IN_FLIGHT
    assert first.begin(key) is Claim.IN_FLIGHT
    first.release(key)
    assert second.begin(key) is Claim.NEW
    second.commit(key)
    second.release(key)
    assert first.begin(key) is Claim.DONE


def end_lease(table: psycopg.Connection[Any], key: str) -> None:
    done = table.execute("UPDATE bird_connectors_deliveries SET expires_at = now() WHERE key = %s", [key])
    assert done.rowcount == 1


def test_worker_whose_lease_ended_does_not_release_the_claim_of_another(
    open_store: Any, table: psycopg.Connection[Any], key: str
) -> None:
    slow, other = open_store(), open_store()
    assert slow.begin(key) is Claim.NEW
    end_lease(table, key)
    assert other.begin(key) is Claim.NEW
    slow.release(key)
    assert open_store().begin(key) is Claim.IN_FLIGHT
    other.release(key)
    assert open_store().begin(key) is Claim.NEW


def test_worker_of_one_store_whose_lease_ended_does_not_release_the_claim_of_its_neighbour(
    open_store: Any, table: psycopg.Connection[Any], key: str
) -> None:
    store = open_store()
    assert store.begin(key) is Claim.NEW
    end_lease(table, key)
    assert store.begin(key) is Claim.NEW
    store.release(key)
    assert open_store().begin(key) is Claim.IN_FLIGHT, "one of the two workers may still be running"
    store.release(key)
    assert open_store().begin(key) is Claim.NEW, "both have ended"


def test_commit_after_the_lease_outlasts_the_failure_of_the_other_worker(
    open_store: Any, table: psycopg.Connection[Any], key: str
) -> None:
    slow, other = open_store(), open_store()
    assert slow.begin(key) is Claim.NEW
    end_lease(table, key)
    assert other.begin(key) is Claim.NEW
    slow.commit(key)
    other.release(key)
    assert open_store().begin(key) is Claim.DONE


def test_processed_key_is_forgotten_and_its_row_removed(
    open_store: Any, table: psycopg.Connection[Any], key: str
) -> None:
    store = open_store(remember_for=0.001)
    assert store.begin(key) is Claim.NEW
    store.commit(key)
    eventually(lambda: store.begin(key) is Claim.NEW)
    end_lease(table, key)
    assert store.remove_expired() >= 1
    assert table.execute("SELECT FROM bird_connectors_deliveries WHERE key = %s", [key]).fetchone() is None


def test_one_of_many_threads_claims_each_key(database: str) -> None:
    keys = [uuid.uuid4().hex * 2 for _ in range(25)]
    with PostgresDedupStore(database) as store, ThreadPoolExecutor(8) as threads:
        claims = list(threads.map(store.begin, keys * 8))
    assert claims.count(Claim.NEW) == len(keys)
    assert claims.count(Claim.IN_FLIGHT) == 7 * len(keys)


def test_sources_of_connections_are_equivalent(runner: ClientRunner, database: str, key: str) -> None:
    async def run_async() -> None:
        async with psycopg_pool.AsyncConnectionPool(database, min_size=1, open=False) as pool:
            sources: list[Any] = [
                database,
                pool,
                pool.connection,
                lambda: psycopg.AsyncConnection.connect(database, prepare_threshold=1),
            ]
            for number, source in enumerate(sources):
                store = AsyncPostgresDedupStore(source)
                # Often enough for psycopg to prepare the statement, if it were allowed to.
                claims = [await store.begin(key[:-1] + str(number)) for _ in range(12)]
                assert claims == [Claim.NEW, *[Claim.IN_FLIGHT] * 11]
                await store.close()

    if runner.is_async:
        asyncio.run(run_async())
        return
    with psycopg_pool.ConnectionPool(database, min_size=1) as pool:
        sources: list[Any] = [
            database, pool, pool.connection, lambda: psycopg.connect(database, prepare_threshold=1)
        ]  # fmt: skip
        for number, source in enumerate(sources):
            store = PostgresDedupStore(source)
            claims = [store.begin(key[:-1] + str(number)) for _ in range(12)]
            assert claims == [Claim.NEW, *[Claim.IN_FLIGHT] * 11]
            store.close()


KINDS = [PostgresDedupStore, AsyncPostgresDedupStore, PostgresJournal, AsyncPostgresJournal]


@pytest.mark.parametrize("kind", KINDS)
def test_invalid_sources_are_refused_without_showing_the_password(kind: Any) -> None:
    for source in ("postgresql://user:sec ret@[localhost/app", "host=localhost password='sec"):
        with pytest.raises(InvalidInputError, match="invalid connection string") as caught:
            kind(source)
        assert "sec" not in str(caught.value)
        assert caught.value.__context__ is None
    for source in (None, 5432, object()):
        with pytest.raises(TypeError, match="invalid database: expected a connection string"):
            kind(source)
    with pytest.raises(InvalidInputError, match="invalid lease"):
        kind("host=localhost", lease=-1)
    if "Journal" in kind.__name__:
        for short in (0.1, timedelta(milliseconds=100)):
            with pytest.raises(InvalidInputError, match=r"invalid lease: 0\.1 s; the minimum is 1 s"):
                kind("host=localhost", lease=short)
    assert "secret" not in repr(kind("host=localhost password=secret"))


async def result_of(call: Any) -> Any:
    """The result of a call of a store of either kind."""
    return await call if inspect.isawaitable(call) else call


@pytest.mark.parametrize("kind", KINDS)
def test_error_of_the_pool_has_the_reason_without_the_password(
    kind: Any, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(_connect._POOL, "timeout", 1.0)
    # Nothing listens there.
    store = kind("host=127.0.0.1 port=1 user=app dbname=app password=planted-marker")
    method = store.acquire if "Journal" in kind.__name__ else store.begin

    async def fail() -> str:
        reason = r"after 1\.00 sec: .*127\.0\.0\.1.*port 1 .*refused"
        with pytest.raises(psycopg_pool.PoolTimeout, match=reason) as raised:
            await result_of(method(key))
        await result_of(store.close())
        return str(raised.value)

    message = asyncio.run(fail())
    assert "\n" not in message
    assert "planted-marker" not in message


def test_reason_of_the_pool_has_no_password_that_the_server_repeats() -> None:
    last = _connect._LastError("host=localhost password=planted-marker")

    def connect() -> None:
        with last._recorded():
            raise psycopg.OperationalError("FATAL: no user with\n  planted-marker")

    def use() -> None:
        with last.named():
            with pytest.raises(psycopg.OperationalError):
                connect()
            raise psycopg_pool.PoolTimeout("no connection")

    with pytest.raises(psycopg_pool.PoolTimeout) as raised:
        use()
    assert str(raised.value) == "no connection: FATAL: no user with …"


def test_ensure_reports_why_the_database_cannot_be_reached(
    runner: ClientRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(_connect._POOL, "timeout", 1.0)
    kind = AsyncPostgresJournal if runner.is_async else PostgresJournal
    journal: Any = kind("host=127.0.0.1 port=1 user=app dbname=app password=planted-marker")
    with Sandbox() as sandbox:
        connectors = runner.sandbox_workspace(sandbox).connectors
        with pytest.raises(JournalError, match=r"refused.*; nothing was sent; call again when") as refused:
            runner.call(lambda: connectors.ensure(template(), journal=journal))
        assert refused.value.outcome == "not_sent"
        assert isinstance(refused.value.__cause__, psycopg_pool.PoolTimeout)
        assert "planted-marker" not in str(refused.value)
        assert sandbox.count("createConnector") == 0


@pytest.mark.parametrize("kind", [PostgresJournal, AsyncPostgresJournal])
def test_journal_refuses_arguments_of_other_types_before_it_connects(kind: Any) -> None:
    journal, claim = kind("host=127.0.0.1 port=1"), JournalClaim("0" * 64, 1)
    calls: list[tuple[str, Any]] = [
        ("key: expected a string, got None", lambda: journal.acquire(None)),
        ("keys: expected a sequence of strings, got str", lambda: journal.last_lines("0" * 64)),
        ("keys: expected a sequence of strings, got None", lambda: journal.last_lines(None)),
        ("keys: expected a string, got int", lambda: journal.last_lines([1])),
        (r"claim: expected the claim that acquire\(\) returned, got None", lambda: journal.renew(None)),
        (r"claim: expected the claim that acquire\(\) returned, got str", lambda: journal.release("0" * 64, None)),
        ("line: expected a string, got None", lambda: journal.write(claim, None)),
        ("line: expected a string, got int", lambda: journal.release(claim, 1)),
    ]

    async def check() -> None:
        for message, call in calls:
            with pytest.raises(TypeError, match=f"^invalid {message}$"):
                await result_of(call())

    asyncio.run(check())


def test_forked_child_opens_its_own_connections(program: Any, server: Server, key: str) -> None:
    with PostgresDedupStore(conninfo(server.port)) as store:
        store.migrate()
    program(
        """
        import os, sys, warnings
        from bird_connectors.postgres import PostgresDedupStore
        from bird_connectors.webhooks import Claim

        warnings.simplefilter("ignore", DeprecationWarning)
        store = PostgresDedupStore(sys.argv[1])

        def backend() -> int:
            with store._connections.connection() as connection:
                return connection.execute("SELECT pg_backend_pid()").fetchone()[0]

        assert store.begin(sys.argv[2]) is Claim.NEW
        parent = backend()
        child = os.fork()
        if child == 0:
            assert backend() != parent
            assert store.begin(sys.argv[2]) is Claim.IN_FLIGHT
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert store.begin(sys.argv[2]) is Claim.IN_FLIGHT
        store.close()
        print("done")
        """,
        conninfo(server.port),
        key,
    ).expect_output("done")


def test_migration_can_run_in_several_processes_at_once(server: Server, table: psycopg.Connection[Any]) -> None:
    table.execute("DROP TABLE IF EXISTS bird_connectors_journal, bird_connectors_deliveries")

    def migrate(_: int) -> None:
        with PostgresJournal(conninfo(server.port)) as journal:
            journal.migrate()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(migrate, range(8)))
    assert table.execute("SELECT count(*) FROM bird_connectors_journal").fetchone() == (0,)


def test_missing_tables_are_reported_with_the_method_that_creates_them(
    runner: ClientRunner, open_store: Any, server: Server, table: psycopg.Connection[Any], key: str
) -> None:
    table.execute("CREATE DATABASE empty")
    try:
        empty = f"{conninfo(server.port)} dbname=empty"
        for kind, method in [("Journal", "acquire"), ("DedupStore", "begin")]:
            store = open_store(kind, empty)
            with pytest.raises(psycopg.errors.UndefinedTable, match=r"call migrate\(\)") as raised:
                getattr(store, method)(key)
            assert raised.value.diag.sqlstate == "42P01"
            store.close()
        # What `ensure` raises names the method, too, and the error of the database is its cause.
        with Sandbox() as sandbox:
            connectors = runner.sandbox_workspace(sandbox).connectors
            source = (lambda: psycopg.AsyncConnection.connect(empty)) if runner.is_async else None
            journal = AsyncPostgresJournal(source) if source else PostgresJournal(lambda: psycopg.connect(empty))
            with pytest.raises(JournalError, match=r"call migrate\(\)") as refused:
                runner.call(lambda: connectors.ensure(template(), journal=journal))
            assert isinstance(refused.value.__cause__, psycopg.errors.UndefinedTable)
            assert sandbox.count("createConnector") == 0
    finally:
        table.execute("DROP DATABASE empty WITH (FORCE)")


@pytest.mark.parametrize(
    "columns", ["key text PRIMARY KEY, fence bigint", "key text PRIMARY KEY, fence text, claimed_until text, line text"]
)
def test_table_of_another_version_is_reported_with_the_file_to_compare(
    open_store: Any, server: Server, table: psycopg.Connection[Any], key: str, columns: str
) -> None:
    table.execute("CREATE DATABASE other")
    try:
        other = f"{conninfo(server.port)} dbname=other"
        with psycopg.connect(other, autocommit=True) as connection:
            connection.execute(f"CREATE TABLE bird_connectors_journal ({columns})".encode())
        journal = open_store("Journal", other)
        # It creates only tables that are missing.
        journal.migrate()
        with pytest.raises(psycopg.Error, match=r"not the one of this version: .*schema\.sql") as raised:
            journal.acquire(key)
        # What `ensure` repeats.
        assert "schema.sql" in str(raised.value).splitlines()[0]
        journal.close()
    finally:
        table.execute("DROP DATABASE other WITH (FORCE)")


def test_statement_that_the_database_does_not_answer_fails_and_the_store_recovers(
    open_store: Any, database: str, server: Server, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_connect, "STATEMENT_TIMEOUT", 0.3)
    journal = open_store("Journal")
    assert journal.acquire(key) is not None
    # Like a server that has stopped: each statement waits for the lock.
    with psycopg.connect(conninfo(server.port)) as blocker:
        blocker.execute("LOCK TABLE bird_connectors_journal IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(psycopg.OperationalError, match=r"the database did not respond within 0\.3 s"):
            journal.last_lines([key])
    monkeypatch.setattr(_connect, "STATEMENT_TIMEOUT", HANG_TIMEOUT)
    assert journal.acquire(key) is None


def test_claim_is_exclusive_until_it_is_released(open_store: Any, key: str) -> None:
    first, second = open_store("Journal"), open_store("Journal")
    claim = first.acquire(key)
    assert claim == JournalClaim(key, 1, LONG, None)
    assert second.acquire(key) is None
    assert first.write(claim, '{"v": 1}')
    assert second.last_lines([key, "0" * 64]) == ['{"v": 1}']
    assert first.release(claim, '{"v": 2}')
    assert not first.renew(claim)
    assert not first.write(claim, "late")
    assert second.acquire(key) == JournalClaim(key, 2, LONG, '{"v": 2}')
    assert not first.release(claim, "late")
    assert second.last_lines([key]) == ['{"v": 2}']


def test_holder_whose_lease_ended_writes_nothing_after_the_next_claim(
    open_store: Any, table: psycopg.Connection[Any], key: str
) -> None:
    paused, taker = open_store("Journal"), open_store("Journal")
    lost = paused.acquire(key)
    table.execute("UPDATE bird_connectors_journal SET claimed_until = now() WHERE key = %s", [key])
    assert paused.renew(lost), "no other run has claimed the key"
    table.execute("UPDATE bird_connectors_journal SET claimed_until = now() WHERE key = %s", [key])
    taken = taker.acquire(key)
    assert taken.fence == lost.fence + 1
    for result in (paused.renew(lost), paused.write(lost, "late"), paused.release(lost, "late")):
        assert result is False
    assert taker.renew(taken)
    assert taker.last_lines([key]) == []


def template() -> Telegram:
    return Telegram(name=f"Bot {uuid.uuid4()}")


@pytest.mark.parametrize(("client", "kind"), [("sync", "sync"), ("async", "sync"), ("async", "async")])
def test_runs_that_share_a_journal_create_one_connector(client: str, kind: str, database: str) -> None:
    runner = ClientRunner(client)
    wanted = [template() for _ in range(3)]
    # A created connector is listed late, so a run that did not wait for the others would send another create.
    with Sandbox(Script.instant().commit_after(0.5)) as sandbox:

        async def run_async() -> list[list[str]]:
            async def install(source: Any) -> list[str]:
                connectors = runner.sandbox_workspace(sandbox).connectors
                results = connectors.install_all(wanted, journal=source, reconcile_window=HANG_TIMEOUT)
                found = [result async for result in results]
                return [result.connector_id for result in sorted(found, key=lambda result: result.index)]

            journals: list[Any] = [
                (AsyncPostgresJournal if kind == "async" else PostgresJournal)(database) for _ in range(4)
            ]
            ids = await asyncio.gather(*map(install, journals))
            for journal in journals:
                await journal.close() if kind == "async" else journal.close()
            return ids

        def install(_: int) -> list[str]:
            connectors = runner.sandbox_workspace(sandbox).connectors
            with PostgresJournal(database) as journal:
                results = list(connectors.install_all(wanted, journal=journal, reconcile_window=HANG_TIMEOUT))
            return [result.connector_id for result in sorted(results, key=lambda result: result.index)]

        if runner.is_async:
            ids = asyncio.run(run_async())
        else:
            with ThreadPoolExecutor(4) as threads:
                ids = list(threads.map(install, range(4)))
        assert sandbox.count("createConnector") == len(wanted)
    assert ids == [ids[0]] * 4


WORKER = """
import sys
from bird_connectors import Client, Telegram
from bird_connectors.postgres import PostgresJournal
base_url, access_key, workspace, database = sys.argv[1:5]
journal = None if database == "none" else PostgresJournal(database)
with Client(access_key=access_key, base_url=base_url, rate_limit=None) as bird:
    connectors = bird.workspace(workspace).connectors
    print("ready", flush=True)
    sys.stdin.readline()
    for name in sys.argv[5:]:
        connectors.ensure(Telegram(name=name), journal=journal, reconcile_window=30)
if journal:
    journal.close()
"""


def run_workers(sandbox: Sandbox, database: str, names: list[str], workers: int = 4) -> None:
    command = [
        sys.executable,
        "-c",
        WORKER,
        sandbox.base_url,
        sandbox.access_key,
        sandbox.workspace_id,
        database,
        *names,
    ]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(workers)
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("start\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=HANG_TIMEOUT)
        assert process.returncode == 0


def test_processes_that_share_a_journal_create_one_connector_per_template(database: str) -> None:
    names = [f"Bot {uuid.uuid4()}" for _ in range(20)]
    with Sandbox(Script.instant().commit_after(0.05)) as sandbox:
        run_workers(sandbox, database, names)
        assert sorted(connector["name"] for connector in sandbox.connectors()) == sorted(names)
        assert sandbox.count("createConnector") == len(names)


def test_processes_without_a_journal_send_more_creates(server: Server) -> None:
    names = [f"Bot {uuid.uuid4()}" for _ in range(20)]
    with Sandbox(Script.instant().commit_after(0.5)) as sandbox:
        run_workers(sandbox, "none", names)
        assert sandbox.count("createConnector") > len(names), "otherwise the test above proves nothing"


@pytest.mark.parametrize(("client", "is_async"), [("sync", False), ("async", False), ("async", True)])
def test_plans_share_the_journal_of_a_project(
    client: str, is_async: bool, database: str, table: psycopg.Connection[Any]
) -> None:
    # A plan reads all lines, and other tests write invalid ones.
    table.execute("DELETE FROM bird_connectors_journal")
    runner = ClientRunner(client)
    project = f"p{uuid.uuid4().hex[:8]}"
    with Sandbox(Script.instant()) as sandbox, PostgresJournal(database) as blocking:
        text = channel_files.text(sandbox, [line("A"), line("B")], [HOOK]).replace("acme", project)
        journal: Any = (lambda: psycopg.AsyncConnection.connect(database)) if is_async else blocking
        journal = AsyncPostgresJournal(journal) if is_async else journal
        world = World(runner, sandbox, journal)
        desired = DesiredState.parse(text)
        assert world.follow(desired).results
        assert len(blocking.lines()) >= 3
        # Another process with the same table.
        other = World(runner, sandbox, PostgresJournal(lambda: psycopg.connect(database)))
        assert kinds(other.plan(desired)) == [("unchanged", "none")] * 3
        other.follow(DesiredState.parse(text.replace(f"      - {line('B')}\n", "")), prune=True)
        assert [connector["name"] for connector in sandbox.connectors()] == ["A"]
        assert sandbox.count("createConnector") == 2


def test_custom_shared_journal_is_called_with_its_claims(runner: ClientRunner) -> None:
    calls: list[Any] = []

    class SharedJournal:
        def last_lines(self, keys: Any) -> list[str]:
            calls.append(("last_lines", len(keys)))
            return []

        def acquire(self, key: str) -> JournalClaim | None:
            calls.append("acquire")
            return JournalClaim(key, 7, 30.0) if calls.count("acquire") > 1 else None

        def renew(self, claim: JournalClaim) -> bool:
            return True

        def write(self, claim: JournalClaim, line: str) -> bool:
            calls.append(("write", claim.fence, claim.lease, '"intent"' in line))
            return True

        def release(self, claim: JournalClaim, line: str | None) -> bool:
            calls.append(("release", claim.fence, line is not None and '"result"' in line))
            return True

    with Sandbox(Script.instant()) as sandbox:
        connectors = runner.sandbox_workspace(sandbox).connectors
        ensured = runner.call(lambda: connectors.ensure(template(), journal=SharedJournal()))
        assert not ensured.adopted
        assert ensured.journal_error is None
    assert [call for call in calls if call != ("last_lines", 0)] == [
        "acquire", "acquire", ("write", 7, 30.0, True), ("release", 7, True)
    ]  # fmt: skip


@pytest.mark.parametrize(("method", "result"), [("acquire", "a string"), ("write", None)])
def test_wrong_result_of_a_shared_journal_is_an_error_and_sends_nothing(
    runner: ClientRunner, method: str, result: Any
) -> None:
    class SharedJournal:
        def last_lines(self, keys: Any) -> list[str]:
            return []

        def acquire(self, key: str) -> Any:
            return result if method == "acquire" else JournalClaim(key, 1)

        def renew(self, claim: JournalClaim) -> bool:
            return True

        def write(self, claim: JournalClaim, line: str) -> Any:
            return result if method == "write" else True

        def release(self, claim: JournalClaim, line: str | None) -> bool:
            return True

    with Sandbox(Script.instant()) as sandbox:
        connectors = runner.sandbox_workspace(sandbox).connectors
        with pytest.raises(JournalError, match=rf"invalid result of {method}\(\)"):
            runner.call(lambda: connectors.ensure(template(), journal=SharedJournal()))
        assert sandbox.count("createConnector") == 0


def test_journal_that_has_only_some_claim_methods_is_refused(runner: ClientRunner) -> None:
    class Incomplete:
        def acquire(self, key: str) -> None:
            return None

    journal: Any = Incomplete()
    with Sandbox() as sandbox, pytest.raises(TypeError, match="a journal with the methods last_lines"):
        runner.call(lambda: runner.sandbox_workspace(sandbox).connectors.ensure(template(), journal=journal))


def test_guide_installs_one_connector_in_two_runs(server: Server, tmp_path: Path) -> None:
    # A copy, because psycopg would import other examples in the folder instead of modules of Python.
    script = tmp_path / "shared_postgres.py"
    script.write_text((Path(__file__).parents[1] / "examples" / "guide" / "shared_postgres.py").read_text())
    with Sandbox(Script.instant()) as sandbox:
        environment = {**os.environ, **sandbox.environment(), "DATABASE_URL": conninfo(server.port)}
        command = [sys.executable, str(script)]
        for _ in range(2):
            done = subprocess.run(
                command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=HANG_TIMEOUT
            )
            assert done.returncode == 0, done.stdout + done.stderr
            assert done.stdout.strip() == sandbox.connectors()[0]["id"]
        assert sandbox.count("createConnector") == 1


def test_missing_package_is_reported_with_the_command_that_installs_it(program: Any) -> None:
    program(
        """
        import sys
        sys.modules["psycopg"] = None
        try:
            import bird_connectors.postgres
        except ModuleNotFoundError as error:
            print(error)
        """
    ).expect_output(
        "bird_connectors.postgres needs the package psycopg, which is not installed: "
        "run pip install 'bird-connectors[postgres]'"
    )
