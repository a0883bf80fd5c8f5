"""Workers, starts and signals: what a program calls outside of workflows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias
from uuid import UUID

from temporalio.client import Client as TemporalClient
from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

import bird_connectors

from .._journal import AnyJournal
from .._webhooks import Event
from . import _names as names
from ._activities import ConnectorActivities, SecretResolver
from ._install import ConnectorEvents, InstallChannel
from ._onboard import OnboardMany
from ._onboard_records import OnboardRequest, OnboardTotals
from ._records import (
    ChannelEventSignal,
    InstalledChannel,
    InstallFailure,
    InstallRequest,
)
from ._templates import connector_events_workflow_id, install_workflow_id, task_queue

InstallHandle: TypeAlias = WorkflowHandle[InstallChannel, InstalledChannel]
OnboardHandle: TypeAlias = WorkflowHandle[OnboardMany, OnboardTotals]

WORKFLOWS = (InstallChannel, OnboardMany, ConnectorEvents)


def activities_per_second(get_limit: int = 50, *, requests_per_activity: int = 4) -> float:
    """Return the limit of a task queue with which all workers together stay inside the rate limit of a workspace.

    Args:
        get_limit: Maximum number of GET requests per second to the workspace. Bird's support can raise it.
        requests_per_activity: How many reads an activity sends at most. A poll sends up to 4. ``ensure`` sends one for
            each 100 connectors of the template in the workspace: with more than 400, pass a larger number.

    Returns:
        The number of activities per second: four fifths of the limit, as each client keeps.

    Raises:
        ValueError: A number is not positive.
    """
    if get_limit < 1 or requests_per_activity < 1:
        raise ValueError("invalid get_limit or requests_per_activity: expected at least 1")
    return get_limit * 0.8 / requests_per_activity


def connector_worker(
    temporal: TemporalClient,
    client: bird_connectors.AsyncClient,
    workspace_id: str | UUID,
    *,
    resolve_secret: SecretResolver | None = None,
    journal: AnyJournal | None = None,
    max_activities_per_second: float | None = None,
    **worker: Any,
) -> Worker:
    """Create a worker for the installs of one workspace.

    Each workspace has its own task queue. The server limits the activities of the queue, so that all its workers
    together stay inside the rate limit of the workspace. All workers of a queue must pass the same limit.

    Args:
        temporal: The client of Temporal.
        client: The client of the API. The worker does not close it.
        workspace_id: The id of the workspace.
        resolve_secret: Returns the secret with a name, for references such as ``secret:NAME``. See
            ``ConnectorActivities``.
        journal: The journal of ``ensure``, which all workers of the workspace should share.
        max_activities_per_second: The limit of the task queue. None selects ``activities_per_second()``, which is 10.
        **worker: Further arguments of ``temporalio.worker.Worker``, such as ``max_concurrent_activities``.
            ``workflows`` and ``activities`` are added to those of this package.

    Returns:
        The worker, which has not started. Run it with ``await worker.run()``, or use it with ``async with``.

    Raises:
        ValueError: The id of the workspace is not a UUID.

    Example:
        ```python
        temporal = await temporalio.client.Client.connect("localhost:7233")
        async with AsyncClient.from_env() as client:
            worker = connector_worker(temporal, client, workspace_id, resolve_secret=vault.read, journal=journal)
            await worker.run()
        ```
    """
    activities = ConnectorActivities(client, resolve_secret=resolve_secret, journal=journal)
    limit = activities_per_second() if max_activities_per_second is None else max_activities_per_second
    worker.setdefault("task_queue", task_queue(workspace_id))
    worker.setdefault("workflow_runner", workflow_runner())
    return Worker(
        temporal,
        workflows=[*WORKFLOWS, *worker.pop("workflows", ())],
        activities=[*activities.all(), *worker.pop("activities", ())],
        max_task_queue_activities_per_second=limit,
        **worker,
    )


def workflow_runner() -> SandboxedWorkflowRunner:
    """Return a runner with the sandbox of Temporal that imports this package once, instead of once per workflow.

    ``connector_worker`` uses it.

    Returns:
        The runner. Pass it to ``Worker`` and ``Replayer`` if you create them yourself.
    """
    return SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules("bird_connectors"))


async def start_install(temporal: TemporalClient, request: InstallRequest, **start: Any) -> InstallHandle:
    """Start the workflow ``InstallChannel``, unless it runs already for the same connector.

    Its id is derived from the workspace and the identity of the connector, so starting it twice is one install. Start
    it again after it has ended to repeat it: it adopts the connector.

    Args:
        temporal: The client of Temporal.
        request: What to install, and how.
        **start: Further arguments of ``Client.start_workflow``, such as ``memo``.

    Returns:
        The handle. ``await handle.result()`` returns the ``InstalledChannel``, or raises ``WorkflowFailureError``: see
        ``install_failure``.

    Example:
        ```python
        handle = await start_install(temporal, InstallRequest(workspace_id, template))
        try:
            channel = await handle.result()
        except WorkflowFailureError as error:
            print(install_failure(error))
        ```
    """
    start.setdefault("id", install_workflow_id(request.workspace_id, request.template, request.settings.identified_by))
    start.setdefault("task_queue", task_queue(request.workspace_id))
    start.setdefault("id_conflict_policy", WorkflowIDConflictPolicy.USE_EXISTING)
    start.setdefault("id_reuse_policy", WorkflowIDReusePolicy.ALLOW_DUPLICATE)
    return await temporal.start_workflow(InstallChannel.run, request, **start)


async def start_onboarding(temporal: TemporalClient, name: str, request: OnboardRequest, **start: Any) -> OnboardHandle:
    """Start the workflow ``OnboardMany``, unless one with this name runs already in the workspace.

    Args:
        temporal: The client of Temporal.
        name: The name of the run, such as ``import-42``. It becomes part of the id.
        request: What to install, and how.
        **start: Further arguments of ``Client.start_workflow``.

    Returns:
        The handle. The queries ``OnboardMany.results`` and ``OnboardMany.totals`` show the items.
    """
    queue = task_queue(request.workspace_id)
    start.setdefault("id", f"bird-onboard-{queue.removeprefix('bird-connectors-')}-{name}")
    start.setdefault("task_queue", queue)
    start.setdefault("id_conflict_policy", WorkflowIDConflictPolicy.USE_EXISTING)
    start.setdefault("id_reuse_policy", WorkflowIDReusePolicy.ALLOW_DUPLICATE)
    return await temporal.start_workflow(OnboardMany.run, request, **start)


def install_failure(error: BaseException) -> InstallFailure | None:
    """Return why an install failed, with the last status, from the error of its workflow.

    Args:
        error: The ``WorkflowFailureError`` of ``InstallChannel``, or its cause.

    Returns:
        The failure, also after the signal ``cancel``. None if the workflow ended in another way: if Temporal itself
        cancelled or terminated it, nothing in it could say how far the install was.
    """
    cause = error.cause if isinstance(error, WorkflowFailureError) else error
    if not isinstance(cause, ApplicationError) or not cause.details:
        return None
    details: Any = cause.details[0]
    if isinstance(details, InstallFailure):
        return details
    if not isinstance(details, dict):
        return None
    known = InstallFailure.__dataclass_fields__
    fields: dict[str, Any] = {str(key): value for key, value in details.items() if key in known}  # pyright: ignore
    return InstallFailure(**{"kind": cause.type or "unknown", "message": cause.message, **fields})


async def webhook_to_signal(temporal: TemporalClient, event: Event, *, onboarding: Iterable[str] = ()) -> bool:
    """Wake the workflow that waits for the connector of a verified event.

    An event is a reason to poll, and never a result. A lost one changes only how long the wait takes.

    Args:
        temporal: The client of Temporal.
        event: The event that ``Verifier.verify`` returned.
        onboarding: The ids of ``OnboardMany`` workflows that may follow the connector.

    Returns:
        Whether a workflow received the signal. False if no install waits for this connector, or if the event names
        none: answer the delivery with 200 in this case as well.

    Raises:
        temporalio.service.RPCError: The server of Temporal cannot be reached. Answer with 503: the API retries the
            delivery.

    Example:
        ```python
        event = verifier.verify(headers=request.headers, body=await request.body())
        await webhook_to_signal(temporal, event)
        ```
    """
    connector_id = event.connector_id
    if connector_id is None:
        return False
    signal = ChannelEventSignal(connector_id, event.channel_id, event.delivery_key)
    received = False
    for workflow_id in (connector_events_workflow_id(connector_id), *onboarding):
        try:
            await temporal.get_workflow_handle(workflow_id).signal(names.CHANNEL_EVENT, signal)
            received = True
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
    return received
