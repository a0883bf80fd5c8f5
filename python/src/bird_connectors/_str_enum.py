"""The base class of the package's enums: ``enum.StrEnum``, which Python has since 3.11."""

from __future__ import annotations

from enum import Enum


class StrEnum(str, Enum):
    """A string enum. A member equals its value, hashes like it, and prints as it."""

    def __str__(self) -> str:
        return str.__str__(self)

    def __format__(self, format_spec: str) -> str:
        return str.__format__(self, format_spec)
