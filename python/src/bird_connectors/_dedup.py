"""Deduplication of webhook deliveries: the stores of their keys, and the deduplicators."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Protocol

from . import _native
from . import _typing as t
from ._str_enum import StrEnum
from ._webhooks import Event


class Claim(StrEnum):
    """The result of claiming an event or a key."""

    NEW = "new"
    """The event is new, or was released: process it, then commit it. If processing fails, release it."""
    IN_FLIGHT = "in_flight"
    """Another worker is processing the event. Answer 503, so that the sender retries in case that worker fails."""
    DONE = "done"
    """The event was processed before. Answer 200, so that the sender does not retry."""


class DedupStore(Protocol):
    """A store of delivery keys. Implement it to share the keys between processes.

    A store must claim a new key in one atomic step, such as ``SET key … NX PX lease`` in Redis, or an insert with a
    unique key in SQL. It must release a claimed key automatically after a lease, in case the worker dies. It must
    remember processed keys for at least ``max_age`` plus ``tolerance`` of the verifier.
    """

    def begin(self, key: str, /) -> Claim:
        """Claim a key, unless another worker has claimed it or it was processed.

        Args:
            key: The ``delivery_key`` of an event.

        Returns:
            Whether the key is new, claimed or processed.
        """
        ...

    def commit(self, key: str, /) -> None:
        """Mark a key as processed.

        Args:
            key: The key that ``begin`` returned as new.
        """
        ...

    def release(self, key: str, /) -> None:
        """Release a key whose processing failed, so that the next attempt is new. A processed key stays processed.

        Args:
            key: The key that ``begin`` returned as new.
        """
        ...


class AsyncDedupStore(Protocol):
    """A store of delivery keys with asynchronous methods, for ``AsyncDeduplicator``. See ``DedupStore``."""

    async def begin(self, key: str, /) -> Claim:
        """Claim a key, unless another worker has claimed it or it was processed.

        Args:
            key: The ``delivery_key`` of an event.

        Returns:
            Whether the key is new, claimed or processed.
        """
        ...

    async def commit(self, key: str, /) -> None:
        """Mark a key as processed.

        Args:
            key: The key that ``begin`` returned as new.
        """
        ...

    async def release(self, key: str, /) -> None:
        """Release a key whose processing failed, so that the next attempt is new. A processed key stays processed.

        Args:
            key: The key that ``begin`` returned as new.
        """
        ...


class MemoryDedupStore:
    """A store of delivery keys in memory, for all threads and tasks of one process. Its methods do not block.

    If it is full, it drops the oldest keys, processed ones first. A delivery whose key was dropped counts as new.

    Args:
        capacity: Maximum number of keys.
        remember_for: How long to remember processed keys, in seconds or as a ``timedelta``. Use at least ``max_age``
            plus ``tolerance`` of the verifier.
        lease: After how long a key that was neither committed nor released can be claimed again, in seconds or as a
            ``timedelta``. Use more time than processing takes.

    Raises:
        InvalidInputError: A value is out of range.
    """

    __slots__ = ("_native",)

    def __init__(self, *, capacity: int = 65_536, remember_for: t.Seconds = 86400 + 300, lease: t.Seconds = 60) -> None:
        self._native = _native.DedupMemory(capacity, remember_for, lease)

    def begin(self, key: str, /) -> Claim:
        """Claim a key, unless another worker has claimed it or it was processed.

        Args:
            key: The ``delivery_key`` of an event.

        Returns:
            Whether the key is new, claimed or processed.
        """
        return Claim(self._native.begin(key))

    def commit(self, key: str, /) -> None:
        """Mark a key as processed.

        Args:
            key: The key that ``begin`` returned as new.
        """
        self._native.commit(key)

    def release(self, key: str, /) -> None:
        """Release a key whose processing failed, so that the next attempt is new. A processed key stays processed.

        Args:
            key: The key that ``begin`` returned as new.
        """
        self._native.release(key)

    def __len__(self) -> int:
        return len(self._native)

    def __repr__(self) -> str:
        return f"<bird_connectors.webhooks.MemoryDedupStore keys={len(self)}>"


class Deduplicator:
    """Detects duplicate deliveries. An event counts as processed only after its work has succeeded.

    Args:
        store: Where to keep the keys. Default: in memory, for this process. Pass a custom store to share them.

    Example:
        ```python
        def receive(event: Event) -> int:
            with deduplicator.work(event) as claim:
                if claim is Claim.NEW:
                    handle(event)
            return 503 if claim is Claim.IN_FLIGHT else 200
        ```
    """

    __slots__ = ("_store",)

    def __init__(self, store: DedupStore | None = None) -> None:
        self._store: DedupStore = MemoryDedupStore() if store is None else store

    def begin(self, event: Event) -> Claim:
        """Claim an event, unless another worker has claimed it or it was processed. ``work`` does this for you.

        Args:
            event: A verified event.

        Returns:
            Whether the event is new, claimed or processed. If it is new, call ``commit`` or ``release`` afterwards.
        """
        return self._store.begin(event.delivery_key)

    def commit(self, event: Event) -> None:
        """Mark an event as processed.

        Args:
            event: The event that ``begin`` returned as new.
        """
        self._store.commit(event.delivery_key)

    def release(self, event: Event) -> None:
        """Release an event whose processing failed, so that the next attempt is new.

        Args:
            event: The event that ``begin`` returned as new.
        """
        self._store.release(event.delivery_key)

    @contextmanager
    def work(self, event: Event) -> Generator[Claim, None, None]:
        """Claim an event for a ``with`` block, which processes it only if it is new.

        At the end of the block, a new event is committed. If the block raises an exception, the event is released, and
        the exception continues.

        Args:
            event: A verified event.

        Yields:
            Whether the event is new, claimed by another worker, or processed.

        Example:
            ```python
            with deduplicator.work(event) as claim:
                if claim is Claim.NEW:
                    handle(event)
            ```
        """
        claim = self.begin(event)
        try:
            yield claim
        except BaseException:
            if claim is Claim.NEW:
                self.release(event)
            raise
        if claim is Claim.NEW:
            self.commit(event)


class AsyncDeduplicator:
    """Detects duplicate deliveries, with a store whose methods are asynchronous. See ``Deduplicator``.

    A ``Deduplicator`` that keeps the keys in memory does not block, so you can use it in asynchronous code as well.

    Args:
        store: Where to keep the keys, such as a database.

    Example:
        ```python
        async def receive(event: Event) -> int:
            async with deduplicator.work(event) as claim:
                if claim is Claim.NEW:
                    await handle(event)
            return 503 if claim is Claim.IN_FLIGHT else 200
        ```
    """

    __slots__ = ("_store",)

    def __init__(self, store: AsyncDedupStore) -> None:
        self._store = store

    async def begin(self, event: Event) -> Claim:
        """Claim an event, unless another worker has claimed it or it was processed. ``work`` does this for you.

        Args:
            event: A verified event.

        Returns:
            Whether the event is new, claimed or processed. If it is new, call ``commit`` or ``release`` afterwards.
        """
        return await self._store.begin(event.delivery_key)

    async def commit(self, event: Event) -> None:
        """Mark an event as processed.

        Args:
            event: The event that ``begin`` returned as new.
        """
        await self._store.commit(event.delivery_key)

    async def release(self, event: Event) -> None:
        """Release an event whose processing failed, so that the next attempt is new.

        Args:
            event: The event that ``begin`` returned as new.
        """
        await self._store.release(event.delivery_key)

    @asynccontextmanager
    async def work(self, event: Event) -> AsyncGenerator[Claim, None]:
        """Claim an event for an ``async with`` block, which processes it only if it is new.

        At the end of the block, a new event is committed. If the block raises an exception or is cancelled, the event
        is released, and the exception continues.

        Args:
            event: A verified event.

        Yields:
            Whether the event is new, claimed by another worker, or processed.

        Example:
            ```python
            async with deduplicator.work(event) as claim:
                if claim is Claim.NEW:
                    await handle(event)
            ```
        """
        claim = await self.begin(event)
        try:
            yield claim
        except BaseException:
            if claim is Claim.NEW:
                await self.release(event)
            raise
        if claim is Claim.NEW:
            await self.commit(event)
