"""Signals through Redis: one process receives webhooks, and the waits of all processes wake."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
import threading
import time
from typing import Any, NoReturn

from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from .. import _native
from .. import _typing as t
from .._errors import InvalidInputError
from .._webhooks import Event, SignalSource, check_event
from ._connect import DEFAULT_PREFIX, check_prefix, connect, connect_async
from ._messages import channel_of, decode, encode

_log = logging.getLogger("bird_connectors.redis")

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds between two attempts to connect."""

PING_AFTER, DEAD_AFTER = 15.0, 30.0
"""Seconds without a message, after which a connection is checked, and given up."""

SLICE = 0.2
"""Seconds. How often the thread checks whether it must end."""

START_TIMEOUT = 5.0
"""Seconds. How long ``start`` waits for the first attempt to connect."""


def next_pause(pause: float) -> float:
    """Return the pause after this one."""
    return min(pause * 2, LONGEST_PAUSE)


def jittered(pause: float) -> float:
    """Shorten a pause by up to half at random, so that processes do not reconnect at the same time."""
    return pause * random.uniform(0.5, 1)


class SilenceMonitor:
    """Detects a connection whose peer has vanished. Pure: the caller passes the time."""

    def __init__(self, now: float) -> None:
        self._heard = now
        self._is_asked = False

    def heard(self, now: float) -> None:
        """Record a message or the answer to a ping."""
        self._heard = now
        self._is_asked = False

    def is_dead(self, now: float) -> bool:
        """Return whether the connection has been silent for too long."""
        return now - self._heard >= DEAD_AFTER

    def must_ask(self, now: float) -> bool:
        """Return whether to send a ping now. True once per silence."""
        if self._is_asked or now - self._heard < PING_AFTER:
            return False
        self._is_asked = True
        return True


class _SilentError(Exception):
    """The connection is open, and the server does not answer."""

    def __init__(self) -> None:
        super().__init__(f"no reply within {DEAD_AFTER:.0f} seconds")


class _RedisHub(SignalSource):
    """What both hubs have in common: the native hub, and what they report."""

    def __init__(self, prefix: str) -> None:
        self._native = _native.Signals()
        self._prefix = check_prefix(prefix)
        self._channel = channel_of(prefix)
        self._started_in: int | None = None
        self._connected = False
        self._is_failing = False

    @property
    def connected(self) -> bool:
        """Whether events arrive from Redis at the moment. If not, waits poll as they do without signals."""
        return self._connected and self._started_in == os.getpid()

    def _check_started(self) -> None:
        """Refuse a hub that no event can reach. Called when a wait starts."""
        if self._started_in is None:
            raise RuntimeError("the signals are not started: use `with`, or call start()")
        if self._started_in != os.getpid():
            raise RuntimeError("the signals were started before the process forked: start them in the child, too")

    def _accept(self, message: dict[str, Any] | None) -> None:
        """Take what the server has sent: the confirmation of the subscription, an event, or the answer to a ping."""
        if message is None:
            return
        if message["type"] == "subscribe":
            if self._is_failing:
                _log.info("connected to Redis again: events wake waits")
            self._connected, self._is_failing = True, False
        elif message["type"] == "message":
            event = decode(message["data"])
            if event is None:
                _log.debug("ignored a message that is not an event of this version")
                return
            try:
                self._native.push(event)
            except InvalidInputError:
                _log.debug("ignored a message whose event is invalid")

    def _report_failure(self, error: Exception) -> None:
        """Log the first failure in a row."""
        self._connected = False
        if not self._is_failing:
            self._is_failing = True
            _log.warning(
                "no connection to Redis: events do not wake waits until it is back, and waits poll as usual: %s", error
            )

    def __repr__(self) -> str:
        return f"<bird_connectors.redis.{type(self).__name__} prefix={self._prefix!r}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} cannot be pickled, because they belong to the waits of one process")


