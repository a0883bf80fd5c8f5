"""Classes with a type parameter, without ``typing``, which takes longer to import than the rest of the package."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Generic as Generic
    from typing import TypeVar

    T = TypeVar("T")
    T_co = TypeVar("T_co", covariant=True)
else:
    T = T_co = object

    class Generic:
        """A class that can be subscribed, as the standard library's are, and takes no notice of it."""

        __slots__ = ()
        __class_getitem__ = classmethod(type(list[int]))
