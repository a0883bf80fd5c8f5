"""Types for annotations: from ``typing``, of arguments, and the protocols of native objects.

Importing the package does not import this module: see ``_typing.py``.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Protocol, TypeAlias, TypedDict, TypeGuard, TypeVar
from uuid import UUID

from ._async.install import AsyncInstall
from ._enums import ChannelStatus, WebhookService
from ._errors import BirdConnectorsError
from ._journal import AsyncJournal, AsyncSharedJournal, Journal, SharedJournal
from ._native import Connector, Template
from ._records import Page, WaitTotals
from ._sync.install import Install
from ._webhooks import SignalSource

if sys.version_info >= (3, 11):
    from typing import Self, Unpack
elif TYPE_CHECKING:
    from typing_extensions import Self, Unpack
else:
    Self = Any
    Unpack = list  # only has to accept a parameter

__all__ = [
    "Any",
    "AnyInstall",
    "AsyncJournal",
    "AsyncSharedJournal",
    "Awaitable",
    "Call",
    "Callable",
    "ChannelStatus",
    "Generator",
    "Id",
    "InstallRow",
    "Iterable",
    "Journal",
    "Listing",
    "Literal",
    "Mapping",
    "MatchedBy",
    "NoReturn",
    "OnUndecodable",
    "Outcome",
    "PathLike",
    "QueryValue",
    "RefusalReason",
    "ResourceKind",
    "Scalar",
    "Seconds",
    "Self",
    "Sequence",
    "SharedJournal",
    "SignalSource",
    "StatusSource",
    "StepAction",
    "StepKind",
    "StepOutcome",
    "Stream",
    "TypeGuard",
    "Unpack",
    "WaitOverrides",
    "WebhookService",
    "datetime",
]

Id: TypeAlias = str | UUID
AnyInstall: TypeAlias = Install | AsyncInstall | Connector
InstallRow: TypeAlias = Template | BirdConnectorsError | ValueError
Seconds: TypeAlias = float | timedelta
Scalar: TypeAlias = str | int | float | bool
QueryValue: TypeAlias = Scalar | Sequence[Scalar]

# Unions of literals, because stubtest does not accept an alias of one literal with several values.
OnUndecodable: TypeAlias = Literal["raise"] | Literal["skip"]
Outcome: TypeAlias = Literal["not_sent"] | Literal["rejected"] | Literal["unknown"] | Literal["answered"]
MatchedBy: TypeAlias = Literal["arguments"] | Literal["number_id"] | Literal["name"] | Literal["journal"]
# The resource that reported a status: the connector, the channel, or the channel or number in the readiness reply.
StatusSource: TypeAlias = (
    Literal["connector"] | Literal["channel"] | Literal["readiness_channel"] | Literal["readiness_number"]
)

# The steps of a plan for files of channels.
ResourceKind: TypeAlias = Literal["connector"] | Literal["webhook_subscription"]
StepKind: TypeAlias = (
    Literal["create"]
    | Literal["adopt"]
    | Literal["unchanged"]
    | Literal["differs"]
    | Literal["missing"]
    | Literal["only_live"]
)
StepAction: TypeAlias = (
    Literal["none"] | Literal["create"] | Literal["replace"] | Literal["update"] | Literal["own"] | Literal["delete"]
)
StepOutcome: TypeAlias = (
    Literal["created"] | Literal["adopted"] | Literal["updated"] | Literal["owned"] | Literal["deleted"]
)
# Why a plan is not applied.
RefusalReason: TypeAlias = (
    Literal["changed"] | Literal["conflicts"] | Literal["large_prune"] | Literal["no_journal"] | Literal["secrets"]
)


class WaitOverrides(TypedDict, total=False):
    """The keyword arguments that override the ``options`` of a wait, in addition to ``timeout``."""

    status: str | None
    failure_statuses: Sequence[str] | None
    interval: tuple[Seconds, Seconds] | None
    signal: SignalSource | None


T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Initializer = TypeVar("Initializer", bound=Callable[..., None])


class Call(Protocol[T_co]):
    """A request that has not been sent yet."""

    def run(self) -> T_co:
        """Send the request and wait for its result."""
        ...

    def start(self) -> Awaitable[T_co]:
        """Send the request and return an awaitable of the running event loop."""
        ...


class Stream(Protocol[T_co]):
    """An iteration, synchronous and asynchronous."""

    @property
    def checkpoint(self) -> str | None:
        """Where a list can be resumed."""
        ...

    @property
    def totals(self) -> Any:
        """The totals of a bulk operation."""
        ...

    @property
    def wait_totals(self) -> WaitTotals | None:
        """The totals of the wait for the channels."""
        ...

    def close(self) -> None:
        """End the iteration."""
        ...

    def __next__(self) -> T_co: ...

    def __anext__(self) -> Awaitable[T_co]: ...


class Listing(Protocol[T_co]):
    """A list that has not been read yet."""

    @property
    def description(self) -> str:
        """What the list contains, for ``repr``."""
        ...

    def items(self) -> Stream[T_co]:
        """Read item by item."""
        ...

    def pages(self) -> Stream[Page[T_co]]:
        """Read page by page."""
        ...

    def first_page(self) -> Call[Page[T_co]]:
        """Read the first page alone."""
        ...

    def collect(self, limit: int | None, on_undecodable: str) -> Call[list[Any]]:
        """Read all items into memory."""
        ...
