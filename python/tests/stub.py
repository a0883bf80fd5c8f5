"""A stub server that sends scripted responses over a raw socket.

The sandbox behaves like the API; this server misbehaves: it withholds responses, sends broken items, and detects when a
client disconnects. Its threads run Python, so a client that held the GIL during I/O would never receive a response.
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

from waiting import HANG_TIMEOUT


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    raw: bytes = field(repr=False)


@dataclass(frozen=True)
class Response:
    """A response. A body other than bytes is encoded as JSON."""

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


def error_response(status: int, code: str = "SomeCode", message: str = "some message", **more: Any) -> Response:
    headers = more.pop("headers", {})
    return Response(status, {"code": code, "message": message, **more}, headers)


Handler = Callable[[Request], "Response | None"]


class Stub:
    """Responds to each request with `handler`, or with its result. `None` withholds the response until the client
    disconnects.
    """

    def __init__(self, handler: Handler | Response | None = None) -> None:
        self.handler = handler
        self.requests: list[Request] = []
        self.request_received = threading.Event()
        """Set when the first request is complete."""
        self.disconnected = threading.Event()
        """Set when a client closes its connection while its response is withheld."""
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
        # Unlike `close`, `shutdown` wakes the threads that read.
        for connection in (self._listener, *self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(HANG_TIMEOUT)
            assert not thread.is_alive(), "a thread of the stub hangs"
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
                self.request_received.set()
                response = self.handler(request) if callable(self.handler) else self.handler
                if response is None:
                    if not connection.recv(1):
                        self.disconnected.set()
                    return
                connection.sendall(response.encode())
        except OSError:
            self.disconnected.set()
        finally:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def delayed(seconds: float, response: Response) -> Handler:
    """Sends the response after this delay."""

    def respond(_: Request) -> Response:
        time.sleep(seconds)
        return response

    return respond


def in_sequence(*responses: Response | None) -> Handler:
    """Sends one response after the other, and repeats the last one."""
    remaining = list(responses)
    lock = threading.Lock()

    def respond(_: Request) -> Response | None:
        with lock:
            return remaining.pop(0) if len(remaining) > 1 else remaining[0]

    return respond


class Gate:
    """A handler that withholds its response until the test opens the gate."""

    def __init__(self, response: Response) -> None:
        self.response = response
        self._opened = threading.Event()

    def __call__(self, _: Request) -> Response | None:
        return self.response if self._opened.wait(HANG_TIMEOUT) else None

    def open(self) -> None:
        self._opened.set()


def unused_port() -> int:
    """Returns a port of this machine on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
