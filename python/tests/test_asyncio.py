"""The asynchronous client in asyncio: cancelling closes the connection, and no client is bound to a loop."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

import bird_connectors as bc
import wire
from bird_connectors import AsyncClient
from stub import Reply, Request, after

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


def workspace(base_url: str) -> bc.AsyncWorkspace:
    return AsyncClient(access_key=wire.KEY, base_url=base_url).workspace(wire.WORKSPACE)


CALLS: dict[str, Callable[[Any], Awaitable[Any]]] = {
    "a call": lambda ws: ws.connectors.get(wire.CONNECTOR),
    "a page": lambda ws: ws.connectors.list().first_page(),
    "a list": lambda ws: ws.connectors.list().to_list(),
    "an item": lambda ws: anext(aiter(ws.connectors.list())),
    "a wait": lambda ws: ws.connectors.follow(wire.CONNECTOR).until_ready(timeout=None),
    "a step of a wait": lambda ws: anext(aiter(ws.connectors.follow(wire.CONNECTOR).progress(timeout=None))),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_time_out_closes_the_connection(call: Callable[[Any], Awaitable[Any]], serve: Any) -> None:
    stub = serve(None)

    async def run() -> None:
        began = time.monotonic()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(call(workspace(stub.base_url)), 0.3)
        assert time.monotonic() - began < 2
        assert await asyncio.to_thread(stub.hung_up.wait, 5), "the connection stays open"

    asyncio.run(run())


def test_a_cancelled_task_closes_the_connection(serve: Any) -> None:
    stub = serve(None)

    async def run() -> None:
        task = asyncio.create_task(workspace(stub.base_url).connectors.get(wire.CONNECTOR))
        assert await asyncio.to_thread(stub.arrived.wait, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(stub.hung_up.wait, 5), "the connection stays open"

    asyncio.run(run())


def test_nothing_is_sent_before_it_is_awaited(serve: Any) -> None:
    stub = serve(Reply(200, wire.connector()))

    async def run() -> None:
        waiting = workspace(stub.base_url).connectors.get(wire.CONNECTOR)
        await asyncio.sleep(0.1)
        assert not stub.requests
        assert (await waiting).name == "Shop 0"

    asyncio.run(run())


def test_one_client_serves_several_loops(serve: Any) -> None:
    stub = serve(Reply(200, wire.connector()))
    ws = workspace(stub.base_url)
    for _ in range(3):
        assert asyncio.run(ws.connectors.get(wire.CONNECTOR)).name == "Shop 0"
    assert stub.connections == 1, "the connection outlives the loop"


def test_one_client_serves_loops_of_several_threads(serve: Any) -> None:
    ws = workspace(serve(after(0.05, Reply(200, wire.connector()))).base_url)
    found: list[str] = []

    async def run() -> None:
        found.extend([(await ws.connectors.get(wire.CONNECTOR)).name for _ in range(3)])

    threads = [threading.Thread(target=lambda: asyncio.run(run())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["Shop 0"] * 12


def test_many_at_once(serve: Any) -> None:
    together = threading.Barrier(10)

    def answer(_: Request) -> Reply:
        together.wait(10)
        return Reply(200, wire.connector())

    ws = workspace(serve(answer).base_url)

    async def run() -> list[bc.Connector]:
        return await asyncio.gather(*(ws.connectors.get(wire.CONNECTOR) for _ in range(10)))

    assert len(asyncio.run(run())) == 10


def test_the_loop_runs_on_during_a_call(serve: Any) -> None:
    ws = workspace(serve(after(0.5, Reply(200, wire.connector()))).base_url)

    async def run() -> int:
        ticks = 0
        task = asyncio.create_task(ws.connectors.get(wire.CONNECTOR))
        while not task.done():
            await asyncio.sleep(0.01)
            ticks += 1
        await task
        return ticks

    assert asyncio.run(run()) > 5


def pages(request: Request) -> Reply:
    start = int(request.query.get("pageToken", "0"))
    time.sleep(0.3 if start else 0)
    return Reply(
        200, wire.page([wire.connector(start), wire.connector(start + 1)], str(start + 2) if start < 4 else None)
    )


def test_a_list_goes_on_after_a_time_out(serve: Any) -> None:
    ws = workspace(serve(pages).base_url)

    async def run() -> list[str]:
        items = aiter(ws.connectors.list(page_size=2))
        names = [(await anext(items)).name, (await anext(items)).name]
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(anext(items), 0.05)
        with pytest.raises(RuntimeError, match="checkpoint"):
            await anext(items)
        return names + [item.name async for item in ws.connectors.list(from_=items.checkpoint)]

    assert asyncio.run(run()) == [f"Shop {number}" for number in range(6)]


def test_two_readers_of_one_iterator_are_told(serve: Any) -> None:
    ws = workspace(serve(after(0.3, Reply(200, wire.page([wire.connector()])))).base_url)

    async def run() -> None:
        items = aiter(ws.connectors.list())
        first = asyncio.ensure_future(anext(items))
        await asyncio.sleep(0.05)
        with pytest.raises(RuntimeError):
            await anext(items)
        assert (await first).name == "Shop 0"

    asyncio.run(run())


def test_a_loop_that_ends_before_its_call_is_quiet(program: Any, serve: Any) -> None:
    stub = serve(None)
    child = program(
        """
        import asyncio, sys
        import bird_connectors as bc
        import wire
        ws = bc.AsyncClient(access_key=wire.KEY, base_url=sys.argv[1]).workspace(wire.WORKSPACE)
        async def main():
            asyncio.create_task(ws.connectors.get(wire.CONNECTOR))
            asyncio.create_task(ws.connectors.list().to_list())
            await asyncio.sleep(0.2)
        asyncio.run(main())
        asyncio.run(main())
        print("done")
        """,
        stub.base_url,
    )
    child.expect("done")


def test_a_loop_that_is_closed_under_a_call_is_quiet(program: Any, serve: Any) -> None:
    stub = serve(after(0.3, Reply(200, wire.connector())))
    child = program(
        """
        import asyncio, sys, time, warnings
        import bird_connectors as bc
        import wire
        ws = bc.AsyncClient(access_key=wire.KEY, base_url=sys.argv[1]).workspace(wire.WORKSPACE)
        loop = asyncio.new_event_loop()
        async def start():
            call = ws.connectors.get(wire.CONNECTOR)
            call.send(None)
            return call
        call = loop.run_until_complete(start())
        loop.close()
        time.sleep(0.6)
        try:
            call.close()
        except RuntimeError:
            pass  # asyncio itself complains of a closed loop
        print(asyncio.run(ws.connectors.get(wire.CONNECTOR)).name)
        """,
        stub.base_url,
    )
    child.expect("Shop 0")


def test_outside_of_a_loop(serve: Any) -> None:
    stub = serve(Reply(200, wire.connector()))
    call = workspace(stub.base_url).connectors.get(wire.CONNECTOR)
    with pytest.raises(RuntimeError, match="loop"):
        call.send(None)
    assert not stub.requests
