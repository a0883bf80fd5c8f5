"""Templates: the request that each one sends, and invalid values that are rejected before sending."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import bird_connectors as bc
import wire
from bird_connectors import Custom, Email, Facebook, Instagram, Line, Sms, Telegram, Voice, WhatsApp
from stub import Response

if TYPE_CHECKING:
    from conftest import ClientRunner

WHATSAPP = {
    "waba_id": "1000",
    "phone_id": "2000",
    "phone_number": "+31612345678",
    "access_token": "meta-token-7c1",
}


def sent(runner: ClientRunner, serve: Any, template: Any) -> dict[str, Any]:
    stub = serve(Response(201, wire.connector()))
    runner.call(lambda: runner.workspace(stub.base_url).connectors.install(template))
    [request] = stub.requests
    body: dict[str, Any] = request.body
    return body


@pytest.mark.parametrize(
    ("template", "body"),
    [
        (
            Sms(name="Support NL", phone_number_id=wire.NUMBER, channel_message_type="conversational"),
            {
                "name": "Support NL",
                "connectorTemplateRef": "sms-messagebird:1",
                "arguments": {"phoneNumberId": wire.NUMBER, "channelMessageType": "conversational"},
            },
        ),
        (
            Sms(
                name="Support US",
                phone_number_id=wire.NUMBER,
                channel_message_type="a future value",
                use_case_id=wire.CHANNEL,
                conversational=False,
                invitation_token="invitation-1",
            ),
            {
                "name": "Support US",
                "connectorTemplateRef": "sms-messagebird:1",
                "arguments": {
                    "phoneNumberId": wire.NUMBER,
                    "channelMessageType": "a future value",
                    "useCaseId": wire.CHANNEL,
                },
                "channelConversationalStatusEnabled": False,
                "invitationToken": "invitation-1",
            },
        ),
        (
            WhatsApp(name="Shop", **WHATSAPP),
            {
                "name": "Shop",
                "connectorTemplateRef": "whatsapp:1",
                "arguments": {"wabaId": "1000", "phoneId": "2000", "phoneNumber": "+31612345678"},
                "securityArguments": {"oauth": {"accessToken": "meta-token-7c1"}},
            },
        ),
        (
            WhatsApp(name="Shop", mb_phone_id=wire.NUMBER, conversational=True, **WHATSAPP),
            {
                "name": "Shop",
                "connectorTemplateRef": "whatsapp:1",
                "arguments": {
                    "wabaId": "1000",
                    "phoneId": "2000",
                    "phoneNumber": "+31612345678",
                    "mbPhoneId": wire.NUMBER,
                },
                "securityArguments": {"oauth": {"accessToken": "meta-token-7c1"}},
                "channelConversationalStatusEnabled": True,
            },
        ),
        (
            Voice(name="Calls", phone_number_id=wire.NUMBER),
            {
                "name": "Calls",
                "connectorTemplateRef": "voice-messagebird:1",
                "arguments": {"phoneNumberId": wire.NUMBER},
            },
        ),
        (
            Custom(
                template="viber:3",
                name="Viber",
                arguments={"a": [1, 2.5, None, True, {"b": "é"}], "big": 2**63},
                security_arguments={"basic": {"password": "p-1"}},
            ),
            {
                "name": "Viber",
                "connectorTemplateRef": "viber:3",
                "arguments": {"a": [1, 2.5, None, True, {"b": "é"}], "big": 2**63},
                "securityArguments": {"basic": {"password": "p-1"}},
            },
        ),
        (Custom(template="viber:3", name="Viber"), {"name": "Viber", "connectorTemplateRef": "viber:3"}),
        *(
            (
                made(name="Shop", arguments={"page": "1"}, security_arguments={"oauth": {"token": "t-1"}}),
                {
                    "name": "Shop",
                    "connectorTemplateRef": reference,
                    "arguments": {"page": "1"},
                    "securityArguments": {"oauth": {"token": "t-1"}},
                },
            )
            for made, reference in (
                (Instagram, "instagram:1"),
                (Facebook, "facebook:1"),
                (Telegram, "telegram:1"),
                (Line, "line:1"),
                (Email, "email-messagebird:1"),
            )
        ),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, dict) else "",
)
def test_template_sends_its_request_body(template: Any, body: dict[str, Any], runner: ClientRunner, serve: Any) -> None:
    assert sent(runner, serve, template) == body


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Sms(name=" ", **wire.template_arguments()), "invalid name: it must not be empty"),
        (lambda: Sms(name="Shop", phone_number_id=wire.NUMBER, channel_message_type=""), "channel_message_type"),
        (lambda: WhatsApp(name="Shop", **{**WHATSAPP, "phone_id": ""}), "phone_id"),
        (lambda: WhatsApp(name="Shop", **{**WHATSAPP, "phone_number": "0612345678"}), "E.164"),
        (lambda: WhatsApp(name="Shop", **{**WHATSAPP, "access_token": ""}), "accessToken"),
        (
            lambda: WhatsApp(name="Shop", **{**WHATSAPP, "waba_id": "+31612345678"}),
            "`wabaId` is not an id: expected the id of the WhatsApp Business account at Meta, got a phone number",
        ),
        (
            lambda: WhatsApp(name="Shop", **{**WHATSAPP, "phone_id": wire.NUMBER}),
            "`phoneId` is not an id: expected the `phone_number_id` at Meta, got a UUID",
        ),
        (
            lambda: WhatsApp(name="Shop", **{**WHATSAPP, "access_token": "Bearer planted"}),
            "`accessToken` begins with the scheme of a header",
        ),
        (
            lambda: WhatsApp(name="Shop", **{**WHATSAPP, "access_token": "planted\n"}),
            "`accessToken` contains a space or a line break",
        ),
        (lambda: Custom(template="viber:-1", name="Shop"), "slug:version"),
        (lambda: Custom(template="no-version", name="Shop"), "slug:version"),
        (lambda: Custom(template="a:1:2", name="Shop"), "slug:version"),
        (lambda: Email(name=""), "invalid name: it must not be empty"),
        (
            lambda: Sms(name="Shop", phone_number_id="+31612345678", channel_message_type="2fa"),
            "phone_number_id: expected a UUID",
        ),
    ],
)
def test_invalid_value_is_rejected_before_sending(make: Any, message: str, runner: ClientRunner, serve: Any) -> None:
    stub = serve(Response(201, wire.connector()))
    with pytest.raises(bc.InvalidInputError) as caught:
        runner.call(lambda: runner.workspace(stub.base_url).connectors.install(make()))
    assert message in str(caught.value)
    assert "planted" not in str(caught.value)
    assert not stub.requests


@pytest.mark.parametrize(
    "make",
    [
        lambda: Sms(name="Shop"),  # type: ignore[call-arg]
        lambda: Voice(name="Shop"),  # type: ignore[call-arg]
        lambda: WhatsApp(name="Shop", waba_id="1"),  # type: ignore[call-arg]
        lambda: Sms(name="Shop", anything=1, **wire.template_arguments()),
    ],
)
def test_missing_or_unknown_argument_raises_type_error(make: Any) -> None:
    with pytest.raises(TypeError):
        make()


def test_template_is_an_immutable_value() -> None:
    one, same = (WhatsApp(name="Shop", **WHATSAPP) for _ in range(2))
    assert one == same
    assert one != WhatsApp(name="Other", **WHATSAPP)
    with pytest.raises(AttributeError):
        one.name = "Other"  # type: ignore[misc]


def test_install_rejects_a_value_that_is_not_a_template(runner: ClientRunner, serve: Any) -> None:
    stub = serve(Response(201, wire.connector()))
    with pytest.raises(TypeError, match=r"(?i)template|Sms"):
        runner.call(lambda: runner.workspace(stub.base_url).connectors.install({"name": "Shop"}))
    assert not stub.requests


def test_message_type_can_be_an_enum_member_or_a_string() -> None:
    known = bc.ChannelMessageType.CONVERSATIONAL
    assert str(known) == "conversational"
    assert Sms(name="Shop", phone_number_id=wire.NUMBER, channel_message_type=known) == Sms(
        name="Shop", phone_number_id=wire.NUMBER, channel_message_type="conversational"
    )


def test_repr_shows_only_the_keys_of_undocumented_arguments() -> None:
    for template in (
        bc.Telegram(name="Bot", arguments={"botToken": "planted", "it's": ["planted"]}),
        bc.Custom(template="a:1", name="Bot", arguments={"botToken": "planted"}),
    ):
        assert "'botToken': …" in repr(template)
        assert "planted" not in repr(template)
    assert "'2fa'" in repr(bc.Sms(name="Shop", phone_number_id=wire.NUMBER, channel_message_type="2fa"))


def test_message_type_in_another_spelling_is_rejected_with_a_suggestion() -> None:
    with pytest.raises(bc.InvalidInputError, match="did you mean `conversational`"):
        bc.Sms(name="Shop", phone_number_id=wire.NUMBER, channel_message_type="Conversational")
