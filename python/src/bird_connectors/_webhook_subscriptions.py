"""Webhook subscriptions: which events the API sends where."""

from __future__ import annotations

from . import _native
from . import _typing as t
from ._lists import AsyncList, List
from ._native import AvailableWebhook, DeliveryLogEntry, WebhookSubscription
from ._records import ChannelSubscriptions, Deleted, EnsuredSubscription


class WebhookSubscriptions:
    """The webhook subscriptions of a workspace: on the newer path or, from an organization, on the older one."""

    __slots__ = ("_native",)

    def __init__(self, native: _native.WebhookSubscriptions) -> None:
        self._native = native

    def create(
        self,
        *,
        event: str,
        url: str,
        signing_key: str | None = None,
        filters: t.Mapping[str, str] | None = None,
        service: str = "channels",
        template: t.Any = None,
    ) -> WebhookSubscription:
        """Create a subscription: one POST, which is repeated only where it was certainly not processed.

        The URL is signed as it is given here: keep it for verification, and keep the signing key, because the API may
        not show it again. ``filters`` are keys and values that all have to match.
        """
        call = self._native.create(event, url, signing_key, filters, service, template)
        return call.run()

    def ensure(
        self,
        *,
        event: str,
        url: str,
        signing_key: str | None = None,
        filters: t.Mapping[str, str] | None = None,
        service: str = "channels",
        template: t.Any = None,
    ) -> EnsuredSubscription:
        """Create a subscription, or adopt the one for the same service, event, URL and filters.

        Doing it again does nothing. Neither the signing key nor the status of an adopted subscription is touched.
        Raises ``ConflictError`` where several such subscriptions exist, whose ids are in ``details``; where the API
        refuses a sixth one with the same filters, the error lists the five.
        """
        call = self._native.ensure(event, url, signing_key, filters, service, template)
        return call.run()

    def subscribe_to_channels(self, url: str, signing_key: str) -> ChannelSubscriptions:
        """Ensure the two subscriptions that tell of every channel of the workspace, both signed with this key.

        They are to ``channel.created`` and to ``channel.updated``, without filters. Where the second one fails the
        first one stays; doing it again adopts it.
        """
        return self._native.subscribe_to_channels(url, signing_key).run()

    def list(
        self, *, page_size: int | None = None, limit: int | None = None, from_: str | None = None
    ) -> List[WebhookSubscription]:
        """List the subscriptions. No request is made yet."""
        return List(self._native.list(page_size, limit, from_))

    def get(self, id: t.Id) -> WebhookSubscription:
        """Read one subscription. The signing key may be left out."""
        return self._native.get(id).run()

    def update(
        self,
        id: t.Id,
        *,
        url: str | None = None,
        signing_key: str | None = None,
        status: str | None = None,
        filters: t.Mapping[str, str] | None = None,
        template: t.Any = None,
    ) -> WebhookSubscription:
        """Change a subscription: what is not named stays. ``status`` is ``active`` or ``inactive``."""
        call = self._native.update(id, url, signing_key, status, filters, template)
        return call.run()

    def delete(self, id: t.Id, *, missing_ok: bool = False) -> Deleted:
        """Delete a subscription."""
        return self._native.delete(id, missing_ok).run()

    def logs(
        self,
        id: t.Id,
        *,
        execution_status: str | None = None,
        page_size: int | None = None,
        limit: int | None = None,
        from_: str | None = None,
    ) -> List[DeliveryLogEntry]:
        """List what was delivered for a subscription, and how that went. No request is made yet."""
        return List(self._native.logs(id, execution_status, page_size, limit, from_))

    def log_details(self, id: t.Id, request_id: str) -> dict[str, t.Any]:
        """Read the details of one delivery. Their shape is not documented."""
        return self._native.log_details(id, request_id).run()

    def available_events(
        self,
        *,
        service: str = "channels",
        page_size: int | None = None,
        limit: int | None = None,
        from_: str | None = None,
    ) -> List[AvailableWebhook]:
        """List the events on offer, with the keys that their filters can have. No request is made yet."""
        return List(self._native.available_events(service, page_size, limit, from_))


