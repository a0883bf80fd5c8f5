"""Checks the Celery recipe under faults: workers are killed, responses are lost, and messages are delivered again.

`cargo xtask drill celery` runs it. It starts Redis, PostgreSQL, a sandbox, a webhook receiver and Celery workers, and
kills a worker or a process of its pool with SIGKILL every few seconds: first with a visibility timeout of an hour, and
then with one of 2 seconds. Some connectors are listed after the window in which a search finds them, and must not be
created again. A worker that is killed before it sends a create leaves one that is unresolved: its install fails, and is
started again with `RECREATE_AFTER_WINDOW`. In the end, every install must have the expected result, no connector may
exist twice, and no command that Redis has received may contain a secret.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import redis

from bird_connectors.testing import Sandbox, Script
from bird_connectors.webhooks import Verifier
from celery_workers import MARKER, CeleryInstalls, Commands
from services import Server, ends_with_parent, postgres_server, redis_server
from waiting import eventually, settled

if TYPE_CHECKING:
    from collections.abc import Iterator

ORIGIN = "https://hooks.example.com"
URL = f"{ORIGIN}/bird"
KEY = "a signing key"


@contextlib.contextmanager
def webhook_receiver(example: Any) -> Iterator[str]:
    """Passes deliveries to the example, as a web application would."""
    verifier = Verifier(signing_keys=[KEY], url=URL)

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(example.receive(verifier, self.headers, body))
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def kill_until(installs: CeleryInstalls, workers: list[int], every: float, limit: float) -> tuple[int, int]:
    """Kills workers and processes of their pools in turns until all installs have ended. Returns how many of each."""
    choice = random.Random(1)
    kills = [0, 0]
    began = last_kill = time.monotonic()
    while not installs.is_complete():
        if time.monotonic() - began > limit:
            raise TimeoutError(f"installs without a result after {limit:g} s: {installs.states()}")
        time.sleep(0.1)
        if time.monotonic() - last_kill < every:
            continue
        last_kill = time.monotonic()
        position = choice.randrange(len(workers))
        if kills[0] > kills[1]:
            kills[1] += installs.kill_pool_process(workers[position])
        else:
            installs.kill_worker(workers[position])
            workers[position] = installs.start_worker()
            kills[0] += 1
    return kills[0], kills[1]


def recreate_unresolved(installs: CeleryInstalls, example: Any, names: set[str], limit: float) -> tuple[int, list[str]]:
    """Starts installs that failed as unresolved again, as an operator does.

    Returns their number, and the shops of those whose connector exists: a search should have found it.
    """
    unresolved = [shop for shop, (*_, reason) in installs.states().items() if example.UNRESOLVED in str(reason)]
    created = [shop for shop in unresolved if f"Shop {shop}" in names]
    if unresolved and not created:
        installs.stop()
        installs.environment["RECREATE_AFTER_WINDOW"] = "1"
        installs.start_worker()
        installs.start_beat()
        for shop in unresolved:
            example.start(shop)
        eventually(installs.is_complete, limit)
    return len(unresolved), created


def drill(options: argparse.Namespace, visibility_timeout: float, database: Server) -> dict[str, Any]:
    shops = range(1001, 1001 + options.installs)
    failing = {str(shop) for shop in shops if shop % 20 == 7}
    listed_late = {str(shop) for shop in shops if shop % 20 == 3}
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "redis").mkdir()
        broker = stack.enter_context(redis_server(folder / "redis"))
        # No search finds a connector in the first seconds.
        sandbox = stack.enter_context(Sandbox(Script.timed(1, 4).commit_after(5)))
        for shop in failing:
            sandbox.script_for_name(f"Shop {shop}", Script.failing("rejected").commit_after(5))
        for shop in listed_late:
            sandbox.script_for_name(f"Shop {shop}", Script.timed(1, 4).commit_after(12))
        # Some creates last longer than the short visibility timeout.
        for number in range(5, options.installs, 10):
            sandbox.rule("createConnector", delay_response=4, nth=number)
        for number in range(10, options.installs, 30):
            sandbox.rule("createConnector", fault="lost_response", nth=number)
        # As after a worker that is killed before it sends its create. A short drill has too few installs for it.
        for number in range(92, options.installs, 100):
            sandbox.rule("createConnector", status=502, nth=number)
        settings = {
            "VISIBILITY_TIMEOUT": visibility_timeout,
            "FIRST_PAUSE": 0.2,
            "LONGEST_PAUSE": 0.5,
            "STALLED_AFTER": 4,
            "LEASE": 2,
            "RECONCILE_WINDOW": 8,
            "INSTALL_TIMEOUT": options.install_timeout,
        }
        environment = {**sandbox.environment(), **{name: str(value) for name, value in settings.items()}}
        installs = CeleryInstalls(folder, broker, database, environment, shops)
        stack.callback(installs.stop)
        installs.reset()
        commands = stack.enter_context(Commands(installs.redis_url).recorded())
        example = installs.load()
        stack.callback(lambda: example.database().close())
        sandbox.route(ORIGIN, stack.enter_context(webhook_receiver(example)))
        with sandbox.client() as bird:
            bird.workspace().webhook_subscriptions.subscribe_to_channels(url=URL, signing_key=KEY)
        workers = [installs.start_worker() for _ in range(options.workers)]
        installs.start_beat()
        began = time.monotonic()
        for shop in shops:
            example.start(str(shop))
        kills = kill_until(installs, workers, options.kill_every, options.limit)
        names = {connector["name"] for connector in sandbox.connectors()}
        unresolved, overlooked = recreate_unresolved(installs, example, names, options.limit)
        seconds = time.monotonic() - began
        installs.stop()
        log = installs.log.read_text(errors="replace")
        received = collections.Counter(re.findall(r"Task celery_installs\.\w+\[([\w-]+)\] received", log))
        retries = len(re.findall(r"Task celery_installs\.\w+\[[\w-]+\] retry: ", log))
        connectors = sandbox.connectors()
        ids = {connector["name"]: connector["id"] for connector in connectors}
        channels = {channel["connectorId"]: channel["id"] for channel in sandbox.channels()}
        wrong = []
        for shop, (state, connector, channel, reason) in sorted(installs.states().items()):
            is_right = connector is not None and connector == ids.get(f"Shop {shop}")
            if shop in failing:
                is_right = is_right and state == "failed" and "`rejected`" in str(reason)
            else:
                is_right = is_right and state == "ready" and channel == channels[connector]
            if not is_right:
                wrong.append(f"{shop}: {state} {connector} {channel} {reason}")
        creates = sandbox.requests("createConnector")
        statuses = collections.Counter(request["status"] for request in creates)
        places = {"Redis": "\n".join(commands), "the table": str(installs.states()), "the log": log}
        return {
            "visibility timeout": f"{visibility_timeout:g} s",
            "installs": options.installs,
            "right results": len(shops) - len(wrong),
            "duplicates": len(connectors) - len(ids),
            "missing connectors": options.installs - len(ids),
            "answered 409": statuses[409],
            "unresolved at first": unresolved,
            "overlooked connectors": overlooked,
            "workers killed": kills[0],
            "pool processes killed": kills[1],
            "messages": sum(received.values()),
            # A retry has the id of its task.
            "delivered again": sum(count - 1 for count in received.values()) - retries,
            "webhooks received": sum(attempt["status"] == 204 for attempt in sandbox.delivery_attempts()),
            "secrets sent to the API": sum(MARKER in str(request) for request in creates),
            "secrets elsewhere": [place for place, contents in places.items() if MARKER in contents],
            "seconds": round(seconds, 1),
            "problems": wrong[:5],
        }


LONG_COUNTDOWN = """
import os
from celery import Celery

