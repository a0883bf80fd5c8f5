"""The example of durable installs runs against a development server of Temporal and the sandbox."""

from __future__ import annotations

import asyncio
import importlib.util
import runpy
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bird_connectors.testing import Sandbox, Script
from bird_connectors.webhooks import Verifier, sign
from services import conninfo, postgres_server
from temporal_server import TemporalServer

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLE = Path(__file__).parents[1] / "examples" / "temporal_installs.py"
URL = "https://hooks.example.com/bird"


@pytest.fixture
def server(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TemporalServer]:
    with (
        TemporalServer(tmp_path) as server,
        postgres_server(tmp_path_factory.mktemp("postgres")) as database,
        Sandbox(Script.timed(0.05, 0.2)) as sandbox,
    ):
        monkeypatch.setenv("DATABASE_URL", conninfo(database.port))
        for name, value in sandbox.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("TEMPORAL_ADDRESS", server.address)
        for shop in range(1001, 1005):
            monkeypatch.setenv(f"SECRET_SHOP_{shop}", f"EAAB-{shop}")
        yield server


def run(monkeypatch: pytest.MonkeyPatch, output: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Runs the script in this process. A process of its own can abort when it ends, after all its work: the threads of
    Temporal's client call into the interpreter without waiting for its end.
    """
    monkeypatch.setattr(sys, "argv", [str(EXAMPLE), *arguments])
    output.readouterr()
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    return output.readouterr().out


def load() -> Any:
    spec = importlib.util.spec_from_file_location(EXAMPLE.stem, EXAMPLE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_example_installs_onboards_and_receives_webhooks(
    server: TemporalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    worker = subprocess.Popen([sys.executable, str(EXAMPLE), "work"], cwd=tmp_path)
    try:
        assert "1001 can send with channel" in run(monkeypatch, capsys, "install", "1001")
        output = run(monkeypatch, capsys, "onboard", "1002", "1003", "1001")
    finally:
        worker.kill()
        worker.wait()
    assert output.splitlines()[-1] == "3 ready, 0 failed"

    example = load()
    verifier = Verifier(signing_keys=["key"], url=URL)
    body = b'{"service":"channels","event":"channel.updated","payload":{}}'
    now = int(time.time())
    headers = {"messagebird-request-timestamp": str(now), "messagebird-signature": "forged"}

    async def receive() -> list[int]:
        temporal = await server.client()
        forged = await example.receive(verifier, temporal, headers, body)
        headers["messagebird-signature"] = sign(signing_key="key", timestamp=now, url=URL, body=body)
        return [forged, await example.receive(verifier, temporal, headers, body)]

    assert asyncio.run(receive()) == [401, 204]
