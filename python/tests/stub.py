"""A server that says exactly what a test wants, over a raw socket in a thread of its own.

The sandbox behaves like the API; this one misbehaves: it keeps callers waiting, sends broken items, and sees when a
client hangs up. Its thread runs Python, so a client that held the GIL during I/O would never get an answer from it.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    raw: bytes = field(repr=False)


@dataclass(frozen=True)
class Reply:
    """An answer: JSON where the body is no bytes."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def encode(self) -> bytes:
        if isinstance(self.body, bytes):
            body = self.body
        else:
            body = b"" if self.body is None else json.dumps(self.body).encode()
        headers = {"content-type": "application/json", **self.headers, "content-length": str(len(body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"HTTP/1.1 {self.status} Status\r\n{head}\r\n".encode() + body


def error(status: int, code: str = "SomeCode", message: str = "some message", **more: Any) -> Reply:
    headers = more.pop("headers", {})
    return Reply(status, {"code": code, "message": message, **more}, headers)


Answer = Callable[[Request], "Reply | None"]


class Stub:
    """`answer` makes the reply to a request; `None` keeps the caller waiting until it hangs up."""

    def __init__(self, answer: Answer | Reply | None = None) -> None:
        self.answer = answer
        self.requests: list[Request] = []
        self.arrived = threading.Event()
        """Set when the first request is there."""
        self.hung_up = threading.Event()
        """Set when a caller closes its connection while it is kept waiting."""
        self._connections: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    @property
    def base_url(self) -> str:
        host, port = self._listener.getsockname()
        return f"http://{host}:{port}"

    @property
    def connections(self) -> int:
        return len(self._connections)

    def __enter__(self) -> Stub:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        # A shutdown, not only a close: it wakes the threads that read.
        for connection in (self._listener, *self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive(), "a thread of the stub does not end"
        for connection in (self._listener, *self._connections):
            connection.close()

    def _start(self, run: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=run, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._connections.append(connection)
                self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        buffer = b""
        try:
            while True:
                while b"\r\n\r\n" not in buffer:
                    chunk = connection.recv(65536)
                    if not chunk:
                        return
                    buffer += chunk
                head, _, buffer = buffer.partition(b"\r\n\r\n")
                request_line, *lines = head.decode().split("\r\n")
                headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
                length = int(headers.get("content-length", "0"))
                while len(buffer) < length:
                    buffer += connection.recv(65536)
                body, buffer = buffer[:length], buffer[length:]
                method, target, _ = request_line.split(" ")
                url = urlsplit(target)
                request = Request(
                    method,
                    url.path,
                    dict(parse_qsl(url.query)),
                    headers,
                    json.loads(body) if body else None,
                    head + b"\r\n\r\n" + body,
                )
                with self._lock:
                    self.requests.append(request)
                self.arrived.set()
                reply = self.answer(request) if callable(self.answer) else self.answer
                if reply is None:
                    if not connection.recv(1):
                        self.hung_up.set()
                    return
                connection.sendall(reply.encode())
        except OSError:
            self.hung_up.set()
        finally:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def after(seconds: float, reply: Reply) -> Answer:
    """Answers late."""

    def answer(_: Request) -> Reply:
        time.sleep(seconds)
        return reply

    return answer


def in_turn(*replies: Reply | None) -> Answer:
    """One reply after the other; the last one again and again."""
    left = list(replies)
    lock = threading.Lock()

    def answer(_: Request) -> Reply | None:
        with lock:
            return left.pop(0) if len(left) > 1 else left[0]

    return answer


def unused_port() -> int:
    """A port of this machine on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
