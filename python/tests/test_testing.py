"""`bird_connectors.testing`: the sandbox and the pytest fixture for tests of user code."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

import bird_connectors as bc
from bird_connectors import Sms
from bird_connectors.testing import Sandbox, Script

if TYPE_CHECKING:
    from pathlib import Path


def sms(ws: Any, name: str = "Shop") -> Sms:
    return Sms(name=name, phone_number_id=next(iter(ws.numbers.list())).id, channel_message_type="conversational")


def test_fixture_provides_a_sandbox(bird_sandbox: Sandbox) -> None:
    with bird_sandbox.client() as bird:
        ws = bird.workspace()
        assert ws.id == bird_sandbox.workspace_id
        ready = ws.connectors.install(sms(ws)).until_ready(timeout=30)
        ws.channels.send_text(ready.channel_id, to="+31612345678", text="Hello")
    assert [channel["id"] for channel in bird_sandbox.channels()] == [ready.channel_id]
    assert len(bird_sandbox.messages()) == 1
    assert bird_sandbox.count("createConnector") == 1
    assert [request["method"] for request in bird_sandbox.requests("createConnector")] == ["POST"]


def test_scene_starts_a_sandbox_that_behaves_the_same() -> None:
    with Sandbox(Script.instant()) as sandbox, sandbox.client() as bird:
        ws = bird.workspace()
        ws.connectors.install(sms(ws)).until_ready(timeout=30)
        sandbox.rule("listChannels", status=503, json={"code": "Busy", "message": "later"}, times=1)
        scene = sandbox.scene()
        ids = [connector["id"] for connector in sandbox.connectors()]
    assert json.loads(json.dumps(scene)) == scene
    with Sandbox(scene=scene) as copy, copy.client() as bird:
        assert [connector["id"] for connector in copy.connectors()] == ids
        assert copy.channels()[0]["status"] == "active"
        list(bird.workspace().channels.list())
        assert [request["status"] for request in copy.requests("listChannels")] == [503, 200]


def test_invalid_scene_is_refused_with_the_field() -> None:
    with pytest.raises(bc.InvalidInputError, match=r"connectors\[0\].template must have the form slug:version"):
        Sandbox(scene={"connectors": [{"name": "Shop", "template": "sms"}]})


def test_fixture_is_new_for_each_test(bird_sandbox: Sandbox) -> None:
    assert bird_sandbox.connectors() == []
    assert bird_sandbox.requests() == []


def test_plugin_imports_nothing_unless_it_is_used(program: Any, tmp_path: Path) -> None:
    (tmp_path / "test_nothing.py").write_text(
        "import sys\n"
        "def test_nothing(request):\n"
        "    assert request.config.pluginmanager.has_plugin('bird_connectors')\n"
        "    assert not [name for name in sys.modules if name.partition('.')[0] == 'bird_connectors']\n"
    )
    child = program(
        "import pytest, sys; sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', '-W', 'ignore', sys.argv[1]]))",
        str(tmp_path),
    )
    code, out, err = child.finish()
    assert (code, err) == (0, ""), out
    assert "1 passed" in out


def test_sandbox_makes_both_clients(sandbox: Sandbox) -> None:
    async def run() -> str:
        async with sandbox.async_client() as bird:
            return (await bird.workspace().numbers.list().first_page()).items[0].id

    with sandbox.client(max_attempts=1) as bird:
        assert next(iter(bird.workspace().numbers.list())).id == asyncio.run(run())


@pytest.mark.parametrize("status", ["failed", "rejected"])
def test_script_can_fail_an_install(status: str, sandbox: Sandbox) -> None:
    sandbox.next_install(Script.statuses(0.1, ["pending", status]))
    with sandbox.client() as bird:
        ws = bird.workspace()
        with pytest.raises(bc.InstallFailedError) as caught:
            ws.connectors.install(sms(ws)).until_ready(timeout=30)
    assert caught.value.status == status


def test_script_can_keep_an_install_pending(sandbox: Sandbox) -> None:
    sandbox.next_install(Script.never())
    with sandbox.client() as bird:
        ws = bird.workspace()
        with pytest.raises(bc.WaitTimeoutError):
            ws.connectors.install(sms(ws)).until_ready(timeout=0.2)


def test_script_can_finish_an_install_immediately() -> None:
    with Sandbox(Script.instant()) as sandbox, sandbox.client() as bird:
        ws = bird.workspace()
        assert ws.connectors.install(sms(ws)).until_ready(timeout=30).polls == 1


def test_fail_next_fails_one_call(sandbox: Sandbox) -> None:
    sandbox.fail_next("listConnectors", 503)
    with sandbox.client(max_attempts=1) as bird:
        ws = bird.workspace()
        with pytest.raises(bc.ServerError):
            ws.connectors.list().first_page()
        assert ws.connectors.list().first_page().items == []


def test_delay_delays_calls(sandbox: Sandbox) -> None:
    sandbox.delay("listConnectors", 600)
    with sandbox.client(max_attempts=1, attempt_timeout=0.1) as bird, pytest.raises(bc.ApiTimeoutError):
        bird.workspace().connectors.list().first_page()


def test_rule_injects_faults(sandbox: Sandbox) -> None:
    sandbox.rule("listConnectors", fault="reset_in_body")
    sandbox.rule("createConnector", fault="lost_response")
    with sandbox.client() as bird:
        ws = bird.workspace()
        assert ws.connectors.list().first_page().items == []
        assert sandbox.count("listConnectors") == 2
        with pytest.raises(bc.TransportError) as caught:
            ws.connectors.install(sms(ws))
    assert caught.value.outcome == "unknown"
    assert len(sandbox.connectors()) == 1
    with pytest.raises(ValueError, match='unknown fault "nonsense": expected one of down, '):
        sandbox.rule(fault="nonsense")


def test_unknown_operation_raises_value_error(sandbox: Sandbox) -> None:
    for call in (lambda: sandbox.fail_next("nonsense", 503), lambda: sandbox.count("nonsense")):
        with pytest.raises(ValueError, match="nonsense"):
            call()


def test_insert_connector_adds_an_undecodable_item(sandbox: Sandbox) -> None:
    sandbox.insert_connector({"id": 7})
    with sandbox.client() as bird:
        [broken] = bird.workspace().connectors.list().first_page().undecodable
    assert '"id":7' in broken.raw.replace(" ", "")


def test_sandbox_starts_with_finished_connectors() -> None:
    with Sandbox(connectors=120) as sandbox, sandbox.client() as bird:
        assert len(bird.workspace().connectors.list(page_size=50).to_list()) == 120


def test_two_sandboxes_run_concurrently() -> None:
    with Sandbox() as one, Sandbox() as other:
        assert one.base_url != other.base_url


def test_sandbox_refuses_connections_after_it_is_closed() -> None:
    with Sandbox() as sandbox:
        client = sandbox.client(max_attempts=1)
        list(client.workspace().connectors.list())
    with pytest.raises(bc.TransportError):
        list(client.workspace().connectors.list())


def test_exception_closes_the_sandbox() -> None:
    with pytest.raises(ZeroDivisionError), Sandbox() as sandbox:
        1 / 0  # noqa: B018
    with pytest.raises(bc.TransportError):
        list(sandbox.client(max_attempts=1).workspace().connectors.list())


def test_sandbox_rejects_another_access_key(sandbox: Sandbox) -> None:
    client = bc.Client(access_key="another", base_url=sandbox.base_url)
    with pytest.raises(bc.AuthenticationError):
        client.workspace(sandbox.workspace_id).connectors.list().first_page()


def test_sandbox_does_not_expose_its_access_key(sandbox: Sandbox) -> None:
    assert sandbox.access_key not in repr(sandbox)
    with sandbox.client() as bird:
        bird.workspace().connectors.list().first_page()
    assert sandbox.access_key not in repr(sandbox.requests())


def test_program_that_does_not_close_the_sandbox_exits_without_errors(program: Any) -> None:
    program(
        """
        from bird_connectors.testing import Sandbox
        sandbox = Sandbox().__enter__()
        list(sandbox.client().workspace().connectors.list())
        print("done")
        """
    ).expect_output("done")
