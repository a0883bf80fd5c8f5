"""Receive webhooks: verify deliveries, detect duplicates, and pass events to waits.

>>> from bird_connectors.webhooks import ChannelUpdated, Verifier
>>> verifier = Verifier(signing_keys=["…"], url="https://hooks.example.com/bird")
>>> def receive(request):
...     event = verifier.verify(headers=request.headers, body=request.body)
...     if isinstance(event, ChannelUpdated):
...         print(event.channel_id, event.status)
"""

from ._async.dedup import AsyncDeduplicator, AsyncDedupStore
from ._dedup import Claim, MemoryDedupStore
from ._errors import (
    InvalidBodyError,
    MalformedHeaderError,
    MissingHeaderError,
    SignatureMismatchError,
    TimestampInFutureError,
    TimestampTooOldError,
    WebhookError,
)
from ._sync.dedup import Deduplicator, DedupStore
from ._webhooks import (
    REQUEST_ID_HEADER,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    ChannelCreated,
    ChannelEvent,
    ChannelUpdated,
    Event,
    Signals,
    SignalSource,
    Verifier,
    event_platform,
    platform_id_of_event,
    sign,
)

__all__ = [
    "REQUEST_ID_HEADER",
    "SIGNATURE_HEADER",
    "TIMESTAMP_HEADER",
    "AsyncDedupStore",
    "AsyncDeduplicator",
    "ChannelCreated",
    "ChannelEvent",
    "ChannelUpdated",
    "Claim",
    "DedupStore",
    "Deduplicator",
    "Event",
    "InvalidBodyError",
    "MalformedHeaderError",
    "MemoryDedupStore",
    "MissingHeaderError",
    "SignalSource",
    "Signals",
    "SignatureMismatchError",
    "TimestampInFutureError",
    "TimestampTooOldError",
    "Verifier",
    "WebhookError",
    "event_platform",
    "platform_id_of_event",
    "sign",
]
