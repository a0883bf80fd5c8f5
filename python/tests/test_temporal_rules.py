"""The rules of durable installs that need no server: templates, decisions, errors."""

from __future__ import annotations

import inspect
import subprocess
import sys
import uuid
from typing import Any

import pytest

import bird_connectors as bc
from bird_connectors import temporal as durable
from bird_connectors._masking import without_secrets
from bird_connectors.temporal import _errors, _waiting
from bird_connectors.temporal._activities import build_template
from bird_connectors.temporal._records import WaitState
from bird_connectors.temporal._templates import argument_names, identity_keys
from bird_connectors.temporal._wakeups import Wakeups

WORKSPACE = "6f9d2f2c-6d0f-4d57-9a3b-3a4a1e0d7c11"
NUMBER = "0b7f3a52-2f3a-4c8e-9d15-6a1f4f1c2e11"


def sms(name: str = "A", number: Any = NUMBER) -> durable.TemplateSpec:
    return durable.TemplateSpec("Sms", name, {"phone_number_id": number, "channel_message_type": "2fa"})


def custom(template: str, arguments: Any) -> durable.TemplateSpec:
    return durable.TemplateSpec("Custom", "B", {"template": template, "arguments": arguments})


def test_import_of_the_package_does_not_import_temporalio() -> None:
    program = "import sys, bird_connectors; print('temporalio' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_import_without_the_extra_names_the_command_that_installs_it() -> None:
    program = "import sys; sys.modules['temporalio'] = None; import bird_connectors.temporal"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "ModuleNotFoundError: bird_connectors.temporal needs the package temporalio, which is not installed: "
        "run pip install 'bird-connectors[temporal]'"
    )


@pytest.mark.parametrize(
    ("kind", "arguments", "path"),
    [
        ("WhatsApp", {"access_token": "EAAB-secret"}, "access_token"),
        ("Sms", {"invitation_token": "EAAB-secret"}, "invitation_token"),
        ("Telegram", {"security_arguments": {"bot": {"token": "EAAB-secret"}}}, "security_arguments.bot.token"),
        ("Telegram", {"security_arguments": {"bot": {"token": "secret:"}}}, "security_arguments.bot.token"),
        ("Telegram", {"security_arguments": {"bot": "EAAB-secret"}}, "security_arguments.bot"),
        ("Telegram", {"security_arguments": "EAAB-secret"}, "security_arguments"),
    ],
)
def test_template_with_a_secret_is_refused_without_showing_it(kind: str, arguments: Any, path: str) -> None:
    with pytest.raises(ValueError, match=f"`{path}` is ") as raised:
        durable.TemplateSpec(kind, "A", arguments)
    assert "EAAB-secret" not in str(raised.value)


def test_template_repr_shows_no_argument() -> None:
    assert "EAAB" not in repr(durable.TemplateSpec("Telegram", "A", {"arguments": {"token": "EAAB-secret"}}))


def test_template_refuses_unknown_kinds_and_a_second_name() -> None:
    with pytest.raises(ValueError, match="expected one of Sms, Voice"):
        durable.TemplateSpec("sms", "A")
    with pytest.raises(ValueError, match="`name` is in the arguments"):
        durable.TemplateSpec("Sms", "A", {"name": "A"})


@pytest.mark.parametrize(
    "kind", ["Sms", "Voice", "WhatsApp", "Instagram", "Facebook", "Telegram", "Line", "Email", "Custom"]
)
def test_template_has_the_arguments_of_its_class(kind: str) -> None:
    parameters = inspect.signature(getattr(bc, kind)).parameters
    assert sorted(argument_names(kind)) == sorted(parameters.keys() - {"name"})


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        (
            "Sms",
            {"phone_numberid": NUMBER},
            "invalid argument 'phone_numberid' of Sms: did you mean 'phone_number_id'?",
        ),
        ("Sms", {"phoneNumberId": NUMBER}, "invalid argument 'phoneNumberId' of Sms: did you mean 'phone_number_id'?"),
        (
            "Voice",
            {"x": "planted-marker"},
            "invalid argument 'x' of Voice: expected one of phone_number_id, conversational, invitation_token",
        ),
        (
            "Telegram",
            {"botToken": "secret:bot"},
            "invalid argument 'botToken' of Telegram: expected one of arguments, security_arguments, conversational, "
            "invitation_token; the arguments of the API belong into `arguments`",
        ),
    ],
)
def test_template_refuses_unknown_arguments(kind: str, arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match="invalid argument") as raised:
        durable.TemplateSpec(kind, "A", arguments)
    assert str(raised.value) == message


