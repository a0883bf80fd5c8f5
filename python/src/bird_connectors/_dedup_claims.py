"""What the shared stores of delivery keys have in common: their arguments, and the tokens of their own claims. Pure."""

from __future__ import annotations

import math
import re
import threading
from collections import OrderedDict
from datetime import timedelta

from . import _native
from . import _typing as t
from ._webhooks import _invalid, _wrong_type

LONGEST_MILLISECONDS = 3_155_760_000_000
"""100 years, which every server can add to its current time."""

_DELIVERY_KEY = re.compile("[0-9a-fA-F]{64}")


def delivery_key(key: object) -> str:
    """Check the key of a delivery, and return it in lower case."""
    if not isinstance(key, str):
        raise _wrong_type("key", "the delivery_key of an event", key)
    if not _DELIVERY_KEY.fullmatch(key):
        raise _invalid("invalid key: expected the delivery_key of an event, which has 64 hexadecimal digits")
    return key.lower()


def lifetimes(remember_for: t.Seconds, lease: t.Seconds) -> tuple[int, int]:
    """Check how long a store remembers keys and leases claims, and return both in milliseconds."""
    # The store in memory accepts the same values, and refuses others with the same messages.
    _native.DedupMemory(1, remember_for, lease)
    return _milliseconds(remember_for), _milliseconds(lease)


def _milliseconds(duration: t.Seconds) -> int:
    seconds = duration.total_seconds() if isinstance(duration, timedelta) else float(duration)
    if seconds * 1000 >= LONGEST_MILLISECONDS:
        return LONGEST_MILLISECONDS
    # Multiples of a millisecond have no exact form as a float: 1.1 * 1000 is above 1100.
    return max(math.ceil(round(seconds * 1000, 6)), 1)


class ClaimTokens:
    """The tokens of the claims that one store has made and not ended, for all threads of the process.

    ``release`` of a store gets a key and no token, so the store remembers the tokens of its claims. If the lease of a
    claim ends while its worker is still running, a second worker of the same store can claim the key, and the store
    then has two tokens of one key. It cannot distinguish their workers, so a release ends the oldest claim, whose lease
    has ended. The claim of the second worker lasts at least until that worker has ended, too.

    Args:
        capacity: Maximum number of tokens. Beyond it, the oldest ones are dropped, and their claims end with the lease.
    """

    def __init__(self, capacity: int = 65_536) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._tokens: OrderedDict[str, list[str]] = OrderedDict()
        self._count = 0

    def add(self, key: str, token: str) -> None:
        """Remember the token of a new claim."""
        with self._lock:
            self._tokens.setdefault(key, []).append(token)
            self._count += 1
            while self._count > self._capacity:
                self._take(next(iter(self._tokens)))

    def take_oldest(self, key: str) -> str | None:
        """Remove the oldest token of a key and return it. None if the store has no claim of the key."""
        with self._lock:
            return self._take(key)

    def __len__(self) -> int:
        return self._count

    def _take(self, key: str) -> str | None:
        tokens = self._tokens.get(key)
        if tokens is None:
            return None
        self._count -= 1
        token = tokens.pop(0)
        if tokens:
            self._tokens.move_to_end(key)
        else:
            del self._tokens[key]
        return token
