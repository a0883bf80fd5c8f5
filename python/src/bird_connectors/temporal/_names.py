"""The names of activities, workflows and signals. They are part of histories, so they never change."""

from __future__ import annotations

ENSURE = "bird_connectors.ensure"
POLL = "bird_connectors.poll"
POLL_SHARED = "bird_connectors.poll_shared"
SEND_PROBE = "bird_connectors.send_probe"
DELETE = "bird_connectors.delete"

INSTALL_CHANNEL = "bird_connectors.InstallChannel"
ONBOARD_MANY = "bird_connectors.OnboardMany"
CONNECTOR_EVENTS = "bird_connectors.ConnectorEvents"

CHANNEL_EVENT = "channel_event"

# The kind of a failure that is not an error of the SDK.
CANCELLED = "cancelled"
SECRET_UNAVAILABLE = "secret_unavailable"
WORKER_TIMEOUT = "worker_timeout"
