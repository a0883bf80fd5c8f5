"""Deduplication of webhook deliveries with a store of the caller: its protocol, and the deduplicator."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Protocol

from .._dedup import Claim
from .._webhooks import Event, check_event, check_store


class AsyncDedupStore(Protocol):
    """A store of delivery keys, for ``AsyncDeduplicator``. Implement it to share the keys between processes.

    A store must claim a new key in one atomic step, such as ``SET key … NX PX lease`` in Redis, or an insert with a
    unique key in SQL. It must release a claimed key automatically after a lease, in case the worker dies. It must
    remember processed keys for at least ``max_age`` plus ``tolerance`` of the verifier.
    """

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


class AsyncDeduplicator:
    """Detects duplicate deliveries. An event counts as processed only after its work has succeeded.

    A ``webhooks.Deduplicator`` that keeps the keys in memory does not block, so you can use it in asynchronous code.

    Args:
        store: Where to keep the keys, such as a database.

    Raises:
        TypeError: ``store`` does not have the methods of a store.

    Example:
        ```python
        async def receive(event: Event) -> int:
            async with deduplicator.work(event) as claim:
                if claim is Claim.NEW:
                    await handle(event)
            return 503 if claim is Claim.IN_FLIGHT else 200
        ```
    """

    def __init__(self, store: AsyncDedupStore) -> None:
        self._store = store
        check_store(self._store)

    def __repr__(self) -> str:
        return f"<bird_connectors.webhooks.{type(self).__name__} store={type(self._store).__name__}>"

    async def begin(self, event: Event) -> Claim:
        """Claim an event, unless another worker has claimed it or it was processed. ``work`` does this for you.

        Args:
            event: A verified event.

        Returns:
            Whether the event is new, claimed or processed. If it is new, call ``commit`` or ``release`` afterwards.

        Raises:
            TypeError: It is not an event.
        """
        check_event(event)
        return await self._store.begin(event.delivery_key)

    async def commit(self, event: Event) -> None:
        """Mark an event as processed.

        Args:
            event: The event that ``begin`` returned as new.

        Raises:
            TypeError: It is not an event.
        """
        check_event(event)
        await self._store.commit(event.delivery_key)

    async def release(self, event: Event) -> None:
        """Release an event whose processing failed, so that the next attempt is new.

        Args:
            event: The event that ``begin`` returned as new.

        Raises:
            TypeError: It is not an event.
        """
        check_event(event)
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
