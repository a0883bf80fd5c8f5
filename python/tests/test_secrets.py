"""The access key and secret arguments never appear in a string or a pickle of a value."""

from __future__ import annotations

import pickle
import traceback
from typing import TYPE_CHECKING, Any

import pytest

import bird_connectors as bc
import wire
from bird_connectors import Custom, Sms, WhatsApp
from stub import Request, Response, error_response

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import ClientRunner

TOKEN = "meta-token-5f0c"
INVITATION = "invitation-77ab"
SIGNING = "signing-key-19cd"
SECRETS = [wire.KEY, TOKEN, INVITATION, SIGNING]


def assert_hidden(*strings: str) -> None:
    for string in strings:
        for secret in SECRETS:
            assert secret not in string


def shown(value: Any) -> list[str]:
    """The strings of a value: printed, formatted, and those of its attributes."""
    strings = [repr(value), str(value), f"{value}"]
    strings.append(repr(getattr(value, "__dict__", {})))
    strings.append(repr({name: getattr(value, name, None) for name in dir(value) if not name.startswith("__")}))
    return strings


def templates() -> list[Any]:
    return [
        WhatsApp(
            name="Shop",
            waba_id="1",
            phone_id="2",
            phone_number="+31612345678",
            access_token=TOKEN,
            invitation_token=INVITATION,
        ),
        Sms(name="Shop", invitation_token=INVITATION, **wire.template_arguments()),
        Custom(template="viber:1", name="Shop", security_arguments={"oauth": {"token": TOKEN}}),
    ]


def test_clients_and_handles_hide_the_access_key(runner: ClientRunner) -> None:
    client = runner.client("http://127.0.0.1:1")
    workspace = client.workspace(wire.WORKSPACE)
    for value in (
        client,
        workspace,
        client.organization(wire.ORGANIZATION),
        workspace.connectors,
        workspace.webhook_subscriptions,
        workspace.connectors.list(),
        workspace.connectors.follow(wire.CONNECTOR),
    ):
        assert_hidden(*shown(value))
        assert "127.0.0.1" in repr(client)


def test_client_cannot_be_pickled(runner: ClientRunner) -> None:
    client = runner.client("http://127.0.0.1:1")
    for value in (client, client.workspace(wire.WORKSPACE), client.workspace(wire.WORKSPACE).connectors):
        with pytest.raises(TypeError) as caught:
            pickle.dumps(value)
        assert "pickle" in str(caught.value)
        assert_hidden(str(caught.value))


@pytest.mark.parametrize("template", templates(), ids=lambda template: type(template).__name__)
def test_templates_hide_their_secrets(template: Any) -> None:
    assert_hidden(repr(template), str(template), repr(vars(template)) if hasattr(template, "__dict__") else "")
    assert "Shop" in repr(template)
    try:
        pickled = pickle.dumps(template)
    except TypeError as error:
        assert_hidden(str(error))
    else:
        assert_hidden(pickled.decode("latin-1"))


def test_subscription_hides_its_signing_key() -> None:
    subscription = bc.WebhookSubscription.from_dict(
        {
            "id": wire.CONNECTOR,
            "organizationId": wire.ORGANIZATION,
            "workspaceId": wire.WORKSPACE,
            "service": "channels",
            "event": "channel.updated",
            "url": "https://example.com/hooks",
            "status": "active",
            "signingKey": SIGNING,
        }
    )
    assert_hidden(repr(subscription), str(subscription), pickle.dumps(subscription).decode("latin-1"))


@pytest.mark.parametrize("template", templates(), ids=lambda template: type(template).__name__)
def test_error_hides_secrets_that_the_server_echoes(template: Any, runner: ClientRunner, serve: Any) -> None:
    echo = " ".join(SECRETS[:3])
    stub = serve(error_response(422, "InvalidPayload", f"bad {echo}", details={"echo": [echo], echo: 1}))
    with pytest.raises(bc.ValidationError) as caught:
        runner.call(lambda: runner.workspace(stub.base_url).connectors.install(template))
    used = [secret for secret in SECRETS if secret.encode() in stub.requests[0].raw]
    assert len(used) >= 2, "the secrets are sent"
    for string in exposed(caught.value):
        for secret in used:
            assert secret not in string


def test_error_hides_a_signing_key_that_the_server_echoes(runner: ClientRunner, serve: Any) -> None:
    stub = serve(error_response(422, "InvalidPayload", f"bad {SIGNING}"))
    with pytest.raises(bc.ValidationError) as caught:
        runner.call(
            lambda: runner.workspace(stub.base_url).webhook_subscriptions.create(
                event="channel.updated", url="https://example.com/hooks", signing_key=SIGNING
            )
        )
    assert SIGNING.encode() in stub.requests[0].raw
    assert_hidden(str(caught.value), repr(caught.value), repr(vars(caught.value)))


