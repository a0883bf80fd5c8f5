"""Conversions of arguments that both clients accept."""

from __future__ import annotations

from . import _native
from . import _typing as t


def strings(value: str | t.Sequence[str] | None) -> list[str]:
    """Convert an argument that is one string or several."""
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)


def native_signals(signal: t.Signals | None) -> _native.Signals | None:
    """Return the native half of a hub."""
    return None if signal is None else signal._native
