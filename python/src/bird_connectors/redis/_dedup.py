"""Stores of delivery keys in Redis. ``crates/bird-connectors/tests/vectors/redis.json`` records their format."""

from __future__ import annotations

import secrets
from typing import Any

from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from .. import _typing as t
from .._dedup import Claim
from .._dedup_claims import ClaimTokens, delivery_key, lifetimes
from ._connect import DEFAULT_PREFIX, check_prefix, connect, connect_async

DONE = "done"

# The result is an index into `_CLAIMS`. A client that repeats the command after a lost reply finds its own claim, which
# is new.
BEGIN = """\
local value = redis.call('GET', KEYS[1])
if value == 'done' then return 2 end
if value and value ~= ARGV[1] then return 1 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 0
"""
_CLAIMS = (Claim.NEW, Claim.IN_FLIGHT, Claim.DONE)

# Another worker can hold the key if the lease has ended: only the claim with this token ends.
RELEASE = """\
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
"""


def claimed_value(token: str) -> str:
    """Return the value of a key that is claimed."""
    return f"claim:{token}"


class _Commands:
    """The arguments of the commands, and the tokens of the claims."""

    def __init__(self, prefix: str, remember_for: t.Seconds, lease: t.Seconds) -> None:
        self.prefix = check_prefix(prefix)
        self.remember_for, self.lease = lifetimes(remember_for, lease)
        self._tokens = ClaimTokens()

    def redis_key(self, key: str) -> str:
        return f"{self.prefix}dedup:{delivery_key(key)}"

    def begin(self, key: str, token: str) -> tuple[Any, ...]:
        return BEGIN, 1, self.redis_key(key), claimed_value(token), self.lease

    def begun(self, key: str, token: str, result: int) -> Claim:
        claim = _CLAIMS[result]
        if claim is Claim.NEW:
            self._tokens.add(delivery_key(key), token)
        return claim

    def release(self, key: str) -> tuple[Any, ...] | None:
        token = self._tokens.take_oldest(delivery_key(key))
        return None if token is None else (RELEASE, 1, self.redis_key(key), claimed_value(token))

    def commit(self, key: str) -> dict[str, Any]:
        # Unconditional: the work has succeeded, also if the lease has ended and another worker has claimed the key.
        # That worker cannot undo it, because its release compares the value.
        return {"name": self.redis_key(key), "value": DONE, "px": self.remember_for}

    def end(self, key: str) -> None:
        # Also if the commit failed: its work has ended, so its claim ends with the lease.
        self._tokens.take_oldest(delivery_key(key))


def _new_token() -> str:
    return secrets.token_hex(16)


class RedisDedupStore:
    """A store of delivery keys in Redis, for all processes that use the same server and prefix.

    Pass it to ``webhooks.Deduplicator``. Each method sends one command, which Redis runs atomically. If the lease of a
    worker ends before its work does, another worker can claim the key. The first worker then cannot release that claim.
    If its work succeeds, the key counts as processed, also if the work of the other worker fails.

    Redis must not evict keys that have not expired (``maxmemory-policy noeviction``), and a failover to a replica can
    lose the last writes: in both cases a delivery can be processed twice.

    Args:
        redis: The URL of the server, such as ``redis://localhost:6379/0``, or a client of redis-py. A store that is
            created from a URL has its own client, whose commands time out after 5 seconds.
        prefix: What the names of all keys start with. Use one prefix per environment.
        remember_for: How long to remember processed keys, in seconds or as a ``timedelta``. Use at least ``max_age``
            plus ``tolerance`` of the verifier.
        lease: After how long a key that was neither committed nor released can be claimed again, in seconds or as a
            ``timedelta``. Use more time than processing takes.

    Raises:
        InvalidInputError: A value is out of range, or the URL is invalid.
        TypeError: A value has another type.

    Example:
        ```python
        deduplicator = Deduplicator(RedisDedupStore("redis://localhost:6379/0", lease=300))
        ```
    """

    def __init__(
        self,
        redis: Redis | str,
        *,
        prefix: str = DEFAULT_PREFIX,
        remember_for: t.Seconds = 86400 + 300,
        lease: t.Seconds = 60,
    ) -> None:
        self._commands = _Commands(prefix, remember_for, lease)
        self._redis, self._is_own = connect(redis)

    def begin(self, key: str, /) -> Claim:
        """Claim a key, unless another worker has claimed it or it was processed.

        Args:
            key: The ``delivery_key`` of an event.

        Returns:
            Whether the key is new, claimed or processed.

        Raises:
            redis.RedisError: The server cannot be reached. The key may stay claimed until the lease ends.
            InvalidInputError: It is not the key of a delivery.
        """
        token = _new_token()
        result = self._redis.eval(*self._commands.begin(key, token))
        return self._commands.begun(key, token, result)

    def commit(self, key: str, /) -> None:
        """Mark a key as processed, also if its lease has ended.

        Args:
            key: The key that ``begin`` returned as new.

        Raises:
            redis.RedisError: The server cannot be reached. The delivery may be processed again after the lease.
            InvalidInputError: It is not the key of a delivery.
        """
        try:
            self._redis.set(**self._commands.commit(key))
        finally:
            self._commands.end(key)

    def release(self, key: str, /) -> None:
        """Release a key whose processing failed, so that the next attempt is new.

        Only a claim of this store is released. A processed key stays processed, and the claim of another worker stays.

        Args:
            key: The key that ``begin`` returned as new.

        Raises:
            redis.RedisError: The server cannot be reached. The key may stay claimed until the lease ends.
            InvalidInputError: It is not the key of a delivery.
        """
        command = self._commands.release(key)
        if command is not None:
            self._redis.eval(*command)

    def close(self) -> None:
        """Close the connections, if the store was created from a URL."""
        if self._is_own:
            self._redis.close()

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<bird_connectors.redis.RedisDedupStore prefix={self._commands.prefix!r}>"


