"""Install an SMS channel without creating a duplicate, with a custom journal in a database table.

    python ensure.py NAME PHONE_NUMBER_ID installs.sqlite

You can run it repeatedly: it adopts a connector that already exists. Each create is recorded in the table before it is
sent, so that after a crash the next run finds the connector that the interrupted one may have created.
"""

from __future__ import annotations

import sqlite3
import sys

from bird_connectors import BirdConnectorsError, Client, Sms


class TableJournal:
    """A journal in a database table. `append` returns once the line is stored on disk."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self.database = database
        self.database.execute("CREATE TABLE IF NOT EXISTS journal (line TEXT NOT NULL)")

    def lines(self) -> list[str]:
        return [line for (line,) in self.database.execute("SELECT line FROM journal ORDER BY rowid")]

    def append(self, line: str, /) -> None:
        with self.database:
            self.database.execute("INSERT INTO journal VALUES (?)", (line,))


def main(name: str, number: str, path: str) -> int:
    database = sqlite3.connect(path)
    try:
        with Client.from_env() as bird:
            sms = Sms(name=name, phone_number_id=number, channel_message_type="conversational")
            ensured = bird.workspace().connectors.ensure(sms, journal=TableJournal(database))
            print("adopted" if ensured.adopted else "created", ensured.id)
            for drift in ensured.drift:
                print(f"{drift.field} is {drift.found!r}, not {drift.wanted!r}")
            print("channel", ensured.until_ready(timeout=600).channel_id)
    except BirdConnectorsError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        database.close()
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(f"usage: {sys.argv[0]} NAME PHONE_NUMBER_ID DATABASE")
    sys.exit(main(*sys.argv[1:]))
