"""Share webhooks between processes with Redis: deduplication, and events that wake the waits of other processes.

Needs redis-py: ``pip install 'bird-connectors[redis]'``. The Rust crate ``bird-connectors-redis`` uses the same keys
and messages, so programs in both languages can share one Redis.

>>> from bird_connectors.redis import RedisDedupStore
>>> from bird_connectors.webhooks import Deduplicator
>>> deduplicator = Deduplicator(RedisDedupStore("redis://localhost:6379/0"))
"""

from .._extras import extra

with extra(__name__, "redis", "redis"):
    from ._dedup import AsyncRedisDedupStore, RedisDedupStore
    from ._signals import AsyncRedisSignals, RedisSignals

__all__ = ["AsyncRedisDedupStore", "AsyncRedisSignals", "RedisDedupStore", "RedisSignals"]
