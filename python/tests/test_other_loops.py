"""The recipes for trio and gevent in the README: a wait in a thread does not block the other tasks."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

COMMON = """
from bird_connectors import Sms
from bird_connectors.testing import Sandbox, Script

sandbox = Sandbox(Script.pending(0))
client = sandbox.client()
template = Sms(name="Shop", phone_number_id=sandbox.phone_number_id, channel_message_type="conversational")
install = client.workspace().connectors.install(template)
ticks = 0

def count_tick():
    # The channel becomes active only while the other task runs.
    global ticks
    ticks += 1
    if ticks == 4:
        sandbox.set_status(install.id, "active")
"""

TRIO = """
import trio

async def tick():
    while True:
        count_tick()
        await trio.sleep(0.01)

async def main():
    async with trio.open_nursery() as nursery:
        nursery.start_soon(tick)
        ready = await trio.to_thread.run_sync(lambda: install.until_ready(timeout=300), abandon_on_cancel=True)
        nursery.cancel_scope.cancel()
    return ready

ready = trio.run(main)
"""

GEVENT = """
import gevent

def tick():
    while True:
        count_tick()
        gevent.sleep(0.01)

ticker = gevent.spawn(tick)
ready = gevent.get_hub().threadpool.apply(install.until_ready, (300,))
ticker.kill()
"""

END = """
assert ready.channel.status == "active"
sandbox.close()
print("done")
"""


@pytest.mark.parametrize("recipe", [TRIO, GEVENT], ids=["trio", "gevent"])
def test_wait_in_a_thread_does_not_block_other_tasks(recipe: str, program: Any) -> None:
    code, out, err = program(textwrap.dedent(COMMON + recipe + END)).finish()
    assert (code, out.strip()) == (0, "done"), err


WRONG_LOOP = """
import asyncio
import sys

import anyio
import trio

from bird_connectors import AsyncClient, Sms
from bird_connectors.testing import Sandbox, Script

class Journal:
    def lines(self):
        return []

    def append(self, line):
        raise AssertionError("nothing is sent")

async def expect_error(call):
    try:
        await call()
    except RuntimeError as error:
        assert "needs a running asyncio event loop" in str(error), error
        assert "trio.to_thread.run_sync" in str(error), error
    else:
        raise AssertionError("no error")

async def main():
    template = Sms(name="Shop", phone_number_id=sandbox.phone_number_id, channel_message_type="conversational")
    connectors = client.workspace().connectors
    await expect_error(lambda: connectors.install(template))
    await expect_error(lambda: connectors.ensure(template, journal=Journal()))
    await expect_error(lambda: connectors.list().first_page())
    await expect_error(lambda: connectors.follow(template_id).until_ready(timeout=1))
    await expect_error(lambda: anext(aiter(connectors.install_all([template], journal=Journal()))))

async def works():
    return await client.workspace().connectors.list().to_list()

template_id = "2d7a1e03-25e4-401e-bf1e-0ace545673d7"
with Sandbox(Script.instant()) as sandbox:
    client = AsyncClient(access_key=sandbox.access_key, base_url=sandbox.base_url, workspace_id=sandbox.workspace_id)
    trio.run(main)
    anyio.run(main, backend="trio")
    assert sandbox.count("createConnector") == 0
    # The client itself is not affected.
    assert anyio.run(works) == anyio.run(works, backend="asyncio") == asyncio.run(works()) == []
print("done")
"""


def test_asynchronous_client_without_asyncio_raises_and_says_what_to_do(program: Any) -> None:
    code, out, err = program(textwrap.dedent(WRONG_LOOP)).finish()
    assert (code, out.strip()) == (0, "done"), err
