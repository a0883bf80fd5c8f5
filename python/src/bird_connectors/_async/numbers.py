"""Phone numbers. Some templates need the id of one as ``phone_number_id``."""

from __future__ import annotations

from .. import _native
from .. import _typing as t
from .._arguments import strings
from .._native import Number
from .lists import AsyncList


class AsyncNumbers:
    """The phone numbers of a workspace."""

    def __init__(self, native: _native.Numbers) -> None:
        self._native = native

    def list(
        self,
        *,
        prefix: str | None = None,
        search_term: str | None = None,
        status: str | None = None,
        number_type: str | None = None,
        country: str | None = None,
        capabilities: str | None = None,
        page_size: int | None = None,
        limit: int | None = None,
        max_empty_pages: int | None = None,
        resume_from: str | None = None,
    ) -> AsyncList[Number]:
        """List the phone numbers of the workspace.

        No request is sent until the list is read. The API documents the names of the filters, but not how it compares
        them. To find one number, use ``find``.

        Args:
            prefix: The API's filter ``prefix``: the first digits of the numbers.
            search_term: The API's filter ``searchTerm``.
            status: The API's filter ``status``, whose values are not documented.
            number_type: Only numbers of this type, such as ``"mobile"``.
            country: Only numbers of this country, as an ISO 3166-1 alpha-2 code.
            capabilities: The API's filter ``capabilities``, whose values are not documented.
            page_size: Number of items in one request, at most 99. Default: 99.
            limit: Maximum number of items in total. None returns all.
            max_empty_pages: Maximum number of consecutive empty pages that name a next page. After that, the list
                raises ``CursorCycleError``, which has a checkpoint. Default: 1000.
            resume_from: The checkpoint of an earlier iteration of this list, to resume it.

        Returns:
            The list. The ``id`` of a number is the ``phone_number_id`` of a template.

        Raises:
            InvalidInputError: An argument is invalid, or the checkpoint belongs to another list. Raised when the
                list is read.

        Example:
            ```python
            async for number in client.workspace().numbers.list():
                print(number.id, number.number_string)
            ```
        """
        return AsyncList(
            self._native.list(
                prefix,
                search_term,
                status,
                number_type,
                country,
                capabilities,
                page_size,
                limit,
                max_empty_pages,
                resume_from,
            )
        )

    async def find(self, number: str) -> Number | None:
        """Find a phone number, however it is spelled.

        Spaces, dashes, dots and parentheses are ignored, so ``+31 6 1234-5678``, ``0031612345678`` and ``31612345678``
        are equal. The client reads the list of all numbers until it finds the number, and then the list of long codes.

        Args:
            number: The number in international form: the country code comes first, with or without ``+`` or ``00``.

        Returns:
            The number, or None if the workspace does not have it.

        Raises:
            InvalidInputError: The string is not an international phone number. Nothing was sent.
            PermissionDeniedError: The number was not found, and the access key may not read one of the lists.
            DecodeError: The number was not found, and an item that cannot be decoded may be the number.
            BirdConnectorsError: Any other failure. All requests are reads.

        Example:
            ```python
            number = await client.workspace().numbers.find("+31 6 1234-5678")
            ```
        """
        return await self._native.find(number).start()

    def list_long_codes(
        self,
        *,
        prefix: str | None = None,
        search_term: str | None = None,
        status: str | None = None,
        number_type: str | None = None,
        country: str | None = None,
        capabilities: str | None = None,
        number_string: str | None = None,
        country_codes: t.Sequence[str] | None = None,
        provider_ids: t.Sequence[str] | None = None,
        page_size: int | None = None,
        limit: int | None = None,
        max_empty_pages: int | None = None,
        resume_from: str | None = None,
    ) -> AsyncList[Number]:
        """List the long-code numbers of the workspace, which the API returns on a separate path.

        No request is sent until the list is read. The API documents the names of the filters, but not how it compares
        them.

        Args:
            prefix: The API's filter ``prefix``: the first digits of the numbers.
            search_term: The API's filter ``searchTerm``.
            status: The API's filter ``status``, whose values are not documented.
            number_type: Only numbers of this type, such as ``"mobile"``.
            country: Only numbers of this country, as an ISO 3166-1 alpha-2 code.
            capabilities: The API's filter ``capabilities``, whose values are not documented.
            number_string: Only the number that is written like this.
            country_codes: Only numbers of these countries.
            provider_ids: Only numbers of these providers.
            page_size: Number of items in one request, at most 99. Default: 99.
            limit: Maximum number of items in total. None returns all.
            max_empty_pages: Maximum number of consecutive empty pages that name a next page. After that, the list
                raises ``CursorCycleError``, which has a checkpoint. Default: 1000.
            resume_from: The checkpoint of an earlier iteration of this list, to resume it.

        Returns:
            The list.

        Raises:
            InvalidInputError: An argument is invalid, or the checkpoint belongs to another list. Raised when the
                list is read.
        """
        return AsyncList(
            self._native.list_long_codes(
                prefix,
                search_term,
                status,
                number_type,
                country,
                capabilities,
                number_string,
                strings(country_codes),
                strings(provider_ids),
                page_size,
                limit,
                max_empty_pages,
                resume_from,
            )
        )

    def __repr__(self) -> str:
        return f"<bird_connectors.{type(self).__name__} workspace={self._native.workspace_id!r}>"
