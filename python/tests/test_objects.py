"""The handles and values as Python objects: mocks, weak references, `repr` and `help()`."""

from __future__ import annotations

import gc
import pydoc
import weakref
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

import bird_connectors as bc
import wire
from bird_connectors import AsyncClient, Client
from bird_connectors.testing import Sandbox, Script
from bird_connectors.webhooks import Deduplicator, MemoryDedupStore, Signals, Verifier
from stub import Response

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import ClientRunner


def test_methods_of_a_client_can_be_mocked(runner: ClientRunner) -> None:
    client = runner.client("http://127.0.0.1:1")
    with mock.patch.object(client, "workspace", return_value="mocked") as workspace:
        assert client.workspace() == "mocked"
        workspace.assert_called_once_with()
    assert client.workspace(wire.WORKSPACE).id == wire.WORKSPACE
    with mock.patch.object(client, "workspace", autospec=True) as workspace, pytest.raises(TypeError):
        client.workspace(1, 2, 3)


@pytest.mark.parametrize("resource", ["connectors", "channels", "numbers", "use_cases", "webhook_subscriptions"])
def test_methods_of_a_resource_can_be_replaced(
    resource: str, runner: ClientRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = runner.client("http://127.0.0.1:1").workspace(wire.WORKSPACE)
    handle = getattr(workspace, resource)
    monkeypatch.setattr(handle, "list", lambda: ["replaced"])
    assert getattr(workspace, resource).list() == ["replaced"]
    monkeypatch.undo()
    assert type(handle.list()).__name__.endswith("List")
    monkeypatch.setattr(workspace, resource, "replaced")
    assert getattr(workspace, resource) == "replaced"


def test_methods_of_an_install_can_be_mocked(runner: ClientRunner) -> None:
    install = runner.client("http://127.0.0.1:1").workspace(wire.WORKSPACE).connectors.follow(wire.CONNECTOR)
    with mock.patch.object(install, "until_ready", new_callable=mock.Mock, return_value="ready"):
        assert install.until_ready() == "ready"


def objects(tmp_path: Path) -> list[Any]:
    found: list[Any] = []
    for client_type in (Client, AsyncClient):
        client = client_type(access_key=wire.KEY, base_url="http://127.0.0.1:1")
        workspace = client.workspace(wire.WORKSPACE)
        connectors = workspace.connectors
        found += [
            client,
            client.organization(wire.ORGANIZATION),
            workspace,
            connectors,
            workspace.channels,
            workspace.numbers,
            workspace.use_cases,
            workspace.webhook_subscriptions,
            connectors.list(),
            connectors.list().pages(),
            connectors.follow(wire.CONNECTOR),
            connectors.wait_all([]),
            connectors.install_all([]),
            connectors.install_all([]).until_ready(),
        ]
    found += [
        bc.Channel.from_dict(wire.channel()),
        bc.Sms(name="Shop", **wire.template_arguments()),
        bc.FileJournal(tmp_path / "journal"),
        bc.WaitOptions(),
        bc.Page([], [], None),
        Script.instant(),
        Signals(),
        MemoryDedupStore(),
        Deduplicator(),
        Verifier(signing_keys=["key"], url="https://example.com/a"),
    ]
    return found


def test_every_object_has_weak_references(tmp_path: Path) -> None:
    references = [weakref.ref(one) for one in objects(tmp_path)]
    gc.collect()
    assert [reference() for reference in references] == [None] * len(references)
    kept = weakref.WeakKeyDictionary({bc.Channel.from_dict(wire.channel()): 1})
    gc.collect()
    assert not kept


def test_every_object_has_a_useful_repr(tmp_path: Path) -> None:
    for one in objects(tmp_path):
        assert " object at 0x" not in repr(one)
        assert type(one).__name__ in repr(one) or isinstance(one, Script)
    workspace = Client(access_key=wire.KEY).workspace(wire.WORKSPACE)
    assert repr(workspace.connectors) == f"<bird_connectors.Connectors workspace='{wire.WORKSPACE}'>"
    listed = workspace.channels.list(page_size=5, limit=7)
    assert repr(listed) == f"<bird_connectors.List of Channel workspace='{wire.WORKSPACE}' page_size=5 limit=7>"


def test_repeated_header_keeps_all_values(runner: ClientRunner, serve: Any) -> None:
    stub = serve(Response(200, {}, {"x-one": "1", "Link": "<a>", "link": "<b>"}))
    headers = runner.call(lambda: runner.client(stub.base_url).request("GET", "/a")).headers
    assert headers["x-one"] == headers["X-One"] == "1"
    assert headers["Link"] == "<a>, <b>"
    assert headers.get_all("LINK") == ["<a>", "<b>"]
    assert headers.get_all("x-none") == []
    assert headers.get("x-none") is None
    assert "LINK" in headers
    assert dict(headers)["link"] == "<a>, <b>"
    assert type(headers) is bc.Headers


# The values of the arguments in `help()`.

KNOWN_VALUES = {
    bc.Sms: list(bc.ChannelMessageType),
    bc.Channels.list: list(bc.ChannelStatus),
    bc.WebhookSubscriptions.update: list(bc.WebhookSubscriptionStatus),
    bc.List.to_list: ["raise", "skip"],
    bc.Install.until_ready: ["status", "failure_statuses", "interval", "signal"],
    bc.WaitOptions: ["failed", "error", "rejected", "suspended", "deleted", "cancelled"],
}


@pytest.mark.parametrize("thing", KNOWN_VALUES, ids=lambda thing: thing.__qualname__)
def test_help_lists_arguments_and_values(thing: Any) -> None:
    shown = pydoc.plain(pydoc.render_doc(thing))
    for value in KNOWN_VALUES[thing]:
        assert str(value) in shown, value


@pytest.mark.parametrize("template", [bc.Sms, bc.WhatsApp, bc.Voice, bc.Telegram, bc.Custom], ids=lambda t: t.__name__)
def test_help_of_a_template_lists_its_arguments(template: Any) -> None:
    import inspect

    shown = pydoc.plain(pydoc.render_doc(template))
    for name in inspect.signature(template).parameters:
        assert f"{name}: " in shown
    assert "..." not in shown.splitlines()[2]


def test_sandbox_can_be_patched() -> None:
    with Sandbox() as sandbox, mock.patch.object(sandbox, "count", return_value=3):
        assert sandbox.count("getChannel") == 3
