"""What workflows and activities exchange. These objects are stored in histories, so none of them contains a secret."""

from __future__ import annotations

from dataclasses import dataclass, field

from ._templates import TemplateSpec, identity_keys

DEFAULT_FAILURE_STATUSES = ("failed", "error", "rejected", "suspended", "deleted", "cancelled")


@dataclass(frozen=True)
class InstallSettings:
    """How a workflow ensures a connector, and how it waits for the channel. Times are in seconds.

    Raises:
        ValueError: A time is negative, an interval is below 0.01 s, or the longest one is shorter than the first one.
    """

    timeout: float | None = 3600.0
    """Maximum time to wait for the channel, from the time at which the connector exists. None waits without a limit."""
    status: str | None = "active"
    """The channel status to wait for. None waits until a channel exists, with any status."""
    failure_statuses: list[str] = field(default_factory=lambda: list(DEFAULT_FAILURE_STATUSES))
    """The statuses that mean that an install failed, when two consecutive polls confirm one."""
    first_interval: float | None = None
    """The pause after the first poll. None selects 0.5 for one install, and 1.8 for many."""
    longest_interval: float = 10.0
    """The longest pause between two polls."""
    reconcile_window: float = 30.0
    """How long an activity searches for the connector of a create with an unknown outcome."""
    recreate_after_window: bool = False
    """Create the connector once more if no match appears within the window. If the first one appears later, there are
    two."""
    refuse_drift: bool = False
    """Fail if the connector that matches differs from its template, instead of adopting it."""
    identified_by: list[str] | None = None
    """The names of the arguments that identify a connector, as the API spells them. None selects the rules of
    ``ensure``."""
    ensure_timeout: float = 900.0
    """Maximum time until the connector exists: for temporary errors, and for creates with an unknown outcome."""
    webhooks: bool = True
    """Start a small workflow that receives the events of the connector: see ``webhook_to_signal``. ``OnboardMany``
    ignores it."""

    def __post_init__(self) -> None:
        for name in ("timeout", "longest_interval", "reconcile_window", "ensure_timeout"):
            value = getattr(self, name)
            if value is not None and not value >= 0:
                raise ValueError(f"invalid {name}: expected seconds, not less than 0")
        if self.first_interval is not None and not self.first_interval >= 0.01:
            raise ValueError("invalid first_interval: it is below 0.01, which would exceed the rate limit")
        if self.longest_interval < (self.first_interval or 0.01):
            raise ValueError("invalid longest_interval: it is shorter than first_interval")


@dataclass(frozen=True)
class ProbeMessage:
    """A text message that proves that a channel works. It is stored in the history."""

    to: str
    """The receiver, as the platform identifies it, such as a phone number in E.164 format."""
    text: str
    """The message."""


@dataclass(frozen=True)
class EnsureRequest:
    """The argument of the activity ``ensure``."""

    workspace_id: str
    """The id of the workspace."""
    template: TemplateSpec
    """What to install."""
    settings: InstallSettings = field(default_factory=InstallSettings)
    """How to ensure it."""
    unresolved: str | None = None
    """The create whose outcome an earlier call of the activity could not find out."""


@dataclass(frozen=True)
class EnsuredConnector:
    """The result of the activity ``ensure``."""

    connector_id: str
    """The id of the connector."""
    token: str
    """The wait token of the install."""
    adopted: bool
    """Whether the connector was found. False if the create of this call succeeded."""
    matched_by: str | None = None
    """Why the connector was adopted. None if it was created."""
    drift: list[str] = field(default_factory=list[str])
    """The names of the fields in which an adopted connector differs from the template."""
    secrets_applied: bool = True
    """Whether the connector certainly has the secrets of the template."""
    journal_error: str | None = None
    """Why the result could not be recorded in the journal."""


@dataclass(frozen=True)
class PollRequest:
    """The argument of the activity ``poll``."""

    workspace_id: str
    """The id of the workspace."""
    token: str
    """The wait token of the install."""
    status: str | None = "active"
    """The channel status to wait for."""


