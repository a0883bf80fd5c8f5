"""Words of the API that are known. An unknown one is a plain ``str``, and never an error."""

from __future__ import annotations

from enum import Enum


class _Word(str, Enum):
    """A text like any other: equal to it, hashed like it, and written like it."""

    def __str__(self) -> str:
        return str.__str__(self)

    def __format__(self, format_spec: str) -> str:
        return str.__format__(self, format_spec)


class ChannelMessageType(_Word):
    """What kind of messages an SMS channel sends."""

    PROMOTIONAL = "promotional"
    TWO_FACTOR = "2fa"
    CONVERSATIONAL = "conversational"
    TRANSACTIONAL = "transactional"
    EMERGENCY = "emergency"


class ChannelStatus(_Word):
    """The status of a channel."""

    ACTIVE = "active"
    PREVIEW = "preview"
    PENDING = "pending"
    INACTIVE = "inactive"


class ConversationalStatus(_Word):
    """Whether inbound messages open conversations."""

    ACTIVE = "active"
    INACTIVE = "inactive"


class EndpointType(_Word):
    """The kind of endpoint that a number is."""

    ALPHA_NUMBER = "alpha-number"
    LONG_CODE_NUMBER = "long-code-number"


class NumberCapability(_Word):
    """What a number can do, and which way."""

    MMS_INBOUND = "mms-inbound"
    MMS_OUTBOUND = "mms-outbound"
    SMS_INBOUND = "sms-inbound"
    SMS_OUTBOUND = "sms-outbound"


class NumberType(_Word):
    """The kind of a number."""

    MOBILE = "mobile"
    LOCAL = "local"
    TOLL_FREE = "toll-free"
    NATIONAL = "national"


class WebhookService(_Word):
    """The service whose events are delivered."""

    CHANNELS = "channels"
    NUMBERS = "numbers"
    PAYMENTS = "payments"
    CONVERSATIONS = "conversations"


class WebhookSubscriptionStatus(_Word):
    """Whether events are delivered."""

    ACTIVE = "active"
    INACTIVE = "inactive"
