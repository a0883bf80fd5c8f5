"""A sandbox that behaves like the API, inside the process: for testing code that uses this package, without a network.

>>> from bird_connectors import Sms
>>> from bird_connectors.testing import Sandbox, Script
>>> with Sandbox(Script.instant()) as sandbox, sandbox.client() as bird:
...     template = Sms(name="Shop", phone_number_id=sandbox.phone_number_id, channel_message_type="conversational")
...     bird.workspace().connectors.install(template).until_ready().channel.status
<ChannelStatus.ACTIVE: 'active'>

With pytest, the fixture ``bird_sandbox`` is one of these. Operations are called by the names of the contract, such as
``"getConnector"``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from . import AsyncClient, Client, _native
from . import _typing as t
from ._native import Script

__all__ = ["Sandbox", "Script"]


class Sandbox:
    """A server on this machine that behaves like the API, with one workspace and one access key.

    ``script`` is how installs go where nothing else is said: a channel after 0.6 s, ``active`` after 2 s.
    ``connectors`` is how many finished connectors there are from the start, ``numbers`` which phone numbers there are;
    ``port`` 0 is any free one. What is not given is random.
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
    ) -> None:
        self._native = _native.Sandbox(script, access_key, workspace_id, organization_id, connectors, numbers, port)
        self.base_url = self._native.base_url
        """Where it listens: what a client takes as ``base_url``."""
        self.access_key = self._native.access_key
        """The access key that it takes."""
        self.workspace_id = self._native.workspace_id
        """Its workspace."""
        self.organization_id = self._native.organization_id
        """The organization that the workspace belongs to."""

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<bird_connectors.testing.Sandbox base_url={self.base_url!r}>"

    def close(self) -> None:
        """Stop it."""
        self._native.close()

    def client(self, **settings: Any) -> Client:
        """Make a client of it, whose default workspace is its own. Settings are those of ``Client``.

        Without a ``rate_limit`` it has none: tests have no time to lose.
        """
        return Client(**self._settings(settings))

    def async_client(self, **settings: Any) -> AsyncClient:
        """Make a client of it, whose default workspace is its own. Settings are those of ``AsyncClient``.

        Without a ``rate_limit`` it has none: tests have no time to lose.
        """
        return AsyncClient(**self._settings(settings))

    def environment(self) -> dict[str, str]:
        """The environment variables that lead ``Client.from_env()`` here."""
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
        """The id of its first phone number: what templates want."""
        with self.client() as bird:
            for number in bird.workspace().numbers.list(limit=1):
                return number.id
        raise LookupError("this sandbox was made without phone numbers")

    # How installs go.

    def next_install(self, script: Script) -> None:
        """Queue the script of the next install."""
        self._native.next_install(script)

    def default_script(self, script: Script) -> None:
        """Set the script of installs where nothing else is said."""
        self._native.default_script(script)

    def script_for_name(self, name: str, script: Script) -> None:
        """Set the script of installs of connectors with this name."""
        self._native.script_for_name(name, script)

    def set_status(self, connector: t.Id, status: str) -> bool:
        """Give a connector's channel this status, now. False where there is no such connector."""
        return self._native.set_status(connector, status)

    # What goes wrong.

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
        """Treat calls of an operation differently; None means any request.

        ``times`` is how many calls, None all of them; ``nth`` a single one, counted from 1. ``delay`` processes a
        call later, ``delay_response`` at once but answers later. ``status`` answers with it, with a ``json`` or a
        ``text`` or an error of the API's form; the call is not processed then, unless ``after_processing`` says so.
        ``fault`` lets something go wrong at the socket or with the answer, such as ``reset_before_headers``,
        ``stall_in_body``, ``lost_response`` or ``slow_commit``; an unknown name raises an error that lists all of
        them.
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
        """Answer the next calls with this status. They are not processed."""
        self.rule(operation, status=status, times=times)

    def delay(self, operation: str, seconds: t.Seconds) -> None:
        """Process every call of an operation this much later."""
        self.rule(operation, delay=seconds, times=None)

    def clear_rules(self) -> None:
        """Forget all rules."""
        self._native.clear_rules()

    def deny(self, operation: str) -> None:
        """Refuse an operation to the access key, with 403."""
        self._native.deny(operation)

    def allow(self, operation: str) -> None:
        """Take a refusal back."""
        self._native.allow(operation)

    # Where webhooks go, and what goes wrong on the way.

    def route(self, public: str, local: str) -> None:
        """Deliver what is registered for a public https address to a local one.

        ``public`` is an origin such as ``https://hooks.example.com``, with or without the beginning of a path;
        ``local`` is where the receiver listens, such as ``http://127.0.0.1:8000``. Path and query stay, and the
        signature covers the URL as registered: the receiver stands behind a proxy, so to speak. Without a route nothing
        is delivered.
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
        """Change how webhooks are delivered from now on. What is not named stays.

        ``retry_delays`` are the pauses before the second and every further attempt, ``timeout`` is how long an answer
        may take. ``timestamp_age`` makes timestamps that old from the start. ``delay`` comes before each delivery,
        ``reorder`` before every second one, so that those behind it overtake it. ``copies`` is how often each is sent
        beyond the attempts it needs, ``forged`` how many come before it that are signed with an unknown key, ``lost``
        which are never sent. ``signing_key`` signs in place of the subscription's own, as if it had been rotated;
        ``""`` ends that.
        """
        self._native.webhooks(retry_delays, timeout, timestamp_age, delay, reorder, copies, forged, lost, signing_key)

    def delivery_attempts(self) -> list[dict[str, Any]]:
        """The attempts to deliver webhooks, in the order in which they ended.

        Each has subscription_id, event, request_id, timestamp, number (from 1; 0 for copies and forgeries), forged, and
        the status that the receiver answered.
        """
        return self._native.delivery_attempts()

    # What was asked, and what there is.

    def requests(self, operation: str | None = None) -> list[dict[str, Any]]:
        """The requests that came in, of one operation or all: method, path, query, headers, body, and the status."""
        return self._native.requests(operation)

    def count(self, operation: str) -> int:
        """How many calls of an operation there were."""
        return self._native.count(operation)

    def clear_requests(self) -> None:
        """Forget the requests that came in."""
        self._native.clear_requests()

    def connectors(self) -> list[dict[str, Any]]:
        """The connectors, as the API would answer them now."""
        return self._native.connectors()

    def channels(self) -> list[dict[str, Any]]:
        """The channels, as the API would answer them now."""
        return self._native.channels()

    def webhook_subscriptions(self) -> list[dict[str, Any]]:
        """The webhook subscriptions, as the API would answer them now."""
        return self._native.webhook_subscriptions()

    def messages(self) -> list[dict[str, Any]]:
        """The messages that were accepted for sending."""
        return self._native.messages()

    def add_connectors(self, count: int) -> list[str]:
        """Add finished connectors, and tell their ids."""
        return self._native.add_connectors(count)

    def insert_connector(self, value: Mapping[str, Any]) -> None:
        """Add this to the list of connectors, word for word: also what no API should answer."""
        self._native.insert_connector(value)

    def insert_channel(self, value: Mapping[str, Any]) -> None:
        """Add this to the list of channels, word for word."""
        self._native.insert_channel(value)

    def insert_number(self, value: Mapping[str, Any]) -> None:
        """Add this to the list of numbers, word for word."""
        self._native.insert_number(value)

    def insert_webhook_subscription(self, value: Mapping[str, Any]) -> None:
        """Add this to the list of webhook subscriptions, word for word."""
        self._native.insert_webhook_subscription(value)

    def insert_delivery(self, subscription: t.Id, value: Mapping[str, Any]) -> None:
        """Add this to the delivery log of a webhook subscription, word for word."""
        self._native.insert_delivery(subscription, value)
