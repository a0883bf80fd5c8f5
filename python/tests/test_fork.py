"""A client survives a fork: parent and child keep working, each with its own connections."""

from __future__ import annotations

import itertools
import os
import signal
import threading
from typing import Any

import pytest

import wire
from stub import Request, Response
from waiting import HANG_TIMEOUT, eventually

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")

# The start of every program. `in_child` runs a function in a forked child and returns its exit code.
START = """
import asyncio, os, sys, threading, warnings
import bird_connectors as bc
import wire
from bird_connectors import AsyncClient, Client

# From 3.12 on, Python warns of a fork in a program with threads.
warnings.filterwarnings("ignore", message=".*fork.*", category=DeprecationWarning)

def name(ws):
    found = ws.connectors.get(wire.CONNECTOR)
    if not isinstance(found, bc.Connector):
        found = asyncio.run(as_coroutine(found))
    return found.name

async def as_coroutine(awaitable):
    return await awaitable

def in_child(run):
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            print("child:", run(), flush=True)
            code = 0
        except BaseException as error:
            print("child:", type(error).__name__, error, flush=True)
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

def open_workspace(client_type=Client):
    return client_type(access_key=wire.KEY, base_url=sys.argv[1]).workspace(wire.WORKSPACE)
"""


def respond(request: Request) -> Response:
    if request.path.endswith("/connectors"):
        size = int(request.query["limit"])
        start = int(request.query.get("pageToken", "0"))
        items = [wire.connector(number) for number in range(start, min(start + size, 5))]
        return Response(200, wire.page(items, str(start + size) if start + size < 5 else None))
    if request.path.endswith(("/status", wire.CHANNEL)):
        return Response(404)
    return Response(200, wire.connector())


@pytest.mark.parametrize("client_type", ["Client", "AsyncClient"])
@pytest.mark.parametrize("used", [True, False], ids=["after use", "before use"])
def test_parent_and_child_keep_working(used: bool, client_type: str, program: Any, serve: Any) -> None:
    stub = serve(respond)
    child = program(
        START
        + f"""
ws = open_workspace({client_type})
if {used}:
    name(ws)
assert in_child(lambda: name(ws)) == 0
assert in_child(lambda: name(ws)) == 0
print("parent:", name(ws))
""",
        stub.base_url,
    )
    child.expect_output("child: Shop 0\nchild: Shop 0\nparent: Shop 0")
    assert stub.connections == 3, "each process has its own connection"


def test_fork_during_calls_of_other_threads(program: Any, serve: Any) -> None:
    numbers = itertools.count(1)
    four_calls = threading.Event()

    def respond(_: Request) -> Response | None:
        # The calls of three threads end only after the fourth call, which is that of the child.
        if next(numbers) >= 4:
            four_calls.set()
        return Response(200, wire.connector()) if four_calls.wait(HANG_TIMEOUT) else None

    child = program(
        START
        + """
ws = open_workspace()
threads = [threading.Thread(target=name, args=(ws,)) for _ in range(3)]
for thread in threads:
    thread.start()
assert in_child(lambda: name(ws)) == 0
for thread in threads:
    thread.join()
print("parent:", name(ws))
""",
        serve(respond).base_url,
    )
    child.expect_output("child: Shop 0\nparent: Shop 0")


def test_grandchild_keeps_working(program: Any, serve: Any) -> None:
    child = program(
        START
        + """
ws = open_workspace()
name(ws)
def run():
    name(ws)
    assert in_child(lambda: name(ws)) == 0
    return name(ws)
assert in_child(run) == 0
print("parent:", name(ws))
""",
        serve(respond).base_url,
    )
    child.expect_output("child: Shop 0\nchild: Shop 0\nparent: Shop 0")