def test_log_records_hide_secrets(runner: ClientRunner, serve: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1, logger="bird_connectors")
    caplog.set_level(1)
    stub = serve(error_response(503, "Busy", wire.KEY))
    workspace = runner.workspace(stub.base_url, max_attempts=2)
    with pytest.raises(bc.ServerError):
        runner.call(lambda: workspace.connectors.get(wire.CONNECTOR))
    stub.handler = Response(201, wire.connector())
    for template in templates():
        runner.call(lambda template=template: workspace.connectors.install(template))
    for record in caplog.records:
        assert_hidden(record.getMessage(), repr(vars(record)))


class MemoryJournal:
    """A journal whose entries a test can read."""

    def __init__(self) -> None:
        self.entries: list[str] = []

    def lines(self) -> list[str]:
        return self.entries

    def append(self, line: str) -> None:
        self.entries.append(line)


def exposed(value: Any) -> list[str]:
    """The strings of a value, and those of its traceback and pickle if it has them."""
    strings = shown(value)
    if isinstance(value, BaseException):
        strings.append("".join(traceback.format_exception(value)))
        strings.append(repr(value.args))
    try:
        strings.append(pickle.dumps(value).decode("latin-1"))
    except TypeError as error:
        strings.append(str(error))
    return strings


def echo(status: int, request: Request) -> Response:
    """An error response that repeats every secret of its request."""
    used = [secret for secret in SECRETS if secret.encode() in request.raw]
    joined = " ".join(used)
    return error_response(status, "Busy", f"bad {joined}", details={"echo": used, joined: 1})


@pytest.mark.parametrize("template", templates(), ids=lambda template: type(template).__name__)
def test_ensure_and_its_journal_hide_secrets(
    template: Any, runner: ClientRunner, serve: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(1)
    journal, path = MemoryJournal(), tmp_path / "journal.jsonl"

    def respond(request: Request) -> Response:
        return Response(200, wire.page([])) if request.method == "GET" else echo(504, request)

    stub = serve(respond)
    connectors = runner.workspace(stub.base_url, max_attempts=1).connectors
    with bc.FileJournal(path) as file, pytest.raises(bc.ServerError) as first:
        runner.call(lambda: connectors.ensure(template, reconcile_window=0, journal=file))
    with pytest.raises(bc.ServerError) as caught:
        runner.call(lambda: connectors.ensure(template, reconcile_window=0, journal=journal))
    assert sum(secret.encode() in stub.requests[1].raw for secret in SECRETS) >= 2, "the secrets are sent"
    for value in (first.value, caught.value, caught.value.unresolved):
        assert_hidden(*exposed(value))
    assert_hidden(str(caught.value.unresolved), path.read_text(), *journal.entries, *exposed(file))
    assert "intent" in journal.entries[0]

    # Adopt a connector whose listed arguments contain the secrets.
    own = [secret for secret in (TOKEN, INVITATION) if secret.encode() in stub.requests[1].raw]
    arguments = {**template.arguments, "channelMessageType": " ".join(own)}
    known = wire.connector(name="Shop", connectorTemplateRef=template.reference, arguments=arguments)
    stub.handler = Response(200, wire.page([known]))
    ensured = runner.call(lambda: connectors.ensure(template))
    assert ensured.adopted
    assert_hidden(repr(ensured), str(ensured), repr(ensured.drift), ensured.token)
    for drift in ensured.drift:
        assert_hidden(repr(drift.found), repr(drift.wanted), pickle.dumps(drift).decode("latin-1"))
    for record in caplog.records:
        assert_hidden(record.getMessage(), repr(vars(record)))


def test_bulk_operations_hide_secrets(runner: ClientRunner, serve: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1)
    journal = MemoryJournal()

    def respond(request: Request) -> Response:
        if request.method == "POST":
            return (
                Response(201, wire.connector(name="Shop")) if b"sms-messagebird" in request.raw else echo(422, request)
            )
        return Response(200, wire.page([])) if request.path.endswith("/connectors") else echo(403, request)

    stub = serve(respond)
    connectors = runner.workspace(stub.base_url, max_attempts=1).connectors
    installs = connectors.install_all(templates(), journal=journal)
    run = installs.until_ready(timeout=0.3, interval=(0.05, 0.05))
    installed = runner.collect(lambda: run)
    assert len(installed) == 3
    assert all(result.error is not None for result in installed)
    waited = connectors.wait_all([wire.CONNECTOR], timeout=0.3, interval=(0.05, 0.05))
    results = runner.collect(lambda: waited)
    for result in (*installed, *results):
        assert_hidden(repr(result), str(result), pickle.dumps(result).decode("latin-1"))
        cause = result.error.__cause__
        for value in (result.error, cause):
            assert_hidden(*exposed(value))
    for value in (installs, run, run.totals, waited, waited.totals):
        assert_hidden(*exposed(value))
    assert_hidden(*journal.entries)
    for record in caplog.records:
        assert_hidden(record.getMessage(), repr(vars(record)))
