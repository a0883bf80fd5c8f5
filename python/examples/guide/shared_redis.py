"""Share webhooks between processes through Redis, whose URL is in REDIS_URL."""

import os
import threading
import time

from bird_connectors import Client, Telegram
from bird_connectors.webhooks import SIGNATURE_HEADER, TIMESTAMP_HEADER, Claim, Event, Verifier, sign

REDIS_URL = os.environ["REDIS_URL"]
KEY, URL = "a signing key", "https://hooks.example.com/bird"

# --8<-- [start:dedup]
from bird_connectors.redis import RedisDedupStore
from bird_connectors.webhooks import Deduplicator

# Processing takes up to five minutes.
deduplicator = Deduplicator(RedisDedupStore(REDIS_URL, lease=300))
# --8<-- [end:dedup]

bird = Client.from_env()
install = bird.workspace().connectors.install(Telegram(name="Bot"))

# --8<-- [start:signals]
from bird_connectors.redis import RedisSignals

signals = RedisSignals(REDIS_URL)


def process(event: Event) -> None:
    """In the process that receives webhooks, for each verified event that is new."""
    signals.publish(event)


# --8<-- [end:signals]


def receive(headers, body: bytes) -> int:
    event = Verifier(signing_keys=[KEY], url=URL).verify(headers=headers, body=body)
    with deduplicator.work(event) as claim:
        if claim is Claim.NEW:
            process(event)
    return 503 if claim is Claim.IN_FLIGHT else 204


def deliver() -> None:
    body = (
        b'{"service": "channels", "event": "channel.updated", "payload": {"connectorId": "%s"}}' % install.id.encode()
    )
    now = int(time.time())
    signature = sign(signing_key=KEY, timestamp=now, url=URL, body=body)
    headers = {SIGNATURE_HEADER: signature, TIMESTAMP_HEADER: str(now)}
    assert receive(headers, body) == 204
    assert receive(headers, body) == 204


delivery = threading.Thread(target=deliver)
delivery.start()

# --8<-- [start:wait]
# In the process that waits, which starts a hub and passes it to any number of waits.
with RedisSignals(REDIS_URL) as hub:
    ready = install.until_ready(signal=hub)
# --8<-- [end:wait]
delivery.join()
