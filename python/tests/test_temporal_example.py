"""The example of durable installs runs against a development server of Temporal and the sandbox."""

from __future__ import annotations

import asyncio
import importlib.util
import os
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
from waiting import HANG_TIMEOUT

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


def run(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, str(EXAMPLE), *arguments],
        cwd=folder, capture_output=True, text=True, timeout=HANG_TIMEOUT, env=dict(os.environ),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def load() -> Any:
    spec = importlib.util.spec_from_file_location(EXAMPLE.stem, EXAMPLE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_example_installs_onboards_and_receives_webhooks(server: TemporalServer, tmp_path: Path) -> None:
    worker = subprocess.Popen([sys.executable, str(EXAMPLE), "work"], cwd=tmp_path)
    try:
        assert "1001 can send with channel" in run(tmp_path, "install", "1001")
        output = run(tmp_path, "onboard", "1002", "1003", "1001")
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
