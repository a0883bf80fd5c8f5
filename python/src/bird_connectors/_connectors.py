"""Connectors: install a channel, list, read, remove."""

from __future__ import annotations

from . import _native
from . import _typing as t
from ._install import AsyncEnsured, AsyncInstall, Ensured, Install
from ._install_all import AsyncInstallAll, InstallAll
from ._lists import AsyncList, List
from ._native import Connector, ConnectorReadiness, Reconcile, Template
from ._records import Deleted
from ._wait_all import AsyncWaitResults, WaitResults, follow


class Connectors:
    """The connectors of a workspace."""

    __slots__ = ("_native",)

    def __init__(self, native: _native.Connectors) -> None:
        self._native = native

    def install(self, template: Template) -> Install:
        """Create a connector: one POST, which is repeated only where it was certainly not processed.

        The API answers at once and installs the channel in the background: go on with ``until_ready``. Where an error's
        ``outcome`` is ``"unknown"`` the connector may exist: look for it before trying again, with what the error's
        ``reconcile`` tells. ``ensure`` does all of it.
        """
        return Install(self._native.install(template).run())

    def ensure(
        self,
        template: Template,
        *,
        reconcile_window: t.Seconds = 30.0,
        recreate_after_window: bool = False,
        identified_by: t.Sequence[str] | None = None,
        journal: t.Journal | None = None,
    ) -> Ensured:
        """Install without doing it twice: adopt the connector that is the same, or else create it once.

        Doing it again does nothing. Two connectors are the same when their templates are, whatever the version, and:
        ``Sms`` and ``Voice``, the argument ``phoneNumberId`` is equal, or where it is not shown the ``numberId`` of the
        number; ``WhatsApp``, the argument ``phoneId`` or ``phoneNumber`` is; others, the name is, or all the arguments
        that ``identified_by`` names. Where none of these is shown, an equal name is enough, and ``matched_by`` says so.

        After a 409, or where the outcome of the create is unknown, the list is read again through ``reconcile_window``
        before anything is concluded. ``recreate_after_window`` then creates once more where nothing showed. ``journal``
        writes each create down before it is sent, so that a process that was killed and started again does not do it
        twice: a ``FileJournal``, or an object of your own whose methods are called in this thread.

        What is promised: exactly one connector, or an error that says what is known, where the API answers a second
        create with 409, or where what was created shows within the window, or where a journal is kept. Two processes
        that ensure the same at the same time rely on the API's 409.

        Raises ``ConflictError`` where several connectors are the same, whose ids are in ``details``, or where it is not
        shown whether one is. Where an error's ``outcome`` is ``"unknown"``, nothing showed within the window, and its
        ``reconcile`` has what to look for.
        """
        call = self._native.ensure(template, reconcile_window, recreate_after_window, identified_by, journal)
        return Ensured(call.run())

    def reconcile(self, what: Reconcile | str, *, window: t.Seconds = 30.0) -> Ensured | None:
        """Look for what a create of unknown outcome may have made: the ``reconcile`` of an error, or its line.

        Also that of another process. Nothing is created. None where nothing showed through the window: the outcome is
        as unknown as before.
        """
        found = self._native.reconcile(what, window).run()
        return None if found is None else Ensured(found)

    def wait_all(
        self,
        installs: t.Iterable[t.Id | Install | AsyncInstall],
        timeout: t.Seconds | None = 300.0,
        *,
        timeouts: t.Mapping[t.Id, t.Seconds] | None = None,
        status: str | None = "active",
        interval: tuple[t.Seconds, t.Seconds] | None = None,
        failure_statuses: t.Sequence[str] | None = None,
        signal: t.Signals | None = None,
    ) -> WaitResults:
        """Follow many installs with one shared poll: ``for`` gives a ``WaitResult`` for each as it finishes.

        ``installs`` are ids of connectors, wait tokens or installs; one that is given twice is followed once. A round
        reads the channel list, which tells the status of 1000 channels in one request, so that a thousand installs cost
        little more than one. One that fails is a result with an ``error``, and never raises.

        ``timeout`` counts for each install from the first step on; None waits for ever. ``timeouts`` are others for
        some of them, by the id of the connector. ``interval`` is the time between the beginnings of two rounds, at
        first and at most: 1.8 s and 10 s. The rest is as for ``until_ready`` of one install. No request is made yet.
        """
        return WaitResults(
            follow(self._native, installs, timeout, timeouts, status, interval, failure_statuses, signal)
        )

    def install_all(
        self,
        templates: t.Iterable[Template],
        *,
        concurrency: int = 16,
        reconcile_window: t.Seconds = 30.0,
        recreate_after_window: bool = False,
        identified_by: t.Sequence[str] | None = None,
        journal: t.Journal | None = None,
    ) -> InstallAll:
        """Install many, each as ``ensure`` does: ``for`` gives an ``InstallResult`` for each.

        It comes as soon as the connector is there; ``until_ready`` of what is returned gives it as soon as the channel
        can send. The list of connectors is read once for all. ``concurrency`` is how many are under way at the same
        time. One that fails is a result with an ``error``, and does not stop the others. Two templates that stand for
        the same connector are refused.

        With a ``journal``, a run that was killed is resumed by doing the same again: what was done is not repeated. The
        other arguments are those of ``ensure``. No request is made yet.
        """
        native = self._native.install_all(
            list(templates), concurrency, reconcile_window, recreate_after_window, identified_by, journal
        )
        return InstallAll(native)

    def resume(self, token: str) -> Install:
        """Go on with an install from its stored token. No request is made."""
        return Install(self._native.resume(token))

    def follow(self, id: t.Id) -> Install:
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

    def get(self, id: t.Id) -> Connector:
        """Read one connector. A ``NotFoundError`` can pass within moments of a create."""
        return self._native.get(id).run()

    def status(self, id: t.Id) -> ConnectorReadiness:
        """Read how far the install is: the words are the API's own and not documented."""
        return self._native.status(id).run()

    def delete(self, id: t.Id, *, missing_ok: bool = False) -> Deleted:
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
        ``outcome`` is ``"unknown"`` the connector may exist: look for it before trying again, with what the error's
        ``reconcile`` tells. ``ensure`` does all of it.
        """
        return AsyncInstall(await self._native.install(template).start())

    async def ensure(
        self,
        template: Template,
        *,
        reconcile_window: t.Seconds = 30.0,
        recreate_after_window: bool = False,
        identified_by: t.Sequence[str] | None = None,
        journal: t.Journal | t.AsyncJournal | None = None,
    ) -> AsyncEnsured:
        """Install without doing it twice: adopt the connector that is the same, or else create it once.

        Doing it again does nothing. Two connectors are the same when their templates are, whatever the version, and:
        ``Sms`` and ``Voice``, the argument ``phoneNumberId`` is equal, or where it is not shown the ``numberId`` of the
        number; ``WhatsApp``, the argument ``phoneId`` or ``phoneNumber`` is; others, the name is, or all the arguments
        that ``identified_by`` names. Where none of these is shown, an equal name is enough, and ``matched_by`` says so.

        After a 409, or where the outcome of the create is unknown, the list is read again through ``reconcile_window``
        before anything is concluded. ``recreate_after_window`` then creates once more where nothing showed. ``journal``
        writes each create down before it is sent, so that a process that was killed and started again does not do it
        twice: a ``FileJournal``, or an object of your own (a ``Journal`` is called in a thread of the loop's executor,
        an ``AsyncJournal`` awaited on the loop).

        What is promised: exactly one connector, or an error that says what is known, where the API answers a second
        create with 409, or where what was created shows within the window, or where a journal is kept. Two processes
        that ensure the same at the same time rely on the API's 409.

        Raises ``ConflictError`` where several connectors are the same, whose ids are in ``details``, or where it is not
        shown whether one is. Where an error's ``outcome`` is ``"unknown"``, nothing showed within the window, and its
        ``reconcile`` has what to look for.
        """
        call = self._native.ensure(template, reconcile_window, recreate_after_window, identified_by, journal)
        return AsyncEnsured(await call.start())

    async def reconcile(self, what: Reconcile | str, *, window: t.Seconds = 30.0) -> AsyncEnsured | None:
        """Look for what a create of unknown outcome may have made: the ``reconcile`` of an error, or its line.

        Also that of another process. Nothing is created. None where nothing showed through the window: the outcome is
        as unknown as before.
        """
        found = await self._native.reconcile(what, window).start()
        return None if found is None else AsyncEnsured(found)

    def wait_all(
        self,
        installs: t.Iterable[t.Id | Install | AsyncInstall],
        timeout: t.Seconds | None = 300.0,
        *,
        timeouts: t.Mapping[t.Id, t.Seconds] | None = None,
        status: str | None = "active",
        interval: tuple[t.Seconds, t.Seconds] | None = None,
        failure_statuses: t.Sequence[str] | None = None,
        signal: t.Signals | None = None,
    ) -> AsyncWaitResults:
        """Follow many installs with one shared poll: ``async for`` gives a ``WaitResult`` for each as it finishes.

        ``installs`` are ids of connectors, wait tokens or installs; one that is given twice is followed once. A round
        reads the channel list, which tells the status of 1000 channels in one request, so that a thousand installs cost
        little more than one. One that fails is a result with an ``error``, and never raises.

        ``timeout`` counts for each install from the first step on; None waits for ever. ``timeouts`` are others for
        some of them, by the id of the connector. ``interval`` is the time between the beginnings of two rounds, at
        first and at most: 1.8 s and 10 s. The rest is as for ``until_ready`` of one install. No request is made yet.
        """
        return AsyncWaitResults(
            follow(self._native, installs, timeout, timeouts, status, interval, failure_statuses, signal)
        )

    def install_all(
        self,
        templates: t.Iterable[Template],
        *,
        concurrency: int = 16,
        reconcile_window: t.Seconds = 30.0,
        recreate_after_window: bool = False,
        identified_by: t.Sequence[str] | None = None,
        journal: t.Journal | t.AsyncJournal | None = None,
    ) -> AsyncInstallAll:
        """Install many, each as ``ensure`` does: ``async for`` gives an ``InstallResult`` for each.

        It comes as soon as the connector is there; ``until_ready`` of what is returned gives it as soon as the channel
        can send. The list of connectors is read once for all. ``concurrency`` is how many are under way at the same
        time. One that fails is a result with an ``error``, and does not stop the others. Two templates that stand for
        the same connector are refused.

        With a ``journal``, a run that was killed is resumed by doing the same again: what was done is not repeated. The
        other arguments are those of ``ensure``. No request is made yet.
        """
        native = self._native.install_all(
            list(templates), concurrency, reconcile_window, recreate_after_window, identified_by, journal
        )
        return AsyncInstallAll(native)

    def resume(self, token: str) -> AsyncInstall:
        """Go on with an install from its stored token. No request is made."""
        return AsyncInstall(self._native.resume(token))

    def follow(self, id: t.Id) -> AsyncInstall:
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

    async def get(self, id: t.Id) -> Connector:
        """Read one connector. A ``NotFoundError`` can pass within moments of a create."""
        return await self._native.get(id).start()

    async def status(self, id: t.Id) -> ConnectorReadiness:
        """Read how far the install is: the words are the API's own and not documented."""
        return await self._native.status(id).start()

    async def delete(self, id: t.Id, *, missing_ok: bool = False) -> Deleted:
        """Delete a connector **and its channel**, whose messaging stops."""
        return await self._native.delete(id, missing_ok).start()