def test_references_are_resolved_wherever_they_are() -> None:
    arguments = {
        "arguments": {"botToken": "secret:bot", "list": ["secret:other", {"deep": "secret:bot"}], "plain": 1},
        "security_arguments": {"scheme": {"key": "secret:third"}},
    }
    spec = durable.TemplateSpec("Telegram", "A", arguments)
    assert spec.secret_names() == ["bot", "other", "third"]
    template = build_template(spec, {"bot": "B-1", "other": "O-1", "third": "T-1"})
    assert template.arguments == {"botToken": "B-1", "list": ["O-1", {"deep": "B-1"}], "plain": 1}
    assert spec.secret_names() == ["bot", "other", "third"], "the specification is unchanged"


def test_short_secret_is_removed_only_where_it_stands_alone() -> None:
    message = "create a channel: the token `a` is a bad token (abc, 15)"
    assert without_secrets(message, ["n", ""]) == message
    assert without_secrets(message, ["a"]) == "create … channel: the token `…` is … bad token (abc, 15)"
    assert without_secrets(message, ["15", "abc"]) == "create a channel: the token `a` is a bad token (…, …)"
    assert without_secrets("xlongx long, longer", ["long", "longer"]) == "x…x …, …"


def test_error_of_a_template_does_not_show_its_secrets() -> None:
    spec = durable.TemplateSpec("Sms", "A", {"phone_number_id": "secret:n", "channel_message_type": "2fa"})
    with pytest.raises(Exception, match="phone_number_id") as raised:
        build_template(spec, {"n": "planted-marker"})
    assert "planted-marker" not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (sms("A"), sms("B"), True),
        (sms(number=NUMBER), sms(number=uuid.UUID(NUMBER)), True),
        (sms(number=NUMBER), sms(number=f" {NUMBER.upper()} "), True),
        (sms(), durable.TemplateSpec("Voice", "A", {"phone_number_id": NUMBER}), False),
        (
            sms(),
            custom("sms-messagebird:2", {"phoneNumberId": NUMBER}),
            True,
        ),
        (durable.TemplateSpec("Telegram", "A"), durable.TemplateSpec("Telegram", " A "), True),
        (durable.TemplateSpec("Telegram", "A"), durable.TemplateSpec("Line", "A"), False),
    ],
)  # fmt: skip
def test_workflow_id_follows_the_identity(one: durable.TemplateSpec, other: durable.TemplateSpec, same: bool) -> None:
    ids = {durable.install_workflow_id(WORKSPACE, one), durable.install_workflow_id(uuid.UUID(WORKSPACE), other)}
    assert (len(ids) == 1) is same
    assert all(NUMBER not in workflow_id for workflow_id in ids)


def test_identity_of_whatsapp_is_either_argument() -> None:
    def whatsapp(phone_id: str, number: str) -> durable.TemplateSpec:
        return durable.TemplateSpec("WhatsApp", "A", {"phone_id": phone_id, "phone_number": number})

    one, other = whatsapp("1", "+31 6 1234"), whatsapp("2", "+3161234")
    assert set(identity_keys(one)) & set(identity_keys(other))
    assert not set(identity_keys(one)) & set(identity_keys(whatsapp("2", "+3199")))


