"""One client in many threads: calls overlap, and no other thread is kept waiting."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import wire
from bird_connectors import Client
from stub import Request, Response, delayed


def test_eight_threads_are_in_a_call_at_once(serve: Any) -> None:
    together = threading.Barrier(8)

    def answer(_: Request) -> Response:
        together.wait(10)
        return Response(200, wire.connector())

    client = Client(access_key=wire.KEY, base_url=serve(answer).base_url, max_attempts=1)
    workspace = client.workspace(wire.WORKSPACE)
    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(workspace.connectors.get, wire.CONNECTOR) for _ in range(8)]
        assert {call.result().name for call in calls} == {"Shop 0"}


def test_many_calls_of_eight_threads(serve: Any) -> None:
    stub = serve(lambda request: Response(200, {**wire.connector(), "id": request.path.rsplit("/")[-1]}))
    client = Client(access_key=wire.KEY, base_url=stub.base_url)

    def read(number: int) -> bool:
        identifier = wire.connector(number)["id"]
        return client.workspace(wire.WORKSPACE).connectors.get(identifier).id == identifier

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(200)))
    assert len(stub.requests) == 200


def test_another_thread_runs_during_a_call(serve: Any) -> None:
    ticks = 0
    over = threading.Event()

    def tick() -> None:
        nonlocal ticks
        while not over.wait(0.001):
            ticks += 1

    def answer(_: Request) -> Response | None:
        began = ticks
        for _ in range(1000):
            if ticks > began + 50:
                return Response(200, wire.connector())
            time.sleep(0.01)
        return None

    # The answer comes only when the other thread has got on.
    workspace = Client(access_key=wire.KEY, base_url=serve(answer).base_url).workspace(wire.WORKSPACE)
    thread = threading.Thread(target=tick)
    thread.start()
    try:
        assert workspace.connectors.get(wire.CONNECTOR).name == "Shop 0"
    finally:
        over.set()
        thread.join()


def test_two_threads_on_one_iterator_are_told(serve: Any) -> None:
    stub = serve(delayed(0.5, Response(200, wire.page([wire.connector()]))))
    workspace = Client(access_key=wire.KEY, base_url=stub.base_url).workspace(wire.WORKSPACE)
    items = iter(workspace.connectors.list())
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(next, items)
        assert stub.request_received.wait(5)
        with pytest.raises(RuntimeError):
            next(items)
        assert first.result().name == "Shop 0"


def test_models_are_shared_between_threads() -> None:
    from bird_connectors import Connector

    connector = Connector.from_dict(wire.FULL_CONNECTOR)
    with ThreadPoolExecutor(8) as pool:
        arguments = list(pool.map(lambda _: connector.arguments, range(100)))
    assert all(found is arguments[0] for found in arguments)
