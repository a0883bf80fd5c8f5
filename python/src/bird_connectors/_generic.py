"""A base for generic classes without ``typing``, which takes longer to import than the rest of the package."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Generic as Generic
else:

    class Generic:
        """A class that can be subscribed, as ``list`` can. At run time the type parameter has no effect."""

        __slots__ = ()
        __class_getitem__ = classmethod(type(list[int]))
