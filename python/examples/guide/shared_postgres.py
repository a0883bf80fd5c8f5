"""Install from many machines with a journal in PostgreSQL, whose address is in DATABASE_URL."""

import os

from bird_connectors import Client, Telegram

connectors = Client.from_env().workspace().connectors

# --8<-- [start:journal]
from bird_connectors.postgres import PostgresJournal

with PostgresJournal(os.environ["DATABASE_URL"]) as journal:
    journal.migrate()
    install = connectors.ensure(Telegram(name="Bot"), journal=journal)
# --8<-- [end:journal]

print(install.id)
