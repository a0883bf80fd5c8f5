"""Files of channels, plans, results and errors: what ``bird_connectors.plan`` exports apart from the planners."""

from __future__ import annotations

import json

from . import _typing as t
from ._errors import BirdConnectorsError, InvalidInputError
from ._native import DesiredState as NativeState
from ._native import Plan as NativePlan
from ._native import channel_file_schema
from ._records import Ready, _Record


class FileProblem(_Record):
    """One problem of a file of channels. ``str`` returns it with its excerpt. It contains no secrets."""

    __match_args__ = ("path", "line", "column", "message", "excerpt")
    __slots__ = {
        "path": "The file, as it was named.",
        "line": "The line, from 1. None if the problem is not about a line.",
        "column": "The column in characters, from 1. None if the problem is not about a line.",
        "message": "What is wrong, and what to do.",
        "excerpt": "The line and a mark below the column. Values that could be secrets are left out.",
    }

    path: str
    """The file, as it was named."""
    line: int | None
    """The line, from 1. None if the problem is not about a line."""
    column: int | None
    """The column in characters, from 1. None if the problem is not about a line."""
    message: str
    """What is wrong, and what to do."""
    excerpt: str | None
    """The line and a mark below the column. Values that could be secrets are left out."""

    def __init__(self, path: str, line: int | None, column: int | None, message: str, excerpt: str | None) -> None:
        self._fill(path, line, column, message, excerpt)

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}:{self.column}"
        excerpt = "" if self.excerpt is None else f"\n{self.excerpt}"
        return f"{place}: {self.message}{excerpt}"


class ChannelFileError(InvalidInputError):
    """Files of channels cannot be read, or are invalid. Nothing was sent.

    The message is the first problem. A traceback also shows all of them with their lines, from Python 3.11. Neither
    contains secrets, even if a file does.

    Attributes:
        problems: All problems, in the order of files and lines.

    Example:
        ```python
        try:
            desired = DesiredState.read("channels.yaml")
        except ChannelFileError as error:
            for problem in error.problems:
                print(problem)
        ```
    """

    problems: tuple[FileProblem, ...]
    """All problems, in the order of files and lines."""

    def __init__(self, message: str = "", *, problems: tuple[FileProblem, ...] = (), **common: t.Any) -> None:
        super().__init__(message, **common)
        self.problems = problems
        self.__notes__ = [str(problem) for problem in problems]


def file_error(message: str, problems: str) -> ChannelFileError:
    """Make the exception for problems as JSON. The native module calls this."""
    return ChannelFileError(message, problems=tuple(map(_problem, json.loads(problems))), outcome="not_sent")


def _problem(fields: dict[str, t.Any]) -> FileProblem:
    for name in ("line", "column"):
        fields[name] = fields[name] or None
    return FileProblem(**fields)


class Conflict(_Record):
    """Why a plan cannot be applied."""

    __match_args__ = ("subject", "place", "message")
    __slots__ = {
        "subject": "What it is about: the address of a step, or an option.",
        "place": "Where the files describe it, as ``PATH:LINE:COLUMN``.",
        "message": "What is wrong, and what to do.",
    }

    subject: str
    """What it is about: the address of a step, or an option."""
    place: str | None
    """Where the files describe it, as ``PATH:LINE:COLUMN``."""
    message: str
    """What is wrong, and what to do."""

    def __init__(self, subject: str, place: str | None, message: str) -> None:
        self._fill(subject, place, message)


