"""A web service that installs channels. No request waits for an install: the caller polls with a token.

The token travels through the caller and a URL, so it is signed with a key of this service.

WAIT_TOKEN_KEY=$(openssl rand -hex 32) uvicorn fastapi_app:app
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from bird_connectors import (
    ApiError,
    AsyncClient,
    AsyncWorkspace,
    BirdConnectorsError,
    InstallFailedError,
    Sms,
    WaitTimeoutError,
    WaitToken,
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.token_key = os.environ["WAIT_TOKEN_KEY"]
    async with AsyncClient.from_env(timeout=15) as bird:
        app.state.workspace = bird.workspace()
        yield


app = FastAPI(lifespan=lifespan)


class NewChannel(BaseModel):
    name: str
    phone_number_id: str


@app.post("/channels", status_code=202)
async def install(new: NewChannel, request: Request) -> dict[str, str]:
    ws: AsyncWorkspace = request.app.state.workspace
    install = await ws.connectors.install(
        Sms(name=new.name, phone_number_id=new.phone_number_id, channel_message_type="conversational")
    )
    return {"connector": install.id, "token": install.token.sign(request.app.state.token_key)}


@app.get("/channels/{token}")
async def follow(token: str, request: Request) -> dict[str, str | None]:
    ws: AsyncWorkspace = request.app.state.workspace
    try:
        token = WaitToken.verify(token, request.app.state.token_key)
        # Long enough for the two polls that confirm a failure, and short enough for a web request.
        ready = await ws.connectors.resume(token).until_ready(timeout=3)
    except WaitTimeoutError as error:
        return {"state": "installing", "status": error.status, "stage": error.stage}
    except InstallFailedError as error:
        return {"state": "failed", "status": error.status, "stage": error.stage}
    return {"state": "ready", "channel": ready.channel_id}


@app.exception_handler(BirdConnectorsError)
async def report_error(_: Request, error: BirdConnectorsError) -> JSONResponse:
    # The caller can correct what the API rejects; other failures are not the caller's.
    status = error.status if isinstance(error, ApiError) and error.outcome == "answered" else 502
    if isinstance(error, ValueError):
        status = 422
    return JSONResponse({"error": str(error), "outcome": error.outcome}, status_code=status)
