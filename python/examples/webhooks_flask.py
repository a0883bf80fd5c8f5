"""Receive webhooks with Flask.

BIRD_SIGNING_KEY=… BIRD_WEBHOOK_URL=https://hooks.example.com/bird flask --app webhooks_flask run
"""

import os

from flask import Flask, request

from bird_connectors.webhooks import ChannelEvent, Claim, Deduplicator, Event, Verifier, WebhookError

app = Flask(__name__)
verifier = Verifier(signing_keys=[os.environ["BIRD_SIGNING_KEY"]], url=os.environ["BIRD_WEBHOOK_URL"])
deduplicator = Deduplicator()
statuses: dict[str, str] = {}


@app.post("/bird")
def receive() -> tuple[str, int]:
    try:
        event = verifier.verify(headers=request.headers, body=request.get_data())
    except WebhookError as error:
        app.logger.warning("rejected a delivery: %s", error)
        return error.reason, 401
    # If another thread is handling the event, request a retry in case it fails.
    with deduplicator.work(event) as claim:
        if claim is Claim.NEW:
            handle(event)
    return "", 503 if claim is Claim.IN_FLIGHT else 204


def handle(event: Event) -> None:
    if isinstance(event, ChannelEvent) and event.channel_id and event.status:
        statuses[event.channel_id] = event.status


@app.get("/statuses")
def read() -> dict[str, str]:
    return statuses
