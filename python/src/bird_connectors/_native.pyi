"""
What `bird_connectors` is made of. Nothing here is meant to be imported by users, except through that package.
"""

from _typeshed import Incomplete, SupportsGetItem
from bird_connectors._enums import ChannelStatus, ConversationalStatus, EndpointType, NumberCapability, NumberType, WebhookService, WebhookSubscriptionStatus
from bird_connectors._records import Deleted, Progress
from bird_connectors._types import Call as Call2, Listing as Listing2, Stream as Stream2
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, SupportsIndex, final
from typing_extensions import disjoint_base

VERSION: Final[str]
"""
The version of the package.
"""

@final
class AvailableWebhook:
    """
    A service with the events that it offers.
    """
    __match_args__: Final[list[str]]
    def __copy__(self, /) -> AvailableWebhook: ...
    def __deepcopy__(self, /, _memo: Any) -> AvailableWebhook: ...
    def __eq__(self, other: object, /) -> bool | None: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[Any, tuple[dict[str, Any]]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def events(self, /) -> tuple[AvailableWebhookEvent, ...]: ...
    @property
    def extra(self, /) -> Mapping[str, Any]:
        """
        Fields that this version does not know, as they came.
        """
    @staticmethod
    def from_dict(value: Incomplete) -> AvailableWebhook:
        """
        Reads what `to_dict` wrote, or what the API sent.
        """
    @property
    def service(self, /) -> WebhookService | str: ...
    def to_dict(self, /) -> dict[str, Any]:
        """
        The object as the API writes it: names of the wire, unknown fields included, secrets left out.
        """

@final
class AvailableWebhookEvent:
    """
    An event on offer.
    """
    __match_args__: Final[list[str]]
    def __copy__(self, /) -> AvailableWebhookEvent: ...
    def __deepcopy__(self, /, _memo: Any) -> AvailableWebhookEvent: ...
    def __eq__(self, other: object, /) -> bool | None: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[Any, tuple[dict[str, Any]]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def extra(self, /) -> Mapping[str, Any]:
        """
        Fields that this version does not know, as they came.
        """
    @property
    def filter_keys(self, /) -> tuple[str, ...]: ...
    @staticmethod
    def from_dict(value: Incomplete) -> AvailableWebhookEvent:
        """
        Reads what `to_dict` wrote, or what the API sent.
        """
    @property
    def name(self, /) -> str: ...
    def to_dict(self, /) -> dict[str, Any]:
        """
        The object as the API writes it: names of the wire, unknown fields included, secrets left out.
        """

@final
class Call:
    """
    A request that is not sent yet: either run it, or start it and await the result.
    """
    def run(self, /) -> Any:
        """
        Makes the call and waits for its result.
        """
    def start(self, /) -> Any:
        """
        Makes the call and returns an awaitable of the running asyncio loop.
        """

@final
class Channel:
    """
    A channel: what a connector becomes once it is installed. It can send when its status is `active`.
    """
    __match_args__: Final[list[str]]
    def __copy__(self, /) -> Channel: ...
    def __deepcopy__(self, /, _memo: Any) -> Channel: ...
    def __eq__(self, other: object, /) -> bool | None: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[Any, tuple[dict[str, Any]]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def capabilities(self, /) -> Mapping[str, Any]: ...
    @property
    def connector_id(self, /) -> str | None: ...
    @property
    def created_at(self, /) -> datetime | None: ...
    @property
    def extra(self, /) -> Mapping[str, Any]:
        """
        Fields that this version does not know, as they came.
        """
    @staticmethod
    def from_dict(value: Incomplete) -> Channel:
        """
        Reads what `to_dict` wrote, or what the API sent.
        """
    @property
    def id(self, /) -> str: ...
    @property
    def identifier(self, /) -> str | None: ...
    @property
    def name(self, /) -> str | None: ...
    @property
    def platform_id(self, /) -> str | None: ...
    @property
    def status(self, /) -> ChannelStatus | str | None: ...
    def to_dict(self, /) -> dict[str, Any]:
        """
        The object as the API writes it: names of the wire, unknown fields included, secrets left out.
        """
    @property
    def updated_at(self, /) -> datetime | None: ...

@final
class Channels:
    """
    The native half of `Channels` and `AsyncChannels`.
    """
    def conversational(self, /, id: Incomplete) -> Call2[Conversational]: ...
    def get(self, /, id: Incomplete) -> Call2[Channel]: ...
    def list(self, /, platforms: SupportsGetItem[int, Incomplete], statuses: SupportsGetItem[int, Incomplete], channel_ids: SupportsGetItem[int, Incomplete], conferencial: bool, only_my_channels: bool, use_case_type: Incomplete | None, resource_owner_id: Incomplete | None, resource_owner_identifiers: SupportsGetItem[int, Incomplete], reverse: bool, page_size: Incomplete | None, limit: Incomplete | None, from_: Incomplete | None) -> Listing2[Channel]: ...
    def send_text(self, /, id: Incomplete, to: Incomplete, text: Incomplete) -> Call2[SentMessage]: ...
    def set_conversational(self, /, id: Incomplete, enabled: bool) -> Call2[Conversational]: ...

@final
class Client:
    """
    The native half of `Client` and `AsyncClient`.
    """
    def __new__(cls, /, *, from_env: bool, access_key: Incomplete | None, base_url: Incomplete | None, workspace_id: Incomplete | None, timeout: Incomplete | None, attempt_timeout: Incomplete | None, connect_timeout: Incomplete | None, max_attempts: Incomplete | None, user_agent: Incomplete | None) -> Client: ...
    def __reduce__(self, /) -> None: ...
    @property
    def base_url(self, /) -> str: ...
    def close(self, /) -> None:
        """
        Lets go of the connections. What is under way is not disturbed.
        """
    def request(self, /, method: Incomplete, path: Incomplete, query: Incomplete | None, json: Incomplete | None) -> Call2[Reply]: ...
    def workspace(self, /, organization: Incomplete | None, id: Incomplete | None) -> Workspace: ...

@final
class Connector:
    """
    A connector: the installation of a channel in a workspace.
    """
    __match_args__: Final[list[str]]
    def __copy__(self, /) -> Connector: ...
    def __deepcopy__(self, /, _memo: Any) -> Connector: ...
    def __eq__(self, other: object, /) -> bool | None: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[Any, tuple[dict[str, Any]]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def arguments(self, /) -> Mapping[str, Any] | None: ...
    @property
    def channel(self, /) -> ConnectorChannel | None: ...
    @property
    def connector_template_ref(self, /) -> str | None: ...
    @property
    def connector_template_slug(self, /) -> str | None: ...
    @property
    def created_at(self, /) -> datetime: ...
    @property
    def data_capture(self, /) -> DataCapture | None: ...
    @property
    def data_fetching(self, /) -> DataFetching | None: ...
    @property
    def description(self, /) -> str | None: ...
    @property
    def extra(self, /) -> Mapping[str, Any]:
        """
        Fields that this version does not know, as they came.
        """
    @staticmethod
    def from_dict(value: Incomplete) -> Connector:
        """
        Reads what `to_dict` wrote, or what the API sent.
        """
    @property
    def id(self, /) -> str: ...
    @property
    def name(self, /) -> str: ...
    @property
    def number(self, /) -> ConnectorNumber | None: ...
    @property
    def region(self, /) -> str | None: ...
    @property
    def routing_key(self, /) -> str | None: ...
    def to_dict(self, /) -> dict[str, Any]:
        """
        The object as the API writes it: names of the wire, unknown fields included, secrets left out.
        """
    @property
    def updated_at(self, /) -> datetime | None: ...
    @property
    def workspace_id(self, /) -> str | None: ...

@final
class ConnectorChannel:
    """
    The channel that a connector names, once there is one.
    """
    __match_args__: Final[list[str]]
    def __copy__(self, /) -> ConnectorChannel: ...
    def __deepcopy__(self, /, _memo: Any) -> ConnectorChannel: ...
    def __eq__(self, other: object, /) -> bool | None: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[Any, tuple[dict[str, Any]]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def channel_id(self, /) -> str | None: ...
    @property
    def extra(self, /) -> Mapping[str, Any]:
        """
        Fields that this version does not know, as they came.
        """
    @staticmethod
    def from_dict(value: Incomplete) -> ConnectorChannel:
        """
        Reads what `to_dict` wrote, or what the API sent.
        """
    @property
    def platform(self, /) -> str | None: ...
    def to_dict(self, /) -> dict[str, Any]:
        """
        The object as the API writes it: names of the wire, unknown fields included, secrets left out.
        """

@final
class ConnectorNumber:
    """
    The number of a connector.
    """
    __match_args__: Final[list[str]]
    def __copy__(self, /) -> ConnectorNumber: ...
    def __deepcopy__(self, /, _memo: Any) -> ConnectorNumber: ...
    def __eq__(self, other: object, /) -> bool | None: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[Any, tuple[dict[str, Any]]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def capabilities(self, /) -> tuple[NumberCapability | str, ...] | str | None: ...
    @property
    def country(self, /) -> str | None: ...
    @property
    def endpoint_type(self, /) -> EndpointType | str | None: ...
    @property
    def extra(self, /) -> Mapping[str, Any]:
        """
        Fields that this version does not know, as they came.
        """
    @staticmethod
    def from_dict(value: Incomplete) -> ConnectorNumber:
        """
        Reads what `to_dict` wrote, or what the API sent.
        """
    @property
    def number_id(self, /) -> str | None: ...
    @property
    def number_type(self, /) -> NumberType | str | None: ...
    @property
    def phone_number(self, /) -> str | None: ...
    @property
    def profile_attachments(self, /) -> tuple[NumberProfileAttachment, ...]: ...
    @property
    def profile_id(self, /) -> str | None: ...
    def to_dict(self, /) -> dict[str, Any]:
        """
        The object as the API writes it: names of the wire, unknown fields included, secrets left out.
        """
    @property
    def variables(self, /) -> Mapping[str, Any]: ...

@final
class ConnectorReadiness:
    """
    How far an install is. The words are the API's own.
    """
    __match_args__: Final[list[str]]
    def __copy__(self, /) -> ConnectorReadiness: ...
    def __deepcopy__(self, /, _memo: Any) -> ConnectorReadiness: ...
    def __eq__(self, other: object, /) -> bool | None: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[Any, tuple[dict[str, Any]]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def channel(self, /) -> ReadinessChannel | None: ...
    @property
    def extra(self, /) -> Mapping[str, Any]:
        """
        Fields that this version does not know, as they came.
        """
    @staticmethod
    def from_dict(value: Incomplete) -> ConnectorReadiness:
        """
        Reads what `to_dict` wrote, or what the API sent.
        """
    @property
    def number(self, /) -> ReadinessNumber | None: ...
    def to_dict(self, /) -> dict[str, Any]:
        """
        The object as the API writes it: names of the wire, unknown fields included, secrets left out.
        """

@final
class Connectors:
    """
    The native half of `Connectors` and `AsyncConnectors`.
    """
    def delete(self, /, id: Incomplete, missing_ok: bool) -> Call2[Deleted]: ...
    def follow(self, /, id: Incomplete) -> Install: ...
    def get(self, /, id: Incomplete) -> Call2[Connector]: ...
    def install(self, /, template: Template) -> Call2[Install]: ...
    def list(self, /, template: Incomplete | None, reverse: bool, include_release_status: bool, page_size: Incomplete | None, limit: Incomplete | None, from_: Incomplete | None) -> Listing2[Connector]: ...
    def resume(self, /, token: Incomplete) -> Install: ...
    def status(self, /, id: Incomplete) -> Call2[ConnectorReadiness]: ...

@final
class Conversational:
    """
    Whether inbound messages of a channel open conversations in the Inbox.
    """
    __match_args__: Final[list[str]]
    def __copy__(self, /) -> Conversational: ...
    def __deepcopy__(self, /, _memo: Any) -> Conversational: ...
    def __eq__(self, other: object, /) -> bool | None: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[Any, tuple[dict[str, Any]]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def created_at(self, /) -> datetime | None: ...
    @property
    def extra(self, /) -> Mapping[str, Any]:
        """
        Fields that this version does not know, as they came.
        """
    @staticmethod
    def from_dict(value: Incomplete) -> Conversational:
        """
        Reads what `to_dict` wrote, or what the API sent.
        """
    @property
    def status(self, /) -> ConversationalStatus | str: ...
    def to_dict(self, /) -> dict[str, Any]:
        """
        The object as the API writes it: names of the wire, unknown fields included, secrets left out.
        """
    @property
    def updated_at(self, /) -> datetime | None: ...

@final
class Custom(Template):
    """
    Any other template, or another version of a known one. Only the name and the form of the reference are checked.
    """
    def __new__(cls, /, template: Incomplete, name: Incomplete, arguments: Incomplete | None = None, security_arguments: Incomplete | None = None, *, conversational: bool | None = None, invitation_token: Incomplete | None = None) -> Custom: ...

@final
class DataCapture:
    """
    Where a connector's data is captured.
    """
    __match_args__: Final[list[str]]
    def __copy__(self, /) -> DataCapture: ...
    def __deepcopy__(self, /, _memo: Any) -> DataCapture: ...
    def __eq__(self, other: object, /) -> bool | None: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[Any, tuple[dict[str, Any]]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def capture_endpoint(self, /) -> str | None: ...
    @property
    def extra(self, /) -> Mapping[str, Any]:
        """
        Fields that this version does not know, as they came.
        """
    @staticmethod
    def from_dict(value: Incomplete) -> DataCapture:
        """
        Reads what `to_dict` wrote, or what the API sent.
        """
    def to_dict(self, /) -> dict[str, Any]:
        """
        The object as the API writes it: names of the wire, unknown fields included, secrets left out.
        """

@final
class DataFetching:
    """
    What a connector fetches, and when.
    """
    __match_args__: Final[list[str]]
    def __copy__(self, /) -> DataFetching: ...
    def __deepcopy__(self, /, _memo: Any) -> DataFetching: ...
    def __eq__(self, other: object, /) -> bool | None: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[Any, tuple[dict[str, Any]]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def extra(self, /) -> Mapping[str, Any]:
        """
        Fields that this version does not know, as they came.
        """
    @staticmethod
    def from_dict(value: Incomplete) -> DataFetching:
        """
        Reads what `to_dict` wrote, or what the API sent.
        """
    @property
    def schedule(self, /) -> str | None: ...
    @property
    def streams(self, /) -> tuple[DataFetchingStream, ...]: ...
    def to_dict(self, /) -> dict[str, Any]:
        """
        The object as the API writes it: names of the wire, unknown fields included, secrets left out.
        """

@final
class DataFetchingStream:
    """
    One stream of what a connector fetches.
    """
    __match_args__: Final[list[str]]
    def __copy__(self, /) -> DataFetchingStream: ...
    def __deepcopy__(self, /, _memo: Any) -> DataFetchingStream: ...
    def __eq__(self, other: object, /) -> bool | None: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[Any, tuple[dict[str, Any]]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def cursor_field(self, /) -> str | None: ...
    @property
    def duplicates_filter_capacity(self, /) -> int | None: ...
    @property
    def end_condition(self, /) -> str | None: ...
    @property
    def event_name(self, /) -> str | None: ...
    @property
    def event_stream_name(self, /) -> str | None: ...
    @property
    def extra(self, /) -> Mapping[str, Any]:
        """
        Fields that this version does not know, as they came.
        """
    @property
    def filter(self, /) -> str | None: ...
    @staticmethod
    def from_dict(value: Incomplete) -> DataFetchingStream:
        """
        Reads what `to_dict` wrote, or what the API sent.
        """
    @property
    def incremental(self, /) -> bool | None: ...
    @property
    def initial_state(self, /) -> str | None: ...
    @property
    def stream_name(self, /) -> str | None: ...
    def to_dict(self, /) -> dict[str, Any]:
        """
        The object as the API writes it: names of the wire, unknown fields included, secrets left out.
        """

@final
class DeliveryLogEntry:
    """
    One delivery of a webhook subscription, and how it went.
    """
    __match_args__: Final[list[str]]
    def __copy__(self, /) -> DeliveryLogEntry: ...
    def __deepcopy__(self, /, _memo: Any) -> DeliveryLogEntry: ...
    def __eq__(self, other: object, /) -> bool | None: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[Any, tuple[dict[str, Any]]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def attempt_count(self, /) -> int | None: ...
    @property
    def created_at(self, /) -> datetime | None: ...
    @property
    def execution_status(self, /) -> str | None: ...
    @property
    def extra(self, /) -> Mapping[str, Any]:
        """
        Fields that this version does not know, as they came.
        """
    @staticmethod
    def from_dict(value: Incomplete) -> DeliveryLogEntry:
        """
        Reads what `to_dict` wrote, or what the API sent.
        """
    @property
    def http_status_code(self, /) -> int | None: ...
    @property
    def request_id(self, /) -> str | None: ...
    def to_dict(self, /) -> dict[str, Any]:
        """
        The object as the API writes it: names of the wire, unknown fields included, secrets left out.
        """

@final
class Email(Template):
    """
    Email. Only the reference `email-messagebird:1` is documented, so its arguments are free.
    """
    def __new__(cls, /, name: Incomplete, arguments: Incomplete | None = None, security_arguments: Incomplete | None = None, *, conversational: bool | None = None, invitation_token: Incomplete | None = None) -> Email: ...

@final
class EventFilter:
    """
    A filter of a webhook subscription.
    """
    __match_args__: Final[list[str]]
    def __copy__(self, /) -> EventFilter: ...
    def __deepcopy__(self, /, _memo: Any) -> EventFilter: ...
    def __eq__(self, other: object, /) -> bool | None: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[Any, tuple[dict[str, Any]]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def extra(self, /) -> Mapping[str, Any]:
        """
        Fields that this version does not know, as they came.
        """
    @staticmethod
    def from_dict(value: Incomplete) -> EventFilter:
        """
        Reads what `to_dict` wrote, or what the API sent.
        """
    @property
    def key(self, /) -> str: ...
    def to_dict(self, /) -> dict[str, Any]:
        """
        The object as the API writes it: names of the wire, unknown fields included, secrets left out.
        """
    @property
    def value(self, /) -> str: ...

@final
class Facebook(Template):
    """
    Facebook Messenger. Only the reference `facebook:1` is documented, so its arguments are free.
    """
    def __new__(cls, /, name: Incomplete, arguments: Incomplete | None = None, security_arguments: Incomplete | None = None, *, conversational: bool | None = None, invitation_token: Incomplete | None = None) -> Facebook: ...

@final
class Instagram(Template):
    """
    Instagram. Only the reference `instagram:1` is documented, so its arguments are free.
    """
    def __new__(cls, /, name: Incomplete, arguments: Incomplete | None = None, security_arguments: Incomplete | None = None, *, conversational: bool | None = None, invitation_token: Incomplete | None = None) -> Instagram: ...

@final
class Install:
    """
    The native half of `Install` and `AsyncInstall`.
    """
    @property
    def connector(self, /) -> Connector | None: ...
    @property
    def id(self, /) -> str: ...
    def progress(self, /, timeout: Incomplete | None, status: Incomplete | None, interval: tuple[Incomplete, Incomplete] | None, failure_statuses: SupportsGetItem[int, Incomplete] | None) -> Stream2[Progress]: ...
    @property
    def token(self, /) -> str: ...

@final
class Line(Template):
    """
    Line. Only the reference `line:1` is documented, so its arguments are free.
    """
    def __new__(cls, /, name: Incomplete, arguments: Incomplete | None = None, security_arguments: Incomplete | None = None, *, conversational: bool | None = None, invitation_token: Incomplete | None = None) -> Line: ...

@final
class Listing:
    """
    A list that has not been read yet.
    """
    def collect(self, /, limit: Incomplete, on_undecodable: str) -> Call: ...
    def first_page(self, /) -> Call: ...
    def items(self, /) -> Stream: ...
    def pages(self, /) -> Stream: ...

@final
class Number:
    """
    A phone number of the workspace. Its `id` is what `phone_number_id` wants.
    """
    __match_args__: Final[list[str]]
    def __copy__(self, /) -> Number: ...
    def __deepcopy__(self, /, _memo: Any) -> Number: ...
    def __eq__(self, other: object, /) -> bool | None: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[Any, tuple[dict[str, Any]]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def capabilities(self, /) -> NumberCapabilities | None: ...
    @property
    def country_code(self, /) -> str | None: ...
    @property
    def created_at(self, /) -> datetime | None: ...
    @property
    def extra(self, /) -> Mapping[str, Any]:
        """
        Fields that this version does not know, as they came.
        """
    @staticmethod
    def from_dict(value: Incomplete) -> Number:
        """
        Reads what `to_dict` wrote, or what the API sent.
        """
    @property
    def id(self, /) -> str: ...
    @property
    def number_string(self, /) -> str | None: ...
    def to_dict(self, /) -> dict[str, Any]:
        """
        The object as the API writes it: names of the wire, unknown fields included, secrets left out.
        """
    @property
    def type(self, /) -> str | None: ...
    @property
    def updated_at(self, /) -> datetime | None: ...

@final
class NumberCapabilities:
    """
    What a number can do.
    """
    __match_args__: Final[list[str]]
    def __copy__(self, /) -> NumberCapabilities: ...
    def __deepcopy__(self, /, _memo: Any) -> NumberCapabilities: ...
    def __eq__(self, other: object, /) -> bool | None: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[Any, tuple[dict[str, Any]]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def extra(self, /) -> Mapping[str, Any]:
        """
        Fields that this version does not know, as they came.
        """
    @staticmethod
    def from_dict(value: Incomplete) -> NumberCapabilities:
        """
        Reads what `to_dict` wrote, or what the API sent.
        """
    @property
    def mms(self, /) -> NumberDirections | None: ...
    @property
    def sms(self, /) -> NumberDirections | None: ...
    def to_dict(self, /) -> dict[str, Any]:
        """
        The object as the API writes it: names of the wire, unknown fields included, secrets left out.
        """
    @property
    def voice(self, /) -> NumberDirections | None: ...

@final
class NumberDirections:
    """
    Which way a number can do it.
    """
    __match_args__: Final[list[str]]
    def __copy__(self, /) -> NumberDirections: ...
    def __deepcopy__(self, /, _memo: Any) -> NumberDirections: ...
    def __eq__(self, other: object, /) -> bool | None: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[Any, tuple[dict[str, Any]]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def extra(self, /) -> Mapping[str, Any]:
        """
        Fields that this version does not know, as they came.
        """
    @staticmethod
    def from_dict(value: Incomplete) -> NumberDirections:
        """
        Reads what `to_dict` wrote, or what the API sent.
        """
    @property
    def inbound(self, /) -> bool | None: ...
    @property
    def outbound(self, /) -> bool | None: ...
    def to_dict(self, /) -> dict[str, Any]:
        """
        The object as the API writes it: names of the wire, unknown fields included, secrets left out.
        """

@final
class NumberProfileAttachment:
    """
    A profile that is attached to a number.
    """
    __match_args__: Final[list[str]]
    def __copy__(self, /) -> NumberProfileAttachment: ...
    def __deepcopy__(self, /, _memo: Any) -> NumberProfileAttachment: ...
    def __eq__(self, other: object, /) -> bool | None: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[Any, tuple[dict[str, Any]]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def capability(self, /) -> str | None: ...
    @property
    def extra(self, /) -> Mapping[str, Any]:
        """
        Fields that this version does not know, as they came.
        """
    @staticmethod
    def from_dict(value: Incomplete) -> NumberProfileAttachment:
        """
        Reads what `to_dict` wrote, or what the API sent.
        """
    @property
    def profile_id(self, /) -> str | None: ...
    def to_dict(self, /) -> dict[str, Any]:
        """
        The object as the API writes it: names of the wire, unknown fields included, secrets left out.
        """
    @property
    def variables(self, /) -> NumberProfileAttachmentVariables | None: ...

@final
class NumberProfileAttachmentVariables:
    """
    What a profile attachment is bound to.
    """
    __match_args__: Final[list[str]]
    def __copy__(self, /) -> NumberProfileAttachmentVariables: ...
    def __deepcopy__(self, /, _memo: Any) -> NumberProfileAttachmentVariables: ...
    def __eq__(self, other: object, /) -> bool | None: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[Any, tuple[dict[str, Any]]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def connector_id(self, /) -> str | None: ...
    @property
    def extra(self, /) -> Mapping[str, Any]:
        """
        Fields that this version does not know, as they came.
        """
    @staticmethod
    def from_dict(value: Incomplete) -> NumberProfileAttachmentVariables:
        """
        Reads what `to_dict` wrote, or what the API sent.
        """
    def to_dict(self, /) -> dict[str, Any]:
        """
        The object as the API writes it: names of the wire, unknown fields included, secrets left out.
        """

@final
class Numbers:
    """
    The native half of `Numbers` and `AsyncNumbers`.
    """
    def list(self, /, long_codes: bool, page_size: Incomplete | None, limit: Incomplete | None, from_: Incomplete | None) -> Listing2[Number]: ...

@final
class ReadinessChannel:
    """
    What the readiness reply says of the channel.
    """
    __match_args__: Final[list[str]]
    def __copy__(self, /) -> ReadinessChannel: ...
    def __deepcopy__(self, /, _memo: Any) -> ReadinessChannel: ...
    def __eq__(self, other: object, /) -> bool | None: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[Any, tuple[dict[str, Any]]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def extra(self, /) -> Mapping[str, Any]:
        """
        Fields that this version does not know, as they came.
        """
    @staticmethod
    def from_dict(value: Incomplete) -> ReadinessChannel:
        """
        Reads what `to_dict` wrote, or what the API sent.
        """
    @property
    def stage(self, /) -> str | None: ...
    @property
    def status(self, /) -> str | None: ...
    def to_dict(self, /) -> dict[str, Any]:
        """
        The object as the API writes it: names of the wire, unknown fields included, secrets left out.
        """

@final
class ReadinessNumber:
    """
    What the readiness reply says of the number.
    """
    __match_args__: Final[list[str]]
    def __copy__(self, /) -> ReadinessNumber: ...
    def __deepcopy__(self, /, _memo: Any) -> ReadinessNumber: ...
    def __eq__(self, other: object, /) -> bool | None: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[Any, tuple[dict[str, Any]]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def extra(self, /) -> Mapping[str, Any]:
        """
        Fields that this version does not know, as they came.
        """
    @staticmethod
    def from_dict(value: Incomplete) -> ReadinessNumber:
        """
        Reads what `to_dict` wrote, or what the API sent.
        """
    @property
    def status(self, /) -> str | None: ...
    def to_dict(self, /) -> dict[str, Any]:
        """
        The object as the API writes it: names of the wire, unknown fields included, secrets left out.
        """

@final
class Reply:
    """
    The successful answer to a request beyond the contract.
    """
    def __repr__(self, /) -> str: ...
    @property
    def content(self, /) -> bytes:
        """
        The body as it came; empty where there was none.
        """
    @property
    def headers(self, /) -> dict[str, str]:
        """
        The headers, their names in lower case. Of a header that repeats, the last.
        """
    def json(self, /) -> Any:
        """
        The body read as JSON. Raises `DecodeError` where it is something else, or nothing.
        """
    @property
    def status(self, /) -> int:
        """
        The status: any 2xx.
        """

@final
class Sandbox:
    """
    The native half of `testing.Sandbox`.
    """
    def __new__(cls, /, script: Script | None, access_key: Incomplete | None, workspace_id: Incomplete | None, organization_id: Incomplete | None, connectors: Incomplete, numbers: SupportsGetItem[int, Incomplete] | None, port: SupportsIndex) -> Sandbox: ...
    @property
    def access_key(self, /) -> str: ...
    def add_connectors(self, /, count: Incomplete) -> list[str]: ...
    def allow(self, /, operation: Incomplete) -> None: ...
    @property
    def base_url(self, /) -> str: ...
    def channels(self, /) -> list[dict[str, Any]]: ...
    def clear_requests(self, /) -> None: ...
    def clear_rules(self, /) -> None: ...
    def close(self, /) -> None: ...
    def connectors(self, /) -> list[dict[str, Any]]: ...
    def count(self, /, operation: Incomplete) -> int: ...
    def default_script(self, /, script: Script) -> None: ...
    def insert_channel(self, /, value: Incomplete) -> None: ...
    def insert_connector(self, /, value: Incomplete) -> None: ...
    def insert_delivery(self, /, subscription: Incomplete, value: Incomplete) -> None: ...
    def insert_number(self, /, value: Incomplete) -> None: ...
    def insert_webhook_subscription(self, /, value: Incomplete) -> None: ...
    def messages(self, /) -> list[dict[str, Any]]: ...
    def next_install(self, /, script: Script) -> None: ...
    @property
    def organization_id(self, /) -> str: ...
    def refuse(self, /, operation: Incomplete) -> None: ...
    def requests(self, /, operation: Incomplete | None) -> list[dict[str, Any]]: ...
    def rule(self, /, operation: Incomplete | None, times: Incomplete | None, nth: Incomplete | None, delay: Incomplete, delay_reply: Incomplete, status: SupportsIndex | None, json: Incomplete | None, text: Incomplete | None, content_type: Incomplete, headers: Incomplete | None, after_processing: bool) -> None: ...
    def script_for_name(self, /, name: Incomplete, script: Script) -> None: ...
    def set_status(self, /, connector: Incomplete, status: Incomplete) -> bool: ...
    def webhook_subscriptions(self, /) -> list[dict[str, Any]]: ...
    @property
    def workspace_id(self, /) -> str: ...

@final
class Script:
    """
    How an install goes, for the sandbox: when it gets a channel, and which statuses that takes.
    """
    def __repr__(self, /) -> str: ...
    def channel(self, /, after: Incomplete, status: Incomplete) -> Script:
        """
        The same script with one more step: a channel with this status, in place of any before it.
        """
    def commit_after(self, /, after: Incomplete) -> Script:
        """
        The same script; the create answers at once, and the connector is found only after this time.
        """
    @staticmethod
    def failing(status: Incomplete = ...) -> Script:
        """
        A channel after 0.6 s, whose status is this word after 2 s.
        """
    @staticmethod
    def instant() -> Script:
        """
        Succeeded as soon as it is created.
        """
    @staticmethod
    def never() -> Script:
        """
        No channel, ever: a start for scripts of one's own.
        """
    @staticmethod
    def pending(channel_after: Incomplete) -> Script:
        """
        A channel after the given time, which then stays `pending`.
        """
    def stage(self, /, after: Incomplete, stage: Incomplete) -> Script:
        """
        The same script with one more step: the stage that the readiness reply names.
        """
    @staticmethod
    def standard() -> Script:
        """
        A channel after 0.6 s, `active` after 2 s.
        """
    def status(self, /, after: Incomplete, status: Incomplete) -> Script:
        """
        The same script with one more step: from this time after the create on, the channel has this status.
        """
    @staticmethod
    def statuses(every: Incomplete, statuses: SupportsGetItem[int, Incomplete]) -> Script:
        """
        A channel at once that takes these statuses, one each `every`.
        """
    @staticmethod
    def timed(channel_after: Incomplete, active_after: Incomplete) -> Script:
        """
        A channel after the first time, `active` after the second.
        """
    def vanish(self, /, after: Incomplete) -> Script:
        """
        The same script with one more step: connector and channel are gone.
        """

@final
class SentMessage:
    """
    A message that was accepted for sending.
    """
    __match_args__: Final[list[str]]
    def __copy__(self, /) -> SentMessage: ...
    def __deepcopy__(self, /, _memo: Any) -> SentMessage: ...
    def __eq__(self, other: object, /) -> bool | None: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[Any, tuple[dict[str, Any]]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def extra(self, /) -> Mapping[str, Any]:
        """
        Fields that this version does not know, as they came.
        """
    @staticmethod
    def from_dict(value: Incomplete) -> SentMessage:
        """
        Reads what `to_dict` wrote, or what the API sent.
        """
    @property
    def id(self, /) -> str: ...
    @property
    def status(self, /) -> str | None: ...
    def to_dict(self, /) -> dict[str, Any]:
        """
        The object as the API writes it: names of the wire, unknown fields included, secrets left out.
        """

@final
class Sms(Template):
    """
    SMS over a number of the workspace.
    """
    def __new__(cls, /, name: Incomplete, phone_number_id: Incomplete, channel_message_type: Incomplete, use_case_id: Incomplete | None = None, *, conversational: bool | None = None, invitation_token: Incomplete | None = None) -> Sms: ...

@final
class Stream:
    """
    An iteration, to be advanced by one thread or task at a time: as an iterator, or as an asynchronous one.
    """
    def __aiter__(self, /) -> Stream: ...
    def __anext__(self, /) -> Any: ...
    def __iter__(self, /) -> Stream: ...
    def __next__(self, /) -> Any: ...
    @property
    def checkpoint(self, /) -> str | None:
        """
        Where the list goes on behind what was delivered; None at its end.
        """

@final
class Telegram(Template):
    """
    Telegram. Only the reference `telegram:1` is documented, so its arguments are free.
    """
    def __new__(cls, /, name: Incomplete, arguments: Incomplete | None = None, security_arguments: Incomplete | None = None, *, conversational: bool | None = None, invitation_token: Incomplete | None = None) -> Telegram: ...

@disjoint_base
class Template:
    """
    A checked request for a connector. Its secrets are sent, and never shown; it cannot be pickled.
    """
    def __copy__(self, /) -> Template: ...
    def __deepcopy__(self, /, _memo: Any) -> Template: ...
    def __eq__(self, other: object, /) -> bool | None: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> None: ...
    def __repr__(self, /) -> str: ...
    @property
    def arguments(self, /) -> dict[str, Any]:
        """
        The arguments, as they are sent. Secrets are no part of them.
        """
    @property
    def name(self, /) -> str:
        """
        The name that the connector gets.
        """
    @property
    def reference(self, /) -> str:
        """
        The template's reference, such as `sms-messagebird:1`.
        """

@final
class Voice(Template):
    """
    Voice over a number of the workspace.
    """
    def __new__(cls, /, name: Incomplete, phone_number_id: Incomplete, *, conversational: bool | None = None, invitation_token: Incomplete | None = None) -> Voice: ...

@final
class WebhookSubscription:
    """
    A webhook subscription: which event is delivered where. The signing key is left out of `repr`, `to_dict` and
    pickles, and takes no part in comparing.
    """
    __match_args__: Final[list[str]]
    def __copy__(self, /) -> WebhookSubscription: ...
    def __deepcopy__(self, /, _memo: Any) -> WebhookSubscription: ...
    def __eq__(self, other: object, /) -> bool | None: ...
    def __hash__(self, /) -> int: ...
    def __reduce__(self, /) -> tuple[Any, tuple[dict[str, Any]]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def created_at(self, /) -> datetime | None: ...
    @property
    def event(self, /) -> str: ...
    @property
    def event_filters(self, /) -> tuple[EventFilter, ...] | None: ...
    @property
    def extra(self, /) -> Mapping[str, Any]:
        """
        Fields that this version does not know, as they came.
        """
    @staticmethod
    def from_dict(value: Incomplete) -> WebhookSubscription:
        """
        Reads what `to_dict` wrote, or what the API sent.
        """
    @property
    def id(self, /) -> str: ...
    @property
    def organization_id(self, /) -> str: ...
    @property
    def service(self, /) -> WebhookService | str: ...
    @property
    def signing_key(self, /) -> str | None: ...
    @property
    def status(self, /) -> WebhookSubscriptionStatus | str: ...
    @property
    def template(self, /) -> Any | None: ...
    def to_dict(self, /) -> dict[str, Any]:
        """
        The object as the API writes it: names of the wire, unknown fields included, secrets left out.
        """
    @property
    def updated_at(self, /) -> datetime | None: ...
    @property
    def url(self, /) -> str: ...
    @property
    def workspace_id(self, /) -> str: ...

@final
class WebhookSubscriptions:
    """
    The native half of `WebhookSubscriptions` and `AsyncWebhookSubscriptions`.
    """
    def available_events(self, /, service: Incomplete, page_size: Incomplete | None, limit: Incomplete | None, from_: Incomplete | None) -> Listing2[AvailableWebhook]: ...
    def create(self, /, event: Incomplete, url: Incomplete, signing_key: Incomplete | None, filters: Incomplete | None, service: Incomplete, template: Incomplete | None) -> Call2[WebhookSubscription]: ...
    def delete(self, /, id: Incomplete, missing_ok: bool) -> Call2[Deleted]: ...
    def get(self, /, id: Incomplete) -> Call2[WebhookSubscription]: ...
    def list(self, /, page_size: Incomplete | None, limit: Incomplete | None, from_: Incomplete | None) -> Listing2[WebhookSubscription]: ...
    def log_details(self, /, id: Incomplete, request_id: Incomplete) -> Call2[dict[str, Any]]: ...
    def logs(self, /, id: Incomplete, execution_status: Incomplete | None, page_size: Incomplete | None, limit: Incomplete | None, from_: Incomplete | None) -> Listing2[DeliveryLogEntry]: ...
    def update(self, /, id: Incomplete, url: Incomplete | None, signing_key: Incomplete | None, status: Incomplete | None, filters: Incomplete | None, template: Incomplete | None) -> Call2[WebhookSubscription]: ...

@final
class WhatsApp(Template):
    """
    WhatsApp with a number of your own WhatsApp Business account.
    """
    def __new__(cls, /, name: Incomplete, waba_id: Incomplete, phone_id: Incomplete, phone_number: Incomplete, access_token: Incomplete, mb_phone_id: Incomplete | None = None, *, conversational: bool | None = None, invitation_token: Incomplete | None = None) -> WhatsApp: ...

@final
class Workspace:
    """
    The native half of `Workspace` and `AsyncWorkspace`.
    """
    def channels(self, /) -> Channels: ...
    def connectors(self, /) -> Connectors: ...
    @property
    def id(self, /) -> str: ...
    def numbers(self, /) -> Numbers: ...
    def webhook_subscriptions(self, /) -> WebhookSubscriptions: ...

def enum_words() -> dict[str, Any]:
    """
    The words of every enum that this version knows.
    """

def shut_down() -> None:
    """
    Ends the threads for requests, before the interpreter goes.
    """

def __getattr__(name: str) -> Incomplete: ...
