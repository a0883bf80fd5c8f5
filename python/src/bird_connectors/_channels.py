"""Channels: what a connector becomes once it is installed."""

from __future__ import annotations

from . import _native
from . import _typing as t
from ._lists import AsyncList, List
from ._native import Channel, Conversational, SentMessage


def _several(value: str | t.Sequence[str] | None) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)


class Channels:
    """The channels of a workspace. A channel is removed by deleting its connector."""

    __slots__ = ("_native",)

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
        from_: str | None = None,
    ) -> List[Channel]:
        """List channels. No request is made yet.

        Whether the API leaves channels out where no status is asked for is not clear: absence from this list proves
        nothing. ``page_size``, ``limit`` and ``from_`` are those of the connector list.
        """
        return List(
            self._native.list(
                _several(platform),
                _several(status),
                [] if channel_ids is None else list(channel_ids),
                conferencial,
                only_my_channels,
                use_case_type,
                resource_owner_id,
                _several(resource_owner_identifier),
                reverse,
                page_size,
                limit,
                from_,
            )
        )

    def get(self, id: t.Id) -> Channel:
        """Read one channel. It can send when its status is ``active``. The id is the channel's, not the connector's."""
        return self._native.get(id).run()

    def conversational(self, id: t.Id) -> Conversational:
        """Read whether inbound messages open conversations in the Inbox."""
        return self._native.conversational(id).run()

    def set_conversational(self, id: t.Id, enabled: bool) -> Conversational:
        """Set whether inbound messages open conversations in the Inbox."""
        return self._native.set_conversational(id, enabled).run()

    def send_text(self, id: t.Id, *, to: str, text: str) -> SentMessage:
        """Send a text over the channel: the proof that it works.

        ``to`` is what the platform calls its receivers, such as a number in E.164. Where an error's ``outcome`` is
        ``"unknown"`` the message may have gone out: sending again may send it twice.
        """
        return self._native.send_text(id, to, text).run()


class AsyncChannels:
    """The channels of a workspace. A channel is removed by deleting its connector."""

    __slots__ = ("_native",)

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
        from_: str | None = None,
    ) -> AsyncList[Channel]:
        """List channels. No request is made yet.

        Whether the API leaves channels out where no status is asked for is not clear: absence from this list proves
        nothing. ``page_size``, ``limit`` and ``from_`` are those of the connector list.
        """
        return AsyncList(
            self._native.list(
                _several(platform),
                _several(status),
                [] if channel_ids is None else list(channel_ids),
                conferencial,
                only_my_channels,
                use_case_type,
                resource_owner_id,
                _several(resource_owner_identifier),
                reverse,
                page_size,
                limit,
                from_,
            )
        )

    async def get(self, id: t.Id) -> Channel:
        """Read one channel. It can send when its status is ``active``. The id is the channel's, not the connector's."""
        return await self._native.get(id).start()

    async def conversational(self, id: t.Id) -> Conversational:
        """Read whether inbound messages open conversations in the Inbox."""
        return await self._native.conversational(id).start()

    async def set_conversational(self, id: t.Id, enabled: bool) -> Conversational:
        """Set whether inbound messages open conversations in the Inbox."""
        return await self._native.set_conversational(id, enabled).start()

    async def send_text(self, id: t.Id, *, to: str, text: str) -> SentMessage:
        """Send a text over the channel: the proof that it works.

        ``to`` is what the platform calls its receivers, such as a number in E.164. Where an error's ``outcome`` is
        ``"unknown"`` the message may have gone out: sending again may send it twice.
        """
        return await self._native.send_text(id, to, text).start()
