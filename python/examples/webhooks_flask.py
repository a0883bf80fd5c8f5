"""Receive webhooks with Flask.

BIRD_WEBHOOK_KEYS=… BIRD_WEBHOOK_URL=https://hooks.example.com/bird flask --app webhooks_flask run
"""

import os

from flask import Flask, request

from bird_connectors.webhooks import Begin, ChannelEvent, Deduplicator, Event, Verifier, WebhookError

app = Flask(__name__)
verifier = Verifier(signing_keys=os.environ["BIRD_WEBHOOK_KEYS"].split(","), url=os.environ["BIRD_WEBHOOK_URL"])
deduplicator = Deduplicator()
statuses: dict[str, str] = {}


@app.post("/bird")
def receive() -> tuple[str, int]:
    try:
        event = verifier.verify(headers=request.headers, body=request.get_data())
    except WebhookError as error:
        app.logger.warning("a delivery is refused: %s", error)
        return error.reason, 401
    # Another thread may be at it. Should it fail, the retry is needed: so that is no 200.
    with deduplicator.work(event) as begun:
        if begun is Begin.NEW:
            handle(event)
    return "", 503 if begun is Begin.IN_FLIGHT else 204


def handle(event: Event) -> None:
    if isinstance(event, ChannelEvent) and event.channel_id and event.status:
        statuses[event.channel_id] = event.status


@app.get("/statuses")
def read() -> dict[str, str]:
    return statuses
