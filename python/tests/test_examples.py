"""The examples run against the sandbox: scripts, a FastAPI service, a Django project."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import bird_connectors as bc
import wire
from bird_connectors.testing import Sandbox, Script
from waiting import HANG_TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox(Script.timed(0.05, 0.2)) as sandbox:
        monkeypatch.setenv("BIRD_BASE_URL", sandbox.base_url)
        monkeypatch.setenv("BIRD_ACCESS_KEY", sandbox.access_key)
        monkeypatch.setenv("BIRD_WORKSPACE_ID", sandbox.workspace_id)
        yield sandbox


@pytest.fixture
def numbers(sandbox: Sandbox) -> list[str]:
    with sandbox.client() as bird:
        return [number.id for number in bird.workspace().numbers.list() if number.country_code != "US"]


def run(*command: str | Path, cwd: Path = EXAMPLES) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=HANG_TIMEOUT,
        env=dict(os.environ),
    )


def test_bulk_install_script_installs_once_and_resumes(sandbox: Sandbox, numbers: list[str], tmp_path: Path) -> None:
    rows = [f"Shop {index},{number}" for index, number in enumerate(numbers)]
    (tmp_path / "numbers.csv").write_text("\n".join(["name,phone_number_id", *rows]) + "\n")
    command = ("bulk_install.py", tmp_path / "numbers.csv", tmp_path / "journal.jsonl")

    completed = run(*command)
    assert (completed.returncode, completed.stderr) == (0, "")
    assert f"{len(rows)} of {len(rows)} channels can send" in completed.stdout
    for channel in sandbox.channels():
        assert channel["id"] in completed.stdout

    sandbox.clear_requests()
    second = run(*command)
    assert second.returncode == 0
    assert sorted(second.stdout.splitlines()) == sorted(completed.stdout.splitlines())
    assert sandbox.count("createConnector") == 0, "the second run resumes from the journal"


def test_bulk_install_script_reports_failed_installs(sandbox: Sandbox, numbers: list[str], tmp_path: Path) -> None:
    sandbox.next_install(Script.statuses(0.1, ["rejected"]))
    (tmp_path / "numbers.csv").write_text(f"name,phone_number_id\nShop,{numbers[0]}\n")
    completed = run("bulk_install.py", tmp_path / "numbers.csv", tmp_path / "journal.jsonl")
    assert completed.returncode == 1
    assert "rejected" in completed.stderr
    assert "Traceback" not in completed.stderr


def test_ensure_script_adopts_the_connector_in_the_second_run(
    sandbox: Sandbox, numbers: list[str], tmp_path: Path
) -> None:
    command = ("ensure.py", "Shop", numbers[0], tmp_path / "installs.sqlite")
    completed = run(*command)
    assert (completed.returncode, completed.stderr) == (0, "")
    [connector], [channel] = sandbox.connectors(), sandbox.channels()
    assert completed.stdout.splitlines() == [f"created {connector['id']}", f"channel {channel['id']}"]
    second = run(*command)
    assert second.stdout.splitlines() == [f"adopted {connector['id']}", f"channel {channel['id']}"]
    other = run("ensure.py", "Another name", numbers[0], tmp_path / "other.sqlite")
    assert "name is 'Shop', not 'Another name'" in other.stdout
    assert sandbox.count("createConnector") == 1


def test_channels_script_plans_applies_and_exports(sandbox: Sandbox, numbers: list[str], tmp_path: Path) -> None:
    script = EXAMPLES / "channels_as_code.py"
    (tmp_path / "channels").mkdir()
    file = tmp_path / "channels" / "one.yaml"
    lines = ["version: 1", "project: acme", "workspaces:", f"  - id: {sandbox.workspace_id}", "    connectors:"]
    bots = ["      - { name: A, template: line }", "      - { name: B, template: telegram }"]
    file.write_text("\n".join([*lines, *bots]))

    planned = run(script, "plan", "channels", cwd=tmp_path)
    assert (planned.returncode, planned.stderr) == (10, "")
    assert "2 create" in planned.stdout
    reviewed = planned.stdout.split("`")[-2]
    applied = run(script, "apply", "channels", reviewed, cwd=tmp_path)
    assert (applied.returncode, applied.stderr) == (0, "")
    ids = {connector["id"] for connector in sandbox.connectors()}
    assert {output.split()[-1] for output in applied.stdout.splitlines()} == ids
    assert run(script, "plan", "channels", cwd=tmp_path).returncode == 0
    refused = run(script, "apply", "channels", reviewed, cwd=tmp_path)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "review the new plan" in refused.stderr

    exported = run(script, "export", cwd=tmp_path)
    assert exported.returncode == 0
    assert exported.stderr.count("the file does not contain arguments of connector ") == 2
    (tmp_path / "exported.yaml").write_text(exported.stdout)
    assert run(script, "plan", "exported.yaml", cwd=tmp_path).returncode == 0

    # What the file does not describe any more is deleted, and the plan says so first.
    file.write_text("\n".join([*lines, bots[0]]))
    pruned = run(script, "plan", "channels", cwd=tmp_path)
    assert "These stop" in pruned.stdout
    applied = run(script, "apply", "channels", pruned.stdout.split("`")[-2], cwd=tmp_path)
    assert applied.returncode == 0
    assert "stops:" in applied.stderr
    assert [connector["name"] for connector in sandbox.connectors()] == ["A"]

    file.write_text("\n".join([*lines, "      - { name: C, template: telgram }"]))
    invalid = run(script, "plan", "channels", cwd=tmp_path)
    assert (invalid.returncode, invalid.stdout) == (2, "")
    assert "did you mean `telegram`?" in invalid.stderr
    assert sandbox.count("createConnector") == 2


def test_wait_script_prints_every_result(sandbox: Sandbox, numbers: list[str]) -> None:
    ids = sandbox.add_connectors(20)
    sandbox.set_status(ids[0], "rejected")
    completed = subprocess.run(
        [sys.executable, "wait_all.py"],
        cwd=EXAMPLES, capture_output=True, text=True, timeout=HANG_TIMEOUT, input="\n".join(ids),
    )  # fmt: skip
    assert completed.returncode == 1
    assert {line.split()[0] for line in completed.stdout.splitlines()} == set(ids)
    assert "rejected" in completed.stdout
    assert "19 can send, 1 failed" in completed.stderr


class Asgi:
    """A minimal client of an ASGI application, including its startup and shutdown."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.state: dict[str, Any] = {}

    async def __aenter__(self) -> Asgi:
        self.events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.responses: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": self.state}
        self.lifespan = asyncio.create_task(self.app(scope, self.events.get, self.responses.put))
        await self.events.put({"type": "lifespan.startup"})
        assert (await self.responses.get())["type"] == "lifespan.startup.complete"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.events.put({"type": "lifespan.shutdown"})
        assert (await self.responses.get())["type"] == "lifespan.shutdown.complete"
        await self.lifespan

    async def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [(b"content-type", b"application/json")],
            "state": self.state.copy(),
        }
        sent: list[dict[str, Any]] = []
        arriving = [{"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}]

        async def receive() -> dict[str, Any]:
            return arriving.pop() if arriving else await asyncio.Event().wait() and {}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        return sent[0]["status"], json.loads(b"".join(part.get("body", b"") for part in sent[1:]))


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def test_fastapi_service_installs_and_reports_the_channel(
    sandbox: Sandbox, numbers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("fastapi")
    monkeypatch.setenv("WAIT_TOKEN_KEY", "a key of the service")
    app = load(EXAMPLES / "fastapi_app.py").app

    async def use() -> None:
        async with Asgi(app) as web:
            new = {"name": "Shop", "phone_number_id": numbers[0]}
            sandbox.next_install(Script.pending(0))
            status, started = await web.call("POST", "/channels", new)
            assert status == 202
            status, channel = await web.call("GET", f"/channels/{started['token']}")
            assert (status, channel["state"]) == (200, "installing")
            sandbox.set_status(started["connector"], "active")
            status, channel = await web.call("GET", f"/channels/{started['token']}")
            assert (status, channel) == (200, {"state": "ready", "channel": sandbox.channels()[0]["id"]})

            sandbox.next_install(Script.failing("rejected"))
            other = {"name": "Rejected", "phone_number_id": numbers[1]}
            _, rejected = await web.call("POST", "/channels", other)
            # Two polls confirm a failure. A request waits 3 s for them, which is not enough on a busy machine.
            end = time.monotonic() + HANG_TIMEOUT
            while time.monotonic() < end:
                status, channel = await web.call("GET", f"/channels/{rejected['token']}")
                if channel["state"] != "installing":
                    break
            assert (status, channel["state"], channel["status"]) == (200, "failed", "rejected")

            status, error = await web.call("POST", "/channels", new)
            assert (status, error["outcome"]) == (409, "answered")
            status, error = await web.call("POST", "/channels", {**new, "name": " "})
            assert status == 422
            assert "invalid name: it must not be empty" in error["error"]
            plain = bc.WaitToken.verify(started["token"], "a key of the service")
            for forged in ["nonsense", plain, plain.sign("another key")]:
                status, error = await web.call("GET", f"/channels/{forged}")
                assert status == 422
                assert "wait token" in error["error"]
            sandbox.fail_next("createConnector", 503)
            status, error = await web.call("POST", "/channels", {"name": "Other", "phone_number_id": numbers[1]})
            assert (status, error["outcome"]) == (502, "unknown")

    asyncio.run(use())


def test_django_project_installs_and_waits(
    sandbox: Sandbox, numbers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    django = pytest.importorskip("django")
    project = EXAMPLES / "django_project"
    monkeypatch.syspath_prepend(project)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "settings")
    django.setup()
    from django.test import Client as Browser

    browser = Browser()
    new = {"name": "Shop", "phone_number_id": numbers[0]}
    started = browser.post("/channels/", new)
    assert started.status_code == 202
    assert browser.post("/channels/", new).status_code == 409
    assert browser.post("/channels/", {**new, "name": ""}).status_code == 422

    completed = run("manage.py", "wait_for_channel", started.json()["token"], cwd=project)
    assert completed.returncode == 0, completed.stderr
    assert completed.stdout.strip() == sandbox.channels()[0]["id"]
    assert "active" in completed.stderr

    unsigned = bc.AsyncClient(access_key="key").workspace(sandbox.workspace_id).connectors.follow(wire.CONNECTOR).token
    for token in ("nonsense", unsigned):
        failed = run("manage.py", "wait_for_channel", token, cwd=project)
        assert failed.returncode == 1
        assert failed.stderr.startswith("CommandError: verify a wait token: ")
        assert "Traceback" not in failed.stderr


def test_readme_names_every_example() -> None:
    readme = (EXAMPLES / "README.md").read_text()
    for path in EXAMPLES.iterdir():
        if path.name not in ("README.md", "__pycache__"):
            assert path.name in readme
