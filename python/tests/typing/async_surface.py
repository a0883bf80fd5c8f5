"""The types that mypy and pyright must infer for the asynchronous client. The file is checked, not run."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from typing_extensions import assert_type

from bird_connectors import (
    AsyncClient,
    AsyncEnsured,
    AsyncInstall,
    AsyncInstallAll,
    AsyncWaitResults,
    AsyncWorkspace,
    Channel,
    ChannelSubscriptions,
    Client,
    Connector,
    Deleted,
    EnsuredSubscription,
    FileJournal,
    InstallResult,
    Number,
    Page,
    Progress,
    RawResponse,
    Ready,
    SentMessage,
    Sms,
    WaitResult,
)
from bird_connectors.plan import ApplyReport, AsyncPlanner, DesiredState, Export, Plan
from bird_connectors.webhooks import AsyncDeduplicator, AsyncDedupStore, Claim, Event, Signals

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


async def client() -> None:
    async with AsyncClient(access_key="key") as bird:
        assert_type(bird, AsyncClient)
        assert_type(bird.workspace("id"), AsyncWorkspace)
        assert_type(bird.organization("id").workspace("id"), AsyncWorkspace)
        assert_type(await bird.request("GET", "/anything"), RawResponse)
    assert_type(await bird.close(), None)


async def report(step: Progress) -> None:
    await asyncio.sleep(0)


async def connectors(ws: AsyncWorkspace) -> None:
    install = await ws.connectors.install(Sms(name="Shop", phone_number_id="id", channel_message_type="2fa"))
    assert_type(install, AsyncInstall)
    assert_type(await install.until_ready(on_progress=report), Ready)
    assert_type(await install.until_ready(on_progress=print), Ready)
    async for step in install.progress():
        assert_type(step, Progress)
    assert_type(ws.connectors.resume("token"), AsyncInstall)
    assert_type(await ws.connectors.get("id"), Connector)
    assert_type(await ws.connectors.delete("id"), Deleted)
    assert_type(await ws.channels.send_text("id", to="+31", text="Hello"), SentMessage)


class MemoryJournal:
    async def lines(self) -> list[str]:
        return []

    async def append(self, line: str, /) -> None: ...


async def bulk(ws: AsyncWorkspace) -> None:
    sms = Sms(name="Shop", phone_number_id="id", channel_message_type="2fa")
    with FileJournal("journal.jsonl") as file:
        assert_type(await ws.connectors.ensure(sms, journal=file), AsyncEnsured)
    ensured = await ws.connectors.ensure(sms, journal=MemoryJournal())
    assert_type(await ensured.until_ready(), Ready)
    assert_type(await ws.connectors.reconcile("line"), AsyncEnsured | None)
    results = ws.connectors.wait_all([ensured, "id"])
    assert_type(results, AsyncWaitResults)
    async for result in results:
        assert_type(result, WaitResult)
    installs = ws.connectors.install_all([sms], journal=MemoryJournal())
    assert_type(installs, AsyncInstallAll)
    async for one in installs.until_ready():
        assert_type(one, InstallResult)


async def tasks(ws: AsyncWorkspace) -> None:
    task = asyncio.create_task(ws.connectors.get("id"))
    assert_type(task, asyncio.Task[Connector])
    assert_type(await asyncio.wait_for(ws.channels.get("id"), 1), Channel)
    connector, channel = await asyncio.gather(ws.connectors.get("id"), ws.channels.get("id"))
    assert_type(connector, Connector)
    assert_type(channel, Channel)


async def lists(ws: AsyncWorkspace) -> None:
    async for connector in ws.connectors.list(limit=1):
        assert_type(connector, Connector)
    async for page in ws.numbers.list().pages():
        assert_type(page, Page[Number])
    assert_type(await ws.connectors.list().first_page(), Page[Connector])
    assert_type(await ws.connectors.list().to_list(), list[Connector])
    items = aiter(ws.connectors.list())
    assert_type(await anext(items), Connector)
    assert_type(items.checkpoint, str | None)
    protocol: AsyncIterator[Connector] = items
    del protocol


async def mistakes(ws: AsyncWorkspace) -> None:
    # Each line must be an error: the checkers also report an ignore comment that is not needed.
    print(ws.connectors.get("id").name)  # type: ignore[attr-defined]
    for _ in ws.connectors.list():  # type: ignore[attr-defined]
        pass
    await ws.connectors.resume("token")  # type: ignore[misc]


class AsyncStore:
    async def begin(self, key: str, /) -> Claim:
        return Claim.NEW

    async def commit(self, key: str, /) -> None: ...

    async def release(self, key: str, /) -> None: ...


async def receive(event: Event) -> None:
    store: AsyncDedupStore = AsyncStore()
    async with AsyncDeduplicator(store).work(event) as claim:
        assert_type(claim, Claim)


async def webhooks(ws: AsyncWorkspace) -> None:
    subscriptions = ws.webhook_subscriptions
    assert_type(await subscriptions.subscribe_to_channels("https://example.com", "key"), ChannelSubscriptions)
    assert_type(await subscriptions.ensure(event="a", url="b"), EnsuredSubscription)
    assert_type(await ws.connectors.follow("id").until_ready(signal=Signals()), Ready)


async def channel_files(bird: AsyncClient, desired: DesiredState) -> None:
    planner = AsyncPlanner(bird, journal=MemoryJournal())
    made = await planner.plan(desired)
    assert_type(made, Plan)
    assert_type(await planner.apply(made, on_progress=print), ApplyReport)
    assert_type(await planner.export(), Export)
    AsyncPlanner(Client())  # type: ignore[arg-type]
