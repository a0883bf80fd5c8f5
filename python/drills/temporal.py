"""Checks durable installs under faults: workers are killed, the server restarts, and some installs fail.

`cargo xtask drill temporal` runs it. It starts the development server of Temporal, a sandbox, and worker processes,
kills a worker with SIGKILL every few seconds, and restarts the server once with its database file. In the end, every
install must have the expected result, no connector may exist twice, and no history may contain a secret.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from temporalio.client import Client as TemporalClient
from temporalio.client import WorkflowFailureError, WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode

from bird_connectors import AsyncClient, FileJournal
from bird_connectors import temporal as durable
from bird_connectors.temporal._templates import connector_events_workflow_id
from bird_connectors.testing import Sandbox, Script
from temporal_server import TemporalServer, markers_in

MARKER = "planted-marker-of-the-secret"
SETTINGS = durable.InstallSettings(timeout=600, reconcile_window=1, ensure_timeout=30)
# If a worker is killed between its entry in the journal and the create, its outcome is unknown: the install fails as
# unresolved, and a person decides. The drill creates it again, after it has checked that there is no connector.
UNRESOLVED = "unresolved"
RECREATE = durable.InstallSettings(timeout=600, reconcile_window=1, recreate_after_window=True)
# If every worker that tried was killed in time, nothing is known about the install. Starting it again is safe.
NO_WORKER = "worker_timeout None"
# The endings after which the drill starts an install again, and with which settings.
REPEATED = {UNRESOLVED: RECREATE, NO_WORKER: SETTINGS}


def template(index: int) -> durable.TemplateSpec:
    return durable.TemplateSpec(
        "WhatsApp",
        f"Shop {index}",
        {
            "waba_id": "1029384756",
            "phone_id": str(5_000_000 + index),
            "phone_number": f"+316{index:08}",
            "access_token": f"secret:shop-{index}",
        },
    )


async def work(address: str, base_url: str, access_key: str, workspace_id: str, journal: str) -> None:
    """Runs one worker until it is killed."""
    async with AsyncClient(access_key=access_key, base_url=base_url, rate_limit=None) as client:
        worker = durable.connector_worker(
            await connect(address),
            client,
            workspace_id,
            resolve_secret=lambda name: f"{MARKER}-{name}",
            journal=FileJournal(journal) if journal else None,
            max_activities_per_second=500,
            # Workflows of a killed worker move to another one after this time.
            sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
        )
        await worker.run()


async def connect(address: str) -> TemporalClient:
    while True:
        try:
            return await TemporalClient.connect(address)
        except RuntimeError:
            await asyncio.sleep(0.2)


class Workers:
    """The worker processes. A killed one is replaced at once."""

    def __init__(self, count: int, log: Path, *arguments: str) -> None:
        self._log = log
        self._arguments = arguments
        self._random = random.Random(1)
        self._processes = [self._start() for _ in range(count)]
        self.kills = 0

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen([sys.executable, __file__, "--work", *self._arguments], stderr=log)

    def kill_one(self) -> None:
        index = self._random.randrange(len(self._processes))
        self._processes[index].send_signal(signal.SIGKILL)
        self._processes[index].wait()
        self._processes[index] = self._start()
        self.kills += 1

    def stop(self) -> None:
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()


async def start(temporal: TemporalClient, request: durable.InstallRequest, slots: asyncio.Semaphore) -> str:
    """Starts an install. Starting it again after an error is safe, because its id is derived from the connector."""
    async with slots:
        while True:
            try:
                return (await durable.start_install(temporal, request)).id
            except Exception:
                await asyncio.sleep(0.5)


async def result_of(temporal: TemporalClient, workflow_id: str) -> str:
    """Waits for an install, also while the server restarts, and returns how it ended."""
    while True:
        try:
            channel = await temporal.get_workflow_handle_for(durable.InstallChannel.run, workflow_id).result()
            return f"ready {channel.connector_id}"
        except WorkflowFailureError as error:
            failure = durable.install_failure(error)
            if failure is not None and failure.unresolved is not None:
                return UNRESOLVED
            return "unknown" if failure is None else f"{failure.kind} {failure.status}"
        except Exception:
            await asyncio.sleep(0.5)


async def fetch_history(temporal: TemporalClient, workflow_id: str) -> WorkflowHistory:
    """Returns the history of the latest run, also while the server restarts."""
    while True:
        try:
            return await temporal.get_workflow_handle(workflow_id).fetch_history()
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                raise
            await asyncio.sleep(0.5)


async def disturb(server: TemporalServer, workers: Workers, every: float, restart_after: int) -> None:
    """Kills workers until it is cancelled, and restarts the server once."""
    while True:
        await asyncio.sleep(every)
        await asyncio.to_thread(workers.kill_one)
        if workers.kills == restart_after:
            await asyncio.to_thread(server.stop)
            await asyncio.to_thread(server.start)


async def drill(options: argparse.Namespace, folder: Path, server: TemporalServer, sandbox: Sandbox) -> dict[str, Any]:
    failing = {index for index in range(options.installs) if index % 20 == 7}
    for index in failing:
        sandbox.script_for_name(f"Shop {index}", Script.failing("rejected"))
    for number in range(10, options.installs, 30):
        sandbox.rule("createConnector", fault="lost_response", nth=number)
    journal = "" if options.no_journal else str(folder / "journal")
    workers = Workers(
        options.workers,
        folder / "workers.log",
        server.address,
        sandbox.base_url,
        sandbox.access_key,
        sandbox.workspace_id,
        journal,
    )
    began = time.monotonic()
    try:
        temporal = await connect(server.address)
        slots = asyncio.Semaphore(20)

        async def install(indexes: list[int], settings: durable.InstallSettings) -> tuple[list[str], list[str]]:
            requests = [durable.InstallRequest(sandbox.workspace_id, template(index), settings) for index in indexes]
            ids = await asyncio.gather(*(start(temporal, request, slots) for request in requests))
            return ids, await asyncio.gather(*(result_of(temporal, workflow_id) for workflow_id in ids))

        disturbance = asyncio.create_task(disturb(server, workers, options.kill_every, options.restart_after))
        workflow_ids, results = await install(list(range(options.installs)), SETTINGS)
        endings: collections.Counter[str] = collections.Counter()
        overlooked = 0
        first_runs: list[WorkflowHistory] = []
        while again := [index for index, result in enumerate(results) if result in REPEATED]:
            # Only the latest run of an id can be read, so the histories are fetched before the next run starts.
            first_runs += [await fetch_history(temporal, workflow_ids[index]) for index in again]
            existing = {connector["name"] for connector in sandbox.connectors()}
            overlooked += sum(results[index] == UNRESOLVED and f"Shop {index}" in existing for index in again)
            endings.update(results[index] for index in again)
            groups = [([i for i in again if results[i] == ending], REPEATED[ending]) for ending in REPEATED]
            for indexes, settings in groups:
                for index, result in zip(indexes, (await install(indexes, settings))[1], strict=True):
                    results[index] = result
        disturbance.cancel()
    finally:
        workers.stop()
    elapsed = time.monotonic() - began
    connectors = sandbox.connectors()
    names = collections.Counter(connector["name"] for connector in connectors)
    ids = {connector["name"]: connector["id"] for connector in connectors}
    wrong = [
        f"Shop {index}: {result}"
        for index, result in enumerate(results)
        if result != ("wait_failed rejected" if index in failing else f"ready {ids.get(f'Shop {index}')}")
    ]
    leaks, events = 0, 0
    workflow_ids += [connector_events_workflow_id(connector["id"]) for connector in connectors]
    histories = first_runs + [await fetch_history(temporal, workflow_id) for workflow_id in workflow_ids]
    for history in histories:
        events += len(history.events)
        leaks += bool(markers_in(history, [MARKER]))
    statuses = collections.Counter(request["status"] for request in sandbox.requests("createConnector"))
    sent = json.dumps(sandbox.requests("createConnector")).count(MARKER)
    return {
        "installs": options.installs,
        "ready": sum(result.startswith("ready") for result in results),
        "failed as expected": len(failing) - sum("wait_failed" in line for line in wrong),
        "unresolved at first": endings[UNRESOLVED],
        "no worker in time": endings[NO_WORKER],
        "overlooked connectors": overlooked,
        "wrong results": len(wrong),
        "duplicates": sum(count - 1 for count in names.values()),
        "missing connectors": options.installs - len(names),
        "creates by status": dict(sorted(statuses.items(), key=str)),
        "answered 409": statuses.get(409, 0),
        "workers killed": workers.kills,
        "server restarts": int(workers.kills >= options.restart_after),
        "histories with a secret": f"{leaks} of {len(histories)} with {events} events",
        "secrets sent to the API": sent,
        "seconds": round(elapsed, 1),
        "problems": wrong[:10],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", nargs=5, help=argparse.SUPPRESS)
    parser.add_argument("--installs", type=int, default=300, help="number of installs (default: 300)")
    parser.add_argument("--workers", type=int, default=3, help="number of worker processes (default: 3)")
    parser.add_argument("--kill-every", type=float, default=3.0, help="seconds between two kills (default: 3)")
    parser.add_argument("--restart-after", type=int, default=3, help="kills before the server restarts (default: 3)")
    parser.add_argument("--no-journal", action="store_true", help="rely on workflow ids and searches alone")
    options = parser.parse_args()
    if options.work:
        asyncio.run(work(*options.work))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with TemporalServer(folder, database=True) as server, Sandbox(Script.timed(2, 8)) as sandbox:
            table = asyncio.run(drill(options, folder, server, sandbox))
        log = (folder / "workers.log").read_text(errors="replace")[-2000:]
    for key, value in table.items():
        print(f"{key:24} {value}")
    counts = ("overlooked connectors", "wrong results", "duplicates", "missing connectors")
    is_right = all(table[key] == 0 for key in counts) and str(table["histories with a secret"]).startswith("0 of")
    if not is_right or table["secrets sent to the API"] < options.installs or table["server restarts"] != 1:
        print(f"the drill failed; the last messages of the workers:\n{log}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main()
