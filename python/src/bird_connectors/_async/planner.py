"""Plans and applies files of channels."""

from __future__ import annotations

from contextlib import suppress

from .. import _native
from .. import _typing as t
from .._plan import ApplyReport, DesiredState, Export, Plan, StepResult, export_of, secret_of, step_result
from .._progress import check_async, report_async
from .client import AsyncClient
from .lists import AsyncItemIterator

# How long an apply that ends early waits for its requests, in seconds.
_INTERRUPT_LIMIT = 30.0
_CANCEL_LIMIT = 5.0


class AsyncPlanner:
    """Compares files of channels with workspaces, and makes the workspaces follow the files.

    Creating one sends no request. A planner can be used for any number of plans.

    The journal records each create before it is sent, and what the project has created. With it, an apply can be
    interrupted or killed at any time: plan again, and apply again. Nothing is created twice, and nothing is lost.
    Without it, an apply adopts what matches, and owns nothing: a later prune deletes nothing. Always use the same
    journal for the same project.

    Args:
        client: The client. Its access key needs access to all workspaces of the files.
        journal: The journal of the project: a ``FileJournal``, a ``postgres.PostgresJournal``, or an object with the
            methods of ``Journal``. One with the methods of ``SharedJournal`` also needs ``lines()``, which returns the
            last line of each key. None plans and applies without a journal.

    Raises:
        TypeError: ``client`` is of another kind, or ``journal`` is not a journal.

    Example:
        ```python
        desired = DesiredState.read("channels.yaml")
        with FileJournal("channels.yaml.journal") as journal:
            planner = AsyncPlanner(client, journal=journal)
            plan = await planner.plan(desired)
            print(plan)
            report = await planner.apply(plan)
        ```
    """

    def __init__(
        self,
        client: AsyncClient,
        *,
        journal: t.Journal | t.AsyncJournal | t.SharedJournal | t.AsyncSharedJournal | None = None,
    ) -> None:
        # A type checker finds this earlier.
        if not isinstance(client, AsyncClient):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"invalid client: expected {AsyncClient.__name__}, got {type(client).__name__}")
        self._native = _native.Planner(client._native, journal)

    async def plan(
        self,
        desired: DesiredState,
        *,
        prune: bool = False,
        replace: t.Sequence[str] = (),
        own: t.Sequence[str] = (),
        update_signing_key: t.Sequence[str] = (),
    ) -> Plan:
        """Read the workspaces and the journal, and compare them with the files. Only reads are sent.

        It reads the lists of connectors, numbers and webhook subscriptions of the workspaces that the files describe,
        as far as they are needed, and of those in which the project still owns something according to the journal.

        Args:
            desired: What the workspaces should contain.
            prune: Delete what the project owns and the files do not describe any more.
            replace: Connectors that are deleted and created again if they differ, because the API cannot change them:
                names, or addresses such as ``production/sms-messagebird/Support NL``. Their channels stop in between.
            own: Connectors and webhook subscriptions that somebody else created, and that the project owns from now on:
                names or addresses. This needs a journal.
            update_signing_key: Webhook subscriptions to which the signing key of the files is sent, because it has
                changed: events, URLs, or addresses such as ``production/webhook/channel.updated``. The API does not
                return signing keys, so that a plan cannot compare them.

        Returns:
            The plan. If it has conflicts, it cannot be applied.

        Raises:
            InvalidInputError: An argument is invalid, or the journal cannot be read.
            ApiError: The API answered with an error status.
            TransportError: The connection failed or broke.
            TypeError: An argument has a wrong type.

        Example:
            ```python
            plan = await planner.plan(desired, prune=True)
            if plan.has_changes:
                print(plan.to_markdown())
            ```
        """
        if not isinstance(desired, DesiredState):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"invalid desired: expected DesiredState, got {type(desired).__name__}")
        return Plan(await self._native.plan(desired._native, prune, replace, own, update_signing_key).start())

    async def apply(
        self,
        plan: Plan,
        *,
        expect: str | None = None,
        force: bool = False,
        wait: t.Seconds | None = None,
        status: str | None = "active",
        reconcile_window: t.Seconds = 30.0,
        recreate_after_window: bool = False,
        concurrency: int = 16,
        secrets: t.Callable[[str], t.Any] | None = None,
        on_progress: t.Callable[[StepResult], t.Any] | None = None,
    ) -> ApplyReport:
        """Carry a plan out: create with ``ensure``, replace, update, record and delete.

        A failed step is a result with an ``error``, and does not affect the others. Deletes come last, after everything
        that is created. Connectors are created as ``connectors.ensure`` does, so that a plan that is no longer current
        creates no duplicate.

        If the apply is interrupted with Ctrl-C, no further step starts, and it waits for the responses of the requests
        that it has sent, for at most 30 seconds, so that their results get into the journal. Then it raises
        ``KeyboardInterrupt``; a second Ctrl-C raises it at once. A task that is cancelled waits for at most 5 seconds.
        What was created stays. Plan again, and apply again.

        Args:
            plan: The plan, from this planner or another one with the same journal.
            expect: Apply only the plan with this hash: the one that was reviewed. Store the ``hash`` of that plan, and
                plan again before the apply: the hash of ``plan`` itself always matches. None applies any plan.
            force: Prune also if more than 30 % of ten or more would be deleted.
            wait: Also wait for the channels of created connectors, for at most this time each, in seconds or as a
                ``timedelta``. None does not wait.
            status: The status that the wait waits for. None waits until there is a channel, whatever its status.
            reconcile_window: How long to search for what a create of unknown outcome has created, in seconds or as a
                ``timedelta``.
            recreate_after_window: Create once more if nothing is found within the window. If the first one appears
                later, there are two.
            concurrency: The maximum number of concurrent installs in each workspace.
            secrets: A function that takes a reference, such as ``env:META_TOKEN`` or ``file:channels/token``, and
                returns the secret, such as from a vault. Without it, references are read from the environment and from
                files. It is called before anything is sent, once for each secret that the apply needs. An exception
                that it raises ends the apply. It is called in the event loop; if it returns an awaitable, that is
                awaited.
            on_progress: A function that takes the result of each step as soon as it is known. An exception that it
                raises ends the apply. It is called in the event loop; if it returns an awaitable, that is awaited.

        Returns:
            The results of all steps that have an action.

        Raises:
            ApplyRefusedError: The plan is not the expected one, has conflicts, or deletes too much; or a secret cannot
                be read. Nothing was sent.
            InvalidInputError: An argument is invalid. Nothing was sent.
            TypeError: An argument has a wrong type. Nothing was sent.

        Example:
            ```python
            report = await planner.apply(plan, expect=reviewed_hash, on_progress=print)
            for result in report.failed:
                print(result.step.address, result.error)
            ```
        """
        if not isinstance(plan, Plan):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"invalid plan: expected Plan, got {type(plan).__name__}")
        check_async(on_progress)
        check_async(secrets, "secrets")
        resolved: list[str] | None = None
        if secrets is not None:
            plan._native.check(expect, force)
            resolved = []
            for reference in plan._native.secrets():
                resolved.append(secret_of(reference, await report_async(secrets, reference)))
        rest = _native.ApplyRest()
        steps = self._native.apply(
            plan._native,
            expect,
            force,
            wait,
            status,
            reconcile_window,
            recreate_after_window,
            concurrency,
            resolved,
            rest,
        )
        results: dict[int, StepResult] = {}
        try:
            async for values in AsyncItemIterator(steps):
                result = results[values[0]] = step_result(plan, values)
                if on_progress is not None:
                    await report_async(on_progress, result)
        except (Exception, GeneratorExit):
            # Otherwise the claims of the journal would be held until the traceback is gone.
            steps.close()
            rest.abandon()
            raise
        except BaseException as error:
            # A cancelled step that is still about to end cannot be closed.
            with suppress(RuntimeError):
                steps.close()
            limit = _INTERRUPT_LIMIT if isinstance(error, KeyboardInterrupt) else _CANCEL_LIMIT
            await rest.finish(limit).start()
            raise
        return ApplyReport(tuple(results[index] for index in sorted(results)))

    async def export(self, workspaces: t.Sequence[t.Id] | None = None, *, project: str = "channels") -> Export:
        """Write what workspaces contain as a file of channels. Only reads are sent.

        A plan for the file has no changes: everything is adopted, and what the file cannot describe is only live. A
        connector is omitted if the API does not return the arguments that its template needs, or if another one has the
        same identity.

        Args:
            workspaces: The ids of the workspaces. None selects the default workspace of the client.
            project: The name of the project in the file.

        Returns:
            The file, with references in place of secrets.

        Raises:
            InvalidInputError: An argument is invalid.
            ConfigurationError: ``workspaces`` is None, and the client has no default workspace.
            ApiError: The API answered with an error status.
            TransportError: The connection failed or broke.

        Example:
            ```python
            export = await planner.export(project="acme")
            Path("channels.yaml").write_text(export.yaml)
            print("set before anything is created:", export.secrets)
            ```
        """
        return export_of(await self._native.export(project, workspaces).start())

    def __repr__(self) -> str:
        return f"<bird_connectors.plan.{type(self).__name__}>"
