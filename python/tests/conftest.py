"""What the tests share: clients in both ways, a sandbox, a stub, and Python programs of their own."""

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
from typing import TYPE_CHECKING, Any

import pytest

import wire
from bird_connectors import AsyncClient, Client
from bird_connectors.testing import Sandbox, Script
from stub import Answer, Reply, Stub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's own settings reaches a test."""
    for name in list(os.environ):
        if name.startswith("BIRD_") or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)


class Way:
    """Calls either client, so that one test shows both. Each asynchronous call has an `asyncio.run` of its own."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_async = name == "async"

    def __repr__(self) -> str:
        return self.name

    def open(self, base_url: str, access_key: str = wire.KEY, **settings: Any) -> Any:
        made = AsyncClient if self.is_async else Client
        # A stub has no limits, and the tests no time to lose.
        settings.setdefault("rate_limit", None)
        return made(access_key=access_key, base_url=base_url, **settings)

    def workspace(self, base_url: str, **settings: Any) -> Any:
        return self.open(base_url, **settings).workspace(wire.WORKSPACE)

    def workspace_of(self, sandbox: Sandbox, **settings: Any) -> Any:
        return self.open(sandbox.base_url, sandbox.access_key, **settings).workspace(sandbox.workspace_id)

    def call(self, call: Callable[[], Any]) -> Any:
        """What a call comes to."""
        if not self.is_async:
            result = call()
            assert not inspect.isawaitable(result)
            return result

        async def run() -> Any:
            return await call()

        return asyncio.run(run())

    def items(self, make: Callable[[], Any]) -> list[Any]:
        """Everything that an iterable yields, where `make` makes the iterable."""
        if not self.is_async:
            return list(make())

        async def run() -> list[Any]:
            return [item async for item in make()]

        return asyncio.run(run())

    def until_error(self, make: Callable[[], Any]) -> tuple[list[Any], BaseException | None]:
        """What an iterable yields before it raises, and what it raises."""
        seen: list[Any] = []

        async def run() -> None:
            async for item in make():
                seen.append(item)

        try:
            if self.is_async:
                asyncio.run(run())
            else:
                for item in make():
                    seen.append(item)
        except Exception as error:
            return seen, error
        return seen, None


@pytest.fixture(params=["sync", "async"])
def way(request: pytest.FixtureRequest) -> Way:
    return Way(request.param)


@pytest.fixture
def serve() -> Iterator[Callable[..., Stub]]:
    """Starts stubs that end with the test."""
    stubs: list[Stub] = []

    def start(answer: Answer | Reply | None = None) -> Stub:
        stubs.append(Stub(answer).__enter__())
        return stubs[-1]

    yield start
    for stub in stubs:
        stub.__exit__()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Script.timed(0.1, 0.3)) as sandbox:
        yield sandbox


# A process that is started in the background, as by `nohup … &`, ignores SIGINT, and its children inherit that.
RESET_SIGINT = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"


class Program:
    """A Python program of its own: what it must not do to its parent, or its parent to it."""

    def __init__(self, code: str, *arguments: str, **environment: str) -> None:
        own = {k: v for k, v in os.environ.items() if not k.startswith("BIRD_") and not k.upper().endswith("_PROXY")}
        here = os.path.dirname(os.path.abspath(__file__))
        self._lines: queue.Queue[str] = queue.Queue()
        self._errors: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-X", "dev", "-W", "error", "-c", RESET_SIGINT + textwrap.dedent(code), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A group of its own, so that what it forked can be ended with it.
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

    def line(self, within: float = 20) -> str:
        """The next line that it prints; an empty one when it has ended."""
        return self._lines.get(timeout=within).strip()

    def end(self, within: float = 20) -> tuple[int, str, str]:
        """Exit code, the output that was not read yet, errors."""
        try:
            self.process.wait(within)
            hangs = False
        except subprocess.TimeoutExpired:
            hangs = True
        self.stop()
        out, err = "".join(self._lines.queue), "".join(self._errors)
        assert not hangs, f"the program hangs; it printed:\n{out}\n{err}"
        return self.process.returncode, out, err

    def stop(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for reader in self._readers:
            reader.join()

    def expect(self, output: str, within: float = 20) -> None:
        """It ends well, prints exactly this, and nothing to stderr."""
        code, out, err = self.end(within)
        assert (code, out.strip(), err) == (0, output, ""), err


@pytest.fixture
def program() -> Iterator[Callable[..., Program]]:
    started: list[Program] = []

    def start(code: str, *arguments: str, **environment: str) -> Program:
        started.append(Program(code, *arguments, **environment))
        return started[-1]

    yield start
    for one in started:
        one.stop()
