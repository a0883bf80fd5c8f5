"""The base class of the package's enums: ``enum.StrEnum``, which Python has since 3.11."""

from __future__ import annotations

from enum import Enum

from . import _typing as t


class StrEnum(str, Enum):
    """A string enum. A member equals its value, hashes like it, and prints as it."""

    def __new__(cls, value: str) -> t.Self:
        """Create a member, or look one up by its value."""
        member = str.__new__(cls, value)
        member._value_ = value
        return member

    def __str__(self) -> str:
        return str.__str__(self)

    def __format__(self, format_spec: str) -> str:
        return str.__format__(self, format_spec)
