"""Neither the access key nor a secret argument is in any text or pickle that could be kept."""

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


def hides(*texts: str) -> None:
    for text in texts:
        for secret in SECRETS:
            assert secret not in text


def everything(value: Any) -> list[str]:
    """All that can be read off a value without asking for it by name."""
    texts = [repr(value), str(value), f"{value}"]
    texts.append(repr(getattr(value, "__dict__", {})))
    texts.append(repr({name: getattr(value, name, None) for name in dir(value) if not name.startswith("__")}))
    return texts


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


def test_clients_and_handles(runner: ClientRunner) -> None:
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
        hides(*everything(value))
        assert "127.0.0.1" in repr(client)


def test_a_client_does_not_pickle_and_says_why(runner: ClientRunner) -> None:
    client = runner.client("http://127.0.0.1:1")
    for value in (client, client.workspace(wire.WORKSPACE), client.workspace(wire.WORKSPACE).connectors):
        with pytest.raises(TypeError) as caught:
            pickle.dumps(value)
        assert "pickle" in str(caught.value)
        hides(str(caught.value))


@pytest.mark.parametrize("template", templates(), ids=lambda template: type(template).__name__)
def test_templates(template: Any) -> None:
    hides(repr(template), str(template), repr(vars(template)) if hasattr(template, "__dict__") else "")
    assert "Shop" in repr(template)
    try:
        pickled = pickle.dumps(template)
    except TypeError as refused:
        hides(str(refused))
    else:
        hides(pickled.decode("latin-1"))


def test_subscriptions() -> None:
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
    hides(repr(subscription), str(subscription), pickle.dumps(subscription).decode("latin-1"))


@pytest.mark.parametrize("template", templates(), ids=lambda template: type(template).__name__)
def test_errors_even_where_the_server_repeats_them(template: Any, runner: ClientRunner, serve: Any) -> None:
    echo = " ".join(SECRETS[:3])
    stub = serve(error_response(422, "InvalidPayload", f"bad {echo}", details={"echo": [echo], echo: 1}))
    with pytest.raises(bc.ValidationError) as caught:
        runner.call(lambda: runner.workspace(stub.base_url).connectors.install(template))
    used = [secret for secret in SECRETS if secret.encode() in stub.requests[0].raw]
    assert len(used) >= 2, "the secrets are sent"
    value = caught.value
    texts = [*everything(value), pickle.dumps(value).decode("latin-1"), "".join(traceback.format_exception(value))]
    texts = [repr(value), str(value), repr(value.details), repr(vars(value)), repr(value.args), *texts[-2:-1]]
    for text in texts:
        for secret in used:
            assert secret not in text


def test_signing_keys(runner: ClientRunner, serve: Any) -> None:
    stub = serve(error_response(422, "InvalidPayload", f"bad {SIGNING}"))
    with pytest.raises(bc.ValidationError) as caught:
        runner.call(
            lambda: runner.workspace(stub.base_url).webhook_subscriptions.create(
                event="channel.updated", url="https://example.com/hooks", signing_key=SIGNING
            )
        )
    assert SIGNING.encode() in stub.requests[0].raw
    hides(str(caught.value), repr(caught.value), repr(vars(caught.value)))


def test_logs(runner: ClientRunner, serve: Any, caplog: pytest.LogCaptureFixture) -> None:
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
        hides(record.getMessage(), repr(vars(record)))


class Kept:
    """A journal that shows what is written down."""

    def __init__(self) -> None:
        self.kept: list[str] = []

    def lines(self) -> list[str]:
        return self.kept

    def append(self, line: str) -> None:
        self.kept.append(line)


def told(value: Any) -> list[str]:
    """All that a value tells: printed, read attribute by attribute, raised, and pickled where it can be."""
    texts = everything(value)
    if isinstance(value, BaseException):
        texts.append("".join(traceback.format_exception(value)))
        texts.append(repr(value.args))
    try:
        texts.append(pickle.dumps(value).decode("latin-1"))
    except TypeError as refused:
        texts.append(str(refused))
    return texts


def echo(status: int, request: Request) -> Response:
    """An answer that repeats every secret of its request."""
    used = [secret for secret in SECRETS if secret.encode() in request.raw]
    words = " ".join(used)
    return error_response(status, "Busy", f"bad {words}", details={"echo": used, words: 1})


@pytest.mark.parametrize("template", templates(), ids=lambda template: type(template).__name__)
def test_ensure_and_its_journal(
    template: Any, runner: ClientRunner, serve: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(1)
    journal, path = Kept(), tmp_path / "journal.jsonl"

    def answer(request: Request) -> Response:
        return Response(200, wire.page([])) if request.method == "GET" else echo(504, request)

    stub = serve(answer)
    connectors = runner.workspace(stub.base_url, max_attempts=1).connectors
    with bc.FileJournal(path) as file, pytest.raises(bc.ServerError) as first:
        runner.call(lambda: connectors.ensure(template, reconcile_window=0, journal=file))
    with pytest.raises(bc.ServerError) as caught:
        runner.call(lambda: connectors.ensure(template, reconcile_window=0, journal=journal))
    assert sum(secret.encode() in stub.requests[1].raw for secret in SECRETS) >= 2, "the secrets are sent"
    for value in (first.value, caught.value, caught.value.reconcile):
        hides(*told(value))
    hides(str(caught.value.reconcile), path.read_text(), *journal.kept, *told(file))
    assert "intent" in journal.kept[0]

    # One that shows in a list what it was created with.
    own = [secret for secret in (TOKEN, INVITATION) if secret.encode() in stub.requests[1].raw]
    shown = {**template.arguments, "channelMessageType": " ".join(own)}
    known = wire.connector(name="Shop", connectorTemplateRef=template.reference, arguments=shown)
    stub.handler = Response(200, wire.page([known]))
    ensured = runner.call(lambda: connectors.ensure(template))
    assert ensured.adopted
    hides(repr(ensured), str(ensured), repr(ensured.drift), ensured.token)
    for drift in ensured.drift:
        hides(repr(drift.found), repr(drift.wanted), pickle.dumps(drift).decode("latin-1"))
    for record in caplog.records:
        hides(record.getMessage(), repr(vars(record)))


def test_many_at_once(runner: ClientRunner, serve: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1)
    journal = Kept()

    def answer(request: Request) -> Response:
        if request.method == "POST":
            return (
                Response(201, wire.connector(name="Shop")) if b"sms-messagebird" in request.raw else echo(422, request)
            )
        return Response(200, wire.page([])) if request.path.endswith("/connectors") else echo(403, request)

    stub = serve(answer)
    connectors = runner.workspace(stub.base_url, max_attempts=1).connectors
    every = connectors.install_all(templates(), journal=journal)
    run = every.until_ready(timeout=0.3, interval=(0.05, 0.05))
    seen = runner.collect(lambda: run)
    assert len(seen) == 3
    assert all(result.error is not None for result in seen)
    waited = connectors.wait_all([wire.CONNECTOR], timeout=0.3, interval=(0.05, 0.05))
    results = runner.collect(lambda: waited)
    for result in (*seen, *results):
        hides(repr(result), str(result), pickle.dumps(result).decode("latin-1"))
        cause = result.error.__cause__
        for value in (result.error, cause):
            hides(*told(value))
    for value in (every, run, run.totals, waited, waited.totals):
        hides(*told(value))
    hides(*journal.kept)
    for record in caplog.records:
        hides(record.getMessage(), repr(vars(record)))
