"""The clients, and the handles that lead from them to the resources."""

from __future__ import annotations

from . import _native
from . import _typing as t
from ._channels import AsyncChannels, Channels
from ._connectors import AsyncConnectors, Connectors
from ._native import Reply
from ._numbers import AsyncNumbers, Numbers
from ._records import Rate
from ._shared import Shared
from ._webhook_subscriptions import AsyncWebhookSubscriptions, WebhookSubscriptions

_DOCUMENTED = Rate()


class _Client(Shared):
    """What both clients have in common: how they are made."""

    __slots__ = ("_native",)

    _native: _native.Client

    def __init__(
        self,
        *,
        access_key: str,
        base_url: str | None = None,
        workspace_id: t.Id | None = None,
        timeout: t.Seconds = 60.0,
        attempt_timeout: t.Seconds = 30.0,
        connect_timeout: t.Seconds = 5.0,
        max_attempts: int = 3,
        rate_limit: Rate | None = _DOCUMENTED,
        user_agent: str | None = None,
    ) -> None:
        self._native = _native.Client(
            from_env=False,
            access_key=access_key,
            base_url=base_url,
            workspace_id=workspace_id,
            timeout=timeout,
            attempt_timeout=attempt_timeout,
            connect_timeout=connect_timeout,
            max_attempts=max_attempts,
            rate_limit=rate_limit,
            user_agent=user_agent,
        )

    @classmethod
    def from_env(
        cls,
        *,
        access_key: str | None = None,
        base_url: str | None = None,
        workspace_id: t.Id | None = None,
        timeout: t.Seconds = 60.0,
        attempt_timeout: t.Seconds = 30.0,
        connect_timeout: t.Seconds = 5.0,
        max_attempts: int = 3,
        rate_limit: Rate | None = _DOCUMENTED,
        user_agent: str | None = None,
    ) -> t.Self:
        """Make a client from ``BIRD_ACCESS_KEY``, and where they are set ``BIRD_WORKSPACE_ID`` and ``BIRD_BASE_URL``.

        What is given here wins.
        """
        client = cls.__new__(cls)
        client._native = _native.Client(
            from_env=True,
            access_key=access_key,
            base_url=base_url,
            workspace_id=workspace_id,
            timeout=timeout,
            attempt_timeout=attempt_timeout,
            connect_timeout=connect_timeout,
            max_attempts=max_attempts,
            rate_limit=rate_limit,
            user_agent=user_agent,
        )
        return client

    def with_options(
        self,
        *,
        timeout: t.Seconds | None = None,
        attempt_timeout: t.Seconds | None = None,
        max_attempts: int | None = None,
    ) -> t.Self:
        """Make a client with other settings, that shares connections, rate limit and everything else with this one.

        It is cheap: make one for a single call. What is not given stays as it is. Closing this client closes it, too.
        """
        client = type(self).__new__(type(self))
        client._native = self._native.with_options(timeout, attempt_timeout, max_attempts)
        return client

    def __repr__(self) -> str:
        return f"<bird_connectors.{type(self).__name__} base_url={self._native.base_url!r}>"

    def __reduce__(self) -> t.Any:
        raise TypeError("a client cannot be pickled, because it holds an access key: make one where it is used")


class Workspace:
    """One workspace: the way to its resources."""

    __slots__ = ("_native", "channels", "connectors", "numbers", "webhook_subscriptions")

    connectors: Connectors
    """Connectors: install a channel, list, read and remove."""
    channels: Channels
    """Channels: what a connector becomes once it is installed."""
    webhook_subscriptions: WebhookSubscriptions
    """Webhook subscriptions: which events the API sends where."""
    numbers: Numbers
    """Phone numbers, for the ``phone_number_id`` that some templates want."""

    def __init__(self, native: _native.Workspace) -> None:
        self._native = native
        self.connectors = Connectors(native.connectors())
        self.channels = Channels(native.channels())
        self.webhook_subscriptions = WebhookSubscriptions(native.webhook_subscriptions())
        self.numbers = Numbers(native.numbers())

    @property
    def id(self) -> str:
        """The workspace's id."""
        return self._native.id

    def with_options(
        self,
        *,
        timeout: t.Seconds | None = None,
        attempt_timeout: t.Seconds | None = None,
        max_attempts: int | None = None,
    ) -> Workspace:
        """The same workspace with other settings for its calls: see ``Client.with_options``."""
        return Workspace(self._native.with_options(timeout, attempt_timeout, max_attempts))

    def __repr__(self) -> str:
        return f"<bird_connectors.Workspace id={self.id!r}>"


class Organization:
    """An organization, on the way to one of its workspaces."""

    __slots__ = ("_native",)

    def __init__(self, native: _native.Organization) -> None:
        self._native = native

    def workspace(self, id: t.Id | None = None) -> Workspace:
        """The workspace, with its webhook subscriptions on the older path below the organization."""
        return Workspace(self._native.workspace(id))

    def __repr__(self) -> str:
        return f"<bird_connectors.Organization id={self._native.id!r}>"


