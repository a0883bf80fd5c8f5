"""Phone numbers: only to find the ``phone_number_id`` that some templates want."""

from __future__ import annotations

from . import _native
from ._lists import AsyncList, List
from ._native import Number


class Numbers:
    """The phone numbers of a workspace."""

    __slots__ = ("_native",)

    def __init__(self, native: _native.Numbers) -> None:
        self._native = native

    def list(self, *, page_size: int | None = None, limit: int | None = None, from_: str | None = None) -> List[Number]:
        """List all numbers. The ``id`` of one is what ``phone_number_id`` wants. No request is made yet."""
        return List(self._native.list(False, page_size, limit, from_))

    def list_long_codes(
        self, *, page_size: int | None = None, limit: int | None = None, from_: str | None = None
    ) -> List[Number]:
        """List long-code numbers, which have a path of their own. No request is made yet."""
        return List(self._native.list(True, page_size, limit, from_))


class AsyncNumbers:
    """The phone numbers of a workspace."""

    __slots__ = ("_native",)

    def __init__(self, native: _native.Numbers) -> None:
        self._native = native

    def list(
        self, *, page_size: int | None = None, limit: int | None = None, from_: str | None = None
    ) -> AsyncList[Number]:
        """List all numbers. The ``id`` of one is what ``phone_number_id`` wants. No request is made yet."""
        return AsyncList(self._native.list(False, page_size, limit, from_))

    def list_long_codes(
        self, *, page_size: int | None = None, limit: int | None = None, from_: str | None = None
    ) -> AsyncList[Number]:
        """List long-code numbers, which have a path of their own. No request is made yet."""
        return AsyncList(self._native.list(True, page_size, limit, from_))
