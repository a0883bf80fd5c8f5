"""What a poll decides: pure functions that workflows call. The rules are those of ``until_ready``."""

from __future__ import annotations

from ._records import InstallSettings, ListedChannel, Observations, PollReport, WaitState

# For this long after the create, a 404 does not mean that the connector is gone.
_SETTLING = 30.0
# How many consecutive observations confirm a failure.
_CONFIRMATIONS = 2
# After this many shared polls that did not show an install, it is polled alone.
_ROUNDS_UNLISTED = 3
# A listed install that has not changed for this long is polled alone now and then: it can fail because of its number,
# which no list shows.
_STUCK = 60.0
# The maximum number of installs that are polled alone in one round.
SINGLE_POLLS = 5

FIRST_INTERVAL = 0.5
FIRST_SHARED_INTERVAL = 1.8


def is_same_status(one: str, other: str) -> bool:
    """Return whether two statuses are the same: the API documents neither their case nor their values."""
    return one.strip().lower() == other.strip().lower()


def next_pause(state: WaitState, settings: InstallSettings, random: float) -> float:
    """Return the pause before the next poll of one install, and lengthen the following one.

    Args:
        state: The state of the wait, whose ``pause`` grows by half.
        settings: The settings, with the longest pause.
        random: A random number from 0 to 1, which shortens the pause by up to half.
    """
    pause = min(state.pause, settings.longest_interval)
    state.pause = min(pause * 1.5, settings.longest_interval)
    return pause / 2 + pause / 2 * random


def shared_pause(unchanged: float, settings: InstallSettings, requests: int, random: float) -> float:
    """Return the pause between the starts of two shared polls.

    It is the first interval while statuses change, and later a twentieth of the time since the last change.

    Args:
        unchanged: The time since the last change, in seconds.
        settings: The settings, with the intervals.
        requests: The number of requests of the last round. At most 20 requests are sent per second.
        random: A random number from 0 to 1, which shortens the pause by up to a tenth.
    """
    first = settings.first_interval or FIRST_SHARED_INTERVAL
    pause = min(max(unchanged / 20, first), max(first, settings.longest_interval))
    return max(pause * (0.9 + 0.1 * random), requests / 20)


def _count(seen: Observations, value: str, sent: float, received: float, spacing: float) -> None:
    if seen.count == 0 or sent - seen.last >= spacing:
        seen.count += 1
        seen.last = received
    seen.value = value


def _spacing(settings: InstallSettings, first: float) -> float:
    return (settings.first_interval or first) / 2


def _observe(
    state: WaitState, source: str, status: str | None, settings: InstallSettings, times: tuple[float, float, float]
) -> None:
    if status is not None and any(is_same_status(status, failure) for failure in settings.failure_statuses):
        _count(state.failing.setdefault(source, Observations()), status, *times)
    else:
        state.failing.pop(source, None)


def _note_change(state: WaitState, before: tuple[str | None, ...], now: float) -> None:
    if before != (state.channel_id, state.status, state.stage):
        state.last_change = now


def apply_poll(state: WaitState, report: PollReport, settings: InstallSettings, sent: float, received: float) -> None:
    """Apply the result of a poll to the state.

    Args:
        state: The state of the wait.
        report: What the poll has read.
        settings: The settings of the wait.
        sent: When the poll was requested, by the time of the workflow, in seconds.
        received: When its result arrived.
    """
    before = (state.channel_id, state.status, state.stage)
    times = (sent, received, _spacing(settings, FIRST_INTERVAL))
    state.polls += 1
    state.last_poll = received
    state.channel_id = report.channel_id or state.channel_id
    state.status = report.status or state.status
    state.stage = report.stage or state.stage
    state.confirmed_by = report.confirmed_by
    state.error_kind, state.error = report.error_kind, report.error
    settled = state.observed or received - state.began >= _SETTLING
    state.observed = state.observed or report.observed
    if report.missing and settled:
        _count(state.missing, "", *times)
    elif report.observed:
        state.missing = Observations()
    for source, status in report.statuses.items():
        _observe(state, source, status, settings, times)
    _note_change(state, before, received)


def apply_listed(
    state: WaitState, channel: ListedChannel | None, settings: InstallSettings, sent: float, received: float
) -> None:
    """Apply the result of a shared poll to the state of one install.

    Args:
        state: The state of the wait.
        channel: The channel of the install. None if the list did not show one, which proves nothing.
        settings: The settings of the wait.
        sent: When the poll was requested, by the time of the workflow, in seconds.
        received: When its result arrived.
    """
    state.polls += 1
    if channel is None:
        state.rounds_unlisted += 1
        return
    before = (state.channel_id, state.status, state.stage)
    state.rounds_unlisted = 0
    state.observed = True
    state.missing = Observations()
    if channel.channel_id != state.channel_id:
        state.failing.pop("channel", None)
    state.channel_id = channel.channel_id
    state.status = channel.status or state.status
    _observe(state, "channel", channel.status, settings, (sent, received, _spacing(settings, FIRST_SHARED_INTERVAL)))
    wanted = settings.status
    if wanted is None or (channel.status is not None and is_same_status(channel.status, wanted)):
        state.confirmed_by = "channel"
    _note_change(state, before, received)


def failure(state: WaitState) -> tuple[str, str] | None:
    """Return the kind and the message of the failure that the polls have confirmed. None if there is none."""
    for source, seen in state.failing.items():
        if seen.count >= _CONFIRMATIONS:
            reporter = source.replace("_", " ")
            return "wait_failed", (
                f"the install of connector {state.connector_id} failed: two consecutive polls read the status "
                f"{seen.value!r}, reported by the {reporter}: delete the connector, then install again "
                "[errors#wait_failed]"
            )
    if state.missing.count >= _CONFIRMATIONS:
        return "wait_vanished", f"connector {state.connector_id} does not exist any more [errors#wait_vanished]"
    return None


def timed_out(state: WaitState, timeout: float) -> tuple[str, str]:
    """Return the kind and the message of a wait whose timeout has expired."""
    last = "no status was read" if state.status is None else f"the last status is {state.status!r}"
    cause = "" if state.error is None else f"; the last poll failed: {state.error}"
    return "wait_timed_out", (
        f"connector {state.connector_id} has no channel that can send after {timeout:g} s: {last}{cause}; "
        "the install continues: resume the wait with the token [errors#wait_timed_out]"
    )


def single_polls(states: dict[str, WaitState], now: float, listed: bool) -> list[str]:
    """Return the keys of the installs to poll alone after a shared poll, the most urgent ones first.

    Args:
        states: The states of the installs.
        now: The time of the workflow, in seconds.
        listed: Whether the list could be read. If not, there is no cheaper way, and more installs are polled alone.
    """
    urgent: list[tuple[int, float, str]] = []
    for key, state in states.items():
        since = now - state.last_poll if state.last_poll else None
        suspicious = state.missing.count == 1 or any(
            seen.count == 1 for source, seen in state.failing.items() if source != "channel"
        )
        pause = min(max((now - state.began) / 10, FIRST_SHARED_INTERVAL / 2), 10.0)
        if suspicious:
            urgent.append((0, state.last_poll, key))
        elif (not listed or state.rounds_unlisted >= _ROUNDS_UNLISTED) and (since is None or since >= pause):
            urgent.append((1, state.last_poll, key))
        elif now - state.last_change >= _STUCK and (since is None or since >= _STUCK):
            urgent.append((2, state.last_poll, key))
    limit = SINGLE_POLLS if listed else 6 * SINGLE_POLLS
    return [key for _, _, key in sorted(urgent)[:limit]]
