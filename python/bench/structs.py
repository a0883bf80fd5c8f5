"""Connectors as msgspec structs, with the same fields as the pydantic models.

A struct has no place for unknown fields, so they are lost.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class Struct(msgspec.Struct, frozen=True, rename="camel"):
    """Converts names of the API to Python's naming style."""


class ConnectorChannel(Struct):
    channel_id: UUID | None = None
    platform: str | None = None


class ProfileAttachmentVariables(Struct):
    connector_id: UUID | None = None


class ProfileAttachment(Struct):
    capability: str | None = None
    profile_id: UUID | None = None
    variables: ProfileAttachmentVariables | None = None


class ConnectorNumber(Struct):
    number_id: UUID | None = None
    phone_number: str | None = None
    country: str | None = None
    number_type: str | None = None
    endpoint_type: str | None = None
    capabilities: list[str] | str | None = None
    profile_id: UUID | None = None
    profile_attachments: list[ProfileAttachment] | None = None
    variables: dict[str, Any] | None = None


class DataCapture(Struct):
    capture_endpoint: str | None = None


class DataFetchingStream(Struct):
    stream_name: str | None = None
    event_stream_name: str | None = None
    event_name: str | None = None
    cursor_field: str | None = None
    incremental: bool | None = None
    initial_state: str | None = None
    end_condition: str | None = None
    filter: str | None = None
    duplicates_filter_capacity: int | None = None


class DataFetching(Struct):
    schedule: str | None = None
    streams: list[DataFetchingStream] | None = None


class Connector(Struct):
    id: UUID
    name: str
    created_at: datetime
    updated_at: datetime | None = None
    workspace_id: UUID | None = None
    connector_template_ref: str | None = None
    connector_template_slug: str | None = None
    channel: ConnectorChannel | None = None
    number: ConnectorNumber | None = None
    arguments: dict[str, Any] | None = None
    description: str | None = None
    region: str | None = None
    routing_key: str | None = None
    data_capture: DataCapture | None = None
    data_fetching: DataFetching | None = None


class ConnectorPage(Struct):
    results: list[Connector]
    next_page_token: str | None = None