class ApplyRefusedError(InvalidInputError):
    """A plan is not applied. Nothing was sent.

    Attributes:
        reason: Why it is refused.

            - ``changed``: the plan is not the expected one, because the files, the workspaces or the journal have
              changed since the review. Review the new plan.
            - ``conflicts``: the plan contains conflicts.
            - ``large_prune``: it would delete more than 30 % of ten or more. ``force`` allows it.
            - ``no_journal``: it deletes or records something, and the planner has no journal.
            - ``secrets``: secrets cannot be read. The message names their references.
        expected: The hash that was expected, if the reason is ``changed``.
        found: The hash of the plan, if the reason is ``changed``.
        conflicts: The conflicts, if the reason is ``conflicts``.
    """

    reason: t.RefusalReason
    """Why it is refused.

    - ``changed``: the plan is not the expected one, because the files, the workspaces or the journal have changed
      since the review. Review the new plan.
    - ``conflicts``: the plan contains conflicts.
    - ``large_prune``: it would delete more than 30 % of ten or more. ``force`` allows it.
    - ``no_journal``: it deletes or records something, and the planner has no journal.
    - ``secrets``: secrets cannot be read. The message names their references.
    """
    expected: str | None
    """The hash that was expected, if the reason is ``changed``."""
    found: str | None
    """The hash of the plan, if the reason is ``changed``."""
    conflicts: tuple[Conflict, ...]
    """The conflicts, if the reason is ``conflicts``."""

    def __init__(
        self,
        message: str = "",
        *,
        reason: t.RefusalReason = "conflicts",
        expected: str | None = None,
        found: str | None = None,
        conflicts: tuple[Conflict, ...] = (),
        **common: t.Any,
    ) -> None:
        super().__init__(message, **common)
        self.reason = reason
        self.expected = expected
        self.found = found
        self.conflicts = conflicts


def refused_error(message: str, details: str) -> ApplyRefusedError:
    """Make the exception for details as JSON. The native module calls this."""
    fields: dict[str, t.Any] = json.loads(details)
    fields["conflicts"] = _conflicts(fields.get("conflicts", []))
    return ApplyRefusedError(message, outcome="not_sent", **fields)


def _conflicts(conflicts: list[dict[str, t.Any]]) -> tuple[Conflict, ...]:
    return tuple(Conflict(**conflict) for conflict in conflicts)


class DesiredConnector(_Record):
    """A connector that a workspace should contain."""

    __match_args__ = ("name", "template", "place")
    __slots__ = {
        "name": "The name of the connector.",
        "template": "The reference of the template, such as ``sms-messagebird:1``.",
        "place": "Where the files describe it, as ``PATH:LINE:COLUMN``.",
    }

    name: str
    """The name of the connector."""
    template: str
    """The reference of the template, such as ``sms-messagebird:1``."""
    place: str
    """Where the files describe it, as ``PATH:LINE:COLUMN``."""

    def __init__(self, name: str, template: str, place: str) -> None:
        self._fill(name, template, place)


class DesiredSubscription(_Record):
    """A webhook subscription that a workspace should contain."""

    __match_args__ = ("event", "url", "place")
    __slots__ = {
        "event": "The event, such as ``channel.updated``.",
        "url": "The URL that receives the events.",
        "place": "Where the files describe it, as ``PATH:LINE:COLUMN``.",
    }

    event: str
    """The event, such as ``channel.updated``."""
    url: str
    """The URL that receives the events."""
    place: str
    """Where the files describe it, as ``PATH:LINE:COLUMN``."""

    def __init__(self, event: str, url: str, place: str) -> None:
        self._fill(event, url, place)


class DesiredWorkspace(_Record):
    """What one workspace should contain."""

    __match_args__ = ("id", "name", "connectors", "webhook_subscriptions")
    __slots__ = {
        "id": "The id of the workspace.",
        "name": "The name of the workspace in plans: its label, or else its id.",
        "connectors": "The connectors. None if the files do not describe them.",
        "webhook_subscriptions": "The webhook subscriptions. None if the files do not describe them.",
    }

    id: str
    """The id of the workspace."""
    name: str
    """The name of the workspace in plans: its label, or else its id."""
    connectors: tuple[DesiredConnector, ...] | None
    """The connectors. None if the files do not describe them."""
    webhook_subscriptions: tuple[DesiredSubscription, ...] | None
    """The webhook subscriptions. None if the files do not describe them."""

    def __init__(
        self,
        id: str,
        name: str,
        connectors: tuple[DesiredConnector, ...] | None,
        webhook_subscriptions: tuple[DesiredSubscription, ...] | None,
    ) -> None:
        self._fill(id, name, connectors, webhook_subscriptions)


