"""Installs with Celery and Redis: one short task per poll, a journal and a table in PostgreSQL, and webhooks that wake.

    pip install 'bird-connectors[postgres]' 'celery[redis]'
    python celery_installs.py migrate
    celery -A celery_installs worker --loglevel INFO
    celery -A celery_installs beat
    python celery_installs.py install 1001 1002 1003
    python celery_installs.py show

All of them read REDIS_URL, DATABASE_URL, BIRD_ACCESS_KEY and BIRD_WORKSPACE_ID from the environment. The tasks read the
access token of shop 1001 from SECRET_SHOP_1001.
"""

from __future__ import annotations

import functools
import os
import random
import sys
from typing import Any

import psycopg
from celery import Celery
from celery.signals import worker_init
from celery.utils.log import get_task_logger
from psycopg_pool import ConnectionPool

from bird_connectors import (
    AuthenticationError,
    BirdConnectorsError,
    Client,
    ConfigurationError,
    InvalidInputError,
    JournalError,
    PermissionDeniedError,
    Progress,
    RateLimits,
    WaitDeniedError,
    WaitError,
    WaitTimeoutError,
    WhatsApp,
)
from bird_connectors.postgres import PostgresJournal
from bird_connectors.webhooks import ChannelEvent, Verifier, WebhookError

# --8<-- [start:settings]
# All times are in seconds. Redis delivers a message again that was not acknowledged for this long.
VISIBILITY_TIMEOUT = float(os.environ.get("VISIBILITY_TIMEOUT", "3600"))
# The pauses between the polls of an install grow from the first to the longest one.
FIRST_PAUSE = float(os.environ.get("FIRST_PAUSE", "1"))
LONGEST_PAUSE = float(os.environ.get("LONGEST_PAUSE", "30"))
# An install without progress for this long has lost its message.
STALLED_AFTER = float(os.environ.get("STALLED_AFTER", str(4 * LONGEST_PAUSE)))


def check_pauses(longest_pause: float, visibility_timeout: float) -> None:
    """A worker holds a message with a countdown until it is due, and Redis would deliver it to other workers, too."""
    if 4 * longest_pause > visibility_timeout:
        raise ValueError(
            f"the longest pause is {longest_pause:g} s and the visibility timeout {visibility_timeout:g} s: "
            "use a pause of at most a quarter of it, so that no message is delivered again before it is due"
        )


check_pauses(max(FIRST_PAUSE, LONGEST_PAUSE), VISIBILITY_TIMEOUT)

app = Celery("celery_installs", broker=os.environ["REDIS_URL"])
app.conf.update(
    # Acknowledge a message when its task has ended, and not before, also if the process of the task was killed.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    broker_transport_options={
        "visibility_timeout": VISIBILITY_TIMEOUT,
        # How often a worker looks for messages that it delivers again, in seconds.
        "unacked_restore_interval": max(1, min(10, VISIBILITY_TIMEOUT / 4)),
        "unacked_restore_throttle": 1,
    },
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
    # The table has the results.
    task_ignore_result=True,
    beat_schedule={"resume-stalled": {"task": "celery_installs.resume_stalled", "schedule": STALLED_AFTER / 2}},
)
# --8<-- [end:settings]

# Long enough for two polls under the limits of 25 processes, and shorter than the lease.
POLL_TIMEOUT = 10.0
# How long a worker that was killed keeps others from its poll and its create.
LEASE = float(os.environ.get("LEASE", "15"))
if LEASE < 1:
    raise ValueError(f"LEASE is {LEASE:g}; the minimum is 1")
# How long to search for a connector that a worker may have created before it was killed.
RECONCILE_WINDOW = float(os.environ.get("RECONCILE_WINDOW", "30"))
# An install that is not ready after this time has failed.
INSTALL_TIMEOUT = float(os.environ.get("INSTALL_TIMEOUT", "3600"))
# Whether to create a connector again if a search did not find it. If it is listed later, there are two.
RECREATE_AFTER_WINDOW = os.environ.get("RECREATE_AFTER_WINDOW", "0") == "1"
# How many processes the pools of all workers have together. They share the rate limits of the workspace.
PROCESSES = int(os.environ.get("PROCESSES", str(os.cpu_count() or 1)))
if PROCESSES < 1:
    raise ValueError(f"PROCESSES is {PROCESSES}; the minimum is 1")
