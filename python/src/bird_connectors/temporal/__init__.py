"""Durable installs on Temporal: workflows, activities and workers.

Install it with ``pip install 'bird-connectors[temporal]'``.

>>> from bird_connectors.temporal import InstallRequest, TemplateSpec, install_workflow_id
>>> spec = TemplateSpec("Telegram", "Support", {"arguments": {"botToken": "secret:shop-42"}})
>>> request = InstallRequest("6f9d2f2c-6d0f-4d57-9a3b-3a4a1e0d7c11", spec)
>>> install_workflow_id(request.workspace_id, spec)
'bird-install-6f9d2f2c-6d0f-4d57-9a3b-3a4a1e0d7c11-3e77'
"""

from __future__ import annotations

from .._extras import extra

with extra(__name__, "temporal", "temporalio"):
    import temporalio as _temporalio

from ._activities import ConnectorActivities, SecretResolver
from ._install import ConnectorEvents, InstallChannel
from ._onboard import OnboardMany
from ._onboard_records import OnboardItem, OnboardRequest, OnboardTotals
from ._records import (
    CancelRequest,
    ChannelEventSignal,
    DeleteRequest,
    DeleteResult,
    EnsuredConnector,
    EnsureRequest,
    FollowedConnector,
    InstalledChannel,
    InstallFailure,
    InstallProgress,
    InstallRequest,
    InstallSettings,
    ListedChannel,
    PollReport,
    PollRequest,
    ProbeMessage,
    ProbeRequest,
    ProbeResult,
    SharedPollReport,
    SharedPollRequest,
)
from ._templates import TemplateSpec, install_workflow_id, task_queue
from ._worker import (
    activities_per_second,
    connector_worker,
    install_failure,
    start_install,
    start_onboarding,
    webhook_to_signal,
    workflow_runner,
)

del _temporalio

__all__ = [
    "CancelRequest",
    "ChannelEventSignal",
    "ConnectorActivities",
    "ConnectorEvents",
    "DeleteRequest",
    "DeleteResult",
    "EnsureRequest",
    "EnsuredConnector",
    "FollowedConnector",
    "InstallChannel",
    "InstallFailure",
    "InstallProgress",
    "InstallRequest",
    "InstallSettings",
    "InstalledChannel",
    "ListedChannel",
    "OnboardItem",
    "OnboardMany",
    "OnboardRequest",
    "OnboardTotals",
    "PollReport",
    "PollRequest",
    "ProbeMessage",
    "ProbeRequest",
    "ProbeResult",
    "SecretResolver",
    "SharedPollReport",
    "SharedPollRequest",
    "TemplateSpec",
    "activities_per_second",
    "connector_worker",
    "install_failure",
    "install_workflow_id",
    "start_install",
    "start_onboarding",
    "task_queue",
    "webhook_to_signal",
    "workflow_runner",
]
