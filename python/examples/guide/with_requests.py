"""The usual code without an SDK, and what goes wrong. Compare with `with_sdk.py`."""

# --8<-- [start:old]
import os
import time

import requests

BASE = os.environ["BIRD_BASE_URL"] + "/workspaces/" + os.environ["BIRD_WORKSPACE_ID"]
HEADERS = {"Authorization": "AccessKey " + os.environ["BIRD_ACCESS_KEY"]}


def create(name: str, number_id: str) -> dict:
    body = {
        "name": name,
        "connectorTemplateRef": "sms-messagebird:1",
        "arguments": {"phoneNumberId": number_id, "channelMessageType": "conversational"},
    }
    for _ in range(3):
        try:
            response = requests.post(BASE + "/connectors", json=body, headers=HEADERS, timeout=10)  # (1)
            response.raise_for_status()  # (2)
            return response.json()
        except requests.ConnectionError:
            time.sleep(1)
    raise RuntimeError("no response")


def names() -> list[str]:
    page = requests.get(BASE + "/connectors", headers=HEADERS).json()  # (3)
    return [connector["name"] for connector in page["results"]]


def wait(connector: dict) -> str:
    while True:  # (4)
        current = requests.get(BASE + "/connectors/" + connector["id"], headers=HEADERS).json()
        if current.get("channel"):  # (5)
            return current["channel"]["channelId"]
        time.sleep(1)


def delete(connector: dict) -> None:
    requests.delete(BASE + "/connectors/" + connector["id"], headers=HEADERS).json()  # (6)


# --8<-- [end:old]