def test_identity_by_chosen_arguments_must_exist_and_be_no_secrets() -> None:
    spec = durable.TemplateSpec("Telegram", "A", {"arguments": {"bot": "b", "token": "secret:t"}})
    assert identity_keys(spec, ["bot"]) != identity_keys(spec)
    for wrong, message in (([], "is empty"), (["other"], "no value"), (["token"], "must not be a secret")):
        with pytest.raises(ValueError, match=message):
            identity_keys(spec, wrong)


def state(**fields: Any) -> WaitState:
    return WaitState(connector_id="c", token="t", began=1000.0, **fields)


def report(**fields: Any) -> durable.PollReport:
    return durable.PollReport(connector_id="c", **fields)


def poll(wait: WaitState, at: float, **fields: Any) -> Any:
    _waiting.apply_poll(wait, report(**fields), durable.InstallSettings(), at, at)
    return _waiting.failure(wait)


def test_failure_needs_two_consecutive_polls_that_are_apart() -> None:
    wait = state()
    failing = {"statuses": {"channel": "Rejected"}, "observed": True}
    assert poll(wait, 1001, **failing) is None
    assert poll(wait, 1001.1, **failing) is None, "polls in quick succession are one observation"
    assert poll(wait, 1002, statuses={"channel": "pending"}) is None
    assert poll(wait, 1003, **failing) is None, "another status ends the streak"
    assert poll(wait, 1004) is None, "a poll without a status counts neither way"
    found = poll(wait, 1005, **failing)
    assert found is not None
    assert found[0] == "wait_failed"
    assert "Rejected" in found[1]


def test_missing_connector_counts_once_it_was_observed_or_has_settled() -> None:
    wait = state()
    assert [poll(wait, at, missing=True) for at in (1001, 1002, 1003)] == [None] * 3
    assert poll(wait, 1031, missing=True) is None
    assert poll(wait, 1032, missing=True)[0] == "wait_vanished"
    observed = state(observed=True)
    assert poll(observed, 1001, missing=True) is None
    assert poll(observed, 1002, missing=True)[0] == "wait_vanished"


def test_pauses_grow_from_half_a_second_to_ten_seconds() -> None:
    wait, settings = state(), durable.InstallSettings()
    pauses = [_waiting.next_pause(wait, settings, 1.0) for _ in range(12)]
    assert pauses[:3] == [0.5, 0.75, 1.125]
    assert pauses[-1] == 10
    assert _waiting.next_pause(wait, settings, 0.0) == 5


def test_listed_channel_is_ready_in_any_case_and_absence_proves_nothing() -> None:
    wait, settings = state(), durable.InstallSettings()
    for _ in range(5):
        _waiting.apply_listed(wait, None, settings, 1001, 1001)
    assert (_waiting.failure(wait), wait.confirmed_by, wait.rounds_unlisted) == (None, None, 5)
    _waiting.apply_listed(wait, durable.ListedChannel("c", "ch", " ACTIVE"), settings, 1002, 1002)
    assert (wait.confirmed_by, wait.channel_id, wait.rounds_unlisted) == ("channel", "ch", 0)


def test_installs_that_no_list_shows_are_polled_alone_within_a_limit() -> None:
    unlisted = {str(index): state(rounds_unlisted=3) for index in range(50)}
    assert len(_waiting.single_polls(unlisted, 1010, listed=True)) == _waiting.SINGLE_POLLS
    listed = {str(index): state(last_change=1009.0) for index in range(50)}
    assert _waiting.single_polls(listed, 1010, listed=True) == []
    assert len(_waiting.single_polls(listed, 1010, listed=False)) == 6 * _waiting.SINGLE_POLLS
    stuck = {"0": state(last_change=1000.0), "1": state(last_change=1065.0)}
    assert _waiting.single_polls(stuck, 1070, listed=True) == ["0"]