app = Celery("long_countdown", broker=os.environ["REDIS_URL"])
app.conf.update(
    task_acks_late=True,
    broker_transport_options={"visibility_timeout": 2, "unacked_restore_interval": 1, "unacked_restore_throttle": 1},
)

@app.task
def record():
    app.connection_for_write().default_channel.client.incr("runs")
"""


def runs_of_a_long_countdown() -> int:
    """Sends one message whose countdown exceeds the visibility timeout, and returns how often its task runs."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        (folder / "long_countdown.py").write_text(LONG_COUNTDOWN)
        (folder / "redis").mkdir()
        broker = stack.enter_context(redis_server(folder / "redis"))
        environment = {**os.environ, "REDIS_URL": f"redis://127.0.0.1:{broker.port}/0"}
        options = ["-A", "long_countdown", "worker", "--concurrency", "1", "--without-gossip", "--without-mingle"]
        options += ["--loglevel", "INFO"]
        for index in range(3):
            command = [sys.executable, "-m", "celery", *options, "--hostname", f"worker-{index}@localhost"]
            with (folder / "log").open("ab") as log:
                worker = subprocess.Popen(
                    [*ends_with_parent("KILL"), *command], cwd=folder, env=environment, stdout=log, stderr=log
                )
            stack.callback(worker.wait)
            stack.callback(worker.terminate)
        eventually(lambda: (folder / "log").read_text().count(" ready.") == 3)
        client = redis.Redis.from_url(environment["REDIS_URL"])
        command = [sys.executable, "-c", "import long_countdown; long_countdown.record.apply_async(countdown=10)"]
        subprocess.run(command, cwd=folder, env=environment, check=True)
        eventually(lambda: client.get("runs"))
        # All copies are due at the same time.
        return settled(lambda: int(client.get("runs") or 0), 2)


def is_right(table: dict[str, Any]) -> bool:
    must_be_empty = ("duplicates", "missing connectors", "answered 409", "overlooked connectors", "secrets elsewhere")
    return (
        table["right results"] == table["installs"]
        and not any(table[key] for key in must_be_empty)
        and table["secrets sent to the API"] >= table["installs"]
        and table["workers killed"] > 0
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--installs", type=int, default=300, help="number of installs (default: 300)")
    parser.add_argument("--workers", type=int, default=3, help="number of workers (default: 3)")
    parser.add_argument("--kill-every", type=float, default=3.0, help="seconds between two kills (default: 3)")
    parser.add_argument(
        "--install-timeout", type=float, default=150, help="seconds until an install fails as unresolved (default: 150)"
    )
    parser.add_argument("--limit", type=float, default=600, help="seconds until a drill fails (default: 600)")
    options = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as folder, postgres_server(Path(folder)) as database:
        for visibility_timeout in (3600, 2):
            table = drill(options, visibility_timeout, database)
            for key, value in table.items():
                print(f"{key:24} {value}")
            print(flush=True)
            failed = failed or not is_right(table)
    runs = runs_of_a_long_countdown()
    print("Why the example refuses long pauses: with a visibility timeout of 2 s, one message with a countdown of 10 s")
    print(f"makes its task run {runs} times.")
    if failed or runs < 2:
        sys.exit("the drill failed")


if __name__ == "__main__":
    main()
