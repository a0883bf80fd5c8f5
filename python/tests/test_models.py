"""Models: immutable values that can be compared, hashed, copied, pickled and matched."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

import bird_connectors as bc
import wire
from bird_connectors import Channel, ChannelStatus, Connector
from stub import Response

if TYPE_CHECKING:
    from conftest import ClientRunner


@pytest.fixture
def connector() -> Connector:
    return Connector.from_dict(wire.FULL_CONNECTOR)


def test_attributes_are_python_values(connector: Connector) -> None:
    assert connector.id == wire.CONNECTOR
    assert type(connector.id) is str
    assert connector.name == "Support NL"
    assert connector.created_at == datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=timezone.utc)
    assert connector.created_at.utcoffset() is not None
    assert connector.workspace_id == wire.WORKSPACE
    assert connector.connector_template_slug == "sms-messagebird"
    assert dict(connector.arguments or {}) == wire.FULL_CONNECTOR["arguments"]
    assert connector.channel is not None
    assert connector.channel.channel_id == wire.CHANNEL
    assert connector.number is not None
    assert connector.number.phone_number == "+31612345678"
    assert connector.region is None


def test_attributes_are_built_once(connector: Connector) -> None:
    for name in ("id", "created_at", "arguments", "channel", "number"):
        assert getattr(connector, name) is getattr(connector, name), name


def test_model_is_immutable(connector: Connector) -> None:
    with pytest.raises(AttributeError):
        connector.name = "other"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        connector.anything = 1  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        del connector.name


def test_repr_shows_type_and_attributes(connector: Connector) -> None:
    shown = repr(connector)
    assert shown.startswith("Connector(")
    assert wire.CONNECTOR in shown
    assert "name='Support NL'" in shown
    assert "\n" not in shown


def test_models_with_equal_content_are_equal(connector: Connector) -> None:
    same = Connector.from_dict(wire.FULL_CONNECTOR)
    other = Connector.from_dict({**wire.FULL_CONNECTOR, "name": "other"})
    assert same is not connector
    assert same == connector
    assert hash(same) == hash(connector)
    assert other != connector
    assert connector != wire.FULL_CONNECTOR
    assert {connector, same, other} == {connector, other}
    with pytest.raises(TypeError):
        connector < other  # type: ignore[operator]  # noqa: B015


def test_to_dict_and_from_dict_are_inverse(connector: Connector) -> None:
    written = connector.to_dict()
    assert written == wire.FULL_CONNECTOR
    assert written["colour"] == wire.FULL_CONNECTOR["colour"], "unknown fields are kept"
    assert Connector.from_dict(written) == connector
    written["name"] = "changed"
    assert connector.name == "Support NL"
    assert connector.to_dict()["name"] == "Support NL"


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_model_can_be_pickled(connector: Connector, protocol: int) -> None:
    copied = pickle.loads(pickle.dumps(connector, protocol))
    assert type(copied) is Connector
    assert copied == connector
    assert copied.to_dict() == connector.to_dict()


def test_model_can_be_copied(connector: Connector) -> None:
    assert copy.copy(connector) == connector
    assert copy.deepcopy(connector) == connector
    assert copy.deepcopy([connector, {"a": connector}])[0] == connector


def test_model_can_be_matched(connector: Connector) -> None:
    match connector:
        case Connector(name="Support NL", channel=None):
            pytest.fail("the pattern without a channel matches")
        case Connector(name="Support NL", channel=found) if found is not None:
            assert found.channel_id == wire.CHANNEL
        case _:
            pytest.fail("no pattern matches")
    match connector:
        case Connector(first):
            assert first == getattr(connector, Connector.__match_args__[0])
    assert all(hasattr(connector, name) for name in Connector.__match_args__)


def test_known_status_is_an_enum_member_and_unknown_status_a_string() -> None:
    active = Channel.from_dict(wire.channel("active")).status
    assert active is ChannelStatus.ACTIVE
    assert isinstance(active, str)
    assert active == "active"
    assert str(active) == f"{active}" == "active"
    assert {"active": 1}[active] == 1
    assert pickle.loads(pickle.dumps(active)) is active

    weird = Channel.from_dict(wire.channel("weird")).status
    assert type(weird) is str
    assert weird == "weird"
    assert Channel.from_dict(wire.channel("weird")).to_dict()["status"] == "weird"


@pytest.mark.parametrize(
    "channel",
    [{}, {"channelId": ""}, {"channelId": None}, None, "missing"],
    ids=["{}", "empty", "null id", "null", "missing"],
)
def test_connector_without_a_channel_is_read_in_every_form(channel: Any) -> None:
    body = wire.connector() if channel == "missing" else wire.connector(channel=channel)
    found = Connector.from_dict(body).channel
    assert found is None or found.channel_id is None


@pytest.mark.parametrize(
    "identifier",
    [
        "8362fa40-9ff1-5430-a3ab-79ecc61b96b1",
        "8362fa40-9ff1-0430-03ab-79ecc61b96b1",
        "8362FA40-9FF1-5430-A3AB-79ECC61B96B1",
    ],
)
def test_id_can_be_a_uuid_of_any_version(identifier: str) -> None:
    assert Connector.from_dict({**wire.connector(), "id": identifier}).id == identifier.lower()


def test_nanoseconds_are_truncated_to_microseconds() -> None:
    found = Connector.from_dict({**wire.connector(), "createdAt": "2026-01-02T03:04:05.123456789Z"})
    assert found.created_at == datetime(2026, 1, 2, 3, 4, 5, 123456, tzinfo=timezone.utc)
    assert found.to_dict()["createdAt"] == "2026-01-02T03:04:05.123456789Z"


@pytest.mark.parametrize(
    "date",
    [
        "2026-01-02T03:04:05.000Z",
        "2026-01-02T03:04:05.23Z",
        "2026-01-02T00:04:05-03:00",
    ],
)
def test_to_dict_returns_dates_as_the_api_sent_them(date: str) -> None:
    found = Connector.from_dict({**wire.connector(), "createdAt": date, "updatedAt": date})
    written = found.to_dict()
    assert (written["createdAt"], written["updatedAt"]) == (date, date)
    assert found.created_at.replace(microsecond=0) == datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    assert pickle.loads(pickle.dumps(found)).to_dict() == written


@pytest.mark.parametrize("capabilities", ["sms-inbound,sms-outbound", ["sms-inbound", "sms-outbound"]])
def test_capabilities_can_be_a_string_or_a_list(capabilities: Any) -> None:
    found = Connector.from_dict(wire.connector(number={"capabilities": capabilities}))
    assert found.number is not None
    assert list(found.number.capabilities or []) == ["sms-inbound", "sms-outbound"]
    assert found.to_dict()["number"]["capabilities"] == capabilities


MESSAGE_DATES = {"createdAt": "2026-01-02T03:04:05Z", "updatedAt": "2026-01-02T03:04:06Z"}
SAMPLES: dict[str, dict[str, Any]] = {
    "AvailableWebhook": {"service": "channels", "events": [{"name": "channel.updated", "filterKeys": ["channelId"]}]},
    "AvailableWebhookEvent": {"name": "channel.updated", "filterKeys": ["channelId"]},
    "Channel": wire.channel(capabilities={"send": True}),
    "Connector": wire.FULL_CONNECTOR,
    "ConnectorChannel": {"channelId": wire.CHANNEL, "platform": "whatsapp"},
    "ConnectorNumber": {"numberId": wire.NUMBER, "variables": {"a": [1]}, "capabilities": ["sms-inbound"]},
    "ConnectorReadiness": {"channel": {"status": "active", "stage": "done"}, "number": {"status": "active"}},
    "ContactIdentifierFormat": {"type": "regex", "pattern": "^[0-9]+$"},
    "Conversational": {"status": "active", **MESSAGE_DATES},
    "DataCapture": {"captureEndpoint": "https://example.com"},
    "DataFetching": {"schedule": "daily", "streams": [{"streamName": "orders", "incremental": True}]},
    "DataFetchingStream": {"streamName": "orders", "duplicatesFilterCapacity": 7},
    "DeliveryLogEntry": {"requestId": "r-1", "attemptCount": 2, "httpStatusCode": 200, "executionStatus": "done"},
    "EventFilter": {"key": "channelId", "value": wire.CHANNEL},
    "MessageFailure": {"code": 5, "description": "no route", "source": {"code": "x-1", "name": "carrier"}},
    "MessageFailureSource": {"code": 17, "name": "carrier"},
    "Number": {"id": wire.NUMBER, "numberString": "+31612345678", "countryCode": "NL", "type": "mobile"},
    "NumberCapabilities": {"sms": {"inbound": True, "outbound": False}},
    "NumberDirections": {"inbound": True},
    "NumberEndpoint": {"capabilities": [{"inbound": {"status": "active"}}]},
    "NumberEndpointCapability": {"outbound": {"status": "inactive"}},
    "NumberEndpointDirection": {"status": "inactive", "issues": ["subscription-is-not-active"]},
    "NumberOrder": {"status": "draft"},
    "NumberProfileAttachment": {"capability": "sms", "variables": {"connectorId": wire.CONNECTOR}},
    "NumberProfileAttachmentVariables": {"connectorId": wire.CONNECTOR},
    "ReadinessChannel": {"status": "active", "stage": "done"},
    "ReadinessNumber": {"status": "active"},
    "SentMessage": {"id": wire.CONNECTOR, "status": "sending_failed", "failure": {"code": 5}},
    "UseCase": {
        "id": wire.CONNECTOR,
        "name": "Generic",
        "use": "messaging",
        "definitionVersion": 2,
        "tags": ["a"],
        "additionalFields": {"b": [1]},
        "integrationState": {"status": "active"},
    },
    "UseCaseIntegrationState": {"externalId": "C-1", "status": "active", "updatedAt": "2026-01-02T03:04:05Z"},
    "WebhookSubscription": {
        "id": wire.CONNECTOR,
        "organizationId": wire.ORGANIZATION,
        "workspaceId": wire.WORKSPACE,
        "service": "channels",
        "event": "channel.updated",
        "url": "https://example.com/hooks",
        "status": "active",
        "eventFilters": [{"key": "channelId", "value": wire.CHANNEL}],
    },
}


def test_every_model_has_a_sample() -> None:
    models = {name for name in bc.__all__ if hasattr(getattr(bc, name), "from_dict")}
    assert models == set(SAMPLES)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_model_is_an_immutable_value(name: str) -> None:
    model = getattr(bc, name)
    sample = {**SAMPLES[name], "aField": {"of": ["tomorrow", 1, 2.5, None, 2**63]}}
    one, same = model.from_dict(sample), model.from_dict(sample)
    assert model.__module__ == "bird_connectors"
    assert one == same
    assert hash(one) == hash(same)
    assert one != model.from_dict({**sample, "aField": 1})
    assert one != sample
    assert one.to_dict()["aField"] == sample["aField"]
    assert dict(one.extra) == {key: sample[key] for key in sample if key in ("aField", "colour")}
    for copied in (pickle.loads(pickle.dumps(one)), copy.copy(one), copy.deepcopy(one)):
        assert type(copied) is model
        assert copied == one
    assert repr(one).startswith(f"{name}(")
    assert repr(one) == str(one)
    with pytest.raises(AttributeError):
        one.anything = 1
    for attribute in model.__match_args__:
        value = getattr(one, attribute)
        assert value is getattr(one, attribute), attribute
        hash(value if not hasattr(value, "keys") else 0)
    assert set(model.__match_args__) == {
        name
        for name in dir(model)
        if not name.startswith("_") and name not in ("extra", "from_dict", "to_dict", "undecoded")
    }


def test_mapping_attribute_is_read_only(connector: Connector) -> None:
    with pytest.raises(TypeError):
        connector.arguments["more"] = 1  # type: ignore[index]


def test_signing_key_is_an_attribute_but_not_shown() -> None:
    sample = {**SAMPLES["WebhookSubscription"], "signingKey": "key-1"}
    subscription = bc.WebhookSubscription.from_dict(sample)
    assert subscription.signing_key == "key-1"
    assert "key-1" not in repr(subscription)
    assert "signingKey" not in subscription.to_dict()


def test_enum_values_are_those_of_the_contract() -> None:
    from bird_connectors import _native

    for name, values in _native.enum_values().items():
        assert [member.value for member in getattr(bc, name)] == list(values), name


def test_repr_masks_values_whose_names_suggest_a_secret() -> None:
    arguments = {"botToken": "planted", "nested": [{"api_key": "planted"}], "handle": "shown", "pin": None}
    connector = bc.Connector.from_dict({**wire.connector(), "arguments": arguments})
    assert "planted" not in repr(connector)
    assert "'botToken': '[redacted]'" in repr(connector)
    assert "'handle': 'shown'" in repr(connector)
    assert connector.arguments == arguments
    channel = bc.Channel.from_dict(wire.channel(connectionParams={"accessKey": "planted", "region": "shown"}))
    assert "planted" not in repr(channel)
    assert "'region': 'shown'" in repr(channel)


def test_repr_of_an_undecodable_item_does_not_show_it() -> None:
    item = bc.UndecodableItem(3, '{"arguments": {"botToken": "planted"}}', "missing field `id`")
    assert repr(item) == "UndecodableItem(index=3, reason='missing field `id`', characters=38)"
    assert repr(item) in repr(bc.Page([], [item], None))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("updatedAt", "2026-01-02T03:04:05"),
        ("createdAt", 7),
        ("workspaceId", "not-an-id"),
        ("number", "+31612345678"),
        ("arguments", ["a"]),
        ("name", {"en": "Line"}),
        ("channel", 1.5),
    ],
)
def test_field_of_an_unexpected_form_is_absent_and_listed_as_undecoded(field: str, value: Any) -> None:
    body = {**wire.connector(), field: value}
    found = Connector.from_dict(body)
    assert found.undecoded() == {field: value}
    assert found.to_dict() == body
    assert pickle.loads(pickle.dumps(found)) == found
    repr(found)


def test_readable_object_has_no_undecoded_fields() -> None:
    found = Connector.from_dict({**wire.connector(), "description": None, "future": 1})
    assert found.undecoded() == {}
    assert found.to_dict()["description"] is None


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("0000-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("2026-12-31T23:59:60Z", datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=timezone.utc)),
    ],
)
def test_date_outside_of_the_range_of_datetime_never_raises(date: str, expected: Any) -> None:
    found = Connector.from_dict({**wire.connector(), "updatedAt": date})
    assert found.updated_at == expected
    assert found.to_dict()["updatedAt"] == date
    repr(found)


@pytest.mark.parametrize(
    "date", ["0000-01-01T00:00:00Z", "+10000-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00"]
)
def test_date_that_datetime_cannot_represent_is_listed_as_undecoded(date: str) -> None:
    found = Connector.from_dict({**wire.connector(), "updatedAt": date, "createdAt": "2026-12-31T23:59:60Z"})
    assert found.updated_at is None
    assert found.undecoded() == {"updatedAt": date}
    assert found.to_dict()["updatedAt"] == date


def test_object_with_the_zero_uuid_as_its_id_is_not_read() -> None:
    zero = "00000000-0000-0000-0000-000000000000"
    with pytest.raises(bc.InvalidInputError, match="invalid field `id`: expected a UUID, got the zero UUID"):
        Connector.from_dict({**wire.connector(), "id": zero})
    found = Channel.from_dict({**wire.channel(), "connectorId": zero})
    assert found.to_dict()["connectorId"] == zero


def test_status_is_read_in_any_case() -> None:
    found = Channel.from_dict({**wire.channel(), "status": "ACTIVE"})
    assert found.status == "active"
    assert found.to_dict()["status"] == "ACTIVE"


def test_large_number_and_deep_nesting_in_unknown_fields_survive_a_round_trip() -> None:
    deep: Any = 1
    for _ in range(200):
        deep = [deep]
    found = Connector.from_dict({**wire.connector(), "large": 2**70, "least": -(2**63) - 1, "deep": deep})
    assert found.extra["large"] == str(2**70)
    assert found.extra["least"] == str(-(2**63) - 1)
    assert found.to_dict()["deep"] == deep
    assert pickle.loads(pickle.dumps(found)) == found


def test_numbers_beyond_64_bits_in_a_response_are_exact_strings(runner: ClientRunner, serve: Any) -> None:
    body = json.dumps({**wire.connector(), "large": 2**64})[:-1] + ', "huge": 1e999}'
    workspace = runner.workspace(serve(Response(200, body.encode())).base_url)
    found = runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    assert found.to_dict()["large"] == str(2**64)
    assert found.to_dict()["huge"] == "1e999"


def test_values_of_a_response_are_kept_with_the_documented_exceptions(runner: ClientRunner, serve: Any) -> None:
    def read(fields: str) -> Any:
        body = json.dumps(wire.connector())[:-1] + ", " + fields + "}"
        workspace = runner.workspace(serve(Response(200, body.encode("latin-1"))).base_url)
        return runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))

    found = read('"b": 1e2, "a": 0.1000000000000000055511151231257827, "c": 1, "c": 2, "d": 1e-999')
    assert found.extra == {"a": 0.1, "b": 100.0, "c": 2, "d": 0.0}
    assert json.dumps(dict(found.extra)) == '{"a": 0.1, "b": 100.0, "c": 2, "d": 0.0}'
    found = read('"half": "a\\ud83d", "latin": "caf\xe9", "large": 18446744073709551616, "huge": 1e999')
    assert found.extra == {"half": "a\ufffd", "latin": "caf\ufffd", "large": "18446744073709551616", "huge": "1e999"}
    found = read('"updatedAt": "yesterday", "number": [1.50]')
    assert (found.updated_at, found.number) == (None, None)
    assert found.undecoded() == {"updatedAt": "yesterday", "number": [1.5]}
    assert (found.to_dict()["updatedAt"], found.to_dict()["number"]) == ("yesterday", [1.5])
    found = read('"arguments": {"accessToken": "planted"}, "invitationToken": "planted"')
    assert "planted" not in str(found.to_dict())
    deep = "[" * 511 + "]" * 511
    assert json.dumps(read('"deep": ' + deep).to_dict()["deep"]) == deep
    with pytest.raises(bc.DecodeError) as caught:
        read('"deep": [' + deep + "]")
    assert deep in caught.value.raw
