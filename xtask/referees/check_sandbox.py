"""Checks the sandbox with schemathesis: all operations with all checks, and two runs that must fail.

`cargo xtask referees` runs it as `check_sandbox.py CONTRACT FOLDER` in an environment with schemathesis.
REFEREE_URL, REFEREE_KEY and REFEREE_WORKSPACE describe the sandbox.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

HERE = Path(__file__).parent
URL, KEY, WORKSPACE = (os.environ[f"REFEREE_{name}"] for name in ("URL", "KEY", "WORKSPACE"))


def call(method: str, path: str, body: Any = None) -> Any:
    headers = {"Authorization": f"AccessKey {KEY}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(URL + path, data, headers, method=method)) as response:
        return json.load(response)


def list_connectors() -> list[Any]:
    connectors: list[Any] = []
    token = ""
    while True:
        page = call(
            "GET", f"/workspaces/{WORKSPACE}/connectors?limit=100" + (token and f"&pageToken={quote(token, '')}")
        )
        connectors += page["results"]
        token = page.get("nextPageToken") or ""
        if not token:
            return connectors


def subscribe(number: int) -> Any:
    filters = [{"key": "platformId", "value": f"platform-{number}"}]
    body = {
        "service": "channels",
        "event": "channel.updated",
        "url": "https://example.com/hook",
        "eventFilters": filters,
    }
    return call("POST", f"/workspaces/{WORKSPACE}/webhook-subscriptions", body)


def create_delivery(number_id: str) -> tuple[str, str]:
    """Create a subscription and a delivery in its log, and return the ids of both."""
    body = {"service": "channels", "event": "channel.created", "url": "https://hooks.example.com/bird"}
    subscription = call("POST", f"/workspaces/{WORKSPACE}/webhook-subscriptions", body)["id"]
    arguments = {"phoneNumberId": number_id, "channelMessageType": "transactional"}
    body = {"name": "Delivered", "connectorTemplateRef": "sms-messagebird:1", "arguments": arguments}
    call("POST", f"/workspaces/{WORKSPACE}/connectors", body)
    deadline = time.monotonic() + 30
    while True:
        log = call("GET", f"/workspaces/{WORKSPACE}/webhook-subscriptions/{subscription}/logs")["results"]
        if log:
            return subscription, log[0]["requestId"]
        assert time.monotonic() < deadline, "the sandbox attempted no delivery within 30 s"
        time.sleep(0.05)


def dictionaries() -> dict[str, list[str]]:
    """Return ids that exist: a few to read, and many to delete."""
    connectors = list_connectors()
    subscriptions = [subscribe(number) for number in range(len(connectors))]
    number = call("GET", f"/workspaces/{WORKSPACE}/numbers")["results"][0]["id"]
    use_cases = call("GET", f"/workspaces/{WORKSPACE}/use-cases")["results"]
    delivered, request = create_delivery(number)
    return {
        "workspaces": [WORKSPACE],
        "organizations": [subscriptions[0]["organizationId"]],
        "connectors": [connector["id"] for connector in connectors[:5]],
        "connectors-to-delete": [connector["id"] for connector in connectors[5:]],
        "channels": [connector["channel"]["channelId"] for connector in connectors[:5]],
        "subscriptions": [subscription["id"] for subscription in subscriptions[:5]],
        "subscriptions-to-delete": [subscription["id"] for subscription in subscriptions[5:]],
        "use-cases": [use_case["id"] for use_case in use_cases],
        "delivered": [delivered],
        "deliveries": [request],
    }


def run_schemathesis(contract: Path, settings: Path, *options: str, key: str = KEY, quiet: bool = False) -> int:
    """Return the exit status of schemathesis."""
    program = shutil.which("schemathesis", path=str(Path(sys.executable).parent))
    assert program, "schemathesis is not installed in the environment of this Python"
    command = [program, "--config-file", str(settings), "run", str(contract), "--url", URL]
    command += ["--header", f"Authorization: AccessKey {key}", "--continue-on-failure", *options]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(HERE)}
    output = subprocess.DEVNULL if quiet else None
    return subprocess.run(command, cwd=settings.parent, env=environment, stdout=output, stderr=output).returncode


def main() -> int:
    contract, folder = Path(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "schemathesis.toml"
    tables = [f"\n[dictionaries.{name}]\nvalues = {json.dumps(values)}\n" for name, values in dictionaries().items()]
    settings.write_text((HERE / "schemathesis.toml").read_text() + "".join(tables))

    # If one of these two runs passes, schemathesis checks nothing.
    one_operation = ("--include-operation-id", "getConnector", "--phases", "fuzzing", "--max-examples", "10")
    if run_schemathesis(contract, settings, *one_operation, key="wrong", quiet=True) == 0:
        print("error: schemathesis passes although the sandbox rejects every call")
        return 1
    changed = folder / "extra-required-field.yaml"
    changed.write_text(contract.read_text().replace("required: [id, name, createdAt]", "required: [id, shoeSize]"))
    if run_schemathesis(changed, settings, *one_operation, quiet=True) == 0:
        print("error: schemathesis passes although a response lacks a required field")
        return 1
    return run_schemathesis(contract, settings)


if __name__ == "__main__":
    sys.exit(main())
