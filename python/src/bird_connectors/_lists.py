"""Lists, and the iterators over them. Nothing is sent before the first item is asked for."""

from __future__ import annotations

from . import _typing as t
from ._generic import Generic
from ._records import Page

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._types import T
else:
    T = object


class _Iteration(Generic[T]):
    """Where an iteration stands."""

    __slots__ = ("_stream",)

    def __init__(self, stream: t.Stream[T]) -> None:
        self._stream = stream

    @property
    def checkpoint(self) -> str | None:
        """Where the list goes on behind what was delivered: for ``from_`` of the same list. None at its end."""
        return self._stream.checkpoint


class Iteration(_Iteration[T]):
    """The items or the pages of a list, in order.

    An item that cannot be read raises ``DecodeError``, and the iteration can go on behind it. Any other error ends it.
    """

    __slots__ = ()

    def __iter__(self) -> Iteration[T]:
        return self

    def __next__(self) -> T:
        return self._stream.__next__()


class AsyncIteration(_Iteration[T]):
    """The items or the pages of a list, in order.

    An item that cannot be read raises ``DecodeError``, and the iteration can go on behind it. Any other error ends it.
    """

    __slots__ = ()

    def __aiter__(self) -> AsyncIteration[T]:
        return self

    def __anext__(self) -> t.Awaitable[T]:
        return self._stream.__anext__()


class List(Generic[T]):
    """A list that has not been read yet: iterate over it, as often as wanted.

    "Every item once, in order" holds for a list that does not change while it is read.
    """

    __slots__ = ("_listing",)

    def __init__(self, listing: t.Listing[T]) -> None:
        self._listing = listing

    def __iter__(self) -> Iteration[T]:
        """Start over, from the first item."""
        return Iteration(self._listing.items())

    def pages(self) -> Iteration[Page[T]]:
        """Read page by page. The next page is fetched while one is worked on, from the second on."""
        return Iteration(self._listing.pages())

    def first_page(self) -> Page[T]:
        """Read the first page alone: one request."""
        return self._listing.first_page().run()

    def to_list(self, limit: int | None = None, *, on_undecodable: t.OnUndecodable = "raise") -> list[T]:
        """Read all items into memory, or at most ``limit``. Say how many fit: a list can be long.

        ``on_undecodable="skip"`` leaves out items that cannot be read, instead of raising ``DecodeError``. An error
        carries what was read before it in ``partial``, and where to go on in ``checkpoint``.
        """
        return self._listing.collect(limit, on_undecodable).run()


class AsyncList(Generic[T]):
    """A list that has not been read yet: iterate over it with ``async for``, as often as wanted.

    "Every item once, in order" holds for a list that does not change while it is read.
    """

    __slots__ = ("_listing",)

    def __init__(self, listing: t.Listing[T]) -> None:
        self._listing = listing

    def __aiter__(self) -> AsyncIteration[T]:
        """Start over, from the first item."""
        return AsyncIteration(self._listing.items())

    def pages(self) -> AsyncIteration[Page[T]]:
        """Read page by page. The next page is fetched while one is worked on, from the second on."""
        return AsyncIteration(self._listing.pages())

    async def first_page(self) -> Page[T]:
        """Read the first page alone: one request."""
        return await self._listing.first_page().start()

    async def to_list(self, limit: int | None = None, *, on_undecodable: t.OnUndecodable = "raise") -> list[T]:
        """Read all items into memory, or at most ``limit``. Say how many fit: a list can be long.

        ``on_undecodable="skip"`` leaves out items that cannot be read, instead of raising ``DecodeError``. An error
        carries what was read before it in ``partial``, and where to go on in ``checkpoint``.
        """
        return await self._listing.collect(limit, on_undecodable).start()