FAILURE_STATUSES = ("failed", "error", "rejected", "suspended", "deleted", "cancelled")

# --8<-- [start:table]
TABLE = """
CREATE TABLE IF NOT EXISTS installs (
    shop text PRIMARY KEY,
    state text NOT NULL DEFAULT 'installing', -- or 'ready' or 'failed'
    connector_id text,
    token text,
    channel_id text,
    reason text,
    step integer NOT NULL DEFAULT 0, -- the next poll
    claimed_until timestamptz, -- a message that runs a step owns the row until then
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    touched_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX IF NOT EXISTS installs_connector_id ON installs (connector_id);
CREATE INDEX IF NOT EXISTS installs_touched_at ON installs (touched_at) WHERE state = 'installing';
"""
# --8<-- [end:table]


logger = get_task_logger(__name__)


# Created at the first use, so that each process of a prefork pool has its own connections.
@functools.cache
def database() -> ConnectionPool[Any]:
    options = {"autocommit": True, "prepare_threshold": None}
    return ConnectionPool(os.environ["DATABASE_URL"], min_size=0, max_size=4, kwargs=options, open=True)


@functools.cache
def journal() -> PostgresJournal:
    return PostgresJournal(database(), lease=LEASE)


# --8<-- [start:client]
def new_client() -> Client:
    """Each process has its own client, with its part of the limits of the workspace."""
    limits = RateLimits()
    share = RateLimits(get=max(1, limits.get // PROCESSES), post=max(1, limits.post // PROCESSES))
    return Client.from_env(rate_limit=share)


@functools.cache
def connectors() -> Any:
    return new_client().workspace().connectors


@worker_init.connect
def check_configuration(**_: Any) -> None:
    """A worker with an invalid configuration does not start, so that no install fails because of it."""
    try:
        with new_client() as bird:
            bird.workspace()
    except ConfigurationError as error:
        raise SystemExit(f"the worker does not start: {error}") from None


# --8<-- [end:client]


def query(statement: str, **values: Any) -> list[Any]:
    with database().connection() as connection:
        cursor = connection.execute(statement, values or None)
        return [] if cursor.description is None else cursor.fetchall()


# --8<-- [start:secrets]
def read_secret(name: str) -> str:
    """Reads a secret where the task runs. It never enters a message or a row. Raises LookupError if it is missing."""
    return os.environ[f"SECRET_{name.upper().replace('-', '_')}"]


def template(shop: str, access_token: str) -> WhatsApp:
    return WhatsApp(
        name=f"Shop {shop}",
        waba_id="1029384756",
        phone_id=shop,
        phone_number=f"+316{shop:0>8}",
        access_token=access_token,
    )


# --8<-- [end:secrets]


# --8<-- [start:start]
def start(shop: str) -> None:
    """Starts an install. Starting it again changes nothing, unless it has failed: then it starts from the beginning."""
    started = query(
        "INSERT INTO installs (shop) VALUES (%(shop)s) ON CONFLICT (shop) DO UPDATE "
        "SET state = 'installing', connector_id = NULL, token = NULL, channel_id = NULL, reason = NULL, step = 0, "
        "claimed_until = NULL, created_at = clock_timestamp(), touched_at = clock_timestamp() "
        "WHERE installs.state = 'failed' RETURNING shop",
        shop=shop,
    )
    if started:
        install.delay(shop)


# --8<-- [end:start]


def finish(shop: str, state: str, *, channel_id: str | None = None, reason: str | None = None) -> None:
    finished = query(
        "UPDATE installs SET state = %(state)s, channel_id = %(channel_id)s, reason = %(reason)s "
        "WHERE shop = %(shop)s AND state = 'installing' RETURNING shop",
        shop=shop, state=state, channel_id=channel_id, reason=reason,
    )  # fmt: skip
    if finished and state == "failed":
        logger.warning("the install of shop %s failed: %s", shop, reason)


def pause(step: int) -> float:
    return min(LONGEST_PAUSE, FIRST_PAUSE * 1.5 ** min(step, 50)) * random.uniform(0.8, 1)


# They concern all installs, and you can correct the cause: replace the access key, or extend its permissions.
CORRECTABLE = (AuthenticationError, PermissionDeniedError, ConfigurationError, WaitDeniedError)


def can_be_repeated(error: BirdConnectorsError) -> bool:
    """Whether another attempt can succeed. `ensure` with a journal is safe to repeat, also after an unknown outcome."""
    if isinstance(error, JournalError):
        return error.__cause__ is not None  # An operation failed, for example because the database restarts.
    if isinstance(error, InvalidInputError):
        return False
    return isinstance(error, CORRECTABLE) or error.outcome in ("not_sent", "rejected", "unknown")


UNRESOLVED = (
    "a connector may have been created, and no search has found it: look for it in Bird. If it exists, start the "
    "install again to adopt it. If not, start the workers with RECREATE_AFTER_WINDOW=1, and the install again"
)


# A task that cannot reach the database is sent again.
REPEAT: dict[str, Any] = {
    "autoretry_for": (psycopg.OperationalError,),
    "max_retries": None,
    "default_retry_delay": FIRST_PAUSE,
}


# --8<-- [start:install]
@app.task(bind=True, **REPEAT)
def install(self: Any, shop: str) -> None:
    """Ensures the connector. A message that is delivered twice adopts what the first one has created."""
    found = query(
        "UPDATE installs SET touched_at = clock_timestamp() WHERE shop = %(shop)s AND state = 'installing' "
        "RETURNING extract(epoch FROM clock_timestamp() - created_at)::float8",
        shop=shop,
    )
    if not found:
        return
    is_late = found[0][0] > INSTALL_TIMEOUT
    try:
        access_token = read_secret(f"shop-{shop}")
    except LookupError:
        reason = f"the secret shop-{shop} is missing"
        if is_late:
            finish(shop, "failed", reason=reason)
            return
        logger.warning("shop %s: %s; the task is repeated", shop, reason)
        raise self.retry(countdown=pause(self.request.retries)) from None
    try:
        ensured = connectors().ensure(
            template(shop, access_token),
            journal=journal(),
            reconcile_window=RECONCILE_WINDOW,
            recreate_after_window=RECREATE_AFTER_WINDOW,
        )
    except BirdConnectorsError as error:
        # The reason is stored, and the API may repeat what it was sent.
        reason = str(error).replace(access_token, "…")
        if error.unresolved is not None:
            reason = f"{reason}; {UNRESOLVED}"
        if is_late or not can_be_repeated(error):
            finish(shop, "failed", reason=reason)
            return
        logger.warning("shop %s: %s; the task is repeated", shop, reason)
        raise self.retry(countdown=pause(self.request.retries)) from None
    # All copies of this message poll with the token of the first one.
    stored = query(
        "UPDATE installs SET connector_id = %(connector_id)s, token = coalesce(token, %(token)s) "
        "WHERE shop = %(shop)s AND state = 'installing' RETURNING token",
        shop=shop, connector_id=ensured.id, token=str(ensured.token),
    )  # fmt: skip
    for (token,) in stored:
        poll.delay(shop, token, 0)


# --8<-- [end:install]


def claim(shop: str, token: str, step: int) -> float | None:
    """Claims a step, and returns the age of the install. None if another message has claimed or completed it.

    A message of an install that has failed, and that was started again since, has another token.
    """
    found = query(
        "UPDATE installs SET claimed_until = clock_timestamp() + %(lease)s * interval '1 second' "
        "WHERE shop = %(shop)s AND state = 'installing' AND token = %(token)s AND step <= %(step)s "
        "AND (claimed_until IS NULL OR claimed_until <= clock_timestamp()) "
        "RETURNING extract(epoch FROM clock_timestamp() - created_at)::float8",
        shop=shop, token=token, step=step, lease=LEASE,
    )  # fmt: skip
    return found[0][0] if found else None


def is_open(shop: str, token: str, step: int) -> bool:
    """Whether the install has not completed this step."""
    found = query(
        "SELECT FROM installs "
        "WHERE shop = %(shop)s AND state = 'installing' AND token = %(token)s AND step <= %(step)s",
        shop=shop, token=token, step=step,
    )  # fmt: skip
    return bool(found)


# --8<-- [start:poll]
@app.task(bind=True, **REPEAT)
def poll(self: Any, shop: str, token: str, step: int) -> None:
    """Polls once, and sends the message of the next poll. It never waits for the channel."""
    age = claim(shop, token, step)
    if age is None:
        if is_open(shop, token, step):
            # Another worker runs this step, or was killed in it.
            raise self.retry(countdown=FIRST_PAUSE)
        return  # The install is past this step: its message was delivered twice.
    result = poll_once(shop, token)
    if result is None and age > INSTALL_TIMEOUT:
        result = {"state": "failed", "reason": f"not ready after {INSTALL_TIMEOUT:g} s"}
    if result is not None:
        finish(shop, **result)
        return
    # In this order: a worker that is killed in between causes a second message, and not a lost one.
    poll.apply_async((shop, token, step + 1), countdown=pause(step))
    query(
        "UPDATE installs SET step = %(next)s, claimed_until = NULL, touched_at = clock_timestamp() "
        "WHERE shop = %(shop)s AND step < %(next)s",
        shop=shop, next=step + 1,
    )  # fmt: skip


def poll_once(shop: str, token: str) -> dict[str, str | None] | None:
    """Returns the result of the install. None if it continues."""
    try:
        for progress in connectors().resume(token).progress(timeout=POLL_TIMEOUT):
            if progress.confirmed_by is not None:
                return {"state": "ready", "channel_id": progress.channel_id}
            if not needs_confirmation(progress):
                break
    except WaitTimeoutError:
        pass  # A failure was not confirmed.
    except WaitError as error:
        if not isinstance(error, CORRECTABLE):
            return {"state": "failed", "reason": str(error)}
        logger.warning("shop %s: %s; the poll is repeated", shop, error)
    except BirdConnectorsError as error:
        logger.warning("shop %s: %s; the poll is repeated", shop, error)
    return None


def needs_confirmation(progress: Progress) -> bool:
    """A failure counts when two consecutive polls confirm it. Only then does a task poll twice."""
    statuses = [progress.status]
    if progress.readiness is not None and progress.readiness.number is not None:
        statuses.append(progress.readiness.number.status)
    return progress.error is not None or any(str(status).lower() in FAILURE_STATUSES for status in statuses)


# --8<-- [end:poll]


# --8<-- [start:webhook]
def receive(verifier: Verifier, headers: Any, body: bytes) -> int:
    """Receives a webhook: the next poll of the install runs now. Its message that is due later then does nothing."""
    try:
        event = verifier.verify(headers=headers, body=body)
    except WebhookError:
        return 401
    if isinstance(event, ChannelEvent) and event.connector_id is not None:
        rows = query(
            "SELECT shop, token, step FROM installs WHERE connector_id = %(id)s AND state = 'installing'",
            id=event.connector_id,
        )
        for row in rows:
            poll.delay(*row)
    return 204


# --8<-- [end:webhook]


# --8<-- [start:stalled]
@app.task
def resume_stalled() -> None:
    """Sends the messages of installs without progress again: Redis can lose a message when a worker is killed."""
    stalled = query(
        "UPDATE installs SET touched_at = clock_timestamp() WHERE shop IN ("
        "SELECT shop FROM installs WHERE state = 'installing' "
        "AND touched_at < clock_timestamp() - %(after)s * interval '1 second' ORDER BY touched_at LIMIT 1000 "
        "FOR UPDATE SKIP LOCKED) RETURNING shop, token, step",
        after=STALLED_AFTER,
    )
    for shop, token, step in stalled:
        if token is None:
            install.delay(shop)
        else:
            poll.delay(shop, token, step)


# --8<-- [end:stalled]


def migrate() -> None:
    query(TABLE)
    journal().migrate()


def show() -> None:
    for shop, state, channel_id, reason in query("SELECT shop, state, channel_id, reason FROM installs ORDER BY shop"):
        print(shop, state, channel_id or reason or "")


if __name__ == "__main__":
    # Under the name that the workers import, so that messages name the tasks as they do.
    import celery_installs

    match sys.argv[1:]:
        case ["migrate"]:
            celery_installs.migrate()
        case ["install", *shops]:
            for shop in shops:
                celery_installs.start(shop)
        case ["show"]:
            celery_installs.show()
        case _:
            sys.exit(__doc__)
