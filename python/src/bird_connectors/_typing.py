"""The names that annotations use, such as ``t.Any``: ``from . import _typing as t``.

``typing`` and the other modules behind these names take longer to import than the package. Annotations are strings, so
the names are needed only if a program evaluates them, as ``typing.get_type_hints`` does. They are imported then.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._types import *  # noqa: F403
else:

    def __getattr__(name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from . import _types

        return getattr(_types, name)
