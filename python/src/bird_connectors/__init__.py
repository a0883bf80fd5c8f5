"""Install messaging channels in Bird workspaces, and wait until each channel can send. Unofficial.

>>> from bird_connectors import Client, Sms
>>> with Client.from_env() as bird:  # doctest: +SKIP
...     install = bird.workspace().connectors.install(
...         Sms(name="Support NL", phone_number_id="...", channel_message_type="conversational")
...     )
...     print(install.until_ready().channel_id)
"""

import atexit

from . import _callbacks as _callbacks
from . import _logging as _logging
from . import _native
from ._async.channels import (
    AsyncChannels,
)
from ._async.client import (
    AsyncClient,
    AsyncOrganization,
    AsyncWorkspace,
)
from ._async.connectors import (
    AsyncConnectors,
)
from ._async.install import (
    AsyncEnsured,
    AsyncInstall,
)
from ._async.install_all import (
    AsyncInstallAll,
    AsyncInstallResults,
)
from ._async.lists import (
    AsyncItemIterator,
    AsyncList,
)
from ._async.numbers import (
    AsyncNumbers,
)
from ._async.use_cases import (
    AsyncUseCases,
)
from ._async.wait_all import (
    AsyncWaitResults,
)
from ._async.webhook_subscriptions import (
    AsyncWebhookSubscriptions,
)
from ._errors import (
    ApiError,
    ApiTimeoutError,
    AuthenticationError,
    BirdConnectorsError,
    ConfigurationError,
    ConflictError,
    ConnectorVanishedError,
    CursorCycleError,
    DecodeError,
    InstallFailedError,
    InvalidBodyError,
    InvalidInputError,
    JournalError,
    MalformedHeaderError,
    MissingHeaderError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    SignatureMismatchError,
    TimestampInFutureError,
    TimestampTooOldError,
    TransportError,
    ValidationError,
    WaitDeniedError,
    WaitError,
    WaitTimeoutError,
    WebhookError,
)
from ._native import (
    AvailableWebhook,
    AvailableWebhookEvent,
    Channel,
    Connector,
    ConnectorChannel,
    ConnectorNumber,
    ConnectorReadiness,
    ContactIdentifierFormat,
    Conversational,
    Custom,
    DataCapture,
    DataFetching,
    DataFetchingStream,
    DeliveryLogEntry,
    Email,
    EventFilter,
    Facebook,
    FileJournal,
    Instagram,
    Line,
    MessageFailure,
    MessageFailureSource,
    Number,
    NumberCapabilities,
    NumberDirections,
    NumberEndpoint,
    NumberEndpointCapability,
    NumberEndpointDirection,
    NumberOrder,
    NumberProfileAttachment,
    NumberProfileAttachmentVariables,
    RawResponse,
    ReadinessChannel,
    ReadinessNumber,
    SentMessage,
    Sms,
    Telegram,
    Template,
    UnresolvedCreate,
    UseCase,
    UseCaseIntegrationState,
    Voice,
    WebhookSubscription,
    WhatsApp,
)
from ._records import (
    ChannelSubscriptions,
    Deleted,
    Drift,
    EnsuredSubscription,
    EnsureReport,
    InstallResult,
    InstallTotals,
    JournalClaim,
    Page,
    Progress,
    RateLimits,
    Ready,
    UndecodableItem,
    WaitOptions,
    WaitResult,
    WaitTotals,
)
from ._sync.channels import (
    Channels,
)
from ._sync.client import (
    Client,
    Organization,
    Workspace,
)
from ._sync.connectors import (
    Connectors,
)
from ._sync.install import (
    Ensured,
    Install,
)
from ._sync.install_all import (
    InstallAll,
    InstallResults,
)
from ._sync.lists import (
    ItemIterator,
    List,
)
from ._sync.numbers import (
    Numbers,
)
from ._sync.use_cases import (
    UseCases,
)
from ._sync.wait_all import (
    WaitResults,
)
from ._sync.webhook_subscriptions import (
    WebhookSubscriptions,
)
from ._wait_token import (
    WaitToken,
)

TYPE_CHECKING = False  # `typing` is slow to import
if TYPE_CHECKING:
    from ._enums import (
        ChannelMessageType,
        ChannelStatus,
        ConversationalStatus,
        EndpointType,
        MessageStatus,
        NumberCapability,
        NumberType,
        WebhookService,
        WebhookSubscriptionStatus,
    )
    from ._headers import (
        Headers,
    )
    from ._journal import (
        AsyncJournal,
        AsyncSharedJournal,
        Journal,
        SharedJournal,
    )
