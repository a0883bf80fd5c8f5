"""Installs a channel in the sandbox with an installed wheel: `cargo xtask wheel` runs it in a fresh environment."""

import asyncio
from importlib.metadata import version

from bird_connectors import AsyncClient, Sms
from bird_connectors.testing import Sandbox, Script


def template(sandbox: Sandbox, name: str) -> Sms:
    return Sms(name=name, phone_number_id=sandbox.phone_number_id, channel_message_type="conversational")


with Sandbox(Script.instant()) as sandbox, sandbox.client() as bird:
    ready = bird.workspace().connectors.install(template(sandbox, "Shop")).until_ready(timeout=30)
    assert ready.channel is not None
    assert ready.channel.status == "active", ready


async def install() -> None:
    with Sandbox(Script.instant()) as sandbox:
        bird: AsyncClient = sandbox.async_client()
        async with bird:
            install = await bird.workspace().connectors.install(template(sandbox, "Shop"))
            ready = await install.until_ready(timeout=30)
            assert ready.channel is not None
            assert ready.channel.status == "active", ready


asyncio.run(install())
name = f"bird-connectors {version('bird-connectors')}"
print(f"{name} installed a channel in the sandbox, synchronously and with asyncio")
