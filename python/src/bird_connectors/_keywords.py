"""Constructors that take keyword arguments only."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ._types import Initializer
else:
    Initializer = object


def keywords_only(example: str) -> Callable[[Initializer], Initializer]:
    """Return a decorator of ``__init__`` that refuses positional arguments, and shows how to write them instead.

    Python's own message counts ``self``: "takes 1 positional argument but 2 were given".
    """

    def decorate(init: Initializer) -> Initializer:
        def wrapper(self: Any, *positional: object, **settings: Any) -> None:
            if positional:
                raise TypeError(
                    f"{type(self).__name__}() takes keyword arguments only: write {type(self).__name__}({example})"
                )
            init(self, **settings)

        wrapper.__name__ = init.__name__
        wrapper.__doc__ = init.__doc__
        wrapper.__module__ = init.__module__
        wrapper.__qualname__ = init.__qualname__
        wrapper.__annotations__ = init.__annotations__
        # `inspect.signature` and `help()` show the arguments of the wrapped function.
        wrapper.__wrapped__ = init  # type: ignore[attr-defined]
        return wrapper  # type: ignore[return-value]

    return decorate
