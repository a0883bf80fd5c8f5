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
    from conftest import ClientRunner

HOOK = "https://hooks.example.com/bird?tenant=42"


def test_every_operation_is_answered(runner: ClientRunner) -> None:
    if url := os.environ.get("REFEREE_URL"):
        client = runner.client(url, os.environ["REFEREE_KEY"])
        go_through(runner, client, os.environ["REFEREE_WORKSPACE"])
        return
    with Sandbox(Script.instant()) as sandbox:
        client = runner.client(sandbox.base_url, sandbox.access_key)
        go_through(runner, client, sandbox.workspace_id)
        assert {request["operation"] for request in sandbox.requests()} == set(contract())


def go_through(runner: ClientRunner, client: Any, workspace_id: str) -> None:
    newer = client.workspace(workspace_id)
    channel = connectors(runner, newer)
    channels(runner, newer, channel)
    organization = subscriptions(runner, newer)
    older = client.organization(organization).workspace(workspace_id)
    assert subscriptions(runner, older) == organization
    reply = runner.call(lambda: client.request("GET", f"/workspaces/{workspace_id}/numbers", query={"limit": 1}))
    assert reply.status == 200
    # Without this, the number would be taken for whoever comes next.
    installed = runner.call(lambda: newer.channels.get(channel)).connector_id
    runner.call(lambda: newer.connectors.delete(installed))


def connectors(runner: ClientRunner, ws: Any) -> str:
    """Installs one of each kind and follows it; gives the channel of one that stays."""
    number = runner.collect(lambda: ws.numbers.list())[0].id
    runner.collect(lambda: ws.numbers.list_long_codes())
    sms = bc.Sms(
        name=f"SMS {uuid.uuid4()}", phone_number_id=number, channel_message_type="transactional", conversational=True
    )
    install = runner.call(lambda: ws.connectors.install(sms))
    runner.call(lambda: ws.connectors.status(install.id))
    ready = runner.call(lambda: install.until_ready(timeout=60))
    runner.call(lambda: ws.connectors.get(install.id))
    followed = ws.connectors.resume(ws.connectors.follow(install.id).token)
    assert runner.call(lambda: followed.until_ready(timeout=60)).channel_id == ready.channel_id
    assert runner.collect(lambda: install.progress(timeout=60))
    whatsapp = bc.WhatsApp(
        name="WhatsApp",
        waba_id="1029384756",
        phone_id=str(uuid.uuid4()),
        phone_number="+31612345678",
        access_token="an-access-token",
    )
    made = [
        runner.call(lambda template=template: ws.connectors.install(template)).id
        for template in (
            whatsapp,
            bc.Voice(name="Voice", phone_number_id=number),
            bc.Telegram(name="Bot", security_arguments={"bot": {"token": "a-token"}}),
            bc.Custom("line:1", "Line", {"depth": {"list": [1, None]}}),
        )
    ]
    listed = {connector.id for connector in runner.collect(lambda: ws.connectors.list(page_size=2, reverse=True))}
    assert listed.issuperset(made)
    runner.collect(lambda: ws.connectors.list(template="sms-messagebird:1"))
    for one in made:
        runner.call(lambda one=one: ws.connectors.delete(one))
        with pytest.raises(bc.NotFoundError):
            runner.call(lambda one=one: ws.connectors.get(one))
    return str(ready.channel_id)


def channels(runner: ClientRunner, ws: Any, channel: str) -> None:
    listed = runner.collect(
        lambda: ws.channels.list(channel_ids=[channel], status=["active", "unheard-of"], platform="sms-messagebird")
    )
    assert [one.id for one in listed] == [channel]
    runner.call(lambda: ws.channels.get(channel))
    runner.call(lambda: ws.channels.set_conversational(channel, False))
    runner.call(lambda: ws.channels.conversational(channel))
    runner.call(lambda: ws.channels.send_text(channel, to="+31612345678", text='Hello, "wörld" 🙂'))


def subscriptions(runner: ClientRunner, ws: Any) -> str:
    """Both path families have the same methods. Gives the organization that the replies name."""
    subscriptions = ws.webhook_subscriptions
    one = runner.call(lambda: subscriptions.create(event="channel.created", url=HOOK))
    other = runner.call(
        lambda: subscriptions.create(
            event="channel.updated", url=HOOK, signing_key="a-signing-key", filters={"platformId": "whatsapp"}
        )
    )
    runner.collect(lambda: subscriptions.list())
    runner.call(lambda: subscriptions.get(one.id))
    runner.call(
        lambda: subscriptions.update(
            one.id,
            url="https://hooks.example.com/other",
            signing_key="another-key",
            status="inactive",
            filters={"channelStatus": "active"},
        )
    )
    runner.call(lambda: subscriptions.update(one.id, filters={}))
    runner.collect(lambda: subscriptions.logs(one.id))
    with pytest.raises(bc.NotFoundError):
        runner.call(lambda: subscriptions.log_details(one.id, "no such request"))
    runner.collect(lambda: subscriptions.available_events(service="channels"))
    ensured = runner.call(lambda: subscriptions.ensure(event="channel.updated", url=HOOK, signing_key="a-signing-key"))
    both = runner.call(lambda: subscriptions.subscribe_to_channels(HOOK, "a-signing-key"))
    for subscription in {
        one.id,
        other.id,
        ensured.subscription.id,
        both.created.subscription.id,
        both.updated.subscription.id,
    }:
        runner.call(lambda subscription=subscription: subscriptions.delete(subscription))
    return str(one.organization_id)
