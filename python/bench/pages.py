"""Rows 3 to 7: a page of 100 connectors, read by each client: blocking, asyncio, and 16 concurrent calls."""

from __future__ import annotations

import asyncio

import clients
from measure import arguments, measure, repeat, repeat_async, repeat_concurrently

CONCURRENT = 16


async def asynchronous_clients(base_url: str) -> dict[str, clients.AsyncPage]:
    """Create the clients in a loop, as some of them require."""
    return {
        "bird-connectors": clients.bird_async(base_url),
        "httpx + pydantic": clients.httpx_pydantic_async(base_url),
        "aiohttp + pydantic": clients.aiohttp_pydantic(base_url),
        "aiohttp + msgspec": clients.aiohttp_msgspec(base_url),
        "aiohttp + json": clients.aiohttp_json(base_url),
    }


def main() -> None:
    options = arguments()
    base_url = f"{options.server}/1/0"
    rounds, calls = (3, 2 * CONCURRENT) if options.quick else (41, 3 * CONCURRENT)
    blocking = {
        "bird-connectors": clients.bird(base_url),
        "httpx + pydantic": clients.httpx_pydantic(base_url),
        "openapi-python-client": clients.generated_client(base_url),
        "requests + json": clients.requests_json(base_url),
        "http.client + msgspec": clients.http_client_msgspec(base_url),
        "http.client + orjson": clients.http_client_orjson(base_url),
    }
    for variant, page in blocking.items():
        if len(page()) != clients.PAGE:
            raise RuntimeError(f"{variant} did not read a complete page")
    loop = asyncio.new_event_loop()
    asynchronous = loop.run_until_complete(asynchronous_clients(base_url))

    variants = {variant: repeat(page) for variant, page in blocking.items()}
    variants["aiohttp + json"] = repeat_async(loop, asynchronous["aiohttp + json"])
    measure("python page", variants, rounds, calls)

    measure(
        "python async page",
        {variant: repeat_async(loop, page) for variant, page in asynchronous.items()},
        rounds,
        calls,
    )

    variants = {variant: repeat_concurrently(loop, page, CONCURRENT) for variant, page in asynchronous.items()}
    measure("python 16 pages", variants, rounds, calls)
    loop.run_until_complete(clients.close_sessions())


if __name__ == "__main__":
    main()
