"""Messages about events. ``crates/bird-connectors/tests/vectors/redis.json`` records their format. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

from .._webhooks import Event

VERSION = 1
LONGEST_MESSAGE = 65_536

_UUID = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DELIVERY_KEY = re.compile("[0-9a-f]{64}")
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


def channel_of(prefix: str) -> str:
    """Return the pub/sub channel of all events."""
    return f"{prefix}events"


def encode(event: Event) -> str | None:
    """Return the message about an event, without its payload, which can contain secrets.

    None if the event names neither a connector nor a channel: it wakes no wait.
    """
    ids = {"connector_id": event.connector_id, "channel_id": event.channel_id}
    known = {name: id for name, id in ids.items() if id is not None}
    if not known:
        return None
    message = {
        "v": VERSION,
        "service": str(event.service),
        "event": event.event,
        "timestamp": event.timestamp.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "delivery_key": event.delivery_key,
        **known,
    }
    return json.dumps(message, separators=(",", ":"))


def decode(data: str | bytes) -> dict[str, Any] | None:
    """Return the event of a message, in the form that the native module accepts.

    None if it is not such a message. A later version can send others, and so can any program that uses the server.
    """
    if len(data) > LONGEST_MESSAGE:
        return None
    try:
        message: Any = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not _is_object(message) or type(message.get("v")) is not int or message["v"] != VERSION:
        return None
    ids = {"connectorId": message.get("connector_id"), "channelId": message.get("channel_id")}
    payload = {name: id for name, id in ids.items() if id is not None}
    is_valid = (
        payload
        and all(_matches(_UUID, id) for id in payload.values())
        and _matches(_DELIVERY_KEY, message.get("delivery_key"))
        and _matches(_TIMESTAMP, message.get("timestamp"))
        and all(isinstance(message.get(name), str) and message[name] for name in ("service", "event"))
    )
    if not is_valid:
        return None
    copied = ("service", "event", "timestamp", "delivery_key")
    return {"payload": payload, "request_id": None, **{name: message[name] for name in copied}}


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None
