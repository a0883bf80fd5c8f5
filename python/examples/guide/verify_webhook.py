"""Verify deliveries in any server, and let events wake a wait."""

from bird_connectors import Client, Telegram
from bird_connectors.webhooks import Signals

KEY, URL = "a signing key", "https://hooks.example.com/bird"
bird = Client.from_env()

# --8<-- [start:subscribe]
# Idempotent: it adopts the subscriptions if they exist. Store the URL and the key, which the signature needs.
subscriptions = bird.workspace().webhook_subscriptions
both = subscriptions.subscribe_to_channels(URL, KEY)
print(both.created.subscription.id, both.updated.subscription.id)
# --8<-- [end:subscribe]

# --8<-- [start:any_server]
from bird_connectors.webhooks import Claim, Deduplicator, Verifier, WebhookError

verifier = Verifier(signing_keys=[KEY], url=URL)
deduplicator = Deduplicator()


def receive(headers, body: bytes) -> int:
    """Return the HTTP status for a request of any server: its headers and the bytes of its body."""
    try:
        event = verifier.verify(headers=headers, body=body)
    except WebhookError as error:
        print("rejected:", error)
        return 401
    # Commits the event at the end of the block, and releases it if the block raises.
    with deduplicator.work(event) as claim:
        if claim is Claim.NEW:
            print(event.service, event.event)
    return 503 if claim is Claim.IN_FLIGHT else 204


# --8<-- [end:any_server]


# --8<-- [start:sign]
import time

from bird_connectors.webhooks import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign

body = b'{"service": "channels", "event": "channel.updated", "payload": {"status": "active"}}'
now = int(time.time())
headers = {
    SIGNATURE_HEADER: sign(signing_key=KEY, timestamp=now, url=URL, body=body),
    TIMESTAMP_HEADER: str(now),
}
assert receive(headers, body) == 204
assert receive(headers, body + b" ") == 401
# --8<-- [end:sign]

install = bird.workspace().connectors.install(Telegram(name="Bot"))
# --8<-- [start:signal]
signals = Signals()
# The receiver calls `signals.push(event)` for each verified event.
ready = install.until_ready(signal=signals)
# --8<-- [end:signal]
