"""Calls the ``on_progress`` function of a wait."""

from __future__ import annotations

from . import _typing as t
from ._records import Progress


def report(callback: t.Callable[[Progress], t.Any], step: Progress) -> None:
    """Call the function of a synchronous wait."""
    callback(step)


async def report_async(callback: t.Callable[[Progress], t.Any], step: Progress) -> None:
    """Call the function of an asynchronous wait. If it returns an awaitable, await it."""
    result = callback(step)
    if hasattr(result, "__await__"):
        await result
