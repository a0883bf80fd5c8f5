"""An install in progress, and the wait until its channel can send."""

from __future__ import annotations

from .. import _native
from .. import _typing as t
from .._arguments import DEFAULT_TIMEOUT, wait_arguments
from .._errors import BirdConnectorsError
from .._native import Connector
from .._progress import check_async, report_async
from .._records import Drift, EnsureReport, Progress, Ready, WaitOptions
from .._wait_token import WaitToken
from .lists import AsyncItemIterator


class AsyncInstall:
    """An install in progress. Discarding this object does not affect the install.

    Returned by ``connectors.install``, ``resume`` and ``follow``.
    """

    def __init__(self, native: _native.Install) -> None:
        self._native = native

    @property
    def id(self) -> str:
        """The id of the connector. It is not the id of its channel."""
        return self._native.id

    @property
    def connector(self) -> Connector | None:
        """The connector, as the API returned it when it was created or found. None after ``resume`` and ``follow``."""
        return self._native.connector

    @property
    def token(self) -> WaitToken:
        """A string with which any process can resume the wait: see ``connectors.resume``. It contains no secrets.

        If it travels through a URL, sign it: see ``WaitToken.sign``.
        """
        return WaitToken(self._native.token)

    async def until_ready(
        self,
        timeout: t.Seconds | None = DEFAULT_TIMEOUT,
        *,
        on_progress: t.Callable[[Progress], t.Any] | None = None,
        options: WaitOptions | None = None,
        **overrides: t.Unpack[t.WaitOverrides],
    ) -> Ready:
        """Wait until the channel can send.

        The client polls until the channel has the status. All requests are reads. Temporary errors do not end the wait.
        Interrupting the wait does not affect the install.

        Args:
            timeout: Maximum time to wait, in seconds or as a ``timedelta``. A poll that is still running then is cut
                off. Zero makes one poll of at most 2 seconds. None waits without a limit.
            on_progress: A function that takes the result of each poll. An exception that it raises ends the wait. It is
                called in the event loop; if it returns an awaitable, that is awaited.
            options: The options of the wait. None selects the defaults of ``WaitOptions``.
            **overrides: Single options that override ``options``, as in ``WaitOptions``: ``status`` (default:
                ``"active"``), ``failure_statuses`` (default: ``failed``, ``error``, ``rejected``, ``suspended``,
                ``deleted``, ``cancelled``), ``interval`` (default: 0.5 s and 10 s) and ``signal`` (default: none).

        Returns:
            The channel that can send, with the number of polls and the time that the wait took.

        Raises:
            WaitTimeoutError: The timeout expired. The install continues: resume the wait with the error's ``token``.
            InstallFailedError: The install failed. Delete the connector, then install again.
            ConnectorVanishedError: The connector does not exist any more.
            WaitDeniedError: The access key may not read any resource that reports the status.
            InvalidInputError: An argument is invalid.
            TypeError: An argument has a wrong type.

        Example:
            ```python
            try:
                ready = await install.until_ready(timeout=120, on_progress=print)
            except WaitTimeoutError as error:
                save_for_later(error.token)
            ```
        """
        arguments = wait_arguments("until_ready", timeout, options, overrides)
        check_async(on_progress)
        steps = self._native.progress(*arguments)
        async for step in AsyncItemIterator(steps):
            if on_progress is not None:
                try:
                    await report_async(on_progress, step)
                except BaseException:
                    # The traceback keeps the wait, and telemetry must report its end.
                    steps.close()
                    raise
            if step.ready is not None:
                return step.ready
        raise AssertionError("a wait ends with a poll that is ready, or with an error")

    def progress(
        self,
        timeout: t.Seconds | None = DEFAULT_TIMEOUT,
        *,
        options: WaitOptions | None = None,
        **overrides: t.Unpack[t.WaitOverrides],
    ) -> AsyncItemIterator[Progress]:
        """Wait as ``until_ready`` does, and return an iterator over the polls.

        The wait starts when the first step is read, and polls no faster than the steps are read.

        Args:
            timeout: Maximum time to wait, in seconds or as a ``timedelta``. A poll that is still running then is cut
                off. Zero makes one poll of at most 2 seconds. None waits without a limit.
            options: The options of the wait. None selects the defaults of ``WaitOptions``.
            **overrides: Single options that override ``options``: ``status``, ``failure_statuses``, ``interval`` and
                ``signal``, as in ``WaitOptions``.

        Returns:
            An iterator over one ``Progress`` for each poll. ``ready`` of the last one is the result. The iterator
            raises the errors of ``until_ready``.

        Raises:
            InvalidInputError: An argument is invalid.

        Example:
            ```python
            async for step in install.progress(timeout=120):
                print(step.poll, step.status, step.ready)
            ```
        """
        arguments = wait_arguments("progress", timeout, options, overrides)
        return AsyncItemIterator(self._native.progress(*arguments))

    def __repr__(self) -> str:
        return f"<bird_connectors.{type(self).__name__} id={self.id!r}>"


class AsyncEnsured(AsyncInstall):
    """The result of ``ensure``: an install that was adopted or created. Wait for it like for any other install.

    If the install of an adopted connector has failed, the wait raises ``InstallFailedError``. Delete the connector in
    that case, and call ``ensure`` again: nothing is deleted automatically.
    """

    _report: EnsureReport

    def __init__(self, native: _native.Ensured) -> None:
        super().__init__(native.install)
        self._report = native.report

    @property
    def adopted(self) -> bool:
        """Whether the connector was found. False if the create of this call succeeded.

        True also if this call created the connector, did not receive the response, and then found the connector.
        """
        return self._report.adopted

    @property
    def matched_by(self) -> t.MatchedBy | None:
        """Why the connector was adopted. None if it was created.

        - ``arguments``: the identifying arguments are equal. ``matched_arguments`` names them.
        - ``number_id``: the API does not show the arguments, but the number is the same.
        - ``name``: the name is equal, and the API shows no identifying argument, or the template has none.
        - ``journal``: the journal names the connector, which an earlier run created.
        """
        return self._report.matched_by

    @property
    def matched_arguments(self) -> tuple[str, ...]:
        """The names of the arguments that identified the connector, if ``matched_by`` is ``arguments``."""
        return self._report.matched_arguments

    @property
    def drift(self) -> tuple[Drift, ...]:
        """How an adopted connector differs from the template, as far as the API shows it. Nothing was changed."""
        return self._report.drift

    @property
    def secrets_applied(self) -> bool:
        """Whether the connector has the secrets of the template.

        False if the template has secrets and the connector was adopted: it may have been created with other secrets,
        and nothing was sent to it. To apply the secrets, delete the connector and call ``ensure`` again.
        """
        return self._report.secrets_applied

    @property
    def journal_error(self) -> BirdConnectorsError | None:
        """Why the result could not be recorded in the journal, for example because the disk is full.

        None if it was recorded, or without a journal. The connector exists. Correct the cause; a later run with this
        journal searches for the connector and adopts it. If the journal cannot be written before the create, ``ensure``
        raises the error instead, and nothing is sent.
        """
        return self._report.journal_error
