"""Connectors as pydantic models, as they are written by hand and as generators of Python SDKs write them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Model(BaseModel):
    """Converts names of the API to Python's naming style, and keeps unknown fields."""

    model_config = ConfigDict(alias_generator=to_camel, extra="allow", frozen=True)


class ConnectorChannel(Model):
    channel_id: UUID | None = None
    platform: str | None = None


class ProfileAttachmentVariables(Model):
    connector_id: UUID | None = None


class ProfileAttachment(Model):
    capability: str | None = None
    profile_id: UUID | None = None
    variables: ProfileAttachmentVariables | None = None


class ConnectorNumber(Model):
    number_id: UUID | None = None
    phone_number: str | None = None
    country: str | None = None
    number_type: str | None = None
    endpoint_type: str | None = None
    capabilities: list[str] | str | None = None
    profile_id: UUID | None = None
    profile_attachments: list[ProfileAttachment] | None = None
    variables: dict[str, Any] | None = None


class DataCapture(Model):
    capture_endpoint: str | None = None


class DataFetchingStream(Model):
    stream_name: str | None = None
    event_stream_name: str | None = None
    event_name: str | None = None
    cursor_field: str | None = None
    incremental: bool | None = None
    initial_state: str | None = None
    end_condition: str | None = None
    filter: str | None = None
    duplicates_filter_capacity: int | None = None


class DataFetching(Model):
    schedule: str | None = None
    streams: list[DataFetchingStream] | None = None


class Connector(Model):
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


class ConnectorPage(Model):
    results: list[Connector]
    next_page_token: str | None = None
