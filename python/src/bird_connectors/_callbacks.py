"""Calls a journal of the user from the event loop: schedules the callbacks of `callbacks.rs`.

The package imports this module at once, and the module imports only what a running event loop has imported already.
"""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` is slow to import
if TYPE_CHECKING:
    import asyncio

    from ._native import Callback

# The event loop keeps only weak references to tasks.
_tasks: set[asyncio.Task[None]] = set()


def schedule(callback: Callback) -> None:
    """Run a callback as a task. The loop calls this in the context of the call that the callback belongs to."""
    # Imported late: it takes longer to import than the whole package.
    import asyncio

    task = asyncio.get_running_loop().create_task(_run(callback))
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def _run(callback: Callback) -> None:
    import asyncio
    import inspect

    try:
        method = callback.method
        if inspect.iscoroutinefunction(method):
            callback.answer(await method(*callback.arguments))
        else:
            await asyncio.to_thread(callback.perform)
    except BaseException as error:
        callback.fail(error)
        if not isinstance(error, Exception):
            raise
