"""Connectors: install a channel, list, read, remove."""

from __future__ import annotations

from ._install import AsyncInstall, Install
from ._lists import AsyncList, List

TYPE_CHECKING = False  # `typing` is slow to import
if TYPE_CHECKING:
    from . import _native
    from ._native import Connector, ConnectorReadiness, Template
    from ._records import Deleted
    from ._types import Id


class Connectors:
    """The connectors of a workspace."""

    __slots__ = ("_native",)

    def __init__(self, native: _native.Connectors) -> None:
        self._native = native

    def install(self, template: Template) -> Install:
        """Create a connector: one POST, which is repeated only where it was certainly not processed.

        The API answers at once and installs the channel in the background: go on with ``until_ready``. Where an error's
        ``outcome`` is ``"unknown"`` the connector may exist: look for it before trying again.
        """
        return Install(self._native.install(template).run())

    def resume(self, token: str) -> Install:
        """Go on with an install from its stored token. No request is made."""
        return Install(self._native.resume(token))

    def follow(self, id: Id) -> Install:
        """Follow a connector of which only the id is known. No request is made."""
        return Install(self._native.follow(id))

    def list(
        self,
        *,
        template: str | None = None,
        page_size: int | None = None,
        limit: int | None = None,
        reverse: bool = False,
        include_release_status: bool = False,
        from_: str | None = None,
    ) -> List[Connector]:
        """List connectors, of one template (such as ``sms-messagebird:1``) or all. No request is made yet.

        ``page_size`` is how many are asked for at a time, ``limit`` how many are delivered in all, ``from_`` the
        checkpoint to go on from.
        """
        return List(self._native.list(template, reverse, include_release_status, page_size, limit, from_))

    def get(self, id: Id) -> Connector:
        """Read one connector. A ``NotFoundError`` can pass within moments of a create."""
        return self._native.get(id).run()

    def status(self, id: Id) -> ConnectorReadiness:
        """Read how far the install is: the words are the API's own and not documented."""
        return self._native.status(id).run()

    def delete(self, id: Id, *, missing_ok: bool = False) -> Deleted:
        """Delete a connector **and its channel**, whose messaging stops."""
        return self._native.delete(id, missing_ok).run()


class AsyncConnectors:
    """The connectors of a workspace."""

    __slots__ = ("_native",)

    def __init__(self, native: _native.Connectors) -> None:
        self._native = native

    async def install(self, template: Template) -> AsyncInstall:
        """Create a connector: one POST, which is repeated only where it was certainly not processed.

        The API answers at once and installs the channel in the background: go on with ``until_ready``. Where an error's
        ``outcome`` is ``"unknown"`` the connector may exist: look for it before trying again.
        """
        return AsyncInstall(await self._native.install(template).start())

    def resume(self, token: str) -> AsyncInstall:
        """Go on with an install from its stored token. No request is made."""
        return AsyncInstall(self._native.resume(token))

    def follow(self, id: Id) -> AsyncInstall:
        """Follow a connector of which only the id is known. No request is made."""
        return AsyncInstall(self._native.follow(id))

    def list(
        self,
        *,
        template: str | None = None,
        page_size: int | None = None,
        limit: int | None = None,
        reverse: bool = False,
        include_release_status: bool = False,
        from_: str | None = None,
    ) -> AsyncList[Connector]:
        """List connectors, of one template (such as ``sms-messagebird:1``) or all. No request is made yet.

        ``page_size`` is how many are asked for at a time, ``limit`` how many are delivered in all, ``from_`` the
        checkpoint to go on from.
        """
        return AsyncList(self._native.list(template, reverse, include_release_status, page_size, limit, from_))

    async def get(self, id: Id) -> Connector:
        """Read one connector. A ``NotFoundError`` can pass within moments of a create."""
        return await self._native.get(id).start()

    async def status(self, id: Id) -> ConnectorReadiness:
        """Read how far the install is: the words are the API's own and not documented."""
        return await self._native.status(id).start()

    async def delete(self, id: Id, *, missing_ok: bool = False) -> Deleted:
        """Delete a connector **and its channel**, whose messaging stops."""
        return await self._native.delete(id, missing_ok).start()
