"""What the workflow of many installs takes and returns. Stored in histories, and free of secrets."""

from __future__ import annotations

from dataclasses import dataclass, field

from ._records import InstallSettings, WaitState
from ._templates import TemplateSpec


@dataclass
class OnboardItem:
    """One item of ``OnboardMany``, and what is known about it. Its position in the request is its index."""

    state: str = "pending"
    """``pending``, ``ensuring``, ``waiting``, ``ready``, ``failed`` or ``cancelled``."""
    connector_id: str | None = None
    """The id of the connector."""
    channel_id: str | None = None
    """The id of the channel."""
    adopted: bool | None = None
    """Whether the connector existed before."""
    status: str | None = None
    """The last status of the channel."""
    error_kind: str | None = None
    """The kind of the error, if the item failed."""
    error: str | None = None
    """The message of the error, shortened to 200 characters."""
    unresolved: str | None = None
    """The create whose outcome is unknown."""

    @property
    def is_finished(self) -> bool:
        """Whether the item has its result."""
        return self.state in ("ready", "failed", "cancelled")


@dataclass(frozen=True)
class OnboardRequest:
    """The argument of the workflow ``OnboardMany``.

    Raises:
        ValueError: There are more than 2000 templates, or a number is not positive.
    """

    workspace_id: str
    """The id of the workspace."""
    templates: list[TemplateSpec]
    """What to install, at most 2000 templates."""
    settings: InstallSettings = field(default_factory=InstallSettings)
    """How to ensure the connectors and to wait for the channels."""
    concurrency: int = 8
    """Maximum number of connectors that are ensured at the same time."""
    batch_size: int = 200
    """Maximum number of installs that are followed at the same time, by one shared poll. The workflow continues as new
    after each batch."""
    items: list[OnboardItem] = field(default_factory=list[OnboardItem])
    """The state of the run that continued as new. Leave it out."""
    waits: dict[str, WaitState] = field(default_factory=dict[str, WaitState])
    """The waits of the run that continued as new. Leave it out."""
    cancelled: bool = False
    """Whether the run that continued as new was cancelled. Leave it out."""

    def __post_init__(self) -> None:
        if len(self.templates) > 2000:
            raise ValueError(
                f"{len(self.templates)} templates are too many for one workflow, whose state Temporal limits: "
                "pass at most 2000, and start several workflows"
            )
        if self.concurrency < 1 or self.batch_size < 1:
            raise ValueError("invalid concurrency or batch_size: expected at least 1")
        if self.batch_size > 1000:
            raise ValueError("invalid batch_size: a shared poll follows at most 1000 installs")


@dataclass(frozen=True)
class OnboardTotals:
    """The result of the workflow ``OnboardMany``, and the response of its query ``totals``."""

    ready: int
    """The number of channels that can send."""
    failed: int
    """The number of items that failed."""
    cancelled: int
    """The number of items that were cancelled."""
    pending: int
    """The number of items without a result."""
