"""The client of this process.

It is created at first use, so that `manage.py check` needs no access key. A server that forks its workers can create it
before or after the fork.
"""

from functools import cache

from bird_connectors import Client


@cache
def client() -> Client:
    return Client.from_env(timeout=15)
