"""Values can be sent between processes, and a program exits without errors while calls are in progress."""

from __future__ import annotations

import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest

import bird_connectors as bc
import wire
from stub import Request, Response, error_response
from waiting import HANG_TIMEOUT


def describe(values: tuple[Any, ...]) -> tuple[list[str], tuple[Any, ...]]:
    """Runs in the spawned process."""
    return [f"{type(value).__name__}: {value}" for value in values], values


def test_models_errors_and_tokens_can_be_sent_to_a_spawned_process(serve: Any) -> None:
    def respond(request: Request) -> Response:
        if request.method == "POST":
            return Response(201, wire.FULL_CONNECTOR)
        if request.path.endswith("/connectors"):
            return Response(200, wire.page([wire.connector(1), {"id": 7}], "more"))
        return error_response(409, "ResourceAlreadyExists", details={"id": wire.CONNECTOR})

    ws = bc.Client(access_key=wire.KEY, base_url=serve(respond).base_url).workspace(wire.WORKSPACE)
    install = ws.connectors.install(bc.Sms(name="Shop", **wire.template_arguments()))
    page = ws.connectors.list().first_page()
    with pytest.raises(bc.ConflictError) as caught:
        ws.connectors.get(wire.CONNECTOR)
    with pytest.raises(bc.WaitError) as waited:
        install.until_ready(timeout=0.1)
    values = (
        install.connector,
        install.token,
        page,
        page.checkpoint,
        page.undecodable[0],
        caught.value,
        waited.value,
        bc.ChannelStatus.ACTIVE,
    )
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        descriptions, returned = pool.submit(describe, values).result(timeout=HANG_TIMEOUT)
    assert descriptions == [f"{type(value).__name__}: {value}" for value in values]
    for one, other in zip(values, returned, strict=True):
        assert type(one) is type(other)
        if not isinstance(one, Exception):
            assert one == other
    assert ws.connectors.resume(returned[1]).id == install.id


START = """
import asyncio, atexit, sys, threading, time
after_shutdown = []  # runs after the shutdown of the package, which registers its own handler on import
atexit.register(lambda: [step() for step in after_shutdown])
import bird_connectors as bc
import wire
class SlowToEnd:
    # The interpreter ends daemon threads only as long as it is ending.
    def __del__(self, sleep=time.sleep):
        sleep(0.1)
slow_to_end = SlowToEnd()
bird = bc.Client(access_key=wire.KEY, base_url=sys.argv[1])
ws = bird.workspace(wire.WORKSPACE)
aws = bc.AsyncClient(access_key=wire.KEY, base_url=sys.argv[1]).workspace(wire.WORKSPACE)
"""

ENDINGS = {
    "an unfinished iteration": """
items = iter(ws.connectors.list(page_size=1))
next(items)
""",
    "an iterator in a reference cycle": """
items = iter(ws.connectors.list(page_size=1))
next(items)
class Node: pass
node = Node()
node.self, node.items, node.bird = node, items, bird
del node
""",
    "an unfinished asynchronous iteration": """
async def main():
    global items
    items = aiter(aws.connectors.list(page_size=1))
    await anext(items)
asyncio.run(main())
""",
    "an unfinished wait": """
steps = iter(ws.connectors.follow(wire.CONNECTOR).progress(timeout=None))
next(steps)
""",
    "a daemon thread in a call": """
threading.Thread(target=lambda: bird.request("GET", "/hang"), daemon=True).start()
time.sleep(0.3)
""",
    "a daemon thread with a loop in a call": """
async def hang():
    await aws.connectors.readiness("00000000-0000-4000-8000-000000000000")
threading.Thread(target=lambda: asyncio.run(hang()), daemon=True).start()
time.sleep(0.3)
""",
    "a call at exit": """
atexit.register(lambda: ws.connectors.get(wire.CONNECTOR))
""",
    "a daemon thread in a log handler": """
import logging
is_handling, is_exiting = threading.Event(), threading.Event()
class Slow(logging.Handler):
    def emit(self, record):
        is_handling.set()
        is_exiting.wait()
        end = time.monotonic() + 0.1
        while time.monotonic() < end:
            pass
logger = logging.getLogger("bird_connectors")
logger.addHandler(Slow())
logger.setLevel(1)
threading.Thread(target=lambda: ws.connectors.get(wire.CONNECTOR), daemon=True).start()
is_handling.wait()
atexit.register(is_exiting.set)
""",
    "a daemon thread that begins a call later": """
is_shut_down = threading.Event()
def call():
    is_shut_down.wait()
    ws.connectors.get(wire.CONNECTOR)
threading.Thread(target=call, daemon=True).start()
after_shutdown += [is_shut_down.set, lambda: time.sleep(0.3)]
""",
    "a call after the shutdown": """
def call():
    try:
        ws.connectors.get(wire.CONNECTOR)
    except RuntimeError as error:
        assert "shutting down" in str(error)
    else:
        print("no error")
after_shutdown.append(call)
""",
    "logging at every level": """
import logging
logging.basicConfig(level=1, stream=open("/dev/null", "w"))
items = iter(ws.connectors.list(page_size=1))
next(items)
threading.Thread(target=lambda: bird.request("GET", "/hang"), daemon=True).start()
time.sleep(0.3)
""",
}


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
def test_program_exits_without_errors(ending: str, program: Any, serve: Any) -> None:
    def respond(request: Request) -> Response | None:
        if request.path.endswith("/hang") or "00000000-0000" in request.path:
            return None
        if request.path.endswith("/connectors"):
            return Response(200, wire.page([wire.connector()], "more")) if "pageToken" not in request.query else None
        return Response(200, wire.connector())

    child = program(START + ending + "print('done')\n", serve(respond).base_url)
    child.expect_output("done")


def test_system_exit_in_a_callback_exits(program: Any, serve: Any) -> None:
    child = program(
        START + "ws.connectors.follow(wire.CONNECTOR).until_ready(on_progress=lambda _: sys.exit(7))",
        serve(Response(200, wire.connector())).base_url,
    )
    code, out, err = child.finish()
    assert (code, out, err) == (7, "", "")


def test_import_in_a_sub_interpreter_works_or_raises_an_error(program: Any, serve: Any) -> None:
    child = program(
        """
        import bird_connectors
        try:
            import _interpreters as interpreters
        except ImportError:
            import _xxsubinterpreters as interpreters
        one = interpreters.create()
        try:
            interpreters.run_string(one, "import bird_connectors")
        except Exception as error:
            assert "Panic" not in str(error), error
        interpreters.destroy(one)
        print("done")
        """
    )
    code, out, err = child.finish()
    assert (code, out.strip()) == (0, "done"), err
    assert "panic" not in err.lower()


def test_import_loads_only_the_package_and_parts_of_the_standard_library(program: Any) -> None:
    child = program(
        """
        import sys
        before = set(sys.modules)
        import bird_connectors
        loaded = {name.split(".")[0] for name in set(sys.modules) - before}
        assert "asyncio" not in loaded, "importing asyncio takes longer than importing the package"
        print(sorted(loaded - set(sys.stdlib_module_names)))
        """
    )
    child.expect_output("['bird_connectors']")


def test_pickle_refers_only_to_public_names() -> None:
    """So a pickle can still be read after internal changes of the package."""
    for value in (bc.Connector.from_dict(wire.connector()), bc.ChannelStatus.ACTIVE):
        pickled = pickle.dumps(value, protocol=2)
        assert b"bird_connectors" in pickled
        assert b"_native" not in pickled