def _workspace(fields: dict[str, t.Any]) -> DesiredWorkspace:
    connectors: list[dict[str, str]] | None = fields["connectors"]
    subscriptions: list[dict[str, str]] | None = fields["webhook_subscriptions"]
    return DesiredWorkspace(
        fields["id"],
        fields["name"],
        None if connectors is None else tuple(DesiredConnector(**one) for one in connectors),
        None if subscriptions is None else tuple(DesiredSubscription(**one) for one in subscriptions),
    )


class DesiredState(_Record):
    """What workspaces should contain, from files. Created by ``read`` and ``parse``.

    It is checked and contains no secrets, only references to them: ``env:NAME`` for an environment variable, and
    ``file:PATH`` for a file, relative to the file that names it.

    Example:
        ```python
        desired = DesiredState.read("channels/")
        print(desired.project, len(desired.workspaces))
        ```
    """

    __match_args__ = ("project", "workspaces")
    __slots__ = {
        "project": "The name of the project, which owns what an apply creates.",
        "workspaces": "The workspaces, in the order in which the files name them first.",
        "_native": "",
    }

    _native: NativeState
    project: str
    """The name of the project, which owns what an apply creates."""
    workspaces: tuple[DesiredWorkspace, ...]
    """The workspaces, in the order in which the files name them first."""

    def __init__(self, native: NativeState) -> None:
        fields: dict[str, t.Any] = json.loads(native.json())
        self._fill(fields["project"], tuple(_workspace(one) for one in fields["workspaces"]))
        object.__setattr__(self, "_native", native)

    @classmethod
    def read(cls, *paths: str | t.PathLike[str]) -> DesiredState:
        """Read and check files, without a network. All files together describe the desired state.

        It blocks on disk I/O. Secrets are not read: their references are checked.

        Args:
            *paths: Files, and folders, which stand for their files whose names end with ``.yaml`` or ``.yml``, in the
                order of their names. A file has at most 16 MiB.

        Returns:
            The desired state.

        Raises:
            ChannelFileError: Files cannot be read, or are invalid. It lists all problems with their lines.
            TypeError: A path is neither a string nor path-like.

        Example:
            ```python
            desired = DesiredState.read("channels.yaml", "more-channels/")
            ```
        """
        return cls(NativeState.read(paths))

    @classmethod
    def parse(cls, files: str | t.Mapping[str, str]) -> DesiredState:
        """Check the texts of files, without a network and without reading files.

        Args:
            files: The text of one file, or texts by path. The paths are for messages, and relative ``file:`` references
                start at their folders. A text has at most 16 MiB.

        Returns:
            The desired state.

        Raises:
            ChannelFileError: The files are invalid. It lists all problems with their lines.
            InvalidInputError: A text is too large.
            TypeError: An argument has a wrong type.

        Example:
            ```python
            desired = DesiredState.parse({"channels.yaml": text})
            ```
        """
        if isinstance(files, str):
            files = {"<string>": files}
        items = getattr(files, "items", None)
        if items is None:
            kind = type(files).__name__
            raise TypeError(f"invalid files: expected a str or a dict of texts by path, got {kind}")
        return cls(NativeState.parse(items()))

    def __repr__(self) -> str:
        return f"<bird_connectors.plan.DesiredState project={self.project!r} workspaces={len(self.workspaces)}>"

    def __reduce__(self) -> t.Any:
        raise TypeError("a desired state cannot be pickled: pass the paths or the texts of the files")


def schema() -> str:
    """Return the JSON Schema of the files, draft 7, for editors and other tools.

    Returns:
        The schema as JSON.

    Example:
        ```python
        Path("bird-connectors.schema.json").write_text(schema())
        ```
    """
    return channel_file_schema()


