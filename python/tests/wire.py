"""Ids and JSON documents in the form of the API."""

from __future__ import annotations

from typing import Any

WORKSPACE = "2d7a1e03-25e4-401e-bf1e-0ace545673d7"
ORGANIZATION = "7f1f1a29-2a53-4c47-9a8c-6a3cf7a4f1a1"
CONNECTOR = "f0a1c3d2-6c1e-4b3b-9a61-0d8a5f4a9b10"
CHANNEL = "8362fa40-9ff1-5430-a3ab-79ecc61b96b1"
NUMBER = "c7b1f0de-5d2f-4f0b-8b9a-4d0a0c6c5e11"
KEY = "test-access-key-3f9a1c"


def connector(index: int = 0, /, **more: Any) -> dict[str, Any]:
    return {
        "id": f"{index:08x}-6c1e-4b3b-9a61-0d8a5f4a9b10",
        "name": f"Shop {index}",
        "createdAt": "2026-01-02T03:04:05.678Z",
        **more,
    }


FULL_CONNECTOR: dict[str, Any] = {
    "id": CONNECTOR,
    "name": "Support NL",
    "createdAt": "2026-01-02T03:04:05.678Z",
    "updatedAt": "2026-01-02T03:04:06Z",
    "workspaceId": WORKSPACE,
    "connectorTemplateRef": "sms-messagebird:1",
    "connectorTemplateSlug": "sms-messagebird",
    "arguments": {"phoneNumberId": NUMBER, "channelMessageType": "conversational"},
    "channel": {"channelId": CHANNEL, "platform": "sms-messagebird"},
    "number": {
        "numberId": NUMBER,
        "phoneNumber": "+31612345678",
        "capabilities": "sms-inbound,sms-outbound",
        "numberType": "mobile",
        "endpointType": "long-code-number",
        "country": "NL",
    },
    "colour": "a field that this version does not know",
}


def channel(status: str = "active", **more: Any) -> dict[str, Any]:
    return {
        "id": CHANNEL,
        "platformId": "sms-messagebird",
        "name": "Support NL",
        "connectorId": CONNECTOR,
        "identifier": "+31612345678",
        "status": status,
        "createdAt": "2026-01-02T03:04:05Z",
        **more,
    }


def page(items: list[Any], token: str | None = None) -> dict[str, Any]:
    return {"results": items} | ({"nextPageToken": token} if token else {})


def template_arguments() -> dict[str, Any]:
    return {"phone_number_id": NUMBER, "channel_message_type": "conversational"}
