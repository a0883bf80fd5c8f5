"""Runs the callbacks of `callbacks.rs`, which call a custom journal, on the event loop.

The package imports this module on import. The module imports only modules that a running event loop has imported.
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
    # Imported here because it takes longer to import than the package.
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
