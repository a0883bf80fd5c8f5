"""Types of arguments, and what the native half hands out: generic here, erased there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    import sys
    from collections.abc import Awaitable, Sequence
    from datetime import timedelta
    from uuid import UUID

    from ._records import Page

    if sys.version_info >= (3, 11):
        from typing import Self as Self
    else:
        from typing_extensions import Self as Self

    Id: TypeAlias = str | UUID
    Seconds: TypeAlias = float | timedelta
    Scalar: TypeAlias = str | int | float | bool
    QueryValue: TypeAlias = Scalar | Sequence[Scalar]

OnUndecodable: TypeAlias = Literal["raise", "skip"]

T_co = TypeVar("T_co", covariant=True)


class Call(Protocol[T_co]):
    """A request that is not sent yet."""

    def run(self) -> T_co:
        """Make the call and wait for its result."""
        ...

    def start(self) -> Awaitable[T_co]:
        """Make the call on the running loop."""
        ...


class Stream(Protocol[T_co]):
    """An iteration, of both kinds."""

    @property
    def checkpoint(self) -> str | None:
        """Where the list goes on."""
        ...

    @property
    def totals(self) -> Any:
        """How far it has come."""
        ...

    def close(self) -> None:
        """End it."""
        ...

    def __next__(self) -> T_co: ...

    def __anext__(self) -> Awaitable[T_co]: ...


class Listing(Protocol[T_co]):
    """A list that has not been read."""

    def items(self) -> Stream[T_co]:
        """Read item by item."""
        ...

    def pages(self) -> Stream[Page[T_co]]:
        """Read page by page."""
        ...

    def first_page(self) -> Call[Page[T_co]]:
        """Read the first page alone."""
        ...

    def collect(self, limit: int | None, on_undecodable: str) -> Call[list[Any]]:
        """Read into memory."""
        ...
