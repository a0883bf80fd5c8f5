"""The workflow of one install, and the small workflow that passes the events of its connector to it."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, WorkflowAlreadyStartedError

from . import _calls as calls
from . import _names as names
from . import _waiting as waiting
from ._records import (
    CancelRequest,
    ChannelEventSignal,
    DeleteRequest,
    InstalledChannel,
    InstallFailure,
    InstallProgress,
    InstallRequest,
    ProbeRequest,
    ProbeResult,
    WaitState,
)
from ._templates import connector_events_workflow_id
from ._wakeups import Wakeups


@workflow.defn(name=names.INSTALL_CHANNEL)
class InstallChannel:
    """Ensures a connector, and waits with durable timers until its channel can send.

    Start it with ``start_install``, which derives its id. The result is an ``InstalledChannel``. A failure is an
    ``ApplicationError`` whose type is the kind of the error; ``install_failure`` reads the last status from it.
    """

    @workflow.init
    def __init__(self, request: InstallRequest) -> None:
        """Set up the workflow before its first signal arrives."""
        self._request = request
        self._state = request.resumed
        self._phase = "ensuring" if request.resumed is None else "waiting"
        self._failure: InstallFailure | None = None
        self._cancel: CancelRequest | None = None
        self._wakeups = Wakeups(request.settings.first_interval or waiting.FIRST_INTERVAL)

    @workflow.run
    async def run(self, request: InstallRequest) -> InstalledChannel:
        """Install the channel.

        Args:
            request: What to install, and how.

        Returns:
            The channel that can send.
        """
        try:
            state = self._state or await self._ensure()
            await self._wait(state)
            return await self._finish(state)
        except ActivityError as error:
            raise self._failed(calls.failure_of(error, self._state)) from None

    @workflow.signal(name=names.CHANNEL_EVENT)
    def channel_event(self, event: ChannelEventSignal) -> None:
        """Poll now. An event is a reason to poll, and never a result.

        Args:
            event: What the event is about. An event about another connector is ignored.
        """
        state = self._state
        if state is None or event.connector_id in (None, state.connector_id):
            self._wakeups.receive(event.delivery_key)

    @workflow.signal
    def cancel(self, request: CancelRequest) -> None:
        """End the workflow. A connector that exists stays, unless its deletion is requested.

        An activity that may be creating the connector is not interrupted, so that its result is known.

        Args:
            request: Whether to delete the connector.
        """
        self._cancel = request

    @workflow.query
    def progress(self) -> InstallProgress:
        """Return how far the install is.

        Returns:
            The phase, and what the last poll has read.
        """
        state = self._state
        failure = self._failure
        if state is None:
            kind, error = (None, None) if failure is None else (failure.kind, failure.message)
            return InstallProgress(self._phase, error_kind=kind, error=error)
        return InstallProgress(
            phase=self._phase,
            connector_id=state.connector_id,
            channel_id=state.channel_id,
            status=state.status,
            stage=state.stage,
            polls=state.polls,
            error_kind=state.error_kind if failure is None else failure.kind,
            error=state.error if failure is None else failure.message,
        )

    async def _ensure(self) -> WaitState:
        request = self._request
        self._stop_if_cancelled()
        connector = await calls.ensure(request.workspace_id, request.template, request.settings)
        self._state = calls.began(connector, request.settings)
        self._phase = "waiting"
        if request.settings.webhooks:
            await _receive_events(connector.connector_id)
        return self._state

    async def _wait(self, state: WaitState) -> None:
        """Polls until the channel can send. Raises the failure of the install otherwise."""
        settings = self._request.settings
        while True:
            await self._delete_if_cancelled(state)
            sent = workflow.time()
            report = await calls.poll(self._request.workspace_id, state, settings)
            now = workflow.time()
            waiting.apply_poll(state, report, settings, sent, now)
            if state.confirmed_by is not None and state.channel_id is not None:
                return
            if failure := waiting.failure(state):
                raise self._failed(calls.failed(*failure, state))
            left = None if settings.timeout is None else state.began + settings.timeout - now
            if settings.timeout is not None and left is not None and left <= 0:
                raise self._failed(calls.failed(*waiting.timed_out(state, settings.timeout), state))
            pause = waiting.next_pause(state, settings, workflow.random().random())
            floor = report.retry_after or 0.0
            if left is not None:
                pause, floor = min(pause, left), min(floor, left)
            # No event shortens the pause that the server asked for.
            await self._sleep(floor, wakes=False)
            await self._sleep(pause - floor, wakes=True)
            if workflow.info().is_continue_as_new_suggested() and self._cancel is None:
                # Events are not carried over: the next run begins with a poll.
                workflow.continue_as_new(replace(self._request, resumed=state))

    async def _sleep(self, seconds: float, *, wakes: bool) -> None:
        """Sleeps with a durable timer. A cancellation ends it, and an event too, if `wakes` is true."""
        end = workflow.time() + seconds
        while (left := end - workflow.time()) > 0 and not self._is_woken(wakes):
            due = self._wakeups.time_until_due(workflow.time()) if wakes else None
            before = self._wakeups.received

            def is_over(before: int = before) -> bool:
                # A further event can end the pause earlier.
                return self._is_woken(wakes) or (wakes and self._wakeups.received > before)

            with contextlib.suppress(asyncio.TimeoutError):
                await workflow.wait_condition(is_over, timeout=left if due is None else max(min(left, due), 0.001))
        if wakes:
            self._wakeups.spend(workflow.time())

    def _is_woken(self, wakes: bool) -> bool:
        return self._cancel is not None or (wakes and self._wakeups.is_due(workflow.time()))

    async def _finish(self, state: WaitState) -> InstalledChannel:
        elapsed = workflow.time() - state.began
        probe, probe_error = None, None
        if self._request.probe is not None:
            self._phase = "probing"
            probe, probe_error = await self._send_probe(state)
        self._phase = "ready"
        return InstalledChannel(
            connector_id=state.connector_id,
            channel_id=state.channel_id or "",
            adopted=state.adopted,
            status=state.status,
            confirmed_by=state.confirmed_by or "",
            polls=state.polls,
            elapsed=elapsed,
            probe=probe,
            probe_error=probe_error,
        )

    async def _send_probe(self, state: WaitState) -> tuple[ProbeResult | None, str | None]:
        message = self._request.probe
        if message is None:
            return None, None
        try:
            return await calls.send_probe(
                ProbeRequest(self._request.workspace_id, state.channel_id or "", message)
            ), None
        except ActivityError as error:
            # The channel is installed. A probe that failed does not change that.
            return None, calls.failure_of(error, state).message

    def _stop_if_cancelled(self) -> None:
        if self._cancel is not None:
            message = "the install was cancelled before a connector was created"
            raise self._failed(InstallFailure(names.CANCELLED, message))

    async def _delete_if_cancelled(self, state: WaitState) -> None:
        if self._cancel is None:
            return
        message = f"the install was cancelled; connector {state.connector_id} exists"
        if self._cancel.delete_connector:
            await calls.delete(DeleteRequest(self._request.workspace_id, state.connector_id))
            message = f"the install was cancelled, and connector {state.connector_id} was deleted"
        raise self._failed(calls.failed(names.CANCELLED, message, state))

    def _failed(self, failure: InstallFailure) -> ApplicationError:
        self._failure = failure
        self._phase = "cancelled" if failure.kind == names.CANCELLED else "failed"
        return ApplicationError(failure.message, failure, type=failure.kind, non_retryable=True)


async def _receive_events(connector_id: str) -> None:
    """Starts the workflow whose id is known to a receiver of webhooks."""
    # If an earlier run has started it, it passes events to the id that all runs share.
    with contextlib.suppress(WorkflowAlreadyStartedError):
        await workflow.start_child_workflow(
            names.CONNECTOR_EVENTS,
            id=connector_events_workflow_id(connector_id),
            parent_close_policy=workflow.ParentClosePolicy.TERMINATE,
        )


@workflow.defn(name=names.CONNECTOR_EVENTS)
class ConnectorEvents:
    """Passes the events of a connector to the install that waits for it. Its id is derived from the connector.

    A receiver of webhooks knows the connector, and not the workflow that installs it.
    """

    def __init__(self) -> None:
        """Set up the workflow before its first signal arrives."""
        self._events: list[ChannelEventSignal] = []

    @workflow.signal(name=names.CHANNEL_EVENT)
    def channel_event(self, event: ChannelEventSignal) -> None:
        """Pass an event on.

        Args:
            event: What the event is about.
        """
        self._events.append(event)

    @workflow.run
    async def run(self) -> None:
        """Pass events on until the install is over, which terminates this workflow."""
        parent = workflow.info().parent
        if parent is None:
            return
        install = workflow.get_external_workflow_handle(parent.workflow_id)
        while True:
            await workflow.wait_condition(lambda: bool(self._events))
            while self._events:
                event = self._events.pop(0)
                try:
                    await install.signal(names.CHANNEL_EVENT, event)
                except FailureError:
                    return  # The install is over.
            if workflow.info().is_continue_as_new_suggested():
                return
