"""Lists of the API, and the iterators that read them."""

from __future__ import annotations

from .. import _typing as t
from .._generic import Generic
from .._records import Page

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .._types import T
else:
    T = object


class AsyncItemIterator(Generic[T]):
    """An iterator over the items or the pages of a list, in order. Read it with ``async for``.

    It sends a request when it needs the next page, and keeps reading one page ahead.

    An item that cannot be decoded raises ``DecodeError``; the iterator continues with the next item after that. Any
    other error ends the iterator, and the error's ``checkpoint`` says where to resume. All its requests are reads.
    """

    def __init__(self, stream: t.Stream[T]) -> None:
        self._stream = stream

    @property
    def checkpoint(self) -> str | None:
        """Where to resume the list after the items that were returned so far. None at the end of the list.

        Pass it to ``resume_from`` of the same list, also in another process.
        """
        return self._stream.checkpoint

    def __aiter__(self) -> AsyncItemIterator[T]:
        return self

    def __anext__(self) -> t.Awaitable[T]:
        return self._stream.__anext__()

    def __repr__(self) -> str:
        return f"<bird_connectors.{type(self).__name__}>"


class AsyncList(Generic[T]):
    """A list of the API. Read its items with ``async for``, as often as you like: each iteration starts again.

    Creating the list sends no request. Every item is returned once and in order, if the list does not change while it
    is read.

    Example:
        ```python
        async for connector in client.workspace().connectors.list(limit=100):
            print(connector.id, connector.name)
        ```
    """

    def __init__(self, listing: t.Listing[T]) -> None:
        self._listing = listing

    def __aiter__(self) -> AsyncItemIterator[T]:
        return AsyncItemIterator(self._listing.items())

    def __repr__(self) -> str:
        return f"<bird_connectors.{type(self).__name__} {self._listing.description}>"

    def pages(self) -> AsyncItemIterator[Page[T]]:
        """Return an iterator over the pages of the list.

        From the second page on, the iterator requests the next page while your code handles the current one.

        Returns:
            An iterator over ``Page`` objects, which have the items, the items that could not be decoded, and a
            checkpoint. It raises the errors of ``first_page``.

        Example:
            ```python
            async for page in client.workspace().channels.list(page_size=500).pages():
                print(len(page.items), page.checkpoint)
            ```
        """
        return AsyncItemIterator(self._listing.pages())

    async def first_page(self) -> Page[T]:
        """Read the first page, with one request.

        Returns:
            The page. Items that cannot be decoded are in ``undecodable``.

        Raises:
            PermissionDeniedError: The access key may not read this list. The message names the missing permission.
            NotFoundError: The workspace does not exist.
            BirdConnectorsError: Any other failure. The request is a read, which is retried automatically.

        Example:
            ```python
            page = await client.workspace().numbers.list().first_page()
            ```
        """
        return await self._listing.first_page().start()

    async def to_list(self, limit: int | None = None, *, on_undecodable: t.OnUndecodable = "raise") -> list[T]:
        """Read the items into a list.

        Args:
            limit: Maximum number of items. None reads all, which may need much memory. The result does not show whether
                the list has more items. Iterate over the list to find out: after the last item, ``checkpoint`` of the
                iterator is set if it has more.
            on_undecodable: What to do with an item that cannot be decoded: ``"raise"`` raises ``DecodeError``,
                ``"skip"`` omits the item.

        Returns:
            The items, in order.

        Raises:
            DecodeError: An item cannot be decoded, and ``on_undecodable`` is ``"raise"``.
            CursorCycleError: The API returned a page token for the second time.
            BirdConnectorsError: Any other failure. The requests are reads, which are retried automatically. ``partial``
                has the items that were read before the failure, and ``checkpoint`` says where to resume.

        Example:
            ```python
            newest = await client.workspace().connectors.list(reverse=True).to_list(limit=20)
            ```
        """
        return await self._listing.collect(limit, on_undecodable).start()