@pytest.mark.parametrize(
    ("iterator", "step"),
    [
        ("iter(ws.connectors.list(page_size=2))", "next(iterator).name"),
        ("iter(ws.connectors.list(page_size=2).pages())", "next(iterator).items[0].name"),
        ("iter(ws.connectors.follow(wire.CONNECTOR).progress(timeout=None))", "next(iterator).poll"),
    ],
    ids=["items", "pages", "a wait"],
)
def test_iteration_that_began_before_the_fork_raises_an_error_in_the_child(
    iterator: str, step: str, program: Any, serve: Any
) -> None:
    child = program(
        START
        + f"""
ws = open_workspace()
iterator = {iterator}
first = {step}
print("parent:", first)
assert in_child(lambda: {step}) == 1
second = {step}
print("parent:", second)
del iterator
print("parent:", name(ws))
""",
        serve(respond).base_url,
    )
    code, out, err = child.finish()
    assert (code, err) == (0, ""), err
    first, error, second, last = out.splitlines()
    assert "fork" in error
    assert "Panic" not in error
    assert first != second, "the iteration of the parent continues"
    assert last == "parent: Shop 0"


def test_child_exits_without_errors(program: Any, serve: Any) -> None:
    """Without `os._exit`, the interpreter shuts down with the objects of the parent still in memory."""
    child = program(
        START
        + """
ws = open_workspace()
iterator = iter(ws.connectors.list(page_size=2))
next(iterator)
if pid := os.fork():
    assert os.waitpid(pid, 0)[1] == 0
    print("parent:", name(ws))
else:
    print("child:", name(ws))
""",
        serve(respond).base_url,
    )
    child.expect_output("child: Shop 0\nparent: Shop 0")


def test_multiprocessing_with_fork_works(program: Any, serve: Any) -> None:
    child = program(
        START
        + """
import multiprocessing
ws = open_workspace()
name(ws)
def one(_):
    return name(ws)
pool = multiprocessing.get_context("fork").Pool(2)
print(pool.map(one, range(3)))
pool.close()
pool.join()
""",
        serve(respond).base_url,
    )
    child.expect_output("['Shop 0', 'Shop 0', 'Shop 0']")


def test_child_can_push_events_to_signals_of_the_parent(program: Any) -> None:
    program(
        START
        + """
from bird_connectors.testing import Sandbox, Script
from bird_connectors.webhooks import SIGNATURE_HEADER, TIMESTAMP_HEADER, Signals, Verifier, sign

body = b'{"service": "channels", "event": "channel.updated", "payload": {}}'
headers = {SIGNATURE_HEADER: sign(signing_key="key", timestamp=1, url="https://a.b", body=body), TIMESTAMP_HEADER: "1"}
event = Verifier(signing_keys=["key"], url="https://a.b").verify(headers=headers, body=body, now=1)
signals = Signals()
with Sandbox(Script.pending(0), connectors=1) as sandbox, sandbox.client() as bird:
    [connector] = sandbox.connectors()
    steps = iter(bird.workspace().connectors.follow(connector["id"]).progress(signal=signals))
    next(steps)
    assert in_child(lambda: len([signals.push(event) for _ in range(3000)])) == 0
    signals.push(event)
print("parent: done")
"""
    ).expect_output("child: 3000\nparent: done")


def test_call_during_which_a_signal_handler_forks_continues_only_in_the_parent(program: Any, serve: Any) -> None:
    """The child raises an error instead of waiting for a response that it cannot receive."""
    child: Any = None
    called_again = threading.Event()

    def respond_after_fork(request: Request) -> Response | None:
        if len(stub.requests) > 1:
            called_again.set()
            return respond(request)
        # The first call ends only after the next call of the forked child.
        os.kill(eventually(lambda: child).process.pid, signal.SIGUSR1)
        return respond(request) if called_again.wait(HANG_TIMEOUT) else None

    stub = serve(respond_after_fork)
    child = program(
        START
        + """
import signal
forked = []
signal.signal(signal.SIGUSR1, lambda *_: forked.append(os.fork()))
ws = open_workspace()
try:
    last = f"parent: {name(ws)}"
except RuntimeError as error:
    print("child:", error)
    last = f"child: {name(ws)}"
# The parent prints once the child has ended, so that their lines do not mix.
if forked[0]:
    assert os.waitpid(forked[0], 0)[1] == 0
print(last)
""",
        stub.base_url,
    )
    code, out, err = child.finish()
    assert (code, err) == (0, ""), err
    error, second, parent = out.splitlines()
    assert "forked during this call" in error
    assert (second, parent) == ("child: Shop 0", "parent: Shop 0")
