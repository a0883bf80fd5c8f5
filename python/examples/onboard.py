"""Install an SMS channel for every number of a CSV file, many at once, and tell the channel id of each.

    python onboard.py numbers.csv journal.jsonl

The file has a header line `name,phone_number_id`. What was started is in the journal before anything is waited for, so
the job can be killed at any time and started again: it goes on where it was.
"""

from __future__ import annotations

import asyncio
import csv
import json
import sys
from pathlib import Path

from bird_connectors import AsyncClient, AsyncWorkspace, BirdConnectorsError, Sms

AT_ONCE = 20


async def onboard(ws: AsyncWorkspace, row: dict[str, str], journal: Path, known: dict[str, str]) -> bool:
    name = row["name"]
    try:
        if token := known.get(name):
            install = ws.connectors.resume(token)
        else:
            install = await ws.connectors.install(
                Sms(name=name, phone_number_id=row["phone_number_id"], channel_message_type="conversational")
            )
            with journal.open("a") as lines:
                lines.write(json.dumps({"name": name, "token": install.token}) + "\n")
        ready = await install.until_ready(timeout=600)
    except BirdConnectorsError as error:
        # One channel that fails is no reason to give up the others. Where `error.outcome` is "unknown" the connector
        # may exist: look for it in the list before it is tried again.
        print(f"{name}: {error}", file=sys.stderr)
        return False
    print(f"{name}: {ready.channel_id}")
    return True


def read(numbers: Path, journal: Path) -> tuple[list[dict[str, str]], dict[str, str]]:
    """The rows to work on, and the tokens of those that were started before."""
    with numbers.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    entries = [json.loads(line) for line in journal.read_text().splitlines()] if journal.exists() else []
    return rows, {entry["name"]: entry["token"] for entry in entries}


async def main(numbers: Path, journal: Path) -> int:
    rows, known = read(numbers, journal)
    places = asyncio.Semaphore(AT_ONCE)

    async def in_turn(ws: AsyncWorkspace, row: dict[str, str]) -> bool:
        async with places:
            return await onboard(ws, row, journal, known)

    async with AsyncClient.from_env() as bird:
        ws = bird.workspace()
        done = await asyncio.gather(*(in_turn(ws, row) for row in rows))
    print(f"{sum(done)} of {len(rows)} channels can send")
    return 0 if all(done) else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(f"usage: {sys.argv[0]} NUMBERS.csv JOURNAL.jsonl")
    sys.exit(asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]))))
