"""Every operation of the contract, as a user would go through them, with both clients.

`cargo xtask referees` runs the same with a judge of the contract in between, and says where in `REFEREE_URL`,
`REFEREE_KEY` and `REFEREE_WORKSPACE`.
"""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING, Any

import pytest

import bird_connectors as bc
from bird_connectors.testing import Sandbox, Script
from test_surface import contract

if TYPE_CHECKING:
    from conftest import Way

HOOK = "https://hooks.example.com/bird?tenant=42"


def test_every_operation_is_answered(way: Way) -> None:
    if url := os.environ.get("REFEREE_URL"):
        client = way.open(url, os.environ["REFEREE_KEY"])
        go_through(way, client, os.environ["REFEREE_WORKSPACE"])
        return
    with Sandbox(Script.instant()) as sandbox:
        client = way.open(sandbox.base_url, sandbox.access_key)
        go_through(way, client, sandbox.workspace_id)
        assert {request["operation"] for request in sandbox.requests()} == set(contract())


def go_through(way: Way, client: Any, workspace_id: str) -> None:
    newer = client.workspace(workspace_id)
    channel = connectors(way, newer)
    channels(way, newer, channel)
    organization = subscriptions(way, newer)
    older = client.organization(organization).workspace(workspace_id)
    assert subscriptions(way, older) == organization
    reply = way.call(lambda: client.request("GET", f"/workspaces/{workspace_id}/numbers", query={"limit": 1}))
    assert reply.status == 200
    # Without this, the number would be taken for whoever comes next.
    installed = way.call(lambda: newer.channels.get(channel)).connector_id
    way.call(lambda: newer.connectors.delete(installed))


def connectors(way: Way, ws: Any) -> str:
    """Installs one of each kind and follows it; gives the channel of one that stays."""
    number = way.items(lambda: ws.numbers.list())[0].id
    way.items(lambda: ws.numbers.list_long_codes())
    sms = bc.Sms(
        name=f"SMS {uuid.uuid4()}", phone_number_id=number, channel_message_type="transactional", conversational=True
    )
    install = way.call(lambda: ws.connectors.install(sms))
    way.call(lambda: ws.connectors.status(install.id))
    ready = way.call(lambda: install.until_ready(timeout=60))
    way.call(lambda: ws.connectors.get(install.id))
    followed = ws.connectors.resume(ws.connectors.follow(install.id).token)
    assert way.call(lambda: followed.until_ready(timeout=60)).channel_id == ready.channel_id
    assert way.items(lambda: install.progress(timeout=60))
    whatsapp = bc.WhatsApp(
        name="WhatsApp",
        waba_id="1029384756",
        phone_id=str(uuid.uuid4()),
        phone_number="+31612345678",
        access_token="an-access-token",
    )
    made = [
        way.call(lambda template=template: ws.connectors.install(template)).id
        for template in (
            whatsapp,
            bc.Voice(name="Voice", phone_number_id=number),
            bc.Telegram(name="Bot", security_arguments={"bot": {"token": "a-token"}}),
            bc.Custom("line:1", "Line", {"depth": {"list": [1, None]}}),
        )
    ]
    listed = {connector.id for connector in way.items(lambda: ws.connectors.list(page_size=2, reverse=True))}
    assert listed.issuperset(made)
    way.items(lambda: ws.connectors.list(template="sms-messagebird:1"))
    for one in made:
        way.call(lambda one=one: ws.connectors.delete(one))
        with pytest.raises(bc.NotFoundError):
            way.call(lambda one=one: ws.connectors.get(one))
    return str(ready.channel_id)


def channels(way: Way, ws: Any, channel: str) -> None:
    listed = way.items(
        lambda: ws.channels.list(channel_ids=[channel], status=["active", "unheard-of"], platform="sms-messagebird")
    )
    assert [one.id for one in listed] == [channel]
    way.call(lambda: ws.channels.get(channel))
    way.call(lambda: ws.channels.set_conversational(channel, False))
    way.call(lambda: ws.channels.conversational(channel))
    way.call(lambda: ws.channels.send_text(channel, to="+31612345678", text='Hello, "wörld" 🙂'))


def subscriptions(way: Way, ws: Any) -> str:
    """Both path families have the same methods. Gives the organization that the replies name."""
    subscriptions = ws.webhook_subscriptions
    one = way.call(lambda: subscriptions.create(event="channel.created", url=HOOK))
    other = way.call(
        lambda: subscriptions.create(
            event="channel.updated", url=HOOK, signing_key="a-signing-key", filters={"platformId": "whatsapp"}
        )
    )
    way.items(lambda: subscriptions.list())
    way.call(lambda: subscriptions.get(one.id))
    way.call(
        lambda: subscriptions.update(
            one.id,
            url="https://hooks.example.com/other",
            signing_key="another-key",
            status="inactive",
            filters={"channelStatus": "active"},
        )
    )
    way.call(lambda: subscriptions.update(one.id, filters={}))
    way.items(lambda: subscriptions.logs(one.id))
    with pytest.raises(bc.NotFoundError):
        way.call(lambda: subscriptions.log_details(one.id, "no such request"))
    way.items(lambda: subscriptions.available_events(service="channels"))
    ensured = way.call(lambda: subscriptions.ensure(event="channel.updated", url=HOOK, signing_key="a-signing-key"))
    both = way.call(lambda: subscriptions.subscribe_to_channels(HOOK, "a-signing-key"))
    for subscription in {
        one.id,
        other.id,
        ensured.subscription.id,
        both.created.subscription.id,
        both.updated.subscription.id,
    }:
        way.call(lambda subscription=subscription: subscriptions.delete(subscription))
    return str(one.organization_id)
