"""How workflows call the activities: names, timeouts and retry policies. Deterministic, and free of native code."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio import exceptions, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, FailureError

from . import _names as names
from ._records import (
    DeleteRequest,
    DeleteResult,
    EnsuredConnector,
    EnsureRequest,
    InstallFailure,
    InstallSettings,
    PollReport,
    PollRequest,
    ProbeRequest,
    ProbeResult,
    SharedPollReport,
    SharedPollRequest,
    WaitState,
)
from ._templates import TemplateSpec
from ._waiting import FIRST_INTERVAL

_RETRIES = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30))
# A poll is cut off after 10 s, and a page of a list after the timeout of the client.
_POLL_TIMEOUT = timedelta(seconds=20)
_SHARED_POLL_TIMEOUT = timedelta(seconds=120)
_HEARTBEAT_TIMEOUT = timedelta(seconds=10)


async def ensure(workspace_id: str, template: TemplateSpec, settings: InstallSettings) -> EnsuredConnector:
    """Ensure the connector of a template. A create with an unknown outcome goes back through the activity.

    Args:
        workspace_id: The id of the workspace.
        template: What to install.
        settings: How to ensure it.

    Raises:
        ActivityError: The connector could not be ensured.
    """
    end = workflow.time() + settings.ensure_timeout
    pause, unresolved = 1.0, None
    while True:
        left = max(end - workflow.time(), 1.0)
        try:
            result: EnsuredConnector = await workflow.execute_activity(
                names.ENSURE,
                EnsureRequest(workspace_id, template, settings, unresolved),
                result_type=EnsuredConnector,
                # Two searches, and the requests in between.
                start_to_close_timeout=timedelta(seconds=2 * settings.reconcile_window + 180),
                schedule_to_close_timeout=timedelta(seconds=left + 2 * settings.reconcile_window),
                heartbeat_timeout=_HEARTBEAT_TIMEOUT,
                retry_policy=_RETRIES,
            )
            return result
        except ActivityError as error:
            found = failure_of(error, None).unresolved
            if found is None or workflow.time() + pause >= end:
                raise
            unresolved = found
        await workflow.sleep(pause)
        pause = min(pause * 2, 60.0)


async def poll(workspace_id: str, state: WaitState, settings: InstallSettings) -> PollReport:
    """Poll one install exactly once."""
    result: PollReport = await workflow.execute_activity(
        names.POLL,
        PollRequest(workspace_id, state.token, settings.status),
        result_type=PollReport,
        start_to_close_timeout=_POLL_TIMEOUT,
        retry_policy=_RETRIES,
    )
    return result


async def poll_shared(request: SharedPollRequest) -> SharedPollReport:
    """Poll many installs with the list of channels."""
    result: SharedPollReport = await workflow.execute_activity(
        names.POLL_SHARED,
        request,
        result_type=SharedPollReport,
        start_to_close_timeout=_SHARED_POLL_TIMEOUT,
        # The next round repeats it, and installs are polled alone in the meantime.
        retry_policy=RetryPolicy(maximum_attempts=3),
    )
    return result


async def send_probe(request: ProbeRequest) -> ProbeResult:
    """Send a probe message, at most once."""
    result: ProbeResult = await workflow.execute_activity(
        names.SEND_PROBE,
        request,
        result_type=ProbeResult,
        start_to_close_timeout=timedelta(seconds=90),
        # A worker that died may have sent it.
        retry_policy=RetryPolicy(maximum_attempts=1),
    )
    return result


async def delete(request: DeleteRequest) -> DeleteResult:
    """Delete a connector and its channel."""
    result: DeleteResult = await workflow.execute_activity(
        names.DELETE,
        request,
        result_type=DeleteResult,
        start_to_close_timeout=timedelta(seconds=90),
        retry_policy=_RETRIES,
    )
    return result


def began(connector: EnsuredConnector, settings: InstallSettings) -> WaitState:
    """Return the state of a wait that begins now."""
    now = workflow.time()
    return WaitState(
        connector_id=connector.connector_id,
        token=connector.token,
        began=now,
        adopted=connector.adopted,
        pause=settings.first_interval or FIRST_INTERVAL,
        last_change=now,
    )


def failure_of(error: FailureError, state: WaitState | None) -> InstallFailure:
    """Return the failure that the error of an activity describes, with the last status."""
    cause = error.__cause__
    kind, message, unresolved = names.WORKER_TIMEOUT, str(cause or error), None
    if isinstance(cause, ApplicationError):
        kind, message = cause.type or "unknown", cause.message
        details: dict[str, Any] = cause.details[0] if cause.details else {}
        unresolved = details.get("unresolved")
    elif isinstance(cause, exceptions.TimeoutError):
        what = (
            "no worker has started it"
            if cause.type == exceptions.TimeoutType.SCHEDULE_TO_START
            else "no attempt completed"
        )
        message = f"the activity did not complete within its timeout: {what}: check the workers of the task queue"
    return failed(kind, message, state, unresolved)


def failed(kind: str, message: str, state: WaitState | None, unresolved: str | None = None) -> InstallFailure:
    """Return the failure of an install, with the last status."""
    if state is None:
        return InstallFailure(kind, message, unresolved=unresolved)
    return InstallFailure(
        kind,
        message,
        connector_id=state.connector_id,
        channel_id=state.channel_id,
        status=state.status,
        stage=state.stage,
        token=state.token,
        unresolved=unresolved,
    )
