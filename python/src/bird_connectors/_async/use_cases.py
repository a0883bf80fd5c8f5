"""Use cases. The SMS template needs the id of one as ``use_case_id`` for some numbers."""

from __future__ import annotations

from .. import _native
from .. import _typing as t
from .._native import UseCase
from .lists import AsyncList


class AsyncUseCases:
    """The use cases of a workspace.

    US 10DLC numbers and North American toll-free numbers get their use case by registration; other senders use a
    generic one. This package cannot create a use case: the API documents that this is possible, but not how.
    """

    def __init__(self, native: _native.UseCases) -> None:
        self._native = native

    def list(
        self,
        *,
        page_size: int | None = None,
        limit: int | None = None,
        max_empty_pages: int | None = None,
        resume_from: str | None = None,
    ) -> AsyncList[UseCase]:
        """List the use cases of the workspace.

        No request is sent until the list is read.

        Args:
            page_size: Number of items in one request, at most 1000. Default: 1000.
            limit: Maximum number of items in total. None returns all.
            max_empty_pages: Maximum number of consecutive empty pages that name a next page. After that, the list
                raises ``CursorCycleError``, which has a checkpoint. Default: 1000.
            resume_from: The checkpoint of an earlier iteration of this list, to resume it.

        Returns:
            The list. The ``id`` of a use case is the ``use_case_id`` of the SMS template.

        Raises:
            InvalidInputError: An argument is invalid, or the checkpoint belongs to another list. Raised when the
                list is read.

        Example:
            ```python
            async for use_case in client.workspace().use_cases.list():
                print(use_case.id, use_case.name, use_case.status)
            ```
        """
        return AsyncList(self._native.list(page_size, limit, max_empty_pages, resume_from))

    async def get(self, id: t.Id) -> UseCase:
        """Read one use case.

        Args:
            id: The id of the use case.

        Returns:
            The use case.

        Raises:
            NotFoundError: The use case does not exist.
            BirdConnectorsError: Any other failure. The request is a read, which is retried automatically.
        """
        return await self._native.get(id).start()

    def __repr__(self) -> str:
        return f"<bird_connectors.{type(self).__name__} workspace={self._native.workspace_id!r}>"
