"""Ctrl-C ends any blocking call at once, and the server sees the connection close."""

from __future__ import annotations

import signal
import time
from typing import Any

import pytest

import wire
from stub import Reply, Request

PROGRAM = """
import sys, time
import bird_connectors as bc
import wire
bird = bc.Client(access_key=wire.KEY, base_url=sys.argv[1])
ws = bird.workspace(wire.WORKSPACE)
print("ready", flush=True)
try:
    CALL
except KeyboardInterrupt:
    print("interrupted", flush=True)
else:
    print("it went through", flush=True)
"""

CALLS = {
    "a call": "ws.connectors.get(wire.CONNECTOR)",
    "a request": "bird.request('GET', '/anything')",
    "a page": "ws.connectors.list().first_page()",
    "a list": "ws.connectors.list().to_list()",
    "an iteration": "for item in ws.connectors.list(): pass",
    "an iteration over pages": "for page in ws.connectors.list().pages(): pass",
    "a wait": "ws.connectors.follow(wire.CONNECTOR).until_ready(timeout=None)",
    "the steps of a wait": "for step in ws.connectors.follow(wire.CONNECTOR).progress(timeout=None): pass",
}


def interrupt(child: Any) -> float:
    """Sends the signal; how long until the program has caught it."""
    sent = time.monotonic()
    child.process.send_signal(signal.SIGINT)
    assert child.line() == "interrupted"
    return time.monotonic() - sent


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_during_a_call(call: str, program: Any, serve: Any) -> None:
    stub = serve(None)
    child = program(PROGRAM.replace("CALL", call), stub.base_url)
    assert child.line() == "ready"
    assert stub.arrived.wait(10)
    assert interrupt(child) < 1
    assert stub.hung_up.wait(5), "the connection stays open"
    child.expect("")


def test_during_the_pause_between_polls(program: Any, serve: Any) -> None:
    stub = serve(lambda request: Reply(200, wire.connector()))
    call = "ws.connectors.follow(wire.CONNECTOR).until_ready(timeout=None, interval=(30, 30))"
    child = program(PROGRAM.replace("CALL", call), stub.base_url)
    assert child.line() == "ready"
    assert stub.arrived.wait(10)
    time.sleep(0.3)
    assert interrupt(child) < 1
    child.expect("")


def test_the_client_works_afterwards(program: Any, serve: Any) -> None:
    def answer(request: Request) -> Reply | None:
        return None if request.path.endswith("/status") else Reply(200, wire.connector())

    stub = serve(answer)
    code = PROGRAM.replace("CALL", "ws.connectors.status(wire.CONNECTOR)")
    child = program(code + "print(ws.connectors.get(wire.CONNECTOR).name)\n", stub.base_url)
    assert child.line() == "ready"
    assert stub.arrived.wait(10)
    assert interrupt(child) < 1
    child.expect("Shop 0")


def test_another_signal_handler_decides(program: Any, serve: Any) -> None:
    stub = serve(lambda request: (time.sleep(1.0), Reply(200, wire.connector()))[1])
    child = program(
        """
        import signal, sys
        import bird_connectors as bc
        import wire
        signal.signal(signal.SIGUSR1, lambda *_: print("handled", flush=True))
        ws = bc.Client(access_key=wire.KEY, base_url=sys.argv[1]).workspace(wire.WORKSPACE)
        print(ws.connectors.get(wire.CONNECTOR).name)
        """,
        stub.base_url,
    )
    assert stub.arrived.wait(10)
    child.process.send_signal(signal.SIGUSR1)
    assert child.line() == "handled"
    child.expect("Shop 0")
    assert len(stub.requests) == 1, "the call goes on, it does not start over"


def test_in_asyncio(program: Any, serve: Any) -> None:
    stub = serve(None)
    child = program(
        """
        import asyncio, sys
        import bird_connectors as bc
        import wire
        async def main():
            async with bc.AsyncClient(access_key=wire.KEY, base_url=sys.argv[1]) as bird:
                await bird.workspace(wire.WORKSPACE).connectors.get(wire.CONNECTOR)
        try:
            asyncio.run(main())
        except KeyboardInterrupt:
            print("interrupted", flush=True)
        """,
        stub.base_url,
    )
    assert stub.arrived.wait(10)
    assert interrupt(child) < 1
    assert stub.hung_up.wait(5), "the connection stays open"
    child.expect("")


def test_an_iteration_that_was_interrupted_says_how_to_go_on(program: Any, serve: Any) -> None:
    def answer(request: Request) -> Reply | None:
        return None if "pageToken" in request.query else Reply(200, wire.page([wire.connector()], "more"))

    stub = serve(answer)
    call = "items = iter(ws.connectors.list(page_size=1)); next(items); next(items)"
    code = """
try:
    next(items)
except RuntimeError as error:
    print("checkpoint" in str(error), type(items.checkpoint).__name__)
"""
    child = program(PROGRAM.replace("CALL", call) + code, stub.base_url)
    assert child.line() == "ready"
    time.sleep(0.5)
    assert interrupt(child) < 1
    child.expect("True str")
