"""A sandbox that behaves like the API, inside your process: for tests of code that uses this package.

>>> from bird_connectors import Sms
>>> from bird_connectors.testing import Sandbox, Script
>>> with Sandbox(Script.instant()) as sandbox, sandbox.client() as bird:
...     template = Sms(name="Shop", phone_number_id=sandbox.phone_number_id, channel_message_type="conversational")
...     bird.workspace().connectors.install(template).until_ready().channel.status
<ChannelStatus.ACTIVE: 'active'>

With pytest, use the fixture ``bird_sandbox``. Operations have the names of the contract, such as ``"getConnector"``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from . import AsyncClient, Client, _native
from . import _typing as t
from ._native import Script

__all__ = ["Sandbox", "Script"]


class Sandbox:
    """A local server that behaves like the API, with one workspace and one access key.

    It listens on the local machine, and accepts plain HTTP. Use it in a ``with`` block, or call ``close``.

    Args:
        script: How installs progress by default. None creates the channel after 0.6 s, and makes it ``active`` after
            2 s.
        access_key: The access key that the sandbox accepts. None generates one.
        workspace_id: The id of the workspace. None generates one.
        organization_id: The id of the organization. None generates one.
        connectors: The number of connectors, with active channels, that exist from the start.
        numbers: The phone numbers of the workspace. None creates some.
        port: The port to listen on. 0 selects a free port.
        scene: The data, scripts, rules and behavior of another sandbox, as the method ``scene`` returns them, and as
            the page of ``bird-connectors sandbox --ui`` copies them. Other arguments add to it.

    Example:
        ```python
        with Sandbox(Script.failing("rejected")) as sandbox, sandbox.client() as bird:
            with pytest.raises(InstallFailedError):
                onboard(bird)
        ```
    """

    def __init__(
        self,
        script: Script | None = None,
        *,
        access_key: str | None = None,
        workspace_id: t.Id | None = None,
        organization_id: t.Id | None = None,
        connectors: int = 0,
        numbers: Sequence[str] | None = None,
        port: int = 0,
        scene: Mapping[str, Any] | None = None,
    ) -> None:
        self._native = _native.Sandbox(
            script, access_key, workspace_id, organization_id, connectors, numbers, port, scene
        )
        self.base_url: str = self._native.base_url
        """The address of the sandbox: the ``base_url`` of a client."""
        self.access_key: str = self._native.access_key
        """The access key that the sandbox accepts."""
        self.workspace_id: str = self._native.workspace_id
        """The id of the workspace."""
        self.organization_id: str = self._native.organization_id
        """The id of the organization of the workspace."""

    def __enter__(self) -> t.Self:
        # Fails if the sandbox is closed.
        self.base_url = self._native.base_url
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<bird_connectors.testing.Sandbox base_url={self.base_url!r}>"

    def close(self) -> None:
        """Stop the sandbox. Closing it twice has no effect."""
        self._native.close()

    def client(self, **settings: Any) -> Client:
        """Create a client of the sandbox, with its workspace as the default.

        Args:
            **settings: The settings of ``Client``. By default, there is no rate limit, so that tests are fast.

        Returns:
            The client.
        """
        return Client(**self._settings(settings))

    def async_client(self, **settings: Any) -> AsyncClient:
        """Create a client of the sandbox, with its workspace as the default.

        Args:
            **settings: The settings of ``AsyncClient``. By default, there is no rate limit, so that tests are fast.

        Returns:
            The client.
        """
        return AsyncClient(**self._settings(settings))

    def environment(self) -> dict[str, str]:
        """Return the environment variables with which ``Client.from_env()`` uses the sandbox.

        Returns:
            The values of ``BIRD_ACCESS_KEY``, ``BIRD_BASE_URL`` and ``BIRD_WORKSPACE_ID``.
        """
        return {
            "BIRD_ACCESS_KEY": self.access_key,
            "BIRD_BASE_URL": self.base_url,
            "BIRD_WORKSPACE_ID": self.workspace_id,
        }

    def _settings(self, settings: dict[str, Any]) -> dict[str, Any]:
        own = {
            "access_key": self.access_key,
            "base_url": self.base_url,
            "workspace_id": self.workspace_id,
            "rate_limit": None,
        }
        return {**own, **settings}

    @property
    def phone_number_id(self) -> str:
        """The id of the first phone number, for the ``phone_number_id`` of a template."""
        with self.client() as bird:
            for number in bird.workspace().numbers.list(limit=1):
                return number.id
        raise LookupError("the sandbox has no phone numbers: create it with numbers=[…]")

    # How installs progress.

    def next_install(self, script: Script) -> None:
        """Add a script to the queue. Each install takes the next one, before any other script.

        Args:
            script: The script of one install.
        """
        self._native.next_install(script)

    def default_script(self, script: Script) -> None:
        """Set the script of all installs without a specific script.

        Args:
            script: The script.
        """
        self._native.default_script(script)

    def script_for_name(self, name: str, script: Script) -> None:
        """Set the script of the installs of connectors with this name.

        Args:
            name: The name of the connector.
            script: The script.
        """
        self._native.script_for_name(name, script)

    def set_status(self, connector: t.Id, status: str) -> bool:
        """Set the status of the channel of a connector immediately.

        Args:
            connector: The id of the connector.
            status: The new status.

        Returns:
            Whether the connector exists.
        """
        return self._native.set_status(connector, status)

    # Faults.

    def rule(
        self,
        operation: str | None = None,
        *,
        times: int | None = 1,
        nth: int | None = None,
        delay: t.Seconds = 0.0,
        delay_response: t.Seconds = 0.0,
        status: int | None = None,
        json: Any = None,
        text: str | None = None,
        content_type: str = "text/plain",
        headers: Mapping[str, str] | None = None,
        after_processing: bool = False,
        fault: str | None = None,
    ) -> None:
        """Change how the sandbox responds to calls of an operation.

        Args:
            operation: The operation, such as ``"createConnector"``. None applies the rule to all requests.
            times: How many calls the rule applies to. None applies it to all.
            nth: Apply the rule only to the call with this number, from 1.
            delay: Process each call this much later, in seconds or as a ``timedelta``.
            delay_response: Process each call at once, and respond this much later.
            status: Respond with this HTTP status, and do not process the call.
            json: The JSON body of that response. By default, it is an error in the format of the API.
            text: The plain body of that response.
            content_type: The content type of ``text``.
            headers: Further headers of that response.
            after_processing: Process the call before the response with ``status``.
            fault: A fault of the connection or the response, such as ``reset_before_headers``, ``stall_in_body``,
                ``lost_response`` or ``slow_commit``.

        Raises:
            InvalidInputError: An argument is invalid. For an unknown fault, the message lists all faults.

        Example:
            ```python
            sandbox.rule("createConnector", fault="lost_response")
            sandbox.rule("getChannel", status=429, headers={"Retry-After": "1"}, times=2)
            ```
        """
        self._native.rule(
            operation,
            times,
            nth,
            delay,
            delay_response,
            status,
            json,
            text,
            content_type,
            headers,
            after_processing,
            fault,
        )

    def fail_next(self, operation: str, status: int, times: int = 1) -> None:
        """Respond to the next calls of an operation with an error status, without processing them.

        Args:
            operation: The operation, such as ``"createConnector"``.
            status: The HTTP status.
            times: The number of calls.
        """
        self.rule(operation, status=status, times=times)

    def delay(self, operation: str, seconds: t.Seconds) -> None:
        """Delay all calls of an operation.

        Args:
            operation: The operation, such as ``"getChannel"``.
            seconds: The delay, in seconds or as a ``timedelta``.
        """
        self.rule(operation, delay=seconds, times=None)

    def clear_rules(self) -> None:
        """Remove all rules."""
        self._native.clear_rules()

    def deny(self, operation: str) -> None:
        """Deny an operation to the access key: respond with 403.

        Args:
            operation: The operation, such as ``"getConnector"``.
        """
        self._native.deny(operation)

    def allow(self, operation: str) -> None:
        """Allow an operation that ``deny`` has denied.

        Args:
            operation: The operation, such as ``"getConnector"``.
        """
        self._native.allow(operation)

    # Webhook deliveries.

    def route(self, public: str, local: str) -> None:
        """Deliver webhooks for a public https URL to a local address, as a proxy would.

        Path and query stay the same, and the signature covers the registered URL. Without a route, nothing is
        delivered.

        Args:
            public: An origin such as ``https://hooks.example.com``, optionally with the beginning of a path.
            local: The address of the receiver, such as ``http://127.0.0.1:8000``.
        """
        self._native.route(public, local)

    def webhooks(
        self,
        *,
        retry_delays: Sequence[t.Seconds] | None = None,
        timeout: t.Seconds | None = None,
        timestamp_age: t.Seconds | None = None,
        delay: t.Seconds | None = None,
        reorder: t.Seconds | None = None,
        copies: int | None = None,
        forged: int | None = None,
        lost: Literal["none", "every_second", "all"] | None = None,
        signing_key: str | None = None,
    ) -> None:
        """Change how webhooks are delivered from now on. An argument that is None keeps its setting.

        Times are in seconds or a ``timedelta``.

        Args:
            retry_delays: The pauses before the second attempt and each further attempt.
            timeout: Maximum time for a response of the receiver.
            timestamp_age: How old timestamps are at the first attempt.
            delay: The pause before each delivery.
            reorder: An additional pause before every second delivery, so that later deliveries overtake it.
            copies: The number of duplicates of each delivery.
            forged: The number of forgeries, signed with an unknown key, before each delivery.
            lost: Which deliveries are never sent.
            signing_key: A key that replaces the signing keys of all subscriptions, as if they had been rotated. ``""``
                restores them.
        """
        self._native.webhooks(retry_delays, timeout, timestamp_age, delay, reorder, copies, forged, lost, signing_key)

    def delivery_attempts(self) -> list[dict[str, Any]]:
        """Return the attempts to deliver webhooks, in the order in which they ended.

        Returns:
            One dictionary for each attempt, with ``subscription_id``, ``event``, ``request_id``, ``timestamp``,
            ``number`` (from 1; 0 for duplicates and forgeries), ``forged``, and the ``status`` of the response.
        """
        return self._native.delivery_attempts()

    # Scenes.

    def scene(self) -> dict[str, Any]:
        """Return the data, scripts, rules and behavior of this moment, with which another sandbox can be started.

        What has happened to an install by now happens at once in the copy. Access keys are not part of it, signing keys
        are replaced, and secret arguments are masked.

        Returns:
            A dictionary for the argument ``scene`` of another sandbox. It can be stored as JSON.

        Example:
            ```python
            with Sandbox(scene=sandbox.scene()) as copy:
                assert len(copy.connectors()) == len(sandbox.connectors())
            ```
        """
        return self._native.scene()

    # Requests and resources.

    def requests(self, operation: str | None = None) -> list[dict[str, Any]]:
        """Return the requests that the sandbox has received.

        Args:
            operation: Only requests of this operation. None returns all.

        Returns:
            One dictionary for each request, with its method, path, query, headers and body, and the status of the
            response.
        """
        return self._native.requests(operation)

    def count(self, operation: str) -> int:
        """Return the number of calls of an operation.

        Args:
            operation: The operation, such as ``"createConnector"``.
        """
        return self._native.count(operation)

    def clear_requests(self) -> None:
        """Remove the requests that the sandbox has recorded."""
        self._native.clear_requests()

    def connectors(self) -> list[dict[str, Any]]:
        """Return the connectors, as the API would return them now."""
        return self._native.connectors()

    def channels(self) -> list[dict[str, Any]]:
        """Return the channels, as the API would return them now."""
        return self._native.channels()

    def webhook_subscriptions(self) -> list[dict[str, Any]]:
        """Return the webhook subscriptions, as the API would return them now."""
        return self._native.webhook_subscriptions()

    def messages(self) -> list[dict[str, Any]]:
        """Return the messages that the sandbox has accepted."""
        return self._native.messages()

    def add_connectors(self, count: int) -> list[str]:
        """Add connectors with active channels.

        Args:
            count: The number of connectors.

        Returns:
            The ids of the connectors.
        """
        return self._native.add_connectors(count)

    def insert_connector(self, value: Mapping[str, Any]) -> None:
        """Add a connector to the list, as it is, even if it is invalid.

        Args:
            value: The JSON object.
        """
        self._native.insert_connector(value)

    def insert_channel(self, value: Mapping[str, Any]) -> None:
        """Add a channel to the list, as it is, even if it is invalid.

        Args:
            value: The JSON object.
        """
        self._native.insert_channel(value)

    def insert_number(self, value: Mapping[str, Any]) -> None:
        """Add a number to the list, as it is, even if it is invalid.

        Args:
            value: The JSON object.
        """
        self._native.insert_number(value)

    def insert_webhook_subscription(self, value: Mapping[str, Any]) -> None:
        """Add a webhook subscription to the list, as it is, even if it is invalid.

        Args:
            value: The JSON object.
        """
        self._native.insert_webhook_subscription(value)

    def insert_delivery(self, subscription: t.Id, value: Mapping[str, Any]) -> None:
        """Add an entry to the delivery log of a webhook subscription, as it is.

        Args:
            subscription: The id of the subscription.
            value: The JSON object.
        """
        self._native.insert_delivery(subscription, value)
