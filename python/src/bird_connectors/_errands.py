"""Calling a journal of the caller's under asyncio: what `errands.rs` hands over.

This is imported with the package, and imports nothing that a running loop has not imported.
"""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` is slow to import
if TYPE_CHECKING:
    import asyncio

    from ._native import Errand

# The loop itself holds its tasks only weakly.
_under_way: set[asyncio.Task[None]] = set()


def hand_over(errand: Errand) -> None:
    """Take an errand of a call. Runs in the loop of that call, in its context."""
    # Not before it is used: it costs more to import than the whole package.
    import asyncio

    task = asyncio.get_running_loop().create_task(_carry_out(errand))
    _under_way.add(task)
    task.add_done_callback(_under_way.discard)


async def _carry_out(errand: Errand) -> None:
    import asyncio
    import inspect

    try:
        method = errand.method
        if inspect.iscoroutinefunction(method):
            errand.answer(await method(*errand.arguments))
        else:
            await asyncio.to_thread(errand.perform)
    except BaseException as error:
        errand.fail(error)
        if not isinstance(error, Exception):
            raise
