"""Workers of the Celery example, as processes that can be killed. Tests and drills start them."""

from __future__ import annotations

import base64
import contextlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import redis

from services import Server, conninfo, ends_with_parent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

EXAMPLE = Path(__file__).parents[1] / "examples" / "celery_installs.py"
MARKER = "planted-marker-of-the-secret"


class CeleryInstalls:
    """A folder with the example, its environment, and its worker processes."""

    def __init__(
        self, folder: Path, broker: Server, database: Server, environment: Mapping[str, str], shops: range
    ) -> None:
        # A copy, because its folder becomes part of the path, and contains modules of other examples.
        shutil.copy(EXAMPLE, folder)
        self.folder = folder
        self.log = folder / "workers.log"
        self.redis_url = f"redis://127.0.0.1:{broker.port}/0"
        self._conninfo = conninfo(database.port)
        self.environment = {
            **os.environ,
            "REDIS_URL": self.redis_url,
            "DATABASE_URL": self._conninfo,
            **environment,
            **{f"SECRET_SHOP_{shop}": f"{MARKER}-{shop}" for shop in shops},
        }
        self.processes: list[subprocess.Popen[bytes]] = []

    def reset(self) -> None:
        """Creates empty tables."""
        with psycopg.connect(self._conninfo, autocommit=True) as connection:
            connection.execute("DROP TABLE IF EXISTS installs, bird_connectors_journal, bird_connectors_deliveries")
        done = self.run("migrate")
        assert done.returncode == 0, done.stderr

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "celery_installs.py", *arguments]
        return subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True)

    def load(self, monkeypatch: Any = None) -> Any:
        """Imports the example into this process, as a web application that shares its broker and its database."""
        for name, value in self.environment.items():
            if monkeypatch is None:
                os.environ[name] = value
            else:
                monkeypatch.setenv(name, value)
        spec = importlib.util.spec_from_file_location("celery_installs", self.folder / EXAMPLE.name)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def _celery(self, *arguments: str) -> subprocess.Popen[bytes]:
        celery = [sys.executable, "-m", "celery", "-A", "celery_installs"]
        command = [*ends_with_parent("KILL"), *celery, *arguments, "--loglevel", "INFO"]
        with self.log.open("ab") as log:
            # In a group of its own, so that a signal also reaches the processes of the pool.
            return subprocess.Popen(
                command, cwd=self.folder, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def start_worker(self) -> int:
        """Starts a worker with a prefork pool of two processes, and returns its index."""
        options = ["--pool", "prefork", "--concurrency", "2", "--without-gossip", "--without-mingle"]
        name = f"worker-{len(self.processes)}@localhost"
        self.processes.append(self._celery("worker", *options, "--hostname", name))
        return len(self.processes) - 1

    def start_beat(self) -> None:
        self.processes.append(self._celery("beat", "--schedule", str(self.folder / "beat")))

    def kill_worker(self, index: int) -> None:
        """Kills a worker and the processes of its pool."""
        process = self.processes[index]
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def kill_pool_process(self, index: int) -> bool:
        """Kills a process of the pool of a worker, which then replaces it. False if the worker has none yet."""
        found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.processes[index].pid)], stdout=subprocess.PIPE)
        children = found.stdout.split()
        if not children:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(children[-1]), signal.SIGKILL)
        return True

    def stop(self) -> None:
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def query(self, statement: str) -> list[Any]:
        with psycopg.connect(self._conninfo, autocommit=True) as connection:
            return connection.execute(statement.encode()).fetchall()

    def states(self) -> dict[str, tuple[str, str | None, str | None, str | None]]:
        """The state, the connector, the channel and the reason of each install."""
        rows = self.query("SELECT shop, state, connector_id, channel_id, reason FROM installs")
        return {shop: (state, connector, channel, reason) for shop, state, connector, channel, reason in rows}

    def is_complete(self) -> bool:
        return all(state != "installing" for state, *_ in self.states().values())


class Commands:
    """Records all commands that a Redis server receives, with the messages that they contain."""

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(url)
        self._lines: list[str] = []
        self._ready = threading.Event()
        self._end = f"end-{uuid.uuid4().hex}"
        self._thread = threading.Thread(target=self._record, daemon=True)
        self._error: Exception | None = None

    def _record(self) -> None:
        try:
            with self._client.monitor() as monitor:
                self._ready.set()
                while self._end not in (command := str(monitor.next_command()["command"])):
                    self._lines.append(_decoded(command))
        except Exception as error:
            self._error = error
        finally:
            self._ready.set()

    @contextlib.contextmanager
    def recorded(self) -> Iterator[list[str]]:
        """Records until the end of the block. It fails if the recorder has stopped before, and has missed commands."""
        self._thread.start()
        assert self._ready.wait(60)
        yield self._lines
        # The recorder stops at this command, after all that came before it.
        self._client.echo(self._end)
        self._thread.join(60)
        assert not self._thread.is_alive(), "the recorder does not receive the commands"
        if self._error is not None:
            raise self._error


def _decoded(command: str) -> str:
    """A command, and the bodies of its messages in plain text: Celery writes them in base64."""
    bodies = re.findall(r"body\W+([A-Za-z0-9+/]+=*)", command)
    return " ".join([command, *(base64.b64decode(body + "==").decode(errors="replace") for body in bodies)])
