"""Models built by keyword, for tests of code that uses this package; and models in pydantic, json and pandas."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import Any

import pydantic
import pytest

import bird_connectors as bc
import wire
from bird_connectors import Channel, ChannelStatus, Connector, ConnectorChannel, ConnectorNumber, WebhookSubscription

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


def test_model_is_built_by_keyword() -> None:
    channel = Channel(id=uuid.UUID(wire.CHANNEL), status="active", created_at=MOMENT, capabilities={"a": 1})
    assert channel.id == wire.CHANNEL
    assert channel.status is ChannelStatus.ACTIVE
    assert channel.created_at == MOMENT
    assert channel.capabilities == {"a": 1}
    assert channel.name is None
    assert channel == Channel.from_dict(channel.to_dict())
    assert channel.to_dict() == {
        "id": wire.CHANNEL,
        "status": "active",
        "createdAt": "2026-01-02T03:04:05+00:00",
        "capabilities": {"a": 1},
    }


def test_model_is_built_from_other_models() -> None:
    connector = Connector(
        id=wire.CONNECTOR,
        name="Shop",
        created_at="2026-01-02T03:04:05.678Z",
        channel=ConnectorChannel(channel_id=wire.CHANNEL, platform="sms-messagebird"),
        number=ConnectorNumber(
            phone_number="+31612345678",
            capabilities=[bc.NumberCapability.SMS_INBOUND],
            profile_attachments=[bc.NumberProfileAttachment(capability="sms")],
        ),
        arguments={"phoneNumberId": wire.NUMBER},
        extra={"colour": "red"},
    )
    assert connector.channel is not None
    assert connector.channel.channel_id == wire.CHANNEL
    assert connector.number is not None
    assert connector.number.capabilities == (bc.NumberCapability.SMS_INBOUND,)
    assert connector.number.profile_attachments[0].capability == "sms"
    assert connector.extra == {"colour": "red"}
    assert connector.to_dict()["colour"] == "red"


def test_model_keeps_a_secret_that_it_was_built_with() -> None:
    subscription = WebhookSubscription(
        id=wire.CHANNEL,
        event="channel.updated",
        url="https://example.com/hooks",
        service="channels",
        status="active",
        organization_id=wire.ORGANIZATION,
        workspace_id=wire.WORKSPACE,
        signing_key="signing-key-19cd",
    )
    assert subscription.signing_key == "signing-key-19cd"
    assert "signing-key-19cd" not in repr(subscription)


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({}, TypeError, "missing 1 required keyword argument: 'id'"),
        ({"id": "x"}, bc.InvalidInputError, "invalid id: expected a UUID"),
        ({"id": wire.CHANNEL, "status": 5}, TypeError, "invalid status: expected a str, got int"),
        ({"id": wire.CHANNEL, "colour": 5}, TypeError, "colour"),
        ({"id": wire.CHANNEL, "created_at": datetime(2026, 1, 2)}, bc.InvalidInputError, "created_at: .*no time zone"),
        ({"id": 1, "status": 5}, TypeError, "invalid id: .*; invalid status: "),
        ({"id": wire.CHANNEL, "extra": []}, TypeError, "invalid extra: expected a dict, got list"),
    ],
)
def test_wrong_argument_of_a_constructor_is_named(arguments: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        Channel(**arguments)
    with pytest.raises(TypeError):
        Channel(wire.CHANNEL)  # type: ignore[misc]


MODELS = [
    getattr(bc, name)
    for name in bc.__all__
    if isinstance(getattr(bc, name), type) and hasattr(getattr(bc, name), "from_dict")
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_model_takes_its_attributes_by_keyword(model: Any) -> None:
    import inspect

    parameters = inspect.signature(model).parameters
    assert list(parameters) == [*model.__match_args__, "extra"]
    assert all(parameter.kind is parameter.KEYWORD_ONLY for parameter in parameters.values())


@pytest.mark.parametrize("moment", ["0000-01-01T00:00:00Z", "2016-12-31T23:59:60Z", "0000-12-31T23:00:00-03:00"])
def test_time_that_python_cannot_represent_raises_nowhere(moment: str) -> None:
    channel = Channel.from_dict(wire.channel(createdAt=moment))
    assert repr(channel).startswith("Channel(id=")
    assert channel.created_at is None or channel.created_at.year in (1, 2016)
    assert hash(channel) == hash(channel)
    assert Channel.from_dict(channel.to_dict()) == channel


# pydantic, json and pandas.


class Order(pydantic.BaseModel):
    name: str
    channel: Channel
    more: list[Channel] = []
    connector: Connector | None = None


def test_model_is_the_type_of_a_pydantic_field() -> None:
    body = wire.channel()
    order = Order(name="a", channel=Channel.from_dict(body), more=[body])
    assert order.channel == order.more[0] == Channel.from_dict(body)
    assert order.model_dump()["channel"] == order.channel.to_dict()
    again = Order.model_validate_json(order.model_dump_json())
    assert again == order
    for invalid in ({"id": "x"}, 5, [], None, "x"):
        with pytest.raises(pydantic.ValidationError):
            Order(name="a", channel=invalid)
    properties = Order.model_json_schema()["properties"]
    assert properties["channel"]["type"] == "object"


def test_import_of_the_package_does_not_import_pydantic() -> None:
    program = "import sys, bird_connectors as bc; bc.Channel; print('pydantic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_model_is_written_by_json_dumps() -> None:
    channel = Channel.from_dict(wire.channel())
    written = json.dumps({"channels": [channel]}, default=lambda model: model.to_dict())
    assert Channel.from_dict(json.loads(written)["channels"][0]) == channel


class Kind(Enum):
    ACTIVE = "active"


def test_enum_and_offset_are_accepted() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=1)))
    channel = Channel(id=wire.CHANNEL, status=Kind.ACTIVE, created_at=moment)
    assert channel.status is ChannelStatus.ACTIVE
    assert channel.created_at == moment