class Difference(_Record):
    """A field that differs. The values are present only if the API documents the field: others can be secrets."""

    __match_args__ = ("field", "wanted", "found")
    __slots__ = {
        "field": "The field, such as ``name`` or ``arguments.channelMessageType``.",
        "wanted": "The value in the files.",
        "found": "The value that exists.",
    }

    field: str
    """The field, such as ``name`` or ``arguments.channelMessageType``."""
    wanted: t.Any
    """The value in the files."""
    found: t.Any
    """The value that exists."""

    def __init__(self, field: str, wanted: t.Any, found: t.Any) -> None:
        self._fill(field, wanted, found)


class Step(_Record):
    """One connector or webhook subscription: what was found, and what an apply does."""

    __match_args__ = (
        "workspace_id",
        "workspace",
        "resource",
        "address",
        "name",
        "target",
        "kind",
        "action",
        "id",
        "owned",
        "differences",
        "stops",
        "note",
        "place",
        "content",
    )
    __slots__ = {
        "workspace_id": "The id of the workspace.",
        "workspace": "The name of the workspace: its label, or else its id.",
        "resource": "``connector`` or ``webhook_subscription``.",
        "address": (
            "The workspace, the template or ``webhook``, and the name, such as ``production/sms-messagebird/Support "
            "NL``."
        ),
        "name": "The name of the connector, or the event of the subscription.",
        "target": "The reference of the template, or the URL of the subscription. None if it is not known.",
        "kind": (
            "What was found. - ``create``: the files describe it, and nothing matches. - ``adopt``: it exists and "
            "matches, and the journal does not say that the project created it. - ``unchanged``: it exists and "
            "matches, and the project owns it. - ``differs``: it exists and matches, but differs. - ``missing``: the "
            "journal says that it was created, and it does not exist. - ``only_live``: it exists, and the files do not "
            "describe it."
        ),
        "action": "What an apply does: ``none``, ``create``, ``replace``, ``update``, ``own`` or ``delete``.",
        "id": "The id of what exists.",
        "owned": "Whether the project owns what exists, or what the journal says was created.",
        "differences": "How it differs.",
        "stops": "Which traffic stops, if it is deleted.",
        "note": "What else there is to know, or to do.",
        "place": "Where the files describe it, as ``PATH:LINE:COLUMN``.",
        "content": "A digest of what would be created, without secrets.",
    }

    workspace_id: str
    """The id of the workspace."""
    workspace: str
    """The name of the workspace: its label, or else its id."""
    resource: t.ResourceKind
    """``connector`` or ``webhook_subscription``."""
    address: str
    """The workspace, the template or ``webhook``, and the name, such as ``production/sms-messagebird/Support NL``."""
    name: str
    """The name of the connector, or the event of the subscription."""
    target: str | None
    """The reference of the template, or the URL of the subscription. None if it is not known."""
    kind: t.StepKind
    """What was found.

    - ``create``: the files describe it, and nothing matches.
    - ``adopt``: it exists and matches, and the journal does not say that the project created it.
    - ``unchanged``: it exists and matches, and the project owns it.
    - ``differs``: it exists and matches, but differs.
    - ``missing``: the journal says that it was created, and it does not exist.
    - ``only_live``: it exists, and the files do not describe it.
    """
    action: t.StepAction
    """What an apply does: ``none``, ``create``, ``replace``, ``update``, ``own`` or ``delete``."""
    id: str | None
    """The id of what exists."""
    owned: bool
    """Whether the project owns what exists, or what the journal says was created."""
    differences: tuple[Difference, ...]
    """How it differs."""
    stops: str | None
    """Which traffic stops, if it is deleted."""
    note: str | None
    """What else there is to know, or to do."""
    place: str | None
    """Where the files describe it, as ``PATH:LINE:COLUMN``."""
    content: str | None
    """A digest of what would be created, without secrets."""

    def __init__(
        self,
        workspace_id: str,
        workspace: str,
        resource: t.ResourceKind,
        address: str,
        name: str,
        target: str | None,
        kind: t.StepKind,
        action: t.StepAction,
        id: str | None,
        owned: bool,
        differences: tuple[Difference, ...],
        stops: str | None,
        note: str | None,
        place: str | None,
        content: str | None,
    ) -> None:
        self._fill(
            workspace_id, workspace, resource, address, name, target, kind, action, id, owned, differences, stops, note,
            place, content,
        )  # fmt: skip


