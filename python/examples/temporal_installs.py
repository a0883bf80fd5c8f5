"""Durable installs on Temporal: a worker for one workspace, and a program that onboards customers.

    pip install 'bird-connectors[temporal,postgres]'
    temporal server start-dev
    python temporal_installs.py work
    python temporal_installs.py onboard 1001 1002 1003

The worker reads the connection string of its journal from the environment variable DATABASE_URL, and the access token
of shop 1001 from SECRET_SHOP_1001.
"""

import asyncio
import os
import sys

from temporalio.client import Client as TemporalClient
from temporalio.client import WorkflowFailureError

from bird_connectors import AsyncClient
from bird_connectors.postgres import AsyncPostgresJournal
from bird_connectors.temporal import (
    InstallRequest,
    OnboardMany,
    OnboardRequest,
    TemplateSpec,
    connector_worker,
    install_failure,
    start_install,
    start_onboarding,
)
from bird_connectors.webhooks import Verifier

WORKSPACE = os.environ["BIRD_WORKSPACE_ID"]
ADDRESS = os.environ.get("TEMPORAL_ADDRESS", "localhost:7233")


# --8<-- [start:worker]
def read_secret(name: str) -> str:
    """Reads a secret where the worker runs. It never leaves this process, except to the API."""
    return os.environ[f"SECRET_{name.upper().replace('-', '_')}"]


async def work() -> None:
    temporal = await TemporalClient.connect(ADDRESS)
    async with AsyncClient.from_env() as bird, AsyncPostgresJournal(os.environ["DATABASE_URL"]) as journal:
        await journal.migrate()
        worker = connector_worker(temporal, bird, WORKSPACE, resolve_secret=read_secret, journal=journal)
        await worker.run()


# --8<-- [end:worker]


# --8<-- [start:template]
def template(shop: str) -> TemplateSpec:
    return TemplateSpec(
        "WhatsApp",
        f"Shop {shop}",
        {
            "waba_id": "1029384756",
            "phone_id": shop,
            "phone_number": f"+3161234{shop}",
            "access_token": f"secret:shop-{shop}",
        },
    )


# --8<-- [end:template]


# --8<-- [start:install]
async def install(shop: str) -> str | None:
    temporal = await TemporalClient.connect(ADDRESS)
    handle = await start_install(temporal, InstallRequest(WORKSPACE, template(shop)))
    try:
        channel = await handle.result()
    except WorkflowFailureError as error:
        failure = install_failure(error)
        print(shop, "failed:", failure and (failure.kind, failure.status, failure.message))
        return None
    print(shop, "can send with channel", channel.channel_id)
    return channel.channel_id


# --8<-- [end:install]


# --8<-- [start:onboard]
async def onboard(shops: list[str]) -> None:
    temporal = await TemporalClient.connect(ADDRESS)
    request = OnboardRequest(WORKSPACE, [template(shop) for shop in shops])
    handle = await start_onboarding(temporal, "import-1", request)
    totals = await handle.result()
    for shop, item in zip(shops, await handle.query(OnboardMany.results, args=[0, len(shops)]), strict=True):
        print(shop, item.state, item.channel_id or item.error)
    print(f"{totals.ready} ready, {totals.failed} failed")


# --8<-- [end:onboard]


# --8<-- [start:webhook]
async def receive(verifier: Verifier, temporal: TemporalClient, headers: dict[str, str], body: bytes) -> int:
    from bird_connectors.temporal import webhook_to_signal
    from bird_connectors.webhooks import WebhookError

    try:
        event = verifier.verify(headers=headers, body=body)
    except WebhookError:
        return 401
    # An error means that Temporal cannot be reached: respond with 503, so that the API repeats the delivery.
    await webhook_to_signal(temporal, event)
    return 204


# --8<-- [end:webhook]


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["work"]:
            asyncio.run(work())
        case ["install", shop]:
            asyncio.run(install(shop))
        case ["onboard", *shops]:
            asyncio.run(onboard(shops))
        case _:
            sys.exit(__doc__)
