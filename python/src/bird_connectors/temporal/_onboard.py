"""The workflow of many installs, which share their polls."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

from temporalio import workflow
from temporalio.exceptions import ActivityError

from . import _calls as calls
from . import _names as names
from . import _waiting as waiting
from ._onboard_records import OnboardItem, OnboardRequest, OnboardTotals
from ._records import (
    ChannelEventSignal,
    FollowedConnector,
    InstallFailure,
    ListedChannel,
    SharedPollRequest,
)
from ._templates import identity_keys

# The maximum number of connectors of one shared poll.
_PER_POLL = 1000
# The maximum length of the error of an item. The workflow carries all of them over when it continues as new.
_ERROR_LENGTH = 200


@workflow.defn(name=names.ONBOARD_MANY)
class OnboardMany:
    """Installs many channels with bounded concurrency, and follows them with shared polls.

    A failed item never stops the others: the workflow succeeds, and its queries ``results`` and ``totals`` show each
    item while it runs and afterwards. It continues as new after each batch.
    """

    @workflow.init
    def __init__(self, request: OnboardRequest) -> None:
        """Set up the workflow before its first query arrives."""
        self._request = request
        self._items = request.items or [OnboardItem() for _ in request.templates]
        self._waits = request.waits
        self._named: set[str] = set()
        self._cancelled = request.cancelled
        self._by_status = False
        self._rounds = 0
        self._requests = 1
        self._last_change = workflow.time()
        self._next = 0
        self._started = 0

    @workflow.run
    async def run(self, request: OnboardRequest) -> OnboardTotals:
        """Install the channels.

        Args:
            request: What to install, and how.

        Returns:
            How many items are ready, failed or cancelled. Each item is a result of the query ``results``.
        """
        if not request.items:
            self._refuse_duplicates()
        installs = [asyncio.create_task(self._install()) for _ in range(request.concurrency)]
        while True:
            is_installing = not all(task.done() for task in installs)
            if self._cancelled:
                self._cancel_items()
            if not self._waits and not is_installing:
                break
            if self._waits:
                await self._poll_round()
            elif is_installing:
                await workflow.wait_condition(
                    lambda: bool(self._waits) or self._cancelled or all(task.done() for task in installs)
                )
            if not is_installing and self._must_continue_as_new():
                break
        for task in installs:
            await task
        if self._waits or any(item.state == "pending" for item in self._items):
            # Events are not carried over: the next run begins with a poll of all installs.
            workflow.continue_as_new(replace(request, items=self._items, waits=self._waits, cancelled=self._cancelled))
        return self.totals()

    @workflow.signal(name=names.CHANNEL_EVENT)
    def channel_event(self, event: ChannelEventSignal) -> None:
        """Poll the connector of an event in the next round, which begins now.

        Args:
            event: What the event is about. An event about a connector that is not followed is ignored.
        """
        if event.connector_id is not None and any(
            state.connector_id == event.connector_id for state in self._waits.values()
        ):
            self._named.add(event.connector_id)

    @workflow.signal
    def cancel(self) -> None:
        """Start no further item, and end all waits. Connectors that exist stay."""
        self._cancelled = True

    @workflow.query
    def results(self, offset: int = 0, limit: int = 100) -> list[OnboardItem]:
        """Return items in the order of the templates, also while the workflow runs.

        Args:
            offset: The index of the first item.
            limit: Maximum number of items.

        Returns:
            The items.
        """
        return self._items[offset : offset + limit]

    @workflow.query
    def totals(self) -> OnboardTotals:
        """Return how many items have which result.

        Returns:
            The totals so far.
        """
        states = [item.state for item in self._items]
        ready, failed, cancelled = (states.count(state) for state in ("ready", "failed", "cancelled"))
        return OnboardTotals(ready, failed, cancelled, pending=len(states) - ready - failed - cancelled)

    def _refuse_duplicates(self) -> None:
        """Fails the items that identify the same connector as an earlier one, and those without an identity."""
        seen: dict[str, int] = {}
        for index, template in enumerate(self._request.templates):
            item = self._items[index]
            try:
                keys = identity_keys(template, self._request.settings.identified_by)
            except ValueError as error:
                _fail(item, InstallFailure("invalid_input", str(error)))
                continue
            earlier = [seen[key] for key in keys if key in seen]
            if earlier:
                message = f"template {index} identifies the same connector as template {earlier[0]}"
                _fail(item, InstallFailure("invalid_input", message))
                continue
            seen.update(dict.fromkeys(keys, index))

    def _must_continue_as_new(self) -> bool:
        return self._started >= self._request.batch_size or workflow.info().is_continue_as_new_suggested()

    def _next_item(self) -> int | None:
        """Return the index of the next item to install. None at the end of the batch."""
        while self._next < len(self._items) and self._items[self._next].state != "pending":
            self._next += 1
        if self._next == len(self._items) or self._cancelled or self._must_continue_as_new():
            return None
        self._started += 1
        return self._next

    async def _install(self) -> None:
        """Ensures connectors, one after the other. Several of these run at the same time."""
        request = self._request
        while (index := self._next_item()) is not None:
            item = self._items[index]
            item.state = "ensuring"
            try:
                connector = await calls.ensure(request.workspace_id, request.templates[index], request.settings)
            except ActivityError as error:
                _fail(item, calls.failure_of(error, None))
                continue
            item.state = "waiting"
            item.connector_id, item.adopted = connector.connector_id, connector.adopted
            self._waits[str(index)] = calls.began(connector, request.settings)
            self._last_change = workflow.time()

    async def _poll_round(self) -> None:
        """Polls all waits once, and sleeps until the next round is due."""
        began = workflow.time()
        listed = await self._poll_list()
        self._decide()
        named = [key for key, state in self._waits.items() if state.connector_id in self._named]
        self._named.clear()
        single = [*named, *waiting.single_polls(self._waits, workflow.time(), listed)]
        await asyncio.gather(*(self._poll_single(key) for key in dict.fromkeys(single)))
        self._decide()
        if not self._waits:
            return
        settings = self._request.settings
        unchanged = workflow.time() - self._last_change
        pause = waiting.shared_pause(unchanged, settings, self._requests, workflow.random().random())
        now = workflow.time()
        end = max(began + pause, now + self._shortest_pause())
        if settings.timeout is not None:
            # The last poll of an install begins when its timeout expires.
            end = min(end, min(state.began for state in self._waits.values()) + settings.timeout)
        await self._sleep(end - now)

    def _shortest_pause(self) -> float:
        """Return the minimum time between two rounds."""
        return (self._request.settings.first_interval or waiting.FIRST_SHARED_INTERVAL) / 2

    async def _sleep(self, seconds: float) -> None:
        """Sleeps with a durable timer. An event ends it, but not before half the first interval."""
        shortest = self._shortest_pause()
        with contextlib.suppress(asyncio.TimeoutError):
            await workflow.wait_condition(lambda: self._cancelled, timeout=max(min(seconds, shortest), 0.001))
        if seconds > shortest:
            with contextlib.suppress(asyncio.TimeoutError):
                await workflow.wait_condition(lambda: self._cancelled or bool(self._named), timeout=seconds - shortest)

    async def _poll_list(self) -> bool:
        """Polls all waits with the list of channels. Returns whether it could be read."""
        keys = list(self._waits)
        chunks = [keys[start : start + _PER_POLL] for start in range(0, len(keys), _PER_POLL)]
        # It is unclear whether a list without a filter shows all channels, so the other kind is read from time to time.
        by_status = self._by_status != (self._rounds % 4 == 3)
        self._rounds += 1
        sent = workflow.time()
        requests = [
            SharedPollRequest(
                self._request.workspace_id,
                [FollowedConnector(self._waits[key].connector_id, self._waits[key].channel_id) for key in chunk],
                by_status,
            )
            for chunk in chunks
        ]
        try:
            reports = await asyncio.gather(*(calls.poll_shared(request) for request in requests))
        except ActivityError:
            return False
        received = workflow.time()
        self._requests = sum(report.pages for report in reports)
        channels: dict[str, ListedChannel] = {
            channel.connector_id: channel for report in reports for channel in report.channels
        }
        before = sum(state.rounds_unlisted == 0 and state.polls > 0 for state in self._waits.values())
        for key in keys:
            state = self._waits[key]
            waiting.apply_listed(state, channels.get(state.connector_id), self._request.settings, sent, received)
            self._last_change = max(self._last_change, state.last_change)
        if by_status != self._by_status and len(channels) > before:
            self._by_status = by_status
        return True

    async def _poll_single(self, key: str) -> None:
        """Polls one install alone."""
        state, settings = self._waits[key], self._request.settings
        sent = workflow.time()
        try:
            report = await calls.poll(self._request.workspace_id, state, settings)
        except ActivityError as error:
            self._end(key, calls.failure_of(error, state))
            return
        waiting.apply_poll(state, report, settings, sent, workflow.time())
        self._last_change = max(self._last_change, state.last_change)

    def _decide(self) -> None:
        """Ends the waits that are over."""
        settings = self._request.settings
        now = workflow.time()
        for key, state in list(self._waits.items()):
            item = self._items[int(key)]
            item.channel_id, item.status = state.channel_id, state.status
            if state.confirmed_by is not None and state.channel_id is not None:
                item.state = "ready"
                del self._waits[key]
            elif failure := waiting.failure(state):
                self._end(key, calls.failed(*failure, state))
            elif settings.timeout is not None and now - state.began >= settings.timeout and state.polls > 0:
                self._end(key, calls.failed(*waiting.timed_out(state, settings.timeout), state))

    def _end(self, key: str, failure: InstallFailure) -> None:
        self._waits.pop(key, None)
        item = self._items[int(key)]
        item.channel_id, item.status = failure.channel_id, failure.status
        _fail(item, failure)

    def _cancel_items(self) -> None:
        for index, item in enumerate(self._items):
            if item.state in ("pending", "waiting"):
                item.state = "cancelled"
                self._waits.pop(str(index), None)


def _fail(item: OnboardItem, failure: InstallFailure) -> None:
    item.state = "failed"
    item.error_kind = failure.kind
    message = failure.message
    item.error = message if len(message) <= _ERROR_LENGTH else message[: _ERROR_LENGTH - 1] + "…"
    item.unresolved = failure.unresolved
