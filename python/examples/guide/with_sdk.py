"""The code of `with_requests.py` with the SDK."""

# --8<-- [start:new]
from bird_connectors import Client, Sms

bird = Client.from_env()
connectors = bird.workspace().connectors


def create(name: str, number_id: str) -> str:
    sms = Sms(name=name, phone_number_id=number_id, channel_message_type="conversational")
    return connectors.ensure(sms).id


def names() -> list[str]:
    return [connector.name for connector in connectors.list()]


def wait(connector_id: str) -> str:
    return connectors.follow(connector_id).until_ready(timeout=300).channel_id


def delete(connector_id: str) -> None:
    connectors.delete(connector_id)


# --8<-- [end:new]
