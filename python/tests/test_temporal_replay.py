"""Recorded histories replay with the current workflows, so that an update does not break installs that run.

If a test fails, workflows that run would fail after the update: keep the recorded order of activities, timers and child
workflows, and put the change behind `workflow.patched`. Only before the first release, or to add a history, record them
again: `UPDATE_GOLDENS=1 cargo xtask pytest tests/test_temporal_replay.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import Client as TemporalClient
from temporalio.client import WorkflowFailureError, WorkflowHistory
from temporalio.worker import Replayer

from bird_connectors import temporal as durable
from bird_connectors.temporal import _calls, _waiting
from bird_connectors.temporal._templates import connector_events_workflow_id
from bird_connectors.testing import Sandbox, Script
from temporal_server import TemporalServer, activities_of, channel_event, polled

HISTORIES = Path(__file__).parent / "histories"
NAMES = ["install", "install_adopted", "install_failed", "install_cancelled", "onboarding", "onboarding_rest", "events"]
SETTINGS = durable.InstallSettings(timeout=30, first_interval=0.2, longest_interval=0.5, reconcile_window=0.2)
WORKFLOWS = [durable.InstallChannel, durable.OnboardMany, durable.ConnectorEvents]


def bot(name: str) -> durable.TemplateSpec:
    return durable.TemplateSpec("Telegram", name, {"arguments": {"botToken": "secret:shop"}})


async def record(address: str, sandbox: Sandbox) -> dict[str, WorkflowHistory]:
    # The default identity names the process and the machine.
    temporal = await TemporalClient.connect(address, identity="recorder")
    found: dict[str, WorkflowHistory] = {}

    async def install(name: str, key: str, settings: durable.InstallSettings = SETTINGS, **fields: Any) -> Any:
        request = durable.InstallRequest(sandbox.workspace_id, bot(name), settings, **fields)
        handle = await durable.start_install(temporal, request)
        if key == "install_cancelled":
            await polled(handle)
            await handle.signal(durable.InstallChannel.cancel, durable.CancelRequest(delete_connector=True))
        if key == "install":
            await polled(handle)
            connector = sandbox.connectors()[-1]["id"]
            await durable.webhook_to_signal(temporal, channel_event(connector, "key-1"))
            await asyncio.sleep(0.5)
            sandbox.set_status(connector, "active")
            await handle.result()
            found["events"] = await temporal.get_workflow_handle(
                connector_events_workflow_id(connector)
            ).fetch_history()
        with contextlib.suppress(WorkflowFailureError):
            await handle.result()
        found[key] = await handle.fetch_history()

    async with sandbox.async_client() as client, durable.connector_worker(
        temporal, client, sandbox.workspace_id,
        resolve_secret=lambda _: "token", max_activities_per_second=1000, identity="recorder",
    ):  # fmt: skip
        sandbox.script_for_name("Ready", Script.pending(0))
        sandbox.script_for_name("Cancelled", Script.pending(0))
        sandbox.script_for_name("Failing", Script.failing("rejected"))
        patient = durable.InstallSettings(first_interval=5, longest_interval=5)
        await install("Ready", "install", patient, probe=durable.ProbeMessage("+31612345678", "Hello"))
        sandbox.rule("createConnector", fault="lost_response", times=1)
        sandbox.default_script(Script.timed(0.05, 0.5).commit_after(1.5))
        await install("Lost", "install_adopted")
        sandbox.default_script(Script.timed(0.05, 0.5))
        await install("Failing", "install_failed")
        await install("Cancelled", "install_cancelled", patient)
        templates = [bot(f"Bot {index}") for index in range(5)] + [bot("Bot 0"), bot("Failing too")]
        sandbox.script_for_name("Failing too", Script.failing("rejected"))
        request = durable.OnboardRequest(sandbox.workspace_id, templates, SETTINGS, concurrency=2, batch_size=4)
        handle = await durable.start_onboarding(temporal, "recorded", request)
        await handle.result()
        first = temporal.get_workflow_handle(handle.id, run_id=handle.first_execution_run_id)
        found["onboarding"] = await first.fetch_history()
        found["onboarding_rest"] = await temporal.get_workflow_handle(handle.id).fetch_history()
    return found


@pytest.fixture(scope="module", autouse=True)
def _recorded(tmp_path_factory: pytest.TempPathFactory) -> None:
    if os.environ.get("UPDATE_GOLDENS"):
        with TemporalServer(tmp_path_factory.mktemp("temporal")) as server, Sandbox() as sandbox:
            found = asyncio.run(record(server.address, sandbox))
        HISTORIES.mkdir(exist_ok=True)
        for name, history in found.items():
            events = without_stack_traces(json.loads(history.to_json()))
            text = json.dumps({"workflow_id": history.workflow_id, **events}, indent=1)
            (HISTORIES / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def without_stack_traces(value: Any) -> Any:
    """Replays do not read stack traces, and these name the folders of the machine that recorded them."""
    if isinstance(value, dict):
        return {key: without_stack_traces(item) for key, item in value.items() if key != "stackTrace"}
    return [without_stack_traces(item) for item in value] if isinstance(value, list) else value


def load(name: str) -> WorkflowHistory:
    recorded = json.loads((HISTORIES / f"{name}.json").read_text(encoding="utf-8"))
    return WorkflowHistory.from_json(recorded.pop("workflow_id"), recorded)


def replay(name: str) -> None:
    async def run() -> None:
        replayer = Replayer(workflows=WORKFLOWS, workflow_runner=durable.workflow_runner())
        await replayer.replay_workflow(load(name))

    asyncio.run(run())


@pytest.mark.parametrize("name", NAMES)
def test_recorded_history_replays(name: str) -> None:
    replay(name)


def test_recorded_histories_cover_all_activities() -> None:
    recorded = {activity for name in NAMES for activity in activities_of(load(name))}
    assert recorded == {f"bird_connectors.{name}" for name in ("ensure", "poll", "poll_shared", "send_probe", "delete")}


def test_recorded_histories_do_not_name_a_machine() -> None:
    for name in NAMES:
        identities = {
            value
            for event in json.loads((HISTORIES / f"{name}.json").read_text(encoding="utf-8"))["events"]
            for attributes in event.values()
            if isinstance(attributes, dict)
            for key, value in attributes.items()
            if key == "identity"
        }
        assert identities <= {"recorder", "history-service", ""}, name


async def ensure_after_a_timer(*arguments: Any) -> Any:
    await workflow.sleep(1)
    return await ENSURE(*arguments)


ENSURE = _calls.ensure


@pytest.mark.parametrize("name", ["install", "install_failed", "onboarding"])
def test_replay_fails_on_an_incompatible_change(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(_calls, "ensure", ensure_after_a_timer)
        with pytest.raises(workflow.NondeterminismError, match="ondetermin"):
            replay(name)
    replay(name)


def test_replay_fails_if_pauses_disappear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_waiting, "next_pause", lambda *_: 0.0)
    with pytest.raises(workflow.NondeterminismError):
        replay("install_failed")
