"""Tests of code that uses the package, with the pytest fixture `bird_sandbox`."""

# --8<-- [start:code]
from bird_connectors import Client, Sms


def onboard(bird: Client, number_id: str) -> str:
    """The code under test."""
    sms = Sms(name="Support", phone_number_id=number_id, channel_message_type="conversational")
    return bird.workspace().connectors.ensure(sms).until_ready(timeout=30).channel_id


# --8<-- [end:code]


# --8<-- [start:sandbox]
import pytest

from bird_connectors import InstallFailedError
from bird_connectors.testing import Sandbox, Script


def test_onboarding_survives_a_lost_response(bird_sandbox: Sandbox) -> None:
    # The first create is processed, but its response is lost.
    bird_sandbox.rule("createConnector", fault="lost_response")
    with bird_sandbox.client() as bird:
        channel_id = onboard(bird, bird_sandbox.phone_number_id)
    assert bird_sandbox.channels()[0]["id"] == channel_id
    assert bird_sandbox.count("createConnector") == 1


def test_onboarding_reports_a_failed_install(bird_sandbox: Sandbox) -> None:
    bird_sandbox.next_install(Script.failing("rejected"))
    with bird_sandbox.client() as bird, pytest.raises(InstallFailedError, match="rejected"):
        onboard(bird, bird_sandbox.phone_number_id)


# --8<-- [end:sandbox]
