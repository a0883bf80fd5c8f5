"""The types that mypy and pyright must infer for the synchronous client. The file is checked, not run."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from typing_extensions import assert_type

from bird_connectors import (
    ApiError,
    BirdConnectorsError,
    Channel,
    ChannelStatus,
    ChannelSubscriptions,
    Client,
    Connector,
    ConnectorReadiness,
    Conversational,
    Custom,
    Deleted,
    Drift,
    Ensured,
    EnsuredSubscription,
    FileJournal,
    Headers,
    Install,
    InstallAll,
    InstallResult,
    InstallTotals,
    Journal,
    Number,
    Page,
    Progress,
    RawResponse,
    Ready,
    SentMessage,
    Sms,
    UndecodableItem,
    UnresolvedCreate,
    WaitError,
    WaitOptions,
    WaitResult,
    WaitResults,
    WaitToken,
    WaitTotals,
    WebhookSubscription,
    WhatsApp,
    Workspace,
)
from bird_connectors.plan import (
    ApplyRefusedError,
    ApplyReport,
    ChannelFileError,
    DesiredConnector,
    DesiredState,
    Plan,
    Planner,
    Step,
    StepResult,
)
from bird_connectors.webhooks import (
    ChannelUpdated,
    Claim,
    Deduplicator,
    DedupStore,
    Event,
    MemoryDedupStore,
    Signals,
    TimestampTooOldError,
    Verifier,
    WebhookError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def client() -> None:
    with Client(access_key="key", timeout=timedelta(seconds=1), attempt_timeout=1.5) as bird:
        assert_type(bird, Client)
        assert_type(bird.workspace("id"), Workspace)
        assert_type(bird.workspace(), Workspace)
        assert_type(bird.organization("id").workspace(UUID(int=1)), Workspace)
        assert_type(bird.close(), None)
    assert_type(Client.from_env(), Client)


def connectors(ws: Workspace) -> None:
    install = ws.connectors.install(Sms(name="Shop", phone_number_id="id", channel_message_type="2fa"))
    assert_type(install, Install)
    assert_type(install.id, str)
    assert_type(install.token, WaitToken)
    assert_type(install.connector, Connector | None)
    ready = install.until_ready(timeout=None, on_progress=print)
    install.until_ready(options=WaitOptions(timeout=60, status=None), interval=(1, timedelta(seconds=5)))
    assert_type(ready, Ready)
    assert_type(ready.channel_id, str)
    assert_type(ready.channel, Channel | None)
    assert_type(ready.elapsed, float)
    for step in install.progress():
        assert_type(step, Progress)
        assert_type(step.status, str | None)
        assert_type(step.ready, Ready | None)
    assert_type(ws.connectors.resume("token"), Install)
    assert_type(ws.connectors.follow("id"), Install)
    assert_type(ws.connectors.get("id"), Connector)
    assert_type(ws.connectors.readiness("id"), ConnectorReadiness)
    assert_type(ws.connectors.delete("id", missing_ok=True), Deleted)


def ensure(ws: Workspace, error: BirdConnectorsError) -> None:
    sms = Sms(name="Shop", phone_number_id="id", channel_message_type="2fa")
    ensured = ws.connectors.ensure(
        sms, reconcile_window=timedelta(seconds=1), identified_by=["phoneNumberId"], recreate_after_window=True
    )
    assert_type(ensured, Ensured)
    install: Install = ensured
    assert_type(install.until_ready(), Ready)
    assert_type(ensured.adopted, bool)
    assert_type(ensured.matched_by, Literal["arguments", "number_id", "name", "journal"] | None)
    assert_type(ensured.matched_arguments, tuple[str, ...])
    assert_type(ensured.drift, tuple[Drift, ...])
    assert_type(ensured.journal_error, BirdConnectorsError | None)
    assert_type(error.unresolved, UnresolvedCreate | None)
    if error.unresolved is not None:
        assert_type(ws.connectors.reconcile(error.unresolved, window=0), Ensured | None)
        assert_type(error.unresolved.at, datetime)
    assert_type(ws.connectors.reconcile("line"), Ensured | None)
    with FileJournal("journal.jsonl") as file:
        assert_type(file, FileJournal)
        ws.connectors.ensure(sms, journal=file)
    journal: Journal = FileJournal(Path("journal.jsonl"))
    ws.connectors.ensure(sms, journal=journal)


class MemoryJournal:
    def lines(self) -> list[str]:
        return []

    def append(self, line: str, /) -> None: ...


def bulk(ws: Workspace) -> None:
    results = ws.connectors.wait_all(["id", UUID(int=1), ws.connectors.follow("id")], 60, timeouts={"id": 1})
    ws.connectors.wait_all(ws.connectors.list())
    assert_type(results, WaitResults)
    for result in results:
        assert_type(result, WaitResult)
        assert_type(result.channel_id, str | None)
        assert_type(result.ready, Ready | None)
        assert_type(result.error, BirdConnectorsError | None)
    assert_type(results.totals, WaitTotals)
    assert_type(results.cancel("id"), None)
    installs = ws.connectors.install_all([Custom("viber:1", name="Shop")], journal=MemoryJournal(), concurrency=4)
    assert_type(installs, InstallAll)
    for one in installs:
        assert_type(one, InstallResult)
        assert_type(one.connector_id, str | None)
    run = installs.until_ready(timeout=None)
    assert_type(next(run).ready, Ready | None)
    assert_type(run.totals, InstallTotals)


def lists(ws: Workspace) -> None:
    for connector in ws.connectors.list(template="sms-messagebird:1", page_size=1, limit=2, resume_from="checkpoint"):
        assert_type(connector, Connector)
        assert_type(connector.id, str)
        assert_type(connector.created_at, datetime | None)
    for channel in ws.channels.list():
        assert_type(channel, Channel)
        assert_type(channel.status, ChannelStatus | str | None)
    for page in ws.numbers.list().pages():
        assert_type(page, Page[Number])
        assert_type(page.items, list[Number])
        assert_type(page.undecodable, list[UndecodableItem])
        assert_type(page.checkpoint, str | None)
    assert_type(ws.webhook_subscriptions.list().first_page(), Page[WebhookSubscription])
    assert_type(ws.connectors.list().to_list(on_undecodable="skip"), list[Connector])
    items = iter(ws.connectors.list())
    assert_type(next(items), Connector)
    assert_type(items.checkpoint, str | None)
    protocol: Iterator[Connector] = items
    del protocol


def channels(ws: Workspace) -> None:
    assert_type(ws.channels.get("id"), Channel)
    assert_type(ws.channels.conversational("id"), Conversational)
    assert_type(ws.channels.set_conversational("id", True), Conversational)
    assert_type(ws.channels.send_text("id", to="+31", text="Hello"), SentMessage)


def request(bird: Client) -> None:
    response = bird.request("GET", "/anything", query={"limit": 1}, json={"a": [1, None]})
    assert_type(response, RawResponse)
    assert_type(response.status, int)
    assert_type(response.content, bytes)
    assert_type(response.headers, Headers)
    assert_type(response.headers.get_all("link"), list[str])


def errors(error: BirdConnectorsError) -> None:
    assert_type(error.attempts, int)
    assert_type(error.retry_after, float | None)
    assert_type(error.request_id, str | None)
    if isinstance(error, ApiError):
        assert_type(error.status, int | None)
        assert_type(error.code, str | None)
        assert_type(error.message, str)
    if isinstance(error, WaitError):
        assert_type(error.last, Connector | None)
        assert_type(error.status, str | None)
        assert_type(error.polls, int)


def mistakes(bird: Client, ws: Workspace) -> None:
    # Each line must be an error: the checkers also report an ignore comment that is not needed.
    Client("key")  # type: ignore[call-arg]
    Sms(name="Shop")  # type: ignore[call-arg]
    WhatsApp(name="Shop", waba_id=1, phone_id="1", phone_number="1", access_token="1")  # type: ignore[arg-type]
    Custom(template="a:1", name="Shop", anything=1)  # type: ignore[call-arg]
    ws.connectors.install({"name": "Shop"})  # type: ignore[arg-type]
    ws.connectors.get(1)  # type: ignore[arg-type]
    ws.connectors.list(limit="1")  # type: ignore[arg-type]
    ws.connectors.list().to_list(on_undecodable="ignore")  # type: ignore[arg-type]
    ws.connectors.get("id").name = "other"  # type: ignore[misc]
    bird.nothing()  # type: ignore[attr-defined]
    ws.connectors.follow("id").until_ready(until="active")  # type: ignore[call-arg]
    ws.connectors.follow("id").until_ready(status=1)  # type: ignore[arg-type]


def receive(headers: list[tuple[bytes, bytes]], environ: dict[str, object]) -> None:
    verifier = Verifier(signing_keys=["key"], url="https://example.com", max_age=timedelta(hours=24), tolerance=1.5)
    event = verifier.verify(headers=headers, body=b"")
    assert_type(event, Event)
    assert_type(verifier.verify(headers=environ, body=bytearray(), now=1.5), Event)
    assert_type(event.payload, dict[str, Any])
    assert_type(event.timestamp, datetime)
    assert_type(event.delivery_key, str)
    if isinstance(event, ChannelUpdated):
        assert_type(event.status, ChannelStatus | str | None)
        assert_type(event.channel_id, str | None)
    with Deduplicator().work(event) as claim:
        assert_type(claim, Claim)
    store: DedupStore = MemoryDedupStore()
    assert_type(Deduplicator(store).begin(event), Claim)
    Signals().push(event)


def subscribe(ws: Workspace) -> None:
    both = ws.webhook_subscriptions.subscribe_to_channels("https://example.com", "key")
    assert_type(both, ChannelSubscriptions)
    assert_type(both.created, EnsuredSubscription)
    assert_type(both.updated.subscription, WebhookSubscription)
    assert_type(ws.webhook_subscriptions.ensure(event="a", url="b"), EnsuredSubscription)
    assert_type(ws.connectors.follow("id").until_ready(signal=Signals()), Ready)


def webhook_errors(error: WebhookError) -> None:
    assert_type(error.reason, str)
    if isinstance(error, TimestampTooOldError):
        assert_type(error.by, float)


def models() -> None:
    assert_type(Channel(id="id", status="active", created_at=datetime.now()), Channel)
    assert_type(Channel(id=UUID(int=1), status=ChannelStatus.ACTIVE, extra={"a": 1}), Channel)
    Channel()  # type: ignore[call-arg]
    Channel(id="id", status=5)  # type: ignore[arg-type]


def channel_files(bird: Client, path: Path) -> None:
    desired = DesiredState.read("channels.yaml", path)
    assert_type(desired, DesiredState)
    assert_type(DesiredState.parse({"channels.yaml": "text"}), DesiredState)
    assert_type(desired.workspaces[0].connectors, tuple[DesiredConnector, ...] | None)
    planner = Planner(bird, journal=FileJournal(path))
    made = planner.plan(desired, prune=True, replace=["A"], own=("B",))
    assert_type(made, Plan)
    step = made.steps[0]
    assert_type(step, Step)
    assert_type(step.kind, Literal["create", "adopt", "unchanged", "differs", "missing", "only_live"])
    assert_type(step.differences[0].wanted, Any)
    assert_type(made.counts, dict[str, int])
    assert_type(made.to_dict(), dict[str, Any])
    report = planner.apply(made, expect=made.hash, wait=timedelta(minutes=5), on_progress=lambda result: result.step)
    assert_type(report, ApplyReport)
    assert_type(report.results, tuple[StepResult, ...])
    assert_type(report.failed[0].error, BirdConnectorsError | None)
    assert_type(planner.export(["id", UUID(int=1)]).yaml, str)
    Planner(None)  # type: ignore[arg-type]
    planner.plan("channels.yaml")  # type: ignore[arg-type]


def channel_file_errors(error: ChannelFileError, refused: ApplyRefusedError) -> None:
    assert_type(error.problems[0].line, int | None)
    assert_type(refused.reason, Literal["changed", "conflicts", "large_prune", "no_journal", "secrets"])
