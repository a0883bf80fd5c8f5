"""Fixtures of all tests: both clients with one interface, a sandbox, stub servers, and Python programs."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import queue
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

import wire
from bird_connectors import AsyncClient, Client
from bird_connectors.testing import Sandbox, Script
from stub import Handler, Response, Stub
from waiting import HANG_TIMEOUT, PROMPT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hides the settings of this machine from the tests."""
    for name in list(os.environ):
        if name.startswith("BIRD_") or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)


class ClientRunner:
    """Runs calls of either client, so that one test covers both. Each asynchronous call gets its own `asyncio.run`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_async = name == "async"

    def __repr__(self) -> str:
        return self.name

    def client(self, base_url: str, access_key: str = wire.KEY, **settings: Any) -> Any:
        client_type = AsyncClient if self.is_async else Client
        # A rate limit would only slow the tests down.
        settings.setdefault("rate_limit", None)
        return client_type(access_key=access_key, base_url=base_url, **settings)

    def workspace(self, base_url: str, **settings: Any) -> Any:
        return self.client(base_url, **settings).workspace(wire.WORKSPACE)

    def sandbox_workspace(self, sandbox: Sandbox, **settings: Any) -> Any:
        return self.client(sandbox.base_url, sandbox.access_key, **settings).workspace(sandbox.workspace_id)

    def call(self, call: Callable[[], Any]) -> Any:
        """Makes a call and returns its result."""
        if not self.is_async:
            result = call()
            assert not inspect.isawaitable(result)
            return result

        async def run() -> Any:
            return await call()

        return asyncio.run(run())

    def call_concurrently(self, *calls: Callable[[], Any]) -> list[Any]:
        """Makes several calls concurrently and returns their results."""
        if not self.is_async:
            with ThreadPoolExecutor(len(calls)) as threads:
                return list(threads.map(lambda call: call(), calls))

        async def run() -> list[Any]:
            return await asyncio.gather(*(call() for call in calls))

        return asyncio.run(run())

    def collect(self, make: Callable[[], Any]) -> list[Any]:
        """Collects all items of the iterable that `make` returns."""
        if not self.is_async:
            return list(make())

        async def run() -> list[Any]:
            return [item async for item in make()]

        return asyncio.run(run())

    def collect_until_error(self, make: Callable[[], Any]) -> tuple[list[Any], BaseException | None]:
        """Collects the items of an iterable until it raises an error, and returns both."""
        items: list[Any] = []

        async def run() -> None:
            async for item in make():
                items.append(item)

        try:
            if self.is_async:
                asyncio.run(run())
            else:
                for item in make():
                    items.append(item)
        except Exception as error:
            return items, error
        return items, None


@pytest.fixture(params=["sync", "async"])
def runner(request: pytest.FixtureRequest) -> ClientRunner:
    return ClientRunner(request.param)


@pytest.fixture
def serve() -> Iterator[Callable[..., Stub]]:
    """Starts stub servers that stop with the test."""
    stubs: list[Stub] = []

    def start(handler: Handler | Response | None = None) -> Stub:
        stubs.append(Stub(handler).__enter__())
        return stubs[-1]

    yield start
    for stub in stubs:
        stub.__exit__()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Script.timed(0.1, 0.3)) as sandbox:
        yield sandbox


@pytest.fixture
def ensure(runner: ClientRunner, sandbox: Sandbox) -> Callable[..., Any]:
    """Calls `ensure` on a client that does not retry."""
    connectors = runner.sandbox_workspace(sandbox, max_attempts=1).connectors
    return lambda template, **settings: runner.call(lambda: connectors.ensure(template, **settings))


# A process that is started in the background, as by `nohup … &`, ignores SIGINT, and its children inherit that.
RESET_SIGINT = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"

# In development mode, asyncio logs each step of a task that takes longer than 0.1 s, as any does on a busy machine.
ANY_SPEED = """
import logging
logging.getLogger("asyncio").addFilter(lambda record: not record.getMessage().startswith("Executing "))
"""


class Program:
    """A Python program in a separate process, for tests that fork, send signals or exit."""

    def __init__(self, code: str, *arguments: str, **environment: str) -> None:
        own = {k: v for k, v in os.environ.items() if not k.startswith("BIRD_") and not k.upper().endswith("_PROXY")}
        here = os.path.dirname(os.path.abspath(__file__))
        prelude = RESET_SIGINT + (ANY_SPEED if "asyncio" in code else "")
        self._lines: queue.Queue[str] = queue.Queue()
        self._errors: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-X", "dev", "-W", "error", "-c", prelude + textwrap.dedent(code), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A process group, so that `kill` also ends the children that the program forked.
            start_new_session=True,
            env={**own, "PYTHONPATH": os.pathsep.join(filter(None, (here, own.get("PYTHONPATH")))), **environment},
        )
        self._readers = [
            threading.Thread(target=self._read, args=(self.process.stdout, self._lines.put), daemon=True),
            threading.Thread(target=self._read, args=(self.process.stderr, self._errors.append), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @staticmethod
    def _read(stream: Any, take: Callable[[str], None]) -> None:
        with stream:
            for line in stream:
                take(line)
        take("")

    def read_line(self) -> str:
        """Returns the next line of the output; an empty string after its end."""
        return self._lines.get(timeout=HANG_TIMEOUT).strip()

    def interrupt(self) -> None:
        """Sends SIGINT. The program must print "interrupted" as soon as it catches KeyboardInterrupt, without delay."""
        sent = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        assert self.read_line() == "interrupted"
        assert time.monotonic() - sent < PROMPT

    def finish(self) -> tuple[int, str, str]:
        """Waits for the end of the program, and returns its exit code, the unread output, and stderr."""
        try:
            self.process.wait(HANG_TIMEOUT)
            hangs = False
        except subprocess.TimeoutExpired:
            hangs = True
        self.kill()
        out, err = "".join(self._lines.queue), "".join(self._errors)
        assert not hangs, f"the program hangs; it printed:\n{out}\n{err}"
        return self.process.returncode, out, err

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for reader in self._readers:
            reader.join()

    def expect_output(self, output: str) -> None:
        """Waits for the end of the program: it must succeed, print exactly this, and nothing to stderr."""
        code, out, err = self.finish()
        assert (code, out.strip(), err) == (0, output, ""), err


@pytest.fixture
def program() -> Iterator[Callable[..., Program]]:
    started: list[Program] = []

    def start(code: str, *arguments: str, **environment: str) -> Program:
        started.append(Program(code, *arguments, **environment))
        return started[-1]

    yield start
    for one in started:
        one.kill()
