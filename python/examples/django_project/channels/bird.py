"""One client for the whole process.

It is made at first use, not at import: `manage.py check` needs no access key. A server that forks its workers may make
it before or after the fork; both work.
"""

from functools import cache

from bird_connectors import Client


@cache
def client() -> Client:
    return Client.from_env(timeout=15)
