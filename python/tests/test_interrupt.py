"""Ctrl-C ends any blocking call immediately and closes its connection."""

from __future__ import annotations

import signal
import threading
from typing import Any

import pytest

import wire
from stub import Request, Response
from waiting import HANG_TIMEOUT, eventually

# No timeout of the client can end a call, so only the signal can.
PROGRAM = """
import sys, time
import bird_connectors as bc
import wire
bird = bc.Client(access_key=wire.KEY, base_url=sys.argv[1], timeout=600, attempt_timeout=600)
ws = bird.workspace(wire.WORKSPACE)
print("ready", flush=True)
try:
    CALL
except KeyboardInterrupt:
    print("interrupted", flush=True)
else:
    print("not interrupted", flush=True)
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


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_ctrl_c_during_a_call_closes_the_connection(call: str, program: Any, serve: Any) -> None:
    stub = serve(None)
    child = program(PROGRAM.replace("CALL", call), stub.base_url)
    assert child.read_line() == "ready"
    assert stub.request_received.wait(HANG_TIMEOUT)
    child.interrupt()
    assert stub.disconnected.wait(HANG_TIMEOUT), "the connection stays open"
    child.expect_output("")


def test_ctrl_c_during_the_pause_between_polls_ends_the_wait(program: Any, serve: Any) -> None:
    stub = serve(lambda request: Response(200, wire.connector()))
    call = (
        "ws.connectors.follow(wire.CONNECTOR).until_ready("
        "timeout=None, interval=(600, 600), on_progress=lambda _: print('polled', flush=True))"
    )
    child = program(PROGRAM.replace("CALL", call), stub.base_url)
    assert child.read_line() == "ready"
    assert child.read_line() == "polled"
    child.interrupt()
    child.expect_output("")


def test_client_works_after_ctrl_c(program: Any, serve: Any) -> None:
    def respond(request: Request) -> Response | None:
        return None if request.path.endswith("/status") else Response(200, wire.connector())

    stub = serve(respond)
    code = PROGRAM.replace("CALL", "ws.connectors.readiness(wire.CONNECTOR)")
    child = program(code + "print(ws.connectors.get(wire.CONNECTOR).name)\n", stub.base_url)
    assert child.read_line() == "ready"
    assert stub.request_received.wait(HANG_TIMEOUT)
    child.interrupt()
    child.expect_output("Shop 0")


def test_other_signal_handlers_run_during_a_call_without_ending_it(program: Any, serve: Any) -> None:
    handled = threading.Event()

    def respond(_: Request) -> Response | None:
        # The response arrives only after the signal was handled.
        return Response(200, wire.connector()) if handled.wait(HANG_TIMEOUT) else None

    stub = serve(respond)
    child = program(
        """
        import signal, sys
        import bird_connectors as bc
        import wire
        signal.signal(signal.SIGUSR1, lambda *_: print("handled", flush=True))
        ws = bc.Client(access_key=wire.KEY, base_url=sys.argv[1], timeout=600, attempt_timeout=600)
        print(ws.workspace(wire.WORKSPACE).connectors.get(wire.CONNECTOR).name)
        """,
        stub.base_url,
    )
    assert stub.request_received.wait(HANG_TIMEOUT)
    child.process.send_signal(signal.SIGUSR1)
    assert child.read_line() == "handled"
    handled.set()
    child.expect_output("Shop 0")
    assert len(stub.requests) == 1, "the call continues, it does not start again"


def test_ctrl_c_in_asyncio_closes_the_connection(program: Any, serve: Any) -> None:
    stub = serve(None)
    child = program(
        """
        import asyncio, sys
        import bird_connectors as bc
        import wire
        async def main():
            async with bc.AsyncClient(
                access_key=wire.KEY, base_url=sys.argv[1], timeout=600, attempt_timeout=600
            ) as bird:
                await bird.workspace(wire.WORKSPACE).connectors.get(wire.CONNECTOR)
        try:
            asyncio.run(main())
        except KeyboardInterrupt:
            print("interrupted", flush=True)
        """,
        stub.base_url,
    )
    assert stub.request_received.wait(HANG_TIMEOUT)
    child.interrupt()
    assert stub.disconnected.wait(HANG_TIMEOUT), "the connection stays open"
    child.expect_output("")


def test_interrupted_iterator_reports_its_checkpoint(program: Any, serve: Any) -> None:
    def respond(request: Request) -> Response | None:
        return None if "pageToken" in request.query else Response(200, wire.page([wire.connector()], "more"))

    stub = serve(respond)
    call = "items = iter(ws.connectors.list(page_size=1)); next(items); next(items)"
    code = """
try:
    next(items)
except RuntimeError as error:
    print("checkpoint" in str(error), type(items.checkpoint).__name__)
"""
    child = program(PROGRAM.replace("CALL", call) + code, stub.base_url)
    assert child.read_line() == "ready"
    eventually(lambda: len(stub.requests) == 2)
    child.interrupt()
    child.expect_output("True str")
