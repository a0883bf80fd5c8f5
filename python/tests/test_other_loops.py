"""The recipes for trio and gevent in the README: a wait in a thread does not block the other tasks."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

COMMON = """
from bird_connectors import Sms
from bird_connectors.testing import Sandbox, Script

sandbox = Sandbox(Script.timed(0.2, 0.6))
client = sandbox.client()
template = Sms(name="Shop", phone_number_id=sandbox.phone_number_id, channel_message_type="conversational")
install = client.workspace().connectors.install(template)
ticks = 0
"""

TRIO = """
import trio

async def tick():
    global ticks
    while True:
        ticks += 1
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
    global ticks
    while True:
        ticks += 1
        gevent.sleep(0.01)

ticker = gevent.spawn(tick)
ready = gevent.get_hub().threadpool.apply(install.until_ready, (300,))
ticker.kill()
"""

END = """
assert ready.channel.status == "active"
assert ticks > 3, ticks
sandbox.close()
print("done")
"""


@pytest.mark.parametrize("recipe", [TRIO, GEVENT], ids=["trio", "gevent"])
def test_wait_in_a_thread_does_not_block_other_tasks(recipe: str, program: Any) -> None:
    code, out, err = program(textwrap.dedent(COMMON + recipe + END)).finish()
    assert (code, out.strip()) == (0, "done"), err


def test_asynchronous_client_without_asyncio_raises(program: Any) -> None:
    code = """
    import trio
    from bird_connectors import AsyncClient

    async def main():
        workspace = AsyncClient(access_key="key").workspace("2d7a1e03-25e4-401e-bf1e-0ace545673d7")
        await workspace.numbers.list().first_page()

    try:
        trio.run(main)
    except RuntimeError as error:
        print(error)
    """
    program(code).expect_output("no running event loop")
