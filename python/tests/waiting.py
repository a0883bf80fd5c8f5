"""Waiting in tests: limits that only a hang exceeds, so that no result depends on the speed of the machine."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

HANG_TIMEOUT: float = 180
"""Seconds. An operation that takes longer hangs: all operations of the tests are far faster, even on a busy machine."""

PROMPT: float = 5
"""Seconds. The limit for what must happen immediately: generous on a busy machine, and far below the timeout or pause
that would end the operation otherwise.
"""


def eventually(condition: Callable[[], Any], timeout: float = HANG_TIMEOUT) -> Any:
    """Polls `condition` until its result is true, and returns the result."""
    end = time.monotonic() + timeout
    while not (result := condition()):
        assert time.monotonic() < end, "the condition did not become true"
        time.sleep(0.02)
    return result


def settled(count: Callable[[], int], quiet: float = 0.5) -> int:
    """Waits until `count` stays the same for `quiet` seconds, and returns it. Fails if it keeps rising."""
    last = count()
    for _ in range(20):
        time.sleep(quiet)
        if (current := count()) == last:
            return current
        last = current
    raise AssertionError(f"the count keeps rising; it is {last}")
