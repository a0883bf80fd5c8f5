"""Lets schemathesis judge the sandbox: every operation, every check, and two runs that must fail.

Started by `cargo xtask referees`, in an environment that has schemathesis:
`judge_sandbox.py CONTRACT FOLDER`, with the sandbox in REFEREE_URL, REFEREE_KEY and REFEREE_WORKSPACE.
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
    with urlopen(Request(URL + path, data, headers, method=method)) as reply:
        return json.load(reply)


def connectors() -> list[Any]:
    found: list[Any] = []
    token = ""
    while True:
        page = call(
            "GET", f"/workspaces/{WORKSPACE}/connectors?limit=100" + (token and f"&pageToken={quote(token, '')}")
        )
        found += page["results"]
        token = page.get("nextPageToken") or ""
        if not token:
            return found


def subscribe(number: int) -> Any:
    filters = [{"key": "platformId", "value": f"platform-{number}"}]
    body = {
        "service": "channels",
        "event": "channel.updated",
        "url": "https://example.com/hook",
        "eventFilters": filters,
    }
    return call("POST", f"/workspaces/{WORKSPACE}/webhook-subscriptions", body)


def delivery(number_id: str) -> tuple[str, str]:
    """A subscription with a delivery in its log, and the id of that."""
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
        assert time.monotonic() < deadline, "no delivery was tried"
        time.sleep(0.05)


def dictionaries() -> dict[str, list[str]]:
    """Ids that exist: a few to read, and many to delete."""
    installed = connectors()
    subscriptions = [subscribe(number) for number in range(len(installed))]
    number = call("GET", f"/workspaces/{WORKSPACE}/numbers")["results"][0]["id"]
    delivered, request = delivery(number)
    return {
        "workspaces": [WORKSPACE],
        "organizations": [subscriptions[0]["organizationId"]],
        "connectors": [one["id"] for one in installed[:5]],
        "doomed-connectors": [one["id"] for one in installed[5:]],
        "channels": [one["channel"]["channelId"] for one in installed[:5]],
        "subscriptions": [one["id"] for one in subscriptions[:5]],
        "doomed-subscriptions": [one["id"] for one in subscriptions[5:]],
        "delivered": [delivered],
        "deliveries": [request],
    }


def judge(contract: Path, settings: Path, *options: str, key: str = KEY, quiet: bool = False) -> int:
    """The exit status of schemathesis."""
    program = shutil.which("schemathesis", path=str(Path(sys.executable).parent))
    assert program, "schemathesis is not installed beside this Python"
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

    # Whoever passes these two judges nothing.
    one = ("--include-operation-id", "getConnector", "--phases", "fuzzing", "--max-examples", "10")
    if judge(contract, settings, *one, key="wrong", quiet=True) == 0:
        print("broken: schemathesis is content where every call is refused")
        return 1
    demanding = folder / "demanding.yaml"
    demanding.write_text(contract.read_text().replace("required: [id, name, createdAt]", "required: [id, shoeSize]"))
    if judge(demanding, settings, *one, quiet=True) == 0:
        print("broken: schemathesis is content with a reply that lacks a required field")
        return 1
    return judge(contract, settings)


if __name__ == "__main__":
    sys.exit(main())
