"""The processes in Python of the drill `shared`, which share a journal in PostgreSQL with processes in Rust.

`cargo xtask drill shared` starts them. Each prints what the drill checks: a worker the ids of all connectors, and a
single install a line for each step.
"""

from __future__ import annotations

import argparse
import json
import sys
import uuid

from bird_connectors import Client, JournalClaim, Voice
from bird_connectors.postgres import PostgresJournal


def voice(number: int) -> Voice:
    return Voice(name=f"Shop {number}", phone_number_id=uuid.UUID(int=number))


def work(options: argparse.Namespace) -> None:
    """Installs until nothing fails, and prints the ids."""
    journal = None if options.without_journal else PostgresJournal(options.place, lease=options.lease)
    templates = [voice(number) for number in range(1, options.templates + 1)]
    with Client.from_env(rate_limit=None) as bird:
        connectors = bird.workspace().connectors
        last: Exception | None = None
        for _ in range(options.runs):
            installs = connectors.install_all(
                templates, journal=journal, reconcile_window=options.window, recreate_after_window=True
            )
            results = sorted(installs, key=lambda result: result.index)
            errors = [result.error for result in results if result.error is not None]
            if not errors:
                print(json.dumps([result.connector_id for result in results]))
                return
            last = errors[0]
    sys.exit(f"error: installs fail again and again: {last}")


class ReportingJournal(PostgresJournal):
    """A journal that reports that it waits for a claim, and that can keep its own claim until a line is read."""

    def __init__(self, place: str, *, hold: bool) -> None:
        # No claim ends by its lease while the drill runs.
        super().__init__(place, lease=3600)
        self._hold = hold
        self._is_waiting = False

    def acquire(self, key: str, /) -> JournalClaim | None:
        claim = super().acquire(key)
        if claim is None and not self._is_waiting:
            self._is_waiting = True
            print("waiting", flush=True)
        return claim

    def release(self, claim: JournalClaim, line: str | None, /) -> bool:
        if self._hold:
            print("holding", flush=True)
            sys.stdin.readline()
        return super().release(claim, line)


def ensure(options: argparse.Namespace) -> None:
    """Ensures one template, and prints the id and why the connector was adopted."""
    journal = ReportingJournal(options.place, hold=options.hold)
    with journal, Client.from_env(rate_limit=None) as bird:
        ensured = bird.workspace().connectors.ensure(voice(options.template), journal=journal)
        print(ensured.id, ensured.matched_by or "created")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)
    worker = commands.add_parser("work")
    worker.set_defaults(run=work)
    worker.add_argument("place", help="connection string of the database")
    worker.add_argument("templates", type=int, help="number of templates")
    worker.add_argument("--lease", type=float, required=True, help="lease of a claim, in seconds")
    worker.add_argument("--window", type=float, required=True, help="search after an unknown outcome, in seconds")
    worker.add_argument("--runs", type=int, required=True, help="how often to install everything")
    worker.add_argument("--without-journal", action="store_true")
    single = commands.add_parser("ensure")
    single.set_defaults(run=ensure)
    single.add_argument("place", help="connection string of the database")
    single.add_argument("template", type=int, help="number of the template")
    single.add_argument("--hold", action="store_true", help="keep the claim until a line is read")
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
