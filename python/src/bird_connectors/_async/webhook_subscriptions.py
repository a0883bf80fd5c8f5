"""Webhook subscriptions: which events the API sends, and to which URL."""

from __future__ import annotations

from .. import _native
from .. import _typing as t
from .._native import AvailableWebhook, DeliveryLogEntry, WebhookSubscription
from .._records import ChannelSubscriptions, Deleted, EnsuredSubscription
from .lists import AsyncList


class AsyncWebhookSubscriptions:
    """The webhook subscriptions of a workspace.

    Subscriptions of ``AsyncOrganization.workspace`` use the older path below the organization.
    """

    def __init__(self, native: _native.WebhookSubscriptions) -> None:
        self._native = native

    async def create(
        self,
        *,
        event: str,
        url: str,
        signing_key: str | None = None,
        platform_id: str | None = None,
        channel_status: str | None = None,
        filters: t.Mapping[str, str] | None = None,
        service: str = "channels",
        template: t.Any = None,
    ) -> WebhookSubscription:
        """Create a subscription. Calling it twice may create two, which both deliver: ``ensure`` does not.

        Store the URL and the signing key, because verifying a delivery needs both: the signature covers the URL exactly
        as it is passed here, and the API may not return the key again.

        The request is retried only if it was certainly not processed.

        Args:
            event: The event, such as ``"channel.updated"``. ``available_events`` lists all.
            url: The URL to send the events to. It must use https.
            signing_key: The key with which the API signs the deliveries. Secret.
            platform_id: Only events of channels with this platform, such as ``"sms-messagebird"``. It is neither the
                slug of a template nor the short name in the names of events.
            channel_status: Only events of channels with this status, such as ``"active"``.
            filters: Further keys and values that must all match, such as ``{"channelId": "…"}``.
            service: The service whose events are sent.
            template: The API's field ``template``, whose format is not documented.

        Returns:
            The subscription.

        Raises:
            InvalidInputError: An argument is invalid. Nothing was sent.
            ApiError: The API rejected the request. It allows five subscriptions with the same filters.
            BirdConnectorsError: Any other failure. If ``outcome`` is ``"unknown"``, the subscription may have been
                created: use ``ensure`` to find out.

        Example:
            ```python
            subscription = await workspace.webhook_subscriptions.create(
                event="channel.updated", url="https://hooks.example.com/bird", signing_key=key
            )
            ```
        """
        call = self._native.create(event, url, signing_key, platform_id, channel_status, filters, service, template)
        return await call.start()

    async def ensure(
        self,
        *,
        event: str,
        url: str,
        signing_key: str | None = None,
        platform_id: str | None = None,
        channel_status: str | None = None,
        filters: t.Mapping[str, str] | None = None,
        service: str = "channels",
        template: t.Any = None,
    ) -> EnsuredSubscription:
        """Adopt the subscription with the same service, event, URL and filters, or create one if there is none.

        Calling it again has no further effect. The signing key and the status of an adopted subscription are not
        changed. After a 409 or an unknown outcome, the client reads the list once more.

        Args:
            event: The event, such as ``"channel.updated"``. ``available_events`` lists all.
            url: The URL to send the events to. It must use https, and is compared exactly.
            signing_key: The key with which the API signs the deliveries. Secret.
            platform_id: Only events of channels with this platform, such as ``"sms-messagebird"``. It is neither the
                slug of a template nor the short name in the names of events.
            channel_status: Only events of channels with this status, such as ``"active"``.
            filters: Further keys and values that must all match, in any order.
            service: The service whose events are sent.
            template: The API's field ``template``, whose format is not documented.

        Returns:
            The subscription, whether it was adopted, and whether the signing key is certainly in effect.

        Raises:
            InvalidInputError: An argument is invalid. Nothing was sent.
            ConflictError: Several subscriptions match. ``details`` lists their ids.
            ApiError: The API rejected the request. If there are already five subscriptions with the same filters,
                ``details`` lists them.
            BirdConnectorsError: Any other failure. If ``outcome`` is ``"unknown"``, the subscription may have been
                created. Calling ``ensure`` again is safe.

        Example:
            ```python
            ensured = await workspace.webhook_subscriptions.ensure(
                event="sms.inbound", url="https://hooks.example.com/bird", signing_key=key
            )
            if not ensured.signing_key_applied:
                await workspace.webhook_subscriptions.update(ensured.subscription.id, signing_key=key)
            ```
        """
        call = self._native.ensure(event, url, signing_key, platform_id, channel_status, filters, service, template)
        return await call.start()

    async def subscribe_to_channels(self, url: str, signing_key: str) -> ChannelSubscriptions:
        """Ensure the two subscriptions that report every change of a channel: ``channel.created``, ``channel.updated``.

        Both have no filters and the same signing key. Calling it again has no further effect.

        Args:
            url: The URL to send the events to. It must use https.
            signing_key: The key with which the API signs the deliveries. Secret.

        Returns:
            The two subscriptions.

        Raises:
            InvalidInputError: An argument is invalid. Nothing was sent.
            BirdConnectorsError: The errors of ``ensure``. If the second subscription fails, the first one stays, and
                calling this again adopts it.

        Example:
            ```python
            both = await workspace.webhook_subscriptions.subscribe_to_channels("https://hooks.example.com/bird", key)
            ```
        """
        return await self._native.subscribe_to_channels(url, signing_key).start()

    def list(
        self,
        *,
        page_size: int | None = None,
        limit: int | None = None,
        max_empty_pages: int | None = None,
        resume_from: str | None = None,
    ) -> AsyncList[WebhookSubscription]:
        """List the subscriptions of the workspace.

        No request is sent until the list is read.

        Args:
            page_size: Number of items in one request, at most 100. Default: 100.
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
            async for subscription in workspace.webhook_subscriptions.list():
                print(subscription.event, subscription.url, subscription.status)
            ```
        """
        return AsyncList(self._native.list(page_size, limit, max_empty_pages, resume_from))

    async def get(self, id: t.Id) -> WebhookSubscription:
        """Read one subscription.

        Args:
            id: The id of the subscription.

        Returns:
            The subscription. The API may omit its signing key.

        Raises:
            NotFoundError: The subscription does not exist.
            BirdConnectorsError: Any other failure. The request is a read, which is retried automatically.
        """
        return await self._native.get(id).start()

    async def update(
        self,
        id: t.Id,
        *,
        url: str | None = None,
        signing_key: str | None = None,
        status: str | None = None,
        platform_id: str | None = None,
        channel_status: str | None = None,
        filters: t.Mapping[str, str] | None = None,
        template: t.Any = None,
    ) -> WebhookSubscription:
        """Change a subscription. Fields whose argument is None keep their value.

        The request is retried only if it was certainly not processed.

        Args:
            id: The id of the subscription.
            url: The new URL.
            signing_key: The new signing key. Deliveries in progress may still be signed with the old key. Secret.
            status: ``"active"`` or ``"inactive"``.
            platform_id: The platform of the new filters. The new filters replace all filters of the subscription.
            channel_status: The channel status of the new filters.
            filters: The other new filters. An empty mapping removes all filters.
            template: The API's field ``template``, whose format is not documented.

        Returns:
            The changed subscription.

        Raises:
            InvalidInputError: An argument is invalid, or all are None. Nothing was sent.
            NotFoundError: The subscription does not exist.
            BirdConnectorsError: Any other failure. If ``outcome`` is ``"unknown"``, the subscription may have been
                changed. Repeating the update is safe.

        Example:
            ```python
            await workspace.webhook_subscriptions.update(subscription.id, status="inactive")
            ```
        """
        call = self._native.update(id, url, signing_key, status, platform_id, channel_status, filters, template)
        return await call.start()

    async def delete(self, id: t.Id, *, missing_ok: bool = False) -> Deleted:
        """Delete a subscription.

        The request is retried automatically, also if its outcome is unknown. A 404 in response to such a retry counts
        as success.

        Args:
            id: The id of the subscription.
            missing_ok: Do not raise ``NotFoundError`` if the subscription does not exist.

        Returns:
            Whether the subscription was already gone.

        Raises:
            NotFoundError: The subscription does not exist, and ``missing_ok`` is false.
            BirdConnectorsError: Any other failure. If ``outcome`` is ``"unknown"``, the subscription may have been
                deleted. Deleting it again is safe.
        """
        return await self._native.delete(id, missing_ok).start()

    def logs(
        self,
        id: t.Id,
        *,
        execution_status: str | None = None,
        page_size: int | None = None,
        limit: int | None = None,
        max_empty_pages: int | None = None,
        resume_from: str | None = None,
    ) -> AsyncList[DeliveryLogEntry]:
        """List the deliveries of a subscription, with their results.

        No request is sent until the list is read.

        Args:
            id: The id of the subscription.
            execution_status: Only deliveries with this result. The API does not document the values.
            page_size: Number of items in one request, at most 100. Default: 100.
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
        return AsyncList(self._native.logs(id, execution_status, page_size, limit, max_empty_pages, resume_from))

    async def log_details(self, id: t.Id, request_id: str) -> dict[str, t.Any]:
        """Read the details of one delivery.

        Args:
            id: The id of the subscription.
            request_id: The ``request_id`` of an entry of ``logs``.

        Returns:
            The JSON object, whose fields are not documented.

        Raises:
            NotFoundError: The delivery does not exist.
            BirdConnectorsError: Any other failure. The request is a read, which is retried automatically.
        """
        return await self._native.log_details(id, request_id).start()

    def available_events(
        self,
        *,
        service: str = "channels",
        page_size: int | None = None,
        limit: int | None = None,
        max_empty_pages: int | None = None,
        resume_from: str | None = None,
    ) -> AsyncList[AvailableWebhook]:
        """List the events to which you can subscribe, with the keys of their filters.

        No request is sent until the list is read.

        Args:
            service: The service whose events are listed.
            page_size: Number of items in one request, at most 100. Default: 100.
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
        return AsyncList(self._native.available_events(service, page_size, limit, max_empty_pages, resume_from))

    def __repr__(self) -> str:
        return f"<bird_connectors.{type(self).__name__} workspace={self._native.workspace_id!r}>"
