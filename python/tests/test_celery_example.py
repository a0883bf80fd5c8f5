"""The Celery example runs with Redis, PostgreSQL and the sandbox, and workers are killed."""

from __future__ import annotations

import collections
import time
from typing import TYPE_CHECKING, Any

import pytest

from bird_connectors.testing import Sandbox, Script
from bird_connectors.webhooks import Verifier, sign
from celery_workers import MARKER, CeleryInstalls, Commands
from services import Server, postgres_server, redis_server
from waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHOPS = range(1001, 1007)
# The visibility timeout is shorter than some tasks, so their messages are delivered again while they run.
FAST = {
    "VISIBILITY_TIMEOUT": 2,
    "FIRST_PAUSE": 0.1,
    "LONGEST_PAUSE": 0.5,
    "STALLED_AFTER": 4,
    "LEASE": 2,
    "RECONCILE_WINDOW": 6,
}
URL = "https://hooks.example.com/bird"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with postgres_server(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "redis").mkdir()
    with redis_server(tmp_path / "redis") as server:
        yield server


@pytest.fixture
def open_installs(database: Server, broker: Server, tmp_path: Path) -> Iterator[Any]:
    """Starts the example with these settings, with empty tables."""
    opened: list[CeleryInstalls] = []

    def open(sandbox: Sandbox, **settings: float) -> CeleryInstalls:
        environment = {**sandbox.environment(), **{name: str(value) for name, value in settings.items()}}
        installs = CeleryInstalls(tmp_path, broker, database, environment, SHOPS)
        opened.append(installs)
        installs.reset()
        return installs

    yield open
    for installs in opened:
        installs.stop()


def test_killed_workers_lose_and_duplicate_nothing(open_installs: Any) -> None:
    # The first creates last longer than the visibility timeout, and no search finds their connectors yet.
    with Sandbox(Script.timed(0.05, 0.2).commit_after(4)) as sandbox:
        sandbox.script_for_name("Shop 1005", Script.failing("rejected").commit_after(4))
        sandbox.rule("createConnector", times=4, delay_response=3)
        sandbox.rule("createConnector", fault="lost_response", nth=6)
        installs = open_installs(sandbox, **FAST)
        with Commands(installs.redis_url).recorded() as commands:
            first, second = installs.start_worker(), installs.start_worker()
            installs.start_beat()
            done = installs.run("install", *map(str, SHOPS))
            assert done.returncode == 0, done.stderr
            eventually(lambda: sandbox.count("createConnector") >= 2)
            installs.kill_worker(first)
            installs.start_worker()
            eventually(lambda: sandbox.count("createConnector") >= 5)
            eventually(lambda: installs.kill_pool_process(second))
            eventually(installs.is_complete, 120)
        connectors = {connector["name"]: connector["id"] for connector in sandbox.connectors()}
        channels = {channel["connectorId"]: channel["id"] for channel in sandbox.channels()}
        states = installs.states()
        for shop in SHOPS:
            state, connector, channel, reason = states[str(shop)]
            assert connector == connectors[f"Shop {shop}"], installs.log.read_text()
            if shop == 1005:
                assert state == "failed"
                assert "`rejected`" in str(reason)
            else:
                assert (state, channel) == ("ready", channels[connector]), reason
        assert len(sandbox.connectors()) == len(SHOPS)
        statuses = collections.Counter(request["status"] for request in sandbox.requests("createConnector"))
        assert statuses[409] == 0
        # The secrets were sent to the API, and the names of the shops in messages.
        assert MARKER in str(sandbox.requests("createConnector"))
        # The recorder reads the commands after Redis has processed them.
        eventually(lambda: all(f'"{shop}"' in "\n".join(commands) for shop in SHOPS))
        messages = "\n".join(commands)
    assert MARKER not in messages
    assert MARKER not in str(states)
    assert MARKER not in installs.log.read_text()


