"""One client in many threads: calls run concurrently, and do not block other threads."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import wire
from bird_connectors import AsyncClient, Client
from stub import Gate, Request, Response
from waiting import HANG_TIMEOUT, eventually


def test_calls_of_eight_threads_run_concurrently(serve: Any) -> None:
    together = threading.Barrier(8)

    def respond(_: Request) -> Response:
        together.wait(HANG_TIMEOUT)
        return Response(200, wire.connector())

    client = Client(access_key=wire.KEY, base_url=serve(respond).base_url, max_attempts=1)
    workspace = client.workspace(wire.WORKSPACE)
    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(workspace.connectors.get, wire.CONNECTOR) for _ in range(8)]
        assert {call.result().name for call in calls} == {"Shop 0"}


def test_each_thread_receives_its_own_response(serve: Any) -> None:
    stub = serve(lambda request: Response(200, {**wire.connector(), "id": request.path.rsplit("/")[-1]}))
    client = Client(access_key=wire.KEY, base_url=stub.base_url, rate_limit=None)

    def read(number: int) -> bool:
        identifier = wire.connector(number)["id"]
        return client.workspace(wire.WORKSPACE).connectors.get(identifier).id == identifier

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(200)))
    assert len(stub.requests) == 200


def test_other_threads_run_during_a_call(serve: Any) -> None:
    ticks = 0
    finished = threading.Event()

    def tick() -> None:
        nonlocal ticks
        while not finished.wait(0.001):
            ticks += 1

    def respond(_: Request) -> Response:
        # The response is sent only because the other thread keeps running.
        before = ticks
        eventually(lambda: ticks > before + 50)
        return Response(200, wire.connector())

    workspace = Client(access_key=wire.KEY, base_url=serve(respond).base_url).workspace(wire.WORKSPACE)
    thread = threading.Thread(target=tick)
    thread.start()
    try:
        assert workspace.connectors.get(wire.CONNECTOR).name == "Shop 0"
    finally:
        finished.set()
        thread.join()


def test_concurrent_reads_of_one_iterator_raise_an_error(serve: Any) -> None:
    gate = Gate(Response(200, wire.page([wire.connector()])))
    stub = serve(gate)
    workspace = Client(access_key=wire.KEY, base_url=stub.base_url).workspace(wire.WORKSPACE)
    items = iter(workspace.connectors.list())
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(next, items)
        assert stub.request_received.wait(HANG_TIMEOUT)
        with pytest.raises(RuntimeError):
            next(items)
        gate.open()
        assert first.result().name == "Shop 0"


def test_model_attributes_are_shared_between_threads() -> None:
    from bird_connectors import Connector

    connector = Connector.from_dict(wire.FULL_CONNECTOR)
    with ThreadPoolExecutor(8) as pool:
        arguments = list(pool.map(lambda _: connector.arguments, range(100)))
    assert all(found is arguments[0] for found in arguments)


def test_calls_that_overlap_in_part_all_return(serve: Any) -> None:
    # Calls begin and end while others are in progress, so that the threads hand the runtime over to each other.
    def respond(request: Request) -> Response:
        time.sleep(random.choice((0, 0.001, 0.01)))
        return Response(200, {**wire.connector(), "id": request.path.rsplit("/")[-1]})

    stub = serve(respond)
    workspace = Client(access_key=wire.KEY, base_url=stub.base_url, rate_limit=None).workspace(wire.WORKSPACE)
    asynchronous = AsyncClient(access_key=wire.KEY, base_url=stub.base_url, rate_limit=None).workspace(wire.WORKSPACE)
    identifiers = [wire.connector(number)["id"] for number in range(100)]

    def read() -> list[str]:
        ids = []
        for identifier in identifiers:
            ids.append(workspace.connectors.get(identifier).id)
            # Longer than the runtime stays with a thread that makes no calls.
            time.sleep(random.choice((0, 0, 0.002, 0.008)))
        return ids

    async def read_asynchronously() -> list[str]:
        ids = []
        for identifier in identifiers:
            ids.append((await asynchronous.connectors.get(identifier)).id)
            await asyncio.sleep(random.choice((0, 0, 0.002, 0.008)))
        return ids

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(read), pool.submit(read), pool.submit(asyncio.run, read_asynchronously())]
        assert all(reader.result(HANG_TIMEOUT) == identifiers for reader in readers)


def test_threads_and_event_loops_share_the_connection_of_the_only_runtime(serve: Any) -> None:
    stub = serve(Response(200, wire.connector()))
    workspace = AsyncClient(access_key=wire.KEY, base_url=stub.base_url, rate_limit=None).workspace(wire.WORKSPACE)

    async def read() -> None:
        await workspace.connectors.get(wire.CONNECTOR)

    async def read_while_the_thread_of_another_loop_is_blocked() -> None:
        await read()
        with ThreadPoolExecutor(1) as pool:
            # Blocks this loop, which has opened the connection, until the other loop has its response.
            pool.submit(asyncio.run, read()).result(HANG_TIMEOUT)
        await read()

    asyncio.run(read_while_the_thread_of_another_loop_is_blocked())
    asyncio.run(read())
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, read()).result(HANG_TIMEOUT)
    assert (stub.connections, len(stub.requests)) == (1, 5), "the connection belongs to the runtime, not to a loop"

    connectors = (
        Client(access_key=wire.KEY, base_url=stub.base_url, rate_limit=None).workspace(wire.WORKSPACE).connectors
    )
    connectors.get(wire.CONNECTOR)
    for _ in range(3):
        # The thread that opened the connection has ended.
        with ThreadPoolExecutor(1) as pool:
            pool.submit(connectors.get, wire.CONNECTOR).result(HANG_TIMEOUT)
    assert (stub.connections, len(stub.requests)) == (2, 9)