def test_events_wake_three_times_at_once_and_then_once_per_interval() -> None:
    wakeups = Wakeups(10)
    for index in range(3):
        wakeups.receive(f"key-{index}")
        assert wakeups.is_due(100)
        wakeups.spend(100)
    wakeups.receive("key-2")
    assert wakeups.time_until_due(100) is None, "a duplicate of a delivery wakes nothing"
    wakeups.receive("key-3")
    assert not wakeups.is_due(100)
    assert wakeups.time_until_due(104) == pytest.approx(6)
    assert wakeups.is_due(110)


@pytest.mark.parametrize(
    ("error", "kind", "read", "send"),
    [
        (bc.ValidationError("x", outcome="answered"), "validation", False, False),
        (bc.NotFoundError("x", outcome="answered"), "not_found", False, False),
        (bc.AuthenticationError("x", outcome="answered"), "authentication", False, False),
        (bc.InvalidInputError("x", outcome="not_sent"), "invalid_input", False, False),
        (bc.ConfigurationError("x"), "configuration", False, False),
        (bc.RateLimitError("x", outcome="rejected"), "rate_limited", True, True),
        (bc.TransportError("x", outcome="not_sent"), "transport", True, True),
        (bc.ApiTimeoutError("x", outcome="unknown"), "timeout", True, False),
        (bc.ServerError("x", outcome="unknown"), "server", True, False),
        (bc.DecodeError("x", outcome="answered"), "decode", False, False),
        (bc.WaitDeniedError("x"), "wait_denied", False, False),
    ],
)
def test_type_is_the_kind_and_retries_follow_the_outcome(
    error: bc.BirdConnectorsError, kind: str, read: bool, send: bool
) -> None:
    for repeatable, expected in ((True, read), (False, send)):
        mapped = _errors.application_error(error, repeatable=repeatable)
        assert (mapped.type, not mapped.non_retryable) == (kind, expected)


@pytest.mark.parametrize(
    ("cause", "retried"),
    [
        (ConnectionError("the database is away"), True),
        (TypeError("a method is missing"), False),
        (bc.InvalidInputError("not a journal"), False),
        (None, False),
    ],
)
def test_error_of_a_journal_is_retried_if_an_operation_failed(cause: Exception | None, retried: bool) -> None:
    error = bc.JournalError("the journal failed", outcome="not_sent")
    error.__cause__ = cause
    mapped = _errors.application_error(error, repeatable=True)
    assert (mapped.type, not mapped.non_retryable) == ("journal", retried)


def test_every_exception_of_the_package_has_a_kind() -> None:
    for value in vars(bc).values():
        if isinstance(value, type) and issubclass(value, bc.BirdConnectorsError):
            if value is bc.BirdConnectorsError or issubclass(value, bc.WebhookError) or value is bc.WaitError:
                continue
            assert _errors.error_kind(value("x")) != "unknown", value


def test_pause_of_the_server_delays_the_next_attempt() -> None:
    mapped = _errors.application_error(bc.RateLimitError("x", outcome="rejected", retry_after=7.0), repeatable=True)
    assert mapped.next_retry_delay is not None
    assert mapped.next_retry_delay.total_seconds() == 7


def test_limit_of_a_task_queue_keeps_the_rate_limit_of_the_workspace() -> None:
    assert durable.activities_per_second() * 4 <= 50
    assert durable.activities_per_second(get_limit=100, requests_per_activity=2) == 40
    with pytest.raises(ValueError, match="at least 1"):
        durable.activities_per_second(0)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"timeout": -1}, "invalid timeout"),
        ({"first_interval": 0.001}, "invalid first_interval"),
        ({"first_interval": 5, "longest_interval": 1}, "invalid longest_interval"),
    ],
)
def test_settings_out_of_range_are_refused(fields: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        durable.InstallSettings(**fields)


def test_onboarding_refuses_more_templates_than_its_state_can_hold() -> None:
    with pytest.raises(ValueError, match="pass at most 2000"):
        durable.OnboardRequest(WORKSPACE, [sms()] * 2001)