def test_webhook_wakes_an_install_long_before_its_next_poll(
    open_installs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sandbox(Script.pending(0)) as sandbox:
        # Without the webhook, the second poll would be due after ten minutes.
        installs = open_installs(sandbox, FIRST_PAUSE=600, LONGEST_PAUSE=600)
        installs.start_worker()
        done = installs.run("install", "1001")
        assert done.returncode == 0, done.stderr
        is_waiting = "SELECT connector_id FROM installs WHERE step = 1 AND claimed_until IS NULL"
        connector = eventually(lambda: installs.query(is_waiting))[0][0]
        assert sandbox.set_status(connector, "active")

        example = installs.load(monkeypatch)
        verifier = Verifier(signing_keys=["key"], url=URL)
        body = b'{"service":"channels","event":"channel.updated","payload":{"connectorId":"%s"}}' % connector.encode()
        now = int(time.time())
        headers = {"messagebird-request-timestamp": str(now), "messagebird-signature": "forged"}
        assert example.receive(verifier, headers, body) == 401
        headers["messagebird-signature"] = sign(signing_key="key", timestamp=now, url=URL, body=body)
        assert example.receive(verifier, headers, body) == 204
        eventually(installs.is_complete)
        example.database().close()
    assert installs.run("show").stdout.startswith("1001 ready ")


def test_messages_that_are_delivered_again_do_not_multiply(open_installs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox(Script.pending(0)) as sandbox:
        installs = open_installs(sandbox, FIRST_PAUSE=600, LONGEST_PAUSE=600)
        installs.start_worker()
        assert installs.run("install", "1001").returncode == 0
        is_waiting = "SELECT token FROM installs WHERE step = 1 AND claimed_until IS NULL"
        token = eventually(lambda: installs.query(is_waiting))[0][0]
        example = installs.load(monkeypatch)
        for _ in range(3):
            example.install.delay("1001")
            example.poll.delay("1001", token, 0)

        def tasks(kind: str) -> Any:
            found = getattr(example.app.control.inspect(), kind)()
            return next(iter(found.values())) if found else None

        # Each `install` sends another poll of step 0. The poll of step 1 is not due.
        expected = {"celery_installs.install": 4, "celery_installs.poll": 7}
        eventually(lambda: (tasks("stats") or {}).get("total") == expected)
        scheduled = [entry["request"]["args"] for entry in tasks("scheduled")]
        assert scheduled == [["1001", token, 1]]
        assert sandbox.count("createConnector") == 1
        example.database().close()


def test_pause_that_comes_near_to_the_visibility_timeout_is_refused_at_the_start(open_installs: Any) -> None:
    with Sandbox() as sandbox:
        installs = open_installs(sandbox)
    installs.environment.update(VISIBILITY_TIMEOUT="2", LONGEST_PAUSE="0.6")
    done = installs.run("show")
    assert done.returncode == 1
    assert "use a pause of at most a quarter of it" in done.stderr


def test_connector_that_is_listed_after_the_window_is_not_created_again(open_installs: Any) -> None:
    with Sandbox(Script.timed(0.05, 0.2).commit_after(5)) as sandbox:
        sandbox.rule("createConnector", fault="lost_response")
        installs = open_installs(sandbox, **{**FAST, "RECONCILE_WINDOW": 1})
        installs.start_worker()
        assert installs.run("install", "1001").returncode == 0
        eventually(installs.is_complete)
        assert sandbox.count("createConnector") == 1
        connectors = [connector["id"] for connector in sandbox.connectors()]
    state, connector, _, reason = installs.states()["1001"]
    assert (state, [connector]) == ("ready", connectors), reason


def test_unresolved_create_ends_as_failed_and_is_created_again_on_request(open_installs: Any) -> None:
    with Sandbox(Script.timed(0.05, 0.2)) as sandbox:
        # As after a worker that was killed before it sent its create, no search can find a connector.
        sandbox.rule("createConnector", status=502)
        installs = open_installs(sandbox, **{**FAST, "RECONCILE_WINDOW": 1}, INSTALL_TIMEOUT=3)
        worker = installs.start_worker()
        assert installs.run("install", "1001").returncode == 0
        eventually(installs.is_complete)
        state, _, _, reason = installs.states()["1001"]
        assert state == "failed"
        assert "start the workers with RECREATE_AFTER_WINDOW=1" in str(reason)
        assert sandbox.count("createConnector") == 1
        eventually(lambda: "WARNING" in installs.log.read_text())
        assert "the install of shop 1001 failed: " in installs.log.read_text()

        installs.kill_worker(worker)
        installs.environment.update(RECREATE_AFTER_WINDOW="1", INSTALL_TIMEOUT="3600")
        installs.start_worker()
        assert installs.run("install", "1001").returncode == 0
        eventually(installs.is_complete)
        assert sandbox.count("createConnector") == 2
        assert len(sandbox.connectors()) == 1
    state, _, _, reason = installs.states()["1001"]
    assert (state, reason) == ("ready", None)


def test_installs_continue_when_the_access_key_and_a_secret_are_corrected(open_installs: Any) -> None:
    with Sandbox(Script.timed(0.05, 0.2)) as sandbox:
        sandbox.rule(None, status=401, times=3)
        installs = open_installs(sandbox, **FAST)
        first = installs.start_worker()
        # The second one has no secret.
        assert installs.run("install", "1001", "9999").returncode == 0
        eventually(lambda: installs.states()["1001"][0] == "ready")
        eventually(lambda: "shop 9999: the secret shop-9999 is missing; the task" in installs.log.read_text())
        assert installs.states()["9999"][0] == "installing"
        assert "errors#authentication]; the task is repeated" in installs.log.read_text()
        installs.kill_worker(first)
        installs.environment["SECRET_SHOP_9999"] = f"{MARKER}-9999"
        installs.start_worker()
        installs.start_beat()
        eventually(installs.is_complete)
    assert installs.states()["9999"][0] == "ready"
    assert MARKER not in installs.log.read_text()


def test_message_of_a_failed_install_does_not_touch_the_one_that_is_started_again(
    open_installs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sandbox(Script.failing("rejected")) as sandbox:
        installs = open_installs(sandbox, **FAST)
        worker = installs.start_worker()
        assert installs.run("install", "1001").returncode == 0
        eventually(installs.is_complete)
        [(token,)] = installs.query("SELECT token FROM installs")
        installs.kill_worker(worker)
        assert installs.run("install", "1001").returncode == 0
        example = installs.load(monkeypatch)
        assert not example.is_open("1001", token, 9)
        assert example.claim("1001", token, 9) is None
        example.database().close()
    assert installs.states()["1001"] == ("installing", None, None, None)


def test_worker_with_an_invalid_configuration_does_not_start(open_installs: Any) -> None:
    with Sandbox() as sandbox:
        installs = open_installs(sandbox)
        installs.environment["BIRD_ACCESS_KEY"] = ""
        worker = installs.start_worker()
        assert installs.processes[worker].wait(60) != 0
    assert "the worker does not start: " in installs.log.read_text()
    assert "BIRD_ACCESS_KEY" in installs.log.read_text()


def test_processes_divide_the_limits_of_the_workspace(open_installs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox() as sandbox:
        installs = open_installs(sandbox, PROCESSES=8)
        example = installs.load(monkeypatch)
        used = []
        monkeypatch.setattr(example.Client, "from_env", lambda rate_limit: used.append(rate_limit))
        example.new_client()
    assert [(limits.get, limits.post) for limits in used] == [(6, 62)]
