"""Which events wake a wait. Pure: the caller passes the time."""

from __future__ import annotations

# The number of events that can each trigger a poll at once.
_BURST = 3.0
# The number of deliveries whose duplicates are recognized.
_REMEMBERED = 64


class Wakeups:
    """Limits how often events trigger polls: three at once, and one more per first interval.

    Args:
        interval: The first interval of the wait, in seconds.
    """

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._permits = _BURST
        self._updated: float | None = None
        self._pending = False
        self._deliveries: list[str] = []
        self.received = 0

    def receive(self, delivery_key: str | None) -> None:
        """Take an event. A duplicate of an earlier one does nothing.

        Args:
            delivery_key: The key of its delivery, if it has one.
        """
        if delivery_key is not None:
            if delivery_key in self._deliveries:
                return
            self._deliveries = [*self._deliveries[-_REMEMBERED:], delivery_key]
        self._pending = True
        self.received += 1

    def is_due(self, now: float) -> bool:
        """Return whether an event triggers a poll now."""
        return self._pending and self._refilled(now) >= 1

    def time_until_due(self, now: float) -> float | None:
        """Return the time until an event triggers a poll, in seconds. None without an event."""
        if not self._pending:
            return None
        return max(1 - self._refilled(now), 0.0) * self._interval

    def spend(self, now: float) -> None:
        """Record that a poll begins. It answers all events so far."""
        if self._pending:
            self._permits = max(self._refilled(now) - 1, 0.0)
            self._updated = now
            self._pending = False

    def _refilled(self, now: float) -> float:
        if self._updated is None:
            return self._permits
        return min(_BURST, self._permits + (now - self._updated) / self._interval)
