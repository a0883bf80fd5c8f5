"""The activities: each of them sends its requests once, and leaves all waiting to the workflow."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any, NoReturn, TypeAlias

from temporalio import activity
from temporalio.exceptions import ApplicationError

import bird_connectors

from .._enums import ChannelStatus
from .._errors import (
    ApiError,
    BirdConnectorsError,
    NotFoundError,
    WaitTimeoutError,
)
from .._journal import AnyJournal
from .._masking import without_secrets
from .._records import Progress
from . import _names as names
from ._errors import application_error, error_kind, is_retryable
from ._records import (
    DeleteRequest,
    DeleteResult,
    EnsuredConnector,
    EnsureRequest,
    ListedChannel,
    PollReport,
    PollRequest,
    ProbeRequest,
    ProbeResult,
    SharedPollReport,
    SharedPollRequest,
)
from ._templates import TemplateSpec

SecretResolver: TypeAlias = Callable[[str], str | Awaitable[str]]

# How often a long activity reports that its worker is alive, in seconds. The workflow expects it within 10 s.
_HEARTBEAT = 2.0
# How long a resolver may take for one secret, in seconds. Heartbeats continue meanwhile, so nothing else ends it soon.
_RESOLVER_TIMEOUT = 30.0
# The end of a poll, in seconds.
_POLL_TIMEOUT = 10.0
# The detail of the last heartbeat of an attempt that certainly created nothing.
_NOTHING_CREATED = "nothing_created"
_IN_PROGRESS = "in_progress"
# The maximum number of ids in one request, so that the URL stays short.
_IDS_PER_REQUEST = 100


class ConnectorActivities:
    """The activities of the workflows, for workers that do not use ``connector_worker``.

    Args:
        client: The client, whose access key needs the permissions of all operations. The worker does not close it.
        resolve_secret: Returns the secret with a name. It can be a function, which is called in a thread, or a
            coroutine function. Raise ``LookupError`` for an unknown name; other exceptions are retried, and so is a
            call that takes longer than 30 s.
        journal: The journal of ``ensure``. All workers of a workspace should use the same one, such as a table.

    Example:
        ```python
        activities = ConnectorActivities(client, resolve_secret=vault.read)
        worker = Worker(temporal, task_queue=task_queue(workspace_id), activities=activities.all())
        ```
    """

    def __init__(
        self,
        client: bird_connectors.AsyncClient,
        *,
        resolve_secret: SecretResolver | None = None,
        journal: AnyJournal | None = None,
    ) -> None:
        self._client = client
        self._resolve_secret = resolve_secret
        self._journal = journal

    def all(self) -> Sequence[Callable[..., Any]]:
        """Return all activities.

        Returns:
            The activities, for the argument ``activities`` of a ``Worker``.
        """
        return [self.ensure, self.poll, self.poll_shared, self.send_probe, self.delete]

    @activity.defn(name=names.ENSURE)
    async def ensure(self, request: EnsureRequest) -> EnsuredConnector:
        """Adopt the connector that matches the template, or create one.

        If the outcome of a create is unknown, the error has the unresolved create, and the activity must be called
        again with it. An attempt whose worker died is repeated: without a journal, it first searches for a connector
        that the dead worker may have created.

        Args:
            request: What to install, and how.

        Returns:
            The connector, and the token for its wait.

        Raises:
            ApplicationError: The type is the kind of the error of the SDK. It is retried if nothing was created.
        """
        async with _heartbeats():
            secrets = await self._secrets(request.template)
            try:
                return await self._ensure(request, secrets)
            except BirdConnectorsError as error:
                if error.unresolved is None and is_retryable(error, repeatable=True):
                    activity.heartbeat(_NOTHING_CREATED)
                # Not chained: the cause is not scrubbed, and the journal of the user may have raised it.
                raise application_error(error, repeatable=True, secrets=secrets.values()) from None

    async def _ensure(self, request: EnsureRequest, secrets: dict[str, str]) -> EnsuredConnector:
        connectors = self._client.workspace(request.workspace_id).connectors
        settings = request.settings
        template = build_template(request.template, secrets)
        window = settings.reconcile_window
        if self._journal is None:
            found = None
            if request.unresolved is not None:
                found = await connectors.reconcile(request.unresolved, window=window)
                if found is None and not settings.recreate_after_window:
                    raise _still_unresolved(request.unresolved)
            elif _earlier_attempt_may_have_created() and settings.identified_by is None:
                found = await connectors.reconcile(connectors.unresolved_create(template), window=window)
            if found is not None and not settings.refuse_drift:
                return _ensured(found, secrets)
        ensured = await connectors.ensure(
            template,
            reconcile_window=window,
            recreate_after_window=settings.recreate_after_window,
            refuse_drift=settings.refuse_drift,
            identified_by=settings.identified_by,
            journal=self._journal,
        )
        return _ensured(ensured, secrets)

    @activity.defn(name=names.POLL)
    async def poll(self, request: PollRequest) -> PollReport:
        """Poll one install exactly once, for at most 10 seconds. A read that fails is part of the report.

        Args:
            request: The token of the install, and the status to wait for.

        Returns:
            What the poll has read. The workflow decides what follows from it.

        Raises:
            ApplicationError: The access key cannot read the install (type ``wait_denied``), or the token is invalid.
        """
        connectors = self._client.workspace(request.workspace_id).connectors
        try:
            steps = connectors.resume(request.token).progress(timeout=_POLL_TIMEOUT, status=request.status)
            step = await steps.__anext__()
            if step.next_poll_in is None and step.confirmed_by is None:
                # The wait is over: the next step raises its error.
                with contextlib.suppress(WaitTimeoutError):
                    await steps.__anext__()
        except BirdConnectorsError as error:
            raise application_error(error, repeatable=True) from None
        return _report(step)

    @activity.defn(name=names.POLL_SHARED)
    async def poll_shared(self, request: SharedPollRequest) -> SharedPollReport:
        """Poll up to 1000 installs with the list of channels, which shows 1000 channels per request.

        Args:
            request: The connectors to follow.

        Returns:
            The channels of these connectors, as far as the list shows them.

        Raises:
            ApplicationError: The list cannot be read. Temporary errors are retried.
        """
        channels = self._client.workspace(request.workspace_id).channels
        wanted = {followed.connector_id for followed in request.connectors}
        ids = [followed.channel_id for followed in request.connectors if followed.channel_id is not None]
        by_id = len(ids) == len(request.connectors) <= _IDS_PER_REQUEST
        status = [status.value for status in ChannelStatus] if request.by_status else None
        found: dict[str, Any] = {}
        pages = 0
        try:
            listing = channels.list(page_size=1000, channel_ids=ids if by_id else None, status=status)
            async for page in listing.pages():
                pages += 1
                for channel in page.items:
                    owner = channel.connector_id
                    if owner is None or owner not in wanted:
                        continue
                    # A channel that was replaced may still be listed.
                    if owner not in found or _created(found[owner]) < _created(channel):
                        found[owner] = channel
                if len(found) == len(wanted):
                    break
        except BirdConnectorsError as error:
            raise application_error(error, repeatable=True) from None
        listed = [
            ListedChannel(owner, channel.id, None if channel.status is None else str(channel.status))
            for owner, channel in found.items()
        ]
        return SharedPollReport(channels=listed, pages=pages)

    @activity.defn(name=names.SEND_PROBE)
    async def send_probe(self, request: ProbeRequest) -> ProbeResult:
        """Send a text message, to prove that a channel works.

        Call it with at most one attempt: if the worker dies, the message may have been sent.

        Args:
            request: The channel and the message.

        Returns:
            The message that the API has accepted.

        Raises:
            ApplicationError: The message was not accepted. It is retried only if it was certainly not sent.
        """
        try:
            sent = await self._client.workspace(request.workspace_id).channels.send_text(
                request.channel_id, to=request.message.to, text=request.message.text
            )
        except BirdConnectorsError as error:
            raise application_error(error, repeatable=False) from None
        return ProbeResult(message_id=sent.id, status=None if sent.status is None else str(sent.status))

    @activity.defn(name=names.DELETE)
    async def delete(self, request: DeleteRequest) -> DeleteResult:
        """Delete a connector **and its channel**. Deleting it again is safe, so unknown outcomes are retried.

        Args:
            request: The connector.

        Returns:
            Whether it was already gone.

        Raises:
            ApplicationError: The connector could not be deleted.
        """
        try:
            connectors = self._client.workspace(request.workspace_id).connectors
            deleted = await connectors.delete(request.connector_id, missing_ok=True)
        except BirdConnectorsError as error:
            raise application_error(error, repeatable=True) from None
        return DeleteResult(already_gone=deleted.already_gone)

    async def _secrets(self, template: TemplateSpec) -> dict[str, str]:
        """Return the secrets of a template by their names."""
        resolver = self._resolve_secret
        secrets: dict[str, str] = {}
        for name in template.secret_names():
            if resolver is None:
                raise _secret_error(name, "the worker has no resolver: pass `resolve_secret`", retryable=False)
            try:
                secret: Any = await asyncio.wait_for(_resolve(resolver, name), _RESOLVER_TIMEOUT)
            except (asyncio.TimeoutError, TimeoutError):
                # Its own, or one of a library that the resolver uses.
                reason = f"the resolver timed out; it may take {_RESOLVER_TIMEOUT:g} s"
                raise _secret_error(name, reason, retryable=True) from None
            except Exception as error:
                # Not chained, and without its message: it is not ours, and may contain anything.
                reason = f"the resolver raised {type(error).__name__}"
                raise _secret_error(name, reason, retryable=not isinstance(error, LookupError)) from None
            if not isinstance(secret, str) or not secret:
                raise _secret_error(name, "the resolver did not return a string with a secret", retryable=False)
            secrets[name] = secret
        return secrets


async def _resolve(resolver: SecretResolver, name: str) -> Any:
    if inspect.iscoroutinefunction(resolver):
        return await resolver(name)
    secret = await asyncio.to_thread(resolver, name)
    return await secret if inspect.isawaitable(secret) else secret


def build_template(spec: TemplateSpec, secrets: dict[str, str]) -> bird_connectors.Template:
    """Return the template of a specification, with its secrets. It must not leave the worker.

    Args:
        spec: The specification.
        secrets: The secrets by their names.

    Raises:
        ApplicationError: An argument is invalid. It is not retried.
    """
    template_class: Any = getattr(bird_connectors, spec.kind)
    try:
        template: bird_connectors.Template = template_class(name=spec.name, **spec.resolved_arguments(secrets))
        return template
    except BirdConnectorsError as error:
        raise application_error(error, repeatable=False, secrets=secrets.values()) from None
    except TypeError as error:
        message = without_secrets(f"invalid arguments of {spec.kind}: {error}", secrets.values())
        raise ApplicationError(message, type="invalid_input", non_retryable=True) from None


def _secret_error(name: str, reason: str, *, retryable: bool) -> ApplicationError:
    return ApplicationError(
        f"cannot resolve the secret {name!r}: {reason}", type=names.SECRET_UNAVAILABLE, non_retryable=not retryable
    )


def _still_unresolved(line: str) -> ApplicationError:
    unresolved = bird_connectors.UnresolvedCreate(line)
    return ApplicationError(
        f"the outcome of an earlier create is still unknown: {unresolved.what} has not appeared in the list of "
        "connectors; it may appear later, so nothing was created again [errors#transport]",
        {"outcome": "unknown", "unresolved": line},
        type="transport",
        non_retryable=True,
    )


def _earlier_attempt_may_have_created() -> bool:
    """Whether the worker of an earlier attempt died, or was stopped, in the middle of it."""
    info = activity.info()
    return info.attempt > 1 and tuple(info.heartbeat_details) != (_NOTHING_CREATED,)


@contextlib.asynccontextmanager
async def _heartbeats() -> AsyncGenerator[None]:
    """Reports that the worker is alive, so that another one takes over soon after it has died."""

    async def beat() -> NoReturn:
        while True:
            activity.heartbeat(_IN_PROGRESS)
            await asyncio.sleep(_HEARTBEAT)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()


def _ensured(ensured: bird_connectors.AsyncEnsured, secrets: dict[str, str]) -> EnsuredConnector:
    journal_error = ensured.journal_error
    return EnsuredConnector(
        connector_id=ensured.id,
        token=str(ensured.token),
        adopted=ensured.adopted,
        matched_by=ensured.matched_by,
        # Only the names: a value may be a secret of an earlier install.
        drift=[drift.field for drift in ensured.drift],
        secrets_applied=ensured.secrets_applied,
        journal_error=None if journal_error is None else without_secrets(str(journal_error), secrets.values()),
    )


def _report(step: Progress) -> PollReport:
    """Return what a poll has read."""
    statuses: dict[str, str | None] = {}
    if step.channel is not None:
        statuses["channel"] = step.channel.status
    if step.readiness is not None:
        channel, number = step.readiness.channel, step.readiness.number
        statuses["readiness_channel"] = None if channel is None else channel.status
        statuses["readiness_number"] = None if number is None else number.status
    observed = step.connector is not None or step.channel is not None
    failed = step.error
    return PollReport(
        connector_id=step.connector_id,
        channel_id=step.channel_id,
        status=None if step.status is None else str(step.status),
        stage=step.stage,
        confirmed_by=step.confirmed_by,
        statuses={source: str(status) for source, status in statuses.items() if status is not None},
        missing=isinstance(failed, NotFoundError) and not observed,
        observed=observed,
        error_kind=None if failed is None else error_kind(failed),
        error=None if failed is None else _summary(failed),
        retry_after=None if failed is None else failed.retry_after,
    )


def _summary(error: BirdConnectorsError) -> str:
    """Describe the error of a read without the text of the response, which may repeat a secret."""
    if not isinstance(error, ApiError) or error.status is None:
        return str(error)
    request = "" if error.request_id is None else f", request id {error.request_id}"
    return f"the API answered with status {error.status}{request} [errors#{error_kind(error)}]"


def _created(channel: Any) -> float:
    return 0.0 if channel.created_at is None else float(channel.created_at.timestamp())
