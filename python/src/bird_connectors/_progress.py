"""Checks and calls functions of the user: ``on_progress`` of a wait or of an apply, and ``secrets`` of an apply."""

from __future__ import annotations

from . import _typing as t

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._types import T

_CO_COROUTINE = 0x80  # `inspect.CO_COROUTINE`; `inspect` takes longer to import than the package


def check(callback: t.Any, name: str = "on_progress") -> None:
    """Check the function of a synchronous call before it starts."""
    check_async(callback, name)
    if _is_coroutine_function(callback):
        raise TypeError(
            f"invalid {name}: expected a function, got a coroutine function, which only AsyncClient can await"
        )


def check_async(callback: t.Any, name: str = "on_progress") -> None:
    """Check the function of an asynchronous call before it starts."""
    if callback is not None and not callable(callback):
        raise TypeError(f"invalid {name}: expected a function or None, got {type(callback).__name__}")


def _is_coroutine_function(callback: t.Any) -> bool:
    while hasattr(callback, "func"):  # `functools.partial`
        callback = callback.func
    # A function has code, and an object with the method `__call__` has a class with it.
    codes: list[t.Any] = [
        getattr(callback, "__code__", None),
        getattr(type(callback).__dict__.get("__call__"), "__code__", None),
    ]
    return any(code is not None and code.co_flags & _CO_COROUTINE for code in codes)


def report(callback: t.Callable[[T], t.Any], step: T, name: str = "on_progress") -> t.Any:
    """Call the function of a synchronous call, and return its result."""
    result = callback(step)
    if hasattr(result, "__await__"):
        # Prevents the warning that the coroutine was never awaited.
        close = getattr(result, "close", None)
        if close is not None:
            close()
        raise TypeError(f"{name} returned an awaitable, which only AsyncClient can await")
    return result


async def report_async(callback: t.Callable[[T], t.Any], step: T) -> t.Any:
    """Call the function of an asynchronous call, and return its result. If that is an awaitable, await it."""
    result = callback(step)
    return await result if hasattr(result, "__await__") else result
