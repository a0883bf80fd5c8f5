"""The Python code of the documentation site runs against the sandbox."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bird_connectors import Client
from bird_connectors.testing import Sandbox, Script
from waiting import HANG_TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

GUIDE = Path(__file__).parents[1] / "examples" / "guide"

# These have tests of their own.
NOT_SCRIPTS = {
    "sandbox.py",
    "shared_postgres.py",
    "shared_redis.py",
    "test_onboarding.py",
    "with_requests.py",
    "with_sdk.py",
}
SCRIPTS = sorted(path.name for path in GUIDE.glob("*.py") if path.name not in NOT_SCRIPTS)


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox(Script.instant()) as sandbox:
        for name, value in sandbox.environment().items():
            monkeypatch.setenv(name, value)
        yield sandbox


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=cwd, capture_output=True, text=True, timeout=HANG_TIMEOUT, env=dict(os.environ),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.mark.parametrize("script", SCRIPTS)
def test_guide_script_runs(script: str, sandbox: Sandbox, tmp_path: Path) -> None:
    run(GUIDE / script, cwd=tmp_path)


def test_tutorial_script_installs_one_channel_in_two_runs(sandbox: Sandbox, tmp_path: Path) -> None:
    for runs in (1, 2):
        output = run(GUIDE / "tutorial.py", cwd=tmp_path).stdout
        assert f"channel {sandbox.channels()[0]['id']} can send" in output
        assert len(sandbox.messages()) == runs
    assert sandbox.count("createConnector") == 1


def test_guide_tests_pass_under_pytest(tmp_path: Path) -> None:
    test = tmp_path / "test_onboarding.py"
    test.write_text((GUIDE / "test_onboarding.py").read_text())
    done = run("-m", "pytest", "-q", "-p", "no:cacheprovider", test, cwd=tmp_path)
    assert "2 passed" in done.stdout


def test_sandbox_script_prints_the_settings_of_a_sandbox(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, GUIDE / "sandbox.py"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )  # fmt: skip
    assert process.stdout
    settings = dict(process.stdout.readline().removeprefix("export ").strip().split("=", 1) for _ in range(3))
    with Client(
        access_key=settings["BIRD_ACCESS_KEY"],
        base_url=settings["BIRD_BASE_URL"],
        workspace_id=settings["BIRD_WORKSPACE_ID"],
    ) as bird:
        assert bird.workspace().numbers.list().first_page().items
    process.terminate()
    process.wait(HANG_TIMEOUT)
    process.stdout.close()


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"guide_{name}", GUIDE / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TestMigration:
    """Each numbered line of `with_requests.py` has the fault that the page describes, and `with_sdk.py` does not."""

    def test_lost_response_is_an_error_in_the_old_code(self, sandbox: Sandbox) -> None:
        requests = pytest.importorskip("requests")
        old, new = load("with_requests"), load("with_sdk")
        number = sandbox.phone_number_id
        sandbox.rule("createConnector", fault="lost_response")
        with pytest.raises(requests.HTTPError, match="409"):
            old.create("Support NL", number)
        [connector] = sandbox.connectors()
        assert new.create("Support NL", number) == connector["id"]

    def test_lost_response_is_resolved_by_the_new_code(self, sandbox: Sandbox) -> None:
        new = load("with_sdk")
        sandbox.rule("createConnector", fault="lost_response")
        created = new.create("Support NL", sandbox.phone_number_id)
        assert [connector["id"] for connector in sandbox.connectors()] == [created]

    def test_long_list_is_cut_off_by_the_old_code(self, sandbox: Sandbox) -> None:
        pytest.importorskip("requests")
        sandbox.add_connectors(25)
        assert len(load("with_requests").names()) == 10
        assert len(load("with_sdk").names()) == 25

    def test_channel_that_cannot_send_is_returned_by_the_old_code(self, sandbox: Sandbox) -> None:
        pytest.importorskip("requests")
        old = load("with_requests")
        sandbox.next_install(Script.pending(0))
        connector = old.create("Support NL", sandbox.phone_number_id)
        assert old.wait(connector) == sandbox.channels()[0]["id"]
        assert sandbox.channels()[0]["status"] != "active"

    def test_delete_without_a_body_fails_in_the_old_code(self, sandbox: Sandbox) -> None:
        requests = pytest.importorskip("requests")
        old, new = load("with_requests"), load("with_sdk")
        [first, second] = sandbox.add_connectors(2)
        with pytest.raises(requests.JSONDecodeError):
            old.delete({"id": first})
        new.delete(second)
        assert sandbox.connectors() == []

    def test_new_code_waits_for_a_channel_that_can_send(self, sandbox: Sandbox) -> None:
        new = load("with_sdk")
        connector = new.create("Support NL", sandbox.phone_number_id)
        assert new.wait(connector) == sandbox.channels()[0]["id"]
