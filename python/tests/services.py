"""Servers that the tests start on free ports in temporary folders, and stop again: Redis, PostgreSQL and PgBouncer."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from stub import unused_port
from waiting import HANG_TIMEOUT, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def _version(folder: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(folder))]


# Where package managers put servers that are not on PATH, or only on that of root: Debian, Fedora and Homebrew. The
# newest version of PostgreSQL comes first.
_POSTGRES = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "opt/homebrew/opt/postgresql*/bin",
    "usr/local/opt/postgresql*/bin",
)
_FOLDERS = (
    *(str(folder) for pattern in _POSTGRES for folder in sorted(Path("/").glob(pattern), key=_version, reverse=True)),
    *("/usr/sbin", "/opt/homebrew/bin", "/usr/local/sbin"),
)


def find_program(name: str, package: str) -> str:
    """Returns the path of a program. Without it the test fails, because a skipped test would check nothing."""
    path = shutil.which(name) or shutil.which(name, path=os.pathsep.join(_FOLDERS))
    if path is None:
        pytest.fail(f"{name} is not installed: run apt-get install -y --no-install-recommends {package}")
    return path


class Server:
    """A server process. It ends with the test run, also if that is killed."""

    def __init__(self, command: Sequence[str | Path], port: int, log: Path, stop_signal: int = signal.SIGTERM) -> None:
        self.port = port
        self._log = log
        self._stop_signal = stop_signal
        self._command = [str(part) for part in command]
        self._start()

    def _start(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(self._command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        end = time.monotonic() + HANG_TIMEOUT
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise ServerError(f"{self._command} did not start: {self._log.read_text()}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stops the server."""
        if self.process.poll() is None:
            self.process.send_signal(self._stop_signal)
        try:
            self.process.wait(HANG_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def restart(self) -> None:
        """Starts the server again, on the same port."""
        self.stop()
        self._start()

    def pause(self) -> None:
        """Freezes the server: connections stay open, and it does not answer."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Continues after `pause`."""
        self.process.send_signal(signal.SIGCONT)


class ServerError(Exception):
    """A server did not start."""


@contextlib.contextmanager
def running(make_command: object, folder: Path, stop_signal: int = signal.SIGTERM) -> Iterator[Server]:
    """Starts a server on a free port. Another program can take the port first, so that is tried several times."""
    assert callable(make_command)
    for attempt in range(5):
        port = unused_port()
        try:
            server = Server(make_command(port), port, folder / "log", stop_signal)
            break
        except ServerError:
            if attempt == 4:
                raise
    try:
        yield server
    finally:
        server.resume()
        server.stop()


def ends_with_parent(signal_name: str) -> list[str]:
    """The beginning of a command: the program receives a signal when the test run ends, also if that is killed."""
    if sys.platform != "linux":
        return []
    return [find_program("setpriv", "util-linux"), f"--pdeathsig={signal_name}"]


@contextlib.contextmanager
def redis_server(folder: Path, *options: str) -> Iterator[Server]:
    program = find_program("redis-server", "redis-server")

    def command(port: int) -> list[str]:
        # Nothing is written to disk.
        settings = [
            "--bind",
            "127.0.0.1",
            "--port",
            str(port),
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
            str(folder),
        ]
        return [*ends_with_parent("KILL"), program, *settings, *options]

    with running(command, folder) as server:
        yield server


def _as_user_of_servers() -> list[str]:
    """The beginning of a command: PostgreSQL refuses to run as root."""
    if os.getuid() != 0 or sys.platform != "linux":
        return []
    return [find_program("setpriv", "util-linux"), "--reuid=nobody", "--regid=nogroup", "--clear-groups"]


@contextlib.contextmanager
def postgres_server(folder: Path) -> Iterator[Server]:
    """An empty database `postgres`, whose role `postgres` needs no password."""
    initdb, postgres = find_program("initdb", "postgresql"), find_program("postgres", "postgresql")
    data = folder / "data"
    data.mkdir()
    user = _as_user_of_servers()
    if user:
        # The folders of pytest are readable for their owner only.
        data = Path(tempfile.mkdtemp(prefix="bird-postgres-"))
        shutil.chown(data, "nobody", "nogroup")
    try:
        settings = ["--pgdata", str(data), "--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8"]
        done = subprocess.run([*user, initdb, *settings, "--locale=C"], cwd="/", capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

        def command(port: int) -> list[str]:
            options = [
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "unix_socket_directories=",
                "-c",
                "max_connections=200",
            ]
            ends = [*user, "--pdeathsig=QUIT"] if user else ends_with_parent("QUIT")
            # The data need not survive a crash of the machine.
            return [*ends, postgres, "-D", str(data), "-p", str(port), "-F", *options]

        with running(command, folder, signal.SIGINT) as server:
            wait_for_postgres(server.port)
            yield server
    finally:
        shutil.rmtree(data, ignore_errors=True)


def wait_for_postgres(port: int) -> None:
    """Waits until the server accepts queries: it listens earlier."""

    def accepts() -> bool:
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(conninfo(port)).close()
            return True
        return False

    eventually(accepts)


def conninfo(port: int) -> str:
    return f"host=127.0.0.1 port={port} user=postgres dbname=postgres"


@contextlib.contextmanager
def pgbouncer(folder: Path, postgres: Server) -> Iterator[Server]:
    """A pooler in transaction mode: two transactions of a client can use different connections to the server."""
    program = find_program("pgbouncer", "pgbouncer")
    user = _as_user_of_servers()
    home = Path(tempfile.mkdtemp(prefix="bird-pgbouncer-"))
    home.chmod(0o755)

    def command(port: int) -> list[str]:
        settings = home / "pgbouncer.ini"
        settings.write_text(
            f"[databases]\n* = host=127.0.0.1 port={postgres.port} user=postgres\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
            "pool_mode = transaction\ndefault_pool_size = 5\nserver_round_robin = 1\n"
        )
        settings.chmod(0o644)
        ends = [*user, "--pdeathsig=INT"] if user else ends_with_parent("INT")
        return [*ends, program, str(settings)]

    try:
        with running(command, folder, signal.SIGINT) as server:
            wait_for_postgres(server.port)
            yield server
    finally:
        shutil.rmtree(home, ignore_errors=True)
