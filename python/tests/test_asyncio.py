"""The asynchronous client in asyncio: cancelling a call closes its connection, and a client works on any event loop."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

import bird_connectors as bc
import wire
from bird_connectors import AsyncClient
from stub import Gate, Request, Response, delayed
from waiting import HANG_TIMEOUT, PROMPT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

CLIENT_TIMEOUT: float = 600
"""Seconds. Longer than any test, so that a call cannot end by the client's own timeouts."""


def workspace(base_url: str) -> bc.AsyncWorkspace:
    client = AsyncClient(
        access_key=wire.KEY, base_url=base_url, timeout=CLIENT_TIMEOUT, attempt_timeout=CLIENT_TIMEOUT, rate_limit=None
    )
    return client.workspace(wire.WORKSPACE)


async def wait_for_event(event: threading.Event) -> bool:
    return await asyncio.to_thread(event.wait, HANG_TIMEOUT)


CALLS: dict[str, Callable[[Any], Awaitable[Any]]] = {
    "a call": lambda ws: ws.connectors.get(wire.CONNECTOR),
    "a page": lambda ws: ws.connectors.list().first_page(),
    "a list": lambda ws: ws.connectors.list().to_list(),
    "an item": lambda ws: anext(aiter(ws.connectors.list())),
    "a wait": lambda ws: ws.connectors.follow(wire.CONNECTOR).until_ready(timeout=None),
    "a step of a wait": lambda ws: anext(aiter(ws.connectors.follow(wire.CONNECTOR).progress(timeout=None))),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_wait_for_timeout_closes_the_connection(call: Callable[[Any], Awaitable[Any]], serve: Any) -> None:
    stub = serve(None)

    async def run() -> None:
        calling = asyncio.ensure_future(call(workspace(stub.base_url)))
        assert await wait_for_event(stub.request_received)
        began = time.monotonic()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(calling, 0.1)
        assert time.monotonic() - began < PROMPT
        assert await wait_for_event(stub.disconnected), "the connection stays open"

    asyncio.run(run())


def test_cancelled_task_closes_the_connection(serve: Any) -> None:
    stub = serve(None)

    async def run() -> None:
        task = asyncio.create_task(workspace(stub.base_url).connectors.get(wire.CONNECTOR))
        assert await wait_for_event(stub.request_received)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await wait_for_event(stub.disconnected), "the connection stays open"

    asyncio.run(run())


def test_call_sends_nothing_before_it_is_awaited(serve: Any) -> None:
    stub = serve(Response(200, wire.connector()))

    async def run() -> None:
        call = workspace(stub.base_url).connectors.get(wire.CONNECTOR)
        await asyncio.sleep(0.1)
        assert not stub.requests
        assert (await call).name == "Shop 0"

    asyncio.run(run())


def test_client_works_on_several_loops_in_succession(serve: Any) -> None:
    stub = serve(Response(200, wire.connector()))
    ws = workspace(stub.base_url)
    for _ in range(3):
        assert asyncio.run(ws.connectors.get(wire.CONNECTOR)).name == "Shop 0"
    assert stub.connections == 1, "the connection outlives the loop"


def test_client_works_on_loops_of_several_threads(serve: Any) -> None:
    ws = workspace(serve(delayed(0.05, Response(200, wire.connector()))).base_url)
    names: list[str] = []

    async def run() -> None:
        names.extend([(await ws.connectors.get(wire.CONNECTOR)).name for _ in range(3)])

    threads = [threading.Thread(target=lambda: asyncio.run(run())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names == ["Shop 0"] * 12


class LoopWithoutReaders(asyncio.SelectorEventLoop):
    """A loop that cannot watch sockets, such as the default one of Windows."""

    def add_reader(self, *_: Any) -> None:
        raise NotImplementedError


def test_results_reach_a_loop_that_cannot_watch_sockets(serve: Any) -> None:
    ws = workspace(serve(Response(200, wire.connector())).base_url)

    async def run() -> list[str]:
        calls = (ws.connectors.get(wire.CONNECTOR) for _ in range(3))
        return [connector.name for connector in await asyncio.gather(*calls)]

    loop = LoopWithoutReaders()
    assert loop.run_until_complete(run()) == ["Shop 0"] * 3
    loop.close()


def test_results_reach_the_loop_of_their_call(serve: Any) -> None:
    ws = workspace(serve(Response(200, wire.connector())).base_url)
    loops = [asyncio.new_event_loop() for _ in range(2)]

    async def run() -> str:
        return (await ws.connectors.get(wire.CONNECTOR)).name

    assert [loop.run_until_complete(run()) for loop in loops * 2] == ["Shop 0"] * 4
    for loop in loops:
        loop.close()


def test_results_are_delivered_outside_of_the_context_of_the_first_call(serve: Any) -> None:
    ws = workspace(serve(Response(200, wire.connector())).base_url)
    variable = contextvars.ContextVar("variable", default="unset")
    seen: list[str] = []

    class Watching(logging.Handler):
        def emit(self, _: logging.LogRecord) -> None:
            seen.append(variable.get())

    logger = logging.getLogger("bird_connectors.transport")
    handler = Watching()

    async def run() -> None:
        variable.set("of the first call")
        await ws.connectors.get(wire.CONNECTOR)

    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(logging.DEBUG)
    try:
        asyncio.run(run())
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)
    assert set(seen) == {"unset"}


def test_gathered_calls_run_concurrently(serve: Any) -> None:
    together = threading.Barrier(10)

    def respond(_: Request) -> Response:
        together.wait(HANG_TIMEOUT)
        return Response(200, wire.connector())

    ws = workspace(serve(respond).base_url)

    async def run() -> list[bc.Connector]:
        return await asyncio.gather(*(ws.connectors.get(wire.CONNECTOR) for _ in range(10)))

    assert len(asyncio.run(run())) == 10


def test_loop_keeps_running_during_a_call(serve: Any) -> None:
    gate = Gate(Response(200, wire.connector()))
    ws = workspace(serve(gate).base_url)

    async def run() -> None:
        task = asyncio.create_task(ws.connectors.get(wire.CONNECTOR))
        for _ in range(10):
            await asyncio.sleep(0.01)
        # The server responds only because the loop got this far.
        assert not task.done()
        gate.open()
        assert (await task).name == "Shop 0"

    asyncio.run(run())


def test_list_resumes_after_a_timeout(serve: Any) -> None:
    timed_out = threading.Event()

    def respond(request: Request) -> Response | None:
        start = int(request.query.get("pageToken", "0"))
        if start and not timed_out.is_set():
            return None
        items = [wire.connector(start), wire.connector(start + 1)]
        return Response(200, wire.page(items, str(start + 2) if start < 4 else None))

    ws = workspace(serve(respond).base_url)

    async def run() -> list[str]:
        items = aiter(ws.connectors.list(page_size=2))
        names = [(await anext(items)).name, (await anext(items)).name]
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(anext(items), 0.05)
        timed_out.set()
        with pytest.raises(RuntimeError, match="checkpoint"):
            await anext(items)
        return names + [item.name async for item in ws.connectors.list(resume_from=items.checkpoint)]

    assert asyncio.run(run()) == [f"Shop {number}" for number in range(6)]


def test_concurrent_reads_of_one_iterator_raise_an_error(serve: Any) -> None:
    gate = Gate(Response(200, wire.page([wire.connector()])))
    stub = serve(gate)
    ws = workspace(stub.base_url)

    async def run() -> None:
        items = aiter(ws.connectors.list())
        first = asyncio.ensure_future(anext(items))
        assert await wait_for_event(stub.request_received)
        with pytest.raises(RuntimeError):
            await anext(items)
        gate.open()
        assert (await first).name == "Shop 0"

    asyncio.run(run())


def test_loop_that_ends_during_a_call_prints_nothing(program: Any, serve: Any) -> None:
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
    child.expect_output("done")


def test_loop_that_is_closed_during_a_call_prints_nothing(program: Any, serve: Any) -> None:
    stub = serve(delayed(0.3, Response(200, wire.connector())))
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
        # The response arrives meanwhile.
        time.sleep(0.6)
        try:
            call.close()
        except RuntimeError:
            pass  # asyncio reports that the loop is closed
        print(asyncio.run(ws.connectors.get(wire.CONNECTOR)).name)
        """,
        stub.base_url,
    )
    child.expect_output("Shop 0")


def test_call_outside_of_a_loop_raises_an_error(serve: Any) -> None:
    stub = serve(Response(200, wire.connector()))
    call = workspace(stub.base_url).connectors.get(wire.CONNECTOR)
    with pytest.raises(RuntimeError, match="loop"):
        call.send(None)
    assert not stub.requests
