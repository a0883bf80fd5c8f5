"""Clients of redis-py, from a URL or from the caller."""

from __future__ import annotations

from typing import Any

from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry

from .._webhooks import _invalid, _wrong_type

DEFAULT_PREFIX = "bird-connectors:"

# Without time-outs, a connection to a server that has vanished would block for ever. The URL can override them.
_SETTINGS: dict[str, Any] = {"socket_timeout": 5.0, "socket_connect_timeout": 5.0, "health_check_interval": 30}
_RETRIES = 2
# A connection that has ended is replaced. A server that does not respond is not asked again: redis-py repeats both the
# command and each of its attempts to connect, so that a command would take nine times as long as its time-out.
_REPEATED = (RedisConnectionError,)


def connect(server: object) -> tuple[Any, bool]:
    """Return a client, and whether it was created here and must be closed here.

    The types of redis-py are incomplete, so the client has none.
    """
    if isinstance(server, Redis):
        return server, False
    retry = Retry(ExponentialBackoff(cap=0.5, base=0.05), _RETRIES, supported_errors=_REPEATED)
    return _from_url(Redis, "redis.Redis", server, retry), True


def connect_async(server: object) -> tuple[Any, bool]:
    """Return an asynchronous client, and whether it was created here and must be closed here."""
    if isinstance(server, AsyncRedis):
        return server, False
    retry = AsyncRetry(ExponentialBackoff(cap=0.5, base=0.05), _RETRIES, supported_errors=_REPEATED)
    return _from_url(AsyncRedis, "redis.asyncio.Redis", server, retry), True


def _from_url(kind: Any, name: str, url: object, retry: object) -> Any:
    if not isinstance(url, str):
        raise _wrong_type("redis", f"a URL such as redis://localhost:6379/0, or a {name}", url)
    try:
        return kind.from_url(url, retry=retry, **_SETTINGS)
    except (ValueError, TypeError):
        pass
    # Outside of the handler, and without the original message: it can contain a part of the password.
    raise _invalid(
        "invalid redis URL: expected redis://, rediss:// or unix://, such as redis://localhost:6379/0; "
        "percent-encode special characters in the password"
    )


def check_prefix(prefix: object) -> str:
    """Check the prefix of all keys and channels."""
    if not isinstance(prefix, str):
        raise _wrong_type("prefix", "a string", prefix)
    return prefix
