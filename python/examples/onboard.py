"""Install an SMS channel for every number of a CSV file, many at once, and tell the channel id of each.

    python onboard.py numbers.csv journal.jsonl

The file has a header line `name,phone_number_id`. Each create is in the journal before it is sent, so the job can be
killed at any time and started again: it goes on where it was, and installs nothing twice.
"""

from __future__ import annotations

import asyncio
import csv
import sys
from pathlib import Path

from bird_connectors import AsyncClient, FileJournal, Sms


async def main(numbers: Path, journal: Path) -> int:
    with numbers.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    templates = [
        Sms(name=row["name"], phone_number_id=row["phone_number_id"], channel_message_type="conversational")
        for row in rows
    ]
    done = 0
    with FileJournal(journal) as kept:
        async with AsyncClient.from_env() as bird:
            every = bird.workspace().connectors.install_all(templates, journal=kept)
            async for result in every.until_ready(timeout=600):
                name = rows[result.index]["name"]
                if result.error is None:
                    done += 1
                    print(f"{name}: {result.channel_id}", flush=True)
                else:
                    # One channel that fails is no reason to give up the others.
                    print(f"{name}: {result.error}", file=sys.stderr)
    print(f"{done} of {len(rows)} channels can send")
    return 0 if done == len(rows) else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(f"usage: {sys.argv[0]} NUMBERS.csv JOURNAL.jsonl")
    sys.exit(asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]))))