def _step(fields: dict[str, t.Any]) -> Step:
    fields["differences"] = tuple(Difference(**one) for one in fields["differences"])
    return Step(**fields)


class Plan(_Record):
    """What an apply would do. Created by ``Planner.plan``. ``str`` returns it for people.

    It contains no secrets. Two plans are equal if they do the same. A plan cannot be pickled: pass its ``hash`` to
    another process, which makes the plan again.
    """

    __match_args__ = ("project", "hash", "summary", "steps", "conflicts")
    __slots__ = {
        "project": "The name of the project.",
        "hash": "A digest of the steps and conflicts: 64 hexadecimal digits. Two plans with the same hash do the same.",
        "summary": "One line with the number of steps of each kind.",
        "steps": (
            "One step for each connector and webhook subscription that the files describe or that exists, by workspace."
        ),
        "conflicts": "Why the plan cannot be applied.",
        "has_changes": "Whether something is to be done, by an apply or by hand.",
        "has_only_live": "Whether the workspaces contain something that the files do not describe, and that stays.",
        "_counts": "",
        "_native": "",
    }

    _hidden = ("steps",)

    _native: NativePlan
    _counts: dict[str, int]
    project: str
    """The name of the project."""
    hash: str
    """A digest of the steps and conflicts: 64 hexadecimal digits. Two plans with the same hash do the same."""
    summary: str
    """One line with the number of steps of each kind."""
    steps: tuple[Step, ...]
    """One step for each connector and webhook subscription that the files describe or that exists, by workspace."""
    conflicts: tuple[Conflict, ...]
    """Why the plan cannot be applied."""
    has_changes: bool
    """Whether something is to be done, by an apply or by hand."""
    has_only_live: bool
    """Whether the workspaces contain something that the files do not describe, and that stays."""

    def __init__(self, native: NativePlan) -> None:
        fields: dict[str, t.Any] = json.loads(native.json())
        steps = tuple(_step(step) for step in fields["steps"])
        self._fill(fields["project"], fields["hash"], native.summary, steps, _conflicts(fields["conflicts"]))
        for name in ("has_changes", "has_only_live"):
            object.__setattr__(self, name, fields[name])
        object.__setattr__(self, "_counts", fields["counts"])
        object.__setattr__(self, "_native", native)

    @property
    def counts(self) -> dict[str, int]:
        """The number of steps of each kind, by the names of ``Step.kind``."""
        return dict(self._counts)

    @property
    def deletes(self) -> tuple[Step, ...]:
        """The steps that delete something, alone or to create it again: their channels stop sending and receiving."""
        return tuple(step for step in self.steps if step.action in ("delete", "replace"))

    @property
    def large_prune(self) -> str | None:
        """Why a prune needs ``force``: it would delete more than 30 % of ten or more. None if it needs none."""
        return self._native.large_prune

    def to_text(self, *, all: bool = False) -> str:
        """Return the plan for a terminal. What stops is listed first.

        Args:
            all: Also show what is unchanged or adopted.

        Returns:
            The text, which ends with the hash.
        """
        return self._native.text(all)

    def to_markdown(self) -> str:
        """Return the plan for a comment on a pull request.

        Returns:
            The Markdown, which ends with the hash.
        """
        return self._native.markdown()

    def to_json(self) -> str:
        """Return the plan for programs, as ``bird-connectors plan --output json`` prints it.

        Returns:
            One JSON object.
        """
        return self._native.json()

    def to_dict(self) -> dict[str, t.Any]:
        """Return the same as ``to_json``, as a dictionary.

        Returns:
            A new dictionary.
        """
        fields: dict[str, t.Any] = json.loads(self._native.json())
        return fields

    def __str__(self) -> str:
        return self.to_text()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Plan):
            return NotImplemented
        return self.hash == other.hash

    def __hash__(self) -> int:
        return hash(self.hash)

    def __reduce__(self) -> t.Any:
        raise TypeError(
            "a plan cannot be pickled: make it again where it is applied, and pass the hash of this one as `expect`"
        )


