"""Durable installs on Temporal, on a real development server that the tests start."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import threading
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import Replayer

import bird_connectors as bc
from bird_connectors import temporal as durable
from bird_connectors.temporal import _activities
from bird_connectors.temporal._templates import connector_events_workflow_id
from bird_connectors.testing import Sandbox, Script
from temporal_server import TemporalServer, activities_of, channel_event, markers_in, polled, until
from waiting import HANG_TIMEOUT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from temporalio.client import Client as TemporalClient

TOKEN = "EAAB-planted-marker-of-the-access-token"
FAST = durable.InstallSettings(timeout=30, first_interval=0.05, longest_interval=0.2, reconcile_window=1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TemporalServer]:
    with TemporalServer(tmp_path_factory.mktemp("temporal"), suggest_after=120) as server:
        yield server


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Script.timed(0.05, 0.2)) as sandbox:
        yield sandbox


def run(server: TemporalServer, test: Callable[[TemporalClient], Awaitable[Any]]) -> Any:
    async def connected() -> Any:
        return await asyncio.wait_for(test(await server.client()), HANG_TIMEOUT)

    return asyncio.run(connected())


@contextlib.asynccontextmanager
async def working(temporal: TemporalClient, sandbox: Sandbox, **settings: Any) -> AsyncIterator[None]:
    settings.setdefault("resolve_secret", lambda name: TOKEN if name == "shop" else {}[name])
    settings.setdefault("max_activities_per_second", 1000)
    async with (
        sandbox.async_client() as client,
        durable.connector_worker(temporal, client, sandbox.workspace_id, **settings),
    ):
        yield


def bot(name: str) -> durable.TemplateSpec:
    # The SDK itself removes arguments whose names suggest a secret from responses, and this name does not.
    return durable.TemplateSpec("Telegram", name, {"arguments": {"code": "secret:shop"}})


def whatsapp(phone_id: str = "5647382910") -> durable.TemplateSpec:
    arguments = {
        "waba_id": "1029384756",
        "phone_id": phone_id,
        "phone_number": "+31612345678",
        "access_token": "secret:shop",
    }
    return durable.TemplateSpec("WhatsApp", "Support NL", arguments)


def install_request(sandbox: Sandbox, template: durable.TemplateSpec, **fields: Any) -> durable.InstallRequest:
    return durable.InstallRequest(sandbox.workspace_id, template, **{"settings": FAST, **fields})


async def failure_of(handle: Any) -> durable.InstallFailure:
    with pytest.raises(WorkflowFailureError) as raised:
        await handle.result()
    failure = durable.install_failure(raised.value)
    assert failure is not None
    return failure


def test_install_returns_the_channel_that_can_send(server: TemporalServer, sandbox: Sandbox) -> None:
    async def test(temporal: TemporalClient) -> None:
        async with working(temporal, sandbox):
            probe = durable.ProbeMessage(to="+31612345678", text="Hello")
            handle = await durable.start_install(temporal, install_request(sandbox, whatsapp(), probe=probe))
            channel = await handle.result()
            progress = await handle.query(durable.InstallChannel.progress)
        assert isinstance(channel, durable.InstalledChannel)
        assert channel.channel_id == sandbox.channels()[0]["id"]
        assert channel.connector_id == sandbox.connectors()[0]["id"]
        assert (channel.adopted, channel.status, channel.confirmed_by) == (False, "active", "channel")
        assert channel.probe is not None
        assert channel.probe_error is None
        assert (progress.phase, progress.channel_id) == ("ready", channel.channel_id)
        assert sandbox.count("createConnector") == 1
        assert len(sandbox.messages()) == 1

    run(server, test)


def test_install_started_twice_is_one_workflow_and_one_connector(server: TemporalServer, sandbox: Sandbox) -> None:
    async def test(temporal: TemporalClient) -> None:
        async with working(temporal, sandbox):
            request = install_request(sandbox, whatsapp())
            handles = await asyncio.gather(*(durable.start_install(temporal, request) for _ in range(5)))
            channels = await asyncio.gather(*(handle.result() for handle in handles))
            again = await (await durable.start_install(temporal, request)).result()
        assert len({handle.id for handle in handles}) == 1
        assert len({channel.channel_id for channel in [*channels, again]}) == 1
        assert again.adopted
        assert sandbox.count("createConnector") == 1

    run(server, test)


def test_history_and_its_descriptions_contain_no_secret(server: TemporalServer, sandbox: Sandbox) -> None:
    # An API that repeats the secret in its error must not bring it into the history either.
    message = f"the token {TOKEN} was rejected"
    for operation, name in (("createConnector", "echoed"), ("getConnector", "read")):
        sandbox.rule(operation, status=422, json={"code": "InvalidPayload", "message": f"{name}: {message}"}, times=1)

    async def test(temporal: TemporalClient) -> None:
        async with working(temporal, sandbox):
            rejected = await durable.start_install(temporal, install_request(sandbox, bot("Rejected")))
            failure = await failure_of(rejected)
            assert (failure.kind, TOKEN in failure.message) == ("validation", False)
            installed = await durable.start_install(temporal, install_request(sandbox, whatsapp()))
            channel = await installed.result()
            many = await durable.start_onboarding(
                temporal,
                uuid.uuid4().hex,
                durable.OnboardRequest(sandbox.workspace_id, [bot("One"), bot("Two")], FAST),
            )
            assert (await many.result()).ready == 2
            ids = [rejected.id, installed.id, many.id, connector_events_workflow_id(channel.connector_id)]
            for workflow_id in ids:
                handle = temporal.get_workflow_handle(workflow_id)
                history = await handle.fetch_history()
                assert markers_in(history, [TOKEN]) == set(), workflow_id
                assert markers_in(history, ["secret:shop"]) or workflow_id.startswith("bird-connector-events")
                assert TOKEN not in repr(await handle.describe())
        sent = [json.dumps(request["body"]) for request in sandbox.requests("createConnector")]
        assert all(TOKEN in body for body in sent), "the markers prove nothing if the secrets are not sent"

    run(server, test)


def test_install_failure_carries_the_last_status(server: TemporalServer, sandbox: Sandbox) -> None:
    sandbox.default_script(Script.failing("rejected"))

    async def test(temporal: TemporalClient) -> None:
        async with working(temporal, sandbox):
            handle = await durable.start_install(temporal, install_request(sandbox, bot("Support")))
            failure = await failure_of(handle)
            progress = await handle.query(durable.InstallChannel.progress)
        assert (failure.kind, failure.status) == ("wait_failed", "rejected")
        assert failure.connector_id == sandbox.connectors()[0]["id"]
        assert failure.channel_id == sandbox.channels()[0]["id"]
        assert failure.token is not None
        assert progress.phase == "failed"

    run(server, test)


def test_install_times_out_with_the_last_status_and_a_token(server: TemporalServer, sandbox: Sandbox) -> None:
    sandbox.default_script(Script.pending(0))
    settings = durable.InstallSettings(timeout=1, first_interval=0.05, longest_interval=0.2)

    async def test(temporal: TemporalClient) -> durable.InstallFailure:
        async with working(temporal, sandbox):
            request = install_request(sandbox, bot("Support"), settings=settings)
            return await failure_of(await durable.start_install(temporal, request))

    failure = run(server, test)
    assert (failure.kind, failure.status) == ("wait_timed_out", "pending")
    with sandbox.client() as bird:
        assert bird.workspace().connectors.resume(failure.token).id == failure.connector_id


def test_vanished_connector_fails_the_install(server: TemporalServer, sandbox: Sandbox) -> None:
    sandbox.default_script(Script.pending(0).vanish(0.5))

    async def test(temporal: TemporalClient) -> str:
        async with working(temporal, sandbox):
            return (await failure_of(await durable.start_install(temporal, install_request(sandbox, bot("A"))))).kind

    assert run(server, test) == "wait_vanished"


def test_invalid_template_is_not_retried(server: TemporalServer, sandbox: Sandbox) -> None:
    template = durable.TemplateSpec("Sms", "Support", {"phone_number_id": "not-an-id", "channel_message_type": "2fa"})

    async def test(temporal: TemporalClient) -> None:
        async with working(temporal, sandbox):
            handle = await durable.start_install(temporal, install_request(sandbox, template))
            failure = await failure_of(handle)
            history = await handle.fetch_history()
        assert failure.kind == "invalid_input"
        assert activities_of(history) == ["bird_connectors.ensure"]
        assert sandbox.requests() == []

    run(server, test)


def test_lost_response_of_a_create_goes_back_through_ensure(server: TemporalServer, sandbox: Sandbox) -> None:
    # The connector appears only after the search of the first call has ended.
    sandbox.rule("createConnector", fault="lost_response", times=1)
    sandbox.default_script(Script.timed(0.05, 0.2).commit_after(1.5))
    settings = durable.InstallSettings(timeout=30, first_interval=0.05, longest_interval=0.2, reconcile_window=0.2)

    async def test(temporal: TemporalClient) -> list[str]:
        async with working(temporal, sandbox):
            request = install_request(sandbox, whatsapp(), settings=settings)
            handle = await durable.start_install(temporal, request)
            assert (await handle.result()).adopted
            return activities_of(await handle.fetch_history())

    activities = run(server, test)
    assert activities.count("bird_connectors.ensure") > 1
    assert (sandbox.count("createConnector"), len(sandbox.connectors())) == (1, 1)


def test_unknown_outcome_that_never_resolves_fails_without_a_second_create(
    server: TemporalServer, sandbox: Sandbox
) -> None:
    sandbox.rule("createConnector", fault="lost_response", times=1)
    sandbox.default_script(Script.never().commit_after(3600))
    settings = durable.InstallSettings(reconcile_window=0, ensure_timeout=4)

    async def test(temporal: TemporalClient) -> durable.InstallFailure:
        async with working(temporal, sandbox):
            request = install_request(sandbox, whatsapp(), settings=settings)
            return await failure_of(await durable.start_install(temporal, request))

    failure = run(server, test)
    assert failure.unresolved is not None
    assert bc.UnresolvedCreate(failure.unresolved).workspace_id == sandbox.workspace_id
    assert sandbox.count("createConnector") == 1


def test_webhook_finds_its_workflow_and_wakes_it(server: TemporalServer, sandbox: Sandbox) -> None:
    sandbox.default_script(Script.pending(0))
    settings = durable.InstallSettings(first_interval=300, longest_interval=300)

    async def test(temporal: TemporalClient) -> None:
        async with working(temporal, sandbox):
            handle = await durable.start_install(temporal, install_request(sandbox, bot("A"), settings=settings))
            await polled(handle)
            connector_id = sandbox.connectors()[0]["id"]
            sandbox.set_status(connector_id, "active")
            assert await durable.webhook_to_signal(temporal, channel_event(connector_id, "key-1"))
            channel = await handle.result()
            for other in (str(uuid.uuid4()), None):
                assert not await durable.webhook_to_signal(temporal, channel_event(other, "key-2"))
            # The install is over, which ends the workflow that receives its events soon.
            await until(lambda: finds_no_workflow(temporal, connector_id))
            assert channel.status == "active"
            assert channel.elapsed < 150, "without the event, the next poll would be due after 150 s at the earliest"

    run(server, test)


async def finds_no_workflow(temporal: TemporalClient, connector_id: str) -> bool:
    return not await durable.webhook_to_signal(temporal, channel_event(connector_id, "key-3"))


def test_long_wait_continues_as_new_and_keeps_its_state(server: TemporalServer, sandbox: Sandbox) -> None:
    sandbox.default_script(Script.pending(0))

    async def test(temporal: TemporalClient) -> None:
        async with working(temporal, sandbox):
            handle = await durable.start_install(temporal, install_request(sandbox, bot("A")))
            first_run = handle.result_run_id

            async def is_continued() -> bool:
                return (await handle.describe()).run_id != first_run

            await until(is_continued)
            polls = (await handle.query(durable.InstallChannel.progress)).polls
            sandbox.set_status(sandbox.connectors()[0]["id"], "active")
            channel = await handle.result()
        assert channel.polls >= polls > 5
        assert not channel.adopted
        assert sandbox.count("createConnector") == 1

    run(server, test)


def test_cancelled_install_deletes_the_connector_only_on_request(server: TemporalServer, sandbox: Sandbox) -> None:
    sandbox.default_script(Script.pending(0))

    async def test(temporal: TemporalClient) -> None:
        async with working(temporal, sandbox):
            for delete, left in ((False, 1), (True, 0)):
                handle = await durable.start_install(temporal, install_request(sandbox, bot("A")))
                await polled(handle)
                await handle.signal(durable.InstallChannel.cancel, durable.CancelRequest(delete_connector=delete))
                failure = await failure_of(handle)
                assert (failure.kind, failure.status) == ("cancelled", "pending")
                assert len(sandbox.connectors()) == left

    run(server, test)


def test_onboarding_reports_each_item_and_no_failure_stops_the_others(server: TemporalServer, sandbox: Sandbox) -> None:
    sandbox.script_for_name("Bot 3", Script.failing("rejected"))
    templates = [bot(f"Bot {index}") for index in range(12)]
    templates[5] = durable.TemplateSpec("Sms", "Bot 5", {"phone_number_id": "x", "channel_message_type": "2fa"})
    templates[7] = bot("Bot 6")
    request = durable.OnboardRequest(sandbox.workspace_id, templates, FAST, concurrency=3, batch_size=4)

    async def test(temporal: TemporalClient) -> None:
        async with working(temporal, sandbox):
            handle = await durable.start_onboarding(temporal, uuid.uuid4().hex, request)
            first_run = handle.first_execution_run_id
            totals = await handle.result()
            last = temporal.get_workflow_handle(handle.id)
            items = await last.query(durable.OnboardMany.results, args=[0, 100])
            assert (await last.describe()).run_id != first_run, "it continues as new after each batch"
        states = {index: item.state for index, item in enumerate(items) if item.state != "ready"}
        assert states == {3: "failed", 5: "failed", 7: "failed"}
        kinds = [items[index].error_kind for index in (3, 5, 7)]
        assert kinds == ["wait_failed", "invalid_input", "invalid_input"]
        assert items[3].status == "rejected"
        assert totals == durable.OnboardTotals(ready=9, failed=3, cancelled=0, pending=0)
        assert all(item.channel_id for item in items if item.state == "ready")
        assert sandbox.count("createConnector") == 10

    run(server, test)


def test_onboarding_continues_while_an_install_is_stuck(server: TemporalServer, sandbox: Sandbox) -> None:
    sandbox.script_for_name("Bot 0", Script.pending(0))
    templates = [bot(f"Bot {index}") for index in range(3)]
    # The stuck install would time out later than the test.
    settings = dataclasses.replace(FAST, timeout=3600)
    request = durable.OnboardRequest(sandbox.workspace_id, templates, settings, concurrency=1, batch_size=1)

    async def test(temporal: TemporalClient) -> None:
        async with working(temporal, sandbox):
            handle = await durable.start_onboarding(temporal, uuid.uuid4().hex, request)

            async def are_ready() -> bool:
                return (await handle.query(durable.OnboardMany.totals)).ready == 2

            await until(are_ready)
            await handle.signal(durable.OnboardMany.cancel)
            assert await handle.result() == durable.OnboardTotals(ready=2, failed=0, cancelled=1, pending=0)

    run(server, test)


def test_onboarding_shares_its_polls_and_is_readable_while_it_runs(server: TemporalServer, sandbox: Sandbox) -> None:
    sandbox.default_script(Script.pending(0))
    request = durable.OnboardRequest(sandbox.workspace_id, [bot(f"Bot {index}") for index in range(30)], FAST)

    async def test(temporal: TemporalClient) -> None:
        async with working(temporal, sandbox):
            handle = await durable.start_onboarding(temporal, uuid.uuid4().hex, request)
            while True:
                items = await handle.query(durable.OnboardMany.results, args=[0, 100])
                if all(item.status == "pending" for item in items):
                    break
                await asyncio.sleep(0.1)
            sandbox.clear_requests()
            for item in items[:10]:
                sandbox.set_status(item.connector_id or "", "active")

            async def are_ready() -> bool:
                return (await handle.query(durable.OnboardMany.totals)).ready == 10

            await until(are_ready)
            reads = len(sandbox.requests())
            await handle.signal(durable.OnboardMany.cancel)
            totals = await handle.result()
        assert totals == durable.OnboardTotals(ready=10, failed=0, cancelled=20, pending=0)
        listed = sandbox.count("listChannels")
        assert reads - listed <= 5, "listed installs are not polled alone"

    run(server, test)


def test_attempt_after_a_dead_worker_searches_before_it_creates(sandbox: Sandbox) -> None:
    """Without a journal: the connector of the dead attempt is not listed yet when the next one begins."""
    sandbox.default_script(Script.timed(1.5, 2).commit_after(1))

    async def ensure(activities: durable.ConnectorActivities, **info: Any) -> durable.EnsuredConnector:
        environment = ActivityEnvironment()
        environment.info = dataclasses.replace(environment.info, **info)
        settings = durable.InstallSettings(reconcile_window=10)
        return await environment.run(
            activities.ensure, durable.EnsureRequest(sandbox.workspace_id, whatsapp(), settings)
        )

    async def test() -> None:
        async with sandbox.async_client() as client:
            activities = durable.ConnectorActivities(client, resolve_secret=lambda _: TOKEN)
            first = await ensure(activities)
            second = await ensure(activities, attempt=2, heartbeat_details=["in_progress"])
        assert (first.adopted, second.adopted) == (False, True)
        assert first.connector_id == second.connector_id

    asyncio.run(test())
    assert sandbox.count("createConnector") == 1


def test_attempt_after_a_rejected_create_does_not_search(server: TemporalServer, sandbox: Sandbox) -> None:
    sandbox.fail_next("createConnector", 429, times=3)

    async def test(temporal: TemporalClient) -> durable.InstalledChannel:
        async with working(temporal, sandbox):
            settings = durable.InstallSettings(timeout=30, first_interval=0.05, reconcile_window=600)
            handle = await durable.start_install(temporal, install_request(sandbox, whatsapp(), settings=settings))
            return await handle.result()

    # A search would last for the whole window, which exceeds the time limit of the test.
    assert not run(server, test).adopted


def test_resolver_errors_are_reported_without_their_message(sandbox: Sandbox) -> None:
    def broken(name: str) -> str:
        raise RuntimeError(f"vault says {TOKEN} for {name}")

    async def resolve(resolver: Any) -> Any:
        async with sandbox.async_client() as client:
            activities = durable.ConnectorActivities(client, resolve_secret=resolver)
            request = durable.EnsureRequest(sandbox.workspace_id, whatsapp(), FAST)
            with pytest.raises(Exception, match="cannot resolve the secret 'shop'") as raised:
                await ActivityEnvironment().run(activities.ensure, request)
            assert TOKEN not in str(raised.value)
            assert raised.value.__cause__ is None
            return raised.value

    error = asyncio.run(resolve(broken))
    assert (error.type, error.non_retryable) == ("secret_unavailable", False)
    assert asyncio.run(resolve({}.__getitem__)).non_retryable
    assert asyncio.run(resolve(None)).non_retryable
    assert sandbox.requests() == []


def test_resolver_that_does_not_return_is_retried(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_activities, "_RESOLVER_TIMEOUT", 0.05)
    ended = threading.Event()

    def blocks(_: str) -> str:
        ended.wait(HANG_TIMEOUT)
        return TOKEN

    async def waits(_: str) -> str:
        await asyncio.sleep(HANG_TIMEOUT)
        return TOKEN

    async def resolve(resolver: Any) -> Any:
        async with sandbox.async_client() as client:
            activities = durable.ConnectorActivities(client, resolve_secret=resolver)
            request = durable.EnsureRequest(sandbox.workspace_id, whatsapp(), FAST)
            with pytest.raises(Exception, match="cannot resolve the secret 'shop': the resolver timed out") as raised:
                await ActivityEnvironment().run(activities.ensure, request)
            ended.set()
            return raised.value

    for resolver in (blocks, waits):
        error = asyncio.run(resolve(resolver))
        assert (error.type, error.non_retryable) == ("secret_unavailable", False)
    assert sandbox.requests() == []


def test_workflows_replay_in_the_default_sandbox(server: TemporalServer, sandbox: Sandbox) -> None:
    async def test(temporal: TemporalClient) -> None:
        async with working(temporal, sandbox):
            handle = await durable.start_install(temporal, install_request(sandbox, bot("A")))
            await handle.result()
            history = await handle.fetch_history()
        await Replayer(workflows=[durable.InstallChannel]).replay_workflow(history)

    run(server, test)
