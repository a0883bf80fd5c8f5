"""Rows 3 to 7: a page of 100 connectors, read by each side in each of its ways."""

from __future__ import annotations

import asyncio

import sides
from measure import arguments, awaited, awaited_together, measure, repeated

CONCURRENT = 16


async def asynchronous(base_url: str) -> dict[str, sides.AsyncPage]:
    """Some make their clients inside a loop."""
    return {
        "bird-connectors": sides.ours_async(base_url),
        "httpx + pydantic": sides.httpx_pydantic_async(base_url),
        "aiohttp + pydantic": sides.aiohttp_pydantic(base_url),
        "aiohttp + json": sides.aiohttp_json(base_url),
    }


def main() -> None:
    options = arguments()
    base_url = f"{options.server}/1/0"
    rounds, calls = (3, 2 * CONCURRENT) if options.quick else (41, 3 * CONCURRENT)
    blocking = {
        "bird-connectors": sides.ours(base_url),
        "httpx + pydantic": sides.httpx_pydantic(base_url),
        "openapi-python-client": sides.generated_client(base_url),
        "requests + json": sides.requests_json(base_url),
    }
    for side, page in blocking.items():
        if len(page()) != sides.PAGE:
            raise RuntimeError(f"{side} did not read a whole page")
    loop = asyncio.new_event_loop()
    waiting = loop.run_until_complete(asynchronous(base_url))

    turns = {side: repeated(page) for side, page in blocking.items()}
    turns["aiohttp + json"] = awaited(loop, waiting["aiohttp + json"])
    measure("python page", turns, rounds, calls)

    measure("python async page", {side: awaited(loop, page) for side, page in waiting.items()}, rounds, calls)

    turns = {side: awaited_together(loop, page, CONCURRENT) for side, page in waiting.items()}
    measure("python 16 pages", turns, rounds, calls)
    loop.run_until_complete(sides.close())


if __name__ == "__main__":
    main()
