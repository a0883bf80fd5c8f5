"""The compared clients. Each is used as its documentation recommends.

Each keeps one client or session with its connection, and decodes responses with the fastest method of its library.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import aiohttp
import connectors_client
import httpx
import msgspec
import orjson
import requests
import structs
from connectors_client.api.connectors import list_connectors
from models import ConnectorPage

import bird_connectors

WORKSPACE = "2d7a1e03-25e4-401e-bf1e-0ace545673d7"
KEY = "a-key-for-benchmarks"
HEADERS = {"Authorization": f"AccessKey {KEY}", "Accept": "application/json"}
PAGE = 100
QUERY = {"limit": str(PAGE)}

Page = Callable[[], Any]
AsyncPage = Callable[[], Awaitable[Any]]

SESSIONS: list[aiohttp.ClientSession] = []
"""All open sessions. They must be closed in the loop that created them."""


def new_session() -> aiohttp.ClientSession:
    SESSIONS.append(aiohttp.ClientSession(headers=HEADERS))
    return SESSIONS[-1]


async def close_sessions() -> None:
    for session in SESSIONS:
        await session.close()


def address(base_url: str) -> str:
    return f"{base_url}/workspaces/{WORKSPACE}/connectors"


def connectors(base_url: str) -> bird_connectors.Connectors:
    """Connectors of the package, without rate limits."""
    return bird_connectors.Client(access_key=KEY, base_url=base_url, rate_limit=None).workspace(WORKSPACE).connectors


def bird(base_url: str) -> Page:
    handle = connectors(base_url)
    return lambda: handle.list().first_page().items


def httpx_pydantic(base_url: str) -> Page:
    client, url = httpx.Client(headers=HEADERS), address(base_url)

    def page() -> Any:
        response = client.get(url, params=QUERY)
        response.raise_for_status()
        return ConnectorPage.model_validate_json(response.content).results

    return page


def generated_client(base_url: str) -> Page:
    client = connectors_client.AuthenticatedClient(base_url=base_url, token=KEY, prefix="AccessKey")
    workspace = UUID(WORKSPACE)
    return lambda: list_connectors.sync(workspace, client=client, limit=PAGE).results


def requests_json(base_url: str) -> Page:
    session, url = requests.Session(), address(base_url)
    session.headers.update(HEADERS)

    def page() -> Any:
        response = session.get(url, params=QUERY)
        response.raise_for_status()
        return json.loads(response.content)["results"]

    return page


def raw_page(base_url: str) -> Callable[[], bytes]:
    """Read the bytes of a page with the fastest client of the standard library."""
    url = urlsplit(address(base_url))
    connection, target = http.client.HTTPConnection(url.netloc), f"{url.path}?{urlencode(QUERY)}"

    def page() -> bytes:
        connection.request("GET", target, headers=HEADERS)
        response = connection.getresponse()
        body = response.read()
        if response.status != http.HTTPStatus.OK:
            raise RuntimeError(f"the server answered {response.status}")
        return body

    return page


def http_client_msgspec(base_url: str) -> Page:
    body, decoder = raw_page(base_url), msgspec.json.Decoder(structs.ConnectorPage)
    return lambda: decoder.decode(body()).results


def http_client_orjson(base_url: str) -> Page:
    body = raw_page(base_url)
    return lambda: orjson.loads(body())["results"]


def bird_async(base_url: str) -> AsyncPage:
    client = bird_connectors.AsyncClient(access_key=KEY, base_url=base_url, rate_limit=None)
    handle = client.workspace(WORKSPACE).connectors

    async def page() -> Any:
        return (await handle.list().first_page()).items

    return page


def httpx_pydantic_async(base_url: str) -> AsyncPage:
    client, url = httpx.AsyncClient(headers=HEADERS), address(base_url)

    async def page() -> Any:
        response = await client.get(url, params=QUERY)
        response.raise_for_status()
        return ConnectorPage.model_validate_json(response.content).results

    return page


def aiohttp_pydantic(base_url: str) -> AsyncPage:
    client, url = new_session(), address(base_url)

    async def page() -> Any:
        async with client.get(url, params=QUERY) as response:
            response.raise_for_status()
            return ConnectorPage.model_validate_json(await response.read()).results

    return page


def aiohttp_msgspec(base_url: str) -> AsyncPage:
    client, url = new_session(), address(base_url)
    decoder = msgspec.json.Decoder(structs.ConnectorPage)

    async def page() -> Any:
        async with client.get(url, params=QUERY) as response:
            response.raise_for_status()
            return decoder.decode(await response.read()).results

    return page


def aiohttp_json(base_url: str) -> AsyncPage:
    client, url = new_session(), address(base_url)

    async def page() -> Any:
        async with client.get(url, params=QUERY) as response:
            response.raise_for_status()
            return json.loads(await response.read())["results"]

    return page


def httpx_pydantic_list(base_url: str) -> list[Any]:
    """Read all pages of a list."""
    client, url, query = httpx.Client(headers=HEADERS), address(base_url), dict(QUERY)
    items: list[Any] = []
    while True:
        response = client.get(url, params=query)
        response.raise_for_status()
        page = ConnectorPage.model_validate_json(response.content)
        items += page.results
        if not page.next_page_token:
            return items
        query["pageToken"] = page.next_page_token
