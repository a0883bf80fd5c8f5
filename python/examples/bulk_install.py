"""Install an SMS channel for each number in a CSV file, and print the channel ids.

    python bulk_install.py numbers.csv journal.jsonl

The file has a header line `name,phone_number_id`. Each create is recorded in the journal before it is sent, so you can
kill the job at any time and start it again: it resumes from the journal and creates no duplicates.
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
    ready = 0
    with FileJournal(journal) as entries:
        async with AsyncClient.from_env() as bird:
            installs = bird.workspace().connectors.install_all(templates, journal=entries)
            async for result in installs.until_ready(timeout=600):
                name = rows[result.index]["name"]
                if result.error is None:
                    ready += 1
                    print(f"{name}: {result.channel_id}", flush=True)
                else:
                    # A failure does not stop the other installs.
                    print(f"{name}: {result.error}", file=sys.stderr)
    print(f"{ready} of {len(rows)} channels can send")
    return 0 if ready == len(rows) else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(f"usage: {sys.argv[0]} NUMBERS.csv JOURNAL.jsonl")
    sys.exit(asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]))))
