"""Share journals and webhooks between processes and machines with PostgreSQL.

Needs psycopg 3: ``pip install 'bird-connectors[postgres]'``. The Rust crate ``bird-connectors-postgres`` uses the same
tables, so programs in both languages can share one database.

>>> from bird_connectors.postgres import PostgresJournal
>>> journal = PostgresJournal("postgresql://localhost/app")
>>> journal.migrate()  # doctest: +SKIP
"""

from .._extras import extra

with extra(__name__, "postgres", "psycopg", "psycopg_pool"):
    from ._dedup import AsyncPostgresDedupStore, PostgresDedupStore
    from ._journal import AsyncPostgresJournal, PostgresJournal

__all__ = ["AsyncPostgresDedupStore", "AsyncPostgresJournal", "PostgresDedupStore", "PostgresJournal"]