class AsyncRedisDedupStore:
    """A store of delivery keys in Redis, for ``webhooks.AsyncDeduplicator``. See ``RedisDedupStore``.

    It belongs to the event loop that uses it first, as clients of ``redis.asyncio`` do.

    Args:
        redis: The URL of the server, such as ``redis://localhost:6379/0``, or a client of ``redis.asyncio``. A store
            that is created from a URL has its own client, whose commands time out after 5 seconds.
        prefix: What the names of all keys start with. Use one prefix per environment.
        remember_for: How long to remember processed keys, in seconds or as a ``timedelta``. Use at least ``max_age``
            plus ``tolerance`` of the verifier.
        lease: After how long a key that was neither committed nor released can be claimed again, in seconds or as a
            ``timedelta``. Use more time than processing takes.

    Raises:
        InvalidInputError: A value is out of range, or the URL is invalid.
        TypeError: A value has another type.

    Example:
        ```python
        async with AsyncRedisDedupStore("redis://localhost:6379/0", lease=300) as store:
            deduplicator = AsyncDeduplicator(store)
        ```
    """

    def __init__(
        self,
        redis: AsyncRedis | str,
        *,
        prefix: str = DEFAULT_PREFIX,
        remember_for: t.Seconds = 86400 + 300,
        lease: t.Seconds = 60,
    ) -> None:
        self._commands = _Commands(prefix, remember_for, lease)
        self._redis, self._is_own = connect_async(redis)

    async def begin(self, key: str, /) -> Claim:
        """Claim a key, unless another worker has claimed it or it was processed.

        Args:
            key: The ``delivery_key`` of an event.

        Returns:
            Whether the key is new, claimed or processed.

        Raises:
            redis.RedisError: The server cannot be reached. The key may stay claimed until the lease ends.
            InvalidInputError: It is not the key of a delivery.
        """
        token = _new_token()
        result = await self._redis.eval(*self._commands.begin(key, token))
        return self._commands.begun(key, token, result)

    async def commit(self, key: str, /) -> None:
        """Mark a key as processed, also if its lease has ended.

        Args:
            key: The key that ``begin`` returned as new.

        Raises:
            redis.RedisError: The server cannot be reached. The delivery may be processed again after the lease.
            InvalidInputError: It is not the key of a delivery.
        """
        try:
            await self._redis.set(**self._commands.commit(key))
        finally:
            self._commands.end(key)

    async def release(self, key: str, /) -> None:
        """Release a key whose processing failed, so that the next attempt is new.

        Only a claim of this store is released. A processed key stays processed, and the claim of another worker stays.

        Args:
            key: The key that ``begin`` returned as new.

        Raises:
            redis.RedisError: The server cannot be reached. The key may stay claimed until the lease ends.
            InvalidInputError: It is not the key of a delivery.
        """
        command = self._commands.release(key)
        if command is not None:
            await self._redis.eval(*command)

    async def close(self) -> None:
        """Close the connections, if the store was created from a URL."""
        if self._is_own:
            await self._redis.aclose()

    async def __aenter__(self) -> t.Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<bird_connectors.redis.AsyncRedisDedupStore prefix={self._commands.prefix!r}>"
