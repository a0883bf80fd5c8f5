"""A client survives a fork: parent and child both go on working, each over connections of its own."""

from __future__ import annotations

import itertools
import os
import time
from typing import Any

import pytest

import wire
from stub import Request, Response

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")

# What every program starts with. `in_child` runs a function in a forked child and says how that went.
START = """
import asyncio, os, sys, threading, warnings
import bird_connectors as bc
import wire
from bird_connectors import AsyncClient, Client

# Newer versions of Python warn of every fork of a program with threads.
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

def open(made=Client):
    return made(access_key=wire.KEY, base_url=sys.argv[1]).workspace(wire.WORKSPACE)
"""


def answer(request: Request) -> Response:
    if request.path.endswith("/connectors"):
        size = int(request.query["limit"])
        start = int(request.query.get("pageToken", "0"))
        items = [wire.connector(number) for number in range(start, min(start + size, 5))]
        return Response(200, wire.page(items, str(start + size) if start + size < 5 else None))
    if request.path.endswith(("/status", wire.CHANNEL)):
        return Response(404)
    return Response(200, wire.connector())


@pytest.mark.parametrize("made", ["Client", "AsyncClient"])
@pytest.mark.parametrize("used", [True, False], ids=["after use", "before use"])
def test_both_go_on(used: bool, made: str, program: Any, serve: Any) -> None:
    stub = serve(answer)
    child = program(
        START
        + f"""
ws = open({made})
if {used}:
    name(ws)
assert in_child(lambda: name(ws)) == 0
assert in_child(lambda: name(ws)) == 0
print("parent:", name(ws))
""",
        stub.base_url,
    )
    child.expect_output("child: Shop 0\nchild: Shop 0\nparent: Shop 0")
    assert stub.connections == 3, "each process has a connection of its own"


def test_a_fork_while_other_threads_are_in_a_call(program: Any, serve: Any) -> None:
    slow = itertools.count()

    def answer(_: Request) -> Response:
        import time

        time.sleep(0.3 if next(slow) < 3 else 0)
        return Response(200, wire.connector())

    child = program(
        START
        + """
ws = open()
threads = [threading.Thread(target=name, args=(ws,)) for _ in range(3)]
for thread in threads:
    thread.start()
assert in_child(lambda: name(ws)) == 0
for thread in threads:
    thread.join()
print("parent:", name(ws))
""",
        serve(answer).base_url,
    )
    child.expect_output("child: Shop 0\nparent: Shop 0")


def test_a_grandchild(program: Any, serve: Any) -> None:
    child = program(
        START
        + """
ws = open()
name(ws)
def run():
    name(ws)
    assert in_child(lambda: name(ws)) == 0
    return name(ws)
assert in_child(run) == 0
print("parent:", name(ws))
""",
        serve(answer).base_url,
    )
    child.expect_output("child: Shop 0\nchild: Shop 0\nparent: Shop 0")


@pytest.mark.parametrize(
    ("begin", "step"),
    [
        ("iter(ws.connectors.list(page_size=2))", "next(begun).name"),
        ("iter(ws.connectors.list(page_size=2).pages())", "next(begun).items[0].name"),
        ("iter(ws.connectors.follow(wire.CONNECTOR).progress(timeout=None))", "next(begun).poll"),
    ],
    ids=["items", "pages", "a wait"],
)
def test_what_began_before_the_fork_raises_in_the_child(begin: str, step: str, program: Any, serve: Any) -> None:
    child = program(
        START
        + f"""
ws = open()
begun = {begin}
first = {step}
print("parent:", first)
assert in_child(lambda: {step}) == 1
second = {step}
print("parent:", second)
del begun
print("parent:", name(ws))
""",
        serve(answer).base_url,
    )
    code, out, err = child.finish()
    assert (code, err) == (0, ""), err
    first, refused, second, last = out.splitlines()
    assert "fork" in refused
    assert "Panic" not in refused
    assert first != second, "the parent goes on where it was"
    assert last == "parent: Shop 0"


def test_a_child_ends_like_any_program(program: Any, serve: Any) -> None:
    """Not `os._exit`: the interpreter shuts down, with everything of the parent still in it."""
    child = program(
        START
        + """
ws = open()
begun = iter(ws.connectors.list(page_size=2))
next(begun)
if pid := os.fork():
    assert os.waitpid(pid, 0)[1] == 0
    print("parent:", name(ws))
else:
    print("child:", name(ws))
""",
        serve(answer).base_url,
    )
    child.expect_output("child: Shop 0\nparent: Shop 0")


def test_the_fork_of_multiprocessing(program: Any, serve: Any) -> None:
    child = program(
        START
        + """
import multiprocessing
ws = open()
name(ws)
def one(_):
    return name(ws)
pool = multiprocessing.get_context("fork").Pool(2)
print(pool.map(one, range(3)))
pool.close()
pool.join()
""",
        serve(answer).base_url,
    )
    child.expect_output("['Shop 0', 'Shop 0', 'Shop 0']")


def test_signals_of_the_parent_can_be_pushed_to_in_the_child(program: Any) -> None:
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
print("parent goes on")
"""
    ).expect_output("child: 3000\nparent goes on")


def test_a_signal_handler_that_forks_during_a_call(program: Any, serve: Any) -> None:
    """The call goes on in the parent. The child has no part of it, and does not wait for what cannot come."""
    first = itertools.count()

    def slowly(request: Request) -> Response:
        if next(first) == 0:
            time.sleep(1)
        return answer(request)

    child = program(
        START
        + """
import signal
forked = []
signal.signal(signal.SIGALRM, lambda *_: forked.append(os.fork()))
ws = open()
signal.setitimer(signal.ITIMER_REAL, 0.3)
try:
    print("parent:", name(ws))
except RuntimeError as error:
    print("child:", error)
    print("child:", name(ws))
if forked[0]:
    assert os.waitpid(forked[0], 0)[1] == 0
""",
        serve(slowly).base_url,
    )
    code, out, err = child.finish()
    assert (code, err) == (0, ""), err
    again, refused, parent = sorted(out.splitlines())
    assert "forked during this call" in refused
    assert (again, parent) == ("child: Shop 0", "parent: Shop 0")