class Client(_Client):
    """A client for one access key. Use it with ``with``, or keep it for as long as the process lives.

    It can be shared between threads, and goes on working after ``os.fork``, in the parent and in the child.

    ``base_url`` is another address of the API, for a sandbox. ``workspace_id`` is the workspace that ``workspace()``
    stands for. ``timeout`` covers a call with all its attempts and pauses, ``attempt_timeout`` one attempt,
    ``connect_timeout`` the connection; in seconds, or as a ``timedelta``. ``max_attempts`` is how often a request is
    tried where repeating is safe. ``rate_limit`` is how fast requests may follow each other in one workspace, for all
    clients of the process; None is no limit. ``user_agent`` is appended to the package's own.
    """

    __slots__ = ()

    def workspace(self, id: t.Id | None = None) -> Workspace:
        """The resources of one workspace; without an id, of the default one. No request is made."""
        return Workspace(self._native.workspace(id))

    def organization(self, id: t.Id) -> Organization:
        """One organization, for the older paths of webhook subscriptions. No request is made."""
        return Organization(self._native.organization(id))

    def request(
        self, method: str, path: str, *, query: t.Mapping[str, t.QueryValue] | None = None, json: t.Any = None
    ) -> Reply:
        """Make a request beyond the contract: the same key, transport, retries and errors, on a path of your own.

        The path starts with one slash and is appended to the base URL; it cannot lead to another host. ``json`` is the
        body; None sends none.
        """
        return self._native.request(method, path, query, json).run()

    def close(self) -> None:
        """Let go of the connections. The client cannot be used afterwards; what is under way is not disturbed."""
        self._native.close()

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncWorkspace:
    """One workspace: the way to its resources."""

    __slots__ = ("_native", "channels", "connectors", "numbers", "webhook_subscriptions")

    connectors: AsyncConnectors
    """Connectors: install a channel, list, read and remove."""
    channels: AsyncChannels
    """Channels: what a connector becomes once it is installed."""
    webhook_subscriptions: AsyncWebhookSubscriptions
    """Webhook subscriptions: which events the API sends where."""
    numbers: AsyncNumbers
    """Phone numbers, for the ``phone_number_id`` that some templates want."""

    def __init__(self, native: _native.Workspace) -> None:
        self._native = native
        self.connectors = AsyncConnectors(native.connectors())
        self.channels = AsyncChannels(native.channels())
        self.webhook_subscriptions = AsyncWebhookSubscriptions(native.webhook_subscriptions())
        self.numbers = AsyncNumbers(native.numbers())

    @property
    def id(self) -> str:
        """The workspace's id."""
        return self._native.id

    def with_options(
        self,
        *,
        timeout: t.Seconds | None = None,
        attempt_timeout: t.Seconds | None = None,
        max_attempts: int | None = None,
    ) -> AsyncWorkspace:
        """The same workspace with other settings for its calls: see ``AsyncClient.with_options``."""
        return AsyncWorkspace(self._native.with_options(timeout, attempt_timeout, max_attempts))

    def __repr__(self) -> str:
        return f"<bird_connectors.AsyncWorkspace id={self.id!r}>"


class AsyncOrganization:
    """An organization, on the way to one of its workspaces."""

    __slots__ = ("_native",)

    def __init__(self, native: _native.Organization) -> None:
        self._native = native

    def workspace(self, id: t.Id | None = None) -> AsyncWorkspace:
        """The workspace, with its webhook subscriptions on the older path below the organization."""
        return AsyncWorkspace(self._native.workspace(id))

    def __repr__(self) -> str:
        return f"<bird_connectors.AsyncOrganization id={self._native.id!r}>"


class AsyncClient(_Client):
    """A client for one access key. Use it with ``async with``, or keep it for as long as the process lives.

    It can be shared between threads, and goes on working after ``os.fork``, in the parent and in the child. It belongs
    to no event loop: several ``asyncio.run`` can share it.

    ``base_url`` is another address of the API, for a sandbox. ``workspace_id`` is the workspace that ``workspace()``
    stands for. ``timeout`` covers a call with all its attempts and pauses, ``attempt_timeout`` one attempt,
    ``connect_timeout`` the connection; in seconds, or as a ``timedelta``. ``max_attempts`` is how often a request is
    tried where repeating is safe. ``rate_limit`` is how fast requests may follow each other in one workspace, for all
    clients of the process; None is no limit. ``user_agent`` is appended to the package's own.
    """

    __slots__ = ()

    def workspace(self, id: t.Id | None = None) -> AsyncWorkspace:
        """The resources of one workspace; without an id, of the default one. No request is made."""
        return AsyncWorkspace(self._native.workspace(id))

    def organization(self, id: t.Id) -> AsyncOrganization:
        """One organization, for the older paths of webhook subscriptions. No request is made."""
        return AsyncOrganization(self._native.organization(id))

    async def request(
        self, method: str, path: str, *, query: t.Mapping[str, t.QueryValue] | None = None, json: t.Any = None
    ) -> Reply:
        """Make a request beyond the contract: the same key, transport, retries and errors, on a path of your own.

        The path starts with one slash and is appended to the base URL; it cannot lead to another host. ``json`` is the
        body; None sends none.
        """
        return await self._native.request(method, path, query, json).start()

    async def close(self) -> None:
        """Let go of the connections. The client cannot be used afterwards; what is under way is not disturbed."""
        self._native.close()

    async def __aenter__(self) -> t.Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
