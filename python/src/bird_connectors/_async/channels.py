"""Channels, which connectors install: list and read them, and send a first message."""

from __future__ import annotations

from .. import _native
from .. import _typing as t
from .._arguments import strings
from .._native import Channel, Conversational, SentMessage
from .lists import AsyncList


class AsyncChannels:
    """The channels of a workspace. To remove a channel, delete its connector."""

    def __init__(self, native: _native.Channels) -> None:
        self._native = native

    def list(
        self,
        *,
        platform: str | t.Sequence[str] | None = None,
        status: str | t.Sequence[str] | None = None,
        channel_ids: t.Sequence[t.Id] | None = None,
        conferencial: bool = False,
        only_my_channels: bool = False,
        use_case_type: str | None = None,
        resource_owner_id: str | None = None,
        resource_owner_identifier: str | t.Sequence[str] | None = None,
        reverse: bool = False,
        page_size: int | None = None,
        limit: int | None = None,
        max_empty_pages: int | None = None,
        resume_from: str | None = None,
    ) -> AsyncList[Channel]:
        """List the channels of the workspace.

        No request is sent until the list is read. It is not documented whether a list without ``status`` contains all
        channels: do not conclude from this list that a channel does not exist.

        Args:
            platform: Only channels of this platform, or of these, such as ``"sms-messagebird"``.
            status: Only channels with this status, or one of these: ``"active"``, ``"preview"``, ``"pending"``,
                ``"inactive"``. See ``ChannelStatus``.
            channel_ids: Only channels with these ids.
            conferencial: The API's filter ``conferencial``.
            only_my_channels: The API's filter ``onlyMyChannels``.
            use_case_type: The API's filter ``useCaseType``.
            resource_owner_id: The API's filter ``resourceOwnerId``.
            resource_owner_identifier: The API's filter ``resourceOwnerIdentifier``, with one value or several.
            reverse: List in reverse order.
            page_size: Number of items in one request, at most 1000. Default: 1000.
            limit: Maximum number of items in total. None returns all.
            max_empty_pages: Maximum number of consecutive empty pages that name a next page. After that, the list
                raises ``CursorCycleError``, which has a checkpoint. Default: 1000.
            resume_from: The checkpoint of an earlier iteration of this list, to resume it.

        Returns:
            The list.

        Raises:
            InvalidInputError: An argument is invalid, or the checkpoint belongs to another list. Raised when the
                list is read.

        Example:
            ```python
            async for channel in workspace.channels.list(status="active"):
                print(channel.id, channel.platform_id, channel.identifier)
            ```
        """
        return AsyncList(
            self._native.list(
                strings(platform),
                strings(status),
                () if channel_ids is None else channel_ids,
                conferencial,
                only_my_channels,
                use_case_type,
                resource_owner_id,
                strings(resource_owner_identifier),
                reverse,
                page_size,
                limit,
                max_empty_pages,
                resume_from,
            )
        )

    async def get(self, id: t.Id) -> Channel:
        """Read one channel. It can send messages if its status is ``active``.

        Args:
            id: The id of the channel. It is not the id of its connector.

        Returns:
            The channel.

        Raises:
            NotFoundError: The channel does not exist.
            BirdConnectorsError: Any other failure. The request is a read, which is retried automatically.

        Example:
            ```python
            channel = await workspace.channels.get(ready.channel_id)
            ```
        """
        return await self._native.get(id).start()

    async def conversational(self, id: t.Id) -> Conversational:
        """Read whether inbound messages of a channel open conversations in the Inbox.

        Args:
            id: The id of the channel.

        Returns:
            The setting, with the status ``active`` or ``inactive``.

        Raises:
            NotFoundError: The channel does not exist.
            BirdConnectorsError: Any other failure. The request is a read, which is retried automatically.
        """
        return await self._native.conversational(id).start()

    async def set_conversational(self, id: t.Id, enabled: bool) -> Conversational:
        """Set whether inbound messages of a channel open conversations in the Inbox.

        Args:
            id: The id of the channel.
            enabled: Whether they do.

        Returns:
            The new setting.

        Raises:
            NotFoundError: The channel does not exist.
            BirdConnectorsError: Any other failure. If ``outcome`` is ``"unknown"``, the setting may have been changed.
                Setting it again is safe.
        """
        return await self._native.set_conversational(id, enabled).start()

    async def send_text(self, id: t.Id, *, to: str, text: str) -> SentMessage:
        """Send a text message, to check that a channel works.

        The request is retried only if it was certainly not processed.

        Args:
            id: The id of the channel.
            to: The receiver, as the platform identifies it, such as a phone number in E.164 format.
            text: The message.

        Returns:
            The message that the API has accepted. It may not have been delivered yet.

        Raises:
            InvalidInputError: ``to`` or ``text`` is empty. Nothing was sent.
            BirdConnectorsError: Any other failure. If ``outcome`` is ``"unknown"``, the message may have been sent:
                calling this again may send it twice.

        Example:
            ```python
            message = await workspace.channels.send_text(ready.channel_id, to="+31612345678", text="Hello")
            ```
        """
        return await self._native.send_text(id, to, text).start()

    def __repr__(self) -> str:
        return f"<bird_connectors.{type(self).__name__} workspace={self._native.workspace_id!r}>"
