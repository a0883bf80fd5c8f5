"""Every operation of the contract, with both clients: a call of each against a stub, and a session in the sandbox.

The calls are in `operations.json`. It is generated from the operation catalogue, `crates/bird-connectors-catalogue`.

`cargo xtask referees` runs the session through a proxy that validates both sides against the contract. It passes the
address, the access key and the workspace in `REFEREE_URL`, `REFEREE_KEY` and `REFEREE_WORKSPACE`.
"""

from __future__ import annotations

import json
import os
import re
import uuid
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

import bird_connectors as bc
import wire
from bird_connectors.testing import Sandbox, Script
from stub import Response

if TYPE_CHECKING:
    from conftest import ClientRunner

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = json.loads((Path(__file__).parent / "operations.json").read_text())
IDS = SimpleNamespace(**CATALOGUE["ids"])
OPERATIONS: dict[str, dict[str, Any]] = CATALOGUE["operations"]

HOOK = "https://hooks.example.com/bird?tenant=42"


def contract() -> dict[str, tuple[str, str]]:
    """Each operation of the contract with its method and path."""
    operations: dict[str, tuple[str, str]] = {}
    path = method = ""
    for line in (ROOT / "openapi" / "bird-connectors.yaml").read_text().splitlines():
        if found := re.match(r"^  (/\S*):", line):
            path = found[1]
        elif found := re.match(r"^    (get|post|patch|delete|put):", line):
            method = found[1].upper()
        elif found := re.match(r"^      operationId: (\w+)", line):
            operations[found[1]] = (method, path)
    return operations


def test_operations_are_those_of_the_contract() -> None:
    catalogue = {operation: (entry["method"], entry["path"]) for operation, entry in OPERATIONS.items()}
    differing = sorted({operation for operation, _ in catalogue.items() ^ contract().items()})
    regenerate = "add it to crates/bird-connectors-catalogue and run its tests with UPDATE_GOLDENS=1"
    assert not differing, f"operations.json and the contract differ in {differing}: {regenerate}"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_call_sends_the_method_and_path_of_the_contract(operation: str, runner: ClientRunner, serve: Any) -> None:
    entry = OPERATIONS[operation]
    stub = serve(Response(entry["status"], entry["response"]))
    client = runner.client(stub.base_url)
    if entry["path"].startswith("/organizations/"):
        client = client.organization(IDS.organization)
    names = {"bc": bc, "ids": IDS, "workspace": client.workspace(IDS.workspace)}
    runner.call(lambda: eval(entry["call"], names))

    [request] = stub.requests
    expected = re.sub(r"\{\w+\}", "[^/]+", entry["path"])
    assert request.method == entry["method"]
    assert re.fullmatch(expected, request.path), request.path
    assert IDS.workspace in request.path
    assert request.headers["authorization"] == f"AccessKey {wire.KEY}"


def test_every_operation_succeeds_in_a_session(runner: ClientRunner) -> None:
    if url := os.environ.get("REFEREE_URL"):
        client = runner.client(url, os.environ["REFEREE_KEY"])
        run_session(runner, client, os.environ["REFEREE_WORKSPACE"])
        return
    with Sandbox(Script.instant()) as sandbox:
        client = runner.client(sandbox.base_url, sandbox.access_key)
        run_session(runner, client, sandbox.workspace_id)
        missing = sorted(OPERATIONS.keys() - {request["operation"] for request in sandbox.requests()})
        assert not missing, f"add {missing} to the session in python/tests/test_every_operation.py"


def run_session(runner: ClientRunner, client: Any, workspace_id: str) -> None:
    newer = client.workspace(workspace_id)
    channel = connectors(runner, newer)
    channels(runner, newer, channel)
    organization = subscriptions(runner, newer)
    older = client.organization(organization).workspace(workspace_id)
    assert subscriptions(runner, older) == organization
    reply = runner.call(lambda: client.request("GET", f"/workspaces/{workspace_id}/numbers", query={"limit": 1}))
    assert reply.status == 200
    # A number belongs to one connector: the next session needs it.
    installed = runner.call(lambda: newer.channels.get(channel)).connector_id
    runner.call(lambda: newer.connectors.delete(installed))


def connectors(runner: ClientRunner, ws: Any) -> str:
    """Installs connectors of several templates, deletes all but one and returns the channel of that one."""
    number = runner.collect(lambda: ws.numbers.list())[0].id
    runner.collect(
        lambda: ws.numbers.list(page_size=99, prefix="+31", number_type="mobile", country="NL", status="any")
    )
    ten_dlc = runner.collect(lambda: ws.numbers.list_long_codes(country_codes=["US"], search_term="+1"))[0].id
    use_case = runner.collect(lambda: ws.use_cases.list())[0].id
    assert runner.call(lambda: ws.use_cases.get(use_case)).id == use_case
    sms = bc.Sms(
        name=f"SMS {uuid.uuid4()}", phone_number_id=number, channel_message_type="transactional", conversational=True
    )
    install = runner.call(lambda: ws.connectors.install(sms))
    runner.call(lambda: ws.connectors.readiness(install.id))
    ready = runner.call(lambda: install.until_ready(timeout=60))
    runner.call(lambda: ws.connectors.get(install.id))
    followed = ws.connectors.resume(ws.connectors.follow(install.id).token)
    assert runner.call(lambda: followed.until_ready(timeout=60)).channel_id == ready.channel_id
    assert runner.collect(lambda: install.progress(timeout=60))
    whatsapp = bc.WhatsApp(
        name="WhatsApp",
        waba_id="1029384756",
        phone_id=str(uuid.uuid4().int),
        phone_number="+31612345678",
        access_token="an-access-token",
    )
    created = [
        runner.call(lambda template=template: ws.connectors.install(template)).id
        for template in (
            whatsapp,
            bc.Voice(name="Voice", phone_number_id=number),
            bc.Telegram(name="Bot", security_arguments={"bot": {"token": "a-token"}}),
            bc.Custom("line:1", "Line", {"depth": {"list": [1, None]}}),
            bc.Sms(name="10DLC", phone_number_id=ten_dlc, channel_message_type="transactional", use_case_id=use_case),
        )
    ]
    listed = {connector.id for connector in runner.collect(lambda: ws.connectors.list(page_size=2, reverse=True))}
    assert listed.issuperset(created)
    runner.collect(lambda: ws.connectors.list(template="sms-messagebird:1"))
    for connector_id in created:
        runner.call(lambda connector_id=connector_id: ws.connectors.delete(connector_id))
        with pytest.raises(bc.NotFoundError):
            runner.call(lambda connector_id=connector_id: ws.connectors.get(connector_id))
    return str(ready.channel_id)


def channels(runner: ClientRunner, ws: Any, channel: str) -> None:
    listed = runner.collect(
        lambda: ws.channels.list(channel_ids=[channel], status=["active", "unheard-of"], platform="sms-messagebird")
    )
    assert [found.id for found in listed] == [channel]
    runner.call(lambda: ws.channels.get(channel))
    runner.call(lambda: ws.channels.set_conversational(channel, False))
    runner.call(lambda: ws.channels.conversational(channel))
    runner.call(lambda: ws.channels.send_text(channel, to="+31612345678", text='Hello, "wörld" 🙂'))


def subscriptions(runner: ClientRunner, ws: Any) -> str:
    """Calls the methods that both path families have. Returns the organization that the responses name."""
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