@dataclass(frozen=True)
class PollReport:
    """The result of the activity ``poll``: what exactly one poll of one install has read."""

    connector_id: str
    """The id of the connector."""
    channel_id: str | None = None
    """The id of the channel, if it is known."""
    status: str | None = None
    """The status of the channel, or that of the readiness reply."""
    stage: str | None = None
    """The stage in the readiness reply."""
    confirmed_by: str | None = None
    """The resource that confirmed that the channel is ready. None if it is not."""
    statuses: dict[str, str] = field(default_factory=dict[str, str])
    """The status of each resource that this poll has read: ``channel``, ``readiness_channel``, ``readiness_number``."""
    missing: bool = False
    """Whether the API answered that the connector does not exist."""
    observed: bool = False
    """Whether the connector or its channel was read."""
    error_kind: str | None = None
    """The kind of the error of this poll, if a read failed."""
    error: str | None = None
    """The message of that error."""
    retry_after: float | None = None
    """How long the server asked to wait before the next poll, in seconds."""


@dataclass(frozen=True)
class FollowedConnector:
    """A connector that a shared poll follows."""

    connector_id: str
    """The id of the connector."""
    channel_id: str | None = None
    """The id of the channel, if it is known."""


@dataclass(frozen=True)
class SharedPollRequest:
    """The argument of the activity ``poll_shared``."""

    workspace_id: str
    """The id of the workspace."""
    connectors: list[FollowedConnector]
    """The connectors to follow."""
    by_status: bool = False
    """Whether to request the channels with any known status, instead of a list without a filter."""


@dataclass(frozen=True)
class ListedChannel:
    """The channel of a followed connector, as the list shows it."""

    connector_id: str
    """The id of the connector."""
    channel_id: str
    """The id of the channel."""
    status: str | None
    """The status of the channel."""


@dataclass(frozen=True)
class SharedPollReport:
    """The result of the activity ``poll_shared``. Absence of a connector proves nothing."""

    channels: list[ListedChannel]
    """The channels of the followed connectors that the list shows."""
    pages: int
    """The number of pages that were read, each in one request."""


@dataclass(frozen=True)
class ProbeRequest:
    """The argument of the activity ``send_probe``."""

    workspace_id: str
    """The id of the workspace."""
    channel_id: str
    """The id of the channel."""
    message: ProbeMessage
    """The message."""


@dataclass(frozen=True)
class ProbeResult:
    """The result of the activity ``send_probe``: a message that the API has accepted."""

    message_id: str
    """The id of the message."""
    status: str | None = None
    """The status of the message. It may not have been delivered yet."""


@dataclass(frozen=True)
class DeleteRequest:
    """The argument of the activity ``delete``."""

    workspace_id: str
    """The id of the workspace."""
    connector_id: str
    """The id of the connector, which is deleted with its channel."""


@dataclass(frozen=True)
class DeleteResult:
    """The result of the activity ``delete``."""

    already_gone: bool
    """Whether the connector did not exist any more."""


@dataclass(frozen=True)
class ChannelEventSignal:
    """The argument of the signal ``channel_event``: a reason to poll, and nothing else."""

    connector_id: str | None = None
    """The id of the connector. None concerns any install."""
    channel_id: str | None = None
    """The id of the channel."""
    delivery_key: str | None = None
    """The key of the delivery. A key that was received before wakes nothing."""


@dataclass
class Observations:
    """Consecutive observations that are far enough apart. Times are those of the workflow, in seconds."""

    count: int = 0
    """The number of observations that count."""
    last: float = 0.0
    """When the last one that counts was received."""
    value: str = ""
    """What was observed last."""


