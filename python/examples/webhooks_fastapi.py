"""Receive webhooks with FastAPI, and wait for a channel with polls that events trigger.

BIRD_SIGNING_KEY=… BIRD_WEBHOOK_URL=https://hooks.example.com/bird uvicorn webhooks_fastapi:app
"""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response

from bird_connectors import AsyncClient
from bird_connectors.webhooks import ChannelEvent, Claim, Deduplicator, Event, Signals, Verifier, WebhookError

log = logging.getLogger(__name__)

verifier = Verifier(signing_keys=[os.environ["BIRD_SIGNING_KEY"]], url=os.environ["BIRD_WEBHOOK_URL"])
deduplicator = Deduplicator()
signals = Signals()
statuses: dict[str, str] = {}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with AsyncClient.from_env() as bird:
        app.state.workspace = bird.workspace()
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/bird")
async def receive(request: Request) -> Response:
    try:
        event = verifier.verify(headers=request.headers, body=await request.body())
    except WebhookError as error:
        log.warning("rejected a delivery: %s", error)
        return Response(error.reason, status_code=401)
    # If another worker is handling the event, request a retry in case it fails.
    with deduplicator.work(event) as claim:
        if claim is Claim.NEW:
            await handle(event)
    return Response(status_code=503 if claim is Claim.IN_FLIGHT else 204)


async def handle(event: Event) -> None:
    signals.push(event)
    if isinstance(event, ChannelEvent) and event.channel_id and event.status:
        statuses[event.channel_id] = event.status


@app.get("/statuses")
async def read() -> dict[str, str]:
    return statuses


@app.get("/connectors/{id}/channel")
async def wait(id: str, request: Request) -> str:
    ready = await request.app.state.workspace.connectors.follow(id).until_ready(30, signal=signals)
    return ready.channel_id
