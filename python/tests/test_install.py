"""Installs, and waiting until the channel of an install can send."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

import bird_connectors as bc
import wire
from bird_connectors import AsyncClient, Client, Sms
from install_api import InstallApi
from stub import Response, error_response
from waiting import PROMPT

if TYPE_CHECKING:
    from conftest import ClientRunner

FAST = (0.05, 0.05)
"""Interval between polls, in seconds."""

SMS = Sms(name="Support NL", **wire.template_arguments())


def install(runner: ClientRunner, base_url: str) -> Any:
    workspace = runner.workspace(base_url, max_attempts=1)
    return runner.call(lambda: workspace.connectors.install(SMS))


def test_install_returns_the_created_connector(runner: ClientRunner, serve: Any) -> None:
    handle = install(runner, serve(InstallApi("active")).base_url)
    assert handle.id == wire.CONNECTOR
    assert handle.connector == bc.Connector.from_dict(wire.FULL_CONNECTOR)
    assert str(handle.token)
    assert wire.CONNECTOR in repr(handle)


def test_until_ready_returns_the_active_channel(runner: ClientRunner, serve: Any) -> None:
    handle = install(runner, serve(InstallApi("pending", "weird", "active")).base_url)
    ready = runner.call(lambda: handle.until_ready(timeout=30, interval=FAST))
    assert ready.channel_id == wire.CHANNEL
    assert ready.channel == bc.Channel.from_dict(wire.channel("active"))
    assert ready.connector.id == wire.CONNECTOR
    assert ready.confirmed_by == "channel"
    assert ready.polls == 3
    assert ready.elapsed > 0
    assert pickle.loads(pickle.dumps(ready)) == ready
    assert copy.deepcopy(ready) == ready
    assert hash(ready) == hash(copy.copy(ready))
    with pytest.raises(AttributeError):
        ready.channel_id = "other"


def test_on_progress_receives_every_poll(runner: ClientRunner, serve: Any) -> None:
    handle = install(runner, serve(InstallApi("pending", "weird", "active")).base_url)
    steps: list[Any] = []
    ready = runner.call(lambda: handle.until_ready(timeout=30, interval=FAST, on_progress=steps.append))
    assert [(step.poll, step.status, step.ready) for step in steps] == [
        (1, "pending", None),
        (2, "weird", None),
        (3, "active", ready),
    ]
    assert steps[0].stage == "checking"
    assert steps[0].connector_id == wire.CONNECTOR
    assert steps[0].channel_id == wire.CHANNEL
    assert steps[0].next_poll_in > 0
    assert steps[-1].next_poll_in is None
    assert steps[0].error is None
    assert [step.confirmed_by for step in steps] == [None, None, "channel"]


def test_ready_names_the_source_of_the_confirmation(runner: ClientRunner, serve: Any) -> None:
    api = InstallApi("pending", readiness=Response(200, {"channel": {"status": "active"}}))
    handle = install(runner, serve(api).base_url)
    ready = runner.call(lambda: handle.until_ready(status=None))
    assert ready.confirmed_by == "connector"
    api.channel = error_response(403)
    ready = runner.call(lambda: handle.until_ready(interval=FAST))
    assert (ready.confirmed_by, ready.channel) == ("readiness_channel", None)


def test_progress_iterates_over_polls(runner: ClientRunner, serve: Any) -> None:
    handle = install(runner, serve(InstallApi("pending", "active")).base_url)
    steps = runner.collect(lambda: handle.progress(interval=FAST))
    assert [step.status for step in steps] == ["pending", "active"]
    assert steps[0].ready is None
    assert steps[-1].ready == bc.Ready(
        wire.CHANNEL, steps[-1].channel, steps[-1].connector, "channel", 2, steps[-1].elapsed
    )


def test_options_apply_and_single_arguments_override_them(runner: ClientRunner, serve: Any) -> None:
    handle = install(runner, serve(InstallApi("pending", "broken", "broken", "active")).base_url)
    options = bc.WaitOptions(timeout=30, interval=FAST, failure_statuses=["BROKEN"])
    with pytest.raises(bc.InstallFailedError):
        runner.call(lambda: handle.until_ready(options=options))

    handle = install(runner, serve(InstallApi("pending", "broken", "broken", "active")).base_url)
    ready = runner.call(lambda: handle.until_ready(options=options, failure_statuses=["other"]))
    assert ready.polls == 4

    handle = install(runner, serve(InstallApi("pending")).base_url)
    ready = runner.call(lambda: handle.until_ready(options=options, status=None))
    assert ready.confirmed_by == "connector"


@pytest.mark.parametrize("timeout", [0.05, timedelta(milliseconds=50)])
def test_timeout_of_the_options_applies_unless_a_timeout_is_passed(
    timeout: Any, runner: ClientRunner, serve: Any
) -> None:
    handle = install(runner, serve(InstallApi("pending")).base_url)
    options = bc.WaitOptions(timeout=timeout, interval=FAST)
    with pytest.raises(bc.WaitTimeoutError):
        runner.call(lambda: handle.until_ready(options=options))
    options = bc.WaitOptions(timeout=None, interval=FAST)
    with pytest.raises(bc.WaitTimeoutError):
        runner.call(lambda: handle.until_ready(timeout, options=options))
    handle = install(runner, serve(InstallApi("pending", "pending", "active")).base_url)
    options = bc.WaitOptions(timeout=0, interval=FAST)
    ready = runner.call(lambda: handle.until_ready(300.0, options=options))
    assert ready.polls == 3, "a timeout that equals the default is passed as well"


def test_options_are_a_frozen_record() -> None:
    options = bc.WaitOptions(timeout=5, failure_statuses=["failed"])
    assert options == pickle.loads(pickle.dumps(options)) != bc.WaitOptions(timeout=5)
    assert hash(options) == hash(bc.WaitOptions(timeout=5, failure_statuses=("failed",)))
    assert repr(bc.WaitOptions()) == "WaitOptions(timeout=300.0, status='active')"
    with pytest.raises(AttributeError):
        options.timeout = 6  # type: ignore[misc]
    with pytest.raises(TypeError, match="invalid failure_statuses: expected a list, even for a single value, got str"):
        bc.WaitOptions(failure_statuses="failed")


def test_invalid_options_are_rejected(runner: ClientRunner, serve: Any) -> None:
    workspace = runner.workspace(serve(InstallApi("pending")).base_url)
    waits = {
        "until_ready": lambda **options: runner.call(
            lambda: workspace.connectors.follow(wire.CONNECTOR).until_ready(**options)
        ),
        "progress": lambda **options: workspace.connectors.follow(wire.CONNECTOR).progress(**options),
        "wait_all": lambda **options: workspace.connectors.wait_all([], **options),
    }
    for name, wait in waits.items():
        with pytest.raises(TypeError, match=rf"{name}\(\) got an unexpected keyword argument 'until'"):
            wait(until="active")
        with pytest.raises(TypeError, match="options must be WaitOptions, not dict"):
            wait(options={"timeout": 5})


class Stop(Exception):
    pass


@pytest.mark.parametrize("stop", [Stop, KeyboardInterrupt, SystemExit])
def test_exception_in_the_callback_ends_the_wait(stop: type[BaseException], runner: ClientRunner, serve: Any) -> None:
    stub = serve(InstallApi("pending"))
    handle = install(runner, stub.base_url)

    def report(_: Any) -> None:
        raise stop("enough")

    with pytest.raises(stop, match="enough"):
        runner.call(lambda: handle.until_ready(timeout=30, interval=FAST, on_progress=report))
    polls = len(stub.requests)
    time.sleep(0.3)
    assert len(stub.requests) == polls, "the wait keeps polling"


def test_callback_runs_on_the_thread_of_the_caller(runner: ClientRunner, serve: Any) -> None:
    import threading

    threads: set[int] = set()
    handle = install(runner, serve(InstallApi("pending", "active")).base_url)
    runner.call(lambda: handle.until_ready(interval=FAST, on_progress=lambda _: threads.add(threading.get_ident())))
    assert threads == {threading.get_ident()}


def test_callback_can_be_a_coroutine_function(serve: Any) -> None:
    client = AsyncClient(access_key=wire.KEY, base_url=serve(InstallApi("pending", "active")).base_url)
    statuses: list[str] = []

    async def report(step: bc.Progress) -> None:
        await asyncio.sleep(0)
        statuses.append(str(step.status))

    async def stop_wait(step: bc.Progress) -> None:
        await asyncio.sleep(0)
        raise Stop("enough")

    async def run() -> None:
        handle = await client.workspace(wire.WORKSPACE).connectors.install(SMS)
        await handle.until_ready(interval=FAST, on_progress=report)
        with pytest.raises(Stop, match="enough"):
            await handle.until_ready(interval=FAST, on_progress=stop_wait)

    asyncio.run(run())
    assert statuses == ["pending", "active"]


def test_callback_can_call_the_client(serve: Any) -> None:
    client = Client(access_key=wire.KEY, base_url=serve(InstallApi("pending", "active")).base_url)
    workspace = client.workspace(wire.WORKSPACE)
    names: list[str] = []
    workspace.connectors.install(SMS).until_ready(
        on_progress=lambda _: names.append(workspace.connectors.get(wire.CONNECTOR).name)
    )
    assert names == ["Support NL", "Support NL"]


def test_token_resumes_the_wait_in_another_client(runner: ClientRunner, serve: Any) -> None:
    stub = serve(InstallApi("pending", "active"))
    token = install(runner, stub.base_url).token
    assert type(token) is bc.WaitToken
    workspace = runner.workspace(stub.base_url)
    handle = workspace.connectors.resume(token)
    assert handle.connector is None
    assert handle.id == wire.CONNECTOR
    assert handle.token == token
    assert runner.call(lambda: handle.until_ready()).channel_id == wire.CHANNEL


@pytest.mark.parametrize("token", ["", "nonsense", "e30", "{}"])
def test_resume_rejects_an_invalid_token(token: str, runner: ClientRunner) -> None:
    with pytest.raises(bc.InvalidInputError, match="token"):
        runner.workspace("http://127.0.0.1:1").connectors.resume(token)


def test_resume_rejects_a_token_of_another_workspace(runner: ClientRunner, serve: Any) -> None:
    token = install(runner, serve(InstallApi("active")).base_url).token
    with pytest.raises(bc.InvalidInputError, match="workspace"):
        runner.client("http://127.0.0.1:1").workspace(wire.CHANNEL).connectors.resume(token)


def wait_error(runner: ClientRunner, api: Any, serve: Any, **settings: Any) -> Any:
    handle = install(runner, serve(api).base_url)
    with pytest.raises(bc.WaitError) as caught:
        runner.call(lambda: handle.until_ready(**settings))
    check_pickle_and_copy(caught.value)
    assert caught.value.token
    assert caught.value.polls >= 1
    assert caught.value.elapsed >= 0
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500
    return caught.value


def check_pickle_and_copy(caught: Any) -> None:
    for copied in (pickle.loads(pickle.dumps(caught)), copy.copy(caught)):
        assert type(copied) is type(caught)
        assert str(copied) == str(caught)
        for name in (
            "connector_id", "last", "readiness", "status", "stage", "token", "polls", "last_error_poll", "elapsed",
            "outcome", "attempts", "request_id", "unresolved",
        ):  # fmt: skip
            assert getattr(copied, name) == getattr(caught, name), name
        assert type(copied.__cause__) is type(caught.__cause__)
        assert str(copied.__cause__) == str(caught.__cause__)


def test_wait_times_out_without_waiting_for_the_next_poll(runner: ClientRunner, serve: Any) -> None:
    began = time.monotonic()
    caught = wait_error(runner, InstallApi("pending"), serve, timeout=1.5, interval=(600, 600))
    assert time.monotonic() - began < PROMPT
    assert type(caught) is bc.WaitTimeoutError
    assert (caught.status, caught.stage) == ("pending", "checking")
    assert (caught.connector_id, caught.last_error_poll) == (wire.CONNECTOR, None)
    assert caught.readiness.channel.stage == "checking"
    assert caught.last == bc.Connector.from_dict(wire.FULL_CONNECTOR)
    assert "pending" in str(caught)
    assert "timed out" in str(caught)


def test_wait_timeout_names_the_last_poll_error(runner: ClientRunner, serve: Any) -> None:
    api = InstallApi("pending")
    api.channel = error_response(503, "Busy", "come back later")
    caught = wait_error(runner, api, serve, timeout=1.5)
    assert type(caught) is bc.WaitTimeoutError
    assert isinstance(caught.__cause__, bc.ServerError)
    assert caught.last_error_poll == caught.polls
    assert "come back later" in str(caught)


def test_failed_install_raises_install_failed_error(runner: ClientRunner, serve: Any) -> None:
    caught = wait_error(runner, InstallApi("pending", "Failed"), serve, timeout=30, interval=FAST)
    assert type(caught) is bc.InstallFailedError
    assert (caught.status, caught.reported_by) == ("Failed", "channel")
    assert pickle.loads(pickle.dumps(caught)).reported_by == "channel"
    assert "delete the connector" in str(caught)


def test_status_in_failure_statuses_fails_the_wait(runner: ClientRunner, serve: Any) -> None:
    caught = wait_error(runner, InstallApi("sad"), serve, timeout=30, interval=FAST, failure_statuses=["sad"])
    assert type(caught) is bc.InstallFailedError


def test_deleted_connector_raises_connector_vanished_error(runner: ClientRunner, serve: Any) -> None:
    # Shortly after a create, a 404 can be temporary. So this install began long ago.
    fields = {"v": 1, "workspace": wire.WORKSPACE, "connector": wire.CONNECTOR, "created_at": "2026-01-02T03:04:05Z"}
    token = json.dumps({**fields, "observed": True})
    workspace = runner.workspace(serve(error_response(404)).base_url, max_attempts=1)
    with pytest.raises(bc.ConnectorVanishedError) as caught:
        runner.call(lambda: workspace.connectors.resume(token).until_ready(timeout=30, interval=FAST))
    check_pickle_and_copy(caught.value)
    assert caught.value.polls == 2
    assert "no longer exists" in str(caught.value)


def test_key_without_read_permissions_raises_wait_denied_error(runner: ClientRunner, serve: Any) -> None:
    api = InstallApi("pending")
    api.connector = api.channel = api.readiness = error_response(403)
    caught = wait_error(runner, api, serve, timeout=30, interval=FAST)
    assert type(caught) is bc.WaitDeniedError
    assert isinstance(caught.__cause__, bc.PermissionDeniedError)


@pytest.mark.parametrize("timeout", [-1, float("nan"), float("inf"), "soon", True, 2**4000])
def test_until_ready_rejects_an_invalid_timeout(timeout: Any, runner: ClientRunner, serve: Any) -> None:
    handle = install(runner, serve(InstallApi("active")).base_url)
    with pytest.raises((bc.InvalidInputError, TypeError)):
        runner.call(lambda: handle.until_ready(timeout=timeout))


@pytest.mark.parametrize("timeout", [None, 0, 10**12, 30, timedelta(seconds=30)])
def test_until_ready_accepts_a_valid_timeout(timeout: Any, runner: ClientRunner, serve: Any) -> None:
    handle = install(runner, serve(InstallApi("active")).base_url)
    assert runner.call(lambda: handle.until_ready(timeout=timeout)).polls == 1


def test_install_wait_send_and_delete_in_the_sandbox(runner: ClientRunner, sandbox: Any) -> None:
    client = runner.client(sandbox.base_url, sandbox.access_key)
    workspace = client.workspace(sandbox.workspace_id)
    number = runner.collect(lambda: workspace.numbers.list())[0]
    sms = Sms(name="Support NL", phone_number_id=number.id, channel_message_type="conversational")
    handle = runner.call(lambda: workspace.connectors.install(sms))
    ready = runner.call(lambda: handle.until_ready(timeout=30, interval=FAST))
    message = runner.call(lambda: workspace.channels.send_text(ready.channel_id, to="+31612345678", text="Hello"))
    assert message.id
    assert [c.id for c in runner.collect(lambda: workspace.connectors.list())] == [handle.id]
    assert runner.call(lambda: workspace.connectors.delete(handle.id)).already_gone is False
    with pytest.raises(bc.NotFoundError):
        runner.call(lambda: workspace.channels.get(ready.channel_id))


def test_signed_token_is_read_only_with_its_key(runner: ClientRunner, serve: Any) -> None:
    token = install(runner, serve(InstallApi("active")).base_url).token
    for key in ["secret-key", b"secret-key"]:
        signed = token.sign(key)
        assert signed.count(".") == 1
        verified = bc.WaitToken.verify(f" {signed}\n", key)
        assert verified == token
        assert type(verified) is bc.WaitToken
    # A stored string can be signed as well.
    assert bc.WaitToken(str(token)).sign("secret-key") == token.sign("secret-key")
    assert pickle.loads(pickle.dumps(token)) == token
    signed = token.sign("secret-key")
    for forged, key, why in [
        (signed, "another-key", "another key"),
        (signed[:-1] + ("A" if signed[-1] != "A" else "E"), "secret-key", "wait token"),
        (token, "secret-key", "not signed"),
        (signed, "", "key is empty"),
        ("", "secret-key", "not signed"),
    ]:
        with pytest.raises(bc.InvalidInputError, match=why) as caught:
            bc.WaitToken.verify(forged, key)
        assert "secret-key" not in str(caught.value)
    with pytest.raises(bc.InvalidInputError, match="verify"):
        runner.workspace("http://127.0.0.1:1").connectors.resume(signed)
    with pytest.raises(bc.InvalidInputError):
        bc.WaitToken("nonsense").sign("secret-key")
    bad: Any = 5
    with pytest.raises(TypeError, match="key: expected a str or bytes"):
        token.sign(bad)