class AsyncWebhookSubscriptions:
    """The webhook subscriptions of a workspace: on the newer path or, from an organization, on the older one."""

    __slots__ = ("_native",)

    def __init__(self, native: _native.WebhookSubscriptions) -> None:
        self._native = native

    async def create(
        self,
        *,
        event: str,
        url: str,
        signing_key: str | None = None,
        filters: t.Mapping[str, str] | None = None,
        service: str = "channels",
        template: t.Any = None,
    ) -> WebhookSubscription:
        """Create a subscription: one POST, which is repeated only where it was certainly not processed.

        The URL is signed as it is given here: keep it for verification, and keep the signing key, because the API may
        not show it again. ``filters`` are keys and values that all have to match.
        """
        call = self._native.create(event, url, signing_key, filters, service, template)
        return await call.start()

    async def ensure(
        self,
        *,
        event: str,
        url: str,
        signing_key: str | None = None,
        filters: t.Mapping[str, str] | None = None,
        service: str = "channels",
        template: t.Any = None,
    ) -> EnsuredSubscription:
        """Create a subscription, or adopt the one for the same service, event, URL and filters.

        Doing it again does nothing. Neither the signing key nor the status of an adopted subscription is touched.
        Raises ``ConflictError`` where several such subscriptions exist, whose ids are in ``details``; where the API
        refuses a sixth one with the same filters, the error lists the five.
        """
        call = self._native.ensure(event, url, signing_key, filters, service, template)
        return await call.start()

    async def subscribe_to_channels(self, url: str, signing_key: str) -> ChannelSubscriptions:
        """Ensure the two subscriptions that tell of every channel of the workspace, both signed with this key.

        They are to ``channel.created`` and to ``channel.updated``, without filters. Where the second one fails the
        first one stays; doing it again adopts it.
        """
        return await self._native.subscribe_to_channels(url, signing_key).start()

    def list(
        self, *, page_size: int | None = None, limit: int | None = None, from_: str | None = None
    ) -> AsyncList[WebhookSubscription]:
        """List the subscriptions. No request is made yet."""
        return AsyncList(self._native.list(page_size, limit, from_))

    async def get(self, id: t.Id) -> WebhookSubscription:
        """Read one subscription. The signing key may be left out."""
        return await self._native.get(id).start()

    async def update(
        self,
        id: t.Id,
        *,
        url: str | None = None,
        signing_key: str | None = None,
        status: str | None = None,
        filters: t.Mapping[str, str] | None = None,
        template: t.Any = None,
    ) -> WebhookSubscription:
        """Change a subscription: what is not named stays. ``status`` is ``active`` or ``inactive``."""
        call = self._native.update(id, url, signing_key, status, filters, template)
        return await call.start()

    async def delete(self, id: t.Id, *, missing_ok: bool = False) -> Deleted:
        """Delete a subscription."""
        return await self._native.delete(id, missing_ok).start()

    def logs(
        self,
        id: t.Id,
        *,
        execution_status: str | None = None,
        page_size: int | None = None,
        limit: int | None = None,
        from_: str | None = None,
    ) -> AsyncList[DeliveryLogEntry]:
        """List what was delivered for a subscription, and how that went. No request is made yet."""
        return AsyncList(self._native.logs(id, execution_status, page_size, limit, from_))

    async def log_details(self, id: t.Id, request_id: str) -> dict[str, t.Any]:
        """Read the details of one delivery. Their shape is not documented."""
        return await self._native.log_details(id, request_id).start()

    def available_events(
        self,
        *,
        service: str = "channels",
        page_size: int | None = None,
        limit: int | None = None,
        from_: str | None = None,
    ) -> AsyncList[AvailableWebhook]:
        """List the events on offer, with the keys that their filters can have. No request is made yet."""
        return AsyncList(self._native.available_events(service, page_size, limit, from_))