@dataclass
class WaitState:
    """The state of a wait. A workflow carries it over when it continues as new."""

    connector_id: str
    """The id of the connector."""
    token: str
    """The wait token."""
    began: float
    """When the wait began, by the time of the workflow."""
    adopted: bool = False
    """Whether the connector was adopted."""
    channel_id: str | None = None
    """The id of the channel."""
    status: str | None = None
    """The last status."""
    stage: str | None = None
    """The last stage."""
    confirmed_by: str | None = None
    """The resource that confirmed that the channel is ready."""
    observed: bool = False
    """Whether the connector or its channel has been read."""
    polls: int = 0
    """The number of polls."""
    pause: float = 0.5
    """The pause before the next poll, without the random reduction."""
    failing: dict[str, Observations] = field(default_factory=dict[str, Observations])
    """The failure statuses of each source."""
    missing: Observations = field(default_factory=Observations)
    """The polls in which the connector did not exist."""
    last_change: float = 0.0
    """When the channel, the status or the stage changed."""
    last_poll: float = 0.0
    """When the install was last polled alone."""
    rounds_unlisted: int = 0
    """The number of consecutive shared polls that did not show the channel."""
    error_kind: str | None = None
    """The kind of the last error of a poll."""
    error: str | None = None
    """The last error of a poll."""


@dataclass(frozen=True)
class InstallRequest:
    """The argument of the workflow ``InstallChannel``."""

    workspace_id: str
    """The id of the workspace."""
    template: TemplateSpec
    """What to install."""
    settings: InstallSettings = field(default_factory=InstallSettings)
    """How to ensure the connector and to wait for the channel."""
    probe: ProbeMessage | None = None
    """A message to send through the channel once it is ready."""
    resumed: WaitState | None = None
    """The state of the run that continued as new. Leave it out."""

    def __post_init__(self) -> None:
        identity_keys(self.template, self.settings.identified_by)


@dataclass(frozen=True)
class InstalledChannel:
    """The result of the workflow ``InstallChannel``: a channel that can send."""

    connector_id: str
    """The id of the connector."""
    channel_id: str
    """The id of the channel, with which you send messages."""
    adopted: bool
    """Whether the connector existed before."""
    status: str | None
    """The status of the channel."""
    confirmed_by: str
    """The resource that confirmed it."""
    polls: int
    """The number of polls."""
    elapsed: float
    """The time from the connector to the ready channel, in seconds."""
    probe: ProbeResult | None = None
    """The accepted probe message, if one was requested and sent."""
    probe_error: str | None = None
    """Why the probe message was not accepted. If the outcome is unknown, it may have been sent."""


@dataclass(frozen=True)
class InstallFailure:
    """Why the workflow ``InstallChannel`` failed. Read it with ``install_failure``."""

    kind: str
    """The kind of the error, such as ``validation`` or ``wait_timed_out``. See the reference of errors."""
    message: str
    """What failed, why, and what to do. Without secrets."""
    connector_id: str | None = None
    """The id of the connector, if it exists."""
    channel_id: str | None = None
    """The id of the channel, if there is one."""
    status: str | None = None
    """The last status of the channel."""
    stage: str | None = None
    """The last stage that a poll read."""
    token: str | None = None
    """The wait token, with which any program can resume the wait."""
    unresolved: str | None = None
    """The create whose outcome is unknown. Pass it to ``connectors.reconcile``."""


@dataclass(frozen=True)
class InstallProgress:
    """The response of the query ``progress`` of ``InstallChannel``."""

    phase: str
    """``ensuring``, ``waiting``, ``probing``, ``ready``, ``failed`` or ``cancelled``."""
    connector_id: str | None = None
    """The id of the connector."""
    channel_id: str | None = None
    """The id of the channel."""
    status: str | None = None
    """The last status of the channel."""
    stage: str | None = None
    """The last stage that a poll read."""
    polls: int = 0
    """The number of polls."""
    error_kind: str | None = None
    """The kind of the last error."""
    error: str | None = None
    """The last error."""


@dataclass(frozen=True)
class CancelRequest:
    """The argument of the signal ``cancel``."""

    delete_connector: bool = False
    """Delete the connector and its channel, if the connector exists."""