class StepResult(_Record):
    """The result of one step of a plan."""

    __match_args__ = ("step", "outcome", "id", "ready", "error")
    __slots__ = {
        "step": "The step of the plan.",
        "outcome": (
            "What was done: ``created``, ``adopted``, ``updated``, ``owned`` or ``deleted``. None if the step failed. "
            "A connector that is replaced is ``created``. ``adopted`` means that a matching one was found: an earlier "
            "run, or somebody else, has created it."
        ),
        "id": "The id of the connector or webhook subscription, if it is known.",
        "ready": "The channel, if the apply waits for it and it is ready.",
        "error": "Why the step failed, or why the wait for the channel failed. None otherwise.",
    }

    step: Step
    """The step of the plan."""
    outcome: t.StepOutcome | None
    """What was done: ``created``, ``adopted``, ``updated``, ``owned`` or ``deleted``. None if the step failed.

    A connector that is replaced is ``created``. ``adopted`` means that a matching one was found: an earlier run, or
    somebody else, has created it.
    """
    id: str | None
    """The id of the connector or webhook subscription, if it is known."""
    ready: Ready | None
    """The channel, if the apply waits for it and it is ready."""
    error: BirdConnectorsError | None
    """Why the step failed, or why the wait for the channel failed. None otherwise."""

    def __init__(
        self,
        step: Step,
        outcome: t.StepOutcome | None,
        id: str | None,
        ready: Ready | None,
        error: BirdConnectorsError | None,
    ) -> None:
        self._fill(step, outcome, id, ready, error)

    @property
    def channel_id(self) -> str | None:
        """The id of the channel, if the apply waits for it and it is ready."""
        return None if self.ready is None else self.ready.channel_id


class ApplyReport(_Record):
    """The result of an apply."""

    __match_args__ = ("results",)
    __slots__ = {
        "results": "The results of all steps that have an action, in the order of the plan.",
    }

    results: tuple[StepResult, ...]
    """The results of all steps that have an action, in the order of the plan."""

    def __init__(self, results: tuple[StepResult, ...]) -> None:
        self._fill(results)

    @property
    def ok(self) -> bool:
        """True if no step failed."""
        return not self.failed

    @property
    def failed(self) -> tuple[StepResult, ...]:
        """The results with an error. Correct the causes, and plan and apply again."""
        return tuple(result for result in self.results if result.error is not None)


class Export(_Record):
    """Workspaces as a file of channels. ``str`` returns the file."""

    __match_args__ = ("yaml", "omitted", "secrets")
    __slots__ = {
        "yaml": "The file, as YAML. It contains references in place of secrets, which the API does not return.",
        "omitted": "What the file does not contain, and why.",
        "secrets": "The references to secrets that must exist before the file creates anything.",
    }

    yaml: str
    """The file, as YAML. It contains references in place of secrets, which the API does not return."""
    omitted: tuple[str, ...]
    """What the file does not contain, and why."""
    secrets: tuple[str, ...]
    """The references to secrets that must exist before the file creates anything."""

    def __init__(self, yaml: str, omitted: tuple[str, ...], secrets: tuple[str, ...]) -> None:
        self._fill(yaml, omitted, secrets)

    def __str__(self) -> str:
        return self.yaml


def export_of(data: str) -> Export:
    """Convert the result of the native module."""
    fields: dict[str, t.Any] = json.loads(data)
    return Export(fields["yaml"], tuple(fields["omitted"]), tuple(fields["secrets"]))


def step_result(plan: Plan, values: tuple[t.Any, ...]) -> StepResult:
    """Convert a result of the native module."""
    index: int = values[0]
    return StepResult(plan.steps[index], *values[1:])


def secret_of(reference: str, secret: object) -> str:
    """Check what the function ``secrets`` has returned."""
    if not isinstance(secret, str):
        raise TypeError(f"invalid secret for {reference}: expected a str, got {type(secret).__name__}")
    return secret
