"""The base of classes whose methods both clients share."""

from __future__ import annotations

from . import _typing as t

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FunctionType
else:
    FunctionType = type(lambda: None)


class Shared:
    """A base class that is not public, such as ``_Client``, from which public classes inherit.

    Python names a method after the class that defines it: ``Client()`` would raise ``TypeError`` with the message
    ``_Client.__init__() missing 1 required …``. Each public subclass therefore gets copies with its own name.
    """

    __slots__ = ()

    def __init_subclass__(cls) -> None:
        """Copy the methods of private base classes into a public class."""
        super().__init_subclass__()
        if cls.__name__.startswith("_"):
            return
        seen = set[str]()
        for base in cls.__mro__:
            for name, member in vars(base).items():
                if name not in seen and base.__name__.startswith("_"):
                    _copy(cls, name, member)
            seen.update(vars(base))


def _copy(cls: type, name: str, member: t.Any) -> None:
    function = getattr(member, "__func__", member)  # a class method wraps its function
    if not isinstance(function, FunctionType):
        return
    copy = FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    copy.__annotations__ = function.__annotations__
    copy.__doc__ = function.__doc__
    copy.__module__ = function.__module__
    copy.__qualname__ = f"{cls.__qualname__}.{function.__name__}"
    setattr(cls, name, copy if member is function else type(member)(copy))