class RedisSignals(_RedisHub):
    """A hub that passes verified events through Redis to the waits of all processes, which then poll at once.

    The process that receives webhooks calls ``publish``. A process that waits starts the hub, with ``with`` or
    ``start``, and passes it as ``signal`` to any number of waits, of both clients. A thread then listens for events.

    Redis stores no events, and a message contains only ids, never the payload. An event only triggers a poll, and the
    poll decides: a wait that misses an event takes longer, and has the same result. If the connection is lost, the
    thread connects again and logs that on ``bird_connectors.redis``; waits poll as usual in the meantime.

    Args:
        redis: The URL of the server, such as ``redis://localhost:6379/0``, or a client of redis-py. A hub that is
            created from a URL has its own client, whose commands time out after 5 seconds.
        prefix: What the name of the channel starts with. Use one prefix per environment: all databases of a server
            share their channels.

    Raises:
        InvalidInputError: The URL is invalid.
        TypeError: A value has another type.

    Example:
        ```python
        RedisSignals(url).publish(event)  # in the receiver

        with RedisSignals(url) as signals:  # in the program that waits
            ready = install.until_ready(signal=signals)
        ```
    """

    def __init__(self, redis: Redis | str, *, prefix: str = DEFAULT_PREFIX) -> None:
        super().__init__(prefix)
        self._redis, self._is_own = connect(redis)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def publish(self, event: Event) -> None:
        """Send an event to the waits of all processes, from any thread, also if the hub is not started.

        An event that names neither a connector nor a channel is not sent, because it wakes no wait.

        Args:
            event: A verified event.

        Raises:
            redis.RedisError: The server cannot be reached. The waits of the install take longer.
            TypeError: It is not an event.
        """
        check_event(event)
        message = encode(event)
        if message is not None:
            self._redis.publish(self._channel, message)

    def start(self) -> None:
        """Listen for events in a thread, until ``close``.

        Returns after the first attempt to connect, or after 5 seconds. If it fails, further attempts follow.
        """
        if self._started_in == os.getpid():
            return
        self._stop = threading.Event()
        attempted = threading.Event()
        arguments = (self._stop, attempted)
        self._thread = threading.Thread(target=self._listen, args=arguments, name="bird-connectors-redis", daemon=True)
        self._started_in = os.getpid()
        self._thread.start()
        try:
            attempted.wait(START_TIMEOUT)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Stop listening, and close the connections if the hub was created from a URL. Waits continue, and poll."""
        thread = self._thread if self._started_in == os.getpid() else None
        self._stop.set()
        self._started_in = self._thread = None
        if thread is not None:
            # It ends within a slice, unless it is connecting. Then it ends by itself later.
            thread.join(2 * SLICE)
        if self._is_own:
            self._redis.close()

    def _listen(self, stop: threading.Event, attempted: threading.Event) -> None:
        pause = FIRST_PAUSE
        while not stop.is_set():
            try:
                self._read(stop, attempted)
            except Exception as error:  # Whatever it is, waits must only lose their signals.
                if stop.is_set():
                    break
                was_connected = self._connected
                self._report_failure(error)
                attempted.set()
                pause = FIRST_PAUSE if was_connected else next_pause(pause)
                stop.wait(jittered(pause))
        self._connected = False

    def _read(self, stop: threading.Event, attempted: threading.Event) -> None:
        with contextlib.closing(self._redis.pubsub()) as pubsub:
            pubsub.subscribe(self._channel)
            monitor = SilenceMonitor(time.monotonic())
            while not stop.is_set():
                message: Any = pubsub.get_message(timeout=SLICE)
                now = time.monotonic()
                if message is not None:
                    monitor.heard(now)
                    self._accept(message)
                    attempted.set()
                elif monitor.is_dead(now):
                    raise _SilentError
                elif monitor.must_ask(now):
                    pubsub.ping()

    def __enter__(self) -> t.Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncRedisSignals(_RedisHub):
    """A hub that passes verified events through Redis to the waits of all processes. See ``RedisSignals``.

    It listens in a task of the event loop that starts it.

    Args:
        redis: The URL of the server, such as ``redis://localhost:6379/0``, or a client of ``redis.asyncio``. A hub that
            is created from a URL has its own client, whose commands time out after 5 seconds.
        prefix: What the name of the channel starts with. Use one prefix per environment: all databases of a server
            share their channels.

    Raises:
        InvalidInputError: The URL is invalid.
        TypeError: A value has another type.

    Example:
        ```python
        await AsyncRedisSignals(url).publish(event)  # in the receiver

        async with AsyncRedisSignals(url) as signals:  # in the program that waits
            ready = await install.until_ready(signal=signals)
        ```
    """

    def __init__(self, redis: AsyncRedis | str, *, prefix: str = DEFAULT_PREFIX) -> None:
        super().__init__(prefix)
        self._redis, self._is_own = connect_async(redis)
        self._task: asyncio.Task[None] | None = None

    async def publish(self, event: Event) -> None:
        """Send an event to the waits of all processes. It works also if the hub is not started.

        An event that names neither a connector nor a channel is not sent, because it wakes no wait.

        Args:
            event: A verified event.

        Raises:
            redis.RedisError: The server cannot be reached. The waits of the install take longer.
            TypeError: It is not an event.
        """
        check_event(event)
        message = encode(event)
        if message is not None:
            await self._redis.publish(self._channel, message)

    async def start(self) -> None:
        """Listen for events in a task, until ``close``.

        Returns after the first attempt to connect, or after 5 seconds. If it fails, further attempts follow.
        """
        if self._started_in == os.getpid():
            return
        attempted = asyncio.Event()
        self._started_in = os.getpid()
        self._task = asyncio.create_task(self._listen(attempted), name="bird-connectors-redis")
        try:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(attempted.wait(), START_TIMEOUT)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Stop listening, and close the connections if the hub was created from a URL. Waits continue, and poll."""
        task, self._task = self._task, None
        self._started_in = None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        if self._is_own:
            await self._redis.aclose()

    async def _listen(self, attempted: asyncio.Event) -> None:
        pause = FIRST_PAUSE
        try:
            while True:
                try:
                    await self._read(attempted)
                except Exception as error:  # Whatever it is, waits must only lose their signals.
                    was_connected = self._connected
                    self._report_failure(error)
                    attempted.set()
                    pause = FIRST_PAUSE if was_connected else next_pause(pause)
                    await asyncio.sleep(jittered(pause))
        finally:
            self._connected = False

    async def _read(self, attempted: asyncio.Event) -> NoReturn:
        async with contextlib.aclosing(self._redis.pubsub()) as pubsub:
            await pubsub.subscribe(self._channel)
            monitor = SilenceMonitor(time.monotonic())
            while True:
                message: Any = await pubsub.get_message(timeout=PING_AFTER)
                now = time.monotonic()
                if message is not None:
                    monitor.heard(now)
                    self._accept(message)
                    attempted.set()
                elif monitor.is_dead(now):
                    raise _SilentError
                elif monitor.must_ask(now):
                    await pubsub.ping()

    async def __aenter__(self) -> t.Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
