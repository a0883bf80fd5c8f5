"""Row 18: a receiver of webhooks in FastAPI, with the package and with hmac by hand.

Each receiver is a process with one uvicorn worker. Both verify the signature and the age, decode the body, drop
duplicates, and pass the event to another task. This process signs the deliveries in advance, and sends them over
several connections.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import socket
import subprocess
import sys
import time
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from measure import alternate, arguments, report

from bird_connectors.webhooks import Claim, Deduplicator, Verifier, WebhookError

KEY = "a-signing-key-for-benchmarks"
URL = "https://hooks.example.com/bird"
CONNECTIONS = 8
MAX_AGE = 24 * 3600
TOLERANCE = 300
SIGNATURE, TIMESTAMP = "messagebird-signature", "messagebird-request-timestamp"


def signed(timestamp: str, body: bytes) -> bytes:
    return b"\n".join((timestamp.encode(), URL.encode(), hashlib.sha256(body).digest()))


def with_package(app: FastAPI, events: asyncio.Queue[Any]) -> None:
    verifier = Verifier(signing_keys=[KEY], url=URL)
    deduplicator = Deduplicator()

    @app.post("/bird")
    async def receive(request: Request) -> Response:
        try:
            event = verifier.verify(headers=request.headers, body=await request.body())
        except WebhookError as error:
            return Response(error.reason, status_code=401)
        with deduplicator.work(event) as claim:
            if claim is Claim.NEW:
                events.put_nowait(event)
        return Response(status_code=503 if claim is Claim.IN_FLIGHT else 204)


def by_hand(app: FastAPI, events: asyncio.Queue[Any]) -> None:
    seen: dict[bytes, float] = {}

    @app.post("/bird")
    async def receive(request: Request) -> Response:
        body = await request.body()
        timestamp = request.headers[TIMESTAMP]
        message = signed(timestamp, body)
        expected = hmac.digest(KEY.encode(), message, "sha256")
        if not hmac.compare_digest(expected, base64.b64decode(request.headers[SIGNATURE])):
            return Response(status_code=401)
        now = time.time()
        if not -TOLERANCE <= now - int(timestamp) <= MAX_AGE:
            return Response(status_code=401)
        event = json.loads(body)
        key = hashlib.sha256(message).digest()
        if now - seen.get(key, 0) > MAX_AGE:
            seen[key] = now
            events.put_nowait(event)
        return Response(status_code=204)


RECEIVERS = {"bird-connectors, FastAPI": with_package, "hmac by hand, FastAPI": by_hand}


def serve(variant: str) -> None:
    """Run a receiver, and print its port."""

    async def run() -> None:
        app = FastAPI()
        events: asyncio.Queue[Any] = asyncio.Queue()
        RECEIVERS[variant](app, events)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, ws="none"))
        listening = socket.create_server(("127.0.0.1", 0))
        print(listening.getsockname()[1], flush=True)
        running = asyncio.create_task(server.serve([listening]))
        while not running.done():
            await events.get()

    asyncio.run(run())


def deliveries(first: int, count: int) -> list[list[bytes]]:
    """Return signed requests for each connection, which differ from all others."""
    timestamp = str(int(time.time()))
    batches: list[list[bytes]] = [[] for _ in range(CONNECTIONS)]
    for serial in range(first, first + count):
        payload = {
            "id": "8362fa40-9ff1-5430-a3ab-79ecc61b96b1",
            "connectorId": "2f2f9d3a-2f9b-4c55-9d52-2f5b6f0b1c3d",
            "identifier": f"+316{serial:08}",
            "platformId": "sms-messagebird",
            "status": "active",
            "name": "Support NL",
        }
        body = json.dumps({"service": "channels", "event": "channel.updated", "payload": payload}).encode()
        digest = hmac.digest(KEY.encode(), signed(timestamp, body), "sha256")
        headers = (
            "POST /bird HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            f"{SIGNATURE}: {base64.b64encode(digest).decode()}\r\n{TIMESTAMP}: {timestamp}\r\n"
            f"messagebird-request-id: {serial}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        batches[serial % CONNECTIONS].append(headers.encode() + body)
    return batches


async def send(port: int, requests: list[bytes]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in requests:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 204"):
            raise RuntimeError(f"the receiver answered {head!r}")
    writer.close()


async def send_all(port: int, batches: list[list[bytes]]) -> None:
    await asyncio.gather(*(send(port, batch) for batch in batches))


def main() -> None:
    options = arguments()
    rounds, count = (2, 5 * CONNECTIONS) if options.quick else (41, 50 * CONNECTIONS)
    receivers: dict[str, tuple[subprocess.Popen[str], int]] = {}
    samples: dict[str, list[float]] = {variant: [] for variant in RECEIVERS}
    try:
        for variant in RECEIVERS:
            command = [sys.executable, __file__, "--serve", variant]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            assert process.stdout is not None
            receivers[variant] = (process, int(process.stdout.readline()))
        for turn, variant in enumerate(alternate(RECEIVERS, rounds + 1)):
            batches = deliveries(turn * count, count)
            start = time.perf_counter()
            asyncio.run(send_all(receivers[variant][1], batches))
            # The first round fills caches.
            if turn >= len(RECEIVERS):
                samples[variant].append((time.perf_counter() - start) / count)
    finally:
        for process, _ in receivers.values():
            process.kill()
            process.wait()
    for variant, measured in samples.items():
        report("webhook receiver", variant, "s", measured)


if __name__ == "__main__":
    if sys.argv[1] == "--serve":
        serve(sys.argv[2])
    else:
        main()
