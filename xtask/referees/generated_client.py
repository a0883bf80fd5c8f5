"""Generates a client from the contract with openapi-python-client, and installs, lists, reads and deletes with it.

`cargo xtask referees` runs it as `generated_client.py CONTRACT FOLDER` in an environment with openapi-python-client.
REFEREE_URL, REFEREE_KEY and REFEREE_WORKSPACE describe the sandbox.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import UUID

URL, KEY, WORKSPACE = (os.environ[f"REFEREE_{name}"] for name in ("URL", "KEY", "WORKSPACE"))
PACKAGE = "generated_connectors_client"


def generate(contract: Path, folder: Path) -> None:
    programs = Path(sys.executable).parent
    command = [str(programs / "openapi-python-client"), "generate", "--path", str(contract), "--meta", "none"]
    command += ["--overwrite", "--fail-on-warning", "--output-path", str(folder / PACKAGE)]
    # The generator runs ruff, which it searches in PATH.
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(command, env=environment, check=True)
    sys.path.insert(0, str(folder))


def load(module: str) -> Any:
    return importlib.import_module(f"{PACKAGE}.{module}")


def main() -> None:
    generate(Path(sys.argv[1]), Path(sys.argv[2]))
    client = load("client").AuthenticatedClient(
        base_url=URL, token=KEY, prefix="AccessKey", raise_on_unexpected_status=True
    )
    models = load("models")
    workspace = UUID(WORKSPACE)

    def call(operation: str, *path: UUID, **parameters: Any) -> Any:
        response = load(f"api.{operation}").sync_detailed(workspace, *path, client=client, **parameters)
        print(f"{operation}: {response.status_code}")
        return response

    def expect(status: int, response: Any) -> Any:
        assert response.status_code == status, f"expected {status}: {response}"
        return response.parsed

    numbers = expect(200, call("numbers.list_numbers", limit=5))
    arguments = models.CreateConnectorArgumentsType0.from_dict(
        {"phoneNumberId": str(numbers.results[0].id), "channelMessageType": "transactional"}
    )
    body = models.CreateConnector(
        name="Created by a generated client", connector_template_ref="sms-messagebird:1", arguments=arguments
    )
    created = expect(201, call("connectors.create_connector", body=body))
    assert isinstance(created, models.Connector)
    assert created.name == body.name

    # Until the channel exists, the generated types must accept null, an empty object or a blank id in its place.
    deadline = time.monotonic() + 30
    while True:
        connector = expect(200, call("connectors.get_connector", created.id))
        if connector.channel and isinstance(connector.channel.channel_id, UUID):
            break
        assert time.monotonic() < deadline, f"the channel was not created within 30 s: {connector}"
        time.sleep(0.05)
    channel = expect(200, call("channels.get_channel", connector.channel.channel_id))
    assert channel.connector_id == created.id

    listed: list[UUID] = []
    token: Any = load("types").UNSET
    while True:
        page = expect(200, call("connectors.list_connectors", limit=100, page_token=token))
        listed += [connector.id for connector in page.results]
        if not page.next_page_token:
            break
        token = page.next_page_token
    assert created.id in listed
    assert len(listed) == len(set(listed))

    invalid = expect(422, call("connectors.create_connector", body=models.CreateConnector(name="Without a template")))
    assert isinstance(invalid, models.ErrorBody), invalid
    assert invalid.code == "InvalidPayload", invalid
    expect(204, call("connectors.delete_connector", created.id))
    missing = expect(404, call("connectors.get_connector", created.id))
    assert isinstance(missing, models.ErrorBody), missing
    print("created, read, listed and deleted")


if __name__ == "__main__":
    main()
