"""Connectors: install channels, and list, read and delete connectors."""

from __future__ import annotations

from .. import _native
from .. import _typing as t
from .._arguments import DEFAULT_TIMEOUT, wait_arguments
from .._errors import BirdConnectorsError
from .._native import Connector, ConnectorReadiness, Template, UnresolvedCreate
from .._records import Deleted, WaitOptions
from .install import AsyncEnsured, AsyncInstall
from .install_all import AsyncInstallAll
from .lists import AsyncList
from .wait_all import AsyncWaitResults


class AsyncConnectors:
    """The connectors of a workspace."""

    def __init__(self, native: _native.Connectors) -> None:
        self._native = native

    async def install(self, template: Template) -> AsyncInstall:
        """Create a connector, which installs a channel.

        The API responds as soon as it has created the connector, and installs the channel in the background. Wait for
        the channel with ``until_ready``. Calling ``install`` twice may create two connectors: ``ensure`` does not.

        The request is retried only if it was certainly not processed.

        Args:
            template: What to install, such as ``Sms`` or ``WhatsApp``.

        Returns:
            The handle to the install, with the id of the connector and a token with which another process can resume
            the wait.

        Raises:
            ConflictError: The connector exists already. ``details`` may have its id. Use ``ensure`` to adopt it.
            ValidationError: The API rejected an argument of the template. No connector was created.
            PermissionDeniedError: The access key may not create connectors.
            BirdConnectorsError: Any other failure. If ``outcome`` is ``"unknown"``, the connector may have been
                created: pass the error's ``unresolved`` to ``reconcile``, and do not call ``install`` again.

        Example:
            ```python
            install = await workspace.connectors.install(
                Sms(name="Support NL", phone_number_id=number.id, channel_message_type="conversational")
            )
            ready = await install.until_ready(timeout=300)
            ```
        """
        return AsyncInstall(await self._native.install(template).start())

    async def ensure(
        self,
        template: Template,
        *,
        reconcile_window: t.Seconds = 30.0,
        recreate_after_window: bool = False,
        refuse_drift: bool = False,
        identified_by: t.Sequence[str] | None = None,
        journal: t.Journal | t.AsyncJournal | t.SharedJournal | t.AsyncSharedJournal | None = None,
    ) -> AsyncEnsured:
        """Install a channel idempotently: adopt the connector that matches the template, or create one.

        Calling it again has no further effect.

        A connector matches if its template has the same name, in any version, and

        - ``Sms``, ``Voice``: the argument ``phoneNumberId`` is equal or, if the API does not show it, the ``numberId``
          of the number is;
        - ``WhatsApp``: the argument ``phoneId`` or ``phoneNumber`` is equal;
        - other templates: the name is equal, or all arguments that ``identified_by`` names are.

        If the API shows none of these arguments, an equal name is enough, and ``matched_by`` is ``"name"``. Nothing is
        sent to an adopted connector, not even secrets. ``drift`` lists how it differs from the template.

        After a 409, or if the outcome of the create is unknown, the client reads the list of connectors repeatedly
        during ``reconcile_window`` before it decides.

        The result is exactly one connector, or an error that says what is known, if one of these conditions holds: the
        API answers a second create with 409; the created connector appears in the list within the window; a journal is
        used. Calls that ensure the same template at the same time create one connector if they share
        a journal in one process, or a ``FileJournal`` on one machine. Otherwise they rely on the 409.

        Args:
            template: What to install, such as ``Sms`` or ``WhatsApp``.
            reconcile_window: How long to search for the connector after a 409 or an unknown outcome, in seconds or as a
                ``timedelta``. 0 searches once.
            recreate_after_window: Create the connector once more if no match appears within the window. If the first
                one appears later, there are two. If the second create fails, the error's ``unresolved`` describes the
                first one.
            refuse_drift: Raise ``ConflictError`` if the connector that matches differs from the template, instead of
                adopting it. The error's ``details`` list the differences. Nothing is sent to the connector.
            identified_by: The names of the arguments that identify the connector, such as ``["phoneNumberId"]``,
                instead of the rules above.
            journal: Records each create before it is sent, so that a process that was killed and restarted does not
                create a second connector. A ``FileJournal``, or an object with the methods of ``Journal``, which are
                called in a thread of the event loop's executor, or of ``AsyncJournal``, which are awaited.

        Returns:
            The handle to the install. ``adopted`` says whether the connector existed before.

        Raises:
            ConflictError: Several connectors match, and ``details`` lists their ids; or the API does not show enough to
                decide whether one matches; or the one that matches differs, and ``refuse_drift`` is true.
            InvalidInputError: An argument is invalid.
            JournalError: The journal raised an exception, which is the ``__cause__``, or one of its lines is invalid.
                Nothing was created.
            BirdConnectorsError: Any other failure. If ``outcome`` is ``"unknown"``, the connector may have been
                created, but did not appear within the window. Pass the error's ``unresolved`` to ``reconcile`` later.

        Example:
            ```python
            ensured = await workspace.connectors.ensure(
                Sms(name="Support NL", phone_number_id=number.id, channel_message_type="conversational")
            )
            print(ensured.id, "adopted" if ensured.adopted else "created")
            ready = await ensured.until_ready(timeout=300)
            ```
        """
        call = self._native.ensure(
            template, reconcile_window, recreate_after_window, refuse_drift, identified_by, journal
        )
        return AsyncEnsured(await call.start())

    def unresolved_create(self, template: Template) -> UnresolvedCreate:
        """Describe the create that ``install`` would send, so that it can be stored first. No request is sent.

        A program that is interrupted while a create is in flight does not know the outcome: pass the stored create to
        ``reconcile`` then. For ``ensure``, use a journal.

        Args:
            template: What ``install`` would install.

        Returns:
            The create. ``str()`` writes it as one line.

        Raises:
            TypeError: The argument is not a template.

        Example:
            ```python
            create = workspace.connectors.unresolved_create(template)
            try:
                install = await workspace.connectors.install(template)
            except KeyboardInterrupt:
                print(f"the outcome is unknown: {create}")
                raise
            ```
        """
        return self._native.unresolved_create(template)

    async def reconcile(
        self,
        unresolved: UnresolvedCreate | str,
        *,
        window: t.Seconds = 30.0,
    ) -> AsyncEnsured | None:
        """Search for the connector that a create with an unknown outcome may have created.

        It reads the list of connectors, repeatedly during the window. It never creates a connector.

        Args:
            unresolved: The ``unresolved`` of an error, or its string form, also from another process.
            window: How long to search, in seconds or as a ``timedelta``. 0 searches once.

        Returns:
            The handle to the install, or None if no match appeared within the window. In that case, the outcome is
            still unknown.

        Raises:
            InvalidInputError: The string is invalid or truncated, or belongs to another workspace.
            ConflictError: Several connectors match. ``details`` lists their ids.
            BirdConnectorsError: Any other failure. All requests are reads.

        Example:
            ```python
            try:
                install = await workspace.connectors.install(template)
            except BirdConnectorsError as error:
                if error.unresolved is None:
                    raise
                install = await workspace.connectors.reconcile(error.unresolved)
                if install is None:
                    raise  # The outcome is still unknown.
            ```
        """
        found = await self._native.reconcile(unresolved, window).start()
        return None if found is None else AsyncEnsured(found)

    def wait_all(
        self,
        installs: t.Iterable[t.Id | t.AnyInstall],
        timeout: t.Seconds | None = DEFAULT_TIMEOUT,
        *,
        timeouts: t.Mapping[t.Id, t.Seconds] | None = None,
        options: WaitOptions | None = None,
        **overrides: t.Unpack[t.WaitOverrides],
    ) -> AsyncWaitResults:
        """Wait for many installs with shared polls. Read the results with ``async for``, in the order they finish.

        One poll reads the channel list, which reports the status of 1000 channels per request. Waiting for a thousand
        installs therefore costs little more than waiting for one. All requests are reads.

        A failed install is a result with an ``error``: iterating does not raise. No request is sent until the first
        result is read.

        Args:
            installs: Connector ids, connectors, wait tokens or installs. Duplicates are followed once.
            timeout: Maximum time for each install, in seconds or as a ``timedelta``, from the first result that is
                read. None waits without a limit.
            timeouts: Other timeouts for some installs, by connector id.
            options: The options of the wait. None selects the defaults of ``WaitOptions``.
            **overrides: Single options that override ``options``: ``status``, ``failure_statuses``, ``interval`` and
                ``signal``, as in ``WaitOptions``.

        Returns:
            The results, one ``WaitResult`` for each install.

        Raises:
            TypeError: ``installs`` is a string or has an element of a wrong type.
            InvalidInputError: An argument is invalid.

        Example:
            ```python
            async for result in workspace.connectors.wait_all(connector_ids, timeout=600):
                print(result.connector_id, result.error or result.channel_id)
            ```
        """
        limit, until, interval, failures, signals = wait_arguments("wait_all", timeout, options, overrides)
        native = self._native.wait_all(installs, limit, timeouts, until, interval, failures, signals)
        return AsyncWaitResults(native)

    def install_all(
        self,
        templates: t.Iterable[Template | BirdConnectorsError | ValueError],
        *,
        concurrency: int = 16,
        reconcile_window: t.Seconds = 30.0,
        recreate_after_window: bool = False,
        refuse_drift: bool = False,
        identified_by: t.Sequence[str] | None = None,
        journal: t.Journal | t.AsyncJournal | t.SharedJournal | t.AsyncSharedJournal | None = None,
    ) -> AsyncInstallAll:
        """Install many channels, each idempotently as ``ensure`` does.

        Read the results with ``async for``: each ``InstallResult`` is returned as soon as its connector exists. To get
        each one as soon as its channel can send, read ``install_all(…).until_ready()`` instead.

        The list of connectors is read once for all templates. A failed install is a result with an ``error``: it does
        not stop the others, and iterating does not raise. If two templates identify the same connector, the second one
        is a result with an error. No request is sent until the first result is read.

        To resume a run whose process was killed, run it again with the same journal.

        Args:
            templates: What to install. Instead of a template, an element may be the ``BirdConnectorsError`` or
                ``ValueError`` that was raised when the template was built: its result has this ``error``, and the
                other templates are installed.
            concurrency: Maximum number of concurrent installs.
            reconcile_window: How long to search for a connector after a 409 or an unknown outcome, in seconds or as a
                ``timedelta``. 0 searches once.
            recreate_after_window: Create a connector once more if no match appears within the window. If the first one
                appears later, there are two.
            refuse_drift: If a connector that matches differs from its template, the result has a ``ConflictError``.
                See ``ensure``.
            identified_by: The names of the arguments that identify a connector, instead of the rules of ``ensure``.
            journal: Records each create before it is sent. See ``ensure``.

        Returns:
            The installs, which have not started.

        Raises:
            TypeError: An argument has a wrong type. The message contains the index of a wrong element of ``templates``.
            InvalidInputError: An argument is invalid.

        Example:
            ```python
            results = workspace.connectors.install_all(templates, journal=journal).until_ready(timeout=300)
            async for result in results:
                print(templates[result.index].name, result.error or result.channel_id)
            ```
        """
        native = self._native.install_all(
            templates,
            concurrency,
            reconcile_window,
            recreate_after_window,
            refuse_drift,
            identified_by,
            journal,
        )
        return AsyncInstallAll(native)

    def resume(self, token: str) -> AsyncInstall:
        """Return the handle to an install from its stored token, also in another process. No request is sent.

        Args:
            token: The ``token`` of an install, of a result or of a ``WaitError``.

        Returns:
            The handle. Its ``connector`` is None.

        Raises:
            InvalidInputError: The token is invalid or truncated, or belongs to another workspace.

        Example:
            ```python
            ready = await workspace.connectors.resume(token).until_ready()
            ```
        """
        return AsyncInstall(self._native.resume(token))

    def follow(self, id: t.Id) -> AsyncInstall:
        """Return the handle to the install of a connector, of which only the id is known. No request is sent.

        Args:
            id: The id of the connector.

        Returns:
            The handle. Its ``connector`` is None.

        Raises:
            InvalidInputError: The id is not a UUID.

        Example:
            ```python
            ready = await workspace.connectors.follow(connector_id).until_ready()
            ```
        """
        return AsyncInstall(self._native.follow(id))

    def list(
        self,
        *,
        template: str | None = None,
        page_size: int | None = None,
        limit: int | None = None,
        reverse: bool = False,
        include_release_status: bool = False,
        max_empty_pages: int | None = None,
        resume_from: str | None = None,
    ) -> AsyncList[Connector]:
        """List the connectors of the workspace.

        No request is sent until the list is read.

        Args:
            template: Only connectors of exactly this template and version, such as ``"sms-messagebird:1"``. Without a
                version it is invalid, because no connector could match. None lists all.
            page_size: Number of items in one request. Default: 100. The API documents no maximum for this list: a
                larger number is sent as it is, and the API may reject it or return smaller pages.
            limit: Maximum number of items in total. None returns all.
            reverse: List in reverse order.
            include_release_status: Include the internal release status. The API does not document this parameter.
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
            async for connector in workspace.connectors.list(template="sms-messagebird:1"):
                print(connector.id, connector.name)
            ```
        """
        return AsyncList(
            self._native.list(template, reverse, include_release_status, page_size, limit, max_empty_pages, resume_from)
        )

    async def get(self, id: t.Id) -> Connector:
        """Read one connector.

        Args:
            id: The id of the connector.

        Returns:
            The connector. It has no status: see ``status``, or the channel.

        Raises:
            NotFoundError: The connector does not exist. Shortly after a create, this can be temporary.
            BirdConnectorsError: Any other failure. The request is a read, which is retried automatically.

        Example:
            ```python
            connector = await workspace.connectors.get(connector_id)
            ```
        """
        return await self._native.get(id).start()

    async def readiness(self, id: t.Id) -> ConnectorReadiness:
        """Read the readiness of a connector, which is the progress of its install. ``until_ready`` does this for you.

        Args:
            id: The id of the connector.

        Returns:
            The status of the channel and of the number. The API does not document the values.

        Raises:
            NotFoundError: The connector does not exist, or its template has no readiness.
            BirdConnectorsError: Any other failure. The request is a read, which is retried automatically.

        Example:
            ```python
            readiness = await workspace.connectors.readiness(connector_id)
            ```
        """
        return await self._native.readiness(id).start()

    async def delete(self, id: t.Id, *, missing_ok: bool = False) -> Deleted:
        """Delete a connector **and its channel**, which can no longer send or receive messages.

        The request is retried automatically, also if its outcome is unknown. A 404 in response to such a retry counts
        as success.

        Args:
            id: The id of the connector.
            missing_ok: Do not raise ``NotFoundError`` if the connector does not exist.

        Returns:
            Whether the connector was already gone.

        Raises:
            NotFoundError: The connector does not exist, and ``missing_ok`` is false.
            BirdConnectorsError: Any other failure. If ``outcome`` is ``"unknown"``, the connector may have been
                deleted. Deleting it again is safe.

        Example:
            ```python
            await workspace.connectors.delete(connector_id, missing_ok=True)
            ```
        """
        return await self._native.delete(id, missing_ok).start()

    def __repr__(self) -> str:
        return f"<bird_connectors.{type(self).__name__} workspace={self._native.workspace_id!r}>"