else:
    _PROTOCOLS = frozenset({"AsyncJournal", "AsyncSharedJournal", "Journal", "SharedJournal"})
    _ENUMS = frozenset(
        {
            "ChannelMessageType",
            "ChannelStatus",
            "ConversationalStatus",
            "EndpointType",
            "MessageStatus",
            "NumberCapability",
            "NumberType",
            "WebhookService",
            "WebhookSubscriptionStatus",
        }
    )

    def __getattr__(name: str) -> object:
        # Imported on first use: `enum` and `typing` take longer to import than the rest of the package.
        if name in _ENUMS:
            from . import _enums as module
        elif name in _PROTOCOLS:
            from . import _journal as module
        elif name == "Headers":
            from . import _headers as module
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return globals().setdefault(name, getattr(module, name))

    def __dir__() -> list[str]:
        return sorted(_ENUMS.union(_PROTOCOLS, {"Headers"}, globals()))


__version__ = _native.VERSION

# No thread of the native module may call into an interpreter that is shutting down.
atexit.register(_native.shut_down)

__all__ = [
    "ApiError",
    "ApiTimeoutError",
    "AsyncChannels",
    "AsyncClient",
    "AsyncConnectors",
    "AsyncEnsured",
    "AsyncInstall",
    "AsyncInstallAll",
    "AsyncInstallResults",
    "AsyncItemIterator",
    "AsyncJournal",
    "AsyncList",
    "AsyncNumbers",
    "AsyncOrganization",
    "AsyncSharedJournal",
    "AsyncUseCases",
    "AsyncWaitResults",
    "AsyncWebhookSubscriptions",
    "AsyncWorkspace",
    "AuthenticationError",
    "AvailableWebhook",
    "AvailableWebhookEvent",
    "BirdConnectorsError",
    "Channel",
    "ChannelMessageType",
    "ChannelStatus",
    "ChannelSubscriptions",
    "Channels",
    "Client",
    "ConfigurationError",
    "ConflictError",
    "Connector",
    "ConnectorChannel",
    "ConnectorNumber",
    "ConnectorReadiness",
    "ConnectorVanishedError",
    "Connectors",
    "ContactIdentifierFormat",
    "Conversational",
    "ConversationalStatus",
    "CursorCycleError",
    "Custom",
    "DataCapture",
    "DataFetching",
    "DataFetchingStream",
    "DecodeError",
    "Deleted",
    "DeliveryLogEntry",
    "Drift",
    "Email",
    "EndpointType",
    "EnsureReport",
    "Ensured",
    "EnsuredSubscription",
    "EventFilter",
    "Facebook",
    "FileJournal",
    "Headers",
    "Instagram",
    "Install",
    "InstallAll",
    "InstallFailedError",
    "InstallResult",
    "InstallResults",
    "InstallTotals",
    "InvalidBodyError",
    "InvalidInputError",
    "ItemIterator",
    "Journal",
    "JournalClaim",
    "JournalError",
    "Line",
    "List",
    "MalformedHeaderError",
    "MessageFailure",
    "MessageFailureSource",
    "MessageStatus",
    "MissingHeaderError",
    "NotFoundError",
    "Number",
    "NumberCapabilities",
    "NumberCapability",
    "NumberDirections",
    "NumberEndpoint",
    "NumberEndpointCapability",
    "NumberEndpointDirection",
    "NumberOrder",
    "NumberProfileAttachment",
    "NumberProfileAttachmentVariables",
    "NumberType",
    "Numbers",
    "Organization",
    "Page",
    "PermissionDeniedError",
    "Progress",
    "RateLimitError",
    "RateLimits",
    "RawResponse",
    "ReadinessChannel",
    "ReadinessNumber",
    "Ready",
    "SentMessage",
    "ServerError",
    "SharedJournal",
    "SignatureMismatchError",
    "Sms",
    "Telegram",
    "Template",
    "TimestampInFutureError",
    "TimestampTooOldError",
    "TransportError",
    "UndecodableItem",
    "UnresolvedCreate",
    "UseCase",
    "UseCaseIntegrationState",
    "UseCases",
    "ValidationError",
    "Voice",
    "WaitDeniedError",
    "WaitError",
    "WaitOptions",
    "WaitResult",
    "WaitResults",
    "WaitTimeoutError",
    "WaitToken",
    "WaitTotals",
    "WebhookError",
    "WebhookService",
    "WebhookSubscription",
    "WebhookSubscriptionStatus",
    "WebhookSubscriptions",
    "WhatsApp",
    "Workspace",
    "__version__",
]
