"""The client, and the handles to workspaces and organizations."""

from __future__ import annotations

from .. import _native
from .. import _typing as t
from .._keywords import keywords_only
from .._native import RawResponse
from .._records import RateLimits
from .channels import AsyncChannels
from .connectors import AsyncConnectors
from .numbers import AsyncNumbers
from .use_cases import AsyncUseCases
from .webhook_subscriptions import AsyncWebhookSubscriptions

_DOCUMENTED_LIMITS = RateLimits()


class AsyncWorkspace:
    """One workspace, with its resources.

    Created by ``AsyncClient.workspace`` without a request.

    Example:
        ```python
        workspace = client.workspace()
        connector = await workspace.connectors.get(connector_id)
        ```
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "_native",
        "channels",
        "connectors",
        "numbers",
        "use_cases",
        "webhook_subscriptions",
    )

    connectors: AsyncConnectors
    """Connectors: install channels, and list, read and delete connectors."""
    channels: AsyncChannels
    """Channels, which connectors install: list and read them, and send a first message."""
    webhook_subscriptions: AsyncWebhookSubscriptions
    """Webhook subscriptions: which events the API sends, and to which URL."""
    numbers: AsyncNumbers
    """Phone numbers. Some templates need the id of one as ``phone_number_id``."""
    use_cases: AsyncUseCases
    """Use cases. The SMS template needs the id of one as ``use_case_id`` for some numbers."""

    def __init__(self, native: _native.Workspace) -> None:
        self._native = native
        self.connectors = AsyncConnectors(native.connectors())
        self.channels = AsyncChannels(native.channels())
        self.webhook_subscriptions = AsyncWebhookSubscriptions(native.webhook_subscriptions())
        self.numbers = AsyncNumbers(native.numbers())
        self.use_cases = AsyncUseCases(native.use_cases())

    @property
    def id(self) -> str:
        """The id of the workspace."""
        return self._native.id

    def with_options(
        self,
        *,
        timeout: t.Seconds | None = None,
        attempt_timeout: t.Seconds | None = None,
        max_attempts: int | None = None,
    ) -> AsyncWorkspace:
        """Return a handle to this workspace whose calls have other timeouts or retries.

        The handle shares the connections and the rate limit of the client. Creating one is cheap, so you can create one
        for a single call. No request is sent.

        Args:
            timeout: Maximum time for one call, with all its attempts and pauses, in seconds or as a ``timedelta``. None
                keeps the current value.
            attempt_timeout: Maximum time for one attempt, in seconds or as a ``timedelta``. None keeps the current
                value.
            max_attempts: Maximum number of attempts of a call that is safe to retry. 1 disables retries. None keeps the
                current value.

        Returns:
            A new handle. This one is unchanged.

        Raises:
            InvalidInputError: A value is out of range.
            RuntimeError: The client is closed.
        """
        return AsyncWorkspace(self._native.with_options(timeout, attempt_timeout, max_attempts))

    def __repr__(self) -> str:
        return f"<bird_connectors.AsyncWorkspace id={self.id!r}>"


class AsyncOrganization:
    """One organization, for the older path of webhook subscriptions.

    Created by ``AsyncClient.organization`` without a request.
    """

    def __init__(self, native: _native.Organization) -> None:
        self._native = native

    def workspace(self, id: t.Id | None = None) -> AsyncWorkspace:
        """Return a workspace whose webhook subscriptions use the older path, below the organization.

        All other resources use the same paths as those of ``AsyncClient.workspace``. No request is sent.

        Args:
            id: The id of the workspace. None selects the default workspace of the client.

        Returns:
            The handle to the workspace.

        Raises:
            InvalidInputError: The id is not a UUID.
            ConfigurationError: ``id`` is None, and the client has no default workspace.
            RuntimeError: The client is closed.
        """
        return AsyncWorkspace(self._native.workspace(id))

    def __repr__(self) -> str:
        return f"<bird_connectors.AsyncOrganization id={self._native.id!r}>"


class AsyncClient:
    """An asynchronous client for one access key.

    Use it as a context manager with ``async with``, or keep it for the lifetime of the process. Creating a client sends
    no request.

    Without ``access_key``, the client is configured by environment variables, as with ``from_env``. With it, only the
    proxy variables of the environment are used.

    One client can be shared by all threads of the process. It continues to work after ``os.fork``, in the parent and in
    the child. It is not bound to an event loop: several calls of ``asyncio.run`` can use the same client.

    Args:
        access_key: The access key, without the prefix ``AccessKey``. It never appears in ``repr``, logs or errors. None
            reads ``BIRD_ACCESS_KEY``.
        base_url: The address of the API, or of a sandbox. Default: ``https://api.bird.com``, or ``BIRD_BASE_URL`` if
            ``access_key`` is None.
        workspace_id: The default workspace, which ``workspace()`` returns. Default: none, or ``BIRD_WORKSPACE_ID`` if
            ``access_key`` is None.
        timeout: Maximum time for one call, with all its attempts and pauses, in seconds or as a ``timedelta``. Each
            page of a list and each request of a wait is a separate call. At least 0.001, as for the other timeouts.
        attempt_timeout: Maximum time for one attempt, in seconds or as a ``timedelta``.
        connect_timeout: Maximum time for name resolution, connection and TLS handshake, in seconds or as a
            ``timedelta``.
        max_attempts: Maximum number of attempts of a call that is safe to retry. 1 disables retries.
        retry_backoff: The pause before the first retry, and the longest pause, in seconds or as ``timedelta``
            values. Pauses double, and each one is shortened at random. None selects 0.5 s and 8 s.
        rate_limit: Maximum number of requests per second to one workspace, for all clients of the process together.
            Default: the API's documented limits, which Bird's support can raise. None disables the limit.
        proxy: The URL of a proxy, such as ``http://user:password@proxy.example.com:3128``, or the host and port of an
            http proxy, such as ``proxy.example.com:3128``. None uses the proxy variables of the environment.
        no_proxy: Connect directly, without ``proxy`` and without the proxy variables of the environment.
        root_certificate: Certificates in PEM format, which are trusted in addition to those of the system.
        user_agent: A string that is appended to the ``User-Agent`` header of the package.

    Raises:
        ConfigurationError: A setting is invalid, or no access key is set. The message names the setting, and never
            shows the access key.
        InvalidInputError: An argument is out of range. The message names it.
        TypeError: An argument has a wrong type, or is not passed by name.

    Example:
        ```python
        async with AsyncClient(access_key="…", workspace_id="…") as client:
            async for connector in client.workspace().connectors.list():
                print(connector.name)
        ```
    """

    _native: _native.Client

    @keywords_only('access_key="…"')
    def __init__(
        self,
        *,
        access_key: str | None = None,
        base_url: str | None = None,
        workspace_id: t.Id | None = None,
        timeout: t.Seconds = 60.0,
        attempt_timeout: t.Seconds = 30.0,
        connect_timeout: t.Seconds = 5.0,
        max_attempts: int = 3,
        retry_backoff: tuple[t.Seconds, t.Seconds] | None = None,
        rate_limit: RateLimits | None = _DOCUMENTED_LIMITS,
        proxy: str | None = None,
        no_proxy: bool = False,
        root_certificate: str | None = None,
        user_agent: str | None = None,
    ) -> None:
        self._native = _native.Client(
            from_env=access_key is None,
            access_key=access_key,
            base_url=base_url,
            workspace_id=workspace_id,
            timeout=timeout,
            attempt_timeout=attempt_timeout,
            connect_timeout=connect_timeout,
            max_attempts=max_attempts,
            retry_backoff=retry_backoff,
            rate_limit=rate_limit,
            proxy=proxy,
            no_proxy=no_proxy,
            root_certificate=root_certificate,
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
        retry_backoff: tuple[t.Seconds, t.Seconds] | None = None,
        rate_limit: RateLimits | None = _DOCUMENTED_LIMITS,
        proxy: str | None = None,
        no_proxy: bool = False,
        root_certificate: str | None = None,
        user_agent: str | None = None,
    ) -> t.Self:
        """Create a client from environment variables.

        An argument takes precedence over the variable. No request is sent.

        Args:
            access_key: The access key. Default: ``BIRD_ACCESS_KEY``, which is required without this argument.
            base_url: The address of the API. Default: ``BIRD_BASE_URL`` if it is set, else ``https://api.bird.com``.
            workspace_id: The default workspace. Default: ``BIRD_WORKSPACE_ID`` if it is set.
            timeout: Maximum time for one call, with all its attempts and pauses, in seconds or as a ``timedelta``.
            attempt_timeout: Maximum time for one attempt, in seconds or as a ``timedelta``.
            connect_timeout: Maximum time for name resolution, connection and TLS handshake, in seconds or as a
                ``timedelta``.
            max_attempts: Maximum number of attempts of a call that is safe to retry. 1 disables retries.
            retry_backoff: The pause before the first retry, and the longest pause, in seconds or as ``timedelta``
                values. Pauses double, and each one is shortened at random. None selects 0.5 s and 8 s.
            rate_limit: Maximum number of requests per second to one workspace, for all clients of the process together.
                Default: the API's documented limits, which Bird's support can raise. None disables the limit.
            proxy: The URL of a proxy, such as ``http://user:password@proxy.example.com:3128``, or the host and port of
                an http proxy, such as ``proxy.example.com:3128``. None uses the proxy variables of the environment.
            no_proxy: Connect directly, without ``proxy`` and without the proxy variables of the environment.
            root_certificate: Certificates in PEM format, which are trusted in addition to those of the system.
            user_agent: A string that is appended to the ``User-Agent`` header of the package.

        Returns:
            The client.

        Raises:
            ConfigurationError: A variable is missing, or a setting is invalid. The message names it.

        Example:
            ```python
            async with AsyncClient.from_env() as client:
                page = await client.workspace().numbers.list().first_page()
            ```
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
            retry_backoff=retry_backoff,
            rate_limit=rate_limit,
            proxy=proxy,
            no_proxy=no_proxy,
            root_certificate=root_certificate,
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
        """Return a client whose calls have other timeouts or retries.

        The client shares the connections, the rate limit and all other settings of this one. Creating one is cheap, so
        you can create one for a single call. Closing this client also closes the new one. No request is sent.

        Args:
            timeout: Maximum time for one call, with all its attempts and pauses, in seconds or as a ``timedelta``. None
                keeps the current value.
            attempt_timeout: Maximum time for one attempt, in seconds or as a ``timedelta``. None keeps the current
                value.
            max_attempts: Maximum number of attempts of a call that is safe to retry. 1 disables retries. None keeps the
                current value.

        Returns:
            A new client. This one is unchanged.

        Raises:
            InvalidInputError: A value is out of range.
            RuntimeError: The client is closed.

        Example:
            ```python
            impatient = client.with_options(timeout=2.0, max_attempts=1)
            ```
        """
        client = type(self).__new__(type(self))
        client._native = self._native.with_options(timeout, attempt_timeout, max_attempts)
        return client

    def with_access_key(self, access_key: str) -> t.Self:
        """Return a client with another access key, for services that have a key for each tenant.

        The client shares the connections, the rate limit and all other settings of this one, including the default
        workspace. The key is sent only with requests of the returned client. Closing this client also closes the new
        one. No request is sent.

        Args:
            access_key: The access key, without the prefix ``AccessKey``.

        Returns:
            A new client. This one is unchanged.

        Raises:
            ConfigurationError: The key is empty or invalid.
            RuntimeError: The client is closed.

        Example:
            ```python
            tenant = client.with_access_key(key)
            page = await tenant.workspace(workspace_id).connectors.list().first_page()
            ```
        """
        client = type(self).__new__(type(self))
        client._native = self._native.with_access_key(access_key)
        return client

    def workspace(self, id: t.Id | None = None) -> AsyncWorkspace:
        """Return a workspace, with its connectors, channels, numbers, use cases and webhook subscriptions.

        No request is sent, so the workspace need not exist. A request to a workspace that does not exist raises
        ``NotFoundError``.

        Args:
            id: The id of the workspace, as a string or a ``UUID``. None selects the default workspace of the client,
                from ``workspace_id`` or ``BIRD_WORKSPACE_ID``.

        Returns:
            The handle to the workspace. It is cheap to create, and can be kept.

        Raises:
            InvalidInputError: The id is not a UUID.
            ConfigurationError: ``id`` is None, and the client has no default workspace.
            RuntimeError: The client is closed.

        Example:
            ```python
            workspace = client.workspace("8362fa40-9ff1-5430-a3ab-79ecc61b96b1")
            async for channel in workspace.channels.list():
                print(channel.id, channel.status)
            ```
        """
        return AsyncWorkspace(self._native.workspace(id))

    def organization(self, id: t.Id) -> AsyncOrganization:
        """Return an organization, for the older path of webhook subscriptions.

        Use it if the access policy of your key covers webhook subscriptions only on the path below the organization. No
        request is sent.

        Args:
            id: The id of the organization.

        Returns:
            The handle to the organization.

        Raises:
            InvalidInputError: The id is not a UUID.
            RuntimeError: The client is closed.

        Example:
            ```python
            subscriptions = client.organization(organization_id).workspace().webhook_subscriptions
            ```
        """
        return AsyncOrganization(self._native.organization(id))

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: t.Mapping[str, t.QueryValue] | None = None,
        json: t.Any = None,
    ) -> RawResponse:
        """Send a request to an operation for which this package has no method.

        The request uses the access key, connections, rate limit and timeouts of the client, and raises the same errors.
        GET and DELETE requests are retried like those of the package. Any other request is retried only if it
        was certainly not processed.

        Args:
            method: The HTTP method, such as ``"GET"``.
            path: The path, which starts with one slash. It is appended to the base URL, and cannot select another host.
            query: The query parameters. A sequence adds the parameter once for each value.
            json: The body, as a value that can be serialized as JSON. None sends no body.

        Returns:
            The successful response, with its status, headers and body.

        Raises:
            InvalidInputError: The method, the path, the query or the body is invalid. Nothing was sent.
            ApiError: The API answered with an error status.
            TransportError: The connection failed or broke. ``outcome`` says whether the request may have been
                processed.

        Example:
            ```python
            response = await client.request("GET", f"/workspaces/{workspace.id}/channels", query={"limit": 5})
            print(response.json())
            ```
        """
        return await self._native.request(method, path, query, json).start()

    async def close(self) -> None:
        """Close the connections of the client.

        Calls that are running finish. Later calls raise ``RuntimeError``, also those of clients from ``with_options``.
        Closing a client twice has no effect. No request is sent.
        """
        self._native.close()

    async def __aenter__(self) -> t.Self:
        self._native.check_open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<bird_connectors.{type(self).__name__} base_url={self._native.base_url!r}>"

    def __reduce__(self) -> t.Any:
        raise TypeError("a client cannot be pickled, because it has an access key: create it where it is used")
